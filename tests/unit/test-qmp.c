/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp.h"

#include "service/base/process.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#define EMULATOR "/usr/bin/qemu-system-x86_64"
#define GREETING "{\"QMP\":{\"version\":{},\"capabilities\":[\"oob\"]}}\r\n"

/*
 * One monitor and the other end of its socket, which the test plays. What happens is written down as text.
 */
typedef struct Bench {
        sd_event *event;
        Qmp *qmp;
        int peer;
        GString *log;
        unsigned n_events;
        bool unref_in_reply, unref_in_event, close_in_responsive, unref_in_ready, unref_in_closed;
} Bench;

static void drop(Bench *b)
{
        qmp_unref(g_steal_pointer(&b->qmp));
}

static void on_ready(Qmp *qmp, void *userdata)
{
        Bench *b = userdata;

        assert_true(qmp_is_ready(qmp));
        g_string_append(b->log, "ready;");
        if (b->unref_in_ready)
                drop(b);
}

static void on_event(Qmp *qmp, const char *name, JsonObject *data, uint64_t time, void *userdata)
{
        Bench *b = userdata;

        b->n_events++;
        if (b->log->len < 4096)
                g_string_append_printf(b->log, "event %s %d %" PRIu64 ";", name,
                                       data ? (int) json_object_get_size(data) : -1, time);
        if (b->unref_in_event)
                drop(b);
}

static void on_responsive(Qmp *qmp, bool responsive, void *userdata)
{
        Bench *b = userdata;

        assert_int_equal(qmp_is_responsive(qmp), responsive);
        g_string_append(b->log, responsive ? "responsive;" : "unresponsive;");
        if (b->close_in_responsive)
                qmp_close(qmp);
}

static void on_closed(Qmp *qmp, Error *error, void *userdata)
{
        Bench *b = userdata;

        assert_true(error_is_set(error));
        assert_true(qmp_is_closed(qmp));
        assert_int_equal(qmp_n_pending(qmp), 0);
        g_string_append_printf(b->log, "closed: %s;", error->detail);
        if (b->unref_in_closed)
                drop(b);
}

static const QmpHandlers handlers = {
        .ready = on_ready,
        .event = on_event,
        .responsive = on_responsive,
        .closed = on_closed,
};

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Bench *b = userdata;
        g_autofree char *text = result ? json_to_string(result, FALSE) : NULL;

        assert_true(!result == error_is_set(error));
        if (result)
                g_string_append_printf(b->log, "reply %s;", text);
        else
                g_string_append_printf(b->log, "error %d %s;", (int) error->code, error->detail);
        if (b->unref_in_reply && b->qmp)
                drop(b);
}

