/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_device.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_loan.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"

#include <string.h>
#include <sys/mman.h>

/* Certificates and keys are texts. */
#define TLS_FILE_MAX (1024 * 1024)
#define RENDER_NODES "/dev/dri"
#define SEV_DEVICE "/dev/sev"
#define LAUNCH_PLACE "/domain/launchSecurity"

typedef struct Devices {
        QemuFiles *files;
        const DomainDef *def;
        const QemuFilesConfig *config;
        QemuLoans *loans; /* NULL: nothing has been lent */
        int r;            /* of a visit that cannot return it */
        Error *error;
} Devices;

static int open_set(Devices *d, const char *id, const char *path, OpenKind kind, int flags, const char *place,
                    Error *error)
{
        int fd, r = qemu_open(path, kind, flags, place, &fd, NULL, error);

        if (r >= 0)
                qemu_files_add(d->files, QEMU_FILE_SET, id, path, fd);
        return r;
}

static int open_loans(Devices *d, Error *error)
{
        return d->loans ? 0 : qemu_loans_open("", d->config->run_dir, d->config->uid, &d->loans, error);
}

/* QEMU opens it again by its number, so its user must be able to. */
static int lend(Devices *d, const char *id, OpenKind kind, const char *path, int flags, off_t size, const char *place,
                Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = open_loans(d, error);

        if (r >= 0)
                r = qemu_open(path, kind, flags, place, &fd, &st, error);
        if (r >= 0)
                r = qemu_loans_grant(d->loans, fd, path, place, error);
        if (r < 0)
                return r;
        if (st.st_size < size && ftruncate(fd, size) < 0)
                return error_set_errno(error, errno, "%s: cannot give '%s' its size", place, path);
        qemu_files_add(d->files, QEMU_FILE_PATH, id, path, TAKE_FD(fd));
        return 0;
}

/* -- option ROMs --------------------------------------------------------------------------------------------- */

static int open_rom(Devices *d, const DomainDevice *info, const char *place, Error *error)
{
        g_autofree char *id = qemu_rom_id(info);
        _cleanup_close_ int fd = -EBADF;
        int r = qemu_open(info->rom->file, OPEN_FILE, O_RDONLY, place, &fd, NULL, error);

        if (r >= 0)
                r = qemu_open_for_user(&fd, info->rom->file, d->config->uid, d->config->gid, error);
        if (r >= 0)
                qemu_files_add(d->files, QEMU_FILE_PATH, id, info->rom->file, TAKE_FD(fd));
        return r;
}

static void visit_rom(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);
        Devices *d = userdata;
        g_autofree char *place = NULL;

        if (d->r < 0 || !info || !info->rom || !info->rom->file || info->rom->enabled == TRISTATE_NO)
                return;
        place = qemu_place(d->def, item, "rom/@file");
        d->r = open_rom(d, info, place, d->error);
}

/* -- input, sound, memory ------------------------------------------------------------------------------------ */

