/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"
#include "drivers/model/domain_tune.h"
#include "drivers/qemu/qemu_cgroup.h"
#include "tests/guest/world.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the kernel does with a machine's processes, as its own files tell. */

static void skip_without(CgroupController controller)
{
        _cleanup_(cgroups_unrefp) Cgroups *groups = NULL;

        assert_int_equal(cgroups_open(&groups, NULL), 0);
        if (access("/sys/fs/cgroup", W_OK) == 0 && cgroups_have(groups, controller))
                return;
        print_message("skipped: no cgroups with controller %d can be written here\n", (int) controller);
        skip();
}

/* A machine whose firmware finds nothing to boot, again and again: it keeps its processor busy. */
static char *busy_machine(const char *name, const char *more)
{
        return g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>"
                               "<os><type arch='x86_64' machine='q35'>hvm</type><bios rebootTimeout='0'/></os>"
                               "%s<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>",
                               name, more);
}

static Domain *start(World *world, const char *name, const char *more)
{
        g_autofree char *xml = busy_machine(name, more);
        Domain *domain = world_define(world, xml);

        if (world_start(world, domain, 0) < 0)
                fail_msg("%s", world->text);
        return domain;
}

static void stop(World *world, Domain *domain)
{
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        world_wait(world, !domain->private);
}

/* The group of a task in the hierarchy of the controller; version 2 has one for all. Free with g_free(). */
static char *group_of(pid_t pid, pid_t tid, const char *controller)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/cgroup", (int) pid, (int) tid);
        g_autofree char *v1 = g_strdup_printf(":%s:", controller), *text = NULL;
        g_auto(GStrv) lines = NULL;
        char *found = NULL;

        assert_int_equal(read_file_at(AT_FDCWD, path, 65536, &text, NULL), 0);
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                const char *at = strstr(*line, v1);

                if (at || (!found && g_str_has_prefix(*line, "0::"))) {
                        g_free(found);
                        found = g_strdup(at ? at + strlen(v1) : *line + strlen("0::"));
                }
        }
        assert_non_null(found);
        return found;
}

static bool is_v1(const char *controller)
{
        g_autofree char *dir = g_build_filename("/sys/fs/cgroup", controller, "tasks", NULL);

        return access(dir, F_OK) == 0;
}

/* A file of a group beneath the machine's ("" for that itself). Free with g_free(). */
static char *read_group(const Domain *domain, const char *below, const char *controller, const char *v1, const char *v2)
{
        const QemuGuest *guest = world_guest(domain);
        bool old = is_v1(controller);
        g_autofree char *path = g_build_filename("/sys/fs/cgroup", old ? controller : "", guest->cgroup.path, below,
                                                 old ? v1 : v2, NULL);
        char *text = NULL;

        if (read_file_at(AT_FDCWD, path, 65536, &text, NULL) < 0)
                fail_msg("cannot read %s", path);
        return g_strchomp(text);
}

static void expect_group(const Domain *domain, const char *below, const char *controller, const char *v1,
                         const char *v1_text, const char *v2, const char *v2_text)
{
        g_autofree char *text = read_group(domain, below, controller, v1, v2);

        assert_string_equal(text, is_v1(controller) ? v1_text : v2_text);
}

static void test_placed(void **state)
{
        static const char *const controllers[] = { "cpu", "cpuacct", "cpuset", "memory", "blkio" };
        World *world = *state;
        g_autofree char *path = NULL;
        _cleanup_(cgroup_unrefp) Cgroup *left = NULL;
        _cleanup_(cgroups_unrefp) Cgroups *groups = NULL;
        Domain *domain;
        pid_t pid;

        skip_without(CGROUP_CPU);
        domain = start(world, "web", "");
        pid = world_pid(domain);
        path = g_strdup(world_guest(domain)->cgroup.path);
        assert_true(g_str_has_prefix(path, "/machine/qemu-1-web"));
        for (size_t i = 0; i < ELEMENTSOF(controllers); i++) {
                g_autofree char *group = group_of(pid, pid, controllers[i]);

                assert_true(g_str_has_suffix(group, path));
        }
        stop(world, domain);
        assert_int_equal(cgroups_open(&groups, NULL), 0);
        for (unsigned i = 0; i < 100 && cgroup_open(groups, path, &left, NULL) >= 0; i++) {
                left = cgroup_unref(left);
                world_run(world, 20 * USEC_PER_MSEC);
        }
        assert_true(cgroup_open(groups, path, &left, NULL) < 0);
}

