/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "polkit"

#include "polkit/authority.h"

#include <polkit/polkit.h>

#include "service/base/log.h"

#define CHECK_TIMEOUT (25 * USEC_PER_SEC)
#define INTERACTIVE_TIMEOUT (300 * USEC_PER_SEC)

/*
 * How many questions polkitd has at a time, and how many of them wait for persons. It answers one after the other, so
 * more would gain nothing; and dbus-daemon allows a connection 128 calls without an answer, which callers that ask and
 * leave, again and again, could otherwise use up for everybody.
 */
#define IN_FLIGHT_MAX 32
#define INTERACTIVE_IN_FLIGHT_MAX 64

/* Questions of one kind: those sent, and those that wait for their turn or for the connection. */
typedef struct Lane {
        GQueue waiting;
        unsigned in_flight;
        unsigned max;
} Lane;

/* What a sent question leads back to; outlives its connection's authority. */
typedef struct Line {
        Authority *authority; /* NULL once that has let go of the connection */
} Line;

struct Authority {
        sd_event *event;
        AuthorityChanged changed;
        void *userdata;
        GCancellable *connecting;
        GDBusConnection *connection; /* that polkit uses */
        PolkitAuthority *polkit;
        gulong closed_id, changed_id, owner_id;
        Line *line; /* of the connection that there is */
        Lane quick, interactive;
};

struct AuthorityCheck {
        Authority *authority;
        Line *line; /* once it is sent */
        GCancellable *cancellable;
        sd_event_source *timeout;
        GList link;
        bool waiting;
        char *sender;
        char *action_id;
        PolkitDetails *details;
        bool interactive;
        AuthorityAnswer answer; /* NULL once answered or cancelled */
        void *userdata;
};

static Lane *authority_lane(Authority *authority, const AuthorityCheck *check)
{
        return check->interactive ? &authority->interactive : &authority->quick;
}

static void check_free(AuthorityCheck *check)
{
        if (check->waiting)
                g_queue_unlink(&authority_lane(check->authority, check)->waiting, &check->link);
        if (check->line)
                g_rc_box_release(check->line);
        sd_event_source_disable_unref(check->timeout);
        g_object_unref(check->cancellable);
        g_object_unref(check->details);
        g_free(check->sender);
        g_free(check->action_id);
        g_free(check);
}

static void check_answer(AuthorityCheck *check, bool authorized, const Error *error)
{
        AuthorityAnswer answer = g_steal_pointer(&check->answer);

        check->timeout = sd_event_source_disable_unref(check->timeout);
        answer(check->userdata, authorized, error);
}

/* A caller that left and a polkit that is gone are both a plain no, but only the second is worth a word. */
static void check_fail(AuthorityCheck *check, const GError *failure)
{
        _cleanup_error_ Error error = ERROR_INIT;

        log_info("polkit cannot be asked about %s: %s", check->action_id, failure->message);
        (void) error_set(&error, ERROR_AUTH_UNAVAILABLE, "polkit cannot be asked about '%s'", check->action_id);
        check_answer(check, false, &error);
}

static void authority_pump(Authority *authority);

static void on_checked(GObject *source, GAsyncResult *async, gpointer userdata)
{
        AuthorityCheck *check = userdata;
        g_autoptr(GError) failure = NULL;
        g_autoptr(PolkitAuthorizationResult) result =
                polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(source), async, &failure);
        Authority *authority = check->line->authority;

        if (authority) {
                authority_lane(authority, check)->in_flight--;
                authority_pump(authority);
        }
        if (check->answer) {
                if (result)
                        check_answer(check, polkit_authorization_result_get_is_authorized(result), NULL);
                else
                        check_fail(check, failure);
        }
        check_free(check);
}

static void check_send(AuthorityCheck *check)
{
        g_autoptr(PolkitSubject) subject = polkit_system_bus_name_new(check->sender);

        check->line = g_rc_box_acquire(check->authority->line);
        authority_lane(check->authority, check)->in_flight++;
        polkit_authority_check_authorization(
                check->authority->polkit, subject, check->action_id, check->details,
                check->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                                   : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
                check->cancellable, on_checked, check);
}

