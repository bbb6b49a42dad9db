/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest sees of the devices that its definition names, and what people see of them on the host. */

#include "drivers/qemu/qemu_request.h"
#include "tests/certificates.h"
#include "tests/guest/linux.h"
#include "tests/guest/rfb.h"
#include "tests/guest/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <linux/vm_sockets.h>

#define PASSWORD "sesame42"

/* Commands and what is expected of their output; '' keeps the echo of a command from being taken for its answer. */
static const struct {
        const char *command, *answer;
} sights[] = {
                {"echo cpus $(grep -c ^processor /proc/cpuinfo) of $(cat /sys/devices/system/cpu/possible)",
                 "cpus 2 of 0-3\r"},
                {"echo nodes $(cat /sys/devices/system/node/online)", "nodes 0-1\r"},
                {"echo random $(dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c)", "random 16\r"},
                {"echo $(cat /sys/class/dmi/id/product_name) $(cat /sys/class/dmi/id/chassis_asset_tag)",
                 "Teapot 3000 shelf 7\r"},
                {"echo uuid $(cat /sys/class/dmi/id/product_uuid)", "uuid 7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a0032\r"},
                {"echo ports $(cat /sys/class/virtio-ports/*/name)", "ports org.example.first org.example.second\r"},
                {"echo index $(cat /sys/bus/pci/devices/*/acpi_index)", "index 7\r"},
                {"echo memory $(grep -l 15 /sys/bus/acpi/devices/PNP0C80*/status | wc -l)", "memory 1\r"},
                {"echo nvdimm $(ls -d /sys/bus/acpi/devices/ACPI0012* | wc -l)", "nvdimm 1\r"},
};

static const char *const devices =
        "<interface type='user'><mac address='52:54:00:0a:0b:41'/><model type='virtio'/><acpi index='7'/></interface>"
        "<serial type='pty'><target type='isa-serial' port='1'/></serial>"
        "<channel type='unix'><target type='virtio' name='org.example.first'/></channel>"
        "<channel type='pty'><target type='virtio' name='org.example.second'/></channel>"
        "<graphics type='vnc' port='-1' passwd='" PASSWORD "'/>"
        "<graphics type='dbus' p2p='yes'/>"
        "<graphics type='spice' autoport='yes' passwd='" PASSWORD "'/>"
        "<video><model type='vga'/></video>"
        "<watchdog model='i6300esb' action='pause'/>"
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
        "<memory model='dimm'><target><size unit='MiB'>128</size><node>1</node></target></memory>";

static const char *const more =
        "<cpu><topology sockets='1' dies='1' cores='4' threads='1'/><numa>"
        "<cell id='0' cpus='0-1' memory='160' unit='MiB'/><cell id='1' cpus='2-3' memory='96' unit='MiB'/></numa></cpu>"
        "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='yes' hotpluggable='yes' order='1'/>"
        "<vcpu id='2' enabled='no' hotpluggable='yes'/><vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>"
        "<maxMemory slots='4' unit='MiB'>2048</maxMemory><hwuuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a0032</hwuuid>"
        "<sysinfo type='smbios'><system><entry name='product'>Teapot 3000</entry></system>"
        "<chassis><entry name='asset'>shelf 7</entry></chassis></sysinfo>";

static char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, 2);

        assert_non_null(parts[1]);
        return g_strjoinv(to, parts);
}

static char *machine(const World *world)
{
        g_autofree char *nvdimm = g_strdup_printf(
                "%s<memory model='nvdimm' access='shared'><source><path>%s/nvdimm</path></source>"
                "<target><size unit='MiB'>128</size><node>0</node></target></memory>", devices, world->dir);
        g_autofree char *plain = linux_machine("web", "", nvdimm, more);
        g_autofree char *vcpus = replace(plain, "<vcpu>1</vcpu>", "<vcpu current='2'>4</vcpu>");

        return replace(vcpus, "<kernel>", "<smbios mode='sysinfo'/><kernel>");
}

static void check_sights(Line *line)
{
        for (size_t i = 0; i < ELEMENTSOF(sights); i++) {
                g_autofree char *command = g_strdup_printf("%s\n", sights[i].command);

                line_send(line, command);
                line_expect(line, sights[i].answer);
        }
}

/* The second line and the channels are lines of their own. */
static void check_lines(World *world, Domain *domain, Line *console)
{
        Line second = { .world = world, .text = g_string_new(NULL) }, channel;

        assert_int_equal(world_open_device(world, domain, false, "serial1", 0), 0);
        second.fd = TAKE_FD(world->result_fd);
        line_open(&channel, world, domain, "org.example.first");
        line_send(console, "echo over the second line > /dev/ttyS1\n"
                           "for p in /sys/class/virtio-ports/*; do grep -q first $p/name && echo over the channel > "
                           "/dev/${p##*/}; done\n");
        line_expect(&second, "over the second line");
        line_expect(&channel, "over the channel");
        assert_null(strstr(second.text->str, "channel"));
        line_close(&channel);
        line_close(&second);
}

