/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* HostOps of the host that we run on, for drivers whose guests run there too. */

#include "drivers/driver.h"

extern const HostOps host_ops_here;
