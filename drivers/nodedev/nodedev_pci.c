/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_reading.h"

#include "drivers/nodedev/nodedev_vpd.h"

#include <stdio.h>

/* Configuration space: PCI Local Bus Specification, chapter 6; PCI Express Base Specification, chapter 7. */
#define CONFIG_BYTES 256
#define CONFIG_STATUS 0x06
#define CONFIG_STATUS_CAPABILITIES 0x10
#define CONFIG_HEADER_TYPE 0x0e
#define CONFIG_CAPABILITIES 0x34
#define CONFIG_FIRST_CAPABILITY 0x40
#define CAPABILITY_PCIE 0x10
#define PCIE_LINK_CAPABILITIES 0x0c
#define PCIE_LINK_STATUS 0x12
#define PCIE_BYTES 0x14

static bool parse_address(const char *name, HostPciAddress *ret)
{
        unsigned domain, bus, slot, function;
        int end = 0;

        if (sscanf(name, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function, &end) != 4 || name[end])
                return false;
        def_put(ret, domain, domain);
        def_put(ret, bus, bus);
        def_put(ret, slot, slot);
        def_put(ret, function, function);
        return true;
}

static HostPciAddress *address_new(const NodedevReading *reading, const char *name)
{
        HostPciAddress *address = arena_new0(reading->arena, HostPciAddress);

        return name && parse_address(name, address) ? address : NULL;
}

static void read_id(const NodedevReading *reading, const char *name, NodeDevId *id)
{
        uint32_t value = 0;

        (void) nodedev_u32(reading, name, 16, &value);
        def_put(id, id, value);
}

/* libvirt names what the ids name; udev's own properties may be those of the subsystem. */
static void read_ids(const NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        g_autofree char *modalias = NULL;

        read_id(reading, "vendor", &cap->vendor);
        read_id(reading, "device", &cap->product);
        modalias = g_strdup_printf("pci:v%08Xd%08X", cap->vendor.id, cap->product.id);
        cap->vendor.name = nodedev_hwdb_name(reading, modalias, "ID_VENDOR_FROM_DATABASE");
        cap->product.name = nodedev_hwdb_name(reading, modalias, "ID_MODEL_FROM_DATABASE");
}

static void read_functions(const NodedevReading *reading)
{
        g_autofree char *physical = sysfs_link(reading->fd, "physfn");
        HostPciAddress *address = address_new(reading, physical);
        g_auto(GStrv) names = sysfs_list(reading->fd, ".", "virtfn");
        NodeDevPart *part;
        uint32_t max = 0;

        if (address) {
                part = nodedev_add_part(reading, NODEDEV_PART_PHYS_FUNCTION);
                def_append(reading->arena, &part->addresses, address);
        }
        (void) nodedev_u32(reading, "sriov_totalvfs", 10, &max);
        if (max == 0 && !names)
                return;
        part = nodedev_add_part(reading, NODEDEV_PART_VIRT_FUNCTIONS);
        if (max > 0)
                def_put(part, max_count, max);
        for (char **name = names; name && *name; name++) {
                g_autofree char *target = sysfs_link(reading->fd, *name);

                address = address_new(reading, target);
                if (address)
                        def_append(reading->arena, &part->addresses, address);
        }
}

static void read_group(const NodedevReading *reading)
{
        g_autofree char *number = sysfs_link(reading->fd, "iommu_group");
        g_auto(GStrv) names = sysfs_list(reading->fd, "iommu_group/devices", "");
        NodeDevIommuGroup *group = &reading->cap->iommu_group;
        uint32_t value;

        if (!number || !names || parse_u32(number, &value) < 0)
                return;
        for (char **name = names; *name; name++) {
                HostPciAddress *address = address_new(reading, *name);

                if (address)
                        def_append(reading->arena, &group->addresses, address);
        }
        if (group->addresses.n > 0)
                def_put(group, number, value);
}

