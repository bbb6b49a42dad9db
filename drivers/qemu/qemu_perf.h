/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What <perf> of a running machine has the host count: of all of QEMU's threads, since it was asked for. */

#include "drivers/qemu/qemu_guest.h"

/*
 * Counts what def wants, and nothing else; what is counted already goes on. ERROR_CONFIG_UNSUPPORTED names an event
 * that the host does not count: all is then as it was.
 */
int qemu_perf_apply(QemuGuest *guest, const DomainDef *def, Error *error);
/* Of a machine that an earlier life of the daemon has started: counts anew. What cannot be counted is logged. */
void qemu_perf_adopt(QemuGuest *guest);
/* "perf.cpu_cycles" and so on. */
void qemu_perf_add_stats(const QemuGuest *guest, Params *ret);
