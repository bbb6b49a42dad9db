/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_overlay.h"

#include "drivers/host/image.h"
#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_layer.h"

/* Of what the guest sees, in bytes. */
static int image_size(const QemuFiles *files, const DomainDisk *disk, const QemuLayer *layer, uint64_t *ret)
{
        off_t size;

        if (disk->source.slices.n > 0 && streq(layer->format, "raw")) {
                *ret = disk->source.slices.items[0]->size;
                return 0;
        }
        *ret = layer->size;
        if (!layer->block || !streq(layer->format, "raw"))
                return 0;
        size = lseek(qemu_files_find(files, layer->file_node)->fd, 0, SEEK_END);
        if (size < 0)
                return -errno;
        *ret = (uint64_t) size;
        return 0;
}

static int open_nameless(const char *dir)
{
        int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

        return fd < 0 ? -errno : fd;
}

int qemu_overlay_open(QemuFiles *files, const DomainDisk *disk, const char *place, const char *dir, Error *error)
{
        const QemuLayer *layer = qemu_files_chain(files, disk->info.alias)->layers;
        g_autofree char *beside = g_path_get_dirname(layer->path);
        g_autofree char *id = qemu_layer_name(disk, 0, QEMU_LAYER_OVERLAY "-file");
        _cleanup_close_ int fd = -EBADF;
        uint64_t size;
        int r = image_size(files, disk, layer, &size);

        if (r < 0)
                return error_set_errno(error, r, "%s: the size of '%s' cannot be found out", place, layer->path);
        fd = layer->block ? -EOPNOTSUPP : open_nameless(beside);
        if (fd < 0 && dir) {
                r = mkdir_parents(dir, 0700);
                fd = r < 0 ? r : open_nameless(dir);
        }
        if (fd < 0)
                return error_set_errno(error, fd,
                                       "%s: no file can be made for what the guest writes, beside the image or in '%s'",
                                       place, strempty(dir));
        r = image_write_overlay(fd, size, NULL, NULL);
        if (r < 0)
                return error_set_errno(error, r, "%s: the file for what the guest writes cannot be written", place);
        qemu_files_add(files, QEMU_FILE_SET, id, layer->path, TAKE_FD(fd));
        return 0;
}
