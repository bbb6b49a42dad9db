/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What cockpit-machines does on each of its pages, as its source has it: the calls with the types that it passes, the
 * types and the boxing that it reads, the texts that it looks for, the signals that it follows. It speaks the libvirt
 * face alone.
 */

#include <string.h>

#include "tests/bus/harness.h"
#include "tests/bus/written.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define VM "domain/_11111111_2222_3333_4444_555555555555"
#define VM_XML                                                                                                       \
        "<domain type='test'><name>vm</name><uuid>11111111-2222-3333-4444-555555555555</uuid><metadata>"              \
        "<cockpit_machines:data xmlns:cockpit_machines='https://github.com/cockpit-project/cockpit-machines'>"        \
        "<cockpit_machines:has_install_phase>true</cockpit_machines:has_install_phase></cockpit_machines:data>"       \
        "</metadata><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices>"                  \
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/default-pool/vm.qcow2'/>"   \
        "<target dev='vda' bus='virtio'/></disk>" CDROM("/media.iso")                                                 \
        "<interface type='network'><mac address='52:54:00:00:00:05'/><source network='default'/></interface>"         \
        "<graphics type='vnc' port='5905' listen='127.0.0.1' passwd='secret'/><memballoon model='virtio'/>"           \
        "</devices></domain>"
#define CDROM(file)                                                                                                  \
        "<disk type='file' device='cdrom'><source file='" file "'/><target dev='sda' bus='sata'/><readonly/></disk>"
#define SNAPSHOT "domainsnapshot/_11111111_2222_3333_4444_555555555555_s1"
#define NETWORK "network/_21111111_2222_3333_4444_555555555555"
#define NETWORK_XML                                                                                                  \
        "<network><name>net</name><uuid>21111111-2222-3333-4444-555555555555</uuid><forward mode='nat'/>"             \
        "<domain name='net' localOnly='yes'/><ip address='192.168.9.1' netmask='255.255.255.0'><dhcp>"                \
        "<range start='192.168.9.2' end='192.168.9.254'/></dhcp></ip></network>"
#define HOST "<host mac='52:54:00:00:00:05' ip='192.168.9.7'/>"
#define POOL "storagepool/_31111111_2222_3333_4444_555555555555"
#define POOL_XML                                                                                                     \
        "<pool type='dir'><name>images</name><uuid>31111111-2222-3333-4444-555555555555</uuid><target>"               \
        "<path>/images</path></target></pool>"
#define VOLUME "storagevol/_2fimages_2fdata_2eqcow2"
#define VOLUME_XML                                                                                                   \
        "<volume type='file'><name>data.qcow2</name><capacity unit='MiB'>64</capacity><target><format type='qcow2'/>" \
        "</target></volume>"

typedef struct Step {
        const char *interface;
        const char *path; /* behind the driver's; NULL: the driver */
        const char *member;
        const char *types;
        const char *args[5];
        const char *answer; /* the signature that it reads, or "!" and the beginning of the text of an error */
} Step;

/* A property as Properties.Get gives it, and all as GetAll does. */
#define GET(interface_, path_, name_) { PROPERTIES, path_, "Get", "ss", { "org.libvirt." interface_, name_ }, "v" }
#define GET_ALL(interface_, path_) { PROPERTIES, path_, "GetAll", "s", { "org.libvirt." interface_ }, "a{sv}" }
#define AUTOSTART(interface_, path_)                                                                                 \
        { PROPERTIES, path_, "Set", "ssv", { "org.libvirt." interface_, "Autostart", "b 1" }, "" }

static const Step begins[] = {
        GET("Connect", NULL, "LibVersion"),
        { "Connect", NULL, "GetCapabilities", "", {}, "s" },
        { "Connect", NULL, "GetDomainCapabilities", "ssssu", { "", "i686", "", "", "0" }, "s" },
        /* the pretended host has none, as libvirt's */
        { "Connect", NULL, "NodeGetMemoryStats", "iu", { "-1", "0" }, "!this function is not supported" },
        { "Connect", NULL, "ListDomains", "u", { "0" }, "ao" },
        { "Connect", NULL, "ListNetworks", "u", { "0" }, "ao" },
        { "Connect", NULL, "ListStoragePools", "u", { "0" }, "ao" },
        { "Connect", NULL, "ListNodeDevices", "u", { "0" }, "ao" },
        { "NodeDevice", "nodedev/computer", "GetXMLDesc", "u", { "0" }, "s" },
};

