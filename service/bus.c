/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "bus"

#include "service/bus.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "service/base/log.h"
#include "service/call_private.h"
#include "service/manager.h"
#include "service/peer.h"

/* Enough to amortise a wake-up, few enough that one busy client delays others by less than a millisecond. */
#define MESSAGES_PER_WAKEUP 64
#define SINGLES_PER_LOOK 8
#define BACKOFF_MIN (100 * USEC_PER_MSEC)
#define BACKOFF_MAX (5 * USEC_PER_SEC)

static void bus_disconnect(Bus *bus)
{
        bus->io = sd_event_source_disable_unref(bus->io);
        bus->timer = sd_event_source_disable_unref(bus->timer);
        bus->name_owned = false;
        if (bus->bus) {
                sd_bus_close(bus->bus);
                bus->bus = sd_bus_unref(bus->bus);
        }
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
        Bus *bus = userdata;

        bus->reconnect = sd_event_source_disable_unref(bus->reconnect);
        (void) bus_connect(bus);
        return 0;
}

static void bus_schedule_reconnect(Bus *bus)
{
        if (bus->reconnect || bus->closed)
                return;
        (void) sd_event_add_time_relative(bus->manager->event, &bus->reconnect, CLOCK_MONOTONIC, bus->backoff_usec,
                                          10 * USEC_PER_MSEC, on_reconnect, bus);
        bus->backoff_usec = MIN(bus->backoff_usec * 2, BACKOFF_MAX);
}

void bus_drop(Bus *bus)
{
        if (!bus->bus)
                return;
        bus_disconnect(bus);
        bus_schedule_reconnect(bus);
}

/*
 * sd_bus_attach_event() handles one message per turn and costs a third more; this drains a batch. Looking for a
 * second message costs a system call that finds nothing when a client waits for each answer: so it is done while
 * batches come, and now and then to see whether they do.
 */
static int bus_drain(Bus *bus)
{
        bool look = bus->last_batch > 1 || ++bus->n_singles % SINGLES_PER_LOOK == 0;
        unsigned n = 0;

        while (bus->bus && n < MESSAGES_PER_WAKEUP) {
                int r = sd_bus_process(bus->bus, NULL);

                if (r < 0) {
                        log_notice("the connection of %s to the bus is lost: %s", bus->face->bus_name, g_strerror(-r));
                        manager_bus_lost(bus->manager);
                        return 0;
                }
                if (r == 0)
                        break;
                n++;
                if (!look)
                        break;
        }
        bus->last_batch = n;
        return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        return bus_drain(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        return bus_drain(userdata);
}

/* Before each sleep: what sd-bus waits for now. A message that is queued already makes the time zero. */
static int on_prepare(sd_event_source *source, void *userdata)
{
        Bus *bus = userdata;
        uint64_t until;
        int events = sd_bus_get_events(bus->bus);
        int r;

        if (events < 0)
                return 0;
        (void) sd_event_source_set_io_events(bus->io, (uint32_t) events);
        r = sd_bus_get_timeout(bus->bus, &until);
        if (r > 0 && until != UINT64_MAX) {
                (void) sd_event_source_set_time(bus->timer, until);
                (void) sd_event_source_set_enabled(bus->timer, SD_EVENT_ONESHOT);
        } else
                (void) sd_event_source_set_enabled(bus->timer, SD_EVENT_OFF);
        return 0;
}

static int bus_attach(Bus *bus)
{
        sd_event *event = bus->manager->event;
        /* sd-bus closes its own before it tells; and epoll forgets no socket that another process still has open */
        _cleanup_close_ int fd = fcntl(sd_bus_get_fd(bus->bus), F_DUPFD_CLOEXEC, 3);
        int r;

        if (fd < 0)
                return -errno;
        r = sd_event_add_io(event, &bus->io, fd, EPOLLIN, on_io, bus);
        if (r < 0)
                return r;
        r = sd_event_source_set_io_fd_own(bus->io, true);
        if (r < 0)
                return r;
        (void) TAKE_FD(fd);
        r = sd_event_source_set_prepare(bus->io, on_prepare);
        if (r < 0)
                return r;
        return sd_event_add_time(event, &bus->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_timer, bus);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Bus *bus = userdata;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected")) {
                /* the stream is still in use by our caller: the next read of it fails and says so */
                return 0;
        }
        return call_dispatch(bus, m);
}

