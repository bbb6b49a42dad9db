/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest does by its agent, and what is done to a machine that runs, on the test driver. */

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/bus/harness.h"

#define ERROR(name) "org.virtbus1.Error." name
#define refused(bus, path, error, ...) g_free(call_error(bus, native("Domain", path), ERROR(error), __VA_ARGS__))
#define done(bus, path, ...) sd_bus_message_unref(call(bus, native("Domain", path), __VA_ARGS__))

static char *create(sd_bus *bus, const char *name)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='test'><name>%s</name><memory unit='KiB'>65536</memory><vcpu>4</vcpu>"
                "<os><type arch='x86_64'>hvm</type></os><devices>"
                "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
                "<disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>"
                "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
                "<graphics type='vnc' port='5901'/></devices></domain>", name);

        return call_string(bus, native("Connect", NULL), "DomainCreateXML", "su", xml, 0);
}

static void destroy(sd_bus *bus, const char *path)
{
        done(bus, path, "Destroy", "u", 0);
}

static void expect_reply(sd_bus_message *reply, const char *types, ...)
{
        if (!sd_bus_message_has_signature(reply, types))
                fail_msg("the answer is '%s', not '%s'", sd_bus_message_get_signature(reply, true), types);
        sd_bus_message_unref(reply);
}

static void test_clock(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "clock"), *name = NULL;
        _cleanup_message_ sd_bus_message *before = NULL, *after = NULL;
        uint64_t seconds;
        uint32_t nseconds;

        before = call(bus, native("Domain", path), "GetTime", "u", 0);
        assert_true(sd_bus_message_read(before, "(tu)", &seconds, &nseconds) > 0);
        assert_int_equal(seconds, 627319920);
        done(bus, path, "SetTime", "tuu", UINT64_C(1000), 5, 0);
        after = call(bus, native("Domain", path), "GetTime", "u", 0);
        assert_true(sd_bus_message_read(after, "(tu)", &seconds, &nseconds) > 0);
        assert_int_equal(seconds, 1000);
        assert_int_equal(nseconds, 5);
        refused(bus, path, "InvalidArg", "SetTime", "tuu", UINT64_C(1), 1000000000, 0);
        refused(bus, path, "InvalidArg", "SetTime", "tuu", UINT64_C(1), 0, 1);
        name = call_string(bus, native("Domain", path), "GetHostname", "u", 0);
        assert_string_equal(name, "clockhost");
        refused(bus, path, "InvalidArg", "GetHostname", "u", 3);
        destroy(bus, path);
}

static void test_filesystems(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "filesystems");
        _cleanup_message_ sd_bus_message *info = NULL;
        const char *mountpoint, *name, *type;
        const Target domain = native("Domain", path);

        info = call(bus, domain, "GetFSInfo", "u", 0);
        assert_true(sd_bus_message_has_signature(info, "a(sssas)"));
        assert_true(sd_bus_message_enter_container(info, 'a', "(sssas)") > 0);
        assert_true(sd_bus_message_enter_container(info, 'r', "sssas") > 0);
        assert_true(sd_bus_message_read(info, "sss", &mountpoint, &name, &type) > 0);
        assert_string_equal(mountpoint, "/");
        assert_string_equal(name, "vda1");
        expect_reply(call(bus, domain, "ListFilesystems", "u", 0), "aa{sv}");

        assert_int_equal(call_u32(bus, domain, "FSFreeze", "asu", 1, "/boot", 0), 1);
        assert_int_equal(call_u32(bus, domain, "FSFreeze", "asu", 0, 0), 2); /* the two that were not */
        assert_int_equal(call_u32(bus, domain, "FSThaw", "asu", 0, 0), 3);
        assert_int_equal(call_u32(bus, domain, "FSThaw", "asu", 0, 0), 0);
        refused(bus, path, "OperationFailed", "FSFreeze", "asu", 1, "/nowhere", 0);
        done(bus, path, "FSTrim", "stu", "", UINT64_C(0), 0);
        refused(bus, path, "OperationFailed", "FSTrim", "stu", "/nowhere", UINT64_C(0), 0);
        destroy(bus, path);
}

