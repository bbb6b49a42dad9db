/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/error.h"

#include <string.h>

/*
 * Sentences are those of libvirt's virErrorMsg(), which clients match: cockpit looks for "Domain not found"
 * at the start of a message.
 */
static const ErrorInfo error_table[] = {
        { ERROR_INTERNAL, ERROR_INTERNAL, EIO, "Internal", "internal error" },
        { ERROR_NO_MEMORY, ERROR_NO_MEMORY, ENOMEM, "NoMemory", "out of memory" },
        { ERROR_NO_SUPPORT, ERROR_NO_SUPPORT, EOPNOTSUPP, "NoSupport",
          "this function is not supported by the connection driver" },
        { ERROR_INVALID_ARG, ERROR_INVALID_ARG, EINVAL, "InvalidArg", "invalid argument" },
        { ERROR_OPERATION_FAILED, ERROR_OPERATION_FAILED, EIO, "OperationFailed", "operation failed" },
        { ERROR_XML_ERROR, ERROR_XML_ERROR, EBADMSG, "XMLError", "XML error" },
        /* libvirt's list of domains says it so, and has the row of its own for nobody */
        { ERROR_DOM_EXIST, ERROR_OPERATION_FAILED, EEXIST, "DomainExists", "operation failed" },
        { ERROR_XML_DETAIL, ERROR_XML_DETAIL, EBADMSG, "XMLDetail", NULL },
        { ERROR_SYSTEM_ERROR, ERROR_SYSTEM_ERROR, EIO, "SystemError", NULL },
        { ERROR_NO_DOMAIN, ERROR_NO_DOMAIN, ENOENT, "NoDomain", "Domain not found" },
        { ERROR_NO_NETWORK, ERROR_NO_NETWORK, ENOENT, "NoNetwork", "Network not found" },
        { ERROR_NO_STORAGE_POOL, ERROR_NO_STORAGE_POOL, ENOENT, "NoStoragePool",
          "Storage pool not found" },
        { ERROR_NO_STORAGE_VOL, ERROR_NO_STORAGE_VOL, ENOENT, "NoStorageVol",
          "Storage volume not found" },
        { ERROR_NO_NODE_DEVICE, ERROR_NO_NODE_DEVICE, ENOENT, "NoNodeDevice",
          "Node device not found" },
        { ERROR_OPERATION_INVALID, ERROR_OPERATION_INVALID, EINVAL, "OperationInvalid",
          "Requested operation is not valid" },
        { ERROR_NO_INTERFACE, ERROR_NO_INTERFACE, ENOENT, "NoInterface", "Interface not found" },
        { ERROR_MULTIPLE_INTERFACES, ERROR_MULTIPLE_INTERFACES, EINVAL, "MultipleInterfaces",
          "multiple matching interfaces found" },
        { ERROR_NO_NWFILTER, ERROR_NO_NWFILTER, ENOENT, "NoNWFilter", "Network filter not found" },
        { ERROR_INVALID_SECRET, ERROR_INVALID_SECRET, EINVAL, "InvalidSecret", "Invalid secret" },
        { ERROR_NO_SECRET, ERROR_NO_SECRET, ENOENT, "NoSecret", "Secret not found" },
        { ERROR_CONFIG_UNSUPPORTED, ERROR_CONFIG_UNSUPPORTED, EOPNOTSUPP, "ConfigUnsupported",
          "unsupported configuration" },
        { ERROR_OPERATION_TIMEOUT, ERROR_OPERATION_TIMEOUT, ETIMEDOUT, "OperationTimeout",
          "Timed out during operation" },
        { ERROR_NO_DOMAIN_SNAPSHOT, ERROR_NO_DOMAIN_SNAPSHOT, ENOENT, "NoDomainSnapshot",
          "Domain snapshot not found" },
        { ERROR_ARGUMENT_UNSUPPORTED, ERROR_ARGUMENT_UNSUPPORTED, EINVAL, "ArgumentUnsupported",
          "argument unsupported" },
        { ERROR_OPERATION_ABORTED, ERROR_OPERATION_ABORTED, ECANCELED, "OperationAborted",
          "operation aborted" },
        { ERROR_NO_DOMAIN_METADATA, ERROR_NO_DOMAIN_METADATA, ENOENT, "NoDomainMetadata",
          "metadata not found" },
        { ERROR_SNAPSHOT_REVERT_RISKY, ERROR_SNAPSHOT_REVERT_RISKY, EBUSY, "SnapshotRevertRisky",
          "revert requires force" },
        { ERROR_OVERFLOW, ERROR_OVERFLOW, EOVERFLOW, "Overflow", "numerical overflow" },
        { ERROR_BLOCK_COPY_ACTIVE, ERROR_BLOCK_COPY_ACTIVE, EBUSY, "BlockCopyActive", "block copy still active" },
        { ERROR_OPERATION_UNSUPPORTED, ERROR_OPERATION_UNSUPPORTED, EOPNOTSUPP, "OperationUnsupported",
          "Operation not supported" },
        { ERROR_AGENT_UNRESPONSIVE, ERROR_AGENT_UNRESPONSIVE, ETIMEDOUT, "AgentUnresponsive",
          "Guest agent is not responding" },
        { ERROR_RESOURCE_BUSY, ERROR_RESOURCE_BUSY, EBUSY, "ResourceBusy", "resource busy" },
        { ERROR_ACCESS_DENIED, ERROR_ACCESS_DENIED, EACCES, "AccessDenied", "access denied" },
        { ERROR_CPU_INCOMPATIBLE, ERROR_CPU_INCOMPATIBLE, EOPNOTSUPP, "CPUIncompatible",
          "the CPU is incompatible with host CPU" },
        { ERROR_XML_INVALID_SCHEMA, ERROR_XML_INVALID_SCHEMA, EBADMSG, "XMLInvalidSchema",
          "XML document failed to validate against schema" },
        { ERROR_AUTH_UNAVAILABLE, ERROR_AUTH_UNAVAILABLE, EACCES, "AuthUnavailable",
          "authentication unavailable" },
        { ERROR_DEVICE_MISSING, ERROR_DEVICE_MISSING, ENODEV, "DeviceMissing", "device not found" },
        { ERROR_NO_NWFILTER_BINDING, ERROR_NO_NWFILTER_BINDING, ENOENT, "NoNWFilterBinding",
          "Network filter binding not found" },
        { ERROR_NO_DOMAIN_CHECKPOINT, ERROR_NO_DOMAIN_CHECKPOINT, ENOENT, "NoDomainCheckpoint",
          "Domain checkpoint not found" },
        { ERROR_NO_NETWORK_PORT, ERROR_NO_NETWORK_PORT, ENOENT, "NoNetworkPort",
          "network port not found" },
        { ERROR_NO_HOSTNAME, ERROR_NO_HOSTNAME, ENOENT, "NoHostname", "no hostname found" },
        { ERROR_NO_DOMAIN_BACKUP, ERROR_NO_DOMAIN_BACKUP, ENOENT, "NoDomainBackup",
          "Domain backup job id not found" },
        { ERROR_NO_NETWORK_METADATA, ERROR_NO_NETWORK_METADATA, ENOENT, "NoNetworkMetadata",
          "network metadata not found" },
        { ERROR_LIMITS_EXCEEDED, ERROR_RESOURCE_BUSY, EDQUOT, "LimitsExceeded", "limit exceeded" },
        { ERROR_NO_JOB, ERROR_OPERATION_INVALID, ENOENT, "NoJob", "Job not found" },
        { ERROR_INVALID_OBJECT_PATH, ERROR_INVALID_ARG, EINVAL, "InvalidObjectPath", NULL },
        /* libvirt's text has no sentence before it */
        { ERROR_UNSUPPORTED_FLAGS, ERROR_INVALID_ARG, EINVAL, "InvalidArg", NULL },
        { ERROR_INVALID_UUID, ERROR_INVALID_ARG, EINVAL, "InvalidArg", NULL },
};

