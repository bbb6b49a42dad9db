/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/keys.h"

#include "drivers/model/secret.h"

#include <string.h>

void keys_add(World *world, const char *uuid, const char *usage, const char *value)
{
        g_autofree char *xml = g_strdup_printf("<secret><uuid>%s</uuid>%s</secret>", uuid, usage);
        _cleanup_(secret_def_unrefp) SecretDef *def = NULL;
        Secret *secret;

        assert_int_equal(secret_def_parse(xml, strlen(xml), DEFINITION_PARSE_VALIDATE, NULL, &def, NULL), 0);
        assert_int_equal(secret_list_add(world->driver->lists[OBJECT_SECRET], def, &secret, NULL), 0);
        secret->value = secret_value_new(value, strlen(value));
        object_publish(&secret->object);
}
