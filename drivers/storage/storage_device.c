/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_device.h"

#include <blkid/blkid.h>
#include <stdlib.h>

DEFINE_TRIVIAL_CLEANUP(blkid_probe, blkid_free_probe)

int storage_device_probe(const char *path, char **ret, Error *error)
{
        _cleanup_(blkid_free_probep) blkid_probe probe = NULL;
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        const char *type = NULL;
        int r;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open device '%s'", path);
        probe = blkid_new_probe();
        if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
                return error_set_errno(error, EIO, "cannot look at device '%s'", path);
        (void) blkid_probe_enable_partitions(probe, 1);
        r = blkid_do_safeprobe(probe);
        if (r == -2)
                return error_set(error, ERROR_OPERATION_FAILED, "what stands on device '%s' is ambiguous", path);
        if (r < 0)
                return error_set_errno(error, EIO, "cannot look at device '%s'", path);
        if (r == 0 && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) < 0 &&
            blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) < 0)
                type = "unknown";
        *ret = g_strdup(type);
        return 0;
}

char *storage_device_path(const char *dir, const char *name)
{
        g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
        g_autofree char *device = g_build_filename("/dev", name, NULL);
        const char *entry;

        while (entries && (entry = g_dir_read_name(entries))) {
                g_autofree char *path = g_build_filename(dir, entry, NULL);
                char *target = realpath(path, NULL);
                bool is_same = streq_ptr(target, device);

                free(target);
                if (is_same)
                        return g_steal_pointer(&path);
        }
        return g_steal_pointer(&device);
}
