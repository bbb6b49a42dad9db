/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Interfaces of the host that become the port of a bridge, and leave it again. */

#include "tools/virtbusctl/ctl.h"

/* `interface bridge INTERFACE BRIDGE` */
int bridge_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
/* `interface unbridge BRIDGE` */
int unbridge_run(Ctl *ctl, const Arguments *arguments, Failure *failure);

/* Rows of the table of commands. */
extern const Option bridge_options[], unbridge_options[];
