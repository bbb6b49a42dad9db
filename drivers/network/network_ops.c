/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/network/network_bridge_name.h"
#include "drivers/network/network_server.h"

/* A change of what is on disk. It is one step: what the worker has made durable is made visible in the same turn. */
typedef struct Change {
        Job *job;
        Network *network;
        NetworkDef *def; /* the new one, NULL: it goes, or stays as it is */
        bool autostart;
        WorkerTask *(*write)(const struct Change *change, WorkerDone done, void *userdata);
        void (*done)(const struct Change *change);
        WorkerTask *task;
} Change;

static void change_free(void *p)
{
        Change *change = p;

        worker_cancel(change->task);
        object_unref(change->network);
        network_def_unref(change->def);
        g_free(change);
}

static void on_written(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        if (r >= 0)
                change->done(change);
        else if (!change->network->object.published)
                object_remove(&change->network->object);
        job_step_done(change->job, r, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;

        change->task = change->write(change, on_written, change);
        return JOB_STEP_WAIT;
}

static const JobStep change_steps[] = {
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

static int change_run(Job *job, Network *network, const Change *template, Error *error)
{
        Change *change = g_memdup2(template, sizeof(*template));

        change->job = job;
        change->network = object_ref(network);
        return job_run(job, change_steps, change, change_free, error);
}

static WorkerPool *workers(const Change *change)
{
        return change->network->object.driver->host->workers;
}

WorkerTask *network_part_write(const Network *network, const NetworkDef *def, WorkerDone done, void *userdata)
{
        g_autofree char *text = network_def_format(def, DEF_FORMAT_INACTIVE);

        return named_store_write(network_part_of(network)->store, network->object.driver->host->workers, def->name,
                                 text, done, userdata);
}

static WorkerTask *write_definition(const Change *change, WorkerDone done, void *userdata)
{
        return network_part_write(change->network, change->def, done, userdata);
}

static void defined(const Change *change)
{
        Network *network = change->network;

        network_put_config(network, change->def);
        if (!network->object.published)
                object_publish(&network->object);
        network_announce(network, NETWORK_EVENT_DEFINED);
}

int network_part_define(Network *network, NetworkDef *def, Job *job, Error *error)
{
        Change change = { .write = write_definition, .done = defined };
        int r = network_bridge_name_choose(network, def, &change.def, error);

        if (r >= 0)
                return change_run(job, network, &change, error);
        if (!network->object.published)
                object_remove(&network->object);
        return r;
}

static WorkerTask *remove_definition(const Change *change, WorkerDone done, void *userdata)
{
        return named_store_remove(network_part_of(change->network)->store, workers(change), change->network->name, done,
                                  userdata);
}

static void undefined(const Change *change)
{
        Network *network = change->network;

        network_announce(network, NETWORK_EVENT_UNDEFINED);
        network_put_autostart(network, false);
        network_put_config(network, NULL);
        if (network_is_active(network))
                return;
        network_server_remove_files(network_part_of(network), network->uuid);
        object_remove(&network->object);
}

int network_part_undefine(Network *network, Job *job, Error *error)
{
        const Change change = { .write = remove_definition, .done = undefined };

        if (!network->config)
                return error_set(error, ERROR_OPERATION_INVALID, "can't undefine transient network");
        return change_run(job, network, &change, error);
}

static WorkerTask *write_link(const Change *change, WorkerDone done, void *userdata)
{
        return named_store_set_autostart(network_part_of(change->network)->store, workers(change),
                                         change->network->name, change->autostart, done, userdata);
}

static void linked(const Change *change)
{
        network_put_autostart(change->network, change->autostart);
}

int network_part_set_autostart(Network *network, bool autostart, Job *job, Error *error)
{
        const Change change = { .autostart = autostart, .write = write_link, .done = linked };

        return change_run(job, network, &change, error);
}
