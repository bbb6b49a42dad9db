/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_live.h"

#include <string.h>

/* From the text of a definition to the command line, with all that is refused on the way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static QemuCaps *load_caps(void)
{
        g_autofree char *path =
                        g_build_filename(g_getenv("GOLDEN_DIR") ?: "tests/golden", "qemu/caps.json", NULL);
        g_autofree char *text = NULL;
        QemuCaps *caps = NULL;
        gsize n;

        if (!g_file_get_contents(path, &text, &n, NULL) || qemu_caps_parse(text, n, &caps, NULL) < 0)
                g_error("%s cannot be read", path);
        return caps;
}

static const char *find_emulator(void *userdata, DomainVirtType type, const char *arch)
{
        return "/usr/bin/qemu-system-x86_64";
}

/* What must be so when a step has failed. */
static void check_error(int r, const Error *error)
{
        g_assert(r < 0 && error_is_set(error) && error->detail && g_utf8_validate(error->detail, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const DomainDefHost host = { .arch = "x86_64", .emulator = find_emulator };
        const QemuCommandOptions options = { .monitor_fd = 3, .now = 1800000000 };
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *normal = NULL, *live = NULL;
        _cleanup_(qemu_command_freep) QemuCommand *command = NULL;
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *line = NULL;
        int r;

        if (domain_def_parse((const char *) data, size, 0, NULL, &def, NULL) < 0 ||
            domain_def_normalize(def, &host, &normal, NULL) < 0)
                return 0;
        r = qemu_live_prepare(normal, 1, "/run/virtbus/qemu/1", &live, &error);
        if (r < 0) {
                check_error(r, &error);
                return 0;
        }
        caps = load_caps();
        r = qemu_command_check(live, caps, NULL, &error);
        if (r < 0) {
                check_error(r, &error);
                return 0;
        }
        /* What can be refused at all was refused before files are opened. */
        r = qemu_command_build(live, caps, NULL, &options, &command, &error);
        g_assert(r >= 0);
        line = qemu_command_to_string(command);
        g_assert(g_str_has_prefix(line, "/usr/bin/qemu-system-x86_64 "));
        return 0;
}
