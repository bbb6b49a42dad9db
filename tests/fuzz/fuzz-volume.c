/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_probe.h"

#include <sys/mman.h>

/* What a file of a pool is said to be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(STORAGE_POOL_DIR);
        _cleanup_close_ int fd = memfd_create("volume", MFD_CLOEXEC);
        g_autofree char *xml = NULL;
        uint64_t capacity;

        g_assert(fd >= 0 && write_all(fd, data, size) >= 0);
        def->name = "v";
        def->key = def->target.path = "/pool/v";
        g_assert(storage_probe(fd, def, NULL) >= 0);
        g_assert(storage_vol_def_seal(def, NULL, NULL) >= 0);
        g_assert(def->capacity <= INT64_MAX);
        xml = storage_vol_def_format(def, 0);
        if (storage_probe_capacity(fd, def->target.format, &capacity, NULL) >= 0)
                g_assert(capacity <= INT64_MAX);
        return 0;
}
