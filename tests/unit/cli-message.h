/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A sealed message on a bus without a peer, for tests of what reads messages. */

#include "service/base/util.h"

#include <sys/socket.h>
#include <systemd/sd-bus.h>

typedef struct TestBus {
        sd_bus *bus;
        int peer;
} TestBus;

static inline void test_bus_open(TestBus *b)
{
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        b->peer = fds[1];
        g_assert_cmpint(sd_bus_new(&b->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(b->bus, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(b->bus), >=, 0);
}

static inline void test_bus_close(TestBus *b)
{
        b->bus = sd_bus_close_unref(b->bus);
        b->peer = safe_close(b->peer);
}

static inline sd_bus_message *test_signal_new(TestBus *b, const char *path, const char *interface,
                                              const char *member)
{
        sd_bus_message *m = NULL;

        g_assert_cmpint(sd_bus_message_new_signal(b->bus, &m, path, interface, member), >=, 0);
        return m;
}

static inline sd_bus_message *test_seal(sd_bus_message *m)
{
        g_assert_cmpint(sd_bus_message_seal(m, 1, 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        return m;
}
