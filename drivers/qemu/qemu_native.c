/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_private.h"

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qemu_listens.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_placement.h"
#include "drivers/qemu/qemu_show.h"
#include "drivers/qemu/qemu_smbios.h"
#include "drivers/qemu/qemu_volumes.h"

/*
 * The command line of a definition for people: files have their own names in place of those of descriptors, and what
 * the start would make (network interfaces, the monitor) is not there.
 */

int qemu_native_text(QemuDriver *driver, const QemuCaps *caps, const DomainDef *def, char **ret, Error *error)
{
        g_autofree char *run_dir = g_build_filename(driver->run_dir, def->uuid, NULL);
        const QemuCommandOptions options = qemu_command_options(driver);
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_(qemu_command_freep) QemuCommand *command = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;
        int r = qemu_live_prepare(def, 1, run_dir, &live, error);

        if (r >= 0)
                r = qemu_volumes_find(&driver->driver, &live, error);
        if (r >= 0)
                r = qemu_listens_find(&driver->driver, options.vnc_listen, &live, error);
        if (r >= 0)
                r = qemu_placement_choose("/", &live, error);
        if (r >= 0)
                r = qemu_smbios_choose("/", &live, error);
        if (r >= 0)
                r = qemu_cpu_spell(caps, &live, error);
        if (r >= 0)
                r = qemu_ports_choose(driver, &live, error);
        if (r >= 0)
                r = qemu_command_check(live, caps, &options, error);
        if (r < 0)
                return r;
        files = qemu_show_files(live, driver->settings.tls_dir);
        r = qemu_command_build(live, caps, files, &options, &command, error);
        if (r < 0)
                return r;
        *ret = qemu_command_to_string(command);
        return 0;
}
