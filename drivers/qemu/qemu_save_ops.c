/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looking at saved states, changing them, and managed ones. */

#include "drivers/qemu/qemu_save.h"

#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_output.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <fcntl.h>
#include <string.h>

#define LOG_CATEGORY "qemu"

#define SUFFIX ".save"
/* Before a file system that does not answer is given up. */
#define FILE_USEC (60 * USEC_PER_SEC)

static char *managed_dir(const QemuDriver *driver)
{
        return g_build_filename(driver->host->paths->state, "qemu", "save", NULL);
}

char *qemu_managed_path(const QemuDriver *driver, const char *name)
{
        g_autofree char *directory = managed_dir(driver), *file = g_strconcat(name, SUFFIX, NULL);

        return g_build_filename(directory, file, NULL);
}

int qemu_managed_load(QemuDriver *driver, Error *error)
{
        g_autofree char *directory = managed_dir(driver);
        g_autofree char *dumps = g_build_filename(driver->host->paths->state, "qemu", "dump", NULL);
        _cleanup_close_ int fd = -EBADF, dump_fd = -EBADF;
        g_auto(GStrv) names = NULL;
        g_auto(GStrv) partial = NULL;
        int r = store_open_dir(directory, 0700, &fd, error);

        if (r >= 0)
                r = store_open_dir(dumps, 0700, &dump_fd, error);
        if (r >= 0)
                r = store_list(fd, SUFFIX, &names, error);
        if (r >= 0)
                r = store_list(fd, QEMU_OUTPUT_PARTIAL, &partial, error);
        if (r < 0)
                return r;
        for (char **name = partial; *name; name++)
                (void) store_remove(fd, *name, 0, NULL);
        for (char **name = names; *name; name++) {
                g_autofree char *domain_name = g_strndup(*name, strlen(*name) - strlen(SUFFIX));
                Domain *domain = domain_list_find_name(driver->driver.domains, domain_name);

                if (domain)
                        domain_set_managed_save(domain, true);
                else
                        log_warning("'%s/%s' is the saved state of a domain that is not defined", directory, *name);
        }
        return 0;
}

/* One piece of work on a file as a job. */
typedef struct ImageTask {
        char *path;
        bool has_def;
        DomainDef *def; /* to be written, or as read */
        uint32_t flags;
        bool paused; /* as read */
} ImageTask;

typedef struct ImageJob {
        Job *job; /* not owned: it owns this */
        WorkerPool *pool;
        Domain *domain; /* NULL for a file that is no managed one */
        ImageTask *task;
        WorkerTask *worker;
        WorkerFunc work;
        void (*done)(struct ImageJob *image, int r, Error *error);
} ImageJob;

static void task_clear(gpointer p)
{
        ImageTask *task = p;

        domain_def_unref(task->def);
        g_free(task->path);
}

static void task_unref(void *task)
{
        g_atomic_rc_box_release_full(task, task_clear);
}

static void image_job_free(void *p)
{
        ImageJob *image = p;

        worker_cancel(image->worker);
        task_unref(image->task);
        domain_unref(image->domain);
        g_free(image);
}

static void on_done(void *userdata, int r, Error *error)
{
        ImageJob *image = userdata;

        image->worker = NULL;
        if (image->done) {
                image->done(image, r, error);
                return;
        }
        job_step_done(image->job, r, error);
}

static int step_work(Job *job, void *context, Error *error)
{
        ImageJob *image = context;

        image->worker = worker_run(image->pool, image->work, g_atomic_rc_box_acquire(image->task), task_unref, on_done,
                                   image);
        return JOB_STEP_WAIT;
}

static void cancel_work(Job *job, void *context)
{
        ImageJob *image = context;

        image->worker = worker_cancel(image->worker);
}

static const JobStep steps[] = {
        { .name = "file", .start = step_work, .cancel = cancel_work, .timeout_usec = FILE_USEC },
        {},
};

/* path is taken. */
static int run(QemuDriver *driver, Domain *domain, char *path, DomainDef *def, uint32_t flags, WorkerFunc work,
               void (*done)(ImageJob *, int, Error *), Job *job, Error *error)
{
        ImageJob *image = g_new0(ImageJob, 1);

        image->job = job;
        image->pool = domain ? driver->host->workers : driver->host->path_workers;
        image->domain = domain ? domain_ref(domain) : NULL;
        image->work = work;
        image->done = done;
        image->task = g_atomic_rc_box_new0(ImageTask);
        image->task->path = path;
        image->task->has_def = def;
        image->task->def = def ? domain_def_ref(def) : NULL;
        image->task->flags = flags;
        return job_run(job, steps, image, image_job_free, error);
}

