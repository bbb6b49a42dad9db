/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_companion_dir.h"

#include "drivers/qemu/qemu_chain.h"

#include <sys/inotify.h>
#include <sys/stat.h>

int qemu_companion_dir_open(QemuFiles *files, const char *id, const char *dir, const char *place, Error *error)
{
        int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "%s: cannot open the directory '%s'", place, dir);
        qemu_files_add(files, QEMU_FILE_PATH, id, dir, fd);
        return 0;
}

static int make(const char *dir, const QemuFilesConfig *config, const char *place, Error *error)
{
        if ((mkdir(dir, 0700) < 0 && errno != EEXIST) ||
            (config->uid != 0 && lchown(dir, config->uid, config->gid) < 0))
                return error_set_errno(error, errno, "%s: cannot make the directory '%s'", place, dir);
        return 0;
}

static int watch(const char *dir, Error *error)
{
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        if (fd >= 0 && inotify_add_watch(fd, dir, IN_CREATE) >= 0)
                return fd;
        safe_close(fd);
        return error_set_errno(error, errno, "cannot watch the directory '%s'", dir);
}

int qemu_companion_dir_make(QemuFiles *files, QemuProgram *program, const char *id, const QemuFilesConfig *config,
                            int *ret_ready_fd, Error *error)
{
        g_autofree char *dir = g_build_filename(config->run_dir, id, NULL);
        int fd, r = make(dir, config, program->place, error);

        if (r >= 0)
                r = qemu_companion_dir_open(files, id, dir, program->place, error);
        if (r < 0)
                return r;
        qemu_program_cwd(program, fcntl(qemu_files_find(files, id)->fd, F_DUPFD_CLOEXEC, 0));
        fd = watch(dir, error);
        if (fd < 0)
                return fd;
        *ret_ready_fd = fd;
        return 0;
}
