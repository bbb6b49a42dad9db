/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How every operation on a domain of the test driver runs: check, wait as the setting says, apply. */

#include "drivers/driver.h"

typedef struct TestDriver {
        Driver driver;
        uint64_t delay_usec;
} TestDriver;

typedef struct TestOperation TestOperation;

typedef struct TestOperationInfo {
        uint32_t known_flags;
        bool slow; /* takes the driver's delay */
        int (*check)(TestOperation *op, Error *error);
        int (*apply)(TestOperation *op, Error *error);
} TestOperationInfo;

struct TestOperation {
        const TestOperationInfo *info;
        Domain *domain;
        DomainDef *def;
        char *name;
        uint32_t flags;
        bool autostart;
        Job *job;
        uint64_t begin_usec;
        sd_event_source *timer;
};

/*
 * Runs the operation that template describes; what it points to is copied or referenced. A domain that is
 * not published yet is removed from its list when the operation fails. Returns what job_run() returns.
 */
int test_operation_run(const TestOperation *template, Job *job, Error *error);
