/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Golden files: what a function makes of a file is kept beside it and compared. REGENERATE=1 in the
 * environment rewrites them. GOLDEN_DIR is tests/golden.
 */

#include "service/base/util.h"

#include <stdlib.h>

/* cmocka and its prerequisites are included by the test itself */
static inline char *golden_read(const char *name, size_t *ret_size)
{
        const char *directory = g_getenv("GOLDEN_DIR");
        g_autofree char *path = g_build_filename(directory ?: "tests/golden", name, NULL);
        char *text = NULL;

        if (!g_file_get_contents(path, &text, ret_size, NULL))
                fail_msg("%s cannot be read", path);
        return text;
}

static inline void golden_compare(const char *name, const char *text)
{
        g_autofree char *expected = NULL;

        if (g_getenv("REGENERATE")) {
                g_autofree char *path = g_build_filename(g_getenv("GOLDEN_DIR"), name, NULL);

                assert_true(g_file_set_contents(path, text, -1, NULL));
                return;
        }
        expected = golden_read(name, NULL);
        if (!streq(expected, text))
                fail_msg("%s differs:\n%s", name, text);
}
