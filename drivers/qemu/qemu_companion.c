/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_companion.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <signal.h>
#include <string.h>

#define LOG_CATEGORY "qemu"

#define FILE_MAX ((size_t) 64 * 1024)
/* To write down its state and go. */
#define TERM_USEC USEC_PER_SEC
/* One that SIGKILL does not end hangs in the kernel: the machine is over without it. */
#define KILL_USEC (5 * USEC_PER_SEC)
#define ANSWER_MAX 64
/* From its first instruction until it does its work. */
#define READY_USEC (30 * USEC_PER_SEC)

typedef struct Companion {
        QemuCompanions *all;
        QemuCompanionKind kind;
        char *alias;
        Process *process; /* NULL: it is lost */
        uint64_t start_time;
        bool dismissed; /* nothing is served any more */
        bool is_news;   /* of one that is lost: it was not when the daemon ended */
} Companion;

/* The one that is being started. */
typedef struct Starting {
        Companion *companion; /* NULL: none */
        char *log;
        uint64_t log_offset;
        int ready_fd;
        size_t n_missing; /* bytes of its answer */
        sd_event_source *ready_source, *patience;
        WorkerTask *task; /* reads what it said */
        QemuCompanionReady ready;
        void *userdata;
        ProcessExit exit;
        bool is_late;
} Starting;

struct QemuCompanions {
        QemuGuest *guest;
        GPtrArray *list; /* of Companion, those that live */
        GPtrArray *lost; /* of Companion, those that have ended though they are needed */
        Starting starting;
        void (*gone)(QemuGuest *guest);
        sd_event_source *ladder;
        bool killed;
};

static void companion_free(void *p)
{
        Companion *companion = p;

        process_free(companion->process);
        g_free(companion->alias);
        g_free(companion);
}

QemuCompanions *qemu_companions_new(QemuGuest *guest)
{
        QemuCompanions *all = g_new0(QemuCompanions, 1);

        all->guest = guest;
        all->list = g_ptr_array_new_with_free_func(companion_free);
        all->lost = g_ptr_array_new_with_free_func(companion_free);
        all->starting.ready_fd = -EBADF;
        return all;
}

void qemu_companions_forget_start(QemuCompanions *all)
{
        Starting *starting = &all->starting;

        starting->ready_source = sd_event_source_disable_unref(starting->ready_source);
        starting->patience = sd_event_source_disable_unref(starting->patience);
        starting->task = worker_cancel(starting->task);
        safe_close(starting->ready_fd);
        g_free(starting->log);
        *starting = (Starting) { .ready_fd = -EBADF };
}

QemuCompanions *qemu_companions_free(QemuCompanions *all)
{
        if (!all)
                return NULL;
        qemu_companions_forget_start(all);
        sd_event_source_disable_unref(all->ladder);
        g_ptr_array_unref(all->list);
        g_ptr_array_unref(all->lost);
        g_free(all);
        return NULL;
}

static void write_lines(GString *text, const GPtrArray *list)
{
        for (guint i = 0; i < list->len; i++) {
                const Companion *companion = list->pdata[i];

                g_string_append_printf(text, "%s %s %d %" PRIu64 "\n", qemu_companion_to_string(companion->kind),
                                       companion->alias,
                                       companion->process ? (int) process_pid(companion->process) : 0,
                                       companion->start_time);
        }
}

static int save(QemuCompanions *all, Error *error)
{
        g_autoptr(GString) text = g_string_new(NULL);

        write_lines(text, all->list);
        write_lines(text, all->lost);
        return store_write(all->guest->dir_fd, QEMU_COMPANIONS_FILE, text->str, text->len, 0, error);
}

/* Whether it serves the device: what serves a part of one has a name that begins with the alias. */
static bool serves(const Companion *companion, const char *alias)
{
        return g_str_has_prefix(companion->alias, alias) && strchr("-", companion->alias[strlen(alias)]);
}

static void add(QemuCompanions *all, Companion *companion)
{
        companion->all = all;
        g_ptr_array_add(all->list, companion);
}

/* -- ready ---------------------------------------------------------------------------------------------------- */

static void starting_done(QemuCompanions *all, Error *error)
{
        QemuCompanionReady ready = all->starting.ready;
        void *userdata = all->starting.userdata;

        qemu_companions_forget_start(all);
        ready(userdata, error);
}

static void on_log_tail(void *userdata, const char *tail)
{
        QemuCompanions *all = userdata;
        Starting *starting = &all->starting;
        g_autofree char *how = process_exit_describe(&starting->exit);
        _cleanup_error_ Error error = ERROR_INIT;

        starting->task = NULL;
        (void) error_set(&error, ERROR_OPERATION_FAILED, "%s %s before the machine could be started%s%s",
                         starting->log, starting->is_late ? "did not become ready and was stopped" : how,
                         *tail ? ": " : "", tail);
        starting_done(all, &error);
}

