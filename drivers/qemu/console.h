/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One user at a time of a guest's character device: bytes go both ways between the device (a pty or a
 * connected socket) and a stream socket that a client holds. Each direction has a buffer of CONSOLE_BUFFER
 * bytes; when one is full, its reader waits. What the guest says while nobody listens is not kept.
 */

#include "service/base/error.h"

#include <systemd/sd-event.h>

#define CONSOLE_BUFFER (64 * 1024)

typedef struct Console Console;

/*
 * The device or the client is gone and all that could be delivered was; free it. Never from within
 * console_new().
 */
typedef void (*ConsoleClosed)(Console *console, void *userdata);

/* Takes device_fd, non-blocking, in any case. *ret_client_fd is the caller's. */
int console_new(sd_event *event, int device_fd, ConsoleClosed closed, void *userdata, int *ret_client_fd,
                Console **ret, Error *error);
/* The client sees the end of the stream. Accepts NULL, returns NULL. */
Console *console_free(Console *console);
DEFINE_TRIVIAL_CLEANUP(Console *, console_free)

/* Whether the client still holds its end. */
bool console_has_client(const Console *console);
