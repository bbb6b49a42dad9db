/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices of all kinds come to one machine and leave it; whatever stood behind them goes with them. */

#include "tests/certificates.h"
#include "tests/guest/edit.h"
#include "tests/guest/fault.h"
#include "tests/guest/keys.h"
#include "tests/guest/traces.h"

#include "drivers/model/domain_device.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PCI(id) "cat /sys/bus/pci/devices/*/modalias | grep -q " id
#define USB(vendor) "cat /sys/bus/usb/devices/*/idVendor | grep -q " vendor
#define PORT(name) "cat /sys/class/virtio-ports/*/name | grep -qx " name

#define SECRET_UUID "11111111-2222-4333-8444-555555555555"
#define PASSPHRASE "correct horse"

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
        { "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='@DIR@/crypt'>"
          "<encryption format='luks'><secret type='passphrase' uuid='" SECRET_UUID "'/></encryption></source>"
          "<target dev='vdx' bus='virtio'/></disk>",
          "virtio-disk23", "grep -q 4096 /sys/block/vda/size", NULL, false },
        { "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
          "<source protocol='nbd' name='x' tls='yes' tlsHostname='disks.example'>"
          "<host name='127.0.0.1' port='17775'/></source><target dev='vdx' bus='virtio'/></disk>",
          "virtio-disk23", "grep -q 4096 /sys/block/vda/size", "/usr/bin/certtool", false },
        { "<interface type='ethernet'><mac address='52:54:00:00:00:21'/><model type='virtio'/></interface>", "net0",
          "grep -q 52:54:00:00:00:21 /sys/class/net/eth0/address", NULL, false },
        { "<interface type='user'><mac address='52:54:00:00:00:22'/><model type='virtio'/></interface>", "net0",
          "grep -q 52:54:00:00:00:22 /sys/class/net/eth0/address", NULL, false },
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
        { "<sound model='ich9'/>", "live attach of device 'sound' is not supported" },
        { "<video><model type='vga'/></video>", "live attach of device 'video' is not supported" },
        { "<graphics type='vnc'/>", "live attach of device 'graphics' is not supported" },
        { "<memballoon model='virtio'/>", "domain already has a memballoon device" },
};

/* What QEMU or the host finds out. */
static const struct Refused failing[] = {
        { "<channel type='tcp'><source mode='bind' host='127.0.0.1' service='17776'/><protocol type='raw'/>"
          "<log file='@DIR@/logged' append='on'/><target type='virtio' name='org.virtbus.new.4'/></channel>",
          "Address already in use" },
        { "<redirdev bus='usb' type='tcp'><source mode='bind' host='127.0.0.1' service='17776'/></redirdev>",
          "Address already in use" },
        { "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='@DIR@/held'/>"
          "<target dev='vdx' bus='virtio'/></disk>",
          "lock" },
        { "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='@DIR@/image'/>"
          "<target dev='vdx' bus='virtio'/></disk>",
          "qcow2" },
        { "<interface type='bridge'><source bridge='nonexistent0'/><model type='virtio'/></interface>",
          "nonexistent0" },
};

static char *fill(const World *world, const char *xml)
{
        g_auto(GStrv) parts = g_strsplit(xml, "@DIR@", -1);
        g_autofree char *half = g_strjoinv(world->dir, parts), *pid = g_strdup_printf("%d", (int) getpid());
        g_auto(GStrv) others = g_strsplit(half, "@PID@", -1);

        return g_strjoinv(pid, others);
}

/* Attaches it at last. Whichever of the commands QEMU refuses before: all is as it was. */
static void try_faults(World *world, Domain *domain, const Case *c, const char *xml, const char *before)
{
        for (unsigned at = 0;; at++) {
                g_autofree char *what = NULL;
                int r;

                world_forget(world);
                fault_arm(at, c == cases);
                r = edit_device(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE);
                if (!fault_disarm()) {
                        if (r < 0)
                                fail_msg("%s: cannot attach: %s", xml, world->text);
                        return;
                }
                what = g_strdup_printf("%s without '%s'", xml, fault_name());
                if (r >= 0)
                        edit_expect(world, domain, DOMAIN_EDIT_DETACH_ALIAS, c->alias, DOMAIN_AFFECT_LIVE);
                traces_expect(world, domain, before, what);
        }
}

