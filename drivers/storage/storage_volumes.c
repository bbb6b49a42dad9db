/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lives of volumes. */

#include "drivers/storage/storage_private.h"

#include "drivers/model/secret.h"
#include "drivers/storage/storage_data.h"
#include "drivers/storage/storage_dir.h"
#include "drivers/storage/storage_image.h"
#include "drivers/storage/storage_use.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

static ObjectList *list_of(const StoragePool *pool)
{
        return pool->object.driver->lists[OBJECT_STORAGE_VOL];
}

static const StorageBackend *backend_of(const StoragePool *pool)
{
        return storage_backend(pool->live->type);
}

/* -- what was found ------------------------------------------------------------------------------------------ */

/* Which secret opens it is known by its path, as libvirt has it. */
static StorageVolDef *with_secret(const StoragePool *pool, const StorageVolDef *def)
{
        const ObjectList *secrets = pool->object.driver->lists[OBJECT_SECRET];
        const Secret *secret = !def->target.encryption || !secrets ? NULL :
                secret_list_find_usage(secrets, SECRET_USAGE_VOLUME, def->target.path);
        StorageSecretRef *ref;
        StorageVolDef *copy;

        if (!secret)
                return storage_vol_def_ref(def);
        copy = storage_vol_def_copy(def);
        ref = arena_new0(copy->arena, StorageSecretRef);
        ref->type = "passphrase";
        ref->uuid = arena_strdup(copy->arena, secret->uuid);
        def_append(copy->arena, &copy->target.encryption->secrets, ref);
        arena_seal(copy->arena);
        return copy;
}

static void add(StoragePool *pool, const StorageVolDef *def)
{
        _cleanup_error_ Error error = ERROR_INIT;
        StorageVol *vol;

        if (storage_vol_list_add(list_of(pool), pool, def, &vol, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_debug("storage pool '%s' is without '%s': %s", pool->name, def->name, text);
                return;
        }
        object_publish(&vol->object);
}

/* Whoever works on a volume says himself what becomes of it. */
static bool is_left_alone(const StorageVol *vol)
{
        return !vol->object.published || vol->object.slot.job;
}

void storage_volumes_take(StoragePool *pool, const StorageWork *work)
{
        g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
        const ObjectList *list = list_of(pool);

        for (guint i = 0; i < work->found->len; i++) {
                StorageVolDef *def = work->found->pdata[i];

                g_hash_table_insert(found, (char *) def->name, def);
        }
        for (size_t i = object_list_size(list); i-- > 0;) {
                StorageVol *vol = object_list_get(list, i);
                const StorageVolDef *def = vol->pool == pool ? g_hash_table_lookup(found, vol->name) : NULL;
                _cleanup_(storage_vol_def_unrefp) StorageVolDef *full = NULL;

                if (vol->pool != pool)
                        continue;
                (void) g_hash_table_remove(found, vol->name);
                if (is_left_alone(vol))
                        continue;
                if (def && streq(def->key, vol->key)) {
                        full = with_secret(pool, def);
                        storage_vol_set_def(vol, full);
                } else {
                        object_remove(&vol->object);
                        if (def)
                                g_hash_table_insert(found, (char *) def->name, (void *) def);
                }
        }
        for (guint i = 0; i < work->found->len; i++) {
                const StorageVolDef *def = work->found->pdata[i];
                _cleanup_(storage_vol_def_unrefp) StorageVolDef *full = NULL;

                if (!g_hash_table_remove(found, def->name))
                        continue;
                full = with_secret(pool, def);
                add(pool, full);
        }
}

void storage_volumes_remove(StoragePool *pool)
{
        const ObjectList *list = list_of(pool);

        for (size_t i = object_list_size(list); i-- > 0;) {
                StorageVol *vol = object_list_get(list, i);

                if (vol->pool == pool)
                        object_remove(&vol->object);
        }
}

void storage_volume_take(StorageOperation *op)
{
        const GPtrArray *found = op->work->found;

        if (!op->vol->object.list)
                return;
        for (guint i = 0; i < found->len; i++) {
                const StorageVolDef *def = found->pdata[i];

                if (streq(def->name, op->vol->name)) {
                        _cleanup_(storage_vol_def_unrefp) StorageVolDef *full = with_secret(op->pool, def);

                        storage_vol_set_def(op->vol, full);
                }
        }
        if (op->work->info.capacity > 0)
                storage_pool_set_info(op->pool, &op->work->info);
}

/* -- what may be done ---------------------------------------------------------------------------------------- */

int storage_volumes_check_unused(StorageVol *vol, Error *error)
{
        const StorageVolData *data = storage_vol_data(vol);
        const Domain *domain;

        if (data->n_readers > 0 || data->writing)
                return error_set(error, ERROR_OPERATION_INVALID, "volume '%s' is still in use.", vol->name);
        domain = storage_use_find(vol);
        if (domain)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "volume '%s' is still in use: domain '%s' is running with it", vol->name,
                                 domain->name);
        return 0;
}

