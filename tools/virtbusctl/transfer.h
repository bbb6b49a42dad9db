/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bytes from one descriptor to another, with a line on the terminal when that takes its time. */

#include "tools/virtbusctl/failure.h"

/* Up to the end of from. total: what is to come, 0 when not known. what: "vol.img", for the line and the failure. */
int transfer_run(int from, int to, uint64_t total, const char *what, bool progress, uint64_t *ret_bytes,
                 Failure *failure);
