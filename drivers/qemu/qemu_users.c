/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_users.h"

#include <pwd.h>
#include <string.h>

struct QemuUsers {
        bool fixed; /* uid and gid for all; 0: ourselves */
        uid_t uid;
        gid_t gid;
        uid_t first, last;
        uid_t next;
        GHashTable *used; /* of the range: number -> how many times claimed */
};

static int find_user(const char *user, uid_t *ret_uid, gid_t *ret_gid, Error *error)
{
        g_autofree char *buffer = g_malloc(64 * 1024);
        struct passwd entry, *found = NULL;
        uint32_t number;
        int r;

        if (parse_u32(user, &number) >= 0)
                r = getpwuid_r(number, &entry, buffer, 64 * 1024, &found);
        else
                r = getpwnam_r(user, &entry, buffer, 64 * 1024, &found);
        if (!found)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "the user '%s' that machines are to run as does not exist%s%s", user,
                                 r != 0 ? ": " : "", r != 0 ? g_strerror(r) : "");
        if (found->pw_uid == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "machines must not run as root");
        *ret_uid = found->pw_uid;
        *ret_gid = found->pw_gid;
        return 0;
}

static int parse_range(const char *range, uid_t *ret_first, uid_t *ret_last, Error *error)
{
        g_auto(GStrv) words = g_strsplit(range, "-", 2);
        uint32_t first, last;

        if (!words[0] || !words[1] || parse_u32(words[0], &first) < 0 || parse_u32(words[1], &last) < 0 ||
            first < 1000 || last <= first || last >= UINT32_MAX - 1)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "uid-range '%s' is not of the form FIRST-LAST with numbers from 1000 on",
                                 range);
        *ret_first = first;
        *ret_last = last;
        return 0;
}

int qemu_users_new(bool privileged, const char *user, const char *range, QemuUsers **ret, Error *error)
{
        _cleanup_(qemu_users_freep) QemuUsers *users = g_new0(QemuUsers, 1);
        int r;

        users->used = g_hash_table_new(NULL, NULL);
        users->first = QEMU_UID_FIRST_DEFAULT;
        users->last = QEMU_UID_LAST_DEFAULT;
        users->fixed = !privileged || !isempty(user);
        if (privileged && !isempty(user))
                r = find_user(user, &users->uid, &users->gid, error);
        else
                r = isempty(range) ? 0 : parse_range(range, &users->first, &users->last, error);
        if (r < 0)
                return r;
        users->next = users->first + 1;
        *ret = g_steal_pointer(&users);
        return 0;
}

QemuUsers *qemu_users_free(QemuUsers *users)
{
        if (!users)
                return NULL;
        g_clear_pointer(&users->used, g_hash_table_unref);
        g_free(users);
        return NULL;
}

void qemu_users_probe(const QemuUsers *users, uid_t *ret_uid, gid_t *ret_gid)
{
        *ret_uid = users->fixed ? users->uid : users->first;
        *ret_gid = users->fixed ? users->gid : users->first;
}

static unsigned claims(const QemuUsers *users, uid_t uid)
{
        return GPOINTER_TO_UINT(g_hash_table_lookup(users->used, GUINT_TO_POINTER(uid)));
}

static void set_claims(QemuUsers *users, uid_t uid, unsigned n)
{
        if (n > 0)
                g_hash_table_insert(users->used, GUINT_TO_POINTER(uid), GUINT_TO_POINTER(n));
        else
                g_hash_table_remove(users->used, GUINT_TO_POINTER(uid));
}

int qemu_users_take(QemuUsers *users, uid_t *ret_uid, gid_t *ret_gid, Error *error)
{
        /* the first number is the probes' */
        uint32_t n = users->last - users->first;

        if (users->fixed) {
                *ret_uid = users->uid;
                *ret_gid = users->gid;
                return 0;
        }
        /* round robin, so that a number rests as long as possible before it means another machine */
        for (uint32_t i = 0; i < n; i++) {
                uid_t uid = users->next;

                users->next = uid == users->last ? users->first + 1 : uid + 1;
                if (claims(users, uid) > 0)
                        continue;
                set_claims(users, uid, 1);
                *ret_uid = uid;
                *ret_gid = uid;
                return 0;
        }
        return error_set(error, ERROR_LIMITS_EXCEEDED, "all %u user numbers for machines are in use", n);
}

gid_t qemu_users_claim(QemuUsers *users, uid_t uid)
{
        if (users->fixed && uid == users->uid)
                return users->gid;
        set_claims(users, uid, claims(users, uid) + 1);
        return (gid_t) uid;
}

void qemu_users_release(QemuUsers *users, uid_t uid)
{
        unsigned n = claims(users, uid);

        if (n > 0)
                set_claims(users, uid, n - 1);
}

bool qemu_users_in_use(const QemuUsers *users, uid_t uid)
{
        return claims(users, uid) > 0;
}
