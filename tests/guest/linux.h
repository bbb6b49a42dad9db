/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Machines with a small Linux in them, and what is said to it. */

#include "tests/guest/world.h"

#define LINUX_BANNER "virtbus guest is up"

/*
 * Group setup: makes the system unless it is there; skips with the reason (exit status 77) where that cannot be done.
 */
void linux_require(void);

/*
 * A machine that boots it. arguments are the kernel's; more stands behind <devices>, as on_poweroff does. Either may be
 * NULL. Free with g_free().
 */
char *linux_machine(const char *name, const char *arguments, const char *devices, const char *more);

/* What has come out of the machine's console, or out of a channel. */
typedef struct Line {
        World *world;
        int fd;
        GString *text;
} Line;

void line_open(Line *line, World *world, Domain *domain, const char *channel);
void line_close(Line *line);
bool line_has(Line *line, const char *text);
/* Waits for it; fails the test after a long while. */
void line_expect(Line *line, const char *text);
void line_send(const Line *line, const char *text);

/* Asks the shell again and again until the condition is true; fails the test after a long while. */
void linux_expect(Line *line, const char *condition);

/* Defines it and starts it, paused. */
Domain *linux_start(World *world, const char *xml);
/* Starts it and waits until its shell answers. */
Domain *linux_boot(World *world, const char *xml, Line *line);
