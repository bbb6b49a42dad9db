/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disks as guests have them: firmware boots from each kind, Linux finds them all, and writes to where it should. */

#include "tests/certificates.h"
#include "tests/guest/keys.h"
#include "tests/guest/linux.h"

#include "drivers/qemu/qemu_save.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MIB ((off_t) 1024 * 1024)
#define PASSPHRASE "open sesame"
#define SECRET_UUID "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define KEY "<encryption format='luks'><secret type='passphrase' uuid='" SECRET_UUID "'/></encryption>"

#define CONSOLE                                                                                     \
        "<serial type='pty'><target type='isa-serial' port='0'/></serial>"                          \
        "<console type='pty'><target type='serial' port='0'/></console>"

/* A machine of the 'pc' family, which can have disks of all kinds. Free with g_free(). */
static char *machine(const char *name, const char *os, const char *more, const char *devices)
{
        return g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>"
                               "<os><type arch='x86_64' machine='pc'>hvm</type>%s</os><features><acpi/></features>%s"
                               "<devices>" CONSOLE "%s</devices></domain>",
                               name, os, more, devices);
}

static void run(const World *world, const char *format, ...) _printf_(2, 3);

/* On a busy machine QEMU sometimes cannot measure how long LUKS takes: then it is asked again. */
#define ATTEMPTS 20

static void run(const World *world, const char *format, ...)
{
        g_autofree char *line = NULL;
        g_auto(GStrv) argv = NULL;
        va_list ap;

        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
        for (unsigned i = 0;; i++) {
                g_autofree char *err = NULL;
                int status = -1;

                assert_true(g_spawn_sync(world->dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                         NULL, NULL, &err, &status, NULL));
                if (status == 0)
                        break;
                if (!strstr(err, "accurate CPU usage") || i == ATTEMPTS)
                        fail_msg("%s: %s", line, err);
        }
}

static void write_at(const char *path, off_t at, const void *data, size_t size)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, data, size, at), size);
}

static bool has_text(const char *path, const char *text)
{
        g_autofree char *data = NULL;
        gsize size;

        assert_true(g_file_get_contents(path, &data, &size, NULL));
        return memmem(data, size, text, strlen(text));
}

/* -- the firmware -------------------------------------------------------------------------------------------- */

/* Says what follows it on the serial line and stops, wherever it was loaded: x86 in real mode. */
static const uint8_t boot_code[] = {
        0xe8, 0x00, 0x00, /*       call next         */
        0x5e,             /* next: pop si            */
        0x83, 0xc6, 0x14, /*       add si, text-next */
        0x0e,             /*       push cs           */
        0x1f,             /*       pop ds            */
        0xba, 0xf8, 0x03, /*       mov dx, 0x3f8     */
        0xac,             /* more: lodsb             */
        0x84, 0xc0,       /*       test al, al       */
        0x74, 0x03,       /*       jz stop           */
        0xee,             /*       out dx, al        */
        0xeb, 0xf8,       /*       jmp more          */
        0xf4,             /* stop: hlt               */
        0xeb, 0xfd,       /*       jmp stop          */
};

static void put_boot_code(uint8_t *sector, const char *text)
{
        memcpy(sector, boot_code, sizeof(boot_code));
        memcpy(sector + sizeof(boot_code), text, strlen(text) + 1);
}

static void make_boot_disk(const char *path, const char *text)
{
        uint8_t sector[512] = {};

        put_boot_code(sector, text);
        sector[510] = 0x55;
        sector[511] = 0xaa;
        write_at(path, 0, sector, sizeof(sector));
}

/* As much of "El Torito" as a firmware looks at: the boot record, the catalog, and the code, loaded as it is. */
static void make_boot_cd(const char *path, const char *text)
{
        enum { RECORD = 17, CATALOG = 19, CODE = 20, SECTOR = 2048 };
        static const uint8_t catalog[64] = {
                [0] = 1, [30] = 0x55, [31] = 0xaa, [32] = 0x88, [38] = 4, [40] = CODE,
        };
        uint8_t record[SECTOR] = "\0CD001\001EL TORITO SPECIFICATION", code[SECTOR] = {};

        record[71] = CATALOG;
        put_boot_code(code, text);
        write_at(path, RECORD * SECTOR, record, sizeof(record));
        write_at(path, CATALOG * SECTOR, catalog, sizeof(catalog));
        write_at(path, CODE * SECTOR, code, sizeof(code));
}

