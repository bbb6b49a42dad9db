/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <stdlib.h>
#include <string.h>

/* <hostdev>, <redirdev>, <redirfilter>, <lease>, <smartcard> */

#define TYPE(t) IS(DOMAIN_HOSTDEV_##t)
#define ONLY(t) WHEN(DomainHostdev, type, TYPE(t))

/* <address> in <source> */

static const DefRow zpci_rows[] = {
        ATTR(DomainHostAddress, "uid", zpci_uid, HEX(4), RANGE(1, 0xffff)),
        ATTR(DomainHostAddress, "fid", zpci_fid, HEX(8)),
};
static DEF_TYPE_PLAIN(zpci_type, DomainHostAddress, zpci_rows);

static const DefRow pci_address_rows[] = {
        ATTR(DomainHostAddress, "type", type, ONE_OF("pci")),
        ATTR(DomainHostAddress, "domain", domain, HEX(4), RANGE(0, 0xffff)),
        ATTR(DomainHostAddress, "bus", bus, HEX(2), RANGE(0, 0xff), FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostAddress, "slot", slot, HEX(2), RANGE(0, 0x1f), FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostAddress, "function", function, HEX(1), RANGE(0, 7)),
        GROUP("zpci", zpci_type),
};

static void pci_address_finish(void *p, Arena *arena, bool live)
{
        DomainHostAddress *address = p;

        address->type = NULL;
        address->set |= DEF_BIT(DomainHostAddress, domain) | DEF_BIT(DomainHostAddress, function);
}

static DEF_TYPE_PLAIN(pci_address_type, DomainHostAddress, pci_address_rows, .finish = pci_address_finish);

static const DefRow usb_address_rows[] = {
        ATTR(DomainHostAddress, "bus", bus, FLAGS(DEF_REQUIRED | DEF_ANY_BASE)),
        ATTR(DomainHostAddress, "port", port, SYNTAX(domain_usb_port_syntax)),
        ATTR(DomainHostAddress, "device", device, FLAGS(DEF_ANY_BASE)),
};
static DEF_TYPE_PLAIN(usb_address_type, DomainHostAddress, usb_address_rows);

