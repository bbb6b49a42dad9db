/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The pretended system in a pretended machine: what its agent has been told, as long as the machine runs. Its clock
 * stands at the time of libvirt's test driver until it is set.
 */

#include "drivers/driver.h"

typedef struct TestGuest {
        uint64_t seconds;
        uint32_t nseconds;
        GHashTable *frozen;  /* mount points */
        GHashTable *keys;    /* user -> GPtrArray of lines */
        GHashTable *offline; /* numbers of virtual processors */
        uint32_t dirty_seconds; /* for so long it was measured how fast it writes to its memory; 0: it was not */
        GHashTable *sizes;   /* target of a disk -> uint64_t bytes, of those that were resized */
} TestGuest;

TestGuest *test_guest_new(void);
/* Accepts NULL, returns NULL. */
TestGuest *test_guest_free(TestGuest *guest);

int test_agent_command(Domain *domain, const char *command, int32_t timeout, Job *job, Error *error);

extern const GuestOps test_guest_ops;
extern const MachineOps test_machine_ops;

/* Bytes that the disk has. */
uint64_t test_disk_capacity(const Domain *domain, const char *target);
#define TEST_DISK_ALLOCATION (UINT64_C(2) << 30)
