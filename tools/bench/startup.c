/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long the daemon takes to its name with many definitions on disk, and how much memory they take. */

#include "tools/bench/bench.h"

#include <string.h>

/* What the daemon itself keeps of a definition: the file that it wrote. */
static int read_kept_definition(Bench *bench, char **ret, Error *error)
{
        g_autofree char *root = bench_new_root(bench), *xml = bench_definition("qemu", 0), *path = NULL;
        g_autofree char *file = g_strdup_printf("%s/etc/qemu/bench-00000.xml", root);
        _cleanup_peer_ Peer virtbusd = {};
        int r;

        r = bench_start_virtbusd(bench, "QEMU", root, &virtbusd, error);
        if (r >= 0)
                r = bench_define(bench->root_bus, &virtbusd, xml, &path, error);
        if (r < 0)
                return r;
        r = read_file_at(AT_FDCWD, file, 1 << 20, ret, NULL);
        return r < 0 ? error_set_errno(error, r, "cannot read %s", file) : 0;
}

static void replace(GString *text, const char *from, const char *format, ...) _printf_(3, 4);
static void replace(GString *text, const char *from, const char *format, ...)
{
        g_autofree char *to = NULL;
        va_list ap;

        va_start(ap, format);
        to = g_strdup_vprintf(format, ap);
        va_end(ap);
        (void) g_string_replace(text, from, to, 0);
}

static int write_definitions(const char *root, const char *kept, unsigned n, Error *error)
{
        g_autofree char *dir = g_strdup_printf("%s/etc/qemu", root);
        int r = mkdir_parents(dir, 0700);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                g_autofree char *file = g_strdup_printf("%s/bench-%05u.xml", dir, i);
                g_autoptr(GString) text = g_string_new(kept);

                replace(text, "bench-00000", "bench-%05u", i);
                replace(text, "b0000000-0000-4000-8000-000000000000", "b0000000-0000-4000-8000-%012x", i);
                replace(text, "52:54:00:00:00:00", "52:54:00:%02x:%02x:%02x", i >> 16 & 0xff, i >> 8 & 0xff,
                        i & 0xff);
                if (!g_file_set_contents(file, text->str, (gssize) text->len, NULL))
                        r = -EIO;
        }
        return r < 0 ? error_set_errno(error, r, "cannot write definitions to %s", dir) : 0;
}

/* What the daemon does after it has its name belongs to neither number. */
static double settled_private_kib(pid_t pid)
{
        uint64_t before, now = process_cpu_nsec(pid);

        do {
                before = now;
                g_usleep(300 * USEC_PER_MSEC);
                now = process_cpu_nsec(pid);
        } while (now - before > 2 * NSEC_PER_USEC * USEC_PER_MSEC);
        return (double) process_private_kib(pid);
}

static int count_domains(Bench *bench, const Peer *peer, unsigned expected, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_auto(GStrv) paths = NULL;
        int r;

        r = bus_call(bench->root_bus,
                     peer_message(peer, bench->root_bus, peer->root, "Connect", "ListDomains", "u", 0),
                     &reply, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read_strv(reply, &paths);
        if (r < 0 || g_strv_length(paths) != expected)
                return error_set(error, ERROR_OPERATION_FAILED, "the daemon read %u of %u definitions",
                                 paths ? g_strv_length(paths) : 0, expected);
        return 0;
}

/* One start: time to the name, CPU until then, memory when all is quiet. */
static int measure_start(Bench *bench, const char *driver, const char *root, unsigned n, double ret[3],
                         Error *error)
{
        _cleanup_peer_ Peer virtbusd = {};
        int r;

        r = bench_start_virtbusd(bench, driver, root, &virtbusd, error);
        if (r < 0)
                return r;
        ret[0] = (double) virtbusd.start_usec / USEC_PER_MSEC;
        ret[1] = settled_private_kib(virtbusd.pid);
        ret[2] = (double) process_cpu_nsec(virtbusd.pid) / NSEC_PER_USEC / USEC_PER_MSEC;
        return driver ? count_domains(bench, &virtbusd, n, error) : 0;
}

int bench_start_up(Bench *bench, Error *error)
{
        unsigned n = (unsigned) bench_n(bench, 10000, 50), rounds = (unsigned) bench_n(bench, 5, 2);
        g_autofree char *full = bench_new_root(bench), *kept = NULL, *name = NULL;
        Row *empty_row, *start, *cpu, *idle, *each;
        double none[3] = {}, many[3] = {}, both[3] = {};
        int r;

        r = read_kept_definition(bench, &kept, error);
        if (r >= 0)
                r = write_definitions(full, kept, n, error);
        if (r < 0)
                return r;
        name = g_strdup_printf("name owned with %u definitions (%zu bytes each, warm page cache)", n,
                               strlen(kept));
        start = report_row(bench->report, "Start-up", name, "ms");
        empty_row = report_row(bench->report, "Start-up", "name owned without definitions", "ms");
        cpu = report_row(bench->report, "Start-up", "CPU until all is quiet", "ms");
        idle = report_row(bench->report, "Memory (RssAnon)", "idle, both drivers, no definitions", "KiB");
        each = report_row(bench->report, "Memory (RssAnon)", "per idle defined domain", "KiB");
        for (unsigned i = 0; r >= 0 && i < rounds; i++) {
                g_autofree char *empty = bench_new_root(bench), *fresh = bench_new_root(bench);

                r = measure_start(bench, "QEMU", empty, 0, none, error);
                if (r >= 0)
                        r = measure_start(bench, "QEMU", full, n, many, error);
                if (r >= 0)
                        r = measure_start(bench, NULL, fresh, 0, both, error);
                row_add(empty_row, "virtbusd", none[0]);
                row_add(start, "virtbusd", many[0]);
                row_add(cpu, "virtbusd", many[2]);
                row_add(idle, "virtbusd", both[1]);
                row_add(each, "virtbusd", (many[1] - none[1]) / n);
        }
        row_budget(start, BUDGET_MAX, "virtbusd", NULL, 1000);
        row_budget(idle, BUDGET_MAX, "virtbusd", NULL, 4096);
        row_budget(each, BUDGET_MAX, "virtbusd", NULL, 6);
        bench_print(bench);
        return r;
}
