/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_names.h"

#include "drivers/qemu/qemu_layer.h"

#include <string.h>

bool qemu_disk_is_writable(const DomainDisk *disk)
{
        return !disk->readonly && disk->device != DOMAIN_DISK_DEVICE_CDROM;
}

/* What is left for the alias beside "-b15-format". */
#define ALIAS_MAX 20

char *qemu_disk_node(const DomainDisk *disk)
{
        if (strlen(disk->info.alias) > ALIAS_MAX)
                return g_strconcat("disk-", disk->target, NULL);
        return g_strdup(disk->info.alias);
}

char *qemu_chardev_id(const DomainChardev *chardev)
{
        return g_strconcat("char", chardev->info.alias, NULL);
}

bool qemu_console_is_serial(const DomainDef *def, const DomainChardev *console)
{
        return def->serials.n > 0 && def->consoles.n > 0 && def->consoles.items[0] == console &&
               (console->target_type == 0 || console->target_type == DOMAIN_CHARDEV_TARGET_SERIAL);
}

int qemu_chardevs_foreach(const DomainDef *def, QemuChardevVisitor visit, void *userdata, Error *error)
{
        int r;

        DEF_FOREACH(serial, def->serials) {
                r = visit(def, serial, userdata, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(parallel, def->parallels) {
                r = visit(def, parallel, userdata, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(console, def->consoles) {
                r = qemu_console_is_serial(def, console) ? 0 : visit(def, console, userdata, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(channel, def->channels) {
                r = visit(def, channel, userdata, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool qemu_rng_needs_fd(const DomainRng *rng)
{
        return rng->backend == DOMAIN_RNG_RANDOM && rng->path && !streq(rng->path, "/dev/urandom") &&
               !streq(rng->path, "/dev/random");
}

char *qemu_audio_id(const DomainAudio *audio)
{
        return g_strdup_printf("audio-file%" PRIu32, def_get(audio, id, 1));
}

char *qemu_rom_id(const DomainDevice *info)
{
        return g_strconcat("rom-", info->alias, NULL);
}

char *qemu_display_dir(const char *run_dir)
{
        return g_build_filename(run_dir, "display", NULL);
}

const char *qemu_display_socket(const DomainGraphics *graphics)
{
        const DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;

        return graphics->socket ?: (first && first->type == DOMAIN_LISTEN_SOCKET ? first->socket : NULL);
}

char *qemu_display_id(uint32_t index)
{
        return g_strdup_printf("display%u", index);
}

char *qemu_bus_id(uint32_t index)
{
        return g_strdup_printf("bus%" PRIu32, index);
}

bool qemu_video_is_served(const DomainVideo *video)
{
        return streq_ptr(video->driver_name, "vhostuser") && video->type == DOMAIN_VIDEO_VIRTIO;
}

bool qemu_disk_is_served(const DomainDisk *disk)
{
        return disk->source.type == DOMAIN_DISK_VHOST_USER;
}

char *qemu_disk_socket_id(const DomainDisk *disk)
{
        return g_strconcat(disk->info.alias, "-socket", NULL);
}

char *qemu_hostdev_secret_id(const DomainHostdev *hostdev)
{
        return g_strconcat(hostdev->info.alias, "-auth", NULL);
}

bool qemu_disk_reconnects(const DomainDisk *disk)
{
        return disk->source.reconnect && disk->source.reconnect->enabled == TRISTATE_YES;
}

bool qemu_disk_is_tls(const DomainDisk *disk)
{
        QemuLayerDef layer;

        for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++)
                if (layer.source->type == DOMAIN_DISK_NETWORK && layer.source->protocol == DOMAIN_PROTOCOL_NBD &&
                    layer.source->tls == TRISTATE_YES)
                        return true;
        return false;
}

bool qemu_chardev_reconnects(const DomainChardev *chardev)
{
        return chardev->mode == DOMAIN_SOCKET_CONNECT && chardev->reconnect &&
                chardev->reconnect->enabled == TRISTATE_YES;
}

bool qemu_chardev_is_tls(const DomainChardev *chardev)
{
        return chardev->type == DOMAIN_CHARDEV_TCP &&
               (chardev->tls == TRISTATE_YES || chardev->protocol == DOMAIN_CHARDEV_PROTOCOL_TLS ||
                chardev->protocol == DOMAIN_CHARDEV_PROTOCOL_TELNETS);
}

char *qemu_render_id(uint32_t index)
{
        return g_strdup_printf("render%u", index);
}

bool qemu_graphics_renders(const DomainGraphics *graphics)
{
        return graphics->gl_enable == TRISTATE_YES || graphics->type == DOMAIN_GRAPHICS_EGL_HEADLESS;
}

bool qemu_interface_is_hostdev(const DomainInterface *interface)
{
        return interface->type == DOMAIN_INTERFACE_HOSTDEV;
}

bool qemu_interface_is_virtio(const DomainInterface *interface)
{
        return g_str_has_prefix(strempty(interface->model), "virtio");
}

bool qemu_interface_is_direct(const DomainInterface *interface)
{
        return interface->type == DOMAIN_INTERFACE_DIRECT ||
               (interface->type == DOMAIN_INTERFACE_NETWORK && interface->dev);
}

bool qemu_interface_is_tap(const DomainInterface *interface)
{
        return interface->type == DOMAIN_INTERFACE_BRIDGE || interface->type == DOMAIN_INTERFACE_ETHERNET ||
               qemu_interface_is_direct(interface) ||
               (interface->type == DOMAIN_INTERFACE_NETWORK && interface->bridge);
}

bool qemu_interface_is_passt(const DomainInterface *interface)
{
        return streq_ptr(interface->backend, "passt");
}

bool qemu_interface_reconnects(const DomainInterface *interface)
{
        const DomainInterfaceRare *rare = interface->rare;

        return rare && rare->reconnect && rare->reconnect->enabled == TRISTATE_YES && rare->reconnect->timeout > 0 &&
               !streq_ptr(rare->socket_mode, "server");
}