static void test_limits(void **state)
{
        World *world = *state;
        Domain *domain;

        skip_without(CGROUP_MEMORY);
        domain = start(world, "web",
                       "<memtune><hard_limit unit='MiB'>1024</hard_limit><soft_limit unit='MiB'>512</soft_limit>"
                       "<swap_hard_limit unit='MiB'>1536</swap_hard_limit></memtune>"
                       "<numatune><memory mode='restrictive' nodeset='0'/></numatune>"
                       "<cputune><shares>700</shares><global_period>20000</global_period>"
                       "<global_quota>15000</global_quota></cputune>"
                       "<resource><partition>/lab/a</partition></resource>");
        assert_true(g_str_has_prefix(world_guest(domain)->cgroup.path, "/lab.partition/a.partition/qemu-1-web"));
        expect_group(domain, "", "memory", "memory.limit_in_bytes", "1073741824", "memory.max", "1073741824");
        expect_group(domain, "", "memory", "memory.soft_limit_in_bytes", "536870912", "memory.high", "536870912");
        expect_group(domain, "", "memory", "memory.memsw.limit_in_bytes", "1610612736", "memory.swap.max", "536870912");
        expect_group(domain, "", "cpuset", "cpuset.mems", "0", "cpuset.mems", "0");
        expect_group(domain, "", "cpu", "cpu.shares", "700", "cpu.weight", "700");
        expect_group(domain, "", "cpu", "cpu.cfs_quota_us", "15000", "cpu.max", "15000 20000");
        if (is_v1("cpu"))
                expect_group(domain, "", "cpu", "cpu.cfs_period_us", "20000", NULL, NULL);
        stop(world, domain);
}

