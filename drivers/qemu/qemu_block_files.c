/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_block_files.h"

#include "drivers/host/image.h"
#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"

#include <fcntl.h>

QemuBlockTarget *qemu_block_target_new(const char *path, const char *format, bool block, bool reuse, uint64_t size)
{
        QemuBlockTarget *target = g_new0(QemuBlockTarget, 1);

        target->path = g_strdup(path);
        target->format = g_strdup(format);
        target->block = block;
        target->reuse = reuse;
        target->size = size;
        target->fd = -EBADF;
        return target;
}

QemuBlockTarget *qemu_block_target_free(QemuBlockTarget *target)
{
        if (!target)
                return NULL;
        safe_close(target->fd);
        g_free(target->path);
        g_free(target->format);
        g_free(target->backing);
        g_free(target->backing_format);
        g_free(target);
        return NULL;
}

static int make_image(QemuBlockTarget *target, const char *disk, Error *error)
{
        int r = -EOPNOTSUPP;

        if (streq(target->format, "raw"))
                r = target->block ? 0 : ftruncate(target->fd, (off_t) target->size) < 0 ? -errno : 0;
        else if (streq(target->format, "qcow2") && !target->block)
                r = image_write_overlay(target->fd, target->size, target->backing, target->backing_format);
        if (r == -EOPNOTSUPP)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "disk '%s': %s images are not made %s: make '%s' with qemu-img and ask for it to be "
                                 "used as it is", disk, target->format, target->block ? "on block devices" : "here",
                                 target->path);
        return r < 0 ? error_set_errno(error, r, "disk '%s': cannot write '%s'", disk, target->path) : 0;
}

int qemu_block_target_open(QemuBlockTarget *target, const char *disk, Error *error)
{
        OpenKind kind = target->block ? OPEN_BLOCK : OPEN_FILE;
        bool there = target->block || target->reuse || access(target->path, F_OK) == 0;
        struct stat st;
        int r = qemu_open(target->path, kind, there ? O_RDWR : O_RDWR | O_CREAT, disk, &target->fd, &st, error);

        if (r < 0)
                return r;
        target->created = !there;
        if (target->reuse)
                return 0;
        if (!target->block && st.st_size > 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "external destination file for disk %s already exists and is not a block device: %s",
                                 disk, target->path);
        r = make_image(target, disk, error);
        if (r < 0)
                qemu_block_target_undo(target);
        return r;
}

void qemu_block_target_undo(QemuBlockTarget *target)
{
        if (target->created)
                (void) unlink(target->path);
        target->created = false;
}

QemuBlockLoans *qemu_block_loans_free(QemuBlockLoans *loans)
{
        if (!loans)
                return NULL;
        for (size_t i = 0; i < loans->n; i++)
                safe_close(loans->items[i].fd);
        domain_def_unref(loans->def);
        g_clear_pointer(&loans->fd_groups, g_ptr_array_unref);
        g_strfreev(loans->image_dirs);
        g_free(loans->alias);
        g_free(loans);
        return NULL;
}

/* A path may lead elsewhere by now. */
static bool is_same(pid_t pid, int qemu_fd, int fd)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/fd/%d", (int) pid, qemu_fd);
        struct stat a, b;

        return stat(path, &a) >= 0 && fstat(fd, &b) >= 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int lend(const QemuBlockLoans *loans, QemuBlockLoan *loan, const QemuFiles *files, Error *error)
{
        const QemuChain *chain = qemu_files_chain(files, loans->alias);
        const QemuLayer *layer = loan->layer < chain->n_layers ? chain->layers + loan->layer : NULL;
        const QemuFile *file = layer ? qemu_files_find(files, layer->file_node) : NULL;

        if (!file)
                return error_set(error, ERROR_OPERATION_INVALID, "the chain of images is not what the machine has");
        if (!is_same(loans->pid, loan->qemu_fd, file->fd))
                return error_set(error, ERROR_OPERATION_INVALID, "'%s' is not the file that the machine has",
                                 layer->path);
        loan->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
        return loan->fd < 0 ? error_set_errno(error, errno, "cannot open '%s' again", layer->path) : 0;
}

int qemu_block_loans_open(QemuBlockLoans *loans, Error *error)
{
        _cleanup_(qemu_files_freep) QemuFiles *files = qemu_files_new();
        const DomainDisk *found = NULL;
        g_autofree char *place = NULL;
        QemuChainSource source = {
                .alias = loans->alias,
                .image_dirs = (const char *const *) loans->image_dirs,
                .fd_groups = loans->fd_groups,
        };
        int r;

        DEF_FOREACH(disk, loans->def->disks)
                if (streq_ptr(disk->info.alias, loans->alias))
                        found = disk;
        place = qemu_place(loans->def, found, NULL);
        source.disk = found;
        source.place = place;
        for (size_t i = 0; i < loans->n; i++)
                source.writable_layers |= 1u << loans->items[i].layer;
        r = qemu_chain_open(files, &source, error);
        for (size_t i = 0; r >= 0 && i < loans->n; i++)
                r = lend(loans, loans->items + i, files, error);
        return r;
}
