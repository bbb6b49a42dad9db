/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Commands that show signals of the service until there were enough, or the person interrupts them. */

#include "tools/virtbusctl/ctl.h"

/* The option --count: how many are wanted, 0 when it is not given. */
int follow_count(const Arguments *arguments, uint64_t *ret, Failure *failure);

/* Connects, and listens from then on. */
int follow_match(Ctl *ctl, const char *match, sd_bus_message_handler_t handler, void *userdata, Failure *failure);

/* Until *done. settle, which may be NULL, is called after each message and may make calls, which handlers cannot. */
int follow(Ctl *ctl, const bool *done, void (*settle)(void *userdata), void *userdata, Failure *failure);