static Bench *bench_new(const QmpLimits *limits)
{
        Bench *b = g_new0(Bench, 1);
        int pair[2];

        b->log = g_string_new(NULL);
        assert_true(sd_event_new(&b->event) >= 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        b->peer = pair[1];
        assert_int_equal(qmp_new(b->event, pair[0], limits, &handlers, b, &b->qmp, NULL), 0);
        return b;
}

static Bench *bench_free(Bench *b)
{
        drop(b);
        safe_close(b->peer);
        sd_event_unref(b->event);
        g_string_free(b->log, TRUE);
        g_free(b);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(Bench *, bench_free)
#define _cleanup_bench_ _cleanup_(bench_freep)

/* Until nothing more happens at once. */
static void turn(Bench *b)
{
        while (sd_event_run(b->event, 0) > 0)
                ;
}

static void turn_until(Bench *b, const char *text)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;

        while (!strstr(b->log->str, text)) {
                if (now_usec() > end)
                        fail_msg("'%s' did not come: %s", text, b->log->str);
                (void) sd_event_run(b->event, 20 * USEC_PER_MSEC);
        }
}

static void assert_log(Bench *b, const char *want)
{
        turn(b);
        if (!streq(b->log->str, want))
                fail_msg("'%s' is not '%s'", b->log->str, want);
        g_string_truncate(b->log, 0);
}

static void say_bytes(Bench *b, const char *data, size_t n)
{
        while (n > 0) {
                ssize_t k = send(b->peer, data, n, MSG_NOSIGNAL);

                if (k < 0) {
                        assert_true(errno == EAGAIN || errno == EPIPE);
                        if (errno == EPIPE)
                                return;
                        (void) sd_event_run(b->event, 10 * USEC_PER_MSEC);
                        continue;
                }
                data += k;
                n -= (size_t) k;
        }
}

static void say(Bench *b, const char *text)
{
        say_bytes(b, text, strlen(text));
}

/* What the monitor has sent so far. */
static char *heard(Bench *b)
{
        GString *s = g_string_new(NULL);
        char buffer[65536];
        ssize_t k;

        for (;;) {
                turn(b);
                k = recv(b->peer, buffer, sizeof(buffer), 0);
                if (k <= 0)
                        return g_string_free(s, FALSE);
                g_string_append_len(s, buffer, k);
        }
}

static void assert_heard(Bench *b, const char *want)
{
        g_autofree char *text = heard(b);

        assert_string_equal(text, want);
}

static Bench *bench_ready(const QmpLimits *limits)
{
        Bench *b = bench_new(limits);

        assert_heard(b, "");
        say(b, GREETING);
        assert_heard(b, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
        say(b, "{\"return\":{},\"id\":1}\r\n");
        assert_log(b, "ready;");
        return b;
}

static void execute(Bench *b, const char *command)
{
        (void) qmp_execute(b->qmp, command, NULL, QMP_TIMEOUT_DEFAULT, on_reply, b);
}

static void test_commands(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        (void) qmp_execute(b->qmp, "set_link", qmp_object("s:name", "n\"0", "b:up", true, NULL), 0, on_reply,
                           b);
        execute(b, "query-version");
        assert_int_equal(qmp_n_pending(b->qmp), 2);
        assert_heard(b,
                     "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"n\\\"0\",\"up\":true},\"id\":2}\n"
                     "{\"execute\":\"query-version\",\"id\":3}\n");
        say(b, "{\"return\":{},\"id\":2}\n{\"id\":3,\"return\":{\"a\":[1]}}\n");
        assert_log(b, "reply {};reply {\"a\":[1]};");
        assert_int_equal(qmp_n_pending(b->qmp), 0);
}

static void test_commands_wait_for_the_greeting(void **state)
{
        _cleanup_bench_ Bench *b = bench_new(NULL);

        execute(b, "cont");
        assert_heard(b, "");
        assert_false(qmp_is_ready(b->qmp));
        say(b, GREETING);
        assert_heard(b, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
        say(b, "{\"return\":{},\"id\":1}\n");
        assert_heard(b, "{\"execute\":\"cont\",\"id\":2}\n");
        say(b, "{\"return\":{},\"id\":2}\n");
        assert_log(b, "ready;reply {};");
}

static void test_refusals(void **state)
{
        static const struct {
                const char *error;
                ErrorCode code;
                const char *detail;
        } cases[] = {
                { "{\"class\":\"GenericError\",\"desc\":\"no \xc3\xa9\"}", ERROR_OPERATION_FAILED,
                  "QEMU refused 'x': no \xc3\xa9" },
                { "{\"class\":\"DeviceNotFound\",\"desc\":\"d\"}", ERROR_DEVICE_MISSING,
                  "QEMU refused 'x': d" },
                { "{\"class\":\"CommandNotFound\",\"desc\":\"d\"}", ERROR_OPERATION_UNSUPPORTED,
                  "QEMU refused 'x': d" },
                { "{\"class\":\"DeviceNotActive\",\"desc\":\"d\"}", ERROR_OPERATION_INVALID,
                  "QEMU refused 'x': d" },
                { "{\"class\":\"KVMMissingCap\",\"desc\":\"d\"}", ERROR_CONFIG_UNSUPPORTED,
                  "QEMU refused 'x': d" },
                { "{\"class\":\"Newer\",\"desc\":\"d\"}", ERROR_OPERATION_FAILED, "QEMU refused 'x': d" },
                { "{\"class\":7,\"desc\":[]}", ERROR_OPERATION_FAILED, "QEMU refused 'x': " },
                { "{}", ERROR_OPERATION_FAILED, "QEMU refused 'x': " },
        };
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *reply =
                        g_strdup_printf("{\"id\":%zu,\"error\":%s}\n", i + 2, cases[i].error);
                g_autofree char *want =
                        g_strdup_printf("error %d %s;", (int) cases[i].code, cases[i].detail);

                execute(b, "x");
                say(b, reply);
                assert_log(b, want);
        }
}

static void test_events(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        say(b, "{\"timestamp\":{\"seconds\":2,\"microseconds\":3},\"event\":\"STOP\"}\n"
               "{\"event\":\"NEVER_HEARD_OF\",\"data\":{\"a\":1,\"b\":2},\"more\":1,"
               "\"timestamp\":{\"seconds\":-1,\"microseconds\":-1}}\n"
               "{\"event\":\"X\",\"timestamp\":{\"seconds\":9223372036854775807,\"microseconds\":1}}\n"
               "{\"event\":\"Y\",\"data\":null}\n");
        assert_log(b, "event STOP -1 2000003;event NEVER_HEARD_OF 2 0;event X -1 0;event Y -1 0;");
}

static void test_end_of_file(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        execute(b, "a");
        execute(b, "b");
        turn(b);
        say(b, "{\"event\":\"SHUTDOWN\"}\n{\"half");
        b->peer = safe_close(b->peer);
        assert_log(b, "event SHUTDOWN -1 0;"
                      "error 78 command 'a': QEMU's monitor closed the connection;"
                      "error 78 command 'b': QEMU's monitor closed the connection;"
                      "closed: QEMU's monitor closed the connection;");
        execute(b, "c");
        assert_string_equal(b->log->str, "");
        assert_log(b, "error 78 command 'c': the connection to the monitor is closed;");
        qmp_close(b->qmp);
        assert_log(b, "");
}

static void test_close(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        execute(b, "a");
        execute(b, "b");
        qmp_close(b->qmp);
        assert_log(b, "error 78 command 'a': the connection to the monitor was closed;"
                      "error 78 command 'b': the connection to the monitor was closed;");
        assert_true(qmp_is_closed(b->qmp));
        /* those that are to fail from the loop do not get lost with the monitor */
        execute(b, "c");
        drop(b);
        assert_log(b, "error 78 command 'c': the connection to the monitor is closed;");
}

static void test_no_greeting(void **state)
{
        _cleanup_bench_ Bench *b = bench_new(&(QmpLimits) { .greeting_usec = 50 * USEC_PER_MSEC });

        (void) qmp_execute(b->qmp, "cont", NULL, 0, on_reply, b);
        turn_until(b, "closed");
        assert_log(b, "error 78 command 'cont': QEMU's monitor did not answer 'qmp_capabilities' in time;"
                      "closed: QEMU's monitor did not answer 'qmp_capabilities' in time;");
}

static void test_refused_negotiation(void **state)
{
        _cleanup_bench_ Bench *b = bench_new(NULL);

        say(b, GREETING);
        turn(b);
        say(b, "{\"id\":1,\"error\":{\"class\":\"GenericError\",\"desc\":\"busy\"}}\n");
        assert_log(b, "closed: QEMU refused 'qmp_capabilities': busy;");
}

static void test_silence_and_late_replies(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        (void) qmp_execute(b->qmp, "slow", NULL, 50 * USEC_PER_MSEC, on_reply, b);
        (void) qmp_execute(b->qmp, "patient", NULL, QMP_TIMEOUT_NONE, on_reply, b);
        (void) qmp_execute(b->qmp, "slower", NULL, 60 * USEC_PER_MSEC, on_reply, b);
        turn_until(b, "'slower'");
        assert_log(b, "error 68 QEMU's monitor did not answer 'slow' in time;unresponsive;"
                      "error 68 QEMU's monitor did not answer 'slower' in time;");
        assert_int_equal(qmp_n_pending(b->qmp), 3);
        assert_false(qmp_is_responsive(b->qmp));
        say(b, "{\"return\":{},\"id\":2}\n");
        assert_log(b, "responsive;");
        say(b, "{\"return\":1,\"id\":3}\n{\"return\":{},\"id\":4}\n");
        assert_log(b, "reply 1;");
        assert_int_equal(qmp_n_pending(b->qmp), 0);
        execute(b, "again");
        say(b, "{\"return\":2,\"id\":5}\n");
        assert_log(b, "reply 2;");
}

/* What never was sent is not sent late. */
static void test_silence_before_the_greeting(void **state)
{
        _cleanup_bench_ Bench *b = bench_new(NULL);

        (void) qmp_execute(b->qmp, "early", NULL, 20 * USEC_PER_MSEC, on_reply, b);
        turn_until(b, "unresponsive");
        say(b, GREETING);
        assert_heard(b, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
        say(b, "{\"return\":{},\"id\":1}\n");
        assert_heard(b, "");
        assert_log(b,
                   "error 68 QEMU's monitor did not answer 'early' in time;unresponsive;responsive;ready;");
}

static void test_byte_by_byte(void **state)
{
        static const char text[] =
                GREETING "{\"return\":{},\"id\":1}\n{\"event\":\"E\"}\n{\"return\":7,\"id\":2}\n";
        _cleanup_bench_ Bench *b = bench_new(NULL);

        execute(b, "x");
        for (size_t i = 0; i + 1 < sizeof(text); i++) {
                say_bytes(b, text + i, 1);
                turn(b);
        }
        assert_log(b, "ready;event E -1 0;reply 7;");
}

static void test_violations(void **state)
{
        static const struct {
                const char *text;
                const char *why;
        } cases[] = {
                { "{\"return\":{},\"id\":77}\n", "a reply to a command that it was never given" },
                { "{\"return\":{},\"id\":\"2\"}\n", "a reply to a command that it was never given" },
                { "{\"return\":{},\"id\":-2}\n", "a reply to a command that it was never given" },
                { "{\"return\":{}}\n", "a reply to a command that it was never given" },
                { "{\"error\":{}}\n", "a reply to a command that it was never given" },
                { "{\"error\":5,\"id\":2}\n", "a message that is neither event nor reply" },
                { "{}\n", "a message that is neither event nor reply" },
                { "[]\n", "a message that is no object" },
                { "1\n", "a message that is no object" },
                { "{\"event\":3}\n", "a message that is neither event nor reply" },
                { "{\"event\":\"E\",\"data\":[]}\n", "a malformed event" },
                { "{\"event\":\"E\",\"timestamp\":1}\n", "a malformed event" },
                { "{\"event\":\"E\",\"timestamp\":{\"seconds\":\"1\"}}\n", "a malformed event" },
                { "{\"event\":\"E\xff\"}\n", "text that is not UTF-8 (byte 11 of a message)" },
                { "{\"event\":\n", "an incomplete text (byte 9 of a message)" },
                { "garbage\n", "no value where one must be (byte 0 of a message)" },
                { GREETING, "a message that is neither event nor reply" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_bench_ Bench *b = bench_ready(NULL);
                g_autofree char *want = g_strdup_printf("error 78 command 'x': QEMU's monitor sent %s;"
                                                        "closed: QEMU's monitor sent %s;",
                                                        cases[i].why, cases[i].why);

                execute(b, "x");
                turn(b);
                say(b, cases[i].text);
                say(b, "{\"event\":\"IGNORED\"}\n");
                assert_log(b, want);
        }
        for (size_t i = 0; i < 3; i++) {
                static const char *const starts[] = { "{\"event\":\"E\"}\n", "{\"QMP\":1}\n",
                                                      "{\"return\":{},\"id\":1}\n" };
                _cleanup_bench_ Bench *b = bench_new(NULL);

                say(b, starts[i]);
                assert_log(b, "closed: QEMU's monitor sent something else than its greeting;");
        }
}

static void test_depth_bomb(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);
        g_autofree char *bomb = g_strnfill(5 * 1024 * 1024, '[');

        say(b, bomb);
        say(b, "\n");
        assert_log(b,
                   "closed: QEMU's monitor sent values that are nested too deeply (byte 64 of a message);");
}

static void test_endless_line(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);
        g_autofree char *block = g_strnfill(1024 * 1024, ' ');
        unsigned n = 0;

        while (!qmp_is_closed(b->qmp) && n < 64) {
                say_bytes(b, block, 1024 * 1024);
                turn(b);
                n++;
        }
        assert_in_range(n, 10, 12);
        assert_log(b, "closed: QEMU's monitor sent a message of more than 10485760 bytes;");
}

static void test_flood(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);
        g_autoptr(GString) flood = g_string_new(NULL);
        unsigned before = 0;

        for (int i = 0; i < 50000; i++)
                g_string_append(flood, "{\"event\":\"FLOOD\"}\n");
        execute(b, "x");
        turn(b);
        for (size_t sent = 0; b->n_events < 50000;) {
                ssize_t k = send(b->peer, flood->str + sent, flood->len - sent, MSG_NOSIGNAL);

                sent += k > 0 ? (size_t) k : 0;
                assert_true(sd_event_run(b->event, 0) >= 0);
                assert_in_range(b->n_events - before, 0, 64);
                before = b->n_events;
        }
        g_string_truncate(b->log, 0);
        say(b, "{\"return\":{},\"id\":2}\n");
        assert_log(b, "reply {};");
}

/* The last words behind a flood are heard, though the socket is closed already. */
static void test_flood_then_end(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);

        for (int i = 0; i < 1000; i++)
                say(b, "{\"event\":\"E\"}\n");
        b->peer = safe_close(b->peer);
        turn_until(b, "closed");
        assert_int_equal(b->n_events, 1000);
}

