/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The layers of a disk as its definition names them: the image that the guest writes to is the first, what
 * <backingStore> names lies below. An image may know of more layers than its definition.
 */

#include "drivers/model/domain_def.h"

/* Borrowed from the definition. */
typedef struct QemuLayerDef {
        const DomainStorage *source;
        const char *format; /* "raw" when none is given */
        const StorageAuth *auth;
        const StorageEncryption *encryption;
        uint64_t metadata_cache;      /* bytes; 0: QEMU's default */
        const DomainBacking *backing; /* what is said of the layer below; NULL: nothing */
} QemuLayerDef;

/* The i-th layer; false when the definition names no such one. A drive that is empty has none. */
bool qemu_layer_def(const DomainDisk *disk, size_t i, QemuLayerDef *ret);

/* What a source is; of a volume of a pool that was looked up, what that is. */
DomainDiskType qemu_storage_type(const DomainStorage *source);

/* The file or block device of a source that is one of these, or NULL. */
const char *qemu_storage_path(const DomainStorage *source);

/* Whether nbdkit(1) is between the server and QEMU, whose own client is given neither password nor key. */
bool qemu_layer_is_nbdkit(const QemuLayerDef *layer);

/* Whether QEMU opens it by itself, from a server or a controller of the host: nobody reads its header before. */
bool qemu_storage_is_remote(const DomainStorage *source);

/*
 * Names of block nodes and of what belongs to them: "virtio-disk0-file", of the layers below "virtio-disk0-b1-file".
 * The number is the layer's for as long as QEMU has it, however the chain changes: in the definition of a running
 * machine it stands as its index (0, which is not written: the image that the machine began with). suffix is at most
 * "-format", as QEMU's names have 31 characters. Free with g_free().
 */
char *qemu_layer_name(const DomainDisk *disk, size_t i, const char *suffix);
char *qemu_layer_node(const DomainDisk *disk, uint32_t index, const char *suffix);
uint32_t qemu_layer_index(const DomainDisk *disk, size_t i);
/* The layer with the number; one that the definition does not have when there is none. */
size_t qemu_layer_find(const DomainDisk *disk, uint32_t index);

/*
 * Where something of its source stands in <disk>: "auth" is "source/auth", of the next layer
 * "backingStore/source/auth"; "../@type" is beside the source. Free with g_free().
 */
char *qemu_layer_place(const DomainDisk *disk, size_t i, const char *rest);

/* Suffixes of the names of secrets, and of who makes reservations. */
#define QEMU_LAYER_AUTH "-auth"
#define QEMU_LAYER_KEY "-key"
#define QEMU_LAYER_COOKIES "-cookies"
#define QEMU_LAYER_RESERVATIONS "-pr"
/* The directory of the socket of a server of its own. */
#define QEMU_LAYER_NBDKIT "-nbd"
/* The node with the data of an image that has none itself. */
#define QEMU_LAYER_DATA "-data"
/* The node of what is written to a transient disk; its file has "-file" after it. */
#define QEMU_LAYER_OVERLAY "-top"
