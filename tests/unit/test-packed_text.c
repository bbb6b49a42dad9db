/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/golden.h"

static void round_trip(const char *text, size_t size)
{
        g_autofree PackedText *packed = definition_pack(text, size, 7);
        g_autofree char *back = NULL;
        size_t back_size;

        back = definition_unpack(packed, &back_size);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, text, size);
        assert_int_equal(back[size], 0);
        assert_int_equal(definition_packed_mark(packed), 7);
}

static void test_round_trip(void **state)
{
        g_autofree uint8_t *noise = g_malloc(100000);
        uint32_t x = 1;

        round_trip("", 0);
        round_trip("a", 1);
        round_trip("a\0b", 3);
        for (unsigned i = 0; i < 100000; i++) {
                x = x * 1664525 + 1013904223;
                noise[i] = (uint8_t) (x >> 24);
        }
        round_trip((const char *) noise, 100000);
}

/* An idle domain has to fit into 6 KiB with all that belongs to it. */
static void test_size(void **state)
{
        size_t size;
        g_autofree char *text = golden_read("domain/q35.normal.xml", &size);
        g_autofree PackedText *packed = definition_pack(text, size, 0);

        assert_true(size > 6000);
        assert_true(definition_packed_size(packed) < 1536);
        round_trip(text, size);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_size),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
