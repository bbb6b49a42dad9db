/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nwfilter_binding.h"

static void nwfilter_binding_free(Object *object)
{
        NWFilterBinding *binding = (NWFilterBinding *) object;

        nwfilter_binding_def_unref(binding->def);
        g_free(binding);
}

void nwfilter_binding_describe_def(const NwfilterBindingDef *def, Details *details)
{
        details_add(details, "nwfilter_binding_portdev", def->port_dev);
        if (def->link_dev)
                details_add(details, "nwfilter_binding_linkdev", def->link_dev);
        details_add(details, "nwfilter_binding_filter", def->ref.filter);
}

static void nwfilter_binding_describe(const Object *object, Details *details)
{
        nwfilter_binding_describe_def(((const NWFilterBinding *) object)->def, details);
}

static const ObjectClass nwfilter_binding_class = {
        .type = OBJECT_NWFILTER_BINDING,
        .free = nwfilter_binding_free,
        .describe = nwfilter_binding_describe,
};

int nwfilter_binding_list_add(ObjectList *list, const NwfilterBindingDef *def, NWFilterBinding **ret, Error *error)
{
        NWFilterBinding *binding = g_new0(NWFilterBinding, 1);

        binding->def = nwfilter_binding_def_ref(def);
        binding->object = (Object) {
                .class = &nwfilter_binding_class,
                .type = OBJECT_NWFILTER_BINDING,
                .n_ref = 1,
                .key = binding->def->port_dev,
        };
        if (object_list_add(list, &binding->object) < 0) {
                object_unref(binding);
                return error_set(error, ERROR_OPERATION_FAILED, "binding '%s' already exists", def->port_dev);
        }
        *ret = binding;
        return 0;
}

void nwfilter_binding_put_def(NWFilterBinding *binding, const NwfilterBindingDef *def)
{
        NwfilterBindingDef *old = binding->def;

        binding->def = nwfilter_binding_def_ref(def);
        binding->object.key = binding->def->port_dev; /* which is the same */
        nwfilter_binding_def_unref(old);
        object_changed(&binding->object, NWFILTER_BINDING_CHANGED_CONFIG);
}
