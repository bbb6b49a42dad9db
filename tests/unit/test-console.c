/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/console.h"

#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PATIENCE_USEC (5 * USEC_PER_SEC)

typedef struct World {
        sd_event *event;
        Console *console;
        int device_fd; /* the guest's side */
        int client_fd;
        bool closed;
} World;

static void on_closed(Console *console, void *userdata)
{
        World *world = userdata;

        assert_ptr_equal(console, world->console);
        world->console = console_free(world->console);
        world->closed = true;
}

static void set_nonblock(int fd)
{
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static void attach(World *world, int device_fd)
{
        set_nonblock(device_fd);
        assert_int_equal(console_new(world->event, device_fd, on_closed, world, &world->client_fd,
                                     &world->console, NULL),
                         0);
        set_nonblock(world->client_fd);
}

static int setup(void **state)
{
        World *world = g_new0(World, 1);
        int pair[2];

        assert_true(sd_event_new(&world->event) >= 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        world->device_fd = pair[0];
        attach(world, pair[1]);
        *state = world;
        return 0;
}

static int teardown(void **state)
{
        World *world = *state;

        console_free(world->console);
        safe_close(world->device_fd);
        safe_close(world->client_fd);
        sd_event_unref(world->event);
        g_free(world);
        return 0;
}

/* Runs the loop until nothing happens any more. */
static void settle(World *world)
{
        uint64_t until = now_usec() + PATIENCE_USEC;

        while (sd_event_run(world->event, 0) > 0)
                assert_true(now_usec() < until);
}

static size_t drain(int fd, char *buffer, size_t size)
{
        ssize_t n = read(fd, buffer, size);

        return n > 0 ? (size_t) n : 0;
}

/* A pty hands its bytes on by a work queue of the kernel. */
static void wait_readable(World *world, int fd)
{
        uint64_t until = now_usec() + PATIENCE_USEC;
        struct pollfd p = { .fd = fd, .events = POLLIN };

        while (poll(&p, 1, 0) <= 0) {
                assert_true(now_usec() < until);
                assert_true(sd_event_run(world->event, 10 * USEC_PER_MSEC) >= 0);
        }
}

static void test_both_ways(void **state)
{
        World *world = *state;
        char buffer[16] = "";

        assert_int_equal(write(world->client_fd, "in", 2), 2);
        assert_int_equal(write(world->device_fd, "out", 3), 3);
        settle(world);
        assert_int_equal(drain(world->device_fd, buffer, sizeof(buffer)), 2);
        assert_memory_equal(buffer, "in", 2);
        assert_int_equal(drain(world->client_fd, buffer, sizeof(buffer)), 3);
        assert_memory_equal(buffer, "out", 3);
        assert_true(console_has_client(world->console));
}

/* A client that does not read stops the device, not the daemon, and loses nothing. */
static void test_slow_client(void **state)
{
        World *world = *state;
        g_autofree char *chunk = g_malloc(64 * 1024), *buffer = g_malloc(64 * 1024);
        size_t written = 0, received = 0, n;
        uint8_t next = 0;

        for (;;) {
                ssize_t k;

                for (size_t i = 0; i < 4096; i++)
                        chunk[i] = (char) (written + i);
                k = write(world->device_fd, chunk, 4096);
                settle(world);
                if (k < 0)
                        break;
                written += (size_t) k;
                assert_true(written < 16 * 1024 * 1024);
        }
        assert_int_equal(errno, EAGAIN);
        assert_true(written > CONSOLE_BUFFER);
        while ((n = drain(world->client_fd, buffer, 64 * 1024)) > 0) {
                for (size_t i = 0; i < n; i++)
                        assert_int_equal((uint8_t) buffer[i], next++);
                received += n;
                settle(world);
        }
        assert_int_equal(received, written);
}

static void test_client_leaves(void **state)
{
        World *world = *state;
        char buffer[16];

        assert_int_equal(write(world->client_fd, "bye", 3), 3);
        world->client_fd = safe_close(world->client_fd);
        settle(world);
        assert_true(world->closed);
        assert_int_equal(drain(world->device_fd, buffer, sizeof(buffer)), 3);
        /* our end is gone: the device sees the end */
        assert_int_equal(read(world->device_fd, buffer, 1), 0);
}

static void test_client_leaves_with_full_device(void **state)
{
        World *world = *state;
        g_autofree char *chunk = g_malloc0(256 * 1024), *buffer = g_malloc(256 * 1024);
        size_t written = 0, received = 0, n;
        ssize_t k;

        while ((k = write(world->client_fd, chunk, 256 * 1024)) > 0) {
                written += (size_t) k;
                settle(world);
        }
        world->client_fd = safe_close(world->client_fd);
        settle(world);
        assert_false(world->closed);
        assert_false(console_has_client(world->console));
        while ((n = drain(world->device_fd, buffer, 256 * 1024)) > 0) {
                received += n;
                settle(world);
        }
        assert_int_equal(received, written);
        assert_true(world->closed);
}

static void test_client_leaves_while_device_talks(void **state)
{
        World *world = *state;

        assert_int_equal(write(world->device_fd, "unread", 6), 6);
        settle(world);
        assert_int_equal(write(world->device_fd, "more", 4), 4);
        world->client_fd = safe_close(world->client_fd);
        settle(world);
        assert_true(world->closed);
}

static void test_device_ends(void **state)
{
        World *world = *state;
        char buffer[16];

        assert_int_equal(write(world->device_fd, "last", 4), 4);
        world->device_fd = safe_close(world->device_fd);
        settle(world);
        assert_true(world->closed);
        assert_int_equal(drain(world->client_fd, buffer, sizeof(buffer)), 4);
        assert_int_equal(read(world->client_fd, buffer, 1), 0);
}

/* The loop does not hear of the device's last bytes before the console is taken away. */
static void test_last_words(void **state)
{
        World *world = *state;
        char buffer[16];

        assert_int_equal(write(world->device_fd, "panic", 5), 5);
        world->console = console_free(world->console);
        assert_int_equal(drain(world->client_fd, buffer, sizeof(buffer)), 5);
        assert_memory_equal(buffer, "panic", 5);
}

static void test_pty(void **state)
{
        World *world = *state;
        struct termios raw = {};
        char buffer[16];
        int master, slave;

        world->console = console_free(world->console);
        safe_close(world->device_fd);
        safe_close(world->client_fd);
        cfmakeraw(&raw);
        assert_int_equal(openpty(&master, &slave, NULL, &raw, NULL), 0);
        world->device_fd = master;
        set_nonblock(master);
        attach(world, slave);
        assert_int_equal(write(world->client_fd, "ls\n", 3), 3);
        assert_int_equal(write(master, "file\r\n", 6), 6);
        wait_readable(world, master);
        wait_readable(world, world->client_fd);
        assert_int_equal(drain(master, buffer, sizeof(buffer)), 3);
        assert_int_equal(drain(world->client_fd, buffer, sizeof(buffer)), 6);
        world->device_fd = safe_close(world->device_fd);
        settle(world);
        assert_true(world->closed);
}

/* A hang-up that nobody can act on must not keep the loop busy. */
static void test_no_busy_loop(void **state)
{
        World *world = *state;
        g_autofree char *chunk = g_malloc0(64 * 1024);
        unsigned n = 0;

        while (write(world->device_fd, chunk, 64 * 1024) > 0)
                settle(world);
        world->device_fd = safe_close(world->device_fd);
        /* the client does not read: there is nothing to do until it does */
        while (sd_event_run(world->event, 0) > 0)
                assert_true(++n < 1000);
        assert_false(world->closed);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_both_ways, setup, teardown),
                cmocka_unit_test_setup_teardown(test_slow_client, setup, teardown),
                cmocka_unit_test_setup_teardown(test_client_leaves, setup, teardown),
                cmocka_unit_test_setup_teardown(test_client_leaves_with_full_device, setup, teardown),
                cmocka_unit_test_setup_teardown(test_client_leaves_while_device_talks, setup, teardown),
                cmocka_unit_test_setup_teardown(test_device_ends, setup, teardown),
                cmocka_unit_test_setup_teardown(test_last_words, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pty, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_busy_loop, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
