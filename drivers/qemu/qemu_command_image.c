/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/*
 * The block nodes of a disk. Of each layer, from the bottom: the protocol (a file, a server), perhaps a slice of that,
 * and the format, which has the next layer below it; then what lies above all layers.
 */

#include "drivers/host/image.h"
#include "drivers/qemu/qemu_companion_dir.h"

/* What libvirt's cache modes mean for image and device (QEMU's -drive cache= has the same table). */
static const BuildCache cache_modes[_DOMAIN_DISK_CACHE_MAX] = {
        [DOMAIN_DISK_CACHE_NONE] = { true, false, true },
        [DOMAIN_DISK_CACHE_WRITETHROUGH] = { false, false, false },
        [DOMAIN_DISK_CACHE_WRITEBACK] = { false, false, true },
        [DOMAIN_DISK_CACHE_DIRECTSYNC] = { true, false, false },
        [DOMAIN_DISK_CACHE_UNSAFE] = { false, true, true },
};

const BuildCache *build_cache_mode(const DomainDisk *disk)
{
        if (disk->cache != 0 && disk->cache != DOMAIN_DISK_CACHE_DEFAULT)
                return &cache_modes[disk->cache];
        /* what another machine writes must be seen */
        return disk->shareable && !disk->readonly ? &cache_modes[DOMAIN_DISK_CACHE_NONE] : NULL;
}

static JsonObject *cache_object(const DomainDisk *disk)
{
        const BuildCache *cache = build_cache_mode(disk);

        return cache ? qmp_object("b:direct", cache->direct, "b:no-flush", cache->no_flush, NULL) : NULL;
}

static const char *aio_word(DomainDiskIo io)
{
        switch (io) {
        case DOMAIN_DISK_IO_NATIVE:
                return "native";
        case DOMAIN_DISK_IO_THREADS:
                return "threads";
        case DOMAIN_DISK_IO_URING:
                return "io_uring";
        case DOMAIN_DISK_IO_DEFAULT:
        case _DOMAIN_DISK_IO_MAX:
                break;
        }
        return NULL;
}

static const char *discard_word(DomainDiskDiscard discard)
{
        return discard == 0 || discard == DOMAIN_DISK_DISCARD_DEFAULT
                               ? NULL
                               : domain_disk_discard_to_string(discard);
}

static const char *detect_zeroes_word(const DomainDisk *disk)
{
        if (disk->detect_zeroes == 0 || disk->detect_zeroes == DOMAIN_DISK_DETECT_ZEROES_DEFAULT)
                return NULL;
        /* QEMU wants unmapping to be allowed for this. */
        if (disk->detect_zeroes == DOMAIN_DISK_DETECT_ZEROES_UNMAP &&
            disk->discard != DOMAIN_DISK_DISCARD_UNMAP)
                return "on";
        return domain_disk_detect_zeroes_to_string(disk->detect_zeroes);
}

/* -- one layer ----------------------------------------------------------------------------------------------- */

static bool is_librbd(const StorageEncryption *encryption)
{
        return encryption->engine == STORAGE_ENCRYPTION_ENGINE_LIBRBD;
}

void build_secret_object(Build *b, const char *id)
{
        g_autofree char *name = build_file(b, id);

        build_json(b, "-object", qmp_object("s:qom-type", "secret", "s:id", id, "s:file", name, NULL));
}

char *build_secret(Build *b, const DomainDisk *disk, size_t layer, const char *suffix)
{
        char *id = qemu_layer_name(disk, layer, suffix);

        build_secret_object(b, id);
        return id;
}

/* What protocol nodes have in common. */
static void add_protocol_options(const DomainDisk *disk, JsonObject *node, const char *name, bool writable)
{
        JsonObject *cache = cache_object(disk);

        json_object_set_string_member(node, "node-name", name);
        if (cache)
                json_object_set_object_member(node, "cache", cache);
        json_object_set_boolean_member(node, "read-only", !writable);
        json_object_set_boolean_member(node, "auto-read-only", false);
        json_object_set_string_member(node, "discard", "unmap");
}

