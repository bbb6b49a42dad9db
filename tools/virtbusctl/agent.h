/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* polkit's own agent for terminals, so that somebody without a desktop can be asked for a password. */

#include "service/base/util.h"

#include <sys/types.h>

typedef struct Agent {
        pid_t pid; /* 0: none */
} Agent;

/* Starts it and waits until polkit knows it. Without one the service refuses what would need a question. */
void agent_start(Agent *agent);
void agent_stop(Agent *agent);