static void test_boot(void **state)
{
        static const struct {
                const char *text, *device, *target, *more;
        } cases[] = {
                { "from virtio", "disk", "dev='vda' bus='virtio'", "" },
                { "from scsi", "disk", "dev='sda' bus='scsi'", "<controller type='scsi' model='virtio-scsi'/>" },
                { "from lsilogic", "disk", "dev='sda' bus='scsi'", "<controller type='scsi' model='lsilogic'/>" },
                { "from sata", "disk", "dev='sda' bus='sata'", "" },
                { "from ide", "disk", "dev='hda' bus='ide'", "" },
                { "from usb", "disk", "dev='sda' bus='usb'", "" },
                { "from nvme", "disk", "dev='nvme0n1' bus='nvme'",
                  "<controller type='nvme'><serial>1</serial></controller>" },
                { "from floppy", "floppy", "dev='fda' bus='fdc'", "" },
                { "from cdrom", "cdrom", "dev='hdc' bus='ide'", "" },
        };
        World *world = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                bool cdrom = streq(cases[i].device, "cdrom"), floppy = streq(cases[i].device, "floppy");
                g_autofree char *image = world_file(world, cases[i].text, floppy ? 1440 * 1024 : 4 * MIB);
                g_autofree char *devices =
                                g_strdup_printf("<disk type='file' device='%s'><driver name='qemu' type='raw'/>"
                                                "<source file='%s'/><target %s/><boot order='1'/></disk>%s",
                                                cases[i].device, image, cases[i].target, cases[i].more);
                g_autofree char *name = g_strdup_printf("web%zu", i),
                                *text = g_strdup_printf("booted %s!", cases[i].text);
                g_autofree char *xml = machine(name, "", "", devices);
                Domain *domain;
                Line line;

                (cdrom ? make_boot_cd : make_boot_disk)(image, text);
                domain = linux_start(world, xml);
                line_open(&line, world, domain, NULL);
                assert_int_equal(world_do(world, domain, qemu_resume), 0);
                line_expect(&line, text);
                line_close(&line);
                assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        }
}

#define SHARED \
        "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"

/* A disk that another program serves: QEMU's storage daemon. */
static void test_served(void **state)
{
        World *world = *state;
        g_autofree char *image = world_file(world, "served", 4 * MIB);
        g_autofree char *daemon = g_find_program_in_path("qemu-storage-daemon");
        g_autofree char *devices = g_strdup_printf(
                        "<disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/>"
                        "<source type='unix' path='%s/sock'/><target dev='vda' bus='virtio'/><boot order='1'/></disk>",
                        world->dir);
        g_autofree char *xml = machine("web", "", SHARED, devices);
        Domain *domain;
        Line line;

        if (!daemon) {
                print_message("qemu-storage-daemon is missing\n");
                skip();
        }
        make_boot_disk(image, "booted from afar!");
        run(world, "qemu-storage-daemon --daemonize --pidfile daemon.pid --blockdev file,node-name=f,filename=%s "
                   "--export vhost-user-blk,id=e,node-name=f,writable=on,addr.type=unix,addr.path=%s/sock",
            image, world->dir);
        domain = linux_start(world, xml);
        line_open(&line, world, domain, NULL);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(&line, "booted from afar!");
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        run(world, "sh -c 'kill $(cat daemon.pid)'");
}

/* -- Linux --------------------------------------------------------------------------------------------------- */

/* What the command says, without line feeds. The echo of it does not end a line with ">>". Free with g_free(). */
static char *ask(Line *line, const char *command)
{
        g_autofree char *text = g_strdup_printf("echo \"<<$(%s)>>\"\n", command);
        char *begin, *end;

        g_string_truncate(line->text, 0);
        line_send(line, text);
        line_expect(line, ">>\r");
        end = strstr(line->text->str, ">>\r");
        *end = '\0';
        begin = g_strrstr(line->text->str, "<<");
        assert_non_null(begin);
        return g_strdup(begin + 2);
}

static void expect_answer(Line *line, const char *command, const char *part)
{
        g_autofree char *answer = ask(line, command);

        if (!strstr(answer, part))
                fail_msg("'%s' says '%s' and not '%s'", command, answer, part);
}

