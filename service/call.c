/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "call"

#include "service/call.h"

#include <string.h>

#include "service/base/log.h"
#include "service/call_private.h"
#include "service/delivery.h"
#include "service/last_error.h"
#include "service/manager.h"
#include "service/paths.h"

/* Argument structs live on the stack of the dispatcher. */
#define ARGS_SIZE_MAX 256

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

/* How long the others wait at most while a long reply is made, give or take a slice. */
#define SLICES_TURN_USEC 250u

/* A reply that is built over several turns. */
typedef struct Slices {
        Call *call;
        sd_bus_message *reply;
        sd_event_source *source; /* NULL: the first turn is not over */
        CallSlice next;
        void *context;
        GDestroyNotify destroy;
} Slices;

static void slices_free(Slices *slices)
{
        sd_event_source_disable_unref(slices->source);
        sd_bus_message_unref(slices->reply);
        if (slices->destroy)
                slices->destroy(slices->context);
        call_unref(slices->call);
        g_free(slices);
}

static void slices_end(Slices *slices, int r, Error *error)
{
        if (r < 0) {
                error_fill(error, r);
                (void) call_fail(slices->call, error);
        } else
                (void) call_reply_send(slices->call, g_steal_pointer(&slices->reply));
        slices_free(slices);
}

static int on_slice(sd_event_source *source, void *userdata);

static int slices_go_on(Slices *slices)
{
        if (slices->source)
                return sd_event_source_set_enabled(slices->source, SD_EVENT_ONESHOT);
        return sd_event_add_defer(slices->call->bus->manager->event, &slices->source, on_slice, slices);
}

/* Polkit has answered, or the caller has left: the next slice sees. */
static void on_sight(void *userdata)
{
        Slices *slices = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        int r = slices_go_on(slices);

        if (r < 0)
                slices_end(slices, r, &error);
}

static int on_slice(sd_event_source *source, void *userdata)
{
        Slices *slices = userdata;
        Call *call = slices->call;
        _cleanup_error_ Error error = ERROR_INIT;
        uint64_t began = now_usec();
        int r;

        if (call->peer->gone) {
                slices_free(slices);
                return 0;
        }
        /* A turn of the loop costs several system calls: small slices share one. */
        do
                r = slices->next(call, slices->reply, slices->context, &error);
        while (r == 1 && now_usec() - began < SLICES_TURN_USEC);
        if (r == CALL_SLICE_WAITS)
                return 0;
        if (r > 0) {
                r = slices_go_on(slices);
                if (r >= 0)
                        return 0;
        }
        slices_end(slices, r, &error);
        return 0;
}

bool call_is_sighted(const Call *call)
{
        return !peer_is_privileged(call->peer) && sight_is_on(call->bus->manager);
}

void call_look_at(Call *call, const Object *object, bool read)
{
        const Object *subject = sight_subject(object);

        if (!subject || !call_is_sighted(call) || error_is_set(&call->wait.error))
                return;
        if (sight_look(call->peer, subject, kinds[subject->type].getattr, &call->wait) > 0 && read)
                (void) sight_look(call->peer, subject, kinds[subject->type].read, &call->wait);
}

int call_look_end(Call *call, Error *error)
{
        if (error_is_set(&call->wait.error)) {
                error_copy(error, &call->wait.error);
                return -EACCES;
        }
        return call->wait.questions && call->wait.questions->len > 0 ? CALL_SLICE_WAITS : 1;
}

int call_look(Call *call, const ObjectList *list, size_t begin, size_t end, bool read, Error *error)
{
        for (size_t i = begin; i < end && call_is_sighted(call); i++) {
                const Object *object = object_list_get(list, i);

                if (object->published)
                        call_look_at(call, object, read);
        }
        return call_look_end(call, error);
}

bool call_sees(const Call *call, const Object *object, bool read)
{
        const Object *subject = sight_subject(object);
        const Kind *kind;

        if (!subject || !call_is_sighted(call))
                return true;
        kind = kinds + subject->type;
        return gate_may_read(call, subject, kind->getattr) && (!read || gate_may_read(call, subject, kind->read));
}

int call_reply_grow(Call *call, size_t bytes, Error *error)
{
        call->reply_size += bytes;
        if (call->reply_size > CALL_REPLY_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED,
                                 "the reply would be larger than %u MiB: use ListDomainsDetailed, which returns pages",
                                 CALL_REPLY_MAX >> 20);
        return 0;
}

/* Path, names and fixed values of a domain's properties measure about 1.5 KiB. */
#define OBJECT_SIZE 2048u

size_t call_object_size(const Object *object)
{
        const Domain *domain = (const Domain *) object;

        if (object->type != OBJECT_DOMAIN)
                return OBJECT_SIZE;
        return OBJECT_SIZE + 2 * strlen(domain->name) + strlen(strempty(domain->summary.title)) +
               strlen(strempty(domain->summary.description));
}