static int on_name_requested(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Bus *bus = userdata;
        uint32_t result = 0;
        const sd_bus_error *failure = sd_bus_message_get_error(m);

        if (failure)
                log_error("cannot own the name %s: %s", bus->face->bus_name, strempty(failure->message));
        else
                (void) sd_bus_message_read(m, "u", &result);

        /* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER and …_ALREADY_OWNER */
        if (result == 1 || result == 4) {
                bus->name_owned = true;
                bus->backoff_usec = BACKOFF_MIN;
                manager_bus_ready(bus->manager, bus);
                return 0;
        }
        bus->closed = true;
        manager_bus_refused(bus->manager, bus);
        return 0;
}

static int on_name_lost(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Bus *bus = userdata;
        const char *name;

        if (sd_bus_message_read(m, "s", &name) >= 0 && streq(name, bus->face->bus_name) && bus->name_owned) {
                bus->closed = true;
                manager_bus_refused(bus->manager, bus);
        }
        return 0;
}

static int on_name_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Bus *bus = userdata;
        const char *name;

        if (sd_bus_message_read(m, "s", &name) >= 0 && name[0] == ':')
                peer_gone(bus->manager, name);
        return 0;
}

#define DBUS_SIGNAL "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"

static int bus_setup(Bus *bus)
{
        int r;

        r = sd_bus_add_filter(bus->bus, NULL, on_message, bus);
        if (r < 0)
                return r;
        /* departures alone: their new owner, argument 2, is empty */
        if (bus == &bus->manager->native) {
                r = sd_bus_add_match_async(bus->bus, NULL, DBUS_SIGNAL "member='NameOwnerChanged',arg2=''",
                                           on_name_owner_changed, NULL, bus);
                if (r < 0)
                        return r;
        }
        r = sd_bus_add_match_async(bus->bus, NULL, DBUS_SIGNAL "member='NameLost'", on_name_lost, NULL, bus);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(bus->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "RequestName", on_name_requested, bus, "su",
                                        bus->face->bus_name, UINT32_C(4) /* DBUS_NAME_FLAG_DO_NOT_QUEUE */);
}

static int bus_open(const Config *config, sd_bus **ret)
{
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        const char *address = config->address;
        g_autofree char *fallback = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        if (!address)
                address = g_getenv(config->session ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
        if (isempty(address)) {
                if (config->session)
                        fallback = g_strdup_printf("unix:path=%s/bus", g_get_user_runtime_dir());
                address = fallback ?: "unix:path=/run/dbus/system_bus_socket";
        }
        r = sd_bus_set_address(bus, address);
        if (r < 0)
                return r;
        r = sd_bus_set_bus_client(bus, true);
        if (r < 0)
                return r;
        r = sd_bus_start(bus);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&bus);
        return 0;
}

void bus_init(Bus *bus, Manager *manager, const Face *face, bool optional)
{
        *bus = (Bus) {
                .manager = manager,
                .face = face,
                .backoff_usec = BACKOFF_MIN,
                .optional = optional,
        };
}

int bus_connect(Bus *bus)
{
        int r;

        r = bus_open(bus->manager->config, &bus->bus);
        if (r >= 0)
                r = bus_setup(bus);
        if (r >= 0)
                r = bus_attach(bus);
        if (r < 0) {
                log_debug("cannot connect %s: %s", bus->face->bus_name, g_strerror(-r));
                bus_disconnect(bus);
                bus_schedule_reconnect(bus);
        }
        return r;
}

void bus_clear(Bus *bus)
{
        bus->reconnect = sd_event_source_disable_unref(bus->reconnect);
        if (bus->bus)
                (void) sd_bus_flush(bus->bus);
        bus_disconnect(bus);
        g_clear_pointer(&bus->paths, g_hash_table_unref);
}

int bus_requeue(Bus *bus, sd_bus_message *m)
{
        if (!bus->bus)
                return -ENOTCONN;
        return sd_bus_enqueue_for_read(bus->bus, m);
}
