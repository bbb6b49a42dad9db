/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many processors a running machine has: plugged, given their share of the host, then written down. */

#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_edit_write.h"
#include "drivers/qemu/qemu_limits.h"
#include "drivers/qemu/qemu_pinning.h"
#include "drivers/qemu/qemu_plug_vcpus.h"

#include "drivers/model/domain_vcpu.h"

typedef struct VcpuChange {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        DomainEdit *edit;
        DomainDef *config; /* NULL: not to be changed */
        GArray *on, *off;  /* of uint32_t */
        QemuPlugVcpus *plug;
        Qmp *qmp; /* set while a reply is awaited */
        uint64_t number;
        GArray *threads; /* of QemuThread: those of the new ones */
        WorkerTask *task;
        QemuEditWrite write;
} VcpuChange;

static void change_free(void *p)
{
        VcpuChange *change = p;

        qemu_plug_vcpus_free(change->plug);
        if (change->qmp)
                qmp_forget(change->qmp, change->number);
        qmp_unref(change->qmp);
        worker_cancel(change->task);
        worker_cancel(change->write.task);
        g_clear_pointer(&change->threads, g_array_unref);
        g_array_unref(change->on);
        g_array_unref(change->off);
        domain_def_unref(change->config);
        domain_edit_unref(change->edit);
        domain_unref(change->domain);
        g_free(change);
}

/* The lowest that are off come first; the highest of those that can go, go first. */
static int choose_count(VcpuChange *change, const DomainDef *live, Error *error)
{
        uint32_t max = domain_vcpus_max(live), wanted = (uint32_t) change->edit->number;
        uint32_t n = domain_vcpus_current(live);

        for (uint32_t i = 0; i < max && n < wanted; i++)
                if (!domain_vcpu_is_enabled(live, i)) {
                        g_array_append_val(change->on, i);
                        n++;
                }
        for (uint32_t i = max; i-- > 0 && n > wanted;)
                if (qemu_vcpu_is_plugged(live, i)) {
                        g_array_append_val(change->off, i);
                        n--;
                }
        if (n == wanted)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "%" PRIu32 " of the machine's processors cannot be taken away while it runs: those that were "
                         "there when it started and are not 'hotpluggable'", n);
}

static int choose_some(VcpuChange *change, const DomainDef *live, Error *error)
{
        uint32_t max = domain_vcpus_max(live);
        bool wanted = change->edit->number != 0;
        g_autofree uint8_t *map = g_new0(uint8_t, UINT16_MAX);

        (void) cpuset_to_map(change->edit->cpuset, map, UINT16_MAX);
        for (uint32_t i = 0; i < max; i++) {
                if (!map[i] || domain_vcpu_is_enabled(live, i) == wanted)
                        continue;
                if (!wanted && !qemu_vcpu_is_plugged(live, i))
                        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                         "vcpu '%" PRIu32 "' can't be unplugged: it was there when the machine "
                                         "started and is not 'hotpluggable'", i);
                g_array_append_val(*(wanted ? &change->on : &change->off), i);
        }
        return 0;
}

static int step_prepare(Job *job, void *context, Error *error)
{
        VcpuChange *change = context;
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        int r = domain_edit_prepare(change->edit, change->domain, &change->config, &live, error);

        if (r < 0)
                return r;
        return change->edit->kind == DOMAIN_EDIT_VCPUS ? choose_count(change, change->domain->live, error)
                                                       : choose_some(change, change->domain->live, error);
}

static void on_plugged(void *userdata, Error *error)
{
        VcpuChange *change = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;
        bool failed = error_is_set(error);

        error_move(&failure, error);
        change->plug = qemu_plug_vcpus_free(change->plug);
        if (domain_guest(change->domain))
                guest_refresh_facts(domain_guest(change->domain));
        job_step_done(change->job, failed ? -EIO : 0, &failure);
}

