/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_bus.h"

#include "drivers/qemu/qemu_companion_dir.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_place.h"

#include <string.h>

/* dbus-daemon(1). QEMU has the name org.qemu there (its docs/interop/dbus-display.rst); nobody has another. */
static const char configuration[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig>\n"
        "  <listen>unix:path=/proc/self/cwd/" QEMU_COMPANION_SOCKET "</listen>\n"
        "  <auth>ANONYMOUS</auth>\n"
        "  <allow_anonymous/>\n"
        "  <policy context=\"default\">\n"
        "    <allow own=\"org.qemu\"/>\n"
        "    <allow send_destination=\"*\"/>\n"
        "    <allow receive_sender=\"*\"/>\n"
        "  </policy>\n"
        "</busconfig>\n";

char *qemu_bus_address(const char *run_dir, uint32_t index)
{
        g_autofree char *id = qemu_bus_id(index);

        return g_strdup_printf("unix:path=%s/%s/" QEMU_COMPANION_SOCKET, run_dir, id);
}

int qemu_files_open_bus(QemuFiles *files, const DomainDef *def, const DomainGraphics *graphics, uint32_t index,
                        const QemuFilesConfig *config, Error *error)
{
        g_autofree char *own = qemu_bus_address(config->run_dir, index), *id = qemu_bus_id(index), *place = NULL;
        QemuCompanionPlan *plan;
        QemuProgram *program;
        const char *path;
        int r;

        if (graphics->type != DOMAIN_GRAPHICS_DBUS || !streq_ptr(graphics->address, own))
                return 0;
        place = qemu_place(def, graphics, "@address");
        path = config->programs->companion[QEMU_COMPANION_DBUS_DAEMON];
        r = qemu_program_check(path, "dbus-daemon", place, error);
        if (r < 0)
                return r;
        program = qemu_program_new(place, path, config->uid, config->gid);
        plan = qemu_companion_plan_new(QEMU_COMPANION_DBUS_DAEMON, id, program);
        g_ptr_array_add(files->companions, plan);
        r = qemu_companion_dir_make(files, program, id, config, &plan->ready_fd, error);
        if (r >= 0)
                r = qemu_program_secret(program, configuration, strlen(configuration), error);
        if (r < 0)
                return r;
        qemu_program_argf(program, "--config-file=/proc/self/fd/%d", r);
        qemu_program_arg(program, "--nofork");
        qemu_program_arg(program, "--nopidfile");
        qemu_program_arg(program, "--nosyslog");
        qemu_companion_plan_log(plan, config->programs->log_dir, def->name);
        return 0;
}
