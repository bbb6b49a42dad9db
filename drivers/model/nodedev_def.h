/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a device of the host: libvirt's <device> format (11.3). def.h has the conventions. What a device
 * is stands in its capabilities; each has the fields of its type.
 */

#include "drivers/model/definition.h"
#include "drivers/model/host_pci_def.h"

/* virNodeDevCapType in its order, one higher, and behind it those that stand within others alone. */
typedef enum NodeDevCapType {
        NODEDEV_CAP_SYSTEM = 1,
        NODEDEV_CAP_PCI,
        NODEDEV_CAP_USB_DEVICE,
        NODEDEV_CAP_USB,
        NODEDEV_CAP_NET,
        NODEDEV_CAP_SCSI_HOST,
        NODEDEV_CAP_SCSI_TARGET,
        NODEDEV_CAP_SCSI,
        NODEDEV_CAP_STORAGE,
        NODEDEV_CAP_FC_HOST, /* within SCSI_HOST */
        NODEDEV_CAP_VPORTS,  /* within SCSI_HOST, where it is written "vport_ops" */
        NODEDEV_CAP_SCSI_GENERIC,
        NODEDEV_CAP_DRM,
        NODEDEV_CAP_MDEV_TYPES, /* within PCI, CSS and AP_MATRIX */
        NODEDEV_CAP_MDEV,
        NODEDEV_CAP_CCW,
        NODEDEV_CAP_CSS,
        NODEDEV_CAP_VDPA,
        NODEDEV_CAP_AP_CARD,
        NODEDEV_CAP_AP_QUEUE,
        NODEDEV_CAP_AP_MATRIX,
        NODEDEV_CAP_VPD, /* within PCI */
        NODEDEV_CAP_CCWGROUP,
        _NODEDEV_CAP_MAX,
} NodeDevCapType;
DECLARE_WORDS(nodedev_cap, NodeDevCapType, _NODEDEV_CAP_MAX);

/* What stands within a capability, in the order of the output. */
typedef enum NodeDevPartType {
        NODEDEV_PART_PHYS_FUNCTION = 1,
        NODEDEV_PART_VIRT_FUNCTIONS,
        NODEDEV_PART_PCI_BRIDGE,
        NODEDEV_PART_CARDBUS_BRIDGE,
        NODEDEV_PART_MDEV_TYPES,
        NODEDEV_PART_VPD,
        NODEDEV_PART_80203,
        NODEDEV_PART_80211,
        NODEDEV_PART_FC_HOST,
        NODEDEV_PART_VPORT_OPS,
        NODEDEV_PART_FC_REMOTE_PORT,
        NODEDEV_PART_REMOVABLE,
        NODEDEV_PART_HOTPLUGGABLE,
        NODEDEV_PART_CCWGROUP_MEMBER,
        NODEDEV_PART_QETH_GENERIC,
        _NODEDEV_PART_MAX,
} NodeDevPartType;
DECLARE_WORDS(nodedev_part, NodeDevPartType, _NODEDEV_PART_MAX);

typedef enum NodeDevDevnodeType {
        NODEDEV_DEVNODE_DEV = 1,
        NODEDEV_DEVNODE_LINK,
        _NODEDEV_DEVNODE_MAX,
} NodeDevDevnodeType;
DECLARE_WORDS(nodedev_devnode, NodeDevDevnodeType, _NODEDEV_DEVNODE_MAX);

typedef struct NodeDevDevnode {
        DefSet set;
        NodeDevDevnodeType type;
        const char *path;
} NodeDevDevnode;

/* A number and what it is called. */
typedef struct NodeDevId {
        DefSet set;
        uint32_t id;
        const char *name;
} NodeDevId;

/* A type of mediated devices that the device can be divided into. */
typedef struct NodeDevMdevType {
        DefSet set;
        uint32_t available;
        const char *id;
        const char *name;
        const char *api; /* "vfio-pci", "vfio-ccw", "vfio-ap" */
} NodeDevMdevType;

/* A field that the vendor or the system gave a letter or digit. */
typedef struct NodeDevVpdField {
        DefSet set;
        const char *index;
        const char *value;
} NodeDevVpdField;

typedef enum NodeDevVpdAccess {
        NODEDEV_VPD_READONLY = 1,
        NODEDEV_VPD_READWRITE,
        _NODEDEV_VPD_MAX,
} NodeDevVpdAccess;
DECLARE_WORDS(nodedev_vpd, NodeDevVpdAccess, _NODEDEV_VPD_MAX);

typedef struct NodeDevVpdFields {
        DefSet set;
        NodeDevVpdAccess access;
        const char *change_level;
        const char *manufacture_id;
        const char *part_number;
        const char *serial_number;
        const char *asset_tag;
        DEF_LIST(NodeDevVpdField) vendor_fields;
        DEF_LIST(NodeDevVpdField) system_fields;
} NodeDevVpdFields;

/* A <capability> within another one. */
typedef struct NodeDevPart {
        DefSet set;
        uint64_t media_size; /* bytes */
        uint64_t logical_block_size;
        uint64_t num_blocks;
        NodeDevPartType type;
        uint32_t max_count;
        uint32_t max_vports;
        uint32_t vports;
        uint32_t media_available; /* 0, 1 */
        DEF_LIST(HostPciAddress) addresses;
        DEF_LIST(NodeDevMdevType) mdev_types;
        const char *name; /* of the product, in VPD */
        DEF_LIST(NodeDevVpdFields) fields;
        const char *wwnn, *wwpn, *fabric_wwn;
        const char *rport;
        const char *media_label;
        const char *group_device;
        const char *card_type, *chpid; /* of QETH */
} NodeDevPart;

