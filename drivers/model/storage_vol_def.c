/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_vol_def.h"

#include <string.h>

#define ROOT "volume"

const char *const storage_vol_type_table[_STORAGE_VOL_TYPE_MAX] = {
        [STORAGE_VOL_FILE] = "file",       [STORAGE_VOL_BLOCK] = "block",   [STORAGE_VOL_DIR] = "dir",
        [STORAGE_VOL_NETWORK] = "network", [STORAGE_VOL_NETDIR] = "netdir", [STORAGE_VOL_PLOOP] = "ploop",
};
DEFINE_STRING_TABLE(storage_vol_type, StorageVolType)

static const DefRow extent_rows[] = {
        ATTR(StoragePoolExtent, "start", start),
        ATTR(StoragePoolExtent, "end", end),
};
static DEF_TYPE_PLAIN(extent_type, StoragePoolExtent, extent_rows);

static const DefRow device_rows[] = {
        ATTR(StorageVolDevice, "path", path),
        LIST(StorageVolDevice, "extent", extents, extent_type),
};
static DEF_TYPE_PLAIN(device_type, StorageVolDevice, device_rows);

static const DefRow source_rows[] = {
        LIST(StorageVolDef, "device", devices, device_type, FLAGS(DEF_LIVE)),
};
static DEF_TYPE(source_type, StorageVolDef, source_rows);

static const DefRow format_rows[] = { ATTR(StorageVolTarget, "type", format) };
static DEF_TYPE_PLAIN(format_type, StorageVolTarget, format_rows);

static const DefRow timestamps_rows[] = {
        ELEMENT(StorageVolTarget, "atime", atime, FLAGS(DEF_LIVE)),
        ELEMENT(StorageVolTarget, "mtime", mtime, FLAGS(DEF_LIVE)),
        ELEMENT(StorageVolTarget, "ctime", ctime, FLAGS(DEF_LIVE)),
        ELEMENT(StorageVolTarget, "btime", btime, FLAGS(DEF_LIVE)),
};
static DEF_TYPE_PLAIN(timestamps_type, StorageVolTarget, timestamps_rows);

static const DefRow features_rows[] = {
        HERE(StorageVolTarget, has_features),
        PRESENCE(StorageVolTarget, "lazy_refcounts", lazy_refcounts),
        PRESENCE(StorageVolTarget, "extended_l2", extended_l2),
};
static DEF_TYPE_PLAIN(features_type, StorageVolTarget, features_rows);

static const DefRow file_rows[] = {
        ELEMENT(StorageVolTarget, "path", path),
        GROUP("format", format_type),
        GROUP_IN(StorageVolTarget, "permissions", permissions, storage_permissions_type),
        GROUP("timestamps", timestamps_type),
};
static DEF_TYPE_PLAIN(file_type, StorageVolTarget, file_rows);

static const DefRow target_rows[] = {
        EMBED_SELF(file_type),
        CHILD(StorageVolTarget, "encryption", encryption, storage_vol_encryption_type, FLAGS(DEF_END_TAG)),
        ELEMENT(StorageVolTarget, "compat", compat),
        /* how to create it, which libvirt reads and does not show: printed in full forms alone */
        PRESENCE(StorageVolTarget, "nocow", nocow, FLAGS(DEF_SECRET)),
        ELEMENT(StorageVolTarget, "clusterSize", cluster_size, BYTES, FLAGS(DEF_UNIT_LETTER)),
        GROUP("features", features_type),
};

static void target_finish(void *p, Arena *arena, bool live)
{
        StorageVolTarget *target = p;

        if (target->has_features && !target->compat)
                target->compat = "1.1";
        if (target->cluster_size == 0)
                def_drop(target, cluster_size);
}

static bool compat_check(const char *s)
{
        const char *dot = strchr(s, '.');

        return dot && dot > s && dot[1] && strspn(s, "0123456789") == (size_t) (dot - s) &&
                !dot[1 + strspn(dot + 1, "0123456789")];
}

static void check_compat(const void *p, DefChecker *checker)
{
        const StorageVolTarget *target = p;

        if (target->compat && !compat_check(target->compat))
                checker_fail(checker, ERROR_XML_ERROR, "compat", "forbidden characters in 'compat' attribute");
}

static const DefRule target_rules[] = {
        { "volume-compat", check_compat },
        {},
};
static DEF_TYPE_PLAIN(target_type, StorageVolTarget, target_rows, .finish = target_finish, .rules = target_rules);

