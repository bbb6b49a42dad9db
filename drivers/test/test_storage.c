/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_storage.h"

#include <string.h>

#include "drivers/test/test_operation.h"
#include "drivers/test/test_volume.h"

static void release_array(gpointer p)
{
        g_ptr_array_unref(p);
}

static void release_object(gpointer p)
{
        object_unref(p);
}

static void release_pool_def(gpointer p)
{
        storage_pool_def_unref(p);
}

static void release_vol_def(gpointer p)
{
        storage_vol_def_unref(p);
}

/* What the host has stored for a pool: its volumes. */
static GPtrArray *stored_volumes(StoragePool *pool)
{
        if (!pool->data) {
                pool->data = g_ptr_array_new_with_free_func(test_volume_release);
                pool->data_free = release_array;
        }
        return pool->data;
}

uint32_t test_pool_types(const Driver *driver)
{
        return (UINT32_C(1) << _STORAGE_POOL_TYPE_MAX) - 2;
}

static ObjectList *volumes(const StoragePool *pool)
{
        return pool->object.driver->lists[OBJECT_STORAGE_VOL];
}

static void measure(StoragePool *pool)
{
        const GPtrArray *stored = stored_volumes(pool);
        StoragePoolInfo info = { .capacity = TEST_POOL_CAPACITY };

        for (guint i = 0; i < stored->len; i++)
                info.allocation += ((const TestVolume *) stored->pdata[i])->def->allocation;
        info.available = info.capacity - MIN(info.capacity, info.allocation);
        storage_pool_set_info(pool, &info);
}

static StorageVolType vol_type(StoragePoolType type)
{
        switch (type) {
        case STORAGE_POOL_DIR:
        case STORAGE_POOL_FS:
        case STORAGE_POOL_NETFS:
        case STORAGE_POOL_VSTORAGE:
                return STORAGE_VOL_FILE;
        case STORAGE_POOL_RBD:
        case STORAGE_POOL_SHEEPDOG:
        case STORAGE_POOL_GLUSTER:
        case STORAGE_POOL_ISCSI_DIRECT:
                return STORAGE_VOL_NETWORK;
        case STORAGE_POOL_LOGICAL:
        case STORAGE_POOL_DISK:
        case STORAGE_POOL_ISCSI:
        case STORAGE_POOL_SCSI:
        case STORAGE_POOL_MPATH:
        case STORAGE_POOL_ZFS:
        case _STORAGE_POOL_TYPE_MAX:
                break;
        }
        return STORAGE_VOL_BLOCK;
}

/* A volume's place goes by its pool, whatever its definition says. */
static int place(const StorageVolDef *def, const StoragePoolDef *pool, StorageVolDef **ret, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *placed = storage_vol_def_copy(def);
        int r;

        placed->type = vol_type(pool->type);
        placed->target.path = arena_printf(placed->arena, "%s%s%s", pool->path ?: strempty(pool->source_name),
                                           g_str_has_suffix(strempty(pool->path), "/") ? "" : "/", def->name);
        placed->key = placed->target.path;
        r = storage_vol_def_seal(placed, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&placed);
        return r;
}

static int add_volume(StoragePool *pool, TestVolume *volume, StorageVol **ret, Error *error)
{
        int r = storage_vol_list_add(volumes(pool), pool, volume->def, ret, error);

        if (r < 0)
                return r;
        (*ret)->data = test_volume_ref(volume);
        (*ret)->data_free = test_volume_release;
        object_publish(&(*ret)->object);
        return 0;
}

/* One that another pool has meanwhile is left out: the other one had it first. */
static void add_stored(StoragePool *pool)
{
        const GPtrArray *stored = stored_volumes(pool);

        for (guint i = 0; i < stored->len; i++) {
                TestVolume *volume = stored->pdata[i];
                _cleanup_(storage_vol_def_unrefp) StorageVolDef *placed = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                StorageVol *vol;

                if (place(volume->def, pool->live, &placed, &error) >= 0 &&
                    test_volume_put_def(volume, placed, &error) >= 0)
                        (void) add_volume(pool, volume, &vol, &error);
        }
}