static const Step lists_a_machine[] = {
        { "Connect", NULL, "DomainDefineXML", "s", { VM_XML }, "o" },
        { "Connect", NULL, "DomainLookupByName", "s", { "vm" }, "o" },
        { "Domain", VM, "GetXMLDesc", "u", { "0" }, "s" },
        { "Domain", VM, "GetXMLDesc", "u", { "1" }, "s" },
        { "Domain", VM, "GetXMLDesc", "u", { "2" }, "s" },
        { "Domain", VM, "GetXMLDesc", "u", { "3" }, "s" },
        { "Domain", VM, "GetState", "u", { "0" }, "(ii)" },
        GET_ALL("Domain", VM),
        { "Domain", VM, "Create", "u", { "0" }, "" },
        { "Domain", VM, "GetStats", "uu", { "45", "0" }, "a{sv}" },
};

static const Step opens_a_machine[] = {
        AUTOSTART("Domain", VM),
        { "Domain", VM, "InterfaceAddresses", "uu", { "0", "0" }, "a(ssa(isu))" },
        { "Domain", VM, "InterfaceAddresses", "uu", { "1", "0" }, "a(ssa(isu))" },
        { "Domain", VM, "Suspend", "", {}, "" },
        { "Domain", VM, "Resume", "", {}, "" },
        { "Domain", VM, "SendKey", "uuauu", { "0", "0", "29 56 111", "0" }, "" },
        { "Domain", VM, "InjectNMI", "u", { "0" }, "" },
        { "Domain", VM, "SetMemory", "tu", { "262144", "1" }, "" },
        { "Domain", VM, "UpdateDevice", "su", { CDROM("/other.iso"), "5" }, "" },
        { "Domain", VM, "Reboot", "u", { "0" }, "" },
        { "Domain", VM, "Reset", "u", { "0" }, "" },
};

static const Step takes_snapshots[] = {
        { "Domain", VM, "SnapshotCreateXML", "su",
          { "<domainsnapshot><name>s1</name><description>first</description></domainsnapshot>", "0" }, "o" },
        { "Domain", VM, "ListDomainSnapshots", "u", { "0" }, "ao" },
        { "Domain", VM, "SnapshotLookupByName", "su", { "s1", "0" }, "o" },
        { "Domain", VM, "SnapshotCurrent", "u", { "0" }, "o" },
        { "DomainSnapshot", SNAPSHOT, "GetXMLDesc", "u", { "0" }, "s" },
        { "DomainSnapshot", SNAPSHOT, "IsCurrent", "u", { "0" }, "b" },
        { "DomainSnapshot", SNAPSHOT, "Revert", "u", { "0" }, "" },
        { "DomainSnapshot", SNAPSHOT, "Delete", "u", { "0" }, "" },
};

static const Step makes_a_network[] = {
        { "Connect", NULL, "NetworkDefineXML", "s", { NETWORK_XML }, "o" },
        { "Connect", NULL, "NetworkLookupByName", "s", { "net" }, "o" },
        GET_ALL("Network", NETWORK),
        { "Network", NETWORK, "Create", "", {}, "" },
        AUTOSTART("Network", NETWORK),
        { "Network", NETWORK, "GetXMLDesc", "u", { "0" }, "s" },
        { "Network", NETWORK, "Update", "uuisu", { "3", "4", "-1", HOST, "3" }, "" },
        { "Network", NETWORK, "Update", "uuisu", { "2", "4", "-1", HOST, "3" }, "" },
        { "Network", NETWORK, "Destroy", "", {}, "" },
        { "Network", NETWORK, "Undefine", "", {}, "" },
};

static const Step makes_storage[] = {
        { "Connect", NULL, "StoragePoolDefineXML", "su", { POOL_XML, "0" }, "o" },
        { "Connect", NULL, "StoragePoolLookupByName", "s", { "images" }, "o" },
        GET_ALL("StoragePool", POOL),
        GET("StoragePool", POOL, "Active"),
        { "StoragePool", POOL, "Create", "u", { "0" }, "" },
        AUTOSTART("StoragePool", POOL),
        { "StoragePool", POOL, "Refresh", "u", { "0" }, "" },
        { "StoragePool", POOL, "StorageVolCreateXML", "su", { VOLUME_XML, "0" }, "o" },
        { "StoragePool", POOL, "StorageVolLookupByName", "s", { "data.qcow2" }, "o" },
        { "StoragePool", POOL, "ListStorageVolumes", "u", { "0" }, "ao" },
        { "StoragePool", POOL, "GetXMLDesc", "u", { "0" }, "s" },
        { "Connect", NULL, "StorageVolLookupByPath", "s", { "/images/data.qcow2" }, "o" },
        { "StorageVol", VOLUME, "GetXMLDesc", "u", { "0" }, "s" },
        { "StorageVol", VOLUME, "Delete", "u", { "0" }, "" },
        { "Connect", NULL, "StorageVolLookupByPath", "s", { "/images/data.qcow2" },
          "!Storage volume not found: no storage vol with matching path" },
        { "StoragePool", POOL, "Destroy", "", {}, "" },
        { "StoragePool", POOL, "Undefine", "", {}, "" },
};

