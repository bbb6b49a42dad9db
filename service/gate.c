/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "gate"

#include "service/gate.h"

#include <string.h>

#include "service/base/log.h"
#include "service/call_private.h"
#include "service/manager.h"
#include "service/message_size.h"

/* How long a call waits for a busy object: libvirt's time for its state change lock. */
#define SLOT_TIMEOUT (30 * USEC_PER_SEC)

typedef struct Answer {
        Permission permission;
        char *details;
        bool authorized;
        bool outdated; /* the rules have changed since it was asked for */
        Error error;
} Answer;

struct Parked {
        Manager *manager;
        Bus *bus;
        Peer *peer;
        sd_bus_message *message;
        size_t size;
        bool counted; /* among what the user has parked: while it waits */
        GPtrArray *answers;
        /* the open question */
        AuthorityCheck *check;
        Answer *asking;
        /* or the busy slot */
        JobSlot *slot;
        sd_event_source *timeout;
        bool timed_out;
        const char *cancelled; /* the job that the call has ended to get there */
};

static void answer_free(void *data)
{
        Answer *answer = data;

        if (!answer)
                return;
        error_clear(&answer->error);
        g_free(answer->details);
        g_free(answer);
}

static void parked_uncount(Parked *parked)
{
        User *user = parked->peer->user;

        if (!parked->counted)
                return;
        user->n_parked--;
        user->parked_bytes -= parked->size;
        parked->counted = false;
}

static void parked_leave_slot(Parked *parked)
{
        GQueue *queue;

        if (!parked->slot)
                return;
        queue = g_hash_table_lookup(parked->manager->waiting, parked->slot);
        if (queue) {
                g_queue_remove(queue, parked);
                if (g_queue_is_empty(queue))
                        g_hash_table_remove(parked->manager->waiting, parked->slot);
        }
        parked->slot = NULL;
        parked->timeout = sd_event_source_disable_unref(parked->timeout);
}

Parked *parked_free(Parked *parked)
{
        if (!parked)
                return NULL;
        authority_check_cancel(parked->check);
        parked_leave_slot(parked);
        parked_uncount(parked);
        answer_free(parked->asking);
        g_ptr_array_unref(parked->answers);
        sd_bus_message_unref(parked->message);
        peer_unref(parked->peer);
        g_free(parked);
        return NULL;
}

Parked *gate_take_parked(Manager *manager, sd_bus_message *m)
{
        gpointer parked = NULL;

        if (g_hash_table_size(manager->parked) == 0)
                return NULL;
        if (g_hash_table_steal_extended(manager->parked, m, NULL, &parked))
                parked_uncount(parked);
        return parked;
}

/* What a caller may still park; size is that of the call, where it is known already. */
static int check_parked_quota(const Call *call, size_t *size, Error *error)
{
        const Limits *limits = &call->bus->manager->config->limits;
        const User *user = call->peer->user;
        size_t left = limits->parked_bytes - user->parked_bytes;

        if (peer_is_privileged(call->peer))
                return 0;
        if (user->n_parked >= limits->parked)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "%u calls of uid %u wait already", user->n_parked,
                                 user->uid);
        if (!call->parked)
                *size = message_size(call->message, left);
        if (*size > left)
                return error_set(error, ERROR_LIMITS_EXCEEDED,
                                 "calls of uid %u with %zu bytes wait already, and no more than %u may", user->uid,
                                 user->parked_bytes, limits->parked_bytes);
        return 0;
}

/* Puts the call aside; the table owns what it is parked with. */
static int gate_park(Call *call, Parked **ret, Error *error)
{
        Manager *manager = call->bus->manager;
        User *user = call->peer->user;
        Parked *parked = NULL;
        size_t size = call->parked ? call->parked->size : 0;
        int r = check_parked_quota(call, &size, error);

        if (r < 0)
                return r;
        parked = g_steal_pointer(&call->parked);
        if (!parked) {
                parked = g_new0(Parked, 1);
                parked->manager = manager;
                parked->bus = call->bus;
                parked->peer = peer_ref(call->peer);
                parked->message = sd_bus_message_ref(call->message);
                parked->size = size;
                parked->answers = g_ptr_array_new_with_free_func(answer_free);
        }
        parked->counted = true;
        user->n_parked++;
        user->parked_bytes += parked->size;
        g_hash_table_insert(manager->parked, parked->message, parked);
        *ret = parked;
        return 0;
}