static void remove_volumes(StoragePool *pool)
{
        ObjectList *list = volumes(pool);

        for (size_t i = object_list_size(list); i-- > 0;) {
                StorageVol *vol = object_list_get(list, i);

                if (vol->pool != pool)
                        continue;
                test_volume_end_upload(vol->data);
                object_remove(&vol->object);
        }
}

static void start_now(StoragePool *pool, const StoragePoolDef *def)
{
        storage_pool_set_state(pool, STORAGE_POOL_RUNNING, def);
        measure(pool);
        if (!pool->object.published)
                object_publish(&pool->object);
        add_stored(pool);
}

/* An operation on a pool or a volume: data is a definition of the pool, referenced. */
static int run(const TestOperationInfo *info, void *object, const StoragePoolDef *def, Job *job, Error *error)
{
        TestOperation op = {
                .info = info,
                .object = object,
                .data = def ? storage_pool_def_ref(def) : NULL,
                .data_free = release_pool_def,
        };

        return test_operation_run(&op, job, error);
}

static int define_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;

        storage_pool_set_config(pool, op->data);
        if (!pool->object.published) {
                measure(pool);
                object_publish(&pool->object);
        }
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_DEFINED);
        return 0;
}

int test_pool_define(StoragePool *pool, StoragePoolDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_apply };

        return run(&info, pool, def, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;

        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_UNDEFINED);
        object_remove(&pool->object);
        return 0;
}

int test_pool_undefine(StoragePool *pool, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return run(&info, pool, NULL, job, error);
}

static int start_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;

        start_now(pool, op->data);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_STARTED);
        return 0;
}

int test_pool_start(StoragePool *pool, StoragePoolDef *def, StoragePoolStartFlags flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = start_apply };

        return run(&info, pool, def, job, error);
}

static int stop_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;
        bool is_transient = !pool->config;

        remove_volumes(pool);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_STOPPED);
        if (is_transient)
                object_remove(&pool->object);
        else
                storage_pool_set_state(pool, STORAGE_POOL_INACTIVE, NULL);
        return 0;
}

int test_pool_stop(StoragePool *pool, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = stop_apply };

        return run(&info, pool, NULL, job, error);
}

static int build_apply(TestOperation *op, Error *error)
{
        storage_pool_emit_event((StoragePool *) op->object, STORAGE_POOL_EVENT_CREATED);
        return 0;
}

int test_pool_build(StoragePool *pool, StoragePoolBuildFlags flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = build_apply };

        return run(&info, pool, NULL, job, error);
}

static int delete_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;

        g_ptr_array_set_size(stored_volumes(pool), 0);
        measure(pool);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_DELETED);
        return 0;
}

int test_pool_delete(StoragePool *pool, StoragePoolDeleteFlags flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = delete_apply };

        return run(&info, pool, NULL, job, error);
}

static int refresh_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;

        measure(pool);
        object_emit(&pool->object, STORAGE_POOL_SIGNAL_REFRESH, NULL);
        return 0;
}

int test_pool_refresh(StoragePool *pool, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = refresh_apply };

        return run(&info, pool, NULL, job, error);
}

static int set_autostart_apply(TestOperation *op, Error *error)
{
        storage_pool_set_autostart((StoragePool *) op->object, op->autostart);
        return 0;
}

int test_pool_set_autostart(StoragePool *pool, bool autostart, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = set_autostart_apply };

        TestOperation op = { .info = &info, .object = &pool->object, .autostart = autostart };

        return test_operation_run(&op, job, error);
}

static StoragePoolDef *made_up_group(unsigned i)
{
        StoragePoolDef *def = storage_pool_def_new(STORAGE_POOL_LOGICAL);
        StoragePoolDevice *device = arena_new0(def->arena, StoragePoolDevice);

        device->path = arena_printf(def->arena, "/dev/sda2%u", i);
        def_append(def->arena, &def->devices, device);
        def->source_name = arena_printf(def->arena, "testvg%u", i + 1);
        storage_pool_def_complete(def);
        return def;
}

