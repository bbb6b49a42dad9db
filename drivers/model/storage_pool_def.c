/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_pool_def.h"

#include <string.h>

#define ROOT "pool"
#define TYPE(t) IS(STORAGE_POOL_##t)
#define ALL_TYPES ((IS(_STORAGE_POOL_TYPE_MAX) - 1) & ~UINT32_C(1))
#define OF(mask) WHEN(StoragePoolDef, type, mask)

/* What the source of each type consists of. */
enum {
        WITH_HOST = TYPE(NETFS) | TYPE(ISCSI) | TYPE(ISCSI_DIRECT) | TYPE(RBD) | TYPE(SHEEPDOG) | TYPE(GLUSTER),
        WITH_DEVICE = TYPE(LOGICAL) | TYPE(FS) | TYPE(ISCSI) | TYPE(ISCSI_DIRECT) | TYPE(DISK) | TYPE(ZFS),
        NEEDS_DEVICE = TYPE(FS) | TYPE(DISK),
        WITH_DIR = TYPE(NETFS) | TYPE(GLUSTER),
        WITH_NAME = TYPE(LOGICAL) | TYPE(RBD) | TYPE(SHEEPDOG) | TYPE(GLUSTER) | TYPE(ZFS) | TYPE(VSTORAGE),
        WITH_INITIATOR = TYPE(ISCSI) | TYPE(ISCSI_DIRECT),
        WITH_FORMAT = TYPE(LOGICAL) | TYPE(FS) | TYPE(NETFS) | TYPE(DISK),
        WITH_TARGET = ALL_TYPES & ~(TYPE(RBD) | TYPE(SHEEPDOG) | TYPE(GLUSTER) | TYPE(ISCSI_DIRECT)),
};

const char *const storage_pool_type_table[_STORAGE_POOL_TYPE_MAX] = {
        [STORAGE_POOL_DIR] = "dir",
        [STORAGE_POOL_FS] = "fs",
        [STORAGE_POOL_NETFS] = "netfs",
        [STORAGE_POOL_LOGICAL] = "logical",
        [STORAGE_POOL_DISK] = "disk",
        [STORAGE_POOL_ISCSI] = "iscsi",
        [STORAGE_POOL_ISCSI_DIRECT] = "iscsi-direct",
        [STORAGE_POOL_SCSI] = "scsi",
        [STORAGE_POOL_MPATH] = "mpath",
        [STORAGE_POOL_RBD] = "rbd",
        [STORAGE_POOL_SHEEPDOG] = "sheepdog",
        [STORAGE_POOL_GLUSTER] = "gluster",
        [STORAGE_POOL_ZFS] = "zfs",
        [STORAGE_POOL_VSTORAGE] = "vstorage",
};
DEFINE_STRING_TABLE(storage_pool_type, StoragePoolType)

const char *const storage_adapter_table[_STORAGE_ADAPTER_MAX] = {
        [STORAGE_ADAPTER_SCSI_HOST] = "scsi_host",
        [STORAGE_ADAPTER_FC_HOST] = "fc_host",
};
DEFINE_STRING_TABLE(storage_adapter, StorageAdapterType)

const char *const storage_refresh_table[_STORAGE_REFRESH_MAX] = {
        [STORAGE_REFRESH_DEFAULT] = "default",
        [STORAGE_REFRESH_CAPACITY] = "capacity",
};
DEFINE_STRING_TABLE(storage_refresh, StorageRefreshAllocation)

/* Where libvirt's default is not the first word of a list, it is said beside the list. */
static const char *const fs_formats[] = {
        "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs",
        "gfs2", "vfat", "hfs+", "xfs", "ocfs2", "vmfs", NULL,
};
static const char *const netfs_formats[] = { "auto", "nfs", "glusterfs", "cifs", NULL };
static const char *const disk_formats[] = { "unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2", NULL };
static const char *const logical_formats[] = { "unknown", "lvm2", NULL };
static const char *const file_vol_formats[] = {
        "none", "raw", "dir", "bochs", "cloop", "dmg", "iso", "vpc", "vdi",
        "fat", "vhd", "ploop", "cow", "qcow", "qcow2", "qed", "vmdk", NULL,
};
static const char *const disk_vol_formats[] = {
        "none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended", NULL,
};

