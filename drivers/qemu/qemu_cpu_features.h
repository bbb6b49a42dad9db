/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/model/cpu.h"
#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_caps.h"

/*
 * What the best processor of the emulator's guests can do, with KVM or without it, each feature once and by libvirt's
 * word (its cpu_map). Empty when the emulator does not say.
 */
CpuFeatures *qemu_cpu_features(const QemuCaps *caps, bool kvm);

/*
 * Has *def name the model and the features that "host-model" stands for with this emulator on this host, so that the
 * machine keeps its processor wherever it goes. Nothing for other modes, or when the emulator says too little or lacks
 * the model: then it is the host's processor as it is.
 */
int qemu_cpu_spell(const QemuCaps *caps, DomainDef **def, Error *error);
