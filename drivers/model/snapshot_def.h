/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a snapshot: <domainsnapshot> of libvirt's format. What a user writes says which disks and
 * whether the memory; aligned with the domain it names every disk. Unlike a domain's it belongs to one owner,
 * who may change it.
 */

#include "drivers/model/moment_def.h"

/* virDomainSnapshotState in the order of its words; 0: not said. */
typedef enum SnapshotState {
        SNAPSHOT_NOSTATE = 1,
        SNAPSHOT_RUNNING,
        SNAPSHOT_BLOCKED,
        SNAPSHOT_PAUSED,
        SNAPSHOT_SHUTDOWN,
        SNAPSHOT_SHUTOFF,
        SNAPSHOT_CRASHED,
        SNAPSHOT_PMSUSPENDED,
        SNAPSHOT_DISKS, /* of disks only */
        _SNAPSHOT_STATE_MAX,
} SnapshotState;
DECLARE_WORDS(snapshot_state, SnapshotState, _SNAPSHOT_STATE_MAX);

/* The state of a snapshot is that of its domain. */
static inline SnapshotState snapshot_state_of(uint32_t domain_state)
{
        return (SnapshotState) (domain_state + 1);
}

typedef struct SnapshotDisk {
        DefSet set;
        DefRaw *raw;
        DomainDiskSnapshot snapshot;
        bool deleting;
        const char *name;   /* a target; in what a user writes also a path */
        uint64_t metadata_cache; /* bytes */
        const char *format; /* of the file that the disk goes on with */
        DomainStorage source;
} SnapshotDisk;

typedef struct SnapshotDef {
        DefSet set;
        DefRaw *raw;
        Arena *arena;
        SnapshotState state;
        DomainDiskSnapshot memory;
        int64_t creation_time; /* seconds since 1970 */
        const char *name;
        const char *description;
        const char *parent;
        const char *memory_file;
        const char *domain_text; /* nothing outside snapshot_def.c reads these two */
        const char *inactive_text;
        DEF_LIST(SnapshotDisk) disks;
        DEF_LIST(SnapshotDisk) revert_disks;
        DomainDef *domain;          /* as it was; owned */
        DomainDef *inactive_domain; /* its persistent definition where that was another; owned */
} SnapshotDef;

/* Flags of virDomainSnapshotParseFlags, as far as they tell what must be there. */
typedef enum SnapshotDefParseFlags {
        SNAPSHOT_DEF_PARSE_VALIDATE = 1 << 0, /* what the format does not know is an error */
        SNAPSHOT_DEF_PARSE_REDEFINE = 1 << 1, /* of a snapshot that there is: time, state, parent, domain count */
        SNAPSHOT_DEF_PARSE_OFFLINE = 1 << 2,  /* there is no memory to keep */
} SnapshotDefParseFlags;

/*
 * Reads a definition. Without REDEFINE what only the daemon can know is left out of it: time, state, parent,
 * domain. Errors are those of domain_def_parse().
 */
int snapshot_def_parse(const char *xml, size_t size, SnapshotDefParseFlags flags, SnapshotDef **ret,
                       Error *error);
/* Accepts NULL, returns NULL. */
SnapshotDef *snapshot_def_free(SnapshotDef *def);
DEFINE_TRIVIAL_CLEANUP(SnapshotDef *, snapshot_def_free)

/*
 * Names every disk of the domain, in its order, with where its snapshot is: what says nothing gets "location", a
 * disk without a medium none. An external file without a name is called after the image and the snapshot, in
 * qcow2. ERROR_CONFIG_UNSUPPORTED for a disk that is not there or is named twice, or cannot be called so.
 */
int snapshot_def_align(SnapshotDef *def, const DomainDef *domain, DomainDiskSnapshot location, Error *error);

extern const struct DefType snapshot_def_type;

/* libvirt's form; uuid stands for a domain that is not known, and may be NULL. Free with g_free(). */
char *snapshot_def_format(const SnapshotDef *def, const char *uuid, bool secure);
