/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/snapshot_def.h"

#include "drivers/model/domain_def_table.h"

#include <string.h>

#define ROOT "domainsnapshot"

const char *const snapshot_state_table[_SNAPSHOT_STATE_MAX] = {
        [SNAPSHOT_NOSTATE] = "nostate",   [SNAPSHOT_RUNNING] = "running",
        [SNAPSHOT_BLOCKED] = "blocked",   [SNAPSHOT_PAUSED] = "paused",
        [SNAPSHOT_SHUTDOWN] = "shutdown", [SNAPSHOT_SHUTOFF] = "shutoff",
        [SNAPSHOT_CRASHED] = "crashed",   [SNAPSHOT_PMSUSPENDED] = "pmsuspended",
        [SNAPSHOT_DISKS] = "disk-snapshot",
};
DEFINE_STRING_TABLE(snapshot_state, SnapshotState)

static bool has_store(const SnapshotDisk *disk)
{
        const DomainStorage *source = &disk->source;

        return disk->format || source->file || source->dev || source->dir || source->protocol || source->volume;
}

/* A disk that goes on with no other file has no type. */
static bool print_type(const void *p, const void *field, unsigned flags, GString *out)
{
        if (!has_store(p))
                return false;
        g_string_append(out, domain_disk_type_to_string(*(const DomainDiskType *) field));
        return true;
}

static const DefHatch type_hatch = { .print = print_type };

METADATA_CACHE_TYPE(SnapshotDisk);

static const DefRow driver_rows[] = {
        ATTR(SnapshotDisk, "type", format),
        GROUP("metadata_cache", metadata_cache_type),
};
static DEF_TYPE(driver_type, SnapshotDisk, driver_rows);

