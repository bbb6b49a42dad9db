/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_perf.h"
#include "drivers/qemu/qemu_resctrl.h"

#include <stdio.h>
#include <string.h>

/*
 * Names of libvirt's virConnectGetAllDomainStats(); times in nanoseconds, sizes in KiB where not said
 * otherwise.
 */

static const char *const balloon_names[_QEMU_BALLOON_MAX] = {
        [QEMU_BALLOON_SWAP_IN] = "balloon.swap_in",
        [QEMU_BALLOON_SWAP_OUT] = "balloon.swap_out",
        [QEMU_BALLOON_MAJOR_FAULT] = "balloon.major_fault",
        [QEMU_BALLOON_MINOR_FAULT] = "balloon.minor_fault",
        [QEMU_BALLOON_UNUSED] = "balloon.unused",
        [QEMU_BALLOON_AVAILABLE] = "balloon.available",
        [QEMU_BALLOON_USABLE] = "balloon.usable",
        [QEMU_BALLOON_DISK_CACHES] = "balloon.disk_caches",
        [QEMU_BALLOON_HUGETLB_PGALLOC] = "balloon.hugetlb_pgalloc",
        [QEMU_BALLOON_HUGETLB_PGFAIL] = "balloon.hugetlb_pgfail",
};

/* Fields of /proc/PID/stat and /proc/PID/task/TID/stat behind the name of the program (proc(5)). */
typedef struct ProcStat {
        uint64_t utime, stime; /* ticks */
        int64_t rss;           /* pages */
} ProcStat;

static bool read_proc_stat(const char *path, ProcStat *ret)
{
        g_autofree char *text = NULL;
        const char *p;
        unsigned long long utime, stime;
        long rss;

        if (read_file_at(AT_FDCWD, path, 4096, &text, NULL) < 0)
                return false;
        p = strrchr(text, ')');
        /* fields 3 to 24; those that are skipped are "state" to "cmajflt" and "cutime" to "vsize" */
        if (!p || sscanf(p + 1,
                         " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u"
                         " %llu %llu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                         &utime, &stime, &rss) != 3)
                return false;
        *ret = (ProcStat) { utime, stime, rss };
        return true;
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
        return ticks * (NSEC_PER_SEC / (uint64_t) sysconf(_SC_CLK_TCK));
}

/* The cgroup counts in nanoseconds, and all processes of the machine. */
static bool read_cpu_time(const QemuGuest *guest, CgroupCpuTime *ret)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int) guest->status.pid);
        ProcStat stat;

        if (guest->cgroup.group && cgroup_get_cpu_time(guest->cgroup.group, ret) >= 0)
                return true;
        if (!read_proc_stat(path, &stat))
                return false;
        *ret = (CgroupCpuTime) {
                .total = ticks_to_ns(stat.utime + stat.stime),
                .user = ticks_to_ns(stat.utime),
                .system = ticks_to_ns(stat.stime),
        };
        return true;
}

/* What <monitor>s have seen. */
static void add_monitors(const QemuGuest *guest, bool bandwidth, Params *ret)
{
        g_autofree char *machine = NULL;

        if (!guest->live || !qemu_resctrl_is_wanted(guest->live))
                return;
        machine = qemu_cgroup_machine(guest);
        qemu_resctrl_add_stats("", machine, guest->live, bandwidth, ret);
}

static void add_cpu(const QemuGuest *guest, Params *ret)
{
        CgroupCpuTime time;

        if (!read_cpu_time(guest, &time))
                return;
        params_add_u64(ret, "cpu.time", time.total);
        params_add_u64(ret, "cpu.user", time.user);
        params_add_u64(ret, "cpu.system", time.system);
        add_monitors(guest, false, ret);
}

int qemu_get_cpu_stats(Domain *domain, uint32_t cpu, Params *ret)
{
        const QemuGuest *guest = domain_is_active(domain) ? domain_guest(domain) : NULL;
        uint64_t time;

        if (!guest || !guest->cgroup.group || cgroup_get_cpu_time_of(guest->cgroup.group, cpu, &time) < 0)
                return 0;
        params_add_u64(ret, "cpu_time", time);
        return 1;
}

/* What the host spends on it: QEMU's own memory and caches of its files beside that of the guest. */
static void add_memory(const QemuGuest *guest, Params *ret)
{
        uint64_t used;

        if (guest->cgroup.group && cgroup_get_memory_used(guest->cgroup.group, &used) >= 0)
                params_add_u64(ret, "memory.current", used);
        add_monitors(guest, true, ret);
}

