/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/watch.h"

#include "service/call_private.h"
#include "service/manager.h"

#define WATCHES_MAX 64u

typedef struct Watch {
        Peer *peer; /* whose list has it */
        Object *object;
        uint64_t interval_usec;
        WatchSend send;
        uint32_t data;
        sd_event_source *timer;
} Watch;

static void watch_free(gpointer p)
{
        Watch *watch = p;

        sd_event_source_disable_unref(watch->timer);
        object_unref(watch->object);
        g_free(watch);
}

static void tell(const Watch *watch, uint32_t data)
{
        Manager *manager = watch->peer->manager;

        manager->only_to = watch->peer->name;
        watch->send(manager, watch->object, data);
        manager->only_to = NULL;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        Watch *watch = userdata;

        if (!watch->object->published) {
                g_ptr_array_remove_fast(watch->peer->watches, watch);
                return 0;
        }
        tell(watch, watch->data);
        /* one that is late does not catch up */
        if (sd_event_source_set_time_relative(source, watch->interval_usec) < 0 ||
            sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
                g_ptr_array_remove_fast(watch->peer->watches, watch);
        return 0;
}

static Watch *find(const Peer *peer, const Object *object, WatchSend send)
{
        for (guint i = 0; peer->watches && i < peer->watches->len; i++) {
                Watch *watch = peer->watches->pdata[i];

                if (watch->object == object && watch->send == send)
                        return watch;
        }
        return NULL;
}

/* The watch of the caller that takes the place of an earlier one. It has no timer yet; *ret is borrowed. */
static int watch_add(Call *call, Object *object, WatchSend send, uint32_t data, Watch **ret, Error *error)
{
        Peer *peer = call->peer;

        if (!peer->watches)
                peer->watches = g_ptr_array_new_with_free_func(watch_free);
        if (peer->watches->len >= WATCHES_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "the caller watches %u objects already",
                                 peer->watches->len);
        *ret = g_new(Watch, 1);
        **ret = (Watch) { .peer = peer, .object = object_ref(object), .send = send, .data = data };
        g_ptr_array_add(peer->watches, *ret);
        return 0;
}

static void watch_remove(Peer *peer, const Object *object, WatchSend send)
{
        Watch *watch = find(peer, object, send);

        if (watch)
                g_ptr_array_remove_fast(peer->watches, watch);
}

int watch_set(Call *call, Object *object, uint64_t interval_usec, WatchSend send, uint32_t data, Error *error)
{
        Peer *peer = call->peer;
        Watch *watch = NULL;
        int r;

        watch_remove(peer, object, send);
        if (interval_usec == 0)
                return 0;
        r = watch_add(call, object, send, data, &watch, error);
        if (r < 0)
                return r;
        watch->interval_usec = interval_usec;
        r = sd_event_add_time_relative(peer->manager->event, &watch->timer, CLOCK_MONOTONIC, interval_usec,
                                       interval_usec / 16, on_time, watch);
        if (r < 0) {
                g_ptr_array_remove_fast(peer->watches, watch);
                return error_set_errno(error, r, "cannot set a timer");
        }
        return 0;
}

int watch_set_events(Call *call, Object *object, WatchSend send, Error *error)
{
        Watch *watch;

        watch_remove(call->peer, object, send);
        return watch_add(call, object, send, 1, &watch, error);
}

void watch_tell(Manager *manager, Object *object, WatchSend send, WatchEmit emit, const void *args)
{
        GHashTableIter iter;
        gpointer peer;

        g_hash_table_iter_init(&iter, manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &peer)) {
                if (!find(peer, object, send))
                        continue;
                manager->only_to = ((const Peer *) peer)->name;
                emit(manager, object, args);
                manager->only_to = NULL;
        }
}

void watch_forget_peer(Peer *peer)
{
        g_clear_pointer(&peer->watches, g_ptr_array_unref);
}

void watch_forget_all(Manager *manager)
{
        GHashTableIter iter;
        gpointer peer;

        g_hash_table_iter_init(&iter, manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &peer)) {
                const GPtrArray *watches = ((Peer *) peer)->watches;

                for (guint i = 0; watches && i < watches->len; i++)
                        if (((const Watch *) watches->pdata[i])->object->published)
                                tell(watches->pdata[i], 0);
                watch_forget_peer(peer);
        }
}
