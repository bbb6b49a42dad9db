/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Machines with a system that runs, which does what guests do: talk, power off, reboot, crash, fill disks.
 */

#include "tests/guest/linux.h"

#include "drivers/qemu/qemu_request.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void test_console(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        line_send(&line, "echo $((20 + 22))\n");
        line_expect(&line, "42\r");
        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        line_send(&line, "echo $((30 + 33))\n");
        for (unsigned i = 0; i < 20; i++)
                (void) world_run(world, 20 * USEC_PER_MSEC);
        assert_false(line_has(&line, "63"));
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(&line, "63\r");
        line_close(&line);
}

static void test_channel(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "",
                                             "<channel type='unix'>"
                                             "<target type='virtio' name='org.virtbus.echo.0'/></channel>",
                                             NULL);
        Line console, channel;
        Domain *domain = linux_boot(world, xml, &console);

        line_open(&channel, world, domain, "org.virtbus.echo.0");
        line_send(&channel, "there and back\n");
        line_expect(&channel, "there and back");
        assert_true(world_open_device(world, domain, true, "org.virtbus.echo.0", 0) < 0);
        line_close(&channel);
        line_open(&channel, world, domain, "org.virtbus.echo.0");
        line_send(&channel, "once more\n");
        line_expect(&channel, "once more");
        line_close(&channel);
        line_close(&console);
}

static void test_shutdown(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        assert_int_equal(world_do_flags(world, domain, qemu_shutdown, 0), 0);
        world_expect(world, "web:event stopped");
        assert_string_equal(world->record->str, "web:state shutdown unknown;web:event shutdown guest;"
                                                "web:state shutoff shutdown;web:event stopped shutdown;");
        assert_int_equal(world_processes(world), 0);
        line_close(&line);
}

static void test_reboot(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);
        pid_t pid = world_pid(domain);

        assert_int_equal(world_do_flags(world, domain, qemu_reboot, DOMAIN_SHUTDOWN_ACPI_POWER_BTN), 0);
        world_expect(world, "web:reboot;");
        line_expect(&line, LINUX_BANNER);
        assert_int_equal(world_count(world, "web:reboot;"), 1);
        assert_int_equal(world_pid(domain), pid);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        assert_int_equal(world_count(world, "shutdown"), 0);
        /* the reboot is over: a power-off is one again */
        line_send(&line, "\npoweroff -f\n");
        world_expect(world, "web:event stopped shutdown;");
        line_close(&line);
}

#define AGENT                                                                                               \
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"

static bool agent_is_there(const Domain *domain)
{
        return domain->live && domain->live->channels.items[0]->target_connected == TRISTATE_YES;
}

/* Boots a machine with the real agent in it. */
static Domain *boot_with_agent(World *world, Line *line)
{
        g_autofree char *xml = linux_machine("web", "", AGENT, NULL), *agent = g_find_program_in_path("qemu-ga");
        Domain *domain;

        if (!agent)
                skip();
        domain = linux_boot(world, xml, line);
        world_wait(world, agent_is_there(domain));
        return domain;
}

