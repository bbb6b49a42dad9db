/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_filter.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_save.h"
#include "service/base/store.h"

#include <fcntl.h>

#define FD_NAME "virtbus-state"
#define ASK_FIRST_USEC (20 * USEC_PER_MSEC)
#define ASK_MAX_USEC (500 * USEC_PER_MSEC)
#define ACCURACY_USEC (10 * USEC_PER_MSEC)

/* What the threads share with the loop, which does not look at it while a task runs. */
typedef struct RestoreFile {
        char *path;
        int fd; /* stands where the state begins */
        off_t size;
        bool direct;
        QemuSaveImage *image;
        DomainDef *def;
} RestoreFile;

struct QemuRestore {
        QemuDriver *driver;
        RestoreFile *file;
        bool managed;
        WorkerTask *task;
        QemuFilter *filter;
        Job *job; /* not owned */
        Qmp *qmp; /* while the state is loaded */
        uint64_t number;
        sd_event_source *timer;
        uint64_t pause_usec;
        QemuRestoreDone done;
        void *userdata;
};

static void file_clear(gpointer p)
{
        RestoreFile *file = p;

        safe_close(file->fd);
        qemu_save_image_free(file->image);
        domain_def_unref(file->def);
        g_free(file->path);
}

static void file_unref(void *file)
{
        g_atomic_rc_box_release_full(file, file_clear);
}

QemuRestore *qemu_restore_new(QemuDriver *driver, char *path, bool managed, bool direct, QemuRestoreDone done,
                              void *userdata)
{
        QemuRestore *restore = g_new0(QemuRestore, 1);

        restore->driver = driver;
        restore->managed = managed;
        restore->done = done;
        restore->userdata = userdata;
        restore->pause_usec = ASK_FIRST_USEC;
        restore->file = g_atomic_rc_box_new0(RestoreFile);
        restore->file->path = path;
        restore->file->direct = direct;
        restore->file->fd = -EBADF;
        return restore;
}

static void stop_asking(QemuRestore *restore)
{
        restore->timer = sd_event_source_disable_unref(restore->timer);
        if (restore->qmp && restore->number != 0)
                qmp_forget(restore->qmp, restore->number);
        restore->number = 0;
        restore->qmp = qmp_unref(restore->qmp);
}

QemuRestore *qemu_restore_free(QemuRestore *restore)
{
        if (!restore)
                return NULL;
        worker_cancel(restore->task);
        stop_asking(restore);
        qemu_filter_free(restore->filter);
        file_unref(restore->file);
        g_free(restore);
        return NULL;
}

bool qemu_restore_is_managed(const QemuRestore *restore)
{
        return restore->managed;
}

DomainDef *qemu_restore_def(const QemuRestore *restore)
{
        return restore->file->def;
}

bool qemu_restore_is_paused(const QemuRestore *restore)
{
        return restore->file->image && restore->file->image->paused;
}

static void on_task(void *userdata, int r, Error *error)
{
        QemuRestore *restore = userdata;

        restore->task = NULL;
        restore->done(restore->userdata, error);
}

static void run_task(QemuRestore *restore, WorkerFunc work)
{
        const DriverHost *host = restore->driver->host;

        restore->task = worker_run(restore->managed ? host->workers : host->path_workers, work,
                                   g_atomic_rc_box_acquire(restore->file), file_unref, on_task, restore);
}

static int open_work(void *data, Error *error)
{
        RestoreFile *file = data;
        struct stat st = {};
        int r = qemu_open(file->path, OPEN_FILE, O_RDONLY, "the saved state", &file->fd, &st, error);

        file->size = st.st_size;
        if (r >= 0)
                r = qemu_save_image_read(file->fd, file->path, &file->image, error);
        if (r >= 0)
                r = qemu_save_image_parse(file->image, file->path, &file->def, error);
        if (r >= 0 && lseek(file->fd, (off_t) file->image->size, SEEK_SET) < 0)
                r = error_set_errno(error, errno, "cannot read '%s'", file->path);
        if (r >= 0 && file->direct && file->image->size % 4096 != 0)
                r = error_set(error, ERROR_OPERATION_UNSUPPORTED,
                              "the state in '%s' does not begin at a block: it cannot be read around the cache",
                              file->path);
        return r;
}

void qemu_restore_open(QemuRestore *restore)
{
        run_task(restore, open_work);
}

