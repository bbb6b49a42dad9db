/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_files_bus.h"
#include "drivers/qemu/qemu_files_fs.h"
#include "drivers/qemu/qemu_files_device.h"
#include "drivers/qemu/qemu_files_nbdkit.h"
#include "drivers/qemu/qemu_files_net.h"
#include "drivers/qemu/qemu_files_tpm.h"
#include "drivers/qemu/qemu_files_pr.h"
#include "drivers/qemu/qemu_files_tls.h"
#include "drivers/qemu/qemu_files_video.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_nvram.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_overlay.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_secrets.h"
#include "drivers/qemu/qemu_tap.h"

#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>

#define VSOCK_PATH "/dev/vhost-vsock"
/* Smaller ones are those of the host and the hypervisor (vsock(7)). */
#define VSOCK_CID_MIN 3u
#define VSOCK_CID_MAX 100000u

typedef struct Opener {
        const DomainDef *def;
        const QemuFilesConfig *config;
        QemuFiles *files;
} Opener;

static void file_destroy(gpointer data)
{
        QemuFile *file = data;

        (void) safe_close(file->fd);
        g_free(file->id);
        g_free(file->path);
        g_free(file);
}

static void chain_destroy(gpointer data)
{
        qemu_chain_free(data);
}

static void errand_destroy(gpointer data)
{
        qemu_errand_free(data);
}

static void companion_destroy(gpointer data)
{
        qemu_companion_plan_free(data);
}

QemuFiles *qemu_files_new(void)
{
        QemuFiles *files = g_new0(QemuFiles, 1);

        files->files = g_ptr_array_new_with_free_func(file_destroy);
        files->chains = g_ptr_array_new_with_free_func(chain_destroy);
        files->errands = g_ptr_array_new_with_free_func(errand_destroy);
        files->companions = g_ptr_array_new_with_free_func(companion_destroy);
        files->macvtaps = g_ptr_array_new_with_free_func(g_free);
        return files;
}

QemuFiles *qemu_files_free(QemuFiles *files)
{
        if (!files)
                return NULL;
        for (guint i = 0; !files->kept && i < files->macvtaps->len; i++)
                macvtap_remove(files->macvtaps->pdata[i]);
        g_ptr_array_unref(files->macvtaps);
        g_ptr_array_unref(files->errands);
        g_ptr_array_unref(files->companions);
        g_ptr_array_unref(files->files);
        g_ptr_array_unref(files->chains);
        g_free(files);
        return NULL;
}

void qemu_files_add(QemuFiles *files, QemuFileKind kind, const char *id, const char *path, int fd)
{
        QemuFile *file = g_new0(QemuFile, 1);

        file->kind = kind;
        file->id = g_strdup(id);
        file->path = g_strdup(path);
        file->fd = fd;
        g_ptr_array_add(files->files, file);
}

const QemuFile *qemu_files_find(const QemuFiles *files, const char *id)
{
        for (guint i = 0; i < files->files->len; i++) {
                const QemuFile *file = files->files->pdata[i];

                if (streq(file->id, id))
                        return file;
        }
        return NULL;
}

const QemuChain *qemu_files_chain(const QemuFiles *files, const char *alias)
{
        for (guint i = 0; i < files->chains->len; i++) {
                const QemuChain *chain = files->chains->pdata[i];

                if (streq(chain->alias, alias))
                        return chain;
        }
        return NULL;
}

/* What QEMU opens again by its number: for the parts that know nothing of fd sets. */
static int open_path(Opener *o, const char *id, const char *path, const char *rest, Error *error)
{
        g_autofree char *place = qemu_place(o->def, NULL, rest);
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!path)
                return 0;
        r = qemu_open(path, OPEN_FILE, O_RDONLY, place, &fd, NULL, error);
        if (r < 0)
                return r;
        r = qemu_open_for_user(&fd, path, o->config->uid, o->config->gid, error);
        if (r < 0)
                return r;
        qemu_files_add(o->files, QEMU_FILE_PATH, id, path, TAKE_FD(fd));
        return 0;
}

