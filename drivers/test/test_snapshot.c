/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Snapshots: the definition and the state are what there is to keep of a machine that pretends. */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

#include <string.h>

#define CREATE_FLAGS                                                                                        \
        (SNAPSHOT_CREATE_REDEFINE | SNAPSHOT_CREATE_CURRENT | SNAPSHOT_CREATE_HALT |                        \
         SNAPSHOT_CREATE_DISK_ONLY | SNAPSHOT_CREATE_REUSE_EXT | SNAPSHOT_CREATE_QUIESCE |                  \
         SNAPSHOT_CREATE_ATOMIC | SNAPSHOT_CREATE_LIVE | SNAPSHOT_CREATE_VALIDATE)

static ObjectList *snapshots_of(const Domain *domain)
{
        return domain->object.driver->lists[OBJECT_DOMAIN_SNAPSHOT];
}

static void def_free(void *def)
{
        snapshot_def_free(def);
}

static void release(void *object)
{
        object_unref(object);
}

/* The definition that the machine could begin with again. */
static DomainDef *inactive_copy(const Domain *domain)
{
        g_autofree char *xml = NULL;
        DomainDef *def = NULL;

        if (!domain->live)
                return domain_get_config(domain);
        xml = domain_def_format(domain->live, DOMAIN_DEF_FORMAT_INACTIVE | DOMAIN_DEF_FORMAT_SECURE);
        if (domain_def_parse(xml, strlen(xml), DOMAIN_DEF_PARSE_STORED, NULL, &def, NULL) < 0)
                return domain_def_ref(domain->live);
        return def;
}

static int create_check(TestOperation *op, Error *error)
{
        const SnapshotDef *def = op->data;

        if (moment_find(op->domain, MOMENT_SNAPSHOT, def->name))
                return error_set(error, ERROR_OPERATION_INVALID, "domain snapshot %s already exists", def->name);
        if ((op->flags & SNAPSHOT_CREATE_LIVE) && !domain_is_active(op->domain))
                return error_set(error, ERROR_OPERATION_INVALID, "live snapshot creation is supported only with a "
                                                                 "running domain");
        return 0;
}

/* Where the snapshots of disks are, and whether the memory is kept, when the definition does not say. */
static int complete(TestOperation *op, Error *error)
{
        SnapshotDef *def = op->data;
        Domain *domain = op->domain;
        DomainDiskSnapshot location = DOMAIN_DISK_SNAPSHOT_INTERNAL;

        def_put(def, creation_time, g_get_real_time() / (int64_t) USEC_PER_SEC);
        def->domain = inactive_copy(domain);
        if (domain->live)
                def->inactive_domain = domain_get_config(domain);
        def->state = domain_is_active(domain) && (op->flags & SNAPSHOT_CREATE_DISK_ONLY) ?
                SNAPSHOT_DISKS : snapshot_state_of(domain->state);
        if (def->memory == DOMAIN_DISK_SNAPSHOT_EXTERNAL || (op->flags & SNAPSHOT_CREATE_DISK_ONLY))
                location = DOMAIN_DISK_SNAPSHOT_EXTERNAL;
        if (def->memory == 0)
                def->memory = domain_is_active(domain) && location == DOMAIN_DISK_SNAPSHOT_INTERNAL ?
                        DOMAIN_DISK_SNAPSHOT_INTERNAL : DOMAIN_DISK_SNAPSHOT_NO;
        return snapshot_def_align(def, def->domain, location, error);
}

static int create_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        const DomainMoment *parent = moment_current(domain, MOMENT_SNAPSHOT);
        Snapshot *snapshot;
        int r = complete(op, error);

        if (r < 0)
                return r;
        snapshot = snapshot_add(domain, snapshots_of(domain), g_steal_pointer(&op->data), parent ? parent->name : NULL);
        moment_set_current(domain, MOMENT_SNAPSHOT, &snapshot->moment);
        job_set_result_object(op->job, object_ref(snapshot), release);
        if ((op->flags & SNAPSHOT_CREATE_HALT) && domain_is_active(domain))
                test_domain_stop(domain, DOMAIN_SHUTOFF_FROM_SNAPSHOT, DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
        return 0;
}

static bool is_of_running(const SnapshotDef *def)
{
        return def->state == SNAPSHOT_RUNNING || def->state == SNAPSHOT_PAUSED || def->state == SNAPSHOT_BLOCKED ||
                def->state == SNAPSHOT_PMSUSPENDED || def->state == SNAPSHOT_SHUTDOWN;
}

