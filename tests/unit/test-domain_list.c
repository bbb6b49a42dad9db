/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/domain-fixture.h"

#include <malloc.h>

static Domain *add(DomainList *list, const char *name, uint64_t i)
{
        char uuid[37];
        _cleanup_(domain_def_unrefp) DomainDef *def = fixture_def("test", name, fixture_uuid(uuid, i), "");
        _cleanup_error_ Error error = ERROR_INIT;
        Domain *domain;

        if (domain_list_add(list, def, &domain, &error) < 0)
                fail_msg("%s", error.detail);
        domain_set_config(domain, def);
        return domain;
}

static void test_look_up(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        Domain *a = add(list, "a", 0xa), *b = add(list, "b", 0xb);
        char uuid[37];

        assert_int_equal(domain_list_size(list), 2);
        assert_null(domain_list_find_name(list, "a"));
        assert_null(domain_list_find_uuid(list, fixture_uuid(uuid, 0xa)));
        assert_ptr_equal(domain_list_find_any_name(list, "a"), a);
        assert_ptr_equal(domain_list_find_any_uuid(list, fixture_uuid(uuid, 0xa)), a);

        domain_publish(a);
        domain_publish(b);
        assert_ptr_equal(domain_list_find_name(list, "a"), a);
        assert_ptr_equal(domain_list_find_uuid(list, fixture_uuid(uuid, 0xb)), b);
        assert_null(domain_list_find_uuid(list, fixture_uuid(uuid, 0xc)));
        assert_null(domain_list_find_uuid(list, ""));
        assert_null(domain_list_find_name(list, "c"));
        assert_null(domain_list_find_id(list, 0));
}

static void test_conflicts(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        static const struct {
                const char *name;
                uint64_t uuid;
                const char *text;
        } cases[] = {
                { "a", 1, "domain 'a' already exists with uuid 00000000-0000-4000-8000-000000000001" },
                { "a", 2, "domain 'a' already exists with uuid 00000000-0000-4000-8000-000000000001" },
                { "b", 1, "domain 'a' is already defined with uuid 00000000-0000-4000-8000-000000000001" },
        };

        (void) add(list, "a", 1); /* not published: the name is taken all the same */
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char uuid[37];
                _cleanup_(domain_def_unrefp) DomainDef *def =
                        fixture_def("test", cases[i].name, fixture_uuid(uuid, cases[i].uuid), "");
                _cleanup_error_ Error error = ERROR_INIT;
                Domain *domain = NULL;

                assert_int_equal(domain_list_add(list, def, &domain, &error), -EEXIST);
                assert_null(domain);
                assert_int_equal(error.code, ERROR_DOM_EXIST);
                assert_string_equal(error.detail, cases[i].text);
        }
        assert_int_equal(domain_list_size(list), 1);
}

static void test_ids(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        Domain *a = add(list, "a", 1), *b = add(list, "b", 2);

        domain_publish(a);
        domain_publish(b);
        domain_assign_id(a);
        assert_int_equal(a->id, 1);
        domain_set_id(b, 40); /* found running after a restart */
        assert_ptr_equal(domain_list_find_id(list, 1), a);
        assert_ptr_equal(domain_list_find_id(list, 40), b);

        domain_set_state(a, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_FAILED, DOMAIN_EVENT_NONE, 0);
        assert_int_equal(a->id, 0);
        assert_null(domain_list_find_id(list, 1));
        domain_assign_id(a); /* numbers go on behind the greatest */
        assert_int_equal(a->id, 41);
        assert_ptr_equal(domain_list_find_id(list, 41), a);
        domain_list_remove(a);
        assert_null(domain_list_find_id(list, 41));
}

static void test_rename(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        Domain *a = add(list, "a", 1);
        _cleanup_error_ Error error = ERROR_INIT;

        domain_publish(a);
        domain_publish(add(list, "b", 2));
        assert_int_equal(domain_set_name(a, "b", &error), -EEXIST);
        assert_int_equal(error.code, ERROR_DOM_EXIST);
        assert_string_equal(a->name, "a");
        assert_int_equal(domain_set_name(a, "c", NULL), 0);
        assert_string_equal(a->name, "c");
        assert_null(domain_list_find_name(list, "a"));
        assert_ptr_equal(domain_list_find_name(list, "c"), a);
}

