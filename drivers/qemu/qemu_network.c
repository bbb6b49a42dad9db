/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_network.h"

#include "drivers/model/domain_network.h"
#include "drivers/model/network_port.h"
#include "service/base/log.h"
#include "service/base/params.h"

#define LOG_CATEGORY "qemu"

/* A network that is on its way; its own steps have shorter deadlines. */
#define PATIENCE_USEC (60 * USEC_PER_SEC)
#define LOOK_AGAIN_USEC (50 * USEC_PER_MSEC)

struct QemuNetworkPlug {
        QemuDriver *driver;
        DomainDef *def;   /* being changed */
        char *alias;      /* NULL: all */
        uint32_t next;    /* the interface */
        GPtrArray *ports; /* made so far, referenced */
        NetworkPort *making; /* a reference; set while its job runs */
        Job *job;
        uint64_t until;
        sd_event_source *timer;
        bool cancelled;
        QemuNetworkDone done;
        void *userdata;
};

static Network *find_network(const QemuDriver *driver, const DomainInterface *nic)
{
        const ObjectList *list = driver->driver.lists[OBJECT_NETWORK];

        return list && nic->network ? object_list_find_name(list, nic->network) : NULL;
}

static void release_port(gpointer port)
{
        object_unref(port);
}

static int new_job(QemuDriver *driver, const char *kind, NetworkPort *port, Job **ret, Error *error)
{
        int r = job_new(driver->host->jobs, kind, &port->object.slot, NULL, ret, error);

        if (r >= 0)
                job_set_object(*ret, object_ref(port), release_port);
        return r;
}

static void drop_port(QemuDriver *driver, NetworkPort *port)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        int r;

        if (!port->object.published)
                return;
        r = new_job(driver, "delete", port, &job, &error);
        if (r >= 0)
                r = driver->driver.info->network.delete_port(port, job, &error);
        if (r < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("a port of network '%s' stays: %s", port->network->name, text);
        }
}

static QemuNetworkPlug *plug_free(QemuNetworkPlug *plug)
{
        sd_event_source_disable_unref(plug->timer);
        domain_def_unref(plug->def);
        g_ptr_array_unref(plug->ports);
        object_unref(plug->making);
        job_unref(plug->job);
        g_free(plug->alias);
        g_free(plug);
        return NULL;
}

QemuNetworkPlug *qemu_network_plug_cancel(QemuNetworkPlug *plug)
{
        if (!plug)
                return NULL;
        for (guint i = 0; i < plug->ports->len; i++)
                drop_port(plug->driver, plug->ports->pdata[i]);
        if (!plug->job)
                return plug_free(plug);
        /* the port that is being made goes when it is */
        g_ptr_array_set_size(plug->ports, 0);
        plug->cancelled = true;
        return NULL;
}

static void finish(QemuNetworkPlug *plug, int r, Error *error)
{
        QemuNetworkDone done = plug->done;
        void *userdata = plug->userdata;
        _cleanup_error_ Error none = ERROR_INIT;
        DomainDef *def = NULL;

        if (r >= 0)
                r = domain_def_seal(plug->def, NULL, error);
        if (r < 0) {
                qemu_network_plug_cancel(plug);
                done(userdata, NULL, error);
                return;
        }
        def = g_steal_pointer(&plug->def);
        plug_free(plug);
        done(userdata, def, &none);
}

static bool is_wanted(const QemuNetworkPlug *plug, const DomainInterface *nic)
{
        return nic->type == DOMAIN_INTERFACE_NETWORK && (!plug->alias || streq_ptr(plug->alias, nic->info.alias));
}

static int go_on(QemuNetworkPlug *plug, Error *error);

/* The port has been made. */
static void take_port(QemuNetworkPlug *plug)
{
        NetworkPort *port = g_steal_pointer(&plug->making);

        domain_network_take_port(plug->def, plug->def->interfaces.items[plug->next++], port->def);
        g_ptr_array_add(plug->ports, port);
}

static void on_made(Job *job, Error *error, void *userdata)
{
        QemuNetworkPlug *plug = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;
        int r = error ? -EIO : 0;

        plug->job = job_unref(plug->job);
        if (error)
                error_copy(&failure, error);
        else
                take_port(plug);
        if (plug->cancelled) {
                qemu_network_plug_cancel(plug);
                return;
        }
        if (r >= 0)
                r = go_on(plug, &failure);
        if (r <= 0)
                finish(plug, r, &failure);
}

static int make_port(QemuNetworkPlug *plug, const DomainInterface *nic, Network *network, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        ObjectList *list = plug->driver->driver.lists[OBJECT_NETWORK_PORT];
        NetworkPort *port = NULL;
        char uuid[37];
        int r;

        uuid_new(uuid);
        r = domain_network_port(plug->def, nic, uuid, &def, error);
        if (r >= 0)
                r = network_port_list_add(list, network, def, &port, error);
        if (r < 0)
                return r;
        plug->making = object_ref(port);
        r = new_job(plug->driver, "create", port, &plug->job, error);
        if (r >= 0)
                r = plug->driver->driver.info->network.create_port(port, plug->job, error);
        if (r > 0)
                job_on_completed(plug->job, on_made, plug);
        else
                plug->job = job_unref(plug->job);
        if (r < 0)
                plug->making = object_unref(plug->making);
        return r;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuNetworkPlug *plug = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        int r;

        plug->timer = sd_event_source_disable_unref(plug->timer);
        r = go_on(plug, &error);
        if (r <= 0)
                finish(plug, r, &error);
        return 0;
}