static void add_link(const NodedevReading *reading, NodeDevPcie *pcie, NodeDevLinkValidity validity, uint32_t word)
{
        static const char *const speeds[] = { NULL, "2.5", "5", "8", "16", "32", "64" };
        NodeDevPcieLink *link = arena_new0(reading->arena, NodeDevPcieLink);
        const uint32_t speed = word & 0xf, width = word >> 4 & 0x3f;

        link->validity = validity;
        if (validity == NODEDEV_LINK_CAP)
                def_put(link, port, word >> 24);
        if (speed < ELEMENTSOF(speeds))
                link->speed = speeds[speed];
        def_put(link, width, width);
        def_append(reading->arena, &pcie->links, link);
}

static void read_pcie(const NodedevReading *reading, const uint8_t *capability)
{
        NodeDevPcie *pcie = arena_new0(reading->arena, NodeDevPcie);
        uint32_t could = 0, does = 0;

        for (unsigned i = 0; i < 4; i++)
                could |= (uint32_t) capability[PCIE_LINK_CAPABILITIES + i] << 8 * i;
        for (unsigned i = 0; i < 2; i++)
                does |= (uint32_t) capability[PCIE_LINK_STATUS + i] << 8 * i;
        reading->cap->pcie = pcie;
        /* what is integrated has none */
        if ((could & 0x3ff) == 0)
                return;
        add_link(reading, pcie, NODEDEV_LINK_CAP, could);
        add_link(reading, pcie, NODEDEV_LINK_STA, does);
}

static void read_config(const NodedevReading *reading)
{
        _cleanup_close_ int fd = openat(reading->fd, "config", O_RDONLY | O_CLOEXEC);
        uint8_t config[CONFIG_BYTES] = {};
        const ssize_t size = fd < 0 ? -1 : read(fd, config, sizeof(config));
        size_t at = config[CONFIG_CAPABILITIES];

        if (size < CONFIG_FIRST_CAPABILITY)
                return;
        if ((config[CONFIG_HEADER_TYPE] & 0x7f) == 1)
                (void) nodedev_add_part(reading, NODEDEV_PART_PCI_BRIDGE);
        else if ((config[CONFIG_HEADER_TYPE] & 0x7f) == 2)
                (void) nodedev_add_part(reading, NODEDEV_PART_CARDBUS_BRIDGE);
        if (!(config[CONFIG_STATUS] & CONFIG_STATUS_CAPABILITIES))
                return;
        /* four bytes each at least, so a list that goes in circles ends */
        for (unsigned i = 0; i < CONFIG_BYTES / 4 && at >= CONFIG_FIRST_CAPABILITY && at + PCIE_BYTES <= (size_t) size;
             i++, at = config[at + 1])
                if (config[at] == CAPABILITY_PCIE) {
                        read_pcie(reading, config + at);
                        return;
                }
}

static void read_vpd(const NodedevReading *reading)
{
        g_autofree char *data = NULL;
        NodeDevPart *part = arena_new0(reading->arena, NodeDevPart);
        size_t size;

        if (read_file_at(reading->fd, "vpd", NODEDEV_VPD_BYTES_MAX, &data, &size) >= 0 &&
            nodedev_vpd_parse((const uint8_t *) data, size, reading->arena, part))
                def_append(reading->arena, &reading->cap->parts, part);
}

bool nodedev_read_pci(NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        HostPciAddress address = {};
        g_autofree char *node = sysfs_text(reading->fd, "numa_node");
        int64_t number;
        uint32_t class;

        if (!parse_address(reading->sysname, &address))
                return false;
        def_put(cap, domain, address.domain);
        def_put(cap, bus, address.bus);
        def_put(cap, slot, address.slot);
        def_put(cap, function, address.function);
        if (nodedev_u32(reading, "class", 16, &class))
                def_put(cap, class_, class);
        if (node && parse_i64(node, &number) >= 0 && number >= 0 && number <= INT32_MAX)
                def_put(cap, numa_node, (int32_t) number);
        read_ids(reading);
        read_functions(reading);
        read_config(reading);
        nodedev_add_mdev_types(reading);
        read_vpd(reading);
        read_group(reading);
        return true;
}
