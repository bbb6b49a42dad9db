/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_image.h"

#include "drivers/model/xml_reader.h"
#include "service/base/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "virtbus-test-"
#define IMAGE_MAGIC MAGIC "image 1 "
#define CORE_MAGIC MAGIC "core 1 "

TestImage *test_image_new(const DomainDef *def, bool paused)
{
        TestImage *image = g_new(TestImage, 1);

        *image = (TestImage) { .def = domain_def_ref(def), .paused = paused };
        return image;
}

TestImage *test_image_free(TestImage *image)
{
        if (!image)
                return NULL;
        domain_def_unref(image->def);
        g_free(image);
        return NULL;
}

TestFile *test_file_new(const char *path, char *text)
{
        TestFile *file = g_atomic_rc_box_new(TestFile);

        *file = (TestFile) { .path = g_strdup(path), .text = text };
        return file;
}

TestFile *test_file_ref(TestFile *file)
{
        return g_atomic_rc_box_acquire(file);
}

static void file_clear(void *p)
{
        TestFile *file = p;

        error_clear(&file->error);
        g_free(file->path);
        g_free(file->text);
}

void test_file_unref(void *file)
{
        if (file)
                g_atomic_rc_box_release_full(file, file_clear);
}

static int open_parent(const char *path, char **ret_name, Error *error)
{
        g_autofree char *directory = g_path_get_dirname(path);
        int fd;

        if (path[0] != '/')
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no absolute path", path);
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", directory);
        *ret_name = g_path_get_basename(path);
        return fd;
}

static int check_replaceable(int dir_fd, const TestFile *file, const char *name, Error *error)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        char head[sizeof(MAGIC) - 1];
        struct stat st;
        ssize_t n;

        if (fd < 0 && errno == ENOENT)
                return 0;
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", file->path);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no file", file->path);
        n = read(fd, head, sizeof(head));
        if (n == 0 || (n == (ssize_t) sizeof(head) && memcmp(head, MAGIC, sizeof(head)) == 0))
                return 0;
        return error_set(error, ERROR_OPERATION_FAILED, "'%s' is there, and is not of a saved domain",
                         file->path);
}

int test_file_write(void *p, Error *error)
{
        const TestFile *file = p;
        g_autofree char *name = NULL;
        _cleanup_close_ int dir_fd = open_parent(file->path, &name, error);
        int r;

        if (dir_fd < 0)
                return dir_fd;
        r = check_replaceable(dir_fd, file, name, error);
        if (r < 0)
                return r;
        return store_write(dir_fd, name, file->text, strlen(file->text), STORE_DURABLE, error);
}

int test_file_read(void *p, Error *error)
{
        TestFile *file = p;
        g_autofree char *name = NULL;
        _cleanup_close_ int dir_fd = open_parent(file->path, &name, &file->error);
        size_t size;
        int r;

        if (dir_fd < 0)
                return 0;
        r = store_read(dir_fd, name, XML_STORED_MAX, &file->text, &size, NULL);
        if (r < 0)
                (void) error_set_errno(&file->error, r, "cannot read domain image '%s'", file->path);
        return 0;
}

static char *format(const TestImage *image, const char *magic)
{
        g_autofree char *xml =
                domain_def_format(image->def, DOMAIN_DEF_FORMAT_INACTIVE | DOMAIN_DEF_FORMAT_SECURE);

        return g_strconcat(magic, image->paused ? "paused" : "running", "\n", xml, NULL);
}

char *test_image_format(const TestImage *image)
{
        return format(image, IMAGE_MAGIC);
}

char *test_image_format_core(const TestImage *image)
{
        return format(image, CORE_MAGIC);
}

int test_image_parse(const char *text, TestImage **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        bool paused;
        int r;

        if (!g_str_has_prefix(text, IMAGE_MAGIC))
                return error_set(error, ERROR_OPERATION_FAILED, "mismatched header magic: no image of a saved domain");
        text += strlen(IMAGE_MAGIC);
        paused = g_str_has_prefix(text, "paused\n");
        if (!paused && !g_str_has_prefix(text, "running\n"))
                return error_set(error, ERROR_OPERATION_FAILED, "the header of the image is damaged");
        text = strchr(text, '\n') + 1;
        r = domain_def_parse(text, strlen(text), DOMAIN_DEF_PARSE_STORED, NULL, &def, error);
        if (r < 0)
                return r;
        *ret = test_image_new(def, paused);
        return 0;
}
