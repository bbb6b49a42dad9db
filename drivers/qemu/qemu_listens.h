/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where displays listen whose definition does not say it, or says it by one of the connection's networks. */

#include "drivers/driver.h"
#include "drivers/model/domain_def.h"

/*
 * Says of each such display which address that is, otherwise for those without a network; *def is replaced by another
 * value when there is one of which it was not said yet. ERROR_NO_NETWORK, ERROR_OPERATION_INVALID for a network that is
 * not active, ERROR_CONFIG_UNSUPPORTED for one without an address.
 */
int qemu_listens_find(const Driver *driver, const char *otherwise, DomainDef **def, Error *error);
