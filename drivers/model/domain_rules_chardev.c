/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What has to fit together in a character device: its host side, and what the guest sees of it. */

#define TARGET(t) DOMAIN_CHARDEV_TARGET_##t

static bool is_reachable(const DomainChardev *chardev)
{
        if (chardev->type != DOMAIN_CHARDEV_UDP)
                return true;
        DEF_FOREACH(endpoint, chardev->endpoints)
                if (endpoint->mode == DOMAIN_SOCKET_CONNECT && endpoint->service)
                        return true;
        return false;
}

static void check_source(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;
        bool needs_path = chardev->type == DOMAIN_CHARDEV_DEV || chardev->type == DOMAIN_CHARDEV_FILE ||
                chardev->type == DOMAIN_CHARDEV_PIPE;

        if (needs_path && !chardev->path)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source path attribute for char device");
        if (chardev->type == DOMAIN_CHARDEV_NMDM && !chardev->master != !chardev->slave)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Should define both master and slave path attributes for nmdm device");
        if (chardev->type == DOMAIN_CHARDEV_TCP && !chardev->host)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source host attribute for char device");
        if ((chardev->type == DOMAIN_CHARDEV_TCP && !chardev->service) || !is_reachable(chardev))
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source service attribute for char device");
}

/* The name that a port has in a display's protocol. */
static void check_channel_name(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;

        if (chardev->type != DOMAIN_CHARDEV_SPICEPORT && chardev->type != DOMAIN_CHARDEV_DBUS)
                return;
        if (!chardev->channel)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source",
                             "Missing source channel attribute for char device");
        else if (chardev->channel[strspn(chardev->channel, "abcdefghijklmnopqrstuvwxyz"
                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")])
                checker_fail(checker, ERROR_INVALID_ARG, "source/@channel",
                             "Invalid character in source channel for char device");
}

static void check_reconnect(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;
        const DomainReconnect *reconnect = chardev->reconnect;

        if (!reconnect || reconnect->enabled != TRISTATE_YES)
                return;
        if (chardev->mode != DOMAIN_SOCKET_CONNECT)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/reconnect",
                             "chardev reconnect is possible only for connect mode");
        else if (reconnect->timeout == 0)
                checker_fail(checker, ERROR_INVALID_ARG, "source/reconnect/@timeout",
                             "chardev reconnect source timeout cannot be '0'");
}

static void check_qemu_source(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainChardev *chardev = p;

        if (!def || (chardev->type != DOMAIN_CHARDEV_SPICEVMC && chardev->type != DOMAIN_CHARDEV_SPICEPORT))
                return;
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_SPICE)
                        return;
        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@type", "chardev '%s' not supported without spice graphics",
                     domain_chardev_to_string(chardev->type));
}

const DefRule domain_chardev_rules[] = {
        { "only who connects does it again", check_reconnect },
        { "the source suits the type", check_source },
        { "a port of a display has a name", check_channel_name },
        { "a port of SPICE has a display", check_qemu_source },
        {},
};

static void check_path(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;

        if (chardev->type == DOMAIN_CHARDEV_UNIX && !chardev->path)
                checker_fail(checker, ERROR_XML_ERROR, "source", "Missing source path attribute for char device");
}

static void check_target_type(const DomainChardev *chardev, uint32_t types, DefChecker *checker)
{
        if (chardev->target_type != 0 && !(types & IS(chardev->target_type)))
                checker_fail(checker, ERROR_XML_ERROR, "target/@type",
                             "unknown target type '%s' specified for character device",
                             domain_chardev_target_to_string(chardev->target_type));
}

/* <serial> */

#define SERIALS (IS(TARGET(SERIAL)) - IS(TARGET(ISA_SERIAL)))

/* The address that a kind of serial port has, 0: none. */
static DomainAddressType address_of(DomainChardevTarget target)
{
        static const DomainAddressType table[_DOMAIN_CHARDEV_TARGET_MAX] = {
                [TARGET(ISA_SERIAL)] = DOMAIN_ADDRESS_ISA,
                [TARGET(ISA_DEBUG)] = DOMAIN_ADDRESS_ISA,
                [TARGET(USB_SERIAL)] = DOMAIN_ADDRESS_USB,
                [TARGET(PCI_SERIAL)] = DOMAIN_ADDRESS_PCI,
                [TARGET(SPAPR_VIO_SERIAL)] = DOMAIN_ADDRESS_SPAPR_VIO,
        };

        return table[target];
}

