/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of the host: the made-up ones of the driver "Test", and with the argument "QEMU" the real ones. */
#include "tests/bus/harness.h"

#include <string.h>
#include <sys/sysinfo.h>

#define UNSUPPORTED "this function is not supported by the connection driver: "

static void assert_read(sd_bus_message *m, const char *types, ...)
{
        va_list ap;
        int r;

        va_start(ap, types);
        r = sd_bus_message_readv(m, types, ap);
        va_end(ap);
        assert_true(r > 0);
}

static void assert_failed_as(sd_bus *bus, const char *message, char *text)
{
        g_autofree char *own = text;

        assert_string_equal(own, message);
}

static void test_made_up_info(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *m = call(bus, native("Connect", NULL), "NodeGetInfo", NULL);
        uint32_t cpus, mhz, nodes, sockets, cores, threads;
        const char *model;
        uint64_t memory;

        assert_read(m, "(stuuuuuu)", &model, &memory, &cpus, &mhz, &nodes, &sockets, &cores, &threads);
        assert_string_equal(model, "i686");
        assert_int_equal(memory, 3072 * 1024);
        assert_int_equal(cpus, 16);
        assert_int_equal(mhz, 1400);
        assert_int_equal(nodes * 1000 + sockets * 100 + cores * 10 + threads, 2222);
}

static void test_made_up_cpus(void **state)
{
        static const bool expected[] = { true, false, true, false, true, false, false, false };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL);
        _cleanup_message_ sd_bus_message *map = call(bus, connect, "NodeGetCPUMap", "u", 0);
        _cleanup_message_ sd_bus_message *times = call(bus, connect, "NodeGetCPUStats", "iu", -1, 0);
        unsigned n = 0;
        int online;

        assert_true(sd_bus_message_enter_container(map, 'a', "b") > 0);
        for (; sd_bus_message_read(map, "b", &online) > 0; n++) {
                assert_true(n < ELEMENTSOF(expected));
                assert_int_equal(online, expected[n]);
        }
        assert_int_equal(n, ELEMENTSOF(expected));

        assert_true(sd_bus_message_enter_container(times, 'a', "{st}") > 0);
        for (n = 0; sd_bus_message_enter_container(times, 'e', "st") > 0; n++) {
                const char *name;
                uint64_t ns;

                assert_read(times, "st", &name, &ns);
                if (streq(name, "kernel"))
                        assert_int_equal(ns, UINT64_C(34678723400000));
                assert_true(sd_bus_message_exit_container(times) > 0);
        }
        assert_int_equal(n, 4);
}

static void test_made_up_memory(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL), old = libvirt("Connect", NULL);
        _cleanup_message_ sd_bus_message *free_ = call(bus, old, "NodeGetFreeMemory", NULL);
        _cleanup_message_ sd_bus_message *cells = call(bus, connect, "NodeGetCellsFreeMemory", "ii", 0, 10);
        _cleanup_message_ sd_bus_message *pages = call(bus, connect, "NodeGetFreePages", "auiuu", 2, 4, 2048, 0, 5, 0);
        _cleanup_message_ sd_bus_message *model = call(bus, old, "NodeGetSecurityModel", NULL);
        const char *name, *doi;
        uint64_t bytes, two[2];
        static const uint64_t counts[2][2] = { { 19, 45 }, { 97, 201 } };

        assert_read(free_, "t", &bytes);
        assert_int_equal(bytes, 3145728);
        assert_read(cells, "at", 2, &two[0], &two[1]);
        assert_int_equal(two[0], 2048 * 1024);
        assert_int_equal(two[1], 4096 * 1024);
        assert_true(sd_bus_message_at_end(cells, true) > 0);
        assert_read(model, "(ss)", &name, &doi);
        assert_string_equal(name, "testSecurity");
        assert_string_equal(doi, "");

        assert_true(sd_bus_message_enter_container(pages, 'a', "{ia{ut}}") > 0);
        for (int i = 0; i < 2; i++) {
                uint32_t size[2];
                int cell;

                assert_read(pages, "{ia{ut}}", &cell, 2, &size[0], &two[0], &size[1], &two[1]);
                assert_int_equal(cell, i);
                assert_int_equal(size[0], 4);
                assert_int_equal(size[1], 2048);
                assert_int_equal(two[0], counts[i][0]);
                assert_int_equal(two[1], counts[i][1]);
        }
        assert_true(sd_bus_message_at_end(pages, false) > 0);
}