/* The entry stays in the table until the message comes around. */
static void parked_requeue(Parked *parked)
{
        int r = bus_requeue(parked->bus, parked->message);

        if (r < 0) {
                log_debug("a parked call cannot go on: %s", g_strerror(-r));
                g_hash_table_remove(parked->manager->parked, parked->message);
        }
}

static void on_answer(void *userdata, bool authorized, const Error *error)
{
        Parked *parked = userdata;

        parked->check = NULL;
        parked->asking->authorized = authorized;
        if (error)
                error_copy(&parked->asking->error, error);
        if (parked->asking->outdated)
                g_clear_pointer(&parked->asking, answer_free);
        else
                g_ptr_array_add(parked->answers, g_steal_pointer(&parked->asking));
        parked_requeue(parked);
}

static char *details_text(const Details *details)
{
        GString *s = g_string_new(NULL);

        for (size_t i = 0; i < details->n; i++)
                g_string_append_printf(s, "%s=%s\n", details->pairs[i].key, details->pairs[i].value);
        return g_string_free(s, FALSE);
}

static const Answer *find_answer(const Parked *parked, Permission permission, const char *details)
{
        for (guint i = 0; parked && i < parked->answers->len; i++) {
                const Answer *answer = parked->answers->pdata[i];

                if (answer->permission == permission && streq(answer->details, details))
                        return answer;
        }
        return NULL;
}

static int gate_deny(Permission permission, const Details *details, const Answer *answer, Error *error)
{
        const char *driver = details->n > 0 ? details->pairs[0].value : "virtbus";
        const char *name = details->n > 1 ? details->pairs[1].value : NULL;

        if (error_is_set(&answer->error)) {
                if (error)
                        error_copy(error, &answer->error);
                return -EACCES;
        }
        if (name)
                return error_set(error, ERROR_ACCESS_DENIED,
                                 "'%s' denied access to '%s': polkit does not authorize '%s'",
                                 driver, name, permission_action_id(permission));
        return error_set(error, ERROR_ACCESS_DENIED, "'%s' denied access: polkit does not authorize '%s'", driver,
                         permission_action_id(permission));
}

static int gate_ask(Call *call, Permission permission, const Details *details, Error *error)
{
        g_autofree char *text = details_text(details);
        const Answer *answer = find_answer(call->parked, permission, text);
        AuthorityDetail pairs[ELEMENTSOF(details->pairs)];
        Parked *parked = NULL;
        int r;

        if (answer)
                return answer->authorized ? 1 : gate_deny(permission, details, answer, error);

        r = gate_park(call, &parked, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < details->n; i++)
                pairs[i] = (AuthorityDetail) { details->pairs[i].key, details->pairs[i].value };
        parked->asking = g_new0(Answer, 1);
        parked->asking->permission = permission;
        parked->asking->details = g_steal_pointer(&text);
        parked->check = authority_check(parked->manager->authority, call->peer->name, permission_action_id(permission),
                                        pairs, details->n,
                                        sd_bus_message_get_allow_interactive_authorization(call->message) > 0,
                                                on_answer,
                                        parked);
        return 0;
}

int call_require(Call *call, Permission permission, const Details *details, Error *error)
{
        if (peer_is_privileged(call->peer))
                return 1;
        if (call->bus->manager->config->session)
                return error_set(error, ERROR_ACCESS_DENIED, "this is the daemon of another user");
        return gate_ask(call, permission, details, error);
}

int gate_check_object(Call *call, const Object *object, Permission permission, Error *error)
{
        Details details = {};
        int r;

        if (peer_is_privileged(call->peer))
                return 1;
        details_of_object(&details, object);
        r = sight_look(call->peer, object, permission, NULL);
        if (r < 0)
                return gate_deny(permission, &details, &(Answer) {}, error);
        if (r > 0)
                return 1;
        r = call_require(call, permission, &details, error);
        if (r > 0)
                sight_remember(call->peer, object, permission, true);
        return r;
}

/* A job is known to whom its object is. */
static Permission subject_permission(const Object *object, const Object *subject, Permission permission)
{
        return subject == object ? permission : kinds[subject->type].getattr;
}

bool gate_may_read(const Call *call, const Object *object, Permission permission)
{
        const Object *subject = sight_subject(object);

        if (peer_is_privileged(call->peer))
                return true;
        if (subject && sight_is_on(call->bus->manager))
                return sight_look(call->peer, subject, subject_permission(object, subject, permission), NULL) > 0;
        return peer_read_granted(call->peer, call->node.driver, permission);
}

