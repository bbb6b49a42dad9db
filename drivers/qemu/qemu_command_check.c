/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/*
 * What the format knows and this driver does not do: refused by its place, never left out. The parts of the command line
 * refuse single values themselves.
 */

/* What the format can say and this driver cannot do: missing in the machine it must not be. */
static const char *const not_done[] = {
        "/domain/hwuuid",
        "/domain/bootloader*",
        "/domain/idmap",
        "/domain/on_lockfailure",
        "/domain/keywrap",
        "/domain/launchSecurity",
        "/domain/qemu:override",
        "/domain/qemu:capabilities",
        "/domain/memtune/min_guarantee",
        "/domain/vcpus",
        "/domain/defaultiothread",
        "/domain/perf",
        "/domain/os/init",
        "/domain/os/root",
        "/domain/features/async-teardown",
        "/domain/cpu/@deprecated_features",
        "/domain/clock/timer/catchup",
        "/domain/devices/lease",
        "/domain/devices/hostdev",
        "/domain/devices/nvram",
        "/domain/devices/pstore",
        "/domain/devices/*/rom",
        "/domain/devices/*/acpi",
        "/domain/devices/*/address/zpci",
        "/domain/devices/*/source/@fdgroup",
        "/domain/devices/controller/@max*",
        "/domain/devices/controller/driver/iothreads",
        "/domain/devices/controller/target/@memReserve",
        "/domain/devices/*/source/clipboard",
        "/domain/devices/*/source/mouse",
        "/domain/devices/input/source/@grab*",
        "/domain/devices/input/source/@dev",
        "/domain/devices/input/source/@repeat",
        "/domain/devices/rng/backend/@type",
        "/domain/devices/graphics/@replaceUser",
        "/domain/devices/graphics/@multiUser",
        "/domain/devices/graphics/@username",
        "/domain/devices/graphics/@powerControl",
        "/domain/devices/graphics/@p2p",
        "/domain/devices/graphics/@address",
        "/domain/devices/graphics/audio",
        "/domain/devices/video/driver/@vgaconf",
        "/domain/devices/video/model/@edid",
        NULL,
};

int build_check_places(const DomainDef *def, Error *error)
{
        g_autofree char *path = NULL;

        if (!domain_def_first_raw(def, &path) && !domain_def_first_of(def, not_done, &path))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: this driver does not support it", path);
}

/* Our own user for each machine is as good as a label that is chosen. */
static bool has_label(const DomainDef *def)
{
        DEF_FOREACH(label, def->seclabels)
                if (label->label || label->baselabel || label->type == DOMAIN_SECLABEL_STATIC)
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
                { has_label(def), "seclabel", "labels cannot be chosen" },
                { def->vcpu_placement == DOMAIN_VCPU_PLACEMENT_AUTO, "vcpu/@placement", "'auto' is not supported" },
                { def->appid, "resource/fibrechannel/@appid", "this driver does not mark Fibre Channel's frames" },
                { def->cpu_tune && def->cpu_tune->cache_tunes.n > 0, "cputune/cachetune",
                  "this driver does not divide the processor's caches" },
                { def->cpu_tune && def->cpu_tune->memory_tunes.n > 0, "cputune/memorytune",
                  "this driver does not divide the memory's bandwidth" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given)
                        return qemu_refuse(def, NULL, all[i].where, error, "%s", all[i].why);
        return 0;
}