static void add_balloon(const Domain *domain, const QemuGuest *guest, Params *ret)
{
        const QemuFacts *facts;
        g_autofree char *path = NULL;
        ProcStat stat;

        params_add_u64(ret, "balloon.current", domain->summary.memory);
        params_add_u64(ret, "balloon.maximum", domain->summary.memory_max);
        if (!guest)
                return;
        facts = &guest->facts;
        for (QemuBalloonFact i = 0; i < _QEMU_BALLOON_MAX; i++)
                if (facts->balloon_known & 1u << i)
                        params_add_u64(ret, balloon_names[i], facts->balloon[i]);
        if (facts->balloon_updated > 0)
                params_add_u64(ret, "balloon.last-update", facts->balloon_updated);
        path = g_strdup_printf("/proc/%d/stat", (int) guest->status.pid);
        if (read_proc_stat(path, &stat))
                params_add_u64(ret, "balloon.rss",
                               (uint64_t) stat.rss * (uint64_t) sysconf(_SC_PAGESIZE) / 1024);
}

static void add_vcpus(const Domain *domain, const QemuGuest *guest, Params *ret)
{
        params_add_u32(ret, "vcpu.current", domain->summary.vcpus);
        params_add_u32(ret, "vcpu.maximum", domain->summary.vcpus_max);
        for (size_t i = 0; guest && i < guest->facts.n_vcpus; i++) {
                g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/stat", (int) guest->status.pid,
                                                        (int) guest->facts.vcpu_threads[i]);
                ProcStat stat;

                if (guest->facts.vcpu_threads[i] == 0)
                        continue;
                params_add_i32(ret, params_name(ret, "vcpu.%zu.state", i), 1 /* VIR_VCPU_RUNNING */);
                if (read_proc_stat(path, &stat))
                        params_add_u64(ret, params_name(ret, "vcpu.%zu.time", i),
                                       ticks_to_ns(stat.utime + stat.stime));
        }
}

static void add_disk(const QemuDiskFacts *facts, size_t i, Params *ret)
{
        const struct {
                const char *name;
                uint64_t value;
        } rows[] = {
                { "rd.reqs", facts->rd_reqs },       { "rd.bytes", facts->rd_bytes },
                { "rd.times", facts->rd_ns },        { "wr.reqs", facts->wr_reqs },
                { "wr.bytes", facts->wr_bytes },     { "wr.times", facts->wr_ns },
                { "fl.reqs", facts->fl_reqs },       { "fl.times", facts->fl_ns },
                { "allocation", facts->allocation }, { "capacity", facts->capacity },
                { "physical", facts->physical },
        };

        for (size_t k = 0; k < ELEMENTSOF(rows); k++)
                params_add_u64(ret, params_name(ret, "block.%zu.%s", i, rows[k].name), rows[k].value);
}

static void add_block(const QemuGuest *guest, Params *ret)
{
        size_t i = 0;

        if (!guest->live)
                return;
        params_add_u32(ret, "block.count", guest->live->disks.n);
        DEF_FOREACH(disk, guest->live->disks) {
                const char *path = disk->source.file ?: disk->source.dev;

                params_add_string(ret, params_name(ret, "block.%zu.name", i), strempty(disk->target));
                if (path)
                        params_add_string(ret, params_name(ret, "block.%zu.path", i), path);
                for (size_t k = 0; k < guest->facts.n_disks; k++)
                        if (streq_ptr(guest->facts.disks[k].alias, disk->info.alias))
                                add_disk(&guest->facts.disks[k], i, ret);
                i++;
        }
}

void qemu_get_stats(Domain *domain, uint32_t groups, Params *ret)
{
        QemuGuest *guest = domain_is_active(domain) ? domain_guest(domain) : NULL;

        if (groups & DOMAIN_STATS_STATE) {
                params_add_i32(ret, "state.state", domain->state);
                params_add_i32(ret, "state.reason", domain->reason);
        }
        if (guest && (groups & DOMAIN_STATS_CPU_TOTAL))
                add_cpu(guest, ret);
        if (groups & DOMAIN_STATS_BALLOON)
                add_balloon(domain, guest, ret);
        if (groups & DOMAIN_STATS_VCPU)
                add_vcpus(domain, guest, ret);
        if (guest && (groups & DOMAIN_STATS_BLOCK))
                add_block(guest, ret);
        if (guest && (groups & DOMAIN_STATS_MEMORY))
                add_memory(guest, ret);
        if (guest && (groups & DOMAIN_STATS_PERF))
                qemu_perf_add_stats(guest, ret);
        /* the answer is from memory; this one keeps the next from being old */
        if (guest && (groups & (DOMAIN_STATS_BALLOON | DOMAIN_STATS_VCPU | DOMAIN_STATS_BLOCK)))
                guest_refresh_facts(guest);
}
