/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_source_def.h"

#include "drivers/model/def_table.h"

#include <string.h>

#define MODE_MAX 0777u

const char *const storage_auth_table[_STORAGE_AUTH_MAX] = {
        [STORAGE_AUTH_NONE] = "none",
        [STORAGE_AUTH_CHAP] = "chap",
        [STORAGE_AUTH_CEPH] = "ceph",
};
DEFINE_STRING_TABLE(storage_auth, StorageAuthType)

const char *const storage_encryption_table[_STORAGE_ENCRYPTION_MAX] = {
        [STORAGE_ENCRYPTION_DEFAULT] = "default", [STORAGE_ENCRYPTION_QCOW] = "qcow",
        [STORAGE_ENCRYPTION_LUKS] = "luks",       [STORAGE_ENCRYPTION_LUKS2] = "luks2",
        [STORAGE_ENCRYPTION_LUKS_ANY] = "luks-any",
};
DEFINE_STRING_TABLE(storage_encryption, StorageEncryptionFormat)

const char *const storage_encryption_engine_table[_STORAGE_ENCRYPTION_ENGINE_MAX] = {
        [STORAGE_ENCRYPTION_ENGINE_DEFAULT] = "default",
        [STORAGE_ENCRYPTION_ENGINE_QEMU] = "qemu",
        [STORAGE_ENCRYPTION_ENGINE_LIBRBD] = "librbd",
};
DEFINE_STRING_TABLE(storage_encryption_engine, StorageEncryptionEngine)

static const DefRow secret_rows[] = {
        ATTR(StorageSecretRef, "type", type),
        ATTR(StorageSecretRef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        ATTR(StorageSecretRef, "usage", usage),
};

static void check_secret(const void *p, DefChecker *checker)
{
        const StorageSecretRef *secret = p;

        if (!secret->uuid && !secret->usage)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "missing secret uuid or usage attribute");
        else if (secret->uuid && secret->usage)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "either secret uuid or usage expected");
}

static const DefRule secret_rules[] = {
        { "secret-named-once", check_secret },
        {},
};
static DEF_TYPE_PLAIN(secret_type, StorageSecretRef, secret_rows, .rules = secret_rules);

static const DefRow auth_rows[] = {
        ATTR(StorageAuth, "type", type, WORDS(storage_auth)),
        ATTR(StorageAuth, "username", username, FLAGS(DEF_REQUIRED)),
        CHILD(StorageAuth, "secret", secret, secret_type, FLAGS(DEF_REQUIRED)),
};
DEF_TYPE_PLAIN(storage_auth_type, StorageAuth, auth_rows);

static const DefRow cipher_rows[] = {
        ATTR(StorageEncryption, "name", cipher_name, FLAGS(DEF_REQUIRED)),
        ATTR(StorageEncryption, "size", cipher_size, FLAGS(DEF_REQUIRED)),
        ATTR(StorageEncryption, "mode", cipher_mode),
        ATTR(StorageEncryption, "hash", cipher_hash),
};
static DEF_TYPE_PLAIN(cipher_type, StorageEncryption, cipher_rows);

static const DefRow ivgen_rows[] = {
        ATTR(StorageEncryption, "name", ivgen_name, FLAGS(DEF_REQUIRED)),
        ATTR(StorageEncryption, "hash", ivgen_hash),
};
static DEF_TYPE_PLAIN(ivgen_type, StorageEncryption, ivgen_rows);

static const DefRow encryption_rows[] = {
        ATTR(StorageEncryption, "format", format, WORDS(storage_encryption), FLAGS(DEF_REQUIRED)),
        ATTR(StorageEncryption, "engine", engine, WORDS(storage_encryption_engine)),
        LIST(StorageEncryption, "secret", secrets, secret_type),
        GROUP("cipher", cipher_type),
        GROUP("ivgen", ivgen_type),
};

static void encryption_finish(void *p, Arena *arena, bool live)
{
        StorageEncryption *encryption = p;

        if (encryption->engine == STORAGE_ENCRYPTION_ENGINE_DEFAULT)
                encryption->engine = 0;
}

