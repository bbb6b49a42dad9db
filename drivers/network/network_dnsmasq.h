/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What dnsmasq(8) is told of a network: its configuration, and the two files that it reads again on SIGHUP. Every value
 * is written by what it is (word, name, quoted text), so that none can become another option; <dnsmasq:options> are the
 * administrator's own lines.
 */

#include "drivers/model/network_def.h"
#include "service/base/error.h"

/* In the server's directory. */
#define NETWORK_DNSMASQ_CONFIG "dnsmasq.conf"
#define NETWORK_DNSMASQ_HOSTS "hosts"         /* dhcp-hostsfile */
#define NETWORK_DNSMASQ_ADDRESSES "addresses" /* addn-hosts */
#define NETWORK_DNSMASQ_LEASES "leases"
#define NETWORK_DNSMASQ_PID "pid"

/* Whether the network has a server: addresses, and DNS or DHCP on one of them. */
bool network_dnsmasq_is_needed(const NetworkDef *def);

typedef struct NetworkDnsmasq {
        char *config, *hosts, *addresses;
} NetworkDnsmasq;

/*
 * directory is where the files are, an absolute path. ERROR_CONFIG_UNSUPPORTED, with the XPath, for a value that
 * dnsmasq has no form for.
 */
int network_dnsmasq_write(const NetworkDef *def, const char *directory, NetworkDnsmasq *ret, Error *error);
void network_dnsmasq_clear(NetworkDnsmasq *dnsmasq);
