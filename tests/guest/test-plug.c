/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices come to a running machine and leave it, and the system in it sees them come and go. */

#include "tests/guest/linux.h"

#include <string.h>

#define PORT(index) "<controller type='pci' index='" index "' model='pcie-root-port'/>"
#define PORTS                                                                                               \
        "<controller type='pci' index='0' model='pcie-root'/>"                                              \
        PORT("1") PORT("2") PORT("3") PORT("4") PORT("5") PORT("6")

typedef struct Wish {
        DomainEditKind kind;
        const char *xml;
        uint32_t flags;
} Wish;

/* What world_do() is to do next. */
static Wish wish;

static int do_edit(Domain *domain, Job *job, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(wish.kind, wish.flags);

        edit->text = g_strdup(wish.xml);
        return qemu_edit(domain, edit, job, error);
}

static int edit(World *world, Domain *domain, DomainEditKind kind, const char *xml, uint32_t flags)
{
        wish = (Wish) { .kind = kind, .xml = xml, .flags = flags };
        return world_do(world, domain, do_edit);
}

static void expect_edit(World *world, Domain *domain, DomainEditKind kind, const char *xml, uint32_t flags)
{
        if (edit(world, domain, kind, xml, flags) < 0)
                fail_msg("cannot change: %s", world->text);
}

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

/* Asks again and again until the guest says so, or the test fails after a long while. */
static void guest_expect(World *world, Line *line, const char *condition)
{
        uint64_t until = now_usec() + WORLD_PATIENCE_USEC;
        g_autofree char *command = g_strdup_printf("\n%s && echo i''s so\n", condition);

        while (!line_has(line, "is so\r")) {
                if (now_usec() > until)
                        fail_msg("in the guest it is not so that %s: %s", condition, line->text->str);
                line_send(line, command);
                for (unsigned i = 0; i < 10 && !line_has(line, "is so\r"); i++)
                        (void) world_run(world, 50 * USEC_PER_MSEC);
        }
        line_send(line, "echo t''hen\n");
        line_expect(line, "then\r");
        g_string_truncate(line->text, 0);
}

static void test_disk(World *world, Domain *domain, Line *line)
{
        g_autofree char *path = world_file(world, "more.img", 3 * 1024 * 1024);
        g_autofree char *xml = disk_xml(path, "vdb"), *missing = disk_xml("/nonexistent/disk.img", "vdc");
        uint32_t n = domain->live->disks.n;

        assert_true(edit(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, missing, DOMAIN_AFFECT_LIVE) < 0);
        if (!strstr(world->text, "/nonexistent"))
                fail_msg("another reason: %s", world->text);
        assert_int_equal(domain->live->disks.n, n);
        for (unsigned i = 0; i < 2; i++) {
                _cleanup_(domain_def_unrefp) DomainDef *config = NULL;

                world_forget(world);
                expect_edit(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
                assert_int_equal(world_count(world, "web:added virtio-disk1;"), 1);
                config = domain_get_config(domain);
                assert_int_equal(config->disks.n, n + 1);
                guest_expect(world, line, "grep -q 6144 /sys/block/vdb/size");
                guest_expect(world, line, "dd if=/dev/zero of=/dev/vdb bs=1M count=3 conv=fsync");
                expect_edit(world, domain, DOMAIN_EDIT_DETACH_DEVICE, xml, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
                world_expect(world, "web:removed virtio-disk1;");
                assert_int_equal(domain->live->disks.n, n);
                guest_expect(world, line, "test ! -e /sys/block/vdb");
        }
}

static void test_medium(World *world, Domain *domain, Line *line)
{
        g_autofree char *path = world_file(world, "other.iso", 4 * 1024 * 1024);
        g_autofree char *other = medium_xml(path), *empty = medium_xml(NULL),
                *missing = medium_xml("/nonexistent/x.iso");

        guest_expect(world, line, "dd if=/dev/sr0 bs=2k count=512 | wc -c | grep -q 1048576");
        world_forget(world);
        expect_edit(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:tray scsi0-0-0-0 0;web:tray scsi0-0-0-0 1;");
        assert_int_equal(world_count(world, "web:disk-change scsi0-0-0-0 0;"), 1);
        guest_expect(world, line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
        assert_true(edit(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, missing, DOMAIN_AFFECT_LIVE) < 0);
        guest_expect(world, line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
        expect_edit(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, empty, DOMAIN_AFFECT_LIVE);
        assert_null(domain->live->disks.items[1]->source.file);
        guest_expect(world, line, "! dd if=/dev/sr0 of=/dev/null bs=2k count=1");
        expect_edit(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE);
        guest_expect(world, line, "dd if=/dev/sr0 bs=2k | wc -c | grep -q 4194304");
}

static void test_interface(World *world, Domain *domain, Line *line)
{
        static const char xml[] = "<interface type='user'><mac address='52:54:00:00:00:07'/><model type='virtio'/>%s"
                                  "</interface>";
        g_autofree char *plain = g_strdup_printf(xml, ""), *down = g_strdup_printf(xml, "<link state='down'/>");

        expect_edit(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, plain, DOMAIN_AFFECT_LIVE);
        guest_expect(world, line, "grep -q 52:54:00:00:00:07 /sys/class/net/eth0/address");
        line_send(line, "ifconfig eth0 up\n");
        guest_expect(world, line, "grep -q 1 /sys/class/net/eth0/carrier");
        expect_edit(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, down, DOMAIN_AFFECT_LIVE);
        guest_expect(world, line, "grep -q 0 /sys/class/net/eth0/carrier");
        world_forget(world);
        expect_edit(world, domain, DOMAIN_EDIT_DETACH_DEVICE, down, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:removed net0;");
        guest_expect(world, line, "test ! -e /sys/class/net/eth0");
        /* and its back end is gone as well */
        expect_edit(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, plain, DOMAIN_AFFECT_LIVE);
}

static void test_plug(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *medium = world_file(world, "medium.iso", 1024 * 1024);
        g_autofree char *first = disk_xml(disk, "vda"), *drive = medium_xml(medium);
        g_autofree char *devices = g_strconcat(first, drive, PORTS, "<controller type='scsi' model='virtio-scsi'/>",
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
