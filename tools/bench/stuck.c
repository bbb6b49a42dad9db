/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether a machine that does not answer its monitor is felt by the others. */

#include "tools/bench/bench.h"

#include <signal.h>

#define UUID_STUCK "b0000000-0000-4000-8000-00000000dead"
#define UUID_OTHER "b0000000-0000-4000-8000-00000000cafe"

static int start_guest(Bench *bench, const Peer *peer, const char *name, const char *uuid, char **ret_path,
                       Error *error)
{
        g_autofree char *xml = bench_bare_definition(name, uuid);
        sd_bus *bus = bench->root_bus;
        int r = bench_define(bus, peer, xml, ret_path, error);

        return r < 0 ? r : peer_change(peer, bus, *ret_path, "Create", true, error);
}

static sd_bus_message *get_state(const Peer *peer, sd_bus *bus, size_t i, void *path)
{
        return peer_message(peer, bus, path, "Domain", "GetState", "u", 0);
}

/* Needs the other machine's monitor. */
static sd_bus_message *suspend_or_resume(const Peer *peer, sd_bus *bus, size_t i, void *path)
{
        return peer_message(peer, bus, path, "Domain", i % 2 ? "Resume" : "Suspend", NULL);
}

typedef struct Kind {
        const char *name;
        LoadMessage message;
        size_t n;
} Kind;

static const Kind kinds[] = {
        { "GetState of another domain", get_state, 2000 },
        { "Suspend and Resume of another domain", suspend_or_resume, 100 },
};

/* Median and 99th percentile of one series of calls. */
static int latencies(Bench *bench, const Peer *peer, const Kind *kind, char *path, double ret[2],
                     Error *error)
{
        _cleanup_samples_ Samples samples = {};
        Load load = {
                .peer = peer,
                .bus = bench->user_bus && kind->message == get_state ? bench->user_bus : bench->root_bus,
                .n = bench_n(bench, kind->n, 20),
                .in_flight = 1,
                .message = kind->message,
                .userdata = path,
                .latencies = &samples,
        };
        LoadResult result;
        int r = load_run(&load, &result, error);

        ret[0] = samples_median(&samples);
        ret[1] = samples_quantile(&samples, 0.99);
        return r;
}

static int on_late_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        *(bool *) userdata = true;
        return 0;
}

/* A call that waits for the stopped machine is under way meanwhile; it must be over before the next round. */
static int measure_while_stuck(Bench *bench, const Peer *peer, const Kind *kind, char *stuck, char *other,
                               pid_t pid, double ret[2], Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        bool answered = false;
        int r;

        if (kill(pid, SIGSTOP) < 0)
                return error_set_errno(error, errno, "cannot stop the QEMU");
        m = peer_message(peer, bench->root_bus, stuck, "Domain", "Suspend", NULL);
        r = sd_bus_call_async(bench->root_bus, NULL, m, on_late_reply, &answered, 60 * USEC_PER_SEC);
        if (r >= 0)
                r = latencies(bench, peer, kind, other, ret, error);
        (void) kill(pid, SIGCONT);
        while (r >= 0 && !answered) {
                r = sd_bus_process(bench->root_bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bench->root_bus, USEC_PER_SEC);
        }
        return r < 0 ? r : peer_change(peer, bench->root_bus, stuck, "Resume", false, error);
}

static int measure(Bench *bench, const Peer *peer, const Kind *kind, char *stuck, char *other, Error *error)
{
        pid_t pid = process_find("qemu-system", UUID_STUCK, NULL);
        g_autofree char *median_name = g_strdup_printf("%s, median", kind->name);
        g_autofree char *tail_name = g_strdup_printf("%s, 99th percentile", kind->name);
        Row *median = report_row(bench->report, "A machine that hangs (SIGSTOP)", median_name, "µs");
        Row *tail = report_row(bench->report, "A machine that hangs (SIGSTOP)", tail_name, "µs");
        int r = 0;

        if (pid == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the QEMU of the guest is not to be found");
        for (size_t round = 0; r >= 0 && round < bench_n(bench, 15, 2); round++) {
                double before[2] = {}, during[2] = {};

                r = latencies(bench, peer, kind, other, before, error);
                if (r >= 0)
                        r = measure_while_stuck(bench, peer, kind, stuck, other, pid, during, error);
                if (r < 0)
                        break;
                row_add(median, "before", before[0]);
                row_add(median, "meanwhile", during[0]);
                row_add(tail, "before", before[1]);
                row_add(tail, "meanwhile", during[1]);
        }
        row_budget(median, BUDGET_RATIO_MAX, "meanwhile", "before", 1.1);
        row_budget(tail, BUDGET_RATIO_MAX, "meanwhile", "before", 1.5);
        bench_print(bench);
        return r;
}

int bench_stuck(Bench *bench, Error *error)
{
        g_autofree char *stuck = NULL, *other = NULL;
        _cleanup_peer_ Peer virtbusd = {};
        sd_bus *bus = bench->root_bus;
        int r;

        r = bench_start_virtbusd(bench, "QEMU", NULL, &virtbusd, error);
        if (r >= 0)
                r = start_guest(bench, &virtbusd, "bench-stuck", UUID_STUCK, &stuck, error);
        if (r >= 0)
                r = start_guest(bench, &virtbusd, "bench-other", UUID_OTHER, &other, error);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kinds); i++)
                r = measure(bench, &virtbusd, kinds + i, stuck, other, error);
        if (r >= 0)
                r = peer_change(&virtbusd, bus, stuck, "Destroy", true, error);
        if (r >= 0)
                r = peer_change(&virtbusd, bus, other, "Destroy", true, error);
        return r;
}
