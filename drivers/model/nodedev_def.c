/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nodedev_def.h"

#include <string.h>

#define ROOT "device"
#define CAP(t) IS(NODEDEV_CAP_##t)
#define OF(mask) WHEN(NodeDevCap, type, mask)
#define PART(t) IS(NODEDEV_PART_##t)
#define OF_PART(mask) WHEN(NodeDevPart, type, mask)

const char *const nodedev_cap_table[_NODEDEV_CAP_MAX] = {
        [NODEDEV_CAP_SYSTEM] = "system",
        [NODEDEV_CAP_PCI] = "pci",
        [NODEDEV_CAP_USB_DEVICE] = "usb_device",
        [NODEDEV_CAP_USB] = "usb",
        [NODEDEV_CAP_NET] = "net",
        [NODEDEV_CAP_SCSI_HOST] = "scsi_host",
        [NODEDEV_CAP_SCSI_TARGET] = "scsi_target",
        [NODEDEV_CAP_SCSI] = "scsi",
        [NODEDEV_CAP_STORAGE] = "storage",
        [NODEDEV_CAP_FC_HOST] = "fc_host",
        [NODEDEV_CAP_VPORTS] = "vports",
        [NODEDEV_CAP_SCSI_GENERIC] = "scsi_generic",
        [NODEDEV_CAP_DRM] = "drm",
        [NODEDEV_CAP_MDEV_TYPES] = "mdev_types",
        [NODEDEV_CAP_MDEV] = "mdev",
        [NODEDEV_CAP_CCW] = "ccw",
        [NODEDEV_CAP_CSS] = "css",
        [NODEDEV_CAP_VDPA] = "vdpa",
        [NODEDEV_CAP_AP_CARD] = "ap_card",
        [NODEDEV_CAP_AP_QUEUE] = "ap_queue",
        [NODEDEV_CAP_AP_MATRIX] = "ap_matrix",
        [NODEDEV_CAP_VPD] = "vpd",
        [NODEDEV_CAP_CCWGROUP] = "ccwgroup",
};
DEFINE_STRING_TABLE(nodedev_cap, NodeDevCapType)

const char *const nodedev_part_table[_NODEDEV_PART_MAX] = {
        [NODEDEV_PART_PHYS_FUNCTION] = "phys_function",
        [NODEDEV_PART_VIRT_FUNCTIONS] = "virt_functions",
        [NODEDEV_PART_PCI_BRIDGE] = "pci-bridge",
        [NODEDEV_PART_CARDBUS_BRIDGE] = "cardbus-bridge",
        [NODEDEV_PART_MDEV_TYPES] = "mdev_types",
        [NODEDEV_PART_VPD] = "vpd",
        [NODEDEV_PART_80203] = "80203",
        [NODEDEV_PART_80211] = "80211",
        [NODEDEV_PART_FC_HOST] = "fc_host",
        [NODEDEV_PART_VPORT_OPS] = "vport_ops",
        [NODEDEV_PART_FC_REMOTE_PORT] = "fc_remote_port",
        [NODEDEV_PART_REMOVABLE] = "removable",
        [NODEDEV_PART_HOTPLUGGABLE] = "hotpluggable",
        [NODEDEV_PART_CCWGROUP_MEMBER] = "ccwgroup_member",
        [NODEDEV_PART_QETH_GENERIC] = "qeth_generic",
};
DEFINE_STRING_TABLE(nodedev_part, NodeDevPartType)

const char *const nodedev_devnode_table[_NODEDEV_DEVNODE_MAX] = {
        [NODEDEV_DEVNODE_DEV] = "dev",
        [NODEDEV_DEVNODE_LINK] = "link",
};
DEFINE_STRING_TABLE(nodedev_devnode, NodeDevDevnodeType)

const char *const nodedev_vpd_table[_NODEDEV_VPD_MAX] = {
        [NODEDEV_VPD_READONLY] = "readonly",
        [NODEDEV_VPD_READWRITE] = "readwrite",
};
DEFINE_STRING_TABLE(nodedev_vpd, NodeDevVpdAccess)

