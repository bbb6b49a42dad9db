/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs within a guest that has an IOMMU: lends a PCI device to a machine and takes it back, by the real kernel. Says
 * what does not happen; says "a device was lent and came back" otherwise. usage: hostdev-probe 0000:00:02.0 NVME
 */

#include "drivers/qemu/qemu_hostdev.h"
#include "drivers/qemu/qemu_loan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RUN "/run-of-probe"
#define MACHINE RUN "/11111111-1111-4111-8111-111111111111"
#define USER 2113930000u

static void expect(bool condition, const char *what, const Error *error)
{
        if (condition)
                return;
        printf("hostdev-probe: %s: %s\n", what, error && error_is_set(error) ? error->detail : "no");
        exit(1);
}

static char *driver_of(const char *name)
{
        g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/driver", name);
        g_autofree char *target = g_file_read_link(path, NULL);

        return g_path_get_basename(strempty(target));
}

static bool user_can_open(const char *path)
{
        pid_t pid = fork();
        int status = -1;

        if (pid == 0)
                _exit(setgid(USER) < 0 || setuid(USER) < 0 || open(path, O_RDWR | O_CLOEXEC) < 0);
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void undo(void)
{
        _cleanup_close_ int run_fd = open(RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_close_ int dir_fd = open(MACHINE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        expect(run_fd >= 0 && dir_fd >= 0, "the machine's directory is there", NULL);
        qemu_loans_undo("", run_fd, dir_fd);
}

/* QEMU's own driver of the controller, for QEMU's user. */
static int read_controller(const char *name)
{
        const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
        g_autofree char *url = g_strdup_printf("nvme://%s/1", name);
        pid_t pid = fork();
        int status = -1;

        if (pid == 0) {
                if (setrlimit(RLIMIT_MEMLOCK, &all) >= 0 && setgid(USER) >= 0 && setuid(USER) >= 0)
                        (void) execl("/qemu-img", "qemu-img", "info", url, NULL);
                _exit(1);
        }
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void try_controller(QemuLoans *loans, const char *name)
{
        g_autofree char *directory = g_strconcat("/sys/bus/pci/devices/", name, NULL), *group = NULL, *node = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int fd = -EBADF;

        expect(qemu_loans_take_pci(loans, name, true, "here", &error) >= 0, "a controller can be taken", &error);
        expect(hostdev_find_group("", directory, "here", &group, &error) >= 0, "a controller has a group", &error);
        node = g_strconcat("/dev/vfio/", group, NULL);
        fd = open(node, O_RDWR | O_CLOEXEC);
        expect(fd >= 0 && qemu_loans_grant(loans, fd, node, "here", &error) >= 0, "a controller can be lent", &error);
        fd = safe_close(fd);
        expect(read_controller(name) == 0, "the user can read the controller's disk", NULL);
}

int main(int argc, char **argv)
{
        const char *name = argc > 1 ? argv[1] : "";
        g_autofree char *directory = g_strconcat("/sys/bus/pci/devices/", name, NULL), *group = NULL, *node = NULL;
        g_autofree char *before = driver_of(name), *meanwhile = NULL, *after = NULL;
        _cleanup_(qemu_loans_freep) QemuLoans *loans = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int fd = -EBADF;

        expect(mkdir(RUN, 0700) >= 0 && mkdir(MACHINE, 0700) >= 0, "directories can be made", NULL);
        expect(qemu_loans_open("", MACHINE, USER, &loans, &error) >= 0, "something can be lent", &error);
        expect(hostdev_find_group("", directory, "here", &group, &error) >= 0, "it has a group", &error);
        expect(qemu_loans_take_pci(loans, name, false, "here", NULL) < 0,
               "it stays with its driver when it is not managed", NULL);
        expect(qemu_loans_take_pci(loans, name, true, "here", &error) >= 0, "it can be taken", &error);
        meanwhile = driver_of(name);
        expect(streq(meanwhile, "vfio-pci"), "VFIO has it", NULL);

        node = g_strconcat("/dev/vfio/", group, NULL);
        fd = open(node, O_RDWR | O_CLOEXEC);
        expect(fd >= 0 && !user_can_open(node), "its group is root's alone", NULL);
        expect(qemu_loans_grant(loans, fd, node, "here", &error) >= 0, "its group can be opened to a user", &error);
        fd = safe_close(fd);
        expect(user_can_open(node), "the user can open its group", NULL);

        if (argc > 2)
                try_controller(loans, argv[2]);

        loans = qemu_loans_free(loans);
        undo();
        after = driver_of(name);
        expect(streq(before, after), "its driver has it again", NULL);
        if (argc > 2) {
                g_autofree char *again = driver_of(argv[2]);

                expect(streq(again, "nvme"), "the controller's driver has it again", NULL);
        }
        expect(!user_can_open(node), "the user cannot open its group any more", NULL);
        puts("hostdev-probe: a device was lent and came back");
        return 0;
}
