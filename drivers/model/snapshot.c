/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/snapshot.h"

static void snapshot_free(Object *object)
{
        Snapshot *snapshot = (Snapshot *) object;

        snapshot_def_free(snapshot->def);
        moment_clear(&snapshot->moment);
        g_free(snapshot);
}

static const ObjectClass snapshot_class = {
        .type = OBJECT_DOMAIN_SNAPSHOT,
        .free = snapshot_free,
        .describe = moment_describe,
};

Snapshot *snapshot_add(Domain *domain, ObjectList *list, SnapshotDef *def, const char *parent)
{
        Snapshot *snapshot = g_new0(Snapshot, 1);

        moment_init(&snapshot->moment, &snapshot_class, MOMENT_SNAPSHOT, domain, def->name);
        snapshot->def = def;
        moment_add(&snapshot->moment, list, isempty(parent) ? NULL : moment_find(domain, MOMENT_SNAPSHOT, parent));
        return snapshot;
}

void snapshot_set_def(Snapshot *snapshot, SnapshotDef *def)
{
        snapshot_def_free(snapshot->def);
        snapshot->def = def;
}
