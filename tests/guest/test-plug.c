/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices come to a running machine and leave it, and the system in it sees them come and go. */

#include "tests/guest/edit.h"

static char *disk_xml(const char *path, const char *target)
{
        return g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
                               "<target dev='%s' bus='virtio'/></disk>", path, target);
}

static char *medium_xml(const char *path)
{
        g_autofree char *source = path ? g_strdup_printf("<source file='%s'/>", path) : NULL;

        return g_strdup_printf("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>%s"
                               "<target dev='sda' bus='scsi'/><readonly/></disk>", strempty(source));
}

static void test_disk(World *world, Domain *domain, Line *line)
{
        g_autofree char *path = world_file(world, "more.img", 3 * 1024 * 1024);
        g_autofree char *xml = disk_xml(path, "vdb"), *missing = disk_xml("/nonexistent/disk.img", "vdc");
        uint32_t n = domain->live->disks.n;

        edit_refused(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, missing, DOMAIN_AFFECT_LIVE, "/nonexistent");
        assert_int_equal(domain->live->disks.n, n);
        for (unsigned i = 0; i < 2; i++) {
                _cleanup_(domain_def_unrefp) DomainDef *config = NULL;

                world_forget(world);
                edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
                assert_int_equal(world_count(world, "web:added virtio-disk1;"), 1);
                config = domain_get_config(domain);
                assert_int_equal(config->disks.n, n + 1);
                linux_expect(line, "grep -q 6144 /sys/block/vdb/size");
                linux_expect(line, "dd if=/dev/zero of=/dev/vdb bs=1M count=3 conv=fsync");
                edit_expect(world, domain, DOMAIN_EDIT_DETACH_DEVICE, xml, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
                world_expect(world, "web:removed virtio-disk1;");
                assert_int_equal(domain->live->disks.n, n);
                linux_expect(line, "test ! -e /sys/block/vdb");
        }
}

static void test_medium(World *world, Domain *domain, Line *line)
{
        g_autofree char *path = world_file(world, "other.iso", 4 * 1024 * 1024);
        g_autofree char *other = medium_xml(path), *empty = medium_xml(NULL),
                *missing = medium_xml("/nonexistent/x.iso");

        linux_expect(line, "dd if=/dev/sr0 bs=2k count=512 | wc -c | grep -q 1048576");
        world_forget(world);
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:tray scsi0-0-0-0 0;web:tray scsi0-0-0-0 1;");
        assert_int_equal(world_count(world, "web:disk-change scsi0-0-0-0 0;"), 1);
        linux_expect(line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, missing, DOMAIN_AFFECT_LIVE, "/nonexistent");
        linux_expect(line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, empty, DOMAIN_AFFECT_LIVE);
        assert_null(domain->live->disks.items[1]->source.file);
        linux_expect(line, "! dd if=/dev/sr0 of=/dev/null bs=2k count=1");
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE);
        linux_expect(line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
}

static void test_interface(World *world, Domain *domain, Line *line)
{
        static const char xml[] = "<interface type='user'><mac address='52:54:00:00:00:07'/><model type='virtio'/>%s"
                                  "</interface>";
        g_autofree char *plain = g_strdup_printf(xml, ""), *down = g_strdup_printf(xml, "<link state='down'/>");

        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, plain, DOMAIN_AFFECT_LIVE);
        linux_expect(line, "grep -q 52:54:00:00:00:07 /sys/class/net/eth0/address");
        line_send(line, "ifconfig eth0 up\n");
        linux_expect(line, "grep -q 1 /sys/class/net/eth0/carrier");
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, down, DOMAIN_AFFECT_LIVE);
        linux_expect(line, "grep -q 0 /sys/class/net/eth0/carrier");
        world_forget(world);
        edit_expect(world, domain, DOMAIN_EDIT_DETACH_DEVICE, down, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:removed net0;");
        linux_expect(line, "test ! -e /sys/class/net/eth0");
        /* and its back end is gone as well */
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, plain, DOMAIN_AFFECT_LIVE);
}

static void test_plug(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *medium = world_file(world, "medium.iso", 1024 * 1024);
        g_autofree char *first = disk_xml(disk, "vda"), *drive = medium_xml(medium);
        g_autofree char *devices = g_strconcat(first, drive, EDIT_PORTS,
                                               "<controller type='scsi' model='virtio-scsi'/>",
                                               NULL);
        g_autofree char *xml = linux_machine("web", NULL, devices, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        test_disk(world, domain, &line);
        test_medium(world, domain, &line);
        test_interface(world, domain, &line);
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_processes(world), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_plug, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
