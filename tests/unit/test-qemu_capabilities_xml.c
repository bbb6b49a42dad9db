/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capabilities_xml.h"

#include "drivers/qemu/qemu_caps_private.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EMULATOR "/usr/bin/qemu-system-x86_64"
#define SCHEMAS "/usr/share/libvirt/schemas/"

#define CAPS(arch, kvm, cpu, machines, devices)                                                     \
        "{\"binary\":\"/usr/bin/qemu-system-" arch "\",\"arch\":\"" arch "\","                         \
        "\"version\":8000000,\"kvm\":" kvm cpu ",\"machines\":[" machines "],\"cpus\":["              \
        "{\"name\":\"max\",\"usable\":\"yes\"},{\"name\":\"base\",\"usable\":\"unknown\"},"             \
        "{\"name\":\"EPYC\",\"usable\":\"yes\"},{\"name\":\"EPYC-v1\",\"usable\":\"yes\"},"             \
        "{\"name\":\"Haswell-noTSX\",\"usable\":\"no\",\"deprecated\":true},"                         \
        "{\"name\":\"qemu64\",\"usable\":\"yes\"}],\"devices\":[" devices "],"                          \
        "\"objects\":[\"iothread\"],\"commands\":[],\"events\":[],\"options\":[],\"features\":[\"vnc\"]}"
#define MACHINES                                                                                    \
        "{\"name\":\"pc-q35-8.0\",\"alias\":\"q35\",\"cpu-max\":288,\"acpi\":true},"                   \
        "{\"name\":\"pc-i440fx-8.0\",\"alias\":\"pc\",\"cpu-max\":255,\"default\":true,\"acpi\":true},"  \
        "{\"name\":\"isapc\",\"cpu-max\":1,\"deprecated\":true}"
#define DEVICES                                                                                     \
        "\"floppy\",\"isa-fdc\",\"ide-hd\",\"scsi-hd\",\"virtio-blk-device\",\"usb-storage\","         \
        "\"ich9-ahci\",\"VGA\",\"virtio-gpu-pci\",\"virtserialport\""

#define KVM_CPU                                                                                      \
        ",\"kvm-cpu\":{\"vendor\":\"AuthenticAMD\",\"family\":23,\"model\":1,\"stepping\":2,"             \
        "\"features\":[\"sse2\",\"fxsr-opt\",\"nonsense\"]}"

static const char x86_caps[] = CAPS("x86_64", "true", KVM_CPU, MACHINES, DEVICES);
static const char poor_caps[] = CAPS("aarch64", "false", "", "{\"name\":\"virt-8.0\",\"cpu-max\":512}", "");

static QemuHostThread host_threads[] = {
        { .id = 0, .core = 0, .siblings = (char *) "0-1" },
        { .id = 1, .core = 0, .siblings = (char *) "0-1" },
};
static QemuHostCell host_cell = { .memory_kib = 4096, .threads = host_threads, .n_threads = 2 };

static Firmware firmware_of(const char *path, const char *arch, const char *machine, uint32_t features)
{
        Firmware firmware = {
                .device = FIRMWARE_FLASH, .mode = FIRMWARE_STATELESS, .executable = g_strdup(path),
                .format = g_strdup("raw"), .features = features,
        };

        firmware_add_target(&firmware, arch, machine);
        return firmware;
}

static QemuHost host_of_test(void)
{
        Firmwares firmwares = { .items = g_new0(Firmware, 2), .n = 2 };
        QemuHost host;

        firmwares.items[0] =
                firmware_of("/fw/a&b", "x86_64", "pc-q35-*", FIRMWARE_UEFI | FIRMWARE_SECURE_BOOT);
        firmwares.items[1] = firmware_of("/fw/arm", "aarch64", "virt-*", 0);
        host = (QemuHost) {
                .uuid = "4c4c4544-0031-3010-8054-b4c04f4a3532",
                .arch = (char *) "x86_64",
                .cpu = {
                        .family = 23, .model = 1, .stepping = 2, .microcode = 134222430, .physical_bits = 48,
                },
                .vendor = "AMD",
                .cpus = 2,
                .sockets = 1,
                .dies = 1,
                .cores = 1,
                .threads = 2,
                .cells = &host_cell,
                .n_cells = 1,
                .firmwares = firmwares,
                .suspend_mem = true,
        };
        host.features = cpu_model_features(cpu_model_find("EPYC"));
        cpu_features_put(&host.features, X86_PERFCTR_CORE);
        return host;
}

