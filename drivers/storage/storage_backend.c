/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_backend.h"

const StorageBackend *storage_backend(StoragePoolType type)
{
        static const StorageBackend *const backends[_STORAGE_POOL_TYPE_MAX] = {
                [STORAGE_POOL_DIR] = &storage_backend_dir,
                [STORAGE_POOL_FS] = &storage_backend_fs,
                [STORAGE_POOL_NETFS] = &storage_backend_netfs,
                [STORAGE_POOL_LOGICAL] = &storage_backend_logical,
                [STORAGE_POOL_DISK] = &storage_backend_disk,
                [STORAGE_POOL_ISCSI] = &storage_backend_iscsi,
                [STORAGE_POOL_SCSI] = &storage_backend_scsi,
                [STORAGE_POOL_MPATH] = &storage_backend_mpath,
        };

        return backends[type];
}
