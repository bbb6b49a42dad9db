/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_log.h"

#include "service/base/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define OUR_MARK ": virtbus: "

typedef struct LogTask {
        char *dir;
        char *name;
        char *file; /* "NAME.log" */
        char *text;
        uint64_t offset;
        int fd;
        char *tail;
        QemuLogOpened opened;
        QemuLogRead read;
        void *userdata;
} LogTask;

static void log_task_free(void *data)
{
        LogTask *task = data;

        g_free(task->dir);
        g_free(task->name);
        g_free(task->file);
        g_free(task->text);
        g_free(task->tail);
        safe_close(task->fd);
        g_free(task);
}

static LogTask *log_task_new(const char *dir, const char *name)
{
        LogTask *task = g_new0(LogTask, 1);

        task->dir = g_strdup(dir);
        task->name = g_strdup(name);
        task->file = g_strdup_printf("%s.log", name);
        task->fd = -EBADF;
        return task;
}

static int open_log(int dir_fd, const char *file, int *ret_fd, Error *error)
{
        int fd =
                openat(dir_fd, file,
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
        struct stat st;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open the log '%s'", file);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                safe_close(fd);
                return error_set(error, ERROR_OPERATION_FAILED, "the log '%s' is no regular file", file);
        }
        *ret_fd = fd;
        return 0;
}

static int append_text(int fd, const char *text)
{
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
        g_autofree char *line = g_strdup_printf("%s.%03d+0000" OUR_MARK "%s\n", time,
                                                g_date_time_get_microsecond(now) / 1000, text);

        return write_all(fd, line, strlen(line));
}

int qemu_log_open_now(const char *dir, const char *name, const char *text, int *ret_fd, uint64_t *ret_offset,
                      Error *error)
{
        g_autofree char *file = g_strconcat(name, ".log", NULL);
        _cleanup_close_ int dir_fd = -EBADF, fd = -EBADF;
        struct stat st;
        int r;

        r = store_open_dir(dir, 0700, &dir_fd, error);
        if (r < 0)
                return r;
        if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > QEMU_LOG_MAX) {
                g_autofree char *old = g_strconcat(file, ".0", NULL);

                (void) renameat(dir_fd, file, dir_fd, old);
        }
        r = open_log(dir_fd, file, &fd, error);
        if (r < 0)
                return r;
        *ret_offset = fstat(fd, &st) == 0 ? (uint64_t) st.st_size : 0;
        r = append_text(fd, text);
        if (r < 0)
                return error_set_errno(error, r, "cannot write the log '%s'", file);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int log_open_work(void *data, Error *error)
{
        LogTask *task = data;

        return qemu_log_open_now(task->dir, task->name, task->text, &task->fd, &task->offset, error);
}

static void log_open_done(void *userdata, int r, Error *error)
{
        LogTask *task = userdata;

        task->opened(task->userdata, r < 0 ? -EBADF : TAKE_FD(task->fd), task->offset, error);
}

WorkerTask *qemu_log_open(WorkerPool *pool, const char *dir, const char *name, const char *text,
                          QemuLogOpened opened, void *userdata)
{
        LogTask *task = log_task_new(dir, name);

        task->text = g_strdup(text);
        task->opened = opened;
        task->userdata = userdata;
        return worker_run(pool, log_open_work, task, log_task_free, log_open_done, task);
}

char *qemu_log_tail_of(const char *text, size_t size)
{
        g_autofree char *copy = g_strndup(text, size);
        g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
        GString *tail = g_string_new(NULL);

        for (char **line = lines; *line; line++)
                if (**line && !strstr(*line, OUR_MARK)) {
                        g_autofree char *valid = g_utf8_make_valid(*line, -1);

                        g_string_append_printf(tail, "%s%s", tail->len > 0 ? "\n" : "", valid);
                }
        return g_string_free(tail, FALSE);
}

static int log_tail_work(void *data, Error *error)
{
        LogTask *task = data;
        g_autofree char *path = g_build_filename(task->dir, task->file, NULL);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
        char buffer[QEMU_LOG_TAIL];
        struct stat st;
        uint64_t from;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0)
                return 0;
        from = (uint64_t) st.st_size > task->offset ? task->offset : 0;
        if ((uint64_t) st.st_size > sizeof(buffer))
                from = MAX(from, (uint64_t) st.st_size - sizeof(buffer));
        n = pread(fd, buffer, sizeof(buffer), (off_t) from);
        if (n > 0) {
                /* a line cut in two says less than none */
                const char *begin = from > task->offset ? memchr(buffer, '\n', (size_t) n) : buffer;

                if (begin)
                        task->tail = qemu_log_tail_of(begin, (size_t) (buffer + n - begin));
        }
        return 0;
}

static void log_tail_done(void *userdata, int r, Error *error)
{
        LogTask *task = userdata;

        task->read(task->userdata, strempty(task->tail));
}

WorkerTask *qemu_log_read_tail(WorkerPool *pool, const char *dir, const char *name, uint64_t offset,
                               QemuLogRead done, void *userdata)
{
        LogTask *task = log_task_new(dir, name);

        task->offset = offset;
        task->read = done;
        task->userdata = userdata;
        return worker_run(pool, log_tail_work, task, log_task_free, log_tail_done, task);
}

