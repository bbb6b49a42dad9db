/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_lun.h"

#include "drivers/storage/storage_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* TYPE_DISK of <scsi/scsi_proto.h> */
#define TYPE_DISK 0

int storage_lun_rescan(unsigned host, Error *error)
{
        g_autofree char *path = g_strdup_printf("/sys/class/scsi_host/host%u/scan", host);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
        int r = fd < 0 ? -errno : write_all(fd, "- - -", 5);

        return r < 0 ? error_set_errno(error, r, "cannot have SCSI host %u look for disks ('%s')", host, path) : 0;
}

static int add_disk(StorageWork *work, const char *unit, const char *device, Error *error)
{
        g_autofree char *name = g_strconcat("unit:", unit, NULL);
        g_autofree char *path = storage_device_path(work->pool->path, device);

        return storage_work_add_device(work, name, path, error);
}

static bool is_disk(const char *dir)
{
        g_autofree char *path = g_build_filename(dir, "type", NULL), *text = NULL;

        return read_file_at(AT_FDCWD, path, 16, &text, NULL) >= 0 && atoi(text) == TYPE_DISK;
}

/* name is "HOST:BUS:TARGET:LUN"; what has no disk, or whose disk does not answer, is no volume. */
static void scan_device(StorageWork *work, const char *name)
{
        g_autofree char *dir = g_build_filename("/sys/bus/scsi/devices", name, NULL);
        g_autofree char *block = g_build_filename(dir, "block", NULL);
        g_autoptr(GDir) disks = is_disk(dir) ? g_dir_open(block, 0, NULL) : NULL;
        const char *device = disks ? g_dir_read_name(disks) : NULL;

        if (device)
                (void) add_disk(work, strchr(name, ':') + 1, device, NULL);
}

int storage_lun_scan(StorageWork *work, unsigned host, Error *error)
{
        g_autoptr(GDir) devices = g_dir_open("/sys/bus/scsi/devices", 0, NULL);
        g_autofree char *prefix = g_strdup_printf("%u:", host);
        const char *name;
        int r = 0;

        work->info = (StoragePoolInfo) {};
        while (r >= 0 && devices && (name = g_dir_read_name(devices))) {
                if (g_str_has_prefix(name, prefix))
                        scan_device(work, name);
                r = storage_work_advance(work, 0, error);
        }
        return r;
}
