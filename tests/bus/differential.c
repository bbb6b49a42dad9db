/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The same calls to libvirt-dbus over libvirt's test driver and to our libvirt face over ours. What is answered must be
 * the same: types, boxing, values, names and texts of errors, paths, signals. Where it is not, docs/libvirt-dbus.md says
 * so and why, and nothing is listed there that is the same.
 *
 *   differential FILE    on a private host with virtbusd; FILE is docs/libvirt-dbus.md
 */

#include "tests/bus/harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define SKIP 77
#define ARGS_MAX 6

#define DOMAIN "/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"
#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define NEW "/domain/_11111111_2222_3333_4444_555555555555"
#define NEW_UUID "11111111-2222-3333-4444-555555555555"
#define NEW_XML                                                                                     \
        "<domain type='test'><name>new</name><uuid>" NEW_UUID "</uuid><memory>65536</memory>"        \
        "<os><type arch='i686'>hvm</type></os></domain>"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* One call. An argument of type as is words with blanks between; an empty dictionary is written "". */
typedef struct Case {
        const char *interface; /* "Connect", or in full */
        const char *path;      /* behind the driver's; NULL: the driver */
        const char *member;
        const char *types;
        const char *args[ARGS_MAX];
} Case;

#define GET(interface_, path_, name) { PROPERTIES, path_, "Get", "ss", { "org.libvirt." interface_, name } }
#define GET_ALL(interface_, path_) { PROPERTIES, path_, "GetAll", "s", { "org.libvirt." interface_ } }

