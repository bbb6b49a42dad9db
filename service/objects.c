/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "objects"

#include "service/objects.h"

#include "drivers/model/domain_job.h"
#include "service/base/log.h"
#include "service/call_private.h"
#include "service/delivery.h"

static bool native_is_up(const Manager *manager)
{
        return manager->native.bus && manager->native.name_owned;
}

static int append_interface_name(sd_bus_message *m, const Face *face, const Object *object)
{
        char name[128];

        (void) g_snprintf(name, sizeof(name), "%s%s", face->interface_prefix, kind_interface(object->type)->name);
        return sd_bus_message_append_basic(m, 's', name);
}

/* {interface, properties} of the object as an "a{sa{sv}}" of one entry. */
static int append_interfaces(sd_bus_message *m, const Face *face, Object *object, PropertyFilter visible,
                             void *userdata, Error *error)
{
        int r = sd_bus_message_open_container(m, 'a', "{sa{sv}}");

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'e', "sa{sv}");
        if (r >= 0)
                r = append_interface_name(m, face, object);
        if (r >= 0)
                r = properties_append(m, face, object, visible, userdata, error);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int new_signal(Manager *manager, const char *path, const char *interface, const char *member,
                      sd_bus_message **ret)
{
        return sd_bus_message_new_signal(manager->native.bus, ret, path, interface, member);
}

/* values: whether it tells more of the object than that it is there */
static void send_signal(Manager *manager, const Object *object, bool values, sd_bus_message *m, int r)
{
        const Object *subject = sight_subject(object);

        if (r >= 0)
                r = delivery_send(&manager->native, object, &kinds[(subject ?: object)->type].read, values, m);
        if (r < 0)
                log_debug("a signal is lost: %s", g_strerror(-r));
}

/* An ObjectManager's signal about the object, which begins with its path; NULL without a bus. */
static sd_bus_message *manager_signal(Manager *manager, const Object *object, const char *member)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char root[TREE_PATH_MAX], path[TREE_PATH_MAX];
        int r;

        if (!native_is_up(manager))
                return NULL;
        tree_path(&face_native, &object->driver->object, root);
        tree_path(&face_native, object, path);
        r = new_signal(manager, root, "org.freedesktop.DBus.ObjectManager", member, &m);
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 'o', path);
        return r < 0 ? NULL : g_steal_pointer(&m);
}

static void emit_added(Manager *manager, Object *object)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = manager_signal(manager, object, "InterfacesAdded");

        if (m)
                send_signal(manager, object, true, m, append_interfaces(m, &face_native, object, NULL, NULL, NULL));
}

static void emit_removed(Manager *manager, const Object *object)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = manager_signal(manager, object, "InterfacesRemoved");
        int r;

        if (!m)
                return;
        r = sd_bus_message_open_container(m, 'a', "s");
        if (r >= 0)
                r = append_interface_name(m, &face_native, object);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        send_signal(manager, object, false, m, r);
}

static bool has_changed(const PropertyInfo *property, void *userdata)
{
        return property->changed & *(const uint64_t *) userdata;
}

static void emit_changed(Manager *manager, Object *object, uint64_t mask)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char path[TREE_PATH_MAX];
        int r;

        tree_path(&face_native, object, path);
        r = new_signal(manager, path, "org.freedesktop.DBus.Properties", "PropertiesChanged", &m);
        if (r >= 0)
                r = append_interface_name(m, &face_native, object);
        if (r >= 0)
                r = properties_append(m, &face_native, object, has_changed, &mask, NULL);
        if (r >= 0)
                r = sd_bus_message_append(m, "as", 0);
        send_signal(manager, object, true, m, r);
}

static void object_announce(Manager *manager, Object *object)
{
        uint64_t mask = object->changed;

        object->changed = 0;
        if (mask && object->published && native_is_up(manager))
                emit_changed(manager, object, mask);
}

static void release_object(gpointer object)
{
        object_unref(object);
}

static int on_flush(sd_event_source *source, void *userdata)
{
        Manager *manager = userdata;
        g_autoptr(GPtrArray) objects = g_steal_pointer(&manager->changed);

        manager->changed = g_ptr_array_new_with_free_func(release_object);
        for (guint i = 0; i < objects->len; i++)
                object_announce(manager, objects->pdata[i]);
        return 0;
}

