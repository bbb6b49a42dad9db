/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a device is, and what else every device has. Words are libvirt's; def.h has the conventions. */

#include "drivers/model/def.h"

typedef enum DomainAddressType {
        DOMAIN_ADDRESS_PCI = 1,
        DOMAIN_ADDRESS_DRIVE,
        DOMAIN_ADDRESS_VIRTIO_SERIAL,
        DOMAIN_ADDRESS_CCID,
        DOMAIN_ADDRESS_USB,
        DOMAIN_ADDRESS_SPAPR_VIO,
        DOMAIN_ADDRESS_CCW,
        DOMAIN_ADDRESS_VIRTIO_MMIO,
        DOMAIN_ADDRESS_ISA,
        DOMAIN_ADDRESS_DIMM,
        DOMAIN_ADDRESS_UNASSIGNED,
        _DOMAIN_ADDRESS_MAX,
} DomainAddressType;
DECLARE_WORDS(domain_address, DomainAddressType, _DOMAIN_ADDRESS_MAX);

/* type says which member of the union counts. */
typedef struct DomainAddress {
        DefSet set;
        DefRaw *raw;
        DomainAddressType type;
        union {
                struct {
                        uint32_t domain;
                        uint32_t bus;
                        uint32_t slot;
                        uint32_t function;
                        uint32_t zpci_uid; /* s390: from 1 */
                        uint32_t zpci_fid;
                        Tristate multifunction;
                } pci;
                struct {
                        uint32_t controller;
                        uint32_t bus;
                        uint32_t target;
                        uint32_t unit;
                } drive;
                struct {
                        uint32_t controller;
                        uint32_t bus;
                        uint32_t port;
                } virtio_serial;
                struct {
                        uint32_t controller;
                        uint32_t slot;
                } ccid;
                struct {
                        uint32_t bus;
                        const char *port; /* "1", "1.2" */
                } usb;
                struct {
                        uint64_t reg;
                } spapr_vio;
                struct {
                        uint32_t cssid;
                        uint32_t ssid;
                        uint32_t devno;
                } ccw;
                struct {
                        uint32_t iobase;
                        uint32_t irq;
                } isa;
                struct {
                        uint32_t slot;
                        uint64_t base;
                } dimm;
        };
} DomainAddress;

/* <rom>: the option ROM of a PCI device. */
typedef struct DomainRom {
        DefSet set;
        Tristate enabled;
        Tristate bar; /* "on", "off" */
        const char *file;
} DomainRom;

/* What every device has. */
typedef struct DomainDevice {
        DefSet set;
        DefRaw *raw;
        uint32_t boot_order; /* from 1 */
        const char *boot_loadparm;
        uint32_t acpi_index; /* from 1 */
        uint32_t master_startport; /* of companion controllers of USB 2: the first port that they serve */
        const char *alias; /* "ua-…" is the user's, others are live facts */
        DomainRom *rom;
        DomainAddress *address;
} DomainDevice;

/* Options of virtio devices, in <driver>. */
typedef struct DomainVirtio {
        DefSet set;
        Tristate iommu;
        Tristate ats;
        Tristate packed;
        Tristate page_per_vq;
} DomainVirtio;
