/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_pool.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

static const char *const storage_pool_state_table[_STORAGE_POOL_STATE_MAX] = {
        [STORAGE_POOL_INACTIVE] = "inactive",         [STORAGE_POOL_BUILDING] = "building",
        [STORAGE_POOL_RUNNING] = "running",           [STORAGE_POOL_DEGRADED] = "degraded",
        [STORAGE_POOL_INACCESSIBLE] = "inaccessible",
};
DEFINE_STRING_TABLE(storage_pool_state, StoragePoolState)

static void storage_pool_free(Object *object)
{
        StoragePool *pool = (StoragePool *) object;

        if (pool->data && pool->data_free)
                pool->data_free(pool->data);
        storage_pool_def_unref(pool->config);
        storage_pool_def_unref(pool->live);
        g_free(pool->name);
        g_free(pool);
}

static void storage_pool_describe(const Object *object, Details *details)
{
        const StoragePool *pool = (const StoragePool *) object;

        details_add(details, "pool_name", pool->name);
        details_add(details, "pool_uuid", pool->uuid);
}

static const ObjectClass storage_pool_class = {
        .type = OBJECT_STORAGE_POOL,
        .free = storage_pool_free,
        .describe = storage_pool_describe,
};

void storage_pool_def_describe(const StoragePoolDef *def, Details *details)
{
        details_add(details, "pool_name", def->name);
        if (def->uuid)
                details_add(details, "pool_uuid", def->uuid);
}

static bool shares_device(const StoragePoolDef *a, const StoragePoolDef *b)
{
        DEF_FOREACH(x, a->devices)
                DEF_FOREACH(y, b->devices)
                        if (streq(x->path, y->path))
                                return true;
        return false;
}

static bool same_host(const StoragePoolDef *a, const StoragePoolDef *b)
{
        return a->hosts.n > 0 && b->hosts.n > 0 && streq(a->hosts.items[0]->name, b->hosts.items[0]->name) &&
                a->hosts.items[0]->port == b->hosts.items[0]->port;
}

static bool same_adapter(const StorageAdapter *a, const StorageAdapter *b)
{
        return a && b && a->type == b->type && streq_ptr(a->name, b->name) && streq_ptr(a->wwnn, b->wwnn) &&
                streq_ptr(a->wwpn, b->wwpn) && !a->parent_address == !b->parent_address &&
                (!a->parent_address || (a->parent_address->unique_id == b->parent_address->unique_id &&
                                        a->parent_address->slot == b->parent_address->slot &&
                                        a->parent_address->function == b->parent_address->function &&
                                        a->parent_address->bus == b->parent_address->bus &&
                                        a->parent_address->domain == b->parent_address->domain));
}

/* Two pools of one storage would each take the other's volumes for strange ones. */
static bool same_storage(const StoragePoolDef *a, const StoragePoolDef *b)
{
        if (a->type != b->type)
                return false;
        switch (a->type) {
        case STORAGE_POOL_DIR:
                return streq_ptr(a->path, b->path);
        case STORAGE_POOL_FS:
        case STORAGE_POOL_DISK:
                return shares_device(a, b);
        case STORAGE_POOL_NETFS:
                return streq_ptr(a->path, b->path) || (same_host(a, b) && streq_ptr(a->dir, b->dir));
        case STORAGE_POOL_LOGICAL:
        case STORAGE_POOL_ZFS:
        case STORAGE_POOL_VSTORAGE:
                return streq_ptr(a->source_name, b->source_name) || shares_device(a, b);
        case STORAGE_POOL_ISCSI:
        case STORAGE_POOL_ISCSI_DIRECT:
                return same_host(a, b) && shares_device(a, b) && streq_ptr(a->initiator, b->initiator);
        case STORAGE_POOL_SCSI:
                return same_adapter(a->adapter, b->adapter);
        case STORAGE_POOL_RBD:
        case STORAGE_POOL_SHEEPDOG:
        case STORAGE_POOL_GLUSTER:
                return same_host(a, b) && streq_ptr(a->source_name, b->source_name) && streq_ptr(a->dir, b->dir);
        case STORAGE_POOL_MPATH:
                return true; /* there is but one per host */
        case _STORAGE_POOL_TYPE_MAX:
                break;
        }
        return false;
}

