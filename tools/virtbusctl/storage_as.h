/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pools and volumes that are told by words and options: rows of the tables of commands. */

#include "tools/virtbusctl/nouns.h"

extern const Option pool_define_as_options[], pool_create_as_options[], volume_create_as_options[];
extern const NounCompose pool_define_as, pool_create_as, volume_create_as;

/* What all ways to start a pool have: virStoragePoolCreateFlags. */
#define POOL_START_BITS { "build", 1 << 0 }, { "build-overwrite", 1 << 1 }, { "build-no-overwrite", 1 << 2 }
#define POOL_START_OPTIONS                                                   \
        { "build", 0, NULL, "Make what it stands on first" },                 \
        { "build-overwrite", 0, NULL, "Make it, also over what is there" },   \
        { "build-no-overwrite", 0, NULL, "Make it, unless something is there" }