static const struct {
        const char *const *pool;
        const char *pool_default;
        const char *const *vol;
        const char *vol_default;
} formats[_STORAGE_POOL_TYPE_MAX] = {
        [STORAGE_POOL_DIR] = { NULL, NULL, file_vol_formats, "raw" },
        [STORAGE_POOL_FS] = { fs_formats, "auto", file_vol_formats, "raw" },
        [STORAGE_POOL_NETFS] = { netfs_formats, "auto", file_vol_formats, "raw" },
        [STORAGE_POOL_LOGICAL] = { logical_formats, "lvm2", NULL, NULL },
        [STORAGE_POOL_DISK] = { disk_formats, "unknown", disk_vol_formats, "none" },
        [STORAGE_POOL_RBD] = { NULL, NULL, file_vol_formats, "raw" },
        [STORAGE_POOL_GLUSTER] = { NULL, NULL, file_vol_formats, "raw" },
        [STORAGE_POOL_VSTORAGE] = { NULL, NULL, file_vol_formats, "raw" },
};

const char *const *storage_pool_formats(StoragePoolType type)
{
        return formats[type].pool;
}

const char *storage_pool_default_format(StoragePoolType type)
{
        return formats[type].pool_default;
}

const char *const *storage_vol_formats(StoragePoolType type)
{
        return formats[type].vol;
}

const char *storage_vol_default_format(StoragePoolType type)
{
        return formats[type].vol_default;
}

static const DefNamespace fs_namespace = { "fs", "http://libvirt.org/schemas/storagepool/fs/1.0" };
static const DefNamespace rbd_namespace = { "rbd", "http://libvirt.org/schemas/storagepool/rbd/1.0" };

