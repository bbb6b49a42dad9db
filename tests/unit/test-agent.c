/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client of the guest agent, against the other end of a socket that is as bad as a guest may be. */

#include "drivers/qemu/agent.h"

#include "drivers/qemu/qmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PATIENCE_USEC (20 * USEC_PER_SEC)

typedef struct Fixture {
        sd_event *event;
        Agent *agent;
        int peer; /* the guest's end of the last connection */
        unsigned n_opened;
        bool refuse;
        GString *heard; /* by the guest, without delimiters */
} Fixture;

typedef struct Answer {
        unsigned n;
        ErrorCode code;
        char *text; /* of the error */
        int64_t number;
} Answer;

static int open_pair(void *userdata, Error *error)
{
        Fixture *f = userdata;
        int pair[2];

        if (f->refuse)
                return error_set(error, ERROR_AGENT_UNRESPONSIVE, "not now");
        assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) >= 0);
        safe_close(f->peer);
        f->peer = pair[1];
        f->n_opened++;
        return pair[0];
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->peer = -EBADF;
        f->heard = g_string_new(NULL);
        assert_true(sd_event_new(&f->event) >= 0);
        f->agent = agent_new(f->event, open_pair, f);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        agent_free(f->agent);
        safe_close(f->peer);
        sd_event_unref(f->event);
        g_string_free(f->heard, TRUE);
        g_free(f);
        return 0;
}

static void on_answer(JsonNode *result, Error *error, void *userdata)
{
        Answer *answer = userdata;

        answer->n++;
        answer->code = error->code;
        g_free(answer->text);
        answer->text = g_strdup(error->detail);
        assert_true(!result == error_is_set(error));
        if (result && JSON_NODE_HOLDS_VALUE(result))
                answer->number = json_node_get_int(result);
}

static uint64_t ask(Fixture *f, const char *command, uint64_t usec, Answer *answer)
{
        memset(answer, 0, sizeof(*answer));
        return agent_execute(f->agent, command, NULL, usec, on_answer, answer);
}