int gate_check_read(Call *call, Permission permission, Error *error)
{
        const Object *subject = sight_is_on(call->bus->manager) ? sight_subject(call->node.object) : NULL;
        Details details = {};
        int r;

        if (subject)
                return gate_check_object(call, subject, subject_permission(call->node.object, subject, permission),
                                         error);

        if (peer_is_privileged(call->peer) || peer_read_granted(call->peer, call->node.driver, permission))
                return 1;
        if (call->node.driver)
                details_add(&details, "connect_driver", call->node.driver->info->acl_name);
        r = call_require(call, permission, &details, error);
        if (r > 0)
                peer_grant_read(call->peer, call->node.driver, permission);
        return r;
}

static bool row_applies(const PermissionRow *row, const void *args)
{
        uint32_t flags;

        if (row->condition == PERMISSION_ALWAYS)
                return !args;
        if (!args)
                return false;
        memcpy(&flags, (const char *) args + row->offset, sizeof(flags));
        switch (row->condition) {
        case PERMISSION_ALWAYS:
                return false;
        case PERMISSION_IF_FLAG:
                return flags & row->mask;
        case PERMISSION_IF_CONFIG:
                /* 1 is VIR_DOMAIN_AFFECT_LIVE, 2 is VIR_DOMAIN_AFFECT_CONFIG */
                return (flags & 2) || !(flags & 1);
        }
        return true;
}

static bool is_getattr_of_objects(Permission permission)
{
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++)
                if (kinds[type].getattr == permission && permission != PERMISSION_CONNECT_GETATTR)
                        return true;
        return false;
}

int gate_check(Call *call, const PermissionRow *rows, size_t n, const void *args, Error *error)
{
        if (peer_is_privileged(call->peer))
                return 1;
        for (size_t i = 0; i < n; i++) {
                Details details = {};
                int r;

                if (!row_applies(rows + i, args))
                        continue;
                if (call->looks_up && is_getattr_of_objects(rows[i].permission)) {
                        call->getattr_due = true;
                        continue;
                }
                if (permission_is_read(rows[i].permission))
                        r = gate_check_read(call, rows[i].permission, error);
                else {
                        details_of_object(&details, call->node.object);
                        r = call_require(call, rows[i].permission, &details, error);
                }
                if (r <= 0)
                        return r;
        }
        return 1;
}

static int on_slot_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        Parked *parked = userdata;

        parked->timed_out = true;
        parked_leave_slot(parked);
        parked_requeue(parked);
        return 0;
}

int gate_wait_for_slot(Call *call, JobSlot *slot, Error *error)
{
        Manager *manager = call->bus->manager;
        Parked *parked = NULL;
        GQueue *queue;
        int r;

        if (call->parked && call->parked->timed_out)
                return error_set(error, ERROR_OPERATION_TIMEOUT,
                                 "cannot acquire state change lock (held by job '%s' in stage '%s')",
                                 job_kind(slot->job), strempty(job_stage(slot->job)));
        r = gate_park(call, &parked, error);
        if (r < 0)
                return r;
        parked->cancelled = call->cancelled ?: parked->cancelled;
        parked->slot = slot;
        queue = g_hash_table_lookup(manager->waiting, slot);
        if (!queue) {
                queue = g_queue_new();
                g_hash_table_insert(manager->waiting, slot, queue);
        }
        g_queue_push_tail(queue, parked);
        return sd_event_add_time_relative(manager->event, &parked->timeout, CLOCK_MONOTONIC, SLOT_TIMEOUT, USEC_PER_SEC,
                                          on_slot_timeout, parked);
}

const char *gate_job_cancelled(const Parked *parked)
{
        return parked ? parked->cancelled : NULL;
}

void gate_slot_freed(Manager *manager, JobSlot *slot)
{
        GQueue *queue;
        Parked *parked = NULL;

        while ((queue = g_hash_table_lookup(manager->waiting, slot)) && (parked = g_queue_peek_head(queue))) {
                parked_leave_slot(parked);
                parked_requeue(parked);
        }
}

void gate_forget_answers(Manager *manager)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, manager->parked);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Parked *parked = value;

                g_ptr_array_set_size(parked->answers, 0);
                if (parked->asking)
                        parked->asking->outdated = true;
        }
}

void gate_forget_peer(Manager *manager, Peer *peer)
{
        GHashTableIter iter;
        gpointer parked;

        g_hash_table_iter_init(&iter, manager->parked);
        while (g_hash_table_iter_next(&iter, NULL, &parked))
                if (((Parked *) parked)->peer == peer)
                        g_hash_table_iter_remove(&iter);
}
