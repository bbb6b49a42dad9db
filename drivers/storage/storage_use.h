/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which machines have a volume. */

#include "drivers/model/domain.h"
#include "drivers/model/storage_vol.h"

/* One that runs with it as a disk, or beneath one: borrowed; NULL when there is none. */
const Domain *storage_use_find(const StorageVol *vol);
