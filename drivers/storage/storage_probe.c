/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_probe.h"

#include "drivers/host/image.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

/* As much as holds all magic numbers and sizes but those of an ISO image. */
#define HEADER_SIZE 1024

/* How a format is known, and where the size stands that the guest sees: a number of 8 bytes. */
static const struct {
        const char *format;
        size_t magic_at;
        const char *magic;
        size_t magic_size;
        size_t size_at; /* 0: it is that of the file */
        bool little_endian;
        uint32_t unit;
} formats[] = {
        { "qcow2", 0, "QFI\xfb\0\0\0\x02", 8, 24, false, 1 },
        { "qcow2", 0, "QFI\xfb\0\0\0\x03", 8, 24, false, 1 },
        { "qcow", 0, "QFI\xfb\0\0\0\x01", 8, 24, false, 1 },
        { "qed", 0, "QED\0", 4, 48, true, 1 },
        { "vmdk", 0, "KDMV", 4, 12, true, 512 },
        { "vdi", 64, "\x7f\x10\xda\xbe", 4, 368, true, 1 },
        { "vpc", 0, "conectix", 8, 48, false, 1 },
        { "bochs", 0, "Bochs Virtual HD Image", 22, 0, false, 1 },
        { "cloop", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop", 36, 0, false, 1 },
};

#define ISO_MAGIC_AT 0x8001
#define ISO_MAGIC "CD001"

/* The on-disk format of LUKS, versions 1 and 2: in the first the payload begins at this sector of 512 bytes. */
#define LUKS_MAGIC "LUKS\xba\xbe"
#define LUKS_VERSION_AT 6
#define LUKS_PAYLOAD_AT 104

typedef struct Header {
        uint8_t data[HEADER_SIZE];
        size_t size;
} Header;

static void header_read(int fd, Header *header)
{
        ssize_t n = pread(fd, header->data, sizeof(header->data), 0);

        header->size = n < 0 ? 0 : (size_t) n;
}

static bool has_bytes(const Header *header, size_t at, const char *bytes, size_t size)
{
        return at + size <= header->size && memcmp(header->data + at, bytes, size) == 0;
}

static uint64_t read_number(const Header *header, size_t at, bool little_endian)
{
        uint64_t v;

        if (at + sizeof(v) > header->size)
                return 0;
        memcpy(&v, header->data + at, sizeof(v));
        return little_endian ? GUINT64_FROM_LE(v) : GUINT64_FROM_BE(v);
}

/* The row of the format, or the number of rows. */
static size_t find_format(const Header *header)
{
        size_t i = 0;

        while (i < ELEMENTSOF(formats) &&
               !has_bytes(header, formats[i].magic_at, formats[i].magic, formats[i].magic_size))
                i++;
        return i;
}

/* 0: it stands there, but is impossible. */
static uint64_t size_in_header(const Header *header, size_t i)
{
        uint64_t bytes;

        if (__builtin_mul_overflow(read_number(header, formats[i].size_at, formats[i].little_endian), formats[i].unit,
                                   &bytes) ||
            bytes > INT64_MAX)
                return 0;
        return bytes;
}

int storage_file_size(int fd, uint64_t *ret, Error *error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "its size cannot be read");
        *ret = (uint64_t) st.st_size;
        if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, ret) < 0)
                return error_set_errno(error, errno, "the size of the device cannot be read");
        return 0;
}

int storage_probe_capacity(int fd, const char *format, uint64_t *ret, Error *error)
{
        Header header;
        size_t i;

        if (streq(format, "raw") || streq(format, "iso"))
                return storage_file_size(fd, ret, error);
        header_read(fd, &header);
        i = find_format(&header);
        if (i == ELEMENTSOF(formats) || !streq(formats[i].format, format) || formats[i].size_at == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "its size is not known, since it is no image of the format '%s'", format);
        *ret = size_in_header(&header, i);
        return 0;
}

static bool is_iso(int fd)
{
        char magic[sizeof(ISO_MAGIC) - 1];

        return pread(fd, magic, sizeof(magic), ISO_MAGIC_AT) == (ssize_t) sizeof(magic) &&
                memcmp(magic, ISO_MAGIC, sizeof(magic)) == 0;
}

static void say_encrypted(StorageVolDef *def)
{
        StorageEncryption *encryption = arena_new0(def->arena, StorageEncryption);

        encryption->format = STORAGE_ENCRYPTION_LUKS;
        def->target.encryption = encryption;
}

static void say_backing(StorageVolDef *def, const ImageInfo *image)
{
        g_autofree char *path = NULL;
        StorageVolTarget *backing = arena_new0(def->arena, StorageVolTarget);

        /* what is no path is shown as it stands there */
        if (image_backing_path(def->target.path, image->backing_file, &path, NULL) < 0)
                backing->path = arena_strdup(def->arena, image->backing_file);
        else
                backing->path = arena_strdup(def->arena, path);
        backing->format = image->backing_format && g_strv_contains(storage_vol_formats(def->pool_type),
                                                                   image->backing_format) ?
                arena_strdup(def->arena, image->backing_format) : "raw";
        def->backing = backing;
}

