/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cgroup.h"

#include "drivers/qemu/qemu_give.h"
#include "drivers/qemu/qemu_loan.h"
#include "drivers/qemu/qemu_resctrl.h"
#include "service/base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_CATEGORY "qemu"

/* Directories of machines that are gone: "ended-UUID-TIME". */
#define ENDED_PREFIX "ended-"

typedef struct Removal {
        Cgroups *cgroups; /* or NULL */
        int run_fd;
        char *name;
} Removal;

static void removal_free(void *data)
{
        Removal *removal = data;

        cgroups_unref(removal->cgroups);
        safe_close(removal->run_fd);
        g_free(removal->name);
        g_free(removal);
}

static int removal_work(void *data, Error *error)
{
        const Removal *removal = data;
        _cleanup_close_ int dir_fd = openat(removal->run_fd, removal->name,
                                            O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        int r;

        if (dir_fd >= 0) {
                qemu_loans_undo("", removal->run_fd, dir_fd);
                qemu_resctrl_undo("", dir_fd);
        }
        r = dir_fd >= 0 ? qemu_cgroup_remove(removal->cgroups, dir_fd, error) : 0;
        /* the next life tries again */
        if (r < 0)
                return r;
        r = qemu_remove_tree(removal->run_fd, removal->name);
        return r < 0 ? error_set_errno(error, r, "cannot remove directory '%s' of a machine", removal->name) : 0;
}

static void removal_done(void *userdata, int r, Error *error)
{
        g_autofree char *text = r < 0 ? error_message(error) : NULL;

        if (r < 0)
                log_warning("%s", text);
}

static void remove_later(QemuDriver *driver, const char *name)
{
        Removal *removal = g_new(Removal, 1);

        *removal = (Removal) {
                .cgroups = driver->cgroups ? cgroups_ref(driver->cgroups) : NULL,
                .run_fd = fcntl(driver->run_fd, F_DUPFD_CLOEXEC, 0),
                .name = g_strdup(name),
        };
        (void) worker_run(driver->host->workers, removal_work, removal, removal_free, removal_done, NULL);
}

int guest_dir_make(QemuGuest *guest, Error *error)
{
        int run_fd = guest->driver->run_fd;

        /* one that is there belongs to a machine that could not be taken over, and may be running */
        if (mkdirat(run_fd, guest->uuid, 0700) < 0)
                return error_set_errno(error, errno, "cannot create directory '%s'", guest->path);
        guest->dir_fd = openat(run_fd, guest->uuid, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (guest->dir_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", guest->path);
        return 0;
}

/* A new name makes room for the next run at once, whatever the removal takes. */
void guest_dir_remove(QemuDriver *driver, const char *uuid)
{
        g_autofree char *name = g_strdup_printf(ENDED_PREFIX "%s-%" PRIu64, uuid, now_usec());

        if (renameat2(driver->run_fd, uuid, driver->run_fd, name, RENAME_NOREPLACE) < 0) {
                log_warning("cannot set the directory of machine %s aside: %s", uuid, g_strerror(errno));
                remove_later(driver, uuid);
                return;
        }
        remove_later(driver, name);
}

bool guest_dir_sweep(QemuDriver *driver, const char *name)
{
        if (!g_str_has_prefix(name, ENDED_PREFIX))
                return false;
        remove_later(driver, name);
        return true;
}
