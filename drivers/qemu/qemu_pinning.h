/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* On which of the host's processors, and how, the threads of a machine run: <vcpu cpuset=''> and <cputune>. */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_threads.h"

bool qemu_pinning_is_wanted(const DomainDef *def);

/*
 * Of a process and its threads (QemuThread), before its machine begins to run or while it does.
 * ERROR_CONFIG_UNSUPPORTED names the place of what the host cannot do.
 */
int qemu_pinning_apply(const DomainDef *def, pid_t pid, const GArray *threads, Error *error);
/* Of these threads alone, which were made as those of the emulator are. */
int qemu_pinning_apply_threads(const DomainDef *def, const GArray *threads, Error *error);
