/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happens to a running machine: by our operations, by signals from outside, by its own doing. */

#include "tests/guest/world.h"

#include "drivers/qemu/qemu_request.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static Domain *running(World *world, const char *name)
{
        g_autofree char *xml = world_machine(name, NULL, NULL);
        Domain *domain = world_define(world, xml);

        if (world_start(world, domain, 0) < 0)
                fail_msg("cannot start: %s", world->text);
        world_forget(world);
        return domain;
}

static void test_suspend_resume(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        assert_string_equal(world->record->str, "web:state paused user;web:event suspended paused;");
        /* once more changes nothing */
        world_forget(world);
        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        assert_string_equal(world->record->str, "");
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        assert_string_equal(world->record->str, "web:state running unpaused;web:event resumed unpaused;");
        assert_true(world_do(world, domain, qemu_resume) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
}

static void rest(World *world, uint64_t usec)
{
        uint64_t until = now_usec() + usec;

        while (now_usec() < until)
                (void) world_run(world, 50 * USEC_PER_MSEC);
}

/* What the firmware makes of it is not told: one reset, one signal. */
static void test_reset(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        for (unsigned i = 1; i <= 2; i++) {
                assert_int_equal(world_do_flags(world, domain, qemu_reset, 0), 0);
                world_wait(world, world_count(world, "web:reboot;") == i);
                rest(world, USEC_PER_SEC);
        }
        assert_int_equal(world_count(world, "web:reboot;"), 2);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        assert_true(world_do_flags(world, domain, qemu_reset, 1) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
}

static void test_needs_running(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);

        assert_true(world_do(world, domain, qemu_suspend) < 0);
        assert_string_equal(world->text, "Requested operation is not valid: domain is not running");
        assert_true(world_do(world, domain, qemu_resume) < 0);
        assert_true(world_do_flags(world, domain, qemu_destroy, 0) < 0);
        assert_true(world_do_flags(world, domain, qemu_shutdown, 0) < 0);
        assert_true(world_do_flags(world, domain, qemu_reboot, 0) < 0);
        assert_true(world_do_flags(world, domain, qemu_reset, 0) < 0);
        assert_true(world_open_device(world, domain, false, NULL, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);

        assert_int_equal(world_start(world, domain, 0), 0);
        assert_true(world_do_flags(world, domain, qemu_shutdown, DOMAIN_SHUTDOWN_GUEST_AGENT) < 0);
        assert_int_equal(world->code, ERROR_ARGUMENT_UNSUPPORTED);
}

/* Killed from outside: one event, the right reason, nothing left. */
static void test_killed(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(kill(world_pid(domain), SIGKILL), 0);
        world_expect(world, "web:event stopped failed;");
        assert_string_equal(world->record->str, "web:state shutoff crashed;web:event stopped failed;");
        assert_int_equal(world_run_entries(world), 0);
        for (unsigned i = 0; i < 20; i++)
                (void) world_run(world, 10 * USEC_PER_MSEC);
        assert_int_equal(world_count(world, "stopped"), 1);
        assert_int_equal(world_start(world, domain, 0), 0);
}

/* The administrator's SIGTERM is a shutdown by the host. */
static void test_terminated(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(kill(world_pid(domain), SIGTERM), 0);
        world_expect(world, "web:event stopped");
        assert_string_equal(world->record->str, "web:state shutdown unknown;web:event shutdown host;"
                                                "web:state shutoff shutdown;web:event stopped shutdown;");
}

static void test_destroy_graceful(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(world_do_flags(world, domain, qemu_destroy, DOMAIN_DESTROY_GRACEFUL), 0);
        assert_string_equal(world->record->str, "web:state shutoff destroyed;web:event stopped destroyed;");
}

static void test_destroy_with_log(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");
        g_autofree char *log = g_build_filename(world->paths.log, "qemu", "web.log", NULL);

        assert_int_equal(access(log, F_OK), 0);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, DOMAIN_DESTROY_REMOVE_LOGS), 0);
        world_wait(world, access(log, F_OK) < 0);
}

static void suspend_times_out(World *world, Domain *domain)
{
        uint64_t begin = now_usec();

        assert_true(world_do(world, domain, qemu_suspend) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_TIMEOUT);
        assert_true(now_usec() - begin < 20 * USEC_PER_SEC);
}

static int setup_impatient(void **state)
{
        World *world = world_new();

        world_set(world, "monitor-timeout", "2");
        world_open(world);
        *state = world;
        return 0;
}

