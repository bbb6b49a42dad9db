/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a machine has to do with networks of its connection. A card of <interface type='network'> is plugged into a port
 * of the network, which says where that is; the live definition says so, too. The driver of networks is known by the
 * driver's lists and its table of operations alone.
 */

#include "drivers/qemu/qemu_private.h"

typedef struct QemuNetworkPlug QemuNetworkPlug;

/*
 * def is what was given, with the ports in it, and the callee's; NULL exactly when error is set, and then nothing is
 * left. error is the callee's for the time of the call.
 */
typedef void (*QemuNetworkDone)(void *userdata, DomainDef *def, Error *error);

/*
 * Makes the ports of all cards of the definition, or of the one with the alias. Networks that are being started are
 * waited for. Returns 0 when there is nothing to do, 1 when done will be called; errors as of libvirt:
 * ERROR_NO_NETWORK, ERROR_OPERATION_INVALID for one that is not active.
 */
int qemu_network_plug(QemuDriver *driver, const DomainDef *def, const char *alias, QemuNetworkDone done,
                      void *userdata, QemuNetworkPlug **ret, Error *error);
/* done will not be called any more, and the ports go. Accepts NULL, returns NULL. */
QemuNetworkPlug *qemu_network_plug_cancel(QemuNetworkPlug *plug);

/* The ports of all cards, or of the one with the alias, go. Nobody waits for it. */
void qemu_network_unplug(QemuDriver *driver, const DomainDef *live, const char *alias);
/* After machines of an earlier life have been found: ports that none of them has go. */
void qemu_network_sweep(QemuDriver *driver);

/* Of the leases of the networks that the machine is in: result records, as of GuestOps.get_addresses. */
void qemu_network_addresses(const Domain *domain, GPtrArray *records);
/* Borrowed; NULL when none has one. */
const char *qemu_network_hostname(const Domain *domain);
