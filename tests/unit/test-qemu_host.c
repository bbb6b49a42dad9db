/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capabilities_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

/* A tree like the kernel's, in which a test writes what it needs. */
static void put(const char *root, const char *text, const char *format, ...) _printf_(3, 4);

static void put(const char *root, const char *text, const char *format, ...)
{
        g_autofree char *name = NULL, *path = NULL, *dir = NULL;
        va_list ap;

        va_start(ap, format);
        name = g_strdup_vprintf(format, ap);
        va_end(ap);
        path = g_build_filename(root, name, NULL);
        dir = g_path_get_dirname(path);
        assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int setup(void **state)
{
        *state = g_dir_make_tmp("test-qemu-host-XXXXXX", NULL);
        return *state ? 0 : -1;
}

static int teardown(void **state)
{
        g_autofree char *root = *state, *command = g_strdup_printf("rm -rf '%s'", root);

        return system(command);
}

static void put_cpu(const char *root, unsigned cpu, int socket, int die, int core, const char *siblings)
{
        const char *const dir = "sys/devices/system/cpu";
        char number[16];

        (void) snprintf(number, sizeof(number), "%d\n", socket);
        put(root, number, "%s/cpu%u/topology/physical_package_id", dir, cpu);
        (void) snprintf(number, sizeof(number), "%d\n", die);
        put(root, number, "%s/cpu%u/topology/die_id", dir, cpu);
        (void) snprintf(number, sizeof(number), "%d\n", core);
        put(root, number, "%s/cpu%u/topology/core_id", dir, cpu);
        put(root, siblings, "%s/cpu%u/topology/thread_siblings_list", dir, cpu);
}

/* Two sockets, one die each, two cores each, two threads each; two cells. */
static void put_large_machine(const char *root)
{
        for (unsigned i = 0; i < 8; i++) {
                g_autofree char *siblings = g_strdup_printf("%u-%u\n", i & ~1U, i | 1U);

                put_cpu(root, i, (int) i / 4, 0, (int) i / 2 % 2, siblings);
        }
        put(root, "0-7\n", "sys/devices/system/cpu/online");
        put(root, "0-1\n", "sys/devices/system/node/online");
        put(root, "0-3\n", "sys/devices/system/node/node0/cpulist");
        put(root, "4-7\n", "sys/devices/system/node/node1/cpulist");
        put(root, "Node 0 MemTotal:       1000 kB\nNode 0 MemFree: 1 kB\n",
            "sys/devices/system/node/node0/meminfo");
        put(root, "Node 1 MemTotal:       2000 kB\n", "sys/devices/system/node/node1/meminfo");
        put(root, "10 21\n", "sys/devices/system/node/node0/distance");
        put(root, "21 10\n", "sys/devices/system/node/node1/distance");
        put(root, "0\n", "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages");
        put(root, "3\n", "sys/devices/system/node/node1/hugepages/hugepages-256kB/nr_hugepages");
        for (unsigned i = 0; i < 8; i++) {
                put(root, i < 4 ? "0\n" : "1\n", "sys/devices/system/cpu/cpu%u/cache/index3/id", i);
                put(root, "3\n", "sys/devices/system/cpu/cpu%u/cache/index3/level", i);
                put(root, "8192K\n", "sys/devices/system/cpu/cpu%u/cache/index3/size", i);
                put(root, i < 4 ? "0-3\n" : "4-7\n", "sys/devices/system/cpu/cpu%u/cache/index3/shared_cpu_list", i);
        }
        put(root, "processor : 0\nvendor_id\t: GenuineIntel\n", "proc/cpuinfo");
        put(root, "freeze mem disk\n", "sys/power/state");
        put(root, "[platform] shutdown suspend\n", "sys/power/disk");
        put(root, "", "sys/class/iommu/dmar0/x");
        put(root, "4C4C4544-0031-3010-8054-B4C04F4A3532\n", "sys/class/dmi/id/product_uuid");
        put(root, "0123456789abcdef0123456789abcdef\n", "etc/machine-id");
}

static void test_large_machine(void **state)
{
        _cleanup_(qemu_host_freep) QemuHost *host = NULL;
        struct utsname name;

        put_large_machine(*state);
        assert_int_equal(qemu_host_read(*state, &host, NULL), 0);
        assert_int_equal(uname(&name), 0);
        assert_string_equal(host->arch, name.machine);
        assert_string_equal(host->vendor, "Intel");
        assert_string_equal(host->uuid, "4c4c4544-0031-3010-8054-b4c04f4a3532");
        assert_int_equal(host->cpus, 8);
        assert_int_equal(host->sockets, 2);
        assert_int_equal(host->dies, 1);
        assert_int_equal(host->cores, 2);
        assert_int_equal(host->threads, 2);
        assert_int_equal(host->n_cells, 2);
        assert_int_equal(host->cells[1].memory_kib, 2000);
        assert_int_equal(host->cells[1].n_threads, 4);
        assert_int_equal(host->cells[1].threads[3].id, 7);
        assert_int_equal(host->cells[1].threads[3].socket, 1);
        assert_int_equal(host->cells[1].threads[3].core, 1);
        assert_string_equal(host->cells[1].threads[3].siblings, "6-7");
        assert_int_equal(host->cells[1].distances->len, 2);
        assert_int_equal(g_array_index(host->cells[1].distances, QemuHostDistance, 0).value, 21);
        assert_int_equal(g_array_index(host->cells[1].distances, QemuHostDistance, 1).id, 1);
        assert_int_equal(host->cells[1].pages->len, 2);
        assert_int_equal(g_array_index(host->cells[1].pages, QemuHostPages, 1).kib, 256);
        assert_int_equal(g_array_index(host->cells[1].pages, QemuHostPages, 1).n, 3);
        assert_int_equal(g_array_index(host->cells[1].pages, QemuHostPages, 0).n * (uint64_t) sysconf(_SC_PAGESIZE) /
                                         1024,
                         2000 - 3 * 256);
        assert_int_equal(host->caches->len, 2);
        assert_int_equal(g_array_index(host->caches, QemuHostCache, 1).kib, 8192);
        assert_string_equal(g_array_index(host->caches, QemuHostCache, 1).cpus, "4-7");
        assert_true(host->suspend_mem && host->suspend_disk && host->suspend_hybrid);
        assert_true(host->iommu);
}

/* One processor offline: no product of levels gives seven. */
static void test_irregular_machine(void **state)
{
        _cleanup_(qemu_host_freep) QemuHost *host = NULL;

        put_large_machine(*state);
        put(*state, "0-2,4-7\n", "sys/devices/system/cpu/online");
        assert_int_equal(qemu_host_read(*state, &host, NULL), 0);
        assert_int_equal(host->cpus, 7);
        assert_int_equal(host->sockets * host->dies * host->cores * host->threads, 7);
        assert_int_equal(host->cores, 7);
        assert_int_equal(host->cells[0].n_threads, 3);
}

/* Where the kernel tells next to nothing, and what it tells makes no sense. */
static void test_poor_machine(void **state)
{
        _cleanup_(qemu_host_freep) QemuHost *empty = NULL, *host = NULL, *again = NULL;

        assert_int_equal(qemu_host_read(*state, &empty, NULL), 0);
        assert_string_equal(empty->uuid, "");
        assert_null(empty->vendor);
        assert_int_equal(empty->n_cells, 1);
        assert_int_equal(empty->cores, 1);
        assert_false(empty->suspend_mem || empty->suspend_disk || empty->suspend_hybrid || empty->iommu);

        put(*state, "0,5-3,x,4294967295,1\n", "sys/devices/system/cpu/online");
        put_cpu(*state, 0, -1, -1, -1, "");
        put(*state, "MemTotal: 512 kB\n", "proc/meminfo");
        put(*state, "vendor_id : Mystery\n", "proc/cpuinfo.other");
        put(*state, "not a uuid\n", "sys/class/dmi/id/product_uuid");
        put(*state, "0123456789abcdef0123456789abcdef\n", "etc/machine-id");
        assert_int_equal(qemu_host_read(*state, &host, NULL), 0);
        assert_int_equal(host->cpus, 2);
        assert_int_equal(host->cells[0].memory_kib, 512);
        assert_true(g_uuid_string_is_valid(host->uuid));
        assert_null(strstr(host->uuid, "01234567"));
        assert_int_equal(qemu_host_read(*state, &again, NULL), 0);
        assert_string_equal(host->uuid, again->uuid);
}

static void test_firmwares(void **state)
{
        static const char good[] =
                "{\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"flash\",\"mode\":\"stateless\","
                "\"executable\":{\"filename\":\"/fw/code\",\"format\":\"raw\"}},"
                "\"targets\":[{\"architecture\":\"x86_64\",\"machines\":[\"pc-q35-*\",\"pc-i440fx-*\"]},"
                "{\"architecture\":\"i386\",\"machines\":[\"pc-*\"]}],\"features\":[\"acpi-s3\",\"secure-"
                "boot\"]}";
        _cleanup_(qemu_host_freep) QemuHost *host = NULL;
        const Firmware *firmware;

        put(*state, good, "usr/share/qemu/firmware/50-good.json");
        put(*state, good, "usr/share/qemu/firmware/40-hidden.json");
        put(*state, "", "etc/qemu/firmware/40-hidden.json");
        put(*state, "{\"mapping\":{\"device\":\"memory\",\"filename\":\"/fw/bios\"},\"targets\":[]}",
            "usr/share/qemu/firmware/60-memory.json");
        put(*state, "{", "usr/share/qemu/firmware/61-broken.json");
        put(*state, "[7]", "usr/share/qemu/firmware/62-array.json");
        put(*state, good, "usr/share/qemu/firmware/63-not-json.txt");
        assert_int_equal(qemu_host_read(*state, &host, NULL), 0);
        assert_int_equal(host->firmwares.n, 2);
        firmware = host->firmwares.items;
        assert_string_equal(firmware->executable, "/fw/code");
        assert_int_equal(firmware->features, FIRMWARE_UEFI | FIRMWARE_ACPI_S3 | FIRMWARE_SECURE_BOOT);
        assert_true(firmware_suits_machine(firmware, "x86_64", "pc-q35-7.2"));
        assert_true(firmware_suits_machine(firmware, "i686", "pc-i440fx-7.2"));
        assert_false(firmware_suits_machine(firmware, "x86_64", "microvm"));
        assert_false(firmware_suits_machine(firmware, "aarch64", "pc-q35-7.2"));
}

static void test_this_machine(void **state)
{
        _cleanup_(qemu_host_freep) QemuHost *host = NULL;
        size_t n = 0;

        assert_int_equal(qemu_host_read("/", &host, NULL), 0);
        assert_int_equal(host->cpus, sysconf(_SC_NPROCESSORS_ONLN));
        for (size_t i = 0; i < host->n_cells; i++)
                n += host->cells[i].n_threads;
        assert_int_equal(n, host->cpus);
        assert_true(host->cells[0].memory_kib > 0);
}

#define test_in_tree(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                test_in_tree(test_large_machine), test_in_tree(test_irregular_machine),
                test_in_tree(test_poor_machine),  test_in_tree(test_firmwares),
                cmocka_unit_test(test_this_machine),
        };

        return cmocka_run_group_tests_name("qemu_host", tests, NULL, NULL);
}
