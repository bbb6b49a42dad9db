/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One thread of control: an sd-event on which everything of ours lives. GLib's default context, which libpolkit-gobject
 * needs, is its guest. Only this file knows GMainContext.
 */

#include <systemd/sd-event.h>

#include "service/base/util.h"

typedef struct Loop Loop;

/* -EBUSY: another thread runs GLib's default context. */
int loop_new(Loop **ret);
Loop *loop_free(Loop *loop);
DEFINE_TRIVIAL_CLEANUP(Loop *, loop_free)

sd_event *loop_event(Loop *loop);

/* Runs until loop_quit() or sd_event_exit(); returns the exit code. */
int loop_run(Loop *loop);
void loop_quit(Loop *loop, int code);