static int open_pflash(Opener *o, const char *alias, const char *path, const char *format, bool block, bool writable,
                       const char *place, Error *error)
{
        const QemuChainSource source = {
                .alias = alias,
                .place = place,
                .path = path,
                .format = format,
                .block = block,
                .writable = writable,
                .image_dirs = o->config->image_dirs,
        };

        return qemu_chain_open(o->files, &source, error);
}

/* What the firmware shows to the guest as it stands. */
static int open_tables(Opener *o, Error *error)
{
        DEF_FOREACH(table, o->def->os.acpi_tables) {
                g_autofree char *id = g_strconcat("acpi-", table->type ?: "slic", NULL);
                int r = open_path(o, id, table->path, "os/acpi/table", error);

                if (r < 0)
                        return r;
        }
        DEF_FOREACH(sysinfo, o->def->sysinfo)
                for (uint32_t i = 0; i < sysinfo->entries.n; i++) {
                        g_autofree char *id = g_strdup_printf("fwcfg%" PRIu32, i);
                        int r = open_path(o, id, sysinfo->entries.items[i]->file, "sysinfo/entry/@file", error);

                        if (r < 0)
                                return r;
                }
        return 0;
}

/* Whether the drive may stay empty when its image does not exist. */
static bool disk_may_be_empty(const DomainDisk *disk)
{
        return (disk->device == DOMAIN_DISK_DEVICE_CDROM || disk->device == DOMAIN_DISK_DEVICE_FLOPPY) &&
               disk->source.startup_policy == DOMAIN_STARTUP_POLICY_OPTIONAL;
}

/* QEMU that connects again by itself is given the directory. */
static int open_directory_of(Opener *o, const char *path, const char *id, const char *place, Error *error)
{
        g_autofree char *dir = g_path_get_dirname(path);
        int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open the directory '%s' of %s", dir, place);
        qemu_files_add(o->files, QEMU_FILE_PATH, id, dir, fd);
        return 0;
}

static int open_disk_socket(Opener *o, const DomainDisk *disk, Error *error)
{
        g_autofree char *place = qemu_place(o->def, disk, "source/@path"), *id = qemu_disk_socket_id(disk);
        int fd, r;

        if (qemu_disk_reconnects(disk))
                return open_directory_of(o, disk->source.path, id, place, error);
        r = qemu_open_connect(disk->source.path, place, &fd, error);
        if (r >= 0)
                qemu_files_add(o->files, QEMU_FILE_FD, id, disk->source.path, fd);
        return r;
}

static int open_disk(Opener *o, const DomainDisk *disk, Error *error)
{
        g_autofree char *place = qemu_place(o->def, disk, NULL);
        const QemuChainSource source = {
                .alias = disk->info.alias,
                .place = place,
                .disk = disk,
                .writable = qemu_disk_is_writable(disk) && !disk->transient,
                .image_dirs = o->config->image_dirs,
                .fd_groups = o->config->fd_groups,
                .uid = o->config->uid,
                .gid = o->config->gid,
        };
        _cleanup_error_ Error why = ERROR_INIT;
        const QemuChain *chain;
        QemuLayerDef layer;
        int r;

        if (qemu_disk_is_served(disk))
                return open_disk_socket(o, disk, error);
        if (!qemu_layer_def(disk, 0, &layer))
                return 0;
        r = qemu_chain_open(o->files, &source, &why);
        if (r >= 0)
                return disk->transient && qemu_disk_is_writable(disk)
                               ? qemu_overlay_open(o->files, disk, place, o->config->overlay_dir, error)
                               : 0;
        chain = qemu_files_chain(o->files, source.alias);
        if (r == -ENOENT && chain->n_layers == 0 && disk_may_be_empty(disk)) {
                g_ptr_array_remove(o->files->chains, (gpointer) chain);
                return 0;
        }
        error_move(error, &why);
        return r;
}

