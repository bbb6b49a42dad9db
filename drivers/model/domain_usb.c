/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <string.h>

/* Ports of USB controllers and hubs. A port behind hubs is a path: "1.2". */

#define HUB_PORTS 8u

/* What has ports: a controller (no prefix) or a hub. */
typedef struct UsbHub {
        uint32_t bus;
        char *prefix; /* "1." */
        uint32_t n_ports;
        uint64_t used; /* bit n: port n, from 1 */
} UsbHub;

typedef struct UsbTopology {
        GArray *hubs; /* of UsbHub */
} UsbTopology;

static void usb_hub_clear(void *p)
{
        UsbHub *hub = p;

        g_free(hub->prefix);
}

static uint32_t ports_of(const DomainController *controller)
{
        switch (controller->model) {
        case DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI:
        case DOMAIN_CONTROLLER_MODEL_PIIX4_UHCI:
        case DOMAIN_CONTROLLER_MODEL_VT82C686B_UHCI:
                return 2;
        case DOMAIN_CONTROLLER_MODEL_PCI_OHCI:
                return 3;
        case DOMAIN_CONTROLLER_MODEL_EHCI:
        case DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1:
                return 6;
        case DOMAIN_CONTROLLER_MODEL_NEC_XHCI:
        case DOMAIN_CONTROLLER_MODEL_QEMU_XHCI:
                return MIN(def_get(controller, ports, 4), 15);
        case DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1:
        case DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2:
        case DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3:
                /* they serve the ports of their EHCI controller */
                return 0;
        case DOMAIN_CONTROLLER_MODEL_QUSB1:
        case DOMAIN_CONTROLLER_MODEL_QUSB2:
                return def_get(controller, ports, 8);
        case DOMAIN_CONTROLLER_MODEL_AUTO:
        case DOMAIN_CONTROLLER_MODEL_BUSLOGIC:
        case DOMAIN_CONTROLLER_MODEL_LSILOGIC:
        case DOMAIN_CONTROLLER_MODEL_LSISAS1068:
        case DOMAIN_CONTROLLER_MODEL_VMPVSCSI:
        case DOMAIN_CONTROLLER_MODEL_IBMVSCSI:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI:
        case DOMAIN_CONTROLLER_MODEL_LSISAS1078:
        case DOMAIN_CONTROLLER_MODEL_NCR53C90:
        case DOMAIN_CONTROLLER_MODEL_DC390:
        case DOMAIN_CONTROLLER_MODEL_AM53C974:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL:
        case DOMAIN_CONTROLLER_MODEL_NONE:
        case DOMAIN_CONTROLLER_MODEL_PIIX3:
        case DOMAIN_CONTROLLER_MODEL_PIIX4:
        case DOMAIN_CONTROLLER_MODEL_ICH6:
        case DOMAIN_CONTROLLER_MODEL_PCI_ROOT:
        case DOMAIN_CONTROLLER_MODEL_PCIE_ROOT:
        case DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE:
        case DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE:
        case DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE:
        case DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT:
        case DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT:
        case DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT:
        case DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS:
        case DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS:
        case _DOMAIN_CONTROLLER_MODEL_MAX:
                break;
        }
        return 0;
}

static void add_hub(UsbTopology *topology, uint32_t bus, const char *port, uint32_t n_ports)
{
        UsbHub hub = {
                .bus = bus, .n_ports = MIN(n_ports, 63),
                .prefix = port ? g_strconcat(port, ".", NULL) : g_strdup(""),
        };

        g_array_append_val(topology->hubs, hub);
}

static UsbHub *get_hub(UsbTopology *topology, guint i)
{
        return &g_array_index(topology->hubs, UsbHub, i);
}