static const DefRow root_rows[] = {
        ATTR(StorageVolDef, "type", type, WORDS(storage_vol_type)),
        ELEMENT(StorageVolDef, "name", name),
        ELEMENT(StorageVolDef, "key", key),
        GROUP("source", source_type),
        ELEMENT(StorageVolDef, "capacity", capacity, BYTES, RANGE(0, INT64_MAX)),
        ELEMENT(StorageVolDef, "allocation", allocation, BYTES, RANGE(0, INT64_MAX)),
        ELEMENT(StorageVolDef, "physical", physical, BYTES, FLAGS(DEF_LIVE)),
        GROUP_IN(StorageVolDef, "target", target, target_type, FLAGS(DEF_ALWAYS | DEF_END_TAG)),
        CHILD(StorageVolDef, "backingStore", backing, file_type),
};

static void give_format(const StorageVolDef *def, StorageVolTarget *target)
{
        const char *otherwise = storage_vol_default_format(def->pool_type);

        target->format = otherwise ? target->format ?: otherwise : NULL;
}

static void root_finish(void *p, Arena *arena, bool live)
{
        StorageVolDef *def = p;

        if (def->type == 0)
                def->type = STORAGE_VOL_FILE;
        if (def->pool_type == 0)
                def->pool_type = STORAGE_POOL_DIR;
        if (def->backing && !def->backing->path)
                def->backing = NULL;
        give_format(def, &def->target);
        if (def->backing)
                give_format(def, def->backing);
        def->said_allocation = def_is_set(def, allocation);
        if (!def_is_set(def, allocation) && def_is_set(def, capacity))
                def_put(def, allocation, def->capacity);
}

static void check_name(const void *p, DefChecker *checker)
{
        const StorageVolDef *def = p;

        if (isempty(def->name))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "missing volume name element");
}

static void check_format(DefChecker *checker, const StorageVolDef *def, const StorageVolTarget *target,
                         const char *where)
{
        const char *const *words = storage_vol_formats(def->pool_type);

        if (!target || !target->format)
                return;
        /* a file without a format is one of which nothing is known; of a partition it can be said */
        if (!g_strv_contains(words, target->format) ||
            (def->pool_type != STORAGE_POOL_DISK && streq(target->format, "none")))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where, "unknown volume format type %s",
                             target->format);
}

static void check_formats(const void *p, DefChecker *checker)
{
        const StorageVolDef *def = p;

        check_format(checker, def, &def->target, "target/format/@type");
        check_format(checker, def, def->backing, "backingStore/format/@type");
}

static const DefRule root_rules[] = {
        { "volume-name", check_name },
        { "volume-formats", check_formats },
        {},
};

DEF_TYPE(storage_vol_def_type, StorageVolDef, root_rows, .finish = root_finish, .rules = root_rules);

DEFINE_DEFINITION(storage_vol_def, StorageVolDef, storage_vol_def_type, ROOT, "storage_volume")

StorageVolDef *storage_vol_def_new(StoragePoolType pool_type)
{
        StorageVolDef *def = definition_new(&storage_vol_def_format_info);

        def->pool_type = pool_type;
        def->type = STORAGE_VOL_FILE;
        def->target.format = storage_vol_default_format(pool_type);
        return def;
}

static int give_capacity(StorageVolDef *def, StorageVolParseFlags flags, Error *error)
{
        if (def_is_set(def, capacity))
                return 0;
        if (!(flags & STORAGE_VOL_PARSE_NO_CAPACITY) &&
            !((flags & STORAGE_VOL_PARSE_CAPACITY_OF_BACKING) && def->backing))
                return error_set(error, ERROR_XML_ERROR, "missing capacity element");
        def_put(def, capacity, 0);
        def_put(def, allocation, def->allocation);
        return 0;
}

int storage_vol_def_parse_in(StoragePoolType pool_type, const char *xml, size_t size, StorageVolParseFlags flags,
                             Diagnostics *diagnostics, StorageVolDef **ret, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(pool_type);
        int r;

        def->type = 0;
        def->target.format = NULL;
        r = def_parse(&storage_vol_def_type, ROOT, "storage_volume_definition", xml, size,
                      (flags & STORAGE_VOL_PARSE_VALIDATE ? DEF_DECODE_STRICT : 0) |
                              (flags & STORAGE_VOL_PARSE_LIVE ? DEF_DECODE_LIVE : 0),
                      def->arena, def, diagnostics, error);
        if (r >= 0)
                r = give_capacity(def, flags, error);
        if (r < 0)
                return r;
        arena_seal(def->arena);
        *ret = g_steal_pointer(&def);
        return 0;
}
