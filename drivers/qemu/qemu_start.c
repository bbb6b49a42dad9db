/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_start.h"

/* A former process of the same domain that hangs in the kernel. */
#define SETTLE_USEC (60 * USEC_PER_SEC)

static void start_free(void *p)
{
        Start *start = p;

        if (start->link.data)
                g_queue_unlink(&start->driver->starts, &start->link);
        worker_cancel(start->task);
        qemu_network_plug_cancel(start->plug);
        qemu_launch_cancel(start->launch);
        qemu_nwfilter_cancel(start->filters);
        qemu_nvram_cancel(start->nvram);
        qemu_caps_cancel(start->request);
        sd_event_source_disable_unref(start->patience);
        sd_event_source_disable_unref(start->volumes);
        qemu_restore_free(start->restore);
        qemu_files_free(start->files);
        qemu_command_free(start->command);
        safe_close(start->monitor_fd);
        safe_close(start->log_fd);
        for (Question i = 0; i < _QUESTION_MAX; i++)
                g_clear_pointer(&start->answers[i], json_node_unref);
        if (start->threads)
                g_array_unref(start->threads);
        worker_cancel(start->division);
        qemu_caps_unref(start->caps);
        domain_def_unref(start->def);
        domain_unref(start->domain);
        g_free(start);
}

int start_wait(Start *start)
{
        start->waiting = true;
        return JOB_STEP_WAIT;
}

void start_done(Start *start, int r, Error *error)
{
        if (!start->waiting)
                return;
        start->waiting = false;
        job_step_done(start->job, r, error);
}

void start_done_with(void *userdata, Error *error)
{
        start_done(userdata, error && error_is_set(error) ? -EIO : 0, error);
}

void start_cancel_task(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->task = worker_cancel(start->task);
}
/* Step "settle": the process of the last run may still be dying. */
static void on_former_ended(void *userdata, const char *uuid)
{
        Start *start = userdata;

        start->former = NULL;
        start_done(start, 0, NULL);
}

static int step_settle(Job *job, void *context, Error *error)
{
        Start *start = context;

        start->former = guest_find(start->driver, start->domain->uuid);
        if (!start->former)
                return 0;
        if (start->former->stray) {
                pid_t pid = process_pid(start->former->process);

                start->former = NULL;
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "process %d, which an earlier daemon started for this machine, still runs, and what "
                                 "it wrote about it cannot be read: the machine can be started when the process has "
                                 "ended", (int) pid);
        }
        guest_wait_end(start->former, on_former_ended, start);
        return start_wait(start);
}

static void cancel_settle(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        guest_unwait_end(start->former, on_former_ended, start);
        start->former = NULL;
}

/* Step "image": that of a managed save has the definition. */
static int step_image(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (!start->restore || start->discard)
                return 0;
        qemu_restore_open(start->restore);
        return start_wait(start);
}

void start_cancel_restore(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->restore = qemu_restore_free(start->restore);
}

int start_take_image(Start *start, Error *error)
{
        DomainDef *def = qemu_restore_def(start->restore);

        if (qemu_save_wants_pause(start->save_flags, qemu_restore_is_paused(start->restore)))
                start->flags |= DOMAIN_START_PAUSED;
        if (!qemu_restore_is_managed(start->restore))
                return 0;
        if (!streq(def->uuid, start->domain->uuid) || !streq(def->name, start->domain->name))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the managed save is that of another domain, '%s' with uuid %s: remove it", def->name,
                                 def->uuid);
        domain_def_unref(start->def);
        start->def = domain_def_ref(def);
        return 0;
}

bool start_is_restored(const Start *start)
{
        return start->restore && !start->discard;
}

/* A transient domain exists only while it runs. */
static void undo_claim(Job *job, void *context)
{
        Start *start = context;

        if (start->transient && !start->published)
                domain_list_remove(start->domain);
}

static int step_claim(Job *job, void *context, Error *error)
{
        return 0;
}

