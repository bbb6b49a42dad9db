/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/traces.h"

#include <dirent.h>
#include <string.h>

typedef struct Question {
        JsonNode *answer;
        bool done;
} Question;

static void on_answer(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Question *question = userdata;

        question->done = true;
        if (!error_is_set(error))
                question->answer = json_node_ref(result);
}

static gint compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Collects the member of that name wherever it is in the answer. */
static void collect(JsonNode *node, const char *member, GPtrArray *ret)
{
        if (JSON_NODE_HOLDS_ARRAY(node)) {
                JsonArray *array = json_node_get_array(node);

                for (guint i = 0; i < json_array_get_length(array); i++)
                        collect(json_array_get_element(array, i), member, ret);
        } else if (JSON_NODE_HOLDS_OBJECT(node)) {
                JsonObject *object = json_node_get_object(node);
                const char *name = NULL;

                if (qmp_get_string(object, member, &name) > 0)
                        g_ptr_array_add(ret, g_strdup(name));
                if (json_object_has_member(object, "fds"))
                        collect(json_object_get_member(object, "fds"), member, ret);
        }
}

/* Free with json_node_unref(). */
static JsonNode *ask(World *world, const Domain *domain, const char *command, JsonObject *arguments)
{
        Question question = {};

        (void) qmp_execute(world_guest(domain)->qmp, command, arguments, WORLD_PATIENCE_USEC, on_answer, &question);
        world_wait(world, question.done);
        assert_non_null(question.answer);
        return question.answer;
}

char *traces_ask(World *world, const Domain *domain, const char *command, JsonObject *arguments)
{
        g_autoptr(JsonNode) answer = ask(world, domain, command, arguments);

        return json_to_string(answer, FALSE);
}

static void add(World *world, const Domain *domain, GString *s, const char *command, JsonObject *arguments,
                const char *member)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(JsonNode) answer = ask(world, domain, command, arguments);

        collect(answer, member, names);
        g_ptr_array_sort(names, compare);
        g_string_append_printf(s, "%s:", command);
        for (guint i = 0; i < names->len; i++)
                g_string_append_printf(s, " %s", (const char *) names->pdata[i]);
        g_string_append_c(s, '\n');
}

static unsigned count_fds(const Domain *domain)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int) world_pid(domain));
        DIR *dir = opendir(path);
        unsigned n = 0;

        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void) closedir(dir);
        return n;
}

/* Those beside QEMU: what they are and what they serve. */
static void add_programs(const Domain *domain, GString *s)
{
        g_autofree char *path = g_build_filename(world_guest(domain)->path, QEMU_COMPANIONS_FILE, NULL), *text = NULL;
        g_auto(GStrv) lines = NULL;

        (void) g_file_get_contents(path, &text, NULL, NULL);
        lines = g_strsplit(strempty(text), "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 3);

                if (g_strv_length(words) == 3)
                        g_string_append_printf(s, "program: %s %s\n", words[0], words[1]);
        }
}

char *traces_of(World *world, const Domain *domain)
{
        GString *s = g_string_new(NULL);

        add(world, domain, s, "qom-list", qmp_object("s:path", "/machine/peripheral", NULL), "name");
        add(world, domain, s, "qom-list", qmp_object("s:path", "/objects", NULL), "name");
        add(world, domain, s, "query-chardev", NULL, "label");
        add(world, domain, s, "query-named-block-nodes", qmp_object("b:flat", true, NULL), "node-name");
        add(world, domain, s, "query-fdsets", NULL, "opaque");
        add_programs(domain, s);
        g_string_append_printf(s, "descriptors: %u\n", count_fds(domain));
        return g_string_free(s, FALSE);
}

void traces_expect(World *world, const Domain *domain, const char *before, const char *what)
{
        uint64_t until = now_usec() + 10 * USEC_PER_SEC;

        for (;;) {
                g_autofree char *now = traces_of(world, domain);

                if (streq(now, before))
                        return;
                if (now_usec() > until)
                        fail_msg("%s: there were\n%sand now there are\n%s", what, before, now);
                (void) world_run(world, 100 * USEC_PER_MSEC);
        }
}
