/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Measures virtbusd against its budgets: ratios of pairs of one run on one private bus. Is started by
 * tools/bench/run on a private host.
 */

#include "tools/bench/bench.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

/* An ordinary user of the private host, in no group. */
#define ORDINARY_USER "vtest1"

static const struct {
        const char *name;
        int (*run)(Bench *bench, Error *error);
        bool needs_qemu;
} parts[] = {
        { "reads", bench_reads, false },     { "lists", bench_lists, false },
        { "sight", bench_sight, false },
        { "changes", bench_changes, false }, { "start-up", bench_start_up, true },
        { "guests", bench_guests, true },    { "stuck", bench_stuck, true },
};

typedef struct Options {
        bool quick;
        const char *build;
        const char *json;
        GStrv parts; /* NULL: all */
} Options;

static int usage(void)
{
        g_autoptr(GString) names = g_string_new(NULL);

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                g_string_append_printf(names, "%s%s", i > 0 ? "," : "", parts[i].name);
        fprintf(stderr,
                "virtbus-bench --build=DIR [--quick] [--json=FILE] [--only=PART,…]\n"
                "Parts: %s. Use tools/bench/run.\n",
                names->str);
        return 2;
}

static bool read_options(int argc, char **argv, Options *ret)
{
        static const struct option options[] = {
                { "build", required_argument, NULL, 'b' },
                { "json", required_argument, NULL, 'j' },
                { "only", required_argument, NULL, 'o' },
                { "quick", no_argument, NULL, 'q' },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
                switch (c) {
                case 'b':
                        ret->build = optarg;
                        break;
                case 'j':
                        ret->json = optarg;
                        break;
                case 'o':
                        ret->parts = g_strsplit(optarg, ",", -1);
                        break;
                case 'q':
                        ret->quick = true;
                        break;
                default:
                        return false;
                }
        return ret->build && optind == argc;
}

static void add_facts(Bench *bench)
{
        g_autofree char *cpus = g_strdup_printf("%ld", sysconf(_SC_NPROCESSORS_ONLN));
        struct utsname host;

        if (uname(&host) == 0)
                report_fact(bench->report, "kernel", host.release);
        report_fact(bench->report, "processors", cpus);
        report_fact(bench->report, "callers", bench->user_bus ? "root and " ORDINARY_USER : "root alone");
        report_fact(bench->report, "scale", bench->quick ? "quick: the numbers mean nothing" : "full");
}

static int connect_callers(Bench *bench, Error *error)
{
        const struct passwd *user = getpwnam(ORDINARY_USER);
        int r = bus_open_as(geteuid(), &bench->root_bus, error);

        if (r < 0 || !user || geteuid() != 0)
                return r;
        bench->user = user->pw_uid;
        return bus_open_as(user->pw_uid, &bench->user_bus, error);
}

/* A part that fails is told and does not keep the others from running. */
static int run_parts(Bench *bench, const Options *options)
{
        int status = 0;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *message = NULL;

                if (options->parts && !g_strv_contains((const char *const *) options->parts, parts[i].name))
                        continue;
                if (parts[i].needs_qemu && access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
                        printf("\n%s: skipped, there is no qemu-system-x86_64\n", parts[i].name);
                        continue;
                }
                if (parts[i].run(bench, &error) >= 0)
                        continue;
                bench_print(bench);
                message = error_message(&error);
                printf("\n%s: failed: %s\n", parts[i].name, message);
                status = 1;
        }
        return status;
}

static int write_json(const Bench *bench, const char *file)
{
        g_autoptr(JsonGenerator) generator = json_generator_new();
        g_autoptr(JsonNode) node = report_json(bench->report);
        g_autoptr(GError) error = NULL;

        json_generator_set_root(generator, node);
        json_generator_set_pretty(generator, true);
        if (json_generator_to_file(generator, file, &error))
                return 0;
        fprintf(stderr, "virtbus-bench: %s\n", error->message);
        return 1;
}

int main(int argc, char **argv)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_auto(GStrv) only = NULL;
        Options options = {};
        Bench bench = {};
        int r;

        if (!read_options(argc, argv, &options))
                return usage();
        only = options.parts;
        bench = (Bench) {
                .quick = options.quick,
                .build = options.build,
                .dir = g_getenv("VIRTBUS_TEST_DIR") ?: "/tmp",
                .report = report_new(options.quick),
        };
        r = connect_callers(&bench, &error);
        if (r < 0) {
                g_autofree char *message = error_message(&error);

                fprintf(stderr, "virtbus-bench: %s\n", message);
                return 1;
        }
        add_facts(&bench);
        r = run_parts(&bench, &options);
        if (options.json)
                r |= write_json(&bench, options.json);
        sd_bus_flush_close_unref(bench.user_bus);
        sd_bus_flush_close_unref(bench.root_bus);
        report_free(bench.report);
        return r;
}
