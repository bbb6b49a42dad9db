/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Devices of the host as the kernel shows them in /sys (Documentation/ABI of Linux: sysfs-bus-pci, sysfs-bus-usb,
 * vfio.rst). root is "" or where a test has such trees. All of it blocks: for workers. place, an XPath, begins errors,
 * which are ERROR_CONFIG_UNSUPPORTED for what the host lacks.
 */

#include "drivers/model/domain_def.h"

/* "0000:03:00.1". Free with g_free(). */
char *hostdev_pci_name(const DomainHostAddress *address);
char *hostdev_interface_name(const DomainInterface *interface);
char *hostdev_nvme_name(const HostPciAddress *address);

/* "/sys/bus/mdev/devices/UUID". Free with g_free(). */
char *hostdev_mdev_path(const DomainHostAddress *address);

/*
 * The group of devices that the IOMMU cannot keep apart from the one in that directory of /sys; all others in it must
 * be nobody's or VFIO's. Free with g_free().
 */
int hostdev_find_group(const char *root, const char *directory, const char *place, char **ret, Error *error);

/* The device that vendor and product, or bus and port, name: its numbers. -ENODEV: it is not there. */
int hostdev_find_usb(const char *root, const DomainHostdev *hostdev, const char *place, uint32_t *ret_bus,
                     uint32_t *ret_device, Error *error);

/* "/dev/sg3". -ENODEV: it is not there. Free with g_free(). */
int hostdev_find_sg(const char *root, const DomainHostdev *hostdev, const char *place, char **ret, Error *error);
