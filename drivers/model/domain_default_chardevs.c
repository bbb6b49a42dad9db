/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <string.h>

static void number_ports(DomainChardev **items, uint32_t n)
{
        uint32_t next = 0;

        for (uint32_t i = 0; i < n; i++)
                if (def_is_set(items[i], target_port))
                        next = MAX(next, items[i]->target_port + 1);
        /* as in libvirt, a list that says nothing counts from 0 */
        for (uint32_t i = 0; i < n; i++)
                if (!def_is_set(items[i], target_port))
                        def_put(items[i], target_port, next++);
}

#define ISA_PORTS 4u

/* What is said to be an ISA port has the lowest number that no other such has. */
static void number_isa_serials(DomainDef *def)
{
        bool taken[ISA_PORTS] = {};

        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_ISA_SERIAL &&
                    def_get(serial, target_port, ISA_PORTS) < ISA_PORTS)
                        taken[serial->target_port] = true;
        DEF_FOREACH(serial, def->serials)
                for (uint32_t port = 0; port < ISA_PORTS; port++)
                        if (serial->target_type == DOMAIN_CHARDEV_TARGET_ISA_SERIAL &&
                            !def_is_set(serial, target_port) && !taken[port]) {
                                def_put(serial, target_port, port);
                                taken[port] = true;
                        }
}

/* Boards that are made for virtual machines. */
static bool is_virt(const char *arch, const char *machine)
{
        static const char *const archs[] = { "aarch64", "armv7l", "riscv64", "riscv32", "loongarch64", NULL };

        return g_strv_contains(archs, arch) && g_str_has_prefix(machine, "virt");
}

static const char *serial_model(DomainChardevTarget target, const char *arch)
{
        switch (target) {
        case DOMAIN_CHARDEV_TARGET_ISA_SERIAL:
                return "isa-serial";
        case DOMAIN_CHARDEV_TARGET_USB_SERIAL:
                return "usb-serial";
        case DOMAIN_CHARDEV_TARGET_PCI_SERIAL:
                return "pci-serial";
        case DOMAIN_CHARDEV_TARGET_ISA_DEBUG:
                return "isa-debugcon";
        case DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL:
                return "spapr-vty";
        case DOMAIN_CHARDEV_TARGET_SCLP_SERIAL:
                return "sclpconsole";
        case DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL:
                return g_str_has_prefix(arch, "arm") || streq(arch, "aarch64") ? "pl011" : "16550a";
        case DOMAIN_CHARDEV_TARGET_SERIAL:
        case DOMAIN_CHARDEV_TARGET_XEN:
        case DOMAIN_CHARDEV_TARGET_UML:
        case DOMAIN_CHARDEV_TARGET_VIRTIO:
        case DOMAIN_CHARDEV_TARGET_LXC:
        case DOMAIN_CHARDEV_TARGET_OPENVZ:
        case DOMAIN_CHARDEV_TARGET_SCLP:
        case DOMAIN_CHARDEV_TARGET_SCLPLM:
        case DOMAIN_CHARDEV_TARGET_GUESTFWD:
        case _DOMAIN_CHARDEV_TARGET_MAX:
                break;
        }
        return NULL;
}

/* The kind of serial port that a machine has, or that the address asks for. */
static DomainChardevTarget serial_target(const DomainChardev *serial, const char *arch, const char *machine)
{
        const DomainAddress *address = serial->info.address;

        if (address && address->type == DOMAIN_ADDRESS_USB)
                return DOMAIN_CHARDEV_TARGET_USB_SERIAL;
        if (address && address->type == DOMAIN_ADDRESS_PCI)
                return DOMAIN_CHARDEV_TARGET_PCI_SERIAL;
        if (streq(arch, "x86_64") || streq(arch, "i686"))
                return DOMAIN_CHARDEV_TARGET_ISA_SERIAL;
        if (g_str_has_prefix(machine, "pseries"))
                return DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL;
        if (g_str_has_prefix(arch, "s390"))
                return DOMAIN_CHARDEV_TARGET_SCLP_SERIAL;
        return is_virt(arch, machine) ? DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL : 0;
}

static void default_serials(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;

        if (!normalizer->emulated)
                return;
        DEF_FOREACH(serial, def->serials) {
                /* "isa-serial" was once said of every machine's port */
                if (serial->target_type == 0 || serial->target_type == DOMAIN_CHARDEV_TARGET_ISA_SERIAL)
                        serial->target_type = serial_target(serial, def->os.arch, strempty(def->os.machine));
                if (!serial->target_model)
                        serial->target_model =
                                domain_def_strdup(def, serial_model(serial->target_type, def->os.arch));
        }
}

/* The host side of one for the other; a console that is a serial port has no device of its own. */
static void share_source(DomainDef *def, DomainChardev *to, const DomainChardev *from)
{
        DomainChardev copy = *from;

        copy.set = to->set;
        copy.target_port = to->target_port;
        copy.target_type = to->target_type;
        copy.target_model = to->target_model;
        copy.target_name = to->target_name;
        copy.info = to->info;
        *to = copy;
}

/* The first serial port is the first console, and the other way round. */
static void pair_console(DomainDef *def)
{
        DomainChardev *console, *serial;

        if (!streq(def->os.type, "hvm"))
                return;
        if (def->consoles.n == 0) {
                if (def->serials.n == 0 ||
                    def->serials.items[0]->target_type == DOMAIN_CHARDEV_TARGET_ISA_DEBUG)
                        return;
                console = domain_def_new(def, DomainChardev);
                console->target_type = DOMAIN_CHARDEV_TARGET_SERIAL;
                share_source(def, console, def->serials.items[0]);
                domain_def_append(def, &def->consoles, console);
                return;
        }
        console = def->consoles.items[0];
        if (console->target_type != 0 && console->target_type != DOMAIN_CHARDEV_TARGET_SERIAL)
                return;
        console->target_type = DOMAIN_CHARDEV_TARGET_SERIAL;
        if (def->serials.n == 0) {
                serial = domain_def_new(def, DomainChardev);
                share_source(def, serial, console);
                domain_def_append(def, &def->serials, serial);
        } else
                share_source(def, console, def->serials.items[0]);
}

/* Where libvirt put the socket of a channel that named none: the choice is left to the daemon again. */
static void drop_default_path(DomainChardev *channel)
{
        static const char *const directories[] = { "/var/lib/libvirt/qemu/channel/", "/run/libvirt/qemu/channel/" };

        if (channel->type != DOMAIN_CHARDEV_UNIX || !channel->path || !channel->target_name ||
            !g_str_has_suffix(channel->path, channel->target_name))
                return;
        for (unsigned i = 0; i < ELEMENTSOF(directories); i++)
                if (g_str_has_prefix(channel->path, directories[i])) {
                        channel->path = NULL;
                        channel->mode = 0;
                        return;
                }
}

void domain_default_chardevs(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;

        DEF_FOREACH(channel, def->channels)
                if (channel->target_type == DOMAIN_CHARDEV_TARGET_VIRTIO && normalizer->emulated)
                        drop_default_path(channel);
        number_isa_serials(def);
        default_serials(normalizer);
        pair_console(def);
        default_serials(normalizer);
        DEF_FOREACH(console, def->consoles)
                if (console->target_type == 0)
                        console->target_type = DOMAIN_CHARDEV_TARGET_SERIAL;
        number_ports(def->serials.items, def->serials.n);
        number_ports(def->parallels.items, def->parallels.n);
        number_ports(def->consoles.items, def->consoles.n);
}