typedef struct NodeDevFeature {
        DefSet set;
        const char *name;
} NodeDevFeature;

typedef struct NodeDevAttribute {
        DefSet set;
        const char *name;
        const char *value;
} NodeDevAttribute;

typedef enum NodeDevLinkValidity {
        NODEDEV_LINK_CAP = 1, /* what it could */
        NODEDEV_LINK_STA,     /* what it does */
        _NODEDEV_LINK_MAX,
} NodeDevLinkValidity;
DECLARE_WORDS(nodedev_link, NodeDevLinkValidity, _NODEDEV_LINK_MAX);

typedef struct NodeDevPcieLink {
        DefSet set;
        uint32_t port;
        uint32_t width;
        NodeDevLinkValidity validity;
        const char *speed; /* GT/s: "2.5" */
} NodeDevPcieLink;

typedef struct NodeDevPcie {
        DefSet set;
        DEF_LIST(NodeDevPcieLink) links;
} NodeDevPcie;

typedef struct NodeDevIommuGroup {
        DefSet set;
        uint32_t number;
        DEF_LIST(HostPciAddress) addresses;
} NodeDevIommuGroup;

typedef struct NodeDevCcwAddress {
        DefSet set;
        uint32_t cssid, ssid, devno;
} NodeDevCcwAddress;

/* One of the devices of a group. */
typedef struct NodeDevCcwMember {
        DefSet set;
        const char *ref; /* "cread" */
        const char *device;
} NodeDevCcwMember;

typedef struct NodeDevCap {
        DefSet set;
        uint64_t size; /* bytes; STORAGE */
        uint64_t logical_block_size;
        uint64_t num_blocks;
        NodeDevCapType type;
        uint32_t class_; /* PCI: 24 bits; USB */
        uint32_t domain, bus, slot, function; /* PCI; bus: USB_DEVICE, SCSI, too */
        int32_t numa_node;
        uint32_t device; /* USB_DEVICE */
        uint32_t number, subclass, protocol; /* USB */
        uint32_t link_speed; /* Mbit/s; NET */
        uint32_t host; /* SCSI_HOST, SCSI */
        uint32_t unique_id; /* SCSI_HOST */
        uint32_t target, lun; /* SCSI */
        uint32_t ap_adapter, ap_domain;
        const char *product_name; /* SYSTEM */
        const char *hardware_vendor, *hardware_version, *hardware_serial, *hardware_uuid;
        const char *firmware_vendor, *firmware_version, *firmware_date;
        NodeDevId product, vendor; /* PCI, USB_DEVICE */
        NodeDevIommuGroup iommu_group; /* PCI, MDEV */
        NodeDevPcie *pcie;
        const char *description; /* USB */
        const char *interface;   /* NET */
        const char *address;
        const char *link_state;
        DEF_LIST(NodeDevFeature) features;
        const char *target_name; /* SCSI_TARGET */
        const char *scsi_type;   /* SCSI: "disk" */
        const char *block; /* STORAGE from here */
        const char *storage_bus;
        const char *drive_type;
        const char *model;
        const char *vendor_name;
        const char *serial;
        const char *chardev;   /* SCSI_GENERIC, VDPA */
        const char *drm_type;
        const char *mdev_type; /* MDEV from here */
        const char *uuid;
        const char *parent_address;
        DEF_LIST(NodeDevAttribute) attributes;
        NodeDevCcwAddress ccw; /* CCW, CSS, CCWGROUP */
        NodeDevCcwAddress *channel;
        const char *state; /* CCWGROUP: "online" */
        DEF_LIST(NodeDevCcwMember) members;
        DEF_LIST(NodeDevPart) parts;
        DEF_LIST(NodeDevPart) late_parts; /* those that are printed behind the sizes of STORAGE */
} NodeDevCap;

typedef struct NodeDevDef {
        DEFINITION_HEAD;
        const char *name; /* as the user wrote it; what a new device is called is for the driver to say */
        const char *path; /* in sysfs */
        DEF_LIST(NodeDevDevnode) devnodes;
        const char *parent; /* "pci_0000_00_02_0", or found by one of the next */
        const char *parent_wwnn, *parent_wwpn, *parent_fabric_wwn;
        const char *driver;
        DEF_LIST(NodeDevCap) caps;
} NodeDevDef;

/*
 * Facts are always read: parse with DEFINITION_PARSE_LIVE. DEF_FORMAT_INACTIVE leaves out what only a device has that
 * is there: the IOMMU group of a mediated one.
 */
DECLARE_DEFINITION(nodedev_def, NodeDevDef);

/* An empty one, to be filled and sealed: lists in the order of the format. */
NodeDevDef *nodedev_def_new(void);

extern const DefType nodedev_def_type;

/* The first capability of the type; NULL: it has none. */
const NodeDevCap *nodedev_def_cap(const NodeDevDef *def, NodeDevCapType type);
const NodeDevPart *nodedev_cap_part(const NodeDevCap *cap, NodeDevPartType type);

/* Those of the mediated device are added to the first capability of one that is not sealed. */
void nodedev_cap_add_attributes(NodeDevDef *def, const NodeDevCap *from);

/*
 * Bits 1 << (type - 1) of what virNodeDeviceListCaps() names: the capabilities, and those within them that libvirt
 * counts as such (FC_HOST, VPORTS, MDEV_TYPES, VPD).
 */
uint32_t nodedev_def_caps(const NodeDevDef *def);