static int check_parent(const Domain *domain, const SnapshotDef *def, Error *error)
{
        const DomainMoment *moment = moment_find(domain, MOMENT_SNAPSHOT, def->name), *parent;

        if (!def->parent)
                return 0;
        if (streq(def->parent, def->name))
                return error_set(error, ERROR_INVALID_ARG, "cannot set snapshot %s as its own parent", def->name);
        parent = moment_find(domain, MOMENT_SNAPSHOT, def->parent);
        if (!parent)
                return error_set(error, ERROR_INVALID_ARG, "parent %s for snapshot %s not found", def->parent,
                                 def->name);
        if (moment && moment_descends_from(parent, moment))
                return error_set(error, ERROR_INVALID_ARG, "parent %s would create cycle to %s", def->parent,
                                 def->name);
        return 0;
}

static int redefine_check(TestOperation *op, Error *error)
{
        const SnapshotDef *def = op->data;
        const Snapshot *snapshot = snapshot_find(op->domain, def->name);
        int r = check_parent(op->domain, def, error);

        if (r < 0)
                return r;
        if (def->domain && !streq_ptr(def->domain->uuid, op->domain->uuid))
                return error_set(error, ERROR_INVALID_ARG, "definition for snapshot %s must use uuid %s", def->name,
                                 op->domain->uuid);
        if (!snapshot)
                return 0;
        if (is_of_running(def) != is_of_running(snapshot->def))
                return error_set(error, ERROR_INVALID_ARG,
                                 "cannot change between online and offline snapshot state in snapshot %s", def->name);
        if ((def->state == SNAPSHOT_DISKS) != (snapshot->def->state == SNAPSHOT_DISKS))
                return error_set(error, ERROR_INVALID_ARG,
                                 "cannot change between disk only and full system in snapshot %s", def->name);
        return 0;
}

static int redefine_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        SnapshotDef *def = op->data;
        Snapshot *snapshot = snapshot_find(domain, def->name);
        int r = def->domain && def->disks.n > 0 ?
                snapshot_def_align(def, def->domain, DOMAIN_DISK_SNAPSHOT_INTERNAL, error) : 0;

        if (r < 0)
                return r;
        op->data = NULL;
        if (snapshot) {
                if (!def->domain)
                        def->domain = g_steal_pointer(&snapshot->def->domain);
                moment_set_parent(&snapshot->moment,
                                  def->parent ? moment_find(domain, MOMENT_SNAPSHOT, def->parent) : NULL);
                snapshot_set_def(snapshot, def);
        } else
                snapshot = snapshot_add(domain, snapshots_of(domain), def, def->parent);
        if (op->flags & SNAPSHOT_CREATE_CURRENT)
                moment_set_current(domain, MOMENT_SNAPSHOT, &snapshot->moment);
        job_set_result_object(op->job, object_ref(snapshot), release);
        return 0;
}

int test_snapshot_create(Domain *domain, SnapshotDef *def, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo create = {
                .known_flags = CREATE_FLAGS,
                .check = create_check,
                .apply = create_apply,
                .lasting = true,
        };
        static const TestOperationInfo redefine = {
                .known_flags = CREATE_FLAGS,
                .check = redefine_check,
                .apply = redefine_apply,
        };
        TestOperation op = {
                .info = flags & SNAPSHOT_CREATE_REDEFINE ? &redefine : &create,
                .domain = domain,
                .flags = flags,
                .data = def,
                .data_free = def_free,
        };

        return test_operation_run(&op, job, error);
}

/* By name: it may be deleted while the operation waits. */
static Snapshot *find_target(const TestOperation *op, Error *error)
{
        Snapshot *snapshot = snapshot_find(op->domain, op->name);

        if (!snapshot)
                (void) error_set(error, ERROR_NO_DOMAIN_SNAPSHOT, "no domain snapshot with matching name '%s'",
                                 op->name);
        return snapshot;
}

