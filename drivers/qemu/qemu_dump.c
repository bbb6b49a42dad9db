/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The memory of a machine in a file: for crash(8) and the like, or all of its state as QEMU's migration writes it. */

#include "drivers/qemu/qemu_dump.h"

#include "drivers/qemu/qemu_capture.h"
#include "drivers/qemu/qemu_save.h"
#include "service/base/log.h"

#include <elf.h>
#include <string.h>

#define LOG_CATEGORY "qemu"

#define FD_NAME "virtbus-dump"
#define ASK_FIRST_USEC (20 * USEC_PER_MSEC)
#define ASK_MAX_USEC (500 * USEC_PER_MSEC)
#define ACCURACY_USEC (10 * USEC_PER_MSEC)

#define DUMP_FLAGS                                                                                          \
        (DOMAIN_DUMP_CRASH | DOMAIN_DUMP_LIVE | DOMAIN_DUMP_BYPASS_CACHE | DOMAIN_DUMP_RESET |             \
         DOMAIN_DUMP_MEMORY_ONLY)

typedef struct Dump {
        QemuCapture capture;
        DomainDumpFormat format;
        uint32_t flags;
        Qmp *qmp; /* while QEMU dumps, and while it resets */
        uint64_t number;
        sd_event_source *timer;
        uint64_t pause_usec;
        QemuGuest *guest; /* being waited for */
} Dump;

/* DumpGuestMemoryFormat of qapi/dump.json. */
static const char *const formats[_DOMAIN_DUMP_MAX] = {
        [DOMAIN_DUMP_RAW] = "elf",
        [DOMAIN_DUMP_KDUMP_ZLIB] = "kdump-zlib",
        [DOMAIN_DUMP_KDUMP_LZO] = "kdump-lzo",
        [DOMAIN_DUMP_KDUMP_SNAPPY] = "kdump-snappy",
        [DOMAIN_DUMP_WIN_DMP] = "win-dmp",
};

static void on_ended(void *userdata, const char *uuid);

static void unwait(Dump *dump)
{
        dump->timer = sd_event_source_disable_unref(dump->timer);
        if (dump->qmp && dump->number != 0)
                qmp_forget(dump->qmp, dump->number);
        dump->qmp = qmp_unref(dump->qmp);
}

static void dump_free(void *p)
{
        Dump *dump = p;

        unwait(dump);
        if (dump->guest)
                guest_unwait_end(dump->guest, on_ended, dump);
        qemu_capture_clear(&dump->capture);
        g_free(dump);
}

/* Former dumps: ELF cores, kdump (as it is and flattened), Windows', and QEMU's stream. */
static bool is_dump(int fd)
{
        static const char *const magics[] = { ELFMAG, "KDUMP   ", "makedumpfile", "PAGEDU64", "PAGEDUMP", "QEVM" };
        char head[16] = "";

        if (pread(fd, head, sizeof(head) - 1, 0) <= 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(magics); i++)
                if (g_str_has_prefix(head, magics[i])) {
                        uint16_t type = 0;

                        /* a program is no core */
                        return i > 0 || (pread(fd, &type, sizeof(type), offsetof(Elf64_Ehdr, e_type)) ==
                                                 sizeof(type) && type == ET_CORE);
                }
        return false;
}

/* Step "dump". */
static void ask(Dump *dump);

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        ask(userdata);
        return 0;
}

static void ask_later(Dump *dump)
{
        dump->timer = sd_event_source_disable_unref(dump->timer);
        (void) sd_event_add_time_relative(dump->capture.driver->host->event, &dump->timer, CLOCK_MONOTONIC,
                                          dump->pause_usec, ACCURACY_USEC, on_timer, dump);
        dump->pause_usec = MIN(dump->pause_usec * 2, ASK_MAX_USEC);
}

static void dumped(Dump *dump, const char *why)
{
        _cleanup_error_ Error error = ERROR_INIT;

        unwait(dump);
        if (why)
                (void) error_set(&error, ERROR_OPERATION_FAILED, "the memory cannot be written to '%s': %s",
                                 dump->capture.file->path, why);
        qemu_capture_written(&dump->capture, &error);
}