const char *const nodedev_link_table[_NODEDEV_LINK_MAX] = {
        [NODEDEV_LINK_CAP] = "cap",
        [NODEDEV_LINK_STA] = "sta",
};
DEFINE_STRING_TABLE(nodedev_link, NodeDevLinkValidity)

/* A host may have more domains than an address in other definitions can name. */
static const DefRow pci_address_rows[] = {
        ATTR(HostPciAddress, "domain", domain, HEX(4)),
        EMBED_SELF(host_pci_place_rows),
};
static DEF_TYPE_PLAIN(pci_address_type, HostPciAddress, pci_address_rows, .finish = host_pci_address_finish);

static const DefRow id_rows[] = {
        ATTR(NodeDevId, "id", id, HEX(4), RANGE(0, 0xffff), FLAGS(DEF_REQUIRED)),
        TEXT(NodeDevId, name),
};
static DEF_TYPE_PLAIN(id_type, NodeDevId, id_rows);

static const DefRow mdev_type_rows[] = {
        ATTR(NodeDevMdevType, "id", id, FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevMdevType, "name", name),
        ELEMENT(NodeDevMdevType, "deviceAPI", api, FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevMdevType, "availableInstances", available, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(mdev_type_type, NodeDevMdevType, mdev_type_rows);

static bool index_check(const char *s)
{
        return (g_ascii_isdigit(*s) || g_ascii_isupper(*s)) && !s[1];
}

static const DefSyntax index_syntax = { "index of a field", index_check, NULL };

static const DefRow vpd_field_rows[] = {
        ATTR(NodeDevVpdField, "index", index, SYNTAX(index_syntax), FLAGS(DEF_REQUIRED)),
        TEXT(NodeDevVpdField, value),
};
static DEF_TYPE_PLAIN(vpd_field_type, NodeDevVpdField, vpd_field_rows);

#define READONLY WHEN(NodeDevVpdFields, access, IS(NODEDEV_VPD_READONLY))
#define READWRITE WHEN(NodeDevVpdFields, access, IS(NODEDEV_VPD_READWRITE))

static const DefRow vpd_fields_rows[] = {
        ATTR(NodeDevVpdFields, "access", access, WORDS(nodedev_vpd), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevVpdFields, "change_level", change_level, READONLY),
        ELEMENT(NodeDevVpdFields, "manufacture_id", manufacture_id, READONLY),
        ELEMENT(NodeDevVpdFields, "part_number", part_number, READONLY),
        ELEMENT(NodeDevVpdFields, "serial_number", serial_number, READONLY),
        ELEMENT(NodeDevVpdFields, "asset_tag", asset_tag, READWRITE),
        LIST(NodeDevVpdFields, "vendor_field", vendor_fields, vpd_field_type),
        LIST(NodeDevVpdFields, "system_field", system_fields, vpd_field_type, READWRITE),
};
static DEF_TYPE_PLAIN(vpd_fields_type, NodeDevVpdFields, vpd_fields_rows);

static const DefRow part_rows[] = {
        ATTR(NodeDevPart, "type", type, WORDS(nodedev_part), FLAGS(DEF_REQUIRED)),
        ATTR(NodeDevPart, "maxCount", max_count),
        LIST(NodeDevPart, "address", addresses, pci_address_type,
             OF_PART(PART(PHYS_FUNCTION) | PART(VIRT_FUNCTIONS))),
        LIST(NodeDevPart, "type", mdev_types, mdev_type_type, OF_PART(PART(MDEV_TYPES))),
        ELEMENT(NodeDevPart, "name", name, OF_PART(PART(VPD))),
        LIST(NodeDevPart, "fields", fields, vpd_fields_type, OF_PART(PART(VPD))),
        ELEMENT(NodeDevPart, "wwnn", wwnn, OF_PART(PART(FC_HOST))),
        ELEMENT(NodeDevPart, "rport", rport, OF_PART(PART(FC_REMOTE_PORT))),
        ELEMENT(NodeDevPart, "wwpn", wwpn, OF_PART(PART(FC_HOST) | PART(FC_REMOTE_PORT))),
        ELEMENT(NodeDevPart, "fabric_wwn", fabric_wwn, OF_PART(PART(FC_HOST))),
        ELEMENT(NodeDevPart, "max_vports", max_vports, OF_PART(PART(VPORT_OPS))),
        ELEMENT(NodeDevPart, "vports", vports, OF_PART(PART(VPORT_OPS))),
        ELEMENT(NodeDevPart, "media_available", media_available, RANGE(0, 1), OF_PART(PART(REMOVABLE))),
        ELEMENT(NodeDevPart, "media_size", media_size, OF_PART(PART(REMOVABLE))),
        ELEMENT(NodeDevPart, "media_label", media_label, OF_PART(PART(REMOVABLE))),
        ELEMENT(NodeDevPart, "logical_block_size", logical_block_size, OF_PART(PART(REMOVABLE))),
        ELEMENT(NodeDevPart, "num_blocks", num_blocks, OF_PART(PART(REMOVABLE))),
        ELEMENT(NodeDevPart, "group_device", group_device, OF_PART(PART(CCWGROUP_MEMBER))),
        ELEMENT(NodeDevPart, "card_type", card_type, OF_PART(PART(QETH_GENERIC))),
        ELEMENT(NodeDevPart, "chpid", chpid, OF_PART(PART(QETH_GENERIC))),
};

static void part_finish(void *p, Arena *arena, bool live)
{
        NodeDevPart *part = p;

        if (part->max_count == 0)
                def_drop(part, max_count);
        if (part->logical_block_size == 0)
                def_drop(part, logical_block_size);
        if (part->num_blocks == 0)
                def_drop(part, num_blocks);
}

static void check_part(const void *p, DefChecker *checker)
{
        const NodeDevPart *part = p;

        if (part->type == NODEDEV_PART_FC_HOST && (!part->wwnn || !part->wwpn))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "no WWNN or WWPN for the capability 'fc_host'");
        if (part->type == NODEDEV_PART_FC_REMOTE_PORT && (!part->rport || !part->wwpn))
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "no rport name or WWPN for the capability 'fc_remote_port'");
}

