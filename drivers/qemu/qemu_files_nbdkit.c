/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_nbdkit.h"

#include "drivers/qemu/qemu_companion_dir.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_secrets.h"

#include <string.h>

/* A private key, or a file of known hosts. */
#define FILE_MAX (1024u * 1024)

/* One layer of a disk. */
typedef struct Server {
        QemuFiles *files;
        const DomainDef *def;
        const QemuFilesConfig *config;
        const DomainDisk *disk;
        size_t i;
        const QemuLayerDef *layer;
        QemuProgram *program;
} Server;

static char *place_of(const Server *s, const char *rest)
{
        g_autofree char *inner = qemu_layer_place(s->disk, s->i, rest);

        return qemu_place(s->def, s->disk, inner);
}

/* Its user may open no file of ours, so it gets a copy in memory. */
static int add_file(const Server *s, const char *option, const char *path, const char *rest, Error *error)
{
        g_autofree char *place = place_of(s, rest), *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size = 0;
        int r = qemu_open(path, OPEN_FILE, O_RDONLY, place, &fd, NULL, error);

        if (r < 0)
                return r;
        r = read_fd(fd, FILE_MAX, &text, &size);
        if (r < 0)
                return error_set_errno(error, r, "%s: cannot read '%s'", place, path);
        r = qemu_program_secret(s->program, text, size, error);
        explicit_bzero(text, size);
        if (r >= 0)
                qemu_program_argf(s->program, "%s=/proc/self/fd/%d", option, r);
        return r;
}

static int add_password(const Server *s, Error *error)
{
        g_autofree char *id = qemu_layer_name(s->disk, s->i, QEMU_LAYER_AUTH);
        const GPtrArray *secrets = s->config->secrets;

        for (guint i = 0; secrets && i < secrets->len; i++) {
                const QemuSecret *secret = secrets->pdata[i];
                size_t size;
                const void *data = g_bytes_get_data(secret->value, &size);
                int r;

                if (!streq(secret->id, id))
                        continue;
                r = qemu_program_secret(s->program, data, size, error);
                if (r >= 0)
                        qemu_program_argf(s->program, "password=-%d", r);
                return r;
        }
        return 0;
}

/* The parameters of nbdkit-ssh-plugin(1). What the host's administrator has set for ssh(1) does not count. */
static int add_parameters(const Server *s, Error *error)
{
        static const DomainStorageNetwork nothing = {};
        const DomainStorage *source = s->layer->source;
        const DomainStorageNetwork *network = source->network ?: &nothing;
        const DomainStorageHost *host = source->hosts.items[0];
        const char *user = s->layer->auth ? s->layer->auth->username : network->username;
        int r = 0;

        qemu_program_arg(s->program, "ssh");
        qemu_program_arg(s->program, "config=");
        qemu_program_argf(s->program, "host=%s", host->name);
        qemu_program_argf(s->program, "port=%s", host->port ?: "22");
        qemu_program_argf(s->program, "path=%s", strempty(source->name));
        if (user)
                qemu_program_argf(s->program, "user=%s", user);
        if (network->timeout > 0)
                qemu_program_argf(s->program, "timeout=%" PRIu32, network->timeout);
        if (s->layer->auth)
                r = add_password(s, error);
        if (r >= 0 && network->keyfile)
                r = add_file(s, "identity", network->keyfile, "identity/@keyfile", error);
        if (r >= 0 && network->known_hosts)
                r = add_file(s, "known-hosts", network->known_hosts, "knownHosts/@path", error);
        return r;
}

static int plan(Server *s, Error *error)
{
        const char *path = s->config->programs ? s->config->programs->companion[QEMU_COMPANION_NBDKIT] : "";
        g_autofree char *place = place_of(s, "@protocol"), *id = qemu_layer_name(s->disk, s->i, QEMU_LAYER_NBDKIT);
        bool writable = s->i == 0 && qemu_disk_is_writable(s->disk);
        QemuCompanionPlan *companion;
        int r = qemu_program_check(path, "nbdkit", place, error);

        if (r < 0)
                return r;
        s->program = qemu_program_new(place, path, s->config->uid, s->config->gid);
        companion = qemu_companion_plan_new(QEMU_COMPANION_NBDKIT, id, s->program);
        g_ptr_array_add(s->files->companions, companion);
        r = qemu_companion_dir_make(s->files, s->program, id, s->config, &companion->ready_fd, error);
        if (r < 0)
                return r;
        /* libssh asks for the home of its user, who is in no list of users */
        qemu_program_env(s->program, "HOME=/proc/self/cwd");
        qemu_program_arg(s->program, "--foreground");
        qemu_program_arg(s->program, "--unix=/proc/self/cwd/" QEMU_COMPANION_SOCKET);
        if (!writable)
                qemu_program_arg(s->program, "--readonly");
        r = add_parameters(s, error);
        if (r < 0)
                return r;
        qemu_companion_plan_log(companion, s->config->programs->log_dir, s->def->name);
        return 0;
}

int qemu_files_open_nbdkit(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error)
{
        DEF_FOREACH(disk, def->disks) {
                QemuLayerDef layer;

                for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                        Server s = { files, def, config, disk, i, &layer, NULL };
                        int r = qemu_layer_is_nbdkit(&layer) ? plan(&s, error) : 0;

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