/* Returns 1 when the port was free, 0 when not, -ENOENT when there is nothing that has it. */
static int mark_port(UsbTopology *topology, const DomainAddress *address)
{
        for (guint i = 0; i < topology->hubs->len; i++) {
                UsbHub *hub = get_hub(topology, i);
                uint32_t port;

                if (hub->bus != address->usb.bus || !g_str_has_prefix(address->usb.port, hub->prefix) ||
                    parse_u32(address->usb.port + strlen(hub->prefix), &port) < 0)
                        continue;
                if (port == 0 || port > hub->n_ports)
                        return -ENOENT;
                if (hub->used & (UINT64_C(1) << port))
                        return 0;
                hub->used |= UINT64_C(1) << port;
                return 1;
        }
        return -ENOENT;
}

static bool find_port(UsbTopology *topology, DomainDef *def, DomainAddress *address)
{
        for (guint i = 0; i < topology->hubs->len; i++) {
                UsbHub *hub = get_hub(topology, i);

                if (def_is_set(address, usb.bus) && address->usb.bus != hub->bus)
                        continue;
                for (uint32_t port = 1; port <= hub->n_ports; port++) {
                        if (hub->used & (UINT64_C(1) << port))
                                continue;
                        hub->used |= UINT64_C(1) << port;
                        def_put(address, usb.bus, hub->bus);
                        address->usb.port = domain_def_printf(def, "%s%" PRIu32, hub->prefix, port);
                        return true;
                }
        }
        return false;
}

static bool has_port(const DomainDevice *device)
{
        return device->address && device->address->type == DOMAIN_ADDRESS_USB && device->address->usb.port;
}

/* The devices that take a port, in the order in which they get one. Hubs are apart. */
static GPtrArray *usb_devices(DomainDef *def)
{
        GPtrArray *devices = g_ptr_array_new();

        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_USB)
                        g_ptr_array_add(devices, &hostdev->info);
        DEF_FOREACH(disk, def->disks)
                if (disk->bus == DOMAIN_DISK_BUS_USB)
                        g_ptr_array_add(devices, &disk->info);
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_CCID)
                        g_ptr_array_add(devices, &controller->info);
        DEF_FOREACH(input, def->inputs)
                if (input->bus == DOMAIN_INPUT_BUS_USB)
                        g_ptr_array_add(devices, &input->info);
        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_USB_SERIAL)
                        g_ptr_array_add(devices, &serial->info);
        DEF_FOREACH(sound, def->sounds)
                if (streq(sound->model, "usb"))
                        g_ptr_array_add(devices, &sound->info);
        DEF_FOREACH(redirdev, def->redirdevs)
                g_ptr_array_add(devices, &redirdev->info);
        DEF_FOREACH(fs, def->filesystems)
                if (fs->driver == DOMAIN_FS_DRIVER_MTP)
                        g_ptr_array_add(devices, &fs->info);
        return devices;
}

static void collect_hubs(DomainDef *def, GPtrArray *hubs)
{
        g_ptr_array_set_size(hubs, 0);
        DEF_FOREACH(hub, def->hubs)
                if (streq(hub->type, "usb"))
                        g_ptr_array_add(hubs, &hub->info);
}

static int reserve(UsbTopology *topology, const GPtrArray *devices, bool are_hubs, Error *error)
{
        for (guint i = 0; i < devices->len; i++) {
                const DomainDevice *device = devices->pdata[i];

                int r;

                if (!has_port(device))
                        continue;
                r = mark_port(topology, device->address);
                if (r < 0)
                        return error_set(error, ERROR_XML_ERROR,
                                         "there is no hub at port %s in USB address bus: %" PRIu32
                                         " port: %s",
                                         device->address->usb.port, device->address->usb.bus,
                                         device->address->usb.port);
                if (r == 0)
                        return error_set(error, ERROR_XML_ERROR,
                                         "Duplicate USB address bus %" PRIu32 " port %s",
                                         device->address->usb.bus, device->address->usb.port);
                if (are_hubs)
                        add_hub(topology, device->address->usb.bus, device->address->usb.port, HUB_PORTS);
        }
        return 0;
}