static void put_protocol_node(Build *b, const DomainDisk *disk, JsonObject *node, const char *name, bool writable)
{
        add_protocol_options(disk, node, name, writable);
        build_json(b, "-blockdev", node);
}

JsonObject *qemu_image_file_node(const DomainDisk *disk, const char *name, const char *path, bool block, bool writable,
                                 const char *manager)
{
        JsonObject *node = qmp_object("s:driver", block ? "host_device" : "file", "s:filename", path, "s:aio",
                                      aio_word(disk->io), "s:pr-manager", manager, NULL);

        add_protocol_options(disk, node, name, writable);
        return node;
}

static void put_file_node(Build *b, const DomainDisk *disk, const char *id, bool block, bool writable,
                          const char *manager)
{
        g_autofree char *name = build_file(b, id);

        build_json(b, "-blockdev", qemu_image_file_node(disk, id, name, block, writable, manager));
}

/* The object that speaks with the helper; that of the machine serves all disks. Free with g_free(). */
static char *put_reservations(Build *b, const DomainDisk *disk, size_t i, const DomainReservations *reservations)
{
        bool managed = reservations->managed == TRISTATE_YES;
        char *id = managed ? g_strdup(QEMU_PR_HELPER) : qemu_layer_name(disk, i, QEMU_LAYER_RESERVATIONS);
        g_autofree char *dir = NULL, *name = NULL, *path = NULL;

        if (managed && b->pr_helper)
                return id;
        b->pr_helper |= managed;
        dir = build_file(b, id);
        name = managed ? g_strdup(QEMU_COMPANION_SOCKET) : g_path_get_basename(reservations->path);
        path = g_build_filename(dir, name, NULL);
        build_json(b, "-object", qmp_object("s:qom-type", "pr-manager-helper", "s:id", id, "s:path", path, NULL));
        return id;
}

/* The part of it that the definition names: the name of the node to use. */
static char *put_slice(Build *b, const DomainDisk *disk, size_t i, const DomainStorage *source, const QemuLayer *layer)
{
        const DomainSlice *slice;
        char *name;

        if (!source || source->slices.n == 0)
                return g_strdup(layer->file_node);
        slice = source->slices.items[0];
        name = qemu_layer_name(disk, i, "-slice");
        build_json(b, "-blockdev",
                   qmp_object("s:driver", "raw", "s:file", layer->file_node, "U:offset", slice->offset, "U:size",
                              slice->size, "s:node-name", name, "b:read-only", !layer->writable, "b:auto-read-only",
                              false, "s:discard", "unmap", "o:cache", cache_object(disk), NULL));
        return name;
}

static void put_encryption(Build *b, const DomainDisk *disk, size_t i, JsonObject *node)
{
        g_autofree char *key = build_secret(b, disk, i, QEMU_LAYER_KEY);

        if (streq(json_object_get_string_member(node, "driver"), "qcow2")) {
                json_object_set_object_member(node, "encrypt",
                                              qmp_object("s:format", "luks", "s:key-secret", key, NULL));
                return;
        }
        json_object_set_string_member(node, "driver", "luks");
        json_object_set_string_member(node, "key-secret", key);
}

static void put_data_store(Build *b, const DomainDisk *disk, size_t i, const QemuLayer *layer,
                           const DomainStorage *store, JsonObject *node)
{
        g_autofree char *name = qemu_layer_name(disk, i, QEMU_LAYER_DATA);

        put_file_node(b, disk, name, store->type == DOMAIN_DISK_BLOCK, layer->writable, NULL);
        json_object_set_string_member(node, "data-file", name);
}

/* What the definition says of how the format is used. */
static void put_format_options(Build *b, const DomainDisk *disk, size_t i, const QemuLayer *layer,
                               const QemuLayerDef *def, JsonObject *node)
{
        if (def->metadata_cache > 0)
                json_object_set_int_member(node, "cache-size", (gint64) def->metadata_cache);
        if (i == 0 && streq(layer->format, "qcow2"))
                build_put_tristate(node, "discard-no-unref", disk->discard_no_unref);
        if (def->source->data_store)
                put_data_store(b, disk, i, layer, &def->source->data_store->source, node);
        if (def->encryption && !is_librbd(def->encryption))
                put_encryption(b, disk, i, node);
}

