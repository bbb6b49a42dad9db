/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/peer.h"

#include <string.h>
#include <sys/wait.h>

#define START_USEC (120 * USEC_PER_SEC)
#define CALL_USEC (120 * USEC_PER_SEC)

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        uint64_t *when = userdata;
        const char *name, *before, *after;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && !isempty(after))
                *when = now_usec();
        return 0;
}

static char *log_tail(const char *path)
{
        g_autofree char *text = NULL;
        size_t size;

        if (read_file_at(AT_FDCWD, path, 64 << 20, &text, &size) < 0)
                return g_strdup("");
        return g_strdup(text + (size > 1000 ? size - 1000 : 0));
}

static int wait_for_name(Peer *peer, sd_bus *bus, const uint64_t *owned, uint64_t deadline, Error *error)
{
        while (*owned == 0) {
                int r = sd_bus_process(bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(bus, 100 * USEC_PER_MSEC);
                if (r < 0)
                        return error_set_errno(error, r, "the bus went away");
                if (waitpid(peer->pid, NULL, WNOHANG) == peer->pid || now_usec() > deadline) {
                        g_autofree char *tail = log_tail(peer->log);

                        return error_set(error, ERROR_OPERATION_FAILED, "%s did not get its name %s: %s",
                                         peer->label, peer->name, tail);
                }
        }
        return 0;
}

int peer_start(Peer *peer, sd_bus *bus, const char *const *argv, Error *error)
{
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        g_autofree char *match = NULL;
        uint64_t began, owned = 0;
        int r;

        match = g_strdup_printf(
                        "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                        peer->name);
        r = sd_bus_add_match(bus, &slot, match, on_owner_changed, &owned);
        if (r < 0)
                return error_set_errno(error, r, "cannot watch for %s", peer->name);
        began = now_usec();
        r = process_start(argv, peer->log, &peer->pid, error);
        if (r >= 0)
                r = wait_for_name(peer, bus, &owned, began + START_USEC, error);
        peer->start_usec = owned - began;
        return r;
}

void peer_stop(Peer *peer)
{
        process_stop(&peer->pid);
}

void peer_clear(Peer *peer)
{
        peer_stop(peer);
        g_clear_pointer(&peer->root, g_free);
        g_clear_pointer(&peer->domain, g_free);
        g_clear_pointer(&peer->log, g_free);
}

int bus_open_as(uid_t uid, sd_bus **ret, Error *error)
{
        uid_t before = geteuid();
        const char *name;
        int r;

        if (uid != before && seteuid(uid) < 0)
                return error_set_errno(error, errno, "cannot become user %u", (unsigned) uid);
        r = sd_bus_open_system(ret);
        /* Until the greeting is through. */
        if (r >= 0)
                r = sd_bus_get_unique_name(*ret, &name);
        if (uid != before && seteuid(before) < 0)
                return error_set_errno(error, errno, "cannot become user %u again", (unsigned) before);
        return r < 0 ? error_set_errno(error, r, "cannot connect to the bus as user %u", (unsigned) uid) : 0;
}

char *peer_interface(const Peer *peer, const char *interface)
{
        return g_strdup_printf("%s.%s", peer->prefix, interface);
}

sd_bus_message *peer_message(const Peer *peer, sd_bus *bus, const char *path, const char *interface,
                             const char *member, const char *types, ...)
{
        g_autofree char *name = interface ? peer_interface(peer, interface) :
                                            g_strdup("org.freedesktop.DBus.Properties");
        sd_bus_message *m = NULL;
        va_list ap;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, peer->name, path, name, member);
        if (r >= 0 && !isempty(types)) {
                va_start(ap, types);
                r = sd_bus_message_appendv(m, types, ap);
                va_end(ap);
        }
        /* Only what this program wrote wrongly can fail here. */
        g_assert(r >= 0);
        return m;
}

int bus_call(sd_bus *bus, sd_bus_message *m, sd_bus_message **ret, Error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        int r = sd_bus_call(bus, m, CALL_USEC, &e, ret);

        if (r < 0)
                r = error_set(error, ERROR_OPERATION_FAILED, "%s of %s: %s", sd_bus_message_get_member(m),
                              sd_bus_message_get_destination(m), e.message ?: g_strerror(-r));
        sd_bus_message_unref(m);
        return r;
}

int peer_change(const Peer *peer, sd_bus *bus, const char *path, const char *member, bool flags, Error *error)
{
        return bus_call(bus, peer_message(peer, bus, path, "Domain", member, flags ? "u" : NULL, 0), NULL, error);
}
