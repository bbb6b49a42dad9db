/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_private.h"

#include "drivers/host/nft.h"
#include "drivers/model/ip_address.h"
#include "drivers/nwfilter/nwfilter_nft.h"
#include "service/base/log.h"

#include <stdlib.h>
#include <string.h>

#define LOG_CATEGORY "nwfilter"

#define PROBE(rule)                                                                                 \
        "add table bridge virtbus_probe\n"                                                          \
        "add chain bridge virtbus_probe c { type filter hook prerouting priority 0; }\n"             \
        "add rule bridge virtbus_probe c " rule "\n"

/* One table. */
typedef struct Table {
        char *port_dev;
        char *commands;
        NwfilterLearning learning;
        GArray *addresses; /* of uint32_t: that the guest is known to have */
} Table;

struct NwfilterApply {
        NwfilterPart *part; /* not for the worker */
        GPtrArray *tables;
};

static void table_free(gpointer p)
{
        Table *table = p;

        g_array_unref(table->addresses);
        g_free(table->port_dev);
        g_free(table->commands);
        g_free(table);
}

NwfilterApply *nwfilter_apply_new(NwfilterPart *part)
{
        NwfilterApply *apply = g_new0(NwfilterApply, 1);

        apply->part = part;
        apply->tables = g_ptr_array_new_with_free_func(table_free);
        return apply;
}

NwfilterApply *nwfilter_apply_free(NwfilterApply *apply)
{
        if (!apply)
                return NULL;
        g_ptr_array_unref(apply->tables);
        g_free(apply);
        return NULL;
}

static void destroy(void *apply)
{
        nwfilter_apply_free(apply);
}

static void add_address(GArray *addresses, uint32_t address)
{
        for (guint i = 0; i < addresses->len; i++)
                if (g_array_index(addresses, uint32_t, i) == address)
                        return;
        g_array_append_val(addresses, address);
}

/* A network of ours has told the guest its address before there was anything that would have noticed. */
static void add_leases(const NwfilterPart *part, const char *mac, GArray *addresses)
{
        const ObjectList *networks = part->driver->lists[OBJECT_NETWORK];

        for (size_t i = 0; networks && i < object_list_size(networks); i++) {
                const Network *network = object_list_get(networks, i);

                for (guint k = 0; k < network->leases->len; k++) {
                        const NetworkDhcpLease *lease = network->leases->pdata[k];
                        IpAddress address;

                        if (!streq(lease->mac, mac) || ip_address_parse(lease->ip, &address) < 0 || address.v6)
                                continue;
                        add_address(addresses, (uint32_t) address.bytes[0] << 24 | (uint32_t) address.bytes[1] << 16 |
                                                       (uint32_t) address.bytes[2] << 8 | address.bytes[3]);
                }
        }
}

int nwfilter_apply_add(NwfilterApply *apply, const NwfilterDef *instead, const NwfilterBindingDef *binding,
                       Error *error)
{
        const ObjectList *filters = apply->part->driver->lists[OBJECT_NWFILTER];
        _cleanup_(nwfilter_ruleset_freep) NwfilterRuleset *set = NULL;
        g_autofree char *commands = NULL;
        Table *table;
        int r = nwfilter_ruleset_new(filters, instead, binding, &set, error);

        if (r >= 0)
                r = nwfilter_nft_rules(set, &commands, error);
        if (r < 0)
                return r;
        table = g_new0(Table, 1);
        table->port_dev = g_strdup(binding->port_dev);
        table->commands = g_steal_pointer(&commands);
        table->learning = set->learning;
        table->addresses = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        if (set->learning == NWFILTER_LEARN_DHCP)
                add_leases(apply->part, binding->mac, table->addresses);
        g_ptr_array_add(apply->tables, table);
        return 0;
}

int nwfilter_apply_add_users(NwfilterApply *apply, const char *filter, const NwfilterDef *instead, Error *error)
{
        const ObjectList *filters = apply->part->driver->lists[OBJECT_NWFILTER];
        const ObjectList *bindings = apply->part->driver->lists[OBJECT_NWFILTER_BINDING];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < object_list_size(bindings); i++) {
                const NWFilterBinding *binding = object_list_get(bindings, i);

                if (binding->object.published && nwfilter_list_includes(filters, binding->def->ref.filter, filter))
                        r = nwfilter_apply_add(apply, instead, binding->def, error);
        }
        return r;
}

