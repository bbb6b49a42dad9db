/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_show.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_nvram.h"

static void show(QemuFiles *files, const char *id, const char *path)
{
        if (path)
                qemu_files_add(files, QEMU_FILE_SHOWN, id, path, -EBADF);
}

/* The file of a device that has other names of its own, too. */
static void show_of(QemuFiles *files, const DomainDevice *info, const char *what, const char *path)
{
        g_autofree char *id = g_strconcat(info->alias, what, NULL);

        show(files, id, path);
}

/* Of one that is connected to again the directory is passed on. */
static void show_socket(QemuFiles *files, const char *id, const char *path, bool again)
{
        g_autofree char *dir = path && again ? g_path_get_dirname(path) : NULL;

        show(files, id, dir ?: path);
}

static void show_layer(QemuFiles *files, QemuChain *chain, const char *node, const char *path, const char *format,
                       bool block, bool writable)
{
        QemuLayer *layer = chain->layers + chain->n_layers;
        g_autofree char *infix = chain->n_layers > 0 ? g_strdup_printf("-b%zu", chain->n_layers) : g_strdup("");

        chain->n_layers++;
        *layer = (QemuLayer) {
                .path = g_strdup(path),
                .format = g_strdup(format ?: "raw"),
                .file_node = g_strdup_printf("%s%s-file", node, infix),
                .format_node = g_strdup_printf("%s%s-format", node, infix),
                .block = block,
                .writable = writable,
        };
        show(files, layer->file_node, path);
}

/* A chain that only the image knows is not shown. */
static void show_disk(QemuFiles *files, const DomainDisk *disk)
{
        g_autofree char *node = qemu_disk_node(disk);
        QemuChain *chain;
        QemuLayerDef layer;

        if (qemu_disk_is_served(disk)) {
                g_autofree char *id = qemu_disk_socket_id(disk);

                show_socket(files, id, disk->source.path, qemu_disk_reconnects(disk));
        }
        if (qemu_disk_is_served(disk) || !qemu_layer_def(disk, 0, &layer))
                return;
        chain = g_new0(QemuChain, 1);
        chain->alias = g_strdup(disk->info.alias);
        g_ptr_array_add(files->chains, chain);
        for (size_t i = 0; i < QEMU_CHAIN_MAX && qemu_layer_def(disk, i, &layer); i++) {
                const DomainDataStore *store = layer.source->data_store;
                g_autofree char *data = qemu_layer_name(disk, i, QEMU_LAYER_DATA);

                show_layer(files, chain, node, qemu_storage_path(layer.source), layer.format,
                           qemu_storage_type(layer.source) == DOMAIN_DISK_BLOCK, i == 0 && qemu_disk_is_writable(disk));
                chain->layers[i].network = qemu_storage_is_remote(layer.source);
                chain->layers[i].directory = layer.source->type == DOMAIN_DISK_DIR;
                show(files, data, store ? qemu_storage_path(&store->source) : NULL);
        }
}

static void show_flash(QemuFiles *files, const char *alias, const char *path, const char *format, bool block,
                       bool writable)
{
        QemuChain *chain;

        if (!path)
                return;
        chain = g_new0(QemuChain, 1);
        chain->alias = g_strdup(alias);
        g_ptr_array_add(files->chains, chain);
        show_layer(files, chain, alias, path, format, block, writable);
}

static int show_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        g_autofree char *id = qemu_chardev_id(chardev), *log_id = g_strconcat(id, "-log", NULL);

        if (chardev->type != DOMAIN_CHARDEV_PTY)
                show_socket(userdata, id, chardev->path, qemu_chardev_reconnects(chardev));
        show(userdata, log_id, chardev->log_file);
        return 0;
}

/* What the firmware is given. */
static void show_tables(QemuFiles *files, const DomainDef *def)
{
        uint32_t i = 0;

        DEF_FOREACH(table, def->os.acpi_tables) {
                g_autofree char *id = g_strconcat("acpi-", table->type ?: "slic", NULL);

                show(files, id, table->path);
        }
        DEF_FOREACH(sysinfo, def->sysinfo)
                DEF_FOREACH(entry, sysinfo->entries) {
                        g_autofree char *id = g_strdup_printf("fwcfg%" PRIu32, i++);

                        show(files, id, entry->file);
                }
}

/* Of what there is seldom. */
static void show_rare_devices(QemuFiles *files, const DomainDef *def)
{
        DEF_FOREACH(fs, def->filesystems)
                show_of(files, &fs->info, "-dir", fs->source);
        DEF_FOREACH(tpm, def->tpms)
                show_of(files, &tpm->info, "-device", tpm->path);
        DEF_FOREACH(interface, def->interfaces)
                if (interface->type == DOMAIN_INTERFACE_VDPA)
                        show_of(files, &interface->info, "-vdpa", interface->dev);
        DEF_FOREACH(rng, def->rngs) {
                g_autofree char *id = g_strconcat("obj", rng->info.alias, NULL);

                show(files, id, rng->path);
        }
        DEF_FOREACH(shmem, def->shmems) {
                g_autofree char *id = g_strconcat(shmem->server ? "char" : "shmmem-", shmem->info.alias, NULL);
                g_autofree char *path = g_strconcat("/dev/shm/", shmem->name, NULL);

                show(files, id, shmem->server ?: path);
        }
}

/* What is opened for devices that are neither disks nor lines. */
static void show_devices(QemuFiles *files, const DomainDef *def)
{
        DEF_FOREACH(input, def->inputs)
                show(files, input->info.alias, input->source_evdev);
        DEF_FOREACH(audio, def->audios) {
                g_autofree char *id = qemu_audio_id(audio);

                show(files, id, audio->path);
        }
        DEF_FOREACH(memory, def->memories) {
                g_autofree char *id = g_strconcat("mem", memory->info.alias, NULL);

                show(files, id, memory->path);
        }
        for (uint32_t i = 0; i < def->graphics.n; i++) {
                g_autofree char *id = qemu_render_id(i);

                show(files, id, def->graphics.items[i]->rendernode);
        }
}

QemuFiles *qemu_show_files(const DomainDef *def, const char *tls_dir)
{
        const DomainOs *os = &def->os;
        QemuFiles *files = qemu_files_new();
        const char *store;
        DomainDisk flash;
        bool block;

        show(files, "kernel", os->kernel);
        show(files, "initrd", os->initrd);
        show(files, "dtb", os->dtb);
        show(files, "shim", os->shim);
        if (os->loader_type != DOMAIN_LOADER_PFLASH)
                show(files, "bios", os->loader);
        else {
                show_flash(files, "pflash0", os->loader, os->loader_format, false, os->loader_readonly == TRISTATE_NO);
                if (qemu_nvram_as_disk(os, &flash))
                        show_disk(files, &flash);
                else if (qemu_nvram_is_local(os, &store, &block))
                        show_flash(files, "pflash1", store, os->nvram_format, block, true);
        }
        DEF_FOREACH(disk, def->disks)
                show_disk(files, disk);
        show(files, "tls-client", tls_dir);
        show(files, "tls-server", tls_dir);
        (void) qemu_chardevs_foreach(def, show_chardev, files, NULL);
        for (uint32_t i = 0; i < def->graphics.n; i++) {
                g_autofree char *id = qemu_display_id(i);
                const char *socket = qemu_display_socket(def->graphics.items[i]);
                g_autofree char *dir = socket ? g_path_get_dirname(socket) : NULL;

                show(files, id, dir);
        }
        show_tables(files, def);
        show_devices(files, def);
        show_rare_devices(files, def);
        return files;
}
