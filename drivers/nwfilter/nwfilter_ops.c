/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_private.h"

#include "service/base/log.h"

#define LOG_CATEGORY "nwfilter"

/* One operation on a filter, or on a binding. */
typedef struct Change {
        Job *job;
        NwfilterPart *part;
        NWFilter *filter;
        NWFilterBinding *binding;
        NwfilterDef *def;
        NwfilterBindingDef *binding_def; /* the new one */
        uint64_t n_bound; /* when the rules were made */
        WorkerTask *task;
} Change;

static void change_free(void *p)
{
        Change *change = p;

        worker_cancel(change->task);
        object_unref(change->filter);
        object_unref(change->binding);
        nwfilter_def_unref(change->def);
        nwfilter_binding_def_unref(change->binding_def);
        g_free(change);
}

static int change_run(const JobStep *steps, Job *job, Object *object, const Change *template, Error *error)
{
        Change *change = g_memdup2(template, sizeof(*template));

        change->job = job;
        change->part = nwfilter_part_of(object);
        object_ref(object);
        return job_run(job, steps, change, change_free, error);
}

static void on_step(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        job_step_done(change->job, r, error);
}

/* -- definitions ---------------------------------------------------------------------------------------------- */

/* Step "apply": what has the rules already gets the new ones first, in one go, since that is what may fail. */
static int step_apply(Job *job, void *context, Error *error)
{
        Change *change = context;
        _cleanup_(nwfilter_apply_freep) NwfilterApply *apply = nwfilter_apply_new(change->part);
        int r = nwfilter_apply_add_users(apply, change->filter->name, change->def, error);

        change->n_bound = change->part->n_bound;
        if (r < 0 || nwfilter_apply_is_empty(apply))
                return r;
        change->task = nwfilter_apply_run(g_steal_pointer(&apply), on_step, change);
        return JOB_STEP_WAIT;
}

