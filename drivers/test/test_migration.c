/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Migration to another host that is as pretended as this one: every test:/// but our own is one, and takes whatever
 * comes.
 */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

#define ITERATIONS 4

static int migrate_check(TestOperation *op, Error *error)
{
        if (!domain_is_active(op->domain) && !(op->flags & MIGRATE_OFFLINE))
                return domain_check_active(op->domain, error);
        if (!g_str_has_prefix(op->name, "test:///"))
                return error_set(error, ERROR_INVALID_ARG, "unable to parse URI of another test host: %s", op->name);
        if (streq(op->name, op->driver->info->uri_system))
                return error_set(error, ERROR_OPERATION_INVALID, "Attempt to migrate guest to the same host %s",
                                 op->name);
        return 0;
}

/* Pages that were written meanwhile go again, a quarter of the time for each round. */
static void migrate_progress(TestOperation *op, double part)
{
        while (op->iteration < (int32_t) (part * ITERATIONS)) {
                op->iteration++;
                domain_emit(op->domain, DOMAIN_SIGNAL_MIGRATION_ITERATION, &op->iteration);
        }
}

static int migrate_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        /* it goes on when both of its definitions are gone */
        _cleanup_(domain_unrefp) G_GNUC_UNUSED Domain *held = domain_ref(domain);

        migrate_progress(op, 1);
        if (op->flags & MIGRATE_UNDEFINE_SOURCE && domain->persistent) {
                if (domain_is_active(domain))
                        domain_set_config(domain, NULL);
                domain_emit_event(domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_REMOVED);
        }
        if (domain_is_active(domain))
                test_domain_stop(domain, DOMAIN_SHUTOFF_MIGRATED, DOMAIN_EVENT_STOPPED_MIGRATED);
        else if (op->flags & MIGRATE_UNDEFINE_SOURCE)
                domain_list_remove(domain);
        return 0;
}

static const TestOperationInfo migrate_info = {
        .known_flags = MIGRATE_ALL,
        .check = migrate_check,
        .apply = migrate_apply,
        .lasting = true,
        .progress = migrate_progress,
};

int test_domain_migrate(Domain *domain, const DomainMigration *migration, Job *job, Error *error)
{
        TestOperation op = {
                .info = &migrate_info,
                .domain = domain,
                .flags = migration->flags,
                .name = (char *) migration->uri,
        };

        return test_operation_run(&op, job, error);
}

int test_domain_start_post_copy(Domain *domain, Error *error)
{
        Job *job = domain->object.slot.job;
        TestOperation *op = job ? job_context(job) : NULL;

        if (!op || op->info != &migrate_info)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "post-copy can only be started while outgoing migration "
                                                                 "is in progress");
        if (!(op->flags & MIGRATE_POSTCOPY))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "switching to post-copy requires migration to be started "
                                                                 "with VIR_MIGRATE_POSTCOPY flag");
        test_machine_pause(test_machine(domain));
        domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_POSTCOPY, DOMAIN_EVENT_NONE, 0);
        test_operation_hurry(op);
        return 0;
}

static int need_machine(const Domain *domain, TestMachine **ret, Error *error)
{
        int r = domain_check_active(domain, error);

        if (r >= 0)
                *ret = test_machine(domain);
        return r;
}

int test_migration_get(Domain *domain, DomainMigrationSetting setting, uint64_t *ret, Error *error)
{
        TestMachine *machine = NULL;
        int r = need_machine(domain, &machine, error);

        if (r >= 0)
                *ret = machine->migration[setting];
        return r;
}

int test_migration_set(Domain *domain, DomainMigrationSetting setting, uint64_t value, Error *error)
{
        TestMachine *machine = NULL;
        int r = need_machine(domain, &machine, error);

        if (r >= 0)
                machine->migration[setting] = value;
        return r;
}
