/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/sight.h"

#include <string.h>

#include "service/call.h"
#include "service/job_object.h"
#include "service/manager.h"
#include "service/peer.h"

/* polkit answers one question after the other, in about 2 ms: more at a time gain nothing and delay others. */
#define IN_FLIGHT_MAX 16
/* About 200 bytes each. A user with more loses what was known, which is asked anew when it is needed. */
#define ANSWERS_MAX 65536u

typedef struct Question {
        Sight *sight;
        char *key; /* as in the table of answers */
        Permission permission;
        Details details; /* values owned */
        AuthorityCheck *check; /* NULL: waits for its turn */
        GList link;            /* in the user's queue until then */
        GPtrArray *waits;      /* of SightWait */
        bool outdated;         /* the rules have changed since it was asked */
} Question;

struct Sight {
        Peer *peer;
        GHashTable *answers;   /* key -> ANSWER_* */
        GHashTable *questions; /* key -> Question, owned */
        bool ending;
};

enum {
        ANSWER_NO = 1,
        ANSWER_YES = 2,
};

static char *make_key(const Details *details, Permission permission)
{
        GString *s = g_string_new(NULL);

        g_string_append_printf(s, "%u", permission);
        for (size_t i = 0; i < details->n; i++)
                /* the lengths keep a value from looking like the next pair */
                g_string_append_printf(s, " %s=%zu:%s", details->pairs[i].key, strlen(details->pairs[i].value),
                                       details->pairs[i].value);
        return g_string_free(s, FALSE);
}

static Sight *sight_of(Peer *peer)
{
        if (!peer->sight) {
                peer->sight = g_new0(Sight, 1);
                peer->sight->peer = peer;
                peer->sight->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                peer->sight->questions = g_hash_table_new(g_str_hash, g_str_equal);
        }
        return peer->sight;
}

static void question_pump(Manager *manager, User *user);

/* Tells those who wait, and forgets it. */
static void question_end(Question *question, const Error *error)
{
        Sight *sight = question->sight;
        User *user = sight->peer->user;
        Manager *manager = sight->peer->manager;
        GPtrArray *waits = g_steal_pointer(&question->waits);

        g_hash_table_remove(sight->questions, question->key);
        if (question->check)
                user->n_looking--;
        else
                g_queue_unlink(&user->looking, &question->link);
        for (guint i = 0; i < waits->len; i++) {
                SightWait *wait = waits->pdata[i];

                g_ptr_array_remove_fast(wait->questions, question);
                if (error && !error_is_set(&wait->error))
                        error_copy(&wait->error, error);
                if (wait->questions->len == 0)
                        wait->done(wait->userdata);
        }
        g_ptr_array_unref(waits);
        for (size_t i = 0; i < question->details.n; i++)
                g_free((char *) question->details.pairs[i].value);
        g_free(question->key);
        g_free(question);
        if (!sight->ending)
                question_pump(manager, user);
}

static void sight_drop_answers(Sight *sight)
{
        sight->peer->user->n_answers -= g_hash_table_size(sight->answers);
        g_hash_table_remove_all(sight->answers);
}

static void forget_user(Manager *manager, const User *user)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Peer *peer = value;

                if (peer->user == user && peer->sight)
                        sight_drop_answers(peer->sight);
        }
}

static void sight_store(Sight *sight, const char *key, bool allowed)
{
        User *user = sight->peer->user;

        if (user->n_answers >= ANSWERS_MAX)
                forget_user(sight->peer->manager, user);
        if (g_hash_table_insert(sight->answers, g_strdup(key), GUINT_TO_POINTER(allowed ? ANSWER_YES : ANSWER_NO)))
                user->n_answers++;
}

static void on_answer(void *userdata, bool authorized, const Error *error)
{
        Question *question = userdata;

        if (!error && !question->outdated)
                sight_store(question->sight, question->key, authorized);
        question_end(question, error);
}

static void question_send(Question *question)
{
        AuthorityDetail pairs[ELEMENTSOF(question->details.pairs)];
        Peer *peer = question->sight->peer;

        for (size_t i = 0; i < question->details.n; i++)
                pairs[i] = (AuthorityDetail) { question->details.pairs[i].key, question->details.pairs[i].value };
        peer->user->n_looking++;
        question->check = authority_check(peer->manager->authority, peer->name,
                                          permission_action_id(question->permission),
                                          pairs, question->details.n, false, on_answer, question);
}

