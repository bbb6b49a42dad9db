/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

static bool is_shared(const DomainDef *def, const char *access)
{
        const char *all = def->memory_backing ? def->memory_backing->access : NULL;

        return streq_ptr(access ?: all, "shared");
}

/* A server of its own sees the guest's memory. */
bool build_memory_is_shared(const DomainDef *def)
{
        if (!def->cpu || def->cpu->cells.n == 0)
                return is_shared(def, NULL);
        DEF_FOREACH(cell, def->cpu->cells)
                if (!is_shared(def, cell->access))
                        return false;
        return true;
}

static int check_virtiofs(Build *b, const DomainFs *fs, Error *error)
{
        if (!build_memory_is_shared(b->def))
                return qemu_refuse(
                                b->def, fs, "driver/@type", error,
                                "virtiofs needs memory that is shared: <memoryBacking> with <access mode='shared'/>");
        if (fs->queue_size & (fs->queue_size - 1))
                return qemu_refuse(b->def, fs, "driver/@queue", error, "%" PRIu32 " is no power of two",
                                   fs->queue_size);
        if (fs->readonly)
                return qemu_refuse(b->def, fs, "readonly", error, "virtiofs has no read-only directories");
        if (fs->source && strchr(fs->source, ','))
                return qemu_refuse(b->def, fs, "source/@dir", error, "virtiofsd takes no path with a comma");
        if (fs->virtiofs && streq_ptr(fs->virtiofs->cache, "metadata"))
                return qemu_refuse(b->def, fs, "binary/cache/@mode", error, "virtiofsd has 'none' and 'always'");
        return 0;
}

static int check_9p(Build *b, const DomainFs *fs, Error *error)
{
        if (fs->format)
                return qemu_refuse(b->def, fs, "driver/@format", error, "a directory has no format");
        if (fs->queue_size > 0)
                return qemu_refuse(b->def, fs, "driver/@queue", error, "only virtiofs has it");
        if (fs->idmap)
                return qemu_refuse(b->def, fs, "idmap", error, "only virtiofs has it");
        return 0;
}

