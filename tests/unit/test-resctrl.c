/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Groups of resctrl, on a file system that stands in for the kernel's (resctrl-fs.c): no machine that this project runs
 * on has a processor whose caches can be divided.
 */

#include "drivers/host/resctrl_schema.h"
#include "tests/unit/resctrl-fixture.h"

#include <stdlib.h>
#include <string.h>

#define PLACE "/domain/cputune/cachetune[1]/cache[1]"

static int create(const Resctrl *resctrl, const char *name, const ResctrlCache *cache,
                  const ResctrlBandwidth *bandwidth, Error *error)
{
        const ResctrlWish wish = { cache, cache ? 1 : 0, bandwidth, bandwidth ? 1 : 0 };

        return resctrl_create(resctrl, name, &wish, error);
}

static void test_schema(void **state)
{
        g_autoptr(GPtrArray) schema = resctrl_schema_parse("    L3:0=fffff;1=ff00\n    MB:0=100;1= 50\nbroken\n");
        g_autoptr(GPtrArray) other = resctrl_schema_parse("L3:0=f\nMB:1=70\nL2:0=1\n");
        g_autofree char *text = resctrl_schema_to_text(schema), *less = NULL;

        assert_string_equal(text, "L3:0=fffff;1=ff00\nMB:0=100;1=50\n");
        resctrl_schema_subtract_caches(schema, other);
        resctrl_schema_subtract_percents(schema, other);
        less = resctrl_schema_to_text(schema);
        assert_string_equal(less, "L3:0=ffff0;1=ff00\nMB:0=100;1=0\n");
        assert_null(resctrl_schema_find(schema, "L3", 2));
        assert_null(resctrl_schema_find(schema, "L2", 0));
}

static void test_bits(void **state)
{
        assert_int_equal(resctrl_find_bits(0xff, 8), 0xff);
        assert_int_equal(resctrl_find_bits(0xf0, 2), 0x30);
        assert_int_equal(resctrl_find_bits(0xb6, 2), 0x06);
        assert_int_equal(resctrl_find_bits(0xb6, 3), 0);
        assert_int_equal(resctrl_find_bits(0xff, 0), 0);
        assert_int_equal(resctrl_find_bits(UINT64_MAX, 64), UINT64_MAX);
        assert_int_equal(resctrl_find_bits(UINT64_MAX, 65), 0);
}

static void test_groups(void **state)
{
        const Resctrl *resctrl = need(state);
        const ResctrlCache three = { .level = 3, .id = 0, .kib = 3 * 1024, .place = PLACE };
        const ResctrlCache code = { .level = 2, .id = 0, .scope = RESCTRL_CODE, .kib = 256, .place = PLACE };
        const ResctrlCache data = { .level = 2, .id = 0, .scope = RESCTRL_DATA, .kib = 256, .place = PLACE };
        const ResctrlBandwidth most = { .node = 0, .percent = 60, .place = PLACE };
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(create(resctrl, "qemu-1-a", &three, &most, &error), 0);
        /* what those have that are in no group is not free, and is what the rest is like */
        expect_file(state, "qemu-1-a/schemata", "L3:0=70;1=fffff\n");
        expect_file(state, "qemu-1-a/schemata", "L2CODE:0=ff\nL2DATA:0=f0\n");
        expect_file(state, "qemu-1-a/schemata", "MB:0=60");
        assert_int_equal(create(resctrl, "qemu-2-b", &three, NULL, &error), 0);
        expect_file(state, "qemu-2-b/schemata", "L3:0=380;1=fffff\n");
        expect_file(state, "qemu-2-b/schemata", "MB:0=100");
        /* the first one's part is the next one's */
        assert_int_equal(resctrl_remove(resctrl, "qemu-1-a", &error), 0);
        assert_false(exists(state, "qemu-1-a"));
        assert_int_equal(create(resctrl, "qemu-3-c", &three, NULL, &error), 0);
        expect_file(state, "qemu-3-c/schemata", "L3:0=70;1=fffff\n");
        assert_true(create(resctrl, "qemu-4-d", &code, NULL, &error) < 0);
        assert_non_null(strstr(error.detail, "are not free"));
        assert_false(exists(state, "qemu-4-d"));
        error_clear(&error);
        assert_int_equal(resctrl_remove(resctrl, "qemu-4-d", &error), 0);
        assert_int_equal(create(resctrl, "qemu-4-d", &data, NULL, &error), 0);
        expect_file(state, "qemu-4-d/schemata", "L2CODE:0=ff\nL2DATA:0=3\n");
}

