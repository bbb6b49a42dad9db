/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_program.h"

#include "drivers/qemu/qemu_give.h"
#include "drivers/qemu/qemu_log.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Numbers of descriptors begin behind the standard ones. */
#define FIRST_FD 3

static const char *const qemu_companion_table[_QEMU_COMPANION_MAX] = {
        [QEMU_COMPANION_SWTPM] = "swtpm",
        [QEMU_COMPANION_VIRTIOFSD] = "virtiofsd",
        [QEMU_COMPANION_PASST] = "passt",
        [QEMU_COMPANION_PR_HELPER] = "pr-helper",
        [QEMU_COMPANION_NBDKIT] = "nbdkit",
        [QEMU_COMPANION_VHOST_USER_GPU] = "vhost-user-gpu",
        [QEMU_COMPANION_DBUS_DAEMON] = "dbus-daemon",
};
DEFINE_STRING_TABLE(qemu_companion, QemuCompanionKind)

/* Where distributions have them, the newest first. */
static const char *const places[_QEMU_COMPANION_MAX][4] = {
        [QEMU_COMPANION_SWTPM] = { "/usr/bin/swtpm" },
        [QEMU_COMPANION_VIRTIOFSD] = { "/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "/usr/lib/virtiofsd" },
        [QEMU_COMPANION_PASST] = { "/usr/bin/passt" },
        [QEMU_COMPANION_PR_HELPER] = { "/usr/bin/qemu-pr-helper", "/usr/libexec/qemu-pr-helper" },
        [QEMU_COMPANION_NBDKIT] = { "/usr/bin/nbdkit" },
        [QEMU_COMPANION_VHOST_USER_GPU] = { "" },
        [QEMU_COMPANION_DBUS_DAEMON] = { "/usr/bin/dbus-daemon" },
};

bool qemu_companion_is_known(QemuCompanionKind kind, const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(places[kind]) && places[kind][i]; i++)
                if (streq(places[kind][i], path))
                        return true;
        return false;
}

static void programs_clear(void *data)
{
        QemuPrograms *programs = data;

        for (QemuCompanionKind i = 0; i < _QEMU_COMPANION_MAX; i++)
                g_free(programs->companion[i]);
        g_free(programs->swtpm_setup);
        g_free(programs->tc);
        g_free(programs->tpm_dir);
        g_free(programs->tpm_ca);
        g_free(programs->log_dir);
}

static char *find_companion(QemuCompanionKind kind)
{
        for (size_t i = 0; i < ELEMENTSOF(places[kind]) && places[kind][i]; i++)
                if (access(places[kind][i], X_OK) == 0)
                        return g_strdup(places[kind][i]);
        return g_strdup(places[kind][0]);
}

QemuPrograms *qemu_programs_new(const char *state_dir, const char *log_dir,
                                const char *(*setting)(const void *userdata, const char *key), const void *userdata)
{
        QemuPrograms *programs = g_atomic_rc_box_new0(QemuPrograms);
        const char *setup = setting(userdata, "swtpm-setup"), *ca = setting(userdata, "swtpm-ca");
        const char *tc = setting(userdata, "tc");

        for (QemuCompanionKind i = 0; i < _QEMU_COMPANION_MAX; i++) {
                const char *said = setting(userdata, qemu_companion_to_string(i));

                programs->companion[i] = said ? g_strdup(said) : find_companion(i);
        }
        programs->swtpm_setup = g_strdup(setup ?: "/usr/bin/swtpm_setup");
        programs->tc = g_strdup(tc ?: "/usr/sbin/tc");
        programs->tpm_ca = g_strdup(ca ?: "/var/lib/swtpm-localca");
        programs->tpm_dir = g_build_filename(state_dir, "qemu", "swtpm", NULL);
        programs->log_dir = g_strdup(log_dir);
        return programs;
}

QemuPrograms *qemu_programs_ref(QemuPrograms *programs)
{
        return g_atomic_rc_box_acquire(programs);
}

QemuPrograms *qemu_programs_unref(QemuPrograms *programs)
{
        if (programs)
                g_atomic_rc_box_release_full(programs, programs_clear);
        return NULL;
}

int qemu_program_check(const char *path, const char *setting, const char *place, Error *error)
{
        if (access(path, X_OK) == 0)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "%s: this needs the program '%s', which cannot be run: %s (install it, or say where it is "
                         "with "
                         "'%s' in section [qemu] of virtbusd.conf)",
                         place, path, g_strerror(errno), setting);
}

static void fd_clear(void *data)
{
        safe_close(((ProcessFd *) data)->fd);
}

QemuProgram *qemu_program_new(const char *place, const char *path, uid_t uid, gid_t gid)
{
        QemuProgram *program = g_new0(QemuProgram, 1);

        program->place = g_strdup(place);
        program->argv = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(program->argv, NULL);
        program->fds = g_array_new(false, false, sizeof(ProcessFd));
        g_array_set_clear_func(program->fds, fd_clear);
        program->uid = uid;
        program->gid = gid;
        qemu_program_arg(program, path);
        return program;
}

QemuProgram *qemu_program_free(QemuProgram *program)
{
        if (!program)
                return NULL;
        g_ptr_array_unref(program->argv);
        g_array_unref(program->fds);
        if (program->env)
                g_ptr_array_unref(program->env);
        g_free(program->cwd);
        g_free(program->place);
        g_free(program);
        return NULL;
}

/* The list always ends with NULL. */
static void take_arg(QemuProgram *program, char *arg)
{
        g_ptr_array_insert(program->argv, (gint) program->argv->len - 1, arg);
}