/* What the guest may do with the layer that it writes to. */
static void put_write_options(const DomainDisk *disk, JsonObject *node)
{
        const char *discard = discard_word(disk->discard), *zeroes = detect_zeroes_word(disk);

        if (discard)
                json_object_set_string_member(node, "discard", discard);
        if (zeroes)
                json_object_set_string_member(node, "detect-zeroes", zeroes);
}

/* libvirt's disks of the format "fat": QEMU makes the file system up from what is in the directory. */
static void put_directory_node(Build *b, const DomainDisk *disk, const QemuLayer *layer)
{
        g_autofree char *dir = build_file(b, layer->file_node);

        put_protocol_node(b, disk,
                          qmp_object("s:driver", "vvfat", "s:dir", dir, "b:floppy",
                                     disk->device == DOMAIN_DISK_DEVICE_FLOPPY, NULL),
                          layer->file_node, false);
}

/* below is the next layer, NULL for none. */
static void put_layer(Build *b, const DomainDisk *disk, size_t i, const QemuLayer *layer, const QemuLayer *below)
{
        g_autofree char *file = NULL;
        QemuLayerDef def = {};
        bool named = qemu_layer_def(disk, i, &def);
        JsonObject *node;

        if (layer->network)
                put_protocol_node(b, disk,
                                  def.source->type == DOMAIN_DISK_NVME ? build_nvme_node(b, &def)
                                                                       : build_network_node(b, disk, i, &def),
                                  layer->file_node, layer->writable);
        else if (layer->directory)
                put_directory_node(b, disk, layer);
        else {
                g_autofree char *manager = named && def.source->reservations
                                                   ? put_reservations(b, disk, i, def.source->reservations)
                                                   : NULL;

                put_file_node(b, disk, layer->file_node, layer->block, layer->writable, manager);
        }
        file = put_slice(b, disk, i, named ? def.source : NULL, layer);
        node = qmp_object("s:node-name", layer->format_node, "b:read-only", !layer->writable, "o:cache",
                          cache_object(disk), "s:driver", layer->format, "s:file", file, NULL);
        if (named)
                put_format_options(b, disk, i, layer, &def, node);
        if (layer->writable)
                put_write_options(disk, node);
        if (below)
                json_object_set_string_member(node, "backing", below->format_node);
        else if (image_format_is_read_first(layer->format))
                json_object_set_null_member(node, "backing");
        build_json(b, "-blockdev", node);
}

/* -- above the layers ---------------------------------------------------------------------------------------- */

/* Takes below, gives the name of the filter. */
static char *put_filter(Build *b, const DomainDisk *disk, const char *suffix, JsonObject *node, char *below)
{
        char *name = qemu_layer_name(disk, 0, suffix);

        json_object_set_string_member(node, "node-name", name);
        json_object_set_string_member(node, "file", below);
        build_json(b, "-blockdev", node);
        g_free(below);
        return name;
}

/* Above all layers, which the guest then only reads: takes below, gives the name of the node. */
static char *put_overlay(Build *b, const DomainDisk *disk, char *below)
{
        g_autofree char *file = qemu_layer_name(disk, 0, QEMU_LAYER_OVERLAY "-file");
        char *name = qemu_layer_name(disk, 0, QEMU_LAYER_OVERLAY);
        JsonObject *node;

        put_file_node(b, disk, file, false, true, NULL);
        node = qmp_object("s:node-name", name, "b:read-only", false, "o:cache", cache_object(disk), "s:driver", "qcow2",
                          "s:file", file, "s:backing", below, NULL);
        put_write_options(disk, node);
        build_json(b, "-blockdev", node);
        g_free(below);
        return name;
}

