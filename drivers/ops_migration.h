/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does to move a running domain to another host. See driver.h for the rules of all operations. */

#include "drivers/model/domain.h"

/* virDomainMigrateFlags */
enum {
        MIGRATE_LIVE = 1 << 0,
        MIGRATE_PEER2PEER = 1 << 1,
        MIGRATE_TUNNELLED = 1 << 2,
        MIGRATE_PERSIST_DEST = 1 << 3,
        MIGRATE_UNDEFINE_SOURCE = 1 << 4,
        MIGRATE_PAUSED = 1 << 5,
        MIGRATE_NON_SHARED_DISK = 1 << 6,
        MIGRATE_NON_SHARED_INC = 1 << 7,
        MIGRATE_CHANGE_PROTECTION = 1 << 8,
        MIGRATE_UNSAFE = 1 << 9,
        MIGRATE_OFFLINE = 1 << 10,
        MIGRATE_COMPRESSED = 1 << 11,
        MIGRATE_ABORT_ON_ERROR = 1 << 12,
        MIGRATE_AUTO_CONVERGE = 1 << 13,
        MIGRATE_RDMA_PIN_ALL = 1 << 14,
        MIGRATE_POSTCOPY = 1 << 15,
        MIGRATE_TLS = 1 << 16,
        MIGRATE_PARALLEL = 1 << 17,
        MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES = 1 << 18,
        MIGRATE_POSTCOPY_RESUME = 1 << 19,
        MIGRATE_ZEROCOPY = 1 << 20,
};

#define MIGRATE_ALL ((UINT32_C(1) << 21) - 1)

/* Strings are borrowed for the time of the call; NULL where the caller says nothing. */
typedef struct DomainMigration {
        /* of the other host's connection, or with neither of PEER2PEER and TUNNELLED its hypervisor's */
        const char *uri;
        const char *name; /* there */
        const char *xml;  /* there, while it runs */
        const char *persistent_xml;
        uint64_t bandwidth; /* MiB per second; 0: that of the domain */
        uint32_t flags;
} DomainMigration;

/* What can be set before and during a migration. */
typedef enum DomainMigrationSetting {
        MIGRATION_MAX_SPEED,          /* MiB per second */
        MIGRATION_MAX_SPEED_POSTCOPY, /* likewise */
        MIGRATION_MAX_DOWNTIME,       /* milliseconds */
        MIGRATION_COMPRESSION_CACHE,  /* bytes */
        _MIGRATION_SETTING_MAX,
} DomainMigrationSetting;

typedef struct DomainMigrationOps {
        /* Emits MIGRATION_ITERATION and at the end STOPPED_MIGRATED, and UNDEFINED with the flag for it. */
        int (*migrate)(Domain *domain, const DomainMigration *migration, Job *job, Error *error);
        /* The migration that goes on switches over at once. */
        int (*start_post_copy)(Domain *domain, Error *error);
        int (*get)(Domain *domain, DomainMigrationSetting setting, uint64_t *ret, Error *error);
        int (*set)(Domain *domain, DomainMigrationSetting setting, uint64_t value, Error *error);
} DomainMigrationOps;