static void test_users(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "users");
        _cleanup_message_ sd_bus_message *keys = NULL;
        char **lines = NULL;

        done(bus, path, "SetUserPassword", "ssu", "root", "secret", 0);
        refused(bus, path, "InvalidArg", "SetUserPassword", "ssu", "", "secret", 0);
        done(bus, path, "AuthorizedSSHKeysSet", "sasu", "root", 2, "one", "two", 0);
        done(bus, path, "AuthorizedSSHKeysSet", "sasu", "root", 1, "three", 1);
        done(bus, path, "AuthorizedSSHKeysSet", "sasu", "root", 1, "one", 2);
        refused(bus, path, "InvalidArg", "AuthorizedSSHKeysSet", "sasu", "root", 0, 1);
        refused(bus, path, "InvalidArg", "AuthorizedSSHKeysSet", "sasu", "root", 1, "x", 3);
        keys = call(bus, native("Domain", path), "AuthorizedSSHKeysGet", "su", "root", 0);
        assert_true(sd_bus_message_read_strv(keys, &lines) > 0);
        assert_int_equal(g_strv_length(lines), 2);
        assert_string_equal(lines[0], "two");
        assert_string_equal(lines[1], "three");
        g_strfreev(lines);
        destroy(bus, path);
}

static void test_guest_vcpus(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "guest-vcpus");
        const Target domain = native("Domain", path);

        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 8), 4);
        done(bus, path, "SetGuestVcpus", "abiu", 3, 0, 1, 1, 0, 0);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 8), 2);
        refused(bus, path, "InvalidArg", "SetGuestVcpus", "abiu", 1, 1, 0, 0);
        refused(bus, path, "InvalidArg", "SetGuestVcpus", "abiu", 5, 0, 0, 0, 0, 1, 0, 0);
        done(bus, path, "SetVcpus", "uu", 3, 8);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 8), 3);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 0), 4);
        refused(bus, path, "InvalidArg", "SetVcpus", "uu", 5, 8);
        expect_reply(call(bus, domain, "GetGuestVcpus", "u", 0), "a{sv}");
        expect_reply(call(bus, domain, "GetVcpuInfo", "u", 0), "a(uitiab)");
        destroy(bus, path);
}

static void test_addresses(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "addresses");
        const char *name, *mac, *address;
        uint32_t prefix;
        int32_t type;

        for (uint32_t source = 0; source < 3; source++) {
                _cleanup_message_ sd_bus_message *m =
                        call(bus, native("Domain", path), "InterfaceAddresses", "uu", source, 0);

                assert_true(sd_bus_message_enter_container(m, 'a', "(ssa(isu))") > 0);
                assert_true(sd_bus_message_enter_container(m, 'r', "ssa(isu)") > 0);
                assert_true(sd_bus_message_read(m, "ss", &name, &mac) > 0);
                assert_string_equal(mac, "52:54:00:00:00:01");
                assert_true(sd_bus_message_read(m, "a(isu)", 1, &type, &address, &prefix) > 0);
                assert_string_equal(address, "192.168.122.2");
        }
        refused(bus, path, "ArgumentUnsupported", "InterfaceAddresses", "uu", 3, 0);
        expect_reply(call(bus, native("Domain", path), "GetGuestInfo", "uu", 0, 0), "a{sv}");
        refused(bus, path, "OperationUnsupported", "GetGuestInfo", "uu", 0x1000, 0);
        destroy(bus, path);
}

/* What goes by the agent is more than a look. */
static void test_addresses_by_agent(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = create(root, "by-agent");
        const Target domain = native("Domain", path);

        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "  if (action.id == 'org.libvirt.api.domain.write') return polkit.Result.NO; });");
        sd_bus_message_unref(call(one, domain, "InterfaceAddresses", "uu", 0, 0));
        call_denied(one, domain, "InterfaceAddresses", "uu", 1, 0);
        rules_set("10-test", NULL);
        destroy(root, path);
}

