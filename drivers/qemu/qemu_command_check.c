/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/qemu/qemu_resctrl.h"

/*
 * What the format knows and this driver does not do: refused by its place, never left out. The parts of the command
 * line refuse single values themselves.
 */

/* What no machine of QEMU can have, and why. */
static const struct {
        const char *place;
        const char *why;
} not_here[] = {
        { "/domain/bootloader*", "only Xen has it" },
        { "/domain/os/root", "only User-mode Linux has it" },
        { "/domain/os/init", "only containers have it" },
        { "/domain/os/initarg", "only containers have it" },
        { "/domain/devices/lease", "there is no lock manager that could hold it" },
        { "/domain/devices/*/address/zpci", "only machines of s390 have it, and this driver builds none of them" },
        { "/domain/devices/graphics/@replaceUser", "QEMU has no RDP server" },
        { "/domain/devices/graphics/@multiUser", "QEMU has no RDP server" },
        { "/domain/devices/graphics/@username", "QEMU has no RDP server" },
};

int build_check_places(const DomainDef *def, Error *error)
{
        g_autofree char *path = NULL;

        for (size_t i = 0; i < ELEMENTSOF(not_here); i++)
                if (domain_def_first_of(def, (const char *const[]) { not_here[i].place, NULL }, &path))
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: %s", path, not_here[i].why);
        if (!domain_def_first_raw(def, &path))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: this driver does not support it", path);
}

/* A label that is made up at each start is as good as our own user for each machine; one that is given is not. */
static bool has_label(const DomainDef *def)
{
        DEF_FOREACH(label, def->seclabels)
                if (label->type == DOMAIN_SECLABEL_STATIC)
                        return true;
        return false;
}

int build_check_supported(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        const struct {
                bool given;
                const char *where;
                const char *why;
        } all[] = {
                { has_label(def), "seclabel", "labels cannot be given: each machine has a user of its own" },
                { def->appid, "resource/fibrechannel/@appid", "this driver does not mark Fibre Channel's frames" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given)
                        return qemu_refuse(def, NULL, all[i].where, error, "%s", all[i].why);
        return qemu_resctrl_check(def, error);
}