/* Processor time of a task, in ticks: fields 14 and 15 of its stat (proc(5)). */
static unsigned long ticks_of(pid_t pid, pid_t tid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/stat", (int) pid, (int) tid), *text = NULL;
        unsigned long user, system;

        assert_int_equal(read_file_at(AT_FDCWD, path, 4096, &text, NULL), 0);
        assert_int_equal(sscanf(strrchr(text, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                                &system), 2);
        return user + system;
}

/* The share of a processor that the first virtual one has used in a second, in percent. */
static unsigned long busy_percent(World *world, const Domain *domain)
{
        const QemuGuest *guest = world_guest(domain);
        pid_t pid = world_pid(domain), tid;
        unsigned long before;
        uint64_t begin;

        world_wait(world, guest->facts.n_vcpus > 0);
        tid = guest->facts.vcpu_threads[0];
        before = ticks_of(pid, tid);
        begin = now_usec();
        while (now_usec() < begin + USEC_PER_SEC)
                world_run(world, 20 * USEC_PER_MSEC);
        return (ticks_of(pid, tid) - before) * 100 / (unsigned long) sysconf(_SC_CLK_TCK);
}

/* How often the kernel has stopped the group for the rest of a period. */
static unsigned long n_throttled(const Domain *domain, const char *below)
{
        g_autofree char *text = read_group(domain, below, "cpu", "cpu.stat", "cpu.stat");
        const char *at = strstr(text, "nr_throttled ");

        assert_non_null(at);
        return strtoul(at + strlen("nr_throttled "), NULL, 10);
}

static void test_quota(void **state)
{
        World *world = *state;
        g_autofree char *emulator = NULL;
        Domain *domain;
        pid_t pid;

        skip_without(CGROUP_CPU);
        domain = start(world, "web", "<vcpu>2</vcpu><iothreads>1</iothreads>"
                                     "<cputune><period>20000</period><quota>2000</quota>"
                                     "<emulator_quota>50000</emulator_quota><iothread_quota>30000</iothread_quota>"
                                     "</cputune>");
        pid = world_pid(domain);
        assert_true(busy_percent(world, domain) <= 20);
        assert_true(n_throttled(domain, "vcpu0") > 0);
        for (unsigned i = 0; i < 2; i++) {
                g_autofree char *name = g_strdup_printf("vcpu%u", i);
                g_autofree char *own = group_of(pid, world_guest(domain)->facts.vcpu_threads[i], "cpu");

                assert_true(g_str_has_suffix(own, name));
                expect_group(domain, name, "cpu", "cpu.cfs_quota_us", "2000", "cpu.max", "2000 20000");
        }
        emulator = group_of(pid, pid, "cpu");
        assert_true(g_str_has_suffix(emulator, "/emulator"));
        expect_group(domain, "emulator", "cpu", "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000");
        expect_group(domain, "iothread1", "cpu", "cpu.cfs_quota_us", "30000", "cpu.max", "30000 100000");
        stop(world, domain);
}

/* What the next edit is; one at a time. */
typedef struct Wish {
        DomainEditKind kind;
        uint64_t number;
        const char *cpuset;
        void (*fill)(Params *params);
} Wish;

static const Wish *wish;

static int edit(Domain *domain, Job *job, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *change = domain_edit_new(wish->kind, DOMAIN_AFFECT_LIVE);

        change->number = wish->number;
        change->cpuset = g_strdup(wish->cpuset);
        if (wish->fill)
                wish->fill(&change->params);
        return qemu_edit(domain, change, job, error);
}

static int change(World *world, Domain *domain, DomainEditKind kind, void (*fill)(Params *params))
{
        const Wish this = { .kind = kind, .fill = fill };

        wish = &this;
        return world_do(world, domain, edit);
}

static void fill_quota(Params *params)
{
        params_add_u64(params, "vcpu_period", 20000);
        params_add_i64(params, "vcpu_quota", 2000);
        params_add_u64(params, "cpu_shares", 512);
}

static void fill_global(Params *params)
{
        params_add_u64(params, "global_period", 20000);
        params_add_i64(params, "global_quota", 1000000);
}

static void fill_memory(Params *params)
{
        params_add_u64(params, "hard_limit", 900 * 1024);
        params_add_u64(params, "swap_hard_limit", 1000 * 1024);
}

static void fill_no_memory(Params *params)
{
        params_add_u64(params, "hard_limit", TUNE_MEMORY_UNLIMITED);
        params_add_u64(params, "swap_hard_limit", TUNE_MEMORY_UNLIMITED);
}

static void fill_little_memory(Params *params)
{
        params_add_u64(params, "soft_limit", 400 * 1024);
}

static void fill_nodes(Params *params)
{
        params_add_string(params, "numa_nodeset", "0");
}

static void fill_no_nodes(Params *params)
{
        params_add_string(params, "numa_nodeset", "63");
}

static uint64_t number_of(Domain *domain, const TuneTable *table, const void *tune, DomainEditKind kind,
                          const char *name)
{
        _cleanup_params_ Params params = PARAMS_INIT;

        tune_read(table, tune, &params);
        qemu_driver_info.domain.read_limits(domain, kind, &params);
        return params_find(&params, name)->t;
}

static void test_live_processors(void **state)
{
        World *world = *state;
        Domain *domain;

        skip_without(CGROUP_CPU);
        domain = start(world, "web", "");
        assert_int_equal(change(world, domain, DOMAIN_EDIT_SCHEDULER, fill_quota), 0);
        assert_true(busy_percent(world, domain) <= 20);
        assert_true(n_throttled(domain, "vcpu0") > 0);
        expect_group(domain, "", "cpu", "cpu.shares", "512", "cpu.weight", "512");
        expect_group(domain, "vcpu0", "cpu", "cpu.cfs_quota_us", "2000", "cpu.max", "2000 20000");
        assert_int_equal(number_of(domain, &tune_scheduler, NULL, DOMAIN_EDIT_SCHEDULER, "vcpu_quota"), 2000);
        assert_int_equal(number_of(domain, &tune_scheduler, NULL, DOMAIN_EDIT_SCHEDULER, "vcpu_period"), 20000);
        assert_int_equal(number_of(domain, &tune_scheduler, NULL, DOMAIN_EDIT_SCHEDULER, "cpu_shares"), 512);
        assert_int_equal(change(world, domain, DOMAIN_EDIT_SCHEDULER, fill_global), 0);
        assert_int_equal(number_of(domain, &tune_scheduler, NULL, DOMAIN_EDIT_SCHEDULER, "global_quota"), 1000000);
        stop(world, domain);
}

static void test_live_memory(void **state)
{
        World *world = *state;
        Domain *domain;
        _cleanup_params_ Params params = PARAMS_INIT;

        skip_without(CGROUP_MEMORY);
        domain = start(world, "web", "");
        assert_int_equal(change(world, domain, DOMAIN_EDIT_MEMORY_TUNE, fill_memory), 0);
        expect_group(domain, "", "memory", "memory.limit_in_bytes", "943718400", "memory.max", "943718400");
        assert_int_equal(number_of(domain, &tune_memory, NULL, DOMAIN_EDIT_MEMORY_TUNE, "swap_hard_limit"),
                         1000 * 1024);
        assert_int_equal(change(world, domain, DOMAIN_EDIT_MEMORY_TUNE, fill_little_memory), 0);
        assert_int_equal(number_of(domain, &tune_memory, NULL, DOMAIN_EDIT_MEMORY_TUNE, "soft_limit"), 400 * 1024);
        assert_int_equal(number_of(domain, &tune_memory, NULL, DOMAIN_EDIT_MEMORY_TUNE, "hard_limit"), 900 * 1024);
        assert_int_equal(change(world, domain, DOMAIN_EDIT_MEMORY_TUNE, fill_no_memory), 0);
        assert_int_equal(number_of(domain, &tune_memory, NULL, DOMAIN_EDIT_MEMORY_TUNE, "hard_limit"),
                         TUNE_MEMORY_UNLIMITED);
        qemu_get_stats(domain, DOMAIN_STATS_MEMORY | DOMAIN_STATS_CPU_TOTAL, &params);
        assert_true(params_find(&params, "memory.current")->t > 1024);
        assert_true(params_find(&params, "cpu.time")->t > 0);
        stop(world, domain);
}

static void test_live_nodes(void **state)
{
        World *world = *state;
        Domain *domain;

        skip_without(CGROUP_CPUSET);
        domain = start(world, "web", "");
        assert_int_equal(change(world, domain, DOMAIN_EDIT_NUMA, fill_nodes), 0);
        expect_group(domain, "", "cpuset", "cpuset.mems", "0", "cpuset.mems", "0");
        assert_true(change(world, domain, DOMAIN_EDIT_NUMA, fill_no_nodes) < 0);
        assert_non_null(strstr(world->text, "/domain/numatune/memory/@nodeset"));
        stop(world, domain);
}

static void expect_affinity(pid_t tid, const char *expected)
{
        g_autofree uint8_t *map = g_new0(uint8_t, CPU_SETSIZE);
        g_autofree char *text = NULL;
        cpu_set_t set;

        assert_int_equal(sched_getaffinity(tid, sizeof(set), &set), 0);
        for (size_t i = 0; i < CPU_SETSIZE; i++)
                map[i] = CPU_ISSET(i, &set);
        text = cpuset_from_map(map, CPU_SETSIZE);
        assert_string_equal(text, expected);
}

static void test_live_pins(void **state)
{
        const Wish wishes[] = {
                { DOMAIN_EDIT_PIN_EMULATOR, 0, "0", NULL },
                { DOMAIN_EDIT_PIN_VCPU, 0, "1", NULL },
        };
        World *world = *state;
        Domain *domain;

        if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
                print_message("skipped: there is one processor only\n");
                skip();
        }
        domain = start(world, "web", "");
        for (size_t i = 0; i < ELEMENTSOF(wishes); i++) {
                wish = wishes + i;
                assert_int_equal(world_do(world, domain, edit), 0);
        }
        world_wait(world, world_guest(domain)->facts.n_vcpus > 0);
        expect_affinity(world_pid(domain), "0");
        expect_affinity(world_guest(domain)->facts.vcpu_threads[0], "1");
        assert_non_null(domain->live->cpu_tune->emulator_cpuset);
        stop(world, domain);
}

