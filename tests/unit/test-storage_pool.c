/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_pool.h"

#include "drivers/model/storage_vol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define UUID_A "0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1"
#define UUID_B "0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b2"

typedef struct Heard {
        uint64_t changed;
        unsigned events[6];
} Heard;

static void on_changed(Object *object, uint64_t mask, void *userdata)
{
        ((Heard *) userdata)->changed |= mask;
}

static void on_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        if (which == STORAGE_POOL_SIGNAL_EVENT)
                ((Heard *) userdata)->events[*(const StoragePoolEvent *) args]++;
}

static const ObjectListener listener = { .changed = on_changed, .signal = on_signal };

static StoragePoolDef *parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        StoragePoolDef *def = NULL;

        if (storage_pool_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return def;
}

static StoragePoolDef *directory(const char *name, const char *uuid, const char *path)
{
        g_autofree char *xml = g_strdup_printf("<pool type='dir'><name>%s</name><uuid>%s</uuid><target><path>%s</path>"
                                               "</target></pool>", name, uuid, path);

        return parse(xml);
}

static StoragePool *add(ObjectList *list, const StoragePoolDef *def)
{
        StoragePool *pool = NULL;

        assert_int_equal(storage_pool_list_add(list, def, &pool, NULL), 0);
        storage_pool_set_config(pool, def);
        object_publish(&pool->object);
        return pool;
}

static void test_states(void **state)
{
        for (int i = 0; i < _STORAGE_POOL_STATE_MAX; i++)
                assert_int_equal(storage_pool_state_from_string(storage_pool_state_to_string(i)), i);
}

static void assert_conflict(ObjectList *list, const char *xml, const char *part)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = parse(xml);
        _cleanup_error_ Error error = ERROR_INIT;
        StoragePool *pool = NULL;

        assert_true(storage_pool_list_add(list, def, &pool, &error) < 0);
        assert_int_equal(error.code, ERROR_OPERATION_FAILED);
        assert_non_null(strstr(error.detail, part));
}

/* Each type has its own idea of what the same storage is. */
static void test_same_storage(void **state)
{
        static const struct {
                const char *first, *second, *other;
        } cases[] = {
                { "dir'%s<target><path>/a</path></target>", "dir'%s<target><path>/a/</path></target>",
                  "dir'%s<target><path>/b</path></target>" },
                { "fs'%s<source><device path='/d'/></source><target><path>/a</path></target>",
                  "fs'%s<source><device path='/d'/></source><target><path>/b</path></target>",
                  "fs'%s<source><device path='/e'/></source><target><path>/a</path></target>" },
                { "netfs'%s<source><host name='h'/><dir path='/x'/></source><target><path>/a</path></target>",
                  "netfs'%s<source><host name='h'/><dir path='/x'/></source><target><path>/b</path></target>",
                  "netfs'%s<source><host name='i'/><dir path='/x'/></source><target><path>/b</path></target>" },
                { "logical'%s<source><name>g</name></source>", "logical'%s<source><name>g</name></source>",
                  "logical'%s<source><name>h</name></source>" },
                { "rbd'%s<source><host name='h'/><name>g</name></source>",
                  "rbd'%s<source><host name='h'/><name>g</name></source>",
                  "rbd'%s<source><host name='h' port='1'/><name>g</name></source>" },
                { "scsi'%s<source><adapter name='host1'/></source><target><path>/d</path></target>",
                  "scsi'%s<source><adapter name='host1'/></source><target><path>/d</path></target>",
                  "scsi'%s<source><adapter name='host2'/></source><target><path>/d</path></target>" },
                { "mpath'%s<target><path>/d</path></target>", "mpath'%s<target><path>/e</path></target>", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
                const char *texts[] = { cases[i].first, cases[i].second, cases[i].other };
                char *xml[3] = {};

                for (size_t k = 0; k < 3 && texts[k]; k++) {
                        g_autofree char *head =
                                g_strdup_printf("><name>p%zu</name><uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b%zu"
                                                                "</uuid>", k, k);
                        g_autofree char *inside = g_strdup_printf(texts[k], head);

                        xml[k] = g_strconcat("<pool type='", inside, "</pool>", NULL);
                }
                {
                        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *first = parse(xml[0]);

                        (void) add(list, first);
                }
                assert_conflict(list, xml[1], "Storage source conflict with pool: 'p0'");
                if (xml[2]) {
                        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *other = parse(xml[2]);

                        (void) add(list, other);
                }
                for (size_t k = 0; k < 3; k++)
                        g_free(xml[k]);
        }
}

static void test_names(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = directory("a", UUID_A, "/a"), *again = NULL;
        StoragePool *pool = add(list, def), *found = NULL;

        assert_conflict(list, "<pool type='dir'><name>a</name><uuid>" UUID_B
                              "</uuid><target><path>/b</path></target></pool>",
                        "pool 'a' already exists with uuid " UUID_A);
        assert_conflict(list, "<pool type='dir'><name>b</name><uuid>" UUID_A
                              "</uuid><target><path>/b</path></target></pool>",
                        "pool 'a' is already defined with uuid " UUID_A);
        again = directory("a", UUID_A, "/c");
        assert_int_equal(storage_pool_list_check(list, again, &found, NULL), 0);
        assert_ptr_equal(found, pool);
}

/* A running pool keeps what it was started with; its definition counts for the next start. */
static void test_two_definitions(void **state)
{
        Heard heard = {};
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, &listener, &heard);
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = directory("a", UUID_A, "/a"),
                                                          *other = directory("a", UUID_A, "/b");
        StoragePool *pool = add(list, def);
        g_autofree char *now = NULL, *next = NULL;

        assert_int_equal(storage_pool_check_inactive(pool, NULL), 0);
        assert_true(storage_pool_check_active(pool, NULL) < 0);
        storage_pool_set_state(pool, STORAGE_POOL_RUNNING, def);
        assert_true(heard.changed & STORAGE_POOL_CHANGED_STATE);
        assert_true(storage_pool_check_inactive(pool, NULL) < 0);
        storage_pool_set_config(pool, other);
        storage_pool_set_info(pool, &(const StoragePoolInfo) { .capacity = 10, .allocation = 3, .available = 7 });
        assert_true(heard.changed & STORAGE_POOL_CHANGED_INFO);
        now = storage_pool_format(pool, false);
        next = storage_pool_format(pool, true);
        assert_non_null(strstr(now, "<path>/a</path>"));
        assert_non_null(strstr(now, "<available unit='bytes'>7</available>"));
        assert_non_null(strstr(next, "<path>/b</path>"));
        storage_pool_set_autostart(pool, true);
        storage_pool_set_state(pool, STORAGE_POOL_INACTIVE, NULL);
        assert_ptr_equal(storage_pool_def(pool, false), other);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_STOPPED);
        assert_int_equal(heard.events[STORAGE_POOL_EVENT_STOPPED], 1);
}

