/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which user a machine runs as: one of its own out of a range of numbers that no account has (default), one
 * fixed user for all, or, without privileges, ourselves. A number is not given twice at the same time.
 */

#include "service/base/error.h"

#include <sys/types.h>

/* In what systemd's docs/UIDS-GIDS leaves unused, above the numbers of containers. */
#define QEMU_UID_FIRST_DEFAULT 2113929216u
#define QEMU_UID_LAST_DEFAULT 2113994751u

typedef struct QemuUsers QemuUsers;

/*
 * privileged: whether we may change users at all. user and range are the settings, NULL for none; user wins.
 * The group of a number out of the range has the same number.
 */
int qemu_users_new(bool privileged, const char *user, const char *range, QemuUsers **ret, Error *error);
QemuUsers *qemu_users_free(QemuUsers *users);
DEFINE_TRIVIAL_CLEANUP(QemuUsers *, qemu_users_free)

/* For probes of emulators; 0 and 0: ourselves. Never given to a machine of the range. */
void qemu_users_probe(const QemuUsers *users, uid_t *ret_uid, gid_t *ret_gid);

/* ERROR_LIMITS_EXCEEDED when all are in use. Give back with qemu_users_release(). */
int qemu_users_take(QemuUsers *users, uid_t *ret_uid, gid_t *ret_gid, Error *error);
/* For a machine that runs already; any number is accepted. Returns its group. */
gid_t qemu_users_claim(QemuUsers *users, uid_t uid);
void qemu_users_release(QemuUsers *users, uid_t uid);
bool qemu_users_in_use(const QemuUsers *users, uid_t uid);
