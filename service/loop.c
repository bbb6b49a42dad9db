/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/loop.h"

#include <stdlib.h>

typedef struct EventSource {
        GSource source;
        GPollFD poll;
        Loop *loop;
} EventSource;

struct Loop {
        GMainLoop *main;
        sd_event *event;
        EventSource *source;
        int code;
};

static gboolean event_prepare(GSource *source, gint *timeout)
{
        Loop *loop = ((EventSource *) source)->loop;

        *timeout = -1;
        return sd_event_get_state(loop->event) != SD_EVENT_FINISHED && sd_event_prepare(loop->event) > 0;
}

static gboolean event_check(GSource *source)
{
        Loop *loop = ((EventSource *) source)->loop;

        switch (sd_event_get_state(loop->event)) {
        case SD_EVENT_ARMED:
                return sd_event_wait(loop->event, 0) > 0;
        case SD_EVENT_PENDING:
                return TRUE;
        default: /* libsystemd's enum, which may grow */
                return FALSE;
        }
}

static gboolean event_dispatch(GSource *source, GSourceFunc callback, gpointer userdata)
{
        Loop *loop = ((EventSource *) source)->loop;
        int code = EXIT_SUCCESS;

        if (sd_event_dispatch(loop->event) > 0)
                return G_SOURCE_CONTINUE;
        (void) sd_event_get_exit_code(loop->event, &code);
        loop_quit(loop, code);
        return G_SOURCE_CONTINUE;
}

int loop_new(Loop **ret)
{
        static GSourceFuncs funcs = {
                .prepare = event_prepare,
                .check = event_check,
                .dispatch = event_dispatch,
        };
        _cleanup_(loop_freep) Loop *loop = g_new0(Loop, 1);
        int r;

        loop->main = g_main_loop_new(NULL, FALSE);
        r = sd_event_new(&loop->event);
        if (r < 0)
                return r;
        loop->source = (EventSource *) g_source_new(&funcs, sizeof(EventSource));
        loop->source->loop = loop;
        loop->source->poll = (GPollFD) {
                .fd = sd_event_get_fd(loop->event),
                .events = G_IO_IN | G_IO_HUP | G_IO_ERR,
        };
        g_source_add_poll(&loop->source->source, &loop->source->poll);
        /* Otherwise GLib takes the fd out and in around each dispatch and wakes itself twice: 4 system calls. */
        g_source_set_can_recurse(&loop->source->source, TRUE);
        g_source_attach(&loop->source->source, NULL);
        *ret = g_steal_pointer(&loop);
        return 0;
}

Loop *loop_free(Loop *loop)
{
        if (!loop)
                return NULL;
        if (loop->source) {
                g_source_destroy(&loop->source->source);
                g_source_unref(&loop->source->source);
        }
        sd_event_unref(loop->event);
        g_main_loop_unref(loop->main);
        g_free(loop);
        return NULL;
}

sd_event *loop_event(Loop *loop)
{
        return loop->event;
}

int loop_run(Loop *loop)
{
        g_main_loop_run(loop->main);
        return loop->code;
}

void loop_quit(Loop *loop, int code)
{
        loop->code = code;
        g_main_loop_quit(loop->main);
}
