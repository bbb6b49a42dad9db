/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a secret: libvirt's <secret> format (11.3). The value is not in it. def.h has the conventions. */

#include "drivers/model/definition.h"
#include "drivers/model/object.h"

/* virSecretUsageType */
typedef enum SecretUsage {
        SECRET_USAGE_NONE = 0,
        SECRET_USAGE_VOLUME = 1, /* the path of an encrypted volume */
        SECRET_USAGE_CEPH = 2,
        SECRET_USAGE_ISCSI = 3,
        SECRET_USAGE_TLS = 4,
        SECRET_USAGE_VTPM = 5,
        _SECRET_USAGE_MAX,
} SecretUsage;
DECLARE_WORDS(secret_usage, SecretUsage, _SECRET_USAGE_MAX);

typedef struct SecretDef {
        DEFINITION_HEAD;
        Tristate ephemeral; /* never written to disk; given after decoding */
        Tristate private;   /* its value is told to nobody; given after decoding */
        const char *uuid;   /* lower case; NULL: none was given */
        const char *description;
        SecretUsage usage;
        const char *usage_id; /* what it is for, unique among those of the same usage; NULL when there is no usage */
} SecretDef;

extern const struct DefType secret_def_type;

DECLARE_DEFINITION(secret_def, SecretDef);

/* The same with this UUID. */
SecretDef *secret_def_with_uuid(const SecretDef *def, const char *uuid);

/* secret_uuid, and one key of its usage. */
void secret_def_describe(const SecretDef *def, Details *details);
