/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/node_suspend.h"

#include "service/base/process.h"

#include <string.h>

#define WAKEALARM "sys/class/rtc/rtc0/wakealarm"

typedef struct Suspend {
        Job *job; /* not owned: it owns this */
        NodeSuspend config;
        NodeSuspendTarget target;
        uint64_t seconds;
        WorkerTask *task;
        Launcher *launcher;
        ProcessRun *run;
} Suspend;

static void suspend_free(void *p)
{
        Suspend *suspend = p;

        worker_cancel(suspend->task);
        process_run_cancel(suspend->run);
        launcher_free(suspend->launcher);
        g_free(suspend);
}

typedef struct Alarm {
        char *path;
        uint64_t seconds; /* 0: none */
} Alarm;

static void alarm_free(void *p)
{
        Alarm *alarm = p;

        g_free(alarm->path);
        g_free(alarm);
}

static int write_alarm(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);

        return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* The kernel refuses a new alarm while there is another: the old one goes first. */
static int alarm_work(void *data, Error *error)
{
        const Alarm *alarm = data;
        g_autofree char *text = g_strdup_printf("+%" PRIu64, alarm->seconds);
        int r = write_alarm(alarm->path, "0");

        if (r >= 0 && alarm->seconds > 0)
                r = write_alarm(alarm->path, text);
        return r < 0 ? error_set_errno(error, r, "cannot set the alarm of the clock (%s)", alarm->path) : 0;
}

static Alarm *alarm_new(const Suspend *suspend, uint64_t seconds)
{
        Alarm *alarm = g_new0(Alarm, 1);

        alarm->path = g_build_filename(suspend->config.root, WAKEALARM, NULL);
        alarm->seconds = seconds;
        return alarm;
}

static void on_alarm(void *userdata, int r, Error *error)
{
        Suspend *suspend = userdata;

        suspend->task = NULL;
        job_step_done(suspend->job, r, error);
}

static int step_alarm(Job *job, void *context, Error *error)
{
        Suspend *suspend = context;

        suspend->task = worker_run(suspend->config.workers, alarm_work, alarm_new(suspend, suspend->seconds),
                                   alarm_free, on_alarm, suspend);
        return JOB_STEP_WAIT;
}

static void on_alarm_taken_back(void *userdata, int r, Error *error)
{
}

static void undo_alarm(Job *job, void *context)
{
        const Suspend *suspend = context;

        (void) worker_run(suspend->config.workers, alarm_work, alarm_new(suspend, 0), alarm_free, on_alarm_taken_back,
                          NULL);
}

static void on_slept(void *userdata, const ProcessResult *result, Error *error)
{
        Suspend *suspend = userdata;

        suspend->run = NULL;
        job_step_done(suspend->job, error_is_set(error) ? -error_info(error->code)->error : 0, error);
}

static int step_sleep(Job *job, void *context, Error *error)
{
        static const char *const verbs[_NODE_SUSPEND_MAX] = {
                [NODE_SUSPEND_MEM] = "suspend",
                [NODE_SUSPEND_DISK] = "hibernate",
                [NODE_SUSPEND_HYBRID] = "hybrid-sleep",
        };
        Suspend *suspend = context;
        const char *const argv[] = { suspend->config.tool, verbs[suspend->target], NULL };
        const ProcessSpec spec = {
                .path = suspend->config.tool,
                .argv = argv,
                .capabilities = PROCESS_CAPABILITIES_ALL,
                .flags = PROCESS_DIE_WITH_PARENT,
        };
        g_autofree char *exec = g_build_filename(suspend->config.libexec_dir, "virtbus-exec", NULL);
        int r = launcher_new(suspend->config.event, exec, &suspend->launcher, error);

        if (r >= 0)
                r = process_run(suspend->launcher, &spec, NULL, on_slept, suspend, &suspend->run, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

static const JobStep suspend_steps[] = {
        { .name = "alarm", .start = step_alarm, .undo = undo_alarm },
        { .name = "sleep", .start = step_sleep },
        {},
};

int node_suspend(const NodeSuspend *config, NodeSuspendTarget target, uint64_t seconds, Job *job, Error *error)
{
        Suspend *suspend;

        if (target >= _NODE_SUSPEND_MAX)
                return error_set(error, ERROR_INVALID_ARG, "there is no way %u to sleep", target);
        if (seconds < NODE_SUSPEND_MIN)
                return error_set(error, ERROR_INVALID_ARG, "Suspend duration is too short");
        suspend = g_new0(Suspend, 1);
        suspend->job = job;
        suspend->config = *config;
        suspend->target = target;
        suspend->seconds = seconds;
        return job_run(job, suspend_steps, suspend, suspend_free, error);
}