static const DefRow scsi_address_rows[] = {
        ATTR(DomainHostAddress, "bus", bus, FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostAddress, "target", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostAddress, "unit", unit, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(scsi_address_type, DomainHostAddress, scsi_address_rows);

static const DefRow mdev_address_rows[] = {
        ATTR(DomainHostAddress, "uuid", uuid, SYNTAX(def_syntax_uuid), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(mdev_address_type, DomainHostAddress, mdev_address_rows);

/* <source>, by the type of the device */

static const DefRow vendor_rows[] = {
        ATTR(DomainHostdev, "id", vendor, HEX(4), RANGE(0, 0xffff), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(vendor_type, DomainHostdev, vendor_rows);

static const DefRow product_rows[] = {
        ATTR(DomainHostdev, "id", product, HEX(4), RANGE(0, 0xffff), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(product_type, DomainHostdev, product_rows);

static const DefRow usb_source_rows[] = {
        ATTR(DomainHostdev, "startupPolicy", startup_policy, WORDS(domain_startup_policy)),
        ATTR(DomainHostdev, "guestReset", guest_reset, ONE_OF("off", "uninitialized", "on")),
        GROUP("vendor", vendor_type),
        GROUP("product", product_type),
        CHILD(DomainHostdev, "address", address, usb_address_type),
};
static DEF_TYPE(usb_source_type, DomainHostdev, usb_source_rows);

static const DefRow pci_source_rows[] = {
        ATTR(DomainHostdev, "writeFiltering", write_filtering, YES_NO),
        CHILD(DomainHostdev, "address", address, pci_address_type),
};
static DEF_TYPE(pci_source_type, DomainHostdev, pci_source_rows);

static const DefRow adapter_rows[] = {
        ATTR(DomainHostdev, "name", adapter, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(adapter_type, DomainHostdev, adapter_rows);

static const DefRow iqn_rows[] = {
        ATTR(DomainHostdev, "name", initiator, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(iqn_type, DomainHostdev, iqn_rows);

static const DefRow initiator_rows[] = {
        GROUP("iqn", iqn_type),
};
static DEF_TYPE(initiator_type, DomainHostdev, initiator_rows);

static const DefRow scsi_source_rows[] = {
        ATTR(DomainHostdev, "protocol", protocol, WORDS(domain_protocol)),
        ATTR(DomainHostdev, "name", name),
        LIST(DomainHostdev, "host", hosts, domain_storage_host_type),
        CHILD(DomainHostdev, "auth", auth, domain_auth_type),
        GROUP("initiator", initiator_type),
        GROUP("adapter", adapter_type),
        CHILD(DomainHostdev, "address", address, scsi_address_type),
};
static DEF_TYPE(scsi_source_type, DomainHostdev, scsi_source_rows);

static const DefRow scsi_host_source_rows[] = {
        ATTR(DomainHostdev, "protocol", host_protocol, ONE_OF("none", "vhost"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostdev, "wwpn", wwpn),
};
static DEF_TYPE(scsi_host_source_type, DomainHostdev, scsi_host_source_rows);

static const DefRow mdev_source_rows[] = {
        CHILD(DomainHostdev, "address", address, mdev_address_type),
};
static DEF_TYPE(mdev_source_type, DomainHostdev, mdev_source_rows);

static const DefRow capabilities_source_rows[] = {
        ELEMENT(DomainHostdev, "block", block, ONLY(STORAGE), FLAGS(DEF_REQUIRED)),
        ELEMENT(DomainHostdev, "char", character, ONLY(MISC), FLAGS(DEF_REQUIRED)),
        ELEMENT(DomainHostdev, "interface", interface, ONLY(NET), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(capabilities_source_type, DomainHostdev, capabilities_source_rows);

static const DefRow teaming_rows[] = {
        ATTR(DomainHostdev, "type", teaming, ONE_OF("persistent", "transient"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostdev, "persistent", teaming_persistent),
};
static DEF_TYPE(teaming_type, DomainHostdev, teaming_rows);

static const DefRow driver_rows[] = {
        ATTR(DomainHostdev, "name", driver, WORDS(domain_pci_driver)),
        ATTR(DomainHostdev, "model", driver_model),
};
static DEF_TYPE(driver_type, DomainHostdev, driver_rows);

#define CAPABILITIES (TYPE(STORAGE) | TYPE(MISC) | TYPE(NET))
static const DefRow hostdev_rows[] = {
        ATTR(DomainHostdev, "mode", mode, ONE_OF("subsystem", "capabilities")),
        ATTR(DomainHostdev, "type", type, WORDS(domain_hostdev), FLAGS(DEF_REQUIRED)),
        ATTR(DomainHostdev, "managed", managed, YES_NO, FLAGS(DEF_HOST)),
        ATTR(DomainHostdev, "sgio", sgio, ONE_OF("filtered", "unfiltered")),
        ATTR(DomainHostdev, "rawio", rawio, YES_NO),
        ATTR(DomainHostdev, "model", model),
        ATTR(DomainHostdev, "display", display, ON_OFF),
        ATTR(DomainHostdev, "ramfb", ramfb, ON_OFF),
        GROUP("driver", driver_type, FLAGS(DEF_HOST)),
        GROUP("source", usb_source_type, ONLY(USB), FLAGS(DEF_HOST)),
        GROUP("source", pci_source_type, ONLY(PCI), FLAGS(DEF_HOST)),
        GROUP("source", scsi_source_type, ONLY(SCSI), FLAGS(DEF_HOST)),
        GROUP("source", scsi_host_source_type, ONLY(SCSI_HOST), FLAGS(DEF_HOST)),
        GROUP("source", mdev_source_type, ONLY(MDEV), FLAGS(DEF_HOST)),
        GROUP("source", capabilities_source_type, WHEN(DomainHostdev, type, CAPABILITIES),
              FLAGS(DEF_HOST)),
        LIST(DomainHostdev, "ip", ips, domain_ip_type),
        LIST(DomainHostdev, "route", routes, domain_route_type),
        GROUP("teaming", teaming_type),
        PRESENCE(DomainHostdev, "readonly", readonly),
        PRESENCE(DomainHostdev, "shareable", shareable),
        EMBED(DomainHostdev, info, domain_device_type),
};

/* Whether libvirt manages the device is always said. */
static void hostdev_finish(void *p, Arena *arena, bool live)
{
        DomainHostdev *hostdev = p;

        if (!hostdev->mode)
                hostdev->mode = "subsystem";
        if (hostdev->startup_policy == DOMAIN_STARTUP_POLICY_DEFAULT)
                hostdev->startup_policy = 0;
        if (hostdev->managed == TRISTATE_ABSENT && streq(hostdev->mode, "subsystem"))
                hostdev->managed = TRISTATE_NO;
}

DEF_TYPE(domain_hostdev_type, DomainHostdev, hostdev_rows, .rules = domain_hostdev_rules,
         .finish = hostdev_finish);

/* <redirdev>, <redirfilter> */

static const DefRow redirdev_rows[] = {
        ATTR(DomainRedirdev, "bus", bus, ONE_OF("usb"), FLAGS(DEF_REQUIRED)),
        EMBED(DomainRedirdev, chardev, domain_chardev_source_type),
        EMBED(DomainRedirdev, info, domain_device_type),
};

static void redirdev_begin(void *p)
{
        DomainRedirdev *redirdev = p;

        if (!redirdev->bus)
                redirdev->bus = "usb";
}

DEF_TYPE(domain_redirdev_type, DomainRedirdev, redirdev_rows, .begin = redirdev_begin,
         .rules = domain_redirdev_rules);

/* A number that is printed in upper case; -1 is any, like none. */
static bool parse_usb_id(Arena *arena, const char *text, void *field, unsigned digits, unsigned long max)
{
        char buffer[16], *end;
        unsigned long v;

        if (streq(text, "-1"))
                return true;
        if (!g_ascii_isdigit(*text))
                return false;
        v = strtoul(text, &end, 0);
        if (*end || v > max)
                return false;
        g_snprintf(buffer, sizeof(buffer), "0x%0*lX", (int) digits, v);
        *(const char **) field = arena_strdup(arena, buffer);
        return true;
}

static bool parse_usb_class(Arena *arena, const char *text, void *field)
{
        return parse_usb_id(arena, text, field, 2, 0xff);
}

static bool parse_usb_vendor(Arena *arena, const char *text, void *field)
{
        return parse_usb_id(arena, text, field, 4, 0xffff);
}

/* "1.1" is 1.10; -1 is any. */
static bool parse_usb_version(Arena *arena, const char *text, void *field)
{
        char buffer[16], *end;
        unsigned long major, minor = 0;

        if (streq(text, "-1"))
                return true;
        if (!g_ascii_isdigit(*text))
                return false;
        major = strtoul(text, &end, 10);
        if (*end == '.') {
                const char *digits = end + 1;

                if (!g_ascii_isdigit(*digits))
                        return false;
                minor = strtoul(digits, &end, 10) * (end - digits == 1 ? 10 : 1);
        }
        if (*end || major > 99 || minor > 99)
                return false;
        g_snprintf(buffer, sizeof(buffer), "%lu.%02lu", major, minor);
        *(const char **) field = arena_strdup(arena, buffer);
        return true;
}

static const DefHatch usb_class_hatch = { .parse = parse_usb_class };
static const DefHatch usb_vendor_hatch = { .parse = parse_usb_vendor };
static const DefHatch usb_version_hatch = { .parse = parse_usb_version };

static const DefRow usbdev_rows[] = {
        ATTR(DomainUsbFilter, "class", class, HATCH(usb_class_hatch)),
        ATTR(DomainUsbFilter, "vendor", vendor, HATCH(usb_vendor_hatch)),
        ATTR(DomainUsbFilter, "product", product, HATCH(usb_vendor_hatch)),
        ATTR(DomainUsbFilter, "version", version, HATCH(usb_version_hatch)),
        ATTR(DomainUsbFilter, "allow", allow, YES_NO, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(usbdev_type, DomainUsbFilter, usbdev_rows);

static const DefRow redirfilter_rows[] = {
        LIST(DomainRedirfilter, "usbdev", rules, usbdev_type),
};
DEF_TYPE_PLAIN(domain_redirfilter_type, DomainRedirfilter, redirfilter_rows);

/* <lease> */

static const DefRow lease_target_rows[] = {
        ATTR(DomainLease, "path", path, FLAGS(DEF_REQUIRED)),
        ATTR(DomainLease, "offset", offset),
};
static DEF_TYPE_PLAIN(lease_target_type, DomainLease, lease_target_rows);

static const DefRow lease_rows[] = {
        ELEMENT(DomainLease, "lockspace", lockspace),
        ELEMENT(DomainLease, "key", key, FLAGS(DEF_REQUIRED)),
        GROUP("target", lease_target_type, FLAGS(DEF_REQUIRED)),
};
DEF_TYPE_PLAIN(domain_lease_type, DomainLease, lease_rows);

/* <smartcard> */

static const DefRow certificate_rows[] = {
        TEXT(DomainCertificate, name, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(certificate_type, DomainCertificate, certificate_rows);

#define CERTIFICATES WHEN(DomainSmartcard, mode, IS(DOMAIN_SMARTCARD_HOST_CERTIFICATES))
static const DefRow smartcard_rows[] = {
        ATTR(DomainSmartcard, "mode", mode, WORDS(domain_smartcard), FLAGS(DEF_REQUIRED)),
        LIST(DomainSmartcard, "certificate", certificates, certificate_type, CERTIFICATES),
        ELEMENT(DomainSmartcard, "database", database, CERTIFICATES, SYNTAX(def_syntax_absolute_path)),
        EMBED(DomainSmartcard, chardev, domain_chardev_source_type,
              WHEN(DomainSmartcard, mode, IS(DOMAIN_SMARTCARD_PASSTHROUGH))),
        EMBED(DomainSmartcard, info, domain_device_type),
};
DEF_TYPE(domain_smartcard_type, DomainSmartcard, smartcard_rows, .rules = domain_smartcard_rules);
