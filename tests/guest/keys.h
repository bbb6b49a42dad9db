/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/guest/world.h"

/* A secret of the host with a value. usage is the element, or "". */
void keys_add(World *world, const char *uuid, const char *usage, const char *value);
