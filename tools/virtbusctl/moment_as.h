/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Snapshots and checkpoints that are told by words and options, and what all ways to make them have. */

#include "tools/virtbusctl/noun.h"

/* virDomainSnapshotCreateFlags, virDomainCheckpointCreateFlags */
#define SNAPSHOT_CREATE_BITS                                                                                 \
        { "disk-only", 1 << 4 }, { "reuse-external", 1 << 5 }, { "quiesce", 1 << 6 }, { "atomic", 1 << 7 },  \
        { "live", 1 << 8 },      { "no-metadata", 1 << 2 },    { "halt", 1 << 3 },    { "validate", 1 << 9 }
#define CHECKPOINT_CREATE_BITS { "quiesce", 1 << 1 }, { "validate", 1 << 2 }

#define SNAPSHOT_CREATE_OPTIONS                                                  \
        { "disk-only", 0, NULL, "Of the disks alone, not of the memory" },       \
        { "reuse-external", 0, NULL, "Into files that are there already" },      \
        { "quiesce", 0, NULL, "The guest's file systems are frozen meanwhile" }, \
        { "atomic", 0, NULL, "All disks or none" },                              \
        { "live", 0, NULL, "The guest runs on meanwhile" },                      \
        { "no-metadata", 0, NULL, "The service does not remember it" },          \
        { "halt", 0, NULL, "The domain is stopped afterwards" },                 \
        { "validate", 0, NULL, "Refuse what the format does not know" }
#define CHECKPOINT_CREATE_OPTIONS                                                \
        { "quiesce", 0, NULL, "The guest's file systems are frozen meanwhile" }, \
        { "validate", 0, NULL, "Refuse what the format does not know" }

/* Rows of the tables of commands. */
extern const Option snapshot_create_as_options[], checkpoint_create_as_options[];
extern const NounCompose snapshot_create_as, checkpoint_create_as;
