/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_work.h"

#include "drivers/storage/storage_probe.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

StorageWork *storage_work_new(const StoragePoolDef *pool, const StorageVolDef *vol)
{
        StorageWork *work = g_new0(StorageWork, 1);

        work->n_ref = 1;
        work->pool = pool ? storage_pool_def_ref(pool) : NULL;
        work->vol = vol ? storage_vol_def_ref(vol) : NULL;
        work->dir_fd = work->fd = -EBADF;
        work->found = g_ptr_array_new();
        work->text = g_string_new(NULL);
        return work;
}

StorageWork *storage_work_ref(StorageWork *work)
{
        g_atomic_int_inc(&work->n_ref);
        return work;
}

StorageWork *storage_work_unref(StorageWork *work)
{
        if (!work || !g_atomic_int_dec_and_test(&work->n_ref))
                return NULL;
        if (work->temporary)
                (void) unlinkat(work->dir_fd, work->temporary, 0);
        safe_close(work->dir_fd);
        safe_close(work->fd);
        for (unsigned i = 0; i < work->n_chain; i++) {
                safe_close(work->chain_fds[i]);
                g_free(work->chain_formats[i]);
        }
        for (guint i = 0; i < work->found->len; i++)
                storage_vol_def_unref(work->found->pdata[i]);
        g_ptr_array_unref(work->found);
        g_string_free(work->text, TRUE);
        g_clear_pointer(&work->secret, g_bytes_unref);
        g_clear_pointer(&work->source_secret, g_bytes_unref);
        storage_pool_def_unref(work->pool);
        storage_pool_def_unref(work->source_pool);
        storage_pool_def_unref(work->found_pool);
        storage_vol_def_unref(work->vol);
        storage_vol_def_unref(work->source);
        g_free(work->temporary);
        g_free(work->format);
        g_free(work);
        return NULL;
}

int storage_work_advance(StorageWork *work, uint64_t bytes, Error *error)
{
        (void) __atomic_add_fetch(&work->done, bytes, __ATOMIC_RELAXED);
        if (g_atomic_int_get(&work->cancelled))
                return error_set(error, ERROR_OPERATION_ABORTED, "nobody waits for it any more");
        return 0;
}

void storage_work_add_found(StorageWork *work, StorageVolDef *def)
{
        g_ptr_array_add(work->found, def);
}

int storage_work_add_device(StorageWork *work, const char *name, const char *path, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(work->pool->type);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        def->name = arena_strdup(def->arena, name);
        def->target.path = arena_strdup(def->arena, path);
        def->key = def->target.path;
        r = storage_probe(fd, def, error);
        if (r >= 0)
                r = storage_vol_def_seal(def, NULL, error);
        if (r < 0)
                return r;
        work->info.capacity += def->capacity;
        work->info.allocation += def->capacity;
        storage_work_add_found(work, g_steal_pointer(&def));
        return 0;
}

/* -- programs ------------------------------------------------------------------------------------------------ */

/* The first number of a descriptor in a program. */
#define FIRST_FD 3

static void command_init(StorageCommand *command)
{
        *command = (StorageCommand) {
                .argv = g_ptr_array_new_with_free_func(g_free),
                .secret_fds = { -EBADF, -EBADF },
        };
}

static void command_clear(StorageCommand *command)
{
        g_ptr_array_unref(command->argv);
        for (size_t i = 0; i < ELEMENTSOF(command->secret_fds); i++)
                safe_close(command->secret_fds[i]);
}

void storage_command_set(StorageCommand *command, const char *program)
{
        command->program = program;
        g_ptr_array_add(command->argv, g_strdup(program));
}

void storage_command_add(StorageCommand *command, ...)
{
        const char *argument;
        va_list ap;

        va_start(ap, command);
        while ((argument = va_arg(ap, const char *)))
                g_ptr_array_add(command->argv, g_strdup(argument));
        va_end(ap);
}

char *storage_command_add_fd(StorageCommand *command, int fd)
{
        int target = FIRST_FD + (int) command->n_fds;

        g_assert(command->n_fds < ELEMENTSOF(command->fds));
        command->fds[command->n_fds++] = (ProcessFd) { .fd = fd, .target = target };
        return g_strdup_printf("/proc/self/fd/%d", target);
}

