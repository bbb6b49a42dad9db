/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Processors within documents, as virsh finds them. */

#include "tools/virtbusctl/failure.h"

/*
 * Appends the <cpu> elements of the file ("-": standard input): it has one or several of them, or domains, documents of
 * capabilities (the host's processor) or of domain capabilities (what "host-model" is), one behind another.
 */
int cpu_document_read(const char *file, GPtrArray *elements, Failure *failure);
