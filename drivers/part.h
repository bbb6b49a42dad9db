/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A part of a driver: what it does with certain kinds of objects, the same whichever hypervisor it is a part of. A
 * driver of machines knows its machines; secrets, networks or pools of the host are those of a part, in a folder of its
 * own beside it. Neither includes the other: service/main.c puts them together, and they meet in the driver's lists of
 * objects.
 */

#include "drivers/driver.h"

/* First member of each part's own struct. */
struct Part {
        const PartInfo *info;
};

struct PartInfo {
        const char *name; /* "secret": also the section of the configuration file for DriverHost.setting() */
        uint32_t kinds;   /* whose lists it fills: a mask of DRIVER_KIND() */
        /* Puts its operations on these kinds into the tables of a driver that has none. */
        void (*install)(DriverInfo *info);
        /* Reads what is on disk into driver->lists, which are there, like driver->host: must not wait. */
        int (*open)(Driver *driver, Part **ret, Error *error);
        /* Accepts NULL, returns NULL. The lists are still there, and no operation of the part's runs any more. */
        Part *(*close)(Part *part);
};

/* Adds the part to a copy of a driver's table. Both must live as long as drivers that are opened with it. */
void driver_info_add_part(DriverInfo *info, const PartInfo *part);

/* The part of a driver that has it; for the part's own operations. */
Part *driver_part(const Driver *driver, const PartInfo *info);
