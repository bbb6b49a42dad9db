/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes of a domain's definition and of its running machine, on the test driver. */

#include <string.h>

#include "tests/bus/harness.h"

#define ERROR(name) "org.virtbus1.Error." name
#define LIVE 1u
#define CONFIG 2u

#define DISK(target) "<disk type='file' device='disk'><source file='/" target "'/>" \
                     "<target dev='" target "' bus='virtio'/></disk>"
#define CDROM(file) "<disk type='file' device='cdrom'><source file='/" file "'/><target dev='sda' bus='scsi'/>" \
                    "<readonly/></disk>"

static char *define(sd_bus *bus, const char *name)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='test'><name>%s</name><memory unit='KiB'>65536</memory>"
                "<vcpu current='2'>4</vcpu><iothreads>1</iothreads>"
                "<os><type arch='x86_64'>hvm</type></os><devices>" DISK("vda") CDROM("one.iso")
                "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
                "<memballoon model='virtio'/></devices></domain>", name);

        return call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);
}

static void do_flags(sd_bus *bus, const char *path, const char *member, uint32_t flags)
{
        sd_bus_message_unref(call(bus, native("Domain", path), member, "u", flags));
}

/* Ends a test: the domain goes, running or not. */
static void remove_domain(sd_bus *bus, const char *path)
{
        if (property_bool(bus, native("Domain", path), "Active"))
                do_flags(bus, path, "Destroy", 0);
        do_flags(bus, path, "Undefine", 0);
}

static bool has(sd_bus *bus, const char *path, uint32_t flags, const char *part)
{
        g_autofree char *xml = call_string(bus, native("Domain", path), "GetXMLDesc", "u", flags);

        return strstr(xml, part) != NULL;
}

#define refused(bus, path, error, ...) g_free(call_error(bus, native("Domain", path), ERROR(error), __VA_ARGS__))
#define done(bus, path, ...) sd_bus_message_unref(call(bus, native("Domain", path), __VA_ARGS__))

/* The machine, the definition, or both. */
static void test_impact(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "impact");

        refused(bus, path, "OperationInvalid", "AttachDevice", "su", DISK("vdb"), LIVE);
        done(bus, path, "AttachDevice", "su", DISK("vdb"), 0);
        assert_true(has(bus, path, 0, "'vdb'"));

        do_flags(bus, path, "Create", 0);
        done(bus, path, "AttachDevice", "su", DISK("vdc"), 0);
        assert_true(has(bus, path, 0, "'vdc'"));
        assert_false(has(bus, path, 2, "'vdc'"));
        done(bus, path, "AttachDevice", "su", DISK("vdd"), CONFIG);
        assert_false(has(bus, path, 0, "'vdd'"));
        assert_true(has(bus, path, 2, "'vdd'"));
        done(bus, path, "AttachDevice", "su", DISK("vde"), LIVE | CONFIG);
        assert_true(has(bus, path, 0, "'vde'") && has(bus, path, 2, "'vde'"));

        /* neither, when one of them cannot be */
        refused(bus, path, "OperationInvalid", "AttachDevice", "su", DISK("vdc"), LIVE | CONFIG);
        assert_false(has(bus, path, 2, "'vdc'"));
        refused(bus, path, "InvalidArg", "AttachDevice", "su", DISK("vdf"), 8);
        remove_domain(bus, path);
}

static void test_transient(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = call_string(bus, native("Connect", NULL), "DomainCreateXML", "su",
                                            "<domain type='test'><name>transient</name><memory>65536</memory>"
                                            "<os><type>hvm</type></os></domain>", 0);

        refused(bus, path, "OperationInvalid", "SetVcpus", "uu", 1, CONFIG);
        done(bus, path, "AttachDevice", "su", DISK("vda"), 0);
        assert_true(has(bus, path, 0, "'vda'"));
        do_flags(bus, path, "Destroy", 0);
}

