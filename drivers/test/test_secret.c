/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_secret.h"

int test_secret_define(Secret *secret, SecretDef *def, Job *job, Error *error)
{
        secret_put_def(secret, def);
        if (!secret->object.published)
                object_publish(&secret->object);
        secret_emit_event(secret, SECRET_EVENT_DEFINED);
        return 0;
}

int test_secret_undefine(Secret *secret, Job *job, Error *error)
{
        secret_emit_event(secret, SECRET_EVENT_UNDEFINED);
        object_remove(&secret->object);
        return 0;
}

int test_secret_set_value(Secret *secret, GBytes *value, Job *job, Error *error)
{
        secret_put_value(secret, value);
        return 0;
}