static const DefRow disk_rows[] = {
        ATTR(SnapshotDisk, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(SnapshotDisk, "snapshot", snapshot, WORDS(domain_disk_snapshot)),
        ATTR(SnapshotDisk, "type", source.type, WORDS(domain_disk_type), HATCH(type_hatch)),
        PRESENCE(SnapshotDisk, "snapshotDeleteInProgress", deleting),
        GROUP("driver", driver_type),
        GROUP_IN(SnapshotDisk, "source", source, domain_storage_type),
};

static void disk_begin(void *p)
{
        SnapshotDisk *disk = p;

        if (disk->source.type == 0)
                disk->source.type = DOMAIN_DISK_FILE;
}

static void disk_finish(void *p, Arena *arena, bool live)
{
        SnapshotDisk *disk = p;

        if (disk->snapshot == 0 && has_store(disk))
                disk->snapshot = DOMAIN_DISK_SNAPSHOT_EXTERNAL;
}

static DEF_TYPE(disk_type, SnapshotDisk, disk_rows, .begin = disk_begin, .finish = disk_finish);

static const DefRow parent_rows[] = {
        ELEMENT(SnapshotDef, "name", parent, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(parent_type, SnapshotDef, parent_rows);

static const DefRow memory_rows[] = {
        ATTR(SnapshotDef, "snapshot", memory, WORDS(domain_disk_snapshot)),
        ATTR(SnapshotDef, "file", memory_file),
};
static DEF_TYPE(memory_type, SnapshotDef, memory_rows);

static const DefRow disks_rows[] = { LIST(SnapshotDef, "disk", disks, disk_type) };
static DEF_TYPE(disks_type, SnapshotDef, disks_rows);

static const DefRow revert_disks_rows[] = { LIST(SnapshotDef, "disk", revert_disks, disk_type) };
static DEF_TYPE(revert_disks_type, SnapshotDef, revert_disks_rows);

static const DefRow root_rows[] = {
        ELEMENT(SnapshotDef, "name", name),
        ELEMENT(SnapshotDef, "description", description, FLAGS(DEF_MULTILINE)),
        ELEMENT(SnapshotDef, "state", state, WORDS(snapshot_state)),
        GROUP("parent", parent_type),
        ELEMENT(SnapshotDef, "creationTime", creation_time),
        GROUP("memory", memory_type),
        GROUP("disks", disks_type),
        SLICE(SnapshotDef, "domain", domain_text),
        SLICE(SnapshotDef, "inactiveDomain", inactive_text),
        GROUP("revertDisks", revert_disks_type),
        RAW("cookie", FLAGS(DEF_INERT)),
        RAW("active", FLAGS(DEF_INERT)),
};

static void root_finish(void *p, Arena *arena, bool live)
{
        SnapshotDef *def = p;

        if (def->memory == 0 && def->memory_file)
                def->memory = DOMAIN_DISK_SNAPSHOT_EXTERNAL;
        if (def->state == SNAPSHOT_NOSTATE)
                def->state = 0;
}

static void check_memory(const void *p, DefChecker *checker)
{
        const SnapshotDef *def = p;

        if (def->memory_file && def->memory != DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                checker_fail(checker, ERROR_XML_ERROR, "memory", "memory filename '%s' requires external snapshot",
                             def->memory_file);
        else if (!def->memory_file && def->memory == DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                checker_fail(checker, ERROR_XML_ERROR, "memory", "external memory snapshots require a filename");
        else if (def->memory == DOMAIN_DISK_SNAPSHOT_MANUAL)
                checker_fail(checker, ERROR_XML_ERROR, "memory", "the memory cannot be kept in a manual snapshot");
        else if (def->memory_file && def->memory_file[0] != '/')
                checker_fail(checker, ERROR_XML_ERROR, "memory",
                             "memory snapshot file path (%s) must be absolute", def->memory_file);
}

static void check_disks(const void *p, DefChecker *checker)
{
        const SnapshotDef *def = p;

        DEF_FOREACH(disk, def->disks) {
                const char *path = disk->source.file ?: disk->source.dev;

                if (path && path[0] != '/')
                        checker_fail(checker, ERROR_XML_ERROR, "disks",
                                     "disk snapshot image path '%s' must be absolute", path);
                if (path && disk->snapshot != DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "disks",
                                     "file '%s' for disk '%s' requires use of external snapshot mode", path,
                                     disk->name);
        }
}

static const DefRule root_rules[] = {
        { "memory", check_memory },
        { "disks", check_disks },
        {},
};

DEF_TYPE(snapshot_def_type, SnapshotDef, root_rows, .rules = root_rules, .finish = root_finish);

SnapshotDef *snapshot_def_free(SnapshotDef *def)
{
        if (!def)
                return NULL;
        domain_def_unref(def->domain);
        domain_def_unref(def->inactive_domain);
        arena_unref(def->arena);
        g_free(def);
        return NULL;
}

static int read_past(SnapshotDef *def, Error *error)
{
        int r;

        if (isempty(def->name))
                return error_set(error, ERROR_XML_ERROR, "a redefined snapshot must have a name");
        if (def->state == 0)
                return error_set(error, ERROR_XML_ERROR, "missing state from existing snapshot");
        if (!def_is_set(def, creation_time))
                return error_set(error, ERROR_XML_ERROR, "missing creationTime from existing snapshot");
        r = moment_domain_parse(def->domain_text, "domain", &def->domain, error);
        if (r >= 0)
                r = moment_domain_parse(def->inactive_text, "inactiveDomain", &def->inactive_domain, error);
        return r;
}

static void drop_past(SnapshotDef *def)
{
        def->state = 0;
        def->parent = NULL;
        def_drop(def, creation_time);
        def->revert_disks.n = 0;
}

static int read_memory(SnapshotDef *def, SnapshotDefParseFlags flags, Error *error)
{
        bool offline = (flags & SNAPSHOT_DEF_PARSE_OFFLINE) || def->state == SNAPSHOT_SHUTOFF ||
                       def->state == SNAPSHOT_DISKS;

        if (offline && def->memory != 0 && def->memory != DOMAIN_DISK_SNAPSHOT_NO)
                return error_set(error, ERROR_XML_ERROR,
                                 "memory state cannot be saved with offline or disk-only snapshot");
        if (def->memory == 0 && (flags & SNAPSHOT_DEF_PARSE_REDEFINE))
                def->memory = offline ? DOMAIN_DISK_SNAPSHOT_NO : DOMAIN_DISK_SNAPSHOT_INTERNAL;
        return 0;
}

int snapshot_def_parse(const char *xml, size_t size, SnapshotDefParseFlags flags, SnapshotDef **ret,
                       Error *error)
{
        _cleanup_(snapshot_def_freep) SnapshotDef *def = g_new0(SnapshotDef, 1);
        int r;

        def->arena = arena_new();
        r = def_parse(&snapshot_def_type, ROOT, "domain_snapshot", xml, size,
                      flags & SNAPSHOT_DEF_PARSE_VALIDATE ? DEF_DECODE_STRICT : 0, def->arena, def, NULL, error);
        if (r < 0)
                return r;
        if (flags & SNAPSHOT_DEF_PARSE_REDEFINE)
                r = read_past(def, error);
        else
                drop_past(def);
        if (r >= 0)
                r = read_memory(def, flags, error);
        if (r < 0)
                return r;
        def->domain_text = def->inactive_text = NULL;
        *ret = g_steal_pointer(&def);
        return 0;
}

/* The name that the file of an external snapshot gets which was given none: image.SNAPSHOT for image.qcow2. */
static int name_external(const SnapshotDef *def, SnapshotDisk *disk, const DomainDisk *of, Error *error)
{
        const char *base, *dot;

        if (of->source.type != DOMAIN_DISK_FILE)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "cannot generate external snapshot name for disk '%s' on a '%s' device",
                                 of->target, domain_disk_type_to_string(of->source.type));
        if (!of->source.file)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "cannot generate external snapshot name for disk '%s' without source",
                                 of->target);
        base = strrchr(of->source.file, '/') ?: of->source.file;
        dot = strrchr(base, '.');
        disk->source.type = DOMAIN_DISK_FILE;
        disk->source.file = arena_printf(def->arena, "%.*s.%s",
                                         (int) (dot && dot > base + 1 ? (size_t) (dot - of->source.file) :
                                                                        strlen(of->source.file)),
                                         of->source.file, def->name);
        if (streq(disk->source.file, of->source.file))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "cannot generate external snapshot name for disk '%s': collision with its image",
                                 of->target);
        return 0;
}

static int align_disk(const SnapshotDef *def, SnapshotDisk *disk, const DomainDisk *of,
                      DomainDiskSnapshot location, Error *error)
{
        disk->name = arena_strdup(def->arena, of->target);
        if (disk->snapshot == 0)
                disk->snapshot = of->snapshot ?:
                        moment_disk_is_empty(of) || of->readonly ? DOMAIN_DISK_SNAPSHOT_NO : location;
        if (disk->source.type == 0)
                disk->source.type = DOMAIN_DISK_FILE;
        if (disk->snapshot != DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                return 0;
        if (!disk->format)
                disk->format = "qcow2";
        if (disk->source.file || disk->source.dev || disk->source.protocol)
                return 0;
        return name_external(def, disk, of, error);
}

int snapshot_def_align(SnapshotDef *def, const DomainDef *domain, DomainDiskSnapshot location, Error *error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) wanted = g_hash_table_new(NULL, NULL);
        __typeof__(def->disks) all = {};
        int r;

        if (def->disks.n > domain->disks.n)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "too many disk snapshot requests for domain");
        DEF_FOREACH(disk, def->disks) {
                const DomainDisk *of = NULL;

                r = moment_claim_disk(domain, disk->name, seen, &of, error);
                if (r < 0)
                        return r;
                g_hash_table_insert(wanted, (void *) of, disk);
        }
        DEF_FOREACH(of, domain->disks) {
                SnapshotDisk *disk = g_hash_table_lookup(wanted, of) ?: arena_new0(def->arena, SnapshotDisk);

                r = align_disk(def, disk, of, location, error);
                if (r < 0)
                        return r;
                def_append(def->arena, &all, disk);
        }
        def->disks.items = all.items;
        def->disks.n = all.n;
        return 0;
}

char *snapshot_def_format(const SnapshotDef *def, const char *uuid, bool secure)
{
        g_autofree char *domain = moment_domain_format(def->domain, uuid, "domain", secure);
        g_autofree char *inactive = moment_domain_format(def->inactive_domain, NULL, "inactiveDomain", secure);
        SnapshotDef shown = *def;
        GString *out = g_string_new(NULL);

        shown.domain_text = domain;
        shown.inactive_text = inactive;
        def_format(&snapshot_def_type, ROOT, &shown, secure ? DEF_FORMAT_SECURE : 0, out);
        return g_string_free(out, FALSE);
}
