/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/part.h"

void driver_info_add_part(DriverInfo *info, const PartInfo *part)
{
        size_t n = 0;

        g_assert(!(info->kinds & part->kinds));
        while (info->parts[n])
                n++;
        g_assert(n < DRIVER_PARTS_MAX);
        info->parts[n] = part;
        info->kinds |= part->kinds;
        part->install(info);
}

Part *driver_part(const Driver *driver, const PartInfo *info)
{
        for (size_t i = 0; i < DRIVER_PARTS_MAX; i++)
                if (driver->parts[i] && driver->parts[i]->info == info)
                        return driver->parts[i];
        g_assert_not_reached();
}

int driver_open_parts(Driver *driver, Error *error)
{
        for (size_t i = 0; driver->info->parts[i]; i++) {
                int r = driver->info->parts[i]->open(driver, &driver->parts[i], error);

                if (r < 0)
                        return r;
        }
        return 0;
}

void driver_close_parts(Driver *driver)
{
        for (size_t i = DRIVER_PARTS_MAX; i-- > 0;)
                if (driver->parts[i])
                        driver->parts[i] = driver->parts[i]->info->close(driver->parts[i]);
}
