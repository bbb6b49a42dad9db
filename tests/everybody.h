/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Programs of the build directory for other users, who may not be let into it: below root's home, say. */

#include <glib.h>

/* A copy of the program in the directory, which everybody can enter. Free with g_free(). */
static inline char *copy_for_everybody(const char *program, const char *dir)
{
        g_autofree char *name = g_path_get_basename(program), *copy = g_build_filename(dir, name, NULL);
        g_autofree char *contents = NULL;
        gsize size;

        assert_true(g_file_get_contents(program, &contents, &size, NULL));
        assert_true(g_file_set_contents_full(copy, contents, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
        return g_steal_pointer(&copy);
}