static const JobStep start_steps[] = {
        { .name = "claim", .start = step_claim, .undo = undo_claim },
        { .name = "settle", .start = step_settle, .cancel = cancel_settle, .timeout_usec = SETTLE_USEC },
        { .name = "image", .start = step_image, .cancel = start_cancel_restore, .timeout_usec = SETTLE_USEC },
        { .name = "capabilities", .start = start_step_capabilities, .cancel = start_cancel_capabilities },
        { .name = "firmware", .start = start_step_firmware, .cancel = start_cancel_task },
        { .name = "volumes", .start = start_step_volumes, .cancel = start_cancel_volumes, .timeout_usec = SETTLE_USEC },
        { .name = "networks",
          .start = start_step_networks,
          .undo = start_undo_networks,
          .cancel = start_cancel_networks },
        { .name = "prepare", .start = start_step_prepare, .undo = start_undo_prepare },
        { .name = "cgroup", .start = start_step_cgroup },
        { .name = "nvram", .start = start_step_nvram, .cancel = start_cancel_nvram },
        { .name = "files", .start = start_step_files, .cancel = start_cancel_task },
        { .name = "companions", .start = start_step_companions, .cancel = start_cancel_companions },
        { .name = "filters", .start = start_step_filters, .cancel = start_cancel_filters },
        { .name = "command", .start = start_step_command },
        { .name = "log", .start = start_step_log, .cancel = start_cancel_task },
        { .name = "spawn", .start = start_step_spawn, .cancel = start_cancel_task },
        { .name = "handshake",
          .start = start_step_handshake,
          .cancel = start_cancel_task,
          .timeout_usec = START_HANDSHAKE_USEC },
        { .name = "threads", .start = start_step_threads, .cancel = start_cancel_threads },
        { .name = "resctrl", .start = start_step_resctrl, .cancel = start_cancel_threads },
        { .name = "perf", .start = start_step_perf },
        { .name = "state", .start = start_step_state, .cancel = start_cancel_restore },
        { .name = "discard", .start = start_step_discard, .cancel = start_cancel_restore, .timeout_usec = SETTLE_USEC },
        { .name = "run", .start = start_step_run, .cancel = start_cancel_task },
        { .name = "publish", .start = start_step_publish, .no_return = true },
        {},
};

static int check_start(Domain *domain, const DomainDef *def, uint32_t flags, Error *error)
{
        int r = qemu_check_flags(flags,
                                 DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY | DOMAIN_START_BYPASS_CACHE |
                                         DOMAIN_START_FORCE_BOOT | DOMAIN_START_VALIDATE | DOMAIN_START_RESET_NVRAM,
                                 error);

        if (r >= 0)
                r = domain_check_inactive(domain, error);
        if (r >= 0 && !domain->object.published)
                r = qemu_check_name(qemu_driver_of(domain), domain->name, error);
        return r;
}

static Start *start_new(Domain *domain, DomainDef *def, uint32_t flags, Job *job)
{
        Start *start = g_new0(Start, 1);

        start->job = job;
        start->driver = qemu_driver_of(domain);
        start->domain = domain_ref(domain);
        start->def = def ? domain_def_ref(def) : domain_get_config(domain);
        start->transient = !domain->object.published;
        start->flags = flags;
        start->monitor_fd = start->log_fd = -EBADF;
        if ((flags & DOMAIN_START_AUTODESTROY) && job_owner(job)->name) {
                start->link.data = start;
                g_queue_push_tail_link(&start->driver->starts, &start->link);
        }
        return start;
}

static int refuse_start(Domain *domain, int r)
{
        if (!domain->object.published)
                domain_list_remove(domain);
        return r;
}

int qemu_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        Start *start;
        int r = check_start(domain, def, flags, error);

        if (r < 0)
                return refuse_start(domain, r);
        start = start_new(domain, def, flags, job);
        if (!def && domain->managed_save) {
                start->restore = qemu_restore_new(start->driver, qemu_managed_path(start->driver, domain->name), true,
                                                  flags & DOMAIN_START_BYPASS_CACHE, start_done_with, start);
                start->discard = flags & DOMAIN_START_FORCE_BOOT;
        }
        return job_run(job, start_steps, start, start_free, error);
}

int qemu_restore(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        Start *start;
        int r = qemu_check_flags(flags,
                                 DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED |
                                         DOMAIN_SAVE_RESET_NVRAM, error);

        if (r >= 0)
                r = check_start(domain, def, 0, error);
        if (r < 0)
                return refuse_start(domain, r);
        start = start_new(domain, def, 0, job);
        start->save_flags = flags;
        start->restore = qemu_restore_new(start->driver, g_strdup(file), false, flags & DOMAIN_SAVE_BYPASS_CACHE,
                                          start_done_with, start);
        return job_run(job, start_steps, start, start_free, error);
}

void qemu_start_caller_left(QemuDriver *driver, const char *name)
{
        GList *next;

        /* a cancelled one takes itself off the list, and leaves the others there */
        for (GList *l = driver->starts.head; l; l = next) {
                Start *start = l->data;

                next = l->next;
                if (streq(job_owner(start->job)->name, name))
                        (void) job_cancel(start->job, NULL);
        }
}
