/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/traces.h"

#include "drivers/model/domain_device.h"

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

/* What a machine keeps once it was needed: the list of programs, which is told apart, and what TLS needs. */
static bool stays(const char *name)
{
        return streq(name, QEMU_COMPANIONS_FILE) || g_str_has_prefix(name, "tls-");
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

                if (qmp_get_string(object, member, &name) > 0 && !stays(name))
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

/* How many entries the directory has, and with s what they are. */
static unsigned list(const char *path, const char *what, GString *s)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        DIR *dir = opendir(path);

        assert_non_null(dir);
        for (const struct dirent *entry; (entry = readdir(dir));)
                if (!stays(entry->d_name))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        (void) closedir(dir);
        g_ptr_array_sort(names, compare);
        for (guint i = 0; s && i < names->len; i++)
                g_string_append_printf(s, "%s: %s\n", what, (const char *) names->pdata[i]);
        return names->len;
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

static void add_device(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);

        if (info && info->alias)
                g_string_append_printf(userdata, "definition: %s\n", info->alias);
}

unsigned traces_descriptors(void)
{
        return list("/proc/self/fd", NULL, NULL);
}

char *traces_of(World *world, const Domain *domain)
{
        GString *s = g_string_new(NULL);
        g_autofree char *fds = g_strdup_printf("/proc/%d/fd", (int) world_pid(domain));

        add(world, domain, s, "qom-list", qmp_object("s:path", "/machine/peripheral", NULL), "name");
        add(world, domain, s, "qom-list", qmp_object("s:path", "/objects", NULL), "name");
        add(world, domain, s, "query-chardev", NULL, "label");
        add(world, domain, s, "query-named-block-nodes", qmp_object("b:flat", true, NULL), "node-name");
        add(world, domain, s, "query-fdsets", NULL, "opaque");
        domain_device_foreach(domain->live, add_device, s);
        add_programs(domain, s);
        (void) list(world_guest(domain)->path, "file", s);
        (void) list("/sys/class/net", "interface", s);
        g_string_append_printf(s, "descriptors: %u\n", list(fds, NULL, NULL));
        return g_string_free(s, FALSE);
}

/* The lines of one that the other does not have, with a mark. */
static void subtract(const char *one, const char *other, char mark, GString *s)
{
        g_auto(GStrv) lines = g_strsplit(one, "\n", -1), others = g_strsplit(other, "\n", -1);

        for (char **line = lines; *line; line++)
                if (!g_strv_contains((const char *const *) others, *line))
                        g_string_append_printf(s, "%c%s\n", mark, *line);
}

void traces_expect(World *world, const Domain *domain, const char *before, const char *what)
{
        uint64_t until = now_usec() + 10 * USEC_PER_SEC;

        for (;;) {
                g_autofree char *now = traces_of(world, domain);

                if (streq(now, before))
                        return;
                if (now_usec() > until) {
                        g_autoptr(GString) s = g_string_new(NULL);

                        subtract(before, now, '-', s);
                        subtract(now, before, '+', s);
                        fail_msg("%s: all is not as it was\n%s", what, s->str);
                }
                (void) world_run(world, 100 * USEC_PER_MSEC);
        }
}
