/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/device.h"

#include <string.h>

/* Devices that a domain gets, loses or has changed, told by options rather than in XML. */

/* virDomainModificationImpact, virDomainDeviceModifyFlags */
enum { MODIFY_LIVE = 1 << 0, MODIFY_CONFIG = 1 << 1, MODIFY_FORCE = 1 << 2 };
static const OptionBit modify_flags[] = { { "live", MODIFY_LIVE }, { "config", MODIFY_CONFIG }, {} };

#define MODIFY_OPTIONS                                                       \
        { "live", 0, NULL, "Of the running machine" },                        \
        { "config", 0, NULL, "Of the definition, for the next start" },       \
        { "persistent", 0, NULL, "Of both, or of the definition alone when it does not run" }, \
        { "print-xml", 0, NULL, "Print the definition of the device, and do nothing" }

#define MODIFY_DETAILS "Of the running machine when there is one, else of the definition, unless told otherwise.\n"

static const char *const disk_places[] = { "target/@dev", "source/@file", "source/@dev", NULL };
static const char *const interface_places[] = { "mac/@address", "target/@dev", NULL };

static int read_flags(Ctl *ctl, const Arguments *arguments, const char *path, uint32_t *ret, Failure *failure)
{
        uint32_t flags = arguments_bits(arguments, modify_flags);
        bool active = false;
        int r;

        if (arguments_has(arguments, "persistent")) {
                r = ctl_get_bool(ctl, path, "Domain", "Active", &active, failure);
                if (r < 0)
                        return r;
                flags |= MODIFY_CONFIG | (active ? MODIFY_LIVE : 0);
        }
        *ret = flags;
        return 0;
}

/* Whether it is the definition for the next start that is looked at. */
static bool wants_inactive(const Arguments *arguments)
{
        return arguments_has(arguments, "config") && !arguments_has(arguments, "live");
}

/* Hands the device to the member, or shows it. */
static int modify(Ctl *ctl, const Arguments *arguments, const char *path, const char *member, xmlNode *device,
                  const char *done, Failure *failure)
{
        const char *domain = arguments_word(arguments, 0);
        g_autofree char *xml = compose_text(device);
        uint32_t flags;
        int r;

        if (arguments_has(arguments, "print-xml"))
                return ctl_print_document(ctl, "xml", xml);
        r = read_flags(ctl, arguments, path, &flags, failure);
        if (r >= 0 && streq(member, "UpdateDevice") && arguments_has(arguments, "force"))
                flags |= MODIFY_FORCE;
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", member, CALL_CHANGES, NULL, failure, "su", xml, flags);
        if (r < 0)
                return r;
        ctl_say(ctl, "Domain '%s' %s\n", domain, done);
        if (ctl->json) {
                g_autoptr(JsonObject) object = json_object_new();

                json_object_set_string_member(object, "domain", domain);
                json_object_set_boolean_member(object, "success", true);
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        }
        return 0;
}

static int attach(Ctl *ctl, const Arguments *arguments, xmlDoc *doc, const char *done, Failure *failure)
{
        g_autofree char *path = NULL;
        int r = ctl_find_domain(ctl, arguments_word(arguments, 0), &path, failure);

        return r < 0 ? r : modify(ctl, arguments, path, "AttachDevice", xmlDocGetRootElement(doc), done, failure);
}

/* Where the definition of a type has what it stands on. */
typedef struct SourcePlace {
        const char *type, *place;
} SourcePlace;

static int set_source(xmlNode *element, const SourcePlace *places, const char *type, const char *option,
                      const char *source, Failure *failure)
{
        g_autoptr(GString) all = g_string_new(NULL);

        for (const SourcePlace *place = places; place->type; place++) {
                if (streq(place->type, type)) {
                        compose_set(element, "@type", type);
                        if (place->place && !isempty(source) && !streq(source, "-"))
                                compose_set(element, place->place, source);
                        return 0;
                }
                g_string_append_printf(all, "%s%s", all->len > 0 ? ", " : "", place->type);
        }
        return failure_set(failure, EXIT_STATUS_USAGE, "%s: '%s' is none of %s", option, type, all->str);
}

static const SourcePlace disk_sources[] = {
        { "file", "source/@file" }, { "block", "source/@dev" }, { "dir", "source/@dir" },
        { "network", "source/@name" }, {},
};