static void on_changed(Object *object, uint64_t mask, void *userdata)
{
        Manager *manager = userdata;

        if (!object->published)
                return;
        if (!object->changed) {
                g_ptr_array_add(manager->changed, object_ref(object));
                (void) sd_event_source_set_enabled(manager->flush, SD_EVENT_ONESHOT);
        }
        object->changed |= mask;
}

static void on_added(Object *object, void *userdata)
{
        emit_added(userdata, object);
}

static void on_removed(Object *object, void *userdata)
{
        Manager *manager = userdata;

        object_announce(manager, object);
        (void) g_ptr_array_remove(manager->changed, object);
        emit_removed(manager, object);
}

static void on_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        Manager *manager = userdata;

        /* what changed comes before the event that tells of it */
        object_announce(manager, object);
        manager->emitters->object_signal(manager, object, which, args);
}

const ObjectListener object_listener = {
        .added = on_added,
        .removed = on_removed,
        .changed = on_changed,
        .signal = on_signal,
};

const Object *job_object_find(const Driver *driver, const Job *job)
{
        const Manager *manager = driver->host->userdata;

        return g_hash_table_lookup(manager->job_objects, job);
}

static void job_touches(Manager *manager, Job *job)
{
        Object *object = job_object(job);

        if (object->class && object->class->changed_job)
                on_changed(object, object->class->changed_job, manager);
}

static void job_object_free(Object *object)
{
        g_free(object);
}

static const ObjectClass job_object_class = { .type = OBJECT_JOB, .free = job_object_free };

/* A job that keeps nothing busy is a question, not an operation: nobody watches it. */
static void on_job_added(Job *job, void *userdata)
{
        Manager *manager = userdata;
        const Object *object = job_object(job);
        JobObject *job_object_new;

        if (!object)
                return;
        job_object_new = g_new0(JobObject, 1);
        *job_object_new = (JobObject) {
                .object = { .class = &job_object_class, .type = OBJECT_JOB, .n_ref = 1, .driver = object->driver,
                            .published = true },
                .job = job,
        };
        g_hash_table_insert(manager->job_objects, job, job_object_new);
        emit_added(manager, &job_object_new->object);
        job_touches(manager, job);
}

static void on_job_changed(Job *job, void *userdata)
{
        Manager *manager = userdata;
        JobObject *object = g_hash_table_lookup(manager->job_objects, job);

        if (object)
                on_changed(&object->object, JOB_CHANGED_PROGRESS | JOB_CHANGED_STAGE | JOB_CHANGED_STATE, manager);
}

static void on_job_removed(Job *job, void *userdata)
{
        Manager *manager = userdata;
        JobObject *object = g_hash_table_lookup(manager->job_objects, job);

        if (!object)
                return;
        object_announce(manager, &object->object);
        (void) g_ptr_array_remove(manager->changed, object);
        manager->emitters->job_completed(manager, object);
        emit_removed(manager, &object->object);
        g_hash_table_remove(manager->job_objects, job);
        job_touches(manager, job);
        if (((Object *) job_object(job))->type == OBJECT_DOMAIN)
                domain_job_ended(job_object(job), job);
}

static void on_slot_freed(JobSlot *slot, void *userdata)
{
        gate_slot_freed(userdata, slot);
}

const JobListener job_listener = {
        .added = on_job_added,
        .changed = on_job_changed,
        .removed = on_job_removed,
        .slot_freed = on_slot_freed,
};

void objects_init(Manager *manager)
{
        manager->changed = g_ptr_array_new_with_free_func(release_object);
        manager->job_objects = g_hash_table_new_full(NULL, NULL, NULL, release_object);
        if (sd_event_add_defer(manager->event, &manager->flush, on_flush, manager) >= 0)
                (void) sd_event_source_set_enabled(manager->flush, SD_EVENT_OFF);
}

void objects_clear(Manager *manager)
{
        manager->flush = sd_event_source_disable_unref(manager->flush);
        if (manager->changed)
                g_ptr_array_unref(manager->changed);
        if (manager->job_objects)
                g_hash_table_unref(manager->job_objects);
}

/* GetManagedObjects: the objects of one kind after the other, a slice at a time, then the jobs. */
typedef struct Listing {
        ObjectType type;
        char *after; /* the key of the last object that was appended */
} Listing;

static void listing_free(void *data)
{
        Listing *listing = data;

        g_free(listing->after);
        g_free(listing);
}