/* The store has been made before, see qemu_nvram.h. */
static int open_firmware(Opener *o, Error *error)
{
        const DomainOs *os = &o->def->os;
        const char *store;
        DomainDisk disk;
        bool block;
        int r;

        if (!os->loader)
                return 0;
        if (os->loader_type != DOMAIN_LOADER_PFLASH)
                return open_path(o, "bios", os->loader, "os/loader", error);

        r = open_pflash(o, "pflash0", os->loader, os->loader_format, false, os->loader_readonly == TRISTATE_NO,
                        "/domain/os/loader", error);
        if (r >= 0 && qemu_nvram_as_disk(os, &disk))
                return open_disk(o, &disk, error);
        if (r < 0 || !qemu_nvram_is_local(os, &store, &block))
                return r;
        return open_pflash(o, "pflash1", store, os->nvram_format, block, true, "/domain/os/nvram", error);
}

static int open_os(Opener *o, Error *error)
{
        const DomainOs *os = &o->def->os;
        int r;

        r = open_path(o, "kernel", os->kernel, "os/kernel", error);
        if (r >= 0)
                r = open_path(o, "initrd", os->initrd, "os/initrd", error);
        if (r >= 0)
                r = open_path(o, "dtb", os->dtb, "os/dtb", error);
        if (r >= 0)
                r = open_path(o, "shim", os->shim, "os/shim", error);
        if (r >= 0)
                r = open_firmware(o, error);
        return r < 0 ? r : open_tables(o, error);
}

static int open_secrets(Opener *o, Error *error)
{
        const GPtrArray *secrets = o->config->secrets;

        for (guint i = 0; secrets && i < secrets->len; i++) {
                const QemuSecret *secret = secrets->pdata[i];
                int fd, r = qemu_open_bytes(secret->value, &fd, error);

                if (r < 0)
                        return r;
                qemu_files_add(o->files, QEMU_FILE_PATH, secret->id, NULL, fd);
        }
        return 0;
}

/* Opens what QEMU uses as an fd set. */
static int open_set(Opener *o, const char *id, const char *path, OpenKind kind, int flags, const char *place,
                    Error *error)
{
        int fd, r;

        r = qemu_open(path, kind, flags, place, &fd, NULL, error);
        if (r >= 0)
                qemu_files_add(o->files, QEMU_FILE_SET, id, path, fd);
        return r;
}

static int open_output(Opener *o, const char *id, const char *path, Tristate append, const char *place,
                       Error *error)
{
        int flags = O_WRONLY | O_CREAT | (append == TRISTATE_ON ? O_APPEND : O_TRUNC);

        return open_set(o, id, path, OPEN_FILE, flags, place, error);
}

static int open_socket(Opener *o, const DomainChardev *chardev, const char *id, const char *place,
                       Error *error)
{
        bool connects = chardev->mode == DOMAIN_SOCKET_CONNECT;
        int fd, r;

        if (qemu_chardev_reconnects(chardev))
                return open_directory_of(o, chardev->path, id, place, error);
        r = connects ? qemu_open_connect(chardev->path, place, &fd, error)
                     : qemu_open_listen(chardev->path, place, &fd, error);
        if (r >= 0)
                qemu_files_add(o->files, QEMU_FILE_FD, id, chardev->path, fd);
        return r;
}

static int open_source(Opener *o, const DomainChardev *chardev, const char *id, const char *place, Error *error)
{
        if (!chardev->path)
                return 0;
        if (chardev->type == DOMAIN_CHARDEV_FILE)
                return open_output(o, id, chardev->path, chardev->append, place, error);
        if (chardev->type == DOMAIN_CHARDEV_DEV)
                return open_set(o, id, chardev->path, OPEN_CHARACTER, O_RDWR, place, error);
        if (chardev->type == DOMAIN_CHARDEV_PIPE)
                return open_set(o, id, chardev->path, OPEN_PIPE, O_RDWR, place, error);
        return chardev->type == DOMAIN_CHARDEV_UNIX ? open_socket(o, chardev, id, place, error) : 0;
}

static int open_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        g_autofree char *id = qemu_chardev_id(chardev), *log_id = g_strconcat(id, "-log", NULL);
        g_autofree char *place = qemu_place(def, chardev, "source/@path");
        g_autofree char *log_place = qemu_place(def, chardev, "log/@file");
        Opener *o = userdata;
        int r = open_source(o, chardev, id, place, error);

        if (r >= 0 && chardev->log_file)
                r = open_output(o, log_id, chardev->log_file, chardev->log_append, log_place, error);
        return r;
}

