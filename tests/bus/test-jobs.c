/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations that take their time: jobs on the bus, calls that wait for a busy domain, callers that do not wait. */
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/later.h"

#define JOB_SIGNALS "org.virtbus1", ",path_namespace='/org/virtbus1/Test/job'"
#define ABORTED "org.virtbus1.Error.OperationAborted"

/* The job that works on the domain; waits until there is one. */
static char *job_of(sd_bus *bus, const char *path)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        for (;;) {
                _cleanup_message_ sd_bus_message *reply =
                        call(bus, on_interface(native("Domain", path), "org.freedesktop.DBus.Properties"), "Get", "ss",
                             "org.virtbus1.Domain", "Job");
                const char *job;

                assert_true(sd_bus_message_read(reply, "v", "o", &job) > 0);
                if (!streq(job, "/"))
                        return g_strdup(job);
                assert_true(now_usec() < end);
                g_usleep(5 * USEC_PER_MSEC);
        }
}

static void expect_completed(Signals *signals, const char *job, bool success, const char *name)
{
        const char *got_name, *text;
        sd_bus_message *m;
        int got;

        /* the end of an earlier job may be told after the call that began it was answered */
        do
                m = signals_wait(signals, "Completed");
        while (!streq(sd_bus_message_get_path(m), job));
        assert_true(sd_bus_message_read(m, "bss", &got, &got_name, &text) > 0);
        assert_int_equal(got, success);
        assert_string_equal(got_name, name);
}

/* Each test begins with a running domain. */
static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");
        g_autofree char *now = property_string(root, native("Domain", path), "State");

        if (streq(now, "paused"))
                sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        else if (streq(now, "shutoff"))
                sd_bus_message_unref(call(root, native("Domain", path), "Create", "u", 0));
        return 0;
}

static void test_life_of_a_job(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *watch = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(watch, JOB_SIGNALS);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *kind = NULL, *owner = NULL, *running = NULL;
        const char *unique;
        Later later;

        call_later(root, native("Domain", path), "Suspend", &later, NULL);
        job = job_of(watch, path);
        kind = property_string(watch, native("Job", job), "Kind");
        running = property_string(watch, native("Job", job), "State");
        owner = property_string(watch, native("Job", job), "Owner");
        assert_string_equal(kind, "suspend");
        assert_string_equal(running, "running");
        assert_true(sd_bus_get_unique_name(root, &unique) >= 0);
        assert_string_equal(owner, unique);

        wait_ok(&later);
        expect_completed(signals, job, true, "");
        g_free(call_error(watch, on_interface(native("Job", job), "org.freedesktop.DBus.Properties"),
                          "org.virtbus1.Error.NoJob", "GetAll", "s", "org.virtbus1.Job"));
}

/* A job that is cancelled has done nothing, and its caller is told. */
static void test_cancel(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(other, JOB_SIGNALS);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *error = NULL, *running = NULL;
        Later later;

        call_later(root, native("Domain", path), "Suspend", &later, NULL);
        job = job_of(other, path);
        sd_bus_message_unref(call(other, native("Job", job), "Cancel", NULL));
        error = wait_later(&later);
        assert_string_equal(error, ABORTED);
        expect_completed(signals, job, false, ABORTED);
        running = property_string(root, native("Domain", path), "State");
        assert_string_equal(running, "running");
}

/* Who began a job may cancel it, by his own permission to begin it; a stranger may not. */
static void test_who_cancels(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *error = NULL;
        Later later;

        rules_set("10-test",
                  "polkit.addRule(function(action, subject) {\n"
                  "    if (action.id == 'org.libvirt.api.domain.suspend' && subject.user == 'vtest1') {\n"
                  "        return polkit.Result.YES;\n"
                  "    }\n"
                  "    return polkit.Result.NOT_HANDLED;\n"
                  "});\n");
        call_later(one, native("Domain", path), "Suspend", &later, NULL);
        job = job_of(root, path);
        call_denied(two, native("Job", job), "Cancel", NULL);
        sd_bus_message_unref(call(one, native("Job", job), "Cancel", NULL));
        error = wait_later(&later);
        assert_string_equal(error, ABORTED);
        rules_set("10-test", NULL);
}

