/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What devices have in common, and the small ones. */

/* "1" or a path through hubs, "1.2.3": four steps at most. */
static bool usb_port_check(const char *s)
{
        for (unsigned steps = 0; steps < 4; steps++) {
                const char *start = s;

                while (g_ascii_isdigit(*s))
                        s++;
                if (s == start || s - start > 3)
                        return false;
                if (!*s)
                        return true;
                if (*s++ != '.')
                        return false;
        }
        return false;
}

const DefSyntax domain_usb_port_syntax = { "USB port", usb_port_check, NULL };

/* What s390's boot loader is told. */
static bool loadparm_check(const char *s)
{
        size_t n = strlen(s);

        return n >= 1 && n <= 8 &&
               s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789. ")] == '\0';
}

static const DefSyntax loadparm_syntax = { "load parameter", loadparm_check, NULL };

#define ZPCI_UID RANGE(1, 0xffff)
static const DefRow zpci_rows[] = {
        ATTR(DomainAddress, "uid", pci.zpci_uid, HEX(4), ZPCI_UID),
        ATTR(DomainAddress, "fid", pci.zpci_fid, HEX(8)),
};
static void check_zpci(const void *p, DefChecker *checker)
{
        const DomainAddress *address = p;
        const DomainDef *def = checker_root(checker);

        if ((def_is_set(address, pci.zpci_uid) || def_is_set(address, pci.zpci_fid)) && def->os.arch &&
            !g_str_has_prefix(def->os.arch, "s390"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL, "This QEMU binary doesn't support zPCI");
}

static const DefRule zpci_rules[] = {
        { "only s390 numbers PCI devices so", check_zpci },
        {},
};

static DEF_TYPE(zpci_type, DomainAddress, zpci_rows, .rules = zpci_rules);

static const DefRow address_rows[] = {
        ATTR(DomainAddress, "type", type, WORDS(domain_address), FLAGS(DEF_REQUIRED)),
#define PCI WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_PCI))
        ATTR(DomainAddress, "domain", pci.domain, HEX(4), RANGE(0, 0xffff), PCI),
        ATTR(DomainAddress, "bus", pci.bus, HEX(2), RANGE(0, 0xff), PCI),
        ATTR(DomainAddress, "slot", pci.slot, HEX(2), RANGE(0, 0x1f), PCI),
        ATTR(DomainAddress, "function", pci.function, HEX(1), RANGE(0, 7), PCI),
        ATTR(DomainAddress, "multifunction", pci.multifunction, ON_OFF, PCI),
        GROUP("zpci", zpci_type, PCI),
#undef PCI
#define DRIVE WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_DRIVE))
        ATTR(DomainAddress, "controller", drive.controller, DRIVE),
        ATTR(DomainAddress, "bus", drive.bus, DRIVE),
        ATTR(DomainAddress, "target", drive.target, DRIVE),
        ATTR(DomainAddress, "unit", drive.unit, DRIVE),
#undef DRIVE
#define VIRTIO_SERIAL WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_VIRTIO_SERIAL))
        ATTR(DomainAddress, "controller", virtio_serial.controller, VIRTIO_SERIAL),
        ATTR(DomainAddress, "bus", virtio_serial.bus, VIRTIO_SERIAL),
        ATTR(DomainAddress, "port", virtio_serial.port, VIRTIO_SERIAL),
#undef VIRTIO_SERIAL
#define CCID WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_CCID))
        ATTR(DomainAddress, "controller", ccid.controller, CCID),
        ATTR(DomainAddress, "slot", ccid.slot, CCID),
#undef CCID
#define USB WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_USB))
        ATTR(DomainAddress, "bus", usb.bus, USB),
        ATTR(DomainAddress, "port", usb.port, USB, FLAGS(DEF_UNION), SYNTAX(domain_usb_port_syntax)),
#undef USB
        ATTR(DomainAddress, "reg", spapr_vio.reg, HEX(8),
             WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_SPAPR_VIO))),
#define CCW WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_CCW))
        ATTR(DomainAddress, "cssid", ccw.cssid, HEX(1), RANGE(0, 254), CCW),
        ATTR(DomainAddress, "ssid", ccw.ssid, HEX(1), RANGE(0, 3), CCW),
        ATTR(DomainAddress, "devno", ccw.devno, HEX(4), RANGE(0, 0xffff), CCW),
