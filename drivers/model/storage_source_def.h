/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Elements that the definitions of storage pools, of volumes and of disks share: <auth>, <encryption> and <permissions>
 * of libvirt's format.
 */

#include "drivers/model/def.h"

/* <secret>: names a secret by its UUID or by what it is for. */
typedef struct StorageSecretRef {
        DefSet set;
        const char *type; /* of <auth>: "ceph", "iscsi"; of <encryption>: "passphrase" */
        const char *uuid;
        const char *usage;
} StorageSecretRef;

typedef enum StorageAuthType {
        STORAGE_AUTH_NONE = 1,
        STORAGE_AUTH_CHAP,
        STORAGE_AUTH_CEPH,
        _STORAGE_AUTH_MAX,
} StorageAuthType;
DECLARE_WORDS(storage_auth, StorageAuthType, _STORAGE_AUTH_MAX);

typedef struct StorageAuth {
        DefSet set;
        StorageAuthType type;
        const char *username;
        StorageSecretRef *secret; /* never NULL after decoding */
} StorageAuth;

typedef enum StorageEncryptionFormat {
        STORAGE_ENCRYPTION_DEFAULT = 1,
        STORAGE_ENCRYPTION_QCOW,
        STORAGE_ENCRYPTION_LUKS,
        STORAGE_ENCRYPTION_LUKS2,
        STORAGE_ENCRYPTION_LUKS_ANY,
        _STORAGE_ENCRYPTION_MAX,
} StorageEncryptionFormat;
DECLARE_WORDS(storage_encryption, StorageEncryptionFormat, _STORAGE_ENCRYPTION_MAX);

typedef enum StorageEncryptionEngine {
        STORAGE_ENCRYPTION_ENGINE_DEFAULT = 1,
        STORAGE_ENCRYPTION_ENGINE_QEMU,
        STORAGE_ENCRYPTION_ENGINE_LIBRBD,
        _STORAGE_ENCRYPTION_ENGINE_MAX,
} StorageEncryptionEngine;
DECLARE_WORDS(storage_encryption_engine, StorageEncryptionEngine, _STORAGE_ENCRYPTION_ENGINE_MAX);

typedef struct StorageEncryption {
        DefSet set;
        uint32_t cipher_size; /* bits */
        StorageEncryptionFormat format;
        StorageEncryptionEngine engine;
        DEF_LIST(StorageSecretRef) secrets;
        const char *cipher_name;
        const char *cipher_mode;
        const char *cipher_hash;
        const char *ivgen_name;
        const char *ivgen_hash;
} StorageEncryption;

/* Who may use a directory or a file; what is not given is left as it is. */
typedef struct StoragePermissions {
        DefSet set;
        uint32_t mode; /* at most 0777 */
        uint32_t owner;
        uint32_t group;
        const char *label; /* SELinux */
} StoragePermissions;

/* Their rows, for EMBED_SELF too: what has to fit together is not the same everywhere. */
extern const struct DefType storage_auth_type;
extern const struct DefType storage_encryption_type;
extern const struct DefType storage_vol_encryption_type; /* with the rules of volumes */
extern const struct DefType storage_permissions_type;

/* A path without doubled slashes and a slash at its end, as libvirt keeps paths; URIs stay as they are. */
const char *storage_path_clean(Arena *arena, const char *path);
