/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

typedef struct Fixture {
        sd_event *event;
        WorkerPool *pool;
} Fixture;

/* Input and result of a task, with a gate that keeps it running until the test opens it. */
typedef struct Work {
        int gate[2]; /* a pipe, or -1 */
        int result;
        int sleep_usec;
        int *n_running, *n_running_max; /* shared by tasks, atomic */
        int ran;                        /* atomic */
        int n_destroyed;                /* atomic */
        GThread *thread;

        /* what done does, and saw */
        bool done;
        int r;
        Error error;
        Fixture *f;
        WorkerTask *task;
        WorkerTask *victim;
        bool free_pool;
        GString *order;
        char letter;
} Work;

static Fixture *fixture_new(unsigned n_max)
{
        Fixture *f = g_new0(Fixture, 1);

        assert_true(sd_event_new(&f->event) >= 0);
        assert_int_equal(worker_pool_new(f->event, n_max, &f->pool), 0);
        return f;
}

static void fixture_free(Fixture *f)
{
        worker_pool_free(f->pool);
        sd_event_unref(f->event);
        g_free(f);
}
DEFINE_TRIVIAL_CLEANUP(Fixture *, fixture_free)

static int work(void *data, Error *error)
{
        Work *w = data;
        char byte;

        w->thread = g_thread_self();
        if (w->n_running) {
                int n = g_atomic_int_add(w->n_running, 1) + 1, max;

                do
                        max = g_atomic_int_get(w->n_running_max);
                while (n > max && !g_atomic_int_compare_and_exchange(w->n_running_max, max, n));
        }
        g_atomic_int_set(&w->ran, 1);
        if (w->gate[0] >= 0)
                (void) !read(w->gate[0], &byte, 1);
        if (w->sleep_usec)
                g_usleep((gulong) w->sleep_usec);
        if (w->n_running)
                g_atomic_int_add(w->n_running, -1);
        return w->result < 0 ? error_set_errno(error, w->result, "work") : w->result;
}

static void destroy(void *data)
{
        g_atomic_int_inc(&((Work *) data)->n_destroyed);
}

static void done(void *userdata, int r, Error *error)
{
        Work *w = userdata;

        assert_false(w->done);
        assert_int_equal(g_atomic_int_get(&w->n_destroyed), 0);
        w->done = true;
        w->r = r;
        error_move(&w->error, error);
        if (w->order)
                g_string_append_c(w->order, w->letter);
        assert_null(worker_cancel(w->task));
        w->victim = worker_cancel(w->victim);
        if (w->free_pool)
                w->f->pool = worker_pool_free(w->f->pool);
}

static void start(Fixture *f, Work *w)
{
        w->f = f;
        w->task = worker_run(f->pool, work, w, destroy, done, w);
        assert_false(w->done);
}

static Work plain(void)
{
        return (Work) { .gate = { -1, -1 } };
}

static Work gated(void)
{
        Work w = {};

        assert_int_equal(pipe2(w.gate, O_CLOEXEC), 0);
        return w;
}

static void open_gate(Work *w)
{
        assert_int_equal(write(w->gate[1], "x", 1), 1);
}

static void close_gate(Work *w)
{
        safe_close(w->gate[0]);
        safe_close(w->gate[1]);
}

static void turn_until(Fixture *f, const bool *flag)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;

        while (!*flag) {
                assert_true(now_usec() < end);
                assert_true(sd_event_run(f->event, 50 * USEC_PER_MSEC) >= 0);
        }
}

static void wait_for(int *counter, int value)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;

        while (g_atomic_int_get(counter) != value) {
                assert_true(now_usec() < end);
                g_usleep(1000);
        }
}