static void test_limits(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(&(QmpLimits) { .pending_max = 2, .output_max = 1000 });
        g_autofree char *large = g_strnfill(2000, 'x');

        execute(b, "a");
        execute(b, "b");
        execute(b, "c");
        assert_string_equal(b->log->str, "");
        assert_log(b, "error 1001 command 'c': too much is waiting for QEMU's monitor;");
        say(b, "{\"return\":1,\"id\":2}\n{\"return\":2,\"id\":3}\n");
        assert_log(b, "reply 1;reply 2;");
        (void) qmp_execute(b->qmp, "d", qmp_object("s:x", large, NULL), 0, on_reply, b);
        assert_log(b, "error 1001 command 'd': too much is waiting for QEMU's monitor;");
}

static void test_slow_reader(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(&(QmpLimits) { .output_max = 3 * 1024 * 1024 });
        g_autofree char *large = g_strnfill(1024 * 1024 - 100, 'x');
        g_autofree char *text = NULL;

        for (int i = 0; i < 4; i++)
                (void) qmp_execute(b->qmp, "d", qmp_object("s:x", large, NULL), 0, on_reply, b);
        turn(b);
        text = heard(b);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        /* as far as it was let, and in one piece; the socket took some of it at once */
        assert_int_equal(g_strv_length(lines), 3 + 1);
        for (int i = 0; i < 3; i++) {
                g_autoptr(JsonNode) node = json_from_string(lines[i], NULL);

                assert_non_null(node);
        }
        assert_true(g_str_has_prefix(b->log->str, "error 1001 command 'd': too much"));
}

