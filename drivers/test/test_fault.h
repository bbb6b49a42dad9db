/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What goes wrong in the pretended host, as its configuration wants it: rules "OPERATION NAME ACTION", divided by ";"
 * or lines, of which the first that matches counts. See virtbusd.conf(5), [test] faults.
 *
 *   domain.start        lab-*  delay 3000
 *   storagepool.create  nfs    fail 38 the server does not answer
 *   domain.*            *      hang
 *   domain.start        *      event memory-failure 500
 *
 * OPERATION is a kind of object, as in its path, and a kind of job, as its property Kind says; both it and NAME may
 * have * and ? in them.
 */

#include "drivers/driver.h"

typedef enum TestFaultAction {
        TEST_FAULT_DELAY, /* takes so long */
        TEST_FAULT_FAIL,  /* fails in the end */
        TEST_FAULT_HANG,  /* never ends, unless it is cancelled */
        TEST_FAULT_EVENT, /* succeeds; then something happens to the machine */
        _TEST_FAULT_MAX,
} TestFaultAction;

DECLARE_STRING_TABLE(test_fault_action, TestFaultAction);

typedef struct TestFault {
        char *operation;
        char *name;
        TestFaultAction action;
        uint64_t usec;  /* of a delay, or from the end of the operation to the event */
        ErrorCode code; /* of a failure */
        char *text;     /* of a failure, or the event */
} TestFault;

/* Appends the rules. ERROR_INVALID_ARG names the one that cannot be read. */
int test_faults_parse(const char *text, GPtrArray *faults, Error *error);
GPtrArray *test_faults_new(void);

/* The rule for the job on the object (a driver: of the host), or NULL. Borrowed. */
const TestFault *test_fault_find(const GPtrArray *faults, const Job *job, const Object *object);
