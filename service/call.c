/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/call.h"

#include <string.h>

#include "service/call_private.h"
#include "service/last_error.h"
#include "service/manager.h"
#include "service/paths.h"

Call *call_ref(Call *call)
{
        call->n_ref++;
        return call;
}

Call *call_unref(Call *call)
{
        if (!call || --call->n_ref > 0)
                return NULL;
        if (call->destroy_data)
                call->destroy_data(call->data);
        parked_free(call->parked);
        sight_wait_cancel(&call->wait);
        error_clear(&call->missing);
        if (call->peer->user)
                call->peer->user->n_calls--;
        /* a driver, which is not counted, may have gone since */
        if (call->node.kind != OBJECT_CONNECT)
                object_unref(call->node.object);
        sd_bus_message_unref(call->message);
        peer_unref(call->peer);
        g_free(call);
        return NULL;
}

Driver *call_driver(const Call *call)
{
        return call->node.driver;
}

const JobOwner *call_owner(const Call *call)
{
        return &call->owner;
}

void call_set_data(Call *call, void *data, GDestroyNotify destroy)
{
        g_assert(!call->data);
        call->data = data;
        call->destroy_data = destroy;
}

void *call_data(const Call *call)
{
        return call->data;
}

int call_reply(Call *call, const char *types, ...)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        va_list ap;
        int r = call_reply_new(call, &reply);

        if (r >= 0 && !isempty(types)) {
                va_start(ap, types);
                r = sd_bus_message_appendv(reply, types, ap);
                va_end(ap);
        }
        if (r < 0)
                return r;
        return call_reply_send(call, g_steal_pointer(&reply));
}

int call_reply_object(Call *call, const Object *object)
{
        char path[TREE_PATH_MAX];

        if (call->getattr_due) {
                int r = gate_check_object(call, object, kinds[object->type].getattr, NULL);

                if (r <= 0)
                        return r;
                call->getattr_due = false;
        }
        tree_path(call->bus->face, object, path);
        return call_reply(call, "o", path);
}

int call_reply_new(Call *call, sd_bus_message **ret)
{
        return sd_bus_message_new_method_return(call->message, ret);
}

static int send_to(Call *call, sd_bus_message *m)
{
        call->replied = true;
        /* the bus may have gone away since; then so has the caller */
        return call->bus->bus && call->bus->bus == sd_bus_message_get_bus(m) ? sd_bus_send(call->bus->bus, m, NULL) : 0;
}

int call_reply_send(Call *call, sd_bus_message *reply)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = reply;

        /* what was found has not been asked about */
        if (call->getattr_due)
                return -EACCES;
        return send_to(call, m);
}

static int fail_with(Call *call, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_error(call->message, &m, error);

        sd_bus_error_free(error);
        return r < 0 ? r : send_to(call, m);
}

int call_fail(Call *call, const Error *error)
{
        sd_bus_error e = SD_BUS_ERROR_NULL;

        if (call->replied)
                return 0;
        last_error_set(call, error);
        (void) face_set_error(call->bus->face, error, &e);
        return fail_with(call, &e);
}

int call_fail_dbus(Call *call, const char *name, const char *format, ...)
{
        sd_bus_error e = SD_BUS_ERROR_NULL;
        g_autofree char *message = NULL;
        va_list ap;

        va_start(ap, format);
        message = g_strdup_vprintf(format, ap);
        va_end(ap);
        (void) sd_bus_error_set(&e, name, message);
        return fail_with(call, &e);
}

int call_append_path(const Call *call, sd_bus_message *m, const Object *object)
{
        char path[TREE_PATH_MAX];

        tree_path(call->bus->face, object, path);
        return sd_bus_message_append_basic(m, 'o', path);
}

struct CallPaths {
        Call *call; /* who keeps this */
        char *end; /* of what they share */
        char path[TREE_PATH_MAX];
};

CallPaths *call_paths_new(Call *call, ObjectType type)
{
        CallPaths *paths = g_new(CallPaths, 1);

        paths->call = call;
        paths->end = tree_path_begin(call->bus->face, call_driver(call), type, paths->path);
        return paths;
}

int call_paths_append(CallPaths *paths, sd_bus_message *m, const Object *object, Error *error)
{
        const char *end = tree_path_end(paths->call->bus->face, object, paths->end);
        int r = call_reply_grow(paths->call, (size_t) (end - paths->path) + CALL_PATH_OVERHEAD, error);

        if (r < 0)
                return r;
        return sd_bus_message_append_basic(m, 'o', paths->path);
}

GBytes *call_paths_of_kind(Call *call, ObjectType type)
{
        return paths_of_kind(call->bus, call_driver(call), type);
}

int message_append_path(sd_bus_message *m, const Object *object)
{
        const Manager *manager;
        const Bus *bus;
        char path[TREE_PATH_MAX];

        if (!object)
                return sd_bus_message_append_basic(m, 'o', "/");
        manager = object->driver->host->userdata;
        bus = sd_bus_message_get_bus(m) == manager->libvirt.bus ? &manager->libvirt : &manager->native;
        tree_path(bus->face, object, path);
        return sd_bus_message_append_basic(m, 'o', path);
}

int call_append_params(const Call *call, sd_bus_message *m, const Params *params)
{
        return params_append(m, params, call->bus->face->double_box);
}

static bool in_list(const PropertyInfo *property, void *userdata)
{
        return g_strv_contains(userdata, property->name);
}

int call_append_properties(const Call *call, sd_bus_message *m, Object *object, const char *const *names, Error *error)
{
        const InterfaceInfo *interface = kind_interface(object->type);

        for (const char *const *name = names; name && *name; name++) {
                bool known = false;

                for (size_t i = 0; i < interface->n_properties && !known; i++)
                        known = streq(interface->properties[i].name, *name);
                if (!known)
                        return error_set(error, ERROR_INVALID_ARG, "unknown property '%s'", *name);
        }
        return properties_append(m, call->bus->face, object, names ? in_list : NULL, (void *) names, error);
}

int call_resolve(Call *call, const char *path, ObjectType type, Object **ret, Error *error)
{
        Node node;

        tree_find(call->bus->manager, call->bus->face, path, &node, error);
        if (error_is_set(error))
                return -ENOENT;
        if (!node.object || node.object->type != type)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no object of the wanted kind", path);
        *ret = node.object;
        return 0;
}

void details_of_driver(Details *details, const Driver *driver)
{
        details_add(details, "connect_driver", driver->info->acl_name);
}

void details_of_object(Details *details, const Object *object)
{
        details_of_driver(details, object->driver);
        if (object->class && object->class->describe)
                object->class->describe(object, details);
}
