/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices of all kinds come to one machine and leave it; whatever stood behind them goes with them. */

#include "tests/guest/edit.h"
#include "tests/guest/traces.h"

#include "drivers/model/domain_device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PCI(id) "cat /sys/bus/pci/devices/*/modalias | grep -q " id
#define USB(vendor) "cat /sys/bus/usb/devices/*/idVendor | grep -q " vendor
#define PORT(name) "cat /sys/class/virtio-ports/*/name | grep -qx " name

typedef struct Case {
        const char *xml; /* "@DIR@" is the world's directory, "@PID@" a number of its own */
        const char *alias;
        const char *condition; /* that is true in the guest while it is there; NULL: its driver is not there */
        const char *program;   /* that it needs; NULL: none */
        bool with_program;     /* which runs beside QEMU meanwhile */
} Case;

static const Case cases[] = {
        { "<filesystem type='mount'><driver type='virtiofs'/><source dir='@DIR@/shared'/><target dir='served'/>"
          "</filesystem>",
          "fs0", PCI("v00001AF4d0000105A"), "/usr/lib/qemu/virtiofsd", true },
        { "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", "rng0",
          "grep -q virtio /sys/class/misc/hw_random/rng_available", NULL, false },
        { "<rng model='virtio'><backend model='builtin'/></rng>", "rng0",
          "grep -q virtio /sys/class/misc/hw_random/rng_available", NULL, false },
        { "<channel type='unix'><target type='virtio' name='org.virtbus.new.0'/></channel>", "channel0",
          PORT("org.virtbus.new.0"), NULL, false },
        { "<channel type='file'><source path='@DIR@/output' append='on'/><log file='@DIR@/logged' append='on'/>"
          "<target type='virtio' name='org.virtbus.new.1'/></channel>",
          "channel0", PORT("org.virtbus.new.1"), NULL, false },
        { "<channel type='tcp'><source mode='bind' host='127.0.0.1' service='17777'/><protocol type='raw'/>"
          "<target type='virtio' name='org.virtbus.new.2'/></channel>",
          "channel0", PORT("org.virtbus.new.2"), NULL, false },
        { "<channel type='udp'><source mode='connect' host='127.0.0.1' service='17778'/>"
          "<target type='virtio' name='org.virtbus.new.3'/></channel>",
          "channel0", PORT("org.virtbus.new.3"), NULL, false },
        { "<console type='pty'><target type='virtio'/></console>", "console0", "test -e /dev/hvc0", NULL, false },
        { "<serial type='pty'><target type='usb-serial'/></serial>", "serial1", NULL, NULL, false },
        { "<input type='tablet' bus='usb'/>", "input2", USB("0627"), NULL, false },
        { "<input type='keyboard' bus='virtio'/>", "input2", PCI("v00001AF4d00001052"), NULL, false },
        { "<redirdev bus='usb' type='tcp'><source mode='bind' host='127.0.0.1' service='17779'/></redirdev>", "redir0",
          NULL, NULL, false },
        { "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='@DIR@/image'/>"
          "<target dev='sdx' bus='usb'/></disk>",
          "usb-disk23", USB("46f4"), NULL, false },
        { "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='@DIR@/overlay'/>"
          "<iotune><total_iops_sec>100</total_iops_sec></iotune><target dev='vdx' bus='virtio'/></disk>",
          "virtio-disk23", "grep -q 6144 /sys/block/vda/size", NULL, false },
        { "<controller type='scsi' index='3' model='virtio-scsi'/>", "scsi3", PCI("v00001AF4d00001048"), NULL, false },
};

/* Where all slots are of the old kind. */
static const Case conventional[] = {
        { "<watchdog model='i6300esb' action='poweroff'/>", "watchdog0", PCI("v00008086d000025AB"), NULL, false },
        { "<serial type='pty'><target type='pci-serial'/></serial>", "serial1", PCI("v00001B36d00000002"),
          NULL, false },
        { "<shmem name='virtbus-plug-@PID@'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>", "shmem0",
          PCI("v00001AF4d00001110"), NULL, false },
};

/* What QEMU need not be asked for. */
static const struct Refused {
        const char *xml, *words;
} refused[] = {
        { "<serial type='pty'><target type='pci-serial'/></serial>", "model='pcie-to-pci-bridge'" },
        { "<watchdog model='i6300esb' action='reset'/>", "model='pcie-to-pci-bridge'" },
        { "<controller type='pci' model='pcie-root-port'/>", "takes no devices while the machine runs" },
        { "<rng model='virtio'><backend model='builtin'/>"
          "<address type='pci' domain='0' bus='0' slot='9' function='0'/></rng>",
          "PCI bus 0 ('pcie-root') takes no devices" },
        { "<disk type='file' device='disk'><source file='@DIR@/image'/><target dev='sda' bus='sata'/></disk>",
          "disk bus 'sata' cannot be hotplugged." },
        { "<tpm model='tpm-crb'><backend type='emulator'/></tpm>", "live attach of device 'tpm' is not supported" },
        { "<interface type='user'><model type='virtio'/><backend type='passt'/></interface>", "passt" },
        { "<sound model='ich9'/>", "live attach of device 'sound' is not supported" },
        { "<video><model type='vga'/></video>", "live attach of device 'video' is not supported" },
        { "<graphics type='vnc'/>", "live attach of device 'graphics' is not supported" },
        { "<memballoon model='virtio'/>", "domain already has a memballoon device" },
};

