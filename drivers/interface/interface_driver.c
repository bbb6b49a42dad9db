/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/interface/interface_driver.h"

#include "drivers/host/link.h"
#include "drivers/host/link_watch.h"
#include "drivers/interface/interface_scan.h"
#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "interface"

/* Events come in groups, and each look is one at all interfaces. */
#define PAUSE_USEC (20 * USEC_PER_MSEC)

typedef struct InterfacePart {
        Part part;
        Driver *driver;
        WorkerPool *worker; /* of one thread: what is seen later is what there is */
        LinkWatch *links;
        WorkerTask *task; /* that looks, by itself */
        struct Look *look;
        sd_event_source *pause;
        bool again; /* something has happened while it looked */
} InterfacePart;

static InterfacePart *part_of(const Interface *interface)
{
        return (InterfacePart *) driver_part(interface->object.driver, &interface_part_info);
}

/* -- what there is ------------------------------------------------------------------------------------------- */

/* A worker's: the interfaces of the host, after something was done to one of them, or nothing. */
typedef struct Look {
        int (*func)(const char *name, const char *place, Error *error); /* NULL: nothing */
        char *name;
        GPtrArray *found;
} Look;

static void look_free(void *p)
{
        Look *look = p;

        g_clear_pointer(&look->found, g_ptr_array_unref);
        g_free(look->name);
        g_free(look);
}

static int look_work(void *data, Error *error)
{
        Look *look = data;
        int r = look->func ? look->func(look->name, "interface", error) : 0;

        return r < 0 ? r : interface_scan(&look->found, error);
}

static void put_one(ObjectList *list, const InterfaceFound *found)
{
        Interface *interface = object_list_find_any(list, found->def->name);

        if (!interface && interface_list_add(list, found->def, &interface, NULL) < 0)
                return;
        if (!interface_def_equal(interface->def, found->def))
                interface_put_def(interface, found->def);
        interface_put_active(interface, found->up);
        if (!interface->object.published)
                object_publish(&interface->object);
}

static void put_all(ObjectList *list, const GPtrArray *found)
{
        g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < found->len; i++) {
                const InterfaceFound *one = found->pdata[i];

                g_hash_table_add(there, (char *) (uintptr_t) one->def->name);
                put_one(list, one);
        }
        for (size_t i = object_list_size(list); i-- > 0;) {
                Interface *interface = object_list_get(list, i);

                if (!g_hash_table_contains(there, interface->name))
                        object_remove(&interface->object);
        }
}

static void look_soon(InterfacePart *part);

static void on_looked(void *userdata, int r, Error *error)
{
        InterfacePart *part = userdata;
        const Look *look = part->look;

        part->task = NULL;
        part->look = NULL;
        if (r >= 0)
                put_all(part->driver->lists[OBJECT_INTERFACE], look->found);
        else {
                g_autofree char *text = error_message(error);

                log_warning("%s", text);
        }
        if (part->again)
                look_soon(part);
}

static void look_now(InterfacePart *part)
{
        part->again = false;
        part->look = g_new0(Look, 1);
        part->task = worker_run(part->worker, look_work, part->look, look_free, on_looked, part);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata)
{
        InterfacePart *part = userdata;

        part->pause = sd_event_source_disable_unref(part->pause);
        look_now(part);
        return 0;
}

static void look_soon(InterfacePart *part)
{
        if (part->task)
                part->again = true;
        else if (!part->pause)
                (void) sd_event_add_time_relative(part->driver->host->event, &part->pause, CLOCK_MONOTONIC, PAUSE_USEC,
                                                  0, on_pause, part);
}

static void on_link(void *userdata, const char *name)
{
        look_soon(userdata);
}

/* -- up and down --------------------------------------------------------------------------------------------- */

typedef struct Operation {
        Interface *interface;
        Job *job;
        Look *look; /* the task's */
        WorkerTask *task;
} Operation;

static void operation_free(void *p)
{
        Operation *operation = p;

        worker_cancel(operation->task);
        object_unref(operation->interface);
        g_free(operation);
}

static void on_done(void *userdata, int r, Error *error)
{
        Operation *operation = userdata;

        operation->task = NULL;
        if (r >= 0 && operation->interface->object.list)
                put_all(operation->interface->object.list, operation->look->found);
        job_step_done(operation->job, r, error);
}