static void hear(Fixture *f)
{
        char data[4096];
        ssize_t n;

        (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
        while (f->peer >= 0 && (n = recv(f->peer, data, sizeof(data), MSG_DONTWAIT)) > 0)
                for (ssize_t i = 0; i < n; i++)
                        if (data[i] != '\xff')
                                g_string_append_c(f->heard, data[i]);
}

/* Waits until the guest has heard the text, and forgets what it heard up to there. */
static void wait_heard(Fixture *f, const char *text)
{
        uint64_t until = now_usec() + PATIENCE_USEC;
        const char *found;

        while (!(found = strstr(f->heard->str, text))) {
                assert_true(now_usec() < until);
                hear(f);
        }
        g_string_erase(f->heard, 0, found - f->heard->str + (gssize) strlen(text));
}

static void wait_answer(Fixture *f, const Answer *answer)
{
        uint64_t until = now_usec() + PATIENCE_USEC;

        while (answer->n == 0) {
                assert_true(now_usec() < until);
                hear(f);
        }
}

static void say(Fixture *f, const char *text)
{
        assert_int_equal(send(f->peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Answers the sync that is being heard. stale stands before it. */
static void sync_up(Fixture *f, const char *stale)
{
        g_autofree char *answer = NULL;

        wait_heard(f, "\"id\":");
        while (!strchr(f->heard->str, '}'))
                hear(f);
        answer = g_strdup_printf("%s\xff{\"return\": %.*s}\n", stale, (int) strcspn(f->heard->str, "}"),
                                 f->heard->str);
        say(f, answer);
}

static void test_answer(void **state)
{
        Fixture *f = *state;
        Answer first, second;

        ask(f, "guest-ping", PATIENCE_USEC, &first);
        ask(f, "guest-get-time", PATIENCE_USEC, &second);
        assert_int_equal(f->n_opened, 0);
        sync_up(f, "");
        wait_heard(f, "{\"execute\":\"guest-ping\"}\n");
        /* one at a time */
        assert_null(strstr(f->heard->str, "guest"));
        say(f, "{\"return\": 7}\n");
        wait_answer(f, &first);
        assert_int_equal(first.code, ERROR_OK);
        assert_int_equal(first.number, 7);
        sync_up(f, "{\"return\": 8}\n\xff{\"return\": 1}\n");
        wait_heard(f, "guest-get-time");
        say(f, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such thing\"}}\n");
        wait_answer(f, &second);
        assert_int_equal(second.code, ERROR_OPERATION_UNSUPPORTED);
        assert_non_null(strstr(second.text, "no such thing"));
        assert_int_equal(f->n_opened, 1);
        assert_int_equal(first.n + second.n, 2);
        g_free(second.text);
}

/* What was given up is not answered by a late word, whichever pieces it comes in. */
static void test_late(void **state)
{
        Fixture *f = *state;
        Answer first, second;

        ask(f, "guest-ping", 100 * USEC_PER_MSEC, &first);
        sync_up(f, "");
        wait_heard(f, "guest-ping");
        wait_answer(f, &first);
        assert_int_equal(first.code, ERROR_AGENT_UNRESPONSIVE);
        assert_false(agent_is_connected(f->agent));

        ask(f, "guest-info", PATIENCE_USEC, &second);
        wait_heard(f, "guest-sync-delimited");
        say(f, "ut\": 3}\n\xff{\"ret");
        hear(f);
        say(f, "urn\": 1}\n\xff{\"return\": 2}\n");
        hear(f);
        sync_up(f, "");
        wait_heard(f, "guest-info");
        say(f, "{\"return\": 9}\n");
        wait_answer(f, &second);
        assert_int_equal(second.number, 9);
        assert_int_equal(f->n_opened, 2);
        g_free(first.text);
        g_free(second.text);
}

static void expect_failure(Fixture *f, const char *answer, ErrorCode code)
{
        Answer got;

        ask(f, "guest-ping", PATIENCE_USEC, &got);
        sync_up(f, "");
        wait_heard(f, "guest-ping");
        say(f, answer);
        wait_answer(f, &got);
        assert_int_equal(got.code, code);
        g_free(got.text);
}

static void test_nonsense(void **state)
{
        Fixture *f = *state;
        g_autofree char *brackets = g_strnfill(100, '['), *nested = g_strconcat(brackets, "\n", NULL);

        expect_failure(f, "[]\n", ERROR_AGENT_UNRESPONSIVE);
        expect_failure(f, "{}\n", ERROR_AGENT_UNRESPONSIVE);
        expect_failure(f, "{\"return\": \n", ERROR_OPERATION_FAILED);
        expect_failure(f, nested, ERROR_OPERATION_FAILED);
        expect_failure(f, "{\"error\": {}}\n", ERROR_OPERATION_FAILED);
}

static void test_lost(void **state)
{
        Fixture *f = *state;
        Answer first, second, third;
        uint64_t number;

        f->refuse = true;
        ask(f, "guest-ping", PATIENCE_USEC, &first);
        wait_answer(f, &first);
        assert_int_equal(first.code, ERROR_AGENT_UNRESPONSIVE);
        assert_string_equal(first.text, "not now");
        g_free(first.text);

        f->refuse = false;
        ask(f, "guest-ping", PATIENCE_USEC, &first);
        number = ask(f, "guest-info", PATIENCE_USEC, &second);
        ask(f, "guest-get-time", PATIENCE_USEC, &third);
        wait_heard(f, "guest-sync-delimited");
        agent_forget(f->agent, number);
        f->peer = safe_close(f->peer);
        wait_answer(f, &first);
        assert_int_equal(first.code, ERROR_AGENT_UNRESPONSIVE);
        g_string_truncate(f->heard, 0);
        /* the next one has a connection of its own */
        sync_up(f, "");
        wait_heard(f, "guest-get-time");
        f->agent = agent_free(f->agent);
        assert_int_equal(third.code, ERROR_OPERATION_ABORTED);
        assert_int_equal(second.n, 0);
        g_free(first.text);
        g_free(third.text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
                cmocka_unit_test_setup_teardown(test_late, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