int storage_volumes_begin(StorageOperation *op, Error *error)
{
        StoragePoolData *data = storage_pool_data(op->pool);

        if (data->stopping)
                return error_set(error, ERROR_OPERATION_INVALID, "storage pool '%s' is being stopped", op->pool->name);
        data->n_busy++;
        op->begun = true;
        return 0;
}

/* -- creating ------------------------------------------------------------------------------------------------ */

/* The value of the secret that an encrypted volume names; NULL without an error: it is not encrypted. */
static int find_secret(const StoragePool *pool, const StorageVolDef *def, GBytes **ret, Error *error)
{
        const ObjectList *secrets = pool->object.driver->lists[OBJECT_SECRET];
        const StorageEncryption *encryption = def->target.encryption;
        const StorageSecretRef *ref;
        const Secret *secret;

        if (!encryption)
                return 0;
        if (encryption->format != STORAGE_ENCRYPTION_LUKS)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "target/encryption/@format: only 'luks' is supported");
        if (encryption->secrets.n != 1 || !secrets)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "target/encryption: a LUKS volume needs one secret");
        ref = encryption->secrets.items[0];
        secret = ref->uuid ? object_list_find(secrets, ref->uuid) :
                             secret_list_find_usage(secrets, SECRET_USAGE_VOLUME, strempty(ref->usage));
        if (!secret)
                return error_set(error, ERROR_NO_SECRET, "no secret with matching %s '%s'",
                                 ref->uuid ? "uuid" : "usage", ref->uuid ?: strempty(ref->usage));
        if (!secret->value)
                return error_set(error, ERROR_NO_SECRET, "secret '%s' does not have a value", secret->uuid);
        *ret = g_bytes_ref(secret->value);
        return 0;
}

static int check_request(const StorageVolDef *def, const StorageVol *source, StorageVolCreateFlags flags, Error *error)
{
        const char *format = def->target.format ?: "raw";

        if (source && def->backing)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "backingStore: a copy has all data and builds upon nothing");
        if (def->backing && !streq(format, "qcow2"))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "backingStore: only qcow2 volumes are made that build upon another");
        if (streq(format, "dir")) {
                if (source || def->target.encryption)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "target/format/@type: a directory is only made empty");
                return 0;
        }
        if (!streq(format, "iso") && !storage_image_can_make(format))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "target/format/@type: volumes of the format '%s' are not made", format);
        if (def->target.encryption && !streq(format, "raw") && !streq(format, "qcow2"))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "target/encryption: only raw and qcow2 volumes are encrypted");
        if ((flags & STORAGE_VOL_CREATE_PREALLOC_METADATA) && !streq(format, "qcow2"))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "metadata preallocation only available with qcow2");
        return 0;
}

static bool is_raw(const StorageVolDef *def)
{
        const char *format = def->target.format ?: "raw";

        return !def->target.encryption && (streq(format, "raw") || streq(format, "iso"));
}

static const StorageAction *creation(const StorageVolDef *def, const StorageVol *source, StorageVolCreateFlags flags)
{
        if (streq_ptr(def->target.format, "dir")) {
                static const StorageAction make_dir[] = { { .work = storage_dir_make_dir }, {} };

                return make_dir;
        }
        if (source)
                return flags & STORAGE_VOL_CREATE_REFLINK ? storage_data_clone : storage_image_copy;
        return is_raw(def) ? storage_data_create : storage_image_create;
}

