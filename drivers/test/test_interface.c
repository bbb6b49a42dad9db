/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_network.h"
#include "drivers/test/test_operation.h"

#include <string.h>

#define DEFAULT_INTERFACE                                                                           \
        "<interface type='ethernet' name='eth1'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:ff'/>" \
        "<mtu size='1492'/><protocol family='ipv4'><ip address='192.168.0.5' prefix='24'/>"         \
        "<route gateway='192.168.0.1'/></protocol></interface>"

int test_interface_add(Driver *driver, const char *xml, size_t size, Error *error)
{
        _cleanup_(interface_def_unrefp) InterfaceDef *def = NULL;
        Interface *interface;
        int r = interface_def_parse(xml, size, 0, NULL, &def, error);

        if (r >= 0)
                r = interface_list_add(driver->lists[OBJECT_INTERFACE], def, &interface, error);
        if (r < 0)
                return r;
        interface->active = true;
        object_publish(&interface->object);
        return 0;
}

int test_interface_add_default(Driver *driver, Error *error)
{
        return test_interface_add(driver, DEFAULT_INTERFACE, strlen(DEFAULT_INTERFACE), error);
}

static void release_def(gpointer def)
{
        interface_def_unref(def);
}

static int define_apply(TestOperation *op, Error *error)
{
        Interface *interface = (Interface *) op->object;

        interface_put_def(interface, op->data);
        if (!interface->object.published)
                object_publish(&interface->object);
        return 0;
}

int test_interface_define(Interface *interface, InterfaceDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_apply };

        return test_operation_run_with(&info, &interface->object, interface_def_ref(def), release_def, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        object_remove(op->object);
        return 0;
}

int test_interface_undefine(Interface *interface, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return test_operation_run_with(&info, &interface->object, NULL, NULL, job, error);
}

static int start_apply(TestOperation *op, Error *error)
{
        Interface *interface = (Interface *) op->object;

        if (interface->active)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is already active", interface->name);
        interface_put_active(interface, true);
        return 0;
}

int test_interface_start(Interface *interface, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = start_apply };

        return test_operation_run_with(&info, &interface->object, NULL, NULL, job, error);
}

static int stop_apply(TestOperation *op, Error *error)
{
        Interface *interface = (Interface *) op->object;

        if (!interface->active)
                return error_set(error, ERROR_OPERATION_INVALID, "interface '%s' is not active", interface->name);
        interface_put_active(interface, false);
        return 0;
}

int test_interface_stop(Interface *interface, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = stop_apply };

        return test_operation_run_with(&info, &interface->object, NULL, NULL, job, error);
}

/* An interface as it was when the transaction began. */
typedef struct Before {
        InterfaceDef *def;
        bool active;
} Before;

static void before_free(gpointer data)
{
        Before *before = data;

        interface_def_unref(before->def);
        g_free(before);
}

static int begin_apply(TestOperation *op, Error *error)
{
        TestDriver *test = (TestDriver *) op->driver;
        const ObjectList *list = op->driver->lists[OBJECT_INTERFACE];

        if (test->interfaces_before)
                return error_set(error, ERROR_OPERATION_INVALID, "there is another transaction running.");
        test->interfaces_before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, before_free);
        for (size_t i = 0; i < object_list_size(list); i++) {
                const Interface *interface = object_list_get(list, i);
                Before *before = g_new(Before, 1);

                *before = (Before) { interface_def_ref(interface->def), interface->active };
                g_hash_table_insert(test->interfaces_before, g_strdup(interface->name), before);
        }
        return 0;
}

int test_interface_begin(Driver *driver, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = begin_apply };

        TestOperation op = { .info = &info, .driver = driver };

        return test_operation_run(&op, job, error);
}

static int commit_apply(TestOperation *op, Error *error)
{
        TestDriver *test = (TestDriver *) op->driver;

        if (!test->interfaces_before)
                return error_set(error, ERROR_OPERATION_INVALID, "no transaction running, nothing to be committed.");
        g_clear_pointer(&test->interfaces_before, g_hash_table_unref);
        return 0;
}

int test_interface_commit(Driver *driver, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = commit_apply };

        TestOperation op = { .info = &info, .driver = driver };

        return test_operation_run(&op, job, error);
}

static void remove_new(ObjectList *list, GHashTable *before)
{
        for (size_t i = object_list_size(list); i-- > 0;) {
                Interface *interface = object_list_get(list, i);

                if (!g_hash_table_contains(before, interface->name))
                        object_remove(&interface->object);
        }
}

static int restore(ObjectList *list, const char *name, const Before *before, Error *error)
{
        Interface *interface = object_list_find_any(list, name);
        int r = 0;

        if (!interface)
                r = interface_list_add(list, before->def, &interface, error);
        if (r < 0)
                return r;
        if (interface->def != before->def)
                interface_put_def(interface, before->def);
        interface_put_active(interface, before->active);
        if (!interface->object.published)
                object_publish(&interface->object);
        return 0;
}

static int rollback_apply(TestOperation *op, Error *error)
{
        TestDriver *test = (TestDriver *) op->driver;
        ObjectList *list = op->driver->lists[OBJECT_INTERFACE];
        GHashTableIter iter;
        gpointer name, before;
        int r = 0;

        if (!test->interfaces_before)
                return error_set(error, ERROR_OPERATION_INVALID, "no transaction running, nothing to rollback.");
        remove_new(list, test->interfaces_before);
        g_hash_table_iter_init(&iter, test->interfaces_before);
        while (r >= 0 && g_hash_table_iter_next(&iter, &name, &before))
                r = restore(list, name, before, error);
        g_clear_pointer(&test->interfaces_before, g_hash_table_unref);
        return r;
}

int test_interface_rollback(Driver *driver, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = rollback_apply };

        TestOperation op = { .info = &info, .driver = driver };

        return test_operation_run(&op, job, error);
}