/* A disk that begins with its own name; path is how the kernel gets to it, serial where it has read its number. */
typedef struct Kind {
        const char *name;
        const char *device, *target;
        const char *path;
        const char *serial;
        off_t size;
} Kind;

#define VPD "cat /sys/block/$D/device/vpd_pg80"

static const Kind kinds[] = {
        { "virtio", "disk", "dev='vda' bus='virtio'", "/virtio", "cat /sys/block/$D/serial", 4 * MIB },
        { "scsi", "disk", "dev='sda' bus='scsi'", "/virtio", VPD, 5 * MIB },
        { "lsi", "disk", "dev='sdh' bus='scsi'", "/host", VPD, 6 * MIB },
        { "sata", "disk", "dev='sdz' bus='sata'", "/ata", VPD, 7 * MIB },
        { "ide", "disk", "dev='hda' bus='ide'", "/ata", VPD, 8 * MIB },
        { "usb", "disk", "dev='sdy' bus='usb'", "/usb", "cat /sys/block/$D/device/../../../../serial", 9 * MIB },
        { "nvme", "disk", "dev='nvme0n1' bus='nvme'", "/nvme", "cat /sys/block/$D/device/serial", 10 * MIB },
        { "cdrom", "cdrom", "dev='hdc' bus='ide'", "/ata", NULL, 11 * MIB },
        { "floppy", "floppy", "dev='fda' bus='fdc'", "/floppy", NULL, 1440 * 1024 },
};

static void add_kind(const World *world, const Kind *kind, GString *devices)
{
        g_autofree char *image = world_file(world, kind->name, kind->size);
        bool nvme = streq(kind->name, "nvme");

        write_at(image, 0, kind->name, strlen(kind->name));
        g_string_append_printf(
                        devices,
                        "<disk type='file' device='%s'><driver name='qemu' type='raw'/><source file='%s'/><target %s/>",
                        kind->device, image, kind->target);
        if (kind->serial && !nvme)
                g_string_append_printf(devices, "<serial>NUM-%s</serial>", kind->name);
        if (streq(kind->name, "lsi"))
                g_string_append(devices, "<address type='drive' controller='1' bus='0' target='0' unit='0'/>");
        g_string_append(devices, "</disk>");
        if (nvme)
                g_string_append_printf(devices,
                                       "<controller type='nvme' index='0'><serial>NUM-%s</serial></controller>",
                                       kind->name);
}

/* Virtio disks with something about them. */
static void add_special(const char *image, const char *format, const char *in_source, const char *target,
                        const char *more, GString *devices)
{
        g_string_append_printf(
                        devices,
                        "<disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='%s'>%s</source>"
                        "<target dev='%s' bus='virtio'/><serial>NUM-%s</serial>%s</disk>",
                        format, image, in_source, target, target, more);
}

/* Sets D to the name of the disk that the condition on it holds for. */
static void choose(Line *line, const char *condition)
{
        g_autofree char *text =
                        g_strdup_printf("for D in $(ls /sys/block); do [ \"$(%s)\" ] && break; done\n", condition);

        line_send(line, text);
}

static void check_kind(Line *line, const Kind *kind)
{
        g_autofree char *condition = g_strdup_printf("head -c 16 /dev/$D | grep ^%s", kind->name);
        g_autofree char *size = g_strdup_printf("%jd", (intmax_t) kind->size / 512),
                        *number = g_strconcat("NUM-", kind->name, NULL);

        choose(line, condition);
        expect_answer(line, "readlink -f /sys/block/$D", kind->path);
        expect_answer(line, "cat /sys/block/$D/size", size);
        if (kind->serial)
                expect_answer(line, kind->serial, number);
}

static void choose_number(Line *line, const char *target)
{
        g_autofree char *condition = g_strdup_printf("grep NUM-%s /sys/block/$D/serial", target);

        choose(line, condition);
}

static void on_query(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        char **ret = userdata;

        *ret = result ? json_to_string(result, false) : error_message(error);
}

/* An answer of the monitor as text. Free with g_free(). */
static char *query(World *world, Domain *domain, const char *command, JsonObject *arguments)
{
        g_autofree char **answer = g_new0(char *, 1);

        (void) qmp_execute(((QemuGuest *) world_guest(domain))->qmp, command, arguments, WORLD_PATIENCE_USEC, on_query,
                           answer);
        world_wait(world, *answer);
        return *answer;
}