static char *signal_string(Signals *signals, const char *member)
{
        const char *s;

        assert_true(sd_bus_message_read(signals_wait(signals, member), "s", &s) > 0);
        return g_strdup(s);
}

static void test_devices(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "devices"), *added = NULL, *removed = NULL, *by_alias = NULL;
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.virtbus1", ",interface='org.virtbus1.Domain'");

        do_flags(bus, path, "Create", 0);
        done(bus, path, "AttachDevice", "su", DISK("vdb"), LIVE);
        added = signal_string(signals, "DeviceAdded");
        assert_string_equal(added, "virtio-disk1");
        done(bus, path, "DetachDevice", "su", DISK("vdb"), LIVE);
        removed = signal_string(signals, "DeviceRemoved");
        assert_string_equal(removed, "virtio-disk1");
        assert_false(has(bus, path, 0, "'vdb'"));
        refused(bus, path, "DeviceMissing", "DetachDevice", "su", DISK("vdb"), LIVE);
        refused(bus, path, "DeviceMissing", "DetachDeviceAlias", "su", "virtio-disk1", LIVE);
        done(bus, path, "DetachDeviceAlias", "su", "virtio-disk0", LIVE);
        by_alias = signal_string(signals, "DeviceRemoved");
        assert_string_equal(by_alias, "virtio-disk0");

        /* known by its MAC address alone */
        done(bus, path, "DetachDevice", "su",
             "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>", LIVE | CONFIG);
        assert_false(has(bus, path, 2, "<interface"));

        refused(bus, path, "XMLError", "AttachDevice", "su", "<teapot/>", 0);
        refused(bus, path, "XMLDetail", "AttachDevice", "su", "<disk", 0);
        refused(bus, path, "XMLDetail", "AttachDevice", "su", "</devices><devices/>", 0);
        refused(bus, path, "OperationUnsupported", "AttachDevice", "su", "<video><model type='vga'/></video>",
                LIVE);
        refused(bus, path, "OperationUnsupported", "AttachDevice", "su",
                "<disk type='file'><source file='/x'/><target dev='hda' bus='ide'/></disk>", LIVE);
        remove_domain(bus, path);
}

static void test_update(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "update");

        do_flags(bus, path, "Create", 0);
        done(bus, path, "UpdateDevice", "su", CDROM("two.iso"), LIVE | CONFIG);
        assert_true(has(bus, path, 0, "/two.iso") && has(bus, path, 2, "/two.iso"));
        assert_false(has(bus, path, 0, "/one.iso"));
        /* the host's side of a disk is not swapped beneath a guest */
        refused(bus, path, "OperationUnsupported", "UpdateDevice", "su",
                "<disk type='file'><source file='/other'/><target dev='vda' bus='virtio'/></disk>", LIVE);
        refused(bus, path, "DeviceMissing", "UpdateDevice", "su", DISK("vdz"), LIVE);
        done(bus, path, "UpdateDevice", "su",
             "<interface type='user'><mac address='52:54:00:00:00:01'/><link state='down'/></interface>", LIVE);
        assert_true(has(bus, path, 0, "<link state='down'/>"));
        assert_false(has(bus, path, 2, "<link state='down'/>"));
        remove_domain(bus, path);
}

static void test_vcpus(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "vcpus");
        const Target domain = native("Domain", path);

        done(bus, path, "SetVcpus", "uu", 3, CONFIG);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", CONFIG), 3);
        refused(bus, path, "InvalidArg", "SetVcpus", "uu", 5, CONFIG);
        refused(bus, path, "InvalidArg", "SetVcpus", "uu", 0, CONFIG);
        done(bus, path, "SetVcpus", "uu", 6, CONFIG | 4u);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", CONFIG | 4u), 6);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", CONFIG), 3);

        do_flags(bus, path, "Create", 0);
        refused(bus, path, "OperationInvalid", "SetVcpus", "uu", 8, LIVE | 4u);
        done(bus, path, "SetVcpus", "uu", 4, LIVE);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 0), 4);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", CONFIG), 3);
        /* the second one goes, the others stay */
        done(bus, path, "SetVcpu", "abiu", 2, 0, 1, 0, LIVE);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", LIVE), 3);
        assert_true(has(bus, path, 0, "<vcpu id='1' enabled='no'"));
        refused(bus, path, "InvalidArg", "SetVcpu", "abiu", 1, 1, 0, LIVE);
        remove_domain(bus, path);
}

