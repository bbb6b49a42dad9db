/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a read costs the service that answers it from memory. */

#include "tools/bench/bench.h"

static sd_bus_message *get_state(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->domain, "Domain", "GetState", "u", 0);
}

static sd_bus_message *get_name(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        g_autofree char *interface = peer_interface(peer, "Domain");

        return peer_message(peer, bus, peer->domain, NULL, "Get", "ss", interface, "Name");
}

static sd_bus_message *get_all(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        g_autofree char *interface = peer_interface(peer, "Domain");

        return peer_message(peer, bus, peer->domain, NULL, "GetAll", "s", interface);
}

static const struct {
        const char *name;
        LoadMessage message;
} reads[] = {
        { "GetState", get_state },
        { "Properties.Get of Name", get_name },
        { "Properties.GetAll", get_all },
};

typedef struct Caller {
        const char *who;
        sd_bus *bus;
        const Peer *peers[4]; /* ends with NULL */
} Caller;

/* One read in all services in turn, forwards and backwards, so that a drift of the machine hits all alike.
 */
static int measure(Bench *bench, const Caller *caller, size_t read, size_t in_flight, Error *error)
{
        size_t rounds = bench_n(bench, 75, 3), n = bench_n(bench, 500, 100), n_peers = 0;
        g_autofree char *what =
                        g_strdup_printf("%s by %s, %zu at a time", reads[read].name, caller->who, in_flight);
        g_autofree char *cpu_name = g_strdup_printf("%s: CPU of the service per call", what);
        g_autofree char *rate_name = g_strdup_printf("%s: throughput", what);
        Row *cpu = report_row(bench->report, "Cached reads", cpu_name, "µs");
        Row *rate = in_flight > 1 ? report_row(bench->report, "Cached reads", rate_name, "calls/s") : NULL;
        int r;

        while (caller->peers[n_peers])
                n_peers++;
        /* The first round fills caches and is not counted. */
        for (size_t round = 0; round <= rounds; round++)
                for (size_t i = 0; i < n_peers; i++) {
                        const Peer *peer = caller->peers[round % 2 ? n_peers - 1 - i : i];
                        Load load = {
                                .peer = peer,
                                .bus = caller->bus,
                                .n = n,
                                .in_flight = in_flight,
                                .message = reads[read].message,
                        };
                        LoadResult result = {};

                        r = load_run(&load, &result, error);
                        if (r < 0)
                                return r;
                        if (round == 0)
                                continue;
                        row_add(cpu, peer->label, result.cpu_usec);
                        if (rate)
                                row_add(rate, peer->label, 1e6 / result.wall_usec);
                }
        row_budget(cpu, BUDGET_RATIO_MAX, "virtbusd", "floor", 1.2);
        if (rate)
                row_budget(rate, BUDGET_RATIO_MIN, "virtbusd", "floor", 0.95);
        bench_print(bench);
        return 0;
}

static int measure_caller(Bench *bench, const Caller *caller, Error *error)
{
        static const size_t in_flight[] = { 1, 64 };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(in_flight); i++)
                for (size_t read = 0; read < ELEMENTSOF(reads); read++) {
                        r = measure(bench, caller, read, in_flight[i], error);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int bench_reads(Bench *bench, Error *error)
{
        _cleanup_peer_ Peer virtbusd = {}, floor = {}, libvirt = {};
        Caller root = { .who = "root", .bus = bench->root_bus, .peers = { &floor, &virtbusd } };
        Caller user = { .who = "an ordinary user", .bus = bench->user_bus, .peers = { &floor, &virtbusd } };
        int r;

        r = bench_start_virtbusd(bench, "Test", NULL, &virtbusd, error);
        if (r >= 0)
                r = bench_start_floor(bench, &floor, error);
        if (r >= 0)
                r = bench_setup_floor(bench, &floor, &virtbusd, error);
        if (r >= 0)
                r = bench_start_libvirt_dbus(bench, &libvirt, error);
        if (r < 0)
                return r;
        floor.domain = g_strdup(virtbusd.domain);
        /* The bus lets ordinary users call only the new name. */
        if (r > 0)
                root.peers[2] = &libvirt;
        r = bench->user_bus ? measure_caller(bench, &user, error) : 0;
        return r < 0 ? r : measure_caller(bench, &root, error);
}