static int assign(UsbTopology *topology, DomainDef *def, const GPtrArray *devices, bool are_hubs,
                  Error *error)
{
        for (guint i = 0; i < devices->len; i++) {
                DomainDevice *device = devices->pdata[i];
                DomainAddress *address;

                if (has_port(device) || (device->address && device->address->type != DOMAIN_ADDRESS_USB))
                        continue;
                address = domain_new_address(def, device, DOMAIN_ADDRESS_USB);
                if (def_is_set(address, usb.bus) &&
                    !domain_find_controller(def, DOMAIN_CONTROLLER_USB, address->usb.bus))
                        return error_set(error, ERROR_XML_ERROR,
                                         "USB bus %" PRIu32 " requested but no controller with that index "
                                         "is present",
                                         address->usb.bus);
                if (!find_port(topology, def, address))
                        return error_set(error, ERROR_XML_ERROR, "No free USB ports");
                if (are_hubs)
                        add_hub(topology, address->usb.bus, address->usb.port, HUB_PORTS);
        }
        return 0;
}

static unsigned count_without_port(const GPtrArray *devices)
{
        unsigned n = 0;

        for (guint i = 0; i < devices->len; i++)
                n += !has_port(devices->pdata[i]);
        return n;
}

static unsigned count_free_ports(UsbTopology *topology)
{
        unsigned n = 0;

        for (guint i = 0; i < topology->hubs->len; i++)
                for (uint32_t port = 1; port <= get_hub(topology, i)->n_ports; port++)
                        n += !(get_hub(topology, i)->used & (UINT64_C(1) << port));
        return n;
}

/* Each hub takes a port and gives eight. */
static void add_missing_hubs(DomainDef *def, unsigned n_needed, unsigned n_free)
{
        for (; n_free > 0 && n_needed > n_free; n_free += HUB_PORTS - 1) {
                DomainHub *hub = domain_def_new(def, DomainHub);

                hub->type = domain_def_strdup(def, "usb");
                domain_def_append(def, &def->hubs, hub);
        }
}

static int add_controllers(Normalizer *normalizer, UsbTopology *topology, bool needed, Error *error)
{
        DomainDef *def = normalizer->def;
        bool any = false;

        DEF_FOREACH(controller, def->controllers) {
                if (controller->type != DOMAIN_CONTROLLER_USB)
                        continue;
                if (controller->model == DOMAIN_CONTROLLER_MODEL_NONE && needed)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "Can't add USB devices: USB is disabled for this domain");
                any = true;
                if (ports_of(controller) > 0)
                        add_hub(topology, controller->index, NULL, ports_of(controller));
        }
        if (needed && !any && normalizer->traits->usb_default != 0) {
                DomainController *controller = domain_add_controller(def, DOMAIN_CONTROLLER_USB, 0,
                                                                     normalizer->traits->usb_default);

                add_hub(topology, 0, NULL, ports_of(controller));
        }
        return 0;
}

int domain_assign_usb(Normalizer *normalizer, Error *error)
{
        g_autoptr(GPtrArray) devices = usb_devices(normalizer->def), hubs = g_ptr_array_new();
        g_autoptr(GArray) storage = g_array_new(FALSE, FALSE, sizeof(UsbHub));
        UsbTopology topology = { .hubs = storage };
        DomainDef *def = normalizer->def;
        int r;

        g_array_set_clear_func(storage, usb_hub_clear);
        collect_hubs(def, hubs);
        r = add_controllers(normalizer, &topology, devices->len + hubs->len > 0, error);
        if (r < 0 || topology.hubs->len == 0)
                return r;
        r = reserve(&topology, hubs, true, error);
        if (r < 0)
                return r;
        r = reserve(&topology, devices, false, error);
        if (r < 0 || normalizer->host->keep_abi)
                return r;
        add_missing_hubs(def, count_without_port(devices) + count_without_port(hubs),
                         count_free_ports(&topology) + count_without_port(hubs) * HUB_PORTS);
        collect_hubs(def, hubs);
        r = assign(&topology, def, hubs, true, error);
        if (r < 0)
                return r;
        return assign(&topology, def, devices, false, error);
}
