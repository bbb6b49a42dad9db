/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/image.h"

#include <string.h>

#define QCOW2_MAGIC 0x514649fbu /* "QFI\xfb" */

/* Offsets of the fields; all of them are big-endian. */
enum {
        AT_MAGIC = 0,
        AT_VERSION = 4,
        AT_BACKING_OFFSET = 8,
        AT_BACKING_SIZE = 16,
        AT_CLUSTER_BITS = 20,
        AT_SIZE = 24,
        AT_CRYPT_METHOD = 32,
        AT_L1_SIZE = 36,
        AT_L1_OFFSET = 40,
        AT_REFCOUNTS_OFFSET = 48,
        AT_REFCOUNTS_CLUSTERS = 56,
        HEADER_SIZE_V2 = 72,
        AT_INCOMPATIBLE = 72, /* from here version 3 */
        AT_COMPATIBLE = 80,
        AT_REFCOUNT_ORDER = 96,
        AT_HEADER_SIZE = 100,
        HEADER_SIZE_V3 = 104,
};

enum {
        CLUSTER_BITS_MIN = 9,
        CLUSTER_BITS_MAX = 21,
};

/* Bits of the incompatible features. */
enum {
        FEATURE_DIRTY = 1 << 0,
        FEATURE_CORRUPT = 1 << 1,
        FEATURE_DATA_FILE = 1 << 2,
        FEATURE_COMPRESSION = 1 << 3,
        FEATURE_EXTENDED_L2 = 1 << 4,
        FEATURES_KNOWN = (1 << 5) - 1,
};

/* Of the compatible ones. */
enum {
        COMPATIBLE_LAZY_REFCOUNTS = 1 << 0,
};

/* Types of header extensions. */
enum {
        EXTENSION_END = 0,
        EXTENSION_BACKING_FORMAT = 0xe2792aca,
        EXTENSION_DATA_FILE = 0x44415441,
};

static const char *const image_encryption_table[_IMAGE_ENCRYPTION_MAX] = {
        [IMAGE_ENCRYPTION_NONE] = "none",
        [IMAGE_ENCRYPTION_AES] = "aes",
        [IMAGE_ENCRYPTION_LUKS] = "luks",
};
DEFINE_STRING_TABLE(image_encryption, ImageEncryption)

static const struct {
        const char *name;
        bool read_only;
        bool read_first;
} formats[] = {
        { "raw", false, false }, { "qcow2", false, true }, { "vdi", false, false },  { "vpc", false, false },
        { "dmg", true, false },  { "cloop", true, false }, { "bochs", true, false }, { "vmdk", false, true },
};

bool image_format_is_usable(const char *format)
{
        for (size_t i = 0; i < ELEMENTSOF(formats); i++)
                if (streq(formats[i].name, format))
                        return true;
        return false;
}

bool image_format_is_writable(const char *format)
{
        for (size_t i = 0; i < ELEMENTSOF(formats); i++)
                if (streq(formats[i].name, format))
                        return !formats[i].read_only;
        return false;
}

bool image_format_is_read_first(const char *format)
{
        for (size_t i = 0; i < ELEMENTSOF(formats); i++)
                if (streq(formats[i].name, format))
                        return formats[i].read_first;
        return true;
}

void image_info_clear(ImageInfo *info)
{
        g_clear_pointer(&info->data_file_name, g_free);
        g_clear_pointer(&info->backing_file, g_free);
        g_clear_pointer(&info->backing_format, g_free);
}

static uint32_t get_u32(const uint8_t *data, size_t at)
{
        uint32_t v;

        memcpy(&v, data + at, sizeof(v));
        return GUINT32_FROM_BE(v);
}

static uint64_t get_u64(const uint8_t *data, size_t at)
{
        uint64_t v;

        memcpy(&v, data + at, sizeof(v));
        return GUINT64_FROM_BE(v);
}

static int refuse(Error *error, const char *reason)
{
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s", reason);
}

/* A recorded name: it goes into messages, JSON and XML, so it must be printable text. */
static int take_name(const uint8_t *data, size_t size, const char *what, char **ret, Error *error)
{
        if (size == 0 || size > IMAGE_NAME_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "its %s has an impossible length", what);
        for (size_t i = 0; i < size; i++)
                if (data[i] < ' ' || data[i] == 0x7f)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "its %s contains a control character", what);
        if (!g_utf8_validate((const char *) data, (gssize) size, NULL))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "its %s is not valid UTF-8", what);
        if (*ret)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "its %s is recorded twice", what);

        *ret = g_strndup((const char *) data, size);
        return 0;
}

