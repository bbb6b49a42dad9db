/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The saved state of a machine that pretends: which definition it had and whether it ran. In a file it is a line
 * that says so, and the definition with its secrets as XML behind that.
 */

#include "drivers/model/domain_def.h"

typedef struct TestImage {
        DomainDef *def;
        bool paused;
} TestImage;

TestImage *test_image_new(const DomainDef *def, bool paused);
/* Accepts NULL, returns NULL. */
TestImage *test_image_free(TestImage *image);
DEFINE_TRIVIAL_CLEANUP(TestImage *, test_image_free)

/*
 * What is to be done with a file, for a worker. A file that is there is replaced only when it is one of this kind:
 * who may save a domain may not thereby overwrite others' files.
 */
typedef struct TestFile {
        char *path;
        char *text; /* what is read, or to be written */
        Error error;
} TestFile;

/* Takes the text over. References may be dropped on any thread. */
TestFile *test_file_new(const char *path, char *text);
TestFile *test_file_ref(TestFile *file);
/* Accepts NULL. */
void test_file_unref(void *file);
/* These run on a worker, on a TestFile. */
int test_file_write(void *file, Error *error);
/* Returns 0 also when the file cannot be read, and leaves why in the file. */
int test_file_read(void *file, Error *error);

/* Free with g_free(). A core dump has all of the image but cannot be restored. */
char *test_image_format(const TestImage *image);
char *test_image_format_core(const TestImage *image);
/* ERROR_OPERATION_FAILED when the text is no image. */
int test_image_parse(const char *text, TestImage **ret, Error *error);
