/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_nvram.h"

#include "service/base/store.h"

#include <sys/mman.h>

#define QEMU_IMG "/usr/bin/qemu-img"
/* Of a store and of its template: OVMF's has 528 KiB. */
#define NVRAM_MAX ((size_t) 64 * 1024 * 1024)
#define CONVERT_USEC (60 * USEC_PER_SEC)
/* Numbers that qemu-img has the files as. */
#define FROM_FD 3
#define TO_FD 4

/* What the worker owns. */
typedef struct Making {
        DomainDef *def;
        bool reset;
        char *data;   /* to be written: the template, or what was made of it */
        size_t size;
        int from, to; /* files in memory, when the template is of another format */
} Making;

struct QemuNvram {
        Launcher *launcher;
        WorkerPool *workers;
        DomainDef *def;
        uid_t uid;
        gid_t gid;
        Making *making; /* the task's */
        WorkerTask *task;
        ProcessRun *run;
        int to;
        QemuNvramDone done;
        void *userdata;
};

bool qemu_nvram_is_given(const DomainOs *os)
{
        return os->nvram || os->nvram_source;
}

bool qemu_nvram_as_disk(const DomainOs *os, DomainDisk *ret)
{
        const DomainStorage *source = os->nvram_source;

        if (!source || source->type != DOMAIN_DISK_NETWORK)
                return false;
        *ret = (DomainDisk) {
                .device = DOMAIN_DISK_DEVICE_DISK,
                .format = os->nvram_format,
                .source = *source,
                .info = { .alias = "pflash1" },
        };
        return true;
}

bool qemu_nvram_is_local(const DomainOs *os, const char **ret_path, bool *ret_block)
{
        const DomainStorage *source = os->nvram_source;

        *ret_block = source && source->type == DOMAIN_DISK_BLOCK;
        *ret_path = !source ? os->nvram : *ret_block ? source->dev : source->file;
        return *ret_path != NULL;
}

static void making_free(void *data)
{
        Making *making = data;

        safe_close(making->from);
        safe_close(making->to);
        domain_def_unref(making->def);
        g_free(making->data);
        g_free(making);
}

static int write_store(const Making *making, Error *error)
{
        _cleanup_close_ int dir_fd = -EBADF;
        g_autofree char *dir = NULL, *name = NULL;
        const char *path;
        bool block;
        int r;

        (void) qemu_nvram_is_local(&making->def->os, &path, &block);
        dir = g_path_get_dirname(path);
        name = g_path_get_basename(path);
        r = store_open_dir(dir, 0700, &dir_fd, error);
        return r < 0 ? r : store_write(dir_fd, name, making->data, making->size, STORE_DURABLE, error);
}

static int open_memory(const void *data, size_t size, int *ret, Error *error)
{
        _cleanup_close_ int fd = memfd_create("virtbus-nvram", MFD_CLOEXEC);

        if (fd < 0 || (size > 0 && write_all(fd, data, size) < 0))
                return error_set_errno(error, errno, "cannot make a file in memory");
        *ret = TAKE_FD(fd);
        return 0;
}

/* On the worker: writes the store, or leaves the template in memory to be converted. */
static int begin_work(void *data, Error *error)
{
        Making *making = data;
        const DomainOs *os = &making->def->os;
        const char *path;
        bool block;
        int r;

        if (!qemu_nvram_is_local(os, &path, &block))
                return making->reset ? error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                                 "/domain/os/nvram: a store on a server is not reset")
                                     : 0;
        if (!making->reset && access(path, F_OK) == 0)
                return 0;
        if (block)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "/domain/os/nvram/source/@dev: '%s' %s", path,
                                 making->reset ? "is a block device, which is not reset" : "does not exist");
        if (!os->nvram_template)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "/domain/os/nvram: '%s' %s, and no template to make it from is given", path,
                                 making->reset ? "is to be reset" : "does not exist");
        r = read_file_at(AT_FDCWD, os->nvram_template, NVRAM_MAX, &making->data, &making->size);
        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s' of /domain/os/nvram/@template", os->nvram_template);
        if (streq(os->nvram_template_format ?: "raw", os->nvram_format ?: "raw"))
                return write_store(making, error);
        r = open_memory(making->data, making->size, &making->from, error);
        return r < 0 ? r : open_memory(NULL, 0, &making->to, error);
}

