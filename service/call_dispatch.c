/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "call"

#include "service/call_private.h"

#include <string.h>

#include "service/base/log.h"
#include "service/delivery.h"
#include "service/manager.h"

/* The way of a message to the handler of its member. */

/* Argument structs live on the stack of the dispatcher. */
#define ARGS_SIZE_MAX 256

static int check_state(const MethodInfo *method, const Object *object, Error *error)
{
        if (object->type != OBJECT_DOMAIN)
                return 0;
        if (method->flags & MEMBER_NEEDS_ACTIVE)
                return domain_check_active((const Domain *) object, error);
        if (method->flags & MEMBER_NEEDS_INACTIVE)
                return domain_check_inactive((const Domain *) object, error);
        return 0;
}

int call_invoke(Call *call, const MethodInfo *method, Error *error)
{
        _Alignas(max_align_t) char args[ARGS_SIZE_MAX];
        int r;

        g_assert(method->args_size <= sizeof(args));
        call->looks_up = sight_is_on(call->bus->manager) && call->node.type == NODE_DRIVER && streq(method->out, "o");
        if (!(method->flags & MEMBER_BODY_DETAILS)) {
                r = gate_check(call, method->permissions, method->n_permissions, NULL, error);
                if (r <= 0)
                        return r;
        }
        memset(args, 0, method->args_size);
        r = args_unpack(call->message, method, args, error);
        if (r >= 0 && !(method->flags & MEMBER_BODY_DETAILS))
                r = gate_check(call, method->permissions, method->n_permissions, args, error);
        else if (r >= 0)
                r = 1;
        if (r > 0)
                r = check_state(method, call->node.object, error);
        else if (r == 0) {
                args_clear(method, args);
                return 0;
        }
        if (r >= 0)
                r = method->handler(call, call->node.object, args, error);
        args_clear(method, args);
        return r;
}

static const MethodInfo *find_method(const InterfaceInfo *interface, const Face *face, const char *member)
{
        size_t low = 0, high = interface->n_methods;

        while (low < high) {
                size_t middle = (low + high) / 2;
                int c = strcmp(member, interface->methods[middle].name);

                if (c == 0)
                        return interface->methods[middle].faces & face->mask ? interface->methods + middle : NULL;
                if (c < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

int call_check_visible(Call *call, Error *error)
{
        int r = gate_check_read(call, kinds[call->node.kind].getattr, error);

        if (r <= 0 || call->node.object)
                return r;
        error_copy(error, &call->missing);
        return -ENOENT;
}

/* A member of one of our own interfaces. */
static int call_member(Call *call, const char *interface_name, const char *member, Error *error)
{
        const Face *face = call->bus->face;
        const InterfaceInfo *interface = kind_interface(call->node.kind);
        size_t prefix = strlen(face->interface_prefix);
        const MethodInfo *method = NULL;
        int r;

        if (!interface_name || (strncmp(interface_name, face->interface_prefix, prefix) == 0 &&
                                streq(interface_name + prefix, interface->name)))
                method = find_method(interface, face, member);
        if (!method)
                return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_METHOD, "No such method '%s' in interface '%s%s'",
                                      member, face->interface_prefix, interface->name);
        if (!sd_bus_message_has_signature(call->message, method->in))
                return call_fail_dbus(call, SD_BUS_ERROR_INVALID_ARGS, "Method '%s' takes '%s', not '%s'", member,
                                      method->in, sd_bus_message_get_signature(call->message, true));
        r = call_check_visible(call, error);
        return r > 0 ? call_invoke(call, method, error) : r;
}

static int call_route(Call *call, Error *error)
{
        const char *interface = sd_bus_message_get_interface(call->message);
        const char *member = sd_bus_message_get_member(call->message);

        if (interface && g_str_has_prefix(interface, "org.freedesktop.DBus.")) {
                const char *standard = interface + strlen("org.freedesktop.DBus.");

                if (streq(standard, "Introspectable") && streq(member, "Introspect"))
                        return introspect_call(call, error);
                if (streq(standard, "Properties") && (call->node.type == NODE_DRIVER || call->node.type == NODE_OBJECT))
                        return properties_call(call, member, error);
                if (streq(standard, "ObjectManager") && call->node.type == NODE_DRIVER &&
                    call->bus->face->object_manager && streq(member, "GetManagedObjects"))
                        return object_manager_call(call, error);
                return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_METHOD, "No such method '%s' in interface '%s'",
                                      member, interface);
        }
        if (call->node.type != NODE_DRIVER && call->node.type != NODE_OBJECT)
                return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_METHOD, "No such interface '%s' at '%s'",
                                      strempty(interface), sd_bus_message_get_path(call->message));
        return call_member(call, interface, member, error);
}

static int check_quota(const Call *call, Error *error)
{
        const Limits *limits = &call->bus->manager->config->limits;

        if (peer_is_privileged(call->peer))
                return 0;
        if (call->peer->user->n_calls > limits->calls)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "uid %u has %u calls in flight already",
                                 call->peer->user->uid, limits->calls);
        return 0;
}

/* It is found at the native name alone: systemd asks the name of the unit. */
static bool is_log_control(const Bus *bus, const char *path)
{
        return bus->face == &face_native && streq_ptr(path, LOG_CONTROL_PATH);
}

static void call_run(Call *call)
{
        _cleanup_error_ Error error = ERROR_INIT;
        int r = check_quota(call, &error);

        if (r >= 0 && is_log_control(call->bus, sd_bus_message_get_path(call->message)))
                r = log_control_call(call);
        else if (r >= 0 && call->node.type == NODE_NONE)
                r = call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object '%s'",
                                   sd_bus_message_get_path(call->message));
        else if (r >= 0)
                r = call_route(call, &error);
        if (r >= 0 || call->replied)
                return;
        error_fill(&error, r);
        log_debug("%s of %s failed: %s", sd_bus_message_get_member(call->message), call->peer->name,
                  strempty(error.detail));
        (void) call_fail(call, &error);
}

/* Ours are the paths from the root down to the prefix and everything beneath it. */
static bool is_ours(const Face *face, const char *path)
{
        return path && (g_str_has_prefix(path, face->path_prefix) || g_str_has_prefix(face->path_prefix, path));
}

int call_dispatch(Bus *bus, sd_bus_message *m)
{
        const char *path = sd_bus_message_get_path(m);
        const char *interface = sd_bus_message_get_interface(m);
        _cleanup_(call_unrefp) Call *call = NULL;
        Peer *peer;

        if (!sd_bus_message_is_method_call(m, NULL, NULL) || !(is_ours(bus->face, path) || is_log_control(bus, path)) ||
            streq_ptr(interface, "org.freedesktop.DBus.Peer"))
                return 0;
        peer = peer_of_message(bus->manager, bus, m);
        if (!peer)
                return 0;
        if (!peer->user) {
                int r = peer_wait(peer, bus, m);

                return r < 0 ? sd_bus_reply_method_errno(m, r, NULL) : 1;
        }

        (void) sd_bus_message_rewind(m, true);
        call = g_new0(Call, 1);
        *call = (Call) {
                .n_ref = 1,
                .bus = bus,
                .message = sd_bus_message_ref(m),
                .peer = peer_ref(peer),
                .owner = { peer->name, peer->user->uid },
                .parked = gate_take_parked(bus->manager, m),
        };
        peer->user->n_calls++;
        if (sight_is_on(bus->manager))
                delivery_begin(peer, bus);
        tree_find(bus->manager, bus->face, path, &call->node, &call->missing);
        (void) object_ref(call->node.object);
        call_run(call);
        return 1;
}
