/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What of a device can change while the machine runs, as the difference of two command lines and of two definitions. */

#include "drivers/qemu/qemu_plug_commands.h"

/*
 * Adds what changes the first into the second: limits of disks and groups of them, passwords and their ends, links, the
 * size of memory that is lent. ERROR_OPERATION_UNSUPPORTED for all else that differs.
 */
int plug_commands_update(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to, Error *error);

/*
 * On the host, blocking, for workers: interfaces go to other bridges; what limits their traffic anew is added to the
 * errands of files. ERROR_OPERATION_UNSUPPORTED for what else of the host's side differs.
 */
int plug_update_interfaces(QemuFiles *files, const DomainDef *from, const DomainDef *to, const QemuPrograms *programs,
                           Error *error);
