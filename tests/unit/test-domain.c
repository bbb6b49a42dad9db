/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/domain-fixture.h"

typedef struct Fixture {
        Heard heard;
        DomainList *list;
        Domain *domain;
        DomainDef *def;
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->heard.text = g_string_new(NULL);
        f->list = domain_list_new(NULL, &heard_listener, &f->heard);
        f->def = fixture_def("test", "guest", "6695eb01-f6a4-8304-79aa-97f2502e1930",
                             "<title>A guest</title><currentMemory>131072</currentMemory>"
                             "<vcpu current='1'>4</vcpu>");
        assert_int_equal(domain_list_add(f->list, f->def, &f->domain, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        domain_list_free(f->list);
        domain_def_unref(f->def);
        g_string_free(f->heard.text, TRUE);
        g_free(f);
        return 0;
}

/* Persistent, published, and nothing heard yet. */
static Domain *idle(Fixture *f)
{
        domain_set_config(f->domain, f->def);
        assert_heard(&f->heard, ""); /* of what is not published */
        domain_publish(f->domain);
        assert_heard(&f->heard, "added:shutoff");
        return f->domain;
}

static Domain *running(Fixture *f)
{
        Domain *domain = idle(f);

        domain_assign_id(domain);
        domain_set_live(domain, f->def);
        domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, DOMAIN_EVENT_STARTED,
                         DOMAIN_EVENT_STARTED_BOOTED);
        assert_heard(&f->heard, "live state STARTED:booted");
        return domain;
}

static void test_new(void **state)
{
        Fixture *f = *state;
        const Domain *domain = f->domain;

        assert_int_equal(domain->object.type, OBJECT_DOMAIN);
        assert_string_equal(domain->name, "guest");
        assert_string_equal(domain->uuid, "6695eb01-f6a4-8304-79aa-97f2502e1930");
        assert_int_equal(domain->state, DOMAIN_SHUTOFF);
        assert_false(domain_is_active(domain));
        assert_false(domain->persistent);
        assert_true(domain->responsive);
        assert_null(domain_get_current(domain));
        assert_null(domain_get_config_xml(domain));
}

static void test_summary(void **state)
{
        Fixture *f = *state;
        const DomainSummary *summary = &idle(f)->summary;

        assert_string_equal(summary->title, "A guest");
        assert_null(summary->description);
        assert_string_equal(summary->virt_type, "test");
        assert_string_equal(summary->os_type, "hvm");
        assert_string_equal(summary->arch, "i686");
        assert_null(summary->machine);
        assert_int_equal(summary->memory_max, 262144);
        assert_int_equal(summary->memory, 131072);
        assert_int_equal(summary->vcpus_max, 4);
        assert_int_equal(summary->vcpus, 1);
}

static void test_config(void **state)
{
        Fixture *f = *state;
        Domain *domain = idle(f);
        _cleanup_(domain_def_unrefp) DomainDef *other =
                fixture_def("test", "guest", domain->uuid, "<description>new</description>");
        _cleanup_(domain_def_unrefp) DomainDef *back = domain_get_config(domain);
        g_autofree char *xml = NULL;

        assert_true(domain->persistent);
        assert_true(domain_def_equal(back, f->def));

        domain_set_config(domain, other);
        assert_heard(&f->heard, "config+memory");
        assert_string_equal(domain->summary.description, "new");
        assert_null(domain->summary.title);
        assert_int_equal(domain->summary.memory, 262144);
        xml = domain_get_config_xml(domain);
        assert_non_null(strstr(xml, "<description>new</description>"));
        assert_null(strstr(xml, "id='"));

        domain_set_autostart(domain, true);
        assert_heard(&f->heard, "autostart");
        domain_set_autostart(domain, true);
        assert_heard(&f->heard, "");
        domain_set_config(domain, NULL);
        assert_heard(&f->heard, "config+autostart+persistent");
        assert_false(domain->persistent);
        assert_false(domain->autostart);
}

static void test_states(void **state)
{
        Fixture *f = *state;
        Domain *domain = running(f);

        assert_true(domain_is_active(domain));
        assert_int_equal(domain->id, 1);
        assert_true(domain->started_usec > 0);

        domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_SUSPENDED,
                         DOMAIN_EVENT_SUSPENDED_PAUSED);
        assert_heard(&f->heard, "state SUSPENDED:paused");
        /* a reason alone is a change, and need not be an event */
        domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_IOERROR, DOMAIN_EVENT_NONE, 0);
        assert_heard(&f->heard, "state");
        /* an event need not be a change */
        domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_IOERROR, DOMAIN_EVENT_SUSPENDED,
                         DOMAIN_EVENT_SUSPENDED_IOERROR);
        assert_heard(&f->heard, "SUSPENDED:ioerror");

        domain_set_responsive(domain, false);
        assert_heard(&f->heard, "responsive");
        domain_set_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED,
                         DOMAIN_EVENT_STOPPED_CRASHED);
        assert_heard(&f->heard, "state+responsive live STOPPED:crashed");
        assert_false(domain_is_active(domain));
        assert_null(domain->live);
        assert_int_equal(domain->started_usec, 0);
        assert_true(domain->responsive);
}

