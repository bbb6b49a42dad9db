/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The operations of the test driver on domains, as rows of DriverInfo.domain name them. */

#include "drivers/driver.h"

/* definitions: test_define.c */
int test_domain_normalize(Driver *driver, DomainDef *def, Job *job, Error *error);
int test_domain_define(Domain *domain, DomainDef *def, Job *job, Error *error);
int test_domain_undefine(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_set_autostart(Domain *domain, bool autostart, Job *job, Error *error);
int test_domain_rename(Domain *domain, const char *name, Job *job, Error *error);

/* machines: test_lifecycle.c */
int test_domain_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
int test_domain_shutdown(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_reboot(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_reset(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_suspend(Domain *domain, Job *job, Error *error);
int test_domain_resume(Domain *domain, Job *job, Error *error);
int test_domain_destroy(Domain *domain, uint32_t flags, Job *job, Error *error);
/* Ends what the caller has started, or is starting, with AUTODESTROY. */
void test_domain_caller_left(Domain *domain, const char *caller);

/* test_stream.c */
int test_domain_open_console(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error);
int test_domain_open_channel(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error);

/* test_stats.c */
void test_domain_get_stats(Domain *domain, uint32_t groups, Params *ret);
