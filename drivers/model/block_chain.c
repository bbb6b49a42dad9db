/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/block_job.h"

#include "drivers/model/domain_def_table.h"
#include "drivers/model/moment_def.h"

#include <string.h>

static const DefRow driver_rows[] = {
        ATTR(BlockDest, "type", format),
};
static DEF_TYPE(driver_type, BlockDest, driver_rows);

static const DefRow dest_rows[] = {
        ATTR(BlockDest, "type", source.type, WORDS(domain_disk_type)),
        GROUP("driver", driver_type),
        GROUP_IN(BlockDest, "source", source, domain_storage_type, FLAGS(DEF_REQUIRED)),
};

static void dest_begin(void *p)
{
        BlockDest *dest = p;

        if (dest->source.type == 0)
                dest->source.type = DOMAIN_DISK_FILE;
}

static void check_source(const void *p, DefChecker *checker)
{
        const BlockDest *dest = p;
        const char *path = dest->source.file ?: dest->source.dev;

        if (!path && !dest->source.protocol && !dest->source.volume)
                checker_fail(checker, ERROR_XML_ERROR, "source", "there is no image to copy to");
        else if (path && path[0] != '/')
                checker_fail(checker, ERROR_XML_ERROR, "source", "the path '%s' must be absolute", path);
}

static const DefRule dest_rules[] = { { "source", check_source }, {} };

DEF_TYPE(block_dest_type, BlockDest, dest_rows, .rules = dest_rules, .begin = dest_begin);

BlockDest *block_dest_free(BlockDest *dest)
{
        if (!dest)
                return NULL;
        arena_unref(dest->arena);
        g_free(dest);
        return NULL;
}

BlockDest *block_dest_new(DomainDiskType type, const char *path, const char *format)
{
        BlockDest *dest = g_new0(BlockDest, 1);

        dest->arena = arena_new();
        dest->format = arena_strdup(dest->arena, format);
        dest->source.type = type;
        if (type == DOMAIN_DISK_BLOCK)
                dest->source.dev = arena_strdup(dest->arena, path);
        else
                dest->source.file = arena_strdup(dest->arena, path);
        return dest;
}

BlockDest *block_dest_copy(const BlockDest *dest)
{
        BlockDest *copy = g_new0(BlockDest, 1);
        Arena *arena = arena_new();

        def_copy(&block_dest_type, dest, copy, arena);
        copy->arena = arena;
        return copy;
}

int block_dest_parse(const char *xml, size_t size, BlockDest **ret, Error *error)
{
        _cleanup_(block_dest_freep) BlockDest *dest = g_new0(BlockDest, 1);
        int r;

        dest->arena = arena_new();
        r = def_parse(&block_dest_type, "disk", "device_definition", xml, size, 0, dest->arena, dest, NULL,
                      error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&dest);
        return 0;
}

/* A layer without a source ends the chain. */
static bool is_end(const DomainBacking *layer)
{
        return !layer || layer->source.type == 0;
}

/* The number in "vda[2]", or -1. */
static int64_t index_of(const DomainDisk *disk, const char *name)
{
        size_t n = strlen(disk->target);
        g_autofree char *number = NULL;
        int64_t i;

        if (strncmp(name, disk->target, n) != 0 || name[n] != '[' || !g_str_has_suffix(name, "]"))
                return -1;
        number = g_strndup(name + n + 1, strlen(name + n) - 2);
        return parse_i64(number, &i) < 0 || i < 0 ? -1 : i;
}

static bool is_source(const DomainStorage *source, const char *path)
{
        return streq_ptr(source->file, path) || streq_ptr(source->dev, path) || streq_ptr(source->name, path);
}

/* The pointer to the layer in what is above it. */
static int find_layer(DomainDisk *disk, const char *name, DomainBacking ***ret, Error *error)
{
        int64_t wanted = index_of(disk, name), i = 1;

        for (DomainBacking **at = &disk->backing; !is_end(*at); at = &(*at)->backing, i++)
                if (wanted == i || is_source(&(*at)->source, name)) {
                        *ret = at;
                        return 0;
                }
        return error_set(error, ERROR_INVALID_ARG, "could not find image '%s' in chain for '%s'", name,
                         disk->target);
}

int block_chain_pull(DomainDef *def, DomainDisk *disk, const char *base, Error *error)
{
        DomainBacking **at = NULL;
        int r = 0;

        if (!isempty(base))
                r = find_layer(disk, base, &at, error);
        if (r < 0)
                return r;
        disk->backing = at ? *at : arena_new0(def->arena, DomainBacking);
        return 0;
}

/* The lowest layer beneath *at, itself when there is none. */
static DomainBacking **lowest(DomainBacking **at)
{
        while (!is_end((*at)->backing))
                at = &(*at)->backing;
        return at;
}

static bool is_below(DomainBacking *const *at, const DomainBacking *layer)
{
        for (; !is_end(*at); at = &(*at)->backing)
                if (*at == layer)
                        return true;
        return false;
}

int block_chain_commit(DomainDef *def, DomainDisk *disk, const char *top, const char *base, bool *ret_active,
                       Error *error)
{
        bool active = isempty(top) || is_source(&disk->source, top) || index_of(disk, top) == 0;
        DomainBacking **above = &disk->backing, **at;
        DomainBacking *bottom;
        int r = 0;

        if (!active)
                r = find_layer(disk, top, &above, error);
        if (r < 0)
                return r;
        at = active ? above : &(*above)->backing;
        if (is_end(*at))
                return error_set(error, ERROR_INVALID_ARG, "top '%s' in chain for '%s' has no backing file",
                                 strempty(top), disk->target);
        if (isempty(base))
                bottom = *lowest(at);
        else {
                DomainBacking **found;

                r = find_layer(disk, base, &found, error);
                if (r < 0)
                        return r;
                bottom = *found;
        }
        if (!is_below(at, bottom))
                return error_set(error, ERROR_INVALID_ARG, "base '%s' is not below top '%s' in chain for '%s'", base,
                                 strempty(top), disk->target);
        if (active) {
                disk->source = bottom->source;
                disk->format = bottom->format;
                disk->backing = bottom->backing;
        } else
                *above = bottom;
        if (ret_active)
                *ret_active = active;
        return 0;
}

void block_chain_replace(DomainDef *def, DomainDisk *disk, const BlockDest *dest, bool shallow)
{
        def_copy(&domain_storage_type, &dest->source, &disk->source, def->arena);
        if (dest->format)
                disk->format = arena_strdup(def->arena, dest->format);
        if (!shallow)
                disk->backing = arena_new0(def->arena, DomainBacking);
}
