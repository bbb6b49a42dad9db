/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it costs to ask polkit about each object (authorize-reads=object), beside asking once for all of them. */

#include "tools/bench/bench.h"

static sd_bus_message *list(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->root, "Connect", "ListDomains", "u", 0);
}

static sd_bus_message *state(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->domain, "Domain", "GetState", "u", 0);
}

typedef struct SightRows {
        Row *first, *later, *read;
} SightRows;

static int measure_calls(Bench *bench, const Peer *peer, LoadMessage message, size_t n, LoadResult *ret, Error *error)
{
        Load load = { .peer = peer, .bus = bench->user_bus, .n = n, .in_flight = 1, .message = message };

        return load_run(&load, ret, error);
}

static int measure_mode(Bench *bench, const char *mode, size_t n, const SightRows *rows, Error *error)
{
        _cleanup_peer_ Peer virtbusd = {};
        LoadResult result;
        int r;

        bench->authorize_reads = mode;
        r = bench_start_virtbusd(bench, "Test", NULL, &virtbusd, error);
        bench->authorize_reads = NULL;
        if (r >= 0)
                r = bench_define_many(bench, &virtbusd, "test", 1, n - 1, &result, error);
        if (r >= 0)
                r = measure_calls(bench, &virtbusd, list, 1, &result, error);
        if (r < 0)
                return r;
        row_add(rows->first, mode, result.wall_usec / USEC_PER_MSEC);
        r = measure_calls(bench, &virtbusd, list, bench_n(bench, 100, 2), &result, error);
        if (r < 0)
                return r;
        row_add(rows->later, mode, result.cpu_usec);
        r = measure_calls(bench, &virtbusd, state, bench_n(bench, 5000, 10), &result, error);
        if (r >= 0)
                row_add(rows->read, mode, result.cpu_usec);
        return r;
}

int bench_sight(Bench *bench, Error *error)
{
        static const char *const modes[] = { "kind", "object" };
        static const char group[] = "Reads of an ordinary user, authorized by kind and by object";
        size_t n = bench_n(bench, 1000, 20), rounds = bench_n(bench, 5, 1);
        g_autofree char *first = g_strdup_printf("first ListDomains, %zu domains: time until the answer", n);
        SightRows rows;
        int r = 0;

        if (!bench->user_bus)
                return 0;
        rows = (SightRows) {
                .first = report_row(bench->report, group, first, "ms"),
                .later = report_row(bench->report, group, "later ones: CPU of the service per call", "µs"),
                .read = report_row(bench->report, group, "GetState: CPU of the service per call", "µs"),
        };
        for (size_t round = 0; r >= 0 && round < rounds; round++)
                for (size_t i = 0; r >= 0 && i < ELEMENTSOF(modes); i++)
                        r = measure_mode(bench, modes[i], n, &rows, error);
        bench_print(bench);
        return r;
}
