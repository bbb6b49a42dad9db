/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tables of the network format. The order of rows is libvirt's order of output. */

#include "drivers/model/network_def.h"

extern const DefType network_def_type;

/* Elements that can be changed on their own. */
extern const DefType network_dhcp_host_type;
extern const DefType network_dhcp_range_type;
extern const DefType network_forward_interface_type;
extern const DefType network_port_group_type;
extern const DefType network_dns_host_type;
extern const DefType network_dns_txt_type;
extern const DefType network_dns_srv_type;

/* Rules over several fields. */
extern const DefRule network_rules[];
extern const DefRule network_lease_rules[];
extern const DefRule network_dhcp_host_rules[];
extern const DefRule network_dhcp_range_rules[];
extern const DefRule network_ip_rules[];
extern const DefRule network_route_rules[];
extern const DefRule network_dns_rules[];
extern const DefRule network_dns_forwarder_rules[];
extern const DefRule network_dns_txt_rules[];
extern const DefRule network_dns_srv_rules[];
extern const DefRule network_dns_host_rules[];
