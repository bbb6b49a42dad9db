/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/object.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A kind of which the free function counts. */
typedef struct Thing {
        Object object;
        char *key;
        char *name;
        const char *address;
        unsigned *n_freed;
} Thing;

static void thing_free(Object *object)
{
        Thing *thing = (Thing *) object;

        (*thing->n_freed)++;
        g_free(thing->key);
        g_free(thing->name);
        g_free(thing);
}

static const char *thing_address(const Object *object)
{
        return ((const Thing *) object)->address;
}

static const ObjectClass thing_class = {
        .type = OBJECT_SECRET,
        .free = thing_free,
        .libvirt_key = thing_address,
};

typedef struct Fixture {
        ObjectList *list;
        unsigned n_freed;
        unsigned n_added, n_removed, n_signals;
        uint64_t changed;
} Fixture;

static void on_added(Object *object, void *userdata)
{
        ((Fixture *) userdata)->n_added++;
}

static void on_removed(Object *object, void *userdata)
{
        ((Fixture *) userdata)->n_removed++;
}

static void on_changed(Object *object, uint64_t mask, void *userdata)
{
        ((Fixture *) userdata)->changed |= mask;
}

static void on_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        assert_int_equal(which, 7);
        assert_string_equal(args, "text");
        ((Fixture *) userdata)->n_signals++;
}

static const ObjectListener listener = { on_added, on_removed, on_changed, on_signal };

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->list = object_list_new((Driver *) f, &listener, f);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        object_list_free(f->list);
        g_free(f);
        return 0;
}

static Thing *thing_new(Fixture *f, const char *key, const char *name)
{
        Thing *thing = g_new0(Thing, 1);

        thing->key = g_strdup(key);
        thing->name = g_strdup(name);
        thing->n_freed = &f->n_freed;
        thing->object = (Object) {
                .class = &thing_class,
                .type = OBJECT_SECRET,
                .n_ref = 1,
                .key = thing->key,
                .name = thing->name,
        };
        return thing;
}

static Thing *add(Fixture *f, const char *key, const char *name)
{
        Thing *thing = thing_new(f, key, name);

        assert_int_equal(object_list_add(f->list, &thing->object), 0);
        object_publish(&thing->object);
        return thing;
}

static void test_occupied_before_published(void **state)
{
        Fixture *f = *state;
        Thing *thing = thing_new(f, "k", "n"), *same_key = thing_new(f, "k", "other"),
              *same_name = thing_new(f, "l", "n");

        assert_int_equal(object_list_add(f->list, &thing->object), 0);
        assert_ptr_equal(thing->object.driver, f);
        assert_null(object_list_find(f->list, "k"));
        assert_null(object_list_find_name(f->list, "n"));
        assert_ptr_equal(object_list_find_any(f->list, "k"), thing);
        assert_ptr_equal(object_list_find_any_name(f->list, "n"), thing);

        assert_int_equal(object_list_add(f->list, &same_key->object), -EEXIST);
        assert_int_equal(object_list_add(f->list, &same_name->object), -EEXIST);
        assert_null(object_unref(same_key));
        assert_null(object_unref(same_name));
        assert_int_equal(f->n_freed, 2);

        object_changed(&thing->object, 1);
        object_emit(&thing->object, 7, "text");
        assert_int_equal(f->changed, 0);
        assert_int_equal(f->n_signals, 0);
        object_publish(&thing->object);
        assert_int_equal(f->n_added, 1);
        assert_ptr_equal(object_list_find(f->list, "k"), thing);
        assert_ptr_equal(object_list_find_name(f->list, "n"), thing);
        object_changed(&thing->object, 4);
        object_emit(&thing->object, 7, "text");
        assert_int_equal(f->changed, 4);
        assert_int_equal(f->n_signals, 1);
}

static void test_remove(void **state)
{
        Fixture *f = *state;
        Thing *thing = add(f, "k", "n");

        assert_ptr_equal(object_ref(thing), thing);
        object_remove(&thing->object);
        assert_int_equal(f->n_removed, 1);
        assert_int_equal(f->n_freed, 0);
        assert_null(object_list_find_any(f->list, "k"));
        assert_null(object_list_find_any_name(f->list, "n"));
        object_remove(&thing->object); /* nothing is left to do */
        object_changed(&thing->object, 1);
        object_emit(&thing->object, 7, "text");
        assert_int_equal(f->n_removed, 1);
        assert_int_equal(f->changed, 0);
        assert_int_equal(f->n_signals, 0);
        assert_null(object_unref(thing));
        assert_int_equal(f->n_freed, 1);

        /* of one that was not published nothing is told */
        thing = thing_new(f, "k", NULL);
        assert_int_equal(object_list_add(f->list, &thing->object), 0);
        object_remove(&thing->object);
        assert_int_equal(f->n_removed, 1);
        assert_int_equal(f->n_freed, 2);
}

