/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/qemu/qemu_files_tpm.h"
#include "drivers/qemu/qemu_nvram.h"
#include "drivers/qemu/qemu_save.h"
#include "service/base/log.h"
#include "service/base/store.h"

#define LOG_CATEGORY "qemu"

/*
 * A change of the stored definition. Each is one step: what the worker has made durable is made visible in
 * the same turn, so that no cancellation comes between.
 */
typedef struct Change Change;

struct Change {
        Job *job;
        QemuDriver *driver;
        Domain *domain;
        DomainDef *def;
        char *name; /* of a rename */
        char *nvram;
        bool remove_nvram;
        bool remove_tpm;
        bool autostart;
        QemuAutostartKind kind; /* that is set or not */
        bool is_new;
        WorkerTask *task;
        WorkerTask *(*start)(Change *change, WorkerDone done);
        void (*done)(Change *change);
};

static void change_release(Change *change)
{
        if (change->name) {
                g_hash_table_remove(change->driver->reserved, change->domain->name);
                g_hash_table_remove(change->driver->reserved, change->name);
        }
}

static void change_free(void *p)
{
        Change *change = p;

        worker_cancel(change->task);
        domain_unref(change->domain);
        domain_def_unref(change->def);
        g_free(change->name);
        g_free(change->nvram);
        g_free(change);
}

static void on_changed(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        if (r >= 0)
                change->done(change);
        else if (change->is_new)
                domain_list_remove(change->domain);
        change_release(change);
        job_step_done(change->job, r, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;

        change->task = change->start(change, on_changed);
        return JOB_STEP_WAIT;
}

/* Step "saved": what a domain of that name is never to be restored from. */
static void on_saved_removed(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        if (r >= 0)
                domain_set_managed_save(change->domain, false);
        job_step_done(change->job, r, error);
}

static int step_remove_saved(Job *job, void *context, Error *error)
{
        Change *change = context;

        if (!change->domain->managed_save)
                return 0;
        change->task = qemu_managed_remove_later(change->domain, on_saved_removed, change);
        return JOB_STEP_WAIT;
}

static const JobStep undefine_steps[] = {
        { .name = "saved", .start = step_remove_saved, .no_return = true },
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

static const JobStep change_steps[] = {
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

static Change *change_new(Domain *domain, Job *job)
{
        Change *change = g_new0(Change, 1);

        change->job = job;
        change->driver = qemu_driver_of(domain);
        change->domain = domain_ref(domain);
        change->autostart = domain->autostart;
        return change;
}

static int change_run(Change *change, WorkerTask *(*start)(Change *, WorkerDone), void (*done)(Change *),
                      Error *error)
{
        change->start = start;
        change->done = done;
        return job_run(change->job, change_steps, change, change_free, error);
}

static char *definition_text(const DomainDef *def)
{
        return domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_INACTIVE);
}

int qemu_check_name(QemuDriver *driver, const char *name, Error *error)
{
        if (g_hash_table_contains(driver->reserved, name))
                return error_set(error, ERROR_RESOURCE_BUSY, "a domain is being renamed from or to '%s'",
                                 name);
        return 0;
}

static WorkerTask *start_define(Change *change, WorkerDone done)
{
        return qemu_store_write(change->driver->store, change->driver->host->workers, change->domain->name,
                                definition_text(change->def), done, change);
}

static void defined(Change *change)
{
        Domain *domain = change->domain;
        bool added = !domain->persistent;

        domain_set_config(domain, change->def);
        if (change->is_new)
                domain_publish(domain);
        domain_emit_event(domain, DOMAIN_EVENT_DEFINED,
                          added ? DOMAIN_EVENT_DEFINED_ADDED : DOMAIN_EVENT_DEFINED_UPDATED);
}

static int check_define(Domain *domain, const DomainDef *def, Error *error)
{
        if (!streq_ptr(def->name, domain->name) || !streq_ptr(def->uuid, domain->uuid))
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' is already defined with uuid %s",
                                 domain->name, domain->uuid);
        if (!store_name_is_valid(def->name))
                return error_set(error, ERROR_XML_ERROR, "'%s' cannot be the name of a domain", def->name);
        return domain->object.published ? 0 : qemu_check_name(qemu_driver_of(domain), def->name, error);
}

int qemu_define(Domain *domain, DomainDef *def, Job *job, Error *error)
{
        Change *change;
        int r = check_define(domain, def, error);

        if (r < 0) {
                if (!domain->object.published)
                        domain_list_remove(domain);
                return r;
        }
        change = change_new(domain, job);
        change->def = domain_def_ref(def);
        change->is_new = !domain->object.published;
        return change_run(change, start_define, defined, error);
}

/* The TPM of a running machine goes with that. */
static WorkerTask *start_undefine(Change *change, WorkerDone done)
{
        const QemuDriver *driver = change->driver;
        bool now = change->remove_tpm && !domain_guest(change->domain);
        g_autofree char *tpm_dir = now ? qemu_tpm_state_dir(driver->settings.programs, change->domain->uuid) : NULL;

        return qemu_store_remove(driver->store, driver->host->workers, change->domain->name, change->nvram,
                                 change->remove_nvram, tpm_dir, done, change);
}

static void undefined(Change *change)
{
        Domain *domain = change->domain;

        domain_set_autostart(domain, false);
        domain_set_autostart_once(domain, false);
        domain_set_config(domain, NULL);
        domain_emit_event(domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_REMOVED);
        if (domain_guest(domain)) {
                domain_guest(domain)->status.keep_tpm = !change->remove_tpm;
                guest_update_status(domain_guest(domain));
                return;
        }
        if (!domain_is_active(domain))
                domain_list_remove(domain);
}

/* The file with the variables of the firmware, or NULL. */
static char *nvram_path(const Domain *domain)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_config(domain);
        const char *path;
        bool block;

        return qemu_nvram_is_local(&def->os, &path, &block) && !block ? g_strdup(path) : NULL;
}

