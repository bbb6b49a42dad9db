/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capabilities_xml.h"

#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qemu_xml.h"

#include <string.h>

typedef enum BoardKind {
        BOARD_PC = 1 << 0,
        BOARD_Q35 = 1 << 1,
        BOARD_OTHER = 1 << 2,
        BOARD_IOMMU = 1 << 3, /* any, on a host whose devices can be given away */
        BOARD_ANY = BOARD_PC | BOARD_Q35 | BOARD_OTHER,
        BOARD_X86 = BOARD_PC | BOARD_Q35,
} BoardKind;

/*
 * What the driver can do, in the document's order: a row for each word of each enumeration, with what the emulator must
 * have for it (a device, an object, a feature; nothing: none) and the boards that have a place for it. A device kind is
 * supported when a word of it is. Who teaches the driver a device adds its row.
 */
static const struct {
        const char *element, *enumeration, *word, *device;
        BoardKind boards;
        const char *object;
        unsigned feature; /* a QemuFeature and one */
} device_table[] = {
        { "disk", "diskDevice", "disk", NULL, BOARD_ANY },
        { "disk", "diskDevice", "cdrom", NULL, BOARD_ANY },
        { "disk", "diskDevice", "floppy", "floppy", BOARD_X86 },
        { "disk", "diskDevice", "lun", "scsi-block", BOARD_ANY },
        { "disk", "bus", "fdc", "isa-fdc", BOARD_X86 },
        { "disk", "bus", "ide", "ide-hd", BOARD_PC },
        { "disk", "bus", "scsi", "scsi-hd", BOARD_ANY },
        { "disk", "bus", "virtio", "virtio-blk-device", BOARD_ANY },
        { "disk", "bus", "usb", "usb-storage", BOARD_ANY },
        { "disk", "bus", "sata", "ich9-ahci", BOARD_ANY },
        { "disk", "model", "virtio", "virtio-blk-pci", BOARD_ANY },
        { "disk", "model", "virtio-transitional", "virtio-blk-pci-transitional", BOARD_ANY },
        { "disk", "model", "virtio-non-transitional", "virtio-blk-pci-non-transitional", BOARD_ANY },
        { "graphics", "type", "sdl", NULL, BOARD_ANY, .feature = QEMU_FEATURE_DISPLAY_SDL + 1 },
        { "graphics", "type", "vnc", NULL, BOARD_ANY, .feature = QEMU_FEATURE_VNC + 1 },
        { "graphics", "type", "spice", NULL, BOARD_ANY, .feature = QEMU_FEATURE_SPICE + 1 },
        { "graphics", "type", "egl-headless", NULL, BOARD_ANY, .feature = QEMU_FEATURE_DISPLAY_EGL_HEADLESS + 1 },
        { "graphics", "type", "dbus", NULL, BOARD_ANY, .feature = QEMU_FEATURE_DISPLAY_DBUS + 1 },
        { "video", "modelType", "vga", "VGA", BOARD_ANY },
        { "video", "modelType", "cirrus", "cirrus-vga", BOARD_ANY },
        { "video", "modelType", "vmvga", "vmware-svga", BOARD_ANY },
        { "video", "modelType", "qxl", "qxl", BOARD_ANY },
        { "video", "modelType", "virtio", "virtio-gpu-pci", BOARD_ANY },
        { "video", "modelType", "none", NULL, BOARD_ANY },
        { "video", "modelType", "bochs", "bochs-display", BOARD_ANY },
        { "video", "modelType", "ramfb", "ramfb", BOARD_ANY },
        { "hostdev", "mode", "subsystem", NULL, BOARD_ANY },
        { "hostdev", "startupPolicy", "default", NULL, BOARD_ANY },
        { "hostdev", "startupPolicy", "mandatory", NULL, BOARD_ANY },
        { "hostdev", "startupPolicy", "requisite", NULL, BOARD_ANY },
        { "hostdev", "startupPolicy", "optional", NULL, BOARD_ANY },
        { "hostdev", "subsysType", "usb", "usb-host", BOARD_ANY },
        { "hostdev", "subsysType", "pci", "vfio-pci", BOARD_IOMMU },
        { "hostdev", "subsysType", "scsi", "scsi-generic", BOARD_ANY },
        { "hostdev", "capsType" },
        { "hostdev", "pciBackend", "default", "vfio-pci", BOARD_IOMMU },
        { "hostdev", "pciBackend", "vfio", "vfio-pci", BOARD_IOMMU },
        { "rng", "model", "virtio", "virtio-rng-device", BOARD_ANY },
        { "rng", "model", "virtio-transitional", "virtio-rng-pci-transitional", BOARD_ANY },
        { "rng", "model", "virtio-non-transitional", "virtio-rng-pci-non-transitional", BOARD_ANY },
        { "rng", "backendModel", "random", NULL, BOARD_ANY, .object = "rng-random" },
        { "rng", "backendModel", "egd", NULL, BOARD_ANY, .object = "rng-egd" },
        { "rng", "backendModel", "builtin", NULL, BOARD_ANY, .object = "rng-builtin" },
        { "filesystem", "driverType", "path", "virtio-9p-pci", BOARD_ANY },
        { "filesystem", "driverType", "handle", "virtio-9p-pci", BOARD_ANY },
        { "filesystem", "driverType", "virtiofs", "vhost-user-fs-device", BOARD_ANY },
        { "tpm", "model", "tpm-tis", "tpm-tis", BOARD_X86 },
        { "tpm", "model", "tpm-crb", "tpm-crb", BOARD_X86 },
        { "tpm", "backendModel", "passthrough", "tpm-tis", BOARD_X86 },
        { "tpm", "backendModel", "emulator", "tpm-tis", BOARD_X86 },
        { "tpm", "backendModel", "external", "tpm-tis", BOARD_X86 },
        { "tpm", "backendVersion", "1.2", "tpm-tis", BOARD_X86 },
        { "tpm", "backendVersion", "2.0", "tpm-tis", BOARD_X86 },
        { "redirdev", "bus", "usb", "usb-redir", BOARD_ANY },
        { "channel", "type", "pty", "virtserialport", BOARD_ANY },
        { "channel", "type", "unix", "virtserialport", BOARD_ANY },
        { "channel", "type", "spicevmc", "virtserialport", BOARD_ANY, .feature = QEMU_FEATURE_SPICE + 1 },
        { "channel", "type", "spiceport", "virtserialport", BOARD_ANY, .feature = QEMU_FEATURE_SPICE + 1 },
        { "channel", "type", "qemu-vdagent", "virtserialport", BOARD_ANY, .feature = QEMU_FEATURE_CHARDEV_VDAGENT + 1 },
        { "channel", "type", "dbus", "virtserialport", BOARD_ANY, .feature = QEMU_FEATURE_CHARDEV_DBUS + 1 },
        { "crypto", "model", "virtio", "virtio-crypto-device", BOARD_ANY },
        { "crypto", "type", "qemu", "virtio-crypto-device", BOARD_ANY },
        { "crypto", "backendModel", "builtin", NULL, BOARD_ANY, .object = "cryptodev-backend-builtin" },
        { "crypto", "backendModel", "lkcf", NULL, BOARD_ANY, .object = "cryptodev-backend-lkcf" },
        { "interface", "backendType", "default", NULL, BOARD_ANY },
        { "interface", "backendType", "passt", NULL, BOARD_ANY, .feature = QEMU_FEATURE_NETDEV_STREAM + 1 },
        { "panic", "model", "isa", "pvpanic", BOARD_X86 },
        { "panic", "model", "hyperv", NULL, BOARD_X86 },
        { "panic", "model", "pvpanic", "pvpanic-pci", BOARD_ANY },
};