static void host_of_test_clear(QemuHost *host)
{
        firmwares_clear(&host->firmwares);
        node_cpu_clear(&host->cpu);
}

static QemuCaps *caps_of(const char *text)
{
        QemuCaps *caps = NULL;
        Error error = ERROR_INIT;

        if (qemu_caps_parse(text, strlen(text), &caps, &error) < 0)
                fail_msg("%s", error.detail);
        return caps;
}

static void assert_xpath(xmlDoc *doc, const char *expression, const char *want)
{
        g_autofree char *wrapped = g_strdup_printf("string(%s)", expression);
        xmlXPathContext *context = xmlXPathNewContext(doc);
        xmlXPathObject *object = xmlXPathEvalExpression(BAD_CAST wrapped, context);

        assert_non_null(object);
        if (!streq((const char *) object->stringval, want))
                fail_msg("%s is '%s', not '%s'", expression, (const char *) object->stringval, want);
        xmlXPathFreeObject(object);
        xmlXPathFreeContext(context);
}

static xmlDoc *parse(const char *text)
{
        xmlDoc *doc = xmlReadMemory(text, (int) strlen(text), NULL, NULL, XML_PARSE_NONET);

        assert_non_null(doc);
        return doc;
}

/* libvirt's features have dots in their names, which its schema of capabilities does not allow. */
static bool is_dotted_feature(xmlNode *node)
{
        xmlChar *name = streq((const char *) node->name, "feature") ? xmlGetProp(node, BAD_CAST "name") : NULL;
        bool dotted = name && strchr((const char *) name, '.');

        xmlFree(name);
        return dotted;
}

/* What came into the format after the schemas that distributions have. */
static void remove_newer(xmlNode *node)
{
        static const char *const newer[] = { "externalSnapshot", "async-teardown", "launchSecurity", NULL };
        static const char *const newer_devices[] = { "interface", "crypto", "panic", NULL };

        for (xmlNode *child = node->children, *next; child; child = next) {
                next = child->next;
                if (g_strv_contains(newer, (const char *) child->name) || is_dotted_feature(child) ||
                    (g_strv_contains(newer_devices, (const char *) child->name) &&
                     streq((const char *) node->name, "devices"))) {
                        xmlUnlinkNode(child);
                        xmlFreeNode(child);
                } else
                        remove_newer(child);
        }
}

/* The schema has no dots in names of features, though libvirt has features with them. */
static void remove_dotted(xmlNode *node)
{
        for (xmlNode *child = node->children, *next; child; child = next) {
                xmlChar *name = xmlGetNoNsProp(child, BAD_CAST "name");

                next = child->next;
                if (streq((const char *) child->name, "feature") && name && strchr((const char *) name, '.')) {
                        xmlUnlinkNode(child);
                        xmlFreeNode(child);
                } else
                        remove_dotted(child);
                xmlFree(name);
        }
}

/* Against the schemas of libvirt, where they are installed. */
static void assert_valid(xmlDoc *doc, const char *schema)
{
        g_autofree char *path = g_strconcat(SCHEMAS, schema, NULL);
        xmlRelaxNGParserCtxt *parser;
        xmlRelaxNG *grammar;
        xmlRelaxNGValidCtxt *valid;
        int r;

        if (access(path, R_OK) < 0)
                return;
        remove_newer(xmlDocGetRootElement(doc));
        remove_dotted(xmlDocGetRootElement(doc));
        parser = xmlRelaxNGNewParserCtxt(path);
        grammar = xmlRelaxNGParse(parser);
        valid = xmlRelaxNGNewValidCtxt(grammar);
        r = xmlRelaxNGValidateDoc(valid, doc);
        xmlRelaxNGFreeValidCtxt(valid);
        xmlRelaxNGFree(grammar);
        xmlRelaxNGFreeParserCtxt(parser);
        assert_int_equal(r, 0);
}