/* What a path is when nobody says so: the file may be on another host, so that only its name can tell. */
static const char *type_of_path(const char *path)
{
        return g_str_has_prefix(path, "/dev/") ? "block" : "file";
}

static const ComposeRow disk_rows[] = {
        { "@device", .option = "type", .choices = (const char *const[]) { "disk", "cdrom", "floppy", "lun", NULL } },
        { "@rawio", .option = "rawio", .text = "yes" },
        { "@sgio", .option = "sgio", .choices = (const char *const[]) { "filtered", "unfiltered", NULL } },
        { "driver/@type", .option = "subdriver" },
        { "driver/@cache", .option = "cache",
          .choices = (const char *const[]) { "default", "none", "writethrough", "writeback", "directsync", "unsafe",
                                             NULL } },
        { "driver/@io", .option = "io", .choices = (const char *const[]) { "threads", "native", "io_uring", NULL } },
        { "driver/@iothread", .option = "iothread", .kind = COMPOSE_NUMBER },
        { "driver/@discard", .option = "discard", .choices = (const char *const[]) { "ignore", "unmap", NULL } },
        { "source/@protocol", .option = "source-protocol" },
        { "source/host/@name", .option = "source-host-name" },
        { "source/host/@port", .option = "source-host-port", .kind = COMPOSE_NUMBER },
        { "source/host/@transport", .option = "source-host-transport",
          .choices = (const char *const[]) { "tcp", "rdma", "unix", NULL } },
        { "source/host/@socket", .option = "source-host-socket" },
        { "target/@dev", .word = 3 },
        { "target/@bus", .option = "targetbus" },
        { "alias/@name", .option = "alias" },
        { "serial", .option = "serial" },
        { "wwn", .option = "wwn" },
        { "readonly", .option = "mode", .when = "readonly",
          .choices = (const char *const[]) { "readonly", "shareable", NULL } },
        { "shareable", .option = "mode", .when = "shareable" },
        {},
};

static int attach_disk_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *source = arguments_word(arguments, 1), *type = arguments_value(arguments, "sourcetype");
        _cleanup_xml_ xmlDoc *doc = compose_new("disk");
        int r;

        if (!g_utf8_validate(source, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "the source is not UTF-8");
        r = set_source(xmlDocGetRootElement(doc), disk_sources, type ?: type_of_path(source), "--sourcetype", source,
                       failure);
        if (r >= 0)
                r = compose_add(doc, disk_rows, arguments, 0, failure);
        return r < 0 ? r : attach(ctl, arguments, doc, "has the disk", failure);
}

static const SourcePlace interface_sources[] = {
        { "network", "source/@network" }, { "bridge", "source/@bridge" }, { "direct", "source/@dev" },
        { "ethernet", NULL }, { "user", NULL }, {},
};

static const ComposeRow interface_rows[] = {
        { "mac/@address", .option = "mac" },
        { "source/@mode", .option = "source-mode",
          .choices = (const char *const[]) { "vepa", "bridge", "private", "passthrough", NULL } },
        { "target/@dev", .option = "target" },
        { "script/@path", .option = "script" },
        { "model/@type", .option = "model" },
        { "alias/@name", .option = "alias" },
        {},
};

/* virsh's "--inbound 100,200,300,64" */
static int add_bandwidth(xmlNode *element, const Arguments *arguments, const char *option, Failure *failure)
{
        static const char *const names[] = { "average", "peak", "burst", "floor" };
        const char *value = arguments_value(arguments, option);
        g_auto(GStrv) parts = g_strsplit(strempty(value), ",", -1);

        for (size_t i = 0; parts[i]; i++) {
                g_autofree char *place = NULL;
                uint64_t number;

                if (i == ELEMENTSOF(names) || (*parts[i] && parse_u64(parts[i], &number) < 0))
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "--%s: '%s' is not average[,peak[,burst[,floor]]] in KiB", option, value);
                place = g_strdup_printf("bandwidth/%s/@%s", option, names[i]);
                if (*parts[i])
                        compose_set(element, place, parts[i]);
        }
        return 0;
}

static int attach_interface_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *type = arguments_word(arguments, 1), *source = arguments_word(arguments, 2);
        _cleanup_xml_ xmlDoc *doc = compose_new("interface");
        xmlNode *root = xmlDocGetRootElement(doc);
        int r;

        if (source && !g_utf8_validate(source, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "the source is not UTF-8");
        r = set_source(root, interface_sources, type, "the type", source, failure);
        if (r >= 0)
                r = compose_add(doc, interface_rows, arguments, 0, failure);
        if (r >= 0)
                r = add_bandwidth(root, arguments, "inbound", failure);
        if (r >= 0)
                r = add_bandwidth(root, arguments, "outbound", failure);
        return r < 0 ? r : attach(ctl, arguments, doc, "has the interface", failure);
}