/* The host's side of a device that is no character device itself. */
static int open_backend(Opener *o, const DomainDevice *info, const DomainChardev *chardev, const char *rest,
                        Error *error)
{
        g_autofree char *id = g_strconcat("char", info->alias, NULL);
        g_autofree char *place = qemu_place(o->def, chardev, rest);

        return open_source(o, chardev, id, place, error);
}

static int open_backends(Opener *o, Error *error)
{
        int r = 0;

        DEF_FOREACH(rng, o->def->rngs)
                if (r >= 0 && rng->egd)
                        r = open_backend(o, &rng->info, rng->egd, "backend/source/@path", error);
        DEF_FOREACH(smartcard, o->def->smartcards)
                if (r >= 0 && smartcard->mode == DOMAIN_SMARTCARD_PASSTHROUGH)
                        r = open_backend(o, &smartcard->info, &smartcard->chardev, "source/@path", error);
        DEF_FOREACH(redirdev, o->def->redirdevs)
                if (r >= 0)
                        r = open_backend(o, &redirdev->info, &redirdev->chardev, "source/@path", error);
        return r;
}

static int open_rng(Opener *o, const DomainRng *rng, Error *error)
{
        g_autofree char *place = qemu_place(o->def, rng, "backend");
        g_autofree char *id = g_strconcat("obj", rng->info.alias, NULL);

        if (!qemu_rng_needs_fd(rng))
                return 0;
        return open_set(o, id, rng->path, OPEN_CHARACTER, O_RDONLY, place, error);
}

/* Whoever uses the memory too may read and write all of it, so it is given to QEMU's user alone when it is new. */
static int open_shmem(Opener *o, const DomainShmem *shmem, Error *error)
{
        g_autofree char *place = qemu_place(o->def, shmem, shmem->server ? "server/@path" : "@name");
        g_autofree char *id = g_strconcat(shmem->server ? "char" : "shmmem-", shmem->info.alias, NULL);
        g_autofree char *path = g_strconcat("/dev/shm/", shmem->name, NULL);
        off_t size = (off_t) MAX(shmem->size, 4u) * 1024 * 1024;
        struct stat st;
        int fd, r;

        if (shmem->server)
                r = qemu_open_connect(shmem->server, place, &fd, error);
        else
                r = qemu_open(path, OPEN_FILE, O_RDWR | O_CREAT, place, &fd, &st, error);
        if (r < 0)
                return r;
        qemu_files_add(o->files, shmem->server ? QEMU_FILE_FD : QEMU_FILE_PATH, id, shmem->server ?: path, fd);
        if (shmem->server || st.st_size == size)
                return 0;
        if (st.st_size != 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' exists with another size", place, path);
        if (ftruncate(fd, size) < 0 || (o->config->uid != 0 && fchown(fd, o->config->uid, o->config->gid) < 0))
                return error_set_errno(error, errno, "%s: cannot prepare '%s'", place, path);
        return 0;
}

/* The kernel's end of the socket; a number that is left open is the first that no other machine has. */
static int open_vsock(Opener *o, const DomainVsock *vsock, Error *error)
{
        g_autofree char *place = qemu_place(o->def, vsock, "cid"), *id = g_strconcat(vsock->info.alias, "-vhost", NULL);
        bool fixed = def_get(vsock, cid, 0) >= VSOCK_CID_MIN && vsock->cid_auto != TRISTATE_YES;
        uint64_t cid = fixed ? vsock->cid : VSOCK_CID_MIN;
        g_autofree char *number = NULL;
        int fd, r;

        r = qemu_open(VSOCK_PATH, OPEN_CHARACTER, O_RDWR, place, &fd, NULL, error);
        if (r < 0)
                return r;
        while ((r = ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid)) < 0 && errno == EADDRINUSE && !fixed &&
               cid < VSOCK_CID_MAX)
                cid++;
        number = g_strdup_printf("%" PRIu64, cid);
        qemu_files_add(o->files, QEMU_FILE_FD, id, number, fd);
        return r < 0 ? error_set_errno(error, errno, "%s: cannot have the number %s", place, number) : 0;
}