static void test_capabilities(void **state)
{
        _cleanup_(host_of_test_clear) QemuHost host = host_of_test();
        _cleanup_(qemu_caps_unrefp) QemuCaps *x86 = caps_of(x86_caps), *arm = caps_of(poor_caps);
        g_autofree char *text = qemu_capabilities_xml(&host, (QemuCaps *[]) { arm, x86, x86 }, 3);
        xmlDoc *doc = parse(text);

        assert_true(g_str_has_prefix(text, "<capabilities>\n  <host>\n    <uuid>"));
        assert_xpath(doc, "/capabilities/host/uuid", host.uuid);
        assert_xpath(doc, "/capabilities/host/cpu/arch", "x86_64");
        assert_xpath(doc, "/capabilities/host/cpu/model", "EPYC");
        assert_xpath(doc, "/capabilities/host/cpu/vendor", "AMD");
        assert_xpath(doc, "/capabilities/host/cpu/microcode/@version", "134222430");
        assert_xpath(doc, "/capabilities/host/cpu/signature/@family", "23");
        assert_xpath(doc, "/capabilities/host/cpu/maxphysaddr[@mode='emulate']/@bits", "48");
        assert_xpath(doc, "count(/capabilities/host/cpu/feature)", "1");
        assert_xpath(doc, "/capabilities/host/cpu/feature/@name", "perfctr_core");
        assert_xpath(doc, "/capabilities/host/cpu/topology/@threads", "2");
        assert_xpath(doc, "count(/capabilities/host/power_management/*)", "1");
        assert_xpath(doc, "/capabilities/host/iommu/@support", "no");
        assert_xpath(doc, "count(/capabilities/host/migration_features/live)", "1");
        assert_xpath(doc, "/capabilities/host/topology/cells/cell/memory[@unit='KiB']", "4096");
        assert_xpath(doc, "/capabilities/host/topology/cells/cell/cpus/cpu[2]/@siblings", "0-1");

        assert_xpath(doc, "count(/capabilities/guest)", "3");
        assert_xpath(doc, "/capabilities/guest[1]/arch/@name", "aarch64");
        assert_xpath(doc, "count(/capabilities/guest[1]/arch/domain)", "1");
        assert_xpath(doc, "count(/capabilities/guest[1]/features/acpi)", "0");
        assert_xpath(doc, "/capabilities/guest[2]/os_type", "hvm");
        assert_xpath(doc, "/capabilities/guest[2]/arch/@name", "x86_64");
        assert_xpath(doc, "/capabilities/guest[2]/arch/wordsize", "64");
        assert_xpath(doc, "/capabilities/guest[2]/arch/emulator", EMULATOR);
        assert_xpath(doc, "/capabilities/guest[2]/arch/machine[1]", "pc");
        assert_xpath(doc, "/capabilities/guest[2]/arch/machine[1]/@canonical", "pc-i440fx-8.0");
        assert_xpath(doc, "/capabilities/guest[2]/arch/machine[@canonical='pc-q35-8.0']", "q35");
        assert_xpath(doc, "/capabilities/guest[2]/arch/machine[.='isapc']/@deprecated", "yes");
        assert_xpath(doc, "/capabilities/guest[2]/arch/machine[.='isapc']/@maxCpus", "1");
        assert_xpath(doc, "/capabilities/guest[2]/arch/domain[1]/@type", "qemu");
        assert_xpath(doc, "/capabilities/guest[2]/arch/domain[2]/@type", "kvm");
        assert_xpath(doc, "/capabilities/guest[2]/features/disksnapshot/@default", "on");
        assert_xpath(doc, "count(/capabilities/guest[2]/features/externalSnapshot)", "1");
        /* by the same emulator, since there is none of its own */
        assert_xpath(doc, "/capabilities/guest[3]/arch/@name", "i686");
        assert_xpath(doc, "/capabilities/guest[3]/arch/wordsize", "32");
        assert_xpath(doc, "/capabilities/guest[3]/arch/emulator", EMULATOR);
        assert_valid(doc, "capability.rng");
        xmlFreeDoc(doc);
}

static void test_no_emulator(void **state)
{
        _cleanup_(host_of_test_clear) QemuHost host = host_of_test();
        g_autofree char *text = NULL;
        xmlDoc *doc;

        host.uuid[0] = '\0';
        host.vendor = NULL;
        host.features = (CpuFeatures) {};
        text = qemu_capabilities_xml(&host, NULL, 0);
        doc = parse(text);
        assert_xpath(doc, "count(/capabilities/host/uuid | //vendor | //cpu/model | //guest)", "0");
        assert_valid(doc, "capability.rng");
        xmlFreeDoc(doc);
}

static xmlDoc *domain_capabilities(const QemuCaps *caps, const char *arch, const char *machine,
                                   const char *type)
{
        _cleanup_(host_of_test_clear) QemuHost host = host_of_test();
        g_autofree char *text = NULL;
        Error error = ERROR_INIT;

        if (qemu_domain_capabilities_xml(&host, caps, arch, machine, type, &text, &error) < 0)
                fail_msg("%s", error.detail);
        return parse(text);
}

#define ROOT "/domainCapabilities/"