int storage_command_add_secret(StorageCommand *command, GBytes *secret, char **ret_path, Error *error)
{
        _cleanup_close_ int fd = memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        gsize size;
        const void *data = g_bytes_get_data(secret, &size);
        int r = fd < 0 ? -errno : write_all(fd, data, size);

        if (r >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
                r = -errno;
        if (r < 0)
                return error_set_errno(error, r, "cannot hand over a secret");
        *ret_path = storage_command_add_fd(command, fd);
        for (size_t i = 0; i < ELEMENTSOF(command->secret_fds); i++)
                if (command->secret_fds[i] < 0) {
                        command->secret_fds[i] = TAKE_FD(fd);
                        return 0;
                }
        g_assert_not_reached();
}

/* -- tasks --------------------------------------------------------------------------------------------------- */

#define PROGRESS_USEC (200 * USEC_PER_MSEC)

struct StorageTask {
        StorageTaskSpec spec;
        unsigned chain;
        const StorageAction *next;
        const StorageAction *current;
        WorkerTask *worker;
        ProcessRun *run;
        sd_event_source *timer;
        GString *output; /* of a program that shows its progress: the end of it */
};

static int task_go(StorageTask *task, Error *error);

static void task_free(StorageTask *task)
{
        worker_cancel(task->worker);
        process_run_cancel(task->run);
        sd_event_source_disable_unref(task->timer);
        g_string_free(task->output, TRUE);
        storage_work_unref(task->spec.work);
        g_free(task);
}

StorageTask *storage_task_cancel(StorageTask *task)
{
        if (!task)
                return NULL;
        g_atomic_int_set(&task->spec.work->cancelled, 1);
        task_free(task);
        return NULL;
}

static void task_finish(StorageTask *task, int r, Error *error)
{
        StorageTaskDone done = task->spec.done;
        void *userdata = task->spec.userdata;

        if (r < 0)
                error_fill(error, r);
        task_free(task);
        done(userdata, r, error);
}

/* r is what the action left: the next ones follow. */
static void task_proceed(StorageTask *task, int r, Error *error)
{
        if (r >= 0)
                r = task_go(task, error);
        if (r <= 0)
                task_finish(task, r, error);
}

static void on_output(void *userdata, const char *data, size_t size)
{
        StorageTask *task = userdata;
        const char *paren;
        double percent;

        g_string_append_len(task->output, data, (gssize) size);
        if (task->output->len > 256)
                g_string_erase(task->output, 0, (gssize) task->output->len - 128);
        paren = strrchr(task->output->str, '(');
        if (!paren || !strchr(paren, '/'))
                return;
        percent = g_ascii_strtod(paren + 1, NULL);
        if (percent >= 0 && percent <= 100)
                task->spec.work->done = (guint64) (percent / 100 * (double) task->spec.work->total);
}

static void on_run(void *userdata, const ProcessResult *result, Error *error)
{
        StorageTask *task = userdata;
        int r = 0;

        task->run = NULL;
        if (error_is_set(error))
                r = -error_info(error->code)->error;
        else if (task->current->read)
                r = task->current->read(task->spec.work, result->out, error);
        task_proceed(task, r, error);
}

static int task_spawn(StorageTask *task, StorageCommand *command, Error *error)
{
        const ProcessRunOptions options = {
                .timeout_usec = command->timeout_usec,
                .out_max = 16 * 1024 * 1024,
                .output = command->shows_progress ? on_output : NULL,
        };
        ProcessSpec spec = {
                .path = command->program,
                .capabilities = command->capabilities,
                .fds = command->fds,
                .n_fds = command->n_fds,
                .flags = PROCESS_DIE_WITH_PARENT | (command->keeps_mounts ? 0 : PROCESS_PRIVATE_NETWORK),
        };

        g_ptr_array_add(command->argv, NULL);
        spec.argv = (const char *const *) command->argv->pdata;
        return process_run(task->spec.launcher, &spec, &options, on_run, task, &task->run, error);
}

/* 1: it runs; 0: there is none. */
static int task_command(StorageTask *task, Error *error)
{
        StorageCommand command;
        int r = 1;

        if (!task->current->command)
                return 0;
        command_init(&command);
        r = task->current->command(task->spec.work, &command, error);
        if (r == 0)
                r = task_spawn(task, &command, error);
        else if (r > 0)
                r = 0;
        else
                error_fill(error, r);
        command_clear(&command);
        return r < 0 ? r : task->run != NULL;
}

typedef struct WorkerData {
        StorageWork *work;
        const StorageAction *action;
} WorkerData;

static void worker_data_free(void *data)
{
        WorkerData *own = data;

        storage_work_unref(own->work);
        g_free(own);
}

static int worker_work(void *data, Error *error)
{
        WorkerData *own = data;

        return own->action->work(own->work, error);
}

static void on_worked(void *userdata, int r, Error *error)
{
        StorageTask *task = userdata;

        task->worker = NULL;
        if (r == 0) {
                r = task_command(task, error);
                if (r > 0)
                        return;
        }
        task_proceed(task, r, error);
}

static const StorageAction *task_next(StorageTask *task)
{
        while (task->chain < STORAGE_CHAINS_MAX) {
                if (!task->next)
                        task->next = task->spec.chains[task->chain];
                if (task->next && (task->next->work || task->next->command))
                        return task->next++;
                task->next = NULL;
                task->chain++;
        }
        return NULL;
}

/* 1: something runs; 0: all is done. */
static int task_go(StorageTask *task, Error *error)
{
        int r = 0;

        while (r == 0 && (task->current = task_next(task))) {
                if (task->current->work) {
                        WorkerData *data = g_new(WorkerData, 1);

                        *data = (WorkerData) { storage_work_ref(task->spec.work), task->current };
                        task->worker = worker_run(task->spec.workers, worker_work, data, worker_data_free, on_worked,
                                                  task);
                        return 1;
                }
                r = task_command(task, error);
        }
        return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        StorageTask *task = userdata;
        const StorageWork *work = task->spec.work;

        task->spec.progress(task->spec.userdata, __atomic_load_n(&work->done, __ATOMIC_RELAXED),
                            __atomic_load_n(&work->total, __ATOMIC_RELAXED));
        if (sd_event_source_set_time_relative(source, PROGRESS_USEC) < 0)
                return 0;
        (void) sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return 0;
}

int storage_task_run(const StorageTaskSpec *spec, StorageTask **ret, Error *error)
{
        StorageTask *task = g_new0(StorageTask, 1);
        int r;

        task->spec = *spec;
        task->spec.work = storage_work_ref(spec->work);
        task->output = g_string_new(NULL);
        if (spec->progress)
                (void) sd_event_add_time_relative(spec->event, &task->timer, CLOCK_MONOTONIC, PROGRESS_USEC, 0,
                                                  on_timer, task);
        r = task_go(task, error);
        if (r > 0)
                *ret = task;
        else
                task_free(task);
        return r;
}
