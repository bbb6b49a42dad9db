/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_launch.h"

#include "drivers/qemu/qemu_companion.h"
#include "drivers/qemu/qemu_files_net.h"
#include "drivers/qemu/qemu_give.h"
#include "drivers/qemu/qemu_guest.h"
#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

/* Of one errand: the keys of a TPM may take a while on a slow machine. */
#define ERRAND_USEC (60 * USEC_PER_SEC)

struct QemuLaunch {
        QemuGuest *guest;
        const QemuFiles *files;
        QemuLaunchDone done;
        void *userdata;
        guint n_errands, n_companions; /* that have been begun */
        sd_event_source *next;
        ProcessRun *run;
        WorkerTask *task;
};

static int remove_work(void *data, Error *error)
{
        return qemu_remove_tree(AT_FDCWD, data);
}

static void on_removed(void *userdata, int r, Error *error)
{
}

/* What an errand has not brought to its end. */
static void drop_made(const QemuLaunch *launch)
{
        for (guint i = 0; i < launch->files->errands->len; i++) {
                QemuErrand *errand = launch->files->errands->pdata[i];

                if (errand->made)
                        (void) worker_run(launch->guest->driver->host->path_workers, remove_work,
                                          g_steal_pointer(&errand->made), g_free, on_removed, NULL);
        }
}

QemuLaunch *qemu_launch_cancel(QemuLaunch *launch)
{
        if (!launch)
                return NULL;
        drop_made(launch);
        launch->next = sd_event_source_disable_unref(launch->next);
        process_run_cancel(launch->run);
        worker_cancel(launch->task);
        qemu_companions_forget_start(launch->guest->companions);
        g_free(launch);
        return NULL;
}

static void finish(QemuLaunch *launch, Error *error)
{
        QemuLaunchDone done = launch->done;
        void *userdata = launch->userdata;

        qemu_launch_cancel(launch);
        done(userdata, error);
}

static void go_on(QemuLaunch *launch);

static QemuErrand *current_errand(const QemuLaunch *launch)
{
        return launch->files->errands->pdata[launch->n_errands - 1];
}

/* -- errands -------------------------------------------------------------------------------------------------- */

static int give_work(void *data, Error *error)
{
        const QemuGift *gift = data;

        return qemu_give(gift, error);
}

static void on_given(void *userdata, int r, Error *error)
{
        QemuLaunch *launch = userdata;

        launch->task = NULL;
        if (r < 0) {
                finish(launch, error);
                return;
        }
        g_clear_pointer(&current_errand(launch)->made, g_free);
        go_on(launch);
}

static void on_errand_done(void *userdata, const ProcessResult *result, Error *error)
{
        QemuLaunch *launch = userdata;
        const QemuErrand *errand = current_errand(launch);

        launch->run = NULL;
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);
                _cleanup_error_ Error failure = ERROR_INIT;

                (void) error_set(&failure, error->code, "%s: %s%s%s", errand->program->place, text,
                                 result && result->out_size > 0 ? ": " : "", result ? strempty(result->out) : "");
                finish(launch, &failure);
                return;
        }
        if (!errand->made) {
                go_on(launch);
                return;
        }
        launch->task = worker_run(launch->guest->driver->host->path_workers, give_work,
                                  qemu_gift_new(errand->made, errand->final, errand->uid, errand->gid), qemu_gift_free,
                                  on_given, launch);
}

static int begin_errand(QemuLaunch *launch, const QemuErrand *errand, Error *error)
{
        const ProcessRunOptions options = { .timeout_usec = ERRAND_USEC };
        ProcessSpec spec = qemu_program_spec(errand->program);

        spec.flags = PROCESS_DIE_WITH_PARENT;
        return process_run(launch->guest->driver->launcher, &spec, &options, on_errand_done, launch, &launch->run,
                           error);
}

/* -- companions ----------------------------------------------------------------------------------------------- */

static void on_ready(void *userdata, Error *error)
{
        QemuLaunch *launch = userdata;
        const QemuCompanionPlan *plan = launch->files->companions->pdata[launch->n_companions - 1];
        _cleanup_error_ Error failure = ERROR_INIT;

        if (error && error_is_set(error)) {
                g_autofree char *text = error_message(error);

                (void) error_set(&failure, error->code, "%s: %s", plan->program->place, text);
                finish(launch, &failure);
                return;
        }
        go_on(launch);
}

static int begin_next(QemuLaunch *launch, Error *error)
{
        const QemuFiles *files = launch->files;

        if (launch->n_errands < files->errands->len)
                return begin_errand(launch, files->errands->pdata[launch->n_errands++], error);
        return qemu_companions_start(launch->guest->companions, files->companions->pdata[launch->n_companions++],
                                     on_ready, launch, error);
}

static bool has_next(const QemuLaunch *launch)
{
        return launch->n_errands < launch->files->errands->len || launch->n_companions < launch->files->companions->len;
}

static void go_on(QemuLaunch *launch)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (!has_next(launch) || begin_next(launch, &error) < 0)
                finish(launch, &error);
}

static int on_next(sd_event_source *source, void *userdata)
{
        QemuLaunch *launch = userdata;

        launch->next = sd_event_source_disable_unref(launch->next);
        go_on(launch);
        return 0;
}

int qemu_launch_begin(QemuGuest *guest, const QemuFiles *files, QemuLaunchDone done, void *userdata, QemuLaunch **ret)
{
        QemuLaunch *launch = g_new0(QemuLaunch, 1);

        launch->guest = guest;
        launch->files = files;
        launch->done = done;
        launch->userdata = userdata;
        if (!has_next(launch)) {
                g_free(launch);
                return 0;
        }
        *ret = launch;
        return sd_event_add_defer(guest->driver->host->event, &launch->next, on_next, launch) < 0 ? 0 : 1;
}

/* -- the end -------------------------------------------------------------------------------------------------- */

typedef struct Farewell {
        QemuDriver *driver;
        QemuProgram *program;
        ProcessRun *run;
} Farewell;

void qemu_farewell_free(void *p)
{
        Farewell *farewell = p;

        process_run_cancel(farewell->run);
        qemu_program_free(farewell->program);
        g_free(farewell);
}

static void on_farewell_done(void *userdata, const ProcessResult *result, Error *error)
{
        Farewell *farewell = userdata;

        farewell->run = NULL;
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_warning("%s: %s", farewell->program->place, text);
        }
        g_ptr_array_remove(farewell->driver->farewells, farewell);
}

static void begin_farewell(QemuDriver *driver, QemuProgram *program)
{
        const ProcessRunOptions options = { .timeout_usec = ERRAND_USEC };
        ProcessSpec spec = qemu_program_spec(program);
        Farewell *farewell = g_new0(Farewell, 1);

        farewell->driver = driver;
        farewell->program = program;
        if (process_run(driver->launcher, &spec, &options, on_farewell_done, farewell, &farewell->run, NULL) < 0)
                qemu_farewell_free(farewell);
        else
                g_ptr_array_add(driver->farewells, farewell);
}

void qemu_farewell(QemuGuest *guest, const DomainDef *def)
{
        g_autoptr(GPtrArray) programs = qemu_files_farewell(def);

        for (guint i = 0; i < programs->len; i++)
                begin_farewell(guest->driver, programs->pdata[i]);
}