/* The numbers that a map of booleans has: "0,2". */
static char *read_map(sd_bus_message *m)
{
        g_autoptr(GString) s = g_string_new(NULL);
        int b, i = 0;

        assert_true(sd_bus_message_enter_container(m, 'a', "b") > 0);
        for (; sd_bus_message_read(m, "b", &b) > 0; i++)
                if (b)
                        g_string_append_printf(s, "%s%d", s->len > 0 ? "," : "", i);
        assert_true(sd_bus_message_exit_container(m) >= 0);
        assert_int_equal(i, 16);
        return g_strdup(s->str);
}

static void test_pins(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "pins"), *other = libvirt_path(path), *vcpu0 = NULL, *vcpu1 = NULL,
                *emulator = NULL,
                        *thread = NULL;
        _cleanup_message_ sd_bus_message *pins = NULL, *emulator_pin = NULL, *threads = NULL, *list = NULL;
        uint32_t id;

        done(bus, path, "PinVcpu", "uabu", 1, 3, 1, 0, 1, CONFIG);
        done(bus, path, "PinEmulator", "abu", 2, 0, 1, CONFIG);
        done(bus, path, "AddIOThread", "uu", 7, CONFIG);
        refused(bus, path, "InvalidArg", "AddIOThread", "uu", 7, CONFIG);
        done(bus, path, "PinIOThread", "uabu", 7, 1, 1, CONFIG);
        refused(bus, path, "InvalidArg", "PinIOThread", "uabu", 8, 1, 1, CONFIG);
        refused(bus, path, "InvalidArg", "PinVcpu", "uabu", 4, 1, 1, CONFIG);
        refused(bus, path, "InvalidArg", "PinVcpu", "uabu", 0, 1, 0, CONFIG);

        pins = call(bus, libvirt("Domain", other), "GetVcpuPinInfo", "u", CONFIG);
        assert_true(sd_bus_message_enter_container(pins, 'a', "ab") > 0);
        vcpu0 = read_map(pins);
        assert_string_equal(vcpu0, "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
        vcpu1 = read_map(pins);
        assert_string_equal(vcpu1, "0,2");
        emulator_pin = call(bus, native("Domain", path), "GetEmulatorPinInfo", "u", CONFIG);
        emulator = read_map(emulator_pin);
        assert_string_equal(emulator, "1");

        threads = call(bus, native("Domain", path), "GetIOThreadInfo", "u", CONFIG);
        assert_true(sd_bus_message_enter_container(threads, 'a', "(uab)") > 0);
        assert_true(sd_bus_message_skip(threads, "(uab)") > 0);
        assert_true(sd_bus_message_enter_container(threads, 'r', "uab") > 0);
        assert_true(sd_bus_message_read(threads, "u", &id) > 0);
        thread = read_map(threads);
        assert_int_equal(id, 7);
        assert_string_equal(thread, "0");

        done(bus, path, "SetIOThreadParams", "ua{sv}u", 7, 1, "poll_max_ns", "t", UINT64_C(1234), CONFIG);
        assert_true(has(bus, path, 2, "<poll max='1234'/>"));
        list = call(bus, native("Domain", path), "ListIOThreads", "u", CONFIG);
        assert_true(sd_bus_message_has_signature(list, "aa{sv}"));
        done(bus, path, "DelIOThread", "uu", 7, CONFIG);
        refused(bus, path, "InvalidArg", "DelIOThread", "uu", 7, CONFIG);
        remove_domain(bus, path);
}

