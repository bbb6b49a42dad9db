/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tools/virtbusctl/ctl.h"

/* Adds the path and the name of each domain that there is: both are copied. */
int list_names(Ctl *ctl, GHashTable *names, Failure *failure);