static dev_t disk_of_host(const char **ret_path)
{
        static const char *const paths[] = { "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0" };
        struct stat st;

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                if (stat(paths[i], &st) >= 0 && S_ISBLK(st.st_mode)) {
                        *ret_path = paths[i];
                        return st.st_rdev;
                }
        print_message("skipped: this machine has no disk\n");
        skip();
        return 0;
}

static const char *host_disk;

static void fill_disk(Params *params)
{
        g_autofree char *text = g_strdup_printf("%s,0", host_disk);

        params_add_string(params, "device_read_iops_sec", text);
}

static void test_disks(void **state)
{
        World *world = *state;
        g_autofree char *more = NULL, *before = NULL, *after = NULL;
        Domain *domain;

        skip_without(CGROUP_IO);
        (void) disk_of_host(&host_disk);
        more = g_strdup_printf("<blkiotune><device><path>%s</path><read_iops_sec>4321</read_iops_sec>"
                               "<write_bytes_sec>7654321</write_bytes_sec></device></blkiotune>", host_disk);
        domain = start(world, "web", more);
        before = read_group(domain, "", "blkio", "blkio.throttle.read_iops_device", "io.max");
        assert_non_null(strstr(before, "4321"));
        assert_int_equal(change(world, domain, DOMAIN_EDIT_BLKIO_TUNE, fill_disk), 0);
        after = read_group(domain, "", "blkio", "blkio.throttle.read_iops_device", "io.max");
        assert_null(strstr(after, "iops=4321"));
        assert_null(strstr(after, " 4321"));
        stop(world, domain);
}