static void test_remove(void **state)
{
        DomainList *list = domain_list_new(NULL, NULL, NULL);
        Domain *a = domain_ref(add(list, "a", 1)), *b = domain_ref(add(list, "b", 2));

        domain_publish(a);
        domain_list_remove(a);
        assert_int_equal(domain_list_size(list), 1);
        assert_null(domain_list_find_any_name(list, "a"));
        assert_false(a->object.published);
        domain_list_remove(a); /* nothing is left to do */

        /* what somebody still holds can be written to, nobody hears of it */
        domain_set_autostart(a, true);
        domain_emit_event(a, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_REMOVED);
        domain_set_state(a, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_NONE, 0);
        domain_unref(a);

        (void) add(list, "a", 1); /* name and UUID are free */
        assert_int_equal(domain_list_size(list), 2);

        assert_null(domain_list_free(list));
        assert_null(b->list);
        assert_string_equal(b->name, "b");
        domain_unref(b);
        assert_null(domain_list_free(NULL));
        assert_null(domain_unref(NULL));
}

/* Under the sanitizer malloc's own numbers are empty. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
        if (__sanitizer_get_current_allocated_bytes)
                return __sanitizer_get_current_allocated_bytes();
        return mallinfo2().uordblks;
}

enum { N_MANY = 10000 };

static void test_many(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        g_autofree uint64_t *order = g_new(uint64_t, N_MANY);
        g_autoptr(GRand) random = g_rand_new_with_seed(4);
        size_t before = allocated(), packed = 0;
        char uuid[37];

        for (uint64_t i = 0; i < N_MANY; i++)
                order[i] = i * 2;
        for (size_t i = N_MANY; i-- > 1;) {
                size_t k = (size_t) g_rand_int_range(random, 0, (int) i + 1);
                uint64_t swap = order[i];

                order[i] = order[k];
                order[k] = swap;
        }
        for (size_t i = 0; i < N_MANY; i++) {
                g_autofree char *name = g_strdup_printf("guest-%" PRIu64, order[i]);
                Domain *domain = add(list, name, order[i]);

                domain_publish(domain);
                packed += definition_packed_size(domain->config);
        }
        assert_true(allocated() - before - packed < N_MANY * (size_t) 1024);

        assert_int_equal(domain_list_size(list), N_MANY);
        for (uint64_t i = 0; i < N_MANY; i++) {
                g_autofree char *name = g_strdup_printf("guest-%" PRIu64, i * 2);
                Domain *domain = domain_list_find_uuid(list, fixture_uuid(uuid, i * 2));

                assert_non_null(domain);
                assert_ptr_equal(domain, domain_list_get(list, i));
                assert_ptr_equal(domain, domain_list_find_name(list, name));
                assert_null(domain_list_find_uuid(list, fixture_uuid(uuid, i * 2 + 1)));
        }
}

/* A client that pages sees each domain that stays exactly once, whatever comes and goes meanwhile. */
static void test_paging(void **state)
{
        _cleanup_(domain_list_freep) DomainList *list = domain_list_new(NULL, NULL, NULL);
        char after[37] = "", uuid[37];
        size_t n_seen = 0;

        for (uint64_t i = 0; i < 100; i++) {
                g_autofree char *name = g_strdup_printf("d%" PRIu64, i);

                (void) add(list, name, i * 4);
        }
        assert_int_equal(domain_list_position(list, NULL), 0);
        assert_int_equal(domain_list_position(list, ""), 0);
        assert_int_equal(domain_list_position(list, fixture_uuid(uuid, 0)), 1);
        assert_int_equal(domain_list_position(list, fixture_uuid(uuid, 1)), 1);
        assert_int_equal(domain_list_position(list, fixture_uuid(uuid, 4000)), 100);

        for (uint64_t page = 0;; page++) {
                size_t i = domain_list_position(list, after), end = MIN(i + 7, domain_list_size(list));
                g_autofree char *name = g_strdup_printf("new%" PRIu64, page);

                if (i == end)
                        break;
                for (; i < end; i++) {
                        const Domain *domain = domain_list_get(list, i);

                        assert_true(strcmp(domain->uuid, after) > 0);
                        g_strlcpy(after, domain->uuid, sizeof(after));
                        n_seen += domain->name[0] == 'd';
                }
                /* one appears before, and the one that the page ended with goes */
                (void) add(list, name, page * 4 + 1);
                domain_list_remove(domain_list_find_any_uuid(list, after));
        }
        assert_int_equal(n_seen, 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_look_up),
                cmocka_unit_test(test_conflicts),
                cmocka_unit_test(test_ids),
                cmocka_unit_test(test_rename),
                cmocka_unit_test(test_remove),
                cmocka_unit_test(test_many),
                cmocka_unit_test(test_paging),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
