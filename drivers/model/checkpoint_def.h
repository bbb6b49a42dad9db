/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a checkpoint: <domaincheckpoint> of libvirt's format, which says of which disks the changes
 * are noted from then on. It belongs to one owner, who may change it.
 */

#include "drivers/model/moment_def.h"

typedef enum CheckpointType {
        CHECKPOINT_NO = 1,
        CHECKPOINT_BITMAP,
        _CHECKPOINT_TYPE_MAX,
} CheckpointType;
DECLARE_WORDS(checkpoint_type, CheckpointType, _CHECKPOINT_TYPE_MAX);

typedef struct CheckpointDisk {
        DefSet set;
        uint64_t size; /* bytes that changed since; on request only */
        CheckpointType type;
        const char *name;
        const char *bitmap;
} CheckpointDisk;

typedef struct CheckpointDef {
        DefSet set;
        DefRaw *raw;
        Arena *arena;
        int64_t creation_time; /* seconds since 1970 */
        const char *name;
        const char *description;
        const char *parent;
        const char *domain_text; /* nothing outside checkpoint_def.c reads it */
        DEF_LIST(CheckpointDisk) disks;
        DomainDef *domain; /* as it was; owned */
} CheckpointDef;

/* redefine: of a checkpoint that there is, whose time, parent and domain count. Errors: domain_def_parse(). */
int checkpoint_def_parse(const char *xml, size_t size, bool redefine, CheckpointDef **ret, Error *error);
/* Accepts NULL, returns NULL. */
CheckpointDef *checkpoint_def_free(CheckpointDef *def);
DEFINE_TRIVIAL_CLEANUP(CheckpointDef *, checkpoint_def_free)

/*
 * Names every disk of the domain, in its order: those that are named, or every one with a medium that can be
 * written when none is, get a bitmap called after the checkpoint. ERROR_CONFIG_UNSUPPORTED for a disk that is
 * not there, is named twice or cannot have one.
 */
int checkpoint_def_align(CheckpointDef *def, const DomainDef *domain, Error *error);

/* virDomainCheckpointXMLFlags */
typedef enum CheckpointDefFormatFlags {
        CHECKPOINT_DEF_FORMAT_SECURE = 1 << 0,
        CHECKPOINT_DEF_FORMAT_NO_DOMAIN = 1 << 1,
        CHECKPOINT_DEF_FORMAT_SIZE = 1 << 2,
} CheckpointDefFormatFlags;

extern const struct DefType checkpoint_def_type;

/* libvirt's form. Free with g_free(). */
char *checkpoint_def_format(const CheckpointDef *def, CheckpointDefFormatFlags flags);