char *build_image(Build *b, const DomainDisk *disk)
{
        const QemuChain *chain = b->files ? qemu_files_chain(b->files, disk->info.alias) : NULL;
        char *node;

        if (!chain || chain->n_layers == 0)
                return NULL;
        for (size_t i = chain->n_layers; i-- > 0;)
                put_layer(b, disk, i, chain->layers + i, i + 1 < chain->n_layers ? chain->layers + i + 1 : NULL);
        node = g_strdup(chain->layers[0].format_node);
        if (disk->transient && qemu_disk_is_writable(disk))
                node = put_overlay(b, disk, node);
        if (disk->copy_on_read == TRISTATE_ON)
                node = put_filter(b, disk, "-cor", qmp_object("s:driver", "copy-on-read", NULL), node);
        for (uint32_t i = 0; i < disk->throttle_filters.n; i++) {
                g_autofree char *group = build_throttle_group_id(disk->throttle_filters.items[i]->group);
                g_autofree char *suffix = g_strdup_printf("-t%u", i);

                node = put_filter(b, disk, suffix, qmp_object("s:driver", "throttle", "s:throttle-group", group, NULL),
                                  node);
        }
        return node;
}

/* -- what can be refused before anything is opened ----------------------------------------------------------- */

static int refuse_layer(Build *b, const DomainDisk *disk, size_t i, const char *rest, Error *error, const char *format,
                        ...) _printf_(6, 7);

static int refuse_layer(Build *b, const DomainDisk *disk, size_t i, const char *rest, Error *error, const char *format,
                        ...)
{
        g_autofree char *place = qemu_layer_place(disk, i, rest), *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = g_strdup_vprintf(format, ap);
        va_end(ap);
        return qemu_refuse(b->def, disk, place, error, "%s", text);
}

static int check_encryption(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        const StorageEncryption *encryption = layer->encryption;
        const char *why = NULL;

        if (!encryption)
                return 0;
        if (encryption->secrets.n == 0)
                why = "it names no <secret> with the passphrase";
        else if (encryption->secrets.n > 1)
                why = "QEMU takes one secret";
        else if (is_librbd(encryption)) {
                if (layer->source->type != DOMAIN_DISK_NETWORK || layer->source->protocol != DOMAIN_PROTOCOL_RBD)
                        why = "the engine 'librbd' is for images of the protocol 'rbd'";
                else if (encryption->format != STORAGE_ENCRYPTION_LUKS &&
                         encryption->format != STORAGE_ENCRYPTION_LUKS2)
                        why = "the engine 'librbd' has the formats 'luks' and 'luks2'";
        } else if (encryption->format != STORAGE_ENCRYPTION_LUKS)
                why = "QEMU itself has the format 'luks' alone";
        else if (!streq(layer->format, "raw") && !streq(layer->format, "qcow2"))
                why = "only raw and qcow2 images are encrypted in QEMU";
        return why ? refuse_layer(b, disk, i, "encryption", error, "%s", why) : 0;
}

static int check_data_store(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        const DomainDataStore *store = layer->source->data_store;

        if (!store)
                return 0;
        if (!streq(layer->format, "qcow2"))
                return refuse_layer(b, disk, i, "dataStore", error, "only qcow2 images have one");
        if (!streq_ptr(store->format, "raw"))
                return refuse_layer(b, disk, i, "dataStore/format/@type", error, "it is raw data");
        if (!qemu_storage_path(&store->source))
                return refuse_layer(b, disk, i, "dataStore/source", error, "only a file or a block device can be one");
        if (qemu_storage_is_remote(layer->source))
                return refuse_layer(b, disk, i, "dataStore", error, "that of an image on a server is not looked for");
        return 0;
}

/* Why sources of the type cannot be had; NULL: they can. */
static const char *type_refusal(DomainDiskType type, size_t i)
{
        switch (type) {
        case DOMAIN_DISK_FILE:
        case DOMAIN_DISK_BLOCK:
        case DOMAIN_DISK_NETWORK:
        case DOMAIN_DISK_NVME:
                return NULL;
        case DOMAIN_DISK_VOLUME:
                return "it was not looked up among the connection's pools";
        case DOMAIN_DISK_DIR:
                return i == 0 ? NULL : "only the disk itself can be that, no layer of one";
        case DOMAIN_DISK_VHOST_USER:
                return "only the disk itself can be that, no layer of one";
        case DOMAIN_DISK_VHOST_VDPA:
                return "QEMU has no driver of it";
        case _DOMAIN_DISK_TYPE_MAX:
                break;
        }
        return "it has no type";
}

