/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_events.h"

#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_plug.h"
#include "drivers/qemu/qemu_plug_clear.h"
#include "drivers/qemu/qemu_plug_vcpus.h"

#include <stdio.h>
#include <string.h>

/* What QEMU says of single devices. */

static void on_balloon_change(QemuGuest *guest, JsonObject *data)
{
        uint64_t bytes, kib;

        if (!data || qmp_get_u64(data, "actual", &bytes) <= 0)
                return;
        kib = bytes / 1024;
        domain_set_balloon(guest->domain, kib);
        domain_emit(guest->domain, DOMAIN_SIGNAL_BALLOON, &kib);
}

static void on_block_io_error(QemuGuest *guest, JsonObject *data)
{
        const char *node = NULL, *device = NULL, *action = NULL;
        const DomainDisk *disk = NULL;
        DomainIOErrorArgs args = { .reason = "" };
        bool nospace = false;

        if (!data || qmp_get_string(data, "action", &action) <= 0)
                return;
        (void) qmp_get_bool(data, "nospace", &nospace);
        if (qmp_get_string(data, "qom-path", &device) > 0)
                disk = qemu_live_disk_of_device(guest->live, device);
        if (!disk && qmp_get_string(data, "node-name", &node) > 0)
                disk = qemu_live_disk_of_node(guest->live, node);
        args.device_alias = disk ? strempty(disk->info.alias) : "";
        args.source = disk ? strempty(disk->source.file ?: disk->source.dev) : "";
        args.action = streq_ptr(action, "stop") ? 1 : streq_ptr(action, "report") ? 2 : 0;
        if (nospace)
                args.reason = "enospc";
        if (args.action == 1)
                guest->io_error = true;
        domain_emit(guest->domain, DOMAIN_SIGNAL_IO_ERROR, &args);
}

/* The drive remembers, for who looks at the definition. */
static void set_tray(QemuGuest *guest, const char *alias, bool is_open)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);

        DEF_FOREACH(disk, live->disks)
                if (streq_ptr(disk->info.alias, alias))
                        disk->tray_open = is_open ? TRISTATE_ON : TRISTATE_ABSENT;
        if (domain_def_seal(live, NULL, NULL) >= 0)
                guest_set_live(guest, live);
}

static void on_tray_moved(QemuGuest *guest, JsonObject *data)
{
        const char *id = NULL;
        const DomainDisk *disk = NULL;
        DomainTrayArgs args;
        g_autofree char *alias = NULL;
        bool is_open = false;

        if (!data || qmp_get_bool(data, "tray-open", &is_open) <= 0)
                return;
        if (qmp_get_string(data, "id", &id) > 0)
                disk = qemu_live_disk_of_device(guest->live, id);
        if (!disk)
                return;
        alias = g_strdup(disk->info.alias);
        set_tray(guest, alias, is_open);
        args = (DomainTrayArgs) { .device_alias = alias, .reason = is_open ? 0 : 1 };
        domain_emit(guest->domain, DOMAIN_SIGNAL_TRAY, &args);
}

static void on_channel(QemuGuest *guest, JsonObject *data)
{
        const char *id = NULL;
        bool is_open;

        if (data && qmp_get_string(data, "id", &id) > 0 && qmp_get_bool(data, "open", &is_open) > 0)
                guest_channel_changed(guest, id, is_open);
}

/* "vda", or "vda[2]" for a layer below, by "BASE-b2-file"; and its path. Free with g_free(). */
static char *device_of_node(const DomainDisk *disk, const char *node, const char **ret_path)
{
        QemuLayerDef layer;

        *ret_path = disk->source.file ?: disk->source.dev;
        for (size_t i = 1; qemu_layer_def(disk, i, &layer); i++) {
                g_autofree char *name = qemu_layer_name(disk, i, "-file");

                if (!streq(name, node))
                        continue;
                *ret_path = qemu_storage_path(layer.source);
                return g_strdup_printf("%s[%" PRIu32 "]", disk->target, qemu_layer_index(disk, i));
        }
        return g_strdup(strempty(disk->target));
}

static void on_write_threshold(QemuGuest *guest, JsonObject *data)
{
        const char *node = NULL;
        const DomainDisk *disk;
        DomainBlockThresholdArgs args = {};
        g_autofree char *device = NULL;

        if (!data || qmp_get_string(data, "node-name", &node) <= 0 ||
            qmp_get_u64(data, "write-threshold", &args.threshold) <= 0 ||
            qmp_get_u64(data, "amount-exceeded", &args.excess) <= 0)
                return;
        disk = qemu_live_disk_of_node(guest->live, node);
        if (!disk)
                return;
        device = device_of_node(disk, node, &args.path);
        args.device = device;
        args.path = strempty(args.path);
        domain_emit(guest->domain, DOMAIN_SIGNAL_BLOCK_THRESHOLD, &args);
}