static void test_refused(void **state)
{
        static const struct {
                const char *more, *place;
        } rows[] = {
                { "<memtune><swap_hard_limit unit='MiB'>512</swap_hard_limit></memtune>",
                  "/domain/memtune/swap_hard_limit" },
                { "<numatune><memory mode='restrictive' nodeset='63'/></numatune>",
                  "/domain/numatune/memory/@nodeset" },
                { "<blkiotune><device><path>/dev/null</path><read_iops_sec>1</read_iops_sec></device></blkiotune>",
                  "/domain/blkiotune/device/path" },
                { "<blkiotune><device><path>/dev/absent</path><read_iops_sec>1</read_iops_sec></device></blkiotune>",
                  "/domain/blkiotune/device/path" },
                { "<cputune><cachetune vcpus='0'><cache id='99' level='3' type='both' size='3' unit='MiB'/></cachetune>"
                  "</cputune>",
                  "/domain/cputune/cachetune[1]" },
        };
        World *world = *state;

        skip_without(CGROUP_CPU);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *name = g_strdup_printf("m%zu", i), *xml = busy_machine(name, rows[i].more);
                Domain *domain = world_define(world, xml);

                assert_true(world_start(world, domain, 0) < 0);
                if (!strstr(world->text, rows[i].place))
                        fail_msg("%s is not in: %s", rows[i].place, world->text);
                world_wait(world, !domain->private);
        }
        assert_int_equal(world_processes(world), 0);
}

/* Threads that are real-time ones have their scheduler whatever the host's cgroups make of it. */
static void test_real_time(void **state)
{
        World *world = *state;
        Domain *domain = start(world, "web", "<cputune><vcpusched vcpus='0' scheduler='fifo' priority='1'/></cputune>");

        world_wait(world, world_guest(domain)->facts.n_vcpus > 0);
        assert_int_equal(sched_getscheduler(world_guest(domain)->facts.vcpu_threads[0]), SCHED_FIFO);
        stop(world, domain);
}

static void test_adopted(void **state)
{
        World *world = *state;
        g_autofree char *path = NULL;
        Domain *domain;

        skip_without(CGROUP_CPU);
        domain = start(world, "web", "");
        path = g_strdup(world_guest(domain)->cgroup.path);
        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        assert_string_equal(world_guest(domain)->cgroup.path, path);
        world_wait(world, world_guest(domain)->qmp && domain->responsive);
        assert_int_equal(change(world, domain, DOMAIN_EDIT_SCHEDULER, fill_quota), 0);
        expect_group(domain, "vcpu0", "cpu", "cpu.cfs_quota_us", "2000", "cpu.max", "2000 20000");
        stop(world, domain);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_placed, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_limits, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_quota, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_live_processors, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_live_memory, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_live_nodes, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_live_pins, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_disks, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_refused, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_real_time, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_adopted, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
