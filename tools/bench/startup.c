/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long the daemon takes to its name with many definitions on disk, and how much memory they take. */

#include "tools/bench/bench.h"

#include <dirent.h>

/* The files are the ones that the daemon writes itself. */
static int write_definitions(Bench *bench, const char *root, unsigned n, Error *error)
{
        _cleanup_peer_ Peer virtbusd = {};
        LoadResult result;
        int r;

        r = bench_start_virtbusd(bench, "QEMU", root, &virtbusd, error);
        return r < 0 ? r : bench_define_many(bench, &virtbusd, "qemu", 0, n, &result, error);
}

/* Also what brings them into the page cache. */
static size_t mean_size(const char *root)
{
        g_autofree char *path = g_strdup_printf("%s/etc/qemu", root);
        DIR *dir = opendir(path);
        size_t sum = 0, n = 0;
        struct dirent *d;

        while (dir && (d = readdir(dir))) {
                g_autofree char *text = NULL;
                size_t size;

                if (g_str_has_suffix(d->d_name, ".xml") &&
                    read_file_at(dirfd(dir), d->d_name, 1 << 20, &text, &size) >= 0) {
                        sum += size;
                        n++;
                }
        }
        if (dir)
                (void) closedir(dir);
        return n > 0 ? sum / n : 0;
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
        unsigned n = 0;
        int r;

        r = bus_call(bench->root_bus,
                     peer_message(peer, bench->root_bus, peer->root, "Connect", "ListDomains", "u", 0),
                     &reply, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read_strv(reply, &paths);
        if (r >= 0)
                n = paths ? g_strv_length(paths) : 0;
        if (n != expected)
                return error_set(error, ERROR_OPERATION_FAILED, "the daemon read %u of %u definitions", n,
                                 expected);
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

/* As after an upgrade: what an earlier life has learnt of the definitions is void. */
static void forget_index(const char *root)
{
        g_autofree char *path = g_build_filename(root, "cache", "qemu", "definitions.index", NULL);

        (void) unlink(path);
}

int bench_start_up(Bench *bench, Error *error)
{
        unsigned n = (unsigned) bench_n(bench, 10000, 50), rounds = (unsigned) bench_n(bench, 7, 2);
        g_autofree char *full = bench_new_root(bench), *name = NULL;
        Row *empty_row, *start, *anew, *cpu, *probed, *idle, *all, *each;
        double none[3] = {}, many[3] = {}, upgraded[3] = {}, first[3] = {}, later[3] = {};
        int r;

        r = write_definitions(bench, full, n, error);
        if (r < 0)
                return r;
        name = g_strdup_printf("name owned with %u definitions (%zu bytes each, warm page cache)", n,
                               mean_size(full));
        start = report_row(bench->report, "Start-up", name, "ms");
        anew = report_row(bench->report, "Start-up", "the same without the index of an earlier start", "ms");
        cpu = report_row(bench->report, "Start-up", "CPU until all is quiet with them", "ms");
        empty_row = report_row(bench->report, "Start-up", "name owned without definitions", "ms");
        probed = report_row(bench->report, "Memory (RssAnon)", "idle after the first start, emulator probed",
                            "KiB");
        idle = report_row(bench->report, "Memory (RssAnon)", "idle after a later start, emulator known",
                          "KiB");
        all = report_row(bench->report, "Memory (RssAnon)", "with all definitions", "KiB");
        each = report_row(bench->report, "Memory (RssAnon)", "per idle defined domain", "KiB");
        for (unsigned i = 0; r >= 0 && i < rounds; i++) {
                g_autofree char *fresh = bench_new_root(bench);

                r = measure_start(bench, NULL, fresh, 0, first, error);
                if (r >= 0)
                        r = measure_start(bench, NULL, fresh, 0, later, error);
                if (r >= 0)
                        r = measure_start(bench, "QEMU", fresh, 0, none, error);
                if (r >= 0)
                        r = measure_start(bench, "QEMU", full, n, many, error);
                forget_index(full);
                if (r >= 0)
                        r = measure_start(bench, "QEMU", full, n, upgraded, error);
                if (r < 0)
                        break;
                row_add(empty_row, "virtbusd", none[0]);
                row_add(start, "virtbusd", many[0]);
                row_add(anew, "virtbusd", upgraded[0]);
                row_add(cpu, "virtbusd", many[2]);
                row_add(probed, "virtbusd", first[1]);
                row_add(idle, "virtbusd", later[1]);
                row_add(all, "virtbusd", many[1]);
                row_add(each, "virtbusd", (many[1] - none[1]) / n);
        }
        row_budget(start, BUDGET_MAX, "virtbusd", NULL, 1000);
        row_budget(anew, BUDGET_MAX, "virtbusd", NULL, 1000);
        row_budget(probed, BUDGET_MAX, "virtbusd", NULL, 4096);
        row_budget(idle, BUDGET_MAX, "virtbusd", NULL, 4096);
        row_budget(each, BUDGET_MAX, "virtbusd", NULL, 6);
        bench_print(bench);
        return r;
}
