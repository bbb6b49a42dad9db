/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/process.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define OUT_MAX_DEFAULT (1024 * 1024)
#define ERR_MAX_DEFAULT (16 * 1024)
#define INPUT_MAX (64 * 1024)
#define ERR_SHOWN_MAX 2048                  /* of stderr in the error's text */
#define KILLED_GRACE_USEC (2 * USEC_PER_SEC) /* a tool in a dead file system does not even die */
#define READ_CHUNK (64 * 1024)
#define FINAL_READS_MAX 16 /* a child of the tool may keep the pipe and write for ever */

typedef struct Capture {
        int fd;
        sd_event_source *source;
        GString *text;
        size_t max;
} Capture;

struct ProcessRun {
        sd_event *event;
        Process *process;
        char *path;
        Capture out, err;
        sd_event_source *timer;
        ProcessRunDone done;
        void (*output)(void *userdata, const char *data, size_t size);
        void *userdata;
        Error error; /* the first thing that went wrong */
        bool finishing;
        ProcessExit exit;
};

static const char *run_name(const ProcessRun *run)
{
        const char *slash = strrchr(run->path, '/');

        return slash ? slash + 1 : run->path;
}

static void capture_clear(Capture *capture)
{
        sd_event_source_disable_unref(capture->source);
        safe_close(capture->fd);
        if (capture->text)
                g_string_free(capture->text, TRUE);
}