static void test_memory(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "memory");
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.libvirt", ",member='BalloonChange'");
        uint64_t kib;

        done(bus, path, "SetMemory", "tu", UINT64_C(131072), CONFIG | 4u);
        assert_true(has(bus, path, 2, "<memory unit='KiB'>131072</memory>"));
        refused(bus, path, "InvalidArg", "SetMemory", "tu", UINT64_C(131073), CONFIG);
        refused(bus, path, "InvalidArg", "SetMemory", "tu", UINT64_C(0), CONFIG);
        refused(bus, path, "Overflow", "SetMemory", "tu", UINT64_MAX / 512, CONFIG | 4u);
        do_flags(bus, path, "Create", 0);
        refused(bus, path, "OperationInvalid", "SetMemory", "tu", UINT64_C(65536), LIVE | 4u);
        done(bus, path, "SetMemory", "tu", UINT64_C(32768), LIVE);
        assert_true(sd_bus_message_read(signals_wait(signals, "BalloonChange"), "t", &kib) > 0);
        assert_int_equal(kib, 32768);
        assert_true(has(bus, path, 0, "<currentMemory unit='KiB'>32768</currentMemory>"));
        assert_false(has(bus, path, 2, "32768"));
        done(bus, path, "SetMemoryStatsPeriod", "iu", 5, LIVE | CONFIG);
        assert_true(has(bus, path, 0, "<stats period='5'/>"));
        remove_domain(bus, path);
}

/* The value of one parameter; the libvirt face boxes it twice. */
static void expect_param(sd_bus *bus, Target target, const char *member, const char *device, const char *name,
                         const char *expected)
{
        _cleanup_message_ sd_bus_message *m = device ? call(bus, target, member, "su", device, CONFIG)
                                                     : call(bus, target, member, "u", CONFIG);
        bool twice = g_str_has_prefix(target.interface, "org.libvirt");
        const char *key, *s, *type;

        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(m, "s", &key) > 0);
                if (!streq(key, name)) {
                        assert_true(sd_bus_message_skip(m, "v") >= 0);
                        assert_true(sd_bus_message_exit_container(m) >= 0);
                        continue;
                }
                if (twice)
                        assert_true(sd_bus_message_enter_container(m, 'v', "v") > 0);
                assert_true(sd_bus_message_peek_type(m, NULL, &type) > 0);
                if (type[0] == 's') {
                        assert_true(sd_bus_message_read(m, "v", "s", &s) > 0);
                        assert_string_equal(s, expected);
                } else {
                        union { uint64_t t; uint32_t u; int b; } v = {};
                        g_autofree char *text = NULL;

                        assert_true(sd_bus_message_read(m, "v", type, &v) > 0);
                        text = type[0] == 't' || type[0] == 'x' ? g_strdup_printf("%" PRIi64, (int64_t) v.t)
                                                                : g_strdup_printf("%" PRIi32, (int32_t) v.u);
                        assert_string_equal(text, expected);
                }
                return;
        }
        fail_msg("%s has no %s", member, name);
}