typedef struct Question {
        const QemuHost *host;
        const QemuCaps *caps;
        const char *arch;
        const QemuMachine *machine;
        bool kvm;
        BoardKind board;
} Question;

static BoardKind board_kind(const QemuMachine *machine)
{
        if (g_str_has_prefix(machine->name, "pc-q35"))
                return BOARD_Q35;
        if (g_str_has_prefix(machine->name, "pc-i440fx") || streq(machine->name, "isapc"))
                return BOARD_PC;
        return BOARD_OTHER;
}

static int question_set_machine(Question *q, const char *name, Error *error)
{
        size_t n;

        q->machine = qemu_caps_machine(q->caps, name);
        /* most architectures but x86 have no default */
        if (!q->machine && !name) {
                const QemuMachine *machines = qemu_caps_machines(q->caps, &n);

                q->machine = n > 0 ? machines : NULL;
        }
        if (!q->machine)
                return error_set(error, ERROR_INVALID_ARG,
                                 "the machine '%s' is not supported by emulator '%s'", name ?: "(default)",
                                 qemu_caps_binary(q->caps));
        q->board = board_kind(q->machine) | (q->host->iommu ? BOARD_IOMMU : 0);
        return 0;
}

static int question_set_type(Question *q, const char *type, Error *error)
{
        q->kvm = type ? streq(type, "kvm") : qemu_caps_kvm(q->caps);
        if (type && !q->kvm && !streq(type, "qemu"))
                return error_set(error, ERROR_INVALID_ARG, "unknown virttype: %s", type);
        if (q->kvm && !qemu_caps_kvm(q->caps))
                return error_set(error, ERROR_INVALID_ARG,
                                 "the accel 'kvm' is not supported by '%s' on this host",
                                 qemu_caps_binary(q->caps));
        return 0;
}

