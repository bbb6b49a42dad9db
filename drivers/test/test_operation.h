/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How every operation of the test driver runs: check, wait as the setting says, use files, apply. */

#include "drivers/driver.h"
#include "drivers/test/test_fault.h"
#include "drivers/test/test_image.h"

typedef struct TestDriver {
        Driver driver;
        uint64_t delay_usec;
        NodeInfo node; /* of the pretended host */
        uint64_t job_usec; /* what saving, dumping, copying takes */
        GPtrArray *faults; /* TestFault */
        uint32_t next_tap; /* the number of the next tap device that is made */
        Params *memory_parameters; /* of the merging of equal pages */
        GHashTable *interfaces_before; /* name -> how it was when the transaction began; NULL: there is none */
} TestDriver;

typedef struct TestOperation TestOperation;

typedef struct TestOperationInfo {
        uint32_t known_flags;
        bool slow; /* takes the driver's delay */
        int (*check)(TestOperation *op, Error *error);
        int (*apply)(TestOperation *op, Error *error);
        bool lasting;    /* takes the driver's time for jobs instead */
        bool endless;    /* and then goes on until it is cancelled */
        /* Told of what part of the time is over; may be NULL. */
        void (*progress)(TestOperation *op, double part);
        WorkerFunc work; /* on a thread, with the file; may be NULL */
} TestOperationInfo;

struct TestOperation {
        const TestOperationInfo *info;
        Driver *driver; /* that of the domain */
        Domain *domain; /* NULL: an operation on the host, or on something else of it */
        Object *object; /* that; NULL: an operation on a domain or on the host */
        DomainDef *def;
        DomainEdit *edit;
        char *name;
        uint32_t flags;
        bool autostart;
        bool restores; /* a start, of a saved state */
        uint64_t total; /* bytes that it is about; 0: a lasting one counts those of the memory, others time */
        TestFile *file; /* what work is about; taken over */
        void *data;     /* the operation's own; taken over */
        GDestroyNotify data_free;
        Job *job;
        const TestFault *fault; /* NULL: all goes well */
        uint64_t begin_usec;
        int32_t iteration; /* of a migration, from 1 */
        sd_event_source *timer;
        WorkerTask *task;
};

/* The rest of its time is over. Of an operation that waits. */
void test_operation_hurry(TestOperation *op);

/*
 * The end of what has been done at once: its answer may be late, or a failure, as the configuration has it. Returns
 * what the operation returns then.
 */
int test_answer(Domain *domain, Job *job, Error *error);
/* The same of something that is done with the host. */
int test_host_answer(Driver *driver, Job *job, Error *error);

/* One on an object with one value of its own, which is taken over; NULL: none. Returns what job_run() returns. */
int test_operation_run_with(const TestOperationInfo *info, Object *object, void *data, GDestroyNotify data_free,
                            Job *job, Error *error);

/*
 * Runs the operation that template describes; what it points to is copied or referenced. A domain or object that is
 * not published yet is removed from its list when the operation fails. Returns what job_run() returns.
 */
int test_operation_run(const TestOperation *template, Job *job, Error *error);
