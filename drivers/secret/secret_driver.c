/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/secret/secret_driver.h"

#include "drivers/secret/secret_store.h"
#include "service/base/log.h"

#define LOG_CATEGORY "secret"

typedef struct SecretPart {
        Part part;
        StoreDir *store;
} SecretPart;

static SecretPart *part_of(const Secret *secret)
{
        return (SecretPart *) driver_part(secret->object.driver, &secret_part_info);
}

/* A change of what is on disk. It is one step: what the worker has made durable is made visible in the same turn. */
typedef struct Change {
        Job *job;
        Secret *secret;
        SecretDef *def; /* the new one, NULL: unchanged */
        GBytes *value;  /* what there is to be, NULL: none */
        bool remove;    /* nothing of it is to be on disk */
        WorkerTask *task;
        void (*done)(struct Change *change);
} Change;

static void change_free(void *p)
{
        Change *change = p;

        worker_cancel(change->task);
        object_unref(change->secret);
        secret_def_unref(change->def);
        g_clear_pointer(&change->value, g_bytes_unref);
        g_free(change);
}

static Change *change_new(Secret *secret, SecretDef *def, GBytes *value, void (*done)(Change *change), Job *job)
{
        Change *change = g_new0(Change, 1);

        change->job = job;
        change->secret = object_ref(secret);
        change->def = secret_def_ref(def);
        change->value = value ? g_bytes_ref(value) : NULL;
        change->done = done;
        return change;
}

static void on_written(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        if (r >= 0)
                change->done(change);
        else if (!change->secret->object.published)
                object_remove(&change->secret->object);
        job_step_done(change->job, r, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;
        const Secret *secret = change->secret;
        WorkerPool *pool = secret->object.driver->host->workers;
        StoreDir *store = part_of(secret)->store;

        if (change->remove)
                change->task = secret_store_remove(store, pool, secret->uuid, on_written, change);
        else
                change->task = secret_store_write(store, pool, change->def, change->value, on_written, change);
        return JOB_STEP_WAIT;
}

static const JobStep change_steps[] = {
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

/* on_disk: whether anything of it is there or is to be. */
static int change_run(Change *change, bool on_disk, Error *error)
{
        if (on_disk)
                return job_run(change->job, change_steps, change, change_free, error);
        change->done(change);
        change_free(change);
        return 0;
}

static bool is_durable(const SecretDef *def)
{
        return def->ephemeral != TRISTATE_YES;
}

static void defined(Change *change)
{
        Secret *secret = change->secret;

        secret_put_def(secret, change->def);
        if (!secret->object.published)
                object_publish(&secret->object);
        secret_emit_event(secret, SECRET_EVENT_DEFINED);
}

static int secret_define(Secret *secret, SecretDef *def, Job *job, Error *error)
{
        bool was_durable = secret->object.published && is_durable(secret->def);
        Change *change = change_new(secret, def, secret->value, defined, job);

        change->remove = !is_durable(def);
        return change_run(change, was_durable || is_durable(def), error);
}

static void undefined(Change *change)
{
        secret_emit_event(change->secret, SECRET_EVENT_UNDEFINED);
        object_remove(&change->secret->object);
}

static int secret_undefine(Secret *secret, Job *job, Error *error)
{
        Change *change = change_new(secret, secret->def, NULL, undefined, job);

        change->remove = true;
        return change_run(change, is_durable(secret->def), error);
}

static void value_set(Change *change)
{
        secret_put_value(change->secret, change->value);
}

static int secret_set_value(Secret *secret, GBytes *value, Job *job, Error *error)
{
        return change_run(change_new(secret, secret->def, value, value_set, job), is_durable(secret->def), error);
}

static void secret_install(DriverInfo *info)
{
        info->secret = (SecretOps) {
                .define = secret_define,
                .undefine = secret_undefine,
                .set_value = secret_set_value,
        };
}

static int take_stored(const SecretDef *def, GBytes *value, void *userdata, Error *error)
{
        ObjectList *list = userdata;
        Secret *secret;
        int r = secret_list_add(list, def, &secret, error);

        if (r < 0)
                return r;
        secret->value = value ? g_bytes_ref(value) : NULL;
        object_publish(&secret->object);
        return 0;
}

static Part *secret_part_close(Part *part)
{
        SecretPart *own = (SecretPart *) part;

        if (!own)
                return NULL;
        store_dir_unref(own->store);
        g_free(own);
        return NULL;
}

static int secret_part_open(Driver *driver, Part **ret, Error *error)
{
        ObjectList *list = driver->lists[OBJECT_SECRET];
        _cleanup_(store_dir_unrefp) StoreDir *store = NULL;
        SecretPart *part;
        int r = secret_store_open(driver->host->paths->config, &store, error);

        if (r >= 0)
                r = secret_store_load(store, take_stored, list, error);
        if (r < 0)
                return r;
        log_info("%zu secrets loaded", object_list_size(list));
        part = g_new0(SecretPart, 1);
        part->part.info = &secret_part_info;
        part->store = g_steal_pointer(&store);
        *ret = &part->part;
        return 0;
}

const PartInfo secret_part_info = {
        .name = "secret",
        .kinds = DRIVER_KIND(OBJECT_SECRET),
        .install = secret_install,
        .open = secret_part_open,
        .close = secret_part_close,
};