static int open_inputs(Devices *d, Error *error)
{
        DEF_FOREACH(input, d->def->inputs) {
                bool evdev = input->type == DOMAIN_INPUT_EVDEV;
                g_autofree char *place = qemu_place(d->def, input, evdev ? "source/@dev" : "source/@evdev");
                int r;

                if (!input->source_evdev)
                        continue;
                r = lend(d, input->info.alias, OPEN_CHARACTER, input->source_evdev, O_RDWR, 0, place, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int open_audios(Devices *d, Error *error)
{
        DEF_FOREACH(audio, d->def->audios) {
                g_autofree char *id = qemu_audio_id(audio), *place = qemu_place(d->def, audio, "@path");
                int r;

                if (audio->type != DOMAIN_AUDIO_FILE || !audio->path)
                        continue;
                r = lend(d, id, OPEN_FILE, audio->path, O_RDWR | O_CREAT, 0, place, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int open_memory(Devices *d, Error *error)
{
        DEF_FOREACH(memory, d->def->memories) {
                g_autofree char *id = g_strconcat("mem", memory->info.alias, NULL);
                g_autofree char *place = qemu_place(d->def, memory, "source/path");
                int r;

                if (!memory->path)
                        continue;
                r = lend(d, id, OPEN_FILE, memory->path, memory->readonly ? O_RDONLY : O_RDWR | O_CREAT,
                         memory->readonly ? 0 : (off_t) memory->size * 1024, place, error);
                if (r < 0)
                        return r;
        }
        if (d->def->pstore) {
                const DomainPstore *pstore = d->def->pstore;
                g_autofree char *id = g_strconcat("mem", pstore->info.alias, NULL);
                g_autofree char *place = qemu_place(d->def, pstore, "path");

                return lend(d, id, OPEN_FILE, pstore->path, O_RDWR | O_CREAT, (off_t) pstore->size * 1024, place,
                            error);
        }
        return 0;
}

/* -- displays ------------------------------------------------------------------------------------------------ */

/* The first one of the host. Free with g_free(). */
static char *find_render_node(void)
{
        g_autoptr(GDir) dir = g_dir_open(RENDER_NODES, 0, NULL);
        g_autofree char *best = NULL;
        const char *name;

        while (dir && (name = g_dir_read_name(dir)))
                if (g_str_has_prefix(name, "renderD") && (!best || strcmp(name, best) < 0)) {
                        g_free(best);
                        best = g_strdup(name);
                }
        return best ? g_build_filename(RENDER_NODES, best, NULL) : NULL;
}

static int open_render_nodes(Devices *d, Error *error)
{
        for (uint32_t i = 0; i < d->def->graphics.n; i++) {
                const DomainGraphics *graphics = d->def->graphics.items[i];
                g_autofree char *id = qemu_render_id(i), *place = qemu_place(d->def, graphics, "gl");
                g_autofree char *node = graphics->rendernode ? g_strdup(graphics->rendernode) : find_render_node();
                int r;

                if (!qemu_graphics_renders(graphics) || graphics->type == DOMAIN_GRAPHICS_SDL)
                        continue;
                if (!node)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "%s: the host has no GPU that could draw for it (" RENDER_NODES "/renderD*)",
                                         place);
                r = open_set(d, id, node, OPEN_CHARACTER, O_RDWR, place, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* -- certificates -------------------------------------------------------------------------------------------- */

static bool has_display(const DomainDef *def, DomainGraphicsType type)
{
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == type)
                        return true;
        return false;
}

static int copy_file(const Devices *d, const char *from_dir, int to_fd, const char *name, Error *error)
{
        g_autofree char *path = g_build_filename(from_dir, name, NULL), *data = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size = 0;
        int r = read_file_at(AT_FDCWD, path, TLS_FILE_MAX, &data, &size);

        if (r == -ENOENT)
                return 0; /* QEMU says which one it misses */
        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s'", path);
        fd = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
        r = fd < 0 ? -errno : write_all(fd, data, size);
        if (r >= 0 && d->config->uid != 0 && fchown(fd, d->config->uid, d->config->gid) < 0)
                r = -errno;
        explicit_bzero(data, size);
        return r < 0 ? error_set_errno(error, r, "cannot copy '%s'", path) : 0;
}

/* QEMU's user has copies of its own, as the host's keys are nobody else's. */
static int copy_certificates(Devices *d, const char *id, const char *from, Error *error)
{
        static const char *const names[] = {
                "ca-cert.pem", "ca-crl.pem", "server-cert.pem", "server-key.pem", "client-cert.pem", "client-key.pem",
                "dh-params.pem",
        };
        g_autofree char *path = g_build_filename(d->config->run_dir, id, NULL);
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (mkdir(path, 0700) < 0)
                return error_set_errno(error, errno, "cannot make the directory '%s'", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || (d->config->uid != 0 && fchown(fd, d->config->uid, d->config->gid) < 0))
                return error_set_errno(error, errno, "cannot open the directory '%s'", path);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                r = copy_file(d, from, fd, names[i], error);
                if (r < 0)
                        return r;
        }
        qemu_files_add(d->files, QEMU_FILE_PATH, id, path, TAKE_FD(fd));
        return 0;
}

static int open_certificates(Devices *d, Error *error)
{
        const struct {
                bool wanted;
                const char *id, *from;
        } all[] = {
                { has_display(d->def, DOMAIN_GRAPHICS_VNC), QEMU_FILE_TLS_VNC, d->config->tls.vnc },
                { has_display(d->def, DOMAIN_GRAPHICS_SPICE), QEMU_FILE_TLS_SPICE, d->config->tls.spice },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                int r = all[i].wanted && all[i].from ? copy_certificates(d, all[i].id, all[i].from, error) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

/* What the firmware of the host is to be told is small, and no secret. */
static int keep_text(Devices *d, const char *id, const char *text, Error *error)
{
        _cleanup_close_ int fd = -EBADF;

        if (!text)
                return 0;
        fd = memfd_create(id, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0 || write_all(fd, text, strlen(text)) < 0 ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return error_set_errno(error, errno, "cannot create a file in memory");
        qemu_files_add(d->files, QEMU_FILE_PATH, id, id, TAKE_FD(fd));
        return 0;
}

/* The firmware of the host that seals memory; several machines may have it. */
static int lend_sealer(Devices *d, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r = open_loans(d, error);

        if (r >= 0)
                r = qemu_open(SEV_DEVICE, OPEN_CHARACTER, O_RDWR, LAUNCH_PLACE, &fd, NULL, error);
        return r < 0 ? r : qemu_loans_grant(d->loans, fd, SEV_DEVICE, LAUNCH_PLACE, error);
}

static int open_launch(Devices *d, Error *error)
{
        const DomainLaunchSecurity *launch = d->def->launch_security;
        int r;

        if (!launch || (launch->type != DOMAIN_LAUNCH_SEV && launch->type != DOMAIN_LAUNCH_SEV_SNP))
                return 0;
        r = lend_sealer(d, error);
        if (r >= 0)
                r = keep_text(d, QEMU_FILE_SEV_CERT, launch->dh_cert, error);
        return r < 0 ? r : keep_text(d, QEMU_FILE_SEV_SESSION, launch->session, error);
}

int qemu_files_open_devices(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error)
{
        Devices d = { .files = files, .def = def, .config = config, .error = error };
        int r;

        domain_device_foreach(def, visit_rom, &d);
        r = d.r;
        if (r >= 0)
                r = open_inputs(&d, error);
        if (r >= 0)
                r = open_audios(&d, error);
        if (r >= 0)
                r = open_memory(&d, error);
        if (r >= 0)
                r = open_render_nodes(&d, error);
        if (r >= 0)
                r = open_certificates(&d, error);
        if (r >= 0)
                r = open_launch(&d, error);
        qemu_loans_free(d.loans);
        return r < 0 ? r : qemu_files_open_hostdevs(files, def, config, error);
}
