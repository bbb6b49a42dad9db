/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_filter.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define N_MAX 2u
/* Of what a program says at its end. */
#define WORDS_MAX 512u
#define PIPE_SIZE (1024 * 1024)

typedef struct Stage {
        QemuFilter *filter;
        Process *process;
        int words_fd; /* its stderr, a file in memory */
} Stage;

struct QemuFilter {
        Stage stages[N_MAX];
        size_t n;
        size_t n_running;
        Error error; /* of the first one that failed */
        QemuFilterDone done;
        void *userdata;
};

/* Names are looked up nowhere. */
static const char *const packers[_QEMU_SAVE_FORMAT_MAX] = {
        [QEMU_SAVE_GZIP] = "/usr/bin/gzip", [QEMU_SAVE_BZIP2] = "/usr/bin/bzip2", [QEMU_SAVE_XZ] = "/usr/bin/xz",
        [QEMU_SAVE_LZOP] = "/usr/bin/lzop", [QEMU_SAVE_ZSTD] = "/usr/bin/zstd",
};

static const char *const around_in[] = { "/usr/bin/dd", "bs=1M", "iflag=direct", "status=none", NULL };
/* it gives up O_DIRECT for a last block that is not whole */
static const char *const around_out[] = { "/usr/bin/dd",  "bs=1M",       "iflag=fullblock",
                                          "oflag=direct", "status=none", NULL };

QemuFilter *qemu_filter_free(QemuFilter *filter)
{
        if (!filter)
                return NULL;
        for (size_t i = 0; i < filter->n; i++) {
                Stage *stage = &filter->stages[i];

                if (stage->process && !process_has_exited(stage->process))
                        (void) process_kill(stage->process, SIGKILL, NULL);
                process_free(stage->process);
                safe_close(stage->words_fd);
        }
        error_clear(&filter->error);
        g_free(filter);
        return NULL;
}

static void take_failure(Stage *stage, const ProcessExit *exit)
{
        char words[WORDS_MAX + 1] = "";
        ssize_t n = pread(stage->words_fd, words, WORDS_MAX, 0);
        g_autofree char *how = process_exit_describe(exit), *text = NULL;

        words[MAX(n, 0)] = '\0';
        text = g_utf8_make_valid(g_strchomp(words), -1);
        (void) error_set(&stage->filter->error, ERROR_OPERATION_FAILED, "the program that packs the state %s%s%s", how,
                         *text ? ": " : "", text);
}

static void stage_over(Stage *stage)
{
        QemuFilter *filter = stage->filter;

        if (--filter->n_running == 0)
                filter->done(filter->userdata, &filter->error);
}

static void on_started(Process *process, Error *error, void *userdata)
{
        Stage *stage = userdata;

        if (error_is_set(error) && !error_is_set(&stage->filter->error))
                error_move(&stage->filter->error, error);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        Stage *stage = userdata;

        if ((!exit->known || exit->status != 0 || exit->signal != 0) && !error_is_set(&stage->filter->error))
                take_failure(stage, exit);
        stage_over(stage);
}

static const ProcessHandlers handlers = { .started = on_started, .exited = on_exited };

static int spawn(QemuFilter *filter, Launcher *launcher, const QemuFilterSpec *spec, const char *const *argv, int in,
                 int out, Error *error)
{
        Stage *stage = &filter->stages[filter->n];
        ProcessFd fds[3];
        ProcessSpec process = {
                .path = argv[0],
                .argv = argv,
                .uid = spec->uid,
                .gid = spec->gid,
                .fds = fds,
                .n_fds = ELEMENTSOF(fds),
                .flags = PROCESS_DIE_WITH_PARENT,
        };
        int r;

        if (access(argv[0], X_OK) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "the program '%s', which the state needs, is not installed", argv[0]);
        stage->filter = filter;
        stage->words_fd = memfd_create("words", MFD_CLOEXEC);
        if (stage->words_fd < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        filter->n++;
        fds[0] = (ProcessFd) { .fd = in, .target = STDIN_FILENO };
        fds[1] = (ProcessFd) { .fd = out, .target = STDOUT_FILENO };
        fds[2] = (ProcessFd) { .fd = stage->words_fd, .target = STDERR_FILENO };
        r = process_spawn(launcher, &process, &handlers, stage, &stage->process, error);
        if (r >= 0)
                filter->n_running++;
        return r;
}

static int make_pipe(int ends[2], Error *error)
{
        if (pipe2(ends, O_CLOEXEC) < 0)
                return error_set_errno(error, errno, "cannot make a pipe");
        (void) fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
        return 0;
}

/*
 * From the machine to the file when it is saved, the other way when it is restored; the program next to the file comes
 * last, which is the one around the cache.
 */
static int build(QemuFilter *filter, Launcher *launcher, const QemuFilterSpec *spec, int *ret_fd, Error *error)
{
        const char *packer[] = { packers[spec->format], spec->unpack ? "-dc" : "-c", NULL };
        const char *const *around = spec->unpack ? around_in : around_out;
        const char *const *const stages[] = { spec->format != QEMU_SAVE_RAW ? packer : around, around };
        size_t n = 1 + (spec->format != QEMU_SAVE_RAW && spec->direct);
        _cleanup_close_ int near = -EBADF;

        for (size_t i = 0; i < n; i++) {
                _cleanup_close_ int left = -EBADF, right = -EBADF;
                int ends[2], far = spec->file_fd, r;

                /* between this stage and the one that is nearer to the machine */
                if (near < 0) {
                        r = make_pipe(ends, error);
                        if (r < 0)
                                return r;
                        *ret_fd = ends[spec->unpack ? 0 : 1];
                        near = ends[spec->unpack ? 1 : 0];
                }
                if (i + 1 < n) {
                        r = make_pipe(ends, error);
                        if (r < 0)
                                return r;
                        left = ends[0];
                        right = ends[1];
                        far = spec->unpack ? left : right;
                }
                r = spec->unpack ? spawn(filter, launcher, spec, stages[i], far, near, error)
                                 : spawn(filter, launcher, spec, stages[i], near, far, error);
                if (r < 0)
                        return r;
                safe_close(near);
                near = spec->unpack ? TAKE_FD(right) : TAKE_FD(left);
        }
        return 0;
}

int qemu_filter_new(Launcher *launcher, const QemuFilterSpec *spec, QemuFilterDone done, void *userdata,
                    QemuFilter **ret, int *ret_fd, Error *error)
{
        _cleanup_(qemu_filter_freep) QemuFilter *filter = g_new0(QemuFilter, 1);
        _cleanup_close_ int fd = -EBADF;
        int r;

        filter->done = done;
        filter->userdata = userdata;
        r = build(filter, launcher, spec, &fd, error);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(fd);
        *ret = g_steal_pointer(&filter);
        return 0;
}