/* What it said is the reason. */
static void starting_failed(QemuCompanions *all, const ProcessExit *exit)
{
        const QemuDriver *driver = all->guest->driver;
        Starting *starting = &all->starting;

        starting->companion = NULL;
        starting->exit = *exit;
        starting->ready_source = sd_event_source_disable_unref(starting->ready_source);
        starting->patience = sd_event_source_disable_unref(starting->patience);
        starting->task = qemu_log_read_tail(driver->host->workers, driver->log_dir, starting->log,
                                            starting->log_offset, on_log_tail, all);
}

static int on_ready_fd(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        QemuCompanions *all = userdata;
        Starting *starting = &all->starting;
        char answer[ANSWER_MAX];
        ssize_t n = read(fd, answer,
                         starting->n_missing > 0 ? MIN(starting->n_missing, sizeof(answer)) : sizeof(answer));

        if (n <= 0) {
                /* it is about to end */
                starting->ready_source = sd_event_source_disable_unref(starting->ready_source);
                return 0;
        }
        starting->n_missing -= MIN(starting->n_missing, (size_t) n);
        if (starting->n_missing == 0)
                starting_done(all, NULL);
        return 0;
}

static int on_impatience(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuCompanions *all = userdata;

        all->starting.is_late = true;
        (void) process_kill(all->starting.companion->process, SIGKILL, NULL);
        return 0;
}

static void on_started(Process *process, Error *error, void *userdata)
{
        Companion *companion = userdata;
        QemuCompanions *all = companion->all;

        if (all->starting.companion != companion)
                return;
        if (error_is_set(error))
                starting_done(all, error);
}

/* -- the end -------------------------------------------------------------------------------------------------- */

typedef struct Served {
        const Companion *companion;
        const char *alias; /* of the device, borrowed; NULL: it serves none */
} Served;

static void find_served(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);
        Served *served = userdata;

        if (info && info->alias && serves(served->companion, info->alias))
                served->alias = info->alias;
}

/* Its own name, where it serves several. */
static const char *served_by(const QemuCompanions *all, const Companion *companion)
{
        Served served = { .companion = companion };

        domain_device_foreach(all->guest->live, find_served, &served);
        return served.alias ?: companion->alias;
}

static void tell_losses(const QemuCompanions *all)
{
        g_autoptr(GPtrArray) aliases = g_ptr_array_new();

        for (guint i = 0; i < all->lost->len; i++) {
                const char *alias = served_by(all, all->lost->pdata[i]);
                guint at;

                if (!g_ptr_array_find_with_equal_func(aliases, alias, g_str_equal, &at))
                        g_ptr_array_add(aliases, (char *) alias);
        }
        g_ptr_array_add(aliases, NULL);
        domain_set_unserved(all->guest->domain, (const char *const *) aliases->pdata);
}

static void announce_loss(QemuCompanions *all, const Companion *companion, const char *how)
{
        const QemuGuest *guest = all->guest;
        g_autofree char *text = g_strdup_printf("the process %s, which serves '%s', %s",
                                                qemu_companion_to_string(companion->kind), companion->alias, how);

        log_domain(LOG_WARNING, guest->name, guest->uuid, "domain '%s' goes on without a part of it: %s", guest->name,
                   text);
        qemu_log_note(guest->driver->host->workers, guest->driver->log_dir, guest->name, text);
        tell_losses(all);
}

/* From the living to the lost. */
static void lose(QemuCompanions *all, Companion *companion, const ProcessExit *exit)
{
        g_autofree char *how = process_exit_describe(exit);
        guint at;

        if (g_ptr_array_find(all->list, companion, &at))
                (void) g_ptr_array_steal_index(all->list, at);
        companion->process = process_free(companion->process);
        g_ptr_array_add(all->lost, companion);
        announce_loss(all, companion, how);
}

static void all_gone(QemuCompanions *all)
{
        all->ladder = sd_event_source_disable_unref(all->ladder);
        if (all->gone)
                g_steal_pointer(&all->gone)(all->guest);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        Companion *companion = userdata;
        QemuCompanions *all = companion->all;
        const QemuGuest *guest = all->guest;

        /* with its monitor closed QEMU is on its way out, and takes the others along */
        if (all->starting.companion == companion)
                starting_failed(all, exit);
        else if (!all->gone && !companion->dismissed && guest->phase == QEMU_UP && !guest->has_exited && guest->qmp)
                lose(all, companion, exit);
        (void) g_ptr_array_remove(all->list, companion);
        if (all->list->len == 0 && all->gone)
                all_gone(all);
        else
                (void) save(all, NULL);
}

