/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A QEMU that is started with the command line of another, without any daemon. */

#include "tools/bench/process.h"

/*
 * Starts argv with a listening socket of our own as the monitor's fd, connects, and waits until the machine
 * runs. Gives the time from the start to that in µs; the process is stopped again. A command line that
 * inherits other fds than the monitor's gives -EOPNOTSUPP.
 */
int by_hand_start(const char *const *argv, const char *dir, double *ret_usec, Error *error);
