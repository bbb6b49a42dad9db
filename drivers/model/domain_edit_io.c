/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"
#include "drivers/model/domain_find.h"
#include "drivers/model/domain_tune.h"

/* Limits for disks and interfaces. */

int edit_blkio_tune(DomainEditing *editing, Error *error)
{
        return tune_write_blkio(&editing->edit->params, editing->def, error);
}

/* The total excludes what is read and written; a maximum needs its limit. */
static int check_io_tune(const DomainIoTune *tune, Error *error)
{
        const struct {
                const char *what;
                uint64_t total, read, write;
        } rows[] = {
                { "bytes_sec", tune->total_bytes, tune->read_bytes, tune->write_bytes },
                { "iops_sec", tune->total_iops, tune->read_iops, tune->write_iops },
                { "bytes_sec_max", tune->total_bytes_max, tune->read_bytes_max, tune->write_bytes_max },
                { "iops_sec_max", tune->total_iops_max, tune->read_iops_max, tune->write_iops_max },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].total > 0 && (rows[i].read > 0 || rows[i].write > 0))
                        return error_set(error, ERROR_INVALID_ARG,
                                         "total and read/write of %s cannot be set at the same time",
                                         rows[i].what);
        return 0;
}

static int write_io_tune(DomainEditing *editing, DomainIoTune **tune, Error *error)
{
        DomainDef *def = editing->def;
        DomainIoTune *t = *tune ?: domain_def_new(def, DomainIoTune);
        int r = tune_write(&tune_block_io, &editing->edit->params, def, t, error);

        if (r >= 0)
                r = check_io_tune(t, error);
        if (r >= 0)
                *tune = t;
        return r;
}

int edit_block_io_tune(DomainEditing *editing, Error *error)
{
        DomainDisk *disk = domain_find_disk(editing->def, editing->edit->name);
        int r;

        if (!disk)
                return error_set(error, ERROR_INVALID_ARG,
                                 "disk '%s' was not found in the domain config", editing->edit->name);
        r = write_io_tune(editing, &disk->iotune, error);
        if (r < 0)
                return r;
        tune_drop_zeros(&tune_block_io, disk->iotune);
        if (disk->iotune->set == 0 && !disk->iotune->group)
                disk->iotune = NULL;
        return 0;
}

static DomainIoTune **find_group(const DomainDef *def, const char *name)
{
        for (uint32_t i = 0; i < def->throttle_groups.n; i++)
                if (streq_ptr(def->throttle_groups.items[i]->group, name))
                        return def->throttle_groups.items + i;
        return NULL;
}

int edit_throttle_group(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        DomainIoTune **found = find_group(def, editing->edit->name);
        DomainIoTune *group = found ? *found : NULL;
        int r = write_io_tune(editing, &group, error);

        if (r < 0)
                return r;
        tune_drop_zeros(&tune_block_io, group);
        group->group = domain_def_strdup(def, editing->edit->name);
        if (!found)
                domain_def_append(def, &def->throttle_groups, group);
        return 0;
}

int edit_delete_throttle_group(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        DomainIoTune **group = find_group(def, editing->edit->name);

        if (!group)
                return error_set(error, ERROR_INVALID_ARG, "throttle group '%s' does not exist",
                                 editing->edit->name);
        def_remove(&def->throttle_groups, (uint32_t) (group - def->throttle_groups.items));
        return 0;
}

int edit_interface(DomainEditing *editing, Error *error)
{
        DomainInterface *interface = domain_find_interface(editing->def, editing->edit->name);

        if (!interface)
                return error_set(error, ERROR_INVALID_ARG, "cannot find interface device %s",
                                 editing->edit->name);
        return tune_write_bandwidth(&editing->edit->params, editing->def, &interface->bandwidth, error);
}

void tunables_block_io(const DomainEdit *edit, Params *ret)
{
        params_add_string(ret, "blkdeviotune.disk", edit->name);
        params_add_all(ret, "blkdeviotune.", &edit->params);
}