static void probe_qcow2(int fd, StorageVolDef *def)
{
        _cleanup_(image_info_clear) ImageInfo image = {};

        if (image_read_qcow2(fd, &image, NULL) < 0)
                return;
        def->target.compat = image.version == 2 ? "0.10" : "1.1";
        def->target.has_features = image.version > 2;
        def->target.lazy_refcounts = image.lazy_refcounts;
        def->target.extended_l2 = image.extended_l2;
        def_put(&def->target, cluster_size, image.cluster_size);
        if (image.encryption == IMAGE_ENCRYPTION_LUKS)
                say_encrypted(def);
        if (image.backing_file)
                say_backing(def, &image);
}

static void probe_luks(const Header *header, uint64_t size, StorageVolDef *def)
{
        uint32_t sectors;

        say_encrypted(def);
        if (header->data[LUKS_VERSION_AT] != 0 || header->data[LUKS_VERSION_AT + 1] != 1 ||
            header->size < LUKS_PAYLOAD_AT + sizeof(sectors))
                return;
        memcpy(&sectors, header->data + LUKS_PAYLOAD_AT, sizeof(sectors));
        def_put(def, capacity, size - MIN(size, (uint64_t) GUINT32_FROM_BE(sectors) * 512));
}

/* "trusted" is for root alone. */
static const char *record_name(void)
{
        return geteuid() == 0 ? "trusted.virtbus.format" : "user.virtbus.format";
}

void storage_probe_record(int fd, const char *format)
{
        if (format)
                (void) fsetxattr(fd, record_name(), format, strlen(format), 0);
        else
                (void) fremovexattr(fd, record_name());
}

static bool is_recorded_raw(int fd)
{
        char format[8];
        ssize_t n = fgetxattr(fd, record_name(), format, sizeof(format));

        return n == 3 && memcmp(format, "raw", 3) == 0;
}

/* Whose format is not shown as anything else is raw. */
static void probe_data(int fd, uint64_t size, StorageVolDef *def)
{
        Header header;
        size_t i;

        header_read(fd, &header);
        i = find_format(&header);
        def_put(def, capacity, size);
        if (!storage_vol_formats(def->pool_type) || def->pool_type == STORAGE_POOL_DISK)
                return;
        def->target.format = "raw";
        if (is_recorded_raw(fd))
                return;
        if (i < ELEMENTSOF(formats)) {
                def->target.format = formats[i].format;
                if (formats[i].size_at > 0)
                        def_put(def, capacity, size_in_header(&header, i));
                if (streq(formats[i].format, "qcow2"))
                        probe_qcow2(fd, def);
        } else if (has_bytes(&header, 0, LUKS_MAGIC, sizeof(LUKS_MAGIC) - 1))
                probe_luks(&header, size, def);
        else if (is_iso(fd))
                def->target.format = "iso";
}

static const char *format_time(Arena *arena, int64_t seconds, uint32_t nanoseconds)
{
        if (nanoseconds == 0)
                return arena_printf(arena, "%" PRId64, seconds);
        return arena_printf(arena, "%" PRId64 ".%09" PRIu32, seconds, nanoseconds);
}

static void probe_times(int fd, StorageVolDef *def)
{
        StorageVolTarget *target = &def->target;
        struct statx stx;

        if (statx(fd, "", AT_EMPTY_PATH, STATX_ATIME | STATX_MTIME | STATX_CTIME | STATX_BTIME, &stx) < 0)
                return;
        target->atime = format_time(def->arena, stx.stx_atime.tv_sec, stx.stx_atime.tv_nsec);
        target->mtime = format_time(def->arena, stx.stx_mtime.tv_sec, stx.stx_mtime.tv_nsec);
        target->ctime = format_time(def->arena, stx.stx_ctime.tv_sec, stx.stx_ctime.tv_nsec);
        if (stx.stx_mask & STATX_BTIME)
                target->btime = format_time(def->arena, stx.stx_btime.tv_sec, stx.stx_btime.tv_nsec);
}

void storage_probe_target(int fd, const struct stat *st, StorageVolDef *def)
{
        StoragePermissions *permissions = &def->target.permissions;
        char label[256];
        ssize_t n = fgetxattr(fd, "security.selinux", label, sizeof(label) - 1);

        def_put(permissions, mode, st->st_mode & 0777);
        def_put(permissions, owner, st->st_uid);
        def_put(permissions, group, st->st_gid);
        if (n > 0) {
                label[n] = 0;
                permissions->label = arena_strdup(def->arena, label);
        }
        probe_times(fd, def);
}

int storage_probe(int fd, StorageVolDef *def, Error *error)
{
        struct stat st;
        uint64_t size = 0;
        int r;

        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "it cannot be looked at");
        def_put(def, allocation, (uint64_t) st.st_blocks * 512);
        if (S_ISDIR(st.st_mode)) {
                def->type = STORAGE_VOL_DIR;
                def->target.format = "dir";
                def_put(def, capacity, 0);
                def_put(def, allocation, 0);
        } else {
                r = storage_file_size(fd, &size, error);
                if (r < 0)
                        return r;
                def->type = S_ISBLK(st.st_mode) ? STORAGE_VOL_BLOCK : STORAGE_VOL_FILE;
                if (S_ISBLK(st.st_mode))
                        def_put(def, allocation, size);
                probe_data(fd, size, def);
        }
        def_put(def, physical, size);
        storage_probe_target(fd, &st, def);
        return 0;
}
