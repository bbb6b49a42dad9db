/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads every NAME.in.xml of a directory and says how the project does on definitions that it did not write:
 * how many are accepted, refused although NAME.out.err is missing, stable under format and parse, and equal
 * to NAME.out.xml after normalisation. For people, not a test: usage: corpus [-v] DIRECTORY
 */

#include "drivers/model/domain_def.h"
#include "tests/firmwares.h"

#include <stdio.h>
#include <string.h>

typedef struct Score {
        Firmwares firmwares;
        unsigned n, n_parsed, n_expected_refused, n_refused, n_unstable, n_out, n_equal, n_spelled, n_normalized, n_raw,
                        n_lenient;
        uint64_t usec;
        size_t arena, packed, text;
} Score;

static bool file_exists(const char *directory, const char *name, const char *suffix)
{
        g_autofree char *path = g_strconcat(directory, "/", name, suffix, NULL);

        return access(path, R_OK) == 0;
}

static char *file_text(const char *directory, const char *name, const char *suffix, size_t *ret_size)
{
        g_autofree char *path = g_strconcat(directory, "/", name, suffix, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, ret_size, NULL) ? text : NULL;
}

static bool is_stable(const DomainDef *def)
{
        g_autofree char *once = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE), *twice = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *again = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (domain_def_parse(once, strlen(once), DOMAIN_DEF_PARSE_LIVE, NULL, &again, &error) < 0)
                return false;
        twice = domain_def_format(again, DOMAIN_DEF_FORMAT_SECURE);
        return streq(once, twice) && domain_def_equal(def, again);
}

static void measure(Score *score, const DomainDef *def, const char *text, size_t size)
{
        g_autofree DomainPacked *packed = domain_def_pack(def);

        score->arena += arena_size(def->arena);
        score->packed += definition_packed_size(packed);
        score->text += size;
}

static void report_notes(const char *name, const Diagnostics *diagnostics)
{
        for (unsigned i = 0; i < diagnostics->n; i++) {
                g_autofree char *text = diagnostic_to_string(diagnostics->items + i);

                printf("%s: %s\n", name, text);
        }
}

static const char *emulator(void *userdata, DomainVirtType type, const char *arch)
{
        return "/usr/bin/qemu-system-x86_64";
}

static const char *default_machine(void *userdata, const char *path, const char *arch)
{
        return "pc";
}

static const char *default_cpu(void *userdata, DomainVirtType type, const char *path, const char *arch,
                               const char *machine)
{
        return "qemu64";
}

/* The host that the definitions were normalised on. */
static DomainDefHost host_of(const Score *score, bool keep_abi)
{
        return (DomainDefHost) {
                .arch = "x86_64", .emulator = emulator, .default_machine = default_machine,
                .default_cpu = default_cpu, .keep_abi = keep_abi,
                .firmwares = &score->firmwares, .nvram_dir = "/var/lib/libvirt/qemu/nvram",
        };
}

static void compare_with_refusal(Score *score, const char *directory, const char *name, const DomainDef *def,
                                 bool verbose)
{
        g_autofree char *expected = file_text(directory, name, ".out.err", NULL);
        DomainDefHost host = host_of(score, false);
        _cleanup_(domain_def_unrefp) DomainDef *normal = NULL;

        if (!expected)
                return;
        if (domain_def_normalize(def, &host, &normal, NULL) < 0) {
                score->n_expected_refused++;
                return;
        }
        score->n_lenient++;
        if (verbose)
                printf("%s: accepted, but expected was: %s\n", name, expected);
}

/* What the definition is after normalisation, as text; NULL when it cannot be. */
static char *normalize(const Score *score, const DomainDef *def, bool keep_abi, Error *error)
{
        DomainDefHost host = host_of(score, keep_abi);
        _cleanup_(domain_def_unrefp) DomainDef *normal = NULL;

        if (domain_def_normalize(def, &host, &normal, error) < 0)
                return NULL;
        return domain_def_format(normal, DOMAIN_DEF_FORMAT_SECURE);
}

