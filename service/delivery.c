/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "signals"

#include "service/delivery.h"

#include "service/base/log.h"
#include "service/kind.h"
#include "service/manager.h"

/* What may wait for one caller: polkit answers 500 questions a second. */
#define WAITING_MAX 256

struct Delivery {
        Peer *peer; /* whose queue it is in */
        Bus *bus;
        const Driver *driver;
        Object *object; /* NULL: the driver itself */
        Permission wanted[DELIVERY_PERMISSIONS_MAX + 1];
        size_t n_wanted;
        sd_bus_message *message;
        SightWait wait;
};

static void delivery_free(void *data)
{
        Delivery *delivery = data;

        sight_wait_cancel(&delivery->wait);
        object_unref(delivery->object);
        sd_bus_message_unref(delivery->message);
        g_free(delivery);
}

/* 1: the caller may see it. 0: polkit is asked. Negative: no. */
static int delivery_check(Delivery *delivery)
{
        if (peer_is_privileged(delivery->peer))
                return 1;
        if (error_is_set(&delivery->wait.error))
                return -EACCES;
        for (size_t i = 0; i < delivery->n_wanted; i++) {
                int r;

                if (delivery->object)
                        r = sight_look(delivery->peer, delivery->object, delivery->wanted[i], &delivery->wait);
                else
                        r = peer_read_granted(delivery->peer, delivery->driver, delivery->wanted[i]) ? 1 : -EACCES;
                if (r <= 0)
                        return r;
        }
        return 1;
}

/* In their order, as far as it is known whether they may be sent. */
static void on_sight(void *userdata)
{
        GQueue *waiting = &((Peer *) userdata)->deliveries;
        Delivery *delivery;
        int r;

        while ((delivery = g_queue_peek_head(waiting)) && (r = delivery_check(delivery)) != 0) {
                (void) g_queue_pop_head(waiting);
                if (r > 0 && delivery->bus->bus == sd_bus_message_get_bus(delivery->message))
                        (void) sd_bus_send(delivery->bus->bus, delivery->message, NULL);
                delivery_free(delivery);
        }
}

static int copy_for(const Peer *peer, sd_bus_message *m, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *copy = NULL;
        int r = sd_bus_message_new_signal(sd_bus_message_get_bus(m), &copy, sd_bus_message_get_path(m),
                                          sd_bus_message_get_interface(m), sd_bus_message_get_member(m));

        if (r >= 0)
                r = sd_bus_message_set_destination(copy, peer->name);
        if (r >= 0)
                r = sd_bus_message_rewind(m, true);
        if (r >= 0)
                r = sd_bus_message_copy(copy, m, true);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

static int deliver(Peer *peer, const Delivery *model, sd_bus_message *m)
{
        Delivery *delivery;
        int r;

        if (g_queue_get_length(&peer->deliveries) >= WAITING_MAX) {
                log_debug("a signal for %s is lost: too many wait", peer->name);
                return 0;
        }
        delivery = g_memdup2(model, sizeof(*model));
        delivery->peer = peer;
        delivery->object = object_ref(model->object);
        delivery->wait.done = on_sight;
        delivery->wait.userdata = peer;
        r = copy_for(peer, m, &delivery->message);
        if (r < 0) {
                delivery_free(delivery);
                return r;
        }
        g_queue_push_tail(&peer->deliveries, delivery);
        if (g_queue_get_length(&peer->deliveries) == 1)
                on_sight(peer);
        return 0;
}

int delivery_send(Bus *bus, const Object *object, const Permission *wanted, size_t n_wanted, sd_bus_message *m)
{
        const Object *subject = sight_subject(object);
        Delivery model = { .bus = bus, .driver = object->driver, .object = (Object *) subject };
        GHashTableIter iter;
        gpointer value;
        int r;

        if (!sight_is_on(bus->manager))
                return sd_bus_send(bus->bus, m, NULL);
        g_assert(n_wanted <= DELIVERY_PERMISSIONS_MAX);
        model.wanted[model.n_wanted++] = kinds[subject ? subject->type : OBJECT_CONNECT].getattr;
        for (size_t i = 0; i < n_wanted; i++)
                model.wanted[model.n_wanted++] = wanted[i];
        r = sd_bus_message_seal(m, 1, 0);
        if (r < 0)
                return r;
        g_hash_table_iter_init(&iter, bus->manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Peer *peer = value;

                if (!(peer->faces & bus->face->mask))
                        continue;
                r = deliver(peer, &model, m);
                if (r < 0)
                        return r;
        }
        return 0;
}

void delivery_begin(Peer *peer, const Bus *bus)
{
        peer->faces |= bus->face->mask;
}

void delivery_end(Peer *peer)
{
        peer->faces = 0;
        g_queue_clear_full(&peer->deliveries, delivery_free);
}
