/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_limits.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_nvram.h"
#include "drivers/qemu/qemu_pinning.h"
#include "drivers/qemu/qemu_placement.h"
#include "drivers/qemu/qemu_save.h"
#include "drivers/qemu/qemu_secrets.h"
#include "service/base/log.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define LOG_CATEGORY "qemu"

/* A former process of the same domain that hangs in the kernel. */
#define SETTLE_USEC (60 * USEC_PER_SEC)
/* From the program's first instruction to the answers of its monitor: large images are opened meanwhile. */
#define HANDSHAKE_USEC (120 * USEC_PER_SEC)
/* The end of a process whose monitor has closed; then it is killed. */
#define EXIT_USEC (2 * USEC_PER_SEC)

/*
 * What is asked of every machine that starts; the answers go to the live definition and to the statistics.
 */
typedef enum Question {
        QUESTION_CHARDEVS,
        QUESTION_VNC,
        QUESTION_CPUS,
        QUESTION_IOTHREADS,
        _QUESTION_MAX,
} Question;

typedef struct Start {
        Job *job; /* not owned: it owns this */
        GList link; /* in the driver's starts, or nowhere */
        QemuDriver *driver;
        Domain *domain;
        DomainDef *def;
        uint32_t flags;
        bool transient;
        bool waiting;   /* for a step to end */
        bool published; /* the domain is known to run: its end is told, too */
        QemuGuest *guest;
        QemuGuest *former; /* being waited for */
        QemuCapsRequest *request;
        QemuCaps *caps;
        gid_t gid;
        gid_t kvm_gid;
        bool has_kvm_gid;
        WorkerTask *task;
        WorkerTask *division; /* of the threads */
        QemuLaunch *launch;
        QemuNvram *nvram;
        QemuFiles *files;
        QemuCommand *command;
        int monitor_fd;
        int log_fd;
        JsonNode *answers[_QUESTION_MAX];
        GArray *threads; /* of QemuThread; NULL: nothing is said of them */
        unsigned n_pending; /* replies of the handshake */
        sd_event_source *patience;
        QemuRestore *restore; /* NULL: it boots */
        bool discard;         /* boots although there is a managed save, which goes */
        uint32_t save_flags;
} Start;

static void start_free(void *p)
{
        Start *start = p;

        if (start->link.data)
                g_queue_unlink(&start->driver->starts, &start->link);
        worker_cancel(start->task);
        qemu_launch_cancel(start->launch);
        qemu_nvram_cancel(start->nvram);
        qemu_caps_cancel(start->request);
        sd_event_source_disable_unref(start->patience);
        qemu_restore_free(start->restore);
        qemu_files_free(start->files);
        qemu_command_free(start->command);
        safe_close(start->monitor_fd);
        safe_close(start->log_fd);
        for (Question i = 0; i < _QUESTION_MAX; i++)
                g_clear_pointer(&start->answers[i], json_node_unref);
        if (start->threads)
                g_array_unref(start->threads);
        worker_cancel(start->division);
        qemu_caps_unref(start->caps);
        domain_def_unref(start->def);
        domain_unref(start->domain);
        g_free(start);
}

static int start_wait(Start *start)
{
        start->waiting = true;
        return JOB_STEP_WAIT;
}

static void start_done(Start *start, int r, Error *error)
{
        if (!start->waiting)
                return;
        start->waiting = false;
        job_step_done(start->job, r, error);
}

static void cancel_task(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->task = worker_cancel(start->task);
}

/* Step "settle": the process of the last run may still be dying. */
static void on_former_ended(void *userdata, const char *uuid)
{
        Start *start = userdata;

        start->former = NULL;
        start_done(start, 0, NULL);
}

static int step_settle(Job *job, void *context, Error *error)
{
        Start *start = context;

        start->former = guest_find(start->driver, start->domain->uuid);
        if (!start->former)
                return 0;
        if (start->former->stray) {
                pid_t pid = process_pid(start->former->process);

                start->former = NULL;
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "process %d, which an earlier daemon started for this machine, still runs, and what "
                                 "it wrote about it cannot be read: the machine can be started when the process has "
                                 "ended", (int) pid);
        }
        guest_wait_end(start->former, on_former_ended, start);
        return start_wait(start);
}

