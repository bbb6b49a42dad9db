/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the daemon adds to the start of a real QEMU: the same command line is run by hand between its starts.
 */

#include "tools/bench/bench.h"
#include "tools/bench/by_hand.h"

#define UUID "b0000000-0000-4000-8000-00000000beef"

typedef struct Guests {
        Bench *bench;
        Peer virtbusd;
        char *path;
        GStrv argv; /* of its QEMU */
} Guests;

static int create(Guests *g, double *ret_wall, double *ret_cpu, Error *error)
{
        uint64_t cpu = process_cpu_nsec(g->virtbusd.pid), began = now_usec();
        int r;

        r = peer_change(&g->virtbusd, g->bench->root_bus, g->path, "Create", true, error);
        *ret_wall = (double) (now_usec() - began);
        *ret_cpu = (double) (process_cpu_nsec(g->virtbusd.pid) - cpu) / NSEC_PER_USEC;
        return r;
}

static int destroy(Guests *g, Error *error)
{
        return peer_change(&g->virtbusd, g->bench->root_bus, g->path, "Destroy", true, error);
}

/* The first start makes the daemon ask the emulator what it can; its command line is the one to compare
 * with. */
static int first_start(Guests *g, Error *error)
{
        double wall, cpu;
        int r = create(g, &wall, &cpu, error);

        if (r < 0)
                return r;
        if (process_find("qemu-system", UUID, &g->argv) == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the QEMU of the guest is not to be found");
        return destroy(g, error);
}

static int measure(Guests *g, Error *error)
{
        const char *group = "Starting a QEMU guest (no disks, firmware only)";
        Row *wall = report_row(g->bench->report, group, "wall until it runs", "ms");
        Row *added = report_row(g->bench->report, group, "wall added by the daemon", "ms");
        Row *cpu = report_row(g->bench->report, group, "CPU of the daemon's own", "ms");
        int r = 0;

        for (size_t round = 0; r >= 0 && round < bench_n(g->bench, 25, 2); round++) {
                double ours = 0, own_cpu = 0, by_hand = 0;

                /* In turns, so that neither is always the second. */
                if (round % 2)
                        r = by_hand_start((const char *const *) g->argv, g->bench->dir, &by_hand, error);
                if (r >= 0)
                        r = create(g, &ours, &own_cpu, error);
                if (r >= 0)
                        r = destroy(g, error);
                if (r >= 0 && round % 2 == 0)
                        r = by_hand_start((const char *const *) g->argv, g->bench->dir, &by_hand, error);
                if (r < 0)
                        break;
                row_add(wall, "by hand", by_hand / USEC_PER_MSEC);
                row_add(wall, "virtbusd", ours / USEC_PER_MSEC);
                row_add(added, "virtbusd", (ours - by_hand) / USEC_PER_MSEC);
                row_add(cpu, "virtbusd", own_cpu / USEC_PER_MSEC);
        }
        row_budget(added, BUDGET_MAX, "virtbusd", NULL, 30);
        row_budget(cpu, BUDGET_MAX, "virtbusd", NULL, 15);
        return r;
}

int bench_guests(Bench *bench, Error *error)
{
        g_autofree char *xml = bench_bare_definition("bench-guest", UUID);
        Guests g = { .bench = bench };
        int r;

        r = bench_start_virtbusd(bench, "QEMU", NULL, &g.virtbusd, error);
        if (r >= 0)
                r = bench_define(bench->root_bus, &g.virtbusd, xml, &g.path, error);
        if (r >= 0)
                r = first_start(&g, error);
        if (r >= 0)
                r = measure(&g, error);
        bench_print(bench);
        peer_clear(&g.virtbusd);
        g_free(g.path);
        g_strfreev(g.argv);
        return r;
}
