/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"

#include <string.h>

#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_device.h"

/*
 * Devices come, go and change. Nothing here knows the kinds of devices but where libvirt's rules name one:
 * the tables say what there is and what a guest can see of it.
 */

/* Those that a running machine can be given and lose; libvirt's QEMU driver has the same. */
static bool is_pluggable(const DefRow *row)
{
        static const char *const names[] = {
                "disk", "controller", "interface", "hostdev", "redirdev", "serial", "parallel", "console",
                "channel", "rng", "shmem", "memory", "watchdog", "input", "vsock", "filesystem", "lease", NULL,
        };

        return g_strv_contains(names, row->name);
}

static int check_pluggable(const DomainEditing *editing, const void *item, const char *what, Error *error)
{
        const DomainDisk *disk = item;

        if (!editing->live)
                return 0;
        if (!is_pluggable(editing->row))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "live %s of device '%s' is not supported",
                                 what, editing->row->name);
        if (editing->row->type != &domain_disk_type)
                return 0;
        if (disk->bus == DOMAIN_DISK_BUS_IDE || disk->bus == DOMAIN_DISK_BUS_SATA ||
            disk->bus == DOMAIN_DISK_BUS_FDC || disk->bus == DOMAIN_DISK_BUS_SD)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "disk bus '%s' cannot be hotplugged.",
                                 domain_disk_bus_to_string(disk->bus));
        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "disk device type 'floppy' cannot be hotplugged");
        return 0;
}

static int check_new_disk(const DomainEditing *editing, const DomainDisk *new, Error *error)
{
        DEF_FOREACH(disk, editing->def->disks)
                if (streq_ptr(disk->target, new->target))
                        return error_set(error, ERROR_OPERATION_INVALID, "target %s already exists",
                                         new->target);
        return 0;
}

int edit_attach_device(DomainEditing *editing, Error *error)
{
        void *item;
        int r = domain_device_parse(editing->def, editing->edit->text, editing->live, &editing->row, &item,
                                    error);

        if (r < 0)
                return r;
        if (editing->row->type == &domain_disk_type)
                r = check_new_disk(editing, item, error);
        if (r < 0)
                return r;
        editing->index = domain_device_count(editing->def, editing->row);
        return domain_device_add(editing->def, editing->row, item, error);
}

/* Disks are sorted by their targets: it is the one whose target is new. */
static const void *find_attached(const DomainEditing *editing, const DomainDef *result)
{
        if (editing->row->type == &domain_disk_type)
                DEF_FOREACH(disk, result->disks) {
                        bool known = false;

                        DEF_FOREACH(old, editing->old->disks)
                                known = known || streq_ptr(old->target, disk->target);
                        if (!known)
                                return disk;
                }
        return domain_device_get(result, editing->row, editing->index);
}

/* What its description left open is known by now. */
int check_attached(const DomainEditing *editing, const DomainDef *result, Error *error)
{
        return check_pluggable(editing, find_attached(editing, result), "attach", error);
}

static int detach(DomainEditing *editing, Error *error)
{
        void *item = domain_device_get(editing->def, editing->row, editing->index);
        int r = check_pluggable(editing, item, "detach", error);

        if (r < 0)
                return r;
        domain_device_remove(editing->def, editing->row, editing->index);
        return 0;
}

int edit_detach_device(DomainEditing *editing, Error *error)
{
        void *item;
        int r = domain_device_parse(editing->def, editing->edit->text, editing->live, &editing->row, &item,
                                    error);

        if (r >= 0)
                r = domain_device_find(editing->def, editing->row, item, &editing->index, error);
        return r < 0 ? r : detach(editing, error);
}

int edit_detach_alias(DomainEditing *editing, Error *error)
{
        if (!domain_device_find_alias(editing->def, editing->edit->name, &editing->row, &editing->index))
                return error_set(error, ERROR_DEVICE_MISSING, "no device found with alias %s",
                                 editing->edit->name);
        return detach(editing, error);
}

/* What other devices need comes back when the definition is completed. */
int check_detached(const DomainEditing *editing, const DomainDef *result, Error *error)
{
        uint32_t before = domain_device_count(editing->old, editing->row);

        if (domain_device_count(result, editing->row) >= before)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "device cannot be detached: device is busy");
        return 0;
}

static bool listens_somewhere(const DomainGraphics *graphics)
{
        return graphics->listens.n == 1 && graphics->listens.items[0]->type == DOMAIN_LISTEN_ADDRESS;
}

/* A graphics device has nothing that a guest sees, but its port is taken once. */
static int check_graphics(const DomainGraphics *old, const DomainGraphics *new, Error *error)
{
        DomainGraphics same = *new;
        g_autofree char *path = NULL;

        same.passwd = old->passwd;
        same.passwd_valid_to = old->passwd_valid_to;
        same.connected = old->connected;
        /* a new one that does not say where it listens goes on to listen where it does */
        if (listens_somewhere(old) && listens_somewhere(new) && !new->listen) {
                same.listen = old->listen;
                same.listens = old->listens;
        }
        if (def_equal(&domain_graphics_type, "graphics", old, &same, 0, &path))
                return 0;
        return error_set(error, ERROR_OPERATION_UNSUPPORTED, "cannot change %s of a running machine", path);
}

/* How much of the memory is lent is no property of the device. */
static bool has_same_abi(const DomainEditing *editing, const void *old, const void *new, char **path)
{
        const DomainMemoryDevice *was = old;
        DomainMemoryDevice same;

        if (editing->row->type == &domain_memory_type) {
                same = *(const DomainMemoryDevice *) new;
                same.requested = was->requested;
                new = &same;
        }
        return def_equal(editing->row->type, editing->row->name, old, new, DEF_COMPARE_ABI, path);
}

static bool is_removable(const DomainDisk *disk)
{
        return disk->device == DOMAIN_DISK_DEVICE_CDROM || disk->device == DOMAIN_DISK_DEVICE_FLOPPY;
}

static int check_disk(const DomainDisk *old, const DomainDisk *new, Error *error)
{
        if (is_removable(old) || domain_storage_equal(&old->source, &new->source))
                return 0;
        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                         "the source of disk '%s' cannot be changed while the machine runs", old->target);
}

int check_updated(const DomainEditing *editing, const DomainDef *result, Error *error)
{
        const void *old = domain_device_get(editing->old, editing->row, editing->index);
        const void *new = domain_device_get(result, editing->row, editing->index);
        g_autofree char *path = NULL;

        if (!editing->live)
                return 0;
        if (editing->row->type == &domain_graphics_type)
                return check_graphics(old, new, error);
        if (!has_same_abi(editing, old, new, &path))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "cannot modify %s of a running machine",
                                 path);
        return editing->row->type == &domain_disk_type ? check_disk(old, new, error) : 0;
}

int edit_update_device(DomainEditing *editing, Error *error)
{
        void *item;
        int r = domain_device_parse(editing->def, editing->edit->text, editing->live, &editing->row, &item,
                                    error);

        if (r >= 0)
                r = domain_device_find_like(editing->def, editing->row, item, &editing->index, error);
        if (r < 0)
                return r;
        domain_device_replace(editing->def, editing->row, editing->index, item);
        return 0;
}
