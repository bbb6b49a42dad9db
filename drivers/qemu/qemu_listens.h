/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Displays that listen at the address of one of the connection's networks. */

#include "drivers/driver.h"
#include "drivers/model/domain_def.h"

/*
 * Says of each such display which address that is; *def is replaced by another value when there is one that was not
 * looked up yet. ERROR_NO_NETWORK, ERROR_OPERATION_INVALID for a network that is not active, ERROR_CONFIG_UNSUPPORTED
 * for one without an address.
 */
int qemu_listens_find(const Driver *driver, DomainDef **def, Error *error);
