/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What comes from another test connection of the same daemon: the definitions that it will have, and its arrival. */

#include "drivers/ops_migration.h"

typedef struct TestArrival {
        Driver *driver;    /* where it goes to */
        DomainDef *live;   /* NULL: it does not run there */
        DomainDef *config; /* NULL: it is not defined there */
} TestArrival;

/*
 * Makes the definitions, and looks whether there is room for them. ERROR_DOM_EXIST for another domain of that name or
 * UUID, ERROR_OPERATION_INVALID when the same runs there, for an offline migration that leaves nothing there, and for a
 * domain with snapshots or checkpoints, or one that ends with its caller.
 */
int test_arrival_new(Driver *driver, const Domain *domain, const DomainMigration *migration, TestArrival **ret,
                     Error *error);
TestArrival *test_arrival_free(TestArrival *arrival);
DEFINE_TRIVIAL_CLEANUP(TestArrival *, test_arrival_free)

/*
 * Gives it a machine there, which nobody hears of before test_arrival_announce(). After an error nothing is there; the
 * errors are those of test_arrival_new() and of a start.
 */
int test_arrival_prepare(const TestArrival *arrival, bool paused, Domain **ret, Error *error);
void test_arrival_announce(const TestArrival *arrival, Domain *there, bool paused);
