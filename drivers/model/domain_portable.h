/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A definition as another host is given it, and a running machine keeps it: GetXMLDesc with UPDATE_CPU and MIGRATABLE.
 * *ret is sealed and the caller's.
 */

#include "drivers/model/cpu.h"
#include "drivers/model/domain_def.h"

/*
 * In place of "host-model" the model and the features that it stands for on a host that can give these; other
 * processors stay, as they say already what they are, or that they are the host's whatever that is.
 */
int domain_def_spell_cpu(const DomainDef *def, const CpuHost *host, DomainDef **ret, Error *error);

/*
 * Without the devices that every libvirt adds by itself, which an old one would not understand when they are named:
 * normalised, it is the same guest again.
 */
int domain_def_make_migratable(const DomainDef *def, DomainDef **ret, Error *error);
