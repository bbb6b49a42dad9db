/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/named_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Fixture {
        char *top, *dir, *run;
        sd_event *event;
        WorkerPool *pool;
        NamedStore *store;
        bool done;
        GString *seen; /* "name:text[*];" */
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->top = g_dir_make_tmp("test-named-store-XXXXXX", NULL);
        f->dir = g_build_filename(f->top, "etc", NULL);
        f->run = g_build_filename(f->top, "run", NULL);
        f->seen = g_string_new(NULL);
        assert_true(sd_event_new(&f->event) >= 0);
        assert_int_equal(worker_pool_new(f->event, 2, &f->pool), 0);
        assert_int_equal(named_store_open(f->dir, f->run, "thing", &f->store, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->top);

        named_store_free(f->store);
        worker_pool_free(f->pool);
        sd_event_unref(f->event);
        g_free(f->top);
        g_free(f->dir);
        g_free(f->run);
        g_string_free(f->seen, TRUE);
        g_free(f);
        return system(command);
}

static void on_done(void *userdata, int r, Error *error)
{
        Fixture *f = userdata;

        assert_int_equal(r, 0);
        f->done = true;
}

static void wait_done(Fixture *f)
{
        while (!f->done)
                assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
        f->done = false;
}

static int visit(const NamedText *stored, void *userdata, Error *error)
{
        Fixture *f = userdata;

        if (streq(stored->text, "bad"))
                return error_set(error, ERROR_XML_ERROR, "it is bad");
        g_string_append_printf(f->seen, "%s:%s%s;", stored->name, stored->text, stored->autostart ? "*" : "");
        return 0;
}

static void assert_seen(Fixture *f, const char *expected)
{
        assert_string_equal(f->seen->str, expected);
        g_string_truncate(f->seen, 0);
}

static void put(Fixture *f, const char *name, const char *text)
{
        (void) named_store_write(f->store, f->pool, name, text, on_done, f);
        wait_done(f);
}

static void test_definitions(void **state)
{
        Fixture *f = *state;
        g_autofree char *aside = g_build_filename(f->dir, "c.xml.broken", NULL);

        put(f, "b", "two");
        put(f, "a", "one");
        put(f, "c", "bad");
        (void) named_store_set_autostart(f->store, f->pool, "b", true, on_done, f);
        wait_done(f);
        assert_int_equal(named_store_load(f->store, visit, f, NULL), 0);
        assert_seen(f, "a:one;b:two*;");
        assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));

        (void) named_store_remove(f->store, f->pool, "b", on_done, f);
        wait_done(f);
        put(f, "b", "new");
        assert_int_equal(named_store_load(f->store, visit, f, NULL), 0);
        assert_seen(f, "a:one;b:new;");
}

/* A link that was left behind would make a later definition of that name start. */
static void test_left_link(void **state)
{
        Fixture *f = *state;

        (void) named_store_set_autostart(f->store, f->pool, "x", true, on_done, f);
        wait_done(f);
        assert_int_equal(named_store_load(f->store, visit, f, NULL), 0);
        put(f, "x", "y");
        assert_int_equal(named_store_load(f->store, visit, f, NULL), 0);
        assert_seen(f, "x:y;");
}

static void test_running(void **state)
{
        Fixture *f = *state;

        assert_false(named_store_is_booted(f->store));
        named_store_set_booted(f->store);
        assert_true(named_store_is_booted(f->store));
        assert_int_equal(named_store_put_running(f->store, "a", "live", NULL), 0);
        assert_int_equal(named_store_load_running(f->store, visit, f, NULL), 0);
        assert_seen(f, "a:live;");
        named_store_drop_running(f->store, "a");
        assert_int_equal(named_store_load_running(f->store, visit, f, NULL), 0);
        assert_seen(f, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_definitions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_left_link, setup, teardown),
                cmocka_unit_test_setup_teardown(test_running, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
