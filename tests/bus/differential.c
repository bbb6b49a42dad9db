/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The same calls to libvirt-dbus over libvirt's test driver and to our libvirt face over ours. What is answered must be
 * the same: types, boxing, values, names and texts of errors, paths, introspection, signals. Where it is not,
 * docs/libvirt-dbus.md says so and why, and nothing is listed there that is the same. Every member that libvirt-dbus
 * has is called, or read, or heard.
 *
 *   differential FILE    on a private host with virtbusd; FILE is docs/libvirt-dbus.md
 */

#include "tests/bus/differential.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define SKIP 77
#define THEIR_INTERFACES "/usr/share/dbus-1/interfaces"

typedef struct Differential {
        sd_bus *theirs, *ours;
        const char *their_directory, *our_directory;
        GHashTable *expected; /* name of a case -> difference; what is found is taken out */
        unsigned n_unsupported; /* calls that their driver cannot do */
        unsigned n_wrong;
} Differential;

/* ---- what is expected ---------------------------------------------------------------------------------- */

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

/* Whether what was found (NULL: nothing) is what the document says of the name; each name is looked at once. */
static bool is_expected(Differential *d, const char *name, const char *found)
{
        const char *wanted = g_hash_table_lookup(d->expected, name);
        bool same = streq_ptr(found, wanted);

        if (!same) {
                fprintf(stderr, "| `%s` | %s | expected: %s |\n", name, found ?: "the same", wanted ?: "the same");
                d->n_wrong++;
        }
        g_hash_table_remove(d->expected, name);
        return same;
}

/* ---- calls --------------------------------------------------------------------------------------------- */

/* Of two texts one may say more. */
static bool same_text(const char *a, const char *b)
{
        return g_str_has_prefix(a, b) || g_str_has_prefix(b, a);
}

/* Their test driver cannot do it, and ours may. */
static bool is_unsupported(const Outcome *theirs)
{
        return streq_ptr(theirs->error, "org.libvirt.Error") &&
               g_str_has_prefix(theirs->text, "this function is not supported by the connection driver");
}

/* NULL: the same. Else in one word what is different. */
static const char *difference(const Outcome *theirs, const Outcome *ours)
{
        if (is_unsupported(theirs))
                return !ours->error || streq(ours->error, "org.libvirt.Error") ? NULL : "error";
        if (!theirs->error != !ours->error)
                return "outcome";
        if (theirs->error && !streq(theirs->error, ours->error))
                return "error";
        /* what GDBus says on its own account, nobody reads */
        if (theirs->error)
                return streq(theirs->error, "org.libvirt.Error") &&
                        !same_text(theirs->text, ours->text) ? "text" : NULL;
        return !streq(theirs->shape, ours->shape) ? "type" : !streq(theirs->text, ours->text) ? "value" : NULL;
}

/* The lines that the other has not. */
static void print_lines(const char *who, const Outcome *outcome, const Outcome *other)
{
        g_auto(GStrv) lines = g_strsplit(outcome->text, "\n", -1), others = g_strsplit(other->text, "\n", -1);

        fprintf(stderr, "  %s: %s\n", who, strempty(outcome->error));
        for (char **line = lines; *line; line++)
                if (!g_strv_contains((const char *const *) others, *line))
                        fprintf(stderr, "    %s\n", *line);
}

static void check_case(Differential *d, const char *name, const Case *c)
{
        _cleanup_(outcome_clear) Outcome a = {}, b = {};

        case_run(c, d->theirs, d->their_directory, &a);
        case_run(c, d->ours, d->our_directory, &b);
        d->n_unsupported += is_unsupported(&a);
        if (!is_expected(d, name, difference(&a, &b))) {
                print_lines("theirs", &a, &b);
                print_lines("ours", &b, &a);
        }
}

static void check_all(Differential *d)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = 0; i < n_cases; i++) {
                g_autofree char *plain = case_name(cases + i, 1), *name = NULL;
                unsigned nth = GPOINTER_TO_UINT(g_hash_table_lookup(seen, plain)) + 1;

                g_hash_table_insert(seen, g_strdup(plain), GUINT_TO_POINTER(nth));
                name = case_name(cases + i, nth);
                check_case(d, name, cases + i);
        }
}

/* ---- signals ------------------------------------------------------------------------------------------- */

