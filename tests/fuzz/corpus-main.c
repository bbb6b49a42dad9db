/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs a fuzz target over the files of a directory (and its sub-directories), or over single files: how the
 * corpora become unit tests in builds without libFuzzer. No file at all is a failure, so that a lost corpus
 * is noticed.
 */

#include "service/base/util.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned run_file(const char *path)
{
        g_autofree char *data = NULL;
        g_autofree uint8_t *copy = NULL;
        gsize size;

        if (!g_file_get_contents(path, &data, &size, NULL)) {
                fprintf(stderr, "%s: cannot be read\n", path);
                return 0;
        }
        /* of exactly that size, so that the sanitizer sees a read beyond the end */
        copy = g_memdup2(data, size);
        LLVMFuzzerTestOneInput(copy, size);
        return 1;
}

static unsigned run_path(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        if (!dir)
                return run_file(path);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *inner = g_build_filename(path, name, NULL);

                n += run_path(inner);
        }
        return n;
}

int main(int argc, char **argv)
{
        unsigned n = 0;

        for (int i = 1; i < argc; i++)
                n += run_path(argv[i]);
        printf("%u inputs\n", n);
        return n > 0 ? 0 : 1;
}
