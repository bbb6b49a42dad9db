/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * <video> that another program draws for: a companion that speaks vhost-user with QEMU. Which program that is the
 * host's descriptors say (QEMU's docs/interop/vhost-user.json), unless the administrator has. Part of qemu_files.c.
 */

#include "drivers/qemu/qemu_files.h"

/*
 * The program of the first descriptor, by name, of the type ("gpu") whose program is there; those beneath /etc/qemu
 * hide those of the same name beneath /usr/share/qemu. root: "" or where a test has these. Free with g_free(); NULL:
 * none.
 */
char *vhost_user_find_program(const char *root, const char *type);

int qemu_files_open_video(QemuFiles *files, const DomainDef *def, const DomainVideo *video,
                          const QemuFilesConfig *config, Error *error);
