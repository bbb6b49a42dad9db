/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scope.h"

#include "service/manager.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
/* From the request to the scope that stands. */
#define SCOPE_USEC (20 * USEC_PER_SEC)
#define ACCURACY_USEC (50 * USEC_PER_MSEC)

struct DriverScope {
        char *unit;
        DriverScopeDone done;
        void *userdata;
        sd_bus_slot *match;
        sd_bus_slot *call;
        sd_event_source *deadline;
};

DriverScope *scope_cancel(DriverScope *scope)
{
        if (!scope)
                return NULL;
        sd_bus_slot_unref(scope->match);
        sd_bus_slot_unref(scope->call);
        sd_event_source_disable_unref(scope->deadline);
        g_free(scope->unit);
        g_free(scope);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(DriverScope *, scope_cancel)

/* The last thing that is done with it. */
static void scope_end(DriverScope *scope, Error *error)
{
        DriverScopeDone done = scope->done;
        void *userdata = scope->userdata;

        scope_cancel(scope);
        done(userdata, error);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        DriverScope *scope = userdata;
        _cleanup_error_ Error error = ERROR_INIT;

        (void) error_set(&error, ERROR_OPERATION_TIMEOUT, "systemd has not made the scope '%s' in time", scope->unit);
        scope_end(scope, &error);
        return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ignored)
{
        DriverScope *scope = userdata;
        const sd_bus_error *failure = sd_bus_message_get_error(reply);
        _cleanup_error_ Error error = ERROR_INIT;

        /* what follows a good reply is told by the signal */
        if (!failure)
                return 0;
        (void) error_set(&error, ERROR_OPERATION_FAILED, "systemd does not make the scope '%s': %s", scope->unit,
                         failure->message);
        scope_end(scope, &error);
        return 0;
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *ignored)
{
        DriverScope *scope = userdata;
        const char *unit, *result;
        _cleanup_error_ Error error = ERROR_INIT;

        if (sd_bus_message_read(message, "uoss", NULL, NULL, &unit, &result) < 0 || !streq(unit, scope->unit))
                return 0;
        if (!streq(result, "done"))
                (void) error_set(&error, ERROR_OPERATION_FAILED, "systemd has not made the scope '%s': %s", unit,
                                 result);
        scope_end(scope, &error);
        return 0;
}

static int append_properties(sd_bus_message *message, const DriverScopeSpec *spec)
{
        int r = sd_bus_message_open_container(message, 'a', "(sv)");

        if (r >= 0)
                r = sd_bus_message_append(message, "(sv)(sv)(sv)(sv)(sv)(sv)",
                                          "Description", "s", spec->description,
                                          "Slice", "s", spec->slice,
                                          "PIDs", "au", 1, (uint32_t) spec->pid,
                                          "Delegate", "b", 1,
                                          "CollectMode", "s", "inactive-or-failed",
                                          "TasksMax", "t", UINT64_MAX);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

static int send_request(DriverScope *scope, sd_bus *bus, const DriverScopeSpec *spec)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        /* systemd sends it to whoever has caused a job, besides to those that subscribe to all */
        int r = sd_bus_match_signal_async(bus, &scope->match, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved",
                                          on_job_removed, NULL, scope);

        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &message, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                                   "StartTransientUnit");
        if (r >= 0)
                r = sd_bus_message_append(message, "ss", spec->unit, "fail");
        if (r >= 0)
                r = append_properties(message, spec);
        if (r >= 0)
                r = sd_bus_message_append(message, "a(sa(sv))", 0);
        return r < 0 ? r : sd_bus_call_async(bus, &scope->call, message, on_reply, scope, SCOPE_USEC);
}

int scope_start(void *userdata, const DriverScopeSpec *spec, DriverScopeDone done, void *done_userdata,
                DriverScope **ret, Error *error)
{
        Manager *manager = userdata;
        _cleanup_(scope_cancelp) DriverScope *scope = g_new0(DriverScope, 1);
        int r = manager->native.bus ? 0 : -ENOTCONN;

        scope->unit = g_strdup(spec->unit);
        scope->done = done;
        scope->userdata = done_userdata;
        if (r >= 0)
                r = send_request(scope, manager->native.bus, spec);
        if (r >= 0)
                r = sd_event_add_time_relative(manager->event, &scope->deadline, CLOCK_MONOTONIC, SCOPE_USEC,
                                               ACCURACY_USEC, on_deadline, scope);
        if (r < 0)
                return error_set_errno(error, r, "cannot ask systemd for the scope '%s'", spec->unit);
        *ret = g_steal_pointer(&scope);
        return 0;
}