static void test_refused(void **state)
{
        static const struct {
                ResctrlCache cache;
                ResctrlBandwidth bandwidth;
                const char *text;
        } cases[] = {
                { { .level = 3, .id = 7, .kib = 2048 }, {}, "no cache 7 of level 3 that is divided for code and data" },
                { { .level = 3, .scope = RESCTRL_CODE, .kib = 2048 }, {}, "divided for code apart" },
                { { .level = 3, .kib = 2000 }, {}, "in steps of 1024 KiB, 2048 KiB at least, not 2000" },
                { { .level = 3, .kib = 1024 }, {}, "2048 KiB at least, not 1024" },
                { { .level = 3, .kib = 17 * 1024 }, {}, "17408 KiB of this cache are not free" },
                { { .level = 3, .id = 1, .kib = 2048 }, {}, "2048 KiB of this cache are not free" },
                { {}, { .node = 3, .percent = 20 }, "does not divide the bandwidth of the memory 3" },
                { {}, { .percent = 25 }, "in steps of 10%, 20% at least, not 25" },
                { {}, { .percent = 10 }, "20% at least, not 10" },
                { {}, { .percent = 110 }, "not 110" },
        };
        const Resctrl *resctrl = need(state);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ResctrlCache cache = cases[i].cache;
                ResctrlBandwidth bandwidth = cases[i].bandwidth;
                _cleanup_error_ Error error = ERROR_INIT;

                cache.place = bandwidth.place = PLACE;
                assert_true(create(resctrl, "g", cache.level ? &cache : NULL, cache.level ? NULL : &bandwidth,
                                   &error) < 0);
                assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
                if (!g_str_has_prefix(error.detail, PLACE ": ") || !strstr(error.detail, cases[i].text))
                        fail_msg("'%s' is not in: %s", cases[i].text, error.detail);
                assert_false(exists(state, "g"));
        }
}

/* Bandwidth is shared out once; a processor tells few groups apart. */
static void test_exhausted(void **state)
{
        const Resctrl *resctrl = need(state);
        const ResctrlBandwidth half = { .node = 0, .percent = 50, .place = PLACE };
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(create(resctrl, "a", NULL, &half, &error), 0);
        assert_int_equal(create(resctrl, "b", NULL, &half, &error), 0);
        assert_true(create(resctrl, "c", NULL, &half, &error) < 0);
        assert_non_null(strstr(error.detail, "have left 0% of the bandwidth"));
        error_clear(&error);
        assert_int_equal(resctrl_remove(resctrl, "b", &error), 0);
        assert_int_equal(create(resctrl, "c", NULL, &half, &error), 0);
        assert_int_equal(create(resctrl, "d", NULL, NULL, &error), 0);
        assert_true(create(resctrl, "e", NULL, NULL, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "no more groups"));
}

static void test_monitors(void **state)
{
        const Resctrl *resctrl = need(state);
        g_autofree char *of_group = resctrl_monitor_path("a", "m"), *of_none = resctrl_monitor_path("", "n");
        g_autoptr(GArray) uses = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        const ResctrlUse *use;

        assert_int_equal(create(resctrl, "a", NULL, NULL, &error), 0);
        assert_int_equal(resctrl_create_monitor(resctrl, "a", "m", &error), 0);
        assert_int_equal(resctrl_create_monitor(resctrl, "", "n", &error), 0);
        assert_int_equal(resctrl_add_thread(resctrl, "a", 11, &error), 0);
        assert_int_equal(resctrl_add_thread(resctrl, of_group, 12, &error), 0);
        assert_int_equal(resctrl_add_thread(resctrl, of_none, 13, &error), 0);
        expect_file(state, "a/tasks", "11\n");
        expect_file(state, "a/mon_groups/m/tasks", "12\n");
        expect_file(state, "mon_groups/n/tasks", "13\n");
        uses = resctrl_read(resctrl, of_group);
        assert_non_null(uses);
        assert_int_equal(uses->len, 1);
        use = &g_array_index(uses, ResctrlUse, 0);
        assert_true(use->has_cache && use->has_memory);
        assert_int_equal(use->cache, 65536);
        assert_int_equal(use->memory_total, 3000);
        assert_int_equal(use->memory_local, 2000);
        assert_null(resctrl_read(resctrl, "nowhere"));
        assert_int_equal(resctrl_remove(resctrl, of_none, &error), 0);
        assert_int_equal(resctrl_remove(resctrl, "a", &error), 0);
        assert_false(exists(state, "a"));
        assert_false(exists(state, "mon_groups/n"));
}

static void test_absent(void **state)
{
        const Fixture *f = *state;
        _cleanup_error_ Error error = ERROR_INIT;
        Resctrl *resctrl;

        put(f->dir, "proc/self/mountinfo", "30 1 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        assert_true(resctrl_open(f->dir, &resctrl, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "mount -t resctrl"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_schema),
                cmocka_unit_test(test_bits),
                cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_exhausted, setup, teardown),
                cmocka_unit_test_setup_teardown(test_monitors, setup, teardown),
                cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