DEF_TYPE_PLAIN(storage_encryption_type, StorageEncryption, encryption_rows, .finish = encryption_finish);

static void check_encryption(const void *p, DefChecker *checker)
{
        const StorageEncryption *encryption = p;

        if (encryption->ivgen_name && !encryption->cipher_name)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "ivgen element requires a cipher element");
        DEF_FOREACH(secret, encryption->secrets)
                if (!secret->type || !streq(secret->type, "passphrase"))
                        checker_fail(checker, ERROR_XML_ERROR, "secret/@type",
                                     "unknown volume encryption secret type %s", strempty(secret->type));
}

static const DefRule encryption_rules[] = {
        { "encryption-cipher", check_encryption },
        {},
};

/* Only volumes of LUKS choose a cipher, and libvirt does not look at that of others. */
static void vol_encryption_finish(void *p, Arena *arena, bool live)
{
        StorageEncryption *encryption = p;

        if (encryption->format == STORAGE_ENCRYPTION_LUKS)
                return;
        encryption->cipher_name = encryption->cipher_mode = encryption->cipher_hash = NULL;
        encryption->ivgen_name = encryption->ivgen_hash = NULL;
        def_drop(encryption, cipher_size);
}

static const DefRow vol_encryption_rows[] = { EMBED_SELF(storage_encryption_type) };
DEF_TYPE_PLAIN(storage_vol_encryption_type, StorageEncryption, vol_encryption_rows, .finish = vol_encryption_finish,
               .rules = encryption_rules);

/* "0644" and "644" are octal. */
static bool parse_mode(Arena *arena, const char *text, void *field)
{
        char *end;
        guint64 v;

        if (!g_ascii_isdigit(*text))
                return false;
        v = g_ascii_strtoull(text, &end, 8);
        if (*end || v > MODE_MAX)
                return false;
        *(uint32_t *) field = (uint32_t) v;
        return true;
}

static bool print_mode(const void *p, const void *field, unsigned flags, GString *out)
{
        const StoragePermissions *permissions = p;

        if (!def_is_set(permissions, mode))
                return false;
        g_string_append_printf(out, "0%o", permissions->mode);
        return true;
}

static const DefHatch mode_hatch = { .parse = parse_mode, .print = print_mode };

/* -1 is what libvirt once printed for "not given"; always decimal. */
static bool parse_id(Arena *arena, const char *text, void *field)
{
        int64_t v;

        if (parse_i64(text, &v) < 0 || v < -1 || v > UINT32_MAX)
                return false;
        *(uint32_t *) field = (uint32_t) v;
        return true;
}

static const DefHatch id_hatch = { .parse = parse_id };

static const DefRow permissions_rows[] = {
        ELEMENT(StoragePermissions, "mode", mode, HATCH(mode_hatch)),
        ELEMENT(StoragePermissions, "owner", owner, HATCH(id_hatch)),
        ELEMENT(StoragePermissions, "group", group, HATCH(id_hatch)),
        ELEMENT(StoragePermissions, "label", label),
};

static void permissions_finish(void *p, Arena *arena, bool live)
{
        StoragePermissions *permissions = p;

        if (permissions->owner == UINT32_MAX)
                def_drop(permissions, owner);
        if (permissions->group == UINT32_MAX)
                def_drop(permissions, group);
}

DEF_TYPE_PLAIN(storage_permissions_type, StoragePermissions, permissions_rows, .finish = permissions_finish);

const char *storage_path_clean(Arena *arena, const char *path)
{
        g_autofree char *clean = NULL;
        char *to;

        if (!path || strstr(path, "://"))
                return path;
        to = clean = g_malloc(strlen(path) + 1);
        /* two slashes at the begin, and no more, have a meaning of their own in POSIX */
        if (path[0] == '/' && path[1] == '/' && path[2] != '/')
                *to++ = *path++;
        for (; *path; path++)
                if (*path != '/' || path[1] != '/')
                        *to++ = *path;
        if (to > clean + 1 && to[-1] == '/')
                to--;
        *to = '\0';
        return arena_strdup(arena, clean);
}