static void test_domain_capabilities(void **state)
{
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = caps_of(x86_caps);
        xmlDoc *doc = domain_capabilities(caps, "", "q35", "");

        assert_xpath(doc, ROOT "path", EMULATOR);
        assert_xpath(doc, ROOT "domain", "kvm");
        assert_xpath(doc, ROOT "machine", "pc-q35-8.0");
        assert_xpath(doc, ROOT "arch", "x86_64");
        assert_xpath(doc, ROOT "vcpu/@max", "288");
        assert_xpath(doc, ROOT "iothreads/@supported", "yes");
        assert_xpath(doc, ROOT "os/loader[@supported='yes']/value", "/fw/a&b");
        assert_xpath(doc, ROOT "os/enum[@name='firmware']/value", "efi");
        assert_xpath(doc, "count(" ROOT "os/loader/enum[@name='secure']/value)", "2");
        assert_xpath(doc, ROOT "os/loader/enum[@name='type']/value[2]", "pflash");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-passthrough']/@supported", "yes");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-model']/model", "EPYC");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-model']/vendor", "AMD");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-model']/feature[1]/@name", "fpu");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-model']/feature[last()]/@name", "monitor");
        assert_xpath(doc, "count(" ROOT "cpu/mode[@name='host-model']/feature[@name='fxsr_opt'])", "0");
        assert_xpath(doc, "count(" ROOT "cpu/mode[@name='host-model']/feature[@policy='require'])", "0");
        assert_xpath(doc, "count(" ROOT "cpu/mode[@name='custom']/model)", "3");
        assert_xpath(doc, ROOT "cpu/mode[@name='custom']/model[.='EPYC']/@vendor", "AMD");
        assert_xpath(doc, ROOT "cpu/mode[@name='custom']/model[.='Haswell-noTSX']/@usable", "no");
        assert_xpath(doc, ROOT "cpu/mode[@name='custom']/model[.='Haswell-noTSX']/@deprecated", "yes");
        assert_xpath(doc, ROOT "cpu/mode[@name='custom']/model[.='qemu64']/@vendor", "unknown");
        assert_xpath(doc, "count(" ROOT "devices/disk/enum[@name='bus']/value[.='sata'])", "1");
        assert_xpath(doc, "count(" ROOT "devices/disk/enum[@name='bus']/value[.='ide'])", "0");
        assert_xpath(doc, "count(" ROOT "devices/disk/enum)", "3");
        assert_xpath(doc, ROOT "devices/graphics[@supported='yes']/enum[@name='type']/value", "vnc");
        assert_xpath(doc, "count(" ROOT "devices/video/enum/value)", "3");
        assert_xpath(doc, ROOT "devices/tpm/@supported", "no");
        assert_xpath(doc, ROOT "devices/hostdev[@supported='yes']/enum[@name='mode']/value", "subsystem");
        assert_xpath(doc, "count(" ROOT "devices/hostdev/enum[@name='subsysType']/value)", "0");
        assert_xpath(doc, ROOT "memoryBacking[@supported='yes']/enum[@name='sourceType']/value", "file");
        assert_xpath(doc, "count(" ROOT "features/hyperv[@supported='yes']/enum/value[.='vapic'])", "1");
        assert_xpath(doc, ROOT "features/genid/@supported", "no");
        assert_xpath(doc, ROOT "devices/channel/enum[@name='type']/value[2]", "unix");
        assert_xpath(doc, ROOT "devices/interface/enum[@name='backendType']/value", "default");
        assert_valid(doc, "domaincaps.rng");
        xmlFreeDoc(doc);

        doc = domain_capabilities(caps, "i686", NULL, "qemu");
        assert_xpath(doc, ROOT "domain", "qemu");
        assert_xpath(doc, ROOT "machine", "pc-i440fx-8.0");
        assert_xpath(doc, ROOT "arch", "i686");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-passthrough']/@supported", "no");
        assert_xpath(doc, ROOT "features/hyperv/@supported", "no");
        assert_xpath(doc, "count(" ROOT "os/loader/value | " ROOT "os/enum/value)", "0");
        assert_xpath(doc, "count(" ROOT "devices/disk/enum[@name='bus']/value[.='ide'])", "1");
        assert_valid(doc, "domaincaps.rng");
        xmlFreeDoc(doc);
}

