/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_secret.h"

#include "drivers/test/test_operation.h"

static void release_def(gpointer def)
{
        secret_def_unref(def);
}

static void release_value(gpointer value)
{
        g_bytes_unref(value);
}

static int define_apply(TestOperation *op, Error *error)
{
        Secret *secret = (Secret *) op->object;

        secret_put_def(secret, op->data);
        if (!secret->object.published)
                object_publish(&secret->object);
        secret_emit_event(secret, SECRET_EVENT_DEFINED);
        return 0;
}

int test_secret_define(Secret *secret, SecretDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_apply };

        return test_operation_run_with(&info, &secret->object, secret_def_ref(def), release_def, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        Secret *secret = (Secret *) op->object;

        secret_emit_event(secret, SECRET_EVENT_UNDEFINED);
        object_remove(&secret->object);
        return 0;
}

int test_secret_undefine(Secret *secret, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return test_operation_run_with(&info, &secret->object, NULL, NULL, job, error);
}

static int set_value_apply(TestOperation *op, Error *error)
{
        secret_put_value((Secret *) op->object, op->data);
        return 0;
}

int test_secret_set_value(Secret *secret, GBytes *value, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = set_value_apply };

        return test_operation_run_with(&info, &secret->object, g_bytes_ref(value), release_value, job, error);
}

int test_secret_add(Driver *driver, const char *xml, size_t size, Error *error)
{
        _cleanup_(secret_def_unrefp) SecretDef *parsed = NULL, *def = NULL;
        Secret *secret;
        char uuid[37];
        int r = secret_def_parse(xml, size, 0, NULL, &parsed, error);

        if (r < 0)
                return r;
        uuid_new(uuid);
        def = parsed->uuid ? secret_def_ref(parsed) : secret_def_with_uuid(parsed, uuid);
        r = secret_list_add(driver->lists[OBJECT_SECRET], def, &secret, error);
        if (r < 0)
                return r;
        secret_put_def(secret, def);
        object_publish(&secret->object);
        return 0;
}