static int discard_work(void *data, Error *error)
{
        const RestoreFile *file = data;
        g_autofree char *directory = g_path_get_dirname(file->path), *name = g_path_get_basename(file->path);
        _cleanup_close_ int fd = -EBADF;
        int r = store_open_dir(directory, 0700, &fd, error);

        return r < 0 ? r : store_remove(fd, name, STORE_DURABLE, error);
}

void qemu_restore_discard(QemuRestore *restore)
{
        run_task(restore, discard_work);
}

/* The machine reads. */
static void ask(QemuRestore *restore);

static void finish(QemuRestore *restore, Error *error)
{
        stop_asking(restore);
        restore->filter = qemu_filter_free(restore->filter);
        restore->done(restore->userdata, error);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        ask(userdata);
        return 0;
}

static void ask_later(QemuRestore *restore)
{
        restore->timer = sd_event_source_disable_unref(restore->timer);
        (void) sd_event_add_time_relative(restore->driver->host->event, &restore->timer, CLOCK_MONOTONIC,
                                          restore->pause_usec, ACCURACY_USEC, on_timer, restore);
        restore->pause_usec = MIN(restore->pause_usec * 2, ASK_MAX_USEC);
}

static void fail(QemuRestore *restore, const char *why)
{
        _cleanup_error_ Error failure = ERROR_INIT;

        (void) error_set(&failure, ERROR_OPERATION_FAILED, "the state in '%s' cannot be restored: %s",
                         restore->file->path, why);
        finish(restore, &failure);
}

static void on_answer(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuRestore *restore = userdata;
        JsonObject *info = qmp_node_object(result);
        const char *status = NULL, *why = NULL;

        restore->number = 0;
        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return; /* the end of the process tells more */
        if (info) {
                (void) qmp_get_string(info, "status", &status);
                (void) qmp_get_string(info, "error-desc", &why);
        }
        if (streq_ptr(status, "completed"))
                finish(restore, NULL);
        else if (streq_ptr(status, "failed"))
                fail(restore, why ?: "QEMU does not say why");
        else
                ask_later(restore);
}

static void ask(QemuRestore *restore)
{
        /* the offset is QEMU's, or the program's, too */
        off_t at = lseek(restore->file->fd, 0, SEEK_CUR);

        if (at >= 0 && at <= restore->file->size)
                job_set_progress(restore->job, (uint64_t) at, (uint64_t) restore->file->size);
        if (!qmp_is_closed(restore->qmp))
                restore->number = qmp_execute(restore->qmp, "query-migrate", NULL, QMP_TIMEOUT_DEFAULT, on_answer,
                                              restore);
}

static void on_begun(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuRestore *restore = userdata;
        g_autofree char *text = NULL;

        restore->number = 0;
        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return;
        if (!error_is_set(error)) {
                ask_later(restore);
                return;
        }
        text = error_message(error);
        fail(restore, text);
}

/* A program that fails leaves the machine with half a state, which it says itself. */
static void on_filtered(void *userdata, Error *error)
{
        QemuRestore *restore = userdata;
        g_autofree char *text = error_is_set(error) ? error_message(error) : NULL;

        if (text)
                fail(restore, text);
        else
                restore->filter = qemu_filter_free(restore->filter);
}

int qemu_restore_load(QemuRestore *restore, QemuGuest *guest, Job *job, Error *error)
{
        QemuFilterSpec spec = {
                .format = restore->file->image->format,
                .direct = restore->file->direct,
                .unpack = true,
                .file_fd = restore->file->fd,
                .uid = guest->status.uid,
                .gid = guest->gid,
        };
        int fd, r = monitor_check(guest, error);

        if (r < 0)
                return r;
        if (qemu_filter_is_needed(&spec)) {
                r = qemu_filter_new(restore->driver->launcher, &spec, on_filtered, restore, &restore->filter, &fd,
                                    error);
                if (r < 0)
                        return r;
        } else {
                fd = fcntl(spec.file_fd, F_DUPFD_CLOEXEC, 3);
                if (fd < 0)
                        return error_set_errno(error, errno, "cannot copy a file descriptor");
        }
        restore->job = job;
        restore->qmp = qmp_ref(guest->qmp);
        (void) qmp_execute_fd(guest->qmp, "getfd", qmp_object("s:fdname", FD_NAME, NULL), fd,
                              guest->driver->settings.monitor_timeout_usec, NULL, NULL);
        restore->number = monitor_execute(guest, "migrate-incoming", qmp_object("s:uri", "fd:" FD_NAME, NULL),
                                          on_begun, restore);
        return 0;
}