void qemu_program_arg(QemuProgram *program, const char *arg)
{
        take_arg(program, g_strdup(arg));
}

void qemu_program_argf(QemuProgram *program, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        take_arg(program, g_strdup_vprintf(format, ap));
        va_end(ap);
}

void qemu_program_env(QemuProgram *program, const char *variable)
{
        static const char *const standard[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C" };

        if (!program->env) {
                program->env = g_ptr_array_new_with_free_func(g_free);
                for (size_t i = 0; i < ELEMENTSOF(standard); i++)
                        g_ptr_array_add(program->env, g_strdup(standard[i]));
                g_ptr_array_add(program->env, NULL);
        }
        g_ptr_array_insert(program->env, (gint) program->env->len - 1, g_strdup(variable));
}

static void add_fd(QemuProgram *program, int fd, int target)
{
        ProcessFd entry = { .fd = fd, .target = target };

        g_array_append_val(program->fds, entry);
}

int qemu_program_fd(QemuProgram *program, int fd)
{
        int target = FIRST_FD;

        for (guint i = 0; i < program->fds->len; i++)
                target = MAX(target, g_array_index(program->fds, ProcessFd, i).target + 1);
        add_fd(program, fd, target);
        return target;
}

void qemu_program_cwd(QemuProgram *program, int fd)
{
        g_free(program->cwd);
        program->cwd = g_strdup_printf("/proc/self/fd/%d", qemu_program_fd(program, fd));
}

int qemu_program_secret(QemuProgram *program, const void *data, size_t size, Error *error)
{
        _cleanup_close_ int fd = memfd_create("virtbus-secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        int r = fd < 0 ? -errno : write_all(fd, data, size);

        if (r >= 0 && (lseek(fd, 0, SEEK_SET) < 0 ||
                       fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0))
                r = -errno;
        if (r < 0)
                return error_set_errno(error, r, "%s: cannot hand over a secret", program->place);
        return qemu_program_fd(program, TAKE_FD(fd));
}

ProcessSpec qemu_program_spec(const QemuProgram *program)
{
        return (ProcessSpec) {
                .path = program->argv->pdata[0],
                .argv = (const char *const *) program->argv->pdata,
                .env = program->env ? (const char *const *) program->env->pdata : NULL,
                .uid = program->uid,
                .gid = program->gid,
                .capabilities = program->capabilities,
                .fds = (const ProcessFd *) (void *) program->fds->data,
                .n_fds = program->fds->len,
                .cwd = program->cwd,
        };
}

QemuErrand *qemu_errand_new(QemuProgram *program)
{
        QemuErrand *errand = g_new0(QemuErrand, 1);

        errand->program = program;
        return errand;
}

QemuErrand *qemu_errand_free(QemuErrand *errand)
{
        if (!errand)
                return NULL;
        if (errand->made)
                (void) qemu_remove_tree(AT_FDCWD, errand->made);
        qemu_program_free(errand->program);
        g_free(errand->made);
        g_free(errand->final);
        g_free(errand);
        return NULL;
}

QemuCompanionPlan *qemu_companion_plan_new(QemuCompanionKind kind, const char *alias, QemuProgram *program)
{
        QemuCompanionPlan *plan = g_new0(QemuCompanionPlan, 1);

        plan->kind = kind;
        plan->alias = g_strdup(alias);
        plan->program = program;
        plan->ready_fd = -EBADF;
        return plan;
}

QemuCompanionPlan *qemu_companion_plan_free(QemuCompanionPlan *plan)
{
        if (!plan)
                return NULL;
        qemu_program_free(plan->program);
        safe_close(plan->ready_fd);
        g_free(plan->alias);
        g_free(plan->log);
        g_free(plan);
        return NULL;
}

/* VHOST_USER_GET_FEATURES of QEMU's docs/interop/vhost-user: number, flags with the version, no payload. */
static const uint32_t get_features[] = { 1, 1, 0 };
/* A head like that, and 64 bits. */
#define FEATURES_SIZE 20

void qemu_companion_plan_greet_vhost_user(QemuCompanionPlan *plan, int fd)
{
        plan->ready_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        plan->greeting = (const char *) get_features;
        plan->greeting_size = sizeof(get_features);
        plan->answer_size = FEATURES_SIZE;
}

char *qemu_companion_log_name(QemuCompanionKind kind, const char *alias, const char *machine)
{
        const char *word = qemu_companion_to_string(kind);

        return kind == QEMU_COMPANION_SWTPM ? g_strdup_printf("%s-%s", machine, word)
                                            : g_strdup_printf("%s-%s-%s", machine, alias, word);
}

void qemu_companion_plan_take_log(QemuCompanionPlan *plan, int fd, const char *machine)
{
        if (!plan->log)
                plan->log = qemu_companion_log_name(plan->kind, plan->alias, machine);
        add_fd(plan->program, fd, STDERR_FILENO);
        add_fd(plan->program, fcntl(fd, F_DUPFD_CLOEXEC, 0), STDOUT_FILENO);
}

int qemu_companion_plan_log(QemuCompanionPlan *plan, const char *log_dir, const char *machine)
{
        g_autofree char *text = g_strjoinv(" ", (char **) plan->program->argv->pdata);
        int fd;

        plan->log = qemu_companion_log_name(plan->kind, plan->alias, machine);
        if (qemu_log_open_now(log_dir, plan->log, text, &fd, &plan->log_offset, NULL) < 0)
                return -1;
        qemu_companion_plan_take_log(plan, fd, machine);
        return fd;
}
