/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with snapshots, checkpoints and backups. See driver.h for the rules of all operations. */

#include "drivers/model/backup_def.h"
#include "drivers/model/checkpoint.h"
#include "drivers/model/snapshot.h"

/* virDomainSnapshotCreateFlags */
enum {
        SNAPSHOT_CREATE_REDEFINE = 1 << 0, /* it is there; only the daemon has forgotten it */
        SNAPSHOT_CREATE_CURRENT = 1 << 1,  /* with REDEFINE: it becomes the current one */
        SNAPSHOT_CREATE_NO_METADATA = 1 << 2,
        SNAPSHOT_CREATE_HALT = 1 << 3,
        SNAPSHOT_CREATE_DISK_ONLY = 1 << 4,
        SNAPSHOT_CREATE_REUSE_EXT = 1 << 5,
        SNAPSHOT_CREATE_QUIESCE = 1 << 6,
        SNAPSHOT_CREATE_ATOMIC = 1 << 7,
        SNAPSHOT_CREATE_LIVE = 1 << 8,
        SNAPSHOT_CREATE_VALIDATE = 1 << 9,
};

/* virDomainSnapshotRevertFlags */
enum {
        SNAPSHOT_REVERT_RUNNING = 1 << 0,
        SNAPSHOT_REVERT_PAUSED = 1 << 1,
        SNAPSHOT_REVERT_FORCE = 1 << 2,
        SNAPSHOT_REVERT_RESET_NVRAM = 1 << 3,
};

/* virDomainCheckpointCreateFlags */
enum {
        CHECKPOINT_CREATE_REDEFINE = 1 << 0,
        CHECKPOINT_CREATE_QUIESCE = 1 << 1,
        CHECKPOINT_CREATE_REDEFINE_VALIDATE = 1 << 2,
};

/* virDomainBackupBeginFlags */
enum {
        BACKUP_BEGIN_REUSE_EXTERNAL = 1 << 0,
};

typedef struct DomainMomentOps {
        /* Takes def over. Result: Snapshot. */
        int (*snapshot_create)(Domain *domain, SnapshotDef *def, uint32_t flags, Job *job, Error *error);
        /* Emits what leads from the domain's state to the snapshot's. ERROR_SNAPSHOT_REVERT_RISKY without FORCE. */
        int (*snapshot_revert)(Snapshot *snapshot, uint32_t flags, Job *job, Error *error);
        int (*snapshot_delete)(Snapshot *snapshot, uint32_t flags, Job *job, Error *error);
        /* Takes def over. Result: Checkpoint. */
        int (*checkpoint_create)(Domain *domain, CheckpointDef *def, uint32_t flags, Job *job, Error *error);
        int (*checkpoint_delete)(Checkpoint *checkpoint, uint32_t flags, Job *job, Error *error);
        /*
         * Begins a backup of the active domain, aligned, and makes the checkpoint (NULL: none) at the same moment. The
         * job goes on in Domain.background while Domain.backup says what is done; one in pull mode until it is
         * cancelled. Takes both definitions over.
         */
        int (*backup_begin)(Domain *domain, BackupDef *def, CheckpointDef *checkpoint, uint32_t flags, Job *job,
                            Error *error);
} DomainMomentOps;