static ProcessRun *run_free(ProcessRun *run)
{
        if (!run)
                return NULL;
        process_free(run->process);
        capture_clear(&run->out);
        capture_clear(&run->err);
        sd_event_source_disable_unref(run->timer);
        sd_event_unref(run->event);
        error_clear(&run->error);
        g_free(run->path);
        g_free(run);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(ProcessRun *, run_free)

/* With all that it started: it leads a session, and its number is not given away before it is reaped. */
static void run_kill(ProcessRun *run)
{
        if (run->process && !process_has_exited(run->process))
                (void) kill(-process_pid(run->process), SIGKILL);
}

static void run_finish(ProcessRun *run);

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        ProcessRun *run = userdata;

        if (run->finishing) {
                run_finish(run);
                return 0;
        }
        if (!error_is_set(&run->error))
                (void) error_set(&run->error, ERROR_OPERATION_TIMEOUT, "'%s' did not end in time",
                                 run_name(run));
        run->finishing = true;
        run_kill(run);
        if (sd_event_source_set_time_relative(source, KILLED_GRACE_USEC) < 0 ||
            sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
                run_finish(run);
        return 0;
}

/* Ends the tool now, with the error that is set. */
static void run_stop(ProcessRun *run)
{
        run->out.source = sd_event_source_disable_unref(run->out.source);
        if (run->timer && sd_event_source_set_time(run->timer, 0) >= 0 &&
            sd_event_source_set_enabled(run->timer, SD_EVENT_ONESHOT) >= 0)
                return;
        run_kill(run);
}

static void capture_take(ProcessRun *run, Capture *capture, const char *data, size_t n)
{
        if (capture == &run->out && run->output) {
                run->output(run->userdata, data, n);
                return;
        }
        g_string_append_len(capture->text, data, (gssize) n);
        if (capture->text->len <= capture->max)
                return;
        if (capture == &run->err) {
                g_string_erase(capture->text, 0, (gssize) (capture->text->len - capture->max));
                return;
        }
        g_string_truncate(capture->text, capture->max);
        if (!error_is_set(&run->error))
                (void) error_set(&run->error, ERROR_LIMITS_EXCEEDED, "'%s' wrote more than %zu bytes",
                                 run_name(run), capture->max);
        run_stop(run);
}

/* Returns whether there may be more. */
static bool capture_read(ProcessRun *run, Capture *capture)
{
        char buffer[READ_CHUNK];
        ssize_t k = read(capture->fd, buffer, sizeof(buffer));

        if (k < 0)
                return errno == EINTR;
        if (k == 0) {
                capture->source = sd_event_source_disable_unref(capture->source);
                return false;
        }
        capture_take(run, capture, buffer, (size_t) k);
        return true;
}

static int on_out(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        ProcessRun *run = userdata;

        (void) capture_read(run, &run->out);
        return 0;
}

static int on_err(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        ProcessRun *run = userdata;

        (void) capture_read(run, &run->err);
        return 0;
}

/* "…: text of stderr", valid UTF-8 in one line. */
static char *run_complaint(const ProcessRun *run)
{
        const GString *text = run->err.text;
        size_t skip = text->len > ERR_SHOWN_MAX ? text->len - ERR_SHOWN_MAX : 0;
        g_autofree char *valid = g_utf8_make_valid(text->str + skip, (gssize) (text->len - skip));

        g_strstrip(valid);
        for (char *p = valid; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 127)
                        *p = ' ';
        return *valid ? g_strconcat(": ", valid, NULL) : g_strdup("");
}

static void run_finish(ProcessRun *run)
{
        _cleanup_(run_freep) ProcessRun *guard = run;
        ProcessResult result = {
                .exit = run->exit,
                .out = run->out.text->str,
                .out_size = run->out.text->len,
                .err = run->err.text->str,
                .err_size = run->err.text->len,
        };

        if (!error_is_set(&run->error) && (run->exit.signal || run->exit.status)) {
                g_autofree char *how = process_exit_describe(&run->exit);
                g_autofree char *why = run_complaint(run);

                (void) error_set(&run->error, ERROR_OPERATION_FAILED, "'%s' %s%s", run_name(run), how, why);
        }
        run->done(run->userdata, &result, &guard->error);
}

static void on_started(Process *process, Error *error, void *userdata)
{
        ProcessRun *run = userdata;

        if (error_is_set(error) && !error_is_set(&run->error))
                error_move(&run->error, error);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        ProcessRun *run = userdata;

        run->exit = *exit;
        for (unsigned i = 0; i < FINAL_READS_MAX && run->out.source && capture_read(run, &run->out); i++)
                ;
        for (unsigned i = 0; i < FINAL_READS_MAX && run->err.source && capture_read(run, &run->err); i++)
                ;
        run_finish(run);
}

static const ProcessHandlers run_handlers = { .started = on_started, .exited = on_exited };

static int capture_init(ProcessRun *run, Capture *capture, size_t max, sd_event_io_handler_t handler,
                        int *ret_write_fd)
{
        int pipes[2];

        capture->text = g_string_new(NULL);
        capture->max = max;
        if (pipe2(pipes, O_CLOEXEC) < 0)
                return -errno;
        capture->fd = pipes[0];
        *ret_write_fd = pipes[1];
        if (fcntl(capture->fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        return sd_event_add_io(run->event, &capture->source, capture->fd, EPOLLIN, handler, run);
}

/* A file in memory: it needs no writer that waits for the tool to read. */
static int open_input(const ProcessRunOptions *options, int *ret)
{
        _cleanup_close_ int fd = memfd_create("virtbus-input", MFD_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        r = write_all(fd, options->input, options->input_size);
        if (r < 0)
                return r;
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

static int run_start(ProcessRun *run, Launcher *launcher, const ProcessSpec *spec,
                     const ProcessRunOptions *options, Error *error)
{
        _cleanup_close_ int in_fd = -EBADF, out_fd = -EBADF, err_fd = -EBADF;
        g_autofree ProcessFd *fds = g_new0(ProcessFd, spec->n_fds + 3);
        ProcessSpec full = *spec;
        int r;

        r = capture_init(run, &run->out, options->out_max ?: OUT_MAX_DEFAULT, on_out, &out_fd);
        if (r >= 0)
                r = capture_init(run, &run->err, options->err_max ?: ERR_MAX_DEFAULT, on_err, &err_fd);
        if (r >= 0 && options->input_size > 0)
                r = open_input(options, &in_fd);
        if (r >= 0)
                r = sd_event_add_time_relative(run->event, &run->timer, CLOCK_MONOTONIC,
                                               options->timeout_usec, 0, on_time, run);
        if (r >= 0 && options->timeout_usec == 0)
                r = sd_event_source_set_enabled(run->timer, SD_EVENT_OFF);
        if (r < 0)
                return error_set_errno(error, r, "cannot prepare the start of '%s'", spec->path);

        if (spec->n_fds > 0)
                memcpy(fds, spec->fds, spec->n_fds * sizeof(ProcessFd));
        fds[full.n_fds++] = (ProcessFd) { .fd = out_fd, .target = STDOUT_FILENO };
        fds[full.n_fds++] = (ProcessFd) { .fd = err_fd, .target = STDERR_FILENO };
        if (in_fd >= 0)
                fds[full.n_fds++] = (ProcessFd) { .fd = in_fd, .target = STDIN_FILENO };
        full.fds = fds;
        return process_spawn(launcher, &full, &run_handlers, run, &run->process, error);
}

int process_run(Launcher *launcher, const ProcessSpec *spec, const ProcessRunOptions *options,
                ProcessRunDone done, void *userdata, ProcessRun **ret, Error *error)
{
        static const ProcessRunOptions no_options = {};
        _cleanup_(run_freep) ProcessRun *run = g_new0(ProcessRun, 1);
        int r;

        options = options ?: &no_options;
        run->out.fd = run->err.fd = -EBADF;
        run->event = sd_event_ref(launcher_event(launcher));
        run->path = g_strdup(spec->path);
        run->done = done;
        run->output = options->output;
        run->userdata = userdata;
        if (options->input_size > INPUT_MAX)
                return error_set(error, ERROR_INVALID_ARG, "more than %d bytes of input for '%s'", INPUT_MAX,
                                 spec->path);
        r = run_start(run, launcher, spec, options, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&run);
        return 0;
}

ProcessRun *process_run_cancel(ProcessRun *run)
{
        if (!run)
                return NULL;
        run_kill(run);
        return run_free(run);
}
