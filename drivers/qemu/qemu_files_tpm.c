/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_tpm.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_give.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"
#include "service/base/store.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* What swtpm(8) encrypts its state with. */
#define CIPHER "aes-256-cbc"

/* CMD_GET_CAPABILITY of swtpm_ioctls(3): an emulator that works says what it can do. */
static const char get_capability[] = { 0, 0, 0, 1 };
/* A result and 32 bits. */
#define CAPABILITY_SIZE 8

typedef struct Tpm {
        QemuFiles *files;
        const DomainDef *def;
        const DomainTpm *tpm;
        const QemuFilesConfig *config;
        const char *place;
        bool is_file;  /* the state is one file */
        char *path;    /* of the state */
        int state_fd;  /* the directory, made or being made, or the file */
} Tpm;

static void tpm_clear(Tpm *t)
{
        g_free(t->path);
        safe_close(t->state_fd);
}

static bool is_version_2(const DomainTpm *tpm)
{
        return !streq_ptr(tpm->version, "1.2");
}

char *qemu_tpm_state_dir(const QemuPrograms *programs, const char *uuid)
{
        return g_build_filename(programs->tpm_dir, uuid, NULL);
}

bool qemu_tpm_is_forgotten(const DomainDef *def)
{
        DEF_FOREACH(tpm, def->tpms)
                if (tpm->backend == DOMAIN_TPM_EMULATOR)
                        return tpm->persistent_state != TRISTATE_YES;
        return true;
}

static int forget_work(void *data, Error *error)
{
        return qemu_remove_tree(AT_FDCWD, data);
}

static void on_forgotten(void *userdata, int r, Error *error)
{
}

void qemu_tpm_forget(WorkerPool *pool, const QemuPrograms *programs, const char *uuid)
{
        (void) worker_run(pool, forget_work, qemu_tpm_state_dir(programs, uuid), g_free, on_forgotten, NULL);
}

/* -- state ---------------------------------------------------------------------------------------------------- */

/* One that is found goes to the user that the machine has this time. */
static int open_existing(Tpm *t, Error *error)
{
        const QemuGift gift = { .made = t->path, .uid = t->config->uid, .gid = t->config->gid };
        int r = qemu_give(&gift, error);

        if (r < 0)
                return r;
        t->state_fd = open(t->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return t->state_fd < 0 ? error_set_errno(error, errno, "%s: cannot open '%s'", t->place, t->path) : 0;
}

/*
 * It is made beside its final place, so that what an interrupted start has left is never taken for a state. The errand
 * removes it when it does not get there.
 */
static int make_new(Tpm *t, uid_t uid, gid_t gid, QemuErrand *errand, Error *error)
{
        g_autofree char *parent = g_path_get_dirname(t->path), *path = g_strconcat(t->path, ".new-XXXXXX", NULL);
        _cleanup_close_ int parent_fd = -EBADF;
        int r = store_open_dir(parent, 0700, &parent_fd, error);

        if (r < 0)
                return r;
        if (!g_mkdtemp_full(path, 0700))
                return error_set_errno(error, errno, "%s: cannot make the directory '%s'", t->place, path);
        errand->made = g_strdup(path);
        errand->final = g_strdup(t->path);
        t->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (t->state_fd < 0 || (uid != 0 && fchown(t->state_fd, uid, gid) < 0))
                return error_set_errno(error, errno, "%s: cannot prepare the directory '%s'", t->place, path);
        return 0;
}

/* swtpm makes the content of an empty file itself. */
static int open_state_file(Tpm *t, Error *error)
{
        g_autofree char *place = qemu_place(t->def, t->tpm, "backend/source/@path");
        struct stat st;
        int r = qemu_open(t->path, OPEN_FILE, O_RDWR | O_CREAT, place, &t->state_fd, &st, error);

        if (r < 0)
                return r;
        if (st.st_nlink != 1 && t->config->uid != 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' has more than one name", place, t->path);
        if (t->config->uid != 0 && fchown(t->state_fd, t->config->uid, t->config->gid) < 0)
                return error_set_errno(error, errno, "%s: cannot give '%s' to the machine's user", place, t->path);
        return 0;
}

static void choose_path(Tpm *t)
{
        g_autofree char *dir = qemu_tpm_state_dir(t->config->programs, t->def->uuid);

        t->is_file = streq_ptr(t->tpm->source_type, "file");
        t->path = t->tpm->source_path ? g_strdup(t->tpm->source_path)
                                      : g_build_filename(dir, is_version_2(t->tpm) ? "tpm2" : "tpm1.2", NULL);
}

/* -- the programs --------------------------------------------------------------------------------------------- */

static char *banks(const DomainTpm *tpm)
{
        const struct {
                const char *name;
                bool wanted;
        } all[] = {
                { "sha1", tpm->sha1 }, { "sha256", tpm->sha256 }, { "sha384", tpm->sha384 }, { "sha512", tpm->sha512 },
        };
        g_autoptr(GString) s = g_string_new(NULL);

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].wanted)
                        g_string_append_printf(s, "%s%s", s->len > 0 ? "," : "", all[i].name);
        return s->len > 0 ? g_string_free(g_steal_pointer(&s), false) : NULL;
}

