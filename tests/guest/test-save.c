/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saved states of machines with a system that runs: it goes on where it was, or does not notice that saving failed. */

#include "tests/guest/linux.h"

#include "drivers/qemu/qemu_dump.h"
#include "drivers/qemu/qemu_save.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* What the operation that world_do() runs is to do: cmocka's tests run one after the other. */
typedef struct Wish {
        const char *file;
        DomainDef *def;
        uint32_t flags;
} Wish;

static Wish wish;

static int do_save(Domain *domain, Job *job, Error *error)
{
        return qemu_save(domain, wish.file, wish.def, wish.flags, job, error);
}

static int do_restore(Domain *domain, Job *job, Error *error)
{
        return qemu_restore(domain, wish.file, wish.def, wish.flags, job, error);
}

static int do_read(Domain *domain, Job *job, Error *error)
{
        return qemu_image_read(domain->object.driver, wish.file, job, error);
}

static int do_write(Domain *domain, Job *job, Error *error)
{
        return qemu_image_write(domain->object.driver, wish.file, wish.def, wish.flags, job, error);
}

static int save(World *world, Domain *domain, const char *file, uint32_t flags)
{
        wish = (Wish) { .file = file, .flags = flags };
        return world_do(world, domain, do_save);
}

static void expect_saved(World *world, Domain *domain, const char *file, uint32_t flags)
{
        if (save(world, domain, file, flags) < 0)
                fail_msg("cannot save: %s", world->text);
        assert_int_equal(domain->state, DOMAIN_SHUTOFF);
        assert_int_equal(domain->reason, DOMAIN_SHUTOFF_SAVED);
        assert_int_equal(world_processes(world), 0);
}

/* Restores with the definition in the file, or reads that alone. */
static DomainDef *read_image(World *world, Domain *domain, const char *file, bool *ret_paused)
{
        const DomainImage *image;

        wish = (Wish) { .file = file };
        assert_int_equal(world_do(world, domain, do_read), 0);
        image = job_result_object(world->job);
        if (!image->def) {
                g_autofree char *text = error_message(&image->error);

                fail_msg("cannot read: %s", text);
        }
        *ret_paused = image->paused;
        return domain_def_ref(image->def);
}

static void restore(World *world, Domain *domain, const char *file, uint32_t flags)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        bool paused;

        def = read_image(world, domain, file, &paused);
        wish = (Wish) { .file = file, .def = def, .flags = flags };
        if (world_do(world, domain, do_restore) < 0)
                fail_msg("cannot restore: %s", world->text);
}

static void start_saved(World *world, Domain *domain, uint32_t flags)
{
        if (world_start(world, domain, flags) < 0)
                fail_msg("cannot start: %s", world->text);
}

/* Only a system that remembers can answer, and only once more than the last time. */
static void expect_count(Line *line, unsigned number)
{
        g_autofree char *text = g_strdup_printf("count %u\r", number);

        line_send(line, "\nn=$((n + 1)); echo count $n\n");
        line_expect(line, text);
}

static off_t file_size(const char *path)
{
        struct stat st;

        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        return st.st_size;
}