static StoragePoolDef *made_up_share(const char *host_name)
{
        StoragePoolDef *def = storage_pool_def_new(STORAGE_POOL_NETFS);
        StoragePoolHost *host = arena_new0(def->arena, StoragePoolHost);

        host->name = arena_strdup(def->arena, host_name);
        def_append(def->arena, &def->hosts, host);
        def->dir = "/testshare";
        def->format = "nfs";
        return def;
}

static void append_source(GString *out, StoragePoolDef *def)
{
        storage_pool_source_format(def, 1, out);
        storage_pool_def_unref(def);
}

/* Two volume groups and a share of every host, as libvirt's test driver finds them. */
int test_pool_find_sources(Driver *driver, StoragePoolType type, const StoragePoolDef *source, Job *job, Error *error)
{
        GString *out;

        if (type != STORAGE_POOL_LOGICAL && type != STORAGE_POOL_NETFS)
                return error_set(error, ERROR_NO_SUPPORT, "pool type '%s' does not support source discovery",
                                 storage_pool_type_to_string(type));
        if (type == STORAGE_POOL_NETFS && (!source || source->hosts.n == 0 || isempty(source->hosts.items[0]->name)))
                return error_set(error, ERROR_INVALID_ARG, "hostname must be specified for netfs sources");
        out = g_string_new("<sources>\n");
        if (type == STORAGE_POOL_NETFS)
                append_source(out, made_up_share(source->hosts.items[0]->name));
        else
                for (unsigned i = 0; i < 2; i++)
                        append_source(out, made_up_group(i));
        g_string_append(out, "</sources>\n");
        job_set_result_text(job, g_string_free(out, FALSE));
        return test_host_answer(driver, job, error);
}

typedef struct NewVolume {
        StorageVolDef *def;
        TestVolume *source; /* NULL: empty */
} NewVolume;

static void new_volume_free(gpointer p)
{
        NewVolume *new = p;

        storage_vol_def_unref(new->def);
        test_volume_unref(new->source);
        g_free(new);
}

/* A copy is as large as the original, or larger. */
static int size_of_copy(const StorageVolDef *def, const TestVolume *source, StorageVolDef **ret, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *sized = storage_vol_def_copy(def);
        int r;

        if (source) {
                def_put(sized, capacity, MAX(def->capacity, source->def->capacity));
                if (!def->said_allocation)
                        def_put(sized, allocation, sized->capacity);
        }
        r = storage_vol_def_seal(sized, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&sized);
        return r;
}

static int create_apply(TestOperation *op, Error *error)
{
        StoragePool *pool = (StoragePool *) op->object;
        const NewVolume *new = op->data;
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *sized = NULL, *def = NULL;
        _cleanup_(test_volume_unrefp) TestVolume *volume = NULL;
        StorageVol *vol;
        int r;

        if ((r = size_of_copy(new->def, new->source, &sized, error)) < 0 ||
            (r = place(sized, pool->live, &def, error)) < 0)
                return r;
        if (def->allocation > pool->info.available)
                return error_set(error, ERROR_OPERATION_FAILED, "Not enough free space in pool for volume '%s'",
                                 def->name);
        if ((r = test_volume_new(def, &volume, error)) < 0 ||
            (new->source && (r = test_volume_copy(new->source, volume, error)) < 0) ||
            (r = add_volume(pool, volume, &vol, error)) < 0)
                return r;
        g_ptr_array_add(stored_volumes(pool), g_steal_pointer(&volume));
        measure(pool);
        job_set_result_object(op->job, object_ref(vol), release_object);
        return 0;
}

int test_vol_create(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags, Job *job,
                         Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = create_apply };
        NewVolume *new = g_new0(NewVolume, 1);
        TestOperation op = { .info = &info, .object = &pool->object, .data = new, .data_free = new_volume_free };

        new->def = storage_vol_def_ref(def);
        new->source = source ? test_volume_ref(source->data) : NULL;
        op.total = def->capacity;
        return test_operation_run(&op, job, error);
}

static int check_unused(TestOperation *op, Error *error)
{
        const StorageVol *vol = (const StorageVol *) op->object;

        if (((const TestVolume *) vol->data)->upload)
                return error_set(error, ERROR_OPERATION_INVALID, "volume '%s' is still in use.", vol->name);
        return 0;
}

