/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_fs.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_share.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* QEMU's own server, up to 8.0, is in its own directory. */
#define OLD_SERVERS "/usr/lib/qemu/"

#define CAPABILITY(name) (UINT64_C(1) << CAP_##name)
/* To act as any user of the guest on any file of the directory, and to lock itself into the directory. */
#define VIRTIOFSD_CAPABILITIES                                                                      \
        (CAPABILITY(CHOWN) | CAPABILITY(DAC_OVERRIDE) | CAPABILITY(DAC_READ_SEARCH) | CAPABILITY(FOWNER) |            \
         CAPABILITY(FSETID) | CAPABILITY(SETGID) | CAPABILITY(SETUID) | CAPABILITY(SETPCAP) | CAPABILITY(SETFCAP) |    \
         CAPABILITY(MKNOD) | CAPABILITY(SYS_ADMIN) | CAPABILITY(SYS_CHROOT) | CAPABILITY(SYS_RESOURCE))

static void add_file(QemuFiles *files, QemuFileKind kind, const DomainFs *fs, const char *what, const char *path,
                     int fd)
{
        g_autofree char *id = g_strdup_printf("%s-%s", fs->info.alias, what);

        qemu_files_add(files, kind, id, path, fd);
}

static int open_directory(const char *path, const char *place, int *ret_fd, Error *error)
{
        return qemu_open(path, OPEN_DIRECTORY, O_RDONLY, place, ret_fd, NULL, error);
}

/*
 * The server waits for its client on a socket without a name that stays: we are in the queue before it listens to it.
 */
static int make_sockets(const char *run_dir, const DomainFs *fs, const char *place, int *ret_server, int *ret_client,
                        Error *error)
{
        g_autofree char *path = g_strdup_printf("%s/%s.sock", run_dir, fs->info.alias);
        _cleanup_close_ int server = -EBADF;
        int r = qemu_open_listen(path, place, &server, error);

        if (r >= 0 && listen(server, 1) < 0)
                r = error_set_errno(error, errno, "%s: cannot listen", place);
        if (r >= 0)
                r = qemu_open_connect(path, place, ret_client, error);
        qemu_remove_socket(path);
        if (r < 0)
                return r;
        *ret_server = TAKE_FD(server);
        return 0;
}

/* The words of QEMU's own server, which its successor knows too. */
static char *options_of(const DomainFs *fs)
{
        static const DomainVirtiofs none = {};
        const DomainVirtiofs *v = fs->virtiofs ?: &none;
        g_autoptr(GString) s = g_string_new(NULL);
        const struct {
                Tristate value;
                const char *on, *off;
        } all[] = {
                { v->xattr, "xattr", "no_xattr" },
                { v->posix_lock, "posix_lock", "no_posix_lock" },
                { v->flock, "flock", "no_flock" },
        };

        g_string_printf(s, "source=%s", fs->source);
        if (v->cache)
                g_string_append_printf(s, ",cache=%s", v->cache);
        if (v->sandbox)
                g_string_append_printf(s, ",sandbox=%s", v->sandbox);
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].value != TRISTATE_ABSENT)
                        g_string_append_printf(s, ",%s", all[i].value == TRISTATE_YES ? all[i].on : all[i].off);
        return g_string_free(g_steal_pointer(&s), false);
}

static void add_map(QemuProgram *program, const char *option, DomainIdMapEntry *const *entries, uint32_t n)
{
        for (uint32_t i = 0; i < n; i++)
                qemu_program_argf(program, "%s=:%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":", option, entries[i]->start,
                                  entries[i]->target, entries[i]->count);
}

static void add_options(const DomainFs *fs, QemuProgram *program)
{
        g_autofree char *options = options_of(fs);

        qemu_program_arg(program, "-f");
        qemu_program_arg(program, "-o");
        qemu_program_arg(program, options);
        if (fs->idmap) {
                add_map(program, "--uid-map", fs->idmap->uids.items, fs->idmap->uids.n);
                add_map(program, "--gid-map", fs->idmap->gids.items, fs->idmap->gids.n);
        }
        if (fs->virtiofs && def_is_set(fs->virtiofs, thread_pool))
                qemu_program_argf(program, "--thread-pool-size=%" PRIu32, fs->virtiofs->thread_pool);
        if (fs->virtiofs && def_is_set(fs->virtiofs, openfiles))
                qemu_program_argf(program, "--rlimit-nofile=%" PRIu64, fs->virtiofs->openfiles);
}