/* A managed save outlives the daemon, and is used once. */
static void test_managed(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *devices =
                g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                "<source file='%s'/><target dev='vda' bus='virtio'/></disk>"
                                "<interface type='user'/>", disk);
        g_autofree char *xml = linux_machine("web", NULL, devices, NULL), *path = NULL;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        expect_count(&line, 1);
        line_close(&line);
        expect_saved(world, domain, NULL, 0);
        assert_string_equal(world->record->str, "web:state paused save;web:event suspended paused;"
                                                "web:state shutoff saved;web:event stopped saved;");
        path = qemu_managed_path(qemu_driver_of(domain), "web");
        assert_true(file_size(path) > 1024 * 1024);
        assert_true(domain->managed_save);
        assert_true(world_do_flags(world, domain, qemu_undefine, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        assert_true(world_rename(world, domain, "other") < 0);

        world_close(world);
        world_open(world);
        world_forget(world);
        domain = world_find(world, "web");
        assert_true(domain->managed_save);
        start_saved(world, domain, 0);
        assert_string_equal(world->record->str, "web:state running restored;web:event started restored;");
        assert_false(domain->managed_save);
        assert_int_not_equal(g_access(path, F_OK), 0);
        line_open(&line, world, domain, NULL);
        expect_count(&line, 2);
        line_send(&line, "dd if=/dev/vda of=/dev/null bs=1M count=4; echo dd en''ded\n");
        line_expect(&line, "dd ended");

        /* what is not wanted any more */
        expect_saved(world, domain, NULL, DOMAIN_SAVE_PAUSED);
        line_close(&line);
        assert_int_equal(world_do(world, domain, qemu_managed_remove), 0);
        assert_int_not_equal(g_access(path, F_OK), 0);
        assert_true(world_do(world, domain, qemu_managed_remove) < 0);
        start_saved(world, domain, 0);
        expect_saved(world, domain, NULL, 0);
        start_saved(world, domain, DOMAIN_START_FORCE_BOOT);
        assert_int_equal(domain->reason, DOMAIN_RUNNING_BOOTED);
        assert_false(domain->managed_save);
        assert_int_not_equal(g_access(path, F_OK), 0);
        expect_saved(world, domain, NULL, 0);
        assert_int_equal(world_do_flags(world, domain, qemu_undefine, DOMAIN_UNDEFINE_MANAGED_SAVE), 0);
        assert_int_not_equal(g_access(path, F_OK), 0);
}

/* Through each way to the file and back, the same system. */
static void test_files(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", NULL, NULL, NULL);
        g_autofree char *path = g_build_filename(world->dir, "web.state", NULL);
        g_autofree char *direct = g_strconcat(getenv("VIRTBUS_TEST_GUEST"), "/web.state", NULL);
        g_autofree char *other = g_build_filename(world->dir, "precious", NULL);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);
        off_t raw_size;
        bool paused;

        expect_count(&line, 1);
        line_close(&line);
        assert_true(g_file_set_contents(other, "precious", -1, NULL));
        assert_true(save(world, domain, other, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_FAILED);
        assert_true(save(world, domain, "/nonexistent/file", 0) < 0);
        assert_int_equal(domain->state, DOMAIN_RUNNING);

        expect_saved(world, domain, path, 0);
        raw_size = file_size(path);
        restore(world, domain, path, 0);
        line_open(&line, world, domain, NULL);
        expect_count(&line, 2);
        line_close(&line);

        /* onto the former one; and around the cache, where the file system can do that */
        expect_saved(world, domain, path, 0);
        restore(world, domain, path, 0);
        if (save(world, domain, direct, DOMAIN_SAVE_BYPASS_CACHE) >= 0) {
                restore(world, domain, direct, DOMAIN_SAVE_BYPASS_CACHE);
                assert_int_equal(g_unlink(direct), 0);
        } else {
                assert_int_equal(world->code, ERROR_OPERATION_UNSUPPORTED);
                print_message("not tested around the cache: %s\n", world->text);
        }
        expect_saved(world, domain, path, 0);
        restore(world, domain, path, DOMAIN_SAVE_PAUSED);
        assert_int_equal(domain->state, DOMAIN_PAUSED);
        assert_int_equal(world_count(world, "web:event suspended restored;"), 1);
        world_set(world, "save-format", "zstd");
        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        assert_int_equal(domain->state, DOMAIN_PAUSED);

        /* packed; what stood, stands, unless the file is told otherwise */
        expect_saved(world, domain, path, 0);
        assert_true(file_size(path) < raw_size * 3 / 4);
        def = read_image(world, domain, path, &paused);
        assert_true(paused);
        wish = (Wish) { .file = path, .def = def, .flags = DOMAIN_SAVE_RUNNING };
        assert_int_equal(world_do(world, domain, do_write), 0);
        restore(world, domain, path, 0);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        line_open(&line, world, domain, NULL);
        expect_count(&line, 3);
        line_close(&line);
}

/* Begins to save and runs until the stage is reached. */
static Job *begin_save(World *world, Domain *domain, const char *file, const char *stage)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Job *job;

        assert_int_equal(job_new(world->jobs, "save", &domain->object.slot, NULL, &job, &error), 0);
        job_set_object(job, domain_ref(domain), qemu_unref_domain);
        assert_int_equal(qemu_save(domain, file, NULL, 0, job, &error), 1);
        while (!streq(job_stage(job), stage)) {
                assert_int_equal(job_state(job), JOB_RUNNING);
                (void) world_run(world, USEC_PER_SEC);
        }
        return job;
}