#define THROTTLE                                                                                    \
        "<throttlegroups><throttlegroup><total_iops_sec>50</total_iops_sec><group_name>slow</group_name>" \
        "</throttlegroup></throttlegroups>"

typedef struct Images {
        char *base, *overlay, *luks, *transient, *readonly, *limited, *shared;
} Images;

static void images_clear(Images *images)
{
        g_free(images->base);
        g_free(images->overlay);
        g_free(images->luks);
        g_free(images->transient);
        g_free(images->readonly);
        g_free(images->limited);
        g_free(images->shared);
}

/* One that QEMU's user may read, which the guest sees as a file system. */
static void add_directory(const World *world, GString *devices)
{
        g_autofree char *dir = g_build_filename(world->dir, "fat", NULL);
        g_autofree char *file = g_build_filename(dir, "hello.txt", NULL);

        assert_int_equal(g_mkdir(dir, 0755), 0);
        assert_true(g_file_set_contents(file, "seen in the directory\n", -1, NULL));
        assert_int_equal(chmod(file, 0644), 0);
        g_string_append_printf(devices,
                               "<disk type='dir' device='disk'><driver name='qemu' type='fat'/><source dir='%s'/>"
                               "<target dev='vdh' bus='virtio'/><readonly/><serial>NUM-vdh</serial></disk>",
                               dir);
}

static char *make_images(const World *world, Images *images)
{
        GString *devices = g_string_new("<controller type='scsi' index='0' model='virtio-scsi'/>"
                                        "<controller type='scsi' index='1' model='lsilogic'/>");

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                add_kind(world, kinds + i, devices);
        images->base = world_file(world, "base", 4 * MIB);
        images->luks = g_build_filename(world->dir, "crypt", NULL);
        images->overlay = g_build_filename(world->dir, "overlay", NULL);
        images->transient = world_file(world, "transient", 4 * MIB);
        images->readonly = world_file(world, "readonly", 4 * MIB);
        images->limited = world_file(world, "limited", 4 * MIB);
        images->shared = world_file(world, "shared", 4 * MIB);
        write_at(images->base, 0, "from below", 10);
        write_at(images->transient, 0, "as it was", 9);
        run(world, "qemu-img create -q -f qcow2 -b base -F raw overlay");
        run(world, "qemu-img create -q -f luks --object 'secret,id=s,data=" PASSPHRASE
                   "' -o key-secret=s,iter-time=10 crypt 2M");

        add_special(images->overlay, "qcow2", "", "vdb", "", devices);
        add_special(images->luks, "raw", KEY, "vdc", "", devices);
        add_special(images->transient, "raw", "", "vdd", "<transient/>", devices);
        add_special(images->readonly, "raw", "", "vde", "<readonly/>", devices);
        add_special(images->limited, "raw", "", "vdf",
                    "<iotune><total_iops_sec>1234</total_iops_sec></iotune>", devices);
        add_special(images->shared, "raw", "", "vdg",
                    "<throttlefilters><throttlefilter group='slow'/></throttlefilters>", devices);
        add_directory(world, devices);
        return g_string_free(devices, FALSE);
}

#define WRITE                                                                                                          \
        "echo %s | dd of=/dev/$D conv=notrunc,fsync 2>&1 | grep -o 'Read-only\\|1 records out\\|not permitted' | "     \
        "tail -n 1"

static void write_in_guest(Line *line, const char *target, const char *text, const char *answer)
{
        g_autofree char *command = g_strdup_printf(WRITE, text);

        choose_number(line, target);
        expect_answer(line, command, answer);
}

static void check_specials(Line *line)
{
        choose_number(line, "vdb");
        expect_answer(line, "head -c 10 /dev/$D", "from below");
        write_in_guest(line, "vdb", "overlaid", "1 records out");
        write_in_guest(line, "vdc", "plaintext", "1 records out");
        expect_answer(line, "cat /sys/block/$D/size", "4096");
        choose_number(line, "vdd");
        expect_answer(line, "head -c 9 /dev/$D", "as it was");
        write_in_guest(line, "vdd", "forgotten", "1 records out");
        expect_answer(line, "head -c 9 /dev/$D", "forgotten");
        choose_number(line, "vde");
        expect_answer(line, "cat /sys/block/$D/ro", "1");
        write_in_guest(line, "vde", "unwanted", "not permitted");
        choose_number(line, "vdh");
        expect_answer(line, "cat /sys/block/$D/ro", "1");
        expect_answer(line, "head -c 1048576 /dev/$D | grep -c 'seen in the directory'", "1");
}

