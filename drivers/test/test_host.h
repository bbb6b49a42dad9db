/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pretended host: numbers and definitions are those of libvirt's test:///default. */

#include "drivers/ops_connect.h"
#include "drivers/ops_host.h"
#include "drivers/model/domain.h"

#define TEST_HOST_ARCH "i686"
#define TEST_HOST_CPU "qemu64"
#define TEST_HOST_MAX_VCPUS 32
#define TEST_HOST_CPUS 16
#define TEST_HOST_VERSION 2

extern const NodeInfo test_host_info;
extern const HostOps test_host_ops;

/* Free with g_free(). */
char *test_host_capabilities(void);

/* A <domainCapabilities> document. Free with g_free(). */
char *test_host_domain_capabilities(void);
/* ERROR_INVALID_ARG when another emulator, architecture or type is meant than that of the host. */
int test_host_check_query(const CpuQuery *query, Error *error);

/* As libvirt normalises at define time, for this host. */
int test_host_normalize(const DomainDef *def, DomainDef **ret, Error *error);

/* The definition of the domain "test", normalised. */
int test_host_default_domain(DomainDef **ret, Error *error);