static const DefRow host_rows[] = {
        ATTR(StoragePoolHost, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(StoragePoolHost, "port", port, RANGE(0, UINT16_MAX)),
};

static void host_finish(void *p, Arena *arena, bool live)
{
        StoragePoolHost *host = p;

        if (host->port == 0)
                def_drop(host, port);
}

static DEF_TYPE_PLAIN(host_type, StoragePoolHost, host_rows, .finish = host_finish);

static const DefRow extent_rows[] = {
        ATTR(StoragePoolExtent, "start", start),
        ATTR(StoragePoolExtent, "end", end),
};
static DEF_TYPE_PLAIN(extent_type, StoragePoolExtent, extent_rows);

static const DefRow device_rows[] = {
        ATTR(StoragePoolDevice, "path", path, FLAGS(DEF_REQUIRED)),
        ATTR(StoragePoolDevice, "part_separator", part_separator, YES_NO),
        LIST(StoragePoolDevice, "freeExtent", free_extents, extent_type, FLAGS(DEF_LIVE)),
};
static DEF_TYPE_PLAIN(device_type, StoragePoolDevice, device_rows);

static const DefRow dir_rows[] = { ATTR(StoragePoolDef, "path", dir) };
static DEF_TYPE(dir_type, StoragePoolDef, dir_rows);

static const DefRow parent_pci_rows[] = {
        ATTR(StorageParentAddress, "domain", domain, HEX(4), RANGE(0, 0xffff)),
        ATTR(StorageParentAddress, "bus", bus, HEX(2), RANGE(0, 0xff)),
        ATTR(StorageParentAddress, "slot", slot, HEX(2), RANGE(0, 0x1f)),
        ATTR(StorageParentAddress, "function", function, HEX(1), RANGE(0, 7)),
};
static DEF_TYPE_PLAIN(parent_pci_type, StorageParentAddress, parent_pci_rows);

static const DefRow parent_rows[] = {
        ATTR(StorageParentAddress, "unique_id", unique_id, FLAGS(DEF_REQUIRED)),
        GROUP("address", parent_pci_type, FLAGS(DEF_REQUIRED)),
};

static void parent_finish(void *p, Arena *arena, bool live)
{
        StorageParentAddress *parent = p;

        /* libvirt prints all four, given or not */
        def_put(parent, domain, parent->domain);
        def_put(parent, bus, parent->bus);
        def_put(parent, slot, parent->slot);
        def_put(parent, function, parent->function);
}

static DEF_TYPE_PLAIN(parent_type, StorageParentAddress, parent_rows, .finish = parent_finish);

static bool wwn_check(const char *s)
{
        if (g_str_has_prefix(s, "0x"))
                s += strlen("0x");
        return strlen(s) == 16 && strspn(s, "0123456789abcdefABCDEF") == 16;
}

static const DefSyntax wwn_syntax = { "world wide name", wwn_check, NULL };

static const DefRow adapter_rows[] = {
        ATTR(StorageAdapter, "type", type, WORDS(storage_adapter)),
        ATTR(StorageAdapter, "name", name),
        ATTR(StorageAdapter, "parent", parent),
        ATTR(StorageAdapter, "parent_wwnn", parent_wwnn, SYNTAX(wwn_syntax)),
        ATTR(StorageAdapter, "parent_wwpn", parent_wwpn, SYNTAX(wwn_syntax)),
        ATTR(StorageAdapter, "parent_fabric_wwn", parent_fabric_wwn, SYNTAX(wwn_syntax)),
        ATTR(StorageAdapter, "managed", managed, YES_NO),
        ATTR(StorageAdapter, "wwnn", wwnn, SYNTAX(wwn_syntax)),
        ATTR(StorageAdapter, "wwpn", wwpn, SYNTAX(wwn_syntax)),
        CHILD(StorageAdapter, "parentaddr", parent_address, parent_type,
              WHEN(StorageAdapter, type, IS(0) | IS(STORAGE_ADAPTER_SCSI_HOST))),
};

/* What belongs to the other type is left out; without a type a name tells that it is a SCSI host. */
static void adapter_finish(void *p, Arena *arena, bool live)
{
        StorageAdapter *adapter = p;

        if (adapter->type == 0 && adapter->name && !adapter->parent && !adapter->wwnn && !adapter->wwpn)
                adapter->type = STORAGE_ADAPTER_SCSI_HOST;
        if (adapter->type == STORAGE_ADAPTER_FC_HOST)
                adapter->name = NULL;
        else if (adapter->type == STORAGE_ADAPTER_SCSI_HOST) {
                adapter->parent = adapter->parent_wwnn = adapter->parent_wwpn = NULL;
                adapter->parent_fabric_wwn = adapter->wwnn = adapter->wwpn = NULL;
                adapter->managed = 0;
        }
}

static void check_adapter(const void *p, DefChecker *checker)
{
        const StorageAdapter *adapter = p;

        switch (adapter->type) {
        case STORAGE_ADAPTER_SCSI_HOST:
                if (!adapter->name && !adapter->parent_address)
                        checker_fail(checker, ERROR_XML_ERROR, NULL,
                                     "Either 'name' or 'parent' must be specified for the 'scsi_host' adapter");
                else if (adapter->name && adapter->parent_address)
                        checker_fail(checker, ERROR_XML_ERROR, NULL,
                                     "Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter");
                break;
        case STORAGE_ADAPTER_FC_HOST:
                if (!adapter->wwnn || !adapter->wwpn)
                        checker_fail(checker, ERROR_XML_ERROR, NULL,
                                     "'wwnn' and 'wwpn' must be specified for adapter type 'fchost'");
                if (!adapter->parent_wwnn != !adapter->parent_wwpn)
                        checker_fail(checker, ERROR_XML_ERROR, NULL,
                                     "must supply both parent_wwnn and parent_wwpn not just one or the other");
                break;
        case _STORAGE_ADAPTER_MAX:
                g_assert_not_reached();
        }
        if (adapter->type == 0 && (adapter->wwnn || adapter->wwpn || adapter->parent))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "Use of 'wwnn', 'wwpn', and 'parent' attributes requires use of the adapter 'type'");
        else if (adapter->type == 0)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "missing storage pool source adapter");
}