static int revert_check(TestOperation *op, Error *error)
{
        const Domain *domain = op->domain;
        const Snapshot *snapshot = find_target(op, error);
        const SnapshotDef *def;

        if (!snapshot)
                return -ENOENT;
        def = snapshot->def;
        if (!domain->persistent && !is_of_running(def) &&
            !(op->flags & (SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED)))
                return error_set(error, ERROR_OPERATION_INVALID, "transient domain needs to request run or pause to "
                                                                 "revert to inactive snapshot");
        if (!def->domain)
                return error_set(error, ERROR_SNAPSHOT_REVERT_RISKY,
                                 "snapshot '%s' lacks domain '%s' rollback info", op->name, domain->name);
        if (op->flags & SNAPSHOT_REVERT_FORCE)
                return 0;
        if (domain_is_active(domain) && !is_of_running(def) &&
            (op->flags & (SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED)))
                return error_set(error, ERROR_SNAPSHOT_REVERT_RISKY,
                                 "must respawn hypervisor to start inactive snapshot");
        if (domain_is_active(domain) && is_of_running(def) && domain_def_check_abi(domain->live, def->domain, NULL) < 0)
                return error_set(error, ERROR_SNAPSHOT_REVERT_RISKY,
                                 "the guest would notice: its definition was another one then");
        return 0;
}

/* The machine, as it is or a new one, in the state of the snapshot. */
static int revert_to_running(TestOperation *op, const SnapshotDef *def, bool paused, Error *error)
{
        Domain *domain = op->domain;
        bool goes_on = domain_is_active(domain) && is_of_running(def) &&
                domain_def_check_abi(domain->live, def->domain, NULL) >= 0;
        int r;

        if (domain_is_active(domain) && !goes_on) {
                test_block_end_all(domain);
                test_machine_stop(domain);
                domain_set_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_FROM_SNAPSHOT, DOMAIN_EVENT_STOPPED,
                                 DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
        }
        if (!goes_on) {
                r = test_machine_start(domain, def->domain, paused, error);
                if (r < 0)
                        return r;
                test_domain_started(domain, paused, DOMAIN_RUNNING_FROM_SNAPSHOT, DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
                return 0;
        }
        if (paused) {
                bool ran = domain->state == DOMAIN_RUNNING;

                test_machine_pause(test_machine(domain));
                domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_FROM_SNAPSHOT,
                                 ran ? DOMAIN_EVENT_SUSPENDED : DOMAIN_EVENT_NONE,
                                 DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
        } else {
                bool was_paused = domain->state == DOMAIN_PAUSED;

                test_machine_run(test_machine(domain));
                domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_FROM_SNAPSHOT,
                                 was_paused ? DOMAIN_EVENT_RESUMED : DOMAIN_EVENT_NONE,
                                 DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT);
        }
        return 0;
}

static int revert_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        Snapshot *snapshot = find_target(op, error);
        const SnapshotDef *def;
        bool runs, paused;
        int r = 0;

        if (!snapshot)
                return -ENOENT;
        def = snapshot->def;
        runs = is_of_running(def) || (op->flags & (SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED));
        paused = (op->flags & SNAPSHOT_REVERT_PAUSED) ||
                (def->state == SNAPSHOT_PAUSED && !(op->flags & SNAPSHOT_REVERT_RUNNING));
        moment_set_current(domain, MOMENT_SNAPSHOT, &snapshot->moment);
        if (runs)
                r = revert_to_running(op, def, paused, error);
        else if (domain_is_active(domain))
                test_domain_stop(domain, DOMAIN_SHUTOFF_FROM_SNAPSHOT, DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
        if (r < 0 || !domain->persistent)
                return r;
        domain_set_config(domain, def->inactive_domain ?: def->domain);
        domain_emit_event(domain, DOMAIN_EVENT_DEFINED, DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT);
        return 0;
}

int test_snapshot_revert(Snapshot *snapshot, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED | SNAPSHOT_REVERT_FORCE |
                               SNAPSHOT_REVERT_RESET_NVRAM,
                .check = revert_check,
                .apply = revert_apply,
                .lasting = true,
        };
        TestOperation op = {
                .info = &info,
                .domain = snapshot->moment.domain,
                .flags = flags,
                .name = (char *) snapshot->moment.name,
        };

        return test_operation_run(&op, job, error);
}

static int delete_apply(TestOperation *op, Error *error)
{
        Snapshot *snapshot = find_target(op, error);

        if (!snapshot)
                return -ENOENT;
        moment_delete(&snapshot->moment, op->flags);
        return 0;
}

int test_snapshot_delete(Snapshot *snapshot, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = MOMENT_DELETE_CHILDREN | MOMENT_DELETE_METADATA_ONLY | MOMENT_DELETE_CHILDREN_ONLY,
                .apply = delete_apply,
                .lasting = true,
        };
        TestOperation op = {
                .info = &info,
                .domain = snapshot->moment.domain,
                .flags = flags,
                .name = (char *) snapshot->moment.name,
        };

        return test_operation_run(&op, job, error);
}
