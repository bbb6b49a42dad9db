/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capture.h"

#include <fcntl.h>

static void file_clear(gpointer p)
{
        QemuCaptureFile *file = p;

        qemu_output_unref(file->output);
        qemu_save_image_free(file->image);
        g_free(file->path);
}

static void file_unref(void *file)
{
        g_atomic_rc_box_release_full(file, file_clear);
}

void qemu_capture_init(QemuCapture *capture, Domain *domain, char *path, QemuSaveImage *image, Job *job)
{
        capture->job = job;
        capture->driver = qemu_driver_of(domain);
        capture->domain = domain_ref(domain);
        capture->file = g_atomic_rc_box_new0(QemuCaptureFile);
        capture->file->path = path;
        capture->file->image = image;
}

void qemu_capture_clear(QemuCapture *capture)
{
        worker_cancel(capture->task);
        if (capture->qmp)
                qmp_forget(capture->qmp, capture->number);
        qmp_unref(capture->qmp);
        qemu_outgoing_free(capture->outgoing);
        qemu_filter_free(capture->filter);
        error_clear(&capture->failure);
        file_unref(capture->file);
        domain_unref(capture->domain);
}

static void on_task(void *userdata, int r, Error *error)
{
        QemuCapture *capture = userdata;

        capture->task = NULL;
        job_step_done(capture->job, r, error);
}

int qemu_capture_run_task(QemuCapture *capture, WorkerFunc work)
{
        WorkerPool *pool = capture->own_file ? capture->driver->host->workers : capture->driver->host->path_workers;

        capture->task = worker_run(pool, work, g_atomic_rc_box_acquire(capture->file), file_unref, on_task, capture);
        return JOB_STEP_WAIT;
}

void qemu_capture_cancel_task(Job *job, void *context)
{
        QemuCapture *capture = context;

        capture->task = worker_cancel(capture->task);
}

/* The head, which is no whole block, is written by way of the cache. */
static int set_direct(const QemuCaptureFile *file, bool direct, Error *error)
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
        QemuCaptureFile *file = data;
        int r = qemu_output_open(file->path, file->may_replace, &file->output, error);

        if (r >= 0 && file->image)
                r = qemu_save_image_write(file->image, file->output->fd, false, file->path, error);
        if (r >= 0 && file->image && lseek(file->output->fd, (off_t) file->image->size, SEEK_SET) < 0)
                r = error_set_errno(error, errno, "cannot write '%s'", file->path);
        if (r >= 0 && file->direct)
                r = set_direct(file, true, error);
        if (r < 0)
                file->output = qemu_output_unref(file->output);
        return r;
}

int qemu_capture_open(Job *job, void *context, Error *error)
{
        return qemu_capture_run_task(context, open_work);
}

void qemu_capture_undo_open(Job *job, void *context)
{
        QemuCapture *capture = context;

        capture->file->output = qemu_output_release(capture->file->output, capture->driver->host->path_workers);
}

/* Step "stop": of the processors. */
static void on_stopped(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuCapture *capture = userdata;
        QemuGuest *guest = domain_guest(capture->domain);

        capture->qmp = qmp_unref(capture->qmp);
        if (guest)
                guest->pause_reason = 0;
        if (guest && error_is_set(error))
                guest->status.saving = false;
        job_step_done(capture->job, error_is_set(error) ? -EIO : 0, error);
}

int qemu_capture_stop(Job *job, void *context, Error *error)
{
        QemuCapture *capture = context;
        QemuGuest *guest = domain_guest(capture->domain);
        int r = domain_check_active(capture->domain, error);

        if (r >= 0)
                r = monitor_check(guest, error);
        if (r < 0)
                return r;
        if (capture->domain->state != DOMAIN_RUNNING)
                return 0;
        guest->status.saving = true;
        guest_update_status(guest);
        guest->pause_reason = capture->pause_reason;
        if (capture->live)
                return 0;
        capture->qmp = qmp_ref(guest->qmp);
        capture->number = monitor_execute(guest, "stop", NULL, on_stopped, capture);
        return JOB_STEP_WAIT;
}