static void test_forget(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);
        uint64_t number = qmp_execute(b->qmp, "a", NULL, 0, on_reply, b);

        execute(b, "b");
        qmp_forget(b->qmp, number);
        qmp_forget(b->qmp, 999);
        say(b, "{\"return\":1,\"id\":2}\n{\"return\":2,\"id\":3}\n");
        assert_log(b, "reply 2;");
        qmp_close(b->qmp);
        number = qmp_execute(b->qmp, "a", NULL, 0, on_reply, b);
        qmp_forget(b->qmp, number);
        assert_log(b, "");
}

static void test_freed_in_callbacks(void **state)
{
        static const unsigned n_events[] = { 0, 1, 2, 3, 3 };

        for (int i = 0; i < 5; i++) {
                _cleanup_bench_ Bench *b = bench_new(NULL);

                b->unref_in_ready = i == 0;
                b->unref_in_event = i == 1;
                b->unref_in_reply = i == 2;
                b->unref_in_closed = i == 3;
                b->close_in_responsive = i == 4;
                execute(b, "a");
                (void) qmp_execute(b->qmp, "b", NULL, 30 * USEC_PER_MSEC, on_reply, b);
                say(b, GREETING "{\"return\":{},\"id\":1}\n");
                turn(b);
                if (i > 0) {
                        say(b, "{\"event\":\"E\"}\n{\"event\":\"E\"}\n");
                        turn(b);
                }
                if (i > 1) {
                        say(b, "{\"return\":{},\"id\":2}\n{\"event\":\"E\"}\n");
                        turn(b);
                }
                if (i == 3)
                        b->peer = safe_close(b->peer);
                turn_until(b, "'b'");
                if (i == 4)
                        turn_until(b, "unresponsive");
                turn(b);
                assert_int_equal(b->n_events, n_events[i]);
                assert_true((b->qmp == NULL) == (i < 4));
        }
}

