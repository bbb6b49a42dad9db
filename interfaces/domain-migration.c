/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Moving a domain to another host. */

#include "interfaces/domain-contract.h"

#include "drivers/driver.h"
#include "interfaces/support.h"
#include "service/call.h"

/* virDomainMigrateMaxSpeedFlags */
#define MAX_SPEED_POSTCOPY (1u << 0)

static const DomainMigrationOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->migration;
}

static int check_flags(uint32_t flags, Error *error)
{
        int r;

        if ((r = flags_check(flags, MIGRATE_ALL, error)) < 0 ||
            (r = flags_check_exclusive(flags, MIGRATE_NON_SHARED_DISK | MIGRATE_NON_SHARED_INC,
                                       "to copy disks in full and incrementally", error)) < 0 ||
            (r = flags_check_exclusive(flags, MIGRATE_TUNNELLED | MIGRATE_PARALLEL, "tunnelled and parallel",
                                       error)) < 0)
                return r;
        if ((flags & MIGRATE_OFFLINE) && (flags & (MIGRATE_LIVE | MIGRATE_POSTCOPY)))
                return error_set(error, ERROR_INVALID_ARG, "an offline migration is not live");
        return 0;
}

/*
 * Where the other host is one of this daemon's drivers, its permissions are those that whoever brings a machine there
 * needs anyway. As call_require().
 */
static int require_there(Call *call, const Domain *domain, const DomainMigration *migration, Error *error)
{
        const uint32_t flags = migration->flags;
        const struct {
                Permission permission;
                bool asked;
        } asked[] = {
                { PERMISSION_DOMAIN_MIGRATE, true },
                { PERMISSION_DOMAIN_WRITE, true },
                { PERMISSION_DOMAIN_START, !(flags & MIGRATE_OFFLINE) },
                { PERMISSION_DOMAIN_SAVE, flags & MIGRATE_PERSIST_DEST },
        };
        const DriverHost *host = domain->object.driver->host;
        const Driver *there = host->driver_for_uri(host->userdata, migration->uri);
        Details details = {};
        int r = 1;

        if (!there || there == domain->object.driver)
                return 1;
        details_of_driver(&details, there);
        details_add(&details, "domain_name", migration->name ?: domain->name);
        details_add(&details, "domain_uuid", domain->uuid);
        for (size_t i = 0; r > 0 && i < ELEMENTSOF(asked); i++)
                if (asked[i].asked)
                        r = call_require(call, asked[i].permission, &details, error);
        return r;
}

int domain_migrate_to_uri3(Call *call, Domain *domain, const DomainMigrateToURI3Args *args, Error *error)
{
        static const char *const known[] = {
                "auto_converge.increment", "auto_converge.initial", "bandwidth",       "bandwidth.postcopy",
                "compression",             "compression.mt.level",  "compression.mt.threads", "destination_name",
                "destination_xml",         "disks_port",            "disks_uri",       "graphics_uri",
                "listen_address",          "migrate_disks",         "migrate_uri",     "parallel.connections",
                "persistent_xml",          NULL,
        };
        DomainMigration migration = { .uri = args->dconuri, .flags = args->flags };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if ((r = check_flags(args->flags, error)) < 0 ||
            (r = params_check_names(&args->params, known, error)) < 0 ||
            (r = params_get_string(&args->params, "destination_name", &migration.name, error)) < 0 ||
            (r = params_get_string(&args->params, "destination_xml", &migration.xml, error)) < 0 ||
            (r = params_get_string(&args->params, "persistent_xml", &migration.persistent_xml, error)) < 0 ||
            (r = params_get_u64(&args->params, "bandwidth", &migration.bandwidth, error)) < 0)
                return r;
        if (!ops(domain)->migrate)
                return error_unsupported(error, "virDomainMigrateToURI3");
        r = require_there(call, domain, &migration, error);
        if (r <= 0)
                return r;
        r = call_job_begin(call, "migrate", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->migrate(domain, &migration, job, error), NULL, error);
}

int domain_migrate_start_post_copy(Call *call, Domain *domain, const DomainMigrateStartPostCopyArgs *args,
                                   Error *error)
{
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(domain)->start_post_copy)
                return error_unsupported(error, "virDomainMigrateStartPostCopy");
        r = ops(domain)->start_post_copy(domain, error);
        return r < 0 ? r : call_reply(call, NULL);
}

static int get(Call *call, Domain *domain, DomainMigrationSetting setting, uint32_t flags, uint32_t known,
               const char *function, Error *error)
{
        uint64_t value = 0;
        int r = flags_check(flags, known, error);

        if (r < 0)
                return r;
        if (!ops(domain)->get)
                return error_unsupported(error, function);
        r = ops(domain)->get(domain, setting, &value, error);
        return r < 0 ? r : call_reply(call, "t", value);
}

static int set(Call *call, Domain *domain, DomainMigrationSetting setting, uint64_t value, uint32_t flags,
               uint32_t known, const char *function, Error *error)
{
        int r = flags_check(flags, known, error);

        if (r < 0)
                return r;
        if (!ops(domain)->set)
                return error_unsupported(error, function);
        r = ops(domain)->set(domain, setting, value, error);
        return r < 0 ? r : call_reply(call, NULL);
}

static DomainMigrationSetting speed(uint32_t flags)
{
        return flags & MAX_SPEED_POSTCOPY ? MIGRATION_MAX_SPEED_POSTCOPY : MIGRATION_MAX_SPEED;
}

int domain_migrate_get_compression_cache(Call *call, Domain *domain,
                                         const DomainMigrateGetCompressionCacheArgs *args, Error *error)
{
        return get(call, domain, MIGRATION_COMPRESSION_CACHE, args->flags, 0, "virDomainMigrateGetCompressionCache",
                   error);
}

int domain_migrate_get_max_downtime(Call *call, Domain *domain, const DomainMigrateGetMaxDowntimeArgs *args,
                                    Error *error)
{
        return get(call, domain, MIGRATION_MAX_DOWNTIME, args->flags, 0, "virDomainMigrateGetMaxDowntime", error);
}

int domain_migrate_get_max_speed(Call *call, Domain *domain, const DomainMigrateGetMaxSpeedArgs *args,
                                 Error *error)
{
        return get(call, domain, speed(args->flags), args->flags, MAX_SPEED_POSTCOPY, "virDomainMigrateGetMaxSpeed",
                   error);
}

int domain_migrate_set_compression_cache(Call *call, Domain *domain,
                                         const DomainMigrateSetCompressionCacheArgs *args, Error *error)
{
        return set(call, domain, MIGRATION_COMPRESSION_CACHE, args->cache_size, args->flags, 0,
                   "virDomainMigrateSetCompressionCache", error);
}

int domain_migrate_set_max_downtime(Call *call, Domain *domain, const DomainMigrateSetMaxDowntimeArgs *args,
                                    Error *error)
{
        return set(call, domain, MIGRATION_MAX_DOWNTIME, args->downtime, args->flags, 0,
                   "virDomainMigrateSetMaxDowntime", error);
}

int domain_migrate_set_max_speed(Call *call, Domain *domain, const DomainMigrateSetMaxSpeedArgs *args,
                                 Error *error)
{
        return set(call, domain, speed(args->flags), args->bandwidth, args->flags, MAX_SPEED_POSTCOPY,
                   "virDomainMigrateSetMaxSpeed", error);
}