static AuthorityCheck *lane_pop(Lane *lane)
{
        GList *link = g_queue_pop_head_link(&lane->waiting);
        AuthorityCheck *check = link ? link->data : NULL;

        if (check)
                check->waiting = false;
        return check;
}

static void lane_pump(Lane *lane)
{
        AuthorityCheck *check;

        while (lane->in_flight < lane->max && (check = lane_pop(lane)))
                check_send(check);
}

static void authority_pump(Authority *authority)
{
        if (!authority->polkit)
                return;
        lane_pump(&authority->quick);
        lane_pump(&authority->interactive);
}

static void lane_fail(Lane *lane, const GError *failure)
{
        AuthorityCheck *check;

        while ((check = lane_pop(lane))) {
                check_fail(check, failure);
                check_free(check);
        }
}

static void authority_fail(Authority *authority, const GError *failure)
{
        lane_fail(&authority->quick, failure);
        lane_fail(&authority->interactive, failure);
}

static void on_changed(PolkitAuthority *polkit, gpointer userdata)
{
        Authority *authority = userdata;

        authority->changed(authority->userdata);
}

/* A polkitd that was started anew may have read other rules, and says nothing of it. */
static void on_owner(PolkitAuthority *polkit, GParamSpec *property, gpointer userdata)
{
        on_changed(polkit, userdata);
}

static void authority_connect(Authority *authority);

/* It alone, or the bus: what is asked next goes over another, and what was remembered may have changed unheard. */
static void on_closed(GDBusConnection *connection, gboolean by_peer, GError *failure, gpointer userdata)
{
        Authority *authority = userdata;

        authority_reset(authority);
        authority->changed(authority->userdata);
        if (!g_queue_is_empty(&authority->quick.waiting) || !g_queue_is_empty(&authority->interactive.waiting))
                authority_connect(authority);
}

/*
 * A connection attempt outlives its authority when that is reset: the callbacks get the attempt's own cancellable,
 * which leads to the authority only as long as it is not cancelled.
 */
static Authority *attempt_authority(GCancellable *attempt)
{
        return g_cancellable_is_cancelled(attempt) ? NULL : g_object_get_data(G_OBJECT(attempt), "authority");
}

static void on_authority(GObject *source, GAsyncResult *async, gpointer userdata)
{
        g_autoptr(GCancellable) attempt = userdata;
        g_autoptr(GError) failure = NULL;
        g_autoptr(PolkitAuthority) polkit = polkit_authority_get_finish(async, &failure);
        Authority *authority = attempt_authority(attempt);

        if (!authority)
                return;
        g_clear_object(&authority->connecting);
        if (!polkit) {
                authority_fail(authority, failure);
                return;
        }
        authority->connection = g_object_ref(g_object_get_data(G_OBJECT(attempt), "connection"));
        if (g_dbus_connection_is_closed(authority->connection)) {
                g_clear_object(&authority->connection);
                failure = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "the connection is closed");
                authority_fail(authority, failure);
                return;
        }
        authority->closed_id = g_signal_connect(authority->connection, "closed", G_CALLBACK(on_closed), authority);
        authority->polkit = g_steal_pointer(&polkit);
        authority->changed_id = g_signal_connect(authority->polkit, "changed", G_CALLBACK(on_changed), authority);
        authority->owner_id = g_signal_connect(authority->polkit, "notify::owner", G_CALLBACK(on_owner), authority);
        authority->line = g_rc_box_new0(Line);
        authority->line->authority = authority;
        authority_pump(authority);
}

static void on_connection(GObject *source, GAsyncResult *async, gpointer userdata)
{
        g_autoptr(GCancellable) attempt = userdata;
        g_autoptr(GError) failure = NULL;
        g_autoptr(GDBusConnection) connection = g_bus_get_finish(async, &failure);
        Authority *authority = attempt_authority(attempt);

        /* GDBus would end this process together with the bus, even if nobody wants the connection any more */
        if (connection)
                g_dbus_connection_set_exit_on_close(connection, FALSE);
        if (!authority)
                return;
        if (!connection) {
                g_clear_object(&authority->connecting);
                authority_fail(authority, failure);
                return;
        }
        /*
         * libpolkit takes GDBus's shared connection: without us holding this one it could get another, as GDBus makes
         * it
         */
        g_object_set_data_full(G_OBJECT(attempt), "connection", g_steal_pointer(&connection), g_object_unref);
        polkit_authority_get_async(attempt, on_authority, g_object_ref(attempt));
}

