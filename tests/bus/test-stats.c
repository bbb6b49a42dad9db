/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of running domains: every group has some, they move, and they can be had without asking again. */
#include <string.h>

#include "tests/bus/harness.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define DOMAIN(path) native("Domain", path)

static GHashTable *read_params(sd_bus_message *m)
{
        GHashTable *params = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                uint64_t *value = g_new0(uint64_t, 1);
                const char *name, *contents;
                char type;

                assert_true(sd_bus_message_read(m, "s", &name) > 0);
                assert_true(sd_bus_message_peek_type(m, &type, &contents) > 0);
                if (streq(contents, "t"))
                        assert_true(sd_bus_message_read(m, "v", "t", value) > 0);
                else
                        assert_true(sd_bus_message_skip(m, "v") >= 0);
                g_hash_table_insert(params, g_strdup(name), value);
                assert_true(sd_bus_message_exit_container(m) >= 0);
        }
        assert_true(sd_bus_message_exit_container(m) >= 0);
        return params;
}

static GHashTable *stats_of(sd_bus *bus, const char *path, uint32_t groups)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), "GetStats", "uu", groups, 0);

        return read_params(reply);
}

static uint64_t get(GHashTable *params, const char *name)
{
        uint64_t *value = g_hash_table_lookup(params, name);

        if (!value)
                fail_msg("there is no %s", name);
        return *value;
}

/* A running domain that has something in every group. */
static char *make_domain(sd_bus *bus)
{
        static const char xml[] =
                "<domain type='test'><name>numbers</name><memory>65536</memory><iothreads>2</iothreads>"
                "<os><type>hvm</type></os><perf><event name='instructions' enabled='yes'/></perf><devices>"
                "<disk type='file'><source file='/i/disk'/><target dev='vda'/></disk>"
                "<interface type='network'><source network='default'/></interface></devices></domain>";
        char *path = call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);

        if (!property_bool(bus, DOMAIN(path), "Active"))
                sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static void test_groups(void **state)
{
        static const struct {
                uint32_t group;
                const char *name;
        } rows[] = {
                { 1, "state.state" },           { 2, "cpu.time" },    { 4, "balloon.current" },
                { 8, "vcpu.0.time" },           { 16, "net.0.rx.bytes" }, { 32, "block.0.rd.bytes" },
                { 64, "perf.instructions" },    { 128, "iothread.count" },
                { 256, "memory.bandwidth.monitor.count" }, { 512, "dirtyrate.calc_status" }, { 1024, "vm.exits" },
        };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root);
        g_autoptr(GHashTable) all = stats_of(root, path, 0);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autoptr(GHashTable) one = stats_of(root, path, rows[i].group);

                if (!g_hash_table_contains(one, rows[i].name) || !g_hash_table_contains(all, rows[i].name))
                        fail_msg("group %u has no %s", rows[i].group, rows[i].name);
        }
        assert_true(g_hash_table_size(all) > 40);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "ArgumentUnsupported", "GetStats", "uu", UINT32_C(1) << 20,
                          UINT32_C(1) << 31));
}

static void test_they_move(void **state)
{
        static const char *const moving[] = { "cpu.time", "vcpu.0.time", "net.0.rx.bytes", "block.0.wr.bytes",
                                              "perf.instructions", "vm.exits" };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root);
        g_autoptr(GHashTable) before = stats_of(root, path, 0), after = NULL;

        g_usleep(60 * USEC_PER_MSEC);
        after = stats_of(root, path, 0);
        for (size_t i = 0; i < ELEMENTSOF(moving); i++)
                if (get(after, moving[i]) <= get(before, moving[i]))
                        fail_msg("%s stands still", moving[i]);
}

static void test_memory(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");
        _cleanup_message_ sd_bus_message *reply = call(root, DOMAIN(path), "MemoryStats", "u", 0);
        unsigned seen = 0;
        uint64_t value;
        int32_t tag;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{it}") > 0);
        while (sd_bus_message_read(reply, "{it}", &tag, &value) > 0) {
                assert_true(tag >= 0 && tag < 13);
                if (tag == 6)
                        assert_int_equal(value, 2097152);
                seen |= 1u << tag;
        }
        /* unused, available, balloon, resident, usable */
        assert_int_equal(seen & 0x1f0, 0x1f0);
}