static void turn_a_while(Fixture *f)
{
        for (int i = 0; i < 5; i++)
                (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
}

static void test_result(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(2);
        Work good = plain(), bad = plain();

        good.result = 5;
        bad.result = -ENOSPC;
        start(f, &good);
        start(f, &bad);
        turn_until(f, &good.done);
        turn_until(f, &bad.done);
        assert_int_equal(good.r, 5);
        assert_false(error_is_set(&good.error));
        assert_true(good.thread != g_thread_self());
        assert_int_equal(good.n_destroyed, 1);
        assert_int_equal(bad.r, -ENOSPC);
        assert_string_equal(bad.error.detail, "work: No space left on device");
        error_clear(&bad.error);
}

static void test_bound(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(3);
        int n_running = 0, n_running_max = 0;
        Work works[20];

        for (size_t i = 0; i < ELEMENTSOF(works); i++) {
                works[i] = plain();
                works[i].sleep_usec = 5000;
                works[i].n_running = &n_running;
                works[i].n_running_max = &n_running_max;
                start(f, works + i);
        }
        for (size_t i = 0; i < ELEMENTSOF(works); i++)
                turn_until(f, &works[i].done);
        assert_int_equal(n_running, 0);
        assert_int_equal(n_running_max, 3);
}

static void test_order(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        g_autoptr(GString) order = g_string_new(NULL);
        Work works[6];

        for (size_t i = 0; i < ELEMENTSOF(works); i++) {
                works[i] = plain();
                works[i].order = order;
                works[i].letter = (char) ('a' + i);
                start(f, works + i);
        }
        turn_until(f, &works[5].done);
        assert_string_equal(order->str, "abcdef");
}

static void test_cancel_waiting(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        Work running = gated(), waiting = plain(), next = plain();

        start(f, &running);
        start(f, &waiting);
        start(f, &next);
        wait_for(&running.ran, 1);
        assert_null(worker_cancel(waiting.task));
        assert_int_equal(waiting.n_destroyed, 1);
        open_gate(&running);
        turn_until(f, &next.done);
        assert_true(running.done);
        assert_false(waiting.done);
        assert_int_equal(waiting.ran, 0);
        close_gate(&running);
}

/* It goes on for itself; its place is free at once. */
static void test_cancel_running(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        Work stuck = gated(), next = plain(), last = plain();

        start(f, &stuck);
        start(f, &next);
        wait_for(&stuck.ran, 1);
        turn_a_while(f);
        assert_int_equal(g_atomic_int_get(&next.ran), 0);
        assert_null(worker_cancel(stuck.task));
        turn_until(f, &next.done);
        assert_int_equal(stuck.n_destroyed, 0);
        open_gate(&stuck);
        wait_for(&stuck.n_destroyed, 1);
        turn_a_while(f);
        assert_false(stuck.done);
        start(f, &last);
        turn_until(f, &last.done);
        close_gate(&stuck);
}

/* What hangs keeps its place in the end, and more work is refused at once, until something returns. */
static void test_too_many_hang(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        Work stuck[WORKER_ABANDONED_FACTOR + 1], waits = plain(), refused = plain(), next = plain();

        for (size_t i = 0; i < ELEMENTSOF(stuck); i++) {
                stuck[i] = gated();
                start(f, stuck + i);
                wait_for(&stuck[i].ran, 1);
                if (i == ELEMENTSOF(stuck) - 1)
                        start(f, &waits);
                assert_null(worker_cancel(stuck[i].task));
        }
        start(f, &refused);
        turn_until(f, &waits.done);
        turn_until(f, &refused.done);
        assert_int_equal(waits.ran + refused.ran, 0);
        assert_int_equal(waits.r, -EBUSY);
        assert_int_equal(refused.r, -EBUSY);
        assert_string_equal(refused.error.detail,
                            "5 threads hang already, most likely on a file system that does not answer");

        open_gate(stuck);
        wait_for(&stuck[0].n_destroyed, 1);
        g_usleep(20000);
        start(f, &next);
        turn_until(f, &next.done);
        assert_int_equal(next.ran, 1);
        for (size_t i = 1; i < ELEMENTSOF(stuck); i++)
                open_gate(stuck + i);
        for (size_t i = 0; i < ELEMENTSOF(stuck); i++) {
                wait_for(&stuck[i].n_destroyed, 1);
                close_gate(stuck + i);
        }
        error_clear(&waits.error);
        error_clear(&refused.error);
}

static void test_cancel_finished(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        Work w = plain(), next = plain();

        start(f, &w);
        wait_for(&w.ran, 1);
        g_usleep(20000);
        assert_null(worker_cancel(w.task));
        assert_int_equal(w.n_destroyed, 1);
        start(f, &next);
        turn_until(f, &next.done);
        assert_false(w.done);
        assert_null(worker_cancel(NULL));
}

/* Two are finished in the same turn; the first takes the second with it. */
static void test_cancel_in_done(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(2);
        Work a = plain(), b = plain();

        start(f, &a);
        wait_for(&a.ran, 1);
        start(f, &b);
        wait_for(&b.ran, 1);
        g_usleep(20000);
        a.victim = b.task;
        b.victim = NULL;
        turn_until(f, &a.done);
        turn_a_while(f);
        assert_false(b.done);
        assert_int_equal(b.n_destroyed, 1);
}

static void test_free_in_done(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(1);
        Work a = plain(), b = plain(), c = plain();

        a.free_pool = true;
        start(f, &a);
        start(f, &b);
        start(f, &c);
        wait_for(&c.ran, 1);
        g_usleep(20000);
        turn_until(f, &a.done);
        assert_null(f->pool);
        assert_false(b.done || c.done);
        assert_int_equal(a.n_destroyed, 1);
        assert_int_equal(b.n_destroyed, 1);
        assert_int_equal(c.n_destroyed, 1);
}

/* A pool whose only thread hangs is let go; what waits behind it never starts. */
static void test_abandoned_pool(void **state)
{
        Fixture *f = fixture_new(1);
        Work stuck = gated(), waiting[5];
        uint64_t begin;

        start(f, &stuck);
        for (size_t i = 0; i < ELEMENTSOF(waiting); i++) {
                waiting[i] = plain();
                start(f, waiting + i);
        }
        wait_for(&stuck.ran, 1);
        begin = now_usec();
        fixture_free(f);
        assert_true(now_usec() - begin < USEC_PER_SEC);
        for (size_t i = 0; i < ELEMENTSOF(waiting); i++)
                assert_int_equal(waiting[i].n_destroyed, 1);
        assert_int_equal(stuck.n_destroyed, 0);
        open_gate(&stuck);
        wait_for(&stuck.n_destroyed, 1);
        g_usleep(20000);
        assert_false(stuck.done);
        for (size_t i = 0; i < ELEMENTSOF(waiting); i++)
                assert_int_equal(waiting[i].ran, 0);
        close_gate(&stuck);
        assert_null(worker_pool_free(NULL));
}

/* In a process that may have no more threads. */
static int be_without_threads(void)
{
        Fixture *f = fixture_new(2);
        Work a = plain(), b = plain();

        if ((getuid() == 0 && setresuid(65534, 65534, 65534) < 0) ||
            setrlimit(RLIMIT_NPROC, &(struct rlimit) {}) < 0)
                return 2;
        start(f, &a);
        start(f, &b);
        turn_until(f, &a.done);
        turn_until(f, &b.done);
        return a.r == -EAGAIN && b.r == -EAGAIN && error_is_set(&a.error) && !a.ran ? 0 : 1;
}

static void test_no_threads(void **state)
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(be_without_threads());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

/* Whatever happens to tasks, each is destroyed once and told at most once. */
static void test_storm(void **state)
{
        _cleanup_(fixture_freep) Fixture *f = fixture_new(4);
        g_autofree Work *works = g_new(Work, 400);
        unsigned n_done = 0;

        for (int i = 0; i < 400; i++) {
                works[i] = plain();
                works[i].sleep_usec = g_random_int_range(0, 300);
                start(f, works + i);
                if (i % 3 == 0) {
                        Work *w = works + g_random_int_range(0, i + 1);

                        /* the task is gone with done */
                        if (!w->done && w->r != -ECANCELED) {
                                worker_cancel(w->task);
                                w->r = -ECANCELED;
                        }
                }
                if (i % 5 == 0)
                        (void) sd_event_run(f->event, 0);
        }
        for (int i = 0; i < 400; i++)
                if (works[i].r != -ECANCELED) {
                        turn_until(f, &works[i].done);
                        n_done++;
                } else
                        assert_false(works[i].done);
        assert_in_range(n_done, 200, 400);
        for (int i = 0; i < 400; i++)
                wait_for(&works[i].n_destroyed, 1);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_result),          cmocka_unit_test(test_bound),
                cmocka_unit_test(test_order),           cmocka_unit_test(test_cancel_waiting),
                cmocka_unit_test(test_cancel_running),  cmocka_unit_test(test_too_many_hang),
                cmocka_unit_test(test_cancel_finished),
                cmocka_unit_test(test_cancel_in_done),  cmocka_unit_test(test_free_in_done),
                cmocka_unit_test(test_abandoned_pool),  cmocka_unit_test(test_no_threads),
                cmocka_unit_test(test_storm),
        };

        return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
