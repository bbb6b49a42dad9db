/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/driver.h"

void driver_init(Driver *driver, const DriverInfo *info, const DriverHost *host)
{
        *driver = (Driver) {
                .object = { .type = OBJECT_CONNECT, .n_ref = 1, .driver = driver, .published = true },
                .info = info,
                .host = host,
                .domains = domain_list_new(driver, host->listener, host->userdata),
        };
        driver->lists[OBJECT_DOMAIN] = domain_list_objects(driver->domains);
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++)
                if (info->kinds & DRIVER_KIND(type))
                        driver->lists[type] = object_list_new(driver, host->listener, host->userdata);
}

void driver_clear(Driver *driver)
{
        driver_close_parts(driver);
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++)
                if (type != OBJECT_DOMAIN)
                        driver->lists[type] = object_list_free(driver->lists[type]);
        driver->lists[OBJECT_DOMAIN] = NULL;
        driver->domains = domain_list_free(driver->domains);
}
