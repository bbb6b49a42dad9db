/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/test/test_guest.h"
#include "drivers/test/test_host.h"
#include "drivers/test/test_machine.h"

/* Counters of a device grow while the machine runs; those of the n-th device n times as fast. */
typedef struct Rate {
        const char *name;
        uint64_t per_second;
} Rate;

static const Rate interface_rates[] = {
        { "rx.bytes", 150000 }, { "rx.pkts", 100 }, { "rx.errs", 0 }, { "rx.drop", 0 },
        { "tx.bytes", 90000 },  { "tx.pkts", 60 },  { "tx.errs", 0 }, { "tx.drop", 0 },
};

#define DISK_WRITE_RATE 40960u

static const Rate disk_rates[] = {
        { "rd.reqs", 20 },       { "rd.bytes", 81920 },    { "rd.times", 4000000 },
        { "wr.reqs", 10 },       { "wr.bytes", DISK_WRITE_RATE },    { "wr.times", 6000000 },
        { "fl.reqs", 1 },        { "fl.times", 1000000 },
};

#define DIRTY_RATE 12 /* MiB a second that the guest changes */

/* A guest that keeps half of a processor busy, three fifths of that in its programs. */
#define CPU_SHARE(usec) ((usec) * NSEC_PER_USEC / 2)
#define USER_SHARE(nsec) ((nsec) / 5 * 3)

uint64_t test_disk_write_rate(unsigned n)
{
        return DISK_WRITE_RATE * (uint64_t) (n + 1);
}

uint64_t test_disk_written(const TestMachine *machine, unsigned n)
{
        return test_machine_run_usec(machine) * test_disk_write_rate(n) / USEC_PER_SEC;
}

static void add_rates(Params *ret, const char *kind, unsigned i, const Rate *rates, size_t n, uint64_t usec)
{
        for (size_t k = 0; k < n; k++)
                params_add_u64(ret, params_name(ret, "%s.%u.%s", kind, i, rates[k].name),
                               usec * rates[k].per_second * (i + 1) / USEC_PER_SEC);
}

static void add_cpu(Params *ret, uint64_t usec)
{
        uint64_t time = CPU_SHARE(usec), user = USER_SHARE(time);

        params_add_u64(ret, "cpu.time", time);
        params_add_u64(ret, "cpu.user", user);
        params_add_u64(ret, "cpu.system", time - user);
}

static void add_balloon(const Domain *domain, Params *ret)
{
        uint64_t memory = domain->summary.memory;

        params_add_u64(ret, "balloon.current", memory);
        params_add_u64(ret, "balloon.maximum", domain->summary.memory_max);
        if (!domain_is_active(domain))
                return;
        params_add_u64(ret, "balloon.available", memory);
        params_add_u64(ret, "balloon.unused", memory / 2);
        params_add_u64(ret, "balloon.usable", memory / 2);
        params_add_u64(ret, "balloon.rss", memory / 2);
}

static void add_vcpus(const Domain *domain, Params *ret, uint64_t usec)
{
        const DomainSummary *summary = &domain->summary;

        params_add_u32(ret, "vcpu.current", summary->vcpus);
        params_add_u32(ret, "vcpu.maximum", summary->vcpus_max);
        if (!domain_is_active(domain))
                return;
        for (uint32_t i = 0; i < summary->vcpus; i++) {
                params_add_i32(ret, params_name(ret, "vcpu.%u.state", i), 1); /* virVcpuState: running */
                params_add_u64(ret, params_name(ret, "vcpu.%u.time", i), CPU_SHARE(usec) / summary->vcpus);
        }
}

static void add_interfaces(const Domain *domain, Params *ret, uint64_t usec)
{
        unsigned i = 0;

        params_add_u32(ret, "net.count", domain->live->interfaces.n);
        DEF_FOREACH(interface, domain->live->interfaces) {
                const char *name = interface->target ?: interface->info.alias;

                if (name)
                        params_add_string(ret, params_name(ret, "net.%u.name", i), name);
                add_rates(ret, "net", i++, interface_rates, ELEMENTSOF(interface_rates), usec);
        }
}

