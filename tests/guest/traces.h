/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a machine consists of while it runs, to be compared: what comes and goes leaves no trace. */

#include "tests/guest/world.h"

/*
 * The names of its devices, objects, network and character devices, block nodes, sets of descriptors and files, of
 * the devices in its definition and the host's interfaces, how many descriptors its process has, and which processes
 * run beside it. Free with g_free().
 */
char *traces_of(World *world, const Domain *domain);

/* How many descriptors we have ourselves. */
unsigned traces_descriptors(void);

/* What the monitor answers, as JSON. arguments, which may be NULL, is taken. Free with g_free(). */
char *traces_ask(World *world, const Domain *domain, const char *command, JsonObject *arguments);

/* Fails the test when they do not become those of before. */
void traces_expect(World *world, const Domain *domain, const char *before, const char *what);
