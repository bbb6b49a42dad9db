/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/pci.h"

#include <string.h>

/* Until a driver has let go of a device, or taken it. */
#define DRIVER_USEC (5 * USEC_PER_SEC)
#define DRIVER_STEP_USEC (20 * USEC_PER_MSEC)

char *pci_device_name(uint32_t domain, uint32_t bus, uint32_t slot, uint32_t function)
{
        return g_strdup_printf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

char *pci_device_driver(const char *root, const char *name)
{
        g_autofree char *path = g_strconcat(root, PCI_DEVICES, name, "/driver", NULL);
        g_autofree char *target = g_file_read_link(path, NULL);

        return target ? g_path_get_basename(target) : NULL;
}

bool pci_device_is_vfio(const char *root, const char *name)
{
        g_autofree char *driver = pci_device_driver(root, name);

        return driver && strstr(driver, "vfio");
}

static int write_attribute(const char *root, const char *name, const char *value, Error *error)
{
        g_autofree char *path = g_strconcat(root, name, NULL);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

        if (fd < 0 || write_all(fd, value, strlen(value)) < 0)
                return error_set_errno(error, errno, "cannot write '%s' to '%s'", value, path);
        return 0;
}

/* The kernel is asked to find the driver anew: the one that is named, or that of the device. */
static int change_driver(const char *root, const char *name, const char *driver, Error *error)
{
        g_autofree char *override = g_strconcat(PCI_DEVICES, name, "/driver_override", NULL);
        g_autofree char *unbind = g_strconcat(PCI_DEVICES, name, "/driver/unbind", NULL);
        g_autofree char *now = pci_device_driver(root, name);
        int r = write_attribute(root, override, driver ?: "\n", error);

        if (r >= 0 && now)
                r = write_attribute(root, unbind, name, error);
        return r < 0 ? r : write_attribute(root, "/sys/bus/pci/drivers_probe", name, error);
}

static bool wait_for_driver(const char *root, const char *name, const char *driver)
{
        for (uint64_t waited = 0; waited < DRIVER_USEC; waited += DRIVER_STEP_USEC) {
                g_autofree char *now = pci_device_driver(root, name);

                if (streq_ptr(now, driver))
                        return true;
                g_usleep(DRIVER_STEP_USEC);
        }
        return false;
}

int pci_device_take(const char *root, const char *name, const char *place, Error *error)
{
        g_autofree char *vfio = g_strconcat(root, "/sys/bus/pci/drivers/" PCI_DRIVER_VFIO, NULL);
        _cleanup_error_ Error why = ERROR_INIT;

        if (access(vfio, F_OK) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host's kernel has not loaded the driver '" PCI_DRIVER_VFIO "'", place);
        if (change_driver(root, name, PCI_DRIVER_VFIO, &why) >= 0 && wait_for_driver(root, name, PCI_DRIVER_VFIO))
                return 0;
        if (!error_is_set(&why))
                (void) error_set(&why, ERROR_OPERATION_FAILED, "the kernel does not give it to '" PCI_DRIVER_VFIO "'");
        (void) pci_device_return(root, name, NULL);
        return error_set(error, ERROR_OPERATION_FAILED, "%s: cannot take the device '%s': %s", place, name, why.detail);
}

int pci_device_return(const char *root, const char *name, Error *error)
{
        return change_driver(root, name, NULL, error);
}

int pci_device_reset(const char *root, const char *name, Error *error)
{
        g_autofree char *driver = pci_device_driver(root, name);
        g_autofree char *attribute = g_strconcat(PCI_DEVICES, name, "/reset", NULL);
        g_autofree char *path = g_strconcat(root, attribute, NULL);

        if (driver && !strstr(driver, "vfio"))
                return error_set(error, ERROR_OPERATION_INVALID, "the host's driver '%s' uses the device '%s'", driver,
                                 name);
        if (access(path, F_OK) < 0)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "the device '%s' cannot be reset", name);
        return write_attribute(root, attribute, "1", error);
}
