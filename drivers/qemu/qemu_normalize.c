/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_guest.h"

/* Normalisation: waits for the emulator's capabilities, then everything is known. */
typedef struct Normalize {
        Job *job;
        QemuDriver *driver;
        DomainDef *def;
        char *emulator; /* the default, or that of the definition */
        QemuCaps *caps;
        QemuCapsRequest *request;
        WorkerTask *task;
} Normalize;

static void normalize_free(void *p)
{
        Normalize *normalize = p;

        qemu_caps_cancel(normalize->request);
        worker_cancel(normalize->task);
        qemu_caps_unref(normalize->caps);
        domain_def_unref(normalize->def);
        g_free(normalize->emulator);
        g_free(normalize);
}

static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Normalize *normalize = userdata;

        normalize->request = NULL;
        if (caps)
                normalize->caps = qemu_caps_ref(caps);
        job_step_done(normalize->job, caps ? 0 : -EIO, error);
}

static int step_capabilities(Job *job, void *context, Error *error)
{
        Normalize *normalize = context;

        normalize->request = qemu_caps_get(normalize->driver->caps, normalize->emulator, on_caps, normalize);
        return JOB_STEP_WAIT;
}

static void cancel_capabilities(Job *job, void *context)
{
        Normalize *normalize = context;

        normalize->request = qemu_caps_cancel(normalize->request);
}

/* What the model asks while it normalises. */
typedef struct Asked {
        const QemuCaps *caps;
        const char *emulator;
} Asked;

static const char *host_emulator(void *userdata, DomainVirtType type, const char *arch)
{
        const Asked *asked = userdata;

        return asked->emulator;
}

static const char *host_default_machine(void *userdata, const char *emulator, const char *arch)
{
        const Asked *asked = userdata;
        const QemuMachine *machine = qemu_caps_machine(asked->caps, NULL);

        return machine ? machine->name : NULL;
}

static const char *host_expand_machine(void *userdata, const char *emulator, const char *name)
{
        const Asked *asked = userdata;
        const QemuMachine *machine = qemu_caps_machine(asked->caps, name);

        return machine ? machine->name : NULL;
}

/* QEMU's word is about TCG; on these architectures libvirt takes it for KVM, too. */
static bool default_cpu_counts(DomainVirtType type, const char *arch)
{
        return type == DOMAIN_VIRT_QEMU || streq_ptr(arch, "x86_64") || streq_ptr(arch, "i686") ||
               streq_ptr(arch, "s390x") || streq_ptr(arch, "ppc64") || streq_ptr(arch, "ppc64le");
}

static const char *host_default_cpu(void *userdata, DomainVirtType type, const char *emulator,
                                    const char *arch, const char *name)
{
        const Asked *asked = userdata;
        const QemuMachine *machine = qemu_caps_machine(asked->caps, name);
        const QemuCpu *cpus;
        size_t n;

        if (!machine || !machine->default_cpu || !default_cpu_counts(type, arch))
                return NULL;
        cpus = qemu_caps_cpus(asked->caps, &n);
        for (size_t i = 0; i < n; i++)
                if (streq_ptr(cpus[i].type, machine->default_cpu))
                        return cpus[i].name;
        return NULL;
}

int qemu_normalize_now(QemuDriver *driver, const QemuCaps *caps, const char *emulator, const DomainDef *def,
                       const Firmwares *firmwares, bool keep_abi, DomainDef **ret, Error *error)
{
        g_autofree char *nvram_dir = g_build_filename(driver->host->paths->state, "qemu", "nvram", NULL);
        Asked asked = { .caps = caps, .emulator = emulator };
        const DomainDefHost host = {
                .userdata = &asked,
                .arch = qemu_caps_arch(caps),
                .keep_abi = keep_abi,
                .emulator = host_emulator,
                .default_machine = host_default_machine,
                .expand_machine = host_expand_machine,
                .default_cpu = host_default_cpu,
                .firmwares = firmwares,
                .nvram_dir = nvram_dir,
        };
        const char *machine = def->os.machine;

        if (machine && !qemu_caps_machine(caps, machine))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "emulator '%s' does not support machine type '%s'", emulator, machine);
        return domain_def_normalize(def, &host, ret, error);
}