void qemu_capture_undo_stop(Job *job, void *context)
{
        QemuCapture *capture = context;
        QemuGuest *guest = domain_guest(capture->domain);

        if (guest && guest->status.saving)
                qemu_outgoing_resume(guest);
}

void qemu_capture_cancel_stop(Job *job, void *context)
{
        QemuCapture *capture = context;

        qmp_forget(capture->qmp, capture->number);
        capture->qmp = qmp_unref(capture->qmp);
        qemu_capture_undo_stop(job, context);
}

/* Step "state". */
static void state_done(QemuCapture *capture, Error *error)
{
        capture->outgoing = qemu_outgoing_free(capture->outgoing);
        capture->filter = qemu_filter_free(capture->filter);
        job_step_done(capture->job, error_is_set(error) ? -EIO : 0, error);
}

/* The machine is through, or could not go on because of this. */
static void on_filtered(void *userdata, Error *error)
{
        QemuCapture *capture = userdata;
        _cleanup_error_ Error why = ERROR_INIT;

        if (!error_is_set(error) && capture->outgoing) {
                /* what the machine has to say of the end is on its way */
                capture->filter = qemu_filter_free(capture->filter);
                return;
        }
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                (void) error_set(&why, ERROR_OPERATION_FAILED, "the state cannot be written to '%s': %s",
                                 capture->file->path, text);
        } else if (error_is_set(&capture->failure))
                error_move(&why, &capture->failure);
        state_done(capture, &why);
}

void qemu_capture_written(QemuCapture *capture, Error *error)
{
        if (capture->filter) {
                /* it sees the end of the state, and ends */
                error_move(&capture->failure, error);
                return;
        }
        state_done(capture, error);
}

int qemu_capture_target(QemuCapture *capture, int *ret_fd, Error *error)
{
        const QemuGuest *guest = domain_guest(capture->domain);
        const QemuCaptureFile *file = capture->file;
        QemuFilterSpec spec = {
                .format = file->image ? file->image->format : QEMU_SAVE_RAW,
                .direct = file->direct,
                .file_fd = file->output->fd,
                .uid = guest->status.uid,
                .gid = guest->gid,
        };

        if (qemu_filter_is_needed(&spec))
                return qemu_filter_new(capture->driver->launcher, &spec, on_filtered, capture, &capture->filter, ret_fd,
                                       error);
        *ret_fd = fcntl(spec.file_fd, F_DUPFD_CLOEXEC, 3);
        return *ret_fd < 0 ? error_set_errno(error, errno, "cannot copy a file descriptor") : 0;
}

static void on_written(void *userdata, Error *error)
{
        QemuCapture *capture = userdata;

        capture->outgoing = qemu_outgoing_free(capture->outgoing);
        qemu_capture_written(capture, error);
}

int qemu_capture_state(Job *job, void *context, Error *error)
{
        QemuCapture *capture = context;
        int fd, r = domain_check_active(capture->domain, error);

        if (r >= 0)
                r = monitor_check(domain_guest(capture->domain), error);
        if (r >= 0)
                r = qemu_capture_target(capture, &fd, error);
        if (r < 0)
                return r;
        capture->outgoing = qemu_outgoing_begin(capture->domain, fd, job, capture->file->path, on_written, capture);
        return JOB_STEP_WAIT;
}

void qemu_capture_cancel_state(Job *job, void *context)
{
        QemuCapture *capture = context;

        capture->outgoing = qemu_outgoing_free(capture->outgoing);
        capture->filter = qemu_filter_free(capture->filter);
}

/* Step "write": it is on the disk before the machine ends. */
static int write_work(void *data, Error *error)
{
        QemuCaptureFile *file = data;
        int r = file->direct ? set_direct(file, false, error) : 0;

        if (r >= 0 && file->image)
                r = qemu_save_image_write(file->image, file->output->fd, true, file->path, error);
        return r < 0 ? r : qemu_output_publish(file->output, error);
}

int qemu_capture_write(Job *job, void *context, Error *error)
{
        return qemu_capture_run_task(context, write_work);
}