static void test_sleep(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "sleep"), *asleep = NULL, *awake = NULL;
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.libvirt", ",interface='org.libvirt.Domain'");
        const Target domain = native("Domain", path);

        refused(bus, path, "OperationInvalid", "PMWakeup", "u", 0);
        refused(bus, path, "ArgumentUnsupported", "PMSuspendForDuration", "utu", 0, UINT64_C(5), 0);
        refused(bus, path, "InvalidArg", "PMSuspendForDuration", "utu", 3, UINT64_C(0), 0);
        done(bus, path, "PMSuspendForDuration", "utu", 0, UINT64_C(0), 0);
        assert_non_null(signals_wait(signals, "PMSuspend"));
        asleep = property_string(bus, domain, "State");
        assert_string_equal(asleep, "pmsuspended");
        done(bus, path, "PMWakeup", "u", 0);
        assert_non_null(signals_wait(signals, "PMWakeup"));
        awake = property_string(bus, domain, "StateReason");
        assert_string_equal(awake, "wakeup");
        done(bus, path, "PMSuspendForDuration", "utu", 1, UINT64_C(0), 0);
        assert_non_null(signals_wait(signals, "PMSuspendDisk"));
        refused(bus, path, "NoDomain", "GetState", "u", 0);
}

static void test_input(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "input");

        done(bus, path, "SendKey", "uuauu", 0, 100, 3, 29, 56, 111, 0);
        refused(bus, path, "InvalidArg", "SendKey", "uuauu", 10, 0, 1, 28, 0);
        refused(bus, path, "InvalidArg", "SendKey", "uuauu", 0, 0, 0, 0);
        refused(bus, path, "InvalidArg", "SendKey", "uuauu", 0, 0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                14, 15, 16, 17, 0);
        done(bus, path, "InjectNMI", "u", 0);
        refused(bus, path, "InvalidArg", "InjectNMI", "u", 1);
        refused(bus, path, "InvalidArg", "SendProcessSignal", "xuu", INT64_C(1), 65, 0);
        refused(bus, path, "InvalidArg", "SendProcessSignal", "xuu", INT64_C(2), 15, 0);
        done(bus, path, "SendProcessSignal", "xuu", INT64_C(1), 15, 0);
        refused(bus, path, "NoDomain", "GetState", "u", 0);
}

/* "RFB", as a VNC server says first. */
static void expect_greeting(int fd)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };
        char text[3];

        assert_int_equal(poll(&p, 1, 10000), 1);
        assert_int_equal(recv(fd, text, sizeof(text), MSG_WAITALL), sizeof(text));
        assert_memory_equal(text, "RFB", 3);
}

static void test_graphics(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "graphics");
        _cleanup_message_ sd_bus_message *opened = NULL;
        int fds[2], fd;

        opened = call(bus, native("Domain", path), "OpenGraphicsFD", "uu", 0, 1);
        assert_true(sd_bus_message_read(opened, "h", &fd) > 0);
        expect_greeting(fd);
        refused(bus, path, "Internal", "OpenGraphicsFD", "uu", 1, 0);
        refused(bus, path, "InvalidArg", "OpenGraphicsFD", "uu", 0, 2);

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        done(bus, path, "OpenGraphics", "uhu", 0, fds[1], 0);
        expect_greeting(fds[0]);
        close(fds[0]);
        close(fds[1]);
        assert_int_equal(pipe(fds), 0);
        refused(bus, path, "InvalidArg", "OpenGraphics", "uhu", 0, fds[1], 0);
        close(fds[0]);
        close(fds[1]);
        destroy(bus, path);
}

/* The next Graphics tells of this phase. */
static void expect_graphics(Signals *signals, int32_t phase)
{
        const char *nodes[2], *services[2], *scheme;
        int32_t got, families[2];
        sd_bus_message *m = signals_wait(signals, "Graphics");

        assert_true(sd_bus_message_read(m, "i(iss)(iss)s", &got, families, nodes, services, families + 1, nodes + 1,
                                        services + 1, &scheme) > 0);
        assert_int_equal(got, phase);
        assert_int_equal(families[0], 2);
        assert_int_equal(families[1], 2);
        assert_string_equal(scheme, "none");
        assert_true(sd_bus_message_enter_container(m, 'a', "(ss)") > 0);
        assert_true(sd_bus_message_at_end(m, false) > 0);
}

