/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/qemu/qemu_nvram.h"

#include <string.h>

#define SHIM_VERSION 10000000u /* the first release that has -shim */

/* The store is on a server. Errors of disks say where in a disk. */
static int check_store(Build *b, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;
        QemuLayerDef layer = {};
        DomainDisk disk;
        const char *rest;

        if (!qemu_nvram_as_disk(&b->def->os, &disk))
                return qemu_refuse(b->def, NULL, "os/nvram/@type", error,
                                   "the store must be a file or a block device of this host, or on a server");
        (void) qemu_layer_def(&disk, 0, &layer);
        if (qemu_layer_is_nbdkit(&layer))
                return qemu_refuse(b->def, NULL, "os/nvram/source", error,
                                   "only for disks nbdkit logs in at a server of SSH");
        if (build_check_image(b, &disk, &why) >= 0)
                return 0;
        rest = why.detail + (g_str_has_prefix(why.detail, "/domain/") ? strlen("/domain/") : 0);
        return error_set(error, why.code, "/domain/os/nvram/%s", rest);
}

static int check_loader(Build *b, Error *error)
{
        const DomainOs *os = &b->def->os;
        const char *path;
        bool block;

        if (os->varstore || os->varstore_template)
                return qemu_refuse(b->def, NULL, "os/varstore", error,
                                   "variables that QEMU itself keeps, in JSON, need a device (uefi-vars) that this "
                                   "driver does not have; use <nvram>");
        if (os->firmware != 0 && !os->loader)
                return qemu_refuse(b->def, NULL, "os/@firmware", error,
                                   "the host has no '%s' firmware for the machine '%s' and what <firmware>, <loader>, "
                                   "<nvram> and <smm> say",
                                   domain_firmware_to_string(os->firmware), strempty(os->machine));
        if (os->loader_secure == TRISTATE_YES && b->def->features.smm != TRISTATE_ON)
                return qemu_refuse(b->def, NULL, "os/loader/@secure", error, "it needs <smm state='on'/>");
        if (os->loader_stateless == TRISTATE_YES && qemu_nvram_is_given(os))
                return qemu_refuse(b->def, NULL, "os/loader/@stateless", error,
                                   "a variable store is given as well");
        if (qemu_nvram_is_given(os) && !qemu_nvram_is_local(os, &path, &block)) {
                int r = check_store(b, error);

                if (r < 0)
                        return r;
        }
        if (qemu_nvram_is_given(os) && os->loader_type != DOMAIN_LOADER_PFLASH)
                return qemu_refuse(b->def, NULL, "os/nvram", error, "it needs a <loader> of type 'pflash'");
        return os->shim ? build_check_version(b, NULL, "os/shim", SHIM_VERSION, error) : 0;
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
        DomainDisk disk;

        if (!os->loader)
                return;
        if (os->loader_type != DOMAIN_LOADER_PFLASH) {
                build_arg(b, "-bios", build_file(b, "bios"));
                return;
        }
        put_flash(b, "pflash0");
        if (qemu_nvram_as_disk(os, &disk))
                g_free(build_image(b, &disk));
        else if (qemu_nvram_is_given(os))
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

        put_loader(b);
        if (os->kernel)
                build_arg(b, "-kernel", build_file(b, "kernel"));
        if (os->shim)
                build_arg(b, "-shim", build_file(b, "shim"));
        if (os->initrd)
                build_arg(b, "-initrd", build_file(b, "initrd"));
        if (os->cmdline)
                build_arg(b, "-append", g_strdup(os->cmdline));
        if (os->dtb)
                build_arg(b, "-dtb", build_file(b, "dtb"));
        return 0;
}
