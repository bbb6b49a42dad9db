/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/relay.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ESCAPE 0x1d

typedef struct Pipes {
        int person[2], guest[2], shown[2];
} Pipes;

static int setup(void **state)
{
        Pipes *p = g_new0(Pipes, 1);

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->person), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->guest), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->shown), 0);
        *state = p;
        return 0;
}

static int teardown(void **state)
{
        Pipes *p = *state;

        for (size_t i = 0; i < 2; i++) {
                safe_close(p->person[i]);
                safe_close(p->guest[i]);
                safe_close(p->shown[i]);
        }
        g_free(p);
        return 0;
}

static Relay relay_of(const Pipes *p)
{
        return (Relay) {
                .in = p->person[1],
                .out = p->shown[0],
                .console = p->guest[1],
                .escape = ESCAPE,
                .drop = true,
        };
}

static void assert_received(int fd, const char *expected)
{
        char buffer[256] = "";

        assert_int_equal(recv(fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT), strlen(expected));
        assert_string_equal(buffer, expected);
}

static void test_escape_words(void **state)
{
        assert_int_equal(relay_parse_escape("^]"), 0x1d);
        assert_int_equal(relay_parse_escape("^a"), 1);
        assert_int_equal(relay_parse_escape("^@"), 0);
        assert_int_equal(relay_parse_escape("~"), '~');
        assert_int_equal(relay_parse_escape("^"), '^');
        assert_int_equal(relay_parse_escape(""), -EINVAL);
        assert_int_equal(relay_parse_escape("ab"), -EINVAL);
        assert_int_equal(relay_parse_escape("^~"), -EINVAL);
}

static void test_guest_ends(void **state)
{
        Relay relay = relay_of(*state);
        Pipes *p = *state;

        assert_int_equal(write_all(p->guest[0], "login: ", 7), 0);
        p->guest[0] = safe_close(p->guest[0]);
        assert_int_equal(relay_run(&relay, -EBADF), RELAY_CLOSED);
        assert_received(p->shown[1], "login: ");
}

static void test_escape_leaves(void **state)
{
        Relay relay = relay_of(*state);
        Pipes *p = *state;

        assert_int_equal(write_all(p->person[0], "root\n", 5), 0);
        assert_int_equal(write_all(p->person[0], "\035", 1), 0);
        assert_int_equal(relay_run(&relay, -EBADF), RELAY_LEFT);
}

/* A guest that ends after three bytes; 0 when they were the right ones. */
static int play_guest(int fd)
{
        char buffer[4] = "";

        return recv(fd, buffer, 3, MSG_WAITALL) != 3 || strcmp(buffer, "a\035b") != 0;
}

static void test_input_reaches_guest(void **state)
{
        Relay relay = relay_of(*state);
        Pipes *p = *state;
        int status;
        pid_t pid;

        /* Without a terminal no key leaves, and the end of the input is not the end of the console. */
        relay.escape = -1;
        relay.drop = false;
        assert_int_equal(write_all(p->person[0], "a\035b", 3), 0);
        p->person[0] = safe_close(p->person[0]);
        pid = fork();
        if (pid == 0)
                _exit(play_guest(p->guest[0]));
        assert_true(pid > 0);
        p->guest[0] = safe_close(p->guest[0]);
        assert_int_equal(relay_run(&relay, -EBADF), RELAY_CLOSED);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_deaf_guest(void **state)
{
        g_autofree char *much = g_malloc(1 << 20);
        Relay relay = relay_of(*state);
        Pipes *p = *state;
        pid_t pid;

        /* A guest that reads nothing must not keep the person in. */
        memset(much, 'x', 1 << 20);
        much[(1 << 20) - 1] = ESCAPE;
        pid = fork();
        if (pid == 0)
                _exit(write_all(p->person[0], much, 1 << 20) < 0);
        assert_true(pid > 0);
        assert_int_equal(relay_run(&relay, -EBADF), RELAY_LEFT);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_signal(void **state)
{
        _cleanup_close_ int signals = -EBADF;
        Relay relay = relay_of(*state);
        sigset_t mask;

        assert_int_equal(sigemptyset(&mask), 0);
        assert_int_equal(sigaddset(&mask, SIGTERM), 0);
        assert_int_equal(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
        signals = signalfd(-1, &mask, SFD_CLOEXEC);
        assert_true(signals >= 0);
        assert_int_equal(kill(getpid(), SIGTERM), 0);
        assert_int_equal(relay_run(&relay, signals), RELAY_SIGNAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_escape_words),
                cmocka_unit_test_setup_teardown(test_guest_ends, setup, teardown),
                cmocka_unit_test_setup_teardown(test_escape_leaves, setup, teardown),
                cmocka_unit_test_setup_teardown(test_input_reaches_guest, setup, teardown),
                cmocka_unit_test_setup_teardown(test_deaf_guest, setup, teardown),
                cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