/* A definition may say which of the servers that are known it means, but not have another program run. */
static int choose_server(const DomainDef *def, const DomainFs *fs, const QemuPrograms *programs, const char **ret,
                         Error *error)
{
        const char *path = fs->virtiofs ? fs->virtiofs->path : NULL;

        if (path && !streq(path, programs->companion[QEMU_COMPANION_VIRTIOFSD]) &&
            !qemu_companion_is_known(QEMU_COMPANION_VIRTIOFSD, path))
                return qemu_refuse(def, fs, "binary/@path", error,
                                   "'%s' is not run for a definition: say with 'virtiofsd' in section [qemu] of "
                                   "virtbusd.conf where the server is",
                                   path);
        *ret = path ?: programs->companion[QEMU_COMPANION_VIRTIOFSD];
        if (fs->idmap && g_str_has_prefix(*ret, OLD_SERVERS))
                return qemu_refuse(def, fs, "idmap", error, "'%s' has no maps of users", *ret);
        return 0;
}

/*
 * It acts as any user of the guest, so it cannot be the machine's; it locks itself into the directory before it serves.
 */
static int plan_server(QemuFiles *files, const DomainDef *def, const DomainFs *fs, const QemuFilesConfig *config,
                       const char *path, Error *error)
{
        g_autofree char *place = qemu_place(def, fs, "driver");
        _cleanup_(qemu_program_freep) QemuProgram *program = qemu_program_new(place, path, 0, 0);
        QemuCompanionPlan *plan;
        int server, client;
        int r = make_sockets(config->run_dir, fs, place, &server, &client, error);

        if (r < 0)
                return r;
        add_file(files, QEMU_FILE_FD, fs, "socket", path, client);
        program->capabilities = VIRTIOFSD_CAPABILITIES;
        qemu_program_argf(program, "--fd=%d", qemu_program_fd(program, server));
        add_options(fs, program);
        plan = qemu_companion_plan_new(QEMU_COMPANION_VIRTIOFSD, fs->info.alias, g_steal_pointer(&program));
        qemu_companion_plan_greet_vhost_user(plan, client);
        qemu_companion_plan_log(plan, config->programs->log_dir, def->name);
        g_ptr_array_add(files->companions, plan);
        return 0;
}

static int open_virtiofs(QemuFiles *files, const DomainDef *def, const DomainFs *fs, const QemuFilesConfig *config,
                         Error *error)
{
        g_autofree char *place = qemu_place(def, fs, "source");
        const char *path = NULL;
        int fd, r;

        if (fs->socket) {
                r = qemu_open_connect(fs->socket, place, &fd, error);
                if (r >= 0)
                        add_file(files, QEMU_FILE_FD, fs, "socket", fs->socket, fd);
                return r;
        }
        if (geteuid() != 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: an ordinary user cannot serve files of others; start virtiofsd yourself and name "
                                 "its socket",
                                 place);
        r = choose_server(def, fs, config->programs, &path, error);
        if (r >= 0)
                r = qemu_program_check(path, "virtiofsd", place, error);
        if (r >= 0)
                r = open_directory(fs->source, place, &fd, error);
        if (r < 0)
                return r;
        safe_close(fd);
        return plan_server(files, def, fs, config, path, error);
}

int qemu_files_open_fs(QemuFiles *files, const DomainDef *def, const DomainFs *fs, const QemuFilesConfig *config,
                       Error *error)
{
        g_autofree char *place = qemu_place(def, fs, "source/@dir");
        int fd, r;

        if (fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS)
                return open_virtiofs(files, def, fs, config, error);
        r = open_directory(fs->source, place, &fd, error);
        if (r < 0)
                return r;
        r = qemu_share_map(&fd, config->uid, config->gid, fs->readonly, place, error);
        add_file(files, QEMU_FILE_PATH, fs, "dir", fs->source, fd);
        return MIN(r, 0);
}