#undef CCW
#define ISA WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_ISA))
        ATTR(DomainAddress, "iobase", isa.iobase, HEX(1), ISA),
        ATTR(DomainAddress, "irq", isa.irq, HEX(1), ISA),
#undef ISA
#define DIMM WHEN(DomainAddress, type, IS(DOMAIN_ADDRESS_DIMM))
        ATTR(DomainAddress, "slot", dimm.slot, DIMM),
        ATTR(DomainAddress, "base", dimm.base, HEX(1), DIMM),
#undef DIMM
};

/* A part of an address stands for the whole one with the rest 0; none of it leaves the choice to us. */
static void address_finish(void *p, Arena *arena, bool live)
{
        DomainAddress *address = p;
        DefSet numbers = DEF_BIT(DomainAddress, pci.zpci_uid) | DEF_BIT(DomainAddress, pci.zpci_fid);

        if (address->type == DOMAIN_ADDRESS_PCI && (address->set & ~numbers) != 0)
                address->set |= DEF_BIT(DomainAddress, pci.domain) | DEF_BIT(DomainAddress, pci.bus) |
                        DEF_BIT(DomainAddress, pci.slot) | DEF_BIT(DomainAddress, pci.function);
        if (address->type == DOMAIN_ADDRESS_VIRTIO_SERIAL && def_is_set(address, virtio_serial.port))
                address->set |= DEF_BIT(DomainAddress, virtio_serial.controller) |
                        DEF_BIT(DomainAddress, virtio_serial.bus);
        if (address->type == DOMAIN_ADDRESS_DRIVE)
                address->set |= DEF_BIT(DomainAddress, drive.controller) |
                                DEF_BIT(DomainAddress, drive.bus) | DEF_BIT(DomainAddress, drive.target) |
                                DEF_BIT(DomainAddress, drive.unit);
}

static void check_address(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainAddress *address = p;
        bool ccw = address->type == DOMAIN_ADDRESS_CCW;
        unsigned n = def_is_set(address, ccw.cssid) + def_is_set(address, ccw.ssid) + def_is_set(address, ccw.devno);

        if (ccw && n > 0 && n < 3)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "Invalid partial specification for virtio ccw address");
        if (!def)
                return;
        EXPECT_NONE(checker, { ccw && def->os.arch && !domain_is_s390(def), "@type",
                               "only machines of s390 have addresses of the type 'ccw'" },
                    { address->type == DOMAIN_ADDRESS_PCI && address->pci.domain != 0, "@domain",
                      "Invalid PCI address. Only PCI domain 0 is available" });
}

static const DefRule address_rules[] = {
        { "an address is a whole one, and one that QEMU has", check_address },
        {},
};

static DEF_TYPE(address_type, DomainAddress, address_rows, .finish = address_finish, .rules = address_rules);

static bool print_alias(const void *p, const void *field, unsigned flags, GString *out)
{
        const char *alias = *(const char *const *) field;

        if (!alias || ((flags & DEF_FORMAT_INACTIVE) && !g_str_has_prefix(alias, "ua-")))
                return false;
        g_string_append(out, alias);
        return true;
}

static const DefHatch alias_hatch = { .print = print_alias };

static const DefRow boot_rows[] = {
        ATTR(DomainDevice, "order", boot_order, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainDevice, "loadparm", boot_loadparm, SYNTAX(loadparm_syntax)),
};
static DEF_TYPE(boot_type, DomainDevice, boot_rows);

static const DefRow alias_rows[] = {
        ATTR(DomainDevice, "name", alias, HATCH(alias_hatch), FLAGS(DEF_HOST)),
};
static DEF_TYPE(alias_type, DomainDevice, alias_rows);

