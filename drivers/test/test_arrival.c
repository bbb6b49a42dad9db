/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_arrival.h"

#include <string.h>

#include "drivers/test/test_domain.h"
#include "drivers/test/test_event.h"
#include "drivers/test/test_host.h"
#include "drivers/test/test_machine.h"

TestArrival *test_arrival_free(TestArrival *arrival)
{
        if (!arrival)
                return NULL;
        domain_def_unref(arrival->live);
        domain_def_unref(arrival->config);
        g_free(arrival);
        return NULL;
}

/* As it stands at home, or as the caller wants it there, which the guest must not notice. */
static int make_definition(const DomainDef *own, const char *xml, const char *name, DomainDef **ret, Error *error)
{
        /* without what the host has decided of the machine: the other one decides anew */
        g_autofree char *text =
                domain_def_format(own, DOMAIN_DEF_FORMAT_INACTIVE | DOMAIN_DEF_FORMAT_SECURE);
        _cleanup_(domain_def_unrefp) DomainDef *home = NULL, *given = NULL, *def = NULL;
        int r = domain_def_parse(text, strlen(text), DOMAIN_DEF_PARSE_STORED, NULL, &home, error);

        if (r >= 0 && xml)
                r = domain_def_parse(xml, strlen(xml), 0, NULL, &given, error);
        if (r >= 0)
                r = test_host_normalize(given ?: home, &def, error);
        if (r >= 0 && given && !streq(def->name, own->name) && !streq_ptr(def->name, name))
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED, "Target domain name '%s' does not match source '%s'",
                              def->name, own->name);
        if (r >= 0 && given)
                r = domain_def_check_abi(home, def, error);
        if (r < 0)
                return r;
        if (name && !streq(def->name, name))
                return domain_def_rename(def, name, ret, error);
        *ret = g_steal_pointer(&def);
        return 0;
}

/* What would be left behind, or end for somebody who knows of no other host. */
static int check_movable(const Domain *domain, Error *error)
{
        const TestMachine *machine = test_machine(domain);
        unsigned n_snapshots = moment_count(domain, MOMENT_SNAPSHOT);
        unsigned n_checkpoints = moment_count(domain, MOMENT_CHECKPOINT);

        if (machine && machine->owner)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is marked for auto destroy");
        if (n_snapshots > 0)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot migrate domain with %u snapshots",
                                 n_snapshots);
        if (n_checkpoints > 0)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot migrate domain with %u checkpoints",
                                 n_checkpoints);
        return 0;
}

static int make_live(TestArrival *arrival, const Domain *domain, const DomainMigration *migration, Error *error)
{
        if (migration->flags & MIGRATE_OFFLINE)
                return 0;
        return make_definition(domain->live, migration->xml, migration->name, &arrival->live, error);
}

static int make_config(TestArrival *arrival, const Domain *domain, const DomainMigration *migration, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *own = domain_get_config(domain);

        if (!(migration->flags & MIGRATE_PERSIST_DEST))
                return 0;
        /* what runs without a definition is given that which it runs with */
        if (arrival->live && !own && !migration->persistent_xml) {
                arrival->config = domain_def_ref(arrival->live);
                return 0;
        }
        return make_definition(own ?: domain->live, migration->persistent_xml, migration->name, &arrival->config,
                               error);
}

/* *ret is the domain that is there and stands still, NULL: none. */
static int find_room(const TestArrival *arrival, Domain **ret, Error *error)
{
        const DomainDef *def = arrival->live ?: arrival->config;
        Domain *same_uuid = domain_list_find_any_uuid(arrival->driver->domains, def->uuid);
        Domain *same_name = domain_list_find_any_name(arrival->driver->domains, def->name);

        if (same_name && same_name != same_uuid)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' already exists with uuid %s", same_name->name,
                                 same_name->uuid);
        if (same_uuid && same_uuid != same_name)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' is already defined with uuid %s",
                                 same_uuid->name, same_uuid->uuid);
        if (same_uuid && domain_is_active(same_uuid))
                return error_set(error, ERROR_OPERATION_INVALID, "domain '%s' is already active", same_uuid->name);
        if (same_uuid && (same_uuid->object.slot.job || !same_uuid->object.published))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "something else is being done to domain '%s' of the other host", same_uuid->name);
        *ret = same_uuid;
        return 0;
}

int test_arrival_new(Driver *driver, const Domain *domain, const DomainMigration *migration, TestArrival **ret,
                     Error *error)
{
        _cleanup_(test_arrival_freep) TestArrival *arrival = g_new0(TestArrival, 1);
        Domain *there;
        int r;

        if (migration->flags & MIGRATE_OFFLINE && !(migration->flags & MIGRATE_PERSIST_DEST))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "offline migration must be specified with the persistent flag set");
        arrival->driver = driver;
        r = check_movable(domain, error);
        if (r >= 0)
                r = make_live(arrival, domain, migration, error);
        if (r >= 0)
                r = make_config(arrival, domain, migration, error);
        if (r >= 0)
                r = find_room(arrival, &there, error);
        if (r >= 0)
                *ret = g_steal_pointer(&arrival);
        return r;
}

int test_arrival_prepare(const TestArrival *arrival, bool paused, Domain **ret, Error *error)
{
        Domain *there = NULL;
        int r = find_room(arrival, &there, error);

        if (r >= 0 && !there)
                r = domain_list_add(arrival->driver->domains, arrival->live ?: arrival->config, &there, error);
        if (r < 0)
                return r;
        if (arrival->live)
                r = test_machine_start(there, arrival->live, paused, error);
        if (r < 0 && !there->object.published)
                domain_list_remove(there);
        if (r >= 0)
                *ret = there;
        return r;
}

void test_arrival_announce(const TestArrival *arrival, Domain *there, bool paused)
{
        bool was_persistent = there->persistent;

        if (arrival->config)
                domain_set_config(there, arrival->config);
        if (arrival->live && there->managed_save)
                test_domain_set_saved(there, NULL);
        if (arrival->live)
                domain_set_state(there, DOMAIN_PAUSED, DOMAIN_PAUSED_MIGRATION, DOMAIN_EVENT_NONE, 0);
        if (!there->object.published)
                domain_publish(there);
        if (arrival->live)
                domain_emit_event(there, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_MIGRATED);
        if (arrival->config)
                domain_emit_event(there, DOMAIN_EVENT_DEFINED,
                                  was_persistent ? DOMAIN_EVENT_DEFINED_UPDATED : DOMAIN_EVENT_DEFINED_ADDED);
        if (!arrival->live)
                return;
        if (paused)
                domain_set_state(there, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_SUSPENDED,
                                 DOMAIN_EVENT_SUSPENDED_PAUSED);
        else
                domain_set_state(there, DOMAIN_RUNNING, DOMAIN_RUNNING_MIGRATED, DOMAIN_EVENT_RESUMED,
                                 DOMAIN_EVENT_RESUMED_MIGRATED);
        test_tell_agent(there);
}
