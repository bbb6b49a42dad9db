/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The dnsmasq of a network: an ordinary user with the rights to serve DHCP, in a directory of its own. It outlives the
 * daemon, is begun again when it ends by itself, and the addresses that it lends are read from its file whenever that
 * changes.
 */

#include "drivers/network/network_private.h"

/* error is unset on success; it is the caller's for the time of the call. Never from within the call that it is for. */
typedef void (*NetworkServerDone)(void *userdata, Error *error);

/* network is borrowed, and must outlive it. The part has it from now on. */
NetworkServer *network_server_new(Network *network);
/* NULL: it has none. */
NetworkServer *network_server_find(const Network *network);
/* Forgets it without touching the process, and done will not be called. Accepts NULL, returns NULL. */
NetworkServer *network_server_free(NetworkServer *server);

/*
 * Makes it serve what def says: starts it, has it read its files again, or starts it anew where that does not do. A
 * failure to start leaves none.
 */
void network_server_apply(NetworkServer *server, const NetworkDef *def, NetworkServerDone done, void *userdata);
/* Whoever waits with this userdata does so no longer. */
void network_server_unwait(const Network *network, const void *userdata);
/* Watches the process of a former life; when there is none any more, another one is begun. */
void network_server_adopt(NetworkServer *server, const NetworkDef *def, pid_t pid, uint64_t start_time);
/* Ends the process; done may be NULL. */
void network_server_stop(NetworkServer *server, NetworkServerDone done, void *userdata);

/* Ends one of a network that is to be taken away; nobody waits for it. */
void network_server_end_stray(pid_t pid, uint64_t start_time);
/* The leases of the network are forgotten: it is undefined. Nobody waits for it. */
void network_server_remove_files(NetworkPart *part, const char *uuid);
