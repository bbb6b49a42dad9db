/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/network/network_host.h"
#include "drivers/network/network_server.h"
#include "drivers/network/network_status.h"

typedef struct Stop {
        Job *job;
        Network *network;
        NetworkDef *def;
        WorkerTask *task;
} Stop;

static void stop_free(void *p)
{
        Stop *stop = p;

        worker_cancel(stop->task);
        network_server_unwait(stop->network, stop);
        network_def_unref(stop->def);
        object_unref(stop->network);
        g_free(stop);
}

/* Step "server": it goes first, or it would complain that its addresses are gone. */
static void on_server(void *userdata, Error *error)
{
        Stop *stop = userdata;

        network_server_free(network_server_find(stop->network));
        job_step_done(stop->job, 0, NULL);
}

static int step_server(Job *job, void *context, Error *error)
{
        Stop *stop = context;
        Network *network = stop->network;
        NetworkServer *server = network_server_find(network);
        int r = network_status_begin(network_part_of(network)->run_fd, network->uuid, stop->def, error);

        if (r < 0 || !server)
                return r;
        network_server_stop(server, on_server, stop);
        return JOB_STEP_WAIT;
}

/* Step "host". */
static int host_work(void *data, Error *error)
{
        network_host_down(data);
        return 0;
}

static void on_host(void *userdata, int r, Error *error)
{
        Stop *stop = userdata;

        stop->task = NULL;
        job_step_done(stop->job, r, error);
}

static int step_host(Job *job, void *context, Error *error)
{
        Stop *stop = context;

        stop->task = worker_run(network_part_of(stop->network)->net_workers, host_work, network_def_ref(stop->def),
                                network_unref_def, on_host, stop);
        return JOB_STEP_WAIT;
}

/* Step "publish". */
static int step_publish(Job *job, void *context, Error *error)
{
        Network *network = ((Stop *) context)->network;

        network_part_unplug_all(network);
        network_drop_leases(network, NULL);
        network_status_remove(network_part_of(network)->run_fd, network->uuid);
        if (network->config) {
                network_put_live(network, NULL);
                network_announce(network, NETWORK_EVENT_STOPPED);
                return 0;
        }
        network_announce(network, NETWORK_EVENT_STOPPED);
        network_server_remove_files(network_part_of(network), network->uuid);
        object_remove(&network->object);
        return 0;
}

static const JobStep stop_steps[] = {
        { .name = "server", .start = step_server, .no_return = true },
        { .name = "host", .start = step_host, .no_return = true },
        { .name = "publish", .start = step_publish, .no_return = true },
        {},
};

int network_part_stop(Network *network, Job *job, Error *error)
{
        Stop *stop;

        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        stop = g_new0(Stop, 1);
        stop->job = job;
        stop->network = object_ref(network);
        stop->def = network_def_ref(network->live);
        return job_run(job, stop_steps, stop, stop_free, error);
}
