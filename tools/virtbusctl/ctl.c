/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/ctl.h"

#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/progress.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

#define READ_TIMEOUT_USEC (60 * USEC_PER_SEC)

/* The spelling of the object paths for what people type. */
static const char *const known_drivers[] = { "QEMU", "Test", "TestPeer" };

static int set_driver(Ctl *ctl, const char *name, Error *error)
{
        for (size_t i = 0; i < ELEMENTSOF(known_drivers); i++)
                if (g_ascii_strcasecmp(known_drivers[i], name) == 0)
                        name = known_drivers[i];
        if (!*name || strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_") != strlen(name))
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no driver: QEMU, Test or TestPeer", name);
        ctl->driver = g_strdup(name);
        ctl->root = g_strdup_printf("/org/virtbus1/%s", name);
        return 0;
}

static int set_timeout(Ctl *ctl, const char *value, Error *error)
{
        uint64_t seconds;

        if (!value)
                return 0;
        if (parse_u64(value, &seconds) < 0 || seconds == 0 || seconds > UINT32_MAX)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no time in seconds", value);
        ctl->timeout_usec = seconds * USEC_PER_SEC;
        return 0;
}

int ctl_init(Ctl *ctl, const Arguments *arguments, Error *error)
{
        const char *driver = arguments_value(arguments, "driver"), *no_color = g_getenv("NO_COLOR");
        int r;

        *ctl = (Ctl) {
                .address = arguments_value(arguments, "address"),
                .host = arguments_value(arguments, "host"),
                .user = arguments_has(arguments, "user"),
                .json = arguments_has(arguments, "json"),
                .quiet = arguments_has(arguments, "quiet"),
                .ask_password = !arguments_has(arguments, "no-ask-password"),
                .bold = isatty(STDOUT_FILENO) && isempty(no_color) &&
                        g_strcmp0(g_getenv("TERM"), "dumb") != 0,
        };
        ctl->progress = !ctl->quiet && isatty(STDERR_FILENO);
        if (ctl->user + arguments_has(arguments, "system") + !!ctl->address + !!ctl->host > 1)
                return error_set(error, ERROR_INVALID_ARG,
                                 "only one of --system, --user, --address and --host");
        r = set_timeout(ctl, arguments_value(arguments, "timeout"), error);
        if (r < 0)
                return r;
        if (!driver)
                driver = g_getenv("VIRTBUS_DRIVER");
        return set_driver(ctl, isempty(driver) ? known_drivers[0] : driver, error);
}

void ctl_clear(Ctl *ctl)
{
        agent_stop(&ctl->agent);
        ctl->bus = sd_bus_flush_close_unref(ctl->bus);
        g_clear_pointer(&ctl->driver, g_free);
        g_clear_pointer(&ctl->root, g_free);
}

FailureContext ctl_failure_context(const Ctl *ctl)
{
        return (FailureContext) {
                .action = ctl->command ? ctl->command->action : NULL,
                .host = ctl->host,
                .user = ctl->user,
                .interactive = ctl->ask_password,
        };
}

static int open_address(const char *address, sd_bus **ret)
{
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                *ret = g_steal_pointer(&bus);
        return r;
}

int ctl_connect(Ctl *ctl, Failure *failure)
{
        FailureContext context = ctl_failure_context(ctl);
        g_autofree char *what = NULL;
        const char *id;
        int r;

        if (ctl->bus)
                return 0;
        if (ctl->host)
                r = sd_bus_open_system_remote(&ctl->bus, ctl->host);
        else if (ctl->address)
                r = open_address(ctl->address, &ctl->bus);
        else if (ctl->user)
                r = sd_bus_open_user(&ctl->bus);
        else
                r = sd_bus_open_system(&ctl->bus);
        /* Waits for the greeting, which is where a dead ssh or a refusal shows. */
        if (r >= 0)
                r = sd_bus_get_unique_name(ctl->bus, &id);
        if (r >= 0)
                return 0;
        what = ctl->host ? g_strdup_printf("the system bus of %s", ctl->host) :
                g_strdup(ctl->address ?: ctl->user ? "the session bus" : "the system bus");
        return failure_from_connect(failure, &context, ctl->address ?: what, r);
}

int ctl_bad_reply(const Ctl *ctl, Failure *failure, int r)
{
        r = failure_set(failure, EXIT_STATUS_FAILED, "the service's answer cannot be read: %s",
                        g_strerror(-r));
        failure_hint(failure, FAILURE_HINT_VERSION);
        return r;
}

static int new_call(Ctl *ctl, const char *path, const char *interface, const char *member,
                    sd_bus_message **ret, Failure *failure)
{
        int r = ctl_connect(ctl, failure);

        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(ctl->bus, ret, SERVICE_NAME, path, interface, member);
        return r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                       0;
}

int ctl_new_call(Ctl *ctl, const char *path, const char *interface, const char *member, sd_bus_message **ret,
                 Failure *failure)
{
        g_autofree char *name = g_strdup_printf(SERVICE_NAME ".%s", interface);

        return new_call(ctl, path, name, member, ret, failure);
}

static bool wants_agent(const Ctl *ctl)
{
        return ctl->ask_password && !ctl->user && !ctl->host && geteuid() != 0 && isatty(STDIN_FILENO) &&
                isatty(STDERR_FILENO);
}

int ctl_send(Ctl *ctl, sd_bus_message *m, CallFlags flags, sd_bus_message **ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        FailureContext context = ctl_failure_context(ctl);
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        uint64_t timeout = ctl->timeout_usec ?: flags & CALL_CHANGES ? UINT64_MAX : READ_TIMEOUT_USEC;
        int r;

        r = sd_bus_message_set_allow_interactive_authorization(m, ctl->ask_password);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        if (flags & CALL_CHANGES && wants_agent(ctl))
                agent_start(&ctl->agent);
        r = progress_call(ctl->bus, m, timeout, ctl->progress && flags & CALL_CHANGES ? ctl->root : NULL,
                          &error, &reply);
        if (r < 0)
                return failure_from_bus(failure, &context, &error, r);
        if (ret)
                *ret = g_steal_pointer(&reply);
        return 0;
}

int ctl_call(Ctl *ctl, const char *path, const char *interface, const char *member, CallFlags flags,
             sd_bus_message **ret, Failure *failure, const char *types, ...)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        va_list ap;
        int r;

        r = ctl_new_call(ctl, path, interface, member, &m, failure);
        if (r < 0)
                return r;
        va_start(ap, types);
        r = isempty(types) ? 0 : sd_bus_message_appendv(m, types, ap);
        va_end(ap);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "the arguments cannot be sent: %s",
                                   g_strerror(-r));
        return ctl_send(ctl, m, flags, ret, failure);
}

