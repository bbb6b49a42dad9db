/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/worker.h"

#include <sys/eventfd.h>

/* What the threads of a pool that ends get to finish what does not hang. */
#define LAST_MOMENT_USEC (250 * 1000)

typedef enum TaskState {
        TASK_WAITING,
        TASK_RUNNING,
        TASK_FINISHED,
        TASK_TOLD,      /* done is being called */
        TASK_ABANDONED,
} TaskState;

struct WorkerTask {
        WorkerPool *pool;
        TaskState state;
        WorkerFunc func;
        void *data;
        GDestroyNotify destroy;
        WorkerDone done;
        void *userdata;
        int result;
        Error error;
};

/* Threads hold a reference, so that a pool that is freed while a task hangs leaves nothing dangling. */
struct WorkerPool {
        GMutex lock;
        GCond thread_ended;
        unsigned n_ref;
        unsigned n_threads; /* abandoned ones too */
        unsigned n_running;
        unsigned n_max;
        GQueue waiting;
        GQueue finished;
        GHashTable *tasks; /* all that the loop side still knows */
        int wake_fd;
        sd_event_source *source;
};

static void task_free(WorkerTask *task)
{
        if (task->destroy)
                task->destroy(task->data);
        error_clear(&task->error);
        g_free(task);
}

static void pool_unref_locked(WorkerPool *pool)
{
        bool last = --pool->n_ref == 0;

        g_mutex_unlock(&pool->lock);
        if (!last)
                return;
        g_cond_clear(&pool->thread_ended);
        g_hash_table_unref(pool->tasks);
        safe_close(pool->wake_fd);
        g_mutex_clear(&pool->lock);
        g_free(pool);
}

static void pool_thread_ends_locked(WorkerPool *pool)
{
        pool->n_threads--;
        g_cond_broadcast(&pool->thread_ended);
        pool_unref_locked(pool);
}

static unsigned pool_n_abandoned_locked(const WorkerPool *pool)
{
        return pool->n_threads - pool->n_running;
}

/* How many threads may work: those that hang beyond their number take places away. */
static unsigned pool_places_locked(const WorkerPool *pool)
{
        unsigned abandoned = pool_n_abandoned_locked(pool), allowed = WORKER_ABANDONED_FACTOR * pool->n_max;
        unsigned taken = abandoned > allowed ? abandoned - allowed : 0;

        return taken < pool->n_max ? pool->n_max - taken : 0;
}

static gpointer worker_thread(gpointer userdata)
{
        WorkerPool *pool = userdata;
        WorkerTask *task;

        g_mutex_lock(&pool->lock);
        while ((task = g_queue_pop_head(&pool->waiting))) {
                bool abandoned;

                task->state = TASK_RUNNING;
                g_mutex_unlock(&pool->lock);
                task->result = task->func(task->data, &task->error);
                g_mutex_lock(&pool->lock);

                abandoned = task->state == TASK_ABANDONED;
                if (!abandoned) {
                        task->state = TASK_FINISHED;
                        g_queue_push_tail(&pool->finished, task);
                        (void) write_all(pool->wake_fd, &(uint64_t) { 1 }, sizeof(uint64_t));
                        continue;
                }
                g_mutex_unlock(&pool->lock);
                task_free(task);
                g_mutex_lock(&pool->lock);
                /* whoever abandoned it has given our place among the n_max to somebody else, if there was one */
                pool->n_running++;
                if (pool->n_running > pool_places_locked(pool))
                        break;
        }
        pool->n_running--;
        pool_thread_ends_locked(pool);
        return NULL;
}

/* Nobody will ever take what waits. */
static void pool_refuse_waiting_locked(WorkerPool *pool)
{
        unsigned n_abandoned = pool_n_abandoned_locked(pool);
        WorkerTask *task;

        while ((task = g_queue_pop_head(&pool->waiting))) {
                task->state = TASK_FINISHED;
                task->result = n_abandoned > 0
                        ? error_set(&task->error, ERROR_RESOURCE_BUSY,
                                    "%u threads hang already, most likely on a file system that does not answer",
                                    n_abandoned)
                        : error_set_errno(&task->error, EAGAIN, "cannot start a thread");
                g_queue_push_tail(&pool->finished, task);
        }
        (void) write_all(pool->wake_fd, &(uint64_t) { 1 }, sizeof(uint64_t));
}