static void test_version(void **state)
{
        Fixture *f = *state;
        uint64_t empty = object_list_version(f->list), one, none;
        Thing *thing = thing_new(f, "k", "n");

        assert_int_equal(object_list_add(f->list, &thing->object), 0);
        assert_true(object_list_version(f->list) == empty);
        object_publish(&thing->object);
        one = object_list_version(f->list);
        assert_true(one != empty);
        object_changed(&thing->object, 1);
        assert_true(object_list_version(f->list) == one);
        object_remove(&thing->object);
        none = object_list_version(f->list);
        assert_true(none != one && none != empty);
}

static void test_rename(void **state)
{
        Fixture *f = *state;
        Thing *a = add(f, "a", "one");
        char *old = a->name;

        (void) add(f, "b", "two");
        assert_int_equal(object_rename(&a->object, "two"), -EEXIST);
        a->name = g_strdup("three");
        assert_int_equal(object_rename(&a->object, a->name), 0);
        g_free(old);
        assert_ptr_equal(object_list_find_name(f->list, "three"), a);
        assert_null(object_list_find_name(f->list, "one"));
        assert_string_equal(a->object.name, "three");
}

/* Slices go on behind the last key, whoever comes or goes; what is within another thing stands together. */
static void test_order(void **state)
{
        Fixture *f = *state;
        static const char *const keys[] = { "u2/a", "u1/b", "u3", "u1/a", "u2" };
        static const char *const sorted[] = { "u1/a", "u1/b", "u2", "u2/a", "u3" };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                (void) add(f, keys[i], NULL);
        assert_int_equal(object_list_size(f->list), ELEMENTSOF(sorted));
        for (size_t i = 0; i < ELEMENTSOF(sorted); i++)
                assert_string_equal(((Object *) object_list_get(f->list, i))->key, sorted[i]);
        assert_int_equal(object_list_position(f->list, NULL), 0);
        assert_int_equal(object_list_position(f->list, ""), 0);
        assert_int_equal(object_list_position(f->list, "u1/"), 0);
        assert_int_equal(object_list_position(f->list, "u1/b"), 2);
        assert_int_equal(object_list_position(f->list, "u1/c"), 2);
        assert_int_equal(object_list_position(f->list, "u9"), 5);
        assert_null(object_list_find(f->list, "u1"));
        assert_null(object_list_find(f->list, ""));
}

static void test_libvirt_key(void **state)
{
        Fixture *f = *state;
        Thing *a = add(f, "a", NULL), *b = add(f, "b", NULL), *c = add(f, "c", NULL);

        b->address = "same";
        c->address = "same";
        assert_ptr_equal(object_list_find_libvirt_key(f->list, "same"), b);
        assert_ptr_equal(object_list_find_libvirt_key(f->list, "a"), a);
        assert_null(object_list_find_libvirt_key(f->list, "d"));
}

static void test_list_free(void **state)
{
        Fixture *f = *state;
        Thing *kept = object_ref(add(f, "a", "n"));

        (void) add(f, "b", NULL);
        f->list = object_list_free(f->list);
        assert_null(f->list);
        assert_int_equal(f->n_freed, 1);
        assert_int_equal(f->n_removed, 0);
        assert_null(kept->object.driver);
        assert_null(kept->object.list);
        assert_false(kept->object.published);
        object_unref(kept);
        assert_int_equal(f->n_freed, 2);
}

/* A driver is no counted object, and neither is nothing. */
static void test_not_counted(void **state)
{
        Object object = { .type = OBJECT_CONNECT };

        assert_ptr_equal(object_ref(&object), &object);
        assert_null(object_unref(&object));
        assert_int_equal(object.n_ref, 0);
        assert_null(object_ref(NULL));
        assert_null(object_unref(NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_occupied_before_published, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
                cmocka_unit_test_setup_teardown(test_version, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rename, setup, teardown),
                cmocka_unit_test_setup_teardown(test_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_libvirt_key, setup, teardown),
                cmocka_unit_test_setup_teardown(test_list_free, setup, teardown),
                cmocka_unit_test(test_not_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
