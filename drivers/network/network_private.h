/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part's own struct, and what its files share. */

#include "drivers/part.h"
#include "service/base/named_store.h"
#include "service/base/process.h"

typedef struct NetworkServer NetworkServer;
typedef struct NetworkPart NetworkPart;

struct NetworkPart {
        Part part;
        Driver *driver;
        NamedStore *store; /* of definitions */
        WorkerPool *net_workers; /* the host's */
        Launcher *launcher;
        int run_fd;
        char *server_dir; /* <state>/dnsmasq: each server's files, in a directory named by the network's UUID */
        char *log_dir;    /* <log>/networks */
        char *dnsmasq;    /* the program */
        char *dnsmasq_user; /* NULL: "dnsmasq" where there is one, else "nobody" */
        GHashTable *servers; /* UUID -> NetworkServer, owned: one for each network that runs and needs it */
        sd_event_source *autostart;
};

extern const PartInfo network_part_info;

static inline NetworkPart *network_part_of(const Network *network)
{
        return (NetworkPart *) driver_part(network->object.driver, &network_part_info);
}

/* For job_set_object() and the like. */
void network_unref_def(void *def);

/* network_ops.c */
WorkerTask *network_part_write(const Network *network, const NetworkDef *def, WorkerDone done, void *userdata);
int network_part_define(Network *network, NetworkDef *def, Job *job, Error *error);
int network_part_undefine(Network *network, Job *job, Error *error);
int network_part_set_autostart(Network *network, bool autostart, Job *job, Error *error);

/* network_start.c */
int network_part_start(Network *network, NetworkDef *def, Job *job, Error *error);

/* network_stop.c */
int network_part_stop(Network *network, Job *job, Error *error);

/* network_change.c */
int network_part_change(Network *network, NetworkDef *live, NetworkDef *config, Job *job, Error *error);

/* network_plug.c */
int network_part_create_port(NetworkPort *port, Job *job, Error *error);
int network_part_delete_port(NetworkPort *port, Job *job, Error *error);
/* Those of the network's ports that running machines have, when it starts while they run: with their taps. */
void network_part_plug_machines(Network *network);
/* Forgets all ports of the network. */
void network_part_unplug_all(Network *network);

/* network_adopt.c: what a former life of the daemon left. Never fails as a whole. */
void network_part_adopt_all(NetworkPart *part);
