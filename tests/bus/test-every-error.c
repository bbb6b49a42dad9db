/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Every error that a call can have on the test driver, provoked: its name on the native face; on the libvirt face,
 * where the member is there too, libvirt's one name and the same text. tests/unit/test-documented-errors.py reads the
 * table: an error that the daemon uses and nobody provokes does not pass.
 */

#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"
#include "tests/bus/written.h"

#define ERROR_PREFIX "org.virtbus1.Error."
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define TEST "domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"
#define IDLE "domain/_11111111_2222_3333_4444_555555555555"
#define IDLE_UUID "11111111-2222-3333-4444-555555555555"
#define RISKY "domain/_41111111_2222_3333_4444_555555555555"
#define NETWORK "network/_dd8fe884_6c02_601e_7551_cca97df1c5df"
#define POOL "storagepool/_dfe224cb_28fb_8dd0_c4b2_64eb3f0f4566"
#define SECRET "secret/_51111111_2222_3333_4444_555555555555"
#define MAC "52:54:00:00:00:77"
#define DISK(name) "<disk type='file'><source file='/x'/><target dev='" name "' bus='virtio'/></disk>"

typedef struct Provocation {
        const char *error;  /* native, without the prefix */
        const char *interface;
        const char *path;   /* behind the driver's; NULL: the driver */
        const char *member;
        const char *types;
        const char *args[6];
        const char *text;   /* how the message begins */
} Provocation;