bool nwfilter_apply_is_empty(const NwfilterApply *apply)
{
        return apply->tables->len == 0;
}

/* -- on the worker -------------------------------------------------------------------------------------------- */

/* What the guest was found to have is known to the kernel alone: "elements = { 0x0a070014, ... }". */
static void read_addresses(const Table *table)
{
        g_autofree char *name = nwfilter_nft_table(table->port_dev);
        g_autofree char *question = g_strdup_printf("list set bridge %s " NWFILTER_ADDRESS_SET, name);
        g_autofree char *answer = nft_ask(question, false);
        const char *p = answer ? strstr(answer, "elements = {") : NULL, *end = p ? strchr(p, '}') : NULL;

        while (end && (p = strstr(p, "0x")) && p < end) {
                add_address(table->addresses, (uint32_t) strtoul(p, NULL, 16));
                p += 2;
        }
}

static void append_addresses(const Table *table, GString *commands)
{
        g_autofree char *name = nwfilter_nft_table(table->port_dev);
        guint n = table->learning == NWFILTER_LEARN_ANY ? MIN(table->addresses->len, 1) : table->addresses->len;

        for (guint i = 0; i < n; i++)
                g_string_append_printf(commands, "add element bridge %s " NWFILTER_ADDRESS_SET " { 0x%08x }\n", name,
                                       g_array_index(table->addresses, uint32_t, i));
}

/* Whether it is the kernel that lacks something, which libnftables does not say. */
static int explain(const char *commands, Error *failure, Error *error)
{
        if (nwfilter_nft_tracks(commands) && !nft_would_run(PROBE("ct state new")))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "this kernel does not follow connections through bridges (nf_conntrack_bridge), which "
                                 "rules of tcp, udp, all and their likes need, but for those with statematch='false'");
        if (nwfilter_nft_rejects(commands) && !nft_would_run(PROBE("ether type ip reject")))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "this kernel does not tell senders on bridges (nft_reject_bridge): the action 'drop' "
                                 "does without");
        error_move(error, failure);
        return -EIO;
}

static int apply_work(void *data, Error *error)
{
        const NwfilterApply *apply = data;
        g_autoptr(GString) commands = g_string_new(NULL);
        _cleanup_error_ Error failure = ERROR_INIT;
        g_autofree char *what = NULL;

        for (guint i = 0; i < apply->tables->len; i++) {
                const Table *table = apply->tables->pdata[i];

                g_string_append(commands, table->commands);
                if (table->learning != NWFILTER_LEARN_NONE) {
                        read_addresses(table);
                        append_addresses(table, commands);
                }
        }
        what = g_strdup_printf("the filter of '%s'", ((const Table *) apply->tables->pdata[0])->port_dev);
        if (nft_run(commands->str, what, &failure) < 0)
                return explain(commands->str, &failure, error);
        return 0;
}

WorkerTask *nwfilter_apply_run(NwfilterApply *apply, WorkerDone done, void *userdata)
{
        return worker_run(apply->part->driver->host->net_workers, apply_work, apply, destroy, done, userdata);
}

static void on_alone(void *userdata, int r, Error *error)
{
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_error("filters stay what they were: %s", text);
        }
}

void nwfilter_apply_run_alone(NwfilterApply *apply)
{
        if (nwfilter_apply_is_empty(apply))
                nwfilter_apply_free(apply);
        else
                (void) nwfilter_apply_run(apply, on_alone, NULL);
}

static int remove_work(void *data, Error *error)
{
        g_autofree char *table = nwfilter_nft_table(data);

        nft_remove_table("bridge", table);
        return 0;
}

WorkerTask *nwfilter_apply_remove(NwfilterPart *part, const char *port_dev, WorkerDone done, void *userdata)
{
        return worker_run(part->driver->host->net_workers, remove_work, g_strdup(port_dev), g_free, done, userdata);
}