/* A QEMU that stands still delays nobody else, is seen, and recovers. */
static void test_stopped_process(void **state)
{
        World *world = *state;
        Domain *stuck = running(world, "stuck"), *well = running(world, "well");
        _cleanup_params_ Params params = PARAMS_INIT;

        assert_int_equal(kill(world_pid(stuck), SIGSTOP), 0);
        suspend_times_out(world, stuck);
        world_expect(world, "stuck:unresponsive;");
        assert_false(stuck->responsive);
        assert_int_equal(stuck->state, DOMAIN_RUNNING);

        assert_int_equal(world_do(world, well, qemu_suspend), 0);
        assert_int_equal(world_do(world, well, qemu_resume), 0);
        assert_true(well->responsive);
        /* reads are answered from what is known */
        qemu_get_stats(stuck, DOMAIN_STATS_STATE | DOMAIN_STATS_CPU_TOTAL | DOMAIN_STATS_BALLOON, &params);
        assert_non_null(params_find(&params, "state.state"));
        assert_non_null(params_find(&params, "cpu.time"));

        assert_int_equal(kill(world_pid(stuck), SIGCONT), 0);
        world_expect(world, "stuck:responsive;");
        /* the command that was given up has been carried out after all, and is told */
        world_expect(world, "stuck:state paused");
        assert_int_equal(world_do(world, stuck, qemu_resume), 0);
}

static void test_destroy_stopped_process(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");
        uint64_t begin = now_usec();

        assert_int_equal(kill(world_pid(domain), SIGSTOP), 0);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_true(now_usec() - begin < 4 * USEC_PER_SEC);
        assert_int_equal(world_processes(world), 0);
        assert_string_equal(world->record->str, "web:state shutoff destroyed;web:event stopped destroyed;");
}

static void test_undefine_running(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(world_do_flags(world, domain, qemu_undefine, 0), 0);
        assert_string_equal(world->record->str, "web:event undefined removed;");
        assert_false(domain->persistent);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        assert_true(world_do_flags(world, domain, qemu_undefine, 0) < 0);
        assert_true(world_autostart(world, domain, true) < 0);
        world_forget(world);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_count(world, "web:removed;"), 1);
        assert_null(world_find(world, "web"));
}

static void test_redefine_running(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");
        g_autofree char *again = domain_get_config_xml(domain), *larger = NULL, *xml = NULL;
        g_auto(GStrv) parts = g_strsplit(again, "131072", -1);

        larger = g_strjoinv("262144", parts);
        assert_string_not_equal(again, larger);
        assert_ptr_equal(world_define(world, larger), domain);
        assert_string_equal(world->record->str, "web:event defined updated;");
        assert_int_equal(domain->live->memory, 131072);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        xml = domain_get_config_xml(domain);
        assert_string_equal(xml, larger);
        assert_int_equal(domain->summary.memory_max, 262144);
}

static void test_rename(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "old");
        g_autofree char *other_xml = world_machine("other", NULL, NULL), *xml = NULL;
        g_autofree char *file = g_build_filename(world->paths.config, "qemu", "new.xml", NULL);

        (void) world_define(world, other_xml);
        assert_true(world_rename(world, domain, "new") < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_autostart(world, domain, true), 0);
        assert_true(world_rename(world, domain, "other") < 0);
        assert_int_equal(world->code, ERROR_DOM_EXIST);
        assert_true(world_rename(world, domain, "a/b") < 0);
        world_forget(world);
        assert_int_equal(world_rename(world, domain, "new"), 0);
        assert_string_equal(world->record->str, "old:event undefined renamed;new:event defined renamed;");
        assert_null(world_find(world, "old"));
        assert_ptr_equal(world_find(world, "new"), domain);
        assert_true(domain->autostart);
        assert_int_equal(access(file, F_OK), 0);
        xml = domain_get_config_xml(domain);
        assert_non_null(strstr(xml, "<name>new</name>"));
        assert_int_equal(world_start(world, domain, 0), 0);
}

/* Statistics answer at once; what is asked of QEMU is there the next time. */
static void test_stats(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");
        _cleanup_params_ Params params = PARAMS_INIT;

        world_wait(world, world_guest(domain)->facts.n_vcpus == 1);
        qemu_get_stats(domain, UINT32_MAX, &params);
        assert_int_equal(params_find(&params, "state.state")->i, DOMAIN_RUNNING);
        assert_true(params_find(&params, "cpu.time")->t > 0);
        assert_int_equal(params_find(&params, "balloon.maximum")->t, 131072);
        assert_true(params_find(&params, "balloon.rss")->t > 0);
        assert_int_equal(params_find(&params, "vcpu.maximum")->u, 1);
        assert_non_null(params_find(&params, "vcpu.0.time"));
        params_reset(&params);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        qemu_get_stats(domain, UINT32_MAX, &params);
        assert_int_equal(params_find(&params, "state.state")->i, DOMAIN_SHUTOFF);
        assert_null(params_find(&params, "cpu.time"));
        assert_int_equal(params_find(&params, "balloon.maximum")->t, 131072);
}

