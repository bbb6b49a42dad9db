/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_layer.h"

#include "drivers/qemu/qemu_names.h"

#include <string.h>

DomainDiskType qemu_storage_type(const DomainStorage *source)
{
        return source->type == DOMAIN_DISK_VOLUME && source->volume_type ? source->volume_type : source->type;
}

const char *qemu_storage_path(const DomainStorage *source)
{
        switch ((int) qemu_storage_type(source)) {
        case DOMAIN_DISK_FILE:
                return source->file;
        case DOMAIN_DISK_BLOCK:
                return source->dev;
        case DOMAIN_DISK_DIR:
                return source->dir;
        }
        return NULL;
}

bool qemu_layer_is_nbdkit(const QemuLayerDef *layer)
{
        const DomainStorage *source = layer->source;
        const DomainStorageNetwork *network = source->network;

        return source->type == DOMAIN_DISK_NETWORK && source->protocol == DOMAIN_PROTOCOL_SSH &&
               (layer->auth || (network && (network->keyfile || network->known_hosts)));
}

bool qemu_storage_is_remote(const DomainStorage *source)
{
        return source->type == DOMAIN_DISK_NETWORK || source->type == DOMAIN_DISK_NVME;
}

static bool is_empty(const DomainStorage *source)
{
        return source->type == 0 ||
               ((source->type == DOMAIN_DISK_FILE || source->type == DOMAIN_DISK_BLOCK ||
                 source->type == DOMAIN_DISK_DIR) &&
                !qemu_storage_path(source));
}

bool qemu_layer_def(const DomainDisk *disk, size_t i, QemuLayerDef *ret)
{
        const DomainBacking *layer = disk->backing;

        if (i == 0) {
                *ret = (QemuLayerDef) {
                        .source = &disk->source,
                        /* "fat" is what QEMU's driver of directories makes, and raw what stands on it */
                        .format = disk->source.type == DOMAIN_DISK_DIR ? "raw" : disk->format ?: "raw",
                        .auth = disk->source.auth ?: disk->auth,
                        .encryption = disk->source.encryption ?: disk->encryption,
                        .metadata_cache = disk->metadata_cache,
                        .backing = disk->backing,
                };
                return !is_empty(&disk->source);
        }
        for (size_t k = 1; layer && k < i; k++)
                layer = layer->backing;
        if (!layer || is_empty(&layer->source))
                return false;
        *ret = (QemuLayerDef) {
                .source = &layer->source,
                .format = layer->format ?: "raw",
                .auth = layer->source.auth,
                .encryption = layer->source.encryption,
                .metadata_cache = layer->metadata_cache,
                .backing = layer->backing,
        };
        return true;
}

uint32_t qemu_layer_index(const DomainDisk *disk, size_t i)
{
        const DomainBacking *layer = disk->backing;

        for (size_t k = 1; layer && k < i; k++)
                layer = layer->backing;
        if (i > 0 && layer && def_is_set(layer, index))
                return layer->index;
        return disk->source.index + (uint32_t) i;
}

char *qemu_layer_name(const DomainDisk *disk, size_t i, const char *suffix)
{
        return qemu_layer_node(disk, qemu_layer_index(disk, i), suffix);
}

char *qemu_layer_node(const DomainDisk *disk, uint32_t index, const char *suffix)
{
        g_autofree char *base = qemu_disk_node(disk);

        return index == 0 ? g_strconcat(base, suffix, NULL) : g_strdup_printf("%s-b%" PRIu32 "%s", base, index, suffix);
}

size_t qemu_layer_find(const DomainDisk *disk, uint32_t index)
{
        QemuLayerDef layer;
        size_t i = 0;

        while (qemu_layer_def(disk, i, &layer) && qemu_layer_index(disk, i) != index)
                i++;
        return i;
}

char *qemu_layer_place(const DomainDisk *disk, size_t i, const char *rest)
{
        GString *s = g_string_new(NULL);

        for (size_t k = 0; k < i; k++)
                g_string_append(s, "backingStore/");
        /* <auth> and <encryption> have an older place, in <disk> itself */
        if (g_str_has_prefix(rest, "../"))
                rest += strlen("../");
        else if (i > 0 || !((streq(rest, "auth") && disk->auth) || (streq(rest, "encryption") && disk->encryption)))
                g_string_append(s, "source/");
        g_string_append(s, rest);
        return g_string_free(s, false);
}