static bool removes_tpm(const Domain *domain, uint32_t flags)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_config(domain);

        if (flags & (DOMAIN_UNDEFINE_TPM | DOMAIN_UNDEFINE_KEEP_TPM))
                return flags & DOMAIN_UNDEFINE_TPM;
        return qemu_tpm_is_forgotten(def);
}

int qemu_undefine(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        Change *change;
        int r = qemu_check_flags(flags,
                                 DOMAIN_UNDEFINE_MANAGED_SAVE | DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                                         DOMAIN_UNDEFINE_NVRAM | DOMAIN_UNDEFINE_KEEP_NVRAM |
                                         DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | DOMAIN_UNDEFINE_TPM |
                                         DOMAIN_UNDEFINE_KEEP_TPM,
                                 error);

        if (r < 0)
                return r;
        if ((flags & DOMAIN_UNDEFINE_NVRAM) && (flags & DOMAIN_UNDEFINE_KEEP_NVRAM))
                return error_set(error, ERROR_INVALID_ARG,
                                 "the flags NVRAM and KEEP_NVRAM exclude each other");
        if (!domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot undefine transient domain");
        if (domain->managed_save && !(flags & DOMAIN_UNDEFINE_MANAGED_SAVE))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "Refusing to undefine while domain managed save image exists");
        if ((flags & DOMAIN_UNDEFINE_TPM) && (flags & DOMAIN_UNDEFINE_KEEP_TPM))
                return error_set(error, ERROR_INVALID_ARG, "the flags TPM and KEEP_TPM exclude each other");
        change = change_new(domain, job);
        change->remove_tpm = removes_tpm(domain, flags);
        if (!(flags & DOMAIN_UNDEFINE_KEEP_NVRAM))
                change->nvram = nvram_path(domain);
        change->remove_nvram = flags & DOMAIN_UNDEFINE_NVRAM;
        change->start = start_undefine;
        change->done = undefined;
        return job_run(job, undefine_steps, change, change_free, error);
}