/* <metadata> is kept byte for byte; libvirt writes it anew, with quotes and blanks of its own. */
static bool differs_in_metadata_only(const char *a, const char *b)
{
        const char *a_start = strstr(a, "<metadata>"), *b_start = strstr(b, "<metadata>");
        const char *a_end = strstr(a, "</metadata>"), *b_end = strstr(b, "</metadata>");

        return a_start && b_start && a_end && b_end && a_start - a == b_start - b &&
               memcmp(a, b, (size_t) (a_start - a)) == 0 && streq(a_end, b_end);
}

/* The expected form is that of a definition that was there before, or of a new one: nothing says which. */
static void compare_with_expected(Score *score, const char *directory, const char *name,
                                  const DomainDef *def, bool verbose)
{
        g_autofree char *expected = NULL, *kept = NULL, *fresh = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        expected = file_text(directory, name, ".out.xml", NULL) ?:
                   file_text(directory, name, ".out.abi-update.xml", NULL);
        if (!expected) {
                compare_with_refusal(score, directory, name, def, verbose);
                return;
        }
        score->n_out++;
        kept = normalize(score, def, true, &error);
        if (!kept) {
                g_autofree char *message = error_message(&error);

                printf("%s: not normalized: %s\n", name, message);
                return;
        }
        fresh = normalize(score, def, false, NULL);
        score->n_normalized++;
        if (streq(kept, expected) || streq_ptr(fresh, expected)) {
                score->n_equal++;
                return;
        }
        score->n_spelled += differs_in_metadata_only(kept, expected) ||
                            (fresh && differs_in_metadata_only(fresh, expected));
        if (verbose) {
                g_autofree char *path = g_strdup_printf("%s.got.xml", name);

                (void) g_file_set_contents(path, kept, -1, NULL);
        }
}

static void try_file(Score *score, const char *directory, const char *name, bool verbose)
{
        size_t size;
        g_autofree char *text = file_text(directory, name, ".in.xml", &size);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;
        uint64_t start = now_usec();
        int r;

        score->n++;
        r = domain_def_parse(text, size, 0, &diagnostics, &def, &error);
        score->usec += now_usec() - start;
        if (verbose)
                report_notes(name, &diagnostics);
        if (r < 0) {
                g_autofree char *message = error_message(&error);

                if (file_exists(directory, name, ".out.err"))
                        score->n_expected_refused++;
                else {
                        score->n_refused++;
                        printf("%s: %s\n", name, message);
                }
                return;
        }
        score->n_parsed++;
        score->n_raw += domain_def_first_raw(def, NULL);
        measure(score, def, text, size);
        if (!is_stable(def)) {
                score->n_unstable++;
                printf("%s: not stable\n", name);
        }
        compare_with_expected(score, directory, name, def, verbose);
}

int main(int argc, char **argv)
{
        bool verbose = argc > 2 && streq(argv[1], "-v");
        const char *directory = argc > 1 ? argv[argc - 1] : NULL;
        g_autoptr(GDir) dir = directory ? g_dir_open(directory, 0, NULL) : NULL;
        const char *file;
        Score score = { .firmwares = firmwares_of_test() };

        if (!dir) {
                fprintf(stderr, "usage: corpus [-v] DIRECTORY\n");
                return 2;
        }
        while ((file = g_dir_read_name(dir)))
                if (g_str_has_suffix(file, ".in.xml")) {
                        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".in.xml"));

                        try_file(&score, directory, name, verbose);
                }
        printf("%u definitions: %u accepted (%u of them with parts not understood), %u refused as expected, "
               "%u "
               "refused, %u accepted that others refuse, %u not stable\n",
               score.n, score.n_parsed, score.n_raw, score.n_expected_refused, score.n_refused,
               score.n_lenient, score.n_unstable);
        printf("%u with an expected form: %u normalized, %u equal, %u more but for the spelling of <metadata>\n",
               score.n_out, score.n_normalized, score.n_equal, score.n_spelled);
        if (score.n_parsed > 0)
                printf("mean: %" PRIu64 " us to parse, %zu bytes of text, %zu in memory, %zu packed\n",
                       score.usec / score.n, score.text / score.n_parsed, score.arena / score.n_parsed,
                       score.packed / score.n_parsed);
        firmwares_clear(&score.firmwares);
        return 0;
}
