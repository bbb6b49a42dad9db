/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a network interface of the host is told, by netlink. All of it may block: for workers. place is for errors. */

#include "drivers/model/domain_interface_def.h"
#include "service/base/error.h"

/* Addresses of the host's end of the link, and routes through it. */
int link_set_addresses(const char *name, const DomainInterfaceRare *rare, const char *place, Error *error);
/* As the port of a bridge: packets do not go to other such ports. */
int link_isolate(const char *name, const char *place, Error *error);
/* As the port of a bridge with vlan_filtering: which VLANs it is in; the native one, or the only one, without tags. */
int link_set_vlans(const char *name, const NetVlan *vlan, const char *place, Error *error);
/* Frames that may be received before there is an interrupt. */
int link_set_coalesce(const char *name, uint32_t frames, const char *place, Error *error);
