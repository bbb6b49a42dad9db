/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The bus of a D-Bus display that names none: a companion, dbus-daemon(1), for this machine alone. It does not ask who
 * its clients are, since it knows no user who is in no list of users, as the machine's: who may speak to it is who may
 * enter the directory of its socket, the machine's user and root. Part of qemu_files.c.
 */

#include "drivers/qemu/qemu_files.h"

/* What a live definition says of it: "unix:path=RUN_DIR/bus0/socket". Free with g_free(). */
char *qemu_bus_address(const char *run_dir, uint32_t index);
/* Of a display that is none of D-Bus, or names its bus: nothing. */
int qemu_files_open_bus(QemuFiles *files, const DomainDef *def, const DomainGraphics *graphics, uint32_t index,
                        const QemuFilesConfig *config, Error *error);