/* The first model of a target is the one that goes without saying. */
static const struct {
        const char *model;
        DomainChardevTarget target;
} models[] = {
        { "isa-serial", TARGET(ISA_SERIAL) },
        { "usb-serial", TARGET(USB_SERIAL) },
        { "pci-serial", TARGET(PCI_SERIAL) },
        { "spapr-vty", TARGET(SPAPR_VIO_SERIAL) },
        { "pl011", TARGET(SYSTEM_SERIAL) },
        { "16550a", TARGET(SYSTEM_SERIAL) },
        { "sclpconsole", TARGET(SCLP_SERIAL) },
        { "sclplmconsole", TARGET(SCLP_SERIAL) },
        { "isa-debugcon", TARGET(ISA_DEBUG) },
};

static DomainChardevTarget target_of_model(const char *model)
{
        for (size_t i = 0; i < ELEMENTSOF(models); i++)
                if (streq(models[i].model, model))
                        return models[i].target;
        return 0;
}

static const char *model_of(const DomainChardev *serial)
{
        for (size_t i = 0; i < ELEMENTSOF(models) && !serial->target_model; i++)
                if (models[i].target == serial->target_type)
                        return models[i].model;
        return strempty(serial->target_model);
}

static void check_serial(const void *p, DefChecker *checker)
{
        const DomainChardev *serial = p;

        check_target_type(serial, SERIALS, checker);
        if (serial->target_model && target_of_model(serial->target_model) == 0)
                checker_fail(checker, ERROR_XML_ERROR, "target/model/@name",
                             "unknown target model '%s' specified for character device", serial->target_model);
}

/* What is not said, or is said of another machine's default, becomes what the machine has. */
static bool is_settled(const DomainChardev *serial, const MachineTraits *traits)
{
        return serial->target_type != 0 && (serial->target_type != TARGET(ISA_SERIAL) || machine_is_x86(traits));
}

static bool fits_machine(const DomainDef *def, const DomainChardev *serial)
{
        const char *arch = def->os.arch, *model = strempty(serial->target_model);
        bool virt = g_str_has_prefix(def->os.machine, "virt");
        bool arm = streq(arch, "aarch64") || g_str_has_prefix(arch, "arm");
        bool other = g_str_has_prefix(arch, "riscv") || streq(arch, "loongarch64");

        if (serial->target_type == TARGET(SYSTEM_SERIAL))
                return virt && (streq(model, "pl011") ? arm : streq(model, "16550a") ? other : arm || other);
        if (serial->target_type == TARGET(SPAPR_VIO_SERIAL))
                return domain_is_pseries(def);
        return serial->target_type != TARGET(SCLP_SERIAL) || domain_is_s390(def);
}

static void check_qemu_serial(const void *p, DefChecker *checker)
{
        const MachineTraits *traits = NULL;
        const DomainDef *def = checker_qemu_machine(checker, &traits);
        const DomainChardev *serial = p;
        DomainAddressType type = device_address_type(&serial->info);
        DomainChardevTarget target = serial->target_type;

        if (!def || !is_settled(serial, traits))
                return;
        if (!fits_machine(def, serial))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "Serial device with target type '%s' and target model '%s' not compatible with guest "
                             "architecture or machine type", domain_chardev_target_to_string(target),
                             model_of(serial));
        else if (target == TARGET(ISA_DEBUG) && !machine_is_x86(traits))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@type",
                             "isa-debug serial type only valid on x86 architecture");
        if (type != 0 && address_of(target) == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address",
                             "Target type '%s' cannot have an associated address",
                             domain_chardev_target_to_string(target));
        else if (type != 0 && type != address_of(target))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Target type '%s' requires address type '%s'", domain_chardev_target_to_string(target),
                             domain_address_to_string(address_of(target)));
        if (serial->target_model && target_of_model(serial->target_model) != target)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/model/@name",
                             "Target model '%s' requires target type '%s'", serial->target_model,
                             strempty(domain_chardev_target_to_string(target_of_model(serial->target_model))));
}

const DefRule domain_serial_rules[] = {
        { "a socket has a path", check_path },
        { "the target is one of a serial port", check_serial },
        { "QEMU's machine can have the port", check_qemu_serial },
        {},
};