/* Paths are what stands last in them; in a row of a table, thus without what ends a cell. */
static char *signal_name(const char *interface, const char *member, const char *values, const char *path)
{
        g_autoptr(GRegex) paths = g_regex_new("o:/[^ >]*/", 0, 0, NULL);
        g_autofree char *s = g_strdup_printf("signal %s.%s %s on %s", interface, member, values,
                                             strrchr(path, '/') + 1);

        return g_regex_replace_literal(paths, s, -1, 0, "o:", 0, NULL);
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        g_autofree char *values = render_message(m, true);
        const char *interface = strrchr(sd_bus_message_get_interface(m), '.') + 1;
        const char *path = sd_bus_message_get_path(m);

        g_ptr_array_add(userdata, signal_name(interface, sd_bus_message_get_member(m), values, path));
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

/* What they never send, ours has as it likes. */
static void add_ours_alone(GHashTable *alone, const GPtrArray *theirs, char *name)
{
        g_autofree char *prefix = g_strndup(name, strcspn(name + strlen("signal "), " ") + strlen("signal "));

        for (guint i = 0; i < theirs->len; i++)
                if (g_str_has_prefix(theirs->pdata[i], prefix)) {
                        g_hash_table_insert(alone, name, (char *) "ours alone");
                        return;
                }
}

/* How many of the signals from i and k on are the same in the same order, at i * (ours->len + 1) + k. */
static unsigned *count_same(const GPtrArray *theirs, const GPtrArray *ours)
{
        guint row = ours->len + 1;
        unsigned *same = g_new0(unsigned, (size_t) (theirs->len + 1) * row);

        for (guint i = theirs->len; i-- > 0;)
                for (guint k = ours->len; k-- > 0;)
                        same[i * row + k] = streq(theirs->pdata[i], ours->pdata[k]) ?
                                1 + same[(i + 1) * row + k + 1] :
                                MAX(same[(i + 1) * row + k], same[i * row + k + 1]);
        return same;
}

/* In their order; what one side alone has sent is named. */
static void compare_signals(Differential *d, const GPtrArray *theirs, const GPtrArray *ours)
{
        g_autoptr(GHashTable) alone = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree unsigned *same = count_same(theirs, ours);
        guint row = ours->len + 1;
        GHashTableIter iter;
        gpointer name, who;

        for (guint i = 0, k = 0; i < theirs->len || k < ours->len;) {
                if (i < theirs->len && k < ours->len && streq(theirs->pdata[i], ours->pdata[k])) {
                        i++;
                        k++;
                } else if (k == ours->len || (i < theirs->len && same[(i + 1) * row + k] >= same[i * row + k + 1]))
                        g_hash_table_insert(alone, theirs->pdata[i++], (char *) "theirs alone");
                else
                        add_ours_alone(alone, theirs, ours->pdata[k++]);
        }
        g_hash_table_iter_init(&iter, alone);
        while (g_hash_table_iter_next(&iter, &name, &who))
                (void) is_expected(d, name, who);
}

/* ---- what was called ----------------------------------------------------------------------------------- */

static bool is_called(const Member *member)
{
        for (size_t i = 0; i < n_cases; i++) {
                const Case *c = cases + i;

                if (member->kind == MEMBER_METHOD && streq(c->member, member->name) &&
                    g_str_has_suffix(member->interface, c->interface))
                        return true;
                if (member->kind == MEMBER_PROPERTY && streq(c->member, "GetAll") &&
                    streq(c->args[0], member->interface))
                        return true;
        }
        return false;
}

static bool is_heard(const Member *member, const GPtrArray *signals)
{
        g_autofree char *prefix = g_strdup_printf("signal %s.%s ", strrchr(member->interface, '.') + 1, member->name);

        for (guint i = 0; i < signals->len; i++)
                if (g_str_has_prefix(signals->pdata[i], prefix))
                        return true;
        return false;
}

/* Every member that they have is called, or read, or heard from them. Prints how many. */
static void check_members(Differential *d, const GPtrArray *signals)
{
        g_autoptr(GDir) dir = g_dir_open(THEIR_INTERFACES, 0, NULL);
        unsigned n = 0, n_called = 0;
        const char *file;

        assert_non_null(dir);
        while ((file = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(THEIR_INTERFACES, file, NULL);
                g_autoptr(GPtrArray) members = NULL;

                if (!g_str_has_prefix(file, "org.libvirt."))
                        continue;
                members = contract_load(path);
                n += members->len;
                for (guint i = 0; i < members->len; i++) {
                        const Member *member = members->pdata[i];
                        bool called = member->kind == MEMBER_SIGNAL ? is_heard(member, signals) : is_called(member);
                        g_autofree char *name = g_strdup_printf("%s%s.%s",
                                                                member->kind == MEMBER_SIGNAL ? "signal " : "",
                                                                strrchr(member->interface, '.') + 1, member->name);

                        n_called += called;
                        (void) is_expected(d, name, called ? NULL : "not sent");
                }
        }
        printf("%u of the %u members of libvirt-dbus are called, read or heard\n", n_called, n);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static char *directory_new(const char *name)
{
        char *directory = g_build_filename(g_getenv("VIRTBUS_TEST_DIR"), name, NULL);

        assert_int_equal(g_mkdir(directory, 0700), 0);
        return directory;
}

static void check_nothing_left(Differential *d)
{
        GHashTableIter iter;
        gpointer name;

        g_hash_table_iter_init(&iter, d->expected);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                fprintf(stderr, "`%s` is in the document, but no case\n", (char *) name);
                d->n_wrong++;
        }
}

int main(int argc, char **argv)
{
        g_autofree char *service = g_find_program_in_path("libvirt-dbus"), *theirs = NULL, *ours = NULL;
        g_autoptr(GPtrArray) their_signals = NULL, our_signals = NULL;
        g_autoptr(GHashTable) expected = NULL;
        _cleanup_(peer_freep) Peer *peer = NULL;
        _cleanup_client_ sd_bus *bus = NULL;
        Differential d = {};

        if (!service) {
                fprintf(stderr, "skipped: libvirt-dbus is not installed\n");
                return SKIP;
        }
        assert_int_equal(argc, 2);
        expected = read_expected(argv[1]);
        theirs = directory_new("theirs");
        ours = directory_new("ours");
        peer = peer_new(theirs);
        bus = client_open(USER_ROOT);
        d = (Differential) { peer_bus(peer), bus, theirs, ours, expected, 0, 0 };
        their_signals = watch(d.theirs);
        our_signals = watch(d.ours);

        check_all(&d);
        drain(d.theirs);
        drain(d.ours);
        compare_signals(&d, their_signals, our_signals);
        check_members(&d, their_signals);
        check_nothing_left(&d);
        printf("%zu calls, of which their driver cannot do %u, %u signals of theirs and %u of ours, %u unexpected\n",
               n_cases, d.n_unsupported, their_signals->len, our_signals->len, d.n_wrong);
        return d.n_wrong > 0;
}
