/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/network/network_bridge_name.h"
#include "drivers/network/network_check.h"
#include "drivers/network/network_dnsmasq.h"
#include "drivers/network/network_host.h"
#include "drivers/network/network_server.h"
#include "drivers/network/network_status.h"

typedef struct Start {
        Job *job;
        Network *network;
        NetworkDef *def;
        WorkerTask *task;
} Start;

static void start_free(void *p)
{
        Start *start = p;

        worker_cancel(start->task);
        network_server_unwait(start->network, start);
        network_def_unref(start->def);
        object_unref(start->network);
        g_free(start);
}

/* Step "claim": what a transient network is undone to, and what a later life of the daemon undoes. */
static void undo_claim(Job *job, void *context)
{
        Start *start = context;

        network_status_remove(network_part_of(start->network)->run_fd, start->network->uuid);
        if (!start->network->object.published)
                object_remove(&start->network->object);
}

static int step_claim(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = network_status_begin(network_part_of(start->network)->run_fd, start->network->uuid, start->def, error);

        if (r < 0)
                undo_claim(job, start);
        return r;
}

/* Step "host": bridge, addresses, rules. */
static int host_work(void *data, Error *error)
{
        return network_host_up(data, error);
}

static void on_host(void *userdata, int r, Error *error)
{
        Start *start = userdata;

        start->task = NULL;
        job_step_done(start->job, r, error);
}

static int step_host(Job *job, void *context, Error *error)
{
        Start *start = context;

        start->task = worker_run(network_part_of(start->network)->net_workers, host_work, network_def_ref(start->def),
                                 network_unref_def, on_host, start);
        return JOB_STEP_WAIT;
}

static int host_down_work(void *data, Error *error)
{
        network_host_down(data);
        return 0;
}

static void host_is_down(void *userdata, int r, Error *error)
{
}

/* Who starts it again comes behind this, on the one worker that there is. */
static void undo_host(Job *job, void *context)
{
        const Start *start = context;

        (void) worker_run(network_part_of(start->network)->net_workers, host_down_work, network_def_ref(start->def),
                          network_unref_def, host_is_down, NULL);
}

/* Step "server". */
static void on_server(void *userdata, Error *error)
{
        Start *start = userdata;
        bool failed = error_is_set(error);

        if (failed)
                network_server_free(network_server_find(start->network));
        job_step_done(start->job, failed ? -EIO : 0, error);
}

static int step_server(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (!network_dnsmasq_is_needed(start->def))
                return 0;
        network_server_apply(network_server_new(start->network), start->def, on_server, start);
        return JOB_STEP_WAIT;
}

/* Step "publish". */
static int step_publish(Job *job, void *context, Error *error)
{
        Start *start = context;
        Network *network = start->network;

        network_status_put(network_part_of(network)->run_fd, network->uuid, start->def);
        network_put_live(network, start->def);
        if (!network->object.published)
                object_publish(&network->object);
        network_announce(network, NETWORK_EVENT_STARTED);
        network_part_plug_machines(network);
        return 0;
}

static const JobStep start_steps[] = {
        { .name = "claim", .start = step_claim, .undo = undo_claim },
        { .name = "host", .start = step_host, .undo = undo_host },
        { .name = "server", .start = step_server },
        { .name = "publish", .start = step_publish, .no_return = true },
        {},
};

static int check(const Network *network, const NetworkDef *def, NetworkDef **ret, Error *error)
{
        int r;

        if (network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network is already active");
        if (network->object.driver->host->session)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "networks change the host's own: the system's daemon starts them, a user's does not");
        r = network_check_start(def, error);
        return r < 0 ? r : network_bridge_name_choose(network, def, ret, error);
}

int network_part_start(Network *network, NetworkDef *def, Job *job, Error *error)
{
        NetworkDef *complete = NULL;
        int r = check(network, def ?: network->config, &complete, error);
        Start *start;

        if (r < 0) {
                if (!network->object.published)
                        object_remove(&network->object);
                return r;
        }
        start = g_new0(Start, 1);
        start->job = job;
        start->network = object_ref(network);
        start->def = complete;
        return job_run(job, start_steps, start, start_free, error);
}
