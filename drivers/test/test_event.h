/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a machine that pretends tells beside its state. */

#include "drivers/model/domain.h"

/* A client of the display with this alias has come or gone. */
void test_tell_graphics(Domain *domain, const char *alias, DomainGraphicsPhase phase);

/* As the monitor of a machine of QEMU's would say it. details: JSON, or "". */
void test_tell_monitor(Domain *domain, const char *event, const char *details);