/* <parallel>, <console>, <channel> */

static void check_qemu_parallel(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);

        if (def && (domain_is_s390(def) || domain_is_pseries(def)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL, "parallel ports are not supported");
}

const DefRule domain_parallel_rules[] = {
        { "a socket has a path", check_path },
        { "QEMU's machine can have the port", check_qemu_parallel },
        {},
};

#define FOREIGN_CONSOLES                                                                            \
        (IS(TARGET(XEN)) | IS(TARGET(UML)) | IS(TARGET(LXC)) | IS(TARGET(OPENVZ)))
#define SCLP_CONSOLES (IS(TARGET(SCLP)) | IS(TARGET(SCLPLM)))
#define CONSOLES (FOREIGN_CONSOLES | SCLP_CONSOLES | IS(TARGET(SERIAL)) | IS(TARGET(VIRTIO)))

static void check_console(const void *p, DefChecker *checker)
{
        check_target_type(p, CONSOLES, checker);
}

static void check_qemu_console(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainChardev *console = p;
        uint32_t target = IS(console->target_type);

        if (!def || console->target_type == 0)
                return;
        EXPECT_NONE(checker, { target & FOREIGN_CONSOLES, "target/@type", "QEMU has no consoles of this type" },
                    { (target & SCLP_CONSOLES) && def->os.arch && !domain_is_s390(def), "target/@type",
                      "only machines of s390 have SCLP consoles" });
}

const DefRule domain_console_rules[] = {
        { "the target is one of a console", check_console },
        { "QEMU can have the console", check_qemu_console },
        {},
};

static void check_channel(const void *p, DefChecker *checker)
{
        const DomainChardev *channel = p;
        bool guestfwd = channel->target_type == TARGET(GUESTFWD);

        check_target_type(channel, IS(TARGET(GUESTFWD)) | IS(TARGET(VIRTIO)) | IS(TARGET(XEN)), checker);
        if (guestfwd)
                check_path(channel, checker);
        if (guestfwd && channel->target_address && strchr(channel->target_address, ':'))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@address",
                             "guestfwd channel only supports IPv4 addresses");
}

const DefRule domain_channel_rules[] = {
        { "the target is one of a channel", check_channel },
        {},
};

/* <redirdev>, <smartcard>, <rng>: what else has a host side */

static void check_redirdev(const void *p, DefChecker *checker)
{
        check_path(&((const DomainRedirdev *) p)->chardev, checker);
}

const DefRule domain_redirdev_rules[] = {
        { "a socket has a path", check_redirdev },
        {},
};

static void check_smartcard(const void *p, DefChecker *checker)
{
        const DomainSmartcard *card = p;

        if (card->mode == DOMAIN_SMARTCARD_HOST_CERTIFICATES && card->certificates.n != 3)
                checker_fail(checker, ERROR_XML_ERROR, "certificate",
                             "host-certificates mode needs exactly three certificates");
        if (card->mode == DOMAIN_SMARTCARD_PASSTHROUGH && card->chardev.type == 0)
                checker_fail(checker, ERROR_XML_ERROR, "@type",
                             "passthrough mode requires a character device type attribute");
        DEF_FOREACH(certificate, card->certificates)
                if (strchr(certificate->name, ','))
                        checker_fail(checker, ERROR_XML_ERROR, "certificate",
                                     "invalid certificate name: '%s'", certificate->name);
        if (has_other_address(&card->info, IS(DOMAIN_ADDRESS_CCID)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Controllers must use the 'ccid' address type");
        check_path(&card->chardev, checker);
}

const DefRule domain_smartcard_rules[] = {
        { "the mode has what it takes", check_smartcard },
        {},
};

static void check_rng(const void *p, DefChecker *checker)
{
        const DomainRng *rng = p;

        if (rng->backend != DOMAIN_RNG_EGD)
                return;
        if (!rng->egd || rng->egd->type == 0)
                checker_fail(checker, ERROR_XML_ERROR, "backend/@type",
                             "missing EGD backend type");
        else if (rng->egd->type == DOMAIN_CHARDEV_UNIX && !rng->egd->path)
                checker_fail(checker, ERROR_XML_ERROR, "backend/source",
                             "Missing source path attribute for char device");
}

const DefRule domain_rng_rules[] = {
        { "a daemon is behind a socket", check_rng },
        {},
};