static void test_caller_leaves(void **state)
{
        World *world = *state;
        Domain *kept = running(world, "kept");
        g_autofree char *xml = world_machine("hers", NULL, NULL);
        Domain *hers = world_define(world, xml);
        const JobOwner owner = { .name = ":1.7", .uid = 1000 };
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(job_new(world->jobs, "start", &hers->object.slot, &owner, &job, NULL), 0);
        job_set_object(job, domain_ref(hers), qemu_unref_domain);
        assert_int_equal(qemu_start(hers, NULL, DOMAIN_START_AUTODESTROY, job, &error), 1);
        world_wait(world, job_state(job) != JOB_RUNNING);
        assert_int_equal(hers->state, DOMAIN_RUNNING);
        qemu_driver_info.caller_left(world->driver, ":1.70");
        qemu_driver_info.caller_left(world->driver, ":1.7");
        world_expect(world, "hers:event stopped destroyed;");
        assert_int_equal(kept->state, DOMAIN_RUNNING);
}

/* A machine that is to end with its caller does not come into being without one. */
static void test_caller_leaves_early(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("hers", NULL, NULL);
        Domain *hers = world_define(world, xml);
        static const char *const stages[] = { "capabilities", "files", "spawn", "handshake", "run" };
        const JobOwner owner = { .name = ":1.7", .uid = 1000 };

        for (size_t i = 0; i < ELEMENTSOF(stages); i++) {
                _cleanup_(job_unrefp) Job *job = NULL;
                _cleanup_error_ Error error = ERROR_INIT;

                assert_int_equal(job_new(world->jobs, "start", &hers->object.slot, &owner, &job, NULL), 0);
                job_set_object(job, domain_ref(hers), qemu_unref_domain);
                assert_int_equal(qemu_start(hers, NULL, DOMAIN_START_AUTODESTROY, job, &error), 1);
                world_wait(world, streq(job_stage(job), stages[i]) || job_state(job) != JOB_RUNNING);
                qemu_driver_info.caller_left(world->driver, ":1.70");
                assert_int_equal(job_state(job), JOB_RUNNING);
                qemu_driver_info.caller_left(world->driver, ":1.7");
                assert_int_equal(job_state(job), JOB_CANCELLED);
                world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
                assert_int_equal(hers->state, DOMAIN_SHUTOFF);
        }
}

/* Nothing stays of a domain that is undefined while the process of a start that was given up is still dying. */
static void test_undefine_after_cancel(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);

        /* either may end first, mostly it is the process that ends last */
        for (unsigned i = 0; i < 5; i++) {
                Domain *domain = world_define(world, xml);
                _cleanup_(job_unrefp) Job *job = world_begin_start(world, domain);

                world_wait(world, streq(job_stage(job), "handshake"));
                assert_int_equal(job_cancel(job, NULL), 0);
                assert_non_null(domain->private);
                assert_int_equal(world_do_flags(world, domain, qemu_undefine, 0), 0);
                world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
                assert_null(world_find(world, "web"));
        }
}

/* A second user of the serial line is refused, or takes it over by force. */
static void test_console_holder(void **state)
{
        World *world = *state;
        g_autofree char *xml =
                world_machine("web",
                              "<serial type='pty'><target type='isa-serial' port='0'/></serial>"
                              "<console type='pty'><target type='serial' port='0'/></console>",
                              NULL);
        Domain *domain = world_define(world, xml);
        _cleanup_close_ int first = -EBADF;
        char byte;

        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
        assert_int_equal(world_open_device(world, domain, false, "", 0), 0);
        first = TAKE_FD(world->result_fd);
        assert_true(first >= 0);
        assert_true(world_open_device(world, domain, false, "serial0", 0) < 0);
        assert_non_null(strstr(world->text, "in use"));
        assert_int_equal(world_open_device(world, domain, false, NULL, DOMAIN_CONSOLE_FORCE), 0);
        assert_int_equal(read(first, &byte, 1), 0);
        /* the holder leaves: free again */
        world->result_fd = safe_close(world->result_fd);
        assert_int_equal(world_open_device(world, domain, false, NULL, 0), 0);
        assert_true(world_open_device(world, domain, false, "serial7", 0) < 0);
        assert_int_equal(world->code, ERROR_DEVICE_MISSING);
        assert_true(world_open_device(world, domain, true, NULL, 0) < 0);
        /* the machine's end is the end of the stream */
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(read(world->result_fd, &byte, 1), 0);
}