static void cancel_settle(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        guest_unwait_end(start->former, on_former_ended, start);
        start->former = NULL;
}

/* Step "image": that of a managed save has the definition. */
static void on_restore(void *userdata, Error *error)
{
        start_done(userdata, error && error_is_set(error) ? -EIO : 0, error);
}

static int step_image(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (!start->restore || start->discard)
                return 0;
        qemu_restore_open(start->restore);
        return start_wait(start);
}

static void cancel_restore(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->restore = qemu_restore_free(start->restore);
}

static int take_image(Start *start, Error *error)
{
        DomainDef *def = qemu_restore_def(start->restore);

        if (qemu_save_wants_pause(start->save_flags, qemu_restore_is_paused(start->restore)))
                start->flags |= DOMAIN_START_PAUSED;
        if (!qemu_restore_is_managed(start->restore))
                return 0;
        if (!streq(def->uuid, start->domain->uuid) || !streq(def->name, start->domain->name))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the managed save is that of another domain, '%s' with uuid %s: remove it", def->name,
                                 def->uuid);
        domain_def_unref(start->def);
        start->def = domain_def_ref(def);
        return 0;
}

static bool is_restored(const Start *start)
{
        return start->restore && !start->discard;
}

/* Step "capabilities". */
static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Start *start = userdata;

        start->request = NULL;
        if (caps)
                start->caps = qemu_caps_ref(caps);
        start_done(start, caps ? 0 : -EIO, error);
}

static int step_capabilities(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = is_restored(start) ? take_image(start, error) : 0;
        g_autofree char *binary = NULL;

        if (r < 0)
                return r;
        binary = g_strdup(start->def->emulator);
        if (!binary)
                binary = qemu_caps_default_binary(start->driver->caps, start->def->os.arch);
        if (!binary)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "no emulator is installed for architecture '%s'",
                                 strempty(start->def->os.arch));
        start->request = qemu_caps_get(start->driver->caps, binary, on_caps, start);
        return start_wait(start);
}

static void cancel_capabilities(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->request = qemu_caps_cancel(start->request);
}

/* Step "firmware": a definition that was written without us may leave the choice open; for this run it is made now. */
static void on_firmwares(void *userdata, const Firmwares *firmwares, Error *error)
{
        Start *start = userdata;
        DomainDef *def = NULL;
        int r = firmwares ? qemu_normalize_now(start->driver, start->caps, qemu_caps_binary(start->caps), start->def,
                                               firmwares, true, &def, error) :
                            -EIO;

        start->task = NULL;
        if (def) {
                domain_def_unref(start->def);
                start->def = def;
        }
        start_done(start, r, error);
}

static int step_firmware(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (!domain_lacks_firmware(start->def))
                return 0;
        start->task = qemu_firmwares_read_later(start->driver->host->workers, on_firmwares, start);
        return start_wait(start);
}

/* Step "prepare": all that can be refused without touching a file of the guest. */
static int check_kvm(Start *start, Error *error)
{
        int r;

        if (start->def->type != DOMAIN_VIRT_KVM)
                return 0;
        r = qemu_kvm_group(NULL, start->guest->status.uid, start->gid, &start->kvm_gid, error);
        start->has_kvm_gid = r > 0;
        return r;
}

static int prepare(Start *start, Error *error)
{
        QemuGuest *guest = start->guest;
        const QemuCommandOptions options = qemu_command_options(start->driver);
        int r = check_kvm(start, error);

        if (r >= 0)
                r = qemu_live_prepare(start->def, guest->status.id, guest->path, &guest->live, error);
        if (r >= 0)
                r = qemu_placement_choose("/", &guest->live, error);
        if (r >= 0)
                r = qemu_ports_choose(start->driver, &guest->live, error);
        if (r >= 0)
                r = qemu_command_check(guest->live, start->caps, &options, error);
        if (r >= 0)
                r = guest_save_status(guest, error);
        return r;
}

