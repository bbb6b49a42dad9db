/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "test"
#include "service/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* stderr goes into a file while a test logs. */
typedef struct Capture {
        int file;
        int saved;
} Capture;

static int setup(void **state)
{
        Capture *c = g_new0(Capture, 1);

        c->file = memfd_create("log", MFD_CLOEXEC);
        c->saved = dup(STDERR_FILENO);
        assert_true(c->file >= 0 && c->saved >= 0);
        assert_int_equal(fcntl(c->file, F_SETFL, O_APPEND), 0);
        assert_int_equal(log_open("stderr"), 0);
        assert_int_equal(log_set_filters("info"), 0);
        assert_true(dup2(c->file, STDERR_FILENO) >= 0);
        *state = c;
        return 0;
}

static int teardown(void **state)
{
        Capture *c = *state;

        (void) dup2(c->saved, STDERR_FILENO);
        safe_close(c->file);
        safe_close(c->saved);
        g_free(c);
        return 0;
}

/* All that was logged since the last call. */
static void assert_logged(Capture *c, const char *want)
{
        g_autofree char *text = NULL;
        size_t size;

        assert_int_equal(lseek(c->file, 0, SEEK_SET), 0);
        assert_int_equal(read_fd(c->file, 1 << 20, &text, &size), 0);
        assert_int_equal(ftruncate(c->file, 0), 0);
        assert_int_equal(lseek(c->file, 0, SEEK_SET), 0);
        assert_string_equal(text, want);
}

static void test_levels(void **state)
{
        log_debug("unseen %d", 1);
        log_info("seen %d", 2);
        log_notice("n");
        log_warning("w");
        log_error("e");
        assert_logged(*state, "<6>test: seen 2\n<5>test: n\n<4>test: w\n<3>test: e\n");
        assert_int_equal(log_set_filters("err"), 0);
        log_warning("w");
        log_error("e");
        assert_logged(*state, "<3>test: e\n");
}

static void test_categories(void **state)
{
        assert_int_equal(log_set_filters(" warning  test:debug\tother:err "), 0);
        log_debug("d");
        assert_logged(*state, "<7>test: d\n");
        assert_true(log_enabled("test", LOG_DEBUG));
        assert_false(log_enabled("other", LOG_WARNING));
        assert_true(log_enabled("other", LOG_ERR));
        assert_true(log_enabled("third", LOG_WARNING));
        assert_false(log_enabled("third", LOG_NOTICE));
        assert_false(log_enabled("tes", LOG_NOTICE));
}

static void test_wrong_filters(void **state)
{
        static const char *const wrong[] = { "loud",        "info qemu:",
                                             "info :debug", "info qemu:loud",
                                             "info,debug",  "info a23456789012345678901234:debug" };
        g_autoptr(GString) many = g_string_new("info");
        g_autofree char *text = NULL, *full = NULL, *same = NULL;

        assert_int_equal(log_set_filters("notice qemu:debug"), 0);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert_int_equal(log_set_filters(wrong[i]), -EINVAL);
        text = log_get_filters();
        assert_string_equal(text, "notice qemu:debug");

        for (int i = 0; i < 32; i++)
                g_string_append_printf(many, " c%d:err", i);
        assert_int_equal(log_set_filters(many->str), 0);
        full = log_get_filters();
        assert_string_equal(full, many->str);
        g_string_append(many, " more:err");
        assert_int_equal(log_set_filters(many->str), -EINVAL);
        same = log_get_filters();
        assert_string_equal(same, full);

        g_free(g_steal_pointer(&text));
        assert_int_equal(log_set_filters(""), 0);
        text = log_get_filters();
        assert_string_equal(text, "info");
}

static void test_fields(void **state)
{
        log_domain(LOG_NOTICE, "web", "1234", "started");
        assert_logged(*state, "<5>test: started [DOMAIN_NAME=web] [DOMAIN_UUID=1234]\n");
}

static void test_forged_lines(void **state)
{
        log_notice("name is '%s'", "x\n<3>bus: forged\r\033[2J\x7f");
        assert_logged(*state, "<5>test: name is 'x <3>bus: forged  [2J '\n");
        log_domain(LOG_NOTICE, "a\nb", "u", "m");
        assert_logged(*state, "<5>test: m [DOMAIN_NAME=a b] [DOMAIN_UUID=u]\n");
        log_notice("%s", "\xc3\xa9");
        assert_logged(*state, "<5>test: \xc3\xa9\n");
}

static void test_targets(void **state)
{
        assert_int_equal(log_open("syslog"), -EINVAL);
        assert_int_equal(log_open(""), -EINVAL);
        assert_int_equal(log_open("auto"), 0);
        /* where nobody listens, or somebody does: not to stderr */
        assert_int_equal(log_open("journal"), 0);
        log_notice("to the journal");
        assert_logged(*state, "");
}

static gpointer log_many(gpointer userdata)
{
        for (int i = 0; i < 500; i++) {
                (void) log_set_filters(i % 2 ? "info a:debug" : "info");
                log_notice("line");
        }
        return NULL;
}

/* Lines of several threads do not mix. */
static void test_threads(void **state)
{
        g_autoptr(GString) want = g_string_new(NULL);
        GThread *threads[4];

        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                threads[i] = g_thread_new("log", log_many, NULL);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                (void) g_thread_join(threads[i]);
        for (size_t i = 0; i < 500 * ELEMENTSOF(threads); i++)
                g_string_append(want, "<5>test: line\n");
        assert_logged(*state, want->str);
}

#define test_captured(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                test_captured(test_levels),       test_captured(test_categories),
                test_captured(test_wrong_filters), test_captured(test_fields),
                test_captured(test_forged_lines), test_captured(test_targets),
                test_captured(test_threads),
        };

        return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
