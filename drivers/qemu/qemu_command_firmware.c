/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

static int check_loader(Build *b, Error *error)
{
        const DomainOs *os = &b->def->os;

        if (os->firmware == DOMAIN_FIRMWARE_EFI && !os->loader)
                return qemu_refuse(b->def, NULL, "os/@firmware", error,
                                   "no firmware was chosen; name it in <loader>");
        if (os->loader_secure == TRISTATE_YES && b->def->features.smm != TRISTATE_ON)
                return qemu_refuse(b->def, NULL, "os/loader/@secure", error, "it needs <smm state='on'/>");
        if (os->loader && os->loader_stateless == TRISTATE_YES && os->nvram)
                return qemu_refuse(b->def, NULL, "os/loader/@stateless", error,
                                   "a variable store is given as well");
        if (os->nvram && os->loader_type != DOMAIN_LOADER_PFLASH)
                return qemu_refuse(b->def, NULL, "os/nvram", error, "it needs a <loader> of type 'pflash'");
        if (os->shim)
                return qemu_refuse(b->def, NULL, "os/shim", error, "it is not supported");
        return 0;
}

/* The nodes have the names that files of the firmware get in qemu_files.c. */
static void put_flash(Build *b, const char *alias)
{
        g_autofree char *file_node = g_strconcat(alias, "-file", NULL);
        g_autofree char *format_node = g_strconcat(alias, "-format", NULL);
        const QemuChain *chain = b->files ? qemu_files_chain(b->files, alias) : NULL;
        const QemuLayer *layer = chain ? chain->layers : NULL;
        g_autofree char *name = build_file(b, file_node);
        bool readonly = layer && !layer->writable;

        build_json(b, "-blockdev",
                   qmp_object("s:driver", "file", "s:filename", name, "s:node-name", file_node,
                              "b:read-only", readonly, "b:auto-read-only", false, "s:discard", "unmap",
                              NULL));
        build_json(b, "-blockdev",
                   qmp_object("s:driver", layer ? layer->format : "raw", "s:node-name", format_node,
                              "b:read-only", readonly, "s:file", file_node, NULL));
}

static void put_loader(Build *b)
{
        const DomainOs *os = &b->def->os;

        if (!os->loader)
                return;
        if (os->loader_type != DOMAIN_LOADER_PFLASH) {
                build_arg(b, "-bios", build_file(b, "bios"));
                return;
        }
        put_flash(b, "pflash0");
        if (os->nvram)
                put_flash(b, "pflash1");
        if (os->loader_secure == TRISTATE_YES)
                build_arg(b, "-global", g_strdup("driver=cfi.pflash01,property=secure,value=on"));
}

int build_firmware(Build *b, Error *error)
{
        const DomainOs *os = &b->def->os;
        int r;

        r = check_loader(b, error);
        if (r < 0)
                return r;
        if (!os->kernel && (os->initrd || os->cmdline || os->dtb))
                return qemu_refuse(b->def, NULL, "os", error,
                                   "initrd, cmdline and dtb have no effect without a kernel");

        put_loader(b);
        if (os->kernel)
                build_arg(b, "-kernel", build_file(b, "kernel"));
        if (os->initrd)
                build_arg(b, "-initrd", build_file(b, "initrd"));
        if (os->cmdline)
                build_arg(b, "-append", g_strdup(os->cmdline));
        if (os->dtb)
                build_arg(b, "-dtb", build_file(b, "dtb"));
        return 0;
}