static const ProcessHandlers handlers = {
        .started = on_started,
        .exited = on_exited,
};

void qemu_companions_end(QemuCompanions *all, const char *alias)
{
        for (guint i = 0; i < all->list->len; i++) {
                Companion *companion = all->list->pdata[i];

                if (!serves(companion, alias))
                        continue;
                companion->dismissed = true;
                (void) process_kill(companion->process, SIGTERM, NULL);
        }
        for (guint i = all->lost->len; i-- > 0;) {
                if (!serves(all->lost->pdata[i], alias))
                        continue;
                g_ptr_array_remove_index(all->lost, i);
                tell_losses(all);
                (void) save(all, NULL);
        }
}

static void signal_all(QemuCompanions *all, int sig)
{
        for (guint i = 0; i < all->list->len; i++)
                (void) process_kill(((Companion *) all->list->pdata[i])->process, sig, NULL);
}

static int on_ladder(sd_event_source *source, uint64_t usec, void *userdata);

static void arm_ladder(QemuCompanions *all, uint64_t usec)
{
        all->ladder = sd_event_source_disable_unref(all->ladder);
        (void) sd_event_add_time_relative(all->guest->driver->host->event, &all->ladder, CLOCK_MONOTONIC, usec, 0,
                                          on_ladder, all);
}

static int on_ladder(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuCompanions *all = userdata;

        if (!all->killed) {
                all->killed = true;
                signal_all(all, SIGKILL);
                arm_ladder(all, KILL_USEC);
                return 0;
        }
        log_domain(LOG_WARNING, all->guest->name, all->guest->uuid,
                   "%u processes beside domain '%s' do not end: they hang in the kernel", all->list->len,
                   all->guest->name);
        all_gone(all);
        return 0;
}

bool qemu_companions_stop(QemuCompanions *all, void (*gone)(QemuGuest *guest))
{
        qemu_companions_forget_start(all);
        if (all->list->len == 0)
                return false;
        all->gone = gone;
        all->killed = false;
        signal_all(all, SIGTERM);
        arm_ladder(all, TERM_USEC);
        return true;
}

/* -- the beginning -------------------------------------------------------------------------------------------- */

static int watch_ready(QemuCompanions *all, const QemuCompanionPlan *plan)
{
        Starting *starting = &all->starting;
        sd_event *event = all->guest->driver->host->event;
        int r;

        r = sd_event_add_time_relative(event, &starting->patience, CLOCK_MONOTONIC, READY_USEC, 0, on_impatience, all);
        if (r < 0)
                return r;
        starting->n_missing = plan->answer_size;
        starting->ready_fd = fcntl(plan->ready_fd, F_DUPFD_CLOEXEC, 0);
        if (starting->ready_fd < 0)
                return -errno;
        r = plan->greeting_size > 0 ? write_all(starting->ready_fd, plan->greeting, plan->greeting_size) : 0;
        return r < 0 ? r : sd_event_add_io(event, &starting->ready_source, starting->ready_fd, EPOLLIN, on_ready_fd,
                                           all);
}

/* In the machine's cgroup, if it has one. */
static int spawn(QemuCompanions *all, const QemuCompanionPlan *plan, Companion *companion, Error *error)
{
        const QemuGuest *guest = all->guest;
        ProcessSpec spec = qemu_program_spec(plan->program);
        int cgroup_fds[_CGROUP_CONTROLLER_MAX];
        int n = guest->cgroup.group ? cgroup_open_entries(guest->cgroup.group, cgroup_fds, error) : 0, r;

        if (n < 0)
                return n;
        spec.cgroup_fds = cgroup_fds;
        spec.n_cgroup_fds = (size_t) n;
        r = process_spawn(guest->driver->launcher, &spec, &handlers, companion, &companion->process, error);
        for (int i = 0; i < n; i++)
                safe_close(cgroup_fds[i]);
        return r;
}

int qemu_companions_start(QemuCompanions *all, const QemuCompanionPlan *plan, QemuCompanionReady ready,
                          void *userdata, Error *error)
{
        Companion *companion = g_new0(Companion, 1);
        int r;

        companion->all = all;
        companion->kind = plan->kind;
        companion->alias = g_strdup(plan->alias);
        r = spawn(all, plan, companion, error);
        if (r < 0) {
                companion_free(companion);
                return r;
        }
        (void) process_start_time(process_pid(companion->process), &companion->start_time, NULL);
        add(all, companion);
        all->starting = (Starting) {
                .companion = companion,
                .log = g_strdup(plan->log),
                .log_offset = plan->log_offset,
                .ready_fd = -EBADF,
                .ready = ready,
                .userdata = userdata,
        };
        r = save(all, error);
        if (r < 0)
                return r;
        r = watch_ready(all, plan);
        return r < 0 ? error_set_errno(error, r, "%s: cannot watch its process", plan->program->place) : 0;
}