static int received_fd(Bench *b)
{
        char buffer[4096], space[CMSG_SPACE(sizeof(int))];
        struct iovec iov = { .iov_base = buffer, .iov_len = sizeof(buffer) };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = space,
                .msg_controllen = sizeof(space),
        };
        struct cmsghdr *head;
        int fd;

        turn(b);
        if (recvmsg(b->peer, &message, MSG_CMSG_CLOEXEC) <= 0)
                return -ENODATA;
        head = CMSG_FIRSTHDR(&message);
        if (!head)
                return -ENOENT;
        memcpy(&fd, CMSG_DATA(head), sizeof(fd));
        return fd;
}

static int memory_file(void)
{
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

static ino_t inode(int fd)
{
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        return st.st_ino;
}

static void execute_fd(Bench *b, int fd)
{
        (void) qmp_execute_fd(b->qmp, "getfd", qmp_object("s:fdname", "f", NULL), fd, QMP_TIMEOUT_DEFAULT,
                              on_reply, b);
}

static void test_descriptors(void **state)
{
        _cleanup_bench_ Bench *b = bench_ready(NULL);
        int first = memory_file(), second = memory_file(), never = memory_file();
        ino_t i1 = inode(first), i2 = inode(second);
        _cleanup_close_ int got1 = -EBADF, got2 = -EBADF;

        execute(b, "a");
        execute_fd(b, first);
        execute_fd(b, second);
        execute(b, "b");
        assert_int_equal(fcntl(first, F_GETFD), -1); /* it was sent and closed */
        got1 = received_fd(b);
        assert_int_equal(inode(got1), i1);
        assert_int_equal(received_fd(b), -ENODATA); /* all else waits for the reply */
        say(b, "{\"return\":1,\"id\":2}\n");
        assert_int_equal(received_fd(b), -ENODATA);
        say(b, "{\"return\":2,\"id\":3}\n");
        got2 = received_fd(b);
        assert_int_equal(inode(got2), i2);
        say(b, "{\"return\":3,\"id\":4}\n{\"return\":4,\"id\":5}\n");
        assert_log(b, "reply 1;reply 2;reply 3;reply 4;");

        qmp_close(b->qmp);
        execute_fd(b, never);
        turn(b);
        assert_int_equal(fcntl(never, F_GETFD), -1);
}

static void test_objects(void **state)
{
        JsonArray *array = json_array_new();
        g_autoptr(JsonObject) o = NULL;
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
        g_autofree char *text = NULL;
        const char *s = "keep";
        int64_t i = 5;
        uint64_t u = 5;
        bool flag = true;
        JsonObject *child;
        JsonArray *list;

        json_array_add_int_element(array, 1);
        o = qmp_object("s:s", "t", "s:none", NULL, "b:b", true, "i:i", -1, "I:I", INT64_MIN, "u:u",
                       4000000000U, "U:U", (uint64_t) INT64_MAX, "o:o", json_object_new(),
                       "o:no", NULL, "a:a", array, "a:na", NULL, NULL);
        json_object_set_null_member(o, "null");
        json_node_set_object(node, o);
        text = json_to_string(node, FALSE);
        assert_string_equal(text,
                            "{\"s\":\"t\",\"b\":true,\"i\":-1,\"I\":-9223372036854775808,\"u\":4000000000,"
                            "\"U\":9223372036854775807,\"o\":{},\"a\":[1],\"null\":null}");

        assert_int_equal(qmp_get_string(o, "b", &s), -EBADMSG);
        assert_string_equal(s, "keep");
        assert_int_equal(qmp_get_string(o, "null", &s), 0);
        assert_null(s);
        assert_int_equal(qmp_get_string(o, "s", &s), 1);
        assert_string_equal(s, "t");
        assert_int_equal(qmp_get_i64(o, "b", &i), -EBADMSG);
        assert_int_equal(qmp_get_i64(o, "missing", &i), 0);
        assert_int_equal(i, 0);
        assert_int_equal(qmp_get_u64(o, "U", &u), 1);
        assert_int_equal(u, INT64_MAX);
        assert_int_equal(qmp_get_bool(o, "i", &flag), -EBADMSG);
        assert_int_equal(qmp_get_bool(o, "b", &flag), 1);
        assert_true(flag);
        assert_int_equal(qmp_get_object(o, "a", &child), -EBADMSG);
        assert_int_equal(qmp_get_object(o, "o", &child), 1);
        assert_int_equal(json_object_get_size(child), 0);
        assert_int_equal(qmp_get_array(o, "o", &list), -EBADMSG);
        assert_int_equal(qmp_get_array(o, "a", &list), 1);
        assert_null(qmp_array_object(list, 0));
        assert_null(qmp_array_object(list, 1));
        assert_int_equal(qmp_get_array(NULL, "a", &list), 0);
        assert_null(list);
        assert_null(qmp_node_object(NULL));
        assert_null(qmp_node_array(node));
}

/* The real thing, on the same bench. */

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        g_string_append_printf(((Bench *) userdata)->log, "signal %d;", exit->signal);
}