static void undo_prepare(Job *job, void *context)
{
        Start *start = context;
        QemuGuest *guest = g_steal_pointer(&start->guest);

        start->waiting = false;
        if (start->published)
                guest_stop(guest, QEMU_STOP_AT_ONCE, DOMAIN_SHUTOFF_DESTROYED, DOMAIN_EVENT_STOPPED_DESTROYED);
        else
                guest_abandon(guest);
}

static int step_prepare(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        r = guest_new(start->driver, start->domain, &start->guest, error);
        if (r < 0)
                return r;
        start->gid = start->guest->gid;
        if ((start->flags & DOMAIN_START_AUTODESTROY) && job_owner(job)->name) {
                start->guest->owner = g_strdup(job_owner(job)->name);
                start->guest->status.autodestroy = true;
        }
        r = prepare(start, error);
        if (r < 0)
                undo_prepare(job, start);
        return r;
}

/* Step "cgroup". */
static void on_cgroup(void *userdata, Error *error)
{
        start_done(userdata, error_is_set(error) ? -EIO : 0, error);
}

static int step_cgroup(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = qemu_cgroup_begin(start->guest, on_cgroup, start, error);

        return r > 0 ? start_wait(start) : r;
}

/* Step "nvram": the store of the firmware's variables. */
static void on_nvram(void *userdata, Error *error)
{
        Start *start = userdata;

        start->nvram = NULL;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

static int step_nvram(Job *job, void *context, Error *error)
{
        Start *start = context;
        bool reset = (start->flags & DOMAIN_START_RESET_NVRAM) || (start->save_flags & DOMAIN_SAVE_RESET_NVRAM);

        if (!qemu_nvram_is_given(&start->guest->live->os))
                return 0;
        start->nvram = qemu_nvram_make(start->driver->launcher, start->driver->host->path_workers, start->guest->live,
                                       start->guest->status.uid, start->gid, reset, on_nvram, start);
        return start_wait(start);
}

static void cancel_nvram(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->nvram = qemu_nvram_cancel(start->nvram);
}

/* Step "files". */
static void on_files(void *userdata, QemuFiles *files, Error *error)
{
        Start *start = userdata;

        _cleanup_error_ Error failure = ERROR_INIT;
        DomainDef *live = NULL;
        int r = files ? 0 : -EIO;

        start->task = NULL;
        start->files = files;
        if (files)
                r = qemu_live_take_files(start->guest->live, files, &live, &failure);
        if (live) {
                domain_def_unref(start->guest->live);
                start->guest->live = live;
        }
        start_done(start, r, files ? &failure : error);
}

/* Borrowed; NULL when the TPM, if there is one, has none, or nobody knows it. */
static GBytes *tpm_secret(const Start *start)
{
        const ObjectList *secrets = start->driver->driver.lists[OBJECT_SECRET];

        DEF_FOREACH(tpm, start->guest->live->tpms) {
                const Secret *secret = tpm->secret && secrets ? object_list_find(secrets, tpm->secret) : NULL;

                if (secret)
                        return secret->value;
        }
        return NULL;
}

static int step_files(Job *job, void *context, Error *error)
{
        Start *start = context;
        const QemuSettings *settings = &start->driver->settings;
        const ObjectList *list = start->driver->driver.lists[OBJECT_SECRET];
        g_autoptr(GPtrArray) secrets = NULL, groups = qemu_fd_groups_copy(start->driver, start->guest->uuid);
        QemuFilesConfig config = {
                .uid = start->guest->status.uid,
                .gid = start->gid,
                .run_dir = start->guest->path,
                .programs = start->driver->settings.programs,
                .tpm_secret = tpm_secret(start),
                .image_dirs = (const char *const *) settings->image_dirs,
                .overlay_dir = start->driver->overlay_dir,
                .tls_dir = settings->tls_dir,
                .tls = start->driver->settings.tls,
                .fd_groups = groups,
        };
        int r = qemu_secrets_collect(start->guest->live, list, settings->tls_secret, &secrets, error);

        if (r < 0)
                return r;
        config.secrets = secrets;
        start->task =
                qemu_files_open(start->driver->host->path_workers, start->guest->live, &config, on_files, start);
        return start_wait(start);
}

/* Step "companions". */
static void on_launched(void *userdata, Error *error)
{
        Start *start = userdata;

        start->launch = NULL;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

static int step_companions(Job *job, void *context, Error *error)
{
        Start *start = context;

        return qemu_launch_begin(start->guest, start->files, on_launched, start,
                                 &start->launch) ? start_wait(start) : 0;
}

static void cancel_companions(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->launch = qemu_launch_cancel(start->launch);
}

/* Step "command": the monitor's socket and the command line. */
static int bind_monitor(Start *start, Error *error)
{
        struct sockaddr_un address;
        int fd = monitor_socket(start->guest->dir_fd, &address, error);

        if (fd < 0)
                return fd;
        start->monitor_fd = fd;
        (void) unlinkat(start->guest->dir_fd, QEMU_MONITOR_SOCKET, 0);
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_set_errno(error, errno, "cannot bind the socket of QEMU's monitor");
        return 0;
}

static int step_command(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuCommandOptions options = qemu_command_options(start->driver);
        int r = bind_monitor(start, error);

        if (r < 0)
                return r;
        options.monitor_fd = start->monitor_fd;
        options.incoming = is_restored(start);
        return qemu_command_build(start->guest->live, start->caps, start->files, &options, &start->command,
                                  error);
}

/* Step "log". */
static void on_log(void *userdata, int fd, uint64_t offset, Error *error)
{
        Start *start = userdata;

        start->task = NULL;
        start->log_fd = fd;
        start->guest->status.log_offset = offset;
        if (fd < 0) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_WARNING, start->domain->name, start->domain->uuid,
                           "domain '%s' has no log: %s", start->domain->name, text);
        }
        start_done(start, 0, NULL);
}