/* As the filter is now. */
static void apply_again(NwfilterPart *part, const NWFilter *filter)
{
        _cleanup_(nwfilter_apply_freep) NwfilterApply *apply = nwfilter_apply_new(part);
        _cleanup_error_ Error error = ERROR_INIT;

        if (nwfilter_apply_add_users(apply, filter->name, NULL, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_error("filter '%s' is not applied again: %s", filter->name, text);
                return;
        }
        nwfilter_apply_run_alone(g_steal_pointer(&apply));
}

static void undo_apply(Job *job, void *context)
{
        const Change *change = context;

        if (change->filter->object.published)
                apply_again(change->part, change->filter);
}

static void on_written(void *userdata, int r, Error *error)
{
        Change *change = userdata;
        NWFilter *filter = change->filter;

        if (r >= 0) {
                nwfilter_put_def(filter, change->def);
                if (!filter->object.published)
                        object_publish(&filter->object);
                /* what was bound meanwhile has the rules of before */
                if (change->n_bound != change->part->n_bound)
                        apply_again(change->part, filter);
        }
        on_step(change, r, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;
        g_autofree char *text = nwfilter_def_format(change->def, 0);

        change->task = named_store_write(change->part->store, change->part->driver->host->workers, change->filter->name,
                                         text, on_written, change);
        return JOB_STEP_WAIT;
}

/* A new filter whose definition failed is none. */
static void undo_new(Job *job, void *context)
{
        const Change *change = context;

        if (!change->filter->object.published)
                object_remove(&change->filter->object);
}

static int step_begin(Job *job, void *context, Error *error)
{
        return 0;
}

int nwfilter_part_define(NWFilter *filter, NwfilterDef *def, Job *job, Error *error)
{
        static const JobStep steps[] = {
                { .name = "begin", .start = step_begin, .undo = undo_new },
                { .name = "apply", .start = step_apply, .undo = undo_apply },
                { .name = "write", .start = step_write, .no_return = true },
                {},
        };
        const Change change = { .filter = filter, .def = nwfilter_def_ref(def) };

        return change_run(steps, job, &filter->object, &change, error);
}

static void on_removed(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        if (r >= 0)
                object_remove(&change->filter->object);
        on_step(change, r, error);
}

static int step_remove(Job *job, void *context, Error *error)
{
        Change *change = context;

        change->task = named_store_remove(change->part->store, change->part->driver->host->workers,
                                          change->filter->name, on_removed, change);
        return JOB_STEP_WAIT;
}

int nwfilter_part_undefine(NWFilter *filter, Job *job, Error *error)
{
        static const JobStep steps[] = { { .name = "write", .start = step_remove, .no_return = true }, {} };
        const Driver *driver = filter->object.driver;
        const ObjectList *bindings = driver->lists[OBJECT_NWFILTER_BINDING];
        const Change change = { .filter = filter };

        for (size_t i = 0; i < object_list_size(bindings); i++) {
                const NWFilterBinding *binding = object_list_get(bindings, i);

                if (nwfilter_list_includes(driver->lists[OBJECT_NWFILTER], binding->def->ref.filter, filter->name))
                        return error_set(error, ERROR_OPERATION_INVALID, "nwfilter is in use");
        }
        return change_run(steps, job, &filter->object, &change, error);
}

/* -- bindings ------------------------------------------------------------------------------------------------- */

static int step_bind(Job *job, void *context, Error *error)
{
        Change *change = context;
        _cleanup_(nwfilter_apply_freep) NwfilterApply *apply = nwfilter_apply_new(change->part);
        int r = nwfilter_apply_add(apply, NULL, change->binding_def, error);

        if (r < 0)
                return r;
        change->part->n_bound++;
        change->task = nwfilter_apply_run(g_steal_pointer(&apply), on_step, change);
        return JOB_STEP_WAIT;
}

static void on_undone(void *userdata, int r, Error *error)
{
}

static void undo_bind(Job *job, void *context)
{
        const Change *change = context;

        (void) nwfilter_apply_remove(change->part, change->binding->def->port_dev, on_undone, NULL);
}

static int step_publish(Job *job, void *context, Error *error)
{
        const Change *change = context;
        NWFilterBinding *binding = change->binding;
        g_autofree char *text = nwfilter_binding_def_format(change->binding_def, 0);
        int r = named_store_put_running(change->part->store, change->binding_def->port_dev, text, error);

        if (r < 0)
                return r;
        if (binding->object.published)
                nwfilter_binding_put_def(binding, change->binding_def);
        else
                object_publish(&binding->object);
        return 0;
}

static void undo_new_binding(Job *job, void *context)
{
        object_remove(&((const Change *) context)->binding->object);
}

int nwfilter_part_bind(NWFilterBinding *binding, Job *job, Error *error)
{
        static const JobStep steps[] = {
                { .name = "begin", .start = step_begin, .undo = undo_new_binding },
                { .name = "apply", .start = step_bind, .undo = undo_bind },
                { .name = "publish", .start = step_publish },
                {},
        };
        Change change = { .binding = binding };

        if (binding->object.driver->host->session) {
                object_remove(&binding->object);
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "an ordinary user's daemon filters no packets");
        }
        change.binding_def = nwfilter_binding_def_ref(binding->def);
        return change_run(steps, job, &binding->object, &change, error);
}

/* The rules of before, which could be set once. */
static void undo_rebind(Job *job, void *context)
{
        const Change *change = context;
        _cleanup_(nwfilter_apply_freep) NwfilterApply *apply = nwfilter_apply_new(change->part);

        if (nwfilter_apply_add(apply, NULL, change->binding->def, NULL) >= 0)
                nwfilter_apply_run_alone(g_steal_pointer(&apply));
}

int nwfilter_part_rebind(NWFilterBinding *binding, NwfilterBindingDef *def, Job *job, Error *error)
{
        static const JobStep steps[] = {
                { .name = "apply", .start = step_bind, .undo = undo_rebind },
                { .name = "publish", .start = step_publish },
                {},
        };
        const Change change = { .binding = binding, .binding_def = nwfilter_binding_def_ref(def) };

        return change_run(steps, job, &binding->object, &change, error);
}

/* At once for everybody else: the next binding of the port comes behind this on the one worker. */
static int step_unbind(Job *job, void *context, Error *error)
{
        Change *change = context;

        named_store_drop_running(change->part->store, change->binding->def->port_dev);
        change->task = nwfilter_apply_remove(change->part, change->binding->def->port_dev, on_step, change);
        object_remove(&change->binding->object);
        return JOB_STEP_WAIT;
}

int nwfilter_part_unbind(NWFilterBinding *binding, Job *job, Error *error)
{
        static const JobStep steps[] = { { .name = "remove", .start = step_unbind, .no_return = true }, {} };
        const Change change = { .binding = binding };

        return change_run(steps, job, &binding->object, &change, error);
}
