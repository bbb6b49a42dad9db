/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "manager"

#include "service/manager.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "service/base/log.h"
#include "service/gate.h"
#include "service/objects.h"
#include "service/peer.h"
#include "service/scope.h"
#include "service/sight.h"
#include "service/watch.h"

/*
 * Threads for work that blocks, in each of two pools: what hangs on foreign files never keeps ours from being written.
 */
#define WORKERS_MAX 8

static const char *host_setting(void *userdata, const char *section, const char *key)
{
        return config_setting(((Manager *) userdata)->config, section, key);
}

static Driver *host_driver_for_uri(void *userdata, const char *uri)
{
        const Manager *manager = userdata;

        for (size_t i = 0; i < manager->n_drivers; i++)
                if (streq(driver_uri(manager->drivers[i]), uri))
                        return manager->drivers[i];
        return NULL;
}

static void on_authority_changed(void *userdata)
{
        peers_forget_grants(userdata);
        sight_forget(userdata);
        gate_forget_answers(userdata);
        watch_forget_all(userdata);
}

static int on_exit_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Manager *manager = userdata;

        log_info("ending on signal %s; guests go on", g_strsignal((int) info->ssi_signo));
        (void) sd_notify(0, "STOPPING=1");
        loop_quit(manager->loop, 0);
        return 0;
}

/* What may change while the daemon runs: the thresholds of the log. */
static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Manager *manager = userdata;
        int r = config_reload(manager->config);

        if (r >= 0)
                log_info("configuration read again; log thresholds are \"%s\"", manager->config->log_filters);
        return 0;
}

static int manager_watch_signals(Manager *manager)
{
        static const struct {
                int number;
                sd_event_signal_handler_t handler;
        } signals[] = {
                { SIGTERM, on_exit_signal },
                { SIGINT, on_exit_signal },
                { SIGHUP, on_reload_signal },
        };

        G_STATIC_ASSERT(ELEMENTSOF(signals) <= ELEMENTSOF(manager->signal_sources));
        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                int r = sd_event_add_signal(manager->event, &manager->signal_sources[i], signals[i].number,
                                            signals[i].handler, manager);

                if (r < 0)
                        return r;
        }
        return 0;
}

static void drop_parked(void *parked)
{
        (void) parked_free(parked);
}

static void drop_queue(void *queue)
{
        g_queue_free(queue);
}

int manager_new(Config *config, const SignalEmitters *emitters, Manager **ret)
{
        _cleanup_(manager_freep) Manager *manager = g_new0(Manager, 1);
        int r;

        manager->config = config;
        manager->emitters = emitters;
        manager->peers = g_hash_table_new(g_str_hash, g_str_equal);
        manager->users = g_hash_table_new(NULL, NULL);
        manager->parked = g_hash_table_new_full(NULL, NULL, NULL, drop_parked);
        manager->waiting = g_hash_table_new_full(NULL, NULL, NULL, drop_queue);
        bus_init(&manager->native, manager, &face_native, false);
        bus_init(&manager->libvirt, manager, &face_libvirt, true);

        r = loop_new(&manager->loop);
        if (r < 0)
                return r;
        manager->event = loop_event(manager->loop);
        r = manager_watch_signals(manager);
        if (r < 0)
                return r;
        r = worker_pool_new(manager->event, WORKERS_MAX, &manager->workers);
        if (r < 0)
                return r;
        r = worker_pool_new(manager->event, WORKERS_MAX, &manager->path_workers);
        if (r < 0)
                return r;
        r = worker_pool_new(manager->event, 1, &manager->net_workers);
        if (r < 0)
                return r;
        manager->jobs = job_manager_new(manager->event);
        objects_init(manager);
        job_manager_set_listener(manager->jobs, &job_listener, manager);
        manager->authority = authority_new(manager->event, on_authority_changed, manager);
        manager->host = (DriverHost) {
                .event = manager->event,
                .workers = manager->workers,
                .path_workers = manager->path_workers,
                .net_workers = manager->net_workers,
                .jobs = manager->jobs,
                .paths = &config->paths,
                .session = config->session,
                .setting = host_setting,
                .listener = &object_listener,
                .driver_for_uri = host_driver_for_uri,
                .scope_start = config->session || sd_booted() <= 0 ? NULL : scope_start,
                .scope_cancel = scope_cancel,
                .userdata = manager,
        };
        *ret = g_steal_pointer(&manager);
        return 0;
}