static void adopt_line(QemuCompanions *all, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 5);
        Companion *companion;
        uint64_t start_time;
        uint32_t pid;
        int kind, pidfd;

        if (g_strv_length(words) != 4 || parse_u32(words[2], &pid) < 0 || parse_u64(words[3], &start_time) < 0)
                return;
        kind = qemu_companion_from_string(words[0]);
        if (kind < 0)
                return;
        companion = g_new0(Companion, 1);
        companion->all = all;
        companion->kind = (QemuCompanionKind) kind;
        companion->alias = g_strdup(words[1]);
        companion->start_time = start_time;
        companion->is_news = pid != 0;
        pidfd = process_open_remembered((pid_t) pid, start_time);
        if (pidfd >= 0 && process_adopt(all->guest->driver->launcher, pidfd, &handlers, companion, &companion->process,
                                        NULL) >= 0)
                add(all, companion);
        else
                g_ptr_array_add(all->lost, companion);
}

/* Calls visit for each device that a program of ours serves. */
static void visit_served(const DomainDef *def, void (*visit)(QemuCompanionKind kind, const char *alias, void *userdata),
                         void *userdata)
{
        DEF_FOREACH(tpm, def->tpms)
                if (tpm->backend == DOMAIN_TPM_EMULATOR)
                        visit(QEMU_COMPANION_SWTPM, tpm->info.alias, userdata);
        DEF_FOREACH(fs, def->filesystems)
                if (fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS && !fs->socket)
                        visit(QEMU_COMPANION_VIRTIOFSD, fs->info.alias, userdata);
        DEF_FOREACH(interface, def->interfaces)
                if (qemu_interface_is_passt(interface))
                        visit(QEMU_COMPANION_PASST, interface->info.alias, userdata);
        DEF_FOREACH(video, def->videos)
                if (qemu_video_is_served(video))
                        visit(QEMU_COMPANION_VHOST_USER_GPU, video->info.alias, userdata);
        for (uint32_t i = 0; i < def->graphics.n; i++) {
                g_autofree char *id = qemu_bus_id(i);

                if (def->graphics.items[i]->type == DOMAIN_GRAPHICS_DBUS)
                        visit(QEMU_COMPANION_DBUS_DAEMON, id, userdata);
        }
        DEF_FOREACH(disk, def->disks) {
                QemuLayerDef layer;

                for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                        g_autofree char *id = qemu_layer_name(disk, i, QEMU_LAYER_NBDKIT);

                        if (qemu_layer_is_nbdkit(&layer))
                                visit(QEMU_COMPANION_NBDKIT, id, userdata);
                }
        }
}

void qemu_companions_adopt(QemuCompanions *all)
{
        const QemuGuest *guest = all->guest;
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (guest->dir_fd >= 0)
                (void) store_read(guest->dir_fd, QEMU_COMPANIONS_FILE, FILE_MAX, &text, NULL, NULL);
        lines = g_strsplit(strempty(text), "\n", -1);
        for (char **line = lines; *line; line++)
                if (**line)
                        adopt_line(all, *line);
}

/* One that served a device that has gone is not missed. */
static bool is_missed(const QemuCompanions *all, const Companion *companion)
{
        return companion->kind == QEMU_COMPANION_PR_HELPER || companion->kind == QEMU_COMPANION_DBUS_DAEMON ||
               served_by(all, companion) != companion->alias;
}

void qemu_companions_miss(QemuCompanions *all)
{
        for (guint i = all->lost->len; i-- > 0;) {
                Companion *companion = all->lost->pdata[i];

                if (!is_missed(all, companion))
                        g_ptr_array_remove_index(all->lost, i);
                else if (companion->is_news)
                        announce_loss(all, companion, "has ended while virtbusd was away");
        }
        tell_losses(all);
        (void) save(all, NULL);
}

/* Whose log it is that goes. */
typedef struct LogOwner {
        QemuDriver *driver;
        const char *machine;
} LogOwner;

static void remove_log(QemuCompanionKind kind, const char *alias, void *userdata)
{
        const LogOwner *owner = userdata;
        g_autofree char *name = qemu_companion_log_name(kind, alias, owner->machine);

        qemu_log_remove(owner->driver->host->workers, owner->driver->log_dir, name);
}

void qemu_companions_remove_logs(QemuDriver *driver, const DomainDef *def, const char *machine)
{
        LogOwner owner = { driver, machine };

        visit_served(def, remove_log, &owner);
}
