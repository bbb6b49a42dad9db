/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Processors come to a running machine and leave it, one after the other. The definition of the machine, and with it
 * the status file, has each of them from the moment QEMU has it: what came before one that fails stays.
 */

#include "drivers/qemu/qemu_guest.h"

typedef struct QemuPlugVcpus QemuPlugVcpus;

/* Once, with the error unset when all came and went; never from within begin. */
typedef void (*QemuPlugVcpusDone)(void *userdata, Error *error);

/* on and off: numbers of processors (uint32_t) that are not there, or are, and can be taken away. */
int qemu_plug_vcpus_begin(Domain *domain, const GArray *on, const GArray *off, QemuPlugVcpusDone done, void *userdata,
                          QemuPlugVcpus **ret, Error *error);
/* Stops where it is. Accepts NULL, returns NULL. */
QemuPlugVcpus *qemu_plug_vcpus_free(QemuPlugVcpus *plug);

/* Whether the machine has the processor as a device that can be taken away. */
bool qemu_vcpu_is_plugged(const DomainDef *live, uint32_t id);
/* QEMU has it, as a device. */
void qemu_vcpu_added(QemuGuest *guest, uint32_t id);
/* QEMU's device is gone: false when it is none that was a processor of the machine. */
bool qemu_vcpu_removed(QemuGuest *guest, const char *alias);