static void on_answer(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Dump *dump = userdata;
        JsonObject *info = qmp_node_object(result);
        const char *status = NULL;
        uint64_t completed = 0, total = 0;

        dump->number = 0;
        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED) {
                dumped(dump, "the machine has ended");
                return;
        }
        if (info) {
                (void) qmp_get_string(info, "status", &status);
                (void) qmp_get_u64(info, "completed", &completed);
                (void) qmp_get_u64(info, "total", &total);
        }
        if (total > 0)
                job_set_progress(dump->capture.job, MIN(completed, total), total);
        if (streq_ptr(status, "completed"))
                dumped(dump, NULL);
        else if (streq_ptr(status, "failed"))
                dumped(dump, "QEMU could not write it, perhaps for want of space");
        else
                ask_later(dump);
}

static void ask(Dump *dump)
{
        dump->number = qmp_execute(dump->qmp, "query-dump", NULL, QMP_TIMEOUT_DEFAULT, on_answer, dump);
}

static void on_begun(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Dump *dump = userdata;
        g_autofree char *text = error_is_set(error) ? error_message(error) : NULL;

        dump->number = 0;
        if (text)
                dumped(dump, text);
        else
                ask_later(dump);
}

static int step_dump(Job *job, void *context, Error *error)
{
        Dump *dump = context;
        QemuGuest *guest = domain_guest(dump->capture.domain);
        JsonObject *arguments;
        int fd, r;

        if (!(dump->flags & DOMAIN_DUMP_MEMORY_ONLY))
                return qemu_capture_state(job, context, error);
        r = domain_check_active(dump->capture.domain, error);
        if (r >= 0)
                r = monitor_check(guest, error);
        if (r >= 0)
                r = qemu_capture_target(&dump->capture, &fd, error);
        if (r < 0)
                return r;
        arguments = qmp_object("b:paging", false, "s:protocol", "fd:" FD_NAME, "b:detach", true, "s:format",
                               formats[dump->format], NULL);
        dump->qmp = qmp_ref(guest->qmp);
        (void) qmp_execute_fd(guest->qmp, "getfd", qmp_object("s:fdname", FD_NAME, NULL), fd,
                              guest->driver->settings.monitor_timeout_usec, NULL, NULL);
        dump->number = monitor_execute(guest, "dump-guest-memory", arguments, on_begun, dump);
        return JOB_STEP_WAIT;
}

/* Step "after": the machine crashes, begins anew, or goes on. */
static void on_ended(void *userdata, const char *uuid)
{
        Dump *dump = userdata;

        dump->guest = NULL;
        job_step_done(dump->capture.job, 0, NULL);
}

static void on_reset(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Dump *dump = userdata;

        dump->number = 0;
        dump->qmp = qmp_unref(dump->qmp);
        qemu_capture_undo_stop(dump->capture.job, dump);
        job_step_done(dump->capture.job, error_is_set(error) ? -EIO : 0, error);
}

static int step_after(Job *job, void *context, Error *error)
{
        Dump *dump = context;
        QemuGuest *guest = domain_guest(dump->capture.domain);

        if (!guest)
                return 0;
        if (dump->flags & DOMAIN_DUMP_CRASH) {
                dump->guest = guest;
                guest_wait_end(guest, on_ended, dump);
                guest_stop(guest, QEMU_STOP_AT_ONCE, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED_CRASHED);
                return JOB_STEP_WAIT;
        }
        if ((dump->flags & DOMAIN_DUMP_RESET) && guest->qmp) {
                dump->qmp = qmp_ref(guest->qmp);
                dump->number = monitor_execute(guest, "system_reset", NULL, on_reset, dump);
                return JOB_STEP_WAIT;
        }
        qemu_capture_undo_stop(job, context);
        return 0;
}

/* QEMU's own dump cannot be called back: it takes effect at its end. */
static const JobStep memory_steps[] = {
        { .name = "open", .start = qemu_capture_open, .undo = qemu_capture_undo_open,
          .cancel = qemu_capture_cancel_task, .timeout_usec = QEMU_CAPTURE_OPEN_USEC },
        { .name = "stop", .start = qemu_capture_stop, .undo = qemu_capture_undo_stop,
          .cancel = qemu_capture_cancel_stop },
        { .name = "dump", .start = step_dump },
        { .name = "write", .start = qemu_capture_write, .cancel = qemu_capture_cancel_task,
          .timeout_usec = QEMU_CAPTURE_WRITE_USEC },
        { .name = "after", .start = step_after, .no_return = true },
        {},
};

