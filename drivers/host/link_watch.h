/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Says when network interfaces of the host come, go or change, their addresses and the routes for
 * everything included: by netlink.
 */

#include "service/base/error.h"

#include <systemd/sd-event.h>

typedef struct LinkWatch LinkWatch;

/*
 * name is the interface's, and is NULL where it is not known, as when it has gone or the kernel could not keep up: then
 * any may have changed.
 */
typedef void (*LinkWatchFunc)(void *userdata, const char *name);

int link_watch_new(sd_event *event, LinkWatchFunc func, void *userdata, LinkWatch **ret, Error *error);
/* Accepts NULL, returns NULL. */
LinkWatch *link_watch_free(LinkWatch *watch);
