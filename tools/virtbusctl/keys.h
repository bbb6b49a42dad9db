/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of keys. */

#include "service/base/util.h"

#define KEYS_OF_LINUX 0u /* virKeycodeSet */

/* "KEY_ENTER" of linux/input-event-codes.h, or a number. -EINVAL when it is neither. */
int key_from_name(const char *name, uint32_t *ret);