static void test_tuning(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "tuning"), *other = libvirt_path(path);
        const Target domain = native("Domain", path), face = libvirt("Domain", other);
        static const char mac[] = "52:54:00:00:00:01";

        expect_param(bus, domain, "GetMemoryParameters", NULL, "hard_limit", "9007199254740991");
        done(bus, path, "SetMemoryParameters", "a{sv}u", 1, "hard_limit", "t", UINT64_C(1000), CONFIG);
        expect_param(bus, face, "GetMemoryParameters", NULL, "hard_limit", "1000");
        refused(bus, path, "InvalidArg", "SetMemoryParameters", "a{sv}u", 1, "swap_hard_limit", "t",
                UINT64_C(999), CONFIG);
        refused(bus, path, "InvalidArg", "SetMemoryParameters", "a{sv}u", 1, "tea", "t", UINT64_C(1), CONFIG);
        refused(bus, path, "InvalidArg", "SetMemoryParameters", "a{sv}u", 1, "hard_limit", "u", 1, CONFIG);

        expect_param(bus, domain, "GetSchedulerParameters", NULL, "vcpu_quota", "-1");
        done(bus, path, "SetSchedulerParameters", "a{sv}u", 2, "cpu_shares", "t", UINT64_C(512), "vcpu_quota",
             "x", INT64_C(50000), CONFIG);
        expect_param(bus, face, "GetSchedulerParameters", NULL, "cpu_shares", "512");
        expect_param(bus, domain, "GetSchedulerParameters", NULL, "vcpu_quota", "50000");
        refused(bus, path, "XMLError", "SetSchedulerParameters", "a{sv}u", 1, "vcpu_period", "t", UINT64_C(1),
                CONFIG);

        done(bus, path, "SetBlockIOParameters", "a{sv}u", 2, "weight", "u", 300, "device_weight", "s",
             "/dev/sda,500,/dev/sdb,400", CONFIG);
        expect_param(bus, face, "GetBlockIOParameters", NULL, "device_weight", "/dev/sda,500,/dev/sdb,400");
        done(bus, path, "SetBlockIOParameters", "a{sv}u", 1, "device_weight", "s", "/dev/sda,0", CONFIG);
        expect_param(bus, face, "GetBlockIOParameters", NULL, "device_weight", "/dev/sdb,400");
        refused(bus, path, "InvalidArg", "SetBlockIOParameters", "a{sv}u", 1, "device_weight", "s", "/dev/sda",
                CONFIG);

        done(bus, path, "SetBlockIOTune", "sa{sv}u", "vda", 1, "total_bytes_sec", "t", UINT64_C(4096), CONFIG);
        expect_param(bus, face, "GetBlockIOTune", "vda", "total_bytes_sec", "4096");
        refused(bus, path, "InvalidArg", "SetBlockIOTune", "sa{sv}u", "vda", 1, "read_bytes_sec", "t",
                UINT64_C(1), CONFIG);
        refused(bus, path, "InvalidArg", "GetBlockIOTune", "su", "vdq", CONFIG);
        done(bus, path, "SetThrottleGroup", "sa{sv}u", "slow", 1, "total_iops_sec", "t", UINT64_C(9), CONFIG);
        assert_true(has(bus, path, 2, "<group_name>slow</group_name>"));
        done(bus, path, "DelThrottleGroup", "su", "slow", CONFIG);
        refused(bus, path, "InvalidArg", "DelThrottleGroup", "su", "slow", CONFIG);

        expect_param(bus, domain, "GetInterfaceParameters", mac, "inbound.average", "0");
        done(bus, path, "SetInterfaceParameters", "sa{sv}u", mac, 1, "inbound.average", "u", 1000, CONFIG);
        expect_param(bus, face, "GetInterfaceParameters", mac, "inbound.average", "1000");
        refused(bus, path, "InvalidArg", "SetInterfaceParameters", "sa{sv}u", mac, 1, "outbound.peak", "u", 5,
                CONFIG);

        done(bus, path, "SetNumaParameters", "a{sv}u", 2, "numa_mode", "i", 1, "numa_nodeset", "s", "0", CONFIG);
        expect_param(bus, face, "GetNumaParameters", NULL, "numa_mode", "1");
        expect_param(bus, face, "GetNumaParameters", NULL, "numa_nodeset", "0");
        done(bus, path, "SetPerfEvents", "a{sv}u", 1, "cmt", "b", true, CONFIG);
        expect_param(bus, face, "GetPerfEvents", NULL, "cmt", "1");
        expect_param(bus, face, "GetPerfEvents", NULL, "mbmt", "0");
        remove_domain(bus, path);
}

