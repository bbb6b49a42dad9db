/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qmp.h"

#include <string.h>
#include <sys/socket.h>

#define LINE_MAX_FOR_TEST 65536

/*
 * What QEMU's monitor may send, after a guest has taken QEMU over: through the splitter of lines in pieces,
 * and through a whole connection, with replies, events and its end.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A tree that was accepted has a text that is accepted, and the same again. */
static void check_stable(JsonNode *node)
{
        g_autofree char *once = json_to_string(node, FALSE), *twice = NULL;
        g_autoptr(JsonNode) again = NULL;

        /*
         * json-glib 1.6 writes very small and large reals wrongly ("1e-50.0"): that is its text, not the
         * peer's
         */
        if (json_parse("fuzz", once, strlen(once), JSON_DEPTH_MAX, &again, NULL) < 0) {
                g_assert(strpbrk(once, "eE"));
                return;
        }
        twice = json_to_string(again, FALSE);
        g_assert(streq(once, twice));
}

static void split(const uint8_t *data, size_t size)
{
        size_t step = size > 0 ? (size_t) data[0] % 64 + 1 : 1;
        JsonStream stream;
        int r = 0;

        json_stream_init(&stream, "fuzz", LINE_MAX_FOR_TEST, JSON_DEPTH_MAX);
        for (size_t done = 0; done < size && r >= 0;) {
                size_t room, n;
                char *p = json_stream_reserve(&stream, &room);

                n = MIN(MIN(step, room), size - done);
                memcpy(p, data + done, n);
                json_stream_advance(&stream, n);
                done += n;
                do {
                        g_autoptr(JsonNode) node = NULL;
                        _cleanup_error_ Error error = ERROR_INIT;

                        r = json_stream_next(&stream, &node, &error);
                        if (r > 0)
                                check_stable(node);
                        else if (r < 0)
                                /* what passed our check must be what json-glib parses */
                                g_assert(!strstr(error.detail, "cannot be parsed"));
                } while (r > 0);
        }
        json_stream_clear(&stream);
}

typedef struct Peer {
        unsigned n_replies, n_closed;
} Peer;

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Peer *peer = userdata;

        g_assert(!result == error_is_set(error));
        peer->n_replies++;
}

static void on_event(Qmp *qmp, const char *name, JsonObject *event, uint64_t time, void *userdata)
{
        g_assert(g_utf8_validate(name, -1, NULL));
}

static void on_closed(Qmp *qmp, Error *error, void *userdata)
{
        Peer *peer = userdata;

        g_assert(error_is_set(error));
        peer->n_closed++;
}

static const QmpHandlers handlers = { .event = on_event, .closed = on_closed };

static void converse(const uint8_t *data, size_t size)
{
        static const char hello[] = "{\"QMP\":{}}\n{\"return\":{},\"id\":1}\n";
        QmpLimits limits = { .line_max = LINE_MAX_FOR_TEST };
        Peer peer = {};
        sd_event *event;
        Qmp *qmp;
        int pair[2];

        if (sd_event_new(&event) < 0 ||
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0 ||
            qmp_new(event, pair[0], &limits, &handlers, &peer, &qmp, NULL) < 0)
                g_assert_not_reached();
        for (int i = 0; i < 3; i++)
                (void) qmp_execute(qmp, "query-status", NULL, QMP_TIMEOUT_NONE, on_reply, &peer);
        /* a first byte of '+' skips the greeting, so that the rest is met in every state */
        if (size > 0 && data[0] == '+') {
                data++;
                size--;
        } else
                (void) send(pair[1], hello, strlen(hello), MSG_NOSIGNAL);
        while (sd_event_run(event, 0) > 0)
                ;
        for (size_t sent = 0; sent < size;) {
                ssize_t k = send(pair[1], data + sent, size - sent, MSG_NOSIGNAL);

                if (k < 0 && errno == EPIPE)
                        break;
                sent += k > 0 ? (size_t) k : 0;
                while (sd_event_run(event, 0) > 0)
                        ;
        }
        safe_close(pair[1]);
        while (sd_event_run(event, 0) > 0)
                ;
        g_assert(peer.n_closed == 1);
        g_assert(peer.n_replies == 3);
        qmp_unref(qmp);
        sd_event_unref(event);
        g_assert(peer.n_closed == 1);
        g_assert(peer.n_replies == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        split(data, size);
        converse(data, size);
        return 0;
}
