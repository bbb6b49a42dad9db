/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/failure.h"

#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

static const int status_errno[_EXIT_STATUS_MAX] = {
        [EXIT_STATUS_FAILED] = EIO,
        [EXIT_STATUS_USAGE] = EINVAL,
        [EXIT_STATUS_NOT_FOUND] = ENOENT,
        [EXIT_STATUS_DENIED] = EACCES,
        [EXIT_STATUS_UNREACHABLE] = ENOTCONN,
};

/* Names without a row mean that the operation failed. */
static const struct {
        const char *name;
        ExitStatus status;
} error_names[] = {
        { "org.virtbus1.Error.NoDomain", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoJob", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoDomainCheckpoint", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoDomainSnapshot", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoInterface", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoNWFilter", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoNWFilterBinding", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoNetwork", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoNetworkPort", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoNodeDevice", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoSecret", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoStoragePool", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.NoStorageVol", EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.InvalidObjectPath", EXIT_STATUS_NOT_FOUND },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, EXIT_STATUS_NOT_FOUND },
        { "org.virtbus1.Error.AccessDenied", EXIT_STATUS_DENIED },
        { "org.virtbus1.Error.AuthUnavailable", EXIT_STATUS_DENIED },
        { SD_BUS_ERROR_ACCESS_DENIED, EXIT_STATUS_DENIED },
        { SD_BUS_ERROR_AUTH_FAILED, EXIT_STATUS_DENIED },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EXIT_STATUS_DENIED },
        { SD_BUS_ERROR_SERVICE_UNKNOWN, EXIT_STATUS_UNREACHABLE },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, EXIT_STATUS_UNREACHABLE },
        { SD_BUS_ERROR_NO_REPLY, EXIT_STATUS_UNREACHABLE },
        { SD_BUS_ERROR_TIMEOUT, EXIT_STATUS_UNREACHABLE },
        { SD_BUS_ERROR_DISCONNECTED, EXIT_STATUS_UNREACHABLE },
        { SD_BUS_ERROR_NO_SERVER, EXIT_STATUS_UNREACHABLE },
};

int failure_set(Failure *failure, ExitStatus status, const char *format, ...)
{
        va_list ap;

        g_assert(failure->status == EXIT_STATUS_OK && status != EXIT_STATUS_OK);
        va_start(ap, format);
        failure->status = status;
        failure->message = g_strdup_vprintf(format, ap);
        va_end(ap);
        return -status_errno[status];
}

void failure_hint(Failure *failure, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        g_free(failure->hint);
        failure->hint = g_strdup_vprintf(format, ap);
        va_end(ap);
}

static ExitStatus status_of_name(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(error_names); i++)
                if (streq(error_names[i].name, name))
                        return error_names[i].status;
        if (g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn."))
                return EXIT_STATUS_UNREACHABLE;
        return EXIT_STATUS_FAILED;
}

/* The action that the service names in its sentence is more exact than what the command expects to need. */
static char *denied_action(const FailureContext *context, const char *message)
{
        static const char prefix[] = "org.libvirt.api.";
        const char *start = strstr(message, prefix);
        size_t n;

        if (!start)
                return context->action ? g_strconcat(prefix, context->action, NULL) : NULL;
        n = strspn(start, "abcdefghijklmnopqrstuvwxyz-.");
        while (n > 0 && start[n - 1] == '.')
                n--;
        return g_strndup(start, n);
}

static void hint_denied(Failure *failure, const FailureContext *context, const char *name)
{
        bool asked = context->interactive && !streq(name, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED);
        g_autofree char *action = denied_action(context, failure->message);

        if (!action)
                failure_hint(failure,
                             "Run it as root or as a member of the group libvirt, or allow the action with "
                             "a rule in /etc/polkit-1/rules.d.");
        else
                failure_hint(failure,
                             "It needs the polkit action %s: allow it with a rule in /etc/polkit-1/rules.d, "
                             "or run it as root%s.",
                             action, asked ? "" : " or without --no-ask-password");
}

static void hint_unreachable(Failure *failure, const FailureContext *context)
{
        if (context->host)
                failure_hint(failure, "Start it there: ssh %s systemctl start virtbusd", context->host);
        else
                failure_hint(failure, "Start it: systemctl %sstart virtbusd",
                             context->user ? "--user " : "");
}

static int failure_unreachable(Failure *failure, const FailureContext *context, const char *name,
                               const char *text)
{
        int r;

        if (streq(name, SD_BUS_ERROR_TIMEOUT))
                return failure_set(failure, EXIT_STATUS_UNREACHABLE,
                                   "the service did not answer in time (see --timeout)");
        if (streq(name, SD_BUS_ERROR_NO_REPLY) || streq(name, SD_BUS_ERROR_DISCONNECTED)) {
                r = failure_set(failure, EXIT_STATUS_UNREACHABLE,
                                "the service went away before it answered (%s)", text);
                failure_hint(failure, "Look at what became of the request before you repeat it.");
                return r;
        }
        r = failure_set(failure, EXIT_STATUS_UNREACHABLE, "the service virtbusd does not run (%s)", text);
        hint_unreachable(failure, context);
        return r;
}

int failure_from_bus(Failure *failure, const FailureContext *context, const sd_bus_error *error, int r)
{
        g_autofree char *text = NULL, *clean = NULL;
        const char *name = error ? error->name : NULL;
        ExitStatus status;

        if (!name)
                name = r == -ETIMEDOUT ? SD_BUS_ERROR_TIMEOUT :
                        r == -ECONNRESET || r == -ENOTCONN ? SD_BUS_ERROR_DISCONNECTED : SD_BUS_ERROR_FAILED;
        text = g_strdup(error && !isempty(error->message) ? error->message : g_strerror(r < 0 ? -r : EIO));
        clean = text_printable(g_strchomp(text));
        status = status_of_name(name);
        if (status == EXIT_STATUS_UNREACHABLE)
                return failure_unreachable(failure, context, name, clean);
        r = failure_set(failure, status, "%s", clean);
        if (status == EXIT_STATUS_DENIED)
                hint_denied(failure, context, name);
        else if (streq(name, SD_BUS_ERROR_UNKNOWN_METHOD) || streq(name, SD_BUS_ERROR_UNKNOWN_INTERFACE) ||
                 streq(name, SD_BUS_ERROR_UNKNOWN_PROPERTY))
                failure_hint(failure, FAILURE_HINT_VERSION);
        return r;
}

int failure_from_connect(Failure *failure, const FailureContext *context, const char *bus, int r)
{
        int q = failure_set(failure, EXIT_STATUS_UNREACHABLE, "cannot connect to %s: %s", bus,
                            g_strerror(-r));

        if (context->host)
                failure_hint(failure, "Check that 'ssh %s systemd-stdio-bridge' works.", context->host);
        else if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOMEDIUM)
                failure_hint(failure, "A %s bus must run before the service can.",
                             context->user ? "session" : "system");
        return q;
}

void failure_print(Failure *failure)
{
        (void) fflush(stdout);
        fprintf(stderr, "virtbusctl: %s\n", failure->message);
        if (failure->hint)
                fprintf(stderr, "%s\n", failure->hint);
        failure_clear(failure);
}

void failure_clear(Failure *failure)
{
        g_free(failure->message);
        g_free(failure->hint);
        *failure = (Failure) {};
}
