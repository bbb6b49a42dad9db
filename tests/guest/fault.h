/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Makes QEMU refuse one of the commands that the driver says to it. The test is linked with --wrap=qmp_execute and
 * --wrap=qmp_execute_fd: what is sent in its place is one that the real QEMU does not take.
 */

#include <stdbool.h>

/* The command of this number from now on, beginning with 0; questions count, or do not. */
void fault_arm(unsigned at, bool questions);
/* Whether there was such a command; nothing is refused any more. */
bool fault_disarm(void);
/* Which one it was. */
const char *fault_name(void);