/* Its own powering off, not that of the button; and nobody else gets at its channel. */
static void test_agent_shutdown(void **state)
{
        World *world = *state;
        Line line;
        Domain *domain = boot_with_agent(world, &line);

        assert_int_equal(world_do_flags(world, domain, qemu_reboot, DOMAIN_SHUTDOWN_GUEST_AGENT), 0);
        line_expect(&line, "shutdown -h -r");
        line_expect(&line, LINUX_BANNER);
        assert_int_equal(world_count(world, "web:reboot;"), 1);
        assert_int_equal(world_count(world, "shutdown"), 0);
        world_wait(world, agent_is_there(domain));

        assert_true(world_open_device(world, domain, true, "org.qemu.guest_agent.0", 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        assert_int_equal(world_do_flags(world, domain, qemu_shutdown, DOMAIN_SHUTDOWN_GUEST_AGENT), 0);
        line_expect(&line, "shutdown -h -P");
        world_expect(world, "web:event stopped shutdown;");
        line_close(&line);
}

/* Without flags a guest whose agent does not answer is asked by the button. */
static void test_agent_hangs(void **state)
{
        World *world = *state;
        Line line;
        Domain *domain = boot_with_agent(world, &line);

        line_send(&line, "killall -9 qemu-ga\n");
        world_wait(world, !agent_is_there(domain));
        assert_true(world_do_flags(world, domain, qemu_shutdown, DOMAIN_SHUTDOWN_GUEST_AGENT) < 0);
        assert_int_equal(world->code, ERROR_AGENT_UNRESPONSIVE);
        assert_int_equal(world_do_flags(world, domain, qemu_shutdown, 0), 0);
        world_expect(world, "web:event stopped shutdown;");
        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
        assert_true(world_do_flags(world, domain, qemu_shutdown, DOMAIN_SHUTDOWN_GUEST_AGENT) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        line_close(&line);
}

static int ask_hostname(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_hostname(domain, 0, job, error);
}

static int ask_leases(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_hostname(domain, DOMAIN_HOSTNAME_LEASE, job, error);
}

static int ask_filesystems(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_filesystems(domain, job, error);
}

static int ask_vcpus(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_vcpus(domain, job, error);
}

static int ask_addresses(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_addresses(domain, DOMAIN_ADDRESSES_AGENT, job, error);
}

static int ask_clock(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.get_time(domain, job, error);
}

static int ask_directly(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.agent_command(domain, "{\"execute\":\"guest-ping\"}", -1, job, error);
}

static int set_time_0(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.set_agent_timeout(domain, 0, job, error);
}

static int set_time_default(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.set_agent_timeout(domain, GUEST_TIMEOUT_DEFAULT, job, error);
}

/* What the real agent says. */
static void test_agent_answers(void **state)
{
        World *world = *state;
        Line line;
        Domain *domain = boot_with_agent(world, &line);
        uint64_t now = (uint64_t) g_get_real_time() / USEC_PER_SEC;
        const GPtrArray *records;
        const Param *seconds;

        line_send(&line, "hostname teapot; echo na''med\n");
        line_expect(&line, "named");
        assert_int_equal(world_do(world, domain, ask_hostname), 0);
        assert_string_equal(world->result, "teapot");
        assert_true(world_do(world, domain, ask_leases) < 0);
        assert_int_equal(world->code, ERROR_NO_HOSTNAME);
        line_send(&line, "hostname ''; echo name''less\n");
        line_expect(&line, "nameless");
        assert_true(world_do(world, domain, ask_hostname) < 0);
        assert_int_equal(world->code, ERROR_NO_HOSTNAME);
        line_send(&line, "hostname teapot; echo a''gain\n");
        line_expect(&line, "again");

        /* it began as the host's */
        assert_int_equal(world_do(world, domain, ask_clock), 0);
        seconds = params_find(job_result_object(world->job), "seconds");
        assert_in_range(seconds->t, now - 3600, now + 3600);

        assert_int_equal(world_do(world, domain, ask_vcpus), 0);
        assert_string_equal(params_find(job_result_object(world->job), "online")->s, "0");
        assert_int_equal(world_do(world, domain, ask_addresses), 0);
        records = job_result_object(world->job);
        assert_true(records->len > 0);
        assert_string_equal(params_find(records->pdata[0], "name")->s, "lo");
        assert_int_equal(world_do(world, domain, ask_filesystems), 0);
        assert_int_equal(world_do(world, domain, ask_directly), 0);
        assert_string_equal(world->result, "{\"return\":{}}");

        /* not for whoever says a time of his own */
        assert_int_equal(world_do(world, domain, set_time_0), 0);
        assert_true(world_do(world, domain, ask_hostname) < 0);
        assert_int_equal(world->code, ERROR_AGENT_UNRESPONSIVE);
        assert_int_equal(world_do(world, domain, ask_directly), 0);
        assert_int_equal(world_do(world, domain, set_time_default), 0);
        assert_int_equal(world_do(world, domain, ask_hostname), 0);

        line_send(&line, "killall -9 qemu-ga\n");
        world_wait(world, !agent_is_there(domain));
        world_expect(world, "web:agent 2;");
        assert_true(world_do(world, domain, ask_hostname) < 0);
        assert_int_equal(world->code, ERROR_AGENT_UNRESPONSIVE);
        line_close(&line);
}

static int edit_memory(Domain *domain, Job *job, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_MEMORY, DOMAIN_AFFECT_LIVE);

        edit->number = 200 * 1024;
        return qemu_edit(domain, edit, job, error);
}

static int edit_title(Domain *domain, Job *job, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit =
                domain_edit_new(DOMAIN_EDIT_METADATA, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);

        edit->number = DOMAIN_METADATA_TITLE;
        edit->text = g_strdup("Tea");
        return qemu_edit(domain, edit, job, error);
}

static int resize_disk(Domain *domain, Job *job, Error *error)
{
        return qemu_machine_ops.resize_block(domain, "vda", 16 * 1024 * 1024, job, error);
}

static int press_keys(Domain *domain, Job *job, Error *error)
{
        static const uint32_t alt_sysrq_h[] = { 56, 99, 35 };

        return qemu_machine_ops.send_key(domain, DOMAIN_KEYCODES_LINUX, 50, alt_sysrq_h, ELEMENTSOF(alt_sysrq_h),
                                         job, error);
}

static int send_nmi(Domain *domain, Job *job, Error *error)
{
        return qemu_machine_ops.inject_nmi(domain, job, error);
}

static int ask_disk_errors(Domain *domain, Job *job, Error *error)
{
        return qemu_machine_ops.get_disk_errors(domain, job, error);
}

/* The balloon, the definition, a disk, keys: what a running machine can be told. */
static void test_changes(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *devices =
                g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                "<source file='%s'/><target dev='vda' bus='virtio'/></disk>"
                                "<memballoon model='virtio'/>", disk);
        g_autofree char *xml = linux_machine("web", "", devices, NULL);
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        assert_int_equal(world_do(world, domain, edit_memory), 0);
        world_expect(world, "web:balloon 204800;");
        assert_int_equal(domain->summary.memory, 204800);
        assert_int_equal(world_do(world, domain, edit_title), 0);
        assert_string_equal(domain->summary.title, "Tea");
        config = domain_get_config(domain);
        assert_string_equal(config->title, "Tea");

        assert_int_equal(world_do(world, domain, resize_disk), 0);
        line_send(&line, "cat /sys/block/vda/size\n");
        line_expect(&line, "32768");
        assert_int_equal(world_do(world, domain, ask_disk_errors), 0);
        assert_int_equal(((const GPtrArray *) job_result_object(world->job))->len, 0);
        assert_int_equal(world_do(world, domain, press_keys), 0);
        assert_int_equal(world_do(world, domain, send_nmi), 0);
        line_close(&line);
}

static void test_restart_on_poweroff(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, "<on_poweroff>restart</on_poweroff>");
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        line_send(&line, "poweroff -f\n");
        world_expect(world, "web:reboot;");
        line_expect(&line, LINUX_BANNER);
        world_wait(world, domain->state == DOMAIN_RUNNING);
        assert_int_equal(world_count(world, "stopped"), 0);
        line_close(&line);
}

