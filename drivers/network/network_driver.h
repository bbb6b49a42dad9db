/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Virtual networks of a host, a part of a driver of machines. Files:
 *
 *   <config>/qemu/networks/NAME.xml            persistent definitions
 *   <config>/qemu/networks/autostart/NAME.xml  links to those that start with the host
 *   <run>/networks/UUID/                       a network that runs, see network_status.h
 *   <state>/dnsmasq/UUID/                      its server of DHCP and DNS, and the addresses that this has lent
 *   <log>/networks/NAME.log                    what the server says
 *
 * A user's own daemon keeps definitions, and starts none of them: the host's network is not his.
 *
 * Settings of the section "network", both optional: dnsmasq (the program), dnsmasq-user (whom it runs as).
 */

#include "drivers/part.h"

extern const PartInfo network_part_info;