static StorageVolDef *volume_def(const char *name, const char *key)
{
        StorageVolDef *def = storage_vol_def_new(STORAGE_POOL_DIR);

        def->name = arena_strdup(def->arena, name);
        def->key = def->target.path = arena_strdup(def->arena, key);
        def_put(def, capacity, 1000);
        def_put(def, allocation, 600);
        assert_int_equal(storage_vol_def_seal(def, NULL, NULL), 0);
        return def;
}

static void assert_resized(const StorageVol *vol, uint64_t by, StorageVolResizeFlags flags, uint64_t capacity,
                           uint64_t allocation)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;

        assert_int_equal(storage_vol_resized(vol, by, flags, &def, NULL), 0);
        assert_int_equal(def->capacity, capacity);
        assert_int_equal(def->allocation, allocation);
}

static void assert_not_resized(const StorageVol *vol, uint64_t by, StorageVolResizeFlags flags, ErrorCode code)
{
        _cleanup_error_ Error error = ERROR_INIT;
        StorageVolDef *def = NULL;

        assert_true(storage_vol_resized(vol, by, flags, &def, &error) < 0);
        assert_int_equal(error.code, code);
        assert_null(def);
}

static void test_volumes(void **state)
{
        _cleanup_(object_list_freep) ObjectList *pools = object_list_new(NULL, NULL, NULL);
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *pool_def = directory("a", UUID_A, "/a");
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = volume_def("v", "/a/v"),
                *same_name = volume_def("v", "/b/v");
        StoragePool *pool = add(pools, pool_def);
        StorageVol *vol = NULL, *other = NULL;

        assert_int_equal(storage_vol_list_add(list, pool, def, &vol, NULL), 0);
        assert_null(storage_vol_find_path(list, "/a/v")); /* not published */
        object_publish(&vol->object);
        assert_ptr_equal(storage_vol_find_path(list, "/a/v"), vol);
        assert_ptr_equal(storage_vol_find_name(list, pool, "v"), vol);
        assert_true(storage_vol_list_add(list, pool, same_name, &other, NULL) < 0);

        storage_pool_set_info(pool, &(const StoragePoolInfo) { .capacity = 3000, .allocation = 600,
                                                               .available = 2400 });
        assert_resized(vol, 2000, 0, 2000, 600);
        assert_resized(vol, 2000, STORAGE_VOL_RESIZE_ALLOCATE, 2000, 2000);
        assert_resized(vol, 50, STORAGE_VOL_RESIZE_DELTA, 1050, 600);
        assert_resized(vol, 500, STORAGE_VOL_RESIZE_SHRINK, 500, 500);
        assert_resized(vol, 100, STORAGE_VOL_RESIZE_DELTA | STORAGE_VOL_RESIZE_SHRINK, 900, 600);
        assert_resized(vol, 5000, STORAGE_VOL_RESIZE_DELTA | STORAGE_VOL_RESIZE_SHRINK, 0, 0);
        assert_not_resized(vol, 500, 0, ERROR_INVALID_ARG);
        assert_not_resized(vol, 3001, STORAGE_VOL_RESIZE_ALLOCATE, ERROR_OPERATION_FAILED);
        assert_not_resized(vol, UINT64_MAX, 0, ERROR_OVERFLOW);
        assert_not_resized(vol, UINT64_MAX, STORAGE_VOL_RESIZE_DELTA, ERROR_OVERFLOW);
}

/* A name is one element of a path. */
static void test_volume_names(void **state)
{
        static const char *const bad[] = { "", ".", "..", "a/b", "/", "../a" };
        g_autofree char *long_name = g_strnfill(256, 'x');

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_true(storage_vol_name_check(bad[i], NULL) < 0);
        assert_true(storage_vol_name_check(long_name, NULL) < 0);
        assert_int_equal(storage_vol_name_check("..a .img", NULL), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_states),  cmocka_unit_test(test_same_storage),
                cmocka_unit_test(test_names),   cmocka_unit_test(test_two_definitions),
                cmocka_unit_test(test_volumes), cmocka_unit_test(test_volume_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