/* Clients of a display are told of as they come and go, on both faces. */
static void test_display_clients(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *native_signals = signals_new(bus, "org.virtbus1", ",member='Graphics'");
        _cleanup_signals_ Signals *libvirt_signals = signals_new(bus, "org.libvirt", ",member='Graphics'");
        g_autofree char *path = create(bus, "display");
        sd_bus_message *opened = call(bus, native("Domain", path), "OpenGraphicsFD", "uu", 0, 1);
        int fd;

        assert_true(sd_bus_message_read(opened, "h", &fd) > 0);
        expect_graphics(native_signals, 0);
        expect_graphics(native_signals, 1);
        sd_bus_message_unref(opened); /* and closes it */
        expect_graphics(native_signals, 2);
        for (int32_t phase = 0; phase < 3; phase++)
                expect_graphics(libvirt_signals, phase);
        destroy(bus, path);
}

static void expect_monitor_event(Signals *signals, const char *event)
{
        const char *got, *details;
        int64_t seconds;
        uint32_t micros;

        assert_true(sd_bus_message_read(signals_wait(signals, "QemuMonitorEvent"), "sxus", &got, &seconds, &micros,
                                        &details) > 0);
        assert_string_equal(got, event);
}

/* What the monitor says reaches who has asked for it, and nobody else. */
static void test_monitor_events(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        _cleanup_signals_ Signals *asked = signals_new(bus, "org.virtbus1", ",member='QemuMonitorEvent'");
        _cleanup_signals_ Signals *not_asked = signals_new(other, "org.virtbus1", ",member='QemuMonitorEvent'");
        g_autofree char *path = create(bus, "monitor");

        done(bus, path, "WatchMonitorEvents", "bu", true, 0);
        refused(bus, path, "InvalidArg", "WatchMonitorEvents", "bu", true, 1);
        done(bus, path, "Suspend", NULL);
        expect_monitor_event(asked, "STOP");
        done(bus, path, "Resume", NULL);
        expect_monitor_event(asked, "RESUME");
        done(bus, path, "WatchMonitorEvents", "bu", false, 0);
        done(bus, path, "Suspend", NULL);
        signals_expect_none(asked, NULL);
        done(other, path, "Resume", NULL);
        signals_expect_none(not_asked, NULL);
        destroy(bus, path);
}

static void expect_bytes(sd_bus_message *m, const char *expected)
{
        const void *bytes;
        size_t n;

        assert_true(sd_bus_message_read_array(m, 'y', &bytes, &n) > 0);
        assert_int_equal(n, strlen(expected));
        assert_memory_equal(bytes, expected, n);
        sd_bus_message_unref(m);
}

static void test_peek(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "peek");
        const Target domain = native("Domain", path);
        const uint64_t end = UINT64_C(8) << 30;

        expect_bytes(call(bus, domain, "MemoryPeek", "ttu", UINT64_C(24), UINT64_C(4), 1), "yzab");
        refused(bus, path, "InvalidArg", "MemoryPeek", "ttu", UINT64_C(0), UINT64_C(4), 0);
        refused(bus, path, "InvalidArg", "MemoryPeek", "ttu", UINT64_C(0), UINT64_C(4), 3);
        refused(bus, path, "InvalidArg", "MemoryPeek", "ttu", UINT64_C(0), UINT64_C(5) << 20, 1);
        expect_bytes(call(bus, domain, "BlockPeek", "sttu", "vda", UINT64_C(0), UINT64_C(3), 0), "abc");
        refused(bus, path, "InvalidArg", "BlockPeek", "sttu", "vdz", UINT64_C(0), UINT64_C(3), 0);
        refused(bus, path, "InvalidArg", "BlockPeek", "sttu", "vda", end - 1, UINT64_C(3), 0);
        refused(bus, path, "InvalidArg", "BlockPeek", "sttu", "vda", UINT64_MAX, UINT64_C(3), 0);
        destroy(bus, path);
}

static uint64_t capacity(sd_bus *bus, const char *path)
{
        _cleanup_message_ sd_bus_message *m = call(bus, native("Domain", path), "GetBlockInfo", "su", "vda", 0);
        uint64_t bytes, allocation, physical;

        assert_true(sd_bus_message_read(m, "(ttt)", &bytes, &allocation, &physical) > 0);
        return bytes;
}

