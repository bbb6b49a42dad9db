/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checkpoints and backups: nothing is copied, but it takes its time and is kept in mind. */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_guest.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

static void def_free(void *def)
{
        checkpoint_def_free(def);
}

static void release(void *object)
{
        object_unref(object);
}

static Checkpoint *add(Domain *domain, CheckpointDef *def)
{
        const DomainMoment *parent = moment_current(domain, MOMENT_CHECKPOINT);
        Checkpoint *checkpoint;

        def_put(def, creation_time, g_get_real_time() / (int64_t) USEC_PER_SEC);
        def->domain = domain_get_current(domain);
        checkpoint = checkpoint_add(domain, domain->object.driver->lists[OBJECT_DOMAIN_CHECKPOINT], def,
                                    parent ? parent->name : NULL);
        moment_set_current(domain, MOMENT_CHECKPOINT, &checkpoint->moment);
        return checkpoint;
}

static int check_name(const Domain *domain, const CheckpointDef *def, Error *error)
{
        if (moment_find(domain, MOMENT_CHECKPOINT, def->name))
                return error_set(error, ERROR_OPERATION_INVALID, "domain checkpoint %s already exists", def->name);
        return 0;
}

static int create_check(TestOperation *op, Error *error)
{
        int r = domain_check_active(op->domain, error);

        return r < 0 ? r : check_name(op->domain, op->data, error);
}

static int create_apply(TestOperation *op, Error *error)
{
        int r = checkpoint_def_align(op->data, op->domain->live, error);

        if (r < 0)
                return r;
        job_set_result_object(op->job, object_ref(add(op->domain, g_steal_pointer(&op->data))), release);
        return 0;
}

static int redefine_check(TestOperation *op, Error *error)
{
        const CheckpointDef *def = op->data;
        const DomainMoment *checkpoint = moment_find(op->domain, MOMENT_CHECKPOINT, def->name), *parent;

        if (!streq_ptr(def->domain->uuid, op->domain->uuid))
                return error_set(error, ERROR_INVALID_ARG, "definition for checkpoint %s must use uuid %s", def->name,
                                 op->domain->uuid);
        if (!def->parent)
                return 0;
        parent = moment_find(op->domain, MOMENT_CHECKPOINT, def->parent);
        if (!parent)
                return error_set(error, ERROR_INVALID_ARG, "parent %s for checkpoint %s not found", def->parent,
                                 def->name);
        if (checkpoint && (parent == checkpoint || moment_descends_from(parent, checkpoint)))
                return error_set(error, ERROR_INVALID_ARG, "parent %s would create cycle to %s", def->parent,
                                 def->name);
        return 0;
}

static int redefine_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        CheckpointDef *def = op->data;
        Checkpoint *checkpoint = checkpoint_find(domain, def->name);
        int r = checkpoint_def_align(def, def->domain, error);

        if (r < 0)
                return r;
        op->data = NULL;
        if (checkpoint) {
                moment_set_parent(&checkpoint->moment,
                                  def->parent ? moment_find(domain, MOMENT_CHECKPOINT, def->parent) : NULL);
                checkpoint_set_def(checkpoint, def);
        } else
                checkpoint = checkpoint_add(domain, domain->object.driver->lists[OBJECT_DOMAIN_CHECKPOINT], def,
                                            def->parent);
        moment_set_current(domain, MOMENT_CHECKPOINT, &checkpoint->moment);
        job_set_result_object(op->job, object_ref(checkpoint), release);
        return 0;
}

int test_checkpoint_create(Domain *domain, CheckpointDef *def, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo create = {
                .known_flags = CHECKPOINT_CREATE_QUIESCE,
                .slow = true,
                .check = create_check,
                .apply = create_apply,
        };
        static const TestOperationInfo redefine = {
                .known_flags = CHECKPOINT_CREATE_REDEFINE | CHECKPOINT_CREATE_REDEFINE_VALIDATE,
                .check = redefine_check,
                .apply = redefine_apply,
        };
        TestOperation op = {
                .info = flags & CHECKPOINT_CREATE_REDEFINE ? &redefine : &create,
                .domain = domain,
                .flags = flags,
                .data = def,
                .data_free = def_free,
        };

        return test_operation_run(&op, job, error);
}

static int delete_apply(TestOperation *op, Error *error)
{
        DomainMoment *checkpoint = moment_find(op->domain, MOMENT_CHECKPOINT, op->name);

        if (!checkpoint)
                return error_set(error, ERROR_NO_DOMAIN_CHECKPOINT, "no domain checkpoint with matching name '%s'",
                                 op->name);
        moment_delete(checkpoint, op->flags);
        return 0;
}

int test_checkpoint_delete(Checkpoint *checkpoint, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = MOMENT_DELETE_CHILDREN | MOMENT_DELETE_METADATA_ONLY | MOMENT_DELETE_CHILDREN_ONLY,
                .slow = true,
                .apply = delete_apply,
        };
        TestOperation op = {
                .info = &info,
                .domain = checkpoint->moment.domain,
                .flags = flags,
                .name = (char *) checkpoint->moment.name,
        };

        return test_operation_run(&op, job, error);
}

/* Every checkpoint from which on something is backed up is there. */
static int check_incrementals(const Domain *domain, const BackupDef *def, Error *error)
{
        DEF_FOREACH(disk, def->disks) {
                if (disk->incremental && !moment_find(domain, MOMENT_CHECKPOINT, disk->incremental))
                        return error_set(error, ERROR_NO_DOMAIN_CHECKPOINT,
                                         "no domain checkpoint with matching name '%s'", disk->incremental);
        }
        return 0;
}

/* The backup is over, whichever way it ended. */
static void backup_ended(void *p)
{
        Domain *domain = p;

        domain->backup = backup_def_free(domain->backup);
        domain_unref(domain);
}

int test_backup_begin(Domain *domain, BackupDef *def, CheckpointDef *checkpoint, uint32_t flags, Job *job,
                      Error *error)
{
        static const TestOperationInfo push = { .known_flags = BACKUP_BEGIN_REUSE_EXTERNAL, .lasting = true };
        static const TestOperationInfo pull = {
                .known_flags = BACKUP_BEGIN_REUSE_EXTERNAL,
                .lasting = true,
                .endless = true,
        };
        _cleanup_(backup_def_freep) BackupDef *own = def;
        _cleanup_(checkpoint_def_freep) CheckpointDef *own_checkpoint = checkpoint;
        TestOperation op = {
                .info = def->mode == BACKUP_PULL ? &pull : &push,
                .domain = domain,
                .flags = flags,
                .data_free = backup_ended,
        };
        int r = check_incrementals(domain, def, error);

        if (r >= 0 && checkpoint)
                r = check_name(domain, checkpoint, error);
        if (r >= 0 && checkpoint)
                r = checkpoint_def_align(checkpoint, domain->live, error);
        if (r < 0)
                return r;
        DEF_FOREACH(disk, def->disks) {
                if (disk->backup == TRISTATE_YES)
                        op.total += test_disk_capacity(domain, disk->name);
        }
        if (checkpoint)
                add(domain, g_steal_pointer(&own_checkpoint));
        domain->backup = g_steal_pointer(&own);
        op.data = domain_ref(domain);
        return test_operation_run(&op, job, error);
}
