/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_companion_pair.h"

#include "drivers/qemu/qemu_chain.h"

#include <sys/socket.h>

int qemu_companion_pair(QemuFiles *files, QemuCompanionKind kind, const char *alias, const char *path,
                        const char *place, const QemuFilesConfig *config, QemuCompanionPlan **ret, int *ret_fd,
                        Error *error)
{
        g_autofree char *id = g_strconcat(alias, "-socket", NULL);
        QemuProgram *program;
        int pair[2], r = qemu_program_check(path, qemu_companion_to_string(kind), place, error);

        if (r < 0)
                return r;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "%s: cannot make sockets", place);
        qemu_files_add(files, QEMU_FILE_FD, id, path, pair[1]);
        program = qemu_program_new(place, path, config->uid, config->gid);
        qemu_program_argf(program, "--fd=%d", qemu_program_fd(program, pair[0]));
        *ret = qemu_companion_plan_new(kind, alias, program);
        *ret_fd = pair[1];
        g_ptr_array_add(files->companions, *ret);
        return 0;
}