static int check_mtp(Build *b, const DomainFs *fs, Error *error)
{
        const struct {
                bool given;
                const char *where;
        } all[] = {
                { fs->access_mode && !streq(fs->access_mode, "passthrough"), "@accessmode" },
                { fs->model, "@model" },
                { fs->multidevs, "@multidevs" },
                { fs->fmode > 0, "@fmode" },
                { fs->dmode > 0, "@dmode" },
                { fs->wrpolicy, "driver/@wrpolicy" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given)
                        return qemu_refuse(b->def, fs, all[i].where, error, "'mtp' does not have it");
        return check_9p(b, fs, error);
}

static int check_fs(Build *b, const DomainFs *fs, Error *error)
{
        DomainFsDriver driver = fs->driver ?: DOMAIN_FS_DRIVER_PATH;

        if ((fs->type ?: DOMAIN_FS_MOUNT) != DOMAIN_FS_MOUNT)
                return qemu_refuse(b->def, fs, "@type", error, "only containers have filesystems of type '%s'",
                                   domain_fs_to_string(fs->type));
        if (fs->space_hard_limit > 0 || fs->space_soft_limit > 0)
                return qemu_refuse(b->def, fs, "space_hard_limit", error, "only containers have limits of space");
        switch (driver) {
        case DOMAIN_FS_DRIVER_PATH:
        case DOMAIN_FS_DRIVER_HANDLE:
                return check_9p(b, fs, error);
        case DOMAIN_FS_DRIVER_VIRTIOFS:
                return check_virtiofs(b, fs, error);
        case DOMAIN_FS_DRIVER_MTP:
                return check_mtp(b, fs, error);
        case DOMAIN_FS_DRIVER_LOOP:
        case DOMAIN_FS_DRIVER_NBD:
        case DOMAIN_FS_DRIVER_PLOOP:
        case _DOMAIN_FS_DRIVER_MAX:
                break;
        }
        return qemu_refuse(b->def, fs, "driver/@type", error, "only containers have '%s'",
                           strempty(domain_fs_driver_to_string(fs->driver)));
}

static int build_virtiofs(Build *b, const DomainFs *fs, Error *error)
{
        g_autofree char *id = g_strconcat(fs->info.alias, "-socket", NULL), *fd = build_file(b, id);
        g_autofree char *chardev = g_strconcat("chr-vu-", fs->info.alias, NULL), *driver = NULL;
        JsonObject *props;
        int r = build_virtio_driver(b, fs, "vhost-user-fs", fs->model, &driver, error);

        if (r < 0)
                return r;
        build_argf(b, "-chardev", "socket,id=%s,fd=%s", chardev, fd);
        props = qmp_object("s:driver", driver, "s:chardev", chardev, "s:tag", fs->target, NULL);
        if (fs->queue_size > 0)
                json_object_set_int_member(props, "queue-size", fs->queue_size);
        build_virtio_options(props, &fs->virtio);
        return build_device(b, fs, &fs->info, props, error);
}

/* How files of the guest's users look on the host: as what they are, with a note of it, or as QEMU's own. */
static const char *security_model(const DomainFs *fs)
{
        if (streq_ptr(fs->access_mode, "mapped"))
                return "mapped";
        return streq_ptr(fs->access_mode, "squash") ? "none" : "passthrough";
}

static char *local_options(Build *b, const DomainFs *fs)
{
        g_autofree char *id = g_strconcat(fs->info.alias, "-dir", NULL), *path = build_file(b, id);
        g_autofree char *escaped = build_escape(path);
        g_autoptr(GString) s = g_string_new("local");

        g_string_append_printf(s, ",security_model=%s", security_model(fs));
        if (fs->multidevs)
                g_string_append_printf(s, ",multidevs=%s", fs->multidevs);
        if (fs->fmode > 0)
                g_string_append_printf(s, ",fmode=%04o", fs->fmode);
        if (fs->dmode > 0)
                g_string_append_printf(s, ",dmode=%04o", fs->dmode);
        if (fs->wrpolicy)
                g_string_append_printf(s, ",writeout=%s", fs->wrpolicy);
        g_string_append_printf(s, ",id=fsdev-%s,path=%s%s", fs->info.alias, escaped,
                               fs->readonly ? ",readonly=on" : "");
        return g_string_free(g_steal_pointer(&s), false);
}

static int build_9p(Build *b, const DomainFs *fs, Error *error)
{
        g_autofree char *fsdev = g_strconcat("fsdev-", fs->info.alias, NULL), *driver = NULL;
        JsonObject *props;
        int r = build_virtio_driver(b, fs, "virtio-9p", fs->model, &driver, error);

        if (r < 0)
                return r;
        build_arg(b, "-fsdev", local_options(b, fs));
        props = qmp_object("s:driver", driver, "s:fsdev", fsdev, "s:mount_tag", fs->target, NULL);
        build_virtio_options(props, &fs->virtio);
        return build_device(b, fs, &fs->info, props, error);
}

/* The last component must not be a link for QEMU, as that of a descriptor is. */
static int build_mtp(Build *b, const DomainFs *fs, Error *error)
{
        g_autofree char *id = g_strconcat(fs->info.alias, "-dir", NULL), *path = build_file(b, id);
        g_autofree char *directory = g_strconcat(path, "/.", NULL);

        return build_device(b, fs, &fs->info,
                            qmp_object("s:driver", "usb-mtp", "s:rootdir", directory, "s:desc", fs->target,
                                       "b:readonly", fs->readonly, NULL),
                            error);
}

static int build_fs(Build *b, const DomainFs *fs, Error *error)
{
        if (fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS)
                return build_virtiofs(b, fs, error);
        return fs->driver == DOMAIN_FS_DRIVER_MTP ? build_mtp(b, fs, error) : build_9p(b, fs, error);
}

int build_filesystems(Build *b, Error *error)
{
        DEF_FOREACH(fs, b->def->filesystems) {
                int r = check_fs(b, fs, error);

                if (r >= 0)
                        r = build_fs(b, fs, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
