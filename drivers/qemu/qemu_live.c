/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_live.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_files_bus.h"
#include "drivers/qemu/qemu_files_net.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_resctrl.h"
#include "drivers/qemu/qmp.h"
#include "service/base/store.h"

#include <stdio.h>
#include <string.h>

/* The lists of character devices. */
#define N_LISTS 4

static void get_chardevs(DomainDef *def, DefList *ret[N_LISTS])
{
        ret[0] = (DefList *) (void *) &def->serials;
        ret[1] = (DefList *) (void *) &def->parallels;
        ret[2] = (DefList *) (void *) &def->consoles;
        ret[3] = (DefList *) (void *) &def->channels;
}

/* The alias keeps the names apart, from each other and from what else is in the directory. */
static void choose_socket(DomainDef *def, DomainChardev *chardev, const char *run_dir)
{
        const char *name = chardev->target_name;
        g_autofree char *file = NULL;

        if (chardev->type != DOMAIN_CHARDEV_UNIX || chardev->path ||
            chardev->mode == DOMAIN_SOCKET_CONNECT || qemu_console_is_serial(def, chardev))
                return;
        file = name ? g_strconcat(chardev->info.alias, "-", name, NULL) : NULL;
        if (!file || !store_name_is_valid(file)) {
                g_free(file);
                file = g_strdup(chardev->info.alias);
        }
        chardev->path = domain_def_printf(def, "%s/%s", run_dir, file);
        chardev->mode = DOMAIN_SOCKET_BIND;
}

static void choose_display(DomainDef *def, DomainGraphics *graphics, uint32_t index, const char *run_dir)
{
        DomainListen *listen = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;
        g_autofree char *dir = qemu_display_dir(run_dir);

        if (graphics->type == DOMAIN_GRAPHICS_DBUS && graphics->p2p != TRISTATE_YES && !graphics->address) {
                g_autofree char *address = qemu_bus_address(run_dir, index);

                graphics->address = domain_def_strdup(def, address);
        }
        if (!listen || listen->type != DOMAIN_LISTEN_SOCKET || listen->socket)
                return;
        listen->socket = domain_def_printf(def, "%s/vnc%u.sock", dir, index);
        graphics->socket = listen->socket;
}

int qemu_live_prepare(const DomainDef *def, uint32_t id, const char *run_dir, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(def);
        DefList *lists[N_LISTS];
        int r;

        def_put(live, id, id);
        domain_def_assign_aliases(live);
        qemu_resctrl_name(live);
        get_chardevs(live, lists);
        for (size_t i = 0; i < N_LISTS; i++)
                for (uint32_t k = 0; k < lists[i]->n; k++)
                        choose_socket(live, lists[i]->items[k], run_dir);
        for (uint32_t i = 0; i < live->graphics.n; i++)
                choose_display(live, live->graphics.items[i], i, run_dir);

        r = domain_def_seal(live, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&live);
        return 0;
}

static void take_vsock(DomainDef *live, const QemuFiles *files)
{
        g_autofree char *id = live->vsock ? g_strconcat(live->vsock->info.alias, "-vhost", NULL) : NULL;
        const QemuFile *file = id ? qemu_files_find(files, id) : NULL;
        uint32_t cid;

        if (file && parse_u32(file->path, &cid) >= 0)
                def_put(live->vsock, cid, cid);
}

/* A drive whose medium was missing, as its definition allows, is empty. */
static void take_media(DomainDef *live, const QemuFiles *files, const char *alias)
{
        DEF_FOREACH(disk, live->disks) {
                bool local = disk->source.type == DOMAIN_DISK_FILE || disk->source.type == DOMAIN_DISK_BLOCK;

                if (local && (!alias || streq_ptr(alias, disk->info.alias)) && disk->source.startup_policy != 0 &&
                    !qemu_files_chain(files, disk->info.alias))
                        disk->source.file = disk->source.dev = NULL;
        }
}

static DomainBacking **end_of(DomainDisk *disk)
{
        DomainBacking **at = &disk->backing;

        while (*at && (*at)->source.type != 0)
                at = &(*at)->backing;
        return at;
}

