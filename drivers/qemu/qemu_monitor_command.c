/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Commands of somebody else's to the monitor or the guest's agent, passed on behind the back of the driver. */

#include "drivers/qemu/qemu_request.h"

static int result_text(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        if (json_node_get_value_type(result) != G_TYPE_STRING)
                return qemu_bad_answer(error, "human-monitor-command");
        job_set_result_text(job, json_node_dup_string(result));
        return 0;
}

/* As QEMU would have written it. */
static int result_json(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        g_autofree char *text = json_to_string(result, FALSE);

        job_set_result_text(job, g_strdup_printf("{\"return\":%s}", text));
        return 0;
}

/* *ret_arguments is the caller's; NULL: none. */
static int parse(const char *text, char **ret_command, JsonObject **ret_arguments, Error *error)
{
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) e = NULL;
        const char *command = NULL;
        JsonObject *object, *arguments = NULL;

        if (!json_parser_load_from_data(parser, text, -1, &e))
                return error_set(error, ERROR_INVALID_ARG, "the command is no JSON: %s", e->message);
        object = qmp_node_object(json_parser_get_root(parser));
        if (!object || qmp_get_string(object, "execute", &command) <= 0 ||
            qmp_get_object(object, "arguments", &arguments) < 0)
                return error_set(error, ERROR_INVALID_ARG,
                                 "the command is not like {\"execute\": NAME, \"arguments\": {…}}");
        *ret_command = g_strdup(command);
        *ret_arguments = arguments ? json_object_ref(arguments) : NULL;
        return 0;
}

/* As virDomainQemuAgentCommand() counts: -2 for ever, -1 and 0 the usual time, else seconds. */
static uint64_t agent_timeout(int32_t timeout)
{
        if (timeout > 0)
                return (uint64_t) timeout * USEC_PER_SEC;
        return timeout == GUEST_TIMEOUT_BLOCK ? AGENT_TIMEOUT_NONE : AGENT_TIMEOUT_DEFAULT;
}

int qemu_agent_command(Domain *domain, const char *command, int32_t timeout, Job *job, Error *error)
{
        g_autofree char *name = NULL;
        JsonObject *arguments = NULL;
        int r = parse(command, &name, &arguments, error);

        if (r < 0)
                return r;
        return qemu_agent_request_within(domain, name, arguments, agent_timeout(timeout), result_json, job, error);
}

int qemu_monitor_command(Domain *domain, const char *command, bool human, const int *fds, size_t n, Job *job,
                         Error *error)
{
        g_autofree char *name = NULL;
        JsonObject *arguments = NULL;
        int r;

        if (n > 1 || (n > 0 && human))
                return error_set(error, ERROR_INVALID_ARG, "QEMU takes one file with a command in JSON");
        if (human)
                return qemu_monitor_request(domain, "human-monitor-command",
                                            qmp_object("s:command-line", command, NULL), result_text, job, error);
        r = parse(command, &name, &arguments, error);
        if (r < 0)
                return r;
        if (n > 0)
                return qemu_monitor_request_with_fd(domain, name, arguments, fds[0], result_json, job, error);
        return qemu_monitor_request(domain, name, arguments, result_json, job, error);
}
