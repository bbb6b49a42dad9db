/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Prints the driver's command line for every NAME.in.xml of a directory that is for x86, as DomainXMLToNative would:
 * "NAME<tab>LINE", or "NAME<tab>!why not". Only the emulator is ours, and a network a bridge; a machine that the
 * emulator does not have is "pc" or "q35". tests/compare-args compares it with libvirt's. For people, not a test:
 * usage: corpus-args DIRECTORY [NAME]
 */

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_placement.h"
#include "drivers/qemu/qemu_show.h"
#include "drivers/qemu/qemu_smbios.h"

#include <stdio.h>
#include <string.h>

#define EMULATOR "/usr/bin/qemu-system-x86_64"
#define RUN_DIR "/run/virtbus/qemu/machine"

typedef struct Tool {
        sd_event *event;
        Launcher *launcher;
        WorkerPool *workers;
        QemuCapsCache *cache;
        QemuCaps *caps;
        bool probed;
        Firmwares firmwares;
} Tool;

static bool is_for_us(const DomainDef *def)
{
        const char *arch = def->os.arch;

        return (def->type == DOMAIN_VIRT_QEMU || def->type == DOMAIN_VIRT_KVM) && streq_ptr(def->os.type, "hvm") &&
               (!arch || streq(arch, "x86_64") || streq(arch, "i686"));
}

static int make_line(Tool *tool, const DomainDef *def, char **ret, Error *error)
{
        const DomainDefHost host = { .arch = "x86_64", .firmwares = &tool->firmwares, .nvram_dir = "/nvram" };
        const QemuCommandOptions options = { .monitor_fd = -EBADF };
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def), *normal = NULL, *live = NULL;
        _cleanup_(qemu_command_freep) QemuCommand *command = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;
        int r;

        copy->emulator = EMULATOR;
        DEF_FOREACH(interface, copy->interfaces)
                if (interface->type == DOMAIN_INTERFACE_NETWORK) {
                        interface->type = DOMAIN_INTERFACE_BRIDGE;
                        interface->bridge = "virbr0";
                        interface->network = interface->portgroup = NULL;
                }
        if (!copy->os.machine)
                copy->os.machine = qemu_caps_machine(tool->caps, NULL)->name;
        if (!qemu_caps_machine(tool->caps, copy->os.machine))
                copy->os.machine = strstr(copy->os.machine, "q35") ? "q35" : "pc";
        r = domain_def_seal(copy, NULL, error);
        if (r >= 0)
                r = domain_def_normalize(copy, &host, &normal, error);
        if (r >= 0)
                r = qemu_live_prepare(normal, 1, RUN_DIR, &live, error);
        if (r >= 0)
                r = qemu_placement_choose("/", &live, error);
        if (r >= 0)
                r = qemu_smbios_choose("/", &live, error);
        if (r >= 0)
                r = qemu_cpu_spell(tool->caps, &live, error);
        if (r >= 0)
                r = qemu_command_check(live, tool->caps, &options, error);
        if (r < 0)
                return r;
        files = qemu_show_files(live, "/etc/pki/qemu");
        r = qemu_command_build(live, tool->caps, files, &options, &command, error);
        if (r < 0)
                return r;
        *ret = qemu_command_to_string(command);
        return 0;
}

static void try_file(Tool *tool, const char *directory, const char *file)
{
        g_autofree char *path = g_build_filename(directory, file, NULL), *text = NULL, *line = NULL;
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".in.xml"));
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        gsize size;
        int r;

        if (!g_file_get_contents(path, &text, &size, NULL))
                return;
        r = domain_def_parse(text, size, 0, NULL, &def, &error);
        if (r >= 0 && !is_for_us(def))
                return;
        if (r >= 0)
                r = make_line(tool, def, &line, &error);
        if (r < 0) {
                g_autofree char *message = error_message(&error);

                printf("%s\t!%s\n", name, message);
        } else
                printf("%s\t%s\n", name, line);
}

static void on_probed(void *userdata, QemuCaps *caps, Error *error)
{
        Tool *tool = userdata;

        tool->probed = true;
        tool->caps = caps ? qemu_caps_ref(caps) : NULL;
}

static bool tool_open(Tool *tool)
{
        const QemuCapsConfig config = {};

        qemu_firmwares_read(NULL, &tool->firmwares);
        if (sd_event_new(&tool->event) < 0 || worker_pool_new(tool->event, 2, &tool->workers) < 0 ||
            launcher_new(tool->event, getenv("VIRTBUS_EXEC"), &tool->launcher, NULL) < 0 ||
            qemu_caps_cache_new(tool->event, tool->launcher, tool->workers, &config, &tool->cache, NULL) < 0)
                return false;
        (void) qemu_caps_get(tool->cache, EMULATOR, on_probed, tool);
        while (!tool->probed)
                (void) sd_event_run(tool->event, UINT64_MAX);
        return tool->caps;
}

static void tool_close(Tool *tool)
{
        qemu_caps_unref(tool->caps);
        qemu_caps_cache_free(tool->cache);
        launcher_free(tool->launcher);
        worker_pool_free(tool->workers);
        sd_event_unref(tool->event);
        firmwares_clear(&tool->firmwares);
}

int main(int argc, char **argv)
{
        g_autoptr(GDir) dir = argc > 1 ? g_dir_open(argv[1], 0, NULL) : NULL;
        Tool tool = {};
        const char *file;

        if (!dir || !tool_open(&tool)) {
                fprintf(stderr, "usage: corpus-args DIRECTORY [NAME]\n");
                return 2;
        }
        while ((file = g_dir_read_name(dir)))
                if (g_str_has_suffix(file, ".in.xml") && (argc < 3 || strstr(file, argv[2])))
                        try_file(&tool, argv[1], file);
        tool_close(&tool);
        return 0;
}
