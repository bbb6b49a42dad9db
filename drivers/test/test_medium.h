/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Images of disks that are not there, as far as the pools of the host know, and drives whose image changes. */

#include "drivers/model/domain.h"

/*
 * Takes those out of the definition of a machine that is to start that can be missing (startupPolicy "optional") and
 * are: a drive becomes empty, a disk goes. live may still be changed.
 */
void test_media_leave_out(const Domain *domain, DomainDef *live);

/* Tells of what test_media_leave_out() has taken from what was wanted. */
void test_media_tell(Domain *domain, const DomainDef *wanted, const DomainDef *live);

/* The trays of drives that have another image than before have moved. */
void test_media_tell_trays(Domain *domain, const DomainDef *before, const DomainDef *after);
