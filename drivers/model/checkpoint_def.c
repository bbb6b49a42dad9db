/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/checkpoint_def.h"

#include "drivers/model/def_table.h"

#define ROOT "domaincheckpoint"
/* A flag of our own: DEF_FORMAT_* has none for it. */
#define FORMAT_SIZE (1u << 20)

const char *const checkpoint_type_table[_CHECKPOINT_TYPE_MAX] = {
        [CHECKPOINT_NO] = "no",
        [CHECKPOINT_BITMAP] = "bitmap",
};
DEFINE_STRING_TABLE(checkpoint_type, CheckpointType)

/* How much has changed is a fact of the moment that somebody asks. */
static bool print_size(const void *p, const void *field, unsigned flags, GString *out)
{
        const CheckpointDisk *disk = p;

        if (!(flags & FORMAT_SIZE) || !def_is_set(disk, size))
                return false;
        g_string_append_printf(out, "%" PRIu64, disk->size);
        return true;
}

static const DefHatch size_hatch = { .print = print_size };

static const DefRow disk_rows[] = {
        ATTR(CheckpointDisk, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(CheckpointDisk, "checkpoint", type, WORDS(checkpoint_type)),
        ATTR(CheckpointDisk, "bitmap", bitmap),
        ATTR(CheckpointDisk, "size", size, HATCH(size_hatch)),
};

static void disk_finish(void *p, Arena *arena, bool live)
{
        CheckpointDisk *disk = p;

        if (disk->type == 0)
                disk->type = CHECKPOINT_BITMAP;
}

static void check_bitmap(const void *p, DefChecker *checker)
{
        const CheckpointDisk *disk = p;

        if (disk->bitmap && disk->type != CHECKPOINT_BITMAP)
                checker_fail(checker, ERROR_XML_ERROR, "@bitmap",
                             "disk checkpoint bitmap '%s' requires type='bitmap'", disk->bitmap);
}

static const DefRule disk_rules[] = { { "bitmap", check_bitmap }, {} };

static DEF_TYPE_PLAIN(disk_type, CheckpointDisk, disk_rows, .rules = disk_rules, .finish = disk_finish);

static const DefRow parent_rows[] = {
        ELEMENT(CheckpointDef, "name", parent, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(parent_type, CheckpointDef, parent_rows);

static const DefRow disks_rows[] = { LIST(CheckpointDef, "disk", disks, disk_type) };
static DEF_TYPE(disks_type, CheckpointDef, disks_rows);

static const DefRow root_rows[] = {
        ELEMENT(CheckpointDef, "name", name),
        ELEMENT(CheckpointDef, "description", description, FLAGS(DEF_MULTILINE)),
        GROUP("parent", parent_type),
        ELEMENT(CheckpointDef, "creationTime", creation_time),
        GROUP("disks", disks_type),
        SLICE(CheckpointDef, "domain", domain_text),
};
DEF_TYPE(checkpoint_def_type, CheckpointDef, root_rows);

CheckpointDef *checkpoint_def_free(CheckpointDef *def)
{
        if (!def)
                return NULL;
        domain_def_unref(def->domain);
        arena_unref(def->arena);
        g_free(def);
        return NULL;
}

static int read_past(CheckpointDef *def, Error *error)
{
        int r;

        if (isempty(def->name))
                return error_set(error, ERROR_XML_ERROR, "a redefined checkpoint must have a name");
        if (!def_is_set(def, creation_time))
                return error_set(error, ERROR_XML_ERROR, "missing creationTime from existing checkpoint");
        r = moment_domain_parse(def->domain_text, "domain", &def->domain, error);
        if (r >= 0 && !def->domain)
                return error_set(error, ERROR_XML_ERROR, "missing domain in checkpoint redefinition");
        return r;
}

int checkpoint_def_parse(const char *xml, size_t size, bool redefine, CheckpointDef **ret, Error *error)
{
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = g_new0(CheckpointDef, 1);
        int r;

        def->arena = arena_new();
        r = def_parse(&checkpoint_def_type, ROOT, "domain_checkpoint", xml, size, 0, def->arena, def, NULL, error);
        if (r >= 0 && redefine)
                r = read_past(def, error);
        if (r < 0)
                return r;
        if (!redefine) {
                def->parent = NULL;
                def_drop(def, creation_time);
        }
        def->domain_text = NULL;
        *ret = g_steal_pointer(&def);
        return 0;
}

static bool can_have_bitmap(const DomainDisk *disk)
{
        return !moment_disk_is_empty(disk) && !disk->readonly;
}

static int align_disk(CheckpointDef *def, CheckpointDisk *disk, const DomainDisk *of, bool otherwise,
                      Error *error)
{
        disk->name = arena_strdup(def->arena, of->target);
        if (disk->type == CHECKPOINT_BITMAP && !can_have_bitmap(of))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "disk '%s' is empty or readonly", of->target);
        if (disk->type == 0)
                disk->type = otherwise && can_have_bitmap(of) ? CHECKPOINT_BITMAP : CHECKPOINT_NO;
        if (disk->type == CHECKPOINT_BITMAP && !disk->bitmap)
                disk->bitmap = def->name;
        return 0;
}

int checkpoint_def_align(CheckpointDef *def, const DomainDef *domain, Error *error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) wanted = g_hash_table_new(NULL, NULL);
        __typeof__(def->disks) all = {};
        int r;

        if (domain->disks.n == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "domain must have at least one disk to perform checkpoints");
        DEF_FOREACH(disk, def->disks) {
                const DomainDisk *of = NULL;

                r = moment_claim_disk(domain, disk->name, seen, &of, error);
                if (r < 0)
                        return r;
                g_hash_table_insert(wanted, (void *) of, disk);
        }
        DEF_FOREACH(of, domain->disks) {
                CheckpointDisk *disk = g_hash_table_lookup(wanted, of) ?: arena_new0(def->arena, CheckpointDisk);

                r = align_disk(def, disk, of, def->disks.n == 0, error);
                if (r < 0)
                        return r;
                def_append(def->arena, &all, disk);
        }
        def->disks.items = all.items;
        def->disks.n = all.n;
        return 0;
}

char *checkpoint_def_format(const CheckpointDef *def, CheckpointDefFormatFlags flags)
{
        bool secure = flags & CHECKPOINT_DEF_FORMAT_SECURE;
        g_autofree char *domain = NULL;
        CheckpointDef shown = *def;
        GString *out = g_string_new(NULL);

        if (!(flags & CHECKPOINT_DEF_FORMAT_NO_DOMAIN))
                domain = moment_domain_format(def->domain, NULL, "domain", secure);
        shown.domain_text = domain;
        def_format(&checkpoint_def_type, ROOT, &shown,
                   (DefFormatFlags) ((secure ? DEF_FORMAT_SECURE : 0u) |
                                     (flags & CHECKPOINT_DEF_FORMAT_SIZE ? FORMAT_SIZE : 0u)), out);
        return g_string_free(out, FALSE);
}
