/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Data of volumes that callers read and write: through a pipe whose other end a program of its own has, so that neither
 * a slow caller nor a dead file system keeps anybody.
 */

#include "drivers/storage/storage_private.h"

#include "drivers/storage/storage_data.h"
#include "drivers/storage/storage_dir.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

#define DD "/usr/bin/dd"
#define PIPE_SIZE (1024 * 1024)

/* What goes on when the caller has its descriptor. */
typedef struct Transfer {
        StoragePart *part;
        StoragePool *pool;
        StorageVol *vol;
        bool is_upload;
        Process *process;
        StorageWork *work;
        StorageTask *task; /* the look at what has come */
} Transfer;

static void transfer_free(void *p)
{
        Transfer *transfer = p;
        StorageVolData *data = storage_vol_data(transfer->vol);

        process_free(transfer->process);
        storage_task_cancel(transfer->task);
        storage_work_unref(transfer->work);
        storage_pool_data(transfer->pool)->n_busy--;
        if (transfer->is_upload)
                data->writing = false;
        else
                data->n_readers--;
        object_unref(transfer->vol);
        object_unref(transfer->pool);
        g_free(transfer);
}

static void transfer_end(Transfer *transfer)
{
        (void) g_ptr_array_remove(transfer->part->transfers, transfer);
}

static void on_looked(void *userdata, int r, Error *error)
{
        Transfer *transfer = userdata;

        transfer->task = NULL;
        if (r >= 0 && transfer->work->found->len > 0 && transfer->vol->object.list) {
                storage_vol_set_def(transfer->vol, transfer->work->found->pdata[0]);
                storage_pool_set_info(transfer->pool, &transfer->work->info);
        }
        transfer_end(transfer);
}

/* What has come may be another image than what was there. */
static void look_again(Transfer *transfer)
{
        static const StorageAction scan_one[] = { { .work = storage_dir_scan_one }, {} };
        const StorageTaskSpec spec = {
                .event = transfer->part->driver->host->event,
                .workers = transfer->part->driver->host->path_workers,
                .launcher = transfer->part->launcher,
                .work = transfer->work,
                .chains = { scan_one },
                .done = on_looked,
                .userdata = transfer,
        };

        if (storage_task_run(&spec, &transfer->task, NULL) <= 0)
                transfer_end(transfer);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        Transfer *transfer = userdata;

        if (transfer->is_upload && storage_backend(transfer->work->pool->type)->has_files)
                look_again(transfer);
        else
                transfer_end(transfer);
}

/* dd counts bytes where it is told so: "skip" of the volume, or "seek" in it. */
static int spawn(Transfer *transfer, uint64_t offset, uint64_t length, int pipe_fd, Error *error)
{
        static const ProcessHandlers handlers = { .exited = on_exited };
        const bool up = transfer->is_upload;
        g_autofree char *place = g_strdup_printf("%s=%" PRIu64, up ? "seek" : "skip", offset);
        g_autofree char *count = g_strdup_printf("count=%" PRIu64, length);
        const char *const argv[] = {
                DD, "bs=1M", place, count,
                up ? "iflag=count_bytes,fullblock" : "iflag=skip_bytes,count_bytes",
                up ? "oflag=seek_bytes" : "status=none",
                up ? "conv=notrunc,fsync" : NULL, up ? "status=none" : NULL, NULL,
        };
        const ProcessFd fds[] = {
                { .fd = up ? pipe_fd : transfer->work->fd, .target = STDIN_FILENO },
                { .fd = up ? transfer->work->fd : pipe_fd, .target = STDOUT_FILENO },
        };
        const ProcessSpec spec = {
                .path = DD,
                .argv = argv,
                .fds = fds,
                .n_fds = ELEMENTSOF(fds),
                .flags = PROCESS_DIE_WITH_PARENT | PROCESS_PRIVATE_NETWORK,
        };

        return process_spawn(transfer->part->launcher, &spec, &handlers, transfer, &transfer->process, error);
}

static int open_pipe(bool up, int *ret_own, int *ret_theirs, Error *error)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_set_errno(error, errno, "cannot make a pipe");
        (void) fcntl(fds[0], F_SETPIPE_SZ, PIPE_SIZE);
        *ret_own = fds[up ? 0 : 1];
        *ret_theirs = fds[up ? 1 : 0];
        return 0;
}

