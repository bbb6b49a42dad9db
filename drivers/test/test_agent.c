/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the agent of a pretended guest answers to who speaks with it directly: a little, in QEMU's form. */

#include "drivers/test/test_guest.h"

#include <json-glib/json-glib.h>

#include "drivers/test/test_operation.h"

static const char *const answers[][2] = {
        { "guest-ping", "{}" },
        { "guest-sync", "0" },
        { "guest-info", "{\"version\":\"7.2.0\",\"supported_commands\":[{\"name\":\"guest-ping\",\"enabled\":true,"
                        "\"success-response\":true}]}" },
        { "guest-get-timezone", "{\"zone\":\"UTC\",\"offset\":0}" },
        { "guest-get-osinfo", "{\"id\":\"test\",\"name\":\"Test\",\"version\":\"1\",\"machine\":\"i686\"}" },
};

static int command_name(const char *command, char **ret, Error *error)
{
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) e = NULL;
        JsonNode *root;
        JsonObject *object;

        if (!json_parser_load_from_data(parser, command, -1, &e))
                return error_set(error, ERROR_INVALID_ARG, "the command is no JSON: %s", e->message);
        root = json_parser_get_root(parser);
        object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        *ret = g_strdup(object ? json_object_get_string_member_with_default(object, "execute", NULL) : NULL);
        if (!*ret)
                return error_set(error, ERROR_INVALID_ARG, "the command has no member \"execute\"");
        return 0;
}

int test_agent_command(Domain *domain, const char *command, int32_t timeout, Job *job, Error *error)
{
        g_autofree char *name = NULL;
        int r = command_name(command, &name, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(answers); i++)
                if (streq(name, answers[i][0])) {
                        job_set_result_text(job, g_strdup_printf("{\"return\":%s}", answers[i][1]));
                        return test_answer(domain, job, error);
                }
        return error_set(error, ERROR_INTERNAL,
                         "unable to execute QEMU agent command '%s': The command %s has not been found", name, name);
}