static int open_extras(Opener *o, Error *error)
{
        DEF_FOREACH(shmem, o->def->shmems) {
                int r = open_shmem(o, shmem, error);

                if (r < 0)
                        return r;
        }
        return o->def->vsock ? open_vsock(o, o->def->vsock, error) : 0;
}

/* QEMU binds the display's socket itself: in our directory, in a part of it that belongs to its user. */
static int make_display_dir(const Opener *o, const char *dir, Error *error)
{
        g_autofree char *own = qemu_display_dir(o->config->run_dir);

        if (!streq(dir, own))
                return 0;
        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
                return error_set_errno(error, errno, "cannot make the directory '%s'", dir);
        if (o->config->uid != 0 && lchown(dir, o->config->uid, o->config->gid) < 0)
                return error_set_errno(error, errno, "cannot give the directory '%s' to QEMU's user", dir);
        return 0;
}

static int open_graphics(Opener *o, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        const char *socket_path = qemu_display_socket(graphics);
        g_autofree char *place = NULL, *id = NULL, *dir = NULL;
        int fd, r;

        if (!socket_path)
                return qemu_files_open_bus(o->files, o->def, graphics, index, o->config, error);
        place = qemu_place(o->def, graphics, "listen/@socket");
        id = qemu_display_id(index);
        dir = g_path_get_dirname(socket_path);
        r = make_display_dir(o, dir, error);
        if (r < 0)
                return r;
        qemu_remove_socket(socket_path);
        fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open the directory '%s' of %s", dir, place);
        qemu_files_add(o->files, QEMU_FILE_PATH, id, dir, fd);
        return 0;
}