static void check_limits(World *world, Domain *domain)
{
        g_autofree char *blocks = query(world, domain, "query-block", NULL);
        g_autofree char *group = query(world, domain, "qom-get",
                                       qmp_object("s:path", "/objects/throttle-slow", "s:property", "limits", NULL));

        assert_non_null(strstr(blocks, "\"iops\":1234"));
        assert_non_null(strstr(group, "\"iops-total\":50"));
}

static void check_files(const World *world, const Images *images)
{
        assert_true(has_text(images->base, "from below"));
        assert_false(has_text(images->base, "overlaid"));
        assert_true(has_text(images->overlay, "overlaid"));
        assert_true(has_text(images->transient, "as it was"));
        assert_false(has_text(images->transient, "forgotten"));
        assert_false(has_text(images->readonly, "unwanted"));
        assert_false(has_text(images->luks, "plaintext"));
        run(world, "qemu-img convert -O raw --object 'secret,id=s,data=" PASSPHRASE "' --image-opts "
                   "driver=luks,key-secret=s,file.filename=crypt opened");
        run(world, "grep -q plaintext opened");
}

static int save_managed(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return qemu_save(domain, NULL, NULL, flags, job, error);
}

/* The state of a machine without what was written would be of no use. */
static void check_not_saved(World *world, Domain *domain)
{
        assert_true(world_do_flags(world, domain, save_managed, 0) < 0);
        assert_string_equal(world->text,
                            "Requested operation is not valid: disk 'vdd' is transient: the machine's state cannot "
                            "be saved");
}

static void test_linux(void **state)
{
        World *world = *state;
        g_autofree char *dir = g_strdup(getenv("VIRTBUS_TEST_GUEST"));
        _cleanup_(images_clear) Images images = {};
        g_autofree char *devices = make_images(world, &images);
        g_autofree char *os = g_strdup_printf("<kernel>%s/vmlinuz</kernel><initrd>%s/initramfs.gz</initrd>"
                                              "<cmdline>console=ttyS0 quiet panic=-1</cmdline>",
                                              dir, dir);
        g_autofree char *xml = machine("web", os, THROTTLE, devices);
        Line line;
        Domain *domain;

        keys_add(world, SECRET_UUID, "<usage type='volume'><volume>crypt</volume></usage>", PASSPHRASE);
        domain = linux_boot(world, xml, &line);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                check_kind(&line, kinds + i);
        check_specials(&line);
        check_limits(world, domain);
        check_not_saved(world, domain);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        line_close(&line);
        check_files(world, &images);
}

/* -- refusals ------------------------------------------------------------------------------------------------ */

/* Without the secret, with another one, and with an image that is not what the definition says. */
static void test_wrong_secret(void **state)
{
        World *world = *state;
        g_autofree char *plain = world_file(world, "plain", 4 * MIB), *xml = NULL, *other = NULL;
        g_autoptr(GString) devices = g_string_new(NULL), wrong = g_string_new(NULL);
        g_autofree char *luks = g_build_filename(world->dir, "crypt", NULL);
        Domain *domain;

        run(world, "qemu-img create -q -f luks --object 'secret,id=s,data=" PASSPHRASE
                   "' -o key-secret=s,iter-time=10 crypt 2M");
        add_special(luks, "raw", KEY, "vda", "", devices);
        xml = machine("web", "", "", devices->str);
        domain = world_define(world, xml);
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_NO_SECRET);
        assert_non_null(strstr(world->text, "/domain/devices/disk[1]/source/encryption: no secret with matching uuid"));
        keys_add(world, SECRET_UUID, "", "another one");
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "Invalid password"));
        assert_null(strstr(world->text, "another one"));

        add_special(plain, "raw", KEY, "vda", "", wrong);
        other = machine("other", "", "", wrong->str);
        domain = world_define(world, other);
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "LUKS"));
}

/* -- reservations -------------------------------------------------------------------------------------------- */