static void test_blocks(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "blocks");
        const Target domain = native("Domain", path);

        assert_int_equal(capacity(bus, path), UINT64_C(8) << 30);
        done(bus, path, "BlockResize", "stu", "vda", UINT64_C(1024), 0);
        assert_int_equal(capacity(bus, path), 1024 * 1024);
        done(bus, path, "BlockResize", "stu", "/a", UINT64_C(4096), 1);
        assert_int_equal(capacity(bus, path), 4096);
        refused(bus, path, "InvalidArg", "BlockResize", "stu", "vdz", UINT64_C(1), 0);
        refused(bus, path, "InvalidArg", "BlockResize", "stu", "vda", UINT64_C(0), 0);
        refused(bus, path, "Overflow", "BlockResize", "stu", "vda", UINT64_MAX, 0);
        expect_reply(call(bus, domain, "GetDiskErrors", "u", 0), "a(si)");
        expect_reply(call(bus, domain, "BlockStats", "su", "vda", 0), "a{sv}");
        expect_reply(call(bus, domain, "BlockStats", "su", "", 0), "a{sv}");
        refused(bus, path, "InvalidArg", "BlockStats", "su", "vdz", 0);
        expect_reply(call(bus, domain, "InterfaceStats", "s", "52:54:00:00:00:01"), "(xxxxxxxx)");
        refused(bus, path, "InvalidArg", "InterfaceStats", "s", "vnet99");
        expect_reply(call(bus, domain, "GetControlInfo", "u", 0), "(uut)");
        expect_reply(call(bus, domain, "GetSecurityLabelList", NULL), "a(sb)");
        expect_reply(call(bus, domain, "GetMessages", "u", 0), "as");
        destroy(bus, path);
}

/* What no pretended machine has is said to be missing, in libvirt's words. */
static void test_missing(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = create(bus, "missing"), *other = libvirt_path(path), *text = NULL, *files = NULL;
        _cleanup_message_ sd_bus_message *answer = NULL;
        const char *pong;

        refused(bus, path, "NoSupport", "QemuMonitorCommand", "su", "{}", 0);
        refused(bus, path, "InvalidArg", "QemuAgentCommand", "siu", "{}", -2, 0);
        refused(bus, path, "InvalidArg", "QemuAgentCommand", "siu", "{}", -3, 0);
        refused(bus, path, "Internal", "QemuAgentCommand", "siu", "{\"execute\":\"guest-dance\"}", -2, 0);
        answer = call(bus, native("Domain", path), "QemuAgentCommand", "siu", "{\"execute\":\"guest-ping\"}", -2, 0);
        assert_true(sd_bus_message_read(answer, "s", &pong) > 0);
        assert_string_equal(pong, "{\"return\":{}}");
        refused(bus, path, "OperationUnsupported", "GetLaunchSecurityInfo", "u", 0);
        refused(bus, path, "OperationUnsupported", "SetLaunchSecurityState", "a{sv}u", 0, 0);
        done(bus, path, "GraphicsReload", "uu", 0, 0);
        done(bus, path, "FDAssociate", "sahu", "x", 1, 0, 0);
        done(bus, path, "StartDirtyRateCalc", "iu", 1, 0);
        refused(bus, path, "InvalidArg", "StartDirtyRateCalc", "iu", 0, 0);
        done(bus, path, "AgentSetResponseTimeout", "iu", -2, 0);
        refused(bus, path, "InvalidArg", "AgentSetResponseTimeout", "iu", -3, 0);
        files = call_error(bus, libvirt("Connect", NULL), "org.libvirt.Error", "DomainCreateXMLWithFiles", "sahu",
                           "<domain type='test'><name>x</name><memory>1024</memory><os><type>hvm</type></os></domain>",
                           0, 0);
        assert_string_equal(files, "this function is not supported by the connection driver: "
                                   "virDomainCreateXMLWithFiles");
        text = call_error(bus, libvirt("Domain", other), "org.libvirt.Error", "CreateWithFiles", "ahu", 0, 0);
        assert_string_equal(text, "Requested operation is not valid: domain is already running");
        destroy(bus, path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_clock),
                cmocka_unit_test(test_filesystems),
                cmocka_unit_test(test_users),
                cmocka_unit_test(test_guest_vcpus),
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_addresses_by_agent),
                cmocka_unit_test(test_sleep),
                cmocka_unit_test(test_input),
                cmocka_unit_test(test_graphics),
                cmocka_unit_test(test_display_clients),
                cmocka_unit_test(test_monitor_events),
                cmocka_unit_test(test_peek),
                cmocka_unit_test(test_blocks),
                cmocka_unit_test(test_missing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