static int step_log(Job *job, void *context, Error *error)
{
        Start *start = context;
        g_autofree char *line = qemu_command_to_string(start->command);
        uint32_t version = qemu_caps_version(start->caps);
        g_autofree char *text = g_strdup_printf("starting QEMU %u.%u.%u as user %u: %s", version / 1000000,
                                                version / 1000 % 1000, version % 1000,
                                                (unsigned) start->guest->status.uid, line);

        start->task = qemu_log_open(start->driver->host->workers, start->driver->log_dir, start->guest->name,
                                    text, on_log, start);
        return start_wait(start);
}

/* The process has ended too early: what it said is the reason. */
static void on_log_tail(void *userdata, const char *tail)
{
        Start *start = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *how = process_exit_describe(&start->guest->exit);

        start->task = NULL;
        (void) error_set(&error, ERROR_OPERATION_FAILED, "QEMU %s before the machine could run%s%s", how,
                         *tail ? ": " : "", tail);
        start_done(start, -EIO, &error);
}

static void on_process_over(QemuGuest *guest, void *userdata)
{
        Start *start = userdata;

        start->patience = sd_event_source_disable_unref(start->patience);
        if (!start->waiting)
                return;
        start->task = qemu_log_read_tail(start->driver->host->workers, start->driver->log_dir, guest->name,
                                         guest->status.log_offset, on_log_tail, start);
}

static int on_impatience(sd_event_source *source, uint64_t usec, void *userdata)
{
        Start *start = userdata;

        (void) process_kill(start->guest->process, SIGKILL, NULL);
        return 0;
}

static void on_monitor_lost(QemuGuest *guest, Error *error, void *userdata)
{
        Start *start = userdata;

        (void) sd_event_add_time_relative(start->driver->host->event, &start->patience, CLOCK_MONOTONIC,
                                          EXIT_USEC, 0, on_impatience, start);
}

