/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_pr.h"

#include "drivers/qemu/qemu_companion_dir.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_place.h"

#define CAPABILITY(name) (UINT64_C(1) << CAP_##name)
/* What stays is the first; with the others it drops the others. */
#define HELPER_CAPABILITIES (CAPABILITY(SYS_RAWIO) | CAPABILITY(SETUID) | CAPABILITY(SETGID) | CAPABILITY(SETPCAP))

static int plan_helper(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, const char *place,
                       Error *error)
{
        const char *path = config->programs->companion[QEMU_COMPANION_PR_HELPER];
        QemuCompanionPlan *plan;
        QemuProgram *program;
        int r = qemu_program_check(path, "pr-helper", place, error);

        if (r < 0)
                return r;
        program = qemu_program_new(place, path, config->uid, config->gid);
        plan = qemu_companion_plan_new(QEMU_COMPANION_PR_HELPER, QEMU_PR_HELPER, program);
        g_ptr_array_add(files->companions, plan);
        program->capabilities = HELPER_CAPABILITIES;
        r = qemu_companion_dir_make(files, program, QEMU_PR_HELPER, config, &plan->ready_fd, error);
        if (r < 0)
                return r;
        qemu_program_arg(program, "-k");
        qemu_program_arg(program, "/proc/self/cwd/" QEMU_COMPANION_SOCKET);
        qemu_companion_plan_log(plan, config->programs->log_dir, def->name);
        return 0;
}

static int open_layer(QemuFiles *files, const DomainDef *def, const DomainDisk *disk, size_t i,
                      const DomainReservations *reservations, const QemuFilesConfig *config, Error *error)
{
        g_autofree char *rest = qemu_layer_place(disk, i, "reservations"), *place = qemu_place(def, disk, rest);
        g_autofree char *id = NULL, *dir = NULL;

        if (reservations->managed == TRISTATE_YES)
                return qemu_files_find(files, QEMU_PR_HELPER) ? 0 : plan_helper(files, def, config, place, error);
        id = qemu_layer_name(disk, i, QEMU_LAYER_RESERVATIONS);
        dir = g_path_get_dirname(reservations->path);
        return qemu_companion_dir_open(files, id, dir, place, error);
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
