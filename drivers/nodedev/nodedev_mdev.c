/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_mdev.h"

#include "drivers/nodedev/nodedev_mdev_file.h"
#include "drivers/host/sysfs.h"
#include "drivers/nodedev/nodedev_use.h"
#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "nodedev"

/* -- what is wanted ------------------------------------------------------------------------------------------ */

/* The parent as it is called in /sys: "0000:00:02.0". Free with g_free(). */
static char *address_of(const NodeDevice *parent)
{
        return g_path_get_basename(parent->live->path);
}

static bool has_type(const NodeDevDef *def, const char *id)
{
        DEF_FOREACH(cap, def->caps) {
                const NodeDevPart *part = nodedev_cap_part(cap, NODEDEV_PART_MDEV_TYPES);

                if (part)
                        DEF_FOREACH(type, part->mdev_types)
                                if (streq(type->id, id))
                                        return true;
        }
        return false;
}

static int find_parent(Driver *driver, const NodeDevDef *def, NodeDevice **ret, Error *error)
{
        NodeDevice *parent = def->parent ? object_list_find(nodedev_list(driver), def->parent) : NULL;
        const char *type = nodedev_def_cap(def, NODEDEV_CAP_MDEV)->mdev_type;

        if (!def->parent)
                return error_set(error, ERROR_XML_ERROR, "cannot create a mediated device without a parent");
        if (!parent || !parent->live || !parent->live->path)
                return error_set(error, ERROR_NO_NODE_DEVICE, "no node device with matching name '%s'", def->parent);
        if (!has_type(parent->live, type))
                return error_set(error, ERROR_OPERATION_FAILED, "device '%s' has no type '%s' of mediated devices",
                                 parent->name, type);
        *ret = parent;
        return 0;
}

/* They become names of files below the device. */
static int check_attributes(const NodeDevCap *cap, Error *error)
{
        DEF_FOREACH(attribute, cap->attributes) {
                g_auto(GStrv) words = g_strsplit(attribute->name, "/", -1);

                for (char **word = words; *word; word++)
                        if (!**word || streq(*word, ".") || streq(*word, ".."))
                                return error_set(error, ERROR_XML_ERROR, "'%s' is no name of an attribute",
                                                 attribute->name);
        }
        return 0;
}

/* What the host makes of a definition: a UUID, the address of the parent, the name. */
static int complete(const NodeDevice *parent, const NodeDevDef *def, NodeDevDef **ret, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = nodedev_def_copy(def);
        g_autofree char *address = address_of(parent), *name = NULL;
        NodeDevCap *cap = made->caps.items[0];
        int r = check_attributes(cap, error);

        if (r < 0)
                return r;
        cap->uuid = cap->uuid ?: definition_new_uuid(made->arena);
        cap->parent_address = arena_strdup(made->arena, address);
        name = nodedev_mdev_name(cap->uuid, address);
        made->name = arena_strdup(made->arena, name);
        made->parent = arena_strdup(made->arena, parent->name);
        r = nodedev_def_seal(made, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&made);
        return r;
}

/* -- the kernel's -------------------------------------------------------------------------------------------- */

static int remove_device(int fd, const char *path, Error *error)
{
        return sysfs_write(fd, "remove", "1", path, error);
}

/* In the order of the definition, as the driver of the device may want it. */
static int write_attributes(const NodeDevDef *def, const char *path, Error *error)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const NodeDevCap *cap = nodedev_def_cap(def, NODEDEV_CAP_MDEV);
        int r = 0;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        DEF_FOREACH(attribute, cap->attributes)
                if (r >= 0)
                        r = sysfs_write(fd, attribute->name, attribute->value, path, error);
        if (r < 0)
                (void) remove_device(fd, path, NULL);
        return r;
}