static void test_sysinfo(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *text = call_string(bus, libvirt("Connect", NULL), "GetSysinfo", "u", 0);

        assert_true(g_str_has_prefix(text, "<sysinfo type='smbios'>\n  <bios>\n    <entry name='vendor'>"));
}

static void test_processors(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL);
        _cleanup_message_ sd_bus_message *models = call(bus, connect, "GetCPUModelNames", "su", "x86_64", 0);
        g_autofree char *common = call_string(bus, connect, "BaselineCPU", "asu", 2,
                                              "<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>",
                                              "<cpu><arch>x86_64</arch><model>Penryn</model></cpu>", 0);
        g_auto(GStrv) names = NULL;

        assert_true(sd_bus_message_read_strv(models, &names) > 0);
        assert_true(g_strv_contains((const char *const *) names, "Penryn"));
        assert_string_equal(common,
                            "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Penryn</model>\n</cpu>\n");
        assert_failed_as(bus, "invalid argument: cannot find architecture nonsense",
                         call_error(bus, connect, "org.libvirt.Error", "GetCPUModelNames", "su", "nonsense", 0));
        assert_failed_as(bus, "internal error: Unknown CPU model Moon",
                         call_error(bus, connect, "org.libvirt.Error", "BaselineCPU", "asu", 1,
                                    "<cpu><arch>x86_64</arch><model>Moon</model></cpu>", 0));
}

/* What libvirt's test driver does not do either. */
static void test_not_there(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target old = libvirt("Connect", NULL), connect = native("Connect", NULL);
        const char *unsupported = "org.virtbus1.Error.NoSupport", *failed = "org.libvirt.Error";

        assert_failed_as(bus, UNSUPPORTED "virNodeGetMemoryStats",
                         call_error(bus, old, failed, "NodeGetMemoryStats", "iu", -1, 0));
        assert_failed_as(bus, UNSUPPORTED "virConnectDomainXMLToNative",
                         call_error(bus, connect, unsupported, "DomainXMLToNative", "ssu", "qemu-argv", "", 0));
}

/* What libvirt's test driver does not do, and ours makes up. */
static void test_made_up_more(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        _cleanup_message_ sd_bus_message *parameters = NULL, *pages = NULL, *compared = NULL;
        const char *name;
        uint32_t scan = 0;
        int32_t n;

        sd_bus_message_unref(call(bus, connect, "NodeSetMemoryParameters", "a{sv}u", 1, "shm_pages_to_scan", "u",
                                  7, 0));
        g_free(call_error(bus, connect, "org.virtbus1.Error.InvalidArg", "NodeSetMemoryParameters", "a{sv}u", 1,
                          "shm_full_scans", "u", 7, 0));
        parameters = call(bus, connect, "NodeGetMemoryParameters", "u", 0);
        assert_true(sd_bus_message_enter_container(parameters, 'a', "{sv}") > 0);
        while (scan == 0 && sd_bus_message_enter_container(parameters, 'e', "sv") > 0) {
                assert_read(parameters, "s", &name);
                if (streq(name, "shm_pages_to_scan"))
                        assert_read(parameters, "v", "u", &scan);
                else
                        assert_true(sd_bus_message_skip(parameters, "v") > 0);
                assert_true(sd_bus_message_exit_container(parameters) > 0);
        }
        assert_int_equal(scan, 7);
        pages = call(bus, connect, "NodeAllocPages", "a{ut}iuu", 1, 4, UINT64_C(1), 0, 1, 0);
        assert_read(pages, "i", &n);
        assert_int_equal(n, 1);
        sd_bus_message_unref(call(bus, connect, "NodeSuspendForDuration", "utu", 0, UINT64_C(100), 0));
        compared = call(bus, connect, "CompareCPU", "su", "<cpu><arch>i686</arch><model>qemu64</model></cpu>", 0);
        assert_read(compared, "i", &n);
        assert_int_equal(n, 1);
}