static int step_machine(Job *job, void *context, Error *error)
{
        VcpuChange *change = context;
        int r;

        if (change->on->len == 0 && change->off->len == 0)
                return 0;
        r = qemu_plug_vcpus_begin(change->domain, change->on, change->off, on_plugged, change, &change->plug, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

static void cancel_machine(Job *job, void *context)
{
        VcpuChange *change = context;

        change->plug = qemu_plug_vcpus_free(change->plug);
}

static bool is_new(const VcpuChange *change, const QemuThread *thread)
{
        for (guint i = 0; i < change->on->len; i++)
                if (thread->vcpu && g_array_index(change->on, uint32_t, i) == thread->id)
                        return true;
        return false;
}

static void on_threads(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        VcpuChange *change = userdata;
        QemuGuest *guest = domain_guest(change->domain);

        change->qmp = qmp_unref(change->qmp);
        if (error_is_set(error) || !guest) {
                job_step_done(change->job, -EIO, error);
                return;
        }
        change->threads = qemu_threads_read(guest->status.pid, result, NULL);
        for (guint i = change->threads->len; i-- > 0;)
                if (!is_new(change, &g_array_index(change->threads, QemuThread, i)))
                        g_array_remove_index(change->threads, i);
        job_step_done(change->job, 0, NULL);
}

static int step_threads(Job *job, void *context, Error *error)
{
        VcpuChange *change = context;
        QemuGuest *guest = domain_guest(change->domain);
        int r;

        if (change->on->len == 0 || !guest ||
            (!qemu_pinning_is_wanted(guest->live) && !qemu_limits_divide(NULL, guest->live)))
                return 0;
        r = monitor_check(guest, error);
        if (r < 0)
                return r;
        change->qmp = qmp_ref(guest->qmp);
        change->number = monitor_execute(guest, "query-cpus-fast", NULL, on_threads, change);
        return JOB_STEP_WAIT;
}

static void cancel_threads(Job *job, void *context)
{
        VcpuChange *change = context;

        qmp_forget(change->qmp, change->number);
        change->qmp = qmp_unref(change->qmp);
}

static void on_limited(void *userdata, int r, Error *error)
{
        VcpuChange *change = userdata;

        change->task = NULL;
        job_step_done(change->job, r, error);
}

/* Their threads begin as those of the emulator do that made them. */
static int step_host(Job *job, void *context, Error *error)
{
        VcpuChange *change = context;
        QemuGuest *guest = domain_guest(change->domain);
        int r;

        if (!change->threads || !guest)
                return 0;
        r = qemu_pinning_apply_threads(guest->live, change->threads, error);
        if (r < 0 || !qemu_limits_divide(NULL, guest->live))
                return r;
        r = qemu_cgroup_change(guest, NULL, guest->live, change->threads, on_limited, change, &change->task, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

/* Each processor was announced when the machine had it. */
static void announce_nothing(void *userdata)
{
}

static int step_write(Job *job, void *context, Error *error)
{
        VcpuChange *change = context;

        change->write = (QemuEditWrite) {
                .job = job,
                .domain = change->domain,
                .config = change->config,
                .visible = announce_nothing,
                .userdata = change,
        };
        return qemu_edit_write(&change->write);
}

static const JobStep steps[] = {
        { .name = "prepare", .start = step_prepare },
        { .name = "machine", .start = step_machine, .cancel = cancel_machine },
        { .name = "threads", .start = step_threads, .cancel = cancel_threads },
        { .name = "host", .start = step_host },
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

bool qemu_edit_is_of_vcpus(const Domain *domain, const DomainEdit *edit)
{
        uint32_t impact;

        return (edit->kind == DOMAIN_EDIT_VCPUS || edit->kind == DOMAIN_EDIT_VCPU) &&
               domain_resolve_impact(domain, edit->flags, &impact, NULL) >= 0 && (impact & DOMAIN_AFFECT_LIVE);
}

int qemu_edit_vcpus(Domain *domain, DomainEdit *edit, Job *job, Error *error)
{
        VcpuChange *change = g_new0(VcpuChange, 1);

        change->job = job;
        change->domain = domain_ref(domain);
        change->edit = domain_edit_ref(edit);
        change->on = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        change->off = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        return job_run(job, steps, change, change_free, error);
}
