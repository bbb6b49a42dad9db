/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Transient disks: what the guest writes goes to a qcow2 image above all layers, a file without a name that ends with
 * QEMU, however that ends.
 */

#include "drivers/qemu/qemu_files.h"

/*
 * Makes that of the disk, whose chain is open, and adds it to the files. It lies beside the disk's image or, where that
 * cannot be (a block device, a file system that is read-only), in dir, which is created when it is needed.
 */
int qemu_overlay_open(QemuFiles *files, const DomainDisk *disk, const char *place, const char *dir, Error *error);
