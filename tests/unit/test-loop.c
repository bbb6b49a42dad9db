/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <glib-unix.h>

#include <cmocka.h>

typedef struct Counts {
        Loop *loop;
        unsigned timers;
        unsigned defers;
        unsigned idles;
        int fds[2];
        char read[8];
} Counts;

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Counts *counts = userdata;

        if (++counts->timers == 3) {
                loop_quit(counts->loop, 7);
                return 0;
        }
        assert_true(sd_event_source_set_time_relative(source, 2 * USEC_PER_MSEC) >= 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_defer(sd_event_source *source, void *userdata)
{
        Counts *counts = userdata;

        counts->defers++;
        assert_int_equal(write(counts->fds[1], "x", 1), 1);
        return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Counts *counts = userdata;

        assert_int_equal(read(fd, counts->read, sizeof(counts->read)), 1);
        return 0;
}

static gboolean on_idle(gpointer userdata)
{
        ((Counts *) userdata)->idles++;
        return G_SOURCE_REMOVE;
}

/* Timers, descriptors and deferred work of sd-event run beside sources of GLib. */
static void test_both_loops_run(void **state)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        sd_event_source *timer = NULL, *defer = NULL, *io = NULL;
        Counts counts = {};

        assert_int_equal(loop_new(&loop), 0);
        counts.loop = loop;
        assert_int_equal(pipe2(counts.fds, O_CLOEXEC | O_NONBLOCK), 0);
        assert_true(sd_event_add_time_relative(loop_event(loop), &timer, CLOCK_MONOTONIC, USEC_PER_MSEC, 1, on_timer,
                                               &counts) >= 0);
        assert_true(sd_event_add_defer(loop_event(loop), &defer, on_defer, &counts) >= 0);
        assert_true(sd_event_add_io(loop_event(loop), &io, counts.fds[0], EPOLLIN, on_readable, &counts) >= 0);
        g_idle_add(on_idle, &counts);

        assert_int_equal(loop_run(loop), 7);
        assert_int_equal(counts.timers, 3);
        assert_int_equal(counts.defers, 1);
        assert_int_equal(counts.idles, 1);
        assert_int_equal(counts.read[0], 'x');

        sd_event_source_disable_unref(timer);
        sd_event_source_disable_unref(defer);
        sd_event_source_disable_unref(io);
        safe_close(counts.fds[0]);
        safe_close(counts.fds[1]);
}

typedef struct Guest {
        Loop *loop;
        int fds[2];
        bool readable;
        bool writable;
} Guest;

static gboolean on_guest_timeout(gpointer userdata)
{
        Guest *guest = userdata;

        assert_true(guest->writable);
        assert_int_equal(write(guest->fds[1], "x", 1), 1);
        return G_SOURCE_REMOVE;
}

static gboolean on_guest_writable(gint fd, GIOCondition condition, gpointer userdata)
{
        ((Guest *) userdata)->writable = true;
        return G_SOURCE_REMOVE;
}

static gboolean on_guest_readable(gint fd, GIOCondition condition, gpointer userdata)
{
        Guest *guest = userdata;

        guest->readable = condition & G_IO_IN;
        loop_quit(guest->loop, 3);
        return G_SOURCE_REMOVE;
}

static gpointer invoke_from_thread(gpointer userdata)
{
        g_usleep(20 * G_TIME_SPAN_MILLISECOND);
        g_idle_add_full(G_PRIORITY_DEFAULT, on_idle, userdata, NULL);
        return NULL;
}

/* GLib's descriptors and time-outs come and go, and another thread wakes a loop that sleeps. */
static void test_glib_is_served(void **state)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        Guest guest = {};
        Counts counts = {};
        GThread *thread;

        assert_int_equal(loop_new(&loop), 0);
        guest.loop = loop;
        assert_int_equal(pipe2(guest.fds, O_CLOEXEC | O_NONBLOCK), 0);
        thread = g_thread_new("test", invoke_from_thread, &counts);
        g_unix_fd_add(guest.fds[1], G_IO_OUT, on_guest_writable, &guest);
        g_unix_fd_add(guest.fds[0], G_IO_IN, on_guest_readable, &guest);
        g_timeout_add(100, on_guest_timeout, &guest);

        assert_int_equal(loop_run(loop), 3);
        assert_true(guest.readable);
        assert_int_equal(counts.idles, 1);
        g_thread_join(thread);
        safe_close(guest.fds[0]);
        safe_close(guest.fds[1]);
}

static int exit_with_5(sd_event_source *source, void *userdata)
{
        return sd_event_exit(sd_event_source_get_event(source), 5);
}

static void test_sd_event_exit_ends_the_loop(void **state)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        sd_event_source *defer = NULL;

        assert_int_equal(loop_new(&loop), 0);
        assert_true(sd_event_add_defer(loop_event(loop), &defer, exit_with_5, NULL) >= 0);
        assert_int_equal(loop_run(loop), 5);
        sd_event_source_disable_unref(defer);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_loops_run),
                cmocka_unit_test(test_glib_is_served),
                cmocka_unit_test(test_sd_event_exit_ends_the_loop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