static const ProcessHandlers process_handlers = { .exited = on_exited };

typedef struct Emulator {
        Launcher *launcher;
        Process *process;
        Bench *bench;
} Emulator;

static void emulator_start(Emulator *e)
{
        static const char *const argv[] = {
                EMULATOR, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine", "none",
                "-chardev", "socket,id=mon,fd=3", "-mon", "chardev=mon,mode=control", NULL,
        };
        ProcessSpec spec = { .path = EMULATOR, .argv = argv, .flags = PROCESS_DIE_WITH_PARENT };
        Bench *b = e->bench = g_new0(Bench, 1);
        int pair[2];

        b->log = g_string_new(NULL);
        b->peer = -EBADF;
        assert_true(sd_event_new(&b->event) >= 0);
        assert_int_equal(launcher_new(b->event, getenv("VIRTBUS_EXEC"), &e->launcher, NULL), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        spec.fds = (ProcessFd[]) { { .fd = pair[1], .target = 3 } };
        spec.n_fds = 1;
        assert_int_equal(process_spawn(e->launcher, &spec, &process_handlers, b, &e->process, NULL), 0);
        safe_close(pair[1]);
        assert_int_equal(qmp_new(b->event, pair[0], NULL, &handlers, b, &b->qmp, NULL), 0);
}

static void emulator_stop(Emulator *e)
{
        process_free(e->process);
        launcher_free(e->launcher);
        bench_free(e->bench);
}

static void test_real_emulator(void **state)
{
        Emulator e;
        Bench *b;

        if (access(EMULATOR, X_OK) < 0)
                skip();
        emulator_start(&e);
        b = e.bench;
        execute(b, "query-status");
        execute(b, "no-such-command");
        execute(b, "qom-list-types");
        (void) qmp_execute_fd(b->qmp, "add-fd", qmp_object("u:fdset-id", 7, NULL), memory_file(),
                              QMP_TIMEOUT_DEFAULT, on_reply, b);
        (void) qmp_execute_fd(b->qmp, "add-fd", qmp_object("u:fdset-id", 8, NULL), memory_file(),
                              QMP_TIMEOUT_DEFAULT, on_reply, b);
        execute(b, "query-fdsets");
        turn_until(b, "\"fds\":");
        assert_true(g_str_has_prefix(b->log->str, "ready;reply {\"status\":\"prelaunch\""));
        assert_non_null(strstr(b->log->str, "error 84 QEMU refused 'no-such-command': The command"));
        assert_non_null(strstr(b->log->str, "\"fdset-id\":7}"));
        assert_non_null(strstr(b->log->str, "\"fdset-id\":8}"));
        assert_non_null(strstr(b->log->str, "\"virtio-net-device\""));
        g_string_truncate(b->log, 0);

        /* a stopped emulator does not keep anybody waiting, and comes back */
        assert_int_equal(process_kill(e.process, SIGSTOP, NULL), 0);
        (void) qmp_execute(b->qmp, "query-name", NULL, 100 * USEC_PER_MSEC, on_reply, b);
        (void) qmp_execute(b->qmp, "query-version", NULL, QMP_TIMEOUT_NONE, on_reply, b);
        turn_until(b, "unresponsive;");
        assert_log(b, "error 68 QEMU's monitor did not answer 'query-name' in time;unresponsive;");
        assert_int_equal(process_kill(e.process, SIGCONT, NULL), 0);
        turn_until(b, "reply {\"qemu\":");
        assert_true(g_str_has_prefix(b->log->str, "responsive;reply {\"qemu\":"));
        g_string_truncate(b->log, 0);

        execute(b, "quit");
        turn_until(b, "signal 0;");
        turn_until(b, "closed: QEMU's monitor closed the connection;");
        assert_non_null(strstr(b->log->str, "reply {};"));
        emulator_stop(&e);
}

static void test_killed_emulator(void **state)
{
        Emulator e;

        if (access(EMULATOR, X_OK) < 0)
                skip();
        emulator_start(&e);
        turn_until(e.bench, "ready;");
        assert_int_equal(process_kill(e.process, SIGSTOP, NULL), 0);
        execute(e.bench, "query-status");
        assert_int_equal(process_kill(e.process, SIGKILL, NULL), 0);
        turn_until(e.bench, "signal 9;");
        turn_until(e.bench, "closed: QEMU's monitor closed the connection;");
        assert_non_null(strstr(e.bench->log->str, "error 78 command 'query-status'"));
        emulator_stop(&e);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_commands),
                cmocka_unit_test(test_commands_wait_for_the_greeting),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_events),
                cmocka_unit_test(test_end_of_file),
                cmocka_unit_test(test_close),
                cmocka_unit_test(test_no_greeting),
                cmocka_unit_test(test_refused_negotiation),
                cmocka_unit_test(test_silence_and_late_replies),
                cmocka_unit_test(test_silence_before_the_greeting),
                cmocka_unit_test(test_byte_by_byte),
                cmocka_unit_test(test_violations),
                cmocka_unit_test(test_depth_bomb),
                cmocka_unit_test(test_endless_line),
                cmocka_unit_test(test_flood),
                cmocka_unit_test(test_flood_then_end),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_slow_reader),
                cmocka_unit_test(test_forget),
                cmocka_unit_test(test_freed_in_callbacks),
                cmocka_unit_test(test_descriptors),
                cmocka_unit_test(test_objects),
                cmocka_unit_test(test_real_emulator),
                cmocka_unit_test(test_killed_emulator),
        };

        return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
