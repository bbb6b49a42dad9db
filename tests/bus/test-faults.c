/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pretended host under tests/bus/faults.conf: what fails, hangs or happens by configuration. */
#include "tests/bus/contract.h"
#include "tests/bus/later.h"

#define NATIVE_ERROR "org.virtbus1.Error."

static Target connect_target(void)
{
        return native("Connect", NULL);
}

static char *define_domain(sd_bus *bus, const char *name)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='test'><name>%s</name><memory>65536</memory><os><type>hvm</type></os><devices>"
                "<interface type='user'><mac address='52:54:00:11:22:33'/></interface></devices></domain>", name);

        return call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);
}

static char *define_network(sd_bus *bus, const char *name)
{
        g_autofree char *xml = g_strdup_printf("<network><name>%s</name></network>", name);

        return call_string(bus, native("Connect", NULL), "NetworkDefineXML", "s", xml);
}

static void expect_state(sd_bus *bus, const char *path, int32_t expected)
{
        _cleanup_message_ sd_bus_message *m = call(bus, native("Domain", path), "GetState", "u", 0);
        int32_t state, reason;

        assert_true(sd_bus_message_read(m, "(ii)", &state, &reason) > 0);
        assert_int_equal(state, expected);
}

/* The first rule that matches counts; without one all goes well, in the time of the setting. */
static void test_failures(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *bad = define_domain(bus, "bad-1"), *good = define_domain(bus, "good"), *text = NULL;
        uint64_t begin = now_usec();

        text = call_error(bus, native("Domain", bad), NATIVE_ERROR "SystemError", "Create", "u", 0);
        assert_string_equal(text, "the cellar is under water");
        expect_state(bus, bad, 5);
        assert_true(now_usec() - begin >= 100 * USEC_PER_MSEC);
        sd_bus_message_unref(call(bus, native("Domain", good), "Create", "u", 0));
        expect_state(bus, good, 1);
}

/* The one job that there is, cancelled when it is there. */
static void cancel_job(sd_bus *bus)
{
        static const Target jobs = { "org.virtbus1", "/org/virtbus1/Test/job", "org.freedesktop.DBus.Introspectable" };

        for (uint64_t end = now_usec() + DEADLINE_USEC; now_usec() < end; g_usleep(10 * USEC_PER_MSEC)) {
                _cleanup_message_ sd_bus_message *m = call(bus, jobs, "Introspect", NULL);
                g_auto(GStrv) children = NULL;
                g_autofree char *path = NULL;
                const char *xml;

                assert_true(sd_bus_message_read(m, "s", &xml) > 0);
                children = contract_children(xml);
                if (!*children)
                        continue;
                path = g_strconcat(jobs.path, "/", *children, NULL);
                sd_bus_message_unref(call(bus, native("Job", path), "Cancel", NULL));
                return;
        }
        fail_msg("there is no job");
}

/* What hangs is a job, and ends when it is cancelled, as if it had never begun. */
static void expect_hang(sd_bus *bus, const char *interface, const char *path, const char *method, const char *types)
{
        _cleanup_client_ sd_bus *other = client_open(USER_ROOT);
        Later hanging;

        call_later(bus, native(interface, path), method, &hanging, types, 0);
        cancel_job(other);
        assert_text(wait_later(&hanging), NATIVE_ERROR "OperationAborted");
}

static void test_hangs(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *domain = define_domain(bus, "stuck-1"), *network = define_network(bus, "stuck-1");

        expect_hang(bus, "Domain", domain, "Create", "u");
        expect_state(bus, domain, 5);
        expect_hang(bus, "Network", network, "Create", "");
}

/* Kinds other than domains have jobs too. */
static void test_other_kinds(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *network = NULL, *secret = NULL, *text = NULL;
        uint64_t begin;

        network = call_string(bus, connect_target(), "NetworkLookupByName", "s", "default");
        text = call_error(bus, native("Network", network), NATIVE_ERROR "OperationFailed", "Destroy", NULL);
        assert_string_equal(text, "operation failed: this is a fault of the configuration");
        secret = call_string(bus, connect_target(), "SecretDefineXML", "su",
                              "<secret ephemeral='yes' private='no'><description>s</description></secret>", 0);
        begin = now_usec();
        sd_bus_message_unref(call(bus, native("Secret", secret), "SetValue", "ayu", 1, 'x', 0));
        assert_true(now_usec() - begin >= 700 * USEC_PER_MSEC);
        g_free(call_error(bus, connect_target(), NATIVE_ERROR "OperationFailed", "StoragePoolCreateXML", "su",
                          "<pool type='dir'><name>bad-1</name><target><path>/bad</path></target></pool>", 0));
}

