/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_private.h"

#include <sys/utsname.h>

const char *qemu_native_arch(void)
{
        struct utsname name;

        /* libvirt's words are uname's but for these */
        if (uname(&name) < 0)
                return "x86_64";
        if (g_str_has_prefix(name.machine, "i") && g_str_has_suffix(name.machine, "86"))
                return "i686";
        if (g_str_has_prefix(name.machine, "armv7"))
                return "armv7l";
        return g_intern_string(name.machine);
}

static QemuCaps *default_caps(const QemuDriver *driver)
{
        g_autofree char *binary = qemu_caps_default_binary(driver->caps, qemu_native_arch());

        return binary ? qemu_caps_peek(driver->caps, binary) : NULL;
}

uint64_t qemu_get_version(Driver *driver)
{
        const QemuCaps *caps = default_caps(qemu_driver(driver));

        return caps ? qemu_caps_version(caps) : 0;
}

int qemu_get_max_vcpus(Driver *driver, const char *virt_type, int32_t *ret, Error *error)
{
        const QemuCaps *caps = default_caps(qemu_driver(driver));
        const QemuMachine *machine = caps ? qemu_caps_machine(caps, NULL) : NULL;

        if (!isempty(virt_type) && !streq(virt_type, "qemu") && !streq(virt_type, "kvm"))
                return error_set(error, ERROR_INVALID_ARG, "unknown type '%s'", virt_type);
        if (!machine)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "no emulator is installed, or it has not been probed yet");
        *ret = (int32_t) MIN(machine->cpu_max, (uint32_t) INT32_MAX);
        return 0;
}

/* A document that needs facts of the host, and of one emulator or of all. */
typedef struct Document {
        Job *job; /* not owned: it owns this */
        QemuDriver *driver;
        WorkerTask *task;
        QemuCapsRequest *request;
        char *emulator; /* NULL: all of them are asked for */
        char *arch;
        char *machine;
        char *virt_type;
} Document;

static void document_free(void *p)
{
        Document *document = p;

        worker_cancel(document->task);
        qemu_caps_cancel(document->request);
        g_free(document->emulator);
        g_free(document->arch);
        g_free(document->machine);
        g_free(document->virt_type);
        g_free(document);
}

typedef struct HostTask {
        Document *document; /* touched on the loop only */
        QemuHost *host;
} HostTask;

static void host_task_free(void *data)
{
        HostTask *task = data;

        qemu_host_free(task->host);
        g_free(task);
}

static int host_work(void *data, Error *error)
{
        HostTask *task = data;

        return qemu_host_read("/", &task->host, error);
}

static void on_host(void *userdata, int r, Error *error)
{
        HostTask *task = userdata;
        Document *document = task->document;

        document->task = NULL;
        if (r >= 0 && !document->driver->machine)
                document->driver->machine = g_steal_pointer(&task->host);
        job_step_done(document->job, r, error);
}

/* Step "host": processors and memory of a host do not change, so once is enough. */
static int step_host(Job *job, void *context, Error *error)
{
        Document *document = context;
        HostTask *task;

        if (document->driver->machine)
                return 0;
        task = g_new0(HostTask, 1);
        task->document = document;
        document->task =
                worker_run(document->driver->host->workers, host_work, task, host_task_free, on_host, task);
        return JOB_STEP_WAIT;
}

static void cancel_host(Job *job, void *context)
{
        Document *document = context;

        document->task = worker_cancel(document->task);
}

static void on_all_caps(void *userdata, QemuCaps *const *caps, size_t n)
{
        Document *document = userdata;

        document->request = NULL;
        job_set_result_text(document->job, qemu_capabilities_xml(document->driver->machine, caps, n));
        job_step_done(document->job, 0, NULL);
}

static void on_one_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Document *document = userdata;
        char *text;
        int r = -EIO;

        document->request = NULL;
        if (caps)
                r = qemu_domain_capabilities_xml(document->driver->machine, caps, document->arch,
                                                 document->machine, document->virt_type, &text, error);
        if (r >= 0)
                job_set_result_text(document->job, text);
        job_step_done(document->job, r, error);
}

static int step_document(Job *job, void *context, Error *error)
{
        Document *document = context;
        QemuCapsCache *cache = document->driver->caps;

        if (document->emulator)
                document->request = qemu_caps_get(cache, document->emulator, on_one_caps, document);
        else
                document->request = qemu_caps_get_all(cache, on_all_caps, document);
        return JOB_STEP_WAIT;
}

static void cancel_document(Job *job, void *context)
{
        Document *document = context;

        document->request = qemu_caps_cancel(document->request);
}

static const JobStep document_steps[] = {
        { .name = "host", .start = step_host, .cancel = cancel_host },
        { .name = "emulators", .start = step_document, .cancel = cancel_document },
        {},
};

static Document *document_new(Driver *driver, Job *job)
{
        Document *document = g_new0(Document, 1);

        document->job = job;
        document->driver = qemu_driver(driver);
        return document;
}

int qemu_get_capabilities(Driver *driver, Job *job, Error *error)
{
        return job_run(job, document_steps, document_new(driver, job), document_free, error);
}

int qemu_get_domain_capabilities(Driver *driver, const char *emulator, const char *arch, const char *machine,
                                 const char *virt_type, Job *job, Error *error)
{
        const QemuCapsCache *cache = qemu_driver(driver)->caps;
        g_autofree char *binary =
                isempty(emulator)
                        ? qemu_caps_default_binary(cache, isempty(arch) ? qemu_native_arch() : arch)
                        : g_strdup(emulator);
        Document *document;

        if (!binary)
                return error_set(error, ERROR_INVALID_ARG,
                                 "unable to find any emulator to serve '%s' architecture",
                                 isempty(arch) ? qemu_native_arch() : arch);
        if (!qemu_caps_binary_allowed(cache, binary))
                return error_set(error, ERROR_INVALID_ARG,
                                 "emulator '%s' is not among those that may be run", binary);
        document = document_new(driver, job);
        document->emulator = g_steal_pointer(&binary);
        document->arch = isempty(arch) ? NULL : g_strdup(arch);
        document->machine = isempty(machine) ? NULL : g_strdup(machine);
        document->virt_type = isempty(virt_type) ? NULL : g_strdup(virt_type);
        return job_run(job, document_steps, document, document_free, error);
}
