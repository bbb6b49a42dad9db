/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"
#include "drivers/model/domain_tune.h"
#include "drivers/model/domain_vcpu.h"

/* Threads of the emulator that serve disks. */

/* Each with its number, as soon as one is not just counted. */
static void enumerate(DomainDef *def)
{
        g_autoptr(GArray) ids = domain_iothread_ids(def);

        for (guint i = 0; i < ids->len; i++) {
                uint32_t id = g_array_index(ids, uint32_t, i);
                DomainIoThread *thread;

                if (domain_iothread_find(def, id))
                        continue;
                thread = domain_def_new(def, DomainIoThread);
                def_put(thread, id, id);
                domain_def_append(def, &def->iothread_items, thread);
        }
}

static int find(DomainEditing *editing, DomainIoThread **ret, Error *error)
{
        uint32_t id = (uint32_t) editing->edit->number;

        enumerate(editing->def);
        *ret = domain_iothread_find(editing->def, id);
        if (!*ret)
                return error_set(error, ERROR_INVALID_ARG,
                                 "cannot find IOThread '%" PRIu32 "' in iothreadids list", id);
        return 0;
}

int edit_add_iothread(DomainEditing *editing, Error *error)
{
        uint32_t id = (uint32_t) editing->edit->number;
        DomainDef *def = editing->def;
        DomainIoThread *thread;

        enumerate(def);
        if (domain_iothread_find(def, id))
                return error_set(error, ERROR_INVALID_ARG,
                                 "an IOThread is already using iothread_id '%" PRIu32 "'", id);
        thread = domain_def_new(def, DomainIoThread);
        def_put(thread, id, id);
        domain_def_append(def, &def->iothread_items, thread);
        def_put(def, iothreads, def->iothread_items.n);
        return 0;
}

static int check_unused(const DomainDef *def, uint32_t id, Error *error)
{
        DEF_FOREACH(disk, def->disks)
                if (def_is_set(disk, iothread) && disk->iothread == id)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "cannot remove IOThread %" PRIu32 " since it is being used by disk "
                                         "'%s'", id, disk->target);
        DEF_FOREACH(controller, def->controllers)
                if (def_is_set(controller, iothread) && controller->iothread == id)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "cannot remove IOThread '%" PRIu32 "' since it is being used by "
                                         "controller", id);
        return 0;
}

int edit_delete_iothread(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        DomainIoThread *thread;
        int r = find(editing, &thread, error);

        if (r >= 0)
                r = check_unused(def, thread->id, error);
        if (r < 0)
                return r;
        for (uint32_t i = def->iothread_items.n; i-- > 0;)
                if (def->iothread_items.items[i] == thread)
                        def_remove(&def->iothread_items, i);
        if (def->iothread_items.n > 0)
                def_put(def, iothreads, def->iothread_items.n);
        else
                def_drop(def, iothreads);
        for (uint32_t i = def->cpu_tune ? def->cpu_tune->iothread_pins.n : 0; i-- > 0;)
                if (def->cpu_tune->iothread_pins.items[i]->id == thread->id)
                        def_remove(&def->cpu_tune->iothread_pins, i);
        return 0;
}

int edit_pin_iothread(DomainEditing *editing, Error *error)
{
        uint32_t id = (uint32_t) editing->edit->number;
        DomainDef *def = editing->def;

        if (!domain_iothread_exists(def, id))
                return error_set(error, ERROR_INVALID_ARG, "iothread %" PRIu32 " not found", id);
        if (!def->cpu_tune)
                def->cpu_tune = domain_def_new(def, DomainCpuTune);
        domain_pin_set(def, &def->cpu_tune->iothread_pins, id, editing->edit->cpuset);
        return 0;
}

static int check_pool(const DomainIoThread *thread, Error *error)
{
        if (def_is_set(thread, pool_min) && def_is_set(thread, pool_max) &&
            thread->pool_min > thread->pool_max)
                return error_set(error, ERROR_INVALID_ARG,
                                 "thread_pool_min value %" PRIu32 " must not be greater than thread_pool_max "
                                 "value %" PRIu32, thread->pool_min, thread->pool_max);
        return 0;
}

int edit_tune_iothread(DomainEditing *editing, Error *error)
{
        DomainIoThread *thread;
        int r = find(editing, &thread, error);

        if (r >= 0)
                r = tune_write(&tune_iothread, &editing->edit->params, editing->def, thread, error);
        return r < 0 ? r : check_pool(thread, error);
}

void tunables_pin_iothread(const DomainEdit *edit, Params *ret)
{
        params_add_string(ret, params_name(ret, "cputune.iothreadpin%" PRIu64, edit->number), edit->cpuset);
}