static void test_poor_emulator(void **state)
{
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = caps_of(poor_caps);
        xmlDoc *doc = domain_capabilities(caps, NULL, NULL, NULL);

        assert_xpath(doc, ROOT "domain", "qemu");
        assert_xpath(doc, ROOT "machine", "virt-8.0");
        assert_xpath(doc, ROOT "os/loader/value", "/fw/arm");
        assert_xpath(doc, ROOT "cpu/mode[@name='host-model']/@supported", "no");
        assert_xpath(doc, "count(" ROOT "devices/disk/enum[@name='bus']/value)", "0");
        assert_xpath(doc, ROOT "devices/channel/@supported", "no");
        assert_xpath(doc, "count(" ROOT "cpu/mode/model[@vendor!='unknown'])", "0");
        assert_valid(doc, "domaincaps.rng");
        xmlFreeDoc(doc);
}

static void test_refusals(void **state)
{
        static const struct {
                const char *arch, *machine, *type, *text;
        } cases[] = {
                { "aarch64", NULL, NULL, "architecture 'aarch64' does not match" },
                { NULL, "q36", NULL, "the machine 'q36' is not supported" },
                { NULL, NULL, "xen", "unknown virttype: xen" },
        };
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = caps_of(x86_caps), *poor = caps_of(poor_caps);
        _cleanup_error_ Error kvm = ERROR_INIT;
        _cleanup_(host_of_test_clear) QemuHost host = host_of_test();
        char *text = NULL;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;

                assert_int_equal(qemu_domain_capabilities_xml(&host, caps, cases[i].arch, cases[i].machine,
                                                              cases[i].type, &text, &error),
                                 -EINVAL);
                assert_int_equal(error.code, ERROR_INVALID_ARG);
                if (!g_str_has_prefix(error.detail, cases[i].text))
                        fail_msg("%s", error.detail);
                assert_null(text);
        }
        assert_int_equal(qemu_domain_capabilities_xml(&host, poor, NULL, NULL, "kvm", &text, &kvm), -EINVAL);
}

static void on_probed(void *userdata, JsonNode *json, Error *error)
{
        if (!json)
                fail_msg("%s", error->detail);
        assert_int_equal(qemu_caps_from_json(json, userdata, NULL), 0);
}

/* With the real emulator of this machine, whatever it has. */
static void test_real_emulator(void **state)
{
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = NULL;
        _cleanup_(qemu_host_freep) QemuHost *host = NULL;
        QemuProbeUser user = { .timeout_usec = 30 * USEC_PER_SEC };
        g_autofree char *text = NULL, *domain = NULL;
        sd_event *event;
        Launcher *launcher;
        QemuProbe *probe;
        xmlDoc *doc;

        if (access(EMULATOR, X_OK) < 0)
                skip();
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(launcher_new(event, getenv("VIRTBUS_EXEC"), &launcher, NULL), 0);
        assert_int_equal(qemu_probe_new(launcher, EMULATOR, &user, on_probed, &caps, &probe, NULL), 0);
        while (!caps)
                assert_true(sd_event_run(event, 60 * USEC_PER_SEC) > 0);
        qemu_probe_free(probe);
        launcher_free(launcher);
        sd_event_unref(event);

        assert_int_equal(qemu_host_read("/", &host, NULL), 0);
        text = qemu_capabilities_xml(host, &caps, 1);
        doc = parse(text);
        assert_xpath(doc, "/capabilities/guest[1]/arch/emulator", EMULATOR);
        assert_valid(doc, "capability.rng");
        xmlFreeDoc(doc);
        assert_int_equal(qemu_domain_capabilities_xml(host, caps, NULL, "q35", "qemu", &domain, NULL), 0);
        doc = parse(domain);
        assert_xpath(doc, "count(" ROOT "devices/disk/enum[@name='bus']/value[.='virtio'])", "1");
        assert_xpath(doc, "count(" ROOT "cpu/mode/model[.='qemu64'])", "1");
        assert_xpath(doc, "count(" ROOT "devices/tpm/enum[@name='model']/value[.='tpm-crb'])", "1");
        assert_xpath(doc, "count(" ROOT "devices/hostdev/enum[@name='subsysType']/value[.='usb'])", "1");
        assert_xpath(doc, "count(" ROOT "devices/rng/enum[@name='backendModel']/value)", "3");
        assert_xpath(doc, ROOT "features/vmcoreinfo/@supported", "yes");
        assert_valid(doc, "domaincaps.rng");
        xmlFreeDoc(doc);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_capabilities),        cmocka_unit_test(test_no_emulator),
                cmocka_unit_test(test_domain_capabilities), cmocka_unit_test(test_poor_emulator),
                cmocka_unit_test(test_refusals),            cmocka_unit_test(test_real_emulator),
        };

        return cmocka_run_group_tests_name("qemu_capabilities_xml", tests, NULL, NULL);
}