static int check_layer(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        const DomainStorage *source = layer->source;
        const char *why = type_refusal(qemu_storage_type(source), i);
        int r;

        if (why)
                return refuse_layer(b, disk, i, "../@type", error, "'%s': %s", domain_disk_type_to_string(source->type),
                                    why);
        if (!image_format_is_usable(layer->format))
                return refuse_layer(b, disk, i, i == 0 ? "../driver/@type" : "../format/@type", error,
                                    "images of the format '%s' cannot be used", layer->format);
        if (i == 0 && qemu_disk_is_writable(disk) && !image_format_is_writable(layer->format))
                return refuse_layer(b, disk, i, "../driver/@type", error,
                                    "QEMU can only read images of the format '%s'", layer->format);
        if (qemu_storage_is_remote(source) && streq(layer->format, "vmdk"))
                return refuse_layer(b, disk, i, i == 0 ? "../driver/@type" : "../format/@type", error,
                                    "a VMDK image may name any file, and one on a server is not looked at before");
        if (layer->metadata_cache > 0 && !streq(layer->format, "qcow2"))
                return refuse_layer(b, disk, i, i == 0 ? "../driver/metadata_cache" : "../format/metadata_cache", error,
                                    "only qcow2 images have one");
        if (source->slices.n > 1)
                return refuse_layer(b, disk, i, "slices", error, "there can be one");
        if (source->reservations && disk->device != DOMAIN_DISK_DEVICE_LUN)
                return refuse_layer(b, disk, i, "reservations", error, "only disks with device='lun' have them");
        if (source->reservations && !qemu_caps_has_object(b->caps, "pr-manager-helper"))
                return refuse_layer(b, disk, i, "reservations", error, "%s has no pr-manager-helper",
                                    qemu_caps_binary(b->caps));
        r = check_encryption(b, disk, i, layer, error);
        if (r >= 0)
                r = check_data_store(b, disk, i, layer, error);
        if (r >= 0 && source->type == DOMAIN_DISK_NETWORK)
                r = build_check_network(b, disk, i, layer, error);
        if (r >= 0 && source->type == DOMAIN_DISK_NVME)
                r = build_check_nvme(b, disk, i, layer, error);
        return r;
}

/* What is written to such a disk goes to an overlay, whose size must be known before QEMU runs. */
static int check_transient(Build *b, const DomainDisk *disk, const QemuLayerDef *layer, Error *error)
{
        const char *why = NULL;

        if (!disk->transient)
                return 0;
        if (qemu_storage_is_remote(layer->source))
                why = "the size of an image on a server is not known";
        else if (!streq(layer->format, "raw") && !streq(layer->format, "qcow2"))
                why = "only disks with raw and qcow2 images can be";
        else if (layer->encryption)
                why = "what is written would not be encrypted";
        else if (disk->device == DOMAIN_DISK_DEVICE_LUN)
                why = "the guest's commands go to the device itself";
        return why ? qemu_refuse(b->def, disk, "transient", error, "%s", why) : 0;
}

int build_check_image(Build *b, const DomainDisk *disk, Error *error)
{
        bool removable = disk->device == DOMAIN_DISK_DEVICE_CDROM || disk->device == DOMAIN_DISK_DEVICE_FLOPPY;
        QemuLayerDef layer;
        size_t i;

        if (qemu_disk_is_served(disk))
                return 0;
        for (i = 0; qemu_layer_def(disk, i, &layer); i++) {
                int r = check_layer(b, disk, i, &layer, error);

                if (r >= 0 && i == 0)
                        r = check_transient(b, disk, &layer, error);
                if (r < 0)
                        return r;
        }
        if (i == 0 && !removable)
                return qemu_refuse(b->def, disk, "source", error, "only removable media may have none");
        DEF_FOREACH(filter, disk->throttle_filters)
                if (!build_throttle_group_exists(b, filter->group))
                        return qemu_refuse(b->def, disk, "throttlefilters/throttlefilter/@group", error,
                                           "there is no throttle group '%s'", filter->group);
        return 0;
}