static int check_storage(const ObjectList *list, const StoragePoolDef *def, Error *error)
{
        for (size_t i = 0; i < object_list_size(list); i++) {
                const StoragePool *other = object_list_get(list, i);

                if (streq(other->uuid, def->uuid))
                        continue;
                if ((other->config && same_storage(other->config, def)) ||
                    (other->live && same_storage(other->live, def)))
                        return error_set(error, ERROR_OPERATION_FAILED, "Storage source conflict with pool: '%s'",
                                         other->name);
        }
        return 0;
}

int storage_pool_list_check(const ObjectList *list, const StoragePoolDef *def, StoragePool **ret_pool, Error *error)
{
        StoragePool *pool = object_list_find_any(list, def->uuid);
        const StoragePool *named = object_list_find_any_name(list, def->name);

        if (pool && !streq(pool->name, def->name))
                return error_set(error, ERROR_OPERATION_FAILED, "pool '%s' is already defined with uuid %s",
                                 pool->name, pool->uuid);
        if (!pool && named)
                return error_set(error, ERROR_OPERATION_FAILED, "pool '%s' already exists with uuid %s", named->name,
                                 named->uuid);
        *ret_pool = pool;
        return check_storage(list, def, error);
}

int storage_pool_list_add(ObjectList *list, const StoragePoolDef *def, StoragePool **ret, Error *error)
{
        StoragePool *pool = NULL;
        int r = storage_pool_list_check(list, def, &pool, error);

        if (r < 0)
                return r;
        if (pool)
                return error_set(error, ERROR_RESOURCE_BUSY, "storage pool '%s' is being made", def->name);
        pool = g_new0(StoragePool, 1);
        g_strlcpy(pool->uuid, def->uuid, sizeof(pool->uuid));
        pool->name = g_strdup(def->name);
        pool->object = (Object) {
                .class = &storage_pool_class,
                .type = OBJECT_STORAGE_POOL,
                .n_ref = 1,
                .key = pool->uuid,
                .name = pool->name,
        };
        (void) object_list_add(list, &pool->object);
        *ret = pool;
        return 0;
}

const StoragePoolDef *storage_pool_def(const StoragePool *pool, bool inactive)
{
        return inactive || !pool->live ? pool->config ?: pool->live : pool->live;
}

char *storage_pool_format(const StoragePool *pool, bool inactive)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *shown =
                storage_pool_def_copy(storage_pool_def(pool, inactive));

        def_put(shown, capacity, pool->info.capacity);
        def_put(shown, allocation, pool->info.allocation);
        def_put(shown, available, pool->info.available);
        return storage_pool_def_format(shown, 0);
}

int storage_pool_check_active(const StoragePool *pool, Error *error)
{
        if (storage_pool_is_active(pool))
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID, "storage pool '%s' is not active", pool->name);
}

int storage_pool_check_inactive(const StoragePool *pool, Error *error)
{
        if (!storage_pool_is_active(pool))
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID, "storage pool '%s' is active", pool->name);
}

static void put(StoragePoolDef **at, const StoragePoolDef *def)
{
        StoragePoolDef *old = *at;

        *at = def ? storage_pool_def_ref(def) : NULL;
        storage_pool_def_unref(old);
}

void storage_pool_set_config(StoragePool *pool, const StoragePoolDef *def)
{
        put(&pool->config, def);
        if (!def)
                pool->autostart = false;
        object_changed(&pool->object, STORAGE_POOL_CHANGED_CONFIG);
}

void storage_pool_set_state(StoragePool *pool, StoragePoolState state, const StoragePoolDef *def)
{
        g_assert((state == STORAGE_POOL_INACTIVE) == !def);
        log_debug("storage pool '%s': %s -> %s", pool->name, storage_pool_state_to_string(pool->state),
                  storage_pool_state_to_string(state));
        pool->state = state;
        put(&pool->live, def);
        object_changed(&pool->object, STORAGE_POOL_CHANGED_STATE | STORAGE_POOL_CHANGED_CONFIG);
}

void storage_pool_set_autostart(StoragePool *pool, bool autostart)
{
        pool->autostart = autostart;
        object_changed(&pool->object, STORAGE_POOL_CHANGED_CONFIG);
}

void storage_pool_set_info(StoragePool *pool, const StoragePoolInfo *info)
{
        pool->info = *info;
        object_changed(&pool->object, STORAGE_POOL_CHANGED_INFO);
}

void storage_pool_emit_event(StoragePool *pool, StoragePoolEvent event)
{
        object_emit(&pool->object, STORAGE_POOL_SIGNAL_EVENT, &event);
}