static const DefRow master_rows[] = {
        ATTR(DomainDevice, "startport", master_startport, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(master_type, DomainDevice, master_rows);

static const DefRow rom_rows[] = {
        ATTR(DomainRom, "enabled", enabled, YES_NO),
        ATTR(DomainRom, "bar", bar, ON_OFF),
        ATTR(DomainRom, "file", file),
};

static void check_rom(const void *p, DefChecker *checker)
{
        const DomainRom *rom = p;

        if (rom->enabled == TRISTATE_NO && (rom->bar != TRISTATE_ABSENT || rom->file))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "ROM tuning is not supported when ROM is disabled");
}

static const DefRule rom_rules[] = {
        { "what is disabled has no options", check_rom },
        {},
};

static DEF_TYPE_PLAIN(rom_type, DomainRom, rom_rows, .rules = rom_rules);

static const DefRow acpi_rows[] = {
        ATTR(DomainDevice, "index", acpi_index, RANGE(1, UINT32_MAX)),
};
static DEF_TYPE(acpi_type, DomainDevice, acpi_rows);

static const DefRow device_rows[] = {
        GROUP("boot", boot_type),
        GROUP("alias", alias_type),
        GROUP("master", master_type),
        CHILD(DomainDevice, "rom", rom, rom_type, FLAGS(DEF_BRIEF)),
        GROUP("acpi", acpi_type),
        CHILD(DomainDevice, "address", address, address_type),
};

static bool is_user_alias(const char *alias)
{
        return g_str_has_prefix(alias, "ua-") &&
               alias[strspn(alias, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

/* Aliases that are not the user's belong to the running machine. */
static void device_finish(void *p, Arena *arena, bool live)
{
        DomainDevice *device = p;

        if (!live && device->alias && !is_user_alias(device->alias))
                device->alias = NULL;
}

DEF_TYPE(domain_device_type, DomainDevice, device_rows, .finish = device_finish);

static const DefRow virtio_rows[] = {
        ATTR(DomainVirtio, "iommu", iommu, ON_OFF),
        ATTR(DomainVirtio, "ats", ats, ON_OFF),
        ATTR(DomainVirtio, "packed", packed, ON_OFF),
        ATTR(DomainVirtio, "page_per_vq", page_per_vq, ON_OFF),
};
DEF_TYPE_PLAIN(domain_virtio_type, DomainVirtio, virtio_rows);

static const DefRow queue_rows[] = {
        ATTR(DomainIothreadQueue, "id", id, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(queue_type, DomainIothreadQueue, queue_rows);

static const DefRow iothread_mapping_rows[] = {
        ATTR(DomainIothreadMapping, "id", id, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        LIST(DomainIothreadMapping, "queue", queues, queue_type),
};
DEF_TYPE_PLAIN(domain_iothread_mapping_type, DomainIothreadMapping, iothread_mapping_rows);

/* <controller> */

static const DefRow controller_model_rows[] = {
        ATTR(DomainController, "name", model_name),
};
static DEF_TYPE(controller_model_type, DomainController, controller_model_rows);

static const DefRow controller_target_rows[] = {
        ATTR(DomainController, "chassisNr", chassis_nr, RANGE(1, 255)),
        ATTR(DomainController, "chassis", chassis, RANGE(0, 255)),
        ATTR(DomainController, "port", port, HEX(1), RANGE(0, 255)),
        ATTR(DomainController, "busNr", bus_nr, RANGE(1, 254)),
        ATTR(DomainController, "index", target_index, RANGE(0, 30)),
        ATTR(DomainController, "hotplug", hotplug, ON_OFF),
        ATTR(DomainController, "memReserve", mem_reserve),
        ELEMENT(DomainController, "node", node),
};
static DEF_TYPE(controller_target_type, DomainController, controller_target_rows);

static const DefRow controller_iothreads_rows[] = {
        LIST(DomainController, "iothread", iothreads, domain_iothread_mapping_type),
};
static DEF_TYPE(controller_iothreads_type, DomainController, controller_iothreads_rows);

static const DefRow controller_driver_rows[] = {
        ATTR(DomainController, "queues", queues),
        ATTR(DomainController, "cmd_per_lun", cmd_per_lun),
        ATTR(DomainController, "max_sectors", max_sectors),
        ATTR(DomainController, "ioeventfd", ioeventfd, ON_OFF),
        ATTR(DomainController, "iothread", iothread, FLAGS(DEF_HOST)),
        EMBED(DomainController, virtio, domain_virtio_type),
        GROUP("iothreads", controller_iothreads_type),
};
static DEF_TYPE(controller_driver_type, DomainController, controller_driver_rows);

#define CONTROLLER(t) WHEN(DomainController, type, IS(DOMAIN_CONTROLLER_##t))
static const DefRow controller_rows[] = {
        ATTR(DomainController, "type", type, WORDS(domain_controller)),
        ATTR(DomainController, "index", index),
        ATTR(DomainController, "model", model, WORDS(domain_controller_model)),
        ATTR(DomainController, "ports", ports),
        ATTR(DomainController, "vectors", vectors),
        ATTR(DomainController, "maxGrantFrames", max_grant_frames, CONTROLLER(XENBUS)),
        ATTR(DomainController, "maxEventChannels", max_event_channels, CONTROLLER(XENBUS)),
        ELEMENT(DomainController, "serial", serial, CONTROLLER(NVME)),
        GROUP("model", controller_model_type),
        GROUP("target", controller_target_type),
        GROUP("driver", controller_driver_type),
        EMBED(DomainController, info, domain_device_type),
        ELEMENT(DomainController, "pcihole64", pcihole64, KIB),
};
static void controller_finish(void *p, Arena *arena, bool live)
{
        DomainController *controller = p;

        if (controller->type == 0)
                controller->type = DOMAIN_CONTROLLER_IDE;
}

DEF_TYPE(domain_controller_type, DomainController, controller_rows, .rules = domain_controller_rules,
         .finish = controller_finish);

/* <input> */

static const DefRow input_driver_rows[] = {
        EMBED(DomainInput, virtio, domain_virtio_type),
};
static DEF_TYPE(input_driver_type, DomainInput, input_driver_rows);

static const DefRow input_source_rows[] = {
        ATTR(DomainInput, "evdev", source_evdev, FLAGS(DEF_HOST),
             WHEN(DomainInput, type, ~IS(DOMAIN_INPUT_EVDEV))),
        ATTR(DomainInput, "dev", source_evdev, FLAGS(DEF_HOST), WHEN(DomainInput, type, IS(DOMAIN_INPUT_EVDEV))),
        ATTR(DomainInput, "grab", grab, ONE_OF("all"), FLAGS(DEF_HOST)),
        ATTR(DomainInput, "grabToggle", grab_toggle, FLAGS(DEF_HOST),
             ONE_OF("ctrl-ctrl", "alt-alt", "shift-shift", "meta-meta", "scrolllock", "ctrl-scrolllock")),
        ATTR(DomainInput, "repeat", repeat, ON_OFF, FLAGS(DEF_HOST)),
};
static DEF_TYPE(input_source_type, DomainInput, input_source_rows);

/* An input of the host's is on no bus of the guest's, which is not said. */
static bool print_bus(const void *p, const void *field, unsigned flags, GString *out)
{
        const DomainInput *input = p;

        if (input->bus == 0 || input->bus == DOMAIN_INPUT_BUS_NONE)
                return false;
        g_string_append(out, domain_input_bus_to_string(input->bus));
        return true;
}

static const DefHatch bus_hatch = { .print = print_bus };

static void input_begin(void *p)
{
        DomainInput *input = p;

        if (input->type == DOMAIN_INPUT_EVDEV && input->bus == 0)
                input->bus = DOMAIN_INPUT_BUS_NONE;
}

static const DefRow input_rows[] = {
        ATTR(DomainInput, "type", type, WORDS(domain_input), FLAGS(DEF_REQUIRED)),
        ATTR(DomainInput, "bus", bus, WORDS(domain_input_bus), HATCH(bus_hatch)),
        ATTR(DomainInput, "model", model, ONE_OF("virtio", "virtio-transitional", "virtio-non-transitional")),
        GROUP("driver", input_driver_type),
        EMBED(DomainInput, info, domain_device_type),
        GROUP("source", input_source_type),
};
DEF_TYPE(domain_input_type, DomainInput, input_rows, .rules = domain_input_rules, .begin = input_begin);

/* <hub> */

static const DefRow hub_rows[] = {
        ATTR(DomainHub, "type", type, ONE_OF("usb"), FLAGS(DEF_REQUIRED)),
        EMBED(DomainHub, info, domain_device_type),
};
DEF_TYPE(domain_hub_type, DomainHub, hub_rows);

/* <watchdog> */

static const DefRow watchdog_rows[] = {
        ATTR(DomainWatchdog, "model", model, WORDS(domain_watchdog), FLAGS(DEF_REQUIRED)),
        ATTR(DomainWatchdog, "action", action, WORDS(domain_watchdog_action)),
        EMBED(DomainWatchdog, info, domain_device_type),
};

static void watchdog_begin(void *p)
{
        DomainWatchdog *watchdog = p;

        if (watchdog->action == 0)
                watchdog->action = DOMAIN_WATCHDOG_ACTION_RESET;
}

DEF_TYPE(domain_watchdog_type, DomainWatchdog, watchdog_rows, .begin = watchdog_begin,
         .rules = domain_watchdog_rules);

/* <memballoon> */

static const DefRow memballoon_stats_rows[] = {
        ATTR(DomainMemballoon, "period", stats_period, FLAGS(DEF_HOST)),
};
static DEF_TYPE(memballoon_stats_type, DomainMemballoon, memballoon_stats_rows);

static const DefRow memballoon_driver_rows[] = {
        EMBED(DomainMemballoon, virtio, domain_virtio_type),
};
static DEF_TYPE(memballoon_driver_type, DomainMemballoon, memballoon_driver_rows);

static const DefRow memballoon_rows[] = {
        ATTR(DomainMemballoon, "model", model, WORDS(domain_memballoon), FLAGS(DEF_REQUIRED)),
        ATTR(DomainMemballoon, "autodeflate", autodeflate, ON_OFF),
        ATTR(DomainMemballoon, "freePageReporting", free_page_reporting, ON_OFF),
        GROUP("stats", memballoon_stats_type),
        EMBED(DomainMemballoon, info, domain_device_type),
        GROUP("driver", memballoon_driver_type),
};
DEF_TYPE(domain_memballoon_type, DomainMemballoon, memballoon_rows, .rules = domain_memballoon_rules);

/* <rng> */

static const DefRow rng_rate_rows[] = {
        ATTR(DomainRng, "bytes", rate_bytes, FLAGS(DEF_HOST | DEF_REQUIRED)),
        ATTR(DomainRng, "period", rate_period, FLAGS(DEF_HOST)),
};
static DEF_TYPE(rng_rate_type, DomainRng, rng_rate_rows);

#define EGD WHEN(DomainRng, backend, IS(DOMAIN_RNG_EGD))
static const DefRow rng_backend_rows[] = {
        ATTR(DomainRng, "model", backend, WORDS(domain_rng), FLAGS(DEF_REQUIRED | DEF_HOST)),
        PART_OF(DomainRng, egd, domain_chardev_source_type, EGD, FLAGS(DEF_HOST)),
        TEXT(DomainRng, path, WHEN(DomainRng, backend, IS(DOMAIN_RNG_RANDOM)), FLAGS(DEF_HOST)),
};
static DEF_TYPE(rng_backend_type, DomainRng, rng_backend_rows);

static const DefRow rng_driver_rows[] = {
        EMBED(DomainRng, virtio, domain_virtio_type),
};
static DEF_TYPE(rng_driver_type, DomainRng, rng_driver_rows);

static const DefRow rng_rows[] = {
        ATTR(DomainRng, "model", model, FLAGS(DEF_REQUIRED),
             ONE_OF("virtio", "virtio-transitional", "virtio-non-transitional")),
        GROUP("rate", rng_rate_type),
        GROUP("backend", rng_backend_type, FLAGS(DEF_REQUIRED | DEF_SINGLE)),
        GROUP("driver", rng_driver_type),
        EMBED(DomainRng, info, domain_device_type),
};
DEF_TYPE(domain_rng_type, DomainRng, rng_rows, .rules = domain_rng_rules);

/* <panic> */

static const DefRow panic_rows[] = {
        ATTR(DomainPanic, "model", model, ONE_OF("isa", "pseries", "hyperv", "s390", "pvpanic")),
        EMBED(DomainPanic, info, domain_device_type),
};
DEF_TYPE(domain_panic_type, DomainPanic, panic_rows, .rules = domain_panic_rules);
