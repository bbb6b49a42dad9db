/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a machine needs and nobody may see: values of secrets that its definition names. QEMU gets each as a sealed file
 * in memory, which only it can open, as QEMU's object "secret" reads it; nothing of it is in arguments, log or files.
 */

#include "drivers/model/domain_def.h"
#include "drivers/model/object.h"

typedef struct QemuSecret {
        char *id; /* of QEMU's object: "virtio-disk0-key" */
        GBytes *value;
} QemuSecret;

/*
 * Finds them all, in the driver's list of secrets (NULL: it has none). tls_secret is the UUID of that of the host's
 * private keys, NULL: they need none. *ret is an array of QemuSecret, which any thread may unref. ERROR_NO_SECRET for
 * one that is not there or has no value, ERROR_CONFIG_UNSUPPORTED for one of another usage.
 */
int qemu_secrets_collect(const DomainDef *def, const ObjectList *secrets, const char *tls_secret, GPtrArray **ret,
                         Error *error);