static void test_wrong(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        const char *invalid = "org.virtbus1.Error.InvalidArg";

        g_free(call_error(bus, connect, invalid, "NodeGetCellsFreeMemory", "ii", 2, 1));
        g_free(call_error(bus, connect, invalid, "NodeGetCellsFreeMemory", "ii", -1, 1));
        g_free(call_error(bus, connect, invalid, "NodeGetCellsFreeMemory", "ii", 0, 0));
        g_free(call_error(bus, connect, invalid, "NodeGetFreePages", "auiuu", 1, 4, 2, 1, 0));
        g_free(call_error(bus, connect, invalid, "NodeGetFreePages", "auiuu", 0, 0, 1, 0));
        g_free(call_error(bus, connect, invalid, "NodeGetCPUMap", "u", 1));
}

static const Target qemu = { "org.virtbus1", "/org/virtbus1/QEMU", "org.virtbus1.Connect" };

static void test_real(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *info = call(bus, qemu, "NodeGetInfo", NULL);
        _cleanup_message_ sd_bus_message *cells = call(bus, qemu, "NodeGetCellsFreeMemory", "ii", 0, 1);
        _cleanup_message_ sd_bus_message *pages = NULL;
        uint32_t cpus, page = (uint32_t) sysconf(_SC_PAGESIZE) / 1024;
        uint64_t memory, free_, count;
        struct sysinfo sys;
        const char *model;
        int cell;

        assert_int_equal(sysinfo(&sys), 0);
        assert_true(sd_bus_message_enter_container(info, 'r', "stuuuuuu") > 0);
        assert_read(info, "stu", &model, &memory, &cpus);
        assert_int_equal(memory, (uint64_t) sys.totalram * sys.mem_unit / 1024);
        assert_int_equal(cpus, sysconf(_SC_NPROCESSORS_ONLN));
        assert_read(cells, "at", 1, &free_);
        assert_true(free_ > 0 && free_ < memory * 1024);
        pages = call(bus, qemu, "NodeGetFreePages", "auiuu", 1, page, 0, 1, 0);
        assert_read(pages, "a{ia{ut}}", 1, &cell, 1, &page, &count);
        assert_true(count > 0 && count < memory / page);
        g_free(call_error(bus, qemu, "org.virtbus1.Error.OperationFailed", "NodeGetFreePages", "auiuu", 1, 3, 0, 1, 0));
        g_free(call_error(bus, qemu, "org.virtbus1.Error.OperationInvalid", "NodeAllocPages", "a{ut}iuu", 1, page,
                          UINT64_C(1), 0, 1, 0));
}

static int compared(sd_bus *bus, const char *cpu)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, qemu, "CompareCPU", "su", cpu, 0);
        int result;

        assert_read(reply, "i", &result);
        return result;
}

static int compared_by_qemu(sd_bus *bus, const char *cpu)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, qemu, "CompareHypervisorCPU", "sssssu", "", "x86_64", "", "qemu", cpu, 0);
        int result;

        assert_read(reply, "i", &result);
        return result;
}

