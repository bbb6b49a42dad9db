/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save.h"

#include "drivers/qemu/qemu_filter.h"
#include "drivers/qemu/qemu_outgoing.h"
#include "drivers/qemu/qemu_output.h"
#include "service/base/log.h"

#include <fcntl.h>

#define LOG_CATEGORY "qemu"

#define SAVE_FLAGS                                                                                          \
        (DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED | DOMAIN_SAVE_RESET_NVRAM)
/* A file system that does not answer; and one that does not finish. */
#define OPEN_USEC (60 * USEC_PER_SEC)
#define WRITE_USEC (1800 * USEC_PER_SEC)

/* What the threads share with the loop, which does not look at it while a task runs. */
typedef struct SaveFile {
        char *path;
        bool direct;
        QemuSaveImage *image;
        QemuOutput *output;
} SaveFile;

typedef struct Save {
        Job *job; /* not owned: it owns this */
        QemuDriver *driver;
        Domain *domain;
        SaveFile *file;
        bool managed;
        WorkerTask *task;
        Qmp *qmp; /* while "stop" is on its way */
        uint64_t number;
        QemuFilter *filter;
        QemuOutgoing *outgoing;
        Error failure; /* of the machine, while the filter may have the better reason */
        QemuGuest *guest; /* being waited for */
} Save;

static void file_clear(gpointer p)
{
        SaveFile *file = p;

        qemu_output_unref(file->output);
        qemu_save_image_free(file->image);
        g_free(file->path);
}

static void file_unref(void *file)
{
        g_atomic_rc_box_release_full(file, file_clear);
}

static void on_ended(void *userdata, const char *uuid);

static void save_free(void *p)
{
        Save *save = p;

        worker_cancel(save->task);
        if (save->qmp)
                qmp_forget(save->qmp, save->number);
        qmp_unref(save->qmp);
        qemu_outgoing_free(save->outgoing);
        qemu_filter_free(save->filter);
        if (save->guest)
                guest_unwait_end(save->guest, on_ended, save);
        error_clear(&save->failure);
        file_unref(save->file);
        domain_unref(save->domain);
        g_free(save);
}

static void on_task(void *userdata, int r, Error *error)
{
        Save *save = userdata;

        save->task = NULL;
        job_step_done(save->job, r, error);
}

static int run_task(Save *save, WorkerFunc work)
{
        WorkerPool *pool = save->managed ? save->driver->host->workers : save->driver->host->path_workers;

        save->task = worker_run(pool, work, g_atomic_rc_box_acquire(save->file), file_unref, on_task, save);
        return JOB_STEP_WAIT;
}

static void cancel_task(Job *job, void *context)
{
        Save *save = context;

        save->task = worker_cancel(save->task);
}

/* The head, which is no whole block, is written by way of the cache. */
static int set_direct(const SaveFile *file, bool direct, Error *error)
{
        int flags = fcntl(file->output->fd, F_GETFL);

        if (flags < 0 || fcntl(file->output->fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) < 0)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "the file system of '%s' cannot be written around its cache: %s", file->path,
                                 g_strerror(errno));
        return 0;
}

/* Step "open": what is written first says that the state is not complete. */
static int open_work(void *data, Error *error)
{
        SaveFile *file = data;
        int r = qemu_output_open(file->path, qemu_save_image_is_one, &file->output, error);

        if (r >= 0)
                r = qemu_save_image_write(file->image, file->output->fd, false, file->path, error);
        if (r >= 0 && lseek(file->output->fd, (off_t) file->image->size, SEEK_SET) < 0)
                r = error_set_errno(error, errno, "cannot write '%s'", file->path);
        if (r >= 0 && file->direct)
                r = set_direct(file, true, error);
        if (r < 0)
                file->output = qemu_output_unref(file->output);
        return r;
}

static int step_open(Job *job, void *context, Error *error)
{
        return run_task(context, open_work);
}

