/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Devices of a definition by what callers call them. Borrowed, NULL when there is none. */

#include "drivers/model/domain_def.h"

/* By target ("vda"), or by the path of its image when only one disk has it. */
DomainDisk *domain_find_disk(const DomainDef *def, const char *name);
/* By MAC address or by the name of the host's side ("vnet0"). */
DomainInterface *domain_find_interface(const DomainDef *def, const char *name);