static void ignore_done(void *userdata, int r, Error *error)
{
}

static int log_note_work(void *data, Error *error)
{
        LogTask *task = data;
        g_autofree char *path = g_build_filename(task->dir, task->file, NULL);

        /* one that has been removed meanwhile stays so */
        task->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
        return task->fd < 0 ? -errno : append_text(task->fd, task->text);
}

void qemu_log_note(WorkerPool *pool, const char *dir, const char *name, const char *text)
{
        LogTask *task = log_task_new(dir, name);

        task->text = g_strdup(text);
        (void) worker_run(pool, log_note_work, task, log_task_free, ignore_done, NULL);
}

static int log_remove_work(void *data, Error *error)
{
        LogTask *task = data;
        g_autofree char *path = g_build_filename(task->dir, task->file, NULL);
        g_autofree char *old = g_strconcat(path, ".0", NULL);

        (void) unlink(path);
        (void) unlink(old);
        return 0;
}

void qemu_log_remove(WorkerPool *pool, const char *dir, const char *name)
{
        (void) worker_run(pool, log_remove_work, log_task_new(dir, name), log_task_free, ignore_done, NULL);
}

struct QemuLogWatch {
        WorkerPool *pool;
        char *dir;
        int dir_fd;
        sd_event_source *source;
        WorkerTask *task; /* shortens one log; the events that go on meanwhile bring us back */
};

/* QEMU holds the file open, so its bytes move away and it goes on at the new end of the same file. */
static int log_shrink_work(void *data, Error *error)
{
        LogTask *task = data;
        g_autofree char *path = g_build_filename(task->dir, task->file, NULL);
        g_autofree char *old = g_strconcat(task->file, ".0", NULL);
        _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
        _cleanup_close_ int dir_fd = -EBADF;
        g_autofree char *text = NULL;
        struct stat st;
        ssize_t n;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= QEMU_LOG_MAX)
                return 0;
        r = store_open_dir(task->dir, 0700, &dir_fd, error);
        if (r < 0)
                return r;
        text = g_malloc(QEMU_LOG_MAX);
        n = pread(fd, text, QEMU_LOG_MAX, st.st_size - QEMU_LOG_MAX);
        if (n > 0)
                r = store_write(dir_fd, old, text, (size_t) n, 0, error);
        if (ftruncate(fd, 0) < 0 && r >= 0)
                r = error_set_errno(error, errno, "cannot shorten the log '%s'", task->file);
        return r;
}

static void log_shrink_done(void *userdata, int r, Error *error)
{
        QemuLogWatch *watch = userdata;

        watch->task = NULL;
}

static void check_size(QemuLogWatch *watch, const char *file)
{
        struct stat st;
        LogTask *task;

        if (watch->task || !g_str_has_suffix(file, ".log") ||
            fstatat(watch->dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size <= 2 * QEMU_LOG_MAX)
                return;
        task = g_new0(LogTask, 1);
        task->dir = g_strdup(watch->dir);
        task->file = g_strdup(file);
        task->fd = -EBADF;
        watch->task = worker_run(watch->pool, log_shrink_work, task, log_task_free, log_shrink_done, watch);
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        QemuLogWatch *watch = userdata;
        char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        ssize_t n = read(fd, buffer, sizeof(buffer));

        for (char *p = buffer; n > 0 && p < buffer + n;) {
                const struct inotify_event *event = (const struct inotify_event *) p;

                if (event->len > 0)
                        check_size(watch, event->name);
                p += sizeof(*event) + event->len;
        }
        return 0;
}

int qemu_log_watch_new(sd_event *event, WorkerPool *pool, const char *dir, QemuLogWatch **ret, Error *error)
{
        _cleanup_(qemu_log_watch_freep) QemuLogWatch *watch = g_new0(QemuLogWatch, 1);
        _cleanup_close_ int fd = -EBADF;
        int r;

        watch->pool = pool;
        watch->dir = g_strdup(dir);
        watch->dir_fd = -EBADF;
        r = store_open_dir(dir, 0700, &watch->dir_fd, error);
        if (r < 0)
                return r;
        fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (fd < 0 || inotify_add_watch(fd, dir, IN_MODIFY | IN_ONLYDIR) < 0)
                return error_set_errno(error, errno, "cannot watch the directory '%s'", dir);
        r = sd_event_add_io(event, &watch->source, fd, EPOLLIN, on_inotify, watch);
        if (r < 0)
                return error_set_errno(error, r, "cannot watch the directory '%s'", dir);
        (void) sd_event_source_set_io_fd_own(watch->source, true);
        (void) TAKE_FD(fd);
        *ret = g_steal_pointer(&watch);
        return 0;
}

QemuLogWatch *qemu_log_watch_free(QemuLogWatch *watch)
{
        if (!watch)
                return NULL;
        worker_cancel(watch->task);
        sd_event_source_disable_unref(watch->source);
        safe_close(watch->dir_fd);
        g_free(watch->dir);
        g_free(watch);
        return NULL;
}
