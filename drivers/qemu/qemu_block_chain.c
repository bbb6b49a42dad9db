/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_block_chain.h"

#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_device.h"
#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_layer.h"

#include <string.h>

size_t qemu_block_depth(const DomainDisk *disk)
{
        QemuLayerDef layer;
        size_t n = 0;

        while (qemu_layer_def(disk, n, &layer))
                n++;
        return n;
}

/* The number in "vda[2]", or false. */
static bool number_of(const DomainDisk *disk, const char *name, uint32_t *ret)
{
        size_t n = strlen(disk->target);
        g_autofree char *digits = NULL;

        if (strncmp(name, disk->target, n) != 0 || name[n] != '[' || !g_str_has_suffix(name, "]"))
                return false;
        digits = g_strndup(name + n + 1, strlen(name + n) - 2);
        return parse_u32(digits, ret) >= 0;
}

int qemu_block_layer(const DomainDisk *disk, const char *name, size_t *ret, Error *error)
{
        uint32_t index = 0;
        bool is_number = number_of(disk, name, &index);
        QemuLayerDef layer;

        for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                const char *path = qemu_storage_path(layer.source) ?: layer.source->name;

                if (is_number ? qemu_layer_index(disk, i) == index : streq_ptr(path, name)) {
                        *ret = i;
                        return 0;
                }
        }
        return error_set(error, ERROR_INVALID_ARG, "could not find image '%s' in chain for '%s'", name, disk->target);
}

/* The layer, which may be the end of the chain; i > 0. */
static DomainBacking *layer_of(const DomainDisk *disk, size_t i)
{
        DomainBacking *layer = disk->backing;

        for (size_t k = 1; layer && k < i; k++)
                layer = layer->backing;
        return layer;
}

static DomainBacking *end_of_chain(DomainDef *def)
{
        DomainBacking *end = domain_def_new(def, DomainBacking);

        end->detected = TRISTATE_YES;
        return end;
}

void qemu_block_chain_pull(DomainDef *def, DomainDisk *disk, size_t base)
{
        DomainBacking *layer = base == SIZE_MAX ? NULL : layer_of(disk, base);

        disk->backing = layer ?: end_of_chain(def);
}

void qemu_block_chain_commit(DomainDef *def, DomainDisk *disk, size_t top, size_t base)
{
        DomainBacking *layer = layer_of(disk, base);

        if (!layer || layer->source.type == 0)
                return;
        if (top > 0) {
                DomainBacking *above = top > 1 ? layer_of(disk, top - 1) : NULL;

                *(above ? &above->backing : &disk->backing) = layer;
                return;
        }
        def_copy(&domain_source_type, &layer->source, &disk->source, def->arena);
        def_put(&disk->source, index, layer->index);
        disk->format = layer->format;
        disk->backing = layer->backing;
}

void qemu_block_chain_replace(DomainDef *def, DomainDisk *disk, const BlockDest *dest, uint32_t index,
                              DomainBacking *chain)
{
        DomainStorage fresh = {};

        def_copy(&domain_storage_type, &dest->source, &fresh, def->arena);
        fresh.type = dest->source.type;
        disk->source = fresh;
        def_put(&disk->source, index, index);
        disk->format = domain_def_strdup(def, dest->format ?: disk->format);
        disk->backing = chain;
}

static DomainBacking *copy_plain(DomainDef *def, const DomainBacking *chain)
{
        DomainBacking *copy = domain_def_new(def, DomainBacking);

        def_copy(&domain_backing_type, chain, copy, def->arena);
        for (DomainBacking *at = copy; at; at = at->backing) {
                def_drop(at, index);
                at->detected = TRISTATE_ABSENT;
        }
        return copy;
}

DomainDef *qemu_block_chain_config(const Domain *domain, const DomainDef *old, const DomainDef *live,
                                   const char *target)
{
        _cleanup_(domain_def_unrefp) DomainDef *config = domain_get_config(domain), *copy = NULL;
        const DomainDisk *was = domain_find_disk(old, target), *is = domain_find_disk(live, target);
        DomainDisk *disk = config ? domain_find_disk(config, target) : NULL;

        if (!disk || !was || !is || !domain_storage_equal(&disk->source, &was->source))
                return NULL;
        if (!disk->backing && domain_storage_equal(&was->source, &is->source))
                return NULL;
        copy = domain_def_copy(config);
        disk = domain_find_disk(copy, target);
        def_copy(&domain_source_type, &is->source, &disk->source, copy->arena);
        def_drop(&disk->source, index);
        disk->format = domain_def_strdup(copy, is->format);
        if (disk->backing)
                disk->backing = is->backing ? copy_plain(copy, is->backing) : NULL;
        return domain_def_seal(copy, NULL, NULL) >= 0 ? g_steal_pointer(&copy) : NULL;
}