/* Displays: VNC has "service" where SPICE has "port". */
static DomainGraphicsAddress get_address(JsonObject *object)
{
        static const char *const families[] = { "ipv4", "ipv6", "unix" };
        DomainGraphicsAddress address = { .node = NULL };
        const char *family = NULL;

        if (object) {
                (void) qmp_get_string(object, "family", &family);
                (void) qmp_get_string(object, "host", &address.node);
                if (qmp_get_string(object, "service", &address.service) <= 0)
                        (void) qmp_get_string(object, "port", &address.service);
        }
        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (streq_ptr(family, families[i]))
                        address.family = (int32_t) i;
        address.node = strempty(address.node);
        address.service = strempty(address.service);
        return address;
}

static void on_graphics(QemuGuest *guest, JsonObject *data, DomainGraphicsPhase phase, const char *scheme)
{
        JsonObject *server = NULL, *client = NULL;
        const char *identities[5] = { NULL };
        DomainGraphicsArgs args = { .phase = phase, .identities = identities };
        size_t n = 0;

        if (!data)
                return;
        (void) qmp_get_object(data, "server", &server);
        (void) qmp_get_object(data, "client", &client);
        if (server)
                (void) qmp_get_string(server, "auth", &args.auth_scheme);
        args.auth_scheme = args.auth_scheme ?: scheme;
        args.local = get_address(server);
        args.remote = get_address(client);
        if (client && qmp_get_string(client, "x509_dname", &identities[n + 1]) > 0) {
                identities[n] = "x509dname";
                n += 2;
        }
        if (client && qmp_get_string(client, "sasl_username", &identities[n + 1]) > 0)
                identities[n] = "saslUsername";
        domain_emit(guest->domain, DOMAIN_SIGNAL_GRAPHICS, &args);
}

static void on_vnc_connected(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_CONNECT, "");
}

static void on_vnc_initialized(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_INITIALIZE, "");
}

static void on_vnc_disconnected(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_DISCONNECT, "");
}

static void on_spice_connected(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_CONNECT, "spice");
}

static void on_spice_initialized(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_INITIALIZE, "spice");
}

static void on_spice_disconnected(QemuGuest *guest, JsonObject *data)
{
        on_graphics(guest, data, DOMAIN_GRAPHICS_DISCONNECT, "spice");
}

/* The place of the word in the table, 0 for one that is not there. */
static int32_t number_of(const char *word, const char *const *words)
{
        for (int32_t i = 0; words[i]; i++)
                if (streq_ptr(word, words[i]))
                        return i;
        return 0;
}

static void on_memory_failure(QemuGuest *guest, JsonObject *data)
{
        static const char *const recipients[] = { "hypervisor", "guest", NULL };
        static const char *const actions[] = { "ignore", "inject", "fatal", "reset", NULL };
        const char *recipient = NULL, *action = NULL;
        bool required = false, recursive = false;
        DomainMemoryFailureArgs args;
        JsonObject *flags = NULL;

        if (!data || qmp_get_string(data, "recipient", &recipient) <= 0 ||
            qmp_get_string(data, "action", &action) <= 0)
                return;
        if (qmp_get_object(data, "flags", &flags) > 0) {
                (void) qmp_get_bool(flags, "action-required", &required);
                (void) qmp_get_bool(flags, "recursive", &recursive);
        }
        args = (DomainMemoryFailureArgs) {
                .recipient = number_of(recipient, recipients),
                .action = number_of(action, actions),
                .flags = (required ? 1u : 0) | (recursive ? 2u : 0),
        };
        domain_emit(guest->domain, DOMAIN_SIGNAL_MEMORY_FAILURE, &args);
}

static void on_memory_size(QemuGuest *guest, JsonObject *data)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);
        DomainMemorySizeArgs args = {};
        const char *id = NULL;
        uint64_t size;

        if (!data || qmp_get_string(data, "id", &id) <= 0 || qmp_get_u64(data, "size", &size) <= 0)
                return;
        DEF_FOREACH(memory, live->memories)
                if (streq_ptr(memory->info.alias, id)) {
                        def_put(memory, current, size / 1024);
                        args = (DomainMemorySizeArgs) { .device_alias = id, .size = size / 1024 };
                }
        if (!args.device_alias)
                return;
        if (domain_def_seal(live, NULL, NULL) >= 0)
                guest_set_live(guest, live);
        domain_emit(guest->domain, DOMAIN_SIGNAL_MEMORY_SIZE, &args);
}

/* A guest may give its card another address; QEMU tells that something has changed, and then what. */
static void take_mac(QemuGuest *guest, JsonObject *filter)
{
        const char *name = NULL, *mac = NULL, *known;
        DomainNicMacArgs args;

        if (!filter || qmp_get_string(filter, "name", &name) <= 0 || qmp_get_string(filter, "main-mac", &mac) <= 0)
                return;
        DEF_FOREACH(interface, guest->live->interfaces) {
                if (!streq_ptr(interface->info.alias, name))
                        continue;
                known = g_hash_table_lookup(guest->macs, name) ?: interface->mac;
                if (!known || g_ascii_strcasecmp(known, mac) == 0)
                        return;
                args = (DomainNicMacArgs) { .device_alias = name, .old_mac = known, .new_mac = mac };
                domain_emit(guest->domain, DOMAIN_SIGNAL_NIC_MAC, &args);
                g_hash_table_replace(guest->macs, g_strdup(name), g_strdup(mac));
                return;
        }
}