static int open_all(Opener *o, Error *error)
{
        const DomainDef *def = o->def;
        int r;

        r = open_os(o, error);
        if (r < 0)
                return r;
        DEF_FOREACH(disk, def->disks) {
                r = open_disk(o, disk, error);
                if (r < 0)
                        return r;
        }
        r = open_secrets(o, error);
        if (r >= 0)
                r = qemu_files_open_tls(o->files, def, o->config, error);
        if (r >= 0)
                r = qemu_files_open_reservations(o->files, def, o->config, error);
        if (r >= 0)
                r = qemu_files_open_nbdkit(o->files, def, o->config, error);
        if (r < 0)
                return r;
        r = qemu_chardevs_foreach(def, open_chardev, o, error);
        if (r < 0)
                return r;
        DEF_FOREACH(rng, def->rngs) {
                r = open_rng(o, rng, error);
                if (r < 0)
                        return r;
        }
        r = open_backends(o, error);
        if (r >= 0)
                r = open_extras(o, error);
        if (r >= 0)
                r = qemu_files_open_devices(o->files, def, o->config, error);
        if (r < 0)
                return r;
        DEF_FOREACH(fs, def->filesystems) {
                r = qemu_files_open_fs(o->files, def, fs, o->config, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(tpm, def->tpms) {
                r = qemu_files_open_tpm(o->files, def, tpm, o->config, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(interface, def->interfaces) {
                r = qemu_files_open_interface(o->files, def, interface, o->config, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(video, def->videos) {
                r = qemu_files_open_video(o->files, def, video, o->config, error);
                if (r < 0)
                        return r;
        }
        for (uint32_t i = 0; i < def->graphics.n; i++) {
                r = open_graphics(o, def->graphics.items[i], i, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int qemu_files_open_now(const DomainDef *def, const QemuFilesConfig *config, QemuFiles **ret, Error *error)
{
        _cleanup_(qemu_files_freep) QemuFiles *files = qemu_files_new();
        Opener o = { .def = def, .config = config, .files = files };
        int r;

        r = open_all(&o, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&files);
        return 0;
}

/* What the worker owns. */
typedef struct FilesTask {
        DomainDef *def;
        QemuFilesConfig config;
        char *run_dir;
        char *overlay_dir;
        char *tls_dir;
        char **image_dirs;
        char *root, *tls_vnc, *tls_spice;
        QemuFiles *files;
        QemuFilesDone done;
        void *userdata;
} FilesTask;

static void task_free(void *data)
{
        FilesTask *task = data;

        domain_def_unref(task->def);
        qemu_files_free(task->files);
        qemu_programs_unref(task->config.programs);
        g_clear_pointer(&task->config.fd_groups, g_ptr_array_unref);
        g_clear_pointer(&task->config.tpm_secret, g_bytes_unref);
        g_free(task->run_dir);
        g_free(task->overlay_dir);
        g_free(task->tls_dir);
        g_strfreev(task->image_dirs);
        g_clear_pointer(&task->config.secrets, g_ptr_array_unref);
        g_free(task->root);
        g_free(task->tls_vnc);
        g_free(task->tls_spice);
        g_free(task);
}

static int task_run(void *data, Error *error)
{
        FilesTask *task = data;

        return qemu_files_open_now(task->def, &task->config, &task->files, error);
}

static void task_done(void *userdata, int r, Error *error)
{
        FilesTask *task = userdata;

        if (r < 0)
                error_fill(error, r);
        task->done(task->userdata, g_steal_pointer(&task->files), error);
}

WorkerTask *qemu_files_open(WorkerPool *pool, const DomainDef *def, const QemuFilesConfig *config,
                            QemuFilesDone done, void *userdata)
{
        FilesTask *task = g_new0(FilesTask, 1);

        task->def = domain_def_ref(def);
        task->run_dir = g_strdup(config->run_dir);
        task->image_dirs = g_strdupv((char **) config->image_dirs);
        task->config = *config;
        task->config.programs = config->programs ? qemu_programs_ref(config->programs) : NULL;
        task->config.fd_groups = config->fd_groups ? g_ptr_array_ref(config->fd_groups) : NULL;
        task->config.tpm_secret = config->tpm_secret ? g_bytes_ref(config->tpm_secret) : NULL;
        task->config.run_dir = task->run_dir;
        task->config.overlay_dir = task->overlay_dir = g_strdup(config->overlay_dir);
        task->config.tls_dir = task->tls_dir = g_strdup(config->tls_dir);
        task->config.image_dirs = (const char *const *) task->image_dirs;
        if (config->secrets)
                task->config.secrets = g_ptr_array_ref(config->secrets);
        task->config.root = task->root = g_strdup(config->root);
        task->config.tls.vnc = task->tls_vnc = g_strdup(config->tls.vnc);
        task->config.tls.spice = task->tls_spice = g_strdup(config->tls.spice);
        task->done = done;
        task->userdata = userdata;
        return worker_run(pool, task_run, task, task_free, task_done, task);
}

static void remove_backend(const DomainChardev *chardev)
{
        if (chardev->type == DOMAIN_CHARDEV_UNIX && chardev->mode != DOMAIN_SOCKET_CONNECT && chardev->path)
                qemu_remove_socket(chardev->path);
}

static int remove_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        remove_backend(chardev);
        return 0;
}

void qemu_files_clear_away(const DomainDef *def, bool ran)
{
        (void) qemu_chardevs_foreach(def, remove_chardev, NULL, NULL);
        DEF_FOREACH(rng, def->rngs)
                if (rng->egd)
                        remove_backend(rng->egd);
        DEF_FOREACH(redirdev, def->redirdevs)
                remove_backend(&redirdev->chardev);
        DEF_FOREACH(smartcard, def->smartcards)
                remove_backend(&smartcard->chardev);
        DEF_FOREACH(graphics, def->graphics)
                if (qemu_display_socket(graphics))
                        qemu_remove_socket(qemu_display_socket(graphics));
        DEF_FOREACH(tpm, def->tpms)
                if (tpm->external && tpm->external->mode == DOMAIN_SOCKET_BIND && tpm->external->path)
                        qemu_remove_socket(tpm->external->path);
        DEF_FOREACH(interface, def->interfaces)
                if (interface->rare && interface->rare->socket && streq_ptr(interface->rare->socket_mode, "server"))
                        qemu_remove_socket(interface->rare->socket);
        if (!ran)
                return;
        DEF_FOREACH(interface, def->interfaces)
                if (qemu_interface_is_direct(interface) && interface->target)
                        macvtap_remove(interface->target);
}