/* A volume's place goes by its pool, whatever its definition says; a copy is as large as its original, or larger. */
static int place(const StoragePool *pool, const StorageVolDef *def, const StorageVol *source, StorageVolDef **ret,
                 Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *placed = storage_vol_def_copy(def);
        bool said_allocation = def->said_allocation;
        int r;

        if (!storage_has_files(pool->live))
                placed->type = STORAGE_VOL_BLOCK;
        else
                placed->type = streq_ptr(def->target.format, "dir") ? STORAGE_VOL_DIR : STORAGE_VOL_FILE;
        placed->target.path = arena_printf(placed->arena, "%s/%s", streq(pool->live->path, "/") ? "" : pool->live->path,
                                           def->name);
        placed->key = placed->target.path;
        if (source) {
                def_put(placed, capacity, MAX(def->capacity, source->def->capacity));
                if (!said_allocation)
                        def_put(placed, allocation, placed->capacity);
        }
        r = storage_vol_def_seal(placed, NULL, error);
        if (r < 0)
                return r;
        placed->said_allocation = said_allocation;
        *ret = g_steal_pointer(&placed);
        return 0;
}

static void apply_create(StorageOperation *op)
{
        storage_volume_take(op);
        object_publish(&op->vol->object);
        job_set_result_object(op->job, object_ref(op->vol), storage_release_object);
}

static int add_source(StorageOperation *op, StorageVol *source, Error *error)
{
        StorageVolData *data = storage_vol_data(source);

        if (data->writing || storage_pool_data(source->pool)->stopping)
                return error_set(error, ERROR_OPERATION_INVALID, "volume '%s' is still in use.", source->name);
        data->n_readers++;
        storage_pool_data(source->pool)->n_busy++;
        op->source = object_ref(source);
        op->work->source_pool = storage_pool_def_ref(source->pool->live);
        op->work->source = storage_vol_def_ref(source->def);
        return find_secret(source->pool, source->def, &op->work->source_secret, error);
}

/* What a program has made that no file is goes with another one. */
static void revert_create(StorageOperation *op)
{
        const StorageBackend *backend = storage_backend(op->work->pool->type);

        if (op->work->is_made)
                storage_farewell(op->part, op->work->pool, op->work->vol, backend->remove_volume);
}

static void add_chains(StorageOperation *op, const StorageVol *source, StorageVolCreateFlags flags)
{
        const StorageBackend *backend = backend_of(op->pool);

        if (backend->has_files) {
                storage_operation_chain(op, creation(op->work->vol, source, flags));
                return;
        }
        op->revert = revert_create;
        storage_operation_chain(op, backend->create_volume);
        if (source)
                storage_operation_chain(op, storage_image_fill);
        storage_operation_chain(op, backend->scan);
}

static int create(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags, Job *job,
                  Error *error)
{
        _cleanup_(storage_operation_freep) StorageOperation *op = NULL;
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *placed = NULL;
        StorageVol *vol = NULL;
        int r = place(pool, def, source, &placed, error);

        if (r >= 0)
                r = storage_vol_list_add(list_of(pool), pool, placed, &vol, error);
        if (r < 0)
                return r;
        op = storage_operation_new(pool, vol, pool->live, placed, job);
        op->apply = apply_create;
        if (flags & STORAGE_VOL_CREATE_PREALLOC_METADATA)
                op->work->flags |= STORAGE_IMAGE_PREALLOCATE;
        r = find_secret(pool, placed, &op->work->secret, error);
        if (r >= 0 && source)
                r = add_source(op, source, error);
        if (r >= 0)
                r = storage_volumes_begin(op, error);
        if (r < 0) {
                object_remove(&vol->object);
                return r;
        }
        add_chains(op, source, flags);
        return storage_operation_run(g_steal_pointer(&op), error);
}

int storage_volumes_create(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags,
                           Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(pool);
        int r = 0;

        if (!backend->has_files && !backend->create_volume)
                return error_set(error, ERROR_NO_SUPPORT, "storage pool does not support volume creation");
        if (backend->has_files)
                r = check_request(def, source, flags, error);
        else if (def->target.encryption || flags || (source && def->backing))
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED,
                              "volumes of pools of the type '%s' are not encrypted, preallocated or shared",
                              storage_pool_type_to_string(pool->live->type));
        if (r >= 0 && (flags & STORAGE_VOL_CREATE_REFLINK) && source && !(is_raw(def) && is_raw(source->def)))
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED, "only raw volumes share their blocks with raw copies");
        return r < 0 ? r : create(pool, def, source, flags, job, error);
}

