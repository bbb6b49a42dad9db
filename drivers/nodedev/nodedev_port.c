/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_port.h"

#include "drivers/nodedev/nodedev_operation.h"
#include "drivers/host/sysfs.h"

#include <string.h>

#define FC_HOSTS "/sys/class/fc_host"
/* Until the fabric has let the new port in. */
#define PORT_USEC (30 * USEC_PER_SEC)
#define PORT_STEP_USEC (50 * USEC_PER_MSEC)

static const NodeDevPart *port_of(const NodeDevDef *def, NodeDevPartType type)
{
        const NodeDevCap *cap = def ? nodedev_def_cap(def, NODEDEV_CAP_SCSI_HOST) : NULL;

        return cap ? nodedev_cap_part(cap, type) : NULL;
}

static bool has_fabric(const NodeDevice *device, const char *fabric)
{
        const NodeDevPart *port = port_of(device->live, NODEDEV_PART_FC_HOST);

        return port && g_ascii_strcasecmp(strempty(port->fabric_wwn), fabric) == 0;
}

/* One that can have ports, of the fabric if that is given. */
static NodeDevice *find_capable(const ObjectList *list, const char *fabric)
{
        for (size_t i = 0; i < object_list_size(list); i++) {
                NodeDevice *device = object_list_get(list, i);

                if (port_of(device->live, NODEDEV_PART_VPORT_OPS) && (!fabric || has_fabric(device, fabric)))
                        return device;
        }
        return NULL;
}

static int find_parent(Driver *driver, const NodeDevDef *def, NodeDevice **ret, Error *error)
{
        const ObjectList *list = nodedev_list(driver);
        NodeDevice *parent;

        if (def->parent_wwnn && def->parent_wwpn)
                parent = node_device_find_wwn(list, def->parent_wwnn, def->parent_wwpn);
        else if (def->parent)
                parent = object_list_find(list, def->parent);
        else
                parent = find_capable(list, def->parent_fabric_wwn);
        if (!parent)
                return error_set(error, ERROR_NO_NODE_DEVICE, "no node device with matching name '%s'",
                                 def->parent ?: strempty(def->parent_wwnn ?: def->parent_fabric_wwn));
        if (!port_of(parent->live, NODEDEV_PART_VPORT_OPS))
                return error_set(error, ERROR_INTERNAL, "Parent device %s is not capable of vport operations",
                                 parent->name);
        *ret = parent;
        return 0;
}

static int tell_host(const char *path, const char *attribute, const char *names, Error *error)
{
        g_autofree char *host = g_path_get_basename(path);
        g_autofree char *name = g_strdup_printf("fc_host/%s/%s", host, attribute);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        return sysfs_write(fd, name, names, path, error);
}

static bool has_name(int fd, const char *host, const char *attribute, const char *wanted)
{
        g_autofree char *name = g_strdup_printf("%s/%s", host, attribute), *text = sysfs_text(fd, name);

        return text && g_ascii_strcasecmp(g_str_has_prefix(text, "0x") ? text + 2 : text, wanted) == 0;
}

/* "host7", of the two names; NULL: there is none. */
static char *find_host(const char *wwpn, const char *wwnn)
{
        _cleanup_close_ int fd = open(FC_HOSTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g_auto(GStrv) hosts = fd < 0 ? NULL : sysfs_list(fd, ".", "host");

        for (char **host = hosts; host && *host; host++)
                if (has_name(fd, *host, "port_name", wwpn) && has_name(fd, *host, "node_name", wwnn))
                        return g_strdup(*host);
        return NULL;
}

static int create_work(NodedevWork *work, Error *error)
{
        g_auto(GStrv) names = g_strsplit(work->name, ":", 2);
        int r = tell_host(work->path, "vport_create", work->name, error);

        for (uint64_t waited = 0; r >= 0 && waited < PORT_USEC; waited += PORT_STEP_USEC) {
                g_autofree char *host = find_host(names[0], names[1]);

                if (host) {
                        work->look = g_strdup_printf(FC_HOSTS "/%s/device", host);
                        return 0;
                }
                g_usleep(PORT_STEP_USEC);
        }
        return r < 0 ? r : error_set(error, ERROR_OPERATION_FAILED, "the new port '%s' does not appear", work->name);
}

int nodedev_port_create(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        const NodeDevPart *wanted = port_of(def, NODEDEV_PART_FC_HOST);
        NodeDevice *parent = NULL;
        g_autofree char *names = NULL;
        int r;

        if (!wanted)
                return error_set(error, ERROR_INTERNAL, "Device is not a fibre channel HBA");
        r = find_parent(driver, def, &parent, error);
        if (r < 0)
                return r;
        if (node_device_find_wwn(nodedev_list(driver), wanted->wwnn, wanted->wwpn))
                return error_set(error, ERROR_OPERATION_FAILED, "there is a host adapter with wwnn '%s' and wwpn '%s'",
                                 wanted->wwnn, wanted->wwpn);
        names = g_strdup_printf("%s:%s", wanted->wwpn, wanted->wwnn);
        return nodedev_operation_run(nodedev_part_of(driver), NULL, NULL,
                                     nodedev_work_new(create_work, parent->live->path, names), nodedev_operation_yield,
                                     job, error);
}

static int delete_work(NodedevWork *work, Error *error)
{
        int r = tell_host(work->path, "vport_delete", work->name, error);

        if (r >= 0)
                (void) nodedev_work_wait(work->look, false);
        return r;
}

int nodedev_port_destroy(NodeDevice *device, Job *job, Error *error)
{
        Driver *driver = device->object.driver;
        const NodeDevPart *port = port_of(device->live, NODEDEV_PART_FC_HOST);
        const NodeDevice *parent = object_list_find(nodedev_list(driver), strempty(device->live->parent));
        g_autofree char *names = NULL;
        NodedevWork *work;

        if (!port || !parent || !port_of(parent->live, NODEDEV_PART_VPORT_OPS))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
        names = g_strdup_printf("%s:%s", port->wwpn, port->wwnn);
        work = nodedev_work_new(delete_work, parent->live->path, names);
        work->look = g_strdup(device->live->path);
        return nodedev_operation_run(nodedev_part_of(driver), device, NULL, work, NULL, job, error);
}
