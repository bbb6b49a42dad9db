/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void test_memory(void **state)
{
        _cleanup_(arena_unrefp) Arena *arena = arena_new();

        for (size_t size = 0; size < 3000; size += 7) {
                uint8_t *p = arena_alloc(arena, size);

                assert_int_equal((uintptr_t) p % sizeof(void *), 0);
                for (size_t i = 0; i < size; i++)
                        assert_int_equal(p[i], 0);
                memset(p, 0xaa, size);
        }
}

static void test_large(void **state)
{
        _cleanup_(arena_unrefp) Arena *arena = arena_new();
        char *before = arena_alloc(arena, 8), *large = arena_alloc(arena, 100000);
        char *after = arena_alloc(arena, 8);

        memset(large, 1, 100000);
        /* the block that had room is still used */
        assert_ptr_equal(after, before + 8);
        assert_true(arena_size(arena) < 110000);
}

static void test_strings(void **state)
{
        _cleanup_(arena_unrefp) Arena *arena = arena_new();
        const char *first = arena_strdup(arena, "virtio");

        assert_string_equal(first, "virtio");
        assert_ptr_equal(arena_strdup(arena, "virtio"), first);
        assert_ptr_equal(arena_strndup(arena, "virtio-net", 6), first);
        assert_ptr_equal(arena_printf(arena, "vir%s", "tio"), first);
        assert_ptr_not_equal(arena_strdup(arena, "virti"), first);
        assert_string_equal(arena_strdup(arena, ""), "");
        assert_null(arena_strdup(arena, NULL));
        for (unsigned i = 0; i < 1000; i++)
                (void) arena_printf(arena, "string %u", i);
        assert_ptr_equal(arena_strdup(arena, "virtio"), first);
        for (unsigned i = 0; i < 1000; i++) {
                g_autofree char *s = g_strdup_printf("string %u", i);

                assert_string_equal(arena_strdup(arena, s), s);
        }
        /* each of them once */
        assert_true(arena_size(arena) < 40000);
}

static void test_references(void **state)
{
        Arena *arena = arena_new(), *other;
        const char *s = arena_strdup(arena, "kept");

        arena_seal(arena);
        assert_true(arena_is_sealed(arena));
        other = arena_ref(arena);
        assert_null(arena_unref(arena));
        assert_string_equal(s, "kept");
        arena_unref(other);
        assert_null(arena_unref(NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_large),
                cmocka_unit_test(test_strings),
                cmocka_unit_test(test_references),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
