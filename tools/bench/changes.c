/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Define, start and stop without a hypervisor: what the way through the service costs. */

#include "tools/bench/bench.h"

static int measure_define(Bench *bench, const Peer *const *peers, size_t n, Error *error)
{
        Row *cpu = report_row(bench->report, "Changes without a hypervisor",
                              "define, CPU of the service per call", "µs");
        Row *wall = report_row(bench->report, "Changes without a hypervisor",
                               "define, 8 at a time, wall per call", "µs");
        int r;

        for (unsigned round = 0; round < bench_n(bench, 7, 2); round++)
                for (size_t i = 0; peers[i]; i++) {
                        LoadResult result = {};

                        r = bench_define_many(bench, peers[i], "test", (unsigned) (1 + round * n), n,
                                              &result, error);
                        if (r < 0)
                                return r;
                        row_add(cpu, peers[i]->label, result.cpu_usec);
                        row_add(wall, peers[i]->label, result.wall_usec);
                }
        return 0;
}

static sd_bus_message *start_or_stop(const Peer *peer, sd_bus *bus, size_t i, void *path)
{
        return peer_message(peer, bus, path, "Domain", i % 2 ? "Destroy" : "Create", "u", 0);
}

static int measure_cycle(Bench *bench, const Peer *const *peers, Error *error)
{
        Row *cpu = report_row(bench->report, "Changes without a hypervisor",
                              "start and stop in turn, CPU of the service per call", "µs");
        int r;

        for (; *peers; peers++) {
                g_autofree char *xml = bench_definition("test", 90000), *path = NULL;

                r = bench_define(bench->root_bus, *peers, xml, &path, error);
                for (unsigned round = 0; r >= 0 && round < bench_n(bench, 11, 3); round++) {
                        Load load = {
                                .peer = *peers,
                                .bus = bench->root_bus,
                                .n = bench_n(bench, 1000, 20),
                                .in_flight = 1,
                                .message = start_or_stop,
                                .userdata = path,
                        };
                        LoadResult result = {};

                        r = load_run(&load, &result, error);
                        if (r >= 0)
                                row_add(cpu, (*peers)->label, result.cpu_usec);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

int bench_changes(Bench *bench, Error *error)
{
        _cleanup_peer_ Peer virtbusd = {}, libvirt = {};
        const Peer *peers[] = { &virtbusd, NULL, NULL };
        int r;

        r = bench_start_virtbusd(bench, "Test", NULL, &virtbusd, error);
        if (r >= 0)
                r = bench_start_libvirt_dbus(bench, &libvirt, error);
        if (r > 0)
                peers[1] = &libvirt;
        if (r >= 0)
                r = measure_define(bench, peers, bench_n(bench, 200, 5), error);
        if (r >= 0)
                r = measure_cycle(bench, peers, error);
        bench_print(bench);
        return r;
}