static void test_tunable(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "tunable");
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.virtbus1", ",member='Tunable'");
        const char *name, *cpus;
        sd_bus_message *m;

        do_flags(bus, path, "Create", 0);
        done(bus, path, "PinVcpu", "uabu", 0, 2, 0, 1, CONFIG);
        signals_expect_none(signals, NULL);
        done(bus, path, "PinVcpu", "uabu", 0, 2, 0, 1, LIVE);
        m = signals_wait(signals, "Tunable");
        assert_true(sd_bus_message_read(m, "a{sv}", 1, &name, "s", &cpus) > 0);
        assert_string_equal(name, "cputune.vcpupin0");
        assert_string_equal(cpus, "1");
        remove_domain(bus, path);
}

static void test_metadata(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "metadata"), *title = NULL, *element = NULL, *property = NULL;
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.libvirt", ",member='MetadataChange'");
        const char *uri;
        int32_t type;

        refused(bus, path, "NoDomainMetadata", "GetMetadata", "isu", 1, "", 0);
        done(bus, path, "SetMetadata", "isssu", 1, "A title", "", "", 0);
        assert_true(sd_bus_message_read(signals_wait(signals, NULL), "is", &type, &uri) > 0);
        assert_int_equal(type, 1);
        title = call_string(bus, native("Domain", path), "GetMetadata", "isu", 1, "", 0);
        assert_string_equal(title, "A title");
        property = property_string(bus, native("Domain", path), "Title");
        assert_string_equal(property, "A title");
        refused(bus, path, "InvalidArg", "SetMetadata", "isssu", 1, "two\nlines", "", "", 0);

        done(bus, path, "SetMetadata", "isssu", 2, "<tea kind='green'><leaf/></tea>", "app", "http://tea", 0);
        assert_true(sd_bus_message_read(signals_wait(signals, NULL), "is", &type, &uri) > 0);
        assert_string_equal(uri, "http://tea");
        assert_true(has(bus, path, 0, "<app:tea xmlns:app=\"http://tea\" kind=\"green\"><app:leaf/></app:tea>"));
        element = call_string(bus, native("Domain", path), "GetMetadata", "isu", 2, "http://tea", 0);
        assert_string_equal(element, "<tea kind=\"green\"><leaf/></tea>");
        refused(bus, path, "XMLDetail", "SetMetadata", "isssu", 2, "<tea", "app", "http://tea", 0);
        refused(bus, path, "InvalidArg", "SetMetadata", "isssu", 2, "<tea/>", "", "http://tea", 0);
        refused(bus, path, "InvalidArg", "SetMetadata", "isssu", 2, "<tea/>", "a b", "http://tea", 0);
        refused(bus, path, "InvalidArg", "GetMetadata", "isu", 3, "", 0);
        done(bus, path, "SetMetadata", "isssu", 2, "", "app", "http://tea", 0);
        refused(bus, path, "NoDomainMetadata", "GetMetadata", "isu", 2, "http://tea", 0);
        remove_domain(bus, path);
}

static void test_lifecycle_action(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "ends");

        done(bus, path, "SetLifecycleAction", "uuu", 1, 0, CONFIG);
        assert_true(has(bus, path, 0, "<on_reboot>destroy</on_reboot>"));
        done(bus, path, "SetLifecycleAction", "uuu", 2, 4, CONFIG);
        assert_true(has(bus, path, 0, "<on_crash>coredump-destroy</on_crash>"));
        refused(bus, path, "InvalidArg", "SetLifecycleAction", "uuu", 0, 4, CONFIG);
        refused(bus, path, "InvalidArg", "SetLifecycleAction", "uuu", 3, 0, CONFIG);
        refused(bus, path, "InvalidArg", "SetLifecycleAction", "uuu", 0, 9, CONFIG);
        remove_domain(bus, path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_impact),
                cmocka_unit_test(test_transient),
                cmocka_unit_test(test_devices),
                cmocka_unit_test(test_update),
                cmocka_unit_test(test_vcpus),
                cmocka_unit_test(test_pins),
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_tuning),
                cmocka_unit_test(test_tunable),
                cmocka_unit_test(test_metadata),
                cmocka_unit_test(test_lifecycle_action),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
