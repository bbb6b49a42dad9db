/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "peer"

#include "service/peer.h"

#include <string.h>

#include "service/base/log.h"
#include "service/delivery.h"
#include "service/gate.h"
#include "service/manager.h"
#include "service/message_size.h"
#include "service/watch.h"

/* Between a peer's first message and its credentials: one round trip to the bus daemon. */
#define WAITING_MAX 256
#define WAITING_BYTES_MAX (32u * 1024 * 1024)

typedef struct Waiting {
        Bus *bus;
        sd_bus_message *message;
} Waiting;

static void waiting_free(void *data)
{
        Waiting *w = data;

        sd_bus_message_unref(w->message);
        g_free(w);
}

static User *user_get(Manager *manager, uint32_t uid)
{
        User *user = g_hash_table_lookup(manager->users, GUINT_TO_POINTER(uid));

        if (!user) {
                user = g_new0(User, 1);
                user->uid = uid;
                g_hash_table_insert(manager->users, GUINT_TO_POINTER(uid), user);
        }
        user->n_ref++;
        return user;
}

static void user_unref(Manager *manager, User *user)
{
        if (--user->n_ref > 0)
                return;
        g_hash_table_remove(manager->users, GUINT_TO_POINTER(user->uid));
        g_free(user);
}

Peer *peer_ref(Peer *peer)
{
        peer->n_ref++;
        return peer;
}

Peer *peer_unref(Peer *peer)
{
        if (!peer || --peer->n_ref > 0)
                return NULL;
        sight_free(peer->sight);
        last_error_free(peer->last_error);
        sd_bus_slot_unref(peer->credentials);
        g_queue_clear_full(&peer->waiting, waiting_free);
        if (peer->user)
                user_unref(peer->manager, peer->user);
        g_free(peer->name);
        g_free(peer);
        return NULL;
}

static void peer_requeue_waiting(Peer *peer)
{
        Waiting *w;

        while ((w = g_queue_pop_head(&peer->waiting))) {
                (void) bus_requeue(w->bus, w->message);
                waiting_free(w);
        }
}

static int read_uid(sd_bus_message *m, uint32_t *ret)
{
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key;

                r = sd_bus_message_read(m, "s", &key);
                if (r < 0)
                        return r;
                if (streq(key, "UnixUserID"))
                        return sd_bus_message_read(m, "v", "u", ret);
                r = sd_bus_message_skip(m, "v");
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : -ENODATA;
}

static int on_credentials(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Peer *peer = userdata;
        uint32_t uid;

        peer->credentials = sd_bus_slot_unref(peer->credentials);
        if (sd_bus_message_is_method_error(m, NULL) || read_uid(m, &uid) < 0) {
                /* it left before the answer: nobody waits for its replies */
                log_debug("no credentials for %s", peer->name);
                g_queue_clear_full(&peer->waiting, waiting_free);
                peer_gone(peer->manager, peer->name);
                return 0;
        }
        peer->user = user_get(peer->manager, uid);
        peer_requeue_waiting(peer);
        return 0;
}

Peer *peer_of_message(Manager *manager, Bus *bus, sd_bus_message *m)
{
        const char *sender = sd_bus_message_get_sender(m);
        Peer *peer;

        if (!sender)
                return NULL;
        peer = g_hash_table_lookup(manager->peers, sender);
        if (peer)
                return peer;

        peer = g_new0(Peer, 1);
        *peer = (Peer) { .manager = manager, .n_ref = 1, .name = g_strdup(sender) };
        g_queue_init(&peer->waiting);
        g_hash_table_insert(manager->peers, peer->name, peer);
        if (sd_bus_call_method_async(bus->bus, &peer->credentials, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetConnectionCredentials", on_credentials, peer, "s",
                                     sender) < 0)
                log_warning("cannot ask for the credentials of %s", sender);
        return peer;
}

int peer_wait(Peer *peer, Bus *bus, sd_bus_message *m)
{
        size_t left = WAITING_BYTES_MAX - peer->waiting_bytes, size = message_size(m, left);
        Waiting *w;

        if (g_queue_get_length(&peer->waiting) >= WAITING_MAX || size > left)
                return -EDQUOT;
        peer->waiting_bytes += size;
        w = g_new(Waiting, 1);
        *w = (Waiting) { .bus = bus, .message = sd_bus_message_ref(m) };
        g_queue_push_tail(&peer->waiting, w);
        return 0;
}

bool peer_is_privileged(const Peer *peer)
{
        if (peer->manager->config->session)
                return peer->user->uid == getuid();
        return peer->user->uid == 0;
}

static size_t driver_index(const Manager *manager, const Driver *driver)
{
        size_t i = 0;

        G_STATIC_ASSERT(MANAGER_DRIVERS_MAX < PEER_DRIVERS_MAX);
        while (driver && manager->drivers[i] != driver)
                i++;
        return driver ? i + 1 : 0;
}

bool peer_read_granted(const Peer *peer, const Driver *driver, Permission permission)
{
        return peer->read_granted[driver_index(peer->manager, driver)][permission / 8] & (1u << (permission % 8));
}

void peer_grant_read(Peer *peer, const Driver *driver, Permission permission)
{
        peer->read_granted[driver_index(peer->manager, driver)][permission / 8] |= (uint8_t) (1u << (permission % 8));
}

void peers_forget_grants(Manager *manager)
{
        GHashTableIter iter;
        gpointer peer;

        g_hash_table_iter_init(&iter, manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &peer))
                memset(((Peer *) peer)->read_granted, 0, sizeof(((Peer *) peer)->read_granted));
}

void peer_gone(Manager *manager, const char *name)
{
        Peer *peer = g_hash_table_lookup(manager->peers, name);

        if (!peer)
                return;
        peer->gone = true;
        g_hash_table_steal(manager->peers, name);
        gate_forget_peer(manager, peer);
        delivery_end(peer);
        peer->sight = sight_free(peer->sight);
        watch_forget_peer(peer);
        for (size_t i = 0; i < manager->n_drivers; i++)
                if (manager->drivers[i]->info->caller_left)
                        manager->drivers[i]->info->caller_left(manager->drivers[i], name);
        peer_unref(peer);
}

void peers_clear(Manager *manager)
{
        GHashTableIter iter;
        gpointer name;

        for (;;) {
                g_hash_table_iter_init(&iter, manager->peers);
                if (!g_hash_table_iter_next(&iter, &name, NULL))
                        return;
                peer_gone(manager, name);
        }
}