/* Step "spawn". */
static void on_started(QemuGuest *guest, Error *error, void *userdata)
{
        Start *start = userdata;

        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

static int step_spawn(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        g_autofree ProcessFd *fds = g_new(ProcessFd, start->command->n_fds + 2);
        int cgroup_fds[_CGROUP_CONTROLLER_MAX];
        const uint64_t locked =
                        start->command->locked_memory == UINT64_MAX ? RLIM_INFINITY : start->command->locked_memory;
        const ProcessLimit limit = { .resource = RLIMIT_MEMLOCK, .soft = locked, .hard = locked };
        ProcessSpec spec = {
                .path = start->command->argv[0],
                .argv = (const char *const *) start->command->argv,
                .env = (const char *const *) start->command->env,
                .uid = guest->status.uid,
                .gid = start->gid,
                .groups = &start->kvm_gid,
                .n_groups = start->has_kvm_gid,
                .capabilities = start->command->capabilities,
                .fds = fds,
                .n_fds = start->command->n_fds,
                .cgroup_fds = cgroup_fds,
                .limits = &limit,
                .n_limits = locked > 0,
        };
        int r = guest->cgroup.group ? cgroup_open_entries(guest->cgroup.group, cgroup_fds, error) : 0;

        if (r < 0)
                return r;
        spec.n_cgroup_fds = (size_t) r;

        memcpy(fds, start->command->fds, start->command->n_fds * sizeof(*fds));
        for (int target = STDOUT_FILENO; start->log_fd >= 0 && target <= STDERR_FILENO; target++)
                fds[spec.n_fds++] = (ProcessFd) { .fd = start->log_fd, .target = target };
        guest->started = on_started;
        guest->start_failed = on_process_over;
        guest->monitor_lost = on_monitor_lost;
        guest->start_userdata = start;
        r = process_spawn(start->driver->launcher, &spec, &guest_process_handlers, guest, &guest->process,
                          error);
        for (size_t i = 0; i < spec.n_cgroup_fds; i++)
                safe_close(cgroup_fds[i]);
        start->monitor_fd = safe_close(start->monitor_fd);
        start->log_fd = safe_close(start->log_fd);
        start->files->kept = r >= 0;
        start->files = qemu_files_free(start->files);
        return r < 0 ? r : start_wait(start);
}

static void cancel_waiting(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->task = worker_cancel(start->task);
}

/* Step "handshake": the machine is asked for its facts and completed. */
static void on_setup_reply(Start *start, Error *error)
{
        if (error_is_set(error) && error->code != ERROR_OPERATION_ABORTED) {
                start_done(start, -EIO, error);
                return;
        }
        /* with a closed monitor the end of the process tells more */
        if (!error_is_set(error) && --start->n_pending == 0)
                start_done(start, 0, NULL);
}

static void on_setup(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        on_setup_reply(userdata, error);
}

static void take_answer(Start *start, Question question, JsonNode *result, Error *error)
{
        if (result)
                start->answers[question] = json_node_ref(result);
        on_setup_reply(start, error);
}

static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_CHARDEVS, result, error);
}

static void on_vnc(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_VNC, result, error);
}

static void on_cpus(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_CPUS, result, error);
}

static void on_iothreads(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_IOTHREADS, result, error);
}

static bool has_vnc(const DomainDef *def)
{
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_VNC)
                        return true;
        return false;
}

/* The peer of the socket must be the process that we have started. */
static int check_peer(Start *start, int fd, Error *error)
{
        _cleanup_close_ int pidfd = -EBADF;
        pid_t pid;
        int r = process_open_peer(fd, &pidfd, &pid, NULL, error);

        if (r < 0)
                return r;
        if (pid != process_pid(start->guest->process))
                return error_set(error, ERROR_OPERATION_FAILED, "process %d has taken QEMU's monitor",
                                 (int) pid);
        return 0;
}

static void ask(Start *start, const char *command, JsonObject *arguments, QmpReply reply)
{
        start->n_pending++;
        (void) qmp_execute(start->guest->qmp, command, arguments, HANDSHAKE_USEC, reply, start);
}