static const Case cases[] = {
        GET("Connect", NULL, "Encrypted"),
        GET("Connect", NULL, "Hostname"),
        GET("Connect", NULL, "LibVersion"),
        GET("Connect", NULL, "Secure"),
        GET("Connect", NULL, "Version"),
        GET("Connect", NULL, "NoSuch"),
        GET("NoSuch", NULL, "Version"),
        GET_ALL("Connect", NULL),
        GET_ALL("NoSuch", NULL),
        { PROPERTIES, NULL, "Get", "s", { "org.libvirt.Connect" } },
        { "Connect", NULL, "NoSuch", "" },
        { "NoSuch", NULL, "ListDomains", "u", { "0" } },
        { "Connect", NULL, "ListDomains", "s", { "0" } },
        { "Connect", NULL, "ListDomains", "u", { "0" } },
        { "Connect", NULL, "ListDomains", "u", { "1" } },
        { "Connect", NULL, "ListDomains", "u", { "2" } },
        { "Connect", NULL, "ListDomains", "u", { "65536" } },
        { "Connect", NULL, "DomainLookupByName", "s", { "test" } },
        { "Connect", NULL, "DomainLookupByName", "s", { "none" } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { UUID } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { NEW_UUID } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { "not a UUID" } },
        { "Connect", NULL, "DomainLookupByID", "i", { "1" } },
        { "Connect", NULL, "DomainLookupByID", "i", { "99" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<domain" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<network/>" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<domain type='test'/>" } },
        { "Connect", NULL, "DomainCreateXML", "su", { "<domain type='test'/>", "65536" } },
        { "Connect", NULL, "GetAllDomainStats", "uu", { "1", "0" } },
        { "Connect", NULL, "GetAllDomainStats", "uu", { "0", "0" } },
        { "Connect", NULL, "GetCapabilities", "" },
        { "Connect", NULL, "GetDomainCapabilities", "ssssu", { "", "", "", "", "0" } },
        { "Connect", NULL, "GetSysinfo", "u", { "0" } },
        { "Connect", NULL, "GetSysinfo", "u", { "1" } },
        { "Connect", NULL, "GetCPUModelNames", "su", { "x86_64", "0" } },
        { "Connect", NULL, "GetCPUModelNames", "su", { "nonsense", "0" } },
        { "Connect", NULL, "BaselineCPU", "asu", { "<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>", "0" } },
        { "Connect", NULL, "BaselineCPU", "asu", { "<cpu><arch>x86_64</arch><model>Moon</model></cpu>", "0" } },
        { "Connect", NULL, "CompareCPU", "su", { "<cpu><model>Nehalem</model></cpu>", "0" } },
        { "Connect", NULL, "NodeGetCPUMap", "u", { "0" } },
        { "Connect", NULL, "NodeGetCPUMap", "u", { "1" } },
        { "Connect", NULL, "NodeGetCPUStats", "iu", { "-1", "0" } },
        { "Connect", NULL, "NodeGetCPUStats", "iu", { "-1", "1" } },
        { "Connect", NULL, "NodeGetFreeMemory", "" },
        { "Connect", NULL, "NodeGetMemoryParameters", "u", { "0" } },
        { "Connect", NULL, "NodeSetMemoryParameters", "a{sv}u", { "", "0" } },
        { "Connect", NULL, "NodeGetMemoryStats", "iu", { "-1", "0" } },
        { "Connect", NULL, "NodeGetSecurityModel", "" },
        { "Connect", NULL, "ListSecrets", "u", { "0" } },
        { "Connect", NULL, "SecretLookupByUUID", "s", { UUID } },

        GET_ALL("Domain", DOMAIN),
        GET("Domain", DOMAIN, "Active"),
        GET("Domain", DOMAIN, "SchedulerType"),
        GET("Domain", NEW, "Active"),
        GET("Domain", "/domain/nonsense", "Active"),
        GET_ALL("Domain", NEW),
        { PROPERTIES, DOMAIN, "Set", "ssv", { "org.libvirt.Domain", "Name", "x" } },
        { "Domain", DOMAIN, "GetState", "u", { "0" } },
        { "Domain", DOMAIN, "GetState", "u", { "1" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", "/domain/nonsense", "GetState", "u", { "0" } },
        { "Domain", DOMAIN, "GetXMLDesc", "u", { "0" } },
        { "Domain", DOMAIN, "GetXMLDesc", "u", { "2" } },
        { "Domain", DOMAIN, "GetVcpus", "u", { "0" } },
        { "Domain", DOMAIN, "GetVcpus", "u", { "4" } },
        { "Domain", DOMAIN, "GetHostname", "u", { "0" } },
        { "Domain", DOMAIN, "GetTime", "u", { "0" } },
        { "Domain", DOMAIN, "GetSchedulerParameters", "u", { "0" } },
        { "Domain", DOMAIN, "GetStats", "uu", { "1", "0" } },
        { "Domain", DOMAIN, "GetJobInfo", "" },
        { "Domain", DOMAIN, "GetControlInfo", "u", { "0" } },
        { "Domain", DOMAIN, "HasManagedSaveImage", "u", { "0" } },
        { "Domain", DOMAIN, "Create", "u", { "0" } },
        { "Domain", DOMAIN, "Resume", "" },

        { "Connect", NULL, "DomainDefineXML", "s", { NEW_XML } },
        GET_ALL("Domain", NEW),
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "GetXMLDesc", "u", { "0" } },
        { "Domain", NEW, "Suspend", "" },
        { "Domain", NEW, "Destroy", "u", { "0" } },
        { "Domain", NEW, "Create", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "Suspend", "" },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "Resume", "" },
        { "Domain", NEW, "Reboot", "u", { "0" } },
        { "Domain", NEW, "Destroy", "u", { "0" } },
        { "Domain", NEW, "Create", "u", { "0" } },
        { "Domain", NEW, "Shutdown", "u", { "0" } },
        { "Domain", NEW, "Rename", "su", { "newer", "0" } },
        { "Domain", NEW, "Undefine", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
};

/* ---- what is compared ---------------------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static void render(sd_bus_message *m, GString *out, bool values);

/* The items of a container, in an order of their own where the wire has none; without values each form once. */
static void render_items(sd_bus_message *m, GString *out, bool sorted, bool values)
{
        g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

        while (sd_bus_message_at_end(m, false) == 0) {
                GString *item = g_string_new(NULL);

                render(m, item, values);
                g_ptr_array_add(items, g_string_free(item, FALSE));
        }
        if (items->len > 0 && (sorted || !values))
                qsort(items->pdata, items->len, sizeof(gpointer), compare_lines);
        for (guint i = 0; i < items->len; i++)
                if (values || i == 0 || !streq(items->pdata[i], items->pdata[i - 1]))
                        g_string_append_printf(out, "%s ", (char *) items->pdata[i]);
}

static void render_basic(sd_bus_message *m, char type, GString *out, bool values)
{
        union {
                uint64_t number;
                const char *text;
                int32_t i;
                int b;
        } v = {};

        g_string_append_c(out, type);
        assert_true(sd_bus_message_read_basic(m, type, &v) > 0);
        if (!values)
                return;
        if (strchr("sog", type))
                g_string_append_printf(out, ":%s", v.text);
        else
                g_string_append_printf(out, ":%" PRIu64, v.number);
}

/* Appends the next value, with what is in it. */
static void render(sd_bus_message *m, GString *out, bool values)
{
        const char *contents;
        char type;

        assert_true(sd_bus_message_peek_type(m, &type, &contents) > 0);
        if (!strchr("arev", type)) {
                render_basic(m, type, out, values);
                return;
        }
        assert_true(sd_bus_message_enter_container(m, type, contents) > 0);
        g_string_append_printf(out, "%c<", type);
        render_items(m, out, type == 'a' && *contents == '{', values);
        g_string_append_c(out, '>');
        assert_true(sd_bus_message_exit_container(m) >= 0);
}

static char *render_message(sd_bus_message *m, bool values)
{
        GString *out = g_string_new(NULL);

        assert_true(sd_bus_message_rewind(m, true) >= 0);
        g_string_append_printf(out, "%s ", strempty(sd_bus_message_get_signature(m, true)));
        while (sd_bus_message_at_end(m, true) == 0)
                render(m, out, values);
        return g_string_free(out, FALSE);
}

/* What came of a call: an answer, or the name and text of an error. */
typedef struct Outcome {
        char *error; /* NULL: an answer */
        char *text;  /* of the error, or the values */
        char *shape; /* the answer without values */
} Outcome;

static void outcome_clear(Outcome *outcome)
{
        g_free(outcome->error);
        g_free(outcome->text);
        g_free(outcome->shape);
}

static void append_arg(sd_bus_message *m, const char **types, const char *arg)
{
        char type = *(*types)++;

        if (type == 'a' && **types == 's') {
                g_auto(GStrv) words = g_strsplit(arg, "\n", -1);

                (*types)++;
                assert_true(sd_bus_message_append_strv(m, words) >= 0);
        } else if (type == 'a') {
                *types += strlen("{sv}");
                assert_true(sd_bus_message_append(m, "a{sv}", 0) >= 0);
        } else if (type == 'v')
                assert_true(sd_bus_message_append(m, "v", "s", arg) >= 0);
        else if (type == 's')
                assert_true(sd_bus_message_append(m, "s", arg) >= 0);
        else
                assert_true(sd_bus_message_append(m, (const char[]) { type, '\0' }, atoi(arg)) >= 0);
}

static void run_case(sd_bus *bus, const Case *c, Outcome *ret)
{
        g_autofree char *path = g_strconcat("/org/libvirt/Test", strempty(c->path), NULL);
        g_autofree char *interface = strchr(c->interface, '.') ? g_strdup(c->interface)
                                                                : g_strconcat("org.libvirt.", c->interface, NULL);
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *types = c->types;

        assert_true(sd_bus_message_new_method_call(bus, &m, "org.libvirt", path, interface, c->member) >= 0);
        for (size_t i = 0; *types; i++)
                append_arg(m, &types, c->args[i]);
        if (sd_bus_call(bus, m, DEADLINE_USEC, &error, &reply) < 0) {
                *ret = (Outcome) { .error = g_strdup(error.name), .text = g_strdup(error.message) };
                sd_bus_error_free(&error);
                return;
        }
        *ret = (Outcome) { .text = render_message(reply, true), .shape = render_message(reply, false) };
}

/* NULL: the same. Else in one word what is different. */
static const char *difference(const Outcome *theirs, const Outcome *ours)
{
        if (!theirs->error != !ours->error)
                return "outcome";
        if (theirs->error && !streq(theirs->error, ours->error))
                return "error";
        /* what GDBus says on its own account, nobody reads; of two texts one may say more */
        if (theirs->error)
                return !streq(theirs->error, "org.libvirt.Error") || g_str_has_prefix(theirs->text, ours->text) ||
                                       g_str_has_prefix(ours->text, theirs->text)
                               ? NULL
                               : "text";
        return !streq(theirs->shape, ours->shape) ? "type" : !streq(theirs->text, ours->text) ? "value" : NULL;
}

/* ---- what is expected ---------------------------------------------------------------------------------- */

/* "Connect.ListDomains 65536", "Domain.Active": what the document calls a case. */
static char *case_name(const Case *c, unsigned nth)
{
        GString *s = g_string_new(NULL);
        bool property = streq(c->interface, PROPERTIES);

        if (property)
                g_string_append_printf(s, "%s %s", c->member, c->args[0] + strlen("org.libvirt."));
        else
                g_string_append_printf(s, "%s.%s", c->interface, c->member);
        for (size_t i = property; i < ARGS_MAX && c->args[i]; i++)
                g_string_append_printf(s, " %s", *c->args[i] ? c->args[i] : "''");
        if (c->path)
                g_string_append_printf(s, " on %s", streq(c->path, DOMAIN) ? "test" : streq(c->path, NEW) ? "new" : "nonsense");
        if (nth > 1)
                g_string_append_printf(s, " (%u)", nth);
        /* it stands in a table */
        for (char *p = s->str; *p; p++)
                if (*p == '|' || *p == '`' || *p == '\n')
                        *p = ' ';
        return g_string_free(s, FALSE);
}

/* Rows "| `case` | difference | reason |" of the document, as case -> difference. */
static GHashTable *read_expected(const char *file)
{
        GHashTable *expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(file, &text, NULL, NULL))
                fail_msg("%s cannot be read", file);
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) cells = g_strsplit(*line, "|", -1);
                size_t length;

                if (g_strv_length(cells) != 5)
                        continue;
                for (char **cell = cells; *cell; cell++)
                        g_strstrip(*cell);
                length = strlen(cells[1]);
                if (length < 3 || cells[1][0] != '`' || cells[1][length - 1] != '`')
                        continue;
                if (isempty(cells[3]))
                        fail_msg("%s: no reason for %s", file, cells[1]);
                g_hash_table_insert(expected, g_strndup(cells[1] + 1, length - 2), g_strdup(cells[2]));
        }
        return expected;
}

