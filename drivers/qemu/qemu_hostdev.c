/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_hostdev.h"

#include "drivers/host/pci.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* An attribute of a device is a line. */
#define ATTRIBUTE_MAX 4096
char *hostdev_pci_name(const DomainHostAddress *address)
{
        return pci_device_name(address->domain, address->bus, address->slot, address->function);
}

char *hostdev_interface_name(const DomainInterface *interface)
{
        const DomainHostPci *pci = interface->rare->host_pci;

        return pci_device_name(pci->domain, pci->bus, pci->slot, pci->function);
}

char *hostdev_nvme_name(const HostPciAddress *address)
{
        return pci_device_name(address->domain, address->bus, address->slot, address->function);
}

char *hostdev_mdev_path(const DomainHostAddress *address)
{
        return g_strconcat("/sys/bus/mdev/devices/", address->uuid, NULL);
}

static int read_attribute(const char *directory, const char *name, char **ret)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        int r = read_file_at(AT_FDCWD, path, ATTRIBUTE_MAX, ret, NULL);

        if (r >= 0)
                g_strstrip(*ret);
        return r;
}

static bool has_number(const char *directory, const char *name, unsigned base, uint32_t wanted)
{
        g_autofree char *text = NULL;
        guint64 value;

        return read_attribute(directory, name, &text) >= 0 &&
               g_ascii_string_to_unsigned(text, base, 0, UINT32_MAX, &value, NULL) && value == wanted;
}

static bool read_number(const char *directory, const char *name, uint32_t *ret)
{
        g_autofree char *text = NULL;

        return read_attribute(directory, name, &text) >= 0 && parse_u32(text, ret) >= 0;
}

/* The last word of where a link leads to; NULL: there is none. Free with g_free(). */
static char *link_name(const char *directory, const char *name)
{
        g_autofree char *path = g_build_filename(directory, name, NULL), *target = g_file_read_link(path, NULL);

        return target ? g_path_get_basename(target) : NULL;
}

/* -- PCI ----------------------------------------------------------------------------------------------------- */

/* Bridges stay with the host; everything else of a group must not be in use there. */
static bool is_harmless(const char *directory)
{
        g_autofree char *driver = link_name(directory, "driver");

        return !driver || strstr(driver, "vfio") || streq(driver, "pcieport") || streq(driver, "pci-stub");
}

static int check_group(const char *directory, const char *place, Error *error)
{
        g_autofree char *path = g_build_filename(directory, "iommu_group", "devices", NULL), *self = NULL;
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        self = g_path_get_basename(directory);
        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *other = g_build_filename(path, name, NULL);

                if (!streq(name, self) && !is_harmless(other)) {
                        g_autofree char *driver = link_name(other, "driver");

                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "%s: the IOMMU cannot keep the device '%s' apart from '%s', which the host's "
                                         "driver "
                                         "'%s' uses",
                                         place, self, name, strempty(driver));
                }
        }
        return 0;
}

int hostdev_find_group(const char *root, const char *directory, const char *place, char **ret, Error *error)
{
        g_autofree char *path = g_strconcat(root, directory, NULL), *group = link_name(path, "iommu_group");
        int r;

        if (access(path, F_OK) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the host has no device '%s'", place, path);
        if (!group)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host has no IOMMU for '%s', or its kernel does not use it", place, path);
        r = check_group(path, place, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&group);
        return 0;
}

/* -- USB ----------------------------------------------------------------------------------------------------- */

static bool is_usb(const DomainHostdev *hostdev, const char *directory)
{
        const DomainHostAddress *address = hostdev->address;

        if (def_is_set(hostdev, vendor) && (!has_number(directory, "idVendor", 16, hostdev->vendor) ||
                                            !has_number(directory, "idProduct", 16, hostdev->product)))
                return false;
        if (!address)
                return true;
        if (address->port) {
                g_autofree char *port = NULL;

                if (read_attribute(directory, "devpath", &port) < 0 || !streq(port, address->port))
                        return false;
        } else if (address->device != 0 && !has_number(directory, "devnum", 10, address->device))
                return false;
        return address->bus == 0 || has_number(directory, "busnum", 10, address->bus);
}

int hostdev_find_usb(const char *root, const DomainHostdev *hostdev, const char *place, uint32_t *ret_bus,
                     uint32_t *ret_device, Error *error)
{
        g_autofree char *path = g_strconcat(root, "/sys/bus/usb/devices", NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *device = g_build_filename(path, name, NULL);

                /* interfaces of devices are called "1-1:1.0" */
                if (!strchr(name, ':') && is_usb(hostdev, device) && read_number(device, "busnum", ret_bus) &&
                    read_number(device, "devnum", ret_device))
                        n++;
        }
        if (n == 1)
                return 0;
        if (n > 1)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "%s: the host has several USB devices %x:%x; name the one by its address", place,
                                 hostdev->vendor, hostdev->product);
        (void) error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the host has no such USB device%s", place,
                         dir ? "" : ", as it has no USB");
        return -ENODEV;
}

/* -- SCSI ---------------------------------------------------------------------------------------------------- */

int hostdev_find_sg(const char *root, const DomainHostdev *hostdev, const char *place, char **ret, Error *error)
{
        const DomainHostAddress *a = hostdev->address;
        const char *number = strempty(hostdev->adapter);
        g_autofree char *path = NULL;
        g_autoptr(GDir) dir = NULL;
        const char *name;
        uint32_t host;

        if (!g_str_has_prefix(number, "scsi_host") || parse_u32(number + strlen("scsi_host"), &host) < 0 || !a)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s/source/adapter/@name: '%s' is no adapter of the host", place, number);
        path = g_strdup_printf("%s/sys/bus/scsi/devices/%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64 "/scsi_generic",
                               root, host, a->bus, a->target, a->unit);
        dir = g_dir_open(path, 0, NULL);
        name = dir ? g_dir_read_name(dir) : NULL;
        if (!name) {
                (void) error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host has no SCSI device %" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64, place,
                                 host, a->bus, a->target, a->unit);
                return -ENODEV;
        }
        *ret = g_strconcat("/dev/", name, NULL);
        return 0;
}