/* -- changing ------------------------------------------------------------------------------------------------ */

/* One on a volume that is there. The caller gives it its chains. */
static int operation_begin(StorageVol *vol, const StorageVolDef *def, void (*apply)(StorageOperation *op), Job *job,
                           StorageOperation **ret, Error *error)
{
        _cleanup_(storage_operation_freep) StorageOperation *op = NULL;
        int r = storage_volumes_check_unused(vol, error);

        if (r < 0)
                return r;
        op = storage_operation_new(vol->pool, vol, vol->pool->live, def, job);
        op->apply = apply;
        r = storage_volumes_begin(op, error);
        if (r >= 0)
                *ret = g_steal_pointer(&op);
        return r;
}

static void apply_delete(StorageOperation *op)
{
        object_remove(&op->vol->object);
        if (op->work->info.capacity > 0)
                storage_pool_set_info(op->pool, &op->work->info);
}

int storage_volumes_delete(StorageVol *vol, StorageVolDeleteFlags flags, Job *job, Error *error)
{
        static const StorageAction remove_file[] = { { .work = storage_dir_remove }, {} };
        const StorageBackend *backend = backend_of(vol->pool);
        StorageOperation *op;
        int r;

        if (flags & STORAGE_VOL_DELETE_WITH_SNAPSHOTS)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                 "volumes of pools of the type '%s' have no snapshots",
                                 storage_pool_type_to_string(vol->pool->live->type));
        if (!backend->has_files && !backend->remove_volume)
                return error_set(error, ERROR_NO_SUPPORT, "storage pool does not support vol deletion");
        r = operation_begin(vol, vol->def, apply_delete, job, &op, error);
        if (r < 0)
                return r;
        if ((flags & STORAGE_VOL_DELETE_ZEROED) && vol->def->type != STORAGE_VOL_DIR)
                storage_operation_chain(op, storage_data_wipe);
        storage_operation_chain(op, backend->has_files ? remove_file : backend->remove_volume);
        return storage_operation_run(op, error);
}

int storage_volumes_resize(StorageVol *vol, StorageVolDef *def, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(vol->pool);
        bool is_file = backend->has_files && vol->def->type == STORAGE_VOL_FILE;
        StorageOperation *op;
        int r;

        if (!is_file && !backend->resize_volume)
                return error_set(error, ERROR_NO_SUPPORT, "storage pool does not support changing of volume capacity");
        r = operation_begin(vol, def, storage_volume_take, job, &op, error);
        if (r < 0)
                return r;
        if (def->capacity < vol->def->capacity)
                op->work->flags |= STORAGE_IMAGE_SHRINK;
        else if (def->allocation >= def->capacity && vol->def->allocation < def->capacity)
                op->work->flags |= STORAGE_IMAGE_PREALLOCATE;
        r = find_secret(vol->pool, vol->def, &op->work->secret, error);
        if (r < 0) {
                storage_operation_free(op);
                return r;
        }
        storage_operation_chain(op, !is_file          ? backend->resize_volume :
                                    is_raw(vol->def) ? storage_data_resize :
                                                       storage_image_resize);
        return storage_operation_run(op, error);
}

int storage_volumes_wipe(StorageVol *vol, unsigned algorithm, Job *job, Error *error)
{
        static const StorageAction scan_one[] = { { .work = storage_dir_scan_one }, {} };
        const char *why = storage_data_wipe_refusal(algorithm);
        StorageOperation *op;
        int r;

        if (why)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "this algorithm of wiping cannot be had: %s", why);
        if (vol->def->type != STORAGE_VOL_FILE && vol->def->type != STORAGE_VOL_BLOCK)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "wiping is not supported for volumes of the type '%s'",
                                 storage_vol_type_to_string(vol->def->type));
        r = operation_begin(vol, vol->def, storage_volume_take, job, &op, error);
        if (r < 0)
                return r;
        op->work->algorithm = algorithm;
        storage_operation_chain(op, storage_data_wipe);
        if (backend_of(vol->pool)->has_files)
                storage_operation_chain(op, scan_one);
        return storage_operation_run(op, error);
}
