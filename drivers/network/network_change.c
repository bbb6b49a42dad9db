/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/network/network_check.h"
#include "drivers/network/network_dnsmasq.h"
#include "drivers/network/network_host.h"
#include "drivers/network/network_server.h"
#include "drivers/network/network_status.h"

/* A change of a network: what it starts with is made durable, what runs follows, then both are visible. */
typedef struct Change {
        Job *job;
        Network *network;
        NetworkDef *live, *config; /* NULL: it stays */
        WorkerTask *task;
} Change;

static void change_free(void *p)
{
        Change *change = p;

        worker_cancel(change->task);
        network_server_unwait(change->network, change);
        network_def_unref(change->live);
        network_def_unref(change->config);
        object_unref(change->network);
        g_free(change);
}

static void on_done(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        job_step_done(change->job, r, error);
}

/* Step "host": the rules, which forward interfaces stand in. */
static int host_work(void *data, Error *error)
{
        return network_host_refresh(data, error);
}

static WorkerTask *refresh_host(const Change *change, NetworkDef *def, WorkerDone done, void *userdata)
{
        return worker_run(network_part_of(change->network)->net_workers, host_work, network_def_ref(def),
                          network_unref_def, done, userdata);
}

static int step_host(Job *job, void *context, Error *error)
{
        Change *change = context;

        if (!change->live)
                return 0;
        change->task = refresh_host(change, change->live, on_done, change);
        return JOB_STEP_WAIT;
}

static void host_is_back(void *userdata, int r, Error *error)
{
}

static void undo_host(Job *job, void *context)
{
        Change *change = context;

        if (change->live)
                (void) refresh_host(change, change->network->live, host_is_back, NULL);
}

/* Step "server". */
static void on_server(void *userdata, Error *error)
{
        const Change *change = userdata;

        job_step_done(change->job, error_is_set(error) ? -EIO : 0, error);
}

static void on_server_gone(void *userdata, Error *error)
{
        const Change *change = userdata;

        network_server_free(network_server_find(change->network));
        job_step_done(change->job, 0, NULL);
}

static int step_server(Job *job, void *context, Error *error)
{
        Change *change = context;
        NetworkServer *server = network_server_find(change->network);
        bool needed = change->live && network_dnsmasq_is_needed(change->live);

        if (!change->live || (!needed && !server))
                return 0;
        if (needed)
                network_server_apply(server ?: network_server_new(change->network), change->live, on_server, change);
        else
                network_server_stop(server, on_server_gone, change);
        return JOB_STEP_WAIT;
}

static void undo_server(Job *job, void *context)
{
        Change *change = context;
        NetworkServer *server = network_server_find(change->network);

        if (change->live && server)
                network_server_apply(server, change->network->live, NULL, NULL);
}

/* Step "write". */
static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;

        if (!change->config)
                return 0;
        change->task = network_part_write(change->network, change->config, on_done, change);
        return JOB_STEP_WAIT;
}

/* Step "publish". */
static int step_publish(Job *job, void *context, Error *error)
{
        Change *change = context;
        Network *network = change->network;

        if (change->live) {
                network_status_put(network_part_of(network)->run_fd, network->uuid, change->live);
                network_put_live(network, change->live);
        }
        if (change->config)
                network_put_config(network, change->config);
        return 0;
}

static const JobStep change_steps[] = {
        { .name = "host", .start = step_host, .undo = undo_host },
        { .name = "server", .start = step_server, .undo = undo_server },
        { .name = "write", .start = step_write },
        { .name = "publish", .start = step_publish, .no_return = true },
        {},
};

int network_part_change(Network *network, NetworkDef *live, NetworkDef *config, Job *job, Error *error)
{
        int r = live && !network_is_active(network) ? error_set(error, ERROR_OPERATION_INVALID,
                                                                "network '%s' is not active", network->name) : 0;
        Change *change;

        if (r >= 0 && live)
                r = network_check_start(live, error);
        if (r < 0)
                return r;
        change = g_new0(Change, 1);
        change->job = job;
        change->network = object_ref(network);
        change->live = live ? network_def_ref(live) : NULL;
        change->config = config ? network_def_ref(config) : NULL;
        return job_run(job, change_steps, change, change_free, error);
}