static void authority_connect(Authority *authority)
{
        if (authority->connecting)
                return;
        authority->connecting = g_cancellable_new();
        g_object_set_data(G_OBJECT(authority->connecting), "authority", authority);
        /* not to be cancelled: a connection that on_connection() does not see stays as GDBus makes it */
        g_bus_get(G_BUS_TYPE_SYSTEM, NULL, on_connection, g_object_ref(authority->connecting));
}

Authority *authority_new(sd_event *event, AuthorityChanged changed, void *userdata)
{
        Authority *authority = g_new0(Authority, 1);

        *authority = (Authority) {
                .event = sd_event_ref(event),
                .changed = changed,
                .userdata = userdata,
                .quick = { .max = IN_FLIGHT_MAX },
                .interactive = { .max = INTERACTIVE_IN_FLIGHT_MAX },
        };
        g_queue_init(&authority->quick.waiting);
        g_queue_init(&authority->interactive.waiting);
        return authority;
}

void authority_reset(Authority *authority)
{
        if (authority->connecting) {
                g_cancellable_cancel(authority->connecting);
                g_clear_object(&authority->connecting);
        }
        if (authority->polkit) {
                g_clear_signal_handler(&authority->changed_id, authority->polkit);
                g_clear_signal_handler(&authority->owner_id, authority->polkit);
        }
        if (authority->connection)
                g_clear_signal_handler(&authority->closed_id, authority->connection);
        g_clear_object(&authority->connection);
        g_clear_object(&authority->polkit);
        if (authority->line) {
                authority->line->authority = NULL;
                g_clear_pointer(&authority->line, g_rc_box_release);
                authority->quick.in_flight = authority->interactive.in_flight = 0;
        }
}

Authority *authority_free(Authority *authority)
{
        if (!authority)
                return NULL;
        authority_reset(authority);
        sd_event_unref(authority->event);
        g_free(authority);
        return NULL;
}

/*
 * Nobody waits for the answer any more. What was sent keeps its place until polkitd has done with it, so that its
 * number stays true; but a person is not asked any longer.
 */
static void check_abandon(AuthorityCheck *check)
{
        if (check->waiting)
                check_free(check);
        else if (check->interactive)
                g_cancellable_cancel(check->cancellable); /* on_checked() frees it */
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        AuthorityCheck *check = userdata;
        g_autoptr(GError) failure = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer in time");

        check_fail(check, failure);
        check_abandon(check);
        return 0;
}

AuthorityCheck *authority_check(Authority *authority, const char *sender, const char *action_id,
                                const AuthorityDetail *details, size_t n_details, bool interactive,
                                AuthorityAnswer answer, void *userdata)
{
        AuthorityCheck *check = g_new0(AuthorityCheck, 1);

        *check = (AuthorityCheck) {
                .authority = authority,
                .cancellable = g_cancellable_new(),
                .link.data = check,
                .sender = g_strdup(sender),
                .action_id = g_strdup(action_id),
                .details = polkit_details_new(),
                .interactive = interactive,
                .answer = answer,
                .userdata = userdata,
        };
        for (size_t i = 0; i < n_details; i++)
                polkit_details_insert(check->details, details[i].key, details[i].value);
        (void) sd_event_add_time_relative(authority->event, &check->timeout, CLOCK_MONOTONIC,
                                          interactive ? INTERACTIVE_TIMEOUT : CHECK_TIMEOUT, USEC_PER_SEC, on_timeout,
                                          check);
        check->waiting = true;
        g_queue_push_tail_link(&authority_lane(authority, check)->waiting, &check->link);
        if (authority->polkit)
                authority_pump(authority);
        else
                authority_connect(authority);
        return check;
}

AuthorityCheck *authority_check_cancel(AuthorityCheck *check)
{
        if (!check)
                return NULL;
        check->answer = NULL;
        check->timeout = sd_event_source_disable_unref(check->timeout);
        check_abandon(check);
        return NULL;
}
