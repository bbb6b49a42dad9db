/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Migration to another host that is as pretended as this one. Where the address is that of another connection of this
 * daemon, the domain really goes there (test_arrival.h); every other test:/// takes whatever comes, and tells nobody.
 */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"
#include "drivers/test/test_arrival.h"

#define ITERATIONS 4

typedef struct Departure {
        char *uri;
        char *name;
        char *xml;
        char *persistent_xml;
        TestArrival *arrival; /* NULL: at a host that nobody sees */
} Departure;

static void departure_free(gpointer p)
{
        Departure *departure = p;

        g_free(departure->uri);
        g_free(departure->name);
        g_free(departure->xml);
        g_free(departure->persistent_xml);
        test_arrival_free(departure->arrival);
        g_free(departure);
}

/* An offline migration moves the definition, a running machine stays. */
static int check_leaves(const TestOperation *op, Error *error)
{
        if (!(op->flags & MIGRATE_OFFLINE))
                return domain_check_active(op->domain, error);
        if (!op->domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "transient domain '%s' has no definition to migrate",
                                 op->domain->name);
        return 0;
}

static int migrate_check(TestOperation *op, Error *error)
{
        Departure *departure = op->data;
        const DomainMigration migration = {
                .uri = departure->uri,
                .name = departure->name,
                .xml = departure->xml,
                .persistent_xml = departure->persistent_xml,
                .flags = op->flags,
        };
        const DriverHost *host = op->driver->host;
        Driver *there;
        int r = check_leaves(op, error);

        if (r < 0)
                return r;
        if (!g_str_has_prefix(departure->uri, "test:///"))
                return error_set(error, ERROR_INVALID_ARG, "unable to parse URI of another test host: %s",
                                 departure->uri);
        there = host->driver_for_uri(host->userdata, departure->uri);
        if (there == op->driver)
                return error_set(error, ERROR_OPERATION_INVALID, "Attempt to migrate guest to the same host %s",
                                 departure->uri);
        return there ? test_arrival_new(there, op->domain, &migration, &departure->arrival, error) : 0;
}

/* Pages that were written meanwhile go again, a quarter of the time for each round. */
static void migrate_progress(TestOperation *op, double part)
{
        while (op->iteration < (int32_t) (part * ITERATIONS)) {
                op->iteration++;
                domain_emit(op->domain, DOMAIN_SIGNAL_MIGRATION_ITERATION, &op->iteration);
        }
}

/* It goes on there, or stays here as if nothing had been. */
static int hand_over(const TestOperation *op, const TestArrival *arrival, Error *error)
{
        Domain *domain = op->domain, *there = NULL;
        bool post_copy = domain->state == DOMAIN_PAUSED && domain->reason == DOMAIN_PAUSED_POSTCOPY;
        bool ran = domain->state == DOMAIN_RUNNING || post_copy;
        bool paused = (op->flags & MIGRATE_PAUSED) || !ran;
        int r = test_arrival_prepare(arrival, paused, &there, error);

        if (r < 0)
                return r;
        if (arrival->live && domain->state == DOMAIN_RUNNING)
                domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_MIGRATION, DOMAIN_EVENT_SUSPENDED,
                                 DOMAIN_EVENT_SUSPENDED_MIGRATED);
        test_arrival_announce(arrival, there, paused);
        return 0;
}

static int migrate_apply(TestOperation *op, Error *error)
{
        const Departure *departure = op->data;
        Domain *domain = op->domain;
        /* it goes on when both of its definitions are gone */
        _cleanup_(domain_unrefp) G_GNUC_UNUSED Domain *held = domain_ref(domain);
        /* something may have befallen it meanwhile */
        int r = check_leaves(op, error);

        if (r < 0)
                return r;
        migrate_progress(op, 1);
        if (departure->arrival)
                r = hand_over(op, departure->arrival, error);
        if (r < 0)
                return r;
        if (op->flags & MIGRATE_UNDEFINE_SOURCE && domain->persistent) {
                if (domain_is_active(domain))
                        domain_set_config(domain, NULL);
                domain_emit_event(domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_REMOVED);
        }
        if (!(op->flags & MIGRATE_OFFLINE))
                test_domain_stop(domain, DOMAIN_SHUTOFF_MIGRATED, DOMAIN_EVENT_STOPPED_MIGRATED);
        else if (op->flags & MIGRATE_UNDEFINE_SOURCE && !domain_is_active(domain))
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
                .data_free = departure_free,
        };
        Departure *departure = g_new(Departure, 1);

        *departure = (Departure) {
                .uri = g_strdup(migration->uri),
                .name = g_strdup(migration->name),
                .xml = g_strdup(migration->xml),
                .persistent_xml = g_strdup(migration->persistent_xml),
        };
        op.data = departure;
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