static int step_tell(Job *job, void *context, Error *error)
{
        Operation *operation = context;

        operation->task = worker_run(part_of(operation->interface)->worker, look_work, operation->look, look_free,
                                     on_done, operation);
        return JOB_STEP_WAIT;
}

static const JobStep steps[] = {
        { .name = "tell", .start = step_tell, .no_return = true },
        {},
};

static int run(Interface *interface, int (*func)(const char *name, const char *place, Error *error), Job *job,
               Error *error)
{
        Operation *operation = g_new0(Operation, 1);

        operation->interface = object_ref(interface);
        operation->job = job;
        operation->look = g_new0(Look, 1);
        operation->look->func = func;
        operation->look->name = g_strdup(interface->name);
        return job_run(job, steps, operation, operation_free, error);
}

static int interface_start(Interface *interface, Job *job, Error *error)
{
        if (interface->active)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is already active", interface->name);
        return run(interface, link_bring_up, job, error);
}

static const Network *network_of(const Interface *interface)
{
        const ObjectList *list = interface->object.driver->lists[OBJECT_NETWORK];

        for (size_t i = 0; list && i < object_list_size(list); i++) {
                const Network *network = object_list_get(list, i);

                if (network->live && network_forward_has_own_bridge(network->live->forward.mode) &&
                    streq_ptr(network->live->bridge.name, interface->name))
                        return network;
        }
        return NULL;
}

static bool has_tap(const DomainDef *def, const char *name)
{
        DEF_FOREACH(interface, def->interfaces)
                if (streq_ptr(interface->target, name))
                        return true;
        return false;
}

static const Domain *machine_of(const Interface *interface)
{
        const DomainList *domains = interface->object.driver->domains;

        for (size_t i = 0; i < domain_list_size(domains); i++) {
                const Domain *domain = domain_list_get(domains, i);

                if (domain->live && has_tap(domain->live, interface->name))
                        return domain;
        }
        return NULL;
}

/* What networks and machines of ours run with is theirs. */
static int check_use(const Interface *interface, Error *error)
{
        const Network *network = network_of(interface);
        const Domain *domain = network ? NULL : machine_of(interface);

        if (network)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is the bridge of the network '%s'",
                                 interface->name, network->name);
        if (domain)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is one of the machine '%s'",
                                 interface->name, domain->name);
        return 0;
}

static int interface_stop(Interface *interface, Job *job, Error *error)
{
        int r;

        if (!interface->active)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is not active", interface->name);
        r = check_use(interface, error);
        return r < 0 ? r : run(interface, link_take_down, job, error);
}

/* -- the part ------------------------------------------------------------------------------------------------ */

static void interface_install(DriverInfo *info)
{
        info->interface = (InterfaceOps) {
                .start = interface_start,
                .stop = interface_stop,
        };
}

static Part *interface_part_close(Part *part)
{
        InterfacePart *own = (InterfacePart *) part;

        if (!own)
                return NULL;
        link_watch_free(own->links);
        sd_event_source_disable_unref(own->pause);
        worker_cancel(own->task);
        worker_pool_free(own->worker);
        g_free(own);
        return NULL;
}

/* The first look is in the background. Without events there is what there was then. */
static int interface_part_open(Driver *driver, Part **ret, Error *error)
{
        InterfacePart *part = g_new0(InterfacePart, 1);
        _cleanup_error_ Error why = ERROR_INIT;
        int r;

        part->part.info = &interface_part_info;
        part->driver = driver;
        r = worker_pool_new(driver->host->event, 1, &part->worker);
        if (r < 0) {
                interface_part_close(&part->part);
                return error_set_errno(error, r, "cannot make a worker");
        }
        if (link_watch_new(driver->host->event, on_link, part, &part->links, &why) < 0)
                log_warning("changes of network interfaces will not be noticed: %s", why.detail);
        look_now(part);
        *ret = &part->part;
        return 0;
}

const PartInfo interface_part_info = {
        .name = "interface",
        .kinds = DRIVER_KIND(OBJECT_INTERFACE),
        .install = interface_install,
        .open = interface_part_open,
        .close = interface_part_close,
};
