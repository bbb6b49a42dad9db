/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/interface.h"

static void interface_free(Object *object)
{
        Interface *interface = (Interface *) object;

        interface_def_unref(interface->def);
        g_free(interface->name);
        g_free(interface);
}

const char *interface_mac(const Interface *interface)
{
        return strempty(interface->def->mac);
}

void interface_describe_def(const InterfaceDef *def, Details *details)
{
        details_add(details, "interface_name", def->name);
        details_add(details, "interface_macaddr", strempty(def->mac));
}

static void interface_describe(const Object *object, Details *details)
{
        interface_describe_def(((const Interface *) object)->def, details);
}

static const char *interface_libvirt_key(const Object *object)
{
        return ((const Interface *) object)->def->mac;
}

static const ObjectClass interface_class = {
        .type = OBJECT_INTERFACE,
        .free = interface_free,
        .describe = interface_describe,
        .libvirt_key = interface_libvirt_key,
};

int interface_list_add(ObjectList *list, const InterfaceDef *def, Interface **ret, Error *error)
{
        Interface *interface = g_new0(Interface, 1);

        interface->name = g_strdup(def->name);
        interface->def = interface_def_ref(def);
        interface->object = (Object) {
                .class = &interface_class,
                .type = OBJECT_INTERFACE,
                .n_ref = 1,
                .key = interface->name,
        };
        if (object_list_add(list, &interface->object) < 0) {
                object_unref(interface);
                return error_set(error, ERROR_RESOURCE_BUSY, "interface '%s' is being defined", def->name);
        }
        *ret = interface;
        return 0;
}

unsigned interface_list_find_mac(const ObjectList *list, const char *mac, Interface **ret)
{
        unsigned n = 0;

        for (size_t i = 0; i < object_list_size(list); i++) {
                Interface *interface = object_list_get(list, i);

                if (!interface->object.published || !interface->def->mac ||
                    g_ascii_strcasecmp(interface->def->mac, mac) != 0)
                        continue;
                if (n++ == 0)
                        *ret = interface;
        }
        return n;
}

void interface_put_def(Interface *interface, const InterfaceDef *def)
{
        InterfaceDef *old = interface->def;

        g_assert(streq(def->name, interface->name));
        interface->def = interface_def_ref(def);
        interface_def_unref(old);
        object_changed(&interface->object, INTERFACE_CHANGED_CONFIG);
}

void interface_put_active(Interface *interface, bool active)
{
        if (interface->active == active)
                return;
        interface->active = active;
        object_changed(&interface->object, INTERFACE_CHANGED_ACTIVE);
}
