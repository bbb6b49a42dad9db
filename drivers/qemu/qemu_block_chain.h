/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The chain of images of a disk: how callers name its layers, and what jobs make of it. The uppermost is the first. */

#include "drivers/model/block_job.h"

/* "vda[2]" (the number of a layer, see qemu_layer.h), or its path. ERROR_INVALID_ARG: there is none. */
int qemu_block_layer(const DomainDisk *disk, const char *name, size_t *ret, Error *error);
/* How many there are. */
size_t qemu_block_depth(const DomainDisk *disk);

/* Changes of a disk of a live definition that is not sealed. Layers that went before are no error. */

/* What was between the active image and base (SIZE_MAX: all) is in the active one. */
void qemu_block_chain_pull(DomainDef *def, DomainDisk *disk, size_t base);
/* What was in top and down to base is in base. */
void qemu_block_chain_commit(DomainDef *def, DomainDisk *disk, size_t top, size_t base);
/* The disk is another one, whose layer has the number. chain: what is below it (NULL: nothing is known). */
void qemu_block_chain_replace(DomainDef *def, DomainDisk *disk, const BlockDest *dest, uint32_t index,
                              DomainBacking *chain);

/*
 * The persistent definition when the disk of the live one has changed, or NULL: it has another image, or says nothing
 * of what has changed. The caller's.
 */
DomainDef *qemu_block_chain_config(const Domain *domain, const DomainDef *old, const DomainDef *live,
                                   const char *target);