static const DefRule adapter_rules[] = {
        { "adapter-is-named", check_adapter },
        {},
};
static DEF_TYPE_PLAIN(adapter_type, StorageAdapter, adapter_rows, .finish = adapter_finish, .rules = adapter_rules);

static const DefRow iqn_rows[] = { ATTR(StoragePoolDef, "name", initiator, FLAGS(DEF_REQUIRED)) };
static DEF_TYPE(iqn_type, StoragePoolDef, iqn_rows);

static const DefRow initiator_rows[] = { GROUP("iqn", iqn_type) };
static DEF_TYPE(initiator_type, StoragePoolDef, initiator_rows);

static const DefRow format_rows[] = { ATTR(StoragePoolDef, "type", format) };
static DEF_TYPE(format_type, StoragePoolDef, format_rows);

static const DefRow protocol_rows[] = { ATTR(StoragePoolDef, "ver", protocol_version) };
static DEF_TYPE(protocol_type, StoragePoolDef, protocol_rows);

static const DefRow vendor_rows[] = { ATTR(StoragePoolDef, "name", vendor) };
static DEF_TYPE(vendor_type, StoragePoolDef, vendor_rows);

static const DefRow product_rows[] = { ATTR(StoragePoolDef, "name", product) };
static DEF_TYPE(product_type, StoragePoolDef, product_rows);

static const DefRow source_rows[] = {
        LIST(StoragePoolDef, "host", hosts, host_type, OF(WITH_HOST)),
        LIST(StoragePoolDef, "device", devices, device_type, OF(WITH_DEVICE)),
        GROUP("dir", dir_type, OF(WITH_DIR)),
        CHILD(StoragePoolDef, "adapter", adapter, adapter_type, OF(TYPE(SCSI))),
        ELEMENT(StoragePoolDef, "name", source_name, OF(WITH_NAME)),
        GROUP("initiator", initiator_type, OF(WITH_INITIATOR)),
        GROUP("format", format_type, OF(WITH_FORMAT)),
        CHILD(StoragePoolDef, "auth", auth, storage_auth_type),
        GROUP("protocol", protocol_type, OF(TYPE(NETFS))),
        GROUP("vendor", vendor_type),
        GROUP("product", product_type),
};
static DEF_TYPE(source_type, StoragePoolDef, source_rows);

static const DefRow target_rows[] = {
        ELEMENT(StoragePoolDef, "path", path),
        GROUP_IN(StoragePoolDef, "permissions", permissions, storage_permissions_type),
};
static DEF_TYPE(target_type, StoragePoolDef, target_rows);

static const DefRow cow_rows[] = { ATTR(StoragePoolDef, "state", cow, YES_NO) };
static DEF_TYPE(cow_type, StoragePoolDef, cow_rows);

static const DefRow features_rows[] = { GROUP("cow", cow_type) };
static DEF_TYPE(features_type, StoragePoolDef, features_rows);

static const DefRow refresh_volume_rows[] = {
        ATTR(StoragePoolDef, "allocation", refresh_allocation, WORDS(storage_refresh)),
};
static DEF_TYPE(refresh_volume_type, StoragePoolDef, refresh_volume_rows);

static const DefRow refresh_rows[] = { GROUP("volume", refresh_volume_type) };
static DEF_TYPE(refresh_type, StoragePoolDef, refresh_rows);