static char *fill(const World *world, const char *xml)
{
        g_auto(GStrv) parts = g_strsplit(xml, "@DIR@", -1);
        g_autofree char *half = g_strjoinv(world->dir, parts), *pid = g_strdup_printf("%d", (int) getpid());
        g_auto(GStrv) others = g_strsplit(half, "@PID@", -1);

        return g_strjoinv(pid, others);
}

static void try_case(World *world, Domain *domain, Line *line, const Case *c)
{
        g_autofree char *xml = fill(world, c->xml), *before = traces_of(world, domain), *during = NULL;
        g_autofree char *added = g_strdup_printf("web:added %s;", c->alias);
        g_autofree char *removed = g_strdup_printf("web:removed %s;", c->alias);

        if (c->program && access(c->program, X_OK) < 0) {
                print_message("skipped: there is no %s\n", c->program);
                return;
        }
        world_forget(world);
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE);
        if (world_count(world, added) != 1)
                fail_msg("%s: it came as another one: %s", xml, world->record->str);
        if (c->condition)
                linux_expect(line, c->condition);
        during = traces_of(world, domain);
        assert_string_not_equal(during, before);
        if ((strstr(during, "program: ") != NULL) != c->with_program)
                fail_msg("%s: other programs than it needs: %s", xml, during);
        edit_expect(world, domain, DOMAIN_EDIT_DETACH_ALIAS, c->alias, DOMAIN_AFFECT_LIVE);
        world_expect(world, removed);
        traces_expect(world, domain, before, xml);
}

static void try_refused(World *world, Domain *domain, const struct Refused *r)
{
        g_autofree char *xml = fill(world, r->xml), *before = traces_of(world, domain);

        edit_refused(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE, r->words);
        traces_expect(world, domain, before, xml);
}

/* The daemon is away when the guest lets go of one, and knows the others when it is back. */
static void test_restart(void **state)
{
        World *world = *state;
        _unused_ g_autofree char *image = world_file(world, "image", 2 * 1024 * 1024);
        g_autofree char *disk = fill(world, "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                            "<source file='@DIR@/image'/><target dev='vdx' bus='virtio'/></disk>");
        g_autofree char *xml = linux_machine("web", NULL, EDIT_PORTS, NULL), *before = NULL;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        before = traces_of(world, domain);
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, disk, DOMAIN_AFFECT_LIVE);
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, "<rng model='virtio'><backend model='builtin'/></rng>",
                    DOMAIN_AFFECT_LIVE);
        linux_expect(&line, "test -e /sys/block/vda");
        linux_expect(&line, "grep -q virtio /sys/class/misc/hw_random/rng_available");
        g_free(traces_ask(world, domain, "device_del", qmp_object("s:id", "rng0", NULL)));
        line_close(&line);
        world_close(world);
        sleep(8);

        world_open(world);
        domain = world_find(world, "web");
        world_wait(world, domain->live->rngs.n == 0);
        assert_int_equal(domain->live->disks.n, 1);
        world_forget(world);
        edit_expect(world, domain, DOMAIN_EDIT_DETACH_DEVICE, disk, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:removed virtio-disk23;");
        traces_expect(world, domain, before, disk);
}

static void test_all(void **state)
{
        World *world = *state;
        _unused_ g_autofree char *image = world_file(world, "image", 2 * 1024 * 1024);
        g_autofree char *shared = g_build_filename(world->dir, "shared", NULL);
        g_autofree char *devices = g_strconcat(EDIT_PORTS, "<controller type='usb' model='qemu-xhci' ports='8'/>"
                                               "<controller type='virtio-serial' index='0'/>", NULL);
        g_autofree char *xml = linux_machine("web", NULL, devices,
                                             "<memoryBacking><source type='memfd'/><access mode='shared'/>"
                                             "</memoryBacking>");
        g_autofree char *overlay = g_strdup_printf("qemu-img create -q -f qcow2 '%s/overlay' 3M", world->dir);
        Line line;
        Domain *domain;

        assert_int_equal(mkdir(shared, 0777), 0);
        assert_int_equal(system(overlay), 0);
        domain = linux_boot(world, xml, &line);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                try_refused(world, domain, refused + i);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                try_case(world, domain, &line, cases + i);
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_processes(world), 0);
}

static void test_conventional(void **state)
{
        World *world = *state;
        g_autofree char *modern = linux_machine("web", NULL, NULL, NULL), *xml = NULL;
        g_auto(GStrv) parts = g_strsplit(modern, "machine='q35'", 2);
        g_autofree char *shm = fill(world, "/dev/shm/virtbus-plug-@PID@");
        Line line;
        Domain *domain;

        xml = g_strjoinv("machine='pc'", parts);
        domain = linux_boot(world, xml, &line);
        for (size_t i = 0; i < ELEMENTSOF(conventional); i++)
                try_case(world, domain, &line, conventional + i);
        /* whoever shares it may go on doing so */
        assert_int_equal(unlink(shm), 0);
        line_close(&line);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_all, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_restart, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_conventional, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