/* ---- the other one ------------------------------------------------------------------------------------- */

typedef struct Other {
        GPid dbus, service;
        char *address;
        sd_bus *bus;
} Other;

static GPid spawn(const char *const *argv, char **envp, int *out)
{
        g_autoptr(GError) error = NULL;
        GPid pid;

        if (!g_spawn_async_with_pipes("/", (char **) argv, envp, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                      NULL, &pid, NULL, out, NULL, &error))
                fail_msg("%s", error->message);
        return pid;
}

static bool is_there(void *userdata)
{
        g_autofree char *owner = name_owner(userdata, "org.libvirt");

        return !isempty(owner);
}

static void other_start(Other *other)
{
        static const char *const dbus[] = { "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", NULL };
        static const char *const service[] = { "libvirt-dbus", "--session", NULL };
        g_auto(GStrv) env = g_get_environ();
        char line[512] = "";
        FILE *f;
        int out;

        env = g_environ_setenv(env, "HOME", g_getenv("VIRTBUS_TEST_DIR"), TRUE);
        env = g_environ_setenv(env, "XDG_RUNTIME_DIR", g_getenv("VIRTBUS_TEST_DIR"), TRUE);
        other->dbus = spawn(dbus, env, &out);
        f = fdopen(out, "r");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof(line), f));
        fclose(f);
        other->address = g_strdup(g_strstrip(line));
        env = g_environ_setenv(env, "DBUS_SESSION_BUS_ADDRESS", other->address, TRUE);
        other->service = spawn(service, env, NULL);

        assert_true(sd_bus_new(&other->bus) >= 0);
        assert_true(sd_bus_set_address(other->bus, other->address) >= 0);
        assert_true(sd_bus_set_bus_client(other->bus, true) >= 0);
        assert_true(sd_bus_start(other->bus) >= 0);
        assert_true(wait_until(is_there, other->bus));
}