static char *attach_loop(const char *file)
{
        const char *const argv[] = { "losetup", "--find", "--show", file, NULL };
        char *device = NULL;
        int status = -1;

        if (!g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &device, NULL, &status, NULL) ||
            status != 0) {
                g_free(device);
                return NULL;
        }
        return g_strchomp(device);
}

/*
 * A loop device takes no SCSI commands, so the machine does not come up: but QEMU says so after it has met the helper,
 * and neither is left.
 */
static void test_reservations(void **state)
{
        World *world = *state;
        g_autofree char *image = world_file(world, "lun", 4 * MIB), *device = attach_loop(image), *devices = NULL,
                        *xml = NULL;
        Domain *domain;

        if (!device || access("/usr/bin/qemu-pr-helper", X_OK) < 0) {
                print_message("there are no loop devices, or qemu-pr-helper is missing\n");
                skip();
        }
        devices = g_strdup_printf(
                        "<disk type='block' device='lun' rawio='yes'><driver name='qemu' type='raw'/>"
                        "<source dev='%s'><reservations managed='yes'/></source><target dev='sda' bus='scsi'/></disk>"
                        "<controller type='scsi' model='virtio-scsi'/>",
                        device);
        xml = machine("web", "", "", devices);
        domain = world_define(world, xml);
        assert_true(world_start(world, domain, 0) < 0);
        run(world, "losetup -d %s", device);
        if (!strstr(world->text, "SG_IO"))
                fail_msg("%s", world->text);
        assert_int_equal(world_processes(world), 0);

        world_close(world);
        world_set(world, "pr-helper", "/nowhere/helper");
        world_open(world);
        assert_true(world_start(world, world_find(world, "web"), 0) < 0);
        assert_non_null(strstr(world->text, "/domain/devices/disk[1]/source/reservations: this needs the program "
                                            "'/nowhere/helper'"));
}

/* -- SSH ----------------------------------------------------------------------------------------------------- */

#define SSH_PASSWORD "correct horse"

/* The daemon of OpenSSH, as the user vtest1 of a private host sees it: with a password, and with a key. */
static void start_sshd(const World *world)
{
        g_autofree char *config = g_strdup_printf(
                "Port 2222\nListenAddress 127.0.0.1\nHostKey %s/host-key\nPidFile %s/sshd.pid\nUsePAM no\n"
                "StrictModes no\nAuthorizedKeysFile %s/key.pub\nPasswordAuthentication yes\n"
                "Subsystem sftp internal-sftp\n",
                world->dir, world->dir, world->dir);
        g_autofree char *path = g_build_filename(world->dir, "sshd.conf", NULL);

        assert_true(g_file_set_contents(path, config, -1, NULL));
        run(world, "ssh-keygen -q -t ed25519 -N '' -f host-key");
        run(world, "ssh-keygen -q -t ed25519 -N '' -f key");
        run(world, "sh -c 'echo \"[127.0.0.1]:2222 $(cut -d\" \" -f1,2 host-key.pub)\" >known'");
        run(world, "sh -c 'usermod -s /bin/sh -p \"$(echo \"" SSH_PASSWORD "\" | openssl passwd -6 -stdin)\" vtest1'");
        run(world, "mkdir -p /run/sshd");
        run(world, "/usr/sbin/sshd -f %s", path);
}

/* A start of a machine whose disk is the image on that server. */
static Domain *start_from_ssh(World *world, const char *name, const char *in_source)
{
        g_autofree char *devices = g_strdup_printf(
                "<disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='ssh' "
                "name='%s/remote'><host name='127.0.0.1' port='2222'/>%s<knownHosts path='%s/known'/></source>"
                "<target dev='vda' bus='virtio'/><boot order='1'/></disk>", world->dir, in_source, world->dir);
        g_autofree char *xml = machine(name, "", "", devices);
        Domain *domain = world_define(world, xml);

        return world_start(world, domain, DOMAIN_START_PAUSED) < 0 ? NULL : domain;
}

static bool is_told(const char *file, const char *text)
{
        g_autofree char *data = NULL;
        gsize size = 0;

        return g_file_get_contents(file, &data, &size, NULL) && memmem(data, size, text, strlen(text));
}