static const Provocation provocations[] = {
        { "Internal", "Connect", NULL, "NetworkDefineXML", "s",
          { "<network><name>n</name><bridge name='b'/><ip address='10.0.0.1' netmask='255.255.255.0'><dhcp>"
            "<range start='10.0.0.9' end='10.0.0.2'/></dhcp></ip></network>" },
          "internal error: range 10.0.0.9 - 10.0.0.2 is reversed" },
        { "NoSupport", "Domain", IDLE, "CreateWithFiles", "ahu", { "", "0" },
          "this function is not supported by the connection driver: virDomainCreateWithFiles" },
        { "InvalidArg", "Domain", TEST, "GetMetadata", "isu", { "9", "", "0" }, "invalid argument: " },
        { "InvalidArg", "Domain", TEST, "GetState", "u", { "1" }, "unsupported flags (0x1)" },
        { "InvalidArg", "Connect", NULL, "DomainLookupByUUID", "s", { "x" }, "Invalid UUID" },
        { "OperationFailed", "Connect", NULL, "DomainSaveImageGetXMLDesc", "su", { "relative", "0" },
          "operation failed: 'relative' is no absolute path" },
        { "XMLError", "Connect", NULL, "DomainDefineXML", "s", { "<domain type='test'/>" }, "XML error: " },
        { "XMLDetail", "Connect", NULL, "DomainDefineXML", "s", { "<domain" }, "(domain_definition):1: " },
        { "XMLInvalidSchema", "Connect", NULL, "DomainDefineXMLFlags", "su",
          { "<domain type='test'><name>x</name><memory>1</memory><os><type>hvm</type></os><wheel/></domain>", "1" },
          "XML document failed to validate against schema: " },
        { "DomainExists", "Connect", NULL, "DomainDefineXML", "s",
          { "<domain type='test'><name>idle</name><uuid>31111111-2222-3333-4444-555555555555</uuid>"
            "<memory>8192</memory>"
            "<os><type>hvm</type></os></domain>" },
          "operation failed: domain 'idle' already exists" },
        { "SystemError", "Connect", NULL, "DomainRestore", "ssu", { "/nonexistent/image", "", "0" },
          "cannot open directory '/nonexistent': No such file or directory" },
        { "NoDomain", "Connect", NULL, "DomainLookupByName", "s", { "none" },
          "Domain not found: no domain with matching name 'none'" },
        { "NoDomain", "Domain", "domain/_21111111_2222_3333_4444_555555555555", "Suspend", "", {},
          "Domain not found: no domain with matching uuid '21111111-2222-3333-4444-555555555555'" },
        { "NoNetwork", "Connect", NULL, "NetworkLookupByName", "s", { "none" }, "Network not found: " },
        { "NoStoragePool", "Connect", NULL, "StoragePoolLookupByName", "s", { "none" }, "Storage pool not found: " },
        { "NoStorageVol", "Connect", NULL, "StorageVolLookupByPath", "s", { "/none" },
          "Storage volume not found: no storage vol with matching path '/none'" },
        { "NoNodeDevice", "Connect", NULL, "NodeDeviceLookupByName", "s", { "none" }, "Node device not found: " },
        { "OperationInvalid", "Domain", TEST, "Create", "u", { "0" },
          "Requested operation is not valid: domain is already running" },
        { "OperationInvalid", "Domain", IDLE, "Suspend", "", {},
          "Requested operation is not valid: domain is not running" },
        { "NoInterface", "Connect", NULL, "InterfaceLookupByName", "s", { "none" }, "Interface not found: " },
        { "MultipleInterfaces", "Connect", NULL, "InterfaceLookupByMAC", "s", { MAC },
          "multiple matching interfaces found: " },
        { "NoNWFilter", "Connect", NULL, "NWFilterLookupByName", "s", { "none" }, "Network filter not found: " },
        { "NoHostname", "Domain", RISKY, "GetHostname", "u", { "1" }, "no hostname found: " },
        { "InvalidSecret", "Secret", SECRET, "GetValue", "u", { "0" }, "Invalid secret: " },
        { "NoSecret", "Connect", NULL, "SecretLookupByUsage", "is", { "1", "/none" }, "Secret not found: " },
        { "ConfigUnsupported", "Domain", TEST, "SnapshotCreateXML", "su",
          { "<domainsnapshot><disks><disk name='none' snapshot='external'/></disks></domainsnapshot>", "16" },
          "unsupported configuration: no disk named 'none'" },
        { "NoDomainSnapshot", "Domain", TEST, "SnapshotLookupByName", "su", { "none", "0" },
          "Domain snapshot not found: " },
        { "NoDomainSnapshot", "DomainSnapshot", "domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_none",
          "GetXMLDesc", "u", { "0" }, "Domain snapshot not found: " },
        { "ArgumentUnsupported", "Connect", NULL, "GetAllDomainStats", "uu", { "1073741824", "2147483648" },
          "argument unsupported: " },
        { "NoDomainMetadata", "Domain", TEST, "GetMetadata", "isu", { "2", "http://example.org/none", "0" },
          "metadata not found: " },
        { "SnapshotRevertRisky", "DomainSnapshot", "domainsnapshot/_41111111_2222_3333_4444_555555555555_off", "Revert",
          "u", { "1" }, "revert requires force: " },
        { "Overflow", "Domain", TEST, "BlockPull", "stu", { "vda", "18446744073709551615", "0" },
          "numerical overflow: " },
        { "OperationUnsupported", "NodeDevice", "nodedev/computer", "Destroy", "", {}, "Operation not supported: " },
        { "DeviceMissing", "Domain", TEST, "DetachDevice", "su", { DISK("vdz"), "1" }, "device not found: " },
        { "NoNWFilterBinding", "Connect", NULL, "NWFilterBindingLookupByPortDev", "s", { "none" },
          "Network filter binding not found: " },
        { "NoDomainCheckpoint", "Domain", TEST, "CheckpointLookupByName", "su", { "none", "0" },
          "Domain checkpoint not found: " },
        { "NoNetworkPort", "Network", NETWORK, "PortLookupByUUID", "s", { IDLE_UUID }, "network port not found: " },
        { "NoDomainBackup", "Domain", TEST, "BackupGetXMLDesc", "u", { "0" }, "Domain backup job id not found: " },
        { "NoNetworkMetadata", "Network", NETWORK, "GetMetadata", "isu", { "0", "", "0" },
          "network metadata not found: " },
        { "NoJob", "Job", "job/999999", "Cancel", "", {}, "Job not found: " },
        { "InvalidObjectPath", "Domain", "domain/nonsense", "GetState", "u", { "0" }, "Invalid UUID" },
        { "InvalidObjectPath", "Network", "network/nonsense", "Create", "", {}, "Invalid UUID" },
};

