/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A checkpoint of a domain: an object of its own below the driver. */

#include "drivers/model/moment.h"
#include "drivers/model/checkpoint_def.h"

typedef struct Checkpoint {
        DomainMoment moment;
        CheckpointDef *def; /* owned; its parent is that of the moment */
} Checkpoint;

/*
 * Makes one of the definition, which is taken over and has a name that is free, below the parent ("", NULL: a root;
 * otherwise there is one of that name). Borrowed: the list's.
 */
Checkpoint *checkpoint_add(Domain *domain, ObjectList *list, CheckpointDef *def, const char *parent);
/* Another definition of the same one; taken over. */
void checkpoint_set_def(Checkpoint *checkpoint, CheckpointDef *def);

static inline Checkpoint *checkpoint_find(const Domain *domain, const char *name)
{
        return (Checkpoint *) moment_find(domain, MOMENT_CHECKPOINT, name);
}