static const JobStep state_steps[] = {
        { .name = "open", .start = qemu_capture_open, .undo = qemu_capture_undo_open,
          .cancel = qemu_capture_cancel_task, .timeout_usec = QEMU_CAPTURE_OPEN_USEC },
        { .name = "stop", .start = qemu_capture_stop, .undo = qemu_capture_undo_stop,
          .cancel = qemu_capture_cancel_stop },
        { .name = "dump", .start = step_dump, .cancel = qemu_capture_cancel_state },
        { .name = "write", .start = qemu_capture_write, .cancel = qemu_capture_cancel_task,
          .timeout_usec = QEMU_CAPTURE_WRITE_USEC },
        { .name = "after", .start = step_after, .no_return = true },
        {},
};

static int check_dump(Domain *domain, DomainDumpFormat format, uint32_t flags, Error *error)
{
        int r = qemu_check_flags(flags, DUMP_FLAGS, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r >= 0)
                r = monitor_check(domain_guest(domain), error);
        if (r >= 0 && format != DOMAIN_DUMP_RAW && !(flags & DOMAIN_DUMP_MEMORY_ONLY))
                r = error_set(error, ERROR_OPERATION_UNSUPPORTED,
                              "kdump-compressed and Windows formats are only supported with memory-only dump");
        return r;
}

static int dump_run(Domain *domain, char *path, DomainDumpFormat format, uint32_t flags, bool own_file, Job *job,
                    Error *error)
{
        Dump *dump = g_new0(Dump, 1);

        qemu_capture_init(&dump->capture, domain, path, NULL, job);
        dump->capture.own_file = own_file;
        dump->capture.live = flags & DOMAIN_DUMP_LIVE;
        dump->capture.pause_reason = DOMAIN_PAUSED_DUMP;
        dump->capture.file->direct = flags & DOMAIN_DUMP_BYPASS_CACHE;
        dump->capture.file->may_replace = is_dump;
        dump->format = format;
        dump->flags = flags;
        dump->pause_usec = ASK_FIRST_USEC;
        return job_run(job, flags & DOMAIN_DUMP_MEMORY_ONLY ? memory_steps : state_steps, dump, dump_free, error);
}

int qemu_core_dump(Domain *domain, const char *file, DomainDumpFormat format, uint32_t flags, Job *job, Error *error)
{
        int r = check_dump(domain, format, flags, error);

        return r < 0 ? r : dump_run(domain, g_strdup(file), format, flags, false, job, error);
}

/* A dump that nobody asked for: the guest has crashed. */
static char *crash_path(const QemuGuest *guest)
{
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autofree char *time = g_date_time_format(now, "%Y-%m-%d-%H:%M:%S");
        g_autofree char *name = g_strdup_printf("%" PRIu32 "-%s-%s", guest->status.id, guest->name, time);

        return g_build_filename(guest->driver->host->paths->state, "qemu", "dump", name, NULL);
}

static void report(const Domain *domain, const Error *error)
{
        g_autofree char *text = error_message(error);

        log_domain(LOG_ERR, domain->name, domain->uuid,
                   "the memory of domain '%s', which has crashed, cannot be dumped: %s",
                   domain->name, text);
}

typedef struct CrashDump {
        Domain *domain;
        void (*done)(QemuGuest *guest);
} CrashDump;

static void on_crash_dumped(Job *job, Error *error, void *userdata)
{
        CrashDump *crash = userdata;
        QemuGuest *guest = domain_guest(crash->domain);

        if (error)
                report(crash->domain, error);
        if (guest && guest->domain->state == DOMAIN_CRASHED)
                crash->done(guest);
        domain_unref(crash->domain);
        g_free(crash);
}

void qemu_dump_crashed(QemuGuest *guest, void (*done)(QemuGuest *guest))
{
        Domain *domain = guest->domain;
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        CrashDump *crash;
        int r = job_new(guest->driver->host->jobs, "core-dump", &domain->object.slot, NULL, &job, &error);

        if (r >= 0) {
                job_set_object(job, domain_ref(domain), qemu_unref_domain);
                r = dump_run(domain, crash_path(guest), DOMAIN_DUMP_RAW, DOMAIN_DUMP_MEMORY_ONLY, true, job,
                             &error);
        }
        if (r <= 0) {
                report(domain, &error);
                done(guest);
                return;
        }
        crash = g_new(CrashDump, 1);
        *crash = (CrashDump) { .domain = domain_ref(domain), .done = done };
        job_on_completed(job, on_crash_dumped, crash);
}
