/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.freedesktop.DBus.Properties: sd-bus's own version cannot wait for polkit, box twice or leave values out. */

#include <string.h>

#include "service/call_private.h"

static const PropertyInfo *find_property(const InterfaceInfo *interface, const Face *face, const char *name)
{
        for (size_t i = 0; i < interface->n_properties; i++)
                if ((interface->properties[i].faces & face->mask) && streq(interface->properties[i].name, name))
                        return interface->properties + i;
        return NULL;
}

int property_append_value(sd_bus_message *m, const PropertyInfo *property, Object *object, bool double_box,
                          Error *error)
{
        int r = 0;

        if (double_box)
                r = sd_bus_message_open_container(m, 'v', "v");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', property->type);
        if (r >= 0)
                r = property->get(m, object, error);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0 && double_box)
                r = sd_bus_message_close_container(m);
        return r;
}

int properties_append(sd_bus_message *m, const Face *face, Object *object, PropertyFilter visible, void *userdata,
                      Error *error)
{
        const InterfaceInfo *interface = kind_interface(object->type);
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        for (size_t i = 0; r >= 0 && i < interface->n_properties; i++) {
                const PropertyInfo *property = interface->properties + i;

                if (!(property->faces & face->mask) || (visible && !visible(property, userdata)))
                        continue;
                r = sd_bus_message_open_container(m, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append_basic(m, 's', property->name);
                if (r >= 0)
                        r = property_append_value(m, property, object, face->double_box, error);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static bool is_readable(const PropertyInfo *property, void *userdata)
{
        const Call *call = userdata;

        for (size_t i = 0; i < property->n_read; i++)
                if (!gate_may_read(call, call->node.object, property->read[i].permission))
                        return false;
        return true;
}

/* Asks for all that the properties want; what is refused is left out, as libvirt's clients expect. */
static int get_all(Call *call, const InterfaceInfo *interface, Error *error)
{
        const Face *face = call->bus->face;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        for (size_t i = 0; i < interface->n_properties; i++) {
                const PropertyInfo *property = interface->properties + i;

                if ((property->faces & face->mask) &&
                    gate_check(call, property->read, property->n_read, NULL, NULL) == 0)
                        return 0;
        }
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = properties_append(reply, face, call->node.object, is_readable, call, error);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int get_one(Call *call, const PropertyInfo *property, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = gate_check(call, property->read, property->n_read, NULL, error);

        if (r <= 0)
                return r;
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = property_append_value(reply, property, call->node.object, false, error);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int set_one(Call *call, const PropertyInfo *property, Error *error)
{
        const char *contents;
        int r;

        if (!property->set)
                return call_fail_dbus(call, call->bus->face->read_only_error, "Property '%s' is not writable",
                                      property->name);
        r = sd_bus_message_peek_type(call->message, NULL, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, property->type))
                return call_fail_dbus(call, SD_BUS_ERROR_INVALID_ARGS, "Property '%s' is of type '%s', not '%s'",
                                      property->name, property->type, contents);
        r = sd_bus_message_enter_container(call->message, 'v', property->type);
        return r < 0 ? r : call_invoke(call, property->set, error);
}

/* The interface that Get, Set and GetAll name, which may be left empty. */
static bool names_interface(const Face *face, const InterfaceInfo *interface, const char *name)
{
        size_t prefix = strlen(face->interface_prefix);

        return isempty(name) ||
               (strncmp(name, face->interface_prefix, prefix) == 0 && streq(name + prefix, interface->name));
}

static const char *signature_of(const char *member)
{
        if (streq(member, "Get"))
                return "ss";
        if (streq(member, "Set"))
                return "ssv";
        return streq(member, "GetAll") ? "s" : NULL;
}

int properties_call(Call *call, const char *member, Error *error)
{
        const InterfaceInfo *interface = kind_interface(call->node.kind);
        const char *signature = signature_of(member);
        const PropertyInfo *property;
        const char *name, *property_name;
        int r;

        if (!signature)
                return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_METHOD,
                                      "No such method '%s' in interface 'org.freedesktop.DBus.Properties'", member);
        if (!sd_bus_message_has_signature(call->message, signature))
                return call_fail_dbus(call, SD_BUS_ERROR_INVALID_ARGS, "Method '%s' takes '%s', not '%s'", member,
                                      signature, sd_bus_message_get_signature(call->message, true));
        r = call_check_visible(call, error);
        if (r == -ENOENT && call->bus->face->quiet_get_all && streq(member, "GetAll"))
                return call_reply(call, "a{sv}", 0);
        if (r <= 0)
                return r;
        r = sd_bus_message_read_basic(call->message, 's', &name);
        if (r < 0)
                return r;
        if (!names_interface(call->bus->face, interface, name)) {
                if (streq(member, "GetAll") && g_str_has_prefix(name, "org.freedesktop.DBus."))
                        return call_reply(call, "a{sv}", 0);
                return call_fail_dbus(call, SD_BUS_ERROR_INVALID_ARGS, "No such interface '%s'", name);
        }
        if (streq(member, "GetAll"))
                return get_all(call, interface, error);

        r = sd_bus_message_read_basic(call->message, 's', &property_name);
        if (r < 0)
                return r;
        property = find_property(interface, call->bus->face, property_name);
        if (!property)
                return call_fail_dbus(call, call->bus->face->unknown_property_error, "No such property '%s'",
                                      property_name);
        return streq(member, "Get") ? get_one(call, property, error) : set_one(call, property, error);
}