static void test_destroy_on_reboot(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, "<on_reboot>destroy</on_reboot>");
        Line line;

        (void) linux_boot(world, xml, &line);
        line_send(&line, "reboot -f\n");
        world_expect(world, "web:event stopped shutdown;");
        assert_int_equal(world_count(world, "reboot"), 0);
        line_close(&line);
}

static void crash(World *world, const char *action, Line *line, Domain **ret)
{
        g_autofree char *more = g_strdup_printf("<on_crash>%s</on_crash>", action);
        g_autofree char *xml = linux_machine("web", "", "<panic model='pvpanic'/>", more);

        *ret = linux_boot(world, xml, line);
        line_send(line, "echo c > /proc/sysrq-trigger\n");
        world_expect(world, "web:event crashed panicked;");
}

static void test_crash_destroy(void **state)
{
        World *world = *state;
        Domain *domain;
        Line line;

        crash(world, "destroy", &line, &domain);
        world_expect(world, "web:event stopped crashed;");
        assert_int_equal(domain->reason, DOMAIN_SHUTOFF_CRASHED);
        line_close(&line);
}

static void test_crash_preserve(void **state)
{
        World *world = *state;
        Domain *domain;
        Line line;

        crash(world, "preserve", &line, &domain);
        assert_int_equal(domain->state, DOMAIN_CRASHED);
        assert_true(world_do(world, domain, qemu_resume) < 0);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        line_close(&line);
}

static void test_crash_restart(void **state)
{
        World *world = *state;
        Domain *domain;
        Line line;

        crash(world, "restart", &line, &domain);
        line_expect(&line, LINUX_BANNER);
        world_wait(world, domain->state == DOMAIN_RUNNING);
        line_close(&line);
}