/* What runs keeps its facts while the definition for the next start changes, and has them after it. */
static void test_live(void **state)
{
        Fixture *f = *state;
        Domain *domain = running(f);
        _cleanup_(domain_def_unrefp) DomainDef *next =
                fixture_def("test", "guest", domain->uuid, "<title>next</title><vcpu>8</vcpu>");
        _cleanup_(domain_def_unrefp) DomainDef *current = domain_get_current(domain);
        _cleanup_(domain_def_unrefp) DomainDef *after = NULL;

        assert_ptr_equal(current, f->def);
        domain_set_balloon(domain, 100000);
        assert_heard(&f->heard, "memory");

        domain_set_config(domain, next);
        assert_heard(&f->heard, "config");
        assert_string_equal(domain->summary.title, "A guest");
        assert_int_equal(domain->summary.vcpus_max, 4);

        /* new facts of the machine, not a new balloon */
        domain_set_live(domain, f->def);
        assert_heard(&f->heard, "live");
        assert_int_equal(domain->summary.memory, 100000);

        domain_set_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_STOPPED,
                         DOMAIN_EVENT_STOPPED_SHUTDOWN);
        assert_heard(&f->heard, "state config+memory+live STOPPED:shutdown");
        assert_string_equal(domain->summary.title, "next");
        assert_int_equal(domain->summary.memory, 262144);
        after = domain_get_current(domain);
        assert_true(domain_def_equal(after, next));
}

static void test_transient(void **state)
{
        Fixture *f = *state;
        Domain *domain = f->domain;
        _cleanup_(domain_def_unrefp) DomainDef *current = NULL;

        domain_assign_id(domain);
        domain_set_live(domain, f->def);
        domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, DOMAIN_EVENT_NONE, 0);
        assert_heard(&f->heard, "");
        domain_publish(domain);
        domain_emit_event(domain, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_BOOTED);
        assert_heard(&f->heard, "added:running STARTED:booted");

        domain_set_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_DESTROYED, DOMAIN_EVENT_STOPPED,
                         DOMAIN_EVENT_STOPPED_DESTROYED);
        current = domain_get_current(domain); /* whoever hears the event may still read */
        assert_non_null(current);
        domain_list_remove(domain);
        assert_heard(&f->heard, "state STOPPED:destroyed removed");
}

static void test_checks(void **state)
{
        Fixture *f = *state;
        Domain *domain = idle(f);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(domain_check_inactive(domain, NULL), 0);
        assert_int_equal(domain_check_active(domain, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_OPERATION_INVALID);
        assert_string_equal(error.detail, "domain is not running");
        error_clear(&error);

        domain_assign_id(domain);
        assert_int_equal(domain_check_active(domain, NULL), 0);
        assert_int_equal(domain_check_inactive(domain, &error), -EINVAL);
        assert_string_equal(error.detail, "domain is already running");
}

static void free_private(void *private)
{
        (*(int *) private)++;
}

static void test_private(void **state)
{
        Fixture *f = *state;
        Domain *domain = domain_ref(idle(f));
        int n_freed = 0;

        domain->private = &n_freed;
        domain->private_free = free_private;
        domain_list_remove(domain);
        assert_int_equal(n_freed, 0);
        domain_unref(domain);
        assert_int_equal(n_freed, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(test_new),
                TEST(test_summary),
                TEST(test_config),
                TEST(test_states),
                TEST(test_live),
                TEST(test_transient),
                TEST(test_checks),
                TEST(test_private),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
