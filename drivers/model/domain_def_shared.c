/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <stdlib.h>

/* <filesystem>, <shmem>, <tpm>, <memory>, <iommu>, <vsock>, <crypto>, <nvram>, <pstore> */

/* <filesystem> */

static const DefRow fs_driver_rows[] = {
        ATTR(DomainFs, "type", driver, WORDS(domain_fs_driver)),
        ATTR(DomainFs, "format", format),
        ATTR(DomainFs, "wrpolicy", wrpolicy, ONE_OF("immediate")),
        ATTR(DomainFs, "queue", queue_size, WHEN(DomainFs, driver, IS(DOMAIN_FS_DRIVER_VIRTIOFS))),
        EMBED(DomainFs, virtio, domain_virtio_type),
};
static DEF_TYPE(fs_driver_type, DomainFs, fs_driver_rows);

#define FS(t) IS(DOMAIN_FS_##t)
#define ONLY_FS(t) WHEN(DomainFs, type, FS(t))
static const DefRow fs_source_rows[] = {
        ATTR(DomainFs, "socket", socket, ONLY_FS(MOUNT)),
        ATTR(DomainFs, "dir", source, WHEN(DomainFs, type, FS(MOUNT) | FS(BIND))),
        ATTR(DomainFs, "dev", source, ONLY_FS(BLOCK)),
        ATTR(DomainFs, "file", source, ONLY_FS(FILE)),
        ATTR(DomainFs, "name", source, ONLY_FS(TEMPLATE)),
        ATTR(DomainFs, "usage", usage, ONLY_FS(RAM), KIB),
        ATTR(DomainFs, "pool", pool, ONLY_FS(VOLUME), FLAGS(DEF_REQUIRED)),
        ATTR(DomainFs, "volume", volume, ONLY_FS(VOLUME), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(fs_source_type, DomainFs, fs_source_rows);

static const DefRow fs_target_rows[] = {
        ATTR(DomainFs, "dir", target),
};
static DEF_TYPE(fs_target_type, DomainFs, fs_target_rows);

static const DefRow virtiofs_cache_rows[] = {
        ATTR(DomainVirtiofs, "mode", cache, ONE_OF("none", "metadata", "always"), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(virtiofs_cache_type, DomainVirtiofs, virtiofs_cache_rows);

static const DefRow sandbox_rows[] = {
        ATTR(DomainVirtiofs, "mode", sandbox, ONE_OF("namespace", "chroot"), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(sandbox_type, DomainVirtiofs, sandbox_rows);

static const DefRow lock_rows[] = {
        ATTR(DomainVirtiofs, "posix", posix_lock, ON_OFF),
        ATTR(DomainVirtiofs, "flock", flock, ON_OFF),
};
static DEF_TYPE_PLAIN(lock_type, DomainVirtiofs, lock_rows);

static const DefRow thread_pool_rows[] = {
        ATTR(DomainVirtiofs, "size", thread_pool),
};
static DEF_TYPE_PLAIN(thread_pool_type, DomainVirtiofs, thread_pool_rows);

static const DefRow openfiles_rows[] = {
        ATTR(DomainVirtiofs, "max", openfiles, RANGE(1, INT64_MAX)),
};
static DEF_TYPE_PLAIN(openfiles_type, DomainVirtiofs, openfiles_rows);

static const DefRow binary_rows[] = {
        ATTR(DomainVirtiofs, "path", path, SYNTAX(def_syntax_absolute_path)),
        ATTR(DomainVirtiofs, "xattr", xattr, ON_OFF),
        GROUP("cache", virtiofs_cache_type),
        GROUP("sandbox", sandbox_type),
        GROUP("lock", lock_type),
        GROUP("thread_pool", thread_pool_type),
        GROUP("openfiles", openfiles_type),
};
static DEF_TYPE_PLAIN(binary_type, DomainVirtiofs, binary_rows);

static const DefRow id_rows[] = {
        ATTR(DomainIdMapEntry, "start", start, FLAGS(DEF_REQUIRED)),
        ATTR(DomainIdMapEntry, "target", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainIdMapEntry, "count", count, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(id_type, DomainIdMapEntry, id_rows);

static const DefRow idmap_rows[] = {
        LIST(DomainIdMap, "uid", uids, id_type),
        LIST(DomainIdMap, "gid", gids, id_type),
};

static int compare_ids(const void *a, const void *b)
{
        const DomainIdMapEntry *x = *(const DomainIdMapEntry *const *) a, *y = *(const DomainIdMapEntry *const *) b;

        return x->start < y->start ? -1 : x->start > y->start;
}

static void idmap_finish(void *p, Arena *arena, bool live)
{
        DomainIdMap *map = p;

        if (map->uids.n > 1)
                qsort(map->uids.items, map->uids.n, sizeof(void *), compare_ids);
        if (map->gids.n > 1)
                qsort(map->gids.items, map->gids.n, sizeof(void *), compare_ids);
}

DEF_TYPE_PLAIN(domain_idmap_type, DomainIdMap, idmap_rows, .finish = idmap_finish);

/* Permissions are octal numbers of three or four digits. */
static bool parse_mode(Arena *arena, const char *text, void *field)
{
        char *end;
        unsigned long v;

        if (!g_ascii_isdigit(*text))
                return false;
        v = strtoul(text, &end, 8);
        if (*end || v > 0777)
                return false;
        *(uint32_t *) field = (uint32_t) v;
        return true;
}

static bool print_mode(const void *p, const void *field, unsigned flags, GString *out)
{
        uint32_t mode = *(const uint32_t *) field;

        if (mode == 0)
                return false;
        g_string_append_printf(out, "%04o", mode);
        return true;
}

static const DefHatch mode_hatch = { .parse = parse_mode, .print = print_mode };

static const DefRow fs_rows[] = {
        ATTR(DomainFs, "type", type, WORDS(domain_fs)),
        ATTR(DomainFs, "accessmode", access_mode, ONE_OF("passthrough", "mapped", "squash")),
        ATTR(DomainFs, "multidevs", multidevs, ONE_OF("remap", "forbid", "warn")),
        ATTR(DomainFs, "model", model, ONE_OF("virtio", "virtio-transitional", "virtio-non-transitional")),
        ATTR(DomainFs, "fmode", fmode, HATCH(mode_hatch)),
        ATTR(DomainFs, "dmode", dmode, HATCH(mode_hatch)),
        GROUP("driver", fs_driver_type),
        CHILD(DomainFs, "binary", virtiofs, binary_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        CHILD(DomainFs, "idmap", idmap, domain_idmap_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("source", fs_source_type, FLAGS(DEF_HOST)),
        GROUP("target", fs_target_type),
        PRESENCE(DomainFs, "readonly", readonly),
        EMBED(DomainFs, info, domain_device_type),
        ELEMENT(DomainFs, "space_hard_limit", space_hard_limit, BYTES, FLAGS(DEF_HOST)),
        ELEMENT(DomainFs, "space_soft_limit", space_soft_limit, BYTES, FLAGS(DEF_HOST)),
};

static void fs_begin(void *p)
{
        DomainFs *fs = p;

        if (fs->type == 0)
                fs->type = DOMAIN_FS_MOUNT;
}

/* Who runs the daemon decides; otherwise files are passed through as they are. */
static void fs_finish(void *p, Arena *arena, bool live)
{
        DomainFs *fs = p;

        if (!fs->access_mode && !fs->socket)
                fs->access_mode = "passthrough";
}

DEF_TYPE(domain_fs_type, DomainFs, fs_rows, .rules = domain_fs_rules, .begin = fs_begin, .finish = fs_finish);

/* <shmem> */

static const DefRow shmem_model_rows[] = {
        ATTR(DomainShmem, "type", model, WORDS(domain_shmem)),
};
static DEF_TYPE(shmem_model_type, DomainShmem, shmem_model_rows);

static const DefRow server_rows[] = {
        HERE(DomainShmem, has_server),
        ATTR(DomainShmem, "path", server),
};
static DEF_TYPE(server_type, DomainShmem, server_rows);

static const DefRow msi_rows[] = {
        HERE(DomainShmem, has_msi),
        ATTR(DomainShmem, "enabled", msi, YES_NO),
        ATTR(DomainShmem, "vectors", vectors),
        ATTR(DomainShmem, "ioeventfd", ioeventfd, ON_OFF),
};
static DEF_TYPE(msi_type, DomainShmem, msi_rows);

static const DefRow shmem_rows[] = {
        ATTR(DomainShmem, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(DomainShmem, "role", role, WORDS(domain_shmem_role)),
        GROUP("model", shmem_model_type),
        ELEMENT(DomainShmem, "size", size, .scale = 1048576, FLAGS(DEF_UNIT_LETTER)),
        GROUP("server", server_type, FLAGS(DEF_HOST)),
        GROUP("msi", msi_type),
        EMBED(DomainShmem, info, domain_device_type),
};
DEF_TYPE(domain_shmem_type, DomainShmem, shmem_rows, .rules = domain_shmem_rules);

/* <tpm> */

#define TPM(t) WHEN(DomainTpm, backend, IS(DOMAIN_TPM_##t))
static const DefRow tpm_device_rows[] = {
        ATTR(DomainTpm, "path", path),
};
static DEF_TYPE(tpm_device_type, DomainTpm, tpm_device_rows);

static const DefRow tpm_encryption_rows[] = {
        ATTR(DomainTpm, "secret", secret, SYNTAX(def_syntax_uuid), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(tpm_encryption_type, DomainTpm, tpm_encryption_rows);

static const DefRow tpm_banks_rows[] = {
        PRESENCE(DomainTpm, "sha1", sha1),
        PRESENCE(DomainTpm, "sha256", sha256),
        PRESENCE(DomainTpm, "sha384", sha384),
        PRESENCE(DomainTpm, "sha512", sha512),
};
static DEF_TYPE(tpm_banks_type, DomainTpm, tpm_banks_rows);

static const DefRow tpm_state_rows[] = {
        ATTR(DomainTpm, "type", source_type, ONE_OF("file", "dir"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainTpm, "path", source_path, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(tpm_state_type, DomainTpm, tpm_state_rows);

static const DefRow tpm_profile_rows[] = {
        ATTR(DomainTpm, "source", profile_source),
        ATTR(DomainTpm, "removeDisabled", profile_remove_disabled, ONE_OF("check", "fips-host")),
        ATTR(DomainTpm, "name", profile_name),
};
static DEF_TYPE(tpm_profile_type, DomainTpm, tpm_profile_rows);

/* The socket of an emulator that somebody else runs; its type stands in <source>. */
static const DefRow tpm_socket_rows[] = {
        ATTR(DomainChardev, "type", type, WORDS(domain_chardev), FLAGS(DEF_REQUIRED)),
        ATTR(DomainChardev, "mode", mode, WORDS(domain_socket)),
        ATTR(DomainChardev, "path", path, SYNTAX(def_syntax_absolute_path)),
        CHILD(DomainChardev, "reconnect", reconnect, domain_reconnect_type),
        LIST(DomainChardev, "seclabel", labels, domain_source_label_type),
};
static DEF_TYPE(tpm_socket_type, DomainChardev, tpm_socket_rows);

static const DefRow tpm_backend_rows[] = {
        ATTR(DomainTpm, "type", backend, WORDS(domain_tpm), FLAGS(DEF_REQUIRED)),
        ATTR(DomainTpm, "version", version, TPM(EMULATOR), ONE_OF("1.2", "2.0")),
        ATTR(DomainTpm, "persistent_state", persistent_state, YES_NO, TPM(EMULATOR)),
        ATTR(DomainTpm, "debug", debug, TPM(EMULATOR)),
        GROUP("device", tpm_device_type, TPM(PASSTHROUGH)),
        GROUP("encryption", tpm_encryption_type, TPM(EMULATOR)),
        GROUP("active_pcr_banks", tpm_banks_type, TPM(EMULATOR)),
        GROUP("source", tpm_state_type, TPM(EMULATOR)),
        GROUP("profile", tpm_profile_type, TPM(EMULATOR)),
        CHILD(DomainTpm, "source", external, tpm_socket_type, TPM(EXTERNAL), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(tpm_backend_type, DomainTpm, tpm_backend_rows);

static const DefRow tpm_rows[] = {
        ATTR(DomainTpm, "model", model, WORDS(domain_tpm_model)),
        GROUP("backend", tpm_backend_type),
        EMBED(DomainTpm, info, domain_device_type),
};

static void tpm_finish(void *p, Arena *arena, bool live)
{
        DomainTpm *tpm = p;

        if (tpm->external && tpm->external->mode == 0)
                tpm->external->mode = DOMAIN_SOCKET_CONNECT;
        if (tpm->backend == DOMAIN_TPM_PASSTHROUGH && !tpm->path)
                tpm->path = arena_strdup(arena, "/dev/tpm0");
}

DEF_TYPE(domain_tpm_type, DomainTpm, tpm_rows, .rules = domain_tpm_rules, .finish = tpm_finish);

/* <memory> in <devices> */

#define MEMORY(t) IS(DOMAIN_MEMORY_##t)
static const DefRow memory_source_rows[] = {
        ELEMENT(DomainMemoryDevice, "nodemask", nodemask, SYNTAX(def_syntax_cpuset)),
        ELEMENT(DomainMemoryDevice, "pagesize", pagesize, KIB),
        ELEMENT(DomainMemoryDevice, "path", path),
        ELEMENT(DomainMemoryDevice, "alignsize", alignsize, KIB),
        PRESENCE(DomainMemoryDevice, "pmem", pmem),
};
static DEF_TYPE(memory_source_type, DomainMemoryDevice, memory_source_rows);

static const DefRow memory_label_rows[] = {
        ELEMENT(DomainMemoryDevice, "size", label, KIB, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(memory_label_type, DomainMemoryDevice, memory_label_rows);

static const DefRow memory_base_rows[] = {
        ATTR(DomainMemoryDevice, "base", base, HEX(1)),
};
static DEF_TYPE(memory_base_type, DomainMemoryDevice, memory_base_rows);

static const DefRow memory_target_rows[] = {
        ATTR(DomainMemoryDevice, "dynamicMemslots", dynamic_slots, YES_NO,
             WHEN(DomainMemoryDevice, model, MEMORY(VIRTIO_MEM))),
        ELEMENT(DomainMemoryDevice, "size", size, KIB, FLAGS(DEF_REQUIRED)),
        ELEMENT(DomainMemoryDevice, "node", node),
        GROUP("label", memory_label_type),
        ELEMENT(DomainMemoryDevice, "block", block, KIB),
        ELEMENT(DomainMemoryDevice, "requested", requested, KIB),
        ELEMENT(DomainMemoryDevice, "current", current, KIB, FLAGS(DEF_LIVE)),
        PRESENCE(DomainMemoryDevice, "readonly", readonly),
        GROUP("address", memory_base_type,
              WHEN(DomainMemoryDevice, model, MEMORY(VIRTIO_MEM) | MEMORY(VIRTIO_PMEM))),
};
static DEF_TYPE(memory_target_type, DomainMemoryDevice, memory_target_rows);

static const DefRow memory_rows[] = {
        ATTR(DomainMemoryDevice, "model", model, WORDS(domain_memory), FLAGS(DEF_REQUIRED)),
        ATTR(DomainMemoryDevice, "access", access, ONE_OF("shared", "private")),
        ATTR(DomainMemoryDevice, "discard", discard, YES_NO),
        ELEMENT(DomainMemoryDevice, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        GROUP("source", memory_source_type),
        GROUP("target", memory_target_type, FLAGS(DEF_REQUIRED)),
        EMBED(DomainMemoryDevice, info, domain_device_type),
};
DEF_TYPE(domain_memory_type, DomainMemoryDevice, memory_rows, .rules = domain_memory_device_rules);

/* <iommu> */

static const DefRow iommu_driver_rows[] = {
        ATTR(DomainIommu, "intremap", intremap, ON_OFF),
        ATTR(DomainIommu, "caching_mode", caching_mode, ON_OFF),
        ATTR(DomainIommu, "eim", eim, ON_OFF),
        ATTR(DomainIommu, "iotlb", iotlb, ON_OFF),
        ATTR(DomainIommu, "aw_bits", aw_bits),
        ATTR(DomainIommu, "dma_translation", dma_translation, ON_OFF),
        ATTR(DomainIommu, "xtsup", xtsup, ON_OFF),
        ATTR(DomainIommu, "passthrough", passthrough, ON_OFF),
};
static DEF_TYPE(iommu_driver_type, DomainIommu, iommu_driver_rows);

static const DefRow iommu_rows[] = {
        ATTR(DomainIommu, "model", model, WORDS(domain_iommu), FLAGS(DEF_REQUIRED)),
        GROUP("driver", iommu_driver_type),
        EMBED(DomainIommu, info, domain_device_type),
};
DEF_TYPE(domain_iommu_type, DomainIommu, iommu_rows, .rules = domain_iommu_rules);

/* <vsock> */

static const DefRow cid_rows[] = {
        ATTR(DomainVsock, "auto", cid_auto, YES_NO),
        ATTR(DomainVsock, "address", cid, RANGE(3, UINT32_MAX)),
};
static DEF_TYPE(cid_type, DomainVsock, cid_rows);

static const DefRow vsock_driver_rows[] = {
        EMBED(DomainVsock, virtio, domain_virtio_type),
};
static DEF_TYPE(vsock_driver_type, DomainVsock, vsock_driver_rows);

static const DefRow vsock_rows[] = {
        ATTR(DomainVsock, "model", model,
             ONE_OF("virtio", "virtio-transitional", "virtio-non-transitional")),
        GROUP("cid", cid_type),
        GROUP("driver", vsock_driver_type),
        EMBED(DomainVsock, info, domain_device_type),
};
DEF_TYPE(domain_vsock_type, DomainVsock, vsock_rows);

/* <crypto> */

static const DefRow crypto_backend_rows[] = {
        ATTR(DomainCrypto, "model", backend, ONE_OF("builtin", "lkcf"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCrypto, "queues", queues),
};
static DEF_TYPE(crypto_backend_type, DomainCrypto, crypto_backend_rows);

static const DefRow crypto_driver_rows[] = {
        EMBED(DomainCrypto, virtio, domain_virtio_type),
};
static DEF_TYPE(crypto_driver_type, DomainCrypto, crypto_driver_rows);

static const DefRow crypto_rows[] = {
        ATTR(DomainCrypto, "model", model, ONE_OF("virtio"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCrypto, "type", type, ONE_OF("qemu"), FLAGS(DEF_REQUIRED)),
        GROUP("backend", crypto_backend_type, FLAGS(DEF_REQUIRED)),
        GROUP("driver", crypto_driver_type),
        EMBED(DomainCrypto, info, domain_device_type),
};
DEF_TYPE(domain_crypto_type, DomainCrypto, crypto_rows);

/* <nvram>, <pstore> */

static const DefRow nvram_rows[] = {
        EMBED(DomainNvram, info, domain_device_type),
};
DEF_TYPE(domain_nvram_type, DomainNvram, nvram_rows, .rules = domain_nvram_rules);

static const DefRow pstore_rows[] = {
        ATTR(DomainPstore, "backend", backend, ONE_OF("acpi-erst"), FLAGS(DEF_REQUIRED)),
        ELEMENT(DomainPstore, "path", path),
        ELEMENT(DomainPstore, "size", size, KIB, FLAGS(DEF_REQUIRED)),
        EMBED(DomainPstore, info, domain_device_type),
};
DEF_TYPE(domain_pstore_type, DomainPstore, pstore_rows, .rules = domain_pstore_rules);
