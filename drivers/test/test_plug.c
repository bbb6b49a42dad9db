/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_plug.h"

#include <string.h>

#include "drivers/model/domain_network.h"
#include "drivers/test/test_network.h"
#include "drivers/test/test_operation.h"

typedef struct Plug {
        char *alias;
        NetworkPort *port;        /* a reference; NULL: none */
        NWFilterBinding *binding; /* likewise */
} Plug;

static void plug_free(gpointer p)
{
        Plug *plug = p;

        /* whoever asked for it may have removed either before */
        if (plug->binding && plug->binding->object.published)
                object_remove(&plug->binding->object);
        if (plug->port && plug->port->object.published)
                test_network_unplug(plug->port);
        object_unref(plug->binding);
        object_unref(plug->port);
        g_free(plug->alias);
        g_free(plug);
}

GPtrArray *test_plugs_new(void)
{
        return g_ptr_array_new_with_free_func(plug_free);
}

static bool has_tap(DomainInterfaceType type)
{
        return type == DOMAIN_INTERFACE_NETWORK || type == DOMAIN_INTERFACE_BRIDGE || type == DOMAIN_INTERFACE_ETHERNET;
}

static int find_network(const Domain *domain, const char *name, Network **ret, Error *error)
{
        Network *network = object_list_find_name(domain->object.driver->lists[OBJECT_NETWORK], name);

        if (!network)
                return error_set(error, ERROR_NO_NETWORK, "no network with matching name '%s'", name);
        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", name);
        *ret = network;
        return 0;
}

static int make_port(const Domain *domain, const DomainDef *live, const DomainInterface *nic, Network *network,
                     NetworkPort **ret, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        ObjectList *ports = domain->object.driver->lists[OBJECT_NETWORK_PORT];
        NetworkPort *port = NULL;
        int r = domain_network_port(live, nic, nic->portid, &def, error);

        if (r >= 0)
                r = network_port_list_add(ports, network, def, &port, error);
        if (r < 0)
                return r;
        r = test_network_plug(port, error);
        if (r < 0)
                object_remove(&port->object);
        else
                *ret = object_ref(port);
        return r;
}

static int make_binding(const Domain *domain, const DomainInterface *nic, NWFilterBinding **ret, Error *error)
{
        _cleanup_(nwfilter_binding_def_unrefp) NwfilterBindingDef *def = NULL;
        ObjectList *bindings = domain->object.driver->lists[OBJECT_NWFILTER_BINDING];
        NWFilterBinding *binding = NULL;
        int r = domain_network_binding(domain->name, domain->uuid, nic, &def, error);

        if (r >= 0)
                r = nwfilter_binding_list_add(bindings, def, &binding, error);
        if (r < 0)
                return r;
        r = test_nwfilter_apply(binding, error);
        if (r < 0)
                object_remove(&binding->object);
        else
                *ret = object_ref(binding);
        return r;
}

/* What the host decides of the interface. */
static void complete(Driver *driver, DomainDef *live, DomainInterface *nic, const Network *network)
{
        TestDriver *test = (TestDriver *) driver;

        if (!nic->target && has_tap(nic->type))
                nic->target = arena_printf(live->arena, "vnet%" PRIu32, test->next_tap++);
        if (!network)
                return;
        nic->portid = definition_new_uuid(live->arena);
        if (network->live->bridge.name)
                nic->bridge = arena_strdup(live->arena, network->live->bridge.name);
}

static int plug_in(GPtrArray *plugs, const Domain *domain, DomainDef *live, DomainInterface *nic, Error *error)
{
        const DomainFilterRef *ref = nic->rare ? nic->rare->filter : NULL;
        Network *network = NULL;
        Plug *plug;
        int r = 0;

        if (nic->type == DOMAIN_INTERFACE_NETWORK)
                r = find_network(domain, nic->network, &network, error);
        if (r < 0)
                return r;
        complete(domain->object.driver, live, nic, network);
        plug = g_new0(Plug, 1);
        plug->alias = g_strdup(nic->info.alias);
        g_ptr_array_add(plugs, plug);
        if (network)
                r = make_port(domain, live, nic, network, &plug->port, error);
        if (r >= 0 && ref && nic->target)
                r = make_binding(domain, nic, &plug->binding, error);
        return r;
}

static bool has_plug(const GPtrArray *plugs, const char *alias)
{
        for (guint i = 0; i < plugs->len; i++)
                if (streq(((const Plug *) plugs->pdata[i])->alias, alias))
                        return true;
        return false;
}

static bool has_interface(const DomainDef *live, const char *alias)
{
        DEF_FOREACH(nic, live->interfaces)
                if (streq_ptr(nic->info.alias, alias))
                        return true;
        return false;
}

int test_plugs_follow(GPtrArray *plugs, const Domain *domain, DomainDef *live, Error *error)
{
        guint before = plugs->len;

        DEF_FOREACH(nic, live->interfaces) {
                int r = 0;

                if (nic->info.alias && !has_plug(plugs, nic->info.alias))
                        r = plug_in(plugs, domain, live, nic, error);
                if (r < 0) {
                        g_ptr_array_set_size(plugs, (gint) before);
                        return r;
                }
        }
        for (guint i = plugs->len; i-- > 0;)
                if (!has_interface(live, ((const Plug *) plugs->pdata[i])->alias))
                        g_ptr_array_remove_index(plugs, i);
        return 0;
}

const char *test_plugs_hostname(const Domain *domain)
{
        DEF_FOREACH(nic, domain->live->interfaces) {
                const char *hostname = NULL;
                Network *network = NULL;

                if (nic->type == DOMAIN_INTERFACE_NETWORK && nic->mac)
                        (void) find_network(domain, strempty(nic->network), &network, NULL);
                if (network)
                        hostname = network_find_hostname(network, nic->mac);
                if (hostname)
                        return hostname;
        }
        return NULL;
}