/* The pass phrase goes by a descriptor, never by the command line. Returns its number, 0 when there is none. */
static int add_secret(const Tpm *t, QemuProgram *program, Error *error)
{
        gsize size;
        const void *data;

        if (!t->tpm->secret)
                return 0;
        if (!t->config->tpm_secret)
                return qemu_refuse(t->def, t->tpm, "backend/encryption/@secret", error,
                                   "there is no secret with the UUID %s, or it has no value", t->tpm->secret);
        data = g_bytes_get_data(t->config->tpm_secret, &size);
        return qemu_program_secret(program, data, size, error);
}

static int dup_state(const Tpm *t)
{
        return fcntl(t->state_fd, F_DUPFD_CLOEXEC, 0);
}

/* swtpm_setup in the directory of the state. */
static int plan_setup(const Tpm *t, uid_t uid, gid_t gid, QemuProgram **ret, Error *error)
{
        const char *path = t->config->programs->swtpm_setup;
        _cleanup_(qemu_program_freep) QemuProgram *program = qemu_program_new(t->place, path, uid, gid);
        g_autofree char *chosen = banks(t->tpm);
        int fd = qemu_program_check(path, "swtpm-setup", t->place, error);

        if (fd >= 0)
                fd = add_secret(t, program, error);
        if (fd < 0)
                return fd;
        qemu_program_cwd(program, dup_state(t));
        qemu_program_arg(program, "--tpmstate");
        qemu_program_arg(program, ".");
        if (is_version_2(t->tpm))
                qemu_program_arg(program, "--tpm2");
        if (fd > 0) {
                qemu_program_argf(program, "--pwdfile-fd=%d", fd);
                qemu_program_arg(program, "--cipher=" CIPHER);
        }
        if (chosen) {
                qemu_program_arg(program, "--pcr-banks");
                qemu_program_arg(program, chosen);
        }
        *ret = g_steal_pointer(&program);
        return 0;
}

/* A new TPM gets its keys, and certificates where there is an authority, whose owner alone may use it. */
static int plan_manufacture(Tpm *t, Error *error)
{
        _cleanup_(qemu_errand_freep) QemuErrand *errand = qemu_errand_new(NULL);
        QemuProgram *program;
        uid_t uid = t->config->uid;
        gid_t gid = t->config->gid;
        struct stat st;
        bool has_ca = uid != 0 && stat(t->config->programs->tpm_ca, &st) >= 0 && st.st_uid != 0;
        int r;

        if (has_ca) {
                uid = st.st_uid;
                gid = st.st_gid ?: (gid_t) st.st_uid;
        }
        r = make_new(t, uid, gid, errand, error);
        if (r >= 0)
                r = plan_setup(t, uid, gid, &errand->program, error);
        if (r < 0)
                return r;
        program = errand->program;
        qemu_program_arg(program, "--createek");
        if (has_ca) {
                qemu_program_arg(program, "--create-ek-cert");
                qemu_program_arg(program, "--create-platform-cert");
                qemu_program_arg(program, "--lock-nvram");
        }
        errand->uid = t->config->uid;
        errand->gid = t->config->gid;
        g_ptr_array_add(t->files->errands, g_steal_pointer(&errand));
        return 0;
}

