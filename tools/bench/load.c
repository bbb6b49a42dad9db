/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/load.h"

#include <string.h>
#include <time.h>

#define CALL_USEC (120 * USEC_PER_SEC)

typedef struct LoadState {
        const Load *load;
        size_t n_sent;
        size_t n_answered;
        uint64_t *sent_nsec; /* by the number of the call; NULL: not wanted */
        sd_bus_message *last;
        Error *error; /* set with the first failure */
        int r;
} LoadState;

typedef struct LoadCall {
        LoadState *state;
        size_t i;
} LoadCall;

static uint64_t now_nsec(void)
{
        struct timespec now;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * NSEC_PER_SEC + (uint64_t) now.tv_nsec;
}

/* sd-bus does not tell the size of a message, but walks to its end. */
static size_t message_bytes(sd_bus_message *m)
{
        size_t n = 0;

        for (;;) {
                const char *contents;
                char type;
                int r = sd_bus_message_peek_type(m, &type, &contents);

                if (r < 0)
                        return 0;
                if (r == 0) {
                        if (sd_bus_message_exit_container(m) < 0)
                                return n;
                        continue;
                }
                if (type == 'a' || type == 'v' || type == 'r' || type == 'e') {
                        if (sd_bus_message_enter_container(m, type, contents) < 0)
                                return 0;
                        n += 4;
                } else if (type == 's' || type == 'o' || type == 'g') {
                        const char *s;

                        if (sd_bus_message_read_basic(m, type, &s) < 0)
                                return 0;
                        n += strlen(s) + 5;
                } else {
                        uint64_t v;

                        if (sd_bus_message_read_basic(m, type, &v) < 0)
                                return 0;
                        n += type == 't' || type == 'x' || type == 'd' ? 8 : 4;
                }
        }
}

static int send_next(LoadState *s);

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        LoadCall *call = userdata;
        LoadState *s = call->state;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        s->n_answered++;
        if (s->sent_nsec)
                samples_add(s->load->latencies,
                            (double) (now_nsec() - s->sent_nsec[call->i]) / NSEC_PER_USEC);
        if (s->n_answered == s->load->n)
                s->last = sd_bus_message_ref(m);
        g_free(call);
        if (e && s->r >= 0)
                s->r = error_set(s->error, ERROR_OPERATION_FAILED, "%s: %s", s->load->peer->label,
                                 e->message);
        if (s->r >= 0 && s->n_sent < s->load->n)
                s->r = send_next(s);
        return 0;
}

static int send_next(LoadState *s)
{
        const Load *load = s->load;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        LoadCall *call = g_new(LoadCall, 1);
        int r;

        *call = (LoadCall) { .state = s, .i = s->n_sent };
        m = load->message(load->peer, load->bus, s->n_sent, load->userdata);
        if (s->sent_nsec)
                s->sent_nsec[s->n_sent] = now_nsec();
        s->n_sent++;
        r = sd_bus_call_async(load->bus, NULL, m, on_reply, call, CALL_USEC);
        return r < 0 ? error_set_errno(s->error, r, "cannot call %s", load->peer->label) : 0;
}

int load_run(const Load *load, LoadResult *ret, Error *error)
{
        LoadState s = { .load = load, .error = error };
        uint64_t cpu = process_cpu_nsec(load->peer->pid), began = now_nsec(), wall;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *last = NULL;
        g_autofree uint64_t *sent = load->latencies ? g_new(uint64_t, load->n) : NULL;

        int r;

        s.sent_nsec = sent;
        while (s.r >= 0 && s.n_sent < MIN(load->in_flight, load->n))
                s.r = send_next(&s);
        /* After a failure too: what is under way knows where this stack frame is. */
        while (s.n_answered < s.n_sent) {
                r = sd_bus_process(load->bus, NULL);
                if (r == 0 && s.n_answered < s.n_sent)
                        r = sd_bus_wait(load->bus, UINT64_MAX);
                if (r < 0)
                        g_error("the bus went away: %s", g_strerror(-r));
        }
        wall = now_nsec() - began;
        cpu = process_cpu_nsec(load->peer->pid) - cpu;
        last = s.last;
        if (s.r < 0)
                return s.r;
        ret->wall_usec = (double) wall / (double) load->n / NSEC_PER_USEC;
        ret->cpu_usec = (double) cpu / (double) load->n / NSEC_PER_USEC;
        ret->reply_bytes = message_bytes(last);
        return 0;
}