static void test_documents(void **state)
{
        World *world = *state;
        _cleanup_(job_unrefp) Job *capabilities = NULL, *domain_capabilities = NULL;

        world_wait(world, qemu_driver_info.connect.get_version(world->driver) > 0);
        assert_int_equal(job_new(world->jobs, "test", NULL, NULL, &capabilities, NULL), 0);
        assert_true(qemu_driver_info.connect.get_capabilities(world->driver, capabilities, NULL) >= 0);
        world_wait(world, job_state(capabilities) != JOB_RUNNING);
        assert_non_null(
                strstr(job_result_text(capabilities), "<emulator>/usr/bin/qemu-system-x86_64</emulator>"));
        assert_int_equal(job_new(world->jobs, "test", NULL, NULL, &domain_capabilities, NULL), 0);
        assert_true(qemu_driver_info.connect.get_domain_capabilities(
                            world->driver, "", "x86_64", "q35", "qemu", domain_capabilities, NULL) >= 0);
        world_wait(world, job_state(domain_capabilities) != JOB_RUNNING);
        assert_non_null(strstr(job_result_text(domain_capabilities), "<domain>qemu</domain>"));
}

/* The command line as people read it: nothing is opened, and the files have their names. */
static void test_native(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web",
                                             "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
                                             "<source file='/nowhere/web.qcow2'/><target dev='vda' bus='virtio'/>"
                                             "</disk>"
                                             "<channel type='unix'><target type='virtio' name='a.b.0'/></channel>",
                                             NULL);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        const char *text;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_int_equal(job_new(world->jobs, "test", NULL, NULL, &job, NULL), 0);
        assert_true(qemu_domain_to_native(world->driver, "xen-xl", def, job, &error) < 0);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        assert_true(qemu_domain_to_native(world->driver, "qemu-argv", def, job, NULL) > 0);
        world_wait(world, job_state(job) != JOB_RUNNING);
        text = job_result_text(job);
        assert_true(g_str_has_prefix(text, "/usr/bin/qemu-system-x86_64 "));
        assert_non_null(strstr(text, "\"filename\":\"/nowhere/web.qcow2\""));
        assert_non_null(strstr(text, "socket,path=/"));
        assert_int_equal(world_run_entries(world), 0);
}

/* What is passed on to the monitor as it is. */
static int say_status(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_command(domain, "{\"execute\":\"query-status\"}", false, NULL, 0, job, error);
}

static int say_for_people(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_command(domain, "info version", true, NULL, 0, job, error);
}

static int say_with_file(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_command(domain, "{\"execute\":\"add-fd\",\"arguments\":{\"fdset-id\":77}}", false,
                                    (const int[]) { STDIN_FILENO }, 1, job, error);
}

static int say_nonsense(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_command(domain, "{\"execute\":\"dance\"}", false, NULL, 0, job, error);
}

static int say_nothing(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_command(domain, "[]", false, NULL, 0, job, error);
}

static void test_monitor_command(void **state)
{
        World *world = *state;
        Domain *domain = running(world, "web");

        assert_int_equal(world_do(world, domain, say_status), 0);
        assert_non_null(strstr(job_result_text(world->job), "\"status\":\"running\""));
        assert_int_equal(world_do(world, domain, say_for_people), 0);
        assert_true(g_ascii_isdigit(job_result_text(world->job)[0]));
        assert_int_equal(world_do(world, domain, say_with_file), 0);
        assert_non_null(strstr(job_result_text(world->job), "\"fdset-id\":77"));
        assert_true(world_do(world, domain, say_nonsense) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_UNSUPPORTED);
        assert_true(world_do(world, domain, say_nothing) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_monitor_command, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_suspend_resume, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_reset, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_needs_running, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_killed, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_terminated, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_destroy_graceful, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_destroy_with_log, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stopped_process, setup_impatient, world_teardown),
                cmocka_unit_test_setup_teardown(test_destroy_stopped_process, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_undefine_running, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_redefine_running, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_rename, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stats, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_caller_leaves, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_caller_leaves_early, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_undefine_after_cancel, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_console_holder, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_documents, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_native, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
