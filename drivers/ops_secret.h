/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with secrets; values are read from the model. See drivers/driver.h. */

#include "drivers/model/secret.h"

typedef struct SecretOps {
        /*
         * Makes the definition durable unless it is ephemeral, then sets it. secret is unpublished when it is new: the
         * operation publishes it at the end, or removes it from the list when it fails. Emits DEFINED.
         */
        int (*define)(Secret *secret, SecretDef *def, Job *job, Error *error);
        /* Emits UNDEFINED, and removes the secret from the list. */
        int (*undefine)(Secret *secret, Job *job, Error *error);
        /* Makes the value durable unless the secret is ephemeral, then sets it. Emits VALUE_CHANGED. */
        int (*set_value)(Secret *secret, GBytes *value, Job *job, Error *error);
} SecretOps;