/* What the guest has changed of the banks goes back to what the definition says, as in libvirt. */
static int plan_banks(Tpm *t, Error *error)
{
        g_autofree char *chosen = banks(t->tpm);
        QemuProgram *program;
        int r;

        if (!chosen)
                return 0;
        r = plan_setup(t, t->config->uid, t->config->gid, &program, error);
        if (r < 0)
                return r;
        qemu_program_arg(program, "--reconfigure");
        g_ptr_array_add(t->files->errands, qemu_errand_new(program));
        return 0;
}

static int prepare_state(Tpm *t, Error *error)
{
        int r;

        choose_path(t);
        if (t->is_file)
                return open_state_file(t, error);
        if (access(t->path, F_OK) < 0)
                return plan_manufacture(t, error);
        r = open_existing(t, error);
        return r < 0 ? r : plan_banks(t, error);
}

static int add_keys(const Tpm *t, QemuProgram *program, Error *error)
{
        int fd = add_secret(t, program, error);

        if (fd <= 0)
                return fd;
        qemu_program_arg(program, "--key");
        qemu_program_argf(program, "pwdfd=%d,mode=" CIPHER, fd);
        fd = add_secret(t, program, error);
        if (fd < 0)
                return fd;
        qemu_program_arg(program, "--migration-key");
        qemu_program_argf(program, "pwdfd=%d,mode=" CIPHER, fd);
        return 0;
}

/* Its end of a pair of sockets; QEMU gets the other one. */
static int add_sockets(const Tpm *t, QemuProgram *program, int *ret_fd, Error *error)
{
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "%s: cannot make sockets", t->place);
        qemu_program_arg(program, "--ctrl");
        qemu_program_argf(program, "type=unixio,clientfd=%d", qemu_program_fd(program, pair[0]));
        *ret_fd = pair[1];
        return 0;
}

/* swtpm takes no standard descriptor for what it says beyond errors. */
static void add_log(const Tpm *t, QemuCompanionPlan *plan)
{
        int fd = qemu_companion_plan_log(plan, t->config->programs->log_dir, t->def->name);

        if (fd < 0 || t->tpm->debug == 0)
                return;
        fd = qemu_program_fd(plan->program, fcntl(fd, F_DUPFD_CLOEXEC, 0));
        qemu_program_arg(plan->program, "--log");
        qemu_program_argf(plan->program, "fd=%d,level=%" PRIu32, fd, t->tpm->debug);
}

static int plan_emulator(Tpm *t, Error *error)
{
        const char *path = t->config->programs->companion[QEMU_COMPANION_SWTPM];
        _cleanup_(qemu_program_freep) QemuProgram *program =
                qemu_program_new(t->place, path, t->config->uid, t->config->gid);
        g_autofree char *id = g_strconcat(t->tpm->info.alias, "-socket", NULL);
        QemuCompanionPlan *plan;
        int fd = -EBADF, r;

        qemu_program_arg(program, "socket");
        r = add_sockets(t, program, &fd, error);
        if (r < 0)
                return r;
        qemu_files_add(t->files, QEMU_FILE_FD, id, path, fd);
        qemu_program_arg(program, "--tpmstate");
        if (t->is_file)
                qemu_program_argf(program, "backend-uri=file:///proc/self/fd/%d",
                                  qemu_program_fd(program, dup_state(t)));
        else
                qemu_program_arg(program, "dir=.,mode=0600");
        if (is_version_2(t->tpm))
                qemu_program_arg(program, "--tpm2");
        qemu_program_arg(program, "--terminate");
        r = add_keys(t, program, error);
        if (r < 0)
                return r;
        if (!t->is_file)
                qemu_program_cwd(program, dup_state(t));
        plan = qemu_companion_plan_new(QEMU_COMPANION_SWTPM, t->tpm->info.alias, g_steal_pointer(&program));
        plan->ready_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        plan->greeting = get_capability;
        plan->greeting_size = sizeof(get_capability);
        plan->answer_size = CAPABILITY_SIZE;
        add_log(t, plan);
        g_ptr_array_add(t->files->companions, plan);
        return 0;
}