/* What the images themselves name; where the chain ends is said, too. */
static void take_chain(DomainDef *live, DomainDisk *disk, const QemuChain *chain)
{
        DomainBacking **at = &disk->backing;

        for (size_t i = 1; i < chain->n_layers; i++, at = &(*at)->backing) {
                const QemuLayer *layer = chain->layers + i;

                if (!layer->named) {
                        *at = domain_def_new(live, DomainBacking);
                        (*at)->detected = TRISTATE_YES;
                        (*at)->format = domain_def_strdup(live, layer->format);
                        (*at)->source.type = DOMAIN_DISK_FILE;
                        (*at)->source.file = domain_def_strdup(live, layer->path);
                }
                def_put(*at, index, disk->source.index + (uint32_t) i);
        }
        at = end_of(disk);
        if (!*at && chain->n_layers > 0) {
                *at = domain_def_new(live, DomainBacking);
                (*at)->detected = TRISTATE_YES;
        }
}

static void take_chains(DomainDef *live, const QemuFiles *files, const char *alias)
{
        DEF_FOREACH(disk, live->disks) {
                const QemuChain *chain = qemu_files_chain(files, disk->info.alias);

                if (chain && (!alias || streq_ptr(alias, disk->info.alias)))
                        take_chain(live, disk, chain);
        }
}

/* Which device it is that the definition describes by its kind. */
static void take_usb(DomainDef *live, DomainHostdev *hostdev, const QemuFiles *files)
{
        const QemuFile *file = qemu_files_find(files, hostdev->info.alias);
        unsigned bus, device;

        if (!file || sscanf(file->path, "/dev/bus/usb/%u/%u", &bus, &device) != 2)
                return;
        if (!hostdev->address)
                hostdev->address = domain_def_new(live, DomainHostAddress);
        def_put(hostdev->address, bus, bus);
        def_put(hostdev->address, device, device);
}

int qemu_live_take_files(const DomainDef *def, const QemuFiles *files, const char *alias, DomainDef **ret,
                         Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(def);
        int r;

        DEF_FOREACH(interface, live->interfaces) {
                const char *name = qemu_files_interface(files, interface);

                if (name)
                        interface->target = domain_def_strdup(live, name);
        }
        take_vsock(live, files);
        take_media(live, files, alias);
        take_chains(live, files, alias);
        DEF_FOREACH(hostdev, live->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_USB)
                        take_usb(live, hostdev, files);
        r = domain_def_seal(live, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&live);
        return 0;
}

static void forget_detected(DomainDisk *disk)
{
        for (DomainBacking **at = &disk->backing; *at; at = &(*at)->backing)
                if ((*at)->detected == TRISTATE_YES) {
                        *at = NULL;
                        return;
                }
}

int qemu_live_forget_chains(const DomainDef *def, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        int r;

        DEF_FOREACH(disk, copy->disks)
                forget_detected(disk);
        r = domain_def_seal(copy, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&copy);
        return r;
}

int qemu_live_isolate(const DomainDef *def, const char *alias, DomainDef **ret, Error *error)
{
        static const char *const lists[] = { "disk", "interface", "filesystem", "hostdev", "serial", "parallel",
                                             "console", "channel", "rng", "tpm", "smartcard", "redirdev", "shmem",
                                             "memory", "graphics", "input", "vsock", NULL };
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        int r;

        domain_device_keep(copy, lists, alias);
        copy->os.kernel = copy->os.initrd = copy->os.dtb = copy->os.shim = copy->os.cmdline = NULL;
        copy->os.loader = copy->os.nvram = NULL;
        copy->os.acpi_tables.n = 0;
        copy->sysinfo.n = 0;
        copy->pstore = NULL;
        r = domain_def_seal(copy, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&copy);
        return r;
}

static int refuse_reply(Error *error, const char *command)
{
        return error_set(error, ERROR_OPERATION_FAILED, "QEMU's answer to %s is malformed", command);
}

/* The entry of a character device, or NULL. */
static JsonObject *find_chardev(JsonArray *chardevs, const char *id)
{
        for (guint i = 0; i < json_array_get_length(chardevs); i++) {
                JsonObject *entry = qmp_array_object(chardevs, i);
                const char *label = NULL;

                if (entry && qmp_get_string(entry, "label", &label) > 0 && streq(label, id))
                        return entry;
        }
        return NULL;
}

/* QEMU writes "pty:/dev/pts/3". */
static const char *pty_path(const char *filename)
{
        const char *number;

        if (!g_str_has_prefix(filename, "pty:/dev/pts/"))
                return NULL;
        number = filename + strlen("pty:/dev/pts/");
        if (!*number || strlen(number) > 9 || strspn(number, "0123456789") != strlen(number))
                return NULL;
        return filename + strlen("pty:");
}