/* Returns 0 when the network runs, 1 when it is looked at again later. */
static int await_network(QemuNetworkPlug *plug, const Network *network, Error *error)
{
        int r;

        if (network_is_active(network))
                return 0;
        if (!network->object.slot.job || now_usec() > plug->until)
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        r = sd_event_add_time_relative(plug->driver->host->event, &plug->timer, CLOCK_MONOTONIC, LOOK_AGAIN_USEC, 0,
                                       on_again, plug);
        return r < 0 ? error_set_errno(error, r, "cannot set a timer") : 1;
}

/* Returns 0 when all ports are there, 1 when something is waited for. */
static int go_on(QemuNetworkPlug *plug, Error *error)
{
        while (plug->next < plug->def->interfaces.n) {
                DomainInterface *nic = plug->def->interfaces.items[plug->next];
                Network *network = find_network(plug->driver, nic);
                int r;

                if (!is_wanted(plug, nic)) {
                        plug->next++;
                        continue;
                }
                if (!network)
                        return error_set(error, ERROR_NO_NETWORK, "no network with matching name '%s'",
                                         strempty(nic->network));
                r = await_network(plug, network, error);
                if (r == 0)
                        r = make_port(plug, nic, network, error);
                if (r != 0)
                        return r;
                take_port(plug);
        }
        return 0;
}

int qemu_network_plug(QemuDriver *driver, const DomainDef *def, const char *alias, QemuNetworkDone done,
                      void *userdata, QemuNetworkPlug **ret, Error *error)
{
        QemuNetworkPlug *plug = g_new0(QemuNetworkPlug, 1);
        bool any = false;
        int r;

        plug->driver = driver;
        plug->def = domain_def_copy(def);
        plug->alias = g_strdup(alias);
        plug->ports = g_ptr_array_new_with_free_func(release_port);
        plug->until = now_usec() + PATIENCE_USEC;
        plug->done = done;
        plug->userdata = userdata;
        DEF_FOREACH(nic, plug->def->interfaces)
                any |= is_wanted(plug, nic);
        /* done is not called from within */
        r = any ? sd_event_add_time_relative(driver->host->event, &plug->timer, CLOCK_MONOTONIC, 0, 0, on_again, plug)
                : 0;
        if (r < 0 || !any) {
                plug_free(plug);
                return r < 0 ? error_set_errno(error, r, "cannot set a timer") : 0;
        }
        *ret = plug;
        return 1;
}

void qemu_network_unplug(QemuDriver *driver, const DomainDef *live, const char *alias)
{
        const ObjectList *list = driver->driver.lists[OBJECT_NETWORK_PORT];

        DEF_FOREACH(nic, live->interfaces) {
                Network *network = find_network(driver, nic);
                g_autofree char *key = NULL;
                NetworkPort *port;

                if (!network || !nic->portid || (alias && !streq_ptr(alias, nic->info.alias)))
                        continue;
                key = g_strdup_printf("%s/%s", network->uuid, nic->portid);
                port = object_list_find(list, key);
                if (port)
                        drop_port(driver, port);
        }
}

static bool has_port(const QemuDriver *driver, const NetworkPort *port)
{
        const Domain *domain = domain_list_find_any_uuid(driver->driver.domains, strempty(port->def->owner_uuid));

        if (!domain || !domain->live)
                return false;
        DEF_FOREACH(nic, domain->live->interfaces)
                if (streq_ptr(nic->portid, port->uuid))
                        return true;
        return false;
}

void qemu_network_sweep(QemuDriver *driver)
{
        const ObjectList *list = driver->driver.lists[OBJECT_NETWORK_PORT];

        for (size_t i = list ? object_list_size(list) : 0; i-- > 0;) {
                NetworkPort *port = object_list_get(list, i);

                if (!has_port(driver, port))
                        drop_port(driver, port);
        }
}

/* -- leases --------------------------------------------------------------------------------------------------- */

static void add_lease(const DomainInterface *nic, const NetworkDhcpLease *lease, GPtrArray *records)
{
        Params *record = records_add(records);

        params_add_string(record, "name", strempty(nic->target));
        params_add_string(record, "hwaddr", nic->mac);
        params_add_i32(record, "type", (int32_t) lease->type);
        params_add_string(record, "addr", lease->ip);
        params_add_u32(record, "prefix", lease->prefix);
}

void qemu_network_addresses(const Domain *domain, GPtrArray *records)
{
        DEF_FOREACH(nic, domain->live->interfaces) {
                const Network *network = find_network(qemu_driver_of(domain), nic);

                if (!network || !nic->mac)
                        continue;
                for (unsigned i = 0; i < network->leases->len; i++) {
                        const NetworkDhcpLease *lease = network->leases->pdata[i];

                        if (streq(lease->mac, nic->mac))
                                add_lease(nic, lease, records);
                }
        }
}

const char *qemu_network_hostname(const Domain *domain)
{
        DEF_FOREACH(nic, domain->live->interfaces) {
                const Network *network = find_network(qemu_driver_of(domain), nic);
                const char *name = network && nic->mac ? network_find_hostname(network, nic->mac) : NULL;

                if (name)
                        return name;
        }
        return NULL;
}