static void undo_open(Job *job, void *context)
{
        Save *save = context;

        save->file->output = qemu_output_release(save->file->output, save->driver->host->path_workers);
}

/* Step "stop": of the processors. */
static void on_stopped(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Save *save = userdata;
        QemuGuest *guest = domain_guest(save->domain);

        save->qmp = qmp_unref(save->qmp);
        if (guest)
                guest->pause_reason = 0;
        if (guest && error_is_set(error))
                guest->status.saving = false;
        job_step_done(save->job, error_is_set(error) ? -EIO : 0, error);
}

static int step_stop(Job *job, void *context, Error *error)
{
        Save *save = context;
        QemuGuest *guest = domain_guest(save->domain);
        int r = domain_check_active(save->domain, error);

        if (r >= 0)
                r = monitor_check(guest, error);
        if (r < 0)
                return r;
        if (save->domain->state != DOMAIN_RUNNING)
                return 0;
        guest->status.saving = true;
        guest_update_status(guest);
        guest->pause_reason = DOMAIN_PAUSED_SAVE;
        save->qmp = qmp_ref(guest->qmp);
        save->number = monitor_execute(guest, "stop", NULL, on_stopped, save);
        return JOB_STEP_WAIT;
}

static void undo_stop(Job *job, void *context)
{
        Save *save = context;
        QemuGuest *guest = domain_guest(save->domain);

        if (guest && guest->status.saving)
                qemu_outgoing_resume(guest);
}

static void cancel_stop(Job *job, void *context)
{
        Save *save = context;

        qmp_forget(save->qmp, save->number);
        save->qmp = qmp_unref(save->qmp);
        undo_stop(job, context);
}

/* Step "state". */
static void state_done(Save *save, Error *error)
{
        save->outgoing = qemu_outgoing_free(save->outgoing);
        save->filter = qemu_filter_free(save->filter);
        job_step_done(save->job, error_is_set(error) ? -EIO : 0, error);
}

/* The machine is through, or could not go on because of this. */
static void on_filtered(void *userdata, Error *error)
{
        Save *save = userdata;
        _cleanup_error_ Error why = ERROR_INIT;

        if (!error_is_set(error) && save->outgoing) {
                /* what the machine has to say of the end is on its way */
                save->filter = qemu_filter_free(save->filter);
                return;
        }
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                (void) error_set(&why, ERROR_OPERATION_FAILED, "the state cannot be written to '%s': %s",
                                 save->file->path, text);
        } else if (error_is_set(&save->failure))
                error_move(&why, &save->failure);
        state_done(save, &why);
}

static void on_written(void *userdata, Error *error)
{
        Save *save = userdata;

        save->outgoing = qemu_outgoing_free(save->outgoing);
        if (save->filter) {
                /* it sees the end of the state, and ends */
                error_move(&save->failure, error);
                return;
        }
        state_done(save, error);
}

static int step_state(Job *job, void *context, Error *error)
{
        Save *save = context;
        QemuGuest *guest = domain_guest(save->domain);
        QemuFilterSpec spec = {
                .format = save->file->image->format,
                .direct = save->file->direct,
                .file_fd = save->file->output->fd,
                .uid = guest ? guest->status.uid : 0,
                .gid = guest ? guest->gid : 0,
        };
        int fd, r = domain_check_active(save->domain, error);

        if (r >= 0)
                r = monitor_check(guest, error);
        if (r < 0)
                return r;
        if (qemu_filter_is_needed(&spec)) {
                r = qemu_filter_new(save->driver->launcher, &spec, on_filtered, save, &save->filter, &fd, error);
                if (r < 0)
                        return r;
        } else {
                fd = fcntl(spec.file_fd, F_DUPFD_CLOEXEC, 3);
                if (fd < 0)
                        return error_set_errno(error, errno, "cannot copy a file descriptor");
        }
        save->outgoing = qemu_outgoing_begin(save->domain, fd, job, save->file->path, on_written, save);
        return JOB_STEP_WAIT;
}