static WorkerTask *start_autostart(Change *change, WorkerDone done)
{
        return qemu_store_set_autostart(change->driver->store, change->driver->host->workers,
                                        change->domain->name, change->kind, change->autostart, done, change);
}

static void autostart_set(Change *change)
{
        if (change->kind == QEMU_AUTOSTART_ONCE)
                domain_set_autostart_once(change->domain, change->autostart);
        else
                domain_set_autostart(change->domain, change->autostart);
}

static int set_autostart(Domain *domain, QemuAutostartKind kind, bool autostart, Job *job, Error *error)
{
        bool is_set = kind == QEMU_AUTOSTART_ONCE ? domain->autostart_once : domain->autostart;
        Change *change;

        if (!domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot set autostart for transient domain");
        if (is_set == autostart)
                return 0;
        change = change_new(domain, job);
        change->kind = kind;
        change->autostart = autostart;
        return change_run(change, start_autostart, autostart_set, error);
}

int qemu_set_autostart(Domain *domain, bool autostart, Job *job, Error *error)
{
        return set_autostart(domain, QEMU_AUTOSTART_ALWAYS, autostart, job, error);
}

int qemu_set_autostart_once(Domain *domain, bool autostart, Job *job, Error *error)
{
        return set_autostart(domain, QEMU_AUTOSTART_ONCE, autostart, job, error);
}

static unsigned autostart_mask(const Domain *domain)
{
        return (domain->autostart ? 1u << QEMU_AUTOSTART_ALWAYS : 0) |
               (domain->autostart_once ? 1u << QEMU_AUTOSTART_ONCE : 0);
}

static WorkerTask *start_rename(Change *change, WorkerDone done)
{
        return qemu_store_rename(change->driver->store, change->driver->host->workers, change->domain->name,
                                 change->name, definition_text(change->def), autostart_mask(change->domain), done,
                                 change);
}

static void renamed(Change *change)
{
        _cleanup_error_ Error error = ERROR_INIT;

        g_hash_table_remove(change->driver->reserved, change->domain->name);
        domain_emit_event(change->domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_RENAMED);
        if (domain_set_name(change->domain, change->name, &error) < 0)
                g_assert_not_reached(); /* the name has been reserved since it was free */
        domain_set_config(change->domain, change->def);
        domain_emit_event(change->domain, DOMAIN_EVENT_DEFINED, DOMAIN_EVENT_DEFINED_RENAMED);
}

static int rename_def(Domain *domain, const char *name, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_config(domain);

        return domain_def_rename(def, name, ret, error);
}

static int check_rename(Domain *domain, const char *name, Error *error)
{
        QemuDriver *driver = qemu_driver_of(domain);
        int r;

        if (!store_name_is_valid(name))
                return error_set(error, ERROR_INVALID_ARG, "'%s' cannot be the name of a domain", name);
        if (!domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot rename a transient domain");
        if (domain->managed_save)
                return error_set(error, ERROR_OPERATION_INVALID, "domain with a managed saved state can't be renamed");
        r = domain_check_inactive(domain, error);
        if (r < 0)
                return r;
        if (domain_list_find_any_name(driver->driver.domains, name))
                return error_set(error, ERROR_DOM_EXIST, "domain with name '%s' already exists", name);
        return qemu_check_name(driver, name, error);
}

int qemu_rename(Domain *domain, const char *name, Job *job, Error *error)
{
        Change *change;
        DomainDef *def;
        int r = check_rename(domain, name, error);

        if (r >= 0)
                r = rename_def(domain, name, &def, error);
        if (r < 0)
                return r;
        change = change_new(domain, job);
        change->name = g_strdup(name);
        change->def = def;
        g_hash_table_add(change->driver->reserved, g_strdup(domain->name));
        g_hash_table_add(change->driver->reserved, g_strdup(name));
        return change_run(change, start_rename, renamed, error);
}