static int32_t display_port(const Domain *domain, uint32_t i)
{
        return def_get(domain->live->graphics.items[i], port, 0);
}

static void check_vnc(const Domain *domain)
{
        uint16_t port = (uint16_t) display_port(domain, 0), width = 0, height = 0;

        assert_in_range(port, 5900, 65535);
        assert_false(rfb_open(port, NULL, "wrong", &width, &height));
        assert_true(rfb_open(port, NULL, PASSWORD, &width, &height));
        assert_in_range(width, 320, 4096);
        assert_in_range(height, 200, 4096);
}

/* SPICE's door: its magic, the release of its protocol, no error, and a key to encrypt the password by
 * (spice/protocol.h). */
static void check_spice(int32_t port, const char *certificates)
{
        const struct {
                uint32_t magic, major, minor, size, connection;
                uint8_t channel, id;
                uint32_t n_common, n_channel, offset;
        } __attribute__((packed)) hello = {
                GUINT32_TO_LE(0x51444552), GUINT32_TO_LE(2), GUINT32_TO_LE(2), GUINT32_TO_LE(18), 0, 1, 0, 0, 0,
                GUINT32_TO_LE(18),
        };
        uint32_t answer[5] = {};
        Wire wire;

        assert_in_range(port, 5900, 65535);
        wire_open(&wire, (uint16_t) port);
        if (certificates)
                wire_encrypt(&wire, certificates);
        wire_send(&wire, &hello, sizeof(hello));
        wire_read(&wire, answer, sizeof(answer));
        wire_close(&wire);
        assert_int_equal(GUINT32_FROM_LE(answer[0]), 0x51444552);
        assert_int_equal(GUINT32_FROM_LE(answer[4]), 0);
}

static int open_second(Domain *domain, Job *job, Error *error)
{
        World *world = qemu_driver_of(domain)->host->userdata;
        int fds[2], r;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        r = qemu_machine_ops.open_graphics(domain, 1, fds[0], 0, job, error);
        safe_close(fds[0]);
        world->result_fd = fds[1];
        return r;
}

/* A client is handed to QEMU, which speaks D-Bus with it: who does not say who he is is told how he may. */
static void check_dbus(World *world, Domain *domain)
{
        static const char hello[] = "\0AUTH\r\n";
        char answer[9] = "";

        assert_int_equal(world_do(world, domain, open_second), 0);
        assert_int_equal(write_all(world->result_fd, hello, sizeof(hello) - 1), 0);
        assert_int_equal(recv(world->result_fd, answer, 8, MSG_WAITALL), 8);
        assert_string_equal(answer, "REJECTED");
        world->result_fd = safe_close(world->result_fd);
}

/* Nobody feeds it: the machine stops, and says why. */
static void check_watchdog(World *world, Domain *domain, Line *line)
{
        world_forget(world);
        line_send(line, "watchdog -T 1 -t 60 /dev/watchdog && echo feed''ing\n");
        line_expect(line, "feeding");
        world_expect(world, "web:event suspended watchdog;");
        assert_int_equal(world_count(world, "web:watchdog 1;"), 1);
        assert_int_equal(domain->state, DOMAIN_PAUSED);
        assert_int_equal(domain->reason, DOMAIN_PAUSED_WATCHDOG);
}

/* QEMU's user could open it, and nobody else can any more. */
static void check_given_back(World *world)
{
        g_autofree char *path = g_build_filename(world->dir, "nvdimm", NULL);
        struct stat st;

        world_wait(world, getxattr(path, "system.posix_acl_access", NULL, 0) < 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, 128 * 1024 * 1024);
        assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_devices(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine(world);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        check_sights(&line);
        check_lines(world, domain, &line);
        check_vnc(domain);
        check_spice(display_port(domain, 2), NULL);
        check_dbus(world, domain);
        check_watchdog(world, domain, &line);
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        check_given_back(world);
}

/* Displays are encrypted by the certificates that the configuration names, and passwords are asked for behind that. */
static void test_encrypted_displays(void **state)
{
        World *world = *state;
        g_autofree char *xml = NULL;
        uint16_t width = 0, height = 0, port;
        const DomainGraphics *spice;
        Domain *domain;

        if (!certificates_make(world->dir)) {
                print_message("there are no certificates without certtool\n");
                skip();
        }
        world_close(world);
        world_set(world, "vnc-tls-dir", world->dir);
        world_set(world, "spice-tls-dir", world->dir);
        world_open(world);
        xml = world_machine("web",
                            "<graphics type='vnc' port='-1' passwd='" PASSWORD "'/>"
                            "<graphics type='spice' autoport='yes' passwd='" PASSWORD "'/>",
                            NULL);
        domain = linux_start(world, xml);
        port = (uint16_t) display_port(domain, 0);
        assert_false(rfb_open(port, world->dir, "wrong", &width, &height));
        assert_true(rfb_open(port, world->dir, PASSWORD, &width, &height));
        assert_in_range(width, 1, 4096);
        assert_in_range(height, 1, 4096);
        spice = domain->live->graphics.items[1];
        check_spice(display_port(domain, 1), NULL);
        check_spice(def_get(spice, tls_port, 0), world->dir);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
}

/* The host reaches the guest by its number: nobody listens there, and only the guest can say so. */
static void test_vsock(void **state)
{
        World *world = *state;
        const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = 4711, .svm_port = 9 };
        _cleanup_close_ int fd = -EBADF;
        g_autofree char *xml = NULL;
        Line line;

        if (access("/dev/vhost-vsock", R_OK | W_OK) < 0) {
                print_message("this host has no /dev/vhost-vsock: %s\n", g_strerror(errno));
                skip();
        }
        xml = linux_machine("web", "", "<vsock model='virtio'><cid auto='no' address='4711'/></vsock>", NULL);
        (void) linux_boot(world, xml, &line);
        fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (const struct sockaddr *) &address, sizeof(address)), -1);
        assert_int_equal(errno, ECONNRESET);
        line_close(&line);
}