static void try_case(World *world, Domain *domain, Line *line, const Case *c)
{
        g_autofree char *xml = fill(world, c->xml), *before = traces_of(world, domain), *during = NULL;
        g_autofree char *added = g_strdup_printf("web:added %s;", c->alias);
        g_autofree char *removed = g_strdup_printf("web:removed %s;", c->alias);
        unsigned descriptors = traces_descriptors();

        if (c->program && access(c->program, X_OK) < 0) {
                print_message("skipped: there is no %s\n", c->program);
                return;
        }
        try_faults(world, domain, c, xml, before);
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
        world_wait(world, traces_descriptors() <= descriptors);
}

static void try_refused(World *world, Domain *domain, const struct Refused *r)
{
        g_autofree char *xml = fill(world, r->xml), *before = traces_of(world, domain);

        edit_refused(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE, r->words);
        traces_expect(world, domain, before, xml);
}

/* A port and an image are another one's. */
static void try_failing(World *world, Domain *domain)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(17776), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_autofree char *held = g_strdup_printf("qemu-img create -q -f qcow2 '%s/held' 3M", world->dir);
        g_autofree char *path = g_build_filename(world->dir, "held", NULL);
        _cleanup_close_ int image = -EBADF;
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

        assert_int_equal(system(held), 0);
        image = open(path, O_RDWR | O_CLOEXEC);
        assert_true(image >= 0 && fcntl(image, F_OFD_SETLK, &lock) == 0);
        assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);
        for (size_t i = 0; i < ELEMENTSOF(failing); i++)
                try_refused(world, domain, failing + i);
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

/* What the cases need of the host. The server ends with the test, as everything in its room does. */
static void prepare_host(World *world)
{
        g_autofree char *shared = g_build_filename(world->dir, "shared", NULL);
        g_autofree char *commands = g_strdup_printf(
                        "cd '%s' && truncate -s 2M remote && qemu-img create -q -f qcow2 overlay 3M &&"
                        "qemu-img create -q -f luks --object 'secret,id=s,data=" PASSPHRASE "'"
                        "        -o key-secret=s,iter-time=10 crypt 2M", world->dir);
        g_autofree char *server = g_strdup_printf(
                        "cd '%s' && qemu-nbd --fork -t -f raw -x x -b 127.0.0.1 -p 17775"
                        "  --object tls-creds-x509,id=t,endpoint=server,dir=.,verify-peer=on --tls-creds t remote",
                        world->dir);

        assert_int_equal(mkdir(shared, 0777), 0);
        assert_int_equal(system(commands), 0);
        if (certificates_make(world->dir))
                assert_int_equal(system(server), 0);
        world_close(world);
        world_set(world, "tls-dir", world->dir);
        world_open(world);
        keys_add(world, SECRET_UUID, "", PASSPHRASE);
}

static void test_all(void **state)
{
        World *world = *state;
        _unused_ g_autofree char *image = world_file(world, "image", 2 * 1024 * 1024);
        g_autofree char *devices = g_strconcat(EDIT_PORTS, "<controller type='usb' model='qemu-xhci' ports='8'/>"
                                               "<controller type='virtio-serial' index='0'/>", NULL);
        g_autofree char *xml = linux_machine("web", NULL, devices,
                                             "<memoryBacking><source type='memfd'/><access mode='shared'/>"
                                             "</memoryBacking>");
        Line line;
        Domain *domain;

        prepare_host(world);
        domain = linux_boot(world, xml, &line);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                try_refused(world, domain, refused + i);
        try_failing(world, domain);
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
