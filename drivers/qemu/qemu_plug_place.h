/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a running machine has a place for what comes: where it has none QEMU need not be asked. */

#include "drivers/model/domain_def.h"

/*
 * wanted is live with the device alias, and what had to come along so that it has an address. ERROR_OPERATION_FAILED
 * says what the definition must have before the machine starts.
 */
int qemu_plug_check_places(const DomainDef *live, const DomainDef *wanted, const char *alias, Error *error);