/* Extensions stand in [at, end): type, length, data padded to 8 bytes. */
static int parse_extensions(const uint8_t *data, size_t at, size_t end, ImageInfo *info, Error *error)
{
        int r = 0;

        while (r >= 0 && at + 8 <= end) {
                uint32_t type = get_u32(data, at);
                size_t size = get_u32(data, at + 4);

                at += 8;
                if (type == EXTENSION_END)
                        return 0;
                if (size > end - at)
                        return refuse(error, "a header extension is longer than the header");
                if (type == EXTENSION_BACKING_FORMAT)
                        r = take_name(data + at, size, "backing format", &info->backing_format, error);
                else if (type == EXTENSION_DATA_FILE)
                        r = take_name(data + at, size, "data file's name", &info->data_file_name, error);
                at += MIN((size + 7) & ~(size_t) 7, end - at);
        }
        return r;
}

static int parse_features(const uint8_t *data, size_t size, ImageInfo *info, size_t *ret_header_size,
                          Error *error)
{
        uint64_t features;
        uint32_t header_size;

        if (size < HEADER_SIZE_V3)
                return refuse(error, "it is shorter than its header");
        features = get_u64(data, AT_INCOMPATIBLE);
        header_size = get_u32(data, AT_HEADER_SIZE);
        if (features & ~(uint64_t) FEATURES_KNOWN)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "it needs unknown features (incompatible bits 0x%" PRIx64 ")",
                                 features & ~(uint64_t) FEATURES_KNOWN);
        if (header_size < HEADER_SIZE_V3 || header_size > info->cluster_size)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "its header has the impossible length %" PRIu32, header_size);

        info->corrupt = features & FEATURE_CORRUPT;
        info->data_file = features & FEATURE_DATA_FILE;
        info->extended_l2 = features & FEATURE_EXTENDED_L2;
        info->lazy_refcounts = get_u64(data, AT_COMPATIBLE) & COMPATIBLE_LAZY_REFCOUNTS;
        *ret_header_size = header_size;
        return 0;
}

static int parse_backing(const uint8_t *data, size_t size, uint64_t at, size_t length, ImageInfo *info,
                         Error *error)
{
        if (at > size || length > size - at)
                return refuse(error, "the name of its backing file is not in the first cluster");
        return take_name(data + at, length, "backing file's name", &info->backing_file, error);
}

static int parse_header(const uint8_t *data, size_t size, ImageInfo *info, Error *error)
{
        size_t header_size = HEADER_SIZE_V2, end;
        uint64_t backing_offset;
        uint32_t bits, crypt;
        int r;

        if (size < 8 || get_u32(data, AT_MAGIC) != QCOW2_MAGIC)
                return refuse(error, "it is no qcow2 image");
        info->version = get_u32(data, AT_VERSION);
        if (info->version != 2 && info->version != 3)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "its version %" PRIu32 " of qcow2 is not known", info->version);
        if (size < HEADER_SIZE_V2)
                return refuse(error, "it is shorter than its header");

        bits = get_u32(data, AT_CLUSTER_BITS);
        if (bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "its clusters have the impossible size of 2^%" PRIu32 " bytes", bits);
        info->cluster_size = (uint32_t) 1 << bits;
        size = MIN(size, info->cluster_size);

        info->size = get_u64(data, AT_SIZE);
        if (info->size > INT64_MAX)
                return refuse(error, "its size is impossible");

        crypt = get_u32(data, AT_CRYPT_METHOD);
        if (crypt >= _IMAGE_ENCRYPTION_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "it has the unknown encryption method %" PRIu32, crypt);
        info->encryption = (ImageEncryption) crypt;

        if (info->version >= 3) {
                r = parse_features(data, size, info, &header_size, error);
                if (r < 0)
                        return r;
        }

        backing_offset = get_u64(data, AT_BACKING_OFFSET);
        end = backing_offset > 0 ? (size_t) MIN(backing_offset, size) : size;
        r = parse_extensions(data, header_size, end, info, error);
        if (r < 0 || backing_offset == 0)
                return r;
        return parse_backing(data, size, backing_offset, get_u32(data, AT_BACKING_SIZE), info, error);
}

