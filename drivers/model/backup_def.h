/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a backup: <domainbackup> of libvirt's format. In push mode the hypervisor writes each disk to
 * a target, in pull mode it serves them over NBD and keeps what is overwritten meanwhile in a scratch file.
 */

#include "drivers/model/moment_def.h"

typedef enum BackupMode {
        BACKUP_PUSH = 1,
        BACKUP_PULL,
        _BACKUP_MODE_MAX,
} BackupMode;
DECLARE_WORDS(backup_mode, BackupMode, _BACKUP_MODE_MAX);

typedef enum BackupDiskMode {
        BACKUP_DISK_FULL = 1,
        BACKUP_DISK_INCREMENTAL,
        _BACKUP_DISK_MODE_MAX,
} BackupDiskMode;
DECLARE_WORDS(backup_disk_mode, BackupDiskMode, _BACKUP_DISK_MODE_MAX);

typedef enum BackupTransport {
        BACKUP_TCP = 1,
        BACKUP_UNIX,
        _BACKUP_TRANSPORT_MAX,
} BackupTransport;
DECLARE_WORDS(backup_transport, BackupTransport, _BACKUP_TRANSPORT_MAX);

typedef struct BackupDisk {
        DefSet set;
        DefRaw *raw;
        BackupDiskMode mode;
        BackupMode pull; /* how the whole is backed up, so that the row of the store can depend on it */
        Tristate backup;
        const char *name;
        const char *incremental; /* the checkpoint from which on */
        const char *export_name;
        const char *export_bitmap;
        uint64_t metadata_cache; /* bytes */
        const char *format;
        DomainStorage store; /* the target, or the scratch file */
} BackupDisk;

typedef struct BackupDef {
        DefSet set;
        DefRaw *raw;
        Arena *arena;
        uint32_t port;
        BackupMode mode;
        BackupTransport transport;
        Tristate tls;
        const char *incremental;
        const char *host;
        const char *socket;
        DEF_LIST(BackupDisk) disks;
} BackupDef;

/* Errors are those of domain_def_parse(). */
int backup_def_parse(const char *xml, size_t size, BackupDef **ret, Error *error);
/* Accepts NULL, returns NULL. */
BackupDef *backup_def_free(BackupDef *def);
DEFINE_TRIVIAL_CLEANUP(BackupDef *, backup_def_free)

/*
 * Names every disk of the domain: those that are named, or every one with a medium when none is, are backed up, in
 * full or from a checkpoint on. A target or scratch file without a name is called after the image and suffix.
 * ERROR_CONFIG_UNSUPPORTED for a disk that is not there, is named twice or has no medium.
 */
int backup_def_align(BackupDef *def, const DomainDef *domain, const char *suffix, Error *error);

extern const struct DefType backup_def_type;

/* libvirt's form. Free with g_free(). */
char *backup_def_format(const BackupDef *def);
