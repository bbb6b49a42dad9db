/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One asynchronous question to polkit: may this caller do this to that? Any failure, a timeout and a vanished
 * caller are a no. The connection to the authority is made with the first question and anew after the bus went away.
 */

#include "service/base/error.h"

#include <systemd/sd-event.h>

typedef struct Authority Authority;
typedef struct AuthorityCheck AuthorityCheck;

typedef struct AuthorityDetail {
        const char *key;
        const char *value;
} AuthorityDetail;

/* error says why polkit could not be asked; it is unset for a plain no. */
typedef void (*AuthorityAnswer)(void *userdata, bool authorized, const Error *error);
/* Rules or sessions changed: what was remembered is void. */
typedef void (*AuthorityChanged)(void *userdata);

Authority *authority_new(sd_event *event, AuthorityChanged changed, void *userdata);
/* No check may be open any more. Accepts NULL. */
Authority *authority_free(Authority *authority);

/*
 * Asks about the owner of a unique bus name, never about a process id. interactive lets polkit ask a person; then the
 * answer may take minutes. answer is called exactly once, never from within, unless the check is cancelled.
 */
AuthorityCheck *authority_check(Authority *authority, const char *sender, const char *action_id,
                                const AuthorityDetail *details, size_t n_details, bool interactive,
                                AuthorityAnswer answer, void *userdata);
/* answer will not be called any more. Accepts NULL, returns NULL. */
AuthorityCheck *authority_check_cancel(AuthorityCheck *check);

/* The bus is gone: forget the connection. Open checks must have been cancelled. */
void authority_reset(Authority *authority);