/* The disk of the host is full: the guest waits, and goes on when there is room. */
static void test_no_space(void **state)
{
        World *world = *state;
        g_autofree char *mount_point = g_build_filename(world->dir, "small", NULL), *disk = NULL;
        g_autofree char *devices = NULL, *xml = NULL;
        Domain *domain;
        Line line;

        assert_int_equal(mkdir(mount_point, 0700), 0);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("small", mount_point, "tmpfs", 0, "size=4m") < 0) {
                print_message("skipped: no file system can be mounted here: %s\n", g_strerror(errno));
                skip();
        }
        disk = world_file(world, "small/disk.img", 16 * 1024 * 1024);
        devices = g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                  "<source file='%s'/><target dev='vda' bus='virtio'/></disk>",
                                  disk);
        xml = linux_machine("web", "", devices, NULL);
        domain = linux_boot(world, xml, &line);
        line_send(&line, "dd if=/dev/zero bs=64k of=/dev/vda; echo dd en''ded\n");
        world_expect(world, "web:event suspended ioerror;");
        assert_true(world_count(world, "web:io-error virtio-disk0 1 enospc;") > 0);
        assert_int_equal(domain->state, DOMAIN_PAUSED);
        assert_int_equal(domain->reason, DOMAIN_PAUSED_IOERROR);
        assert_false(line_has(&line, "dd ended"));
        assert_int_equal(mount("small", mount_point, "tmpfs", MS_REMOUNT, "size=64m"), 0);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(&line, "dd ended");
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(umount2(mount_point, MNT_DETACH), 0);
}

/* The daemon is away for a while: the guest does not feel it. */
static void test_daemon_restart(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        line_send(&line, "mark=here\n");
        line_expect(&line, "mark=here\r\n");
        line_close(&line);
        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        assert_non_null(domain);
        line_open(&line, world, domain, NULL);
        line_send(&line, "\necho still $mark\n");
        line_expect(&line, "still here");
        line_close(&line);
}

/* A guest that powers off while the daemon is away is shut off, not crashed. */
static void test_power_off_while_away(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", NULL, NULL);
        Line line;

        (void) linux_boot(world, xml, &line);
        line_send(&line, "(sleep 1; poweroff -f) &\n");
        line_expect(&line, "poweroff -f) &\r\n");
        line_close(&line);
        world_close(world);
        g_usleep(4 * USEC_PER_SEC);
        world_forget(world);
        world_open(world);
        world_expect(world, "web:event stopped shutdown;");
        assert_int_equal(world_count(world, "web:event shutdown"), 1);
        assert_int_equal(world_processes(world), 0);
}

/* Disks, network and balloon are counted. */
static void test_stats(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *devices =
                g_strdup_printf("<disk type='file' device='disk'>"
                                "<driver name='qemu' type='raw'/><source file='%s'/>"
                                "<target dev='vda' bus='virtio'/></disk>"
                                "<memballoon model='virtio'><stats period='1'/></memballoon>",
                                disk);
        g_autofree char *xml = linux_machine("web", "", devices, NULL);
        _cleanup_params_ Params params = PARAMS_INIT;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);
        uint64_t until = now_usec() + WORLD_PATIENCE_USEC;

        line_send(&line, "dd if=/dev/vda of=/dev/null bs=1M; echo dd en''ded\n");
        line_expect(&line, "dd ended");
        for (;;) {
                params_reset(&params);
                qemu_get_stats(domain, DOMAIN_STATS_BALLOON | DOMAIN_STATS_BLOCK, &params);
                if (params_find(&params, "balloon.usable") && params_find(&params, "block.0.rd.bytes") &&
                    params_find(&params, "block.0.rd.bytes")->t >= 8 * 1024 * 1024)
                        break;
                assert_true(now_usec() < until);
                (void) world_run(world, 200 * USEC_PER_MSEC);
        }
        assert_int_equal(params_find(&params, "block.count")->u, 1);
        assert_string_equal(params_find(&params, "block.0.name")->s, "vda");
        assert_string_equal(params_find(&params, "block.0.path")->s, disk);
        assert_int_equal(params_find(&params, "block.0.capacity")->t, 8 * 1024 * 1024);
        assert_true(params_find(&params, "balloon.usable")->t > 0);
        assert_true(params_find(&params, "balloon.usable")->t <= 256 * 1024);
        line_close(&line);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_console, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_channel, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_shutdown, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_reboot, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_agent_shutdown, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_agent_hangs, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_agent_answers, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_changes, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_restart_on_poweroff, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_destroy_on_reboot, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_crash_destroy, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_crash_preserve, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_crash_restart, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_daemon_restart, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_power_off_while_away, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stats, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_no_space, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
