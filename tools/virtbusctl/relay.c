/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/relay.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK 4096u
#define PENDING_MAX (64u * 1024)

typedef struct RelayState {
        const Relay *relay;
        GByteArray *pending; /* on its way to the guest */
        bool in_ended;
} RelayState;

int relay_parse_escape(const char *s)
{
        if (s[0] == '^' && s[1] && !s[2]) {
                int c = g_ascii_toupper(s[1]);

                return c >= '@' && c <= '_' ? c & 0x1f : -EINVAL;
        }
        return s[0] && !s[1] ? (unsigned char) s[0] : -EINVAL;
}

/* Returns 1 when the escape key was among it. */
static int take_input(RelayState *s)
{
        uint8_t buffer[CHUNK], *escape = NULL;
        ssize_t n = read(s->relay->in, buffer, sizeof(buffer));
        size_t room = PENDING_MAX - s->pending->len;

        if (n < 0)
                return errno == EINTR || errno == EAGAIN ? 0 : -errno;
        s->in_ended = n == 0;
        if (s->relay->escape >= 0)
                escape = memchr(buffer, s->relay->escape, (size_t) n);
        if (escape)
                n = escape - buffer;
        g_byte_array_append(s->pending, buffer, (guint) MIN((size_t) n, room));
        return !!escape;
}

static int send_pending(RelayState *s)
{
        ssize_t n = send(s->relay->console, s->pending->data, s->pending->len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        g_byte_array_remove_range(s->pending, 0, (guint) n);
        return 0;
}

/* Returns 0 at the end of the console. */
static int show_output(RelayState *s)
{
        uint8_t buffer[CHUNK];
        ssize_t n = recv(s->relay->console, buffer, sizeof(buffer), MSG_DONTWAIT);
        int r;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 1 : errno == ECONNRESET ? 0 : -errno;
        if (n == 0)
                return 0;
        r = write_all(s->relay->out, buffer, (size_t) n);
        return r < 0 ? r : 1;
}

static bool wants_input(const RelayState *s)
{
        return !s->in_ended && (s->relay->drop || s->pending->len + CHUNK <= PENDING_MAX);
}

/* Returns a RelayEnd, -EAGAIN to go on, or another negative errno. */
static int relay_turn(RelayState *s, int signals)
{
        struct pollfd fds[] = {
                { .fd = s->relay->console,
                  .events = (short) (POLLIN | (s->pending->len > 0 ? POLLOUT : 0)) },
                { .fd = wants_input(s) ? s->relay->in : -1, .events = POLLIN },
                { .fd = signals, .events = POLLIN },
        };
        int r;

        if (poll(fds, ELEMENTSOF(fds), -1) < 0)
                return errno == EINTR ? -EAGAIN : -errno;
        if (fds[2].revents)
                return RELAY_SIGNAL;
        if (fds[1].revents) {
                r = take_input(s);
                if (r != 0)
                        return r < 0 ? r : RELAY_LEFT;
        }
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
                r = show_output(s);
                if (r <= 0)
                        return r < 0 ? r : RELAY_CLOSED;
        }
        if (s->pending->len > 0) {
                r = send_pending(s);
                if (r < 0)
                        return r == -EPIPE || r == -ECONNRESET ? RELAY_CLOSED : r;
        }
        return -EAGAIN;
}

int relay_run(const Relay *relay, int signals)
{
        RelayState s = { .relay = relay, .pending = g_byte_array_new() };
        int r;

        do
                r = relay_turn(&s, signals);
        while (r == -EAGAIN);
        g_byte_array_unref(s.pending);
        return r;
}