static const Step deletes_the_machine[] = {
        { "Domain", VM, "Shutdown", "u", { "0" }, "" },
        { "Domain", VM, "Create", "u", { "0" }, "" },
        { "Domain", VM, "Destroy", "u", { "0" }, "" },
        { "Domain", VM, "DetachDevice", "su", { CDROM("/other.iso"), "2" }, "" },
        { "Domain", VM, "Rename", "su", { "renamed", "0" }, "" },
        { "Domain", VM, "Undefine", "u", { "7" }, "" },
        { "Domain", VM, "GetXMLDesc", "u", { "0" }, "!Domain not found: " },
        { "Connect", NULL, "DomainLookupByName", "s", { "renamed" }, "!Domain not found" },
};

static sd_bus_message *step_message(sd_bus *bus, const Step *step)
{
        g_autofree char *path = step->path ? g_strconcat("/org/libvirt/Test/", step->path, NULL) : NULL;
        Target target = libvirt(step->interface, path);
        sd_bus_message *m;

        if (strchr(step->interface, '.'))
                target.interface = step->interface;
        assert_true(sd_bus_message_new_method_call(bus, &m, target.destination, target.path, target.interface,
                                                   step->member) >= 0);
        append_written(m, step->types, step->args, "");
        return m;
}

/* GetAll, GetStats: each value is a variant in a variant, which cockpit opens twice. */
static void assert_boxed_twice(sd_bus_message *reply, const Step *step)
{
        const char *contents;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                const char *key;

                assert_true(sd_bus_message_read(reply, "s", &key) > 0);
                assert_true(sd_bus_message_peek_type(reply, NULL, &contents) > 0);
                if (!streq(contents, "v"))
                        fail_msg("%s: %s is boxed once", step->member, key);
                assert_true(sd_bus_message_skip(reply, "v") > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        assert_true(sd_bus_message_rewind(reply, true) >= 0);
}

static void take_step(sd_bus *bus, const Step *step)
{
        _cleanup_message_ sd_bus_message *m = step_message(bus, step), *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        bool refused = sd_bus_call(bus, m, 0, &error, &reply) < 0;

        if (refused && (step->answer[0] != '!' || !g_str_has_prefix(error.message, step->answer + 1)))
                fail_msg("%s.%s: %s: %s", step->interface, step->member, error.name, error.message);
        sd_bus_error_free(&error);
        if (refused)
                return;
        if (!streq(sd_bus_message_get_signature(reply, true), step->answer))
                fail_msg("%s.%s: '%s', not '%s'", step->interface, step->member,
                         sd_bus_message_get_signature(reply, true), step->answer);
        if (streq(step->answer, "a{sv}"))
                assert_boxed_twice(reply, step);
}

#define take_steps(bus, steps) take_all(bus, steps, ELEMENTSOF(steps))
static void take_all(sd_bus *bus, const Step *steps, size_t n)
{
        for (size_t i = 0; i < n; i++)
                take_step(bus, steps + i);
}

/* The value of a dictionary that is boxed twice. Returns whether it is there with that type. */
static bool has_entry(sd_bus_message *reply, const char *key, const char *type)
{
        bool found = false;
        const char *name, *contents;

        assert_true(sd_bus_message_rewind(reply, true) >= 0);
        assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(reply, "s", &name) > 0);
                assert_true(sd_bus_message_enter_container(reply, 'v', "v") > 0);
                assert_true(sd_bus_message_peek_type(reply, NULL, &contents) > 0);
                found |= streq(name, key) && streq(contents, type);
                assert_true(sd_bus_message_skip(reply, "v") > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        return found;
}

static void assert_entries(sd_bus *bus, const Step *step, const char *const keys[][2], size_t n)
{
        _cleanup_message_ sd_bus_message *m = step_message(bus, step), *reply = NULL;

        assert_true(sd_bus_call(bus, m, 0, NULL, &reply) >= 0);
        for (size_t i = 0; i < n; i++)
                if (!has_entry(reply, keys[i][0], keys[i][1]))
                        fail_msg("%s: no '%s' of type %s", step->member, keys[i][0], keys[i][1]);
}

/* What its lists and details read of properties and statistics. */
static void check_entries(sd_bus *bus)
{
        static const Step domain = GET_ALL("Domain", VM), stats = { "Domain", VM, "GetStats", "uu", { "45", "0" },
                                                                    "a{sv}" };
        static const char *const properties[][2] = { { "Persistent", "b" }, { "Autostart", "b" } };
        static const char *const numbers[][2] = {
                { "block.count", "u" },     { "block.0.name", "s" }, { "block.0.capacity", "t" },
                { "block.0.physical", "t" },
                { "block.0.allocation", "t" }, { "balloon.current", "t" }, { "vcpu.current", "u" },
                { "vcpu.maximum", "u" },
                { "vcpu.0.time", "t" },
        };

        assert_entries(bus, &domain, properties, ELEMENTSOF(properties));
        assert_entries(bus, &stats, numbers, ELEMENTSOF(numbers));
}

/* Its own notes, and the password of the display, stand in what it reads. */
static void check_documents(sd_bus *bus)
{
        Target vm = libvirt("Domain", "/org/libvirt/Test/" VM);
        g_autofree char *secure = call_string(bus, vm, "GetXMLDesc", "u", 3),
                *plain = call_string(bus, vm, "GetXMLDesc", "u", 0);

        assert_non_null(strstr(plain, "<cockpit_machines:has_install_phase>true</cockpit_machines:has_install_phase>"));
        assert_non_null(strstr(secure, "passwd='secret'"));
        assert_null(strstr(plain, "passwd='secret'"));
        assert_non_null(strstr(plain, "listen='127.0.0.1'"));
}

static void expect_event(Signals *signals, const char *member, const char *types, const char *path, int event)
{
        for (;;) {
                sd_bus_message *m = signals_wait(signals, member);
                const char *object;
                int32_t number;

                assert_true(sd_bus_message_has_signature(m, types));
                assert_true(sd_bus_message_read(m, "oi", &object, &number) > 0);
                if (g_str_has_suffix(object, path) && number == event)
                        return;
        }
}

/* DomainEvent 0 defined, 2 started, 3 suspended, 4 resumed, 5 stopped, 1 undefined; the other kinds likewise. */
static void check_signals(Signals *connect, Signals *pools)
{
        static const struct {
                const char *member, *types, *path;
                int event;
        } events[] = {
                { "DomainEvent", "oii", VM, 0 },      { "DomainEvent", "oii", VM, 2 },
                { "DomainEvent", "oii", VM, 3 },
                { "DomainEvent", "oii", VM, 4 },      { "NetworkEvent", "oi", NETWORK, 0 },
                { "NetworkEvent", "oi", NETWORK, 2 },
                { "NetworkEvent", "oi", NETWORK, 3 }, { "NetworkEvent", "oi", NETWORK, 1 },
                { "StoragePoolEvent", "oii", POOL, 0 },
                { "StoragePoolEvent", "oii", POOL, 2 }, { "StoragePoolEvent", "oii", POOL, 3 },
                { "StoragePoolEvent", "oii", POOL, 1 },
                { "DomainEvent", "oii", VM, 5 },      { "DomainEvent", "oii", VM, 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(events); i++)
                expect_event(connect, events[i].member, events[i].types, events[i].path, events[i].event);
        assert_true(sd_bus_message_has_signature(signals_wait(pools, "Refresh"), ""));
}

static void test_pages(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *connect = NULL, *pools = NULL, *domains = NULL;

        name_wait(bus, "org.libvirt", true);
        connect = signals_new(bus, "org.libvirt", ",interface='org.libvirt.Connect',path='/org/libvirt/Test'");
        domains = signals_new(bus, "org.libvirt", ",interface='org.libvirt.Domain',path_namespace='/org/libvirt/Test'");
        pools = signals_new(bus, "org.libvirt",
                            ",interface='org.libvirt.StoragePool',path_namespace='/org/libvirt/Test'");

        take_steps(bus, begins);
        take_steps(bus, lists_a_machine);
        check_entries(bus);
        check_documents(bus);
        take_steps(bus, opens_a_machine);
        take_steps(bus, takes_snapshots);
        take_steps(bus, makes_a_network);
        take_steps(bus, makes_storage);
        take_steps(bus, deletes_the_machine);
        check_signals(connect, pools);
        /* the details of a machine are read again when one of its own signals comes */
        (void) signals_wait(domains, NULL);
}

/* A plain user hears from the bus itself that he may not, which cockpit expects of him. */
static void test_plain_user(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);

        g_free(call_error(one, on_interface(libvirt("Connect", NULL), PROPERTIES),
                          "org.freedesktop.DBus.Error.AccessDenied", "Get", "ss", "org.libvirt.Connect", "LibVersion"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pages),
                cmocka_unit_test(test_plain_user),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
