/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/qemu/qemu_guest.h"

int qemu_core_dump(Domain *domain, const char *file, DomainDumpFormat format, uint32_t flags, Job *job, Error *error);

/*
 * The memory of a guest that has crashed goes to <state>/qemu/dump, as a job of the daemon's own. done is called when
 * that is over, however it ends (it is logged), unless the machine has ended.
 */
void qemu_dump_crashed(QemuGuest *guest, void (*done)(QemuGuest *guest));