static int delete_vol_apply(TestOperation *op, Error *error)
{
        StorageVol *vol = (StorageVol *) op->object;
        StoragePool *pool = object_ref(vol->pool);

        (void) g_ptr_array_remove(stored_volumes(pool), vol->data);
        object_remove(&vol->object);
        measure(pool);
        object_unref(pool);
        return 0;
}

int test_vol_delete(StorageVol *vol, StorageVolDeleteFlags flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .check = check_unused, .apply = delete_vol_apply };
        TestOperation op = { .info = &info, .object = &vol->object, .total = vol->def->capacity };

        return test_operation_run(&op, job, error);
}

static int resize_apply(TestOperation *op, Error *error)
{
        StorageVol *vol = (StorageVol *) op->object;
        int r = test_volume_put_def(vol->data, op->data, error);

        if (r < 0)
                return r;
        storage_vol_set_def(vol, op->data);
        measure(vol->pool);
        return 0;
}

int test_vol_resize(StorageVol *vol, StorageVolDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .check = check_unused, .apply = resize_apply };
        TestOperation op = {
                .info = &info,
                .object = &vol->object,
                .total = def->capacity,
                .data = storage_vol_def_ref(def),
                .data_free = release_vol_def,
        };

        return test_operation_run(&op, job, error);
}

static int wipe_apply(TestOperation *op, Error *error)
{
        return test_volume_wipe(((StorageVol *) op->object)->data, error);
}

int test_vol_wipe(StorageVol *vol, unsigned algorithm, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .check = check_unused, .apply = wipe_apply };
        TestOperation op = { .info = &info, .object = &vol->object, .total = vol->def->capacity };

        return test_operation_run(&op, job, error);
}

int test_vol_download(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error)
{
        TestOperation op = { .object = &vol->object };
        int fd, r = check_unused(&op, error);

        if (r >= 0)
                r = test_volume_read(vol->data, offset, length, &fd, error);
        if (r >= 0)
                job_set_result_fd(job, fd);
        return r;
}

int test_vol_upload(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error)
{
        TestOperation op = { .object = &vol->object };
        int fd, r = check_unused(&op, error);

        if (r >= 0)
                r = test_volume_write(vol->data, vol->object.driver->host->event, offset, length, &fd, error);
        if (r >= 0)
                job_set_result_fd(job, fd);
        return r;
}

int test_pool_add(Driver *driver, const char *xml, size_t size, StoragePool **ret, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *parsed = NULL, *def = NULL;
        StoragePool *pool;
        int r = storage_pool_def_parse(xml, size, 0, NULL, &parsed, error);

        if (r < 0)
                return r;
        def = parsed->uuid ? storage_pool_def_ref(parsed) : storage_pool_def_with_uuid(parsed);
        r = storage_pool_list_add(driver->lists[OBJECT_STORAGE_POOL], def, &pool, error);
        if (r < 0)
                return r;
        storage_pool_set_config(pool, def);
        start_now(pool, def);
        *ret = pool;
        return 0;
}

int test_vol_add(StoragePool *pool, const char *xml, size_t size, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *parsed = NULL, *def = NULL;
        TestVolume *volume = NULL;
        StorageVol *vol;
        int r;

        if ((r = storage_vol_def_parse_in(pool->live->type, xml, size, 0, NULL, &parsed, error)) < 0 ||
            (r = place(parsed, pool->live, &def, error)) < 0 || (r = test_volume_new(def, &volume, error)) < 0)
                return r;
        r = add_volume(pool, volume, &vol, error);
        if (r < 0) {
                test_volume_unref(volume);
                return r;
        }
        g_ptr_array_add(stored_volumes(pool), volume);
        measure(pool);
        return 0;
}

int test_storage_add_default(Driver *driver, Error *error)
{
        static const char xml[] = "<pool type='dir'><name>default-pool</name>"
                                  "<uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>"
                                  "<target><path>/default-pool</path></target></pool>";
        StoragePool *pool;

        return test_pool_add(driver, xml, strlen(xml), &pool, error);
}
