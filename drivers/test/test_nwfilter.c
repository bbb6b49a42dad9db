/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_network.h"
#include "drivers/test/test_operation.h"

static void release_def(gpointer def)
{
        nwfilter_def_unref(def);
}

static int define_apply(TestOperation *op, Error *error)
{
        NWFilter *filter = (NWFilter *) op->object;

        nwfilter_put_def(filter, op->data);
        if (!filter->object.published)
                object_publish(&filter->object);
        return 0;
}

int test_nwfilter_define(NWFilter *filter, NwfilterDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_apply };

        return test_operation_run_with(&info, &filter->object, nwfilter_def_ref(def), release_def, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        NWFilter *filter = (NWFilter *) op->object;
        const Driver *driver = filter->object.driver;
        const ObjectList *bindings = driver->lists[OBJECT_NWFILTER_BINDING];

        for (size_t i = 0; i < object_list_size(bindings); i++) {
                const NWFilterBinding *binding = object_list_get(bindings, i);

                if (nwfilter_list_includes(driver->lists[OBJECT_NWFILTER], binding->def->ref.filter, filter->name))
                        return error_set(error, ERROR_OPERATION_INVALID, "nwfilter is in use");
        }
        object_remove(&filter->object);
        return 0;
}

int test_nwfilter_undefine(NWFilter *filter, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return test_operation_run_with(&info, &filter->object, NULL, NULL, job, error);
}

int test_nwfilter_apply(NWFilterBinding *binding, Error *error)
{
        const ObjectList *filters = binding->object.driver->lists[OBJECT_NWFILTER];
        const char *missing = nwfilter_list_missing(filters, binding->def->ref.filter);

        if (missing)
                return error_set(error, ERROR_NO_NWFILTER, "referenced filter '%s' is missing", missing);
        object_publish(&binding->object);
        return 0;
}

static int bind_apply(TestOperation *op, Error *error)
{
        return test_nwfilter_apply((NWFilterBinding *) op->object, error);
}

int test_nwfilter_bind(NWFilterBinding *binding, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = bind_apply };

        return test_operation_run_with(&info, &binding->object, NULL, NULL, job, error);
}

static int unbind_apply(TestOperation *op, Error *error)
{
        object_remove(op->object);
        return 0;
}

int test_nwfilter_unbind(NWFilterBinding *binding, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = unbind_apply };

        return test_operation_run_with(&info, &binding->object, NULL, NULL, job, error);
}

int test_nwfilter_add(Driver *driver, const char *xml, size_t size, Error *error)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *parsed = NULL, *def = NULL;
        NWFilter *filter;
        int r = nwfilter_def_parse(xml, size, 0, NULL, &parsed, error);

        if (r >= 0)
                r = nwfilter_def_normalize(parsed, &def, error);
        if (r >= 0)
                r = nwfilter_list_add(driver->lists[OBJECT_NWFILTER], def, &filter, error);
        if (r < 0)
                return r;
        object_publish(&filter->object);
        return 0;
}
