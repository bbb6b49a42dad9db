/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an interface of a domain and the port of the network that it is plugged into say of each other, and what its
 * filter is told.
 */

#include "drivers/model/domain_def.h"
#include "drivers/model/network_port_def.h"
#include "drivers/model/nwfilter_def.h"

/*
 * The port that the interface asks for, which has a MAC address and names a network; sealed, the caller's. uuid is the
 * port's.
 */
int domain_network_port(const DomainDef *domain, const DomainInterface *nic, const char *uuid, NetworkPortDef **ret,
                        Error *error);
/*
 * The interface of a running machine as the port has it: where it is plugged in, and what its group and network say.
 * live is being changed, nic is within.
 */
void domain_network_take_port(DomainDef *live, DomainInterface *nic, const NetworkPortDef *port);

/* The binding of the interface's <filterref> to its tap, both of which it has. The caller's. */
int domain_network_binding(const char *name, const char *uuid, const DomainInterface *nic, NwfilterBindingDef **ret,
                           Error *error);