static int open_emulator(QemuFiles *files, const DomainDef *def, const DomainTpm *tpm, const QemuFilesConfig *config,
                         Error *error)
{
        g_autofree char *place = qemu_place(def, tpm, "backend");
        _cleanup_(tpm_clear) Tpm t = {
                .files = files,
                .def = def,
                .tpm = tpm,
                .config = config,
                .place = place,
                .state_fd = -EBADF,
        };
        int r;

        r = qemu_program_check(config->programs->companion[QEMU_COMPANION_SWTPM], "swtpm", place, error);
        if (r >= 0)
                r = prepare_state(&t, error);
        return r < 0 ? r : plan_emulator(&t, error);
}

/* -- the host's ----------------------------------------------------------------------------------------------- */

static int add_file(QemuFiles *files, QemuFileKind kind, const DomainTpm *tpm, const char *what, const char *path,
                    int fd)
{
        g_autofree char *id = g_strdup_printf("%s-%s", tpm->info.alias, what);

        qemu_files_add(files, kind, id, path, fd);
        return 0;
}

/* Where a command that takes long is given up: the kernel has moved the file between its releases. */
static char *cancel_path(const char *device)
{
        static const char *const patterns[] = { "/sys/class/tpm/%s/device/cancel", "/sys/class/misc/%s/device/cancel" };
        g_autofree char *name = g_path_get_basename(device);

        for (size_t i = 0; i < ELEMENTSOF(patterns); i++) {
                g_autoptr(GString) path = g_string_new(patterns[i]);

                g_string_replace(path, "%s", name, 1);
                if (access(path->str, W_OK) == 0)
                        return g_string_free(g_steal_pointer(&path), false);
        }
        return NULL;
}

static int open_device(QemuFiles *files, const DomainDef *def, const DomainTpm *tpm, Error *error)
{
        g_autofree char *place = qemu_place(def, tpm, "backend/device/@path"), *cancel = cancel_path(tpm->path);
        int fd, r;

        r = qemu_open(tpm->path, OPEN_CHARACTER, O_RDWR, place, &fd, NULL, error);
        if (r < 0)
                return r;
        add_file(files, QEMU_FILE_SET, tpm, "device", tpm->path, fd);
        r = qemu_open(cancel ?: "/dev/null", cancel ? OPEN_FILE : OPEN_CHARACTER, O_WRONLY, place, &fd, NULL, error);
        if (r < 0)
                return r;
        add_file(files, QEMU_FILE_SET, tpm, "cancel", cancel ?: "/dev/null", fd);
        return 0;
}

static int open_external(QemuFiles *files, const DomainDef *def, const DomainTpm *tpm, Error *error)
{
        g_autofree char *place = qemu_place(def, tpm, "backend/source/@path");
        int fd, r;

        r = tpm->external->mode == DOMAIN_SOCKET_BIND ? qemu_open_listen(tpm->external->path, place, &fd, error)
                                                      : qemu_open_connect(tpm->external->path, place, &fd, error);
        return r < 0 ? r : add_file(files, QEMU_FILE_FD, tpm, "socket", tpm->external->path, fd);
}

int qemu_files_open_tpm(QemuFiles *files, const DomainDef *def, const DomainTpm *tpm, const QemuFilesConfig *config,
                        Error *error)
{
        switch (tpm->backend) {
        case DOMAIN_TPM_EMULATOR:
                return open_emulator(files, def, tpm, config, error);
        case DOMAIN_TPM_PASSTHROUGH:
                return open_device(files, def, tpm, error);
        case DOMAIN_TPM_EXTERNAL:
                return open_external(files, def, tpm, error);
        case _DOMAIN_TPM_MAX:
                break;
        }
        return 0;
}