static void cancel_state(Job *job, void *context)
{
        Save *save = context;

        save->outgoing = qemu_outgoing_free(save->outgoing);
        save->filter = qemu_filter_free(save->filter);
}

/* Step "write": it is on the disk before the machine ends. */
static int write_work(void *data, Error *error)
{
        SaveFile *file = data;
        int r = file->direct ? set_direct(file, false, error) : 0;

        if (r >= 0)
                r = qemu_save_image_write(file->image, file->output->fd, true, file->path, error);
        return r < 0 ? r : qemu_output_publish(file->output, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        return run_task(context, write_work);
}

/* Step "end". */
static void on_ended(void *userdata, const char *uuid)
{
        Save *save = userdata;

        save->guest = NULL;
        job_step_done(save->job, 0, NULL);
}

static int step_end(Job *job, void *context, Error *error)
{
        Save *save = context;
        QemuGuest *guest = domain_guest(save->domain);

        if (save->managed)
                domain_set_managed_save(save->domain, true);
        if (!guest)
                return 0;
        save->guest = guest;
        guest_wait_end(guest, on_ended, save);
        guest_stop(guest, QEMU_STOP_AT_ONCE, DOMAIN_SHUTOFF_SAVED, DOMAIN_EVENT_STOPPED_SAVED);
        return JOB_STEP_WAIT;
}

/* Step "seal": QEMU, which its guest may have taken over, could write to the file as long as it lived. */
static int seal_work(void *data, Error *error)
{
        SaveFile *file = data;
        int r = qemu_save_image_write(file->image, file->output->fd, true, file->path, error);

        if (r >= 0 && fsync(file->output->fd) < 0)
                r = error_set_errno(error, errno, "cannot write '%s' to the disk", file->path);
        return r;
}

static int step_seal(Job *job, void *context, Error *error)
{
        return run_task(context, seal_work);
}

static const JobStep save_steps[] = {
        { .name = "open", .start = step_open, .undo = undo_open, .cancel = cancel_task, .timeout_usec = OPEN_USEC },
        { .name = "stop", .start = step_stop, .undo = undo_stop, .cancel = cancel_stop },
        { .name = "state", .start = step_state, .cancel = cancel_state },
        { .name = "write", .start = step_write, .cancel = cancel_task, .timeout_usec = WRITE_USEC,
          .no_return = true },
        { .name = "end", .start = step_end, .no_return = true },
        { .name = "seal", .start = step_seal, .no_return = true },
        {},
};

static int check_save(Domain *domain, const char *file, uint32_t flags, Error *error)
{
        QemuGuest *guest;
        int r = qemu_check_flags(flags, SAVE_FLAGS, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r < 0)
                return r;
        guest = domain_guest(domain);
        if (!file && !domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot do managed save for transient domain");
        if (!file && guest->status.autodestroy)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot do managed save for a domain that ends with "
                                                                 "its caller");
        if (domain->state != DOMAIN_RUNNING && domain->state != DOMAIN_PAUSED)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is %s: its state cannot be saved",
                                 domain_state_to_string(domain->state));
        return monitor_check(guest, error);
}

int qemu_save(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        QemuDriver *driver = qemu_driver_of(domain);
        bool paused = qemu_save_wants_pause(flags, domain->state == DOMAIN_PAUSED);
        Save *save;
        int r = check_save(domain, file, flags, error);

        if (r < 0)
                return r;
        save = g_new0(Save, 1);
        save->job = job;
        save->driver = driver;
        save->domain = domain_ref(domain);
        save->managed = !file;
        save->file = g_atomic_rc_box_new0(SaveFile);
        save->file->direct = flags & DOMAIN_SAVE_BYPASS_CACHE;
        save->file->path = file ? g_strdup(file) : qemu_managed_path(driver, domain->name);
        save->file->image = qemu_save_image_new(def ?: domain->live, paused, driver->settings.save_format);
        return job_run(job, save_steps, save, save_free, error);
}