static int set_up(void **state)
{
        static const char *const definitions[][2] = {
                { "DomainDefineXML",
                  "<domain type='test'><name>risky</name><uuid>41111111-2222-3333-4444-555555555555</uuid>"
                                     "<memory>65536</memory><os><type>hvm</type></os></domain>" },
                { "DomainDefineXML", "<domain type='test'><name>idle</name><uuid>" IDLE_UUID
                                     "</uuid><memory>65536</memory>"
                                     "<os><type>hvm</type></os><devices>" DISK("vda") "</devices></domain>" },
                { "InterfaceDefineXML", "<interface type='ethernet' name='one'><mac address='" MAC "'/></interface>" },
                { "InterfaceDefineXML", "<interface type='ethernet' name='two'><mac address='" MAC "'/></interface>" },
                { "SecretDefineXML",
                  "<secret private='yes'><uuid>51111111-2222-3333-4444-555555555555</uuid></secret>" },
        };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        Target secret = native("Secret", "/org/virtbus1/Test/" SECRET),
                risky = native("Domain", "/org/virtbus1/Test/" RISKY);

        name_wait(root, "org.libvirt", true);
        for (size_t i = 0; i < ELEMENTSOF(definitions); i++) {
                bool plain = streq(definitions[i][0], "DomainDefineXML");

                sd_bus_message_unref(call(root, native("Connect", NULL), definitions[i][0], plain ? "s" : "su",
                                          definitions[i][1], 0));
        }
        sd_bus_message_unref(call(root, secret, "SetValue", "ayu", 1, 'x', 0));
        sd_bus_message_unref(call(root, risky, "SnapshotCreateXML", "su",
                                  "<domainsnapshot><name>off</name></domainsnapshot>", 0));
        sd_bus_message_unref(call(root, risky, "Create", "u", 0));
        return 0;
}

static sd_bus_message *new_call(sd_bus *bus, const Provocation *p, bool libvirt_face)
{
        g_autofree char *path = g_strconcat(libvirt_face ? "/org/libvirt/Test" : "/org/virtbus1/Test",
                                            p->path ? "/" : NULL, p->path, NULL);
        Target target = libvirt_face ? libvirt(p->interface, path) : native(p->interface, path);
        sd_bus_message *m;

        assert_true(sd_bus_message_new_method_call(bus, &m, target.destination, target.path, target.interface,
                                                   p->member) >= 0);
        append_written(m, p->types, p->args, g_getenv("VIRTBUS_TEST_DIR"));
        return m;
}

/* Whether it comes; all that do not are told. */
static bool is_provoked(sd_bus *bus, const Provocation *p, bool libvirt_face)
{
        _cleanup_message_ sd_bus_message *m = new_call(bus, p, libvirt_face);
        g_autofree char *native_name = g_strconcat(ERROR_PREFIX, p->error, NULL);
        const char *wanted = libvirt_face ? "org.libvirt.Error" : native_name;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        bool provoked;

        if (sd_bus_call(bus, m, DEADLINE_USEC, &error, NULL) >= 0) {
                print_error("%s.%s has an answer, not %s\n", p->interface, p->member, wanted);
                return false;
        }
        provoked = streq(error.name, wanted) && g_str_has_prefix(error.message, p->text);
        if (!provoked)
                print_error("%s.%s: %s '%s', not %s '%s'\n", p->interface, p->member, error.name, error.message, wanted,
                            p->text);
        sd_bus_error_free(&error);
        return provoked;
}

/* The member is on the libvirt face too. */
static bool is_libvirts(const Provocation *p)
{
        g_autofree char *file = g_strdup_printf("%s/interfaces/org.libvirt.%s.xml", g_getenv("VIRTBUS_BUILD_DIR"),
                                                p->interface);
        g_autofree char *interface = g_strconcat("org.libvirt.", p->interface, NULL);
        g_autoptr(GPtrArray) members = NULL;

        if (!g_file_test(file, G_FILE_TEST_EXISTS))
                return false;
        members = contract_load(file);
        return contract_find(members, interface, MEMBER_METHOD, p->member) != NULL;
}

static void test_each(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        unsigned n_libvirt = 0, n_wrong = 0;

        for (size_t i = 0; i < ELEMENTSOF(provocations); i++) {
                const Provocation *p = provocations + i;

                n_wrong += !is_provoked(root, p, false);
                if (is_libvirts(p)) {
                        n_wrong += !is_provoked(root, p, true);
                        n_libvirt++;
                }
        }
        assert_int_equal(n_wrong, 0);
        assert_true(n_libvirt > 25);
        print_message("%zu errors of the native face, %u of the libvirt face\n", ELEMENTSOF(provocations), n_libvirt);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