static int create_work(NodedevWork *work, Error *error)
{
        const NodeDevCap *cap = nodedev_def_cap(work->def, NODEDEV_CAP_MDEV);
        g_autofree char *create = g_strdup_printf("mdev_supported_types/%s/create", cap->mdev_type);
        _cleanup_close_ int fd = open(work->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", work->path);
        r = sysfs_write(fd, create, cap->uuid, work->path, error);
        if (r < 0)
                return r;
        work->look = g_build_filename(work->path, cap->uuid, NULL);
        if (!nodedev_work_wait(work->look, true))
                return error_set(error, ERROR_OPERATION_FAILED, "the new device '%s' does not appear", cap->uuid);
        return write_attributes(work->def, work->look, error);
}

static NodedevWork *work_new(int (*func)(NodedevWork *work, Error *error), const char *path, const NodeDevDef *def)
{
        NodedevWork *work = nodedev_work_new(func, path, nodedev_def_cap(def, NODEDEV_CAP_MDEV)->uuid);

        work->def = nodedev_def_ref(def);
        return work;
}

int nodedev_mdev_create(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        NodeDevice *parent = NULL;
        int r = find_parent(driver, def, &parent, error);

        if (r >= 0)
                r = complete(parent, def, &made, error);
        if (r < 0)
                return r;
        if (object_list_find_any(nodedev_list(driver), made->name))
                return error_set(error, ERROR_OPERATION_FAILED, "node device '%s' already exists", made->name);
        return nodedev_operation_run(nodedev_part_of(driver), NULL, made,
                                     work_new(create_work, parent->live->path, made), nodedev_operation_yield, job,
                                     error);
}

int nodedev_mdev_start(NodeDevice *device, Job *job, Error *error)
{
        Driver *driver = device->object.driver;
        NodeDevice *parent = NULL;
        int r = find_parent(driver, device->config, &parent, error);

        if (r < 0)
                return r;
        return nodedev_operation_run(nodedev_part_of(driver), device, device->config,
                                     work_new(create_work, parent->live->path, device->config), NULL, job, error);
}

static int destroy_work(NodedevWork *work, Error *error)
{
        _cleanup_close_ int fd = open(work->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", work->path);
        r = remove_device(fd, work->path, error);
        if (r >= 0)
                (void) nodedev_work_wait(work->path, false);
        return r;
}

int nodedev_mdev_destroy(NodeDevice *device, Job *job, Error *error)
{
        NodedevWork *work;
        int r = nodedev_use_refuse(device, error);

        if (r < 0)
                return r;
        work = work_new(destroy_work, device->live->path, device->live);
        work->look = g_strdup(device->live->path);
        return nodedev_operation_run(nodedev_part_of(device->object.driver), device, NULL, work, NULL, job, error);
}

/* -- definitions --------------------------------------------------------------------------------------------- */

static int write_work(NodedevWork *work, Error *error)
{
        const NodeDevCap *cap = nodedev_def_cap(work->def, NODEDEV_CAP_MDEV);

        return nodedev_mdev_file_write(NODEDEV_MDEV_DIR, cap->parent_address, cap->uuid, work->text, error);
}

static int remove_work(NodedevWork *work, Error *error)
{
        const NodeDevCap *cap = nodedev_def_cap(work->def, NODEDEV_CAP_MDEV);

        return nodedev_mdev_file_remove(NODEDEV_MDEV_DIR, cap->parent_address, cap->uuid, error);
}

static NodedevWork *write_work_new(const NodeDevDef *def, bool autostart)
{
        NodedevWork *work = work_new(write_work, NULL, def);

        work->text = nodedev_mdev_file_format(def, autostart);
        return work;
}

static NodeDevice *put_config(Driver *driver, const NodeDevDef *def, bool autostart)
{
        NodeDevice *device = object_list_find_any(nodedev_list(driver), def->name);

        if (!device)
                device = node_device_list_add(nodedev_list(driver), def->name);
        node_device_set_config(device, def);
        node_device_set_autostart(device, autostart);
        if (!device->object.published)
                object_publish(&device->object);
        return device;
}

static int defined(NodedevOperation *operation, NodeDevice *found, Error *error)
{
        NodeDevice *before = object_list_find_any(nodedev_list(operation->part->driver), operation->def->name);
        NodeDevice *device = put_config(operation->part->driver, operation->def, before && before->autostart);

        node_device_emit_event(device, NODE_DEVICE_EVENT_DEFINED);
        return nodedev_operation_yield(operation, device, error);
}

int nodedev_mdev_define(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        NodeDevice *parent = NULL;
        const NodeDevice *before;
        int r = find_parent(driver, def, &parent, error);

        if (r >= 0)
                r = complete(parent, def, &made, error);
        if (r < 0)
                return r;
        before = object_list_find_any(nodedev_list(driver), made->name);
        return nodedev_operation_run(nodedev_part_of(driver), NULL, made,
                                     write_work_new(made, before && before->autostart), defined, job, error);
}

static int undefined(NodedevOperation *operation, NodeDevice *found, Error *error)
{
        node_device_forget(operation->device);
        return 0;
}

int nodedev_mdev_undefine(NodeDevice *device, Job *job, Error *error)
{
        return nodedev_operation_run(nodedev_part_of(device->object.driver), device, NULL,
                                     work_new(remove_work, NULL, device->config), undefined, job, error);
}

static int updated(NodedevOperation *operation, NodeDevice *found, Error *error)
{
        node_device_set_config(operation->device, operation->def);
        return 0;
}

int nodedev_mdev_update(NodeDevice *device, NodeDevDef *def, NodeDeviceUpdateFlags flags, Job *job, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *changed = NULL;
        int r;

        if (flags & NODE_DEVICE_UPDATE_LIVE)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "attributes of a mediated device that is there cannot be changed: what it was given "
                                 "cannot be taken back");
        r = node_device_def_update(device->config, def, &changed, error);
        if (r >= 0)
                r = check_attributes(nodedev_def_cap(changed, NODEDEV_CAP_MDEV), error);
        if (r < 0)
                return r;
        return nodedev_operation_run(nodedev_part_of(device->object.driver), device, changed,
                                     write_work_new(changed, device->autostart), updated, job, error);
}

static int autostart_on(NodedevOperation *operation, NodeDevice *found, Error *error)
{
        node_device_set_autostart(operation->device, true);
        return 0;
}

static int autostart_off(NodedevOperation *operation, NodeDevice *found, Error *error)
{
        node_device_set_autostart(operation->device, false);
        return 0;
}

int nodedev_mdev_set_autostart(NodeDevice *device, bool autostart, Job *job, Error *error)
{
        return nodedev_operation_run(nodedev_part_of(device->object.driver), device, NULL,
                                     write_work_new(device->config, autostart),
                                     autostart ? autostart_on : autostart_off, job, error);
}

/* -- what there was ------------------------------------------------------------------------------------------ */

/* The device that is called so in /sys; one that is not there (yet) is named as if it were a PCI device. */
static const char *parent_name(const ObjectList *list, const char *address, Arena *arena)
{
        g_autofree char *name = NULL;

        for (size_t i = 0; i < object_list_size(list); i++) {
                const NodeDevice *device = object_list_get(list, i);
                const char *slash = device->live && device->live->path ? strrchr(device->live->path, '/') : NULL;

                if (slash && streq(slash + 1, address))
                        return arena_strdup(arena, device->name);
        }
        name = g_strconcat("pci_", address, NULL);
        return arena_strdup(arena, g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_'));
}

void nodedev_mdev_take_files(Driver *driver, const GPtrArray *files)
{
        for (guint i = 0; i < files->len; i++) {
                const NodedevMdevFile *file = files->pdata[i];
                _cleanup_error_ Error error = ERROR_INIT;

                file->def->parent = parent_name(nodedev_list(driver), file->def->caps.items[0]->parent_address,
                                                file->def->arena);
                if (nodedev_def_seal(file->def, NULL, &error) >= 0)
                        put_config(driver, file->def, file->autostart);
                else
                        log_warning("the definition of '%s' is left out: %s", file->def->name, error.detail);
        }
}