/* On the worker: writes what qemu-img has made. */
static int end_work(void *data, Error *error)
{
        Making *making = data;
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", making->to);
        int r;

        g_clear_pointer(&making->data, g_free);
        r = read_file_at(AT_FDCWD, path, NVRAM_MAX, &making->data, &making->size);
        if (r < 0)
                return error_set_errno(error, r, "cannot read what the template was converted to");
        return write_store(making, error);
}

QemuNvram *qemu_nvram_cancel(QemuNvram *nvram)
{
        if (!nvram)
                return NULL;
        worker_cancel(nvram->task);
        process_run_cancel(nvram->run);
        safe_close(nvram->to);
        domain_def_unref(nvram->def);
        g_free(nvram);
        return NULL;
}

static void nvram_done(QemuNvram *nvram, Error *error)
{
        QemuNvramDone done = nvram->done;
        void *userdata = nvram->userdata;

        (void) qemu_nvram_cancel(nvram);
        done(userdata, error);
}

static void run_work(QemuNvram *nvram, WorkerFunc work, bool reset, WorkerDone done)
{
        Making *making = g_new(Making, 1);

        *making = (Making) {
                .def = domain_def_ref(nvram->def), .reset = reset, .from = -EBADF, .to = TAKE_FD(nvram->to),
        };
        nvram->making = making;
        nvram->task = worker_run(nvram->workers, work, making, making_free, done, nvram);
}

static void on_written(void *userdata, int r, Error *error)
{
        QemuNvram *nvram = userdata;

        nvram->task = NULL;
        if (r < 0)
                error_fill(error, r);
        nvram_done(nvram, error);
}

static void on_converted(void *userdata, const ProcessResult *result, Error *error)
{
        QemuNvram *nvram = userdata;

        nvram->run = NULL;
        if (error_is_set(error))
                nvram_done(nvram, error);
        else
                run_work(nvram, end_work, true, on_written);
}

/* Whoever made the template: what reads it may do nothing but that. */
static int convert(QemuNvram *nvram, int from, Error *error)
{
        const DomainOs *os = &nvram->def->os;
        const char *const argv[] = {
                QEMU_IMG, "convert", "-f", os->nvram_template_format ?: "raw", "-O", os->nvram_format ?: "raw",
                "/proc/self/fd/" G_STRINGIFY(FROM_FD), "/proc/self/fd/" G_STRINGIFY(TO_FD), NULL,
        };
        const ProcessFd fds[] = { { .fd = from, .target = FROM_FD }, { .fd = nvram->to, .target = TO_FD } };
        const ProcessSpec spec = {
                .path = QEMU_IMG,
                .argv = argv,
                .uid = nvram->uid,
                .gid = nvram->gid,
                .fds = fds,
                .n_fds = ELEMENTSOF(fds),
                .flags = PROCESS_DIE_WITH_PARENT | PROCESS_PRIVATE_NETWORK,
        };
        const ProcessRunOptions options = { .timeout_usec = CONVERT_USEC };

        return process_run(nvram->launcher, &spec, &options, on_converted, nvram, &nvram->run, error);
}

static void on_begun(void *userdata, int r, Error *error)
{
        QemuNvram *nvram = userdata;

        nvram->task = NULL;
        if (r >= 0 && nvram->making->to >= 0) {
                nvram->to = TAKE_FD(nvram->making->to);
                r = convert(nvram, nvram->making->from, error);
                if (r >= 0)
                        return;
        }
        if (r < 0)
                error_fill(error, r);
        nvram_done(nvram, error);
}

QemuNvram *qemu_nvram_make(Launcher *launcher, WorkerPool *workers, const DomainDef *def, uid_t uid, gid_t gid,
                           bool reset, QemuNvramDone done, void *userdata)
{
        QemuNvram *nvram = g_new0(QemuNvram, 1);

        nvram->launcher = launcher;
        nvram->workers = workers;
        nvram->def = domain_def_ref(def);
        nvram->uid = uid;
        nvram->gid = gid;
        nvram->to = -EBADF;
        nvram->done = done;
        nvram->userdata = userdata;
        run_work(nvram, begin_work, reset, on_begun);
        return nvram;
}
