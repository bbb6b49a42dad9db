/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/model/cpu.h"
#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_caps.h"

/* Adds the feature that QEMU's property is a name of; nothing for one that libvirt has no word for. */
void qemu_cpu_features_add(CpuFeatures *features, const char *property);

/* What the emulator makes of this host for its guests, with KVM or without it; the strings are those of caps. */
CpuHost *qemu_cpu_host(const QemuCaps *caps, const char *arch, bool kvm);

/*
 * Has *def name the model and the features that "host-model" stands for with this emulator on this host, so that the
 * machine keeps its processor wherever it goes. Nothing for other modes, or when the emulator says too little: then it
 * is the host's processor as it is.
 */
int qemu_cpu_spell(const QemuCaps *caps, DomainDef **def, Error *error);