static int append_object(Call *call, sd_bus_message *reply, Object *object, Error *error)
{
        char path[TREE_PATH_MAX];
        int r = call_reply_grow(call, call_object_size(object), error);

        if (r < 0)
                return r;
        tree_path(call->bus->face, object, path);
        r = sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 'o', path);
        if (r >= 0)
                r = append_interfaces(reply, call->bus->face, object, NULL, NULL, error);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_jobs(Call *call, sd_bus_message *reply, Error *error)
{
        GHashTableIter iter;
        gpointer object;
        int r;

        g_hash_table_iter_init(&iter, call->bus->manager->job_objects);
        while (g_hash_table_iter_next(&iter, NULL, &object))
                if (((Object *) object)->driver == call->node.driver)
                        call_look_at(call, object, false);
        r = call_look_end(call, error);
        g_hash_table_iter_init(&iter, call->bus->manager->job_objects);
        while (r == 1 && g_hash_table_iter_next(&iter, NULL, &object)) {
                int appended = 0;

                if (((Object *) object)->driver == call->node.driver && call_sees(call, object, false))
                        appended = append_object(call, reply, object, error);
                if (appended < 0)
                        r = appended;
        }
        return r;
}

/* What is asked about a kind as such: the rest is asked about each object. */
static size_t kind_permissions(const Call *call, ObjectType type, Permission ret[static 3])
{
        ret[0] = kinds[type].search;
        ret[1] = kinds[type].getattr;
        ret[2] = kinds[type].read;
        return sight_is_on(call->bus->manager) ? 1 : 3;
}

/* Who may not look for a kind, or at it, is not told of its objects. Returns 1: he may; 0: polkit is asked. */
static int may_see(Call *call, ObjectType type, Error *error)
{
        Permission wanted[3];
        size_t n = kind_permissions(call, type, wanted);

        for (size_t i = 0; i < n; i++) {
                int r = gate_check_read(call, wanted[i], error);

                if (r <= 0)
                        return r;
        }
        return 1;
}

static bool may_see_now(const Call *call, ObjectType type)
{
        Permission wanted[3];
        size_t n = kind_permissions(call, type, wanted);

        for (size_t i = 0; i < n; i++)
                if (!gate_may_read(call, call->node.object, wanted[i]))
                        return false;
        return true;
}

static bool is_listed(const Call *call, ObjectType type)
{
        return call->node.driver->lists[type] && kind_is_on_face(type, call->bus->face);
}

/* Returns 1 when there may be more of the kind. */
static int append_slice(Call *call, sd_bus_message *reply, Listing *listing, Error *error)
{
        const ObjectList *list = call->node.driver->lists[listing->type];
        size_t i = object_list_position(list, listing->after);
        size_t end = MIN(i + CALL_SLICE_OBJECTS, object_list_size(list));
        int r = call_look(call, list, i, end, true, error);

        if (r != 1)
                return r;
        for (; i < end; i++) {
                Object *object = object_list_get(list, i);

                if (i + 1 == end) {
                        g_free(listing->after);
                        listing->after = g_strdup(object->key);
                }
                if (!object->published || !call_sees(call, object, true))
                        continue;
                r = append_object(call, reply, object, error);
                if (r < 0)
                        return r;
        }
        return end < object_list_size(list);
}

static int next_objects(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Listing *listing = context;
        int r;

        while (listing->type < _OBJECT_TYPE_MAX) {
                /* what was granted before the first slice may have been taken away since; nobody waits here */
                if (is_listed(call, listing->type) && may_see_now(call, listing->type)) {
                        r = append_slice(call, reply, listing, error);
                        if (r != 0)
                                return r;
                }
                g_clear_pointer(&listing->after, g_free);
                listing->type++;
        }
        r = append_jobs(call, reply, error);
        return r == 1 ? sd_bus_message_close_container(reply) : r;
}

int object_manager_call(Call *call, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = gate_check_read(call, PERMISSION_CONNECT_GETATTR, error);

        if (r <= 0)
                return r;
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++)
                if (is_listed(call, type) && may_see(call, type, NULL) == 0)
                        return 0;
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}");
        if (r < 0)
                return r;
        return call_reply_slices(call, g_steal_pointer(&reply), next_objects, g_new0(Listing, 1), listing_free);
}