/* Calls that change a busy domain wait for it, in order. */
static void test_calls_wait(void **state)
{
        _cleanup_client_ sd_bus *a = client_open(USER_ROOT), *b = client_open(USER_ROOT);
        g_autofree char *path = domain_path(a, "test"), *running = NULL;
        Later suspend, resume, again;

        call_later(a, native("Domain", path), "Suspend", &suspend, NULL);
        g_free(job_of(b, path));
        call_later(b, native("Domain", path), "Resume", &resume, NULL);
        call_later(a, native("Domain", path), "Suspend", &again, NULL);
        wait_ok(&suspend);
        wait_ok(&resume);
        wait_ok(&again);
        running = property_string(a, native("Domain", path), "State");
        assert_string_equal(running, "paused");
}

/* Reads of a busy domain, and everything about others, do not wait: 50 calls while one job takes 300 ms. */
static void test_reads_do_not_wait(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *before = NULL;
        Later later;

        call_later(root, native("Domain", path), "Suspend", &later, NULL);
        job = job_of(other, path);
        for (int i = 0; i < 25; i++) {
                sd_bus_message_unref(call(other, native("Domain", path), "GetState", "u", 0));
                sd_bus_message_unref(call(other, native("Connect", NULL), "ListDomains", "u", 0));
        }
        before = job_of(other, path);
        assert_string_equal(before, job);
        wait_ok(&later);
}

/* Destroy does not wait for what is in its way but ends it. */
static void test_destroy_preempts(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test"), *error = NULL, *off = NULL;
        Later later;

        call_later(root, native("Domain", path), "Suspend", &later, NULL);
        g_free(job_of(other, path));
        sd_bus_message_unref(call(other, native("Domain", path), "Destroy", "u", 0));
        error = wait_later(&later);
        assert_string_equal(error, ABORTED);
        off = property_string(root, native("Domain", path), "State");
        assert_string_equal(off, "shutoff");
}

/* One that is only starting is stopped too; without a start in the way there is nothing to stop. */
static void test_destroy_ends_start(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test"), *error = NULL, *off = NULL, *text = NULL;
        Later later;

        sd_bus_message_unref(call(root, native("Domain", path), "Destroy", "u", 0));
        call_later(root, native("Domain", path), "Create", &later, "u", 0);
        g_free(job_of(other, path));
        sd_bus_message_unref(call(other, native("Domain", path), "Destroy", "u", 0));
        error = wait_later(&later);
        assert_string_equal(error, ABORTED);
        off = property_string(root, native("Domain", path), "State");
        assert_string_equal(off, "shutoff");
        text = call_error(root, native("Domain", path), "org.virtbus1.Error.OperationInvalid", "Destroy", "u", 0);
        assert_non_null(strstr(text, "domain is not running"));
}

/* The job goes on when its caller leaves: what was begun with permission is done. */
static void test_caller_leaves(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(root, JOB_SIGNALS);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *paused = NULL;

        {
                _cleanup_client_ sd_bus *leaves = client_open(USER_ROOT);
                Later later;

                call_later(leaves, native("Domain", path), "Suspend", &later, NULL);
                job = job_of(root, path);
        }
        expect_completed(signals, job, true, "");
        paused = property_string(root, native("Domain", path), "State");
        assert_string_equal(paused, "paused");
}

/* The job's own introspection is the contract's. */
static void test_introspection(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test"), *job = NULL, *xml = NULL;
        g_autoptr(GPtrArray) actual = NULL, expected = contract_native("Job");
        Later later;

        call_later(root, native("Domain", path), "Suspend", &later, NULL);
        job = job_of(other, path);
        xml = call_string(other, (Target) { "org.virtbus1", job, "org.freedesktop.DBus.Introspectable" }, "Introspect",
                          NULL);
        actual = contract_parse(xml);
        for (guint i = 0; i < expected->len; i++) {
                const Member *member = expected->pdata[i];
                const Member *same = contract_find(actual, member->interface, member->kind, member->name);
                g_autofree char *wanted = member_describe(member), *found = same ? member_describe(same) : NULL;

                assert_non_null(same);
                assert_string_equal(wanted, found);
        }
        wait_ok(&later);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_life_of_a_job, set_up),
                cmocka_unit_test_setup(test_cancel, set_up),
                cmocka_unit_test_setup(test_who_cancels, set_up),
                cmocka_unit_test_setup(test_calls_wait, set_up),
                cmocka_unit_test_setup(test_reads_do_not_wait, set_up),
                cmocka_unit_test_setup(test_destroy_preempts, set_up),
                cmocka_unit_test_setup(test_destroy_ends_start, set_up),
                cmocka_unit_test_setup(test_caller_leaves, set_up),
                cmocka_unit_test_setup(test_introspection, set_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
