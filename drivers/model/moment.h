/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Moments in the life of a domain that are kept, snapshots and checkpoints: trees by their parents, one of each
 * kind being the current one, from which the next one descends. They go away with their domain.
 */

#include "drivers/model/domain.h"

typedef enum MomentKind {
        MOMENT_SNAPSHOT,
        MOMENT_CHECKPOINT,
        _MOMENT_KIND_MAX,
} MomentKind;

/* What a listener hears of; each native property names the bit that announces it. */
enum {
        MOMENT_CHANGED_CURRENT = 1 << 0,
        MOMENT_CHANGED_PARENT = 1 << 1,
};

/* First member of Snapshot and Checkpoint. */
typedef struct DomainMoment {
        Object object;
        MomentKind kind;
        char *key;        /* "UUID/name" */
        const char *name; /* within it */
        Domain *domain;   /* not owned; NULL once it is removed */
        struct DomainMoment *parent; /* of the same domain and kind, not owned; NULL: a root */
} DomainMoment;

/* Fills in the common part of a new one, of whom the caller has the only reference. */
void moment_init(DomainMoment *moment, const ObjectClass *class, MomentKind kind, Domain *domain, const char *name);
void moment_clear(DomainMoment *moment);
void moment_describe(const Object *object, Details *details);

/*
 * Puts it behind the others of its domain, publishes it and takes the caller's reference. Its name is free, and parent
 * is one of the same domain or NULL.
 */
void moment_add(DomainMoment *moment, ObjectList *list, DomainMoment *parent);
/* Borrowed, or NULL. */
DomainMoment *moment_find(const Domain *domain, MomentKind kind, const char *name);
/* How many there are, and the i-th in the order of their making. */
unsigned moment_count(const Domain *domain, MomentKind kind);
DomainMoment *moment_get(const Domain *domain, MomentKind kind, unsigned i);

bool moment_descends_from(const DomainMoment *moment, const DomainMoment *ancestor);
bool moment_has_children(const DomainMoment *moment);

DomainMoment *moment_current(const Domain *domain, MomentKind kind);
/* NULL: none is. Announces. */
void moment_set_current(Domain *domain, MomentKind kind, DomainMoment *moment);
void moment_set_parent(DomainMoment *moment, DomainMoment *parent);

/* virDomainSnapshotDeleteFlags and virDomainCheckpointDeleteFlags share their values. */
enum {
        MOMENT_DELETE_CHILDREN = 1 << 0, /* with all that descend from it */
        MOMENT_DELETE_METADATA_ONLY = 1 << 1,
        MOMENT_DELETE_CHILDREN_ONLY = 1 << 2,
};

/* Removes it, or what descends from it. Children that stay get its parent; so does the place of the current one. */
void moment_delete(DomainMoment *moment, uint32_t flags);
/* The domain is gone, and with it its driver, whose lists have let go of what was there. */
void moment_forget_all(Domain *domain);
/* Removes all of the domain. */
void moment_delete_all(Domain *domain);