static int question_set_arch(Question *q, const char *arch, Error *error)
{
        const char *own = qemu_caps_arch(q->caps);

        if (arch && !streq(arch, own) && !(streq(arch, "i686") && streq(own, "x86_64")))
                return error_set(error, ERROR_INVALID_ARG,
                                 "architecture '%s' does not match emulator '%s', which is for '%s'", arch,
                                 qemu_caps_binary(q->caps), own);
        q->arch = arch ?: own;
        return 0;
}

static xmlNode *add_supported(xmlNode *parent, const char *name, bool supported)
{
        xmlNode *node = xml_add(parent, name);

        xml_set(node, "supported", supported ? "yes" : "no");
        return node;
}

static xmlNode *add_enum(xmlNode *parent, const char *name)
{
        xmlNode *node = xml_add(parent, "enum");

        xml_set(node, "name", name);
        return node;
}

static void add_enum_of(xmlNode *parent, const char *name, const char *const *words)
{
        xmlNode *node = add_enum(parent, name);

        for (; *words; words++)
                xml_add_text(node, "value", *words);
}

static void add_os(xmlNode *root, const Question *q)
{
        xmlNode *os = add_supported(root, "os", true), *firmwares = add_enum(os, "firmware"), *loader;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        uint32_t features = 0;

        loader = add_supported(os, "loader", true);
        for (size_t i = 0; i < q->host->firmwares.n; i++) {
                const Firmware *firmware = q->host->firmwares.items + i;

                if (!firmware_suits_machine(firmware, q->arch, q->machine->name))
                        continue;
                if (g_hash_table_add(seen, firmware->executable))
                        xml_add_text(loader, "value", firmware->executable);
                features |= firmware->features;
        }
        if (features & FIRMWARE_BIOS)
                xml_add_text(firmwares, "value", "bios");
        if (features & FIRMWARE_UEFI)
                xml_add_text(firmwares, "value", "efi");
        add_enum_of(loader, "type", (const char *const[]) { "rom", "pflash", NULL });
        add_enum_of(loader, "readonly", (const char *const[]) { "yes", "no", NULL });
        add_enum_of(loader, "secure", (const char *const[]) { "no", features & FIRMWARE_SECURE_BOOT ? "yes" : NULL,
                                                              NULL });
}

static xmlNode *add_mode(xmlNode *cpu, const char *name, bool supported)
{
        xmlNode *mode = xml_add(cpu, "mode");

        xml_set(mode, "name", name);
        xml_set(mode, "supported", supported ? "yes" : "no");
        return mode;
}

/*
 * What libvirt calls the emulator's model, and whose it is: where libvirt knows models there are those alone. NULL: it
 * is not one of them.
 */