static unsigned count_files(const char *directory)
{
        g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
        unsigned n = 0;

        assert_non_null(dir);
        while (g_dir_read_name(dir))
                n++;
        return n;
}

/* Cancelled, or without room: nothing stays of it, and the guest goes on. */
static void test_failures(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", NULL, NULL, NULL);
        g_autofree char *mount_point = g_build_filename(world->dir, "small", NULL);
        g_autofree char *path = g_build_filename(mount_point, "web.state", NULL);
        static const char *const formats[] = { "xz", "raw" };
        Line line;
        Domain *domain;

        assert_int_equal(mkdir(mount_point, 0700), 0);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("small", mount_point, "tmpfs", 0, "size=4m") < 0) {
                print_message("skipped: no file system can be mounted here\n");
                skip();
        }
        world_set(world, "save-format", "xz");
        world_close(world);
        world_open(world);
        domain = linux_boot(world, xml, &line);
        expect_count(&line, 1);

        for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
                _cleanup_(job_unrefp) Job *job = begin_save(world, domain, path, "state");

                assert_int_equal(job_cancel(job, NULL), 0);
                assert_int_equal(job_state(job), JOB_CANCELLED);
                world_wait(world, domain->state == DOMAIN_RUNNING);
                assert_int_equal(domain->reason, DOMAIN_RUNNING_SAVE_CANCELED);
                expect_count(&line, (unsigned) (2 + 2 * i));

                assert_true(save(world, domain, path, 0) < 0);
                assert_int_equal(world->code, ERROR_OPERATION_FAILED);
                assert_non_null(strstr(world->text, path));
                assert_non_null(strstr(world->text, "No space left"));
                world_wait(world, domain->state == DOMAIN_RUNNING);
                expect_count(&line, (unsigned) (3 + 2 * i));
                world_wait(world, count_files(mount_point) == 0);

                if (i + 1 == ELEMENTSOF(formats))
                        break;
                line_close(&line);
                world_set(world, "save-format", formats[i + 1]);
                world_close(world);
                world_open(world);
                domain = world_find(world, "web");
                line_open(&line, world, domain, NULL);
        }
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(umount2(mount_point, MNT_DETACH), 0);
}

/* What is no saved state, or only half of one, or one that QEMU cannot read, starts nothing. */
static void test_bad_files(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL), *path = NULL, *text = NULL;
        Domain *domain = world_define(world, xml);
        gsize size;

        assert_int_equal(world_start(world, domain, 0), 0);
        expect_saved(world, domain, NULL, 0);
        path = qemu_managed_path(qemu_driver_of(domain), "web");
        assert_true(g_file_get_contents(path, &text, &size, NULL));
        assert_true(g_file_set_contents(path, text, (gssize) size / 2, NULL));
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_FAILED);
        assert_int_equal(world_processes(world), 0);
        assert_true(domain->managed_save);
        assert_true(g_file_set_contents(path, text, 1000, NULL));
        assert_true(world_start(world, domain, 0) < 0);
        memcpy(text, "LibvirtQemudPart", 16);
        assert_true(g_file_set_contents(path, text, (gssize) size, NULL));
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "not complete"));
        assert_int_equal(world_run_entries(world), 0);
        memcpy(text, "LibvirtQemudSave", 16);
        assert_true(g_file_set_contents(path, text, (gssize) size, NULL));
        start_saved(world, domain, 0);
        assert_int_equal(domain->reason, DOMAIN_RUNNING_RESTORED);
}

static int do_dump(Domain *domain, Job *job, Error *error)
{
        return qemu_core_dump(domain, wish.file, DOMAIN_DUMP_RAW, wish.flags, job, error);
}

