/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static QemuUsers *make(bool privileged, const char *user, const char *range)
{
        QemuUsers *users = NULL;

        assert_int_equal(qemu_users_new(privileged, user, range, &users, NULL), 0);
        return users;
}

static void refuse(const char *user, const char *range, const char *part)
{
        _cleanup_error_ Error error = ERROR_INIT;
        QemuUsers *users = NULL;

        assert_true(qemu_users_new(true, user, range, &users, &error) < 0);
        assert_null(users);
        assert_non_null(strstr(error.detail, part));
}

static void test_unique(void **state)
{
        _cleanup_(qemu_users_freep) QemuUsers *users = make(true, NULL, "20000-20004");
        _cleanup_error_ Error error = ERROR_INIT;
        uid_t uid, probe, seen[4];
        gid_t gid;

        qemu_users_probe(users, &probe, &gid);
        assert_int_equal(probe, 20000);
        for (size_t i = 0; i < 4; i++) {
                assert_int_equal(qemu_users_take(users, &seen[i], &gid, NULL), 0);
                assert_int_equal(seen[i], gid);
                assert_int_not_equal(seen[i], probe);
                for (size_t k = 0; k < i; k++)
                        assert_int_not_equal(seen[k], seen[i]);
        }
        assert_true(qemu_users_take(users, &uid, &gid, &error) < 0);
        assert_int_equal(error.code, ERROR_LIMITS_EXCEEDED);
        qemu_users_release(users, seen[1]);
        assert_false(qemu_users_in_use(users, seen[1]));
        assert_int_equal(qemu_users_take(users, &uid, &gid, NULL), 0);
        assert_int_equal(uid, seen[1]);
}

/* A number that was given back is the last to be given again. */
static void test_rests(void **state)
{
        _cleanup_(qemu_users_freep) QemuUsers *users = make(true, NULL, "20000-20003");
        uid_t first, next;
        gid_t gid;

        assert_int_equal(qemu_users_take(users, &first, &gid, NULL), 0);
        qemu_users_release(users, first);
        assert_int_equal(qemu_users_take(users, &next, &gid, NULL), 0);
        assert_int_not_equal(next, first);
}

/* Machines that were found running keep their number, be it out of an older range. */
static void test_claim(void **state)
{
        _cleanup_(qemu_users_freep) QemuUsers *users = make(true, NULL, "20000-20002");
        uid_t uid;
        gid_t gid;

        qemu_users_claim(users, 20001);
        qemu_users_claim(users, 20001);
        qemu_users_claim(users, 77777);
        assert_int_equal(qemu_users_take(users, &uid, &gid, NULL), 0);
        assert_int_equal(uid, 20002);
        qemu_users_release(users, 20001);
        assert_true(qemu_users_in_use(users, 20001));
        qemu_users_release(users, 20001);
        assert_false(qemu_users_in_use(users, 20001));
        assert_true(qemu_users_in_use(users, 77777));
}

static void test_fixed(void **state)
{
        _cleanup_(qemu_users_freep) QemuUsers *users = make(true, "nobody", "1-x");
        _cleanup_(qemu_users_freep) QemuUsers *session = make(false, "nobody", NULL);
        uid_t uid, again;
        gid_t gid;

        assert_int_equal(qemu_users_take(users, &uid, &gid, NULL), 0);
        assert_int_equal(qemu_users_take(users, &again, &gid, NULL), 0);
        assert_int_equal(uid, again);
        assert_int_not_equal(uid, 0);
        assert_int_equal(qemu_users_take(session, &uid, &gid, NULL), 0);
        assert_int_equal(uid, 0);
        assert_int_equal(gid, 0);
}

static void test_refused(void **state)
{
        refuse("root", NULL, "root");
        refuse("0", NULL, "root");
        refuse("no-such-user-here", NULL, "does not exist");
        refuse(NULL, "5-2000", "FIRST-LAST");
        refuse(NULL, "20000", "FIRST-LAST");
        refuse(NULL, "20000-20000", "FIRST-LAST");
        refuse(NULL, "20000-4294967295", "FIRST-LAST");
        refuse(NULL, "20000-30000-40000", "FIRST-LAST");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_unique), cmocka_unit_test(test_rests),   cmocka_unit_test(test_claim),
                cmocka_unit_test(test_fixed),  cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
