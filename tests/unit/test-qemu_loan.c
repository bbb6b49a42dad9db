/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_hostdev.h"
#include "drivers/qemu/qemu_loan.h"
#include "service/base/util.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define UID 2113930000u
#define FIRST "11111111-1111-4111-8111-111111111111"
#define SECOND "22222222-2222-4222-8222-222222222222"

typedef struct Fixture {
        char *dir; /* with machines in it, and "host" */
        int run_fd;
} Fixture;

static void run(const char *dir, const char *line)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        int status = -1;

        assert_true(g_spawn_sync(dir, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
        assert_int_equal(status, 0);
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-loan-XXXXXX", NULL);
        run(f->dir, "mkdir " FIRST " " SECOND);
        run(f->dir, "chmod 755 .");
        f->run_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        g_autofree char *line = g_strdup_printf("rm -rf %s", f->dir);

        run("/", line);
        safe_close(f->run_fd);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static QemuLoans *open_loans(const Fixture *f, const char *root, const char *machine)
{
        g_autofree char *run_dir = g_build_filename(f->dir, machine, NULL);
        QemuLoans *loans = NULL;

        assert_int_equal(qemu_loans_open(root, run_dir, UID, &loans, NULL), 0);
        return loans;
}

static void end_machine(const Fixture *f, const char *root, const char *machine)
{
        _cleanup_close_ int dir_fd = openat(f->run_fd, machine, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(dir_fd >= 0);
        qemu_loans_undo(root, f->run_fd, dir_fd);
}

/* One device, one machine; free again with the machine's end. */
static void test_claim(void **state)
{
        const Fixture *f = *state;
        _cleanup_(qemu_loans_freep) QemuLoans *first = open_loans(f, "", FIRST), *second = open_loans(f, "", SECOND);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(qemu_loans_claim(first, "usb-001:004", "/place", &error), 0);
        assert_true(qemu_loans_claim(second, "usb-001:004", "/place", &error) < 0);
        assert_int_equal(error.code, ERROR_OPERATION_INVALID);
        assert_non_null(strstr(error.detail, "/place"));
        assert_non_null(strstr(error.detail, FIRST));
        error_clear(&error);
        assert_int_equal(qemu_loans_claim(second, "usb-001:005", "/place", &error), 0);

        first = qemu_loans_free(first);
        end_machine(f, "", FIRST);
        assert_int_equal(qemu_loans_claim(second, "usb-001:004", "/place", &error), 0);
        /* what was not the first one's it does not give back */
        end_machine(f, "", FIRST);
        assert_int_equal(faccessat(f->run_fd, "loans/usb-001:004", F_OK, 0), 0);
}

static void expect_claimed(const Fixture *f, const char *key, bool claimed)
{
        g_autofree char *path = g_strconcat("loans/", key, NULL);

        assert_int_equal(faccessat(f->run_fd, path, F_OK, 0), claimed ? 0 : -1);
}

/* What was lent for a device is given back with it, and nothing else; then the rest with the machine. */
static void test_device(void **state)
{
        const Fixture *f = *state;
        _cleanup_(qemu_loans_freep) QemuLoans *loans = open_loans(f, "", FIRST);
        g_autofree char *run_dir = g_build_filename(f->dir, FIRST, NULL);

        assert_int_equal(qemu_loans_claim(loans, "usb-001:001", "/place", NULL), 0);
        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *alias = g_strdup_printf("hostdev%u", i), *key = g_strdup_printf("usb-002:00%u", i);

                assert_int_equal(qemu_loans_serve(loans, alias, NULL), 0);
                assert_int_equal(qemu_loans_claim(loans, key, "/place", NULL), 0);
                assert_int_equal(qemu_loans_claim(loans, "pci-0000:05:00.0", "/place", NULL), 0);
        }
        loans = qemu_loans_free(loans);

        qemu_loans_give_back("", run_dir, "hostdev1");
        expect_claimed(f, "usb-002:001", false);
        expect_claimed(f, "usb-002:000", true);
        expect_claimed(f, "pci-0000:05:00.0", true);
        qemu_loans_give_back("", run_dir, "hostdev");
        qemu_loans_give_back("", run_dir, "hostdev0");
        expect_claimed(f, "usb-002:000", false);
        expect_claimed(f, "pci-0000:05:00.0", true);
        /* the same once more: it is another one's by now */
        loans = open_loans(f, "", SECOND);
        assert_int_equal(qemu_loans_claim(loans, "usb-002:000", "/place", NULL), 0);
        qemu_loans_give_back("", run_dir, "hostdev0");
        expect_claimed(f, "usb-002:000", true);
        qemu_loans_give_back("", run_dir, "hostdev2");
        expect_claimed(f, "pci-0000:05:00.0", false);
        expect_claimed(f, "usb-001:001", true);

        /* it comes again */
        loans = qemu_loans_free(loans);
        loans = open_loans(f, "", FIRST);
        assert_int_equal(qemu_loans_serve(loans, "hostdev1", NULL), 0);
        assert_int_equal(qemu_loans_claim(loans, "usb-002:001", "/place", NULL), 0);
        loans = qemu_loans_free(loans);
        end_machine(f, "", FIRST);
        expect_claimed(f, "usb-002:001", false);
        expect_claimed(f, "usb-001:001", false);
        expect_claimed(f, "usb-002:000", true);
}

static bool user_can_open(const char *path)
{
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(setgid(UID) < 0 || setuid(UID) < 0 || open(path, O_RDWR | O_CLOEXEC) < 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* QEMU's user may open the file as long as the machine lives. */
static void test_grant(void **state)
{
        const Fixture *f = *state;
        _cleanup_(qemu_loans_freep) QemuLoans *loans = open_loans(f, "", FIRST);
        g_autofree char *path = g_build_filename(f->dir, "a file", NULL);
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

        if (geteuid() != 0) {
                print_message("only root can act for another user\n");
                skip();
        }
        assert_false(user_can_open(path));
        if (qemu_loans_grant(loans, fd, path, "/place", &error) < 0) {
                print_message("no access lists here: %s\n", error.detail);
                skip();
        }
        assert_true(user_can_open(path));
        loans = qemu_loans_free(loans);
        end_machine(f, "", FIRST);
        assert_false(user_can_open(path));
}

/* What the kernel is told, by files in place of its attributes. */
static void test_pci(void **state)
{
        const Fixture *f = *state;
        g_autofree char *root = g_build_filename(f->dir, "host", NULL), *override = NULL, *text = NULL;
        _cleanup_(qemu_loans_freep) QemuLoans *loans = open_loans(f, root, FIRST);
        _cleanup_error_ Error error = ERROR_INIT;

        run(f->dir, "mkdir -p host/sys/bus/pci/devices/0000:03:00.0 host/sys/bus/pci/drivers/e1000e");
        run(f->dir, "touch host/sys/bus/pci/devices/0000:03:00.0/driver_override host/sys/bus/pci/drivers_probe");
        run(f->dir, "touch host/sys/bus/pci/drivers/e1000e/unbind");
        run(f->dir, "ln -s ../../drivers/e1000e host/sys/bus/pci/devices/0000:03:00.0/driver");
        override = g_build_filename(root, "sys/bus/pci/devices/0000:03:00.0/driver_override", NULL);

        assert_true(qemu_loans_take_pci(loans, "0000:03:00.0", false, "/place", &error) < 0);
        assert_non_null(strstr(error.detail, "'e1000e'"));
        error_clear(&error);
        assert_true(qemu_loans_take_pci(loans, "0000:03:00.0", true, "/place", &error) < 0);
        assert_non_null(strstr(error.detail, "has not loaded"));
        assert_true(g_file_get_contents(override, &text, NULL, NULL));
        assert_string_equal(text, "");
}

static void make_group(const Fixture *f)
{
        run(f->dir, "mkdir -p host/sys/kernel/iommu_groups/4/devices host/sys/bus/pci/drivers/nvme");
        run(f->dir, "mkdir -p host/sys/bus/pci/devices/0000:04:00.0 host/sys/bus/pci/devices/0000:04:00.1");
        run(f->dir, "ln -s ../../../../kernel/iommu_groups/4 host/sys/bus/pci/devices/0000:04:00.0/iommu_group");
        run(f->dir,
            "ln -s ../../../../bus/pci/devices/0000:04:00.0 host/sys/kernel/iommu_groups/4/devices/0000:04:00.0");
        run(f->dir,
            "ln -s ../../../../bus/pci/devices/0000:04:00.1 host/sys/kernel/iommu_groups/4/devices/0000:04:00.1");
}

/* Devices that the IOMMU cannot keep apart go together. */
static void test_group(void **state)
{
        const Fixture *f = *state;
        g_autofree char *root = g_build_filename(f->dir, "host", NULL), *group = NULL;
        const char *device = "/sys/bus/pci/devices/0000:04:00.0";
        _cleanup_error_ Error error = ERROR_INIT;

        make_group(f);
        assert_int_equal(hostdev_find_group(root, device, "/place", &group, &error), 0);
        assert_string_equal(group, "4");
        run(f->dir, "ln -s ../../drivers/nvme host/sys/bus/pci/devices/0000:04:00.1/driver");
        assert_true(hostdev_find_group(root, device, "/place", &group, &error) < 0);
        assert_non_null(strstr(error.detail, "0000:04:00.1"));
        assert_non_null(strstr(error.detail, "'nvme'"));
        error_clear(&error);
        assert_true(hostdev_find_group(root, "/sys/bus/pci/devices/0000:04:00.1", "/place", &group, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "no IOMMU"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_claim, setup, teardown),
                cmocka_unit_test_setup_teardown(test_device, setup, teardown),
                cmocka_unit_test_setup_teardown(test_grant, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pci, setup, teardown),
                cmocka_unit_test_setup_teardown(test_group, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
