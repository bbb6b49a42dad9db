/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Processors: what the host's has, and what an emulator can give. */

#include "drivers/qemu/qemu_private.h"

#include "drivers/host/node.h"
#include "drivers/qemu/qemu_cpu_features.h"

int qemu_get_cpu_models(Driver *driver, const char *arch, const char ***ret, Error *error)
{
        return cpu_models(arch, ret, error);
}

/* Whether there are such guests; *ret_kvm: with KVM, which is the better one. */
static int check_query(const QemuCaps *caps, const CpuQuery *query, bool *ret_kvm, Error *error)
{
        const char *own = qemu_caps_arch(caps), *type = query->virt_type;

        if (query->arch && !streq(query->arch, own) && !(cpu_arch_is_x86(query->arch) && cpu_arch_is_x86(own)))
                return error_set(error, ERROR_INVALID_ARG,
                                 "architecture from emulator '%s' doesn't match given architecture '%s'", own,
                                 query->arch);
        if (type && !streq(type, "kvm") && !streq(type, "qemu"))
                return error_set(error, ERROR_INVALID_ARG, "unknown virttype: %s", type);
        if (streq_ptr(type, "kvm") && !qemu_caps_kvm(caps))
                return error_set(error, ERROR_INVALID_ARG, "the accel 'kvm' is not supported by '%s' on this host",
                                 qemu_caps_binary(caps));
        if (query->machine && !qemu_caps_machine(caps, query->machine))
                return error_set(error, ERROR_INVALID_ARG, "the machine '%s' is not supported by emulator '%s'",
                                 query->machine, qemu_caps_binary(caps));
        *ret_kvm = qemu_caps_kvm(caps) && !streq_ptr(type, "qemu");
        return 0;
}

static int host_of_caps(const QemuCaps *caps, const CpuQuery *query, CpuHost **ret, Error *error)
{
        bool kvm = false;
        int r = check_query(caps, query, &kvm, error);

        if (r >= 0)
                *ret = qemu_cpu_host(caps, query->arch ?: qemu_caps_arch(caps), kvm);
        return r;
}

/* Free with g_free(). */
static int find_binary(const QemuDriver *driver, const CpuQuery *query, char **ret, Error *error)
{
        const char *arch = query->arch ?: qemu_native_arch();

        if (!cpu_arch_is_known(arch))
                return error_set(error, ERROR_INVALID_ARG, "unknown architecture: %s", arch);
        *ret = query->emulator ? g_strdup(query->emulator) : qemu_caps_default_binary(driver->caps, arch);
        return *ret ? 0
                    : error_set(error, ERROR_INVALID_ARG, "unable to find any emulator to serve '%s' architecture",
                                arch);
}

static CpuHost *native_host(void)
{
        CpuHost *host = g_new0(CpuHost, 1);

        host->arch = qemu_native_arch();
        host->features = node_cpu_features();
        return host;
}

int qemu_get_host_cpu(Driver *driver, const CpuQuery *query, CpuHost **ret, Error *error)
{
        const QemuDriver *qemu = qemu_driver(driver);
        g_autofree char *binary = NULL;
        const QemuCaps *caps;
        int r;

        if (!query) {
                *ret = native_host();
                return 0;
        }
        r = find_binary(qemu, query, &binary, error);
        if (r < 0)
                return r;
        caps = qemu_caps_peek(qemu->caps, binary);
        if (!caps)
                return error_set(error, ERROR_OPERATION_FAILED, "emulator '%s' has not been probed yet", binary);
        return host_of_caps(caps, query, ret, error);
}

/* An emulator that is asked what it makes of this host. */
typedef struct Asked {
        Job *job; /* not owned: it owns this */
        QemuDriver *driver;
        QemuCapsRequest *request;
        char *binary;
        char *arch, *machine, *virt_type; /* of a CpuQuery */
} Asked;

static void asked_free(void *p)
{
        Asked *asked = p;

        qemu_caps_cancel(asked->request);
        g_free(asked->binary);
        g_free(asked->arch);
        g_free(asked->machine);
        g_free(asked->virt_type);
        g_free(asked);
}

static void host_unref(void *host)
{
        cpu_host_free(host);
}

static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Asked *asked = userdata;
        const CpuQuery query = { asked->binary, asked->arch, asked->machine, asked->virt_type };
        CpuHost *host = NULL;
        int r = caps ? host_of_caps(caps, &query, &host, error) : -EIO;

        asked->request = NULL;
        if (r >= 0)
                job_set_result_object(asked->job, host, host_unref);
        job_step_done(asked->job, r, error);
}

static int step_ask(Job *job, void *context, Error *error)
{
        Asked *asked = context;

        asked->request = qemu_caps_get(asked->driver->caps, asked->binary, on_caps, asked);
        return JOB_STEP_WAIT;
}

static void cancel_ask(Job *job, void *context)
{
        Asked *asked = context;

        asked->request = qemu_caps_cancel(asked->request);
}

int qemu_get_hypervisor_cpu(Driver *driver, const CpuQuery *query, Job *job, Error *error)
{
        static const JobStep steps[] = {
                { .name = "emulator", .start = step_ask, .cancel = cancel_ask },
                {},
        };
        g_autofree char *binary = NULL;
        Asked *asked;
        int r = find_binary(qemu_driver(driver), query, &binary, error);

        if (r < 0)
                return r;
        asked = g_new0(Asked, 1);
        asked->job = job;
        asked->driver = qemu_driver(driver);
        asked->binary = g_steal_pointer(&binary);
        asked->arch = g_strdup(query->arch);
        asked->machine = g_strdup(query->machine);
        asked->virt_type = g_strdup(query->virt_type);
        return job_run(job, steps, asked, asked_free, error);
}