static int call_properties(Ctl *ctl, const char *path, const char *interface, const char *property,
                           sd_bus_message **ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        g_autofree char *name = g_strdup_printf(SERVICE_NAME ".%s", interface);
        int r;

        r = new_call(ctl, path, "org.freedesktop.DBus.Properties", property ? "Get" : "GetAll", &m, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", name);
        if (r >= 0 && property)
                r = sd_bus_message_append(m, "s", property);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r));
        return ctl_send(ctl, m, 0, ret, failure);
}

int ctl_get_all(Ctl *ctl, const char *path, const char *interface, JsonObject **ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = call_properties(ctl, path, interface, NULL, &reply, failure);
        if (r < 0)
                return r;
        r = json_read_properties(reply, ret);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : 0;
}

int ctl_get(Ctl *ctl, const char *path, const char *interface, const char *property, sd_bus_message **ret,
            Failure *failure)
{
        return call_properties(ctl, path, interface, property, ret, failure);
}

int ctl_get_bool(Ctl *ctl, const char *path, const char *interface, const char *property, bool *ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int value, r = ctl_get(ctl, path, interface, property, &reply, failure);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "v", "b", &value);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret = value;
        return 0;
}

int ctl_read_path(const Ctl *ctl, sd_bus_message *reply, char **ret_path, Failure *failure)
{
        const char *path;
        int r = sd_bus_message_read(reply, "o", &path);

        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret_path = g_strdup(path);
        return 0;
}

int ctl_find_domain(Ctl *ctl, const char *word, char **ret_path, Failure *failure)
{
        return noun_resolve(ctl, &noun_domain, NULL, word, ret_path, failure);
}

void ctl_say(const Ctl *ctl, const char *format, ...)
{
        va_list ap;

        if (ctl->quiet || ctl->json)
                return;
        va_start(ap, format);
        (void) vprintf(format, ap);
        va_end(ap);
}

void ctl_print_json(const Ctl *ctl, JsonNode *node)
{
        g_autofree char *text = json_text(node, true);

        json_node_unref(node);
        (void) fputs(text, stdout);
}

int ctl_print_document(const Ctl *ctl, const char *key, const char *text)
{
        g_autoptr(JsonObject) object = NULL;

        if (!ctl->json) {
                printf("%s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
                return 0;
        }
        object = json_object_new();
        json_object_set_string_member(object, key, text);
        ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        return 0;
}

int ctl_for_domains(Ctl *ctl, const Arguments *arguments, const char *done, DomainAction action,
                    void *userdata, Failure *failure)
{
        return noun_for_each(ctl, &noun_domain, NULL, arguments, 0, done, action, userdata, failure);
}
