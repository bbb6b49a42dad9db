/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which driver has a PCI device of the host (Documentation/ABI of Linux: sysfs-bus-pci). name is "0000:03:00.1". root
 * is "" or where a test has /sys. All of it blocks: for workers. place begins errors, which are
 * ERROR_CONFIG_UNSUPPORTED for what the host lacks.
 */

#include "service/base/error.h"

#define PCI_DEVICES "/sys/bus/pci/devices/"
#define PCI_DRIVER_VFIO "vfio-pci"

/* "0000:03:00.1". Free with g_free(). */
char *pci_device_name(uint32_t domain, uint32_t bus, uint32_t slot, uint32_t function);

/* NULL: none. Free with g_free(). */
char *pci_device_driver(const char *root, const char *name);
/* Whether VFIO has it, with its own driver or one of the device's. */
bool pci_device_is_vfio(const char *root, const char *name);
/* Gives it to vfio-pci; what does not work is taken back. */
int pci_device_take(const char *root, const char *name, const char *place, Error *error);
/* Leaves it to whichever driver of the host wants it. */
int pci_device_return(const char *root, const char *name, Error *error);
/* ERROR_OPERATION_INVALID while a driver of the host has it. */
int pci_device_reset(const char *root, const char *name, Error *error);
