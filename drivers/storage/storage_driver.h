/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Storage pools of a host and their volumes, a part of a driver of machines. Definitions are durable below
 * <config>/storage (service/base/named_store.h); what is active is written down below <run>/storage, and found again by
 * the next life of the daemon. Everything that touches a pool runs on workers and in programs (storage_work.h): a pool
 * that does not answer delays nobody. The section "storage" of the configuration has no settings.
 */

#include "drivers/part.h"

extern const PartInfo storage_part_info;
