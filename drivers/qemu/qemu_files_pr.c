/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_pr.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#define CAPABILITY(name) (UINT64_C(1) << CAP_##name)
/* What stays is the first; with the others it drops the others. */
#define HELPER_CAPABILITIES (CAPABILITY(SYS_RAWIO) | CAPABILITY(SETUID) | CAPABILITY(SETGID) | CAPABILITY(SETPCAP))

static int open_dir(const char *dir, const char *place, int *ret_fd, Error *error)
{
        int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "%s: cannot open the directory '%s'", place, dir);
        *ret_fd = fd;
        return 0;
}

/* It belongs to the user whose process makes the socket in it. */
static int make_dir(const char *dir, const QemuFilesConfig *config, const char *place, Error *error)
{
        if ((mkdir(dir, 0700) < 0 && errno != EEXIST) ||
            (config->uid != 0 && lchown(dir, config->uid, config->gid) < 0))
                return error_set_errno(error, errno, "%s: cannot make the directory '%s'", place, dir);
        return 0;
}

/* It serves as soon as its socket is there. */
static int watch_dir(const char *dir, Error *error)
{
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        if (fd >= 0 && inotify_add_watch(fd, dir, IN_CREATE) >= 0)
                return fd;
        safe_close(fd);
        return error_set_errno(error, errno, "cannot watch the directory '%s'", dir);
}

static int plan_helper(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, const char *place,
                       Error *error)
{
        g_autofree char *dir = g_build_filename(config->run_dir, QEMU_PR_HELPER, NULL);
        const char *path = config->programs->companion[QEMU_COMPANION_PR_HELPER];
        QemuCompanionPlan *plan;
        QemuProgram *program;
        int dir_fd = -EBADF, ready_fd;
        int r = qemu_program_check(path, "pr-helper", place, error);

        if (r >= 0)
                r = make_dir(dir, config, place, error);
        if (r >= 0)
                r = open_dir(dir, place, &dir_fd, error);
        if (r < 0)
                return r;
        qemu_files_add(files, QEMU_FILE_PATH, QEMU_PR_HELPER, dir, dir_fd);
        ready_fd = watch_dir(dir, error);
        if (ready_fd < 0)
                return ready_fd;
        program = qemu_program_new(place, path, config->uid, config->gid);
        program->capabilities = HELPER_CAPABILITIES;
        qemu_program_cwd(program, fcntl(dir_fd, F_DUPFD_CLOEXEC, 0));
        qemu_program_arg(program, "-k");
        qemu_program_arg(program, "/proc/self/cwd/" QEMU_PR_SOCKET);
        plan = qemu_companion_plan_new(QEMU_COMPANION_PR_HELPER, QEMU_PR_HELPER, program);
        plan->ready_fd = ready_fd;
        qemu_companion_plan_log(plan, config->programs->log_dir, def->name);
        g_ptr_array_add(files->companions, plan);
        return 0;
}

static int open_layer(QemuFiles *files, const DomainDef *def, const DomainDisk *disk, size_t i,
                      const DomainReservations *reservations, const QemuFilesConfig *config, Error *error)
{
        g_autofree char *rest = qemu_layer_place(disk, i, "reservations"), *place = qemu_place(def, disk, rest);
        g_autofree char *id = NULL, *dir = NULL;
        int fd = -EBADF, r;

        if (reservations->managed == TRISTATE_YES)
                return qemu_files_find(files, QEMU_PR_HELPER) ? 0 : plan_helper(files, def, config, place, error);
        id = qemu_layer_name(disk, i, QEMU_LAYER_RESERVATIONS);
        dir = g_path_get_dirname(reservations->path);
        r = open_dir(dir, place, &fd, error);
        if (r >= 0)
                qemu_files_add(files, QEMU_FILE_PATH, id, dir, fd);
        return r;
}

int qemu_files_open_reservations(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error)
{
        DEF_FOREACH(disk, def->disks) {
                QemuLayerDef layer;

                for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                        const DomainReservations *reservations = layer.source->reservations;
                        int r = reservations ? open_layer(files, def, disk, i, reservations, config, error) : 0;

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
