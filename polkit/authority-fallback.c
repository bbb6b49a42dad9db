/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For session-only builds: there nobody but the own user is served, and nobody needs to be asked. */

#include "polkit/authority.h"

struct Authority {
        sd_event *event;
};

struct AuthorityCheck {
        sd_event_source *source;
        AuthorityAnswer answer;
        void *userdata;
};

Authority *authority_new(sd_event *event, AuthorityChanged changed, void *userdata)
{
        Authority *authority = g_new0(Authority, 1);

        authority->event = sd_event_ref(event);
        return authority;
}

Authority *authority_free(Authority *authority)
{
        if (authority)
                sd_event_unref(authority->event);
        g_free(authority);
        return NULL;
}

static int on_deny(sd_event_source *source, void *userdata)
{
        AuthorityCheck *check = userdata;

        check->answer(check->userdata, false, NULL);
        (void) authority_check_cancel(check);
        return 0;
}

AuthorityCheck *authority_check(Authority *authority, const char *sender, const char *action_id,
                                const AuthorityDetail *details, size_t n_details, bool interactive,
                                AuthorityAnswer answer, void *userdata)
{
        AuthorityCheck *check = g_new0(AuthorityCheck, 1);

        check->answer = answer;
        check->userdata = userdata;
        (void) sd_event_add_defer(authority->event, &check->source, on_deny, check);
        return check;
}

AuthorityCheck *authority_check_cancel(AuthorityCheck *check)
{
        if (check)
                sd_event_source_disable_unref(check->source);
        g_free(check);
        return NULL;
}

void authority_reset(Authority *authority)
{
}
