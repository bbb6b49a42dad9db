/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_network.h"

int test_nwfilter_define(NWFilter *filter, NwfilterDef *def, Job *job, Error *error)
{
        nwfilter_put_def(filter, def);
        if (!filter->object.published)
                object_publish(&filter->object);
        return 0;
}

int test_nwfilter_undefine(NWFilter *filter, Job *job, Error *error)
{
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

int test_nwfilter_bind(NWFilterBinding *binding, Job *job, Error *error)
{
        const ObjectList *filters = binding->object.driver->lists[OBJECT_NWFILTER];
        const char *missing = nwfilter_list_missing(filters, binding->def->ref.filter);

        if (missing) {
                int r = error_set(error, ERROR_NO_NWFILTER, "referenced filter '%s' is missing", missing);

                object_remove(&binding->object);
                return r;
        }
        object_publish(&binding->object);
        return 0;
}

int test_nwfilter_unbind(NWFilterBinding *binding, Job *job, Error *error)
{
        object_remove(&binding->object);
        return 0;
}
