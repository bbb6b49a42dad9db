/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A host from a file, in the form of libvirt's test driver: <node> with <cpu> and <memory>, and <domain>, <network>,
 * <interface>, <pool> with <volume>, <device>; and ours: <secret>, <filter>. Each stands there, or in a file that its
 * attribute "file" names, from the directory of the first. What a domain has in the namespace of TEST_HOST_NAMESPACE
 * says in which state it is: runstate, transient, hasmanagedsave, domainsnapshot, domaincheckpoint.
 */

#include "drivers/test/test_operation.h"

#define TEST_HOST_NAMESPACE "http://libvirt.org/schemas/domain/test/1.0"

/* Reads the files at once: for the start of the daemon. Errors name the file. */
int test_host_file_load(TestDriver *driver, const char *path, Error *error);