static void test_real_processor(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        static const char all[] = "<cpu><model>486</model></cpu>",
                none[] = "<cpu><model>486</model><feature name='pn'/></cpu>";
        g_autofree char *text = NULL, *common = NULL, *moon = NULL;

#if !defined(__x86_64__) && !defined(__i386__)
        skip();
#endif
        assert_int_equal(compared(bus, all), 2);
        assert_int_equal(compared(bus, none), 0);
        text = call_error(bus, qemu, "org.virtbus1.Error.CPUIncompatible", "CompareCPU", "su", none, 1);
        assert_string_equal(text,
                            "the CPU is incompatible with host CPU: Host CPU does not provide required features: pn");
        moon = call_error(bus, qemu, "org.virtbus1.Error.CPUIncompatible", "CompareCPU", "su",
                          "<cpu><model>486</model><vendor>Moon</vendor></cpu>", 1);
        assert_non_null(strstr(moon, "host CPU vendor does not match required CPU vendor Moon"));
        /* whatever the host has: QEMU's own processor has it or has not */
        assert_int_equal(compared_by_qemu(bus, "<cpu><model>qemu64</model></cpu>"), 2);
        assert_int_equal(compared_by_qemu(bus, "<cpu><model>qemu64</model><feature name='avx512f'/></cpu>"), 0);
        common = call_string(bus, qemu, "BaselineHypervisorCPU", "ssssasu", "", "x86_64", "", "qemu", 2,
                             "<cpu><model>Opteron_G3</model><feature policy='forbid' name='sse4a'/></cpu>", all, 0);
        assert_string_equal(common, "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>486</model>\n"
                                    "  <feature policy='disable' name='vme'/>\n</cpu>\n");
        g_free(call_error(bus, qemu, "org.virtbus1.Error.InvalidArg", "CompareHypervisorCPU", "sssssu", "/no/such", "",
                          "", "", all, 0));
        g_free(call_error(bus, qemu, "org.virtbus1.Error.XMLInvalidSchema", "CompareCPU", "su",
                          "<cpu><model>486</model><moon/></cpu>", 2));
}

static void test_real_parameters(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        if (access("/sys/kernel/mm/ksm/pages_to_scan", F_OK) < 0) {
                g_free(call_error(bus, qemu, "org.virtbus1.Error.OperationUnsupported", "NodeGetMemoryParameters",
                                  "u", 0));
                return;
        }
        sd_bus_message_unref(call(bus, qemu, "NodeGetMemoryParameters", "u", 0));
        g_free(call_error(bus, qemu, "org.virtbus1.Error.InvalidArg", "NodeSetMemoryParameters", "a{sv}u", 1,
                          "shm_full_scans", "t", UINT64_C(1), 0));
}

static void test_real_refuses(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);

        call_denied(one, qemu, "NodeAllocPages", "a{ut}iuu", 1, 2048, UINT64_C(0), 0, 1, 0);
        call_denied(one, qemu, "NodeSuspendForDuration", "utu", 0, UINT64_C(100), 0);
        call_denied(one, qemu, "NodeSetMemoryParameters", "a{sv}u", 0, 0);
        g_free(call_error(root, qemu, "org.virtbus1.Error.InvalidArg", "NodeSuspendForDuration", "utu", 0,
                          UINT64_C(59), 0));
}

int main(int argc, char **argv)
{
        const struct CMUnitTest made_up[] = {
                cmocka_unit_test(test_made_up_info), cmocka_unit_test(test_made_up_cpus),
                cmocka_unit_test(test_made_up_memory), cmocka_unit_test(test_sysinfo),
                cmocka_unit_test(test_processors),
                cmocka_unit_test(test_not_there),
                cmocka_unit_test(test_made_up_more), cmocka_unit_test(test_wrong),
        };
        const struct CMUnitTest real[] = {
                cmocka_unit_test(test_real), cmocka_unit_test(test_real_processor),
                cmocka_unit_test(test_real_parameters), cmocka_unit_test(test_real_refuses),
        };

        if (argc > 1 && streq(argv[1], "QEMU"))
                return cmocka_run_group_tests(real, NULL, NULL);
        return cmocka_run_group_tests(made_up, NULL, NULL);
}