static void pool_start_thread_locked(WorkerPool *pool)
{
        GThread *thread;

        if (g_queue_is_empty(&pool->waiting))
                return;
        if (pool->n_running >= pool_places_locked(pool)) {
                if (pool->n_running == 0)
                        pool_refuse_waiting_locked(pool);
                return;
        }
        thread = g_thread_try_new("worker", worker_thread, pool, NULL);
        if (!thread) {
                /* a running one will take the tasks; without any, nobody would */
                if (pool->n_running == 0)
                        pool_refuse_waiting_locked(pool);
                return;
        }
        pool->n_running++;
        pool->n_threads++;
        pool->n_ref++;
        g_thread_unref(thread);
}

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        WorkerPool *pool = userdata;
        uint64_t n;
        WorkerTask *task;

        (void) !read(fd, &n, sizeof(n));
        /* done may free the pool */
        g_mutex_lock(&pool->lock);
        pool->n_ref++;
        g_mutex_unlock(&pool->lock);
        while (pool->source) {
                g_mutex_lock(&pool->lock);
                task = g_queue_pop_head(&pool->finished);
                if (task)
                        task->state = TASK_TOLD;
                pool_start_thread_locked(pool);
                g_mutex_unlock(&pool->lock);
                if (!task)
                        break;
                g_hash_table_remove(pool->tasks, task);
                task->done(task->userdata, task->result, &task->error);
                task_free(task);
        }
        g_mutex_lock(&pool->lock);
        pool_unref_locked(pool);
        return 0;
}

int worker_pool_new(sd_event *event, unsigned n_max, WorkerPool **ret)
{
        _cleanup_(worker_pool_freep) WorkerPool *pool = g_new0(WorkerPool, 1);
        int r;

        g_mutex_init(&pool->lock);
        g_cond_init(&pool->thread_ended);
        pool->n_ref = 1;
        pool->n_max = n_max;
        g_queue_init(&pool->waiting);
        g_queue_init(&pool->finished);
        pool->tasks = g_hash_table_new(NULL, NULL);
        pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (pool->wake_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &pool->source, pool->wake_fd, EPOLLIN, on_finished, pool);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&pool);
        return 0;
}

WorkerPool *worker_pool_free(WorkerPool *pool)
{
        g_autoptr(GList) left = NULL;
        WorkerTask *task;
        gint64 deadline;

        if (!pool)
                return NULL;
        /* nothing that waits may start because something else makes room */
        g_mutex_lock(&pool->lock);
        pool->n_max = 0;
        while ((task = g_queue_pop_head(&pool->waiting)))
                task->state = TASK_FINISHED;
        g_mutex_unlock(&pool->lock);
        left = g_hash_table_get_keys(pool->tasks);
        for (GList *l = left; l; l = l->next)
                worker_cancel(l->data);
        pool->source = sd_event_source_disable_unref(pool->source);
        g_mutex_lock(&pool->lock);
        deadline = g_get_monotonic_time() + LAST_MOMENT_USEC;
        while (pool->n_threads > 0 && g_cond_wait_until(&pool->thread_ended, &pool->lock, deadline))
                ;
        pool_unref_locked(pool);
        return NULL;
}

WorkerTask *worker_run(WorkerPool *pool, WorkerFunc func, void *data, GDestroyNotify destroy,
                       WorkerDone done, void *userdata)
{
        WorkerTask *task = g_new0(WorkerTask, 1);

        *task = (WorkerTask) {
                .pool = pool,
                .func = func,
                .data = data,
                .destroy = destroy,
                .done = done,
                .userdata = userdata,
        };
        g_hash_table_add(pool->tasks, task);
        g_mutex_lock(&pool->lock);
        g_queue_push_tail(&pool->waiting, task);
        pool_start_thread_locked(pool);
        g_mutex_unlock(&pool->lock);
        return task;
}

WorkerTask *worker_cancel(WorkerTask *task)
{
        WorkerPool *pool;
        bool ours = true;

        if (!task)
                return NULL;
        pool = task->pool;
        g_hash_table_remove(pool->tasks, task);

        g_mutex_lock(&pool->lock);
        switch (task->state) {
        case TASK_WAITING:
                g_queue_remove(&pool->waiting, task);
                break;
        case TASK_FINISHED:
                g_queue_remove(&pool->finished, task);
                break;
        case TASK_RUNNING:
                task->state = TASK_ABANDONED;
                pool->n_running--;
                pool_start_thread_locked(pool);
                ours = false;
                break;
        case TASK_TOLD: /* on_finished() frees it */
                ours = false;
                break;
        case TASK_ABANDONED:
                g_assert_not_reached();
        }
        g_mutex_unlock(&pool->lock);
        if (ours)
                task_free(task);
        return NULL;
}
