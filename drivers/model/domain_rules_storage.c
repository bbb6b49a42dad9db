/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What has to fit together in what a disk is made of. */

static void check_auth(const void *p, DefChecker *checker)
{
        static const char *const types[] = { "iscsi", "ceph", "volume" };
        const StorageAuth *auth = p;

        if (auth->type == STORAGE_AUTH_NONE)
                checker_fail(checker, ERROR_XML_ERROR, "@type", "unknown auth type 'none'");
        if (!auth->secret->type) {
                checker_fail(checker, ERROR_XML_ERROR, "secret", "missing secret type in <auth>");
                return;
        }
        for (unsigned i = 0; i < ELEMENTSOF(types); i++)
                if (streq(auth->secret->type, types[i]))
                        return;
        checker_fail(checker, ERROR_XML_ERROR, "secret/@type", "unknown secret type '%s'", auth->secret->type);
}

const DefRule domain_auth_rules[] = {
        { "the secret is of a kind that authenticates", check_auth },
        {},
};

static void check_encryption(const void *p, DefChecker *checker)
{
        const StorageEncryption *encryption = p;

        DEF_FOREACH(secret, encryption->secrets)
                if (!streq_ptr(secret->type, "passphrase"))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "secret/@type",
                                     "unknown secret type '%s'", secret->type ?: "<null>");
        if (encryption->format == STORAGE_ENCRYPTION_DEFAULT)
                checker_fail(checker, ERROR_XML_ERROR, "@format", "missing volume encryption format");
        if (encryption->cipher_name && encryption->format < STORAGE_ENCRYPTION_LUKS)
                checker_fail(checker, ERROR_XML_ERROR, "cipher",
                             "volume encryption cipher is only for the format 'luks'");
        else if (encryption->cipher_name)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cipher",
                             "supplying <cipher> for domain disk definition is unnecessary");
}

const DefRule domain_encryption_rules[] = {
        { "disks are opened with a passphrase, not made", check_encryption },
        {},
};

static void check_reservations(const void *p, DefChecker *checker)
{
        const DomainReservations *reservations = p;

        if (reservations->managed == TRISTATE_NO && !reservations->path)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "missing connection path for <reservations>");
}

const DefRule domain_reservations_rules[] = {
        { "reservations that are not managed have a socket", check_reservations },
        {},
};

/* The characters of HTTP's cookies. */
static void check_cookie(const void *p, DefChecker *checker)
{
        const DomainCookie *cookie = p;

        if (strpbrk(cookie->name, "\r\n\t \"(),/:;<=>?@[\\]{}")) {
                checker_fail(checker, ERROR_XML_ERROR, NULL, "cookie name '%s' contains invalid characters",
                             cookie->name);
                return;
        }
        if (strpbrk(cookie->value, "\r\n\t \",;\\"))
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "value of cookie '%s' contains invalid characters", cookie->name);
}

const DefRule domain_cookie_rules[] = {
        { "cookies are what HTTP allows", check_cookie },
        {},
};

/* A total and its parts exclude each other; a burst needs a limit beneath it, and a length a burst. */
static void check_iotune(const void *p, DefChecker *checker)
{
        const DomainIoTune *tune = p;
        const struct {
                const char *name;
                uint64_t total, read, write;
        } sums[] = {
                { "bytes_sec", tune->total_bytes, tune->read_bytes, tune->write_bytes },
                { "iops_sec", tune->total_iops, tune->read_iops, tune->write_iops },
                { "bytes_sec_max", tune->total_bytes_max, tune->read_bytes_max,
                  tune->write_bytes_max },
                { "iops_sec_max", tune->total_iops_max, tune->read_iops_max,
                  tune->write_iops_max },
        };

        for (unsigned i = 0; i < ELEMENTSOF(sums); i++)
                if (sums[i].total > 0 && (sums[i].read > 0 || sums[i].write > 0))
                        checker_fail(checker, ERROR_XML_ERROR, NULL,
                                     "total and read/write %s cannot be set at the same time",
                                     sums[i].name);
}

