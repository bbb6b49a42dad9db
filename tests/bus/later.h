/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Calls that are not waited for at once. */

#include "tests/bus/harness.h"

typedef struct Later {
        sd_bus *bus;
        bool done;
        char *error; /* name, NULL for none */
} Later;

static inline int later_on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Later *later = userdata;

        later->done = true;
        if (sd_bus_message_is_method_error(m, NULL))
                later->error = g_strdup(sd_bus_message_get_error(m)->name);
        return 0;
}

/* target is an object of ours; types as for sd_bus_message_append(). */
#define call_later(client, target, member, later, ...)                                                      \
        do {                                                                                                \
                Target _target = target;                                                                    \
                *(later) = (Later) { .bus = client };                                                       \
                assert_true(sd_bus_call_method_async(client, NULL, _target.destination, _target.path,       \
                                                     _target.interface, member, later_on_reply, later,      \
                                                     __VA_ARGS__) >= 0);                                    \
                assert_true(sd_bus_flush(client) >= 0);                                                     \
        } while (0)

/* Returns the error's name, NULL for none. Free with g_free(). */
static inline char *wait_later(Later *later)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        while (!later->done) {
                int r = sd_bus_process(later->bus, NULL);

                assert_true(r >= 0 && now_usec() < end);
                if (r == 0)
                        assert_true(sd_bus_wait(later->bus, 100 * USEC_PER_MSEC) >= 0);
        }
        return g_steal_pointer(&later->error);
}

static inline void wait_ok(Later *later)
{
        g_autofree char *error = wait_later(later);

        if (error)
                fail_msg("it failed with %s", error);
}

/* Until the domain, named by its native path, is busy. */
static inline void wait_for_job(sd_bus *bus, const char *path)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        for (;;) {
                g_autofree char *job = property_path(bus, native("Domain", path), "Job");

                if (!streq(job, "/"))
                        return;
                assert_true(now_usec() < end);
        }
}
