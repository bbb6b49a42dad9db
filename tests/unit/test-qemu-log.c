/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_log.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

typedef struct World {
        sd_event *event;
        WorkerPool *pool;
        char *dir;
        bool done;
        int fd;
        uint64_t offset;
        char *tail;
} World;

static int setup(void **state)
{
        World *world = g_new0(World, 1);

        assert_true(sd_event_new(&world->event) >= 0);
        assert_int_equal(worker_pool_new(world->event, 2, &world->pool), 0);
        world->dir = g_dir_make_tmp("virtbus-log-XXXXXX", NULL);
        world->fd = -EBADF;
        assert_non_null(world->dir);
        *state = world;
        return 0;
}

static char *path_of(const World *world, const char *file)
{
        return g_build_filename(world->dir, file, NULL);
}

static int teardown(void **state)
{
        World *world = *state;
        const char *const files[] = { "vm.log", "vm.log.0" };

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                g_autofree char *path = path_of(world, files[i]);

                (void) g_unlink(path);
        }
        worker_pool_free(world->pool);
        (void) g_rmdir(world->dir);
        safe_close(world->fd);
        g_free(world->dir);
        g_free(world->tail);
        sd_event_unref(world->event);
        g_free(world);
        return 0;
}

static void wait_done(World *world)
{
        uint64_t until = now_usec() + 10 * USEC_PER_SEC;

        while (!world->done) {
                assert_true(now_usec() < until);
                assert_true(sd_event_run(world->event, 100 * USEC_PER_MSEC) >= 0);
        }
        world->done = false;
}

static void on_opened(void *userdata, int fd, uint64_t offset, Error *error)
{
        World *world = userdata;

        world->done = true;
        safe_close(world->fd);
        world->fd = fd;
        world->offset = offset;
}

static void on_read(void *userdata, const char *tail)
{
        World *world = userdata;

        world->done = true;
        g_free(world->tail);
        world->tail = g_strdup(tail);
}

static void open_log(World *world)
{
        (void) qemu_log_open(world->pool, world->dir, "vm", "starting", on_opened, world);
        wait_done(world);
        assert_true(world->fd >= 0);
}

static void read_tail(World *world)
{
        (void) qemu_log_read_tail(world->pool, world->dir, "vm", world->offset, on_read, world);
        wait_done(world);
}

static off_t size_of(const World *world, const char *file)
{
        g_autofree char *path = path_of(world, file);
        struct stat st;

        return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void test_tail(void **state)
{
        World *world = *state;
        g_autofree char *path = path_of(world, "vm.log");
        struct stat st;

        open_log(world);
        assert_int_equal(world->offset, 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        read_tail(world);
        assert_string_equal(world->tail, "");
        assert_int_equal(write_all(world->fd, "first\nsecond\n", 13), 0);
        read_tail(world);
        assert_string_equal(world->tail, "first\nsecond");
        /* the next run does not show what the last one said */
        open_log(world);
        assert_true(world->offset > 13);
        assert_int_equal(write_all(world->fd, "third", 5), 0);
        read_tail(world);
        assert_string_equal(world->tail, "third");
}

static void test_long_tail(void **state)
{
        World *world = *state;

        open_log(world);
        for (unsigned i = 0; i < 1000; i++) {
                g_autofree char *line = g_strdup_printf("line %u\xff\n", i);

                assert_int_equal(write_all(world->fd, line, strlen(line)), 0);
        }
        read_tail(world);
        assert_true(g_utf8_validate(world->tail, -1, NULL));
        assert_true(strlen(world->tail) <= 2 * QEMU_LOG_TAIL);
        assert_true(g_str_has_prefix(world->tail, "line "));
        assert_non_null(strstr(world->tail, "line 999"));
}

static void test_rotates_at_start(void **state)
{
        World *world = *state;

        open_log(world);
        assert_int_equal(ftruncate(world->fd, QEMU_LOG_MAX + 1), 0);
        open_log(world);
        assert_int_equal(world->offset, 0);
        assert_int_equal(size_of(world, "vm.log.0"), QEMU_LOG_MAX + 1);
        assert_true(size_of(world, "vm.log") < 200);
}

/* A link that somebody has put there leads nowhere. */
static void test_no_links(void **state)
{
        World *world = *state;
        g_autofree char *path = path_of(world, "vm.log");

        assert_int_equal(symlink("/dev/null", path), 0);
        (void) qemu_log_open(world->pool, world->dir, "vm", "starting", on_opened, world);
        wait_done(world);
        assert_true(world->fd < 0);
}

static void test_watch(void **state)
{
        World *world = *state;
        _cleanup_(qemu_log_watch_freep) QemuLogWatch *watch = NULL;
        g_autofree char *chunk = g_malloc(64 * 1024);
        uint64_t until = now_usec() + 20 * USEC_PER_SEC;

        memset(chunk, 'x', 64 * 1024);
        open_log(world);
        assert_int_equal(qemu_log_watch_new(world->event, world->pool, world->dir, &watch, NULL), 0);
        for (unsigned i = 0; i < 2 * QEMU_LOG_MAX / (64 * 1024) + 1; i++)
                assert_int_equal(write_all(world->fd, chunk, 64 * 1024), 0);
        while (size_of(world, "vm.log") > QEMU_LOG_MAX) {
                assert_true(now_usec() < until);
                assert_true(sd_event_run(world->event, 100 * USEC_PER_MSEC) >= 0);
        }
        assert_int_equal(size_of(world, "vm.log.0"), QEMU_LOG_MAX);
        /* the writer goes on in the same file */
        assert_int_equal(write_all(world->fd, "end\n", 4), 0);
        assert_true(size_of(world, "vm.log") >= 4 && size_of(world, "vm.log") < 64 * 1024);
}

static void test_note_and_remove(void **state)
{
        World *world = *state;
        uint64_t until = now_usec() + 10 * USEC_PER_SEC;
        off_t before;

        open_log(world);
        before = size_of(world, "vm.log");
        qemu_log_note(world->pool, world->dir, "vm", "the machine has ended");
        while (size_of(world, "vm.log") == before) {
                assert_true(now_usec() < until);
                (void) sd_event_run(world->event, 10 * USEC_PER_MSEC);
        }
        read_tail(world);
        assert_string_equal(world->tail, "");
        qemu_log_remove(world->pool, world->dir, "vm");
        while (size_of(world, "vm.log") >= 0) {
                assert_true(now_usec() < until);
                (void) sd_event_run(world->event, 10 * USEC_PER_MSEC);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_tail, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_tail, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rotates_at_start, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_links, setup, teardown),
                cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
                cmocka_unit_test_setup_teardown(test_note_and_remove, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
