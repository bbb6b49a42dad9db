/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A snapshot of a domain: an object of its own below the driver. */

#include "drivers/model/moment.h"
#include "drivers/model/snapshot_def.h"

typedef struct Snapshot {
        DomainMoment moment;
        SnapshotDef *def; /* owned; its parent is that of the moment */
} Snapshot;

/*
 * Makes one of the definition, which is taken over and has a name that is free, below the parent ("", NULL: a root;
 * otherwise there is one of that name). Borrowed: the list's.
 */
Snapshot *snapshot_add(Domain *domain, ObjectList *list, SnapshotDef *def, const char *parent);
/* Another definition of the same one; taken over. */
void snapshot_set_def(Snapshot *snapshot, SnapshotDef *def);

static inline Snapshot *snapshot_find(const Domain *domain, const char *name)
{
        return (Snapshot *) moment_find(domain, MOMENT_SNAPSHOT, name);
}