static void end_process(GPid pid)
{
        if (pid <= 0)
                return;
        (void) kill(pid, SIGTERM);
        (void) waitpid(pid, NULL, 0);
}

static void other_stop(Other *other)
{
        other->bus = client_close(other->bus);
        end_process(other->service);
        end_process(other->dbus);
        g_free(other->address);
}

/* ---- signals ------------------------------------------------------------------------------------------- */

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        g_autofree char *values = render_message(m, true);

        g_ptr_array_add(userdata, g_strdup_printf("%s.%s %s %s", sd_bus_message_get_interface(m),
                                                  sd_bus_message_get_member(m), sd_bus_message_get_path(m), values));
        return 0;
}

/* Until nothing has come for a while. */
static void drain(sd_bus *bus)
{
        uint64_t quiet = now_usec() + USEC_PER_SEC / 2;

        while (now_usec() < quiet) {
                int r = sd_bus_process(bus, NULL);

                assert_true(r >= 0);
                if (r > 0)
                        quiet = now_usec() + USEC_PER_SEC / 2;
                else
                        assert_true(sd_bus_wait(bus, 50 * USEC_PER_MSEC) >= 0);
        }
}

static GPtrArray *watch(sd_bus *bus)
{
        GPtrArray *heard = g_ptr_array_new_with_free_func(g_free);

        assert_true(sd_bus_add_match(bus, NULL, "type='signal',sender='org.libvirt'", on_signal, heard) >= 0);
        return heard;
}

