/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_tls.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_place.h"
#include "service/base/store.h"

#include <string.h>
#include <sys/stat.h>

/* Of a file of certificates, or a key. */
#define PEM_MAX ((size_t) 1024 * 1024)

typedef struct TlsFile {
        const char *name;
        bool optional;
} TlsFile;

/* The names are QEMU's (docs/system/tls.rst). */
static const TlsFile client_files[] = {
        { "ca-cert.pem", false },
        { "ca-crl.pem", true },
        { "client-cert.pem", false },
        { "client-key.pem", false },
        {},
};
static const TlsFile server_files[] = {
        { "ca-cert.pem", false },     { "ca-crl.pem", true },     { "server-cert.pem", false },
        { "server-key.pem", false },  { "dh-params.pem", true },  {},
};

static int give(int dir_fd, const char *name, const QemuFilesConfig *config)
{
        if (config->uid == 0 || fchownat(dir_fd, name, config->uid, config->gid, AT_SYMLINK_NOFOLLOW) >= 0)
                return 0;
        return -errno;
}

static int copy_file(int dir_fd, const TlsFile *file, const char *place, const QemuFilesConfig *config, Error *error)
{
        g_autofree char *path = g_build_filename(config->tls_dir, file->name, NULL), *data = NULL;
        size_t size = 0;
        int r = read_file_at(AT_FDCWD, path, PEM_MAX, &data, &size);

        if (r == -ENOENT && file->optional)
                return 0;
        if (r < 0)
                return error_set_errno(error, r, "%s: cannot read '%s', which TLS needs", place, path);
        r = store_write(dir_fd, file->name, data, size, 0, error);
        explicit_bzero(data, size);
        if (r < 0)
                return r;
        r = give(dir_fd, file->name, config);
        return r < 0 ? error_set_errno(error, r, "cannot give '%s' to QEMU's user", file->name) : 0;
}

static int copy_files(QemuFiles *files, const char *id, const TlsFile *list, const char *place,
                      const QemuFilesConfig *config, Error *error)
{
        g_autofree char *dir = g_build_filename(config->run_dir, id, NULL);
        int dir_fd, path_fd, r;

        r = store_open_dir(dir, 0700, &dir_fd, error);
        if (r < 0)
                return r;
        for (; r >= 0 && list->name; list++)
                r = copy_file(dir_fd, list, place, config, error);
        if (r >= 0 && (r = give(dir_fd, ".", config)) < 0)
                error_set_errno(error, r, "cannot give '%s' to QEMU's user", dir);
        safe_close(dir_fd);
        if (r < 0)
                return r;
        path_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (path_fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", dir);
        qemu_files_add(files, QEMU_FILE_PATH, id, config->tls_dir, path_fd);
        return 0;
}

typedef struct Users {
        char *client, *server; /* XPaths of the first that needs it */
} Users;

static void users_clear(Users *users)
{
        g_free(users->client);
        g_free(users->server);
}

static int look_at_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        Users *users = userdata;
        char **user = chardev->mode == DOMAIN_SOCKET_BIND ? &users->server : &users->client;

        if (qemu_chardev_is_tls(chardev) && !*user)
                *user = qemu_place(def, chardev, "source/@tls");
        return 0;
}

int qemu_files_open_tls(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error)
{
        _cleanup_(users_clear) Users users = {};
        int r = 0;

        DEF_FOREACH(disk, def->disks)
                if (!users.client && qemu_disk_is_tls(disk))
                        users.client = qemu_place(def, disk, "source/@tls");
        (void) qemu_chardevs_foreach(def, look_at_chardev, &users, NULL);
        if (users.client)
                r = copy_files(files, "tls-client", client_files, users.client, config, error);
        if (r >= 0 && users.server)
                r = copy_files(files, "tls-server", server_files, users.server, config, error);
        return r;
}
