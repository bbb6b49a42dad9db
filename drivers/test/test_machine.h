/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine that pretends to run, and what the driver keeps of a domain beside it. */

#include "drivers/model/domain.h"
#include "drivers/driver.h"
#include "drivers/test/test_image.h"

#include <systemd/sd-event.h>

typedef struct TestMachine {
        uint64_t run_usec;   /* how long it has run before the last pause */
        uint64_t since_usec; /* CLOCK_MONOTONIC when it last began to run; 0: it is paused */
        GPtrArray *streams;  /* TestStream */
        GPtrArray *planned;  /* of test_event_plan() */
        GPtrArray *plugs;    /* of test_plug.h */
        struct TestGuest *guest;
        GPtrArray *thresholds; /* test_threshold.c */
        uint64_t migration[_MIGRATION_SETTING_MAX];
        char *owner;         /* the caller whose departure ends it, or NULL */
} TestMachine;

/* Bytes that the machine has written to its n-th disk, from 0, and does in a second. */
uint64_t test_disk_written(const TestMachine *machine, unsigned n);
uint64_t test_disk_write_rate(unsigned n);

GPtrArray *test_thresholds_new(void);

/* Domain.private, made when there is something to keep. */
typedef struct TestDomain {
        TestMachine *machine; /* of an active domain */
        TestImage *saved;     /* the managed save */
} TestDomain;

/* What is kept of the domain; made if need be. */
TestDomain *test_domain_data(Domain *domain);
/* Takes the image over; NULL: there is none any more. Announces. */
void test_domain_set_saved(Domain *domain, TestImage *image);
TestImage *test_domain_saved(const Domain *domain);

/*
 * Gives the inactive domain a number, a live definition made of def, and a machine that runs or is paused.
 * The state is the caller's matter. On failure the domain is as before.
 */
int test_machine_start(Domain *domain, const DomainDef *def, bool paused, Error *error);

/* Takes the machine away, which ends its streams. Nothing without one. */
void test_machine_stop(Domain *domain);

static inline TestMachine *test_machine(const Domain *domain)
{
        const TestDomain *data = domain->private;

        return data ? data->machine : NULL;
}

void test_machine_pause(TestMachine *machine);
void test_machine_run(TestMachine *machine);
/* Time that the guest has spent running since its start. */
uint64_t test_machine_run_usec(const TestMachine *machine);

/* The guest's side of a display on a socket of somebody else's, which is taken over. Tells of the client. */
int test_machine_add_display(Domain *domain, const char *alias, int fd, Error *error);
/*
 * Opens the device, whose guest side sends back what it gets. Returns the client's end. An open one is taken
 * over with force, else ERROR_OPERATION_FAILED.
 */
int test_machine_open_stream(TestMachine *machine, sd_event *event, const char *alias, bool force,
                             int *ret_fd, Error *error);