/* Takes those out that the document says only we send: rows "signal". */
static void drop_expected_signals(GPtrArray *ours, GHashTable *expected)
{
        g_autoptr(GHashTable) dropped = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iter;
        gpointer name;

        for (guint i = ours->len; i-- > 0;) {
                const char *text = (const char *) ours->pdata[i] + strlen("org.libvirt.");
                g_autofree char *member = g_strndup(text, strcspn(text, " "));

                if (!streq_ptr(g_hash_table_lookup(expected, member), "signal"))
                        continue;
                g_ptr_array_remove_index(ours, i);
                g_hash_table_add(dropped, g_steal_pointer(&member));
        }
        g_hash_table_iter_init(&iter, dropped);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                g_hash_table_remove(expected, name);
}

static unsigned compare_signals(const GPtrArray *theirs, GPtrArray *ours, GHashTable *expected)
{
        unsigned n_wrong = 0;

        drop_expected_signals(ours, expected);
        for (guint i = 0; i < MAX(theirs->len, ours->len); i++) {
                const char *a = i < theirs->len ? theirs->pdata[i] : "none", *b = i < ours->len ? ours->pdata[i] : "none";

                if (streq(a, b))
                        continue;
                fprintf(stderr, "signal %u differs\n  theirs: %s\n  ours:   %s\n", i, a, b);
                n_wrong++;
        }
        return n_wrong;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static unsigned check_case(sd_bus *theirs, sd_bus *ours, const char *name, const Case *c, GHashTable *expected)
{
        _cleanup_(outcome_clear) Outcome a = {}, b = {};
        const char *found, *wanted = g_hash_table_lookup(expected, name);

        run_case(theirs, c, &a);
        run_case(ours, c, &b);
        found = difference(&a, &b);
        if (streq_ptr(found, wanted)) {
                g_hash_table_remove(expected, name);
                return 0;
        }
        fprintf(stderr, "`%s`: %s, expected: %s\n  theirs: %s %s\n  ours:   %s %s\n", name, found ?: "the same",
                wanted ?: "the same", strempty(a.error), a.text, strempty(b.error), b.text);
        g_hash_table_remove(expected, name);
        return 1;
}

static unsigned check_all(sd_bus *theirs, sd_bus *ours, GHashTable *expected)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        unsigned n_wrong = 0;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *plain = case_name(cases + i, 1), *name = NULL;
                unsigned nth = GPOINTER_TO_UINT(g_hash_table_lookup(seen, plain)) + 1;

                g_hash_table_insert(seen, g_strdup(plain), GUINT_TO_POINTER(nth));
                name = case_name(cases + i, nth);
                n_wrong += check_case(theirs, ours, name, cases + i, expected);
        }
        return n_wrong;
}

int main(int argc, char **argv)
{
        g_autofree char *service = g_find_program_in_path("libvirt-dbus");
        g_autoptr(GPtrArray) their_signals = NULL, our_signals = NULL;
        g_autoptr(GHashTable) expected = NULL;
        GHashTableIter iter;
        gpointer name;
        Other other = {};
        unsigned n_wrong;
        sd_bus *ours;

        if (!service) {
                fprintf(stderr, "skipped: libvirt-dbus is not installed\n");
                return SKIP;
        }
        assert_int_equal(argc, 2);
        expected = read_expected(argv[1]);
        other_start(&other);
        ours = client_open(USER_ROOT);
        their_signals = watch(other.bus);
        our_signals = watch(ours);

        n_wrong = check_all(other.bus, ours, expected);
        drain(other.bus);
        drain(ours);
        n_wrong += compare_signals(their_signals, our_signals, expected);
        g_hash_table_iter_init(&iter, expected);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                fprintf(stderr, "`%s` is in the document, but no case\n", (char *) name);
                n_wrong++;
        }
        printf("%zu calls, %u signals, %u unexpected\n", ELEMENTSOF(cases), our_signals->len, n_wrong);
        client_close(ours);
        other_stop(&other);
        return n_wrong > 0;
}
