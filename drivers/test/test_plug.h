/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where the interfaces of a running machine are plugged in: ports of networks, whose guests get leases, and bindings of
 * filters. They come and go with the machine and its interfaces.
 */

#include "drivers/model/domain.h"

/* What a machine has of them; frees them, and takes them out of the host. */
GPtrArray *test_plugs_new(void);

/*
 * Plugs in the interfaces of the definition that are not yet, and takes out those that are gone. What the host decides
 * is written into live, which may still be changed: the tap device, the port, the bridge. ERROR_NO_NETWORK,
 * ERROR_OPERATION_INVALID when a network does not run, ERROR_NO_NWFILTER; then all is as before, but for live.
 */
int test_plugs_follow(GPtrArray *plugs, const Domain *domain, DomainDef *live, Error *error);

/* What the leases of networks call the running machine. Borrowed; NULL: nothing. */
const char *test_plugs_hostname(const Domain *domain);
