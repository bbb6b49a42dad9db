/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a later life of the daemon must know of a network that runs: beneath run_fd (<run>/networks) UUID/ has
 * "live.xml", the definition that it runs with; "undo.xml" in place of it while it is being made or taken away;
 * "server", who its server is; and PORT.port for each port. All of it is in memory (tmpfs), and written on the loop.
 */

#include "drivers/model/network_port.h"

/* def is being made, or taken away. */
int network_status_begin(int run_fd, const char *uuid, const NetworkDef *def, Error *error);
/* It runs. What cannot be written is logged: the network is more important. */
void network_status_put(int run_fd, const char *uuid, const NetworkDef *def);
void network_status_put_server(int run_fd, const char *uuid, pid_t pid, uint64_t start_time);
void network_status_put_port(int run_fd, const NetworkPort *port);
void network_status_drop_port(int run_fd, const NetworkPort *port);
/* Nothing is left of it. */
void network_status_remove(int run_fd, const char *uuid);

/* One that was found. */
typedef struct NetworkFound {
        char uuid[37];
        NetworkDef *def;
        bool runs; /* else it is to be taken away */
        pid_t server; /* 0: none */
        uint64_t server_start;
        GPtrArray *ports; /* of NetworkPortDef */
} NetworkFound;

/* What cannot be read is logged, and removed. Valid for the time of the call, but for what is referred to. */
typedef void (*NetworkStatusVisitor)(const NetworkFound *found, void *userdata);
void network_status_load(int run_fd, NetworkStatusVisitor visitor, void *userdata);