int image_parse_qcow2(const void *data, size_t size, ImageInfo *ret, Error *error)
{
        _cleanup_(image_info_clear) ImageInfo info = {};
        int r;

        r = parse_header(data, size, &info, error);
        if (r < 0)
                return r;
        *ret = info;
        info = (ImageInfo) {};
        return 0;
}

/* As many bytes as there are, at most size. */
static int read_start(int fd, uint8_t *data, size_t size, size_t *ret_size, Error *error)
{
        size_t n = 0;

        while (n < size) {
                ssize_t k = pread(fd, data + n, size - n, (off_t) n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return error_set_errno(error, errno, "its header cannot be read");
                if (k == 0)
                        break;
                n += (size_t) k;
        }
        *ret_size = n;
        return 0;
}

int image_read_qcow2(int fd, ImageInfo *ret, Error *error)
{
        g_autofree uint8_t *data = NULL;
        uint8_t start[HEADER_SIZE_V2];
        size_t size = 0;
        uint32_t bits;
        int r;

        r = read_start(fd, start, sizeof(start), &size, error);
        if (r < 0)
                return r;
        bits = size == sizeof(start) ? get_u32(start, AT_CLUSTER_BITS) : 0;
        if (bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX || get_u32(start, AT_MAGIC) != QCOW2_MAGIC)
                return image_parse_qcow2(start, size, ret, error);

        data = g_malloc((size_t) 1 << bits);
        r = read_start(fd, data, (size_t) 1 << bits, &size, error);
        if (r < 0)
                return r;
        return image_parse_qcow2(data, size, ret, error);
}

static void put_u32(uint8_t *data, size_t at, uint32_t v)
{
        v = GUINT32_TO_BE(v);
        memcpy(data + at, &v, sizeof(v));
}

static void put_u64(uint8_t *data, size_t at, uint64_t v)
{
        v = GUINT64_TO_BE(v);
        memcpy(data + at, &v, sizeof(v));
}

/*
 * In clusters: the header, the table of reference counts, the one block of them that is needed, and the first-level
 * table, which is empty. An entry of that stands for a cluster of second-level entries.
 */
enum {
        NEW_CLUSTER_BITS = 16,
        NEW_CLUSTER = 1 << NEW_CLUSTER_BITS,
        NEW_REFCOUNTS = 1,
        NEW_REFCOUNT_BLOCK = 2,
        NEW_L1 = 3,
        NEW_REFCOUNT_ORDER = 4, /* 16 bits */
};

static void put_backing(uint8_t *data, const char *backing, const char *format)
{
        size_t at = HEADER_SIZE_V3, n = strlen(format);

        put_u32(data, at, EXTENSION_BACKING_FORMAT);
        put_u32(data, at + 4, (uint32_t) n);
        memcpy(data + at + 8, format, n);
        /* extensions are padded to 8 bytes; one of zeroes ends them */
        at += 8 + (n + 7) / 8 * 8 + 8;
        put_u64(data, AT_BACKING_OFFSET, at);
        put_u32(data, AT_BACKING_SIZE, (uint32_t) strlen(backing));
        memcpy(data + at, backing, strlen(backing));
}

int image_write_overlay(int fd, uint64_t size, const char *backing, const char *backing_format)
{
        const uint64_t per_entry = (uint64_t) NEW_CLUSTER * (NEW_CLUSTER / sizeof(uint64_t));
        g_autofree uint8_t *data = g_malloc0(NEW_L1 * NEW_CLUSTER);
        uint64_t entries = size / per_entry + 1;
        uint32_t n_clusters = NEW_L1 + (uint32_t) ((entries * sizeof(uint64_t) + NEW_CLUSTER - 1) >> NEW_CLUSTER_BITS);

        if (size > UINT64_C(1) << 50)
                return -EFBIG;
        if (backing && (strlen(backing) > IMAGE_NAME_MAX || strlen(backing_format) > IMAGE_NAME_MAX))
                return -ENAMETOOLONG;
        put_u32(data, AT_MAGIC, QCOW2_MAGIC);
        put_u32(data, AT_VERSION, 3);
        put_u32(data, AT_CLUSTER_BITS, NEW_CLUSTER_BITS);
        put_u64(data, AT_SIZE, (size + 511) / 512 * 512);
        put_u32(data, AT_L1_SIZE, (uint32_t) entries);
        put_u64(data, AT_L1_OFFSET, NEW_L1 * NEW_CLUSTER);
        put_u64(data, AT_REFCOUNTS_OFFSET, NEW_REFCOUNTS * NEW_CLUSTER);
        put_u32(data, AT_REFCOUNTS_CLUSTERS, 1);
        put_u32(data, AT_REFCOUNT_ORDER, NEW_REFCOUNT_ORDER);
        put_u32(data, AT_HEADER_SIZE, HEADER_SIZE_V3);
        put_u64(data, NEW_REFCOUNTS * NEW_CLUSTER, NEW_REFCOUNT_BLOCK * NEW_CLUSTER);
        if (backing)
                put_backing(data, backing, backing_format);
        for (uint32_t i = 0; i < n_clusters; i++)
                data[NEW_REFCOUNT_BLOCK * NEW_CLUSTER + 2 * i + 1] = 1;
        if (ftruncate(fd, (off_t) n_clusters * NEW_CLUSTER) < 0)
                return -errno;
        return write_all(fd, data, NEW_L1 * NEW_CLUSTER);
}

/* The sparse extent of VMware's "Virtual Disk Format 5.0"; numbers are little-endian, offsets count sectors. */
enum {
        VMDK_CAPACITY = 12,
        VMDK_DESCRIPTOR_OFFSET = 28,
        VMDK_DESCRIPTOR_SIZE = 36,
        VMDK_HEADER_SIZE = 44, /* as much as is looked at */
        VMDK_SECTOR = 512,
        VMDK_DESCRIPTOR_MAX = 64 * 1024,
};

static uint64_t get_le64(const uint8_t *data, size_t at)
{
        uint64_t v;

        memcpy(&v, data + at, sizeof(v));
        return GUINT64_FROM_LE(v);
}

static const char *vmdk_refusal(const char *descriptor)
{
        if (!strstr(descriptor, "createType=\"monolithicSparse\"") &&
            !strstr(descriptor, "createType=\"streamOptimized\""))
                return "it is not of a type that is whole in one file (monolithicSparse, streamOptimized)";
        if (!strstr(descriptor, "parentCID=ffffffff"))
                return "it has only the difference from another image, which is not followed";
        return NULL;
}

int image_check_vmdk(int fd, Error *error)
{
        g_autofree char *descriptor = NULL;
        uint8_t header[VMDK_HEADER_SIZE];
        uint64_t offset, sectors;
        const char *why;
        size_t size = 0;
        ssize_t n;
        int r = read_start(fd, header, sizeof(header), &size, error);

        if (r < 0)
                return r;
        if (size < sizeof(header) || memcmp(header, "KDMV", 4) != 0)
                return refuse(error, "it is no VMDK image that is whole in one file");
        offset = get_le64(header, VMDK_DESCRIPTOR_OFFSET);
        sectors = get_le64(header, VMDK_DESCRIPTOR_SIZE);
        /* without a capacity QEMU takes the description for that of other files */
        if (get_le64(header, VMDK_CAPACITY) == 0 || offset == 0 || offset > INT64_MAX / VMDK_SECTOR || sectors == 0 ||
            sectors > VMDK_DESCRIPTOR_MAX / VMDK_SECTOR)
                return refuse(error, "it does not describe itself");
        descriptor = g_malloc0(sectors * VMDK_SECTOR + 1);
        n = pread(fd, descriptor, sectors * VMDK_SECTOR, (off_t) (offset * VMDK_SECTOR));
        if (n < 0)
                return error_set_errno(error, errno, "its description cannot be read");
        why = vmdk_refusal(descriptor);
        return why ? refuse(error, why) : 0;
}

int image_backing_path(const char *image_path, const char *backing_file, char **ret, Error *error)
{
        const char *colon = strchr(backing_file, ':');
        const char *slash = strchr(backing_file, '/');
        g_autofree char *dir = NULL;

        if (g_str_has_prefix(backing_file, "json:"))
                return refuse(error, "its backing file is described in JSON, which is not followed");
        /* What QEMU takes for a protocol: a colon before any slash. */
        if (colon && (!slash || colon < slash))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "its backing file '%s' names a protocol, which is not followed",
                                 backing_file);
        if (!*backing_file || g_str_has_suffix(backing_file, "/"))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "its backing file '%s' is no path",
                                 backing_file);

        if (*backing_file == '/') {
                *ret = g_strdup(backing_file);
                return 0;
        }
        dir = g_path_get_dirname(image_path);
        *ret = g_build_filename(dir, backing_file, NULL);
        return 0;
}