static int detach(Ctl *ctl, const Arguments *arguments, const DeviceWanted *wanted, const char *done, Failure *failure)
{
        _cleanup_device_ Device device = {};
        int r = device_find(ctl, arguments_word(arguments, 0), wants_inactive(arguments), wanted, &device, failure);

        return r < 0 ? r : modify(ctl, arguments, device.path, "DetachDevice", device.element, done, failure);
}

static int detach_disk_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const DeviceWanted wanted = { "disk", "disk", disk_places, arguments_word(arguments, 1), NULL };

        return detach(ctl, arguments, &wanted, "is asked to give up the disk", failure);
}

static int detach_interface_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const DeviceWanted wanted = { "interface", "interface", interface_places, arguments_value(arguments, "mac"),
                                      arguments_word(arguments, 1) };

        return detach(ctl, arguments, &wanted, "is asked to give up the interface", failure);
}

static void remove_child(xmlNode *element, const char *name)
{
        for (xmlNode *node = xmlFirstElementChild(element), *next; node; node = next) {
                next = xmlNextElementSibling(node);
                if (streq((const char *) node->name, name)) {
                        xmlUnlinkNode(node);
                        xmlFreeNode(node);
                }
        }
}

/* What becomes of the medium: the words have to agree with what the drive has now. */
static int change_source(const Arguments *arguments, Device *device, Failure *failure)
{
        const char *source = arguments_word(arguments, 2), *target = arguments_word(arguments, 1);
        g_autofree char *kind = device_get(device, "@device"), *file = device_get(device, "source/@file"),
                        *dev = device_get(device, "source/@dev");
        bool eject = arguments_has(arguments, "eject"), insert = arguments_has(arguments, "insert");

        if (!kind || (!streq(kind, "cdrom") && !streq(kind, "floppy")))
                return failure_set(failure, EXIT_STATUS_FAILED, "'%s' is neither a CD-ROM nor a floppy drive", target);
        if (eject + insert + arguments_has(arguments, "update") > 1)
                return failure_set(failure, EXIT_STATUS_USAGE, "only one of --eject, --insert and --update");
        if (eject == (source != NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, eject ? "--eject takes no SOURCE" :
                                                                       "a SOURCE is missing, or --eject");
        if (source && !g_utf8_validate(source, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "the source is not UTF-8");
        if (eject && !file && !dev)
                return failure_set(failure, EXIT_STATUS_FAILED, "'%s' has no medium", target);
        if (insert && (file || dev))
                return failure_set(failure, EXIT_STATUS_FAILED, "'%s' has a medium: --update changes it", target);
        remove_child(device->element, "source");
        remove_child(device->element, "backingStore");
        if (eject)
                return 0;
        return set_source(device->element, disk_sources, type_of_path(source), "the source", source, failure);
}

static int change_media_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const DeviceWanted wanted = { "disk", "disk", disk_places, arguments_word(arguments, 1), NULL };
        _cleanup_device_ Device device = {};
        int r = device_find(ctl, arguments_word(arguments, 0), wants_inactive(arguments), &wanted, &device, failure);

        if (r >= 0)
                r = change_source(arguments, &device, failure);
        return r < 0 ? r : modify(ctl, arguments, device.path, "UpdateDevice", device.element,
                                  arguments_has(arguments, "eject") ? "is without the medium" : "has the medium",
                                  failure);
}

static int set_link_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const DeviceWanted wanted = { "interface", "interface", interface_places, arguments_word(arguments, 1), NULL };
        const char *state = arguments_word(arguments, 2);
        _cleanup_device_ Device device = {};
        int r;

        if (!streq(state, "up") && !streq(state, "down"))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is neither up nor down", state);
        r = device_find(ctl, arguments_word(arguments, 0), wants_inactive(arguments), &wanted, &device, failure);
        if (r < 0)
                return r;
        compose_set(device.element, "link/@state", state);
        return modify(ctl, arguments, device.path, "UpdateDevice", device.element, "has the link set", failure);
}