static const char *listed_model(const Question *q, const char *name, const char **ret_vendor)
{
        const CpuModel *x86 = cpu_arch_is_x86(q->arch) ? cpu_model_find(name) : NULL;
        g_autofree const char **known = NULL;

        *ret_vendor = "unknown";
        if (cpu_arch_is_x86(q->arch)) {
                if (x86 && cpu_model_vendor(x86))
                        *ret_vendor = cpu_model_vendor(x86);
                return x86 ? cpu_model_name(x86) : NULL;
        }
        if (cpu_models(q->arch, &known, NULL) < 0 || !known[0])
                return name;
        for (const char **at = known; *at; at++)
                if (g_ascii_strcasecmp(*at, name) == 0) {
                        *ret_vendor = g_str_has_prefix(*at, "POWERPC") ? "Freescale" : "IBM";
                        return *at;
                }
        return NULL;
}

static void add_models(xmlNode *mode, const Question *q)
{
        size_t n;
        const QemuCpu *cpus = qemu_caps_cpus(q->caps, &n);

        for (size_t i = 0; i < n; i++) {
                const char *vendor, *name = listed_model(q, cpus[i].name, &vendor);
                xmlNode *model;

                if (!name)
                        continue;
                model = xml_add_text(mode, "model", name);
                xml_set(model, "usable", qemu_usable_to_string(cpus[i].usable));
                if (cpus[i].deprecated)
                        xml_set(model, "deprecated", "yes");
                xml_set(model, "vendor", vendor);
        }
}

static void add_features_of(xmlNode *mode, const CpuFeatures *features, const char *policy)
{
        CPU_FEATURES_FOREACH(i, features) {
                xmlNode *feature = xml_add(mode, "feature");

                xml_set(feature, "policy", policy);
                xml_set(feature, "name", cpu_feature_name(i));
        }
}

/* What a definition becomes that says no more than "host-model". */
static void add_host_model(xmlNode *cpu, const Question *q)
{
        _cleanup_(cpu_host_freep) CpuHost *host = qemu_cpu_host(q->caps, q->arch, q->kvm);
        CpuDescription description;
        bool there = !cpu_features_is_empty(&host->features) &&
                     cpu_describe_guest(&host->features, &host->offers, NULL, &description, NULL) >= 0;
        xmlNode *mode = add_mode(cpu, "host-model", there);

        if (!there)
                return;
        xml_set(xml_add_text(mode, "model", cpu_model_name(description.model)), "fallback", "forbid");
        if (host->features.vendor)
                xml_add_text(mode, "vendor", host->features.vendor);
        add_features_of(mode, &description.more, "require");
        add_features_of(mode, &description.less, "disable");
        add_features_of(mode, &description.gone, "disable");
}

static void add_cpu(xmlNode *root, const Question *q)
{
        static const char *const both[] = { "on", "off", NULL };
        xmlNode *cpu = xml_add(root, "cpu"), *mode;
        size_t n;

        (void) qemu_caps_cpus(q->caps, &n);
        mode = add_mode(cpu, "host-passthrough", q->kvm);
        if (q->kvm)
                add_enum_of(mode, "hostPassthroughMigratable", both);
        mode = add_mode(cpu, "maximum", qemu_caps_cpu(q->caps, "max"));
        if (qemu_caps_cpu(q->caps, "max"))
                add_enum_of(mode, "maximumMigratable", both);
        add_host_model(cpu, q);
        add_models(add_mode(cpu, "custom", n > 0), q);
}

static bool row_applies(const Question *q, size_t i)
{
        const char *device = device_table[i].device, *object = device_table[i].object;
        unsigned feature = device_table[i].feature;

        if (!device_table[i].word || !(device_table[i].boards & q->board))
                return false;
        if (feature > 0 && !qemu_caps_has(q->caps, (QemuFeature) (feature - 1)))
                return false;
        return (!device || qemu_caps_has_device(q->caps, device)) && (!object || qemu_caps_has_object(q->caps, object));
}

static bool element_applies(const Question *q, const char *element)
{
        for (size_t i = 0; i < ELEMENTSOF(device_table); i++)
                if (streq(device_table[i].element, element) && row_applies(q, i))
                        return true;
        return false;
}