static const DefRow mount_option_rows[] = { ATTR(StoragePoolOption, "name", name, FLAGS(DEF_REQUIRED)) };
static DEF_TYPE_PLAIN(mount_option_type, StoragePoolOption, mount_option_rows);

static const DefRow mount_options_rows[] = {
        LIST(StoragePoolDef, "option", mount_options, mount_option_type, NS(fs_namespace)),
};
static DEF_TYPE(mount_options_type, StoragePoolDef, mount_options_rows);

static const DefRow config_option_rows[] = {
        ATTR(StoragePoolOption, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(StoragePoolOption, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(config_option_type, StoragePoolOption, config_option_rows);

static const DefRow config_options_rows[] = {
        LIST(StoragePoolDef, "option", config_options, config_option_type, NS(rbd_namespace)),
};
static DEF_TYPE(config_options_type, StoragePoolDef, config_options_rows);

static const DefRow root_rows[] = {
        ATTR(StoragePoolDef, "type", type, WORDS(storage_pool_type), FLAGS(DEF_REQUIRED)),
        ELEMENT(StoragePoolDef, "name", name),
        ELEMENT(StoragePoolDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        ELEMENT(StoragePoolDef, "capacity", capacity, BYTES, FLAGS(DEF_LIVE)),
        ELEMENT(StoragePoolDef, "allocation", allocation, BYTES, FLAGS(DEF_LIVE)),
        ELEMENT(StoragePoolDef, "available", available, BYTES, FLAGS(DEF_LIVE)),
        GROUP("features", features_type),
        GROUP("source", source_type, FLAGS(DEF_ALWAYS | DEF_END_TAG)),
        GROUP("target", target_type, FLAGS(DEF_ALWAYS | DEF_END_TAG), OF(WITH_TARGET)),
        GROUP("refresh", refresh_type),
        GROUP("mount_opts", mount_options_type, NS(fs_namespace), OF(TYPE(FS) | TYPE(NETFS))),
        GROUP("config_opts", config_options_type, NS(rbd_namespace), OF(TYPE(RBD))),
};

static bool is_of(const StoragePoolDef *def, uint32_t mask)
{
        return def->type > 0 && (mask & IS(def->type));
}

static void complete_source(StoragePoolDef *def, Arena *arena)
{
        def->dir = storage_path_clean(arena, def->dir);
        if (!def->dir && def->type == STORAGE_POOL_GLUSTER)
                def->dir = "/";
        if (!def->format && is_of(def, WITH_FORMAT))
                def->format = storage_pool_default_format(def->type);
}

static void complete(StoragePoolDef *def, Arena *arena)
{
        /* RBD's names a pool of the cluster, which is not guessed */
        if (is_of(def, WITH_NAME)) {
                def->name = def->name ?: def->source_name;
                if (def->type != STORAGE_POOL_RBD)
                        def->source_name = def->source_name ?: def->name;
        }
        if (def->type == STORAGE_POOL_LOGICAL && def->source_name)
                def->path = arena_printf(arena, "/dev/%s", def->source_name);
        else if (def->type == STORAGE_POOL_ZFS && def->source_name)
                def->path = arena_printf(arena, "/dev/zvol/%s", def->source_name);
        def->path = storage_path_clean(arena, def->path);
        complete_source(def, arena);
        def_put(def, capacity, def->capacity);
        def_put(def, allocation, def->allocation);
        def_put(def, available, def->available);
}

static void root_finish(void *p, Arena *arena, bool live)
{
        complete(p, arena);
}

static void check_name(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (isempty(def->name))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "missing pool source name element");
        else if (strchr(def->name, '/'))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name %s cannot contain '/'", def->name);
}

static void check_source(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (is_of(def, WITH_HOST) && def->hosts.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing storage pool source host name");
        if (is_of(def, WITH_DIR) && !def->dir)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing storage pool source path");
        if (is_of(def, NEEDS_DEVICE) && def->devices.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing storage pool source device name");
        if (def->type == STORAGE_POOL_SCSI && !def->adapter)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing storage pool source adapter");
        if (def->type == STORAGE_POOL_RBD && !def->source_name)
                checker_fail(checker, ERROR_XML_ERROR, "source", "element 'name' is mandatory for RBD pool");
        if (def->type == STORAGE_POOL_ISCSI_DIRECT && !def->initiator)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source", "missing initiator IQN");
        if (def->auth && def->auth->type != STORAGE_AUTH_CHAP && def->auth->type != STORAGE_AUTH_CEPH)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/auth", "storage pool missing auth type");
}

static void check_format(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (def->format && is_of(def, WITH_FORMAT) &&
            !g_strv_contains(storage_pool_formats(def->type), def->format))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/format/@type",
                             "unknown pool format type %s", def->format);
}

static void check_protocol(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (!def->protocol_version || !def->format)
                return;
        if (!streq(def->format, "nfs") && !streq(def->format, "auto"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/protocol",
                             "storage pool protocol ver unsupported for pool type '%s'", def->format);
        else if (!*def->protocol_version ||
                 def->protocol_version[strspn(def->protocol_version, "0123456789.")])
                checker_fail(checker, ERROR_XML_ERROR, "source/protocol/@ver",
                             "storage pool protocol ver '%s' is malformed", def->protocol_version);
}

static void check_target(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (is_of(def, WITH_TARGET) && isempty(def->path))
                checker_fail(checker, ERROR_XML_ERROR, "target", "missing storage pool target path");
}

static void check_features(const void *p, DefChecker *checker)
{
        const StoragePoolDef *def = p;

        if (def->cow != TRISTATE_ABSENT && !is_of(def, TYPE(DIR) | TYPE(FS)))
                checker_fail(checker, ERROR_NO_SUPPORT, "features/cow",
                             "cow feature may only be used for 'fs' and 'dir' pools");
}

static const DefRule root_rules[] = {
        { "pool-name", check_name },
        { "pool-source", check_source },
        { "pool-format", check_format },
        { "pool-protocol", check_protocol },
        { "pool-target", check_target },
        { "pool-features", check_features },
        {},
};

DEF_TYPE(storage_pool_def_type, StoragePoolDef, root_rows, .finish = root_finish, .rules = root_rules);

DEFINE_DEFINITION(storage_pool_def, StoragePoolDef, storage_pool_def_type, ROOT, "storage_pool")

StoragePoolDef *storage_pool_def_new(StoragePoolType type)
{
        StoragePoolDef *def = definition_new(&storage_pool_def_format_info);

        def->type = type;
        return def;
}

void storage_pool_def_complete(StoragePoolDef *def)
{
        complete(def, def->arena);
}

StoragePoolDef *storage_pool_def_with_uuid(const StoragePoolDef *def)
{
        StoragePoolDef *copy;

        if (def->uuid)
                return storage_pool_def_ref(def);
        copy = storage_pool_def_copy(def);
        copy->uuid = definition_new_uuid(copy->arena);
        arena_seal(copy->arena);
        return copy;
}

int storage_pool_source_parse(StoragePoolType type, const char *xml, size_t size, StoragePoolDef **ret,
                              Error *error)
{
        static const DefRule rules[] = { { "pool-format", check_format }, {} };
        static DEF_TYPE(alone_type, StoragePoolDef, source_rows, .rules = rules);
        StoragePoolDef *def = storage_pool_def_new(type);
        int r;

        r = def_parse(&alone_type, "source", "storage_source_specification", xml, size, 0, def->arena, def, NULL,
                      error);
        if (r < 0) {
                arena_unref(def->arena);
                return r;
        }
        complete_source(def, def->arena);
        arena_seal(def->arena);
        *ret = def;
        return 0;
}

void storage_pool_source_format(const StoragePoolDef *def, unsigned indent, GString *out)
{
        def_format_nested(&source_type, "source", def, 0, indent, out);
}
