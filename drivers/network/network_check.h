/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is refused of a network, each with the place and the reason. */

#include "drivers/model/network_def.h"
#include "service/base/error.h"

/* When it is started: all that this host, or this driver, cannot do. ERROR_CONFIG_UNSUPPORTED. */
int network_check_start(const NetworkDef *def, Error *error);

/* Whether it can be the name of a network interface here: at most 15 characters, none with a meaning elsewhere. */
bool network_device_is_valid(const char *name);