/* Nobody can read the password in what everybody can read of processes. */
static void expect_untold(const char *text)
{
        g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *line = g_build_filename("/proc", name, "cmdline", NULL);
                g_autofree char *environment = g_build_filename("/proc", name, "environ", NULL);

                assert_false(is_told(line, text) || is_told(environment, text));
        }
}

static void expect_boot(World *world, Domain *domain)
{
        Line line;

        if (!domain)
                fail_msg("%s", world->text);
        line_open(&line, world, domain, NULL);
        expect_untold(SSH_PASSWORD);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(&line, "booted over ssh!");
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        world_wait(world, world_processes(world) == 0);
}

static void test_ssh(void **state)
{
        World *world = *state;
        g_autofree char *image = world_file(world, "remote", 4 * MIB);
        g_autofree char *key = g_strdup_printf("<identity username='vtest1' keyfile='%s/key'/>", world->dir);
        const char *password = "<auth username='vtest1'><secret type='iscsi' usage='ssh'/></auth>";

        if (access("/usr/sbin/sshd", X_OK) < 0 || access("/usr/bin/nbdkit", X_OK) < 0) {
                print_message("skipped: openssh-server or nbdkit is missing\n");
                skip();
        }
        make_boot_disk(image, "booted over ssh!");
        start_sshd(world);
        run(world, "chown vtest1 remote");
        run(world, "chmod 711 .");
        expect_boot(world, start_from_ssh(world, "by-key", key));
        keys_add(world, SECRET_UUID, "<usage type='iscsi'><target>ssh</target></usage>", SSH_PASSWORD);
        expect_boot(world, start_from_ssh(world, "by-password", password));

        /* another server answers for it */
        run(world, "sh -c 'echo \"[127.0.0.1]:2222 $(cut -d\" \" -f1,2 key.pub)\" >known'");
        assert_null(start_from_ssh(world, "by-stranger", password));
        world_wait(world, world_processes(world) == 0);
        run(world, "sh -c 'kill $(cat sshd.pid)'");
}

/* -- TLS ----------------------------------------------------------------------------------------------------- */

static int try_tls(World *world, const char *name)
{
        g_autofree char *devices = g_strdup_printf(
                        "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
                        "<source protocol='nbd' name='x' tls='yes' tlsHostname='%s'>"
                        "<host name='127.0.0.1' port='10809'/></source>"
                        "<target dev='vda' bus='virtio'/></disk>"
                        "<channel type='tcp'><source mode='bind' host='127.0.0.1' service='10810' tls='yes'/>"
                        "<target type='virtio' name='a'/></channel>",
                        name);
        g_autofree char *xml = machine(name, "", "", devices);

        return world_start(world, world_define(world, xml), DOMAIN_START_PAUSED);
}

/* QEMU is a client of a real server, which asks for its certificate, and a server itself. */
static void test_tls(void **state)
{
        World *world = *state;
        g_autofree char *image = NULL;

        if (!certificates_make(world->dir)) {
                print_message("there are no certificates without certtool\n");
                skip();
        }
        image = world_file(world, "remote", 4 * MIB);
        world_close(world);
        world_set(world, "tls-dir", world->dir);
        world_open(world);
        run(world, "qemu-nbd --fork --pid-file=nbd.pid -t -f raw -x x -b 127.0.0.1 -p 10809 "
                   "--object tls-creds-x509,id=t,endpoint=server,dir=%s,verify-peer=on --tls-creds t %s",
            world->dir, image);
        assert_true(try_tls(world, "elsewhere.example") < 0);
        assert_non_null(strstr(world->text, "Certificate does not match the hostname elsewhere.example"));
        if (try_tls(world, "disks.example") < 0)
                fail_msg("%s", world->text);
        assert_int_equal(world_do_flags(world, world_find(world, "disks.example"), qemu_destroy, 0), 0);
        run(world, "sh -c 'kill $(cat nbd.pid)'");
}

static void test_tls_missing(void **state)
{
        World *world = *state;

        world_close(world);
        world_set(world, "tls-dir", "/nowhere");
        world_open(world);
        assert_true(try_tls(world, "disks.example") < 0);
        assert_non_null(strstr(world->text, "/domain/devices/disk[1]/source/@tls: cannot read '/nowhere/ca-cert.pem'"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_boot, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_served, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_linux, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_wrong_secret, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_reservations, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_ssh, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_tls, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_tls_missing, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