static void on_rx_filter(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        JsonArray *filters = qmp_node_array(result);
        QemuGuest *guest = userdata;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return;
        for (guint i = 0; filters && i < json_array_get_length(filters); i++)
                take_mac(guest, qmp_array_object(filters, i));
}

static void on_rx_filter_changed(QemuGuest *guest, JsonObject *data)
{
        const char *name = NULL;

        if (data && guest->qmp && qmp_get_string(data, "name", &name) > 0)
                (void) monitor_execute(guest, "query-rx-filter", qmp_object("s:name", name, NULL), on_rx_filter, guest);
}

/*
 * The processor whose interrupt controller is at "/machine/peripheral/vcpu1/lapic". Without KVM QEMU 7.2 never tells of
 * the processor itself: it is gone, but its memory is not given back. Free with g_free().
 */
static char *vcpu_of_path(const char *path)
{
        const char *prefix = "/machine/peripheral/vcpu";

        if (!g_str_has_prefix(path, prefix) || !g_str_has_suffix(path, "/lapic"))
                return NULL;
        path += strlen("/machine/peripheral/");
        return g_strndup(path, strcspn(path, "/"));
}

/* Parts of a device, which have no name of their own, go with it. */
static void on_device_deleted(QemuGuest *guest, JsonObject *data)
{
        const char *alias = NULL, *path = NULL;
        g_autofree char *vcpu = NULL;

        if (data && qmp_get_string(data, "device", &alias) <= 0 && qmp_get_string(data, "path", &path) > 0)
                alias = vcpu = vcpu_of_path(path);
        if (alias && !qemu_vcpu_removed(guest, alias))
                qemu_plug_clear(guest, alias);
}

static void on_unplug_error(QemuGuest *guest, JsonObject *data)
{
        const char *alias = NULL;

        if (data && qmp_get_string(data, "device", &alias) > 0)
                qemu_plug_refused(guest, alias);
}

/*
 * What the guest says by _OST (ACPI 6.4, 6.3.5): of the ejection that we asked for, or of one of its own, that it
 * has failed. That it goes on says nothing.
 */
static void on_acpi_ost(QemuGuest *guest, JsonObject *data)
{
        enum {
                EJECT_REQUEST = 0x3,
                EJECT_BY_GUEST = 0x103,
                STATUS_SUCCESS = 0,
                STATUS_IN_PROGRESS = 0x84,
        };
        const char *alias = NULL;
        JsonObject *info = NULL;
        uint64_t source, status;

        if (!data || qmp_get_object(data, "info", &info) <= 0 || qmp_get_string(info, "device", &alias) <= 0 ||
            qmp_get_u64(info, "source", &source) <= 0 || qmp_get_u64(info, "status", &status) <= 0)
                return;
        if ((source == EJECT_REQUEST || source == EJECT_BY_GUEST) && status != STATUS_SUCCESS &&
            status != STATUS_IN_PROGRESS)
                qemu_plug_refused(guest, alias);
}

static const struct {
        const char *name;
        void (*handle)(QemuGuest *guest, JsonObject *data);
} events[] = {
        { "ACPI_DEVICE_OST", on_acpi_ost },
        { "BALLOON_CHANGE", on_balloon_change },
        { "BLOCK_IO_ERROR", on_block_io_error },
        { "BLOCK_WRITE_THRESHOLD", on_write_threshold },
        { "DEVICE_DELETED", on_device_deleted },
        { "DEVICE_TRAY_MOVED", on_tray_moved },
        { "DEVICE_UNPLUG_GUEST_ERROR", on_unplug_error },
        { "JOB_STATUS_CHANGE", qemu_block_event },
        { "MEMORY_DEVICE_SIZE_CHANGE", on_memory_size },
        { "MEMORY_FAILURE", on_memory_failure },
        { "MEM_UNPLUG_ERROR", on_unplug_error },
        { "NIC_RX_FILTER_CHANGED", on_rx_filter_changed },
        { "SPICE_CONNECTED", on_spice_connected },
        { "SPICE_DISCONNECTED", on_spice_disconnected },
        { "SPICE_INITIALIZED", on_spice_initialized },
        { "VNC_CONNECTED", on_vnc_connected },
        { "VNC_DISCONNECTED", on_vnc_disconnected },
        { "VNC_INITIALIZED", on_vnc_initialized },
        { "VSERPORT_CHANGE", on_channel },
};

void qemu_event_of_device(QemuGuest *guest, const char *name, JsonObject *data)
{
        for (size_t i = 0; i < ELEMENTSOF(events); i++)
                if (streq(name, events[i].name)) {
                        events[i].handle(guest, data);
                        return;
                }
}