Manager *manager_free(Manager *manager)
{
        if (!manager)
                return NULL;
        /* the steps of running jobs may need their drivers, and callers their answers */
        job_manager_free(manager->jobs);
        while (manager->n_drivers > 0) {
                Driver *driver = manager->drivers[--manager->n_drivers];

                driver->info->close(driver);
        }
        if (manager->peers)
                peers_clear(manager);
        bus_clear(&manager->native);
        bus_clear(&manager->libvirt);
        objects_clear(manager);
        authority_free(manager->authority);
        worker_pool_free(manager->net_workers);
        worker_pool_free(manager->path_workers);
        worker_pool_free(manager->workers);
        g_hash_table_unref(manager->parked);
        g_hash_table_unref(manager->waiting);
        g_hash_table_unref(manager->peers);
        g_hash_table_unref(manager->users);
        for (size_t i = 0; i < ELEMENTSOF(manager->signal_sources); i++)
                sd_event_source_disable_unref(manager->signal_sources[i]);
        loop_free(manager->loop);
        config_free(manager->config);
        g_free(manager);
        return NULL;
}

static const DriverInfo *find_info(const DriverTable *table, const char *name)
{
        for (size_t i = 0; i < table->n; i++)
                if (g_ascii_strcasecmp(table->drivers[i]->name, name) == 0)
                        return table->drivers[i];
        return NULL;
}

static int open_driver(Manager *manager, const DriverTable *table, const char *name)
{
        const DriverInfo *info = find_info(table, name);
        _cleanup_error_ Error error = ERROR_INIT;
        Driver *driver;
        int r;

        if (!info) {
                log_error("there is no driver '%s'", name);
                return -ENOENT;
        }
        if (manager_find_driver(manager, info->name) || manager->n_drivers >= MANAGER_DRIVERS_MAX)
                return 0;
        r = info->open(info, &manager->host, &driver, &error);
        if (r < 0) {
                g_autofree char *message = error_message(&error);

                log_error("cannot open the driver %s: %s", info->name, message);
                return r;
        }
        manager->drivers[manager->n_drivers++] = driver;
        log_info("driver %s has %zu domains", info->name, domain_list_size(driver->domains));
        return 0;
}

int manager_start(Manager *manager, const DriverTable *table)
{
        int r;

        for (char **name = manager->config->drivers; *name; name++) {
                if (!**name)
                        continue;
                r = open_driver(manager, table, *name);
                if (r < 0)
                        return r;
        }
        if (manager->n_drivers == 0) {
                log_error("no driver is configured");
                return -ENOENT;
        }
        r = bus_connect(&manager->native);
        if (r < 0)
                log_notice("there is no bus yet: %s", g_strerror(-r));
        if (manager->config->libvirt_face == LIBVIRT_FACE_NO)
                manager->libvirt.closed = true;
        else
                (void) bus_connect(&manager->libvirt);
        return 0;
}

Driver *manager_find_driver(const Manager *manager, const char *name)
{
        for (size_t i = 0; i < manager->n_drivers; i++)
                if (streq(manager->drivers[i]->info->name, name))
                        return manager->drivers[i];
        return NULL;
}

/* Ready is who has all the names that it can have. */
void manager_bus_ready(Manager *manager, Bus *bus)
{
        log_info("serving %s", bus->face->bus_name);
        if (manager->ready_told || !manager->native.name_owned ||
            !(manager->libvirt.name_owned || manager->libvirt.closed))
                return;
        manager->ready_told = true;
        (void) sd_notifyf(0, "READY=1\nSTATUS=Serving %s", manager->libvirt.closed ? "org.virtbus1" :
                                  "org.virtbus1 and org.libvirt");
}

void manager_bus_refused(Manager *manager, Bus *bus)
{
        if (!bus->optional) {
                log_error("the name %s cannot be had: is another virtbusd running?", bus->face->bus_name);
                loop_quit(manager->loop, 1);
                return;
        }
        log_at(manager->config->libvirt_face == LIBVIRT_FACE_YES ? LOG_WARNING : LOG_NOTICE, NULL,
               "the name %s is another service's: serving %s alone", bus->face->bus_name, face_native.bus_name);
        bus_clear(bus);
        if (manager->native.name_owned)
                manager_bus_ready(manager, &manager->native);
}

void manager_bus_lost(Manager *manager)
{
        /* Both go together: the bus answers whoever waited for them, and departures are not missed on either. */
        bus_drop(&manager->native);
        bus_drop(&manager->libvirt);
        /* unique names mean nothing on the next bus */
        peers_clear(manager);
        authority_reset(manager->authority);
}
