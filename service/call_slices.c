/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/call_private.h"

#include <string.h>

#include "service/manager.h"

/* Replies that grow with the number of objects: built a slice at a time, of what the caller may see. */

/* How long the others wait at most while a long reply is made, give or take a slice. */
#define SLICES_TURN_USEC 250u

/* A reply that is built over several turns. */
typedef struct Slices {
        Call *call;
        sd_bus_message *reply;
        sd_event_source *source; /* NULL: the first turn is not over */
        CallSlice next;
        void *context;
        GDestroyNotify destroy;
} Slices;

static void slices_free(Slices *slices)
{
        sd_event_source_disable_unref(slices->source);
        sd_bus_message_unref(slices->reply);
        if (slices->destroy)
                slices->destroy(slices->context);
        call_unref(slices->call);
        g_free(slices);
}

static void slices_end(Slices *slices, int r, Error *error)
{
        if (r < 0) {
                error_fill(error, r);
                (void) call_fail(slices->call, error);
        } else
                (void) call_reply_send(slices->call, g_steal_pointer(&slices->reply));
        slices_free(slices);
}

static int on_slice(sd_event_source *source, void *userdata);

static int slices_go_on(Slices *slices)
{
        if (slices->source)
                return sd_event_source_set_enabled(slices->source, SD_EVENT_ONESHOT);
        return sd_event_add_defer(slices->call->bus->manager->event, &slices->source, on_slice, slices);
}

/* Polkit has answered, or the caller has left: the next slice sees. */
static void on_sight(void *userdata)
{
        Slices *slices = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        int r = slices_go_on(slices);

        if (r < 0)
                slices_end(slices, r, &error);
}

static int on_slice(sd_event_source *source, void *userdata)
{
        Slices *slices = userdata;
        Call *call = slices->call;
        _cleanup_error_ Error error = ERROR_INIT;
        uint64_t began = now_usec();
        int r;

        if (call->peer->gone) {
                slices_free(slices);
                return 0;
        }
        /* A turn of the loop costs several system calls: small slices share one. */
        do
                r = slices->next(call, slices->reply, slices->context, &error);
        while (r == 1 && now_usec() - began < SLICES_TURN_USEC);
        if (r == CALL_SLICE_WAITS)
                return 0;
        if (r > 0) {
                r = slices_go_on(slices);
                if (r >= 0)
                        return 0;
        }
        slices_end(slices, r, &error);
        return 0;
}

bool call_is_sighted(const Call *call)
{
        return !peer_is_privileged(call->peer) && sight_is_on(call->bus->manager);
}

void call_look_at(Call *call, const Object *object, bool read)
{
        const Object *subject = sight_subject(object);

        if (!subject || !call_is_sighted(call) || error_is_set(&call->wait.error))
                return;
        if (sight_look(call->peer, subject, kinds[subject->type].getattr, &call->wait) > 0 && read)
                (void) sight_look(call->peer, subject, kinds[subject->type].read, &call->wait);
}

int call_look_end(Call *call, Error *error)
{
        if (error_is_set(&call->wait.error)) {
                error_copy(error, &call->wait.error);
                return -EACCES;
        }
        return call->wait.questions && call->wait.questions->len > 0 ? CALL_SLICE_WAITS : 1;
}

int call_look(Call *call, const ObjectList *list, size_t begin, size_t end, bool read, Error *error)
{
        for (size_t i = begin; i < end && call_is_sighted(call); i++) {
                const Object *object = object_list_get(list, i);

                if (object->published)
                        call_look_at(call, object, read);
        }
        return call_look_end(call, error);
}

bool call_sees(const Call *call, const Object *object, bool read)
{
        const Object *subject = sight_subject(object);
        const Kind *kind;

        if (!subject || !call_is_sighted(call))
                return true;
        kind = kinds + subject->type;
        return gate_may_read(call, subject, kind->getattr) && (!read || gate_may_read(call, subject, kind->read));
}

int call_reply_grow(Call *call, size_t bytes, Error *error)
{
        call->reply_size += bytes;
        if (call->reply_size > CALL_REPLY_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED,
                                 "the reply would be larger than %u MiB: use ListDomainsDetailed, which returns pages",
                                 CALL_REPLY_MAX >> 20);
        return 0;
}

/* Path, names and fixed values of a domain's properties measure about 1.5 KiB. */
#define OBJECT_SIZE 2048u

size_t call_object_size(const Object *object)
{
        const Domain *domain = (const Domain *) object;

        if (object->type != OBJECT_DOMAIN)
                return OBJECT_SIZE;
        return OBJECT_SIZE + 2 * strlen(domain->name) + strlen(strempty(domain->summary.title)) +
               strlen(strempty(domain->summary.description));
}

int call_reply_slices(Call *call, sd_bus_message *reply, CallSlice next, void *context, GDestroyNotify destroy)
{
        Slices *slices = g_new0(Slices, 1);

        *slices = (Slices) {
                .call = call_ref(call),
                .reply = reply,
                .next = next,
                .context = context,
                .destroy = destroy,
        };
        call->wait.done = on_sight;
        call->wait.userdata = slices;
        /* The first turn is this one: most lists need no other. */
        return on_slice(NULL, slices);
}