/* All at once: QEMU answers in order. */
static void ask_and_complete(Start *start)
{
        const DomainDef *live = start->guest->live;

        ask(start, "query-chardev", NULL, on_chardevs);
        if (has_vnc(live))
                ask(start, "query-vnc", NULL, on_vnc);
        if (qemu_pinning_is_wanted(live) || qemu_limits_divide(NULL, live)) {
                ask(start, "query-cpus-fast", NULL, on_cpus);
                ask(start, "query-iothreads", NULL, on_iothreads);
        }
        if (live->on_reboot == DOMAIN_LIFECYCLE_DESTROY)
                ask(start, "set-action", qmp_object("s:reboot", "shutdown", NULL), on_setup);
        for (size_t i = 0; i < start->command->n_setup; i++) {
                const QemuSetup *setup = &start->command->setup[i];

                ask(start, setup->command, setup->arguments ? json_object_ref(setup->arguments) : NULL,
                    on_setup);
        }
}

static int step_handshake(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        int fd, r;

        if (guest->has_exited)
                goto wait;
        qemu_cgroup_settled(guest);
        guest->status.pid = process_pid(guest->process);
        (void) process_start_time(guest->status.pid, &guest->status.start_time, NULL);
        r = monitor_open(guest->dir_fd, &fd, error);
        if (r == -ECONNREFUSED) {
                error_clear(error);
                on_monitor_lost(guest, NULL, start); /* it has ended already */
                goto wait;
        }
        if (r < 0)
                return r;
        r = check_peer(start, fd, error);
        if (r < 0) {
                safe_close(fd);
                return r;
        }
        r = monitor_start(guest, fd, error);
        if (r < 0)
                return r;
        ask_and_complete(start);
wait:
        return start_wait(start);
}

/* Step "threads": their shares of the host. */
static void on_divided(void *userdata, int r, Error *error)
{
        Start *start = userdata;

        start->division = NULL;
        start_done(start, r, error);
}

static int step_threads(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        bool pinned = qemu_pinning_is_wanted(guest->live), divided = qemu_limits_divide(NULL, guest->live);
        int r = 0;

        if (pinned || divided)
                start->threads = qemu_threads_read(guest->status.pid, start->answers[QUESTION_CPUS],
                                                   start->answers[QUESTION_IOTHREADS]);
        if (pinned)
                r = qemu_pinning_apply(guest->live, guest->status.pid, start->threads, error);
        if (r >= 0 && divided)
                r = qemu_cgroup_change(guest, NULL, guest->live, start->threads, on_divided, start, &start->division,
                                       error);
        return r < 0 || !divided ? r : start_wait(start);
}

static void cancel_threads(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->task = worker_cancel(start->task);
        start->division = worker_cancel(start->division);
}

/* Until it is announced, its events are nobody's. */
static int save_status_as_up(Start *start, Error *error)
{
        QemuGuest *guest = start->guest;
        int r;

        guest->phase = QEMU_UP;
        guest->status.launching = !(start->flags & DOMAIN_START_PAUSED);
        r = guest_save_status(guest, error);
        guest->phase = QEMU_STARTING;
        return r;
}

/* Step "state". */
static int step_state(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        if (!is_restored(start))
                return 0;
        if (start->guest->has_exited || !start->guest->qmp)
                return start_wait(start);
        r = qemu_restore_load(start->restore, start->guest, job, error);
        return r < 0 ? r : start_wait(start);
}

/*
 * Step "discard": with the first instruction the disks are ahead of the managed save, which must not be restored any
 * more whatever happens then. A daemon that is killed from here on does not go back.
 */
static int step_discard(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        if (!start->restore || !qemu_restore_is_managed(start->restore))
                return 0;
        r = save_status_as_up(start, error);
        if (r < 0)
                return r;
        qemu_restore_discard(start->restore);
        return start_wait(start);
}

/*
 * Step "run": from the moment the status says "up", a daemon that comes after us goes on in place of going
 * back.
 */