static int read_work(void *data, Error *error)
{
        ImageTask *task = data;
        _cleanup_(qemu_save_image_freep) QemuSaveImage *image = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r = qemu_open(task->path, OPEN_FILE, O_RDONLY, "the saved state", &fd, NULL, error);

        if (r >= 0)
                r = qemu_save_image_read(fd, task->path, &image, error);
        if (r >= 0)
                r = qemu_save_image_parse(image, task->path, &task->def, error);
        if (r >= 0)
                task->paused = image->paused;
        return r;
}

static int write_work(void *data, Error *error)
{
        ImageTask *task = data;
        _cleanup_(qemu_save_image_freep) QemuSaveImage *image = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r = qemu_open(task->path, OPEN_FILE, O_RDWR, "the saved state", &fd, NULL, error);

        if (r >= 0)
                r = qemu_save_image_read(fd, task->path, &image, error);
        if (r >= 0 && task->has_def)
                r = qemu_save_image_change(image, task->def, task->path, error);
        if (r < 0)
                return r;
        if (task->flags & (DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED))
                image->paused = task->flags & DOMAIN_SAVE_PAUSED;
        r = qemu_save_image_write(image, fd, true, task->path, error);
        if (r >= 0 && fsync(fd) < 0)
                r = error_set_errno(error, errno, "cannot write '%s' to the disk", task->path);
        return r;
}

static int remove_work(void *data, Error *error)
{
        const ImageTask *task = data;
        g_autofree char *directory = g_path_get_dirname(task->path), *name = g_path_get_basename(task->path);
        _cleanup_close_ int fd = -EBADF;
        int r = store_open_dir(directory, 0700, &fd, error);

        return r < 0 ? r : store_remove(fd, name, STORE_DURABLE, error);
}

static void release_image(void *image)
{
        domain_image_free(image);
}

/* Why it could not be read is part of the result. */
static void image_read(ImageJob *image, int r, Error *error)
{
        DomainImage *result = g_new0(DomainImage, 1);

        if (r < 0)
                error_move(&result->error, error);
        else
                *result = (DomainImage) { .def = domain_def_ref(image->task->def), .paused = image->task->paused };
        job_set_result_object(image->job, result, release_image);
        job_step_done(image->job, 0, NULL);
}

int qemu_image_read(Driver *driver, const char *file, Job *job, Error *error)
{
        return run(qemu_driver(driver), NULL, g_strdup(file), NULL, 0, read_work, image_read, job, error);
}

int qemu_image_write(Driver *driver, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        return run(qemu_driver(driver), NULL, g_strdup(file), def, flags, write_work, NULL, job, error);
}

static int run_managed(Domain *domain, DomainDef *def, uint32_t flags, WorkerFunc work,
                       void (*done)(ImageJob *, int, Error *), Job *job, Error *error)
{
        QemuDriver *driver = qemu_driver_of(domain);

        if (!domain->managed_save)
                return error_set(error, ERROR_OPERATION_INVALID, "domain does not have managed save image");
        return run(driver, domain, qemu_managed_path(driver, domain->name), def, flags, work, done, job, error);
}

static void managed_read(ImageJob *image, int r, Error *error)
{
        if (r >= 0)
                job_set_result_object(image->job, domain_def_ref(image->task->def), qemu_unref_def);
        job_step_done(image->job, r, error);
}

int qemu_managed_read(Domain *domain, Job *job, Error *error)
{
        return run_managed(domain, NULL, 0, read_work, managed_read, job, error);
}

int qemu_managed_write(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        return run_managed(domain, def, flags, write_work, NULL, job, error);
}

static void managed_removed(ImageJob *image, int r, Error *error)
{
        if (r >= 0)
                domain_set_managed_save(image->domain, false);
        job_step_done(image->job, r, error);
}

int qemu_managed_remove(Domain *domain, Job *job, Error *error)
{
        return run_managed(domain, NULL, 0, remove_work, managed_removed, job, error);
}

WorkerTask *qemu_managed_remove_later(const Domain *domain, WorkerDone done, void *userdata)
{
        QemuDriver *driver = qemu_driver_of(domain);
        ImageTask *task = g_atomic_rc_box_new0(ImageTask);

        task->path = qemu_managed_path(driver, domain->name);
        return worker_run(driver->host->workers, remove_work, task, task_unref, done, userdata);
}

static void on_forgotten(void *userdata, int r, Error *error)
{
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_error("a saved state that is not valid any more cannot be removed: %s", text);
        }
}

void qemu_managed_forget(Domain *domain)
{
        if (!domain->managed_save)
                return;
        (void) qemu_managed_remove_later(domain, on_forgotten, NULL);
        domain_set_managed_save(domain, false);
}
