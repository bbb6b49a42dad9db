/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is busy for longer than a call waits. */

#include "tests/bus/harness.h"

#include <string.h>

typedef struct Answers {
        unsigned n;
        char *suspended; /* the error of the second call */
} Answers;

static int on_saved(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
        Answers *answers = userdata;

        answers->n++;
        assert_false(sd_bus_message_is_method_error(m, NULL));
        return 0;
}

static int on_suspended(sd_bus_message *m, void *userdata, sd_bus_error *ret)
{
        const sd_bus_error *error = sd_bus_message_get_error(m);
        Answers *answers = userdata;

        answers->n++;
        assert_non_null(error);
        answers->suspended = g_strdup_printf("%s: %s", error->name, error->message);
        return 0;
}

static void begin(sd_bus *bus, const char *member, const char *image, sd_bus_message_handler_t handler,
                  Answers *answers)
{
        g_autofree char *path = domain_path(bus, "test");
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(bus, &m, "org.virtbus1", path, "org.virtbus1.Domain", member) >= 0);
        if (image)
                assert_true(sd_bus_message_append(m, "ssu", image, "", 0) >= 0);
        assert_true(sd_bus_call_async(bus, NULL, m, handler, answers, 2 * DEADLINE_USEC) >= 0);
}

/* A call waits for 30 s, libvirt's time, and is then told what it has waited for. */
static void test_call_that_waits(void **state)
{
        g_autofree char *image = g_build_filename(g_getenv("VIRTBUS_TEST_DIR"), "image", NULL);
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        uint64_t end = now_usec() + 4 * DEADLINE_USEC;
        Answers answers = {};

        begin(root, "Save", image, on_saved, &answers);
        begin(root, "Suspend", NULL, on_suspended, &answers);
        while (answers.n < 2) {
                int r = sd_bus_process(root, NULL);

                assert_true(r >= 0 && now_usec() < end);
                if (r == 0)
                        assert_true(sd_bus_wait(root, USEC_PER_SEC) >= 0);
        }
        if (!g_str_has_prefix(answers.suspended, "org.virtbus1.Error.OperationTimeout: Timed out during operation: "
                                                 "cannot acquire state change lock (held by job 'save'"))
                fail_msg("%s", answers.suspended);
        g_free(answers.suspended);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_call_that_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
