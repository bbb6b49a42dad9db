/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/json.h"

#include "tests/unit/cli-message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int setup(void **state)
{
        TestBus *b = g_new0(TestBus, 1);

        test_bus_open(b);
        *state = b;
        return 0;
}

static int teardown(void **state)
{
        test_bus_close(*state);
        g_free(*state);
        return 0;
}

static sd_bus_message *message(void **state)
{
        return test_signal_new(*state, "/x", "x.y", "Z");
}

static void assert_json(sd_bus_message *m, const char *expected)
{
        g_autoptr(JsonNode) node = NULL;
        g_autofree char *text = NULL;

        assert_int_equal(json_read_value(m, &node), 1);
        text = json_text(node, false);
        g_strchomp(text);
        assert_string_equal(text, expected);
}

static void test_basic(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(state);
        g_autoptr(JsonNode) none = NULL;

        assert_true(sd_bus_message_append(m, "ynqiuxtdbsog", 255, -1, 65535, INT32_MIN, UINT32_MAX,
                                          INT64_MIN, UINT64_MAX, 0.5, 1, "a\"ä\n", "/o", "a{sv}") >= 0);
        test_seal(m);
        assert_json(m, "255");
        assert_json(m, "-1");
        assert_json(m, "65535");
        assert_json(m, "-2147483648");
        assert_json(m, "4294967295");
        assert_json(m, "-9223372036854775808");
        assert_json(m, "1.8446744073709552e+19");
        assert_json(m, "0.5");
        assert_json(m, "true");
        assert_json(m, "\"a\\\"ä\\n\"");
        assert_json(m, "\"/o\"");
        assert_json(m, "\"a{sv}\"");
        assert_int_equal(json_read_value(m, &none), 0);
        assert_null(none);
}

static void test_containers(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(state);

        assert_true(sd_bus_message_append(m, "a(oa{sv})", 2, "/a", 2, "Name", "s", "web", "Graphics",
                                          "a(ssu)", 1, "vnc", "::1", 5900, "/b", 0) >= 0);
        assert_true(sd_bus_message_append(m, "a{us}v", 1, 7, "seven", "v", "b", 0) >= 0);
        test_seal(m);
        assert_json(m, "[[\"/a\",{\"Name\":\"web\",\"Graphics\":[[\"vnc\",\"::1\",5900]]}],[\"/b\",{}]]");
        assert_json(m, "{\"7\":\"seven\"}");
        assert_json(m, "false");
}

static void test_properties(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(state);
        g_autoptr(JsonObject) object = NULL;

        assert_true(sd_bus_message_append(m, "a{sv}s", 4, "OSType", "s", "hvm", "MaxMemory", "t",
                                          UINT64_C(1) << 40, "Active", "b", 1, "SchedulerType", "(si)",
                                          "posix", 0, "end") >= 0);
        test_seal(m);
        assert_true(json_read_properties(m, &object) > 0);
        assert_string_equal(json_string(object, "os_type"), "hvm");
        assert_true(json_int(object, "max_memory") == INT64_C(1) << 40);
        assert_true(json_bool(object, "active"));
        /* What is not there, or of another kind, is nothing. */
        assert_string_equal(json_string(object, "name"), "");
        assert_string_equal(json_string(object, "scheduler_type"), "");
        assert_true(json_int(object, "scheduler_type") == 0);
        assert_false(json_bool(object, "os"));
        assert_int_equal(json_read_properties(m, &object), -EBADMSG);
}

static void test_plain(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(state);
        static const char *const expected[] = { "text", "yes", "no", "-7", "0.25", "serial0 /dev/pts/3" };

        assert_true(sd_bus_message_append(m, "sbbid(ss)", "text", 1, 0, -7, 0.25, "serial0", "/dev/pts/3") >=
                    0);
        test_seal(m);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                g_autoptr(JsonNode) node = NULL;
                g_autofree char *plain = NULL;

                assert_int_equal(json_read_value(m, &node), 1);
                plain = json_plain(node);
                assert_string_equal(plain, expected[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_basic, setup, teardown),
                cmocka_unit_test_setup_teardown(test_containers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_properties, setup, teardown),
                cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
