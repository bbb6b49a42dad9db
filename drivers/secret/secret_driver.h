/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Secrets of a host, a part of a driver of machines: durable below <config>/secrets (secret_store.h), but for ephemeral
 * ones, which are in memory alone and end with the daemon. A private value is told to nobody; the driver's machines use
 * it. The section "secret" of the configuration has no settings.
 */

#include "drivers/part.h"

extern const PartInfo secret_part_info;
