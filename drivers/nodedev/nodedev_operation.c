/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_operation.h"

/* What drivers do by themselves, or in the background, is not done when the write returns. */
#define WAIT_USEC (10 * USEC_PER_SEC)
#define WAIT_STEP_USEC (20 * USEC_PER_MSEC)

static void release(void *object)
{
        object_unref(object);
}

NodedevWork *nodedev_work_new(int (*func)(NodedevWork *work, Error *error), const char *path, const char *name)
{
        NodedevWork *work = g_new0(NodedevWork, 1);

        work->func = func;
        work->path = g_strdup(path);
        work->name = g_strdup(name);
        return work;
}

bool nodedev_work_wait(const char *path, bool there)
{
        for (uint64_t waited = 0; waited < WAIT_USEC; waited += WAIT_STEP_USEC) {
                if ((access(path, F_OK) >= 0) == there)
                        return true;
                g_usleep(WAIT_STEP_USEC);
        }
        return false;
}

static void work_free(void *p)
{
        NodedevWork *work = p;

        g_clear_pointer(&work->found, g_ptr_array_unref);
        nodedev_def_unref(work->def);
        g_free(work->path);
        g_free(work->name);
        g_free(work->type);
        g_free(work->text);
        g_free(work->look);
        g_free(work);
}

static int run_work(void *data, Error *error)
{
        NodedevWork *work = data;
        int r = work->func(work, error);

        if (r >= 0 && work->look) {
                char *const paths[] = { work->look, NULL };

                r = nodedev_scan_paths(paths, &work->found, error);
        }
        return r;
}

/* The kernel does not say what a mediated device was given. */
static NodeDevice *take_found(NodedevOperation *operation, NodedevFound *found)
{
        const NodeDevCap *mdev = operation->def ? nodedev_def_cap(operation->def, NODEDEV_CAP_MDEV) : NULL;

        if (mdev && found->def)
                nodedev_cap_add_attributes(found->def, mdev);
        return nodedev_watch_take(operation->part->watch, found);
}

static void on_worked(void *userdata, int r, Error *error)
{
        NodedevOperation *operation = userdata;
        NodeDevice *device = NULL;

        operation->task = NULL;
        if (r >= 0 && operation->work->found)
                device = take_found(operation, operation->work->found->pdata[0]);
        if (r >= 0 && operation->done)
                r = operation->done(operation, device, error);
        job_step_done(operation->job, r, error);
}

static int step_work(Job *job, void *context, Error *error)
{
        NodedevOperation *operation = context;

        operation->task = worker_run(operation->part->operations, run_work, operation->work, work_free, on_worked,
                                     operation);
        return JOB_STEP_WAIT;
}

static const JobStep steps[] = {
        { .name = "work", .start = step_work, .no_return = true },
        {},
};

static void operation_free(void *p)
{
        NodedevOperation *operation = p;

        worker_cancel(operation->task);
        object_unref(operation->device);
        nodedev_def_unref(operation->def);
        g_free(operation);
}

int nodedev_operation_run(NodedevPart *part, NodeDevice *device, NodeDevDef *def, NodedevWork *work, NodedevDone done,
                          Job *job, Error *error)
{
        NodedevOperation *operation = g_new0(NodedevOperation, 1);

        operation->part = part;
        operation->job = job;
        operation->device = object_ref(device);
        operation->def = def ? nodedev_def_ref(def) : NULL;
        operation->work = work;
        operation->done = done;
        return job_run(job, steps, operation, operation_free, error);
}

int nodedev_operation_yield(NodedevOperation *operation, NodeDevice *device, Error *error)
{
        if (!device)
                return error_set(error, ERROR_OPERATION_FAILED, "the host does not show the new device");
        job_set_result_object(operation->job, object_ref(device), release);
        return 0;
}