static const Option attach_disk_options[] = {
        { "sourcetype", 0, "TYPE", "What SOURCE is: file, block (default below /dev), dir or network" },
        { "type", 0, "DEVICE", "disk, cdrom, floppy or lun" },
        { "targetbus", 0, "BUS", "virtio, scsi, sata, ide, usb, fdc" },
        { "subdriver", 0, "FORMAT", "The format: raw, qcow2" },
        { "cache", 0, "MODE", "default, none, writethrough, writeback, directsync or unsafe" },
        { "io", 0, "MODE", "threads, native or io_uring" },
        { "iothread", 0, "ID", "The I/O thread" },
        { "discard", 0, "MODE", "ignore or unmap" },
        { "mode", 0, "MODE", "readonly or shareable" },
        { "serial", 0, "TEXT", "The serial number" },
        { "wwn", 0, "WWN", "The world-wide name" },
        { "alias", 0, "ALIAS", "The name of the device" },
        { "rawio", 0, NULL, "It needs the capability rawio" },
        { "sgio", 0, "MODE", "filtered or unfiltered" },
        { "source-protocol", 0, "PROTOCOL", "Of a network source: nbd, iscsi, …" },
        { "source-host-name", 0, "HOST", "Where that is" },
        { "source-host-port", 0, "PORT", "Its port" },
        { "source-host-transport", 0, "KIND", "tcp, rdma or unix" },
        { "source-host-socket", 0, "PATH", "The socket, with unix" },
        MODIFY_OPTIONS,
        {},
};

static const Option attach_interface_options[] = {
        { "mac", 0, "MAC", "The address (default: a new one)" },
        { "model", 0, "MODEL", "virtio, e1000e, …" },
        { "target", 0, "NAME", "What the host calls it" },
        { "script", 0, "PATH", "The script that connects it" },
        { "source-mode", 0, "MODE", "Of type direct: vepa, bridge, private or passthrough" },
        { "inbound", 0, "LIMITS", "average[,peak[,burst[,floor]]] in KiB" },
        { "outbound", 0, "LIMITS", "average[,peak[,burst]] in KiB" },
        { "alias", 0, "ALIAS", "The name of the device" },
        MODIFY_OPTIONS,
        {},
};

static const Option modify_options[] = { MODIFY_OPTIONS, {} };
static const Option detach_interface_options[] = {
        { "mac", 0, "MAC", "Which one, when there are several" }, MODIFY_OPTIONS, {},
};
static const Option media_options[] = {
        { "eject", 0, NULL, "Take the medium out" },
        { "insert", 0, NULL, "Put a medium into an empty drive" },
        { "update", 0, NULL, "Put it in, whatever is there (default)" },
        { "force", 0, NULL, "Also when the guest holds the drive locked" },
        MODIFY_OPTIONS,
        {},
};
static const Option link_options[] = {
        { "force", 0, NULL, "As update-device has it" }, MODIFY_OPTIONS, {},
};

const Command attach_commands[] = {
        { "attach-disk", "DOMAIN SOURCE TARGET", "Add a disk",
          "SOURCE is on the host of the service; - for none, as of an empty drive. TARGET is vda, sdb, …\n"
          MODIFY_DETAILS, attach_disk_options, 3, 3, "domain.write", attach_disk_run },
        { "detach-disk", "DOMAIN TARGET", "Take a disk away", "TARGET is its name, as vdb, or its source.\n"
          MODIFY_DETAILS, modify_options, 2, 2, "domain.write", detach_disk_run },
        { "attach-interface", "DOMAIN TYPE [SOURCE]", "Add a network interface",
          "TYPE is network, bridge, direct, ethernet or user; SOURCE is the network, the bridge or the device.\n"
          MODIFY_DETAILS, attach_interface_options, 2, 3, "domain.write", attach_interface_run },
        { "detach-interface", "DOMAIN TYPE", "Take a network interface away", MODIFY_DETAILS,
          detach_interface_options, 2, 2, "domain.write", detach_interface_run },
        { "change-media", "DOMAIN TARGET [SOURCE]", "Change the medium of a CD-ROM or floppy drive", MODIFY_DETAILS,
          media_options, 2, 3, "domain.write", change_media_run },
        { "domif-setlink", "DOMAIN INTERFACE up|down", "Plug or unplug the cable of a network interface",
          "INTERFACE is its address, or what the host calls it.\n" MODIFY_DETAILS, link_options, 3, 3,
          "domain.write", set_link_run },
        {},
};
