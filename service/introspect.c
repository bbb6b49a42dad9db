/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.freedesktop.DBus.Introspectable: the text of the contract and the names of the children. */

#include <string.h>

#include "service/call_private.h"
#include "service/manager.h"

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
        "<arg name=\"property\" direction=\"in\" type=\"s\"/><arg name=\"value\" direction=\"out\" type=\"v\"/>"
        "</method>\n"
        "  <method name=\"GetAll\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
        "<arg name=\"properties\" direction=\"out\" type=\"a{sv}\"/></method>\n"
        "  <method name=\"Set\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
        "<arg name=\"property\" direction=\"in\" type=\"s\"/><arg name=\"value\" direction=\"in\" type=\"v\"/>"
        "</method>\n"
        "  <signal name=\"PropertiesChanged\"><arg type=\"s\" name=\"interface\"/>"
        "<arg type=\"a{sv}\" name=\"changed_properties\"/><arg type=\"as\" name=\"invalidated_properties\"/></signal>\n"
        " </interface>\n";

static const char object_manager[] =
        " <interface name=\"org.freedesktop.DBus.ObjectManager\">\n"
        "  <method name=\"GetManagedObjects\"><arg type=\"a{oa{sa{sv}}}\" name=\"objects\" direction=\"out\"/>"
        "</method>\n"
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

/* The objects of a collection, of which the caller may see some. */
typedef struct Children {
        GString *xml;
        char *after; /* the key of the last one that was looked at */
} Children;

static void children_free(void *data)
{
        Children *children = data;

        g_string_free(children->xml, TRUE);
        g_free(children->after);
        g_free(children);
}

static int children_end(Children *children, sd_bus_message *reply)
{
        g_string_append(children->xml, "</node>\n");
        return MIN(sd_bus_message_append_basic(reply, 's', children->xml->str), 0);
}

static int next_children(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Children *children = context;
        const ObjectList *list = call->node.driver->lists[call->node.kind];
        size_t i = object_list_position(list, children->after);
        size_t size = object_list_size(list), end = MIN(i + CALL_SLICE_OBJECTS, size);
        char element[KIND_ELEMENT_MAX];
        int r = call_look(call, list, i, end, false, error);

        if (r != 1)
                return r;
        for (; i < end; i++) {
                const Object *object = object_list_get(list, i);

                if (i + 1 == end) {
                        g_free(children->after);
                        children->after = g_strdup(object->key);
                }
                if (!object->published || !call_sees(call, object, false))
                        continue;
                (void) kind_element(call->bus->face, object, element);
                add_child(element, children->xml);
        }
        if (end < size)
                return 1;
        return children_end(children, reply);
}

/* Jobs are few. */
static int next_jobs(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Children *children = context;
        GHashTable *jobs = call->bus->manager->job_objects;
        GHashTableIter iter;
        gpointer object;
        int r;

        g_hash_table_iter_init(&iter, jobs);
        while (g_hash_table_iter_next(&iter, NULL, &object))
                call_look_at(call, object, false);
        r = call_look_end(call, error);
        if (r != 1)
                return r;
        g_hash_table_iter_init(&iter, jobs);
        while (g_hash_table_iter_next(&iter, NULL, &object)) {
                char path[TREE_PATH_MAX];

                if (((Object *) object)->driver != call->node.driver || !call_sees(call, object, false))
                        continue;
                tree_path(call->bus->face, object, path);
                add_child(strrchr(path, '/') + 1, children->xml);
        }
        return children_end(children, reply);
}

static int introspect_collection(Call *call, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Children *children;
        int r = call_reply_new(call, &reply);

        if (r < 0)
                return r;
        children = g_new0(Children, 1);
        children->xml = g_string_new(head);
        return call_reply_slices(call, g_steal_pointer(&reply),
                                 call->node.kind == OBJECT_JOB ? next_jobs : next_children, children, children_free);
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
                if (sight_is_on(call->bus->manager) && (node->kind == OBJECT_JOB || node->driver->lists[node->kind]))
                        return introspect_collection(call, error);
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
