/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_private.h"

#include "service/base/log.h"
#include "service/base/store.h"

#define LOG_CATEGORY "qemu"

/* In the directory in /run: autostart has been done since the host was booted. */
#define MARKER "autostarted"

struct QemuAutostart {
        QemuDriver *driver;
        GQueue waiting; /* of Domain, referenced; in the order of names */
        unsigned n_running;
        /* starts come from the loop alone: not before the daemon is complete, nor when it ends */
        sd_event_source *next;
};

static void report(Domain *domain, const Error *error)
{
        g_autofree char *text = error_message(error);

        log_domain(LOG_ERR, domain->name, domain->uuid, "domain '%s' cannot be autostarted: %s",
                   domain->name, text);
}

static void on_completed(Job *job, Error *error, void *userdata)
{
        QemuAutostart *autostart = userdata;

        if (error)
                report(job_object(job), error);
        autostart->n_running--;
        (void) sd_event_source_set_enabled(autostart->next, SD_EVENT_ONESHOT);
}

static void on_forgotten(void *userdata, int r, Error *error)
{
        g_autofree char *text = r < 0 ? error_message(error) : NULL;

        if (text)
                log_warning("a domain will be autostarted once more: %s", text);
}

/* It was to be this time alone, whatever becomes of it. */
static void forget_once(const QemuAutostart *autostart, Domain *domain)
{
        if (!domain->autostart_once)
                return;
        domain_set_autostart_once(domain, false);
        (void) qemu_store_set_autostart(autostart->driver->store, autostart->driver->host->workers, domain->name,
                                        QEMU_AUTOSTART_ONCE, false, on_forgotten, NULL);
}

/* Returns whether a job runs. */
static bool start_one(QemuAutostart *autostart, Domain *domain)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        int r;

        if (!(domain->autostart || domain->autostart_once) || !domain->persistent)
                return false;
        forget_once(autostart, domain);
        if (domain_is_active(domain))
                return false;
        r = job_new(autostart->driver->host->jobs, "autostart", &domain->object.slot, NULL, &job, &error);
        if (r >= 0) {
                job_set_object(job, domain_ref(domain), qemu_unref_domain);
                r = qemu_start(domain, NULL, 0, job, &error);
        }
        if (r < 0)
                report(domain, &error);
        if (r <= 0)
                return false;
        job_on_completed(job, on_completed, autostart);
        return true;
}

static void write_marker(QemuAutostart *autostart)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (store_write(autostart->driver->run_fd, MARKER, "", 0, 0, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("the next start of the daemon will autostart domains again: %s", text);
        }
}

static int on_next(sd_event_source *source, void *userdata)
{
        QemuAutostart *autostart = userdata;

        while (autostart->n_running < autostart->driver->settings.autostart_parallel) {
                _cleanup_(domain_unrefp) Domain *domain = g_queue_pop_head(&autostart->waiting);

                if (!domain)
                        break;
                if (start_one(autostart, domain))
                        autostart->n_running++;
        }
        /* written at the end: who is interrupted goes on with those that do not run yet */
        if (autostart->n_running == 0 && g_queue_is_empty(&autostart->waiting))
                write_marker(autostart);
        return 0;
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer userdata)
{
        return g_strcmp0(((const Domain *) a)->name, ((const Domain *) b)->name);
}

QemuAutostart *qemu_autostart_begin(QemuDriver *driver)
{
        QemuAutostart *autostart = g_new0(QemuAutostart, 1);

        autostart->driver = driver;
        g_queue_init(&autostart->waiting);
        if (faccessat(driver->run_fd, MARKER, F_OK, 0) == 0)
                return autostart;
        for (size_t i = 0; i < domain_list_size(driver->driver.domains); i++) {
                Domain *domain = domain_list_get(driver->driver.domains, i);

                if (domain->autostart || domain->autostart_once)
                        g_queue_push_tail(&autostart->waiting, domain_ref(domain));
        }
        g_queue_sort(&autostart->waiting, compare_names, NULL);
        (void) sd_event_add_defer(driver->host->event, &autostart->next, on_next, autostart);
        return autostart;
}

QemuAutostart *qemu_autostart_free(QemuAutostart *autostart)
{
        if (!autostart)
                return NULL;
        sd_event_source_disable_unref(autostart->next);
        for (Domain *domain; (domain = g_queue_pop_head(&autostart->waiting));)
                domain_unref(domain);
        g_free(autostart);
        return NULL;
}