const DefRule domain_iotune_rules[] = {
        { "a limit is for all or for reads and writes apart", check_iotune },
        {},
};

#define PROTOCOL(p) IS(DOMAIN_PROTOCOL_##p)
#define WITH_PASSWORD                                                                               \
        (PROTOCOL(ISCSI) | PROTOCOL(HTTP) | PROTOCOL(HTTPS) | PROTOCOL(FTP) | PROTOCOL(FTPS) |      \
         PROTOCOL(SSH) | PROTOCOL(RBD))

void check_storage_auth(const DomainStorage *storage, const StorageAuth *auth, DefChecker *checker)
{
        const char *kind = storage->protocol == DOMAIN_PROTOCOL_ISCSI ? "iscsi" :
                           storage->protocol == DOMAIN_PROTOCOL_RBD ? "ceph" : NULL;

        if (!auth || storage->type != DOMAIN_DISK_NETWORK || storage->protocol == 0)
                return;
        if (!(WITH_PASSWORD & IS(storage->protocol)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "auth",
                             "authentication is not supported for protocol '%s'",
                             domain_protocol_to_string(storage->protocol));
        else if (kind && !streq_ptr(auth->secret->type, kind))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "auth/secret/@type", "invalid secret type '%s'",
                             strempty(auth->secret->type));
}

/* The name of an image starts with that of its pool or volume. */
static bool has_pool(const char *name)
{
        const char *slash = strchr(name, '/');

        return slash && slash != name;
}

static bool may_have_startup_policy(const DomainStorage *storage)
{
        return storage->type != DOMAIN_DISK_NETWORK && storage->type != DOMAIN_DISK_NVME &&
                storage->type != DOMAIN_DISK_VHOST_USER && storage->type != DOMAIN_DISK_VHOST_VDPA;
}

static void check_storage(const void *p, DefChecker *checker)
{
        const DomainStorage *storage = p;

        if (storage->startup_policy != 0 && !may_have_startup_policy(storage))
                checker_fail(checker, ERROR_XML_ERROR, "@startupPolicy",
                             "disk startupPolicy '%s' is not allowed for disk of '%s' type",
                             domain_startup_policy_to_string(storage->startup_policy),
                             domain_disk_type_to_string(storage->type));
        DEF_FOREACH(host, storage->hosts) {
                if (streq_ptr(host->transport, "unix") && !host->socket)
                        checker_fail(checker, ERROR_XML_ERROR, "host", "missing socket for unix transport");
                if (!streq_ptr(host->transport, "unix") && host->socket)
                        checker_fail(checker, ERROR_XML_ERROR, "host",
                                     "transport '%s' does not support socket attribute",
                                     host->transport ?: "tcp");
                if (!streq_ptr(host->transport, "unix") && !host->name)
                        checker_fail(checker, ERROR_XML_ERROR, "host", "missing name for host");
        }
        if (storage->type == DOMAIN_DISK_NETWORK && !storage->name &&
            storage->protocol != DOMAIN_PROTOCOL_NBD && storage->protocol != 0)
                checker_fail(checker, ERROR_XML_ERROR, "@name", "missing name for disk source");
        if (storage->type == DOMAIN_DISK_NETWORK && storage->name && !has_pool(storage->name) &&
            (storage->protocol == DOMAIN_PROTOCOL_RBD || storage->protocol == DOMAIN_PROTOCOL_GLUSTER))
                checker_fail(checker, ERROR_XML_ERROR, "@name",
                             "can't split path '%s' into pool name and image name", storage->name);
        check_storage_auth(storage, storage->auth, checker);
        DEF_FOREACH(label, storage->labels)
                if (!label->model && storage->labels.n > 1)
                        checker_fail(checker, ERROR_XML_ERROR, "seclabel",
                                     "missing security model when using multiple labels");
}

const DefRule domain_storage_rules[] = {
        { "the source says what its type takes", check_storage },
        {},
};