static void on_running(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Start *start = userdata;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

static int step_run(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        DomainDef *live;
        int r;

        r = qemu_live_update(guest->live, start->answers[QUESTION_CHARDEVS], start->answers[QUESTION_VNC],
                             &live, error);
        if (r < 0)
                return r;
        domain_def_unref(guest->live);
        guest->live = live;
        guest->status.started_usec = (uint64_t) g_get_real_time();
        if (start->flags & DOMAIN_START_PAUSED)
                return 0;
        r = save_status_as_up(start, error);
        if (r < 0)
                return r;
        (void) qmp_execute(guest->qmp, "cont", NULL, HANDSHAKE_USEC, on_running, start);
        return start_wait(start);
}

/* Step "publish". */
static void announce_missing(const Start *start)
{
        const DomainDef *live = start->guest->live;

        for (uint32_t i = 0; i < start->def->disks.n && i < live->disks.n; i++) {
                const DomainDisk *wanted = start->def->disks.items[i], *disk = live->disks.items[i];
                const char *source = wanted->source.file ?: wanted->source.dev;
                DomainDiskChangeArgs args = {
                        .old_source = source,
                        .new_source = "",
                        .device_alias = strempty(disk->info.alias),
                        .reason = wanted->device == DOMAIN_DISK_DEVICE_CDROM ||
                                                  wanted->device == DOMAIN_DISK_DEVICE_FLOPPY
                                          ? 0
                                          : 1,
                };

                if (source && !disk->source.file && !disk->source.dev)
                        domain_emit(start->domain, DOMAIN_SIGNAL_DISK_CHANGE, &args);
        }
}

static void announce_restored(Start *start, bool paused)
{
        domain_emit_event(start->domain, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_RESTORED);
        if (paused)
                domain_emit_event(start->domain, DOMAIN_EVENT_SUSPENDED, DOMAIN_EVENT_SUSPENDED_RESTORED);
}

static void announce(Start *start)
{
        Domain *domain = start->domain;
        QemuGuest *guest = start->guest;
        bool paused = start->flags & DOMAIN_START_PAUSED;

        domain_set_id(domain, guest->status.id);
        domain->started_usec = guest->status.started_usec;
        domain_set_balloon(domain, guest->live->current_memory);
        domain_set_live(domain, guest->live);
        domain_set_state(domain, paused ? DOMAIN_PAUSED : DOMAIN_RUNNING,
                         paused                 ? DOMAIN_PAUSED_USER
                         : is_restored(start) ? DOMAIN_RUNNING_RESTORED
                                              : DOMAIN_RUNNING_BOOTED,
                         DOMAIN_EVENT_NONE, 0);
        if (!domain->object.published)
                domain_publish(domain);
        if (start->restore && qemu_restore_is_managed(start->restore))
                domain_set_managed_save(domain, false);
        if (is_restored(start)) {
                announce_restored(start, paused);
                return;
        }
        domain_emit_event(domain, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_BOOTED);
        if (paused)
                domain_emit_event(domain, DOMAIN_EVENT_SUSPENDED, DOMAIN_EVENT_SUSPENDED_PAUSED);
}

static int step_publish(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;

        if (guest->has_exited || !guest->qmp)
                return error_set(error, ERROR_OPERATION_FAILED, "QEMU ended when the machine began to run");
        guest->started = NULL;
        guest->monitor_lost = NULL;
        guest->start_failed = NULL;
        guest->start_userdata = NULL;
        guest->phase = QEMU_UP;
        guest->status.launching = false;
        start->published = true;
        announce(start);
        announce_missing(start);
        guest_update_status(guest);
        guest_refresh_facts(guest);
        log_domain(LOG_INFO, guest->name, guest->uuid, "domain '%s' has been started as process %d, user %u",
                   guest->name, (int) guest->status.pid, (unsigned) guest->status.uid);
        return 0;
}

/* A transient domain exists only while it runs. */
static void undo_claim(Job *job, void *context)
{
        Start *start = context;

        if (start->transient && !start->published)
                domain_list_remove(start->domain);
}

static int step_claim(Job *job, void *context, Error *error)
{
        return 0;
}

static const JobStep start_steps[] = {
        { .name = "claim", .start = step_claim, .undo = undo_claim },
        { .name = "settle", .start = step_settle, .cancel = cancel_settle, .timeout_usec = SETTLE_USEC },
        { .name = "image", .start = step_image, .cancel = cancel_restore, .timeout_usec = SETTLE_USEC },
        { .name = "capabilities", .start = step_capabilities, .cancel = cancel_capabilities },
        { .name = "firmware", .start = step_firmware, .cancel = cancel_task },
        { .name = "prepare", .start = step_prepare, .undo = undo_prepare },
        { .name = "cgroup", .start = step_cgroup },
        { .name = "nvram", .start = step_nvram, .cancel = cancel_nvram },
        { .name = "files", .start = step_files, .cancel = cancel_task },
        { .name = "companions", .start = step_companions, .cancel = cancel_companions },
        { .name = "command", .start = step_command },
        { .name = "log", .start = step_log, .cancel = cancel_task },
        { .name = "spawn", .start = step_spawn, .cancel = cancel_waiting },
        { .name = "handshake",
          .start = step_handshake,
          .cancel = cancel_waiting,
          .timeout_usec = HANDSHAKE_USEC },
        { .name = "threads", .start = step_threads, .cancel = cancel_threads },
        { .name = "state", .start = step_state, .cancel = cancel_restore },
        { .name = "discard", .start = step_discard, .cancel = cancel_restore, .timeout_usec = SETTLE_USEC },
        { .name = "run", .start = step_run, .cancel = cancel_waiting },
        { .name = "publish", .start = step_publish, .no_return = true },
        {},
};

static int check_start(Domain *domain, const DomainDef *def, uint32_t flags, Error *error)
{
        int r = qemu_check_flags(flags,
                                 DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY | DOMAIN_START_BYPASS_CACHE |
                                         DOMAIN_START_FORCE_BOOT | DOMAIN_START_VALIDATE | DOMAIN_START_RESET_NVRAM,
                                 error);

        if (r >= 0)
                r = domain_check_inactive(domain, error);
        if (r >= 0 && !domain->object.published)
                r = qemu_check_name(qemu_driver_of(domain), domain->name, error);
        return r;
}

static Start *start_new(Domain *domain, DomainDef *def, uint32_t flags, Job *job)
{
        Start *start = g_new0(Start, 1);

        start->job = job;
        start->driver = qemu_driver_of(domain);
        start->domain = domain_ref(domain);
        start->def = def ? domain_def_ref(def) : domain_get_config(domain);
        start->transient = !domain->object.published;
        start->flags = flags;
        start->monitor_fd = start->log_fd = -EBADF;
        if ((flags & DOMAIN_START_AUTODESTROY) && job_owner(job)->name) {
                start->link.data = start;
                g_queue_push_tail_link(&start->driver->starts, &start->link);
        }
        return start;
}

static int refuse_start(Domain *domain, int r)
{
        if (!domain->object.published)
                domain_list_remove(domain);
        return r;
}

int qemu_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        Start *start;
        int r = check_start(domain, def, flags, error);

        if (r < 0)
                return refuse_start(domain, r);
        start = start_new(domain, def, flags, job);
        if (!def && domain->managed_save) {
                start->restore = qemu_restore_new(start->driver, qemu_managed_path(start->driver, domain->name), true,
                                                  flags & DOMAIN_START_BYPASS_CACHE, on_restore, start);
                start->discard = flags & DOMAIN_START_FORCE_BOOT;
        }
        return job_run(job, start_steps, start, start_free, error);
}

int qemu_restore(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        Start *start;
        int r = qemu_check_flags(flags,
                                 DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED |
                                         DOMAIN_SAVE_RESET_NVRAM, error);

        if (r >= 0)
                r = check_start(domain, def, 0, error);
        if (r < 0)
                return refuse_start(domain, r);
        start = start_new(domain, def, 0, job);
        start->save_flags = flags;
        start->restore = qemu_restore_new(start->driver, g_strdup(file), false, flags & DOMAIN_SAVE_BYPASS_CACHE,
                                          on_restore, start);
        return job_run(job, start_steps, start, start_free, error);
}

void qemu_start_caller_left(QemuDriver *driver, const char *name)
{
        GList *next;

        /* a cancelled one takes itself off the list, and leaves the others there */
        for (GList *l = driver->starts.head; l; l = next) {
                Start *start = l->data;

                next = l->next;
                if (streq(job_owner(start->job)->name, name))
                        (void) job_cancel(start->job, NULL);
        }
}