int call_reply_slices(Call *call, sd_bus_message *reply, CallSlice next, void *context, GDestroyNotify destroy)
{
        Slices *slices = g_new0(Slices, 1);

        *slices = (Slices) {
                .call = call_ref(call),
                .reply = reply,
                .next = next,
                .context = context,
                .destroy = destroy,
        };
        call->wait.done = on_sight;
        call->wait.userdata = slices;
        /* The first turn is this one: most lists need no other. */
        return on_slice(NULL, slices);
}

/* What the end of a job is turned into. */
typedef struct Ending {
        Call *call;
        CallJobReply reply;
} Ending;

static int job_reply(Call *call, Job *job, CallJobReply reply, Error *error)
{
        return reply ? reply(call, job, error) : call_reply(call, NULL);
}

static void on_job_completed(Job *job, Error *error, void *userdata)
{
        g_autofree Ending *ending = userdata;
        _cleanup_(call_unrefp) Call *call = ending->call;
        _cleanup_error_ Error failure = ERROR_INIT;
        int r;

        call->peer->user->n_jobs--;
        if (error) {
                (void) call_fail(call, error);
                return;
        }
        /* nobody waits; and what would be begun next for him has not been begun */
        if (call->peer->gone)
                return;
        r = job_reply(call, job, ending->reply, &failure);
        if (r < 0) {
                error_fill(&failure, r);
                (void) call_fail(call, &failure);
        }
}

static void preempt(Call *call, Job *job)
{
        const char *kind = g_intern_string(job_kind(job));

        if (job_cancel(job, NULL) >= 0)
                call->cancelled = kind;
}

const char *call_job_cancelled(const Call *call)
{
        return call->cancelled ?: gate_job_cancelled(call->parked);
}

static void release_object(gpointer object)
{
        object_unref(object);
}

static int check_job_quota(const Call *call, Error *error)
{
        const User *user = call->peer->user;

        if (!peer_is_privileged(call->peer) && user->n_jobs >= call->bus->manager->config->limits.jobs)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "%u jobs of uid %u run already", user->n_jobs,
                                 user->uid);
        return 0;
}

int call_job_begin_aside(Call *call, const char *kind, Object *object, JobSlot *slot, Job **ret, Error *error)
{
        int r = check_job_quota(call, error);

        if (r >= 0)
                r = job_new(call->bus->manager->jobs, kind, slot, &call->owner, ret, error);
        if (r < 0)
                return r;
        job_set_object(*ret, object_ref(object), release_object);
        return 1;
}

static void on_left_job_completed(Job *job, Error *error, void *userdata)
{
        _cleanup_(peer_unrefp) Peer *peer = userdata;

        peer->user->n_jobs--;
}

static void on_left_job_begun(Job *job, Error *error, void *userdata)
{
        _cleanup_(call_unrefp) Call *call = userdata;

        if (error)
                (void) call_fail(call, error);
        else if (!call->peer->gone)
                (void) call_reply(call, NULL);
}

int call_job_leave(Call *call, Job *job, int r, Error *error)
{
        if (r < 0)
                return r;
        if (r > 0) {
                call->peer->user->n_jobs++;
                job_on_completed(job, on_left_job_completed, peer_ref(call->peer));
                if (job_on_begun(job, on_left_job_begun, call)) {
                        call_ref(call);
                        return 0;
                }
        }
        return call_reply(call, NULL);
}

int call_job_begin(Call *call, const char *kind, Object *object, CallJobFlags flags, Job **ret, Error *error)
{
        Manager *manager = call->bus->manager;
        JobSlot *slot = (flags & CALL_JOB_QUERY) || !object ? NULL : &object->slot;
        int r;

        r = check_job_quota(call, error);
        if (r < 0)
                return r;
        if (slot && slot->job) {
                /* one that cannot be cancelled any more ends by itself */
                if (flags & CALL_JOB_PREEMPT)
                        preempt(call, slot->job);
                if (slot->job)
                        return gate_wait_for_slot(call, slot, error);
        }
        r = job_new(manager->jobs, kind, slot, &call->owner, ret, error);
        if (r < 0)
                return r;
        if (slot)
                job_set_object(*ret, object_ref(object), release_object);
        return 1;
}

int call_job_end(Call *call, Job *job, int r, CallJobReply reply, Error *error)
{
        Ending *ending;

        if (r < 0)
                return r;
        if (r == 0)
                return job_reply(call, job, reply, error);
        ending = g_new(Ending, 1);
        *ending = (Ending) { .call = call_ref(call), .reply = reply };
        call->peer->user->n_jobs++;
        job_on_completed(job, on_job_completed, ending);
        return 0;
}

int call_job_reply_text(Call *call, Job *job, Error *error)
{
        return call_reply(call, "s", strempty(job_result_text(job)));
}

int call_job_reply_fd(Call *call, Job *job, Error *error)
{
        return call_reply(call, "h", job_result_fd(job));
}

int call_job_reply_object(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_result_object(job));
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
