/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save.h"

#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_capture.h"
#include "drivers/qemu/qemu_names.h"

#define SAVE_FLAGS                                                                                          \
        (DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED | DOMAIN_SAVE_RESET_NVRAM)

typedef struct Save {
        QemuCapture capture;
        QemuGuest *guest; /* being waited for */
} Save;

static void on_ended(void *userdata, const char *uuid);

static void save_free(void *p)
{
        Save *save = p;

        if (save->guest)
                guest_unwait_end(save->guest, on_ended, save);
        qemu_capture_clear(&save->capture);
        g_free(save);
}

/* Step "end". */
static void on_ended(void *userdata, const char *uuid)
{
        Save *save = userdata;

        save->guest = NULL;
        job_step_done(save->capture.job, 0, NULL);
}

static int step_end(Job *job, void *context, Error *error)
{
        Save *save = context;
        QemuGuest *guest = domain_guest(save->capture.domain);

        if (save->capture.own_file)
                domain_set_managed_save(save->capture.domain, true);
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
        QemuCaptureFile *file = data;
        int r = qemu_save_image_write(file->image, file->output->fd, true, file->path, error);

        if (r >= 0 && fsync(file->output->fd) < 0)
                r = error_set_errno(error, errno, "cannot write '%s' to the disk", file->path);
        return r;
}

static int step_seal(Job *job, void *context, Error *error)
{
        return qemu_capture_run_task(context, seal_work);
}

static const JobStep save_steps[] = {
        { .name = "open", .start = qemu_capture_open, .undo = qemu_capture_undo_open,
          .cancel = qemu_capture_cancel_task, .timeout_usec = QEMU_CAPTURE_OPEN_USEC },
        { .name = "stop", .start = qemu_capture_stop, .undo = qemu_capture_undo_stop,
          .cancel = qemu_capture_cancel_stop },
        { .name = "state", .start = qemu_capture_state, .cancel = qemu_capture_cancel_state },
        { .name = "write", .start = qemu_capture_write, .cancel = qemu_capture_cancel_task,
          .timeout_usec = QEMU_CAPTURE_WRITE_USEC, .no_return = true },
        { .name = "end", .start = step_end, .no_return = true },
        { .name = "seal", .start = step_seal, .no_return = true },
        {},
};

/* What the guest has written to a transient disk ends with QEMU: the state would not fit what is there then. */
static int check_disks(const DomainDef *live, Error *error)
{
        DEF_FOREACH(disk, live->disks)
                if (disk->transient && qemu_disk_is_writable(disk))
                        return error_set(error, ERROR_OPERATION_INVALID,
                                         "disk '%s' is transient: the machine's state cannot be saved", disk->target);
        return 0;
}

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
        r = check_disks(domain->live, error);
        if (r >= 0)
                r = qemu_block_check_idle(domain, NULL, error);
        return r < 0 ? r : monitor_check(guest, error);
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
        qemu_capture_init(&save->capture, domain, file ? g_strdup(file) : qemu_managed_path(driver, domain->name),
                          qemu_save_image_new(def ?: domain->live, paused, driver->settings.save_format), job);
        save->capture.own_file = !file;
        save->capture.pause_reason = DOMAIN_PAUSED_SAVE;
        save->capture.file->direct = flags & DOMAIN_SAVE_BYPASS_CACHE;
        save->capture.file->may_replace = qemu_save_image_is_one;
        return job_run(job, save_steps, save, save_free, error);
}