typedef struct TransferRequest {
        StorageOperation *op;
        StorageTask *task;
        uint64_t offset, length;
        bool is_upload;
} TransferRequest;

static Transfer *transfer_new(const TransferRequest *request)
{
        StorageOperation *op = request->op;
        StorageVolData *data = storage_vol_data(op->vol);
        Transfer *transfer = g_new0(Transfer, 1);

        transfer->part = op->part;
        transfer->pool = object_ref(op->pool);
        transfer->vol = object_ref(op->vol);
        transfer->work = storage_work_ref(op->work);
        transfer->is_upload = request->is_upload;
        storage_pool_data(op->pool)->n_busy++;
        if (request->is_upload)
                data->writing = true;
        else
                data->n_readers++;
        g_ptr_array_add(op->part->transfers, transfer);
        return transfer;
}

static int transfer_begin(const TransferRequest *request, Error *error)
{
        _cleanup_close_ int own = -EBADF, theirs = -EBADF;
        const StorageVolDef *def = request->op->vol->def;
        /* the file of an image may be larger than what a guest sees of it */
        uint64_t length = request->length ?: MAX(def->capacity, def_get(def, physical, 0)) - request->offset;
        Transfer *transfer;
        int r = open_pipe(request->is_upload, &own, &theirs, error);

        if (r < 0)
                return r;
        transfer = transfer_new(request);
        r = spawn(transfer, request->offset, length, own, error);
        if (r < 0) {
                transfer_end(transfer);
                return r;
        }
        job_set_result_fd(request->op->job, TAKE_FD(theirs));
        return 0;
}

static void request_free(void *context)
{
        TransferRequest *request = context;

        storage_task_cancel(request->task);
        storage_operation_free(request->op);
        g_free(request);
}

static void on_opened(void *userdata, int r, Error *error)
{
        TransferRequest *request = userdata;

        request->task = NULL;
        job_step_done(request->op->job, r, error);
}

static int step_open(Job *job, void *context, Error *error)
{
        TransferRequest *request = context;
        StorageOperation *op = request->op;
        const StorageTaskSpec spec = {
                .event = op->part->driver->host->event,
                .workers = op->part->driver->host->path_workers,
                .launcher = op->part->launcher,
                .work = op->work,
                .chains = { request->is_upload ? storage_data_open_write : storage_data_open_read },
                .done = on_opened,
                .userdata = request,
        };
        int r = storage_task_run(&spec, &request->task, error);

        return r > 0 ? JOB_STEP_WAIT : r;
}

static void cancel_open(Job *job, void *context)
{
        TransferRequest *request = context;

        request->task = storage_task_cancel(request->task);
}

static int step_move(Job *job, void *context, Error *error)
{
        return transfer_begin(context, error);
}

static int transfer(StorageVol *vol, bool is_upload, uint64_t offset, uint64_t length, Job *job, Error *error)
{
        static const JobStep steps[] = {
                { .name = "open", .start = step_open, .cancel = cancel_open, .timeout_usec = 60 * USEC_PER_SEC },
                { .name = "move", .start = step_move },
                {},
        };
        TransferRequest *request;
        StorageOperation *op;
        int r;

        if (vol->def->type != STORAGE_VOL_FILE && vol->def->type != STORAGE_VOL_BLOCK)
                return error_set(error, ERROR_NO_SUPPORT, "volumes of the type '%s' have no data of their own",
                                 storage_vol_type_to_string(vol->def->type));
        if (storage_vol_data(vol)->writing)
                return error_set(error, ERROR_OPERATION_INVALID, "volume '%s' is still in use.", vol->name);
        r = is_upload ? storage_volumes_check_unused(vol, error) : 0;
        if (r < 0)
                return r;
        op = storage_operation_new(vol->pool, vol, vol->pool->live, vol->def, job);
        r = storage_volumes_begin(op, error);
        if (r < 0) {
                storage_operation_free(op);
                return r;
        }
        request = g_new0(TransferRequest, 1);
        *request = (TransferRequest) { .op = op, .offset = offset, .length = length, .is_upload = is_upload };
        return job_run(job, steps, request, request_free, error);
}

int storage_volumes_download(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error)
{
        return transfer(vol, false, offset, length, job, error);
}

int storage_volumes_upload(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error)
{
        return transfer(vol, true, offset, length, job, error);
}

GPtrArray *storage_transfers_new(void)
{
        return g_ptr_array_new_with_free_func(transfer_free);
}
