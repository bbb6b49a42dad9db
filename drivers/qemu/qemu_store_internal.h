/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Between qemu_store.c and qemu_load.c: the directories, borrowed. */

#include "drivers/qemu/qemu_store.h"

/* Of a link in autostart/ that counts once. */
#define QEMU_ONCE_SUFFIX ".once"

int qemu_store_config_fd(const QemuStore *store);
int qemu_store_autostart_fd(const QemuStore *store);
