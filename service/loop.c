/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "loop"

#include "service/loop.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "service/base/log.h"

/* GLib's conditions are poll(2)'s, and so are epoll's. */
#define SAME(condition) ((int) G_IO_##condition == (int) EPOLL##condition)
G_STATIC_ASSERT(SAME(IN) && SAME(PRI) && SAME(OUT) && SAME(ERR) && SAME(HUP));

/* What GLib's default context waits for: its wake-up, and little else. */
enum { GLIB_FDS = 16 };

typedef struct GLibFds {
        GPollFD items[GLIB_FDS];
        int n;
} GLibFds;

struct Loop {
        sd_event *event;
        GMainContext *context; /* not NULL: acquired */
        gint priority;         /* of what the context has ready */
        GLibFds fds;
        sd_event_source *io[GLIB_FDS]; /* of each fd */
        sd_event_source *timer;        /* of GLib's time-outs; its prepare callback asks GLib what it waits for */
        bool timed;                    /* the timer is set */
        bool ended;
        int code;
};

static void glib_run(Loop *loop)
{
        if (g_main_context_check(loop->context, loop->priority, loop->fds.items, loop->fds.n))
                g_main_context_dispatch(loop->context);
        for (int i = 0; i < loop->fds.n; i++)
                loop->fds.items[i].revents = 0;
}

static int on_glib_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Loop *loop = userdata;

        for (int i = 0; i < loop->fds.n; i++)
                if (loop->io[i] == source)
                        loop->fds.items[i].revents = (gushort) revents;
        glib_run(loop);
        return 0;
}

static int on_glib_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        glib_run(userdata);
        return 0;
}

static bool same_fds(const GLibFds *a, const GLibFds *b)
{
        if (a->n != b->n)
                return false;
        for (int i = 0; i < a->n; i++)
                if (a->items[i].fd != b->items[i].fd || a->items[i].events != b->items[i].events)
                        return false;
        return true;
}

static void watch_fds(Loop *loop, const GLibFds *fds)
{
        for (int i = 0; i < loop->fds.n; i++)
                loop->io[i] = sd_event_source_disable_unref(loop->io[i]);
        loop->fds = *fds;
        for (int i = 0; i < fds->n; i++) {
                const GPollFD *item = fds->items + i;
                int r = sd_event_add_io(loop->event, loop->io + i, item->fd, item->events, on_glib_io, loop);

                if (r < 0)
                        log_error("cannot watch descriptor %i for GLib: %s", item->fd, g_strerror(-r));
        }
}

/* Before each sleep. Costs no system call unless GLib waits for something new. */
static int on_prepare(sd_event_source *source, void *userdata)
{
        Loop *loop = userdata;
        GLibFds fds = {};
        gint timeout;

        (void) g_main_context_prepare(loop->context, &loop->priority);
        fds.n = g_main_context_query(loop->context, loop->priority, &timeout, fds.items, GLIB_FDS);
        g_assert(fds.n <= GLIB_FDS);
        if (!same_fds(&loop->fds, &fds))
                watch_fds(loop, &fds);
        if (timeout < 0 && !loop->timed)
                return 0;
        loop->timed = timeout >= 0;
        return loop->timed ? sd_event_source_set_time_relative(loop->timer, (uint64_t) timeout * USEC_PER_MSEC) :
                             sd_event_source_set_time(loop->timer, UINT64_MAX);
}

int loop_new(Loop **ret)
{
        _cleanup_(loop_freep) Loop *loop = g_new0(Loop, 1);
        int r;

        r = sd_event_new(&loop->event);
        if (r < 0)
                return r;
        r = sd_event_add_time(loop->event, &loop->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_glib_timer, loop);
        if (r < 0)
                return r;
        /* always on, since a source that is off is not prepared */
        r = sd_event_source_set_enabled(loop->timer, SD_EVENT_ON);
        if (r < 0)
                return r;
        r = sd_event_source_set_prepare(loop->timer, on_prepare);
        if (r < 0)
                return r;
        if (!g_main_context_acquire(g_main_context_default()))
                return -EBUSY;
        loop->context = g_main_context_default();
        *ret = g_steal_pointer(&loop);
        return 0;
}

Loop *loop_free(Loop *loop)
{
        if (!loop)
                return NULL;
        for (int i = 0; i < loop->fds.n; i++)
                sd_event_source_disable_unref(loop->io[i]);
        sd_event_source_disable_unref(loop->timer);
        sd_event_unref(loop->event);
        if (loop->context)
                g_main_context_release(loop->context);
        g_free(loop);
        return NULL;
}

sd_event *loop_event(Loop *loop)
{
        return loop->event;
}

int loop_run(Loop *loop)
{
        while (!loop->ended) {
                int code = EXIT_SUCCESS;
                int r = sd_event_run(loop->event, UINT64_MAX);

                if (r < 0) {
                        log_error("the event loop fails: %s", g_strerror(-r));
                        loop_quit(loop, EXIT_FAILURE);
                } else if (sd_event_get_state(loop->event) == SD_EVENT_FINISHED) {
                        (void) sd_event_get_exit_code(loop->event, &code);
                        loop_quit(loop, code);
                }
        }
        return loop->code;
}

void loop_quit(Loop *loop, int code)
{
        loop->code = code;
        loop->ended = true;
}
