/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/host_ops.h"

#include "drivers/host/node.h"
#include "drivers/host/node_suspend.h"

#define ROOT "/"

static int get_info(Driver *driver, NodeInfo *ret, Error *error)
{
        return node_read_info(ROOT, ret, error);
}

static int get_cpus(Driver *driver, NodeSet *ret_present, NodeSet *ret_online, Error *error)
{
        return node_read_cpus(ROOT, ret_present, ret_online, error);
}

static int get_cpu_times(Driver *driver, int cpu, NodeCpuTimes *ret, Error *error)
{
        return node_read_cpu_times(ROOT, cpu, ret, error);
}

static int get_memory_stats(Driver *driver, int cell, NodeMemory *ret, Error *error)
{
        return node_read_memory(ROOT, cell, ret, error);
}

static int get_free(int cell, uint64_t *ret, Error *error)
{
        NodeMemory memory;
        int r = node_read_memory(ROOT, cell, &memory, error);

        if (r >= 0)
                *ret = memory.free * 1024;
        return r;
}

static int get_free_memory(Driver *driver, uint64_t *ret, Error *error)
{
        return get_free(-1, ret, error);
}

static uint32_t get_n_cells(Driver *driver)
{
        return node_count_cells(ROOT);
}

static int get_cell_free_memory(Driver *driver, uint32_t cell, uint64_t *ret, Error *error)
{
        return get_free((int) cell, ret, error);
}

static int get_free_pages(Driver *driver, uint32_t first, uint32_t n_cells, const uint32_t *sizes, size_t n_sizes,
                          uint64_t *ret, Error *error)
{
        return node_read_free_pages(ROOT, first, n_cells, sizes, n_sizes, ret, error);
}

static int get_memory_parameters(Driver *driver, Params *ret, Error *error)
{
        return node_read_memory_parameters(ROOT, ret, error);
}

static void get_security_model(Driver *driver, const char **ret_model, const char **ret_doi)
{
        /* guests are kept apart by users, namespaces and seccomp, not by labels */
        *ret_model = *ret_doi = "";
}

/* Something that a worker does for a job. Owns what it points to. */
typedef struct Work Work;
struct Work {
        Job *job; /* touched on the loop only */
        WorkerTask *task;
        WorkerPool *workers;
        WorkerFunc func;
        /* input */
        uint32_t first, n_cells;
        NodePages *pages;
        size_t n_pages;
        bool add;
        Params params;
        /* output */
        uint32_t n_changed;
        char *text;
};

static void work_free(void *p)
{
        Work *work = p;

        g_free(work->pages);
        params_clear(&work->params);
        g_free(work->text);
        g_free(work);
}

static void on_work(void *userdata, int r, Error *error)
{
        Work *work = userdata;

        work->task = NULL;
        if (r >= 0 && work->text)
                job_set_result_text(work->job, g_steal_pointer(&work->text));
        if (r >= 0 && work->n_changed > 0)
                job_set_result_object(work->job, GUINT_TO_POINTER(work->n_changed), NULL);
        job_step_done(work->job, r, error);
}

static int step_work(Job *job, void *context, Error *error)
{
        Work *work = context;

        /* the worker keeps the work from here on, and may outlive the job */
        work->task = worker_run(work->workers, work->func, work, work_free, on_work, work);
        return JOB_STEP_WAIT;
}

static void cancel_work(Job *job, void *context)
{
        Work *work = context;

        /* frees the work, now or on the thread */
        worker_cancel(g_steal_pointer(&work->task));
}

static const JobStep work_steps[] = {
        { .name = "host", .start = step_work, .cancel = cancel_work },
        {},
};

static Work *work_new(const Driver *driver, Job *job, WorkerFunc func)
{
        Work *work = g_new0(Work, 1);

        work->job = job;
        work->workers = driver->host->workers;
        work->func = func;
        return work;
}

static int sysinfo_work(void *data, Error *error)
{
        return node_read_sysinfo(ROOT, &((Work *) data)->text, error);
}

static int get_sysinfo(Driver *driver, Job *job, Error *error)
{
        return job_run(job, work_steps, work_new(driver, job, sysinfo_work), NULL, error);
}

static int alloc_work(void *data, Error *error)
{
        Work *work = data;

        return node_alloc_pages(ROOT, work->first, work->n_cells, work->pages, work->n_pages, work->add,
                                &work->n_changed, error);
}

static int alloc_pages(Driver *driver, uint32_t first, uint32_t n_cells, const NodePages *pages, size_t n, bool add,
                       Job *job, Error *error)
{
        Work *work = work_new(driver, job, alloc_work);

        work->first = first;
        work->n_cells = n_cells;
        work->pages = g_memdup2(pages, n * sizeof(*pages));
        work->n_pages = n;
        work->add = add;
        return job_run(job, work_steps, work, NULL, error);
}

static int parameters_work(void *data, Error *error)
{
        return node_write_memory_parameters(ROOT, &((Work *) data)->params, error);
}

static int set_memory_parameters(Driver *driver, const Params *params, Job *job, Error *error)
{
        Work *work = work_new(driver, job, parameters_work);

        params_add_all(&work->params, "", params);
        return job_run(job, work_steps, work, NULL, error);
}

static int suspend(Driver *driver, NodeSuspendTarget target, uint64_t seconds, Job *job, Error *error)
{
        const NodeSuspend config = {
                .event = driver->host->event,
                .workers = driver->host->workers,
                .libexec_dir = driver->host->paths->libexec,
                .root = ROOT,
                .tool = "/usr/bin/systemctl",
        };

        return node_suspend(&config, target, seconds, job, error);
}

const HostOps host_ops_here = {
        .get_info = get_info,
        .get_cpus = get_cpus,
        .get_cpu_times = get_cpu_times,
        .get_free_memory = get_free_memory,
        .get_memory_stats = get_memory_stats,
        .get_n_cells = get_n_cells,
        .get_cell_free_memory = get_cell_free_memory,
        .get_free_pages = get_free_pages,
        .alloc_pages = alloc_pages,
        .get_memory_parameters = get_memory_parameters,
        .set_memory_parameters = set_memory_parameters,
        .get_security_model = get_security_model,
        .get_sysinfo = get_sysinfo,
        .suspend = suspend,
};