static const DefRule part_rules[] = {
        { "fibre-channel-names", check_part },
        {},
};
static DEF_TYPE_PLAIN(part_type, NodeDevPart, part_rows, .finish = part_finish, .rules = part_rules);

static const DefRow hardware_rows[] = {
        ELEMENT(NodeDevCap, "vendor", hardware_vendor),
        ELEMENT(NodeDevCap, "version", hardware_version),
        ELEMENT(NodeDevCap, "serial", hardware_serial),
        ELEMENT(NodeDevCap, "uuid", hardware_uuid, SYNTAX(def_syntax_uuid)),
};
static DEF_TYPE_PLAIN(hardware_type, NodeDevCap, hardware_rows);

static const DefRow firmware_rows[] = {
        ELEMENT(NodeDevCap, "vendor", firmware_vendor),
        ELEMENT(NodeDevCap, "version", firmware_version),
        ELEMENT(NodeDevCap, "release_date", firmware_date),
};
static DEF_TYPE_PLAIN(firmware_type, NodeDevCap, firmware_rows);

static const DefRow numa_rows[] = { ATTR(NodeDevCap, "node", numa_node) };
static DEF_TYPE_PLAIN(numa_type, NodeDevCap, numa_rows);

static const DefRow pcie_link_rows[] = {
        ATTR(NodeDevPcieLink, "validity", validity, WORDS(nodedev_link), FLAGS(DEF_REQUIRED)),
        ATTR(NodeDevPcieLink, "port", port),
        ATTR(NodeDevPcieLink, "speed", speed),
        ATTR(NodeDevPcieLink, "width", width, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(pcie_link_type, NodeDevPcieLink, pcie_link_rows);

static const DefRow pcie_rows[] = { LIST(NodeDevPcie, "link", links, pcie_link_type) };
static DEF_TYPE_PLAIN(pcie_type, NodeDevPcie, pcie_rows);

static const DefRow iommu_rows[] = {
        ATTR(NodeDevIommuGroup, "number", number),
        LIST(NodeDevIommuGroup, "address", addresses, pci_address_type),
};
static DEF_TYPE_PLAIN(iommu_type, NodeDevIommuGroup, iommu_rows);

static const DefRow link_rows[] = {
        ATTR(NodeDevCap, "speed", link_speed),
        ATTR(NodeDevCap, "state", link_state),
};
static DEF_TYPE_PLAIN(link_type, NodeDevCap, link_rows);

static const DefRow feature_rows[] = { ATTR(NodeDevFeature, "name", name, FLAGS(DEF_REQUIRED)) };
static DEF_TYPE_PLAIN(feature_type, NodeDevFeature, feature_rows);

static const DefRow mdev_id_rows[] = { ATTR(NodeDevCap, "id", mdev_type) };
static DEF_TYPE_PLAIN(mdev_id_type, NodeDevCap, mdev_id_rows);

static const DefRow attribute_rows[] = {
        ATTR(NodeDevAttribute, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(NodeDevAttribute, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(attribute_type, NodeDevAttribute, attribute_rows);

static const DefRow ccw_rows[] = {
        ELEMENT(NodeDevCcwAddress, "cssid", cssid, HEX(1), RANGE(0, 254), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCcwAddress, "ssid", ssid, HEX(1), RANGE(0, 3), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCcwAddress, "devno", devno, HEX(4), RANGE(0, 0xffff), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(ccw_type, NodeDevCcwAddress, ccw_rows);

static const DefRow member_rows[] = {
        ATTR(NodeDevCcwMember, "ref", ref, FLAGS(DEF_REQUIRED)),
        TEXT(NodeDevCcwMember, device, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(member_type, NodeDevCcwMember, member_rows);

static const DefRow members_rows[] = { LIST(NodeDevCap, "ccw_device", members, member_type) };
static DEF_TYPE_PLAIN(members_type, NodeDevCap, members_rows);

#define PCI_ID(field) ELEMENT(NodeDevCap, #field, field, OF(CAP(PCI)), FLAGS(DEF_REQUIRED))
#define USB_NUMBER(name, field) ELEMENT(NodeDevCap, name, field, OF(CAP(USB)), FLAGS(DEF_REQUIRED | DEF_ANY_BASE))
#define SCSI_NUMBER(field) ELEMENT(NodeDevCap, #field, field, OF(CAP(SCSI)), FLAGS(DEF_REQUIRED))
#define WITH_CCW (CAP(CCW) | CAP(CSS) | CAP(CCWGROUP))

static const DefRow cap_rows[] = {
        ATTR(NodeDevCap, "type", type, WORDS(nodedev_cap), FLAGS(DEF_REQUIRED)),

        ELEMENT(NodeDevCap, "product", product_name, OF(CAP(SYSTEM))),
        GROUP("hardware", hardware_type, OF(CAP(SYSTEM)), FLAGS(DEF_ALWAYS | DEF_END_TAG)),
        GROUP("firmware", firmware_type, OF(CAP(SYSTEM)), FLAGS(DEF_ALWAYS | DEF_END_TAG)),

        ELEMENT(NodeDevCap, "class", class_, OF(CAP(PCI)), HEX(6), RANGE(0, 0xffffff)),
        PCI_ID(domain),
        PCI_ID(bus),
        PCI_ID(slot),
        PCI_ID(function),

        ELEMENT(NodeDevCap, "bus", bus, OF(CAP(USB_DEVICE)), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "device", device, OF(CAP(USB_DEVICE)), FLAGS(DEF_REQUIRED)),
        GROUP_IN(NodeDevCap, "product", product, id_type, OF(CAP(PCI) | CAP(USB_DEVICE)), FLAGS(DEF_REQUIRED)),
        GROUP_IN(NodeDevCap, "vendor", vendor, id_type, OF(CAP(PCI) | CAP(USB_DEVICE)), FLAGS(DEF_REQUIRED)),

        USB_NUMBER("number", number),
        USB_NUMBER("class", class_),
        USB_NUMBER("subclass", subclass),
        USB_NUMBER("protocol", protocol),
        ELEMENT(NodeDevCap, "description", description, OF(CAP(USB))),

        ELEMENT(NodeDevCap, "interface", interface, OF(CAP(NET)), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "address", address, OF(CAP(NET))),
        GROUP("link", link_type, OF(CAP(NET))),
        LIST(NodeDevCap, "feature", features, feature_type, OF(CAP(NET))),

        ELEMENT(NodeDevCap, "host", host, OF(CAP(SCSI_HOST) | CAP(SCSI))),
        ELEMENT(NodeDevCap, "unique_id", unique_id, OF(CAP(SCSI_HOST))),
        ELEMENT(NodeDevCap, "target", target_name, OF(CAP(SCSI_TARGET)), FLAGS(DEF_REQUIRED)),
        SCSI_NUMBER(bus),
        SCSI_NUMBER(target),
        SCSI_NUMBER(lun),
        ELEMENT(NodeDevCap, "type", scsi_type, OF(CAP(SCSI))),

        ELEMENT(NodeDevCap, "block", block, OF(CAP(STORAGE)), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "bus", storage_bus, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "drive_type", drive_type, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "model", model, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "vendor", vendor_name, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "serial", serial, OF(CAP(STORAGE))),

        ELEMENT(NodeDevCap, "char", chardev, OF(CAP(SCSI_GENERIC)), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "chardev", chardev, OF(CAP(VDPA)), FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "type", drm_type, OF(CAP(DRM)), FLAGS(DEF_REQUIRED)),

        GROUP("type", mdev_id_type, OF(CAP(MDEV))),
        ELEMENT(NodeDevCap, "uuid", uuid, OF(CAP(MDEV)), SYNTAX(def_syntax_uuid)),
        ELEMENT(NodeDevCap, "parent_addr", parent_address, OF(CAP(MDEV))),
        GROUP_IN(NodeDevCap, "iommuGroup", iommu_group, iommu_type, OF(CAP(MDEV)), FLAGS(DEF_LIVE)),
        LIST(NodeDevCap, "attr", attributes, attribute_type, OF(CAP(MDEV))),

        ELEMENT(NodeDevCap, "state", state, OF(CAP(CCWGROUP))),
        EMBED(NodeDevCap, ccw, ccw_type, OF(WITH_CCW)),
        CHILD(NodeDevCap, "channel_dev_addr", channel, ccw_type, OF(CAP(CSS))),
        GROUP("members", members_type, OF(CAP(CCWGROUP))),

        ELEMENT(NodeDevCap, "ap-adapter", ap_adapter, OF(CAP(AP_CARD) | CAP(AP_QUEUE)), HEX(2), RANGE(0, 255),
                FLAGS(DEF_REQUIRED)),
        ELEMENT(NodeDevCap, "ap-domain", ap_domain, OF(CAP(AP_QUEUE)), HEX(4), RANGE(0, 255), FLAGS(DEF_REQUIRED)),

        LIST(NodeDevCap, "capability", parts, part_type),
        ELEMENT(NodeDevCap, "size", size, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "logical_block_size", logical_block_size, OF(CAP(STORAGE))),
        ELEMENT(NodeDevCap, "num_blocks", num_blocks, OF(CAP(STORAGE))),
        LIST(NodeDevCap, "capability", late_parts, part_type, OF(CAP(STORAGE))),

        GROUP_IN(NodeDevCap, "iommuGroup", iommu_group, iommu_type, OF(CAP(PCI))),
        GROUP("numa", numa_type, OF(CAP(PCI))),
        CHILD(NodeDevCap, "pci-express", pcie, pcie_type, OF(CAP(PCI))),
};

static int compare_parts(const void *a, const void *b, void *userdata)
{
        const NodeDevPart *x = *(const NodeDevPart *const *) a, *y = *(const NodeDevPart *const *) b;

        return (int) x->type - (int) y->type;
}

static void order_parts(NodeDevCap *cap, Arena *arena)
{
        if (cap->parts.n > 1)
                g_qsort_with_data(cap->parts.items, (int) cap->parts.n, sizeof(cap->parts.items[0]), compare_parts,
                                  NULL);
        if (cap->type != NODEDEV_CAP_STORAGE)
                return;
        for (uint32_t i = 0; i < cap->parts.n; i++)
                if (cap->parts.items[i]->type == NODEDEV_PART_HOTPLUGGABLE) {
                        def_append(arena, &cap->late_parts, cap->parts.items[i]);
                        def_remove(&cap->parts, i--);
                }
}

static void drop_size(NodeDevCap *cap)
{
        bool removable = nodedev_cap_part(cap, NODEDEV_PART_REMOVABLE);

        if (removable)
                def_drop(cap, size);
        else if (cap->type == NODEDEV_CAP_STORAGE)
                def_put(cap, size, cap->size);
        if (removable || cap->logical_block_size == 0)
                def_drop(cap, logical_block_size);
        if (removable || cap->num_blocks == 0)
                def_drop(cap, num_blocks);
}

static void cap_finish(void *p, Arena *arena, bool live)
{
        NodeDevCap *cap = p;

        order_parts(cap, arena);
        drop_size(cap);
        if (cap->type == NODEDEV_CAP_MDEV && live)
                def_put(&cap->iommu_group, number, cap->iommu_group.number);
        if (cap->numa_node < 0)
                def_drop(cap, numa_node);
        /* without members there is nothing that a group is of */
        if (cap->type == NODEDEV_CAP_PCI && cap->iommu_group.addresses.n == 0)
                def_drop(&cap->iommu_group, number);
}

static void check_cap(const void *p, DefChecker *checker)
{
        static const uint32_t nested = CAP(FC_HOST) | CAP(VPORTS) | CAP(MDEV_TYPES) | CAP(VPD);
        const NodeDevCap *cap = p;

        if (nested & IS(cap->type))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "unknown capability type '%s' for a device of its own",
                             nodedev_cap_to_string(cap->type));
        if (cap->type == NODEDEV_CAP_MDEV && !cap->mdev_type)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "missing type id attribute");
        if (cap->drm_type && !streq(cap->drm_type, "primary") && !streq(cap->drm_type, "control") &&
            !streq(cap->drm_type, "render"))
                checker_fail(checker, ERROR_XML_ERROR, "type", "unknown drm type '%s'", cap->drm_type);
}

static const DefRule cap_rules[] = {
        { "capability-stands-alone", check_cap },
        {},
};
static DEF_TYPE_PLAIN(cap_type, NodeDevCap, cap_rows, .finish = cap_finish, .rules = cap_rules);

static const DefRow devnode_rows[] = {
        ATTR(NodeDevDevnode, "type", type, WORDS(nodedev_devnode), FLAGS(DEF_REQUIRED)),
        TEXT(NodeDevDevnode, path),
};
static DEF_TYPE_PLAIN(devnode_type, NodeDevDevnode, devnode_rows);

static const DefRow parent_rows[] = {
        ATTR(NodeDevDef, "wwnn", parent_wwnn),
        ATTR(NodeDevDef, "wwpn", parent_wwpn),
        ATTR(NodeDevDef, "fabric_wwn", parent_fabric_wwn),
        TEXT(NodeDevDef, parent),
};
static DEF_TYPE(parent_type, NodeDevDef, parent_rows);

static const DefRow driver_rows[] = { ELEMENT(NodeDevDef, "name", driver) };
static DEF_TYPE(driver_type, NodeDevDef, driver_rows);

static const DefRow root_rows[] = {
        ELEMENT(NodeDevDef, "name", name),
        ELEMENT(NodeDevDef, "path", path),
        LIST(NodeDevDef, "devnode", devnodes, devnode_type),
        GROUP("parent", parent_type),
        GROUP("driver", driver_type),
        LIST(NodeDevDef, "capability", caps, cap_type, FLAGS(DEF_END_TAG)),
};

static int compare_devnodes(const void *a, const void *b, void *userdata)
{
        const NodeDevDevnode *x = *(const NodeDevDevnode *const *) a, *y = *(const NodeDevDevnode *const *) b;

        return (int) x->type - (int) y->type;
}

static void root_finish(void *p, Arena *arena, bool live)
{
        NodeDevDef *def = p;

        if (def->devnodes.n > 1)
                g_qsort_with_data(def->devnodes.items, (int) def->devnodes.n, sizeof(def->devnodes.items[0]),
                                  compare_devnodes, NULL);
}

static void check_root(const void *p, DefChecker *checker)
{
        const NodeDevDef *def = p;

        if (def->caps.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "no device capabilities for '%s'",
                             def->name ?: "new device");
        if (!def->parent_wwnn != !def->parent_wwpn)
                checker_fail(checker, ERROR_XML_ERROR, "parent", "missing %s value for parent '%s'",
                             def->parent_wwnn ? "wwpn" : "wwnn", def->parent_wwnn ?: def->parent_wwpn);
}

static const DefRule root_rules[] = {
        { "device-has-capability", check_root },
        {},
};

DEF_TYPE(nodedev_def_type, NodeDevDef, root_rows, .finish = root_finish, .rules = root_rules);

DEFINE_DEFINITION(nodedev_def, NodeDevDef, nodedev_def_type, ROOT, "node_device")

NodeDevDef *nodedev_def_new(void)
{
        return definition_new(&nodedev_def_format_info);
}

const NodeDevCap *nodedev_def_cap(const NodeDevDef *def, NodeDevCapType type)
{
        DEF_FOREACH(cap, def->caps)
                if (cap->type == type)
                        return cap;
        return NULL;
}

const NodeDevPart *nodedev_cap_part(const NodeDevCap *cap, NodeDevPartType type)
{
        DEF_FOREACH(part, cap->parts)
                if (part->type == type)
                        return part;
        DEF_FOREACH(late, cap->late_parts)
                if (late->type == type)
                        return late;
        return NULL;
}

void nodedev_cap_add_attributes(NodeDevDef *def, const NodeDevCap *from)
{
        DEF_FOREACH(attribute, from->attributes) {
                NodeDevAttribute *copy = arena_new0(def->arena, NodeDevAttribute);

                copy->name = arena_strdup(def->arena, attribute->name);
                copy->value = arena_strdup(def->arena, attribute->value);
                def_append(def->arena, &def->caps.items[0]->attributes, copy);
        }
}

uint32_t nodedev_def_caps(const NodeDevDef *def)
{
        static const NodeDevCapType counted[_NODEDEV_PART_MAX] = {
                [NODEDEV_PART_FC_HOST] = NODEDEV_CAP_FC_HOST,
                [NODEDEV_PART_VPORT_OPS] = NODEDEV_CAP_VPORTS,
                [NODEDEV_PART_MDEV_TYPES] = NODEDEV_CAP_MDEV_TYPES,
                [NODEDEV_PART_VPD] = NODEDEV_CAP_VPD,
        };
        uint32_t caps = 0;

        DEF_FOREACH(cap, def->caps) {
                caps |= UINT32_C(1) << (cap->type - 1);
                DEF_FOREACH(part, cap->parts)
                        if (counted[part->type])
                                caps |= UINT32_C(1) << (counted[part->type] - 1);
        }
        return caps;
}