static int normalize_with(Normalize *normalize, const Firmwares *firmwares, Error *error)
{
        DomainDef *def;
        int r = qemu_normalize_now(normalize->driver, normalize->caps, normalize->emulator, normalize->def, firmwares,
                                   false, &def, error);

        if (r < 0)
                return r;
        domain_def_unref(normalize->def);
        normalize->def = def;
        /* for steps that follow and for whoever waits */
        job_set_result_object(normalize->job, domain_def_ref(def), qemu_unref_def);
        return 0;
}

/* Step "normalize": the host's firmware is told by files, which a worker reads where it matters. */
static void on_firmwares(void *userdata, const Firmwares *firmwares, Error *error)
{
        Normalize *normalize = userdata;
        int r = firmwares ? normalize_with(normalize, firmwares, error) : -EIO;

        normalize->task = NULL;
        job_step_done(normalize->job, r, error);
}

static int step_normalize(Job *job, void *context, Error *error)
{
        Normalize *normalize = context;

        if (!domain_needs_firmwares(normalize->def))
                return normalize_with(normalize, NULL, error);
        normalize->task = qemu_firmwares_read_later(normalize->driver->host->workers, on_firmwares, normalize);
        return JOB_STEP_WAIT;
}

static void cancel_normalize(Job *job, void *context)
{
        Normalize *normalize = context;

        normalize->task = worker_cancel(normalize->task);
}

static const JobStep normalize_steps[] = {
        { .name = "capabilities", .start = step_capabilities, .cancel = cancel_capabilities },
        { .name = "normalize", .start = step_normalize, .cancel = cancel_normalize },
        {},
};

/* Step "native": what has been normalised as a command line. */
static int step_native(Job *job, void *context, Error *error)
{
        const Normalize *normalize = context;
        char *text;
        int r = qemu_native_text(normalize->driver, normalize->caps, normalize->def, &text, error);

        if (r >= 0)
                job_set_result_text(job, text);
        return r;
}

static const JobStep native_steps[] = {
        { .name = "capabilities", .start = step_capabilities, .cancel = cancel_capabilities },
        { .name = "normalize", .start = step_normalize, .cancel = cancel_normalize },
        { .name = "native", .start = step_native },
        {},
};

static int check_type(const DomainDef *def, Error *error)
{
        if (def->type != DOMAIN_VIRT_QEMU && def->type != DOMAIN_VIRT_KVM)
                return error_set(error, ERROR_INVALID_ARG, "could not find capabilities for domaintype=%s",
                                 strempty(domain_virt_to_string(def->type)));
        if (def->os.type && !streq(def->os.type, "hvm"))
                return error_set(error, ERROR_INVALID_ARG, "could not find capabilities for ostype=%s",
                                 def->os.type);
        return 0;
}

static int normalize_run(Driver *driver, DomainDef *def, const JobStep *steps, Job *job, Error *error)
{
        QemuDriver *qemu = qemu_driver(driver);
        g_autofree char *emulator = g_strdup(def->emulator);
        Normalize *normalize;
        int r = check_type(def, error);

        if (r < 0)
                return r;
        if (!emulator)
                emulator = qemu_caps_default_binary(qemu->caps, def->os.arch ?: qemu_native_arch());
        if (!emulator)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "No emulator found for arch '%s'",
                                 def->os.arch ?: qemu_native_arch());
        if (!qemu_caps_binary_allowed(qemu->caps, emulator))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "emulator '%s' is not among those that may be run", emulator);
        normalize = g_new0(Normalize, 1);
        normalize->job = job;
        normalize->driver = qemu;
        normalize->def = domain_def_ref(def);
        normalize->emulator = g_steal_pointer(&emulator);
        return job_run(job, steps, normalize, normalize_free, error);
}

int qemu_normalize(Driver *driver, DomainDef *def, Job *job, Error *error)
{
        return normalize_run(driver, def, normalize_steps, job, error);
}

int qemu_domain_to_native(Driver *driver, const char *format, DomainDef *def, Job *job, Error *error)
{
        if (!streq(format, "qemu-argv"))
                return error_set(error, ERROR_INVALID_ARG, "unsupported config type %s", format);
        return normalize_run(driver, def, native_steps, job, error);
}