static unsigned count_cpus(sd_bus *bus, const char *path, int32_t start, uint32_t n)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), "GetCPUStats", "iuu", start, n, 0);
        unsigned k = 0;

        assert_true(sd_bus_message_enter_container(reply, 'a', "a{sv}") > 0);
        for (; sd_bus_message_at_end(reply, false) == 0; k++) {
                g_autoptr(GHashTable) params = read_params(reply);

                (void) get(params, "cpu_time");
                assert_int_equal(g_hash_table_contains(params, "user_time"), start < 0);
        }
        return k;
}

static void test_cpus(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");

        assert_int_equal(count_cpus(root, path, -1, 1), 1);
        assert_int_equal(count_cpus(root, path, 0, 4), 4);
        assert_int_equal(count_cpus(root, path, 14, 10), 2);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "GetCPUStats", "iuu", -1, 2, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "GetCPUStats", "iuu", -2, 1, 0));
}

static Signals *listen(sd_bus *bus)
{
        return signals_new(bus, "org.virtbus1", ",member='Stats',interface='org.virtbus1.Domain'");
}

/* Signals go to who has asked for them, and to nobody else. */
static void test_watch(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        _cleanup_signals_ Signals *mine = listen(root), *theirs = listen(other);
        g_autofree char *path = domain_path(root, "test");
        uint64_t last = 0;

        sd_bus_message_unref(call(root, DOMAIN(path), "WatchStats", "uuu", 2, 100, 0));
        for (int i = 0; i < 3; i++) {
                sd_bus_message *m = signals_wait(mine, "Stats");
                g_autoptr(GHashTable) params = read_params(m);
                uint64_t now = get(params, "cpu.time");

                assert_string_equal(sd_bus_message_get_path(m), path);
                assert_true(now > last);
                assert_false(g_hash_table_contains(params, "balloon.current"));
                last = now;
        }
        signals_expect_none(theirs, "Stats");
        sd_bus_message_unref(call(root, DOMAIN(path), "WatchStats", "uuu", 2, 0, 0));
        while (signals_count(mine, "Stats") > 0)
                signals_wait(mine, "Stats");
        g_usleep(250 * USEC_PER_MSEC);
        signals_expect_none(mine, "Stats");
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "WatchStats", "uuu", 2, 5, 0));
}

/* What was permitted does not outlive the rules it was permitted by. */
static void test_watch_and_rules(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_GROUP);
        _cleanup_signals_ Signals *signals = listen(one);
        g_autofree char *path = domain_path(root, "test");

        sd_bus_message_unref(call(one, DOMAIN(path), "WatchStats", "uuu", 1, 100, 0));
        signals_wait(signals, "Stats");
        rules_set("10-test", "polkit.addRule(function(action, subject) {\n"
                             "    if (action.id == 'org.libvirt.api.domain.read' && subject.user == 'vtest3') {\n"
                             "        return polkit.Result.NO;\n"
                             "    }\n"
                             "    return polkit.Result.NOT_HANDLED;\n"
                             "});\n");
        call_denied(one, DOMAIN(path), "WatchStats", "uuu", 1, 100, 0);
        for (bool last = false; !last;) {
                g_autoptr(GHashTable) params = read_params(signals_wait(signals, "Stats"));

                last = g_hash_table_size(params) == 0;
        }
        g_usleep(250 * USEC_PER_MSEC);
        signals_expect_none(signals, "Stats");
        rules_set("10-test", NULL);
}

/* A watch does not keep what it watches. */
static void test_watch_and_domain(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = listen(root);
        g_autofree char *path = domain_define(root, "fleeting");

        sd_bus_message_unref(call(root, DOMAIN(path), "WatchStats", "uuu", 1, 100, 0));
        signals_wait(signals, "Stats");
        sd_bus_message_unref(call(root, DOMAIN(path), "Undefine", "u", 0));
        while (signals_count(signals, "Stats") > 0)
                signals_wait(signals, "Stats");
        g_usleep(250 * USEC_PER_MSEC);
        signals_expect_none(signals, "Stats");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_groups), cmocka_unit_test(test_they_move),
                cmocka_unit_test(test_memory), cmocka_unit_test(test_cpus),
                cmocka_unit_test(test_watch),  cmocka_unit_test(test_watch_and_domain),
                cmocka_unit_test(test_watch_and_rules),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
