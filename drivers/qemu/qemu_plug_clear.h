/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A device is gone, because somebody asked for it or the guest let it go: what stood behind it in QEMU and on the host
 * goes too, then the definition and the domain's signal say so, and who waits for it hears.
 */

#include "drivers/qemu/qemu_guest.h"

/* Begins it, unless the machine has no such device. */
void qemu_plug_clear(QemuGuest *guest, const char *alias);
/* The host's side alone, of a device of def: its program, its sockets and interfaces, what is to be run then. */
void qemu_plug_clear_host(QemuGuest *guest, const DomainDef *def, const char *alias);
/* What the host has lent for it is given back; nobody waits for it. For a device that has nothing else. */
void qemu_plug_give_back(const QemuGuest *guest, const char *alias);
/* Of the machine's list of those at work. */
void qemu_plug_clear_free(void *clearing);
