/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/checkpoint.h"

static void checkpoint_free(Object *object)
{
        Checkpoint *checkpoint = (Checkpoint *) object;

        checkpoint_def_free(checkpoint->def);
        moment_clear(&checkpoint->moment);
        g_free(checkpoint);
}

static const ObjectClass checkpoint_class = {
        .type = OBJECT_DOMAIN_CHECKPOINT,
        .free = checkpoint_free,
        .describe = moment_describe,
};

Checkpoint *checkpoint_add(Domain *domain, ObjectList *list, CheckpointDef *def, const char *parent)
{
        Checkpoint *checkpoint = g_new0(Checkpoint, 1);

        moment_init(&checkpoint->moment, &checkpoint_class, MOMENT_CHECKPOINT, domain, def->name);
        checkpoint->def = def;
        moment_add(&checkpoint->moment, list, isempty(parent) ? NULL : moment_find(domain, MOMENT_CHECKPOINT, parent));
        return checkpoint;
}

void checkpoint_set_def(Checkpoint *checkpoint, CheckpointDef *def)
{
        checkpoint_def_free(checkpoint->def);
        checkpoint->def = def;
}
