/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/model/cpu.h"
#include "drivers/qemu/qemu_caps.h"

/*
 * What the best processor of the emulator's guests can do, with KVM or without it, each feature once and by libvirt's
 * word (its cpu_map). Empty when the emulator does not say.
 */
CpuFeatures *qemu_cpu_features(const QemuCaps *caps, bool kvm);
