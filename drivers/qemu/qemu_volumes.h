/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Disks that are volumes of the connection's storage pools. */

#include "drivers/driver.h"
#include "drivers/model/domain_def.h"

/*
 * Says of each disk that is a volume what that is, and where; *def is replaced by another value when there is one that
 * was not looked up yet. ERROR_NO_STORAGE_POOL, ERROR_NO_STORAGE_VOL, ERROR_CONFIG_UNSUPPORTED when the pool is not
 * active or the volume is nothing that a disk can be.
 */
int qemu_volumes_find(const Driver *driver, DomainDef **def, Error *error);

/* Whether one of its pools is being started or looked at, so that a volume may not be there yet. */
bool qemu_volumes_are_awaited(const Driver *driver, const DomainDef *def);
