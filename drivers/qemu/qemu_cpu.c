/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Processors: what the host's has, and what an emulator can give. */

#include "drivers/qemu/qemu_private.h"

#include "drivers/host/node.h"
#include "drivers/qemu/qemu_cpu_features.h"

int qemu_get_cpu_models(Driver *driver, const char *arch, const char ***ret, Error *error)
{
        return cpu_models(arch, ret, error);
}

int qemu_baseline_cpu(Driver *driver, Cpu *const *cpus, size_t n, bool expand, char **ret, Error *error)
{
        return cpu_baseline(cpus, n, expand, ret, error);
}

static int find_caps(const QemuDriver *driver, const CpuQuery *query, QemuCaps **ret, Error *error)
{
        const char *arch = query->arch ?: qemu_native_arch();
        g_autofree char *binary = query->emulator ? g_strdup(query->emulator)
                                                  : qemu_caps_default_binary(driver->caps, arch);
        QemuCaps *caps = binary ? qemu_caps_peek(driver->caps, binary) : NULL;

        if (!caps)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "no emulator '%s' is installed, or it has not been probed yet", binary ?: arch);
        if (query->arch && !streq(query->arch, qemu_caps_arch(caps)))
                return error_set(error, ERROR_INVALID_ARG,
                                 "architecture from emulator '%s' doesn't match given architecture '%s'",
                                 qemu_caps_arch(caps), query->arch);
        if (query->machine && !qemu_caps_machine(caps, query->machine))
                return error_set(error, ERROR_INVALID_ARG, "the machine '%s' is not supported by emulator '%s'",
                                 query->machine, qemu_caps_binary(caps));
        if (query->virt_type && !streq(query->virt_type, "kvm") && !streq(query->virt_type, "qemu"))
                return error_set(error, ERROR_INVALID_ARG, "unknown virttype: %s", query->virt_type);
        if (streq_ptr(query->virt_type, "kvm") && !qemu_caps_kvm(caps))
                return error_set(error, ERROR_INVALID_ARG, "KVM is not supported by '%s' on this host",
                                 qemu_caps_binary(caps));
        *ret = caps;
        return 0;
}

int qemu_get_host_cpu(Driver *driver, const CpuQuery *query, const char **ret_arch, CpuFeatures **ret, Error *error)
{
        QemuCaps *caps = NULL;
        int r;

        if (!query) {
                *ret_arch = qemu_native_arch();
                return node_read_cpu_features("/", ret, error);
        }
        r = find_caps(qemu_driver(driver), query, &caps, error);
        if (r < 0)
                return r;
        *ret_arch = qemu_caps_arch(caps);
        *ret = qemu_cpu_features(caps, qemu_caps_kvm(caps) && !streq_ptr(query->virt_type, "qemu"));
        return 0;
}
