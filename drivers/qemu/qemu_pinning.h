/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* On which of the host's processors, and how, the threads of a machine run: <vcpu cpuset=''> and <cputune>. */

#include "drivers/model/domain_def.h"

#include <json-glib/json-glib.h>
#include <sys/types.h>

bool qemu_pinning_is_wanted(const DomainDef *def);

/*
 * Of a process whose machine has not begun to run: cpus and iothreads are the answers to query-cpus-fast and query-iothreads.
 * ERROR_CONFIG_UNSUPPORTED names the place of what the host cannot do.
 */
int qemu_pinning_apply(const DomainDef *def, pid_t pid, JsonNode *cpus, JsonNode *iothreads, Error *error);