static void add_devices(xmlNode *root, const Question *q)
{
        xmlNode *devices = xml_add(root, "devices"), *element = NULL, *enumeration = NULL;

        for (size_t i = 0; i < ELEMENTSOF(device_table); i++) {
                const char *name = device_table[i].element, *list = device_table[i].enumeration;
                bool first = i == 0 || !streq(device_table[i - 1].element, name);

                if (first)
                        element = add_supported(devices, name, element_applies(q, name));
                if (list && (first || !streq(device_table[i - 1].enumeration, list)))
                        enumeration = add_enum(element, list);
                if (row_applies(q, i))
                        xml_add_text(enumeration, "value", device_table[i].word);
        }
}

/* The processor shows them to the guest under KVM alone. */
static void add_hyperv(xmlNode *features, const Question *q)
{
        static const char *const words[] = {
                "relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset", "vendor_id",
                "frequencies", "reenlightenment", "tlbflush", "ipi", "evmcs", "avic", "emsr_bitmap", "xmm_input", NULL,
        };
        bool supported = q->kvm && (q->board & BOARD_X86);
        xmlNode *node = add_supported(features, "hyperv", supported);

        if (supported)
                add_enum_of(node, "features", words);
}

/* What the emulator can ask for; whether the host can do it a start tells. */
static void add_launch_security(xmlNode *features, const Question *q)
{
        static const struct {
                const char *word, *object;
        } types[] = {
                { "sev", "sev-guest" }, { "sev-snp", "sev-snp-guest" }, { "s390-pv", "s390-pv-guest" },
                { "tdx", "tdx-guest" },
        };
        bool any = false;
        xmlNode *node, *words;

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                any |= q->kvm && qemu_caps_has_object(q->caps, types[i].object);
        node = add_supported(features, "launchSecurity", any);
        if (!any)
                return;
        words = add_enum(node, "sectype");
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (qemu_caps_has_object(q->caps, types[i].object))
                        xml_add_text(words, "value", types[i].word);
}

static void add_features(xmlNode *root, const Question *q)
{
        const struct {
                const char *name;
                bool supported;
        } all[] = {
                { "gic", false },
                { "vmcoreinfo", qemu_caps_has_device(q->caps, "vmcoreinfo") },
                { "genid", qemu_caps_has_device(q->caps, "vmgenid") },
                { "backingStoreInput", true },
                { "backup", false },
                { "async-teardown", qemu_caps_has(q->caps, QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN) },
                { "s390-pv", false },
                { "sev", false },
                { "sgx", false },
        };
        xmlNode *features = xml_add(root, "features");

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                (void) add_supported(features, all[i].name, all[i].supported);
        add_hyperv(features, q);
        add_launch_security(features, q);
}

static void add_memory(xmlNode *root, const Question *q)
{
        xmlNode *node = add_supported(root, "memoryBacking", true);
        bool memfd = qemu_caps_has_object(q->caps, "memory-backend-memfd");

        add_enum_of(node, "sourceType", (const char *const[]) { "file", "anonymous", memfd ? "memfd" : NULL, NULL });
}

static const char *null_if_empty(const char *text)
{
        return isempty(text) ? NULL : text;
}

int qemu_domain_capabilities_xml(const QemuHost *host, const QemuCaps *caps, const char *arch,
                                 const char *machine, const char *type, char **ret, Error *error)
{
        Question q = { .host = host, .caps = caps };
        xmlNode *root;
        int r;

        r = question_set_arch(&q, null_if_empty(arch), error);
        if (r >= 0)
                r = question_set_type(&q, null_if_empty(type), error);
        if (r >= 0)
                r = question_set_machine(&q, null_if_empty(machine), error);
        if (r < 0)
                return r;

        root = xml_new("domainCapabilities");
        xml_add_text(root, "path", qemu_caps_binary(caps));
        xml_add_text(root, "domain", q.kvm ? "kvm" : "qemu");
        xml_add_text(root, "machine", q.machine->name);
        xml_add_text(root, "arch", q.arch);
        xml_set_u64(xml_add(root, "vcpu"), "max", q.machine->cpu_max);
        (void) add_supported(root, "iothreads", qemu_caps_has_object(caps, "iothread"));
        add_os(root, &q);
        add_cpu(root, &q);
        add_memory(root, &q);
        add_devices(root, &q);
        add_features(root, &q);
        *ret = xml_finish(root);
        return 0;
}