const ErrorInfo *error_info(ErrorCode code)
{
        for (size_t i = 0; i < ELEMENTSOF(error_table); i++)
                if (error_table[i].code == code)
                        return error_table + i;
        return error_table;
}

int error_setv(Error *error, ErrorCode code, const char *format, va_list ap)
{
        if (error) {
                g_assert(error->code == ERROR_OK);
                error->code = code;
                error->detail = format ? g_strdup_vprintf(format, ap) : NULL;
        }
        return -error_info(code)->error;
}

int error_set(Error *error, ErrorCode code, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = error_setv(error, code, format, ap);
        va_end(ap);
        return r;
}

int error_set_errno(Error *error, int r, const char *format, ...)
{
        int number = r < 0 ? -r : r;

        if (error) {
                g_autofree char *text = NULL;
                va_list ap;

                va_start(ap, format);
                text = g_strdup_vprintf(format, ap);
                va_end(ap);
                (void) error_set(error, number == ENOMEM ? ERROR_NO_MEMORY : ERROR_SYSTEM_ERROR, "%s: %s",
                                 text, g_strerror(number));
        }
        return -number;
}

void error_fill(Error *error, int r)
{
        /* those that say no more than their errno: ENOENT alone is no missing domain */
        static const ErrorCode plain_codes[] = {
                ERROR_NO_MEMORY, ERROR_NO_SUPPORT,    ERROR_OPERATION_TIMEOUT, ERROR_OPERATION_ABORTED,
                ERROR_OVERFLOW,  ERROR_RESOURCE_BUSY, ERROR_LIMITS_EXCEEDED,   ERROR_ACCESS_DENIED,
        };

        if (!error || error_is_set(error))
                return;
        for (size_t i = 0; i < ELEMENTSOF(plain_codes); i++)
                if (error_info(plain_codes[i])->error == -r) {
                        (void) error_set(error, plain_codes[i], NULL);
                        return;
                }
        (void) error_set(error, ERROR_SYSTEM_ERROR, "%s", g_strerror(-r));
}

bool error_is_set(const Error *error)
{
        return error && error->code != ERROR_OK;
}

char *error_message(const Error *error)
{
        const ErrorInfo *info = error_info(error->code);

        if (!info->sentence)
                return g_strdup(strempty(error->detail));
        if (!error->detail)
                return g_strdup(info->sentence);
        return g_strdup_printf("%s: %s", info->sentence, error->detail);
}

char *error_native_name(const Error *error)
{
        return g_strconcat("org.virtbus1.Error.", error_info(error->code)->native_name, NULL);
}

void error_clear(Error *error)
{
        g_free(error->detail);
        *error = ERROR_INIT;
}

void error_copy(Error *to, const Error *from)
{
        g_assert(to->code == ERROR_OK);
        to->code = from->code;
        to->detail = g_strdup(from->detail);
}

void error_move(Error *to, Error *from)
{
        if (!to) {
                error_clear(from);
                return;
        }
        g_assert(to->code == ERROR_OK);
        *to = *from;
        *from = ERROR_INIT;
}
