/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/backup_def.h"

#include "drivers/model/domain_def_table.h"

#define ROOT "domainbackup"

const char *const backup_mode_table[_BACKUP_MODE_MAX] = {
        [BACKUP_PUSH] = "push",
        [BACKUP_PULL] = "pull",
};
DEFINE_STRING_TABLE(backup_mode, BackupMode)

const char *const backup_disk_mode_table[_BACKUP_DISK_MODE_MAX] = {
        [BACKUP_DISK_FULL] = "full",
        [BACKUP_DISK_INCREMENTAL] = "incremental",
};
DEFINE_STRING_TABLE(backup_disk_mode, BackupDiskMode)

const char *const backup_transport_table[_BACKUP_TRANSPORT_MAX] = {
        [BACKUP_TCP] = "tcp",
        [BACKUP_UNIX] = "unix",
};
DEFINE_STRING_TABLE(backup_transport, BackupTransport)

static bool print_type(const void *p, const void *field, unsigned flags, GString *out)
{
        const BackupDisk *disk = p;

        if (disk->backup != TRISTATE_YES)
                return false;
        g_string_append(out, domain_disk_type_to_string(disk->store.type));
        return true;
}

static const DefHatch type_hatch = { .print = print_type };

METADATA_CACHE_TYPE(BackupDisk);

static const DefRow driver_rows[] = {
        ATTR(BackupDisk, "type", format),
        GROUP("metadata_cache", metadata_cache_type),
};
static DEF_TYPE(driver_type, BackupDisk, driver_rows);

static const DefRow disk_rows[] = {
        ATTR(BackupDisk, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(BackupDisk, "backup", backup, YES_NO),
        ATTR(BackupDisk, "type", store.type, WORDS(domain_disk_type), HATCH(type_hatch)),
        ATTR(BackupDisk, "backupmode", mode, WORDS(backup_disk_mode)),
        ATTR(BackupDisk, "incremental", incremental),
        ATTR(BackupDisk, "exportname", export_name),
        ATTR(BackupDisk, "exportbitmap", export_bitmap),
        GROUP("driver", driver_type),
        GROUP_IN(BackupDisk, "target", store, domain_storage_type,
                 WHEN(BackupDisk, pull, IS(0) | IS(BACKUP_PUSH))),
        GROUP_IN(BackupDisk, "scratch", store, domain_storage_type,
                 WHEN(BackupDisk, pull, IS(0) | IS(BACKUP_PULL))),
};

static void disk_begin(void *p)
{
        BackupDisk *disk = p;

        if (disk->store.type == 0)
                disk->store.type = DOMAIN_DISK_FILE;
        if (disk->backup == TRISTATE_ABSENT)
                disk->backup = TRISTATE_YES;
}

/* Of a disk that is not copied nothing else is told. */
static void disk_finish(void *p, Arena *arena, bool live)
{
        BackupDisk *disk = p;

        if (disk->backup == TRISTATE_YES)
                return;
        disk->mode = 0;
        disk->incremental = disk->export_name = disk->export_bitmap = disk->format = NULL;
        disk->store = (DomainStorage) { .type = DOMAIN_DISK_FILE };
        def_drop(disk, metadata_cache);
}

static void check_disk(const void *p, DefChecker *checker)
{
        const BackupDisk *disk = p;

        if (disk->store.type != DOMAIN_DISK_FILE && disk->store.type != DOMAIN_DISK_BLOCK)
                checker_fail(checker, ERROR_XML_ERROR, "@type", "unsupported disk backup type '%s'",
                             domain_disk_type_to_string(disk->store.type));
        if (disk->pull == BACKUP_PUSH && (disk->export_name || disk->export_bitmap))
                checker_fail(checker, ERROR_XML_ERROR, disk->export_name ? "@exportname" : "@exportbitmap",
                             "the name of an export requires a backup in pull mode");
}

static const DefRule disk_rules[] = { { "disk", check_disk }, {} };

static DEF_TYPE(disk_type, BackupDisk, disk_rows, .rules = disk_rules, .begin = disk_begin,
                .finish = disk_finish);

static const DefRow server_rows[] = {
        ATTR(BackupDef, "transport", transport, WORDS(backup_transport)),
        ATTR(BackupDef, "tls", tls, YES_NO),
        ATTR(BackupDef, "name", host),
        ATTR(BackupDef, "port", port, RANGE(0, UINT16_MAX)),
        ATTR(BackupDef, "socket", socket),
};

static void server_finish(void *p, Arena *arena, bool live)
{
        BackupDef *def = p;

        if (def->transport == 0)
                def->transport = BACKUP_TCP;
}

static DEF_TYPE(server_type, BackupDef, server_rows, .finish = server_finish);

static const DefRow disks_rows[] = { LIST(BackupDef, "disk", disks, disk_type) };
static DEF_TYPE(disks_type, BackupDef, disks_rows);

static const DefRow root_rows[] = {
        ATTR(BackupDef, "mode", mode, WORDS(backup_mode)),
        ELEMENT(BackupDef, "incremental", incremental),
        GROUP("server", server_type),
        GROUP("disks", disks_type),
};

static void root_begin(void *p)
{
        BackupDef *def = p;

        if (def->mode == 0)
                def->mode = BACKUP_PUSH;
}

static void root_finish(void *p, Arena *arena, bool live)
{
        BackupDef *def = p;

        DEF_FOREACH(disk, def->disks)
                disk->pull = def->mode;
}

static void check_server(const void *p, DefChecker *checker)
{
        const BackupDef *def = p;

        if (def->transport == 0)
                return;
        if (def->mode == BACKUP_PUSH)
                checker_fail(checker, ERROR_XML_ERROR, "server", "use of <server> requires pull mode backup");
        else if (def->transport == BACKUP_TCP && !def->host)
                checker_fail(checker, ERROR_XML_ERROR, "server",
                             "Missing required attribute 'name' in element 'server'");
        else if (def->transport == BACKUP_UNIX && (!def->socket || def->socket[0] != '/'))
                checker_fail(checker, ERROR_XML_ERROR, "server", "backup socket path '%s' must be absolute",
                             strempty(def->socket));
        else if (def->transport == BACKUP_UNIX && def->tls == TRISTATE_YES)
                checker_fail(checker, ERROR_XML_ERROR, "server", "TLS is not supported over a unix socket");
}

static const DefRule root_rules[] = { { "server", check_server }, {} };

DEF_TYPE(backup_def_type, BackupDef, root_rows, .rules = root_rules, .begin = root_begin,
                .finish = root_finish);

BackupDef *backup_def_free(BackupDef *def)
{
        if (!def)
                return NULL;
        arena_unref(def->arena);
        g_free(def);
        return NULL;
}

int backup_def_parse(const char *xml, size_t size, BackupDef **ret, Error *error)
{
        _cleanup_(backup_def_freep) BackupDef *def = g_new0(BackupDef, 1);
        int r;

        def->arena = arena_new();
        r = def_parse(&backup_def_type, ROOT, "domain_backup", xml, size, 0, def->arena, def, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&def);
        return 0;
}

/* From which checkpoint on: the disk's own, else that of the whole. */
static int align_mode(const BackupDef *def, BackupDisk *disk, Error *error)
{
        if (disk->mode == BACKUP_DISK_FULL) {
                disk->incremental = NULL;
                return 0;
        }
        if (!disk->incremental)
                disk->incremental = def->incremental;
        if (disk->mode == BACKUP_DISK_INCREMENTAL && !disk->incremental)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "incremental backup mode of disk '%s' requires setting 'incremental' field for "
                                 "disk or backup", disk->name);
        disk->mode = disk->incremental ? BACKUP_DISK_INCREMENTAL : BACKUP_DISK_FULL;
        return 0;
}