static int dump(World *world, Domain *domain, const char *file, uint32_t flags)
{
        wish = (Wish) { .file = file, .flags = flags };
        return world_do(world, domain, do_dump);
}

static void expect_magic(const char *path, const char *magic)
{
        g_autofree char *text = NULL;
        gsize size;

        assert_true(g_file_get_contents(path, &text, &size, NULL));
        assert_true(size > 4096);
        assert_memory_equal(text, magic, strlen(magic));
        (void) file_size(path);
}

static void test_dump(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        g_autofree char *path = g_build_filename(world->dir, "core", NULL);
        g_autofree char *other = g_build_filename(world->dir, "precious", NULL);
        Domain *domain = world_define(world, xml);

        assert_int_equal(world_start(world, domain, 0), 0);
        assert_true(g_file_set_contents(other, "precious", -1, NULL));
        assert_true(dump(world, domain, other, DOMAIN_DUMP_MEMORY_ONLY) < 0);
        world_forget(world);
        assert_int_equal(dump(world, domain, path, DOMAIN_DUMP_MEMORY_ONLY), 0);
        expect_magic(path, "\177ELF");
        world_expect(world, "web:state running");
        assert_int_equal(world_count(world, "web:state paused dump;"), 1);
        world_forget(world);
        assert_int_equal(dump(world, domain, path, DOMAIN_DUMP_LIVE), 0);
        expect_magic(path, "QEVM");
        world_wait(world, domain->state == DOMAIN_RUNNING);
        assert_int_equal(dump(world, domain, path, DOMAIN_DUMP_RESET | DOMAIN_DUMP_MEMORY_ONLY), 0);
        world_expect(world, "web:reboot;");
        world_wait(world, domain->state == DOMAIN_RUNNING);
        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        assert_int_equal(dump(world, domain, path, 0), 0);
        assert_int_equal(domain->state, DOMAIN_PAUSED);
        assert_int_equal(domain->reason, DOMAIN_PAUSED_USER);
        assert_int_equal(dump(world, domain, path, DOMAIN_DUMP_CRASH | DOMAIN_DUMP_MEMORY_ONLY), 0);
        assert_int_equal(domain->state, DOMAIN_SHUTOFF);
        assert_int_equal(domain->reason, DOMAIN_SHUTOFF_CRASHED);
}

/* The guest crashes: its memory is kept, and it begins anew. */
static void test_crash_dump(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", NULL, "<panic model='pvpanic'/>",
                                             "<on_crash>coredump-restart</on_crash>");
        g_autofree char *dumps = g_build_filename(world->paths.state, "qemu", "dump", NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        assert_int_equal(count_files(dumps), 0);
        line_send(&line, "echo c > /proc/sysrq-trigger\n");
        world_expect(world, "web:event crashed panicked;");
        line_expect(&line, LINUX_BANNER);
        world_wait(world, domain->state == DOMAIN_RUNNING);
        assert_int_equal(count_files(dumps), 1);
        line_close(&line);
}

static int do_screenshot(Domain *domain, Job *job, Error *error)
{
        return qemu_screenshot(domain, wish.flags, job, error);
}

static void test_screenshot(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", "<video><model type='vga'/></video>", NULL);
        Domain *domain = world_define(world, xml);
        char head[4] = "";

        assert_int_equal(world_start(world, domain, 0), 0);
        for (unsigned i = 0; i < 3; i++) {
                wish = (Wish) { .flags = 0 };
                if (world_do(world, domain, do_screenshot) < 0)
                        fail_msg("cannot take a picture: %s", world->text);
                assert_string_equal(world->result, "image/png");
                assert_int_equal(pread(world->result_fd, head, 4, 0), 4);
                assert_memory_equal(head, "\211PNG", 4);
                assert_true(fcntl(world->result_fd, F_GET_SEALS) & F_SEAL_WRITE);
        }
        wish = (Wish) { .flags = 1 };
        assert_true(world_do(world, domain, do_screenshot) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_managed, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_files, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_failures, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_bad_files, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_dump, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_crash_dump, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_screenshot, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
