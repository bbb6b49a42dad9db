/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Disks behind a SCSI host of the kernel, as /sys shows them. All of it blocks. */

#include "drivers/storage/storage_work.h"

/*
 * Finds the disks of the host with this number as volumes "unit:BUS:TARGET:LUN", each by its name in the directory of
 * the pool's target ("/dev/disk/by-path"), which stays the same from boot to boot, or else by that of the kernel.
 */
int storage_lun_scan(StorageWork *work, unsigned host, Error *error);

/* Has the kernel look for disks. */
int storage_lun_rescan(unsigned host, Error *error);
