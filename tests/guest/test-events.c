/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a machine tells of its devices while it runs. */

#include "tests/guest/linux.h"

#include "drivers/qemu/qemu_request.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int set_threshold(Domain *domain, Job *job, Error *error)
{
        return qemu_set_threshold(domain, "vda", 1024 * 1024, job, error);
}

static int set_unknown_threshold(Domain *domain, Job *job, Error *error)
{
        return qemu_set_threshold(domain, "vdz", 1024 * 1024, job, error);
}

static int wake_up(Domain *domain, Job *job, Error *error)
{
        return qemu_guest_ops.wakeup(domain, job, error);
}

static void use_display(World *world, const Domain *domain)
{
        const DomainGraphics *graphics = domain->live->graphics.items[0];
        const struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_port = htons((uint16_t) graphics->port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        world_expect(world, "web:graphics 0 127.0.0.1;");
        close(fd);
        world_expect(world, "web:graphics 2 127.0.0.1;");
}

static void test_devices(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 8 * 1024 * 1024);
        g_autofree char *medium = world_file(world, "medium.iso", 1024 * 1024);
        g_autofree char *missing = g_build_filename(world->dir, "missing.iso", NULL);
        g_autofree char *devices = g_strdup_printf(
                "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                "<source file='%s'/><target dev='vda' bus='virtio'/></disk>"
                "<disk type='file' device='cdrom'><source file='%s'/><target dev='sda' bus='sata'/></disk>"
                "<disk type='file' device='cdrom'><source file='%s' startupPolicy='optional'/>"
                "<target dev='sdb' bus='sata'/></disk>"
                "<interface type='user'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>"
                "<graphics type='vnc' port='-1' listen='127.0.0.1'/><video><model type='vga'/></video>",
                disk, medium, missing);
        g_autofree char *xml = linux_machine("web", NULL, devices, NULL);
        Domain *domain = linux_start(world, xml);
        Line line;

        assert_int_equal(world_count(world, "web:disk-change sata0-0-1 0;"), 1);
        assert_null(domain->live->disks.items[2]->source.file);
        line_open(&line, world, domain, NULL);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(&line, LINUX_BANNER);
        line_send(&line, "\necho rea''dy\n");
        line_expect(&line, "ready\r");

        use_display(world, domain);
        assert_true(world_do(world, domain, set_unknown_threshold) < 0);
        assert_int_equal(world_do(world, domain, set_threshold), 0);
        line_send(&line, "dd if=/dev/zero of=/dev/vda bs=1M count=4 conv=fsync\n");
        world_expect(world, "web:threshold vda 1048576;");
        line_send(&line, "ifconfig eth0 down; ifconfig eth0 hw ether 52:54:00:65:43:21; ifconfig eth0 up\n");
        world_expect(world, "web:mac net0 52:54:00:65:43:21;");
        line_close(&line);
}

/* A guest sleeps, and is woken. */
static void test_sleep(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", NULL, NULL, NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        line_send(&line, "grep -q mem /sys/power/state && echo can sl''eep || echo can not sl''eep\n");
        world_wait(world, line_has(&line, "can sleep") || line_has(&line, "can not sleep"));
        if (line_has(&line, "can not sleep")) {
                print_message("skipped: the guest's kernel cannot sleep\n");
                line_close(&line);
                skip();
        }
        line_send(&line, "echo mem >/sys/power/state; echo aw''ake\n");
        world_expect(world, "web:pm-suspend;");
        world_expect(world, "web:event pmsuspended");
        assert_int_equal(domain->state, DOMAIN_PMSUSPENDED);
        assert_true(world_do(world, domain, qemu_resume) < 0);
        assert_int_equal(world_do(world, domain, wake_up), 0);
        world_expect(world, "web:pm-wakeup;");
        line_expect(&line, "awake");
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        line_close(&line);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_devices, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_sleep, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