static void question_pump(Manager *manager, User *user)
{
        GList *link;

        while (user->n_looking < IN_FLIGHT_MAX && (link = g_queue_pop_head_link(&user->looking)))
                question_send(link->data);
}

static Question *question_new(Sight *sight, const Details *details, Permission permission, const char *key)
{
        Question *question = g_new0(Question, 1);

        question->sight = sight;
        question->key = g_strdup(key);
        question->permission = permission;
        question->details = *details;
        for (size_t i = 0; i < details->n; i++)
                question->details.pairs[i].value = g_strdup(details->pairs[i].value);
        question->link.data = question;
        question->waits = g_ptr_array_new();
        g_hash_table_insert(sight->questions, question->key, question);
        g_queue_push_tail_link(&sight->peer->user->looking, &question->link);
        return question;
}

static void ask(Sight *sight, const Details *details, Permission permission, const char *key, SightWait *wait)
{
        Question *question = g_hash_table_lookup(sight->questions, key);

        if (!question)
                question = question_new(sight, details, permission, key);
        if (!wait->questions)
                wait->questions = g_ptr_array_new();
        if (!g_ptr_array_find(wait->questions, question, NULL)) {
                g_ptr_array_add(wait->questions, question);
                g_ptr_array_add(question->waits, wait);
        }
        question_pump(sight->peer->manager, sight->peer->user);
}

bool sight_is_on(const Manager *manager)
{
        return manager->config->authorize_reads == AUTHORIZE_READS_OBJECT && !manager->config->session;
}

const Object *sight_subject(const Object *object)
{
        if (object && object->type == OBJECT_JOB)
                object = job_object(((const JobObject *) object)->job);
        return !object || object->type == OBJECT_CONNECT ? NULL : object;
}

int sight_look(Peer *peer, const Object *object, Permission permission, SightWait *wait)
{
        g_autofree char *key = NULL;
        Details details = {};
        unsigned answer = 0;

        details_of_object(&details, object);
        key = make_key(&details, permission);
        if (peer->sight)
                answer = GPOINTER_TO_UINT(g_hash_table_lookup(peer->sight->answers, key));
        if (answer == 0 && wait)
                ask(sight_of(peer), &details, permission, key, wait);
        return answer == ANSWER_YES ? 1 : answer == ANSWER_NO ? -EACCES : 0;
}

void sight_remember(Peer *peer, const Object *object, Permission permission, bool allowed)
{
        g_autofree char *key = NULL;
        Details details = {};

        details_of_object(&details, object);
        key = make_key(&details, permission);
        sight_store(sight_of(peer), key, allowed);
}

void sight_wait_cancel(SightWait *wait)
{
        for (guint i = 0; wait->questions && i < wait->questions->len; i++)
                g_ptr_array_remove_fast(((Question *) wait->questions->pdata[i])->waits, wait);
        g_clear_pointer(&wait->questions, g_ptr_array_unref);
        error_clear(&wait->error);
}

void sight_forget(Manager *manager)
{
        GHashTableIter iter, questions;
        gpointer value, question;

        g_hash_table_iter_init(&iter, manager->peers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Sight *sight = ((Peer *) value)->sight;

                if (!sight)
                        continue;
                sight_drop_answers(sight);
                g_hash_table_iter_init(&questions, sight->questions);
                while (g_hash_table_iter_next(&questions, NULL, &question))
                        ((Question *) question)->outdated = true;
        }
}

Sight *sight_free(Sight *sight)
{
        GHashTableIter iter;
        gpointer value;
        User *user;
        Manager *manager;

        if (!sight)
                return NULL;
        user = sight->peer->user;
        manager = sight->peer->manager;
        sight->ending = true;
        sight_drop_answers(sight);
        for (;;) {
                Question *question;

                g_hash_table_iter_init(&iter, sight->questions);
                if (!g_hash_table_iter_next(&iter, NULL, &value))
                        break;
                question = value;
                authority_check_cancel(question->check);
                question_end(question, NULL);
        }
        g_hash_table_unref(sight->questions);
        g_hash_table_unref(sight->answers);
        g_free(sight);
        question_pump(manager, user);
        return NULL;
}
