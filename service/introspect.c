/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.freedesktop.DBus.Introspectable: the text of the contract and the names of the children. */

#include "service/call_private.h"

static const char head[] =
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
        "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
        "<node>\n"
        " <interface name=\"org.freedesktop.DBus.Peer\">\n"
        "  <method name=\"Ping\"/>\n"
        "  <method name=\"GetMachineId\"><arg type=\"s\" name=\"machine_uuid\" direction=\"out\"/></method>\n"
        " </interface>\n"
        " <interface name=\"org.freedesktop.DBus.Introspectable\">\n"
        "  <method name=\"Introspect\"><arg name=\"data\" type=\"s\" direction=\"out\"/></method>\n"
        " </interface>\n";

static const char properties[] =
        " <interface name=\"org.freedesktop.DBus.Properties\">\n"
        "  <method name=\"Get\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
        "<arg name=\"property\" direction=\"in\" type=\"s\"/><arg name=\"value\" direction=\"out\" type=\"v\"/></method>\n"
        "  <method name=\"GetAll\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
        "<arg name=\"properties\" direction=\"out\" type=\"a{sv}\"/></method>\n"
        "  <method name=\"Set\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
        "<arg name=\"property\" direction=\"in\" type=\"s\"/><arg name=\"value\" direction=\"in\" type=\"v\"/></method>\n"
        "  <signal name=\"PropertiesChanged\"><arg type=\"s\" name=\"interface\"/>"
        "<arg type=\"a{sv}\" name=\"changed_properties\"/><arg type=\"as\" name=\"invalidated_properties\"/></signal>\n"
        " </interface>\n";

static const char object_manager[] =
        " <interface name=\"org.freedesktop.DBus.ObjectManager\">\n"
        "  <method name=\"GetManagedObjects\"><arg type=\"a{oa{sa{sv}}}\" name=\"objects\" direction=\"out\"/></method>\n"
        "  <signal name=\"InterfacesAdded\"><arg type=\"o\" name=\"object\"/>"
        "<arg type=\"a{sa{sv}}\" name=\"interfaces\"/></signal>\n"
        "  <signal name=\"InterfacesRemoved\"><arg type=\"o\" name=\"object\"/>"
        "<arg type=\"as\" name=\"interfaces\"/></signal>\n"
        " </interface>\n";

static void add_child(const char *element, void *userdata)
{
        g_string_append(userdata, " <node name=\"");
        g_string_append(userdata, element);
        g_string_append(userdata, "\"/>\n");
}

int introspect_call(Call *call, Error *error)
{
        g_autoptr(GString) xml = g_string_new(head);
        const Face *face = call->bus->face;
        const Node *node = &call->node;

        /* names and UUIDs are for those who may look for such objects */
        if (node->type == NODE_COLLECTION) {
                int r = gate_check_read(call, kinds[node->kind].search, error);

                if (r <= 0)
                        return r;
        }
        if (node->type == NODE_DRIVER || node->type == NODE_OBJECT) {
                const InterfaceInfo *interface = kind_interface(node->kind);

                g_string_append(xml, properties);
                if (node->type == NODE_DRIVER && face->object_manager)
                        g_string_append(xml, object_manager);
                g_string_append(xml, face->mask == FACE_NATIVE ? interface->native_xml : interface->libvirt_xml);
        }
        tree_children(call->bus->manager, face, sd_bus_message_get_path(call->message), node, add_child, xml);
        g_string_append(xml, "</node>\n");
        return call_reply(call, "s", xml->str);
}
