/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Processors and I/O threads of a definition: which there are, which are on, where they may run. */

#include "drivers/model/cpuset.h"
#include "drivers/model/domain_def.h"

static inline uint32_t domain_vcpus_max(const DomainDef *def)
{
        return def_get(def, vcpus, 1);
}

static inline uint32_t domain_vcpus_current(const DomainDef *def)
{
        return def_get(def, vcpus_current, domain_vcpus_max(def));
}

/* Whether the guest starts with this processor: without <vcpus> it is the first ones. */
bool domain_vcpu_is_enabled(const DomainDef *def, uint32_t id);

/*
 * Edits of a definition that is not sealed: so many processors are on, those that come with it for good or so that a
 * running machine can lose them again; those that the map, one byte for each, names are on or off.
 */
void domain_vcpus_set_count(DomainDef *def, uint32_t n, bool hotpluggable);
void domain_vcpus_set(DomainDef *def, const uint8_t *map, bool enabled);

/* Keeps the order of ids. */
void domain_pin_set(DomainDef *def, DomainPins *pins, uint32_t id, const char *cpuset);

/*
 * The processors of the host (n bytes of 0 or 1) that a processor, the emulator or an I/O thread may run
 * on.
 */
void domain_vcpu_pin(const DomainDef *def, uint32_t id, uint8_t *map, size_t n);
void domain_emulator_pin(const DomainDef *def, uint8_t *map, size_t n);
void domain_iothread_pin(const DomainDef *def, uint32_t id, uint8_t *map, size_t n);

/* The ids of all I/O threads, ascending, those that are only counted included. Free with g_array_unref(). */
GArray *domain_iothread_ids(const DomainDef *def);
bool domain_iothread_exists(const DomainDef *def, uint32_t id);
/* What is said of one beside its number; NULL: nothing. */
DomainIoThread *domain_iothread_find(const DomainDef *def, uint32_t id);
