/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The console of a guest on this terminal. */

#include "tools/virtbusctl/ctl.h"

/* Whether a console can be had at all by this way, before anything is changed. */
int console_check(const Ctl *ctl, Failure *failure);

/*
 * Attaches to the first console of a domain that was started paused, lets it go on if wanted (also when
 * there is no console), and stays until the person leaves or the domain ends.
 */
int console_of_started(Ctl *ctl, const char *path, bool resume, Failure *failure);