static void add_disks(const Domain *domain, Params *ret, uint64_t usec)
{
        unsigned i = 0;

        params_add_u32(ret, "block.count", domain->live->disks.n);
        DEF_FOREACH(disk, domain->live->disks) {
                const char *path = disk->source.file ?: disk->source.dev;

                params_add_string(ret, params_name(ret, "block.%u.name", i), strempty(disk->target));
                if (path)
                        params_add_string(ret, params_name(ret, "block.%u.path", i), path);
                params_add_u64(ret, params_name(ret, "block.%u.allocation", i), TEST_DISK_ALLOCATION);
                params_add_u64(ret, params_name(ret, "block.%u.capacity", i),
                               test_disk_capacity(domain, disk->target));
                params_add_u64(ret, params_name(ret, "block.%u.physical", i), TEST_DISK_ALLOCATION);
                add_rates(ret, "block", i++, disk_rates, ELEMENTSOF(disk_rates), usec);
        }
}

/* Events that are counted, as often as they may happen to such a guest. */
static void add_perf(const Domain *domain, Params *ret, uint64_t usec)
{
        DEF_FOREACH(event, domain->live->perf_events) {
                if (event->enabled == TRISTATE_YES)
                        params_add_u64(ret, params_name(ret, "perf.%s", event->name), usec * 1000);
        }
}

static void add_iothreads(const Domain *domain, Params *ret)
{
        g_autoptr(GArray) ids = domain_iothread_ids(domain->live);

        params_add_u32(ret, "iothread.count", ids->len);
        for (guint i = 0; i < ids->len; i++) {
                uint32_t id = g_array_index(ids, uint32_t, i);

                params_add_u64(ret, params_name(ret, "iothread.%u.poll-max-ns", id), 32768);
                params_add_u32(ret, params_name(ret, "iothread.%u.poll-grow", id), 0);
                params_add_u32(ret, params_name(ret, "iothread.%u.poll-shrink", id), 0);
        }
}

/* virDomainDirtyRateStatus: 0 not begun, 2 measured; as long as the measurement takes, nothing waits for it. */
static void add_dirty_rate(const TestMachine *machine, Params *ret)
{
        uint32_t seconds = machine->guest->dirty_seconds;

        params_add_i32(ret, "dirtyrate.calc_status", seconds > 0 ? 2 : 0);
        params_add_i64(ret, "dirtyrate.calc_start_time", 0);
        params_add_i32(ret, "dirtyrate.calc_period", (int32_t) seconds);
        if (seconds > 0)
                params_add_i64(ret, "dirtyrate.megabytes_per_second", DIRTY_RATE);
}

static void add_vm(Params *ret, uint64_t usec)
{
        params_add_u64(ret, "vm.exits", usec / 10);
        params_add_u64(ret, "vm.halt_exits", usec / 100);
}

int test_domain_get_cpu_stats(Domain *domain, uint32_t cpu, Params *ret)
{
        const TestMachine *machine = test_machine(domain);

        if (cpu >= TEST_HOST_CPUS || !machine)
                return 0;
        params_add_u64(ret, "cpu_time", CPU_SHARE(test_machine_run_usec(machine)) / TEST_HOST_CPUS);
        return 1;
}

void test_domain_get_stats(Domain *domain, uint32_t groups, Params *ret)
{
        const TestMachine *machine = test_machine(domain);
        uint64_t usec = machine ? test_machine_run_usec(machine) : 0;

        if (groups & DOMAIN_STATS_STATE) {
                params_add_i32(ret, "state.state", (int32_t) domain->state);
                params_add_i32(ret, "state.reason", domain->reason);
        }
        if ((groups & DOMAIN_STATS_CPU_TOTAL) && machine)
                add_cpu(ret, usec);
        if (groups & DOMAIN_STATS_BALLOON)
                add_balloon(domain, ret);
        if (groups & DOMAIN_STATS_VCPU)
                add_vcpus(domain, ret, usec);
        if ((groups & DOMAIN_STATS_INTERFACE) && machine)
                add_interfaces(domain, ret, usec);
        if ((groups & DOMAIN_STATS_BLOCK) && machine)
                add_disks(domain, ret, usec);
        if ((groups & DOMAIN_STATS_PERF) && machine)
                add_perf(domain, ret, usec);
        if ((groups & DOMAIN_STATS_IOTHREAD) && machine)
                add_iothreads(domain, ret);
        if (groups & DOMAIN_STATS_MEMORY)
                params_add_u32(ret, "memory.bandwidth.monitor.count", 0);
        if ((groups & DOMAIN_STATS_DIRTYRATE) && machine)
                add_dirty_rate(machine, ret);
        if ((groups & DOMAIN_STATS_VM) && machine)
                add_vm(ret, usec);
}