static int update_chardev(DomainDef *def, DomainChardev *chardev, JsonArray *chardevs, Error *error)
{
        g_autofree char *id = qemu_chardev_id(chardev);
        JsonObject *entry = find_chardev(chardevs, id);
        const char *filename = NULL, *path;
        bool open = false;

        if (!entry)
                return 0;
        if (qmp_get_string(entry, "filename", &filename) < 0 ||
            qmp_get_bool(entry, "frontend-open", &open) < 0)
                return refuse_reply(error, "query-chardev");
        if (chardev->target_type == DOMAIN_CHARDEV_TARGET_VIRTIO)
                chardev->target_connected = tristate(open);
        if (chardev->type != DOMAIN_CHARDEV_PTY || !filename)
                return 0;
        path = pty_path(filename);
        if (!path)
                return refuse_reply(error, "query-chardev");
        chardev->path = domain_def_strdup(def, path);
        return 0;
}

static int update_chardevs(DomainDef *def, JsonNode *reply, Error *error)
{
        JsonArray *chardevs = qmp_node_array(reply);
        DefList *lists[N_LISTS];

        if (!chardevs)
                return refuse_reply(error, "query-chardev");
        get_chardevs(def, lists);
        for (size_t i = 0; i < N_LISTS; i++)
                for (uint32_t k = 0; k < lists[i]->n; k++) {
                        int r = update_chardev(def, lists[i]->items[k], chardevs, error);

                        if (r < 0)
                                return r;
                }
        if (def->consoles.n > 0 && qemu_console_is_serial(def, def->consoles.items[0]))
                def->consoles.items[0]->path = def->serials.items[0]->path;
        return 0;
}

static int update_vnc(DomainDef *def, JsonNode *reply, Error *error)
{
        JsonObject *vnc = qmp_node_object(reply);
        const char *service = NULL, *family = NULL;
        uint32_t port;

        if (!vnc || qmp_get_string(vnc, "service", &service) < 0 ||
            qmp_get_string(vnc, "family", &family) < 0)
                return refuse_reply(error, "query-vnc");
        if (!service || (!streq_ptr(family, "ipv4") && !streq_ptr(family, "ipv6")))
                return 0;
        if (parse_u32(service, &port) < 0 || port == 0 || port > 65535)
                return refuse_reply(error, "query-vnc");
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_VNC && !graphics->socket)
                        def_put(graphics, port, (int32_t) port);
        return 0;
}

int qemu_live_update(const DomainDef *def, JsonNode *chardevs, JsonNode *vnc, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(def);
        int r = 0;

        if (chardevs)
                r = update_chardevs(live, chardevs, error);
        if (r >= 0 && vnc)
                r = update_vnc(live, vnc, error);
        if (r >= 0)
                r = domain_def_seal(live, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&live);
        return 0;
}

/* Whether the name is the other one, or that with something behind it. */
static bool is_part_of(const char *name, const char *node)
{
        size_t n = strlen(node);

        return strncmp(name, node, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

const DomainDisk *qemu_live_disk_of_node(const DomainDef *def, const char *node_name)
{
        const DomainDisk *found = NULL;
        size_t best = 0;

        DEF_FOREACH(disk, def->disks) {
                g_autofree char *node = disk->info.alias ? qemu_disk_node(disk) : NULL;

                if (!node || !is_part_of(node_name, node) || strlen(node) < best)
                        continue;
                best = strlen(node);
                found = disk;
        }
        return found;
}

/* The id in "/machine/peripheral/ID/…", or the text itself. Free with g_free(). */
static char *device_id(const char *device)
{
        const char *prefix = "/machine/peripheral/";

        if (!g_str_has_prefix(device, prefix))
                return g_strdup(device);
        device += strlen(prefix);
        return g_strndup(device, strcspn(device, "/"));
}

const DomainDisk *qemu_live_disk_of_device(const DomainDef *def, const char *device)
{
        g_autofree char *id = device_id(device);

        DEF_FOREACH(disk, def->disks)
                if (streq_ptr(disk->info.alias, id))
                        return disk;
        return NULL;
}

const DomainChardev *qemu_live_channel(const DomainDef *def, const char *device)
{
        g_autofree char *id = device_id(device);

        DEF_FOREACH(channel, def->channels)
                if (streq_ptr(channel->info.alias, id))
                        return channel;
        return NULL;
}