static void test_guest_agent(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *mute = define_domain(bus, "mute-1");
        uint64_t begin;

        sd_bus_message_unref(call(bus, native("Domain", mute), "Create", "u", 0));
        g_free(call_error(bus, native("Domain", mute), NATIVE_ERROR "AgentUnresponsive", "GetTime", "u", 0));
        sd_bus_message_unref(call(bus, native("Domain", mute), "GetHostname", "u", 0));
        begin = now_usec();
        sd_bus_message_unref(call(bus, native("Domain", mute), "SendKey", "uuauu", 0, 0, 1, 28, 0));
        assert_true(now_usec() - begin >= 300 * USEC_PER_MSEC);
        g_free(call_error(bus, connect_target(), NATIVE_ERROR "OperationFailed", "FindStoragePoolSources", "ssu",
                          "logical", "", 0));
}

/* A volume that is being changed is nothing to copy. */
static void test_busy(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = call_string(bus, connect_target(), "StoragePoolLookupByName", "s", "default-pool");
        g_autofree char *volume = NULL, *key = NULL;
        const Target pool = native("StoragePool", path);
        Later resize;

        volume = call_string(bus, pool, "StorageVolCreateXML", "su",
                             "<volume><name>slow-1</name><capacity>1024</capacity></volume>", 0);
        key = property_string(bus, native("StorageVol", volume), "Key");
        call_later(bus, native("StorageVol", volume), "Resize", &resize, "tu", UINT64_C(2048), 0);
        assert_text(call_error(bus, pool, NATIVE_ERROR "ResourceBusy", "StorageVolCreateXMLFrom", "ssu",
                               "<volume><name>copy</name></volume>", key, 0),
                    "resource busy: volume 'slow-1' is being changed");
        wait_ok(&resize);
}

/* What befalls the machine of such a name once it runs. */
static void test_events(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.virtbus1", ",interface='org.virtbus1.Domain'");
        _cleanup_signals_ Signals *events = signals_new(bus, "org.virtbus1", ",member='DomainEvent'");
        g_autofree char *sick = define_domain(bus, "sick-1"), *roaming = define_domain(bus, "roaming-1"),
                        *crashing = define_domain(bus, "crashing-1");
        const char *alias, *from, *to;
        int32_t recipient, action, event = -1, detail;
        uint32_t flags;

        sd_bus_message_unref(call(bus, native("Domain", sick), "Create", "u", 0));
        assert_true(sd_bus_message_read(signals_wait(signals, "MemoryFailure"), "iiu", &recipient, &action,
                                        &flags) > 0);
        assert_int_equal(recipient, 1);
        sd_bus_message_unref(call(bus, native("Domain", roaming), "Create", "u", 0));
        assert_true(sd_bus_message_read(signals_wait(signals, "NICMACChange"), "sss", &alias, &from, &to) > 0);
        assert_string_equal(alias, "net0");
        assert_string_equal(from, "52:54:00:11:22:33");
        sd_bus_message_unref(call(bus, native("Domain", crashing), "Create", "u", 0));
        while (event != 8) { /* crashed */
                const char *path;

                assert_true(sd_bus_message_read(signals_wait(events, "DomainEvent"), "oii", &path, &event,
                                                &detail) > 0);
        }
        assert_true(sd_bus_message_read(signals_wait(events, "DomainEvent"), "oii", &alias, &event, &detail) > 0);
        assert_int_equal(event, 5);
        assert_int_equal(detail, 2);
        expect_state(bus, crashing, 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_failures),
                cmocka_unit_test(test_hangs),
                cmocka_unit_test(test_other_kinds),
                cmocka_unit_test(test_guest_agent),
                cmocka_unit_test(test_busy),
                cmocka_unit_test(test_events),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