/* A host without the device says so, with the place in the definition, and nothing stays behind. */
static void test_missing_devices(void **state)
{
        static const struct {
                const char *devices, *place;
        } cases[] = {
                        {"<hostdev mode='subsystem' type='pci' managed='yes'><source>"
                         "<address domain='0x0000' bus='0xfe' slot='0x1f' function='0x7'/></source></hostdev>",
                         "/domain/devices/hostdev[1]: the host has no device"},
                        {"<hostdev mode='subsystem' type='usb'><source><vendor id='0xdead'/><product "
                         "id='0xbeef'/></source></hostdev>",
                         "/domain/devices/hostdev[1]: the host has no such USB device"},
                        {"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
                         "<address uuid='4b20d080-1b54-4048-85b3-a6a62d165c01'/></source></hostdev>",
                         "/domain/devices/hostdev[1]: the host has no device"},
                        {"<lease><lockspace>s</lockspace><key>k</key><target path='/x'/></lease>",
                         "/domain/devices/lease[1]: "},
        };
        World *world = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = linux_machine("web", "", cases[i].devices, NULL);
                Domain *domain = world_define(world, xml);

                assert_true(world_start(world, domain, 0) < 0);
                assert_int_equal(world->code, ERROR_CONFIG_UNSUPPORTED);
                assert_non_null(strstr(world->text, cases[i].place));
                assert_int_equal(domain->state, DOMAIN_SHUTOFF);
                assert_int_equal(world_do_flags(world, domain, qemu_undefine, 0), 0);
        }
        assert_int_equal(world_processes(world), 0);
}

/*
 * A device of the host is lent and comes back: in a guest with an IOMMU, as a machine that runs tests has none. There
 * the same code runs that the driver runs; a controller of disks is read meanwhile as QEMU reads it.
 */
static void test_lent_device(void **state)
{
        World *world = *state;
        const char *program = getenv("VIRTBUS_HOSTDEV_PROBE"), *packer = getenv("VIRTBUS_PACK_PROGRAM");
        g_autofree char *initramfs = g_build_filename(strempty(getenv("VIRTBUS_TEST_GUEST")), "initramfs.gz", NULL);
        g_autofree char *packed = g_build_filename(world->dir, "initramfs.gz", NULL);
        const char *const argv[] = { packer, initramfs, packed, program, "/usr/bin/qemu-img", NULL };
        g_autofree char *image = world_file(world, "namespace", 4 * 1024 * 1024), *cards = g_strdup_printf(
                "<interface type='user'><mac address='52:54:00:0a:0b:42'/>"
                "<model type='virtio-non-transitional'/><driver iommu='on'/>"
                "<address type='pci' domain='0' bus='0' slot='2' function='0'/></interface>"
                "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
                "<target dev='nvme0n1' bus='nvme'/></disk><controller type='nvme' index='0'><serial>1</serial>"
                "<address type='pci' domain='0' bus='0' slot='3' function='0'/></controller>"
                "<iommu model='intel'><driver intremap='on'/></iommu>", image);
        g_autofree char *plain =
                        linux_machine("web", "intel_iommu=on", cards, NULL);
        g_autofree char *larger = replace(plain, "'MiB'>256<", "'MiB'>768<"), *xml = NULL;
        int status = -1;
        Line line;

        assert_non_null(program);
        assert_non_null(packer);
        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, NULL));
        assert_int_equal(status, 0);
        xml = replace(larger, initramfs, packed);
        (void) linux_boot(world, xml, &line);
        line_send(&line, "ASAN_OPTIONS=detect_leaks=0 /$(ls / | grep hostdev-probe) 0000:00:02.0 0000:00:03.0\n");
        line_expect(&line, "hostdev-probe: ");
        line_expect(&line, "a device was lent and came back\r");
        /* what QEMU's own driver of NVMe controllers sees as the machine's user */
        assert_true(line_has(&line, "virtual size: 4 MiB"));
        line_close(&line);
}

static int setup_group(void **state)
{
        world_require_qemu();
        linux_require();
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_devices, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_encrypted_displays, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_vsock, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_missing_devices, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_lent_device, world_setup, world_teardown),
        };

        return cmocka_run_group_tests(tests, setup_group, NULL);
}