static int align_disk(const BackupDef *def, BackupDisk *disk, const DomainDisk *of, const char *suffix,
                      Error *error)
{
        disk->name = arena_strdup(def->arena, of->target);
        disk->pull = def->mode;
        if (disk->backup != TRISTATE_YES) {
                disk->mode = 0;
                disk->incremental = disk->export_name = disk->export_bitmap = NULL;
                return 0;
        }
        if (moment_disk_is_empty(of))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "backup of disk '%s' without a medium",
                                 of->target);
        if (!disk->store.file && !disk->store.dev) {
                if (of->source.type != DOMAIN_DISK_FILE || disk->store.type == DOMAIN_DISK_BLOCK)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "refusing to generate file name for disk '%s'", of->target);
                disk->store.file = arena_printf(def->arena, "%s.%s", of->source.file, suffix);
        }
        return align_mode(def, disk, error);
}

int backup_def_align(BackupDef *def, const DomainDef *domain, const char *suffix, Error *error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        bool all = def->disks.n == 0;
        int r;

        DEF_FOREACH(disk, def->disks) {
                const DomainDisk *of = NULL;

                r = moment_claim_disk(domain, disk->name, seen, &of, error);
                if (r >= 0)
                        r = align_disk(def, disk, of, suffix, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(of, domain->disks) {
                BackupDisk *disk;

                if (g_hash_table_contains(seen, of->target))
                        continue;
                disk = arena_new0(def->arena, BackupDisk);
                disk->store.type = DOMAIN_DISK_FILE;
                disk->backup = tristate(all && !moment_disk_is_empty(of) && !of->readonly);
                r = align_disk(def, disk, of, suffix, error);
                if (r < 0)
                        return r;
                def_append(def->arena, &def->disks, disk);
        }
        return 0;
}

char *backup_def_format(const BackupDef *def)
{
        GString *out = g_string_new(NULL);

        /* unlike other roots, one that says nothing has no end tag in libvirt either */
        def_format_nested(&backup_def_type, ROOT, def, 0, 0, out);
        return g_string_free(out, FALSE);
}
