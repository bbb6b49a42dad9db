/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_secrets.h"
#include "drivers/qemu/qemu_show.h"
#include "drivers/qemu/qmp.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "tests/unit/golden.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00 */
#define FIRST_UID 2113930000u
#define DEADLINE_USEC (30 * USEC_PER_SEC)
#define PASSPHRASE "hunter2hunter2"

/*
 * tests/golden/qemu/NAME.xml becomes NAME.args: the arguments one a line, then what else belongs to the
 * command.
 * @DIR@ stands for the directory of the files.
 */
static const char *const names[] = {
                "q35-foundation",    "pc-foundation", "disks",         "chardevs",
                "devices",           "cpu-clock",     "uefi",          "display-socket",
                "usb2-bridges",      "kvm",           "names",         "memory",
                "features",          "extras",        "network-disks", "tpm-external",
                "tpm-device",        "shares",        "cards",         "images",
                "images-on-servers", "machine",       "hostdevs",
};

typedef struct Fixture {
        QemuCaps *caps;
        char *dir;     /* of the files */
        char *run_dir; /* of the machine */
        int listener;  /* a socket that machines connect to */
        QemuPrograms *programs;
        ObjectList *secrets; /* "key-a", that of volumes, "name-a", of servers */
} Fixture;

/* Everything that one definition becomes. */
typedef struct Machine {
        DomainDef *def; /* live */
        QemuFiles *files;
        QemuCommand *command;
        char *monitor_path;
        int monitor;
} Machine;

static void machine_clear(Machine *m)
{
        qemu_command_free(m->command);
        qemu_files_free(m->files);
        domain_def_unref(m->def);
        safe_close(m->monitor);
        g_free(m->monitor_path);
}

static void fail_error(const char *what, const Error *error)
{
        g_autofree char *text = error_message(error);

        fail_msg("%s: %s", what, text);
}

/* -- files ------------------------------------------------------------------------------------------------
 */

/* qemu-img gives up on LUKS when the clock of its processor time has not moved yet, as on a busy machine. */
#define CLOCK_STOOD "Unable to get accurate CPU usage"
#define TRIES_MAX 50

static void run(const char *dir, const char *line)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);

        for (unsigned i = 0; i < TRIES_MAX; i++) {
                g_autofree char *err = NULL;
                int status = -1;

                assert_true(g_spawn_sync(dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                         NULL, NULL, &err, &status, NULL));
                if (status == 0)
                        return;
                if (!strstr(err, CLOCK_STOOD) || i == TRIES_MAX - 1)
                        fail_msg("%s: %s", line, err);
        }
}

static void make_file(const char *dir, const char *name, size_t size, const char *at, size_t offset)
{
        g_autofree char *path = g_build_filename(dir, name, NULL), *data = g_malloc0(size);

        if (at)
                memcpy(data + offset, at, strlen(at));
        assert_true(g_file_set_contents(path, data, (gssize) size, NULL));
        assert_int_equal(chmod(path, 0600), 0);
}

/* The least that QEMU takes for a Linux kernel that can have an initial RAM disk (Linux' boot
 * protocol 2.12). */
static void make_kernel(const char *dir)
{
        g_autofree char *path = g_build_filename(dir, "vmlinuz", NULL), *data = g_malloc0(64 * 1024);

        data[0x1f1] = 4;
        memcpy(data + 0x202, "HdrS\x0c\x02", 6);
        data[0x211] = 1;
        memcpy(data + 0x22c, "\xff\xff\xff\x7f", 4);
        assert_true(g_file_set_contents(path, data, 64 * 1024, NULL));
        assert_int_equal(chmod(path, 0600), 0);
}

/* A host with devices, as far as they are looked at before QEMU opens them. */
static void make_host(const char *dir)
{
        static const char *const steps[] = {
                ("mkdir -p host/sys/bus/pci/devices/0000:03:00.1 host/sys/bus/pci/devices/0000:03:00.2 "
                 "host/sys/bus/pci/drivers/vfio-pci"),
                "mkdir -p host/sys/kernel/iommu_groups/11/devices host/sys/kernel/iommu_groups/12/devices",
                "mkdir -p host/sys/bus/mdev/devices/4b20d080-1b54-4048-85b3-a6a62d165c01 host/dev/vfio",
                "mkdir -p host/sys/bus/usb/devices/1-2 host/dev/bus/usb/001",
                "mkdir -p host/sys/bus/scsi/devices/2:0:3:1/scsi_generic/sg5",
                "ln -s ../../../../kernel/iommu_groups/11 host/sys/bus/pci/devices/0000:03:00.1/iommu_group",
                "ln -s ../../../../kernel/iommu_groups/11 host/sys/bus/pci/devices/0000:03:00.2/iommu_group",
                "ln -s ../../drivers/vfio-pci host/sys/bus/pci/devices/0000:03:00.1/driver",
                "ln -s ../../drivers/vfio-pci host/sys/bus/pci/devices/0000:03:00.2/driver",
                ("ln -s ../../../../kernel/iommu_groups/12 "
                 "host/sys/bus/mdev/devices/4b20d080-1b54-4048-85b3-a6a62d165c01/iommu_group"),
                "ln -s /dev/null host/dev/vfio/vfio",
                "ln -s /dev/null host/dev/vfio/11",
                "ln -s /dev/null host/dev/vfio/12",
                "ln -s /dev/null host/dev/bus/usb/001/004",
                "ln -s /dev/null host/dev/sg5",
                "ln -s /dev/null host/dev/vhost-scsi",
                "mkfifo pipe",
        };
        static const struct {
                const char *name, *text;
        } attributes[] = {
                { "idVendor", "1234\n" }, { "idProduct", "beef\n" }, { "busnum", "1\n" }, { "devnum", "4\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                run(dir, steps[i]);
        for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                g_autofree char *path = g_build_filename(dir, "host/sys/bus/usb/devices/1-2", attributes[i].name, NULL);

                assert_true(g_file_set_contents(path, attributes[i].text, -1, NULL));
        }
}

static void make_files(const char *dir)
{
        static const struct {
                const char *name;
                size_t size;
        } plain[] = {
                { "initrd.img", 4096 },      { "raw.img", 1 << 20 },       { "base.img", 1 << 20 },
                { "cd.iso", 1 << 20 },       { "shared.img", 1 << 20 },    { "stick.img", 1 << 20 },
                { "readonly.img", 1 << 20 }, { "floppy.img", 1440 << 10 }, { "a,b \"c\" é.img", 4096 },
                { "bios.bin", 128 << 10 },   { "code.fd", 3584 << 10 },    { "uefi_VARS.fd", 512 << 10 },
                { "ca-cert.pem", 16 },       { "client-cert.pem", 16 },    { "client-key.pem", 16 },
                { "server-cert.pem", 16 },   { "server-key.pem", 16 },
        };
        static const char *const images[] = {
                "qemu-img create -f qcow2 disk.qcow2 16M",
                "qemu-img create -f qcow2 base.qcow2 16M",
                "qemu-img create -f qcow2 -b base.qcow2 -F qcow2 middle.qcow2",
                "qemu-img create -f qcow2 -b middle.qcow2 -F qcow2 overlay.qcow2",
                "qemu-img create -f qcow2 -b base.img -F raw overlay2.qcow2",
                "qemu-img create -f qcow2 -u -b elsewhere -F raw explicit.qcow2 16M",
                ("qemu-img create -f luks --object secret,id=s,data=" PASSPHRASE
                 " -o key-secret=s,iter-time=10 luks.img 1M"),
                ("qemu-img create -f qcow2 --object secret,id=s,data=" PASSPHRASE
                 " -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 crypt.qcow2 1M"),
                "qemu-img create -f qcow2 -o data_file=store.raw,data_file_raw=on data.qcow2 1M",
                "qemu-img create -f vdi disk.vdi 1M",
                "qemu-img create -f vmdk disk.vmdk 1M",
        };

        for (size_t i = 0; i < ELEMENTSOF(plain); i++)
                make_file(dir, plain[i].name, plain[i].size, NULL, 0);
        make_kernel(dir);
        make_host(dir);
        for (size_t i = 0; i < ELEMENTSOF(images); i++)
                run(dir, images[i]);
}

/* What QEMU 7.2 of Debian 12 can do, as far as the definitions use it. */
static QemuCaps *load_caps(void)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;
        QemuCaps *caps = NULL;
        size_t size;

        text = golden_read("qemu/caps.json", &size);
        if (qemu_caps_parse(text, size, &caps, &error) < 0)
                fail_error("caps.json", &error);
        return caps;
}

/* -- set-up -----------------------------------------------------------------------------------------------
 */

static void add_secret(ObjectList *list, const char *xml)
{
        _cleanup_(secret_def_unrefp) SecretDef *parsed = NULL, *def = NULL;
        char uuid[37];
        Secret *secret;

        assert_int_equal(secret_def_parse(xml, strlen(xml), DEFINITION_PARSE_VALIDATE, NULL, &parsed, NULL), 0);
        uuid_new(uuid);
        def = parsed->uuid ? secret_def_ref(parsed) : secret_def_with_uuid(parsed, uuid);
        assert_int_equal(secret_list_add(list, def, &secret, NULL), 0);
        secret->value = secret_value_new(PASSPHRASE, strlen(PASSPHRASE));
        object_publish(&secret->object);
}

static ObjectList *make_secrets(void)
{
        static const ObjectListener deaf = {};
        ObjectList *list = object_list_new(NULL, &deaf, NULL);

        add_secret(list, "<secret><uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>"
                         "<usage type='volume'><volume>key-a</volume></usage></secret>");
        add_secret(list, "<secret><usage type='iscsi'><target>name-a</target></usage></secret>");
        add_secret(list, "<secret><usage type='ceph'><name>name-a</name></usage></secret>");
        return list;
}

static int make_listener(const char *dir)
{
        g_autofree char *path = g_build_filename(dir, "listener", NULL);
        int fd = -EBADF;

        assert_int_equal(qemu_open_listen(path, "test", &fd, NULL), 0);
        assert_int_equal(listen(fd, 16), 0);
        return fd;
}

/* Programs are planned, not run. */
static const char *say_program(const void *userdata, const char *key)
{
        return "/bin/true";
}

static int setup(void **state)
{
        g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
        Fixture *f;

        if (!qemu_img || access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
                print_message("QEMU is not installed\n");
                exit(77);
        }
        /* clocks that are set by the host's time of day */
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        f = g_new0(Fixture, 1);
        f->dir = g_dir_make_tmp("test-command-XXXXXX", NULL);
        assert_non_null(f->dir);
        f->run_dir = g_build_filename(f->dir, "run", NULL);
        assert_int_equal(g_mkdir(f->run_dir, 0700), 0);
        make_files(f->dir);
        f->listener = make_listener(f->dir);
        f->caps = load_caps();
        f->secrets = make_secrets();
        f->programs = qemu_programs_new(f->dir, f->dir, say_program, NULL);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        const char *const argv[] = { "rm", "-rf", f->dir, NULL };

        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                                 NULL, NULL));
        safe_close(f->listener);
        object_list_free(f->secrets);
        qemu_programs_unref(f->programs);
        qemu_caps_unref(f->caps);
        g_free(f->run_dir);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, -1);

        return g_strjoinv(to, parts);
}

static void fixed_random(void *userdata, uint8_t *bytes, size_t n)
{
        memset(bytes, 0x42, n);
}

/* The definition as it would be stored, and then as it would be started. */
static int try_to_prepare(Fixture *f, const char *xml, Machine *m, Error *error)
{
        const DomainDefHost host = { .random = fixed_random };
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *normal = NULL;
        g_autofree char *text = replace(xml, "@DIR@", f->dir);
        int r;

        *m = (Machine) { .monitor = -EBADF };
        r = domain_def_parse(text, strlen(text), 0, NULL, &def, error);
        if (r >= 0)
                r = domain_def_normalize(def, &host, &normal, error);
        return r < 0 ? r : qemu_live_prepare(normal, 7, f->run_dir, &m->def, error);
}

static void prepare(Fixture *f, const char *xml, Machine *m)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (try_to_prepare(f, xml, m, &error) < 0)
                fail_error("definition", &error);
}

static void build(Fixture *f, const char *xml, uid_t uid, Machine *m)
{
        g_autofree char *root = g_build_filename(f->dir, "host", NULL);
        QemuFilesConfig config = { .uid = uid, .gid = uid, .run_dir = f->run_dir, .tls_dir = f->dir, .root = root };
        g_autoptr(GPtrArray) secrets = NULL;
        QemuCommandOptions options = { .now = NOW };
        _cleanup_error_ Error error = ERROR_INIT;

        prepare(f, xml, m);
        m->monitor_path = g_build_filename(f->run_dir, "monitor", NULL);
        if (qemu_secrets_collect(m->def, f->secrets, NULL, &secrets, &error) < 0)
                fail_error("secrets", &error);
        config.secrets = secrets;
        config.programs = f->programs;
        if (qemu_command_check(m->def, f->caps, NULL, &error) < 0 ||
            qemu_files_open_now(m->def, &config, &m->files, &error) < 0 ||
            qemu_open_listen(m->monitor_path, "test", &m->monitor, &error) < 0)
                fail_error("files", &error);
        options.monitor_fd = m->monitor;
        if (qemu_command_build(m->def, f->caps, m->files, &options, &m->command, &error) < 0)
                fail_error("command", &error);
}

static char *read_xml(const char *name)
{
        g_autofree char *file = g_strdup_printf("qemu/%s.xml", name);

        return golden_read(file, NULL);
}

/* -- golden files -----------------------------------------------------------------------------------------
 */

static char *describe(Fixture *f, const Machine *m)
{
        GString *s = g_string_new(NULL);
        g_autofree char *text = NULL;

        for (char **arg = m->command->argv; *arg; arg++)
                g_string_append_printf(s, "%s\n", *arg);
        for (char **env = m->command->env; env && *env; env++)
                g_string_append_printf(s, "# environment %s\n", *env);
        if (m->command->capabilities)
                g_string_append_printf(s, "# capabilities 0x%" PRIx64 "\n", m->command->capabilities);
        for (size_t i = 0; i < m->command->n_setup; i++) {
                JsonNode *node = json_node_new(JSON_NODE_OBJECT);
                g_autofree char *arguments = NULL;

                json_node_set_object(node, m->command->setup[i].arguments);
                arguments = json_to_string(node, false);
                g_string_append_printf(s, "# monitor %s %s%s\n", m->command->setup[i].command, arguments,
                                       m->command->setup[i].secret ? " secret" : "");
                json_node_unref(node);
        }
        text = g_string_free(s, false);
        return replace(text, f->dir, "@DIR@");
}

/* For people nothing is opened: what a definition names has its own name. */
static void test_shown(void **state)
{
        static const char *const own[] = { "/cd.iso", "/code.fd", "name=opt/" };
        static const char *const shown[] = { "memory", "features", "uefi", "disks" };
        const QemuCommandOptions options = { .now = NOW, .monitor_fd = -EBADF };
        Fixture *f = *state;
        unsigned n_seen = 0;

        for (size_t i = 0; i < ELEMENTSOF(shown); i++) {
                _cleanup_(machine_clear) Machine m = {};
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *xml = read_xml(shown[i]), *line = NULL;

                prepare(f, xml, &m);
                m.files = qemu_show_files(m.def, f->dir);
                if (qemu_command_build(m.def, f->caps, m.files, &options, &m.command, &error) < 0)
                        fail_error(shown[i], &error);
                line = qemu_command_to_string(m.command);
                if (strstr(line, "fdset") || strstr(line, "=/dev/null") || strstr(line, "/proc/self"))
                        fail_msg("%s: %s", shown[i], line);
                for (size_t k = 0; k < ELEMENTSOF(own); k++)
                        n_seen += strstr(line, own[k]) != NULL;
        }
        assert_true(n_seen >= ELEMENTSOF(own));
}

static void test_golden(void **state)
{
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *xml = read_xml(names[i]), *text = NULL;
                g_autofree char *file = g_strdup_printf("qemu/%s.args", names[i]);
                _cleanup_(machine_clear) Machine m;

                build(f, xml, FIRST_UID, &m);
                text = describe(f, &m);
                golden_compare(file, text);
        }
}

/* No secret may be where everybody can read it. */
static void test_secrets(void **state)
{
        static const struct {
                const char *name;
                const char *secret; /* in the definition */
                const char *instead;
        } cases[] = {
                { "pc-foundation", "hunter2", "password=on" },
                { "images-on-servers", "hunter3", "virtio-disk2-cookies" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = read_xml(cases[i].name), *line = NULL;
                _cleanup_(machine_clear) Machine m;

                assert_non_null(strstr(xml, cases[i].secret));
                build(f, xml, FIRST_UID, &m);
                line = qemu_command_to_string(m.command);
                assert_null(strstr(line, "hunter"));
                assert_non_null(strstr(line, cases[i].instead));
        }
}

/* Whoever logs in for QEMU reads password and key from descriptors. */
static void test_nbdkit(void **state)
{
        static const char *const parts[] = {
                "--unix=/proc/self/cwd/socket ssh config= host=192.0.2.9 port=22 path=images/a.raw user=me password=-",
                " identity=/proc/self/fd/", " known-hosts=/proc/self/fd/",
        };
        Fixture *f = *state;
        g_autofree char *xml = read_xml("images-on-servers"), *line = NULL;
        const QemuCompanionPlan *plan;
        _cleanup_(machine_clear) Machine m;

        build(f, xml, FIRST_UID, &m);
        assert_int_equal(m.files->companions->len, 1);
        plan = m.files->companions->pdata[0];
        assert_int_equal(plan->kind, QEMU_COMPANION_NBDKIT);
        line = g_strjoinv(" ", (char **) plan->program->argv->pdata);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (!strstr(line, parts[i]))
                        fail_msg("'%s' is not in: %s", parts[i], line);
        assert_null(strstr(line, PASSPHRASE));
        assert_string_equal(plan->program->env->pdata[plan->program->env->len - 2], "HOME=/proc/self/cwd");
}

/* -- refusals ---------------------------------------------------------------------------------------------
 */

static char *small_domain(const char *head, const char *devices)
{
        return g_strdup_printf("<domain type='qemu'><name>x</name>"
                               "<uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid><memory>65536</memory>"
                               "%s<devices>"
                               "<emulator>/usr/bin/qemu-system-x86_64</emulator>%s</devices></domain>",
                               head, devices);
}

#define OS "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"

/* A secret that is not there, or not for the purpose. */
static void test_missing_secrets(void **state)
{
        static const struct {
                const char *disk, *text;
                ErrorCode code;
        } cases[] = {
                { "<disk type='network'><source protocol='iscsi' name='a/1'><host name='h'/><auth username='x'>"
                  "<secret type='iscsi' usage='name-b'/></auth></source><target dev='vda'/></disk>",
                  "/domain/devices/disk[1]/source/auth: no secret with matching usage 'name-b'", ERROR_NO_SECRET },
                { "<disk type='network'><auth username='x'><secret type='iscsi' "
                  "uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/></auth>"
                  "<source protocol='iscsi' name='a/1'><host name='h'/></source><target dev='vda'/></disk>",
                  "/domain/devices/disk[1]/auth: invalid secret usageType 'volume' expecting 'iscsi'",
                  ERROR_CONFIG_UNSUPPORTED },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = small_domain(OS, cases[i].disk);
                _cleanup_error_ Error error = ERROR_INIT;
                _cleanup_(machine_clear) Machine m;
                GPtrArray *secrets = NULL;

                prepare(f, xml, &m);
                assert_true(qemu_secrets_collect(m.def, f->secrets, NULL, &secrets, &error) < 0);
                assert_int_equal(error.code, cases[i].code);
                assert_string_equal(error.detail, cases[i].text);
        }
}

#define CARD(content)                                                                                       \
        "<interface type='hostdev' managed='yes'><mac address='52:54:00:01:02:03'/><source><address type='pci' " \
        "domain='0' bus='3' slot='0x10' function='1'/></source>" content "</interface>"

/* The variables of the firmware on a server. */
static void test_served_store(void **state)
{
        static const char *const parts[] = {
                ("{\"driver\":\"nbd\",\"server\":{\"type\":\"inet\",\"host\":\"192.0.2.1\",\"port\":\"10809\"},"
                 "\"export\":\"vars\",\"node-name\":\"pflash1-file\",\"read-only\":false"),
                "\"node-name\":\"pflash1-format\",\"read-only\":false,\"driver\":\"raw\",\"file\":\"pflash1-file\"",
                "pflash1=pflash1-format",
        };
        Fixture *f = *state;
        g_autofree char *xml = small_domain(
                "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader readonly='yes' type='pflash'>@DIR@/"
                "code.fd</loader><nvram type='network'><source protocol='nbd' name='vars'><host name='192.0.2.1'/>"
                "</source></nvram></os><features><acpi/></features>", "");
        _cleanup_(machine_clear) Machine m;
        g_autofree char *line = NULL;

        build(f, xml, FIRST_UID, &m);
        line = g_strjoinv(" ", m.command->argv);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (!strstr(line, parts[i]))
                        fail_msg("'%s' is not in: %s", parts[i], line);
}

/* The card is none here, so nothing is opened for it: the command line as it is checked. */
static void test_interface_hostdev(void **state)
{
        const QemuCommandOptions options = { .now = NOW };
        Fixture *f = *state;
        g_autofree char *xml = small_domain(
                OS, "<interface type='user'><model type='virtio'/><alias name='ua-stand-in'/>"
                    "<teaming type='persistent'/></interface>"
                    CARD("<vlan><tag id='42'/></vlan><teaming type='transient' persistent='ua-stand-in'/>"
                         "<boot order='1'/>"));
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(machine_clear) Machine m;
        g_autofree char *line = NULL;

        prepare(f, xml, &m);
        if (qemu_command_build(m.def, f->caps, NULL, &options, &m.command, &error) < 0)
                fail_error("command", &error);
        line = qemu_command_to_string(m.command);
        assert_non_null(strstr(line, "{\"driver\":\"vfio-pci\",\"host\":\"0000:03:10.1\","
                                     "\"failover_pair_id\":\"ua-stand-in\",\"id\":\"hostdev0\",\"bootindex\":1,"));
        assert_int_equal(m.command->locked_memory, (UINT64_C(65536) + 1024 * 1024) * 1024);
}

static void test_refusals(void **state)
{
        static const struct {
                const char *head, *devices, *text;
        } cases[] = {
                        {"<os><type arch='x86_64' machine='pc-q35-99.9'>hvm</type></os>", "",
                         "/domain/os/type/@machine: /usr/bin/qemu-system-x86_64 has no machine "
                         "'pc-q35-99.9'"},
                        {"<os><type arch='aarch64' machine='virt'>hvm</type></os>", "",
                         "/domain/os/type/@arch: /usr/bin/qemu-system-x86_64 runs 'x86_64', not 'aarch64'"},
                        {OS "<cpu mode='host-passthrough'/>", "",
                         "/domain/cpu/@mode: 'host-passthrough' needs"},
                        {OS "<cpu><model>NoSuchChip</model></cpu>", "", "/domain/cpu/model"},
                        {OS "<cpu><model>qemu64</model><feature name='a,b=c'/></cpu>", "",
                         "/domain/cpu/feature/@name"},
                        {OS,
                         "<disk type='network'><source protocol='sheepdog' name='x'><host name='h'/></source>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/@protocol: QEMU has had no client of 'sheepdog' since 6.1"},
                        {OS,
                         "<disk type='network'><source protocol='gluster' name='v/x'><host name='h' transport='rdma'/>"
                         "</source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/host/@transport: QEMU speaks with servers over TCP"},
                        {OS,
                         "<disk type='network'><source protocol='nbd' name='x'><host name='h'/>"
                         "<auth username='x'><secret type='iscsi' usage='y'/></auth></source>"
                         "<target dev='vda'/></disk>",
                         "authentication is not supported for protocol 'nbd'"},
                        {OS,
                         "<disk type='file'><driver type='qed'/><source file='/x'/><target "
                         "dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/@type: images of the format 'qed' cannot be used"},
                        {OS,
                         "<disk type='file'><source file='/x'><encryption format='qcow'><secret type='passphrase' "
                         "usage='x'/></encryption></source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/encryption: QEMU itself has the format 'luks' alone"},
                        {OS,
                         "<disk type='file'><driver type='qcow2'/><source file='/x'/><backingStore type='file'>"
                         "<format type='raw'/><source file='/y'/><backingStore type='volume'><format type='raw'/>"
                         "<source pool='p' volume='v'/></backingStore></backingStore><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/backingStore/backingStore/@type: 'volume': it was not looked up"},
                        {OS,
                         "<disk type='network'><source protocol='nbd' name='x'><host name='h'/>"
                         "<identity username='u' keyfile='/k'/></source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/identity/@keyfile"},
                        {OS,
                         "<disk type='network'><source protocol='ssh' name='x'><host name='h'/>"
                         "<identity username='u' agentsock='/a'/><knownHosts path='/k'/></source>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/identity/@agentsock: an SSH agent speaks"},
                        {"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><kernel>/k</kernel>"
                         "<shim>/s</shim></os>",
                         "",
                         "/domain/os/shim: it needs QEMU 10.0, but"},
                        {OS "<iothreads>1</iothreads>",
                         "<disk type='file'><driver name='qemu'><iothreads><iothread id='1'/></iothreads></driver>"
                         "<source file='/x'/><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/iothreads: it needs QEMU 9.0, but"},
                        {OS,
                         "<disk type='file'><driver type='qcow2' discard_no_unref='on'/><source file='/x'/>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/@discard_no_unref: it needs QEMU 8.1, but"},
                        {OS,
                         "<disk type='file'><source file='/x'/><target dev='sda' bus='sata'/>"
                         "<address type='drive' controller='0' bus='0' target='0' unit='6'/></disk>",
                         "/domain/devices/disk[1]/address/@unit: the bus has no unit 6"},
                        {OS,
                         "<disk type='file'><source file='/x'/><target dev='vda'/><throttlefilters>"
                         "<throttlefilter group='none'/></throttlefilters></disk>",
                         "throttle group 'none' not found"},
                        {OS,
                         "<disk type='vhostuser'><source type='unix' path='/x'/><target dev='vda'/></disk>",
                         "'vhostuser disk' requires shared memory"},
                        {OS, "<disk type='file'><source file='/x'/><backenddomain name='x'/><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/backenddomain: only Xen"},
                        {OS, "<interface type='network'><source network='blue'/></interface>",
                         "/domain/devices/interface[1]/source/@network: the network 'blue' has no bridge"},
                        {"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
                         "<loader readonly='yes' type='pflash'>/x</loader><nvram type='network'>"
                         "<source protocol='sheepdog' name='v'><host name='h'/></source>"
                         "</nvram></os><features><acpi/></features>", "",
                         "/domain/os/nvram/source/@protocol: QEMU has had no client"},
                        {OS, CARD("<vlan trunk='yes'><tag id='42'/></vlan>"),
                         "/domain/devices/interface[1]/vlan: a virtual function has one VLAN"},
                        {OS, CARD("<driver name='kvm'/>"), "/domain/devices/interface[1]/driver/@name: devices are"},
                        {OS, CARD("<bandwidth><inbound average='1'/></bandwidth>"),
                         "/domain/devices/interface[1]/bandwidth: only traffic through"},
                        {OS, "<interface type='user'><model type='nosuch'/></interface>",
                         "/domain/devices/interface[1]/model/@type: there is no network card 'nosuch'"},
                        {OS, "<serial type='nmdm'><source master='/a' slave='/b'/></serial>",
                         "/domain/devices/serial[1]/@type"},
                        {OS, "<graphics type='vnc' port='80' autoport='no'/>",
                         "/domain/devices/graphics[1]/@port"},
                        {OS, "<graphics type='vnc' port='-1' passwd='ninechars'/>",
                         "/domain/devices/graphics[1]/@passwd"},
                        {OS, "<graphics type='sdl'/>", "/domain/devices/graphics[1]/@type"},
                        {OS, "<sound model='ich7'/>",
                         "sound card model 'ich7' is not supported by qemu"},
                        {OS, "<rng model='virtio'><backend model='egd' type='udp'/></rng>",
                         "/domain/devices/rng[1]"},
                        {OS, "<filesystem type='ram'><source usage='1'/><target dir='y'/></filesystem>",
                         "QEMU only supports mount filesystem type"},
                        {OS, "<filesystem><driver type='virtiofs'/><source dir='/x'/><target dir='y'/></filesystem>",
                         "'virtiofs' requires shared memory"},
                        {OS, "<tpm model='tpm-crb'><backend type='emulator' version='1.2'/></tpm>",
                         "/domain/devices/tpm[1]/backend/@version"},
                        {OS "<resource><fibrechannel appid='a'/></resource>", "",
                         "/domain/resource/fibrechannel/@appid"},
                        {OS "<vcpu>2</vcpu><cputune><cachetune vcpus='0'>"
                            "<cache id='0' level='3' type='both' size='3' unit='MiB'/></cachetune>"
                            "<memorytune vcpus='0-1'><node id='0' bandwidth='60'/></memorytune></cputune>", "",
                         "/domain/cputune/memorytune[1]/@vcpus: a <cachetune> has some"},
                        {OS, "<graphics type='spice' tlsPort='5999'/>", "/domain/devices/graphics[1]/@tlsPort"},
                        {"<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
                         "<features><acpi/></features>", "", "/domain/os/@firmware"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = small_domain(cases[i].head, cases[i].devices);
                _cleanup_error_ Error error = ERROR_INIT;
                _cleanup_(machine_clear) Machine m;

                /* what no QEMU has is refused before it comes to this one */
                if (try_to_prepare(f, xml, &m, &error) >= 0 && qemu_command_check(m.def, f->caps, NULL, &error) >= 0)
                        fail_msg("accepted: %s", xml);
                if (!strstr(error.detail, cases[i].text))
                        fail_msg("'%s' is not in '%s'", cases[i].text, error.detail);
        }
}

/* -- the real thing ---------------------------------------------------------------------------------------
 */

typedef struct Run {
        const char *name;
        Machine *m;
        sd_event *event;
        Process *process;
        Qmp *qmp;
        JsonNode *chardevs, *vnc;
        bool started, prelaunch, exited;
} Run;

static void on_started(Process *process, Error *error, void *userdata)
{
        Run *run_ = userdata;

        if (error && error_is_set(error))
                fail_error(run_->name, error);
        run_->started = true;
}

static void on_exited(Process *process, const ProcessExit *exit_, void *userdata)
{
        Run *run_ = userdata;

        run_->exited = true;
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        if (!result)
                fail_error(run_->name, error);
}

static void on_status(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        const char *status = NULL;
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        assert_true(qmp_get_string(qmp_node_object(result), "status", &status) > 0);
        assert_string_equal(status, "prelaunch");
        run_->prelaunch = true;
}

static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        run_->chardevs = json_node_copy(result);
}

static void on_vnc(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        run_->vnc = json_node_copy(result);
}

static void on_ready(Qmp *qmp, void *userdata)
{
        Run *run_ = userdata;
        const QemuCommand *command = run_->m->command;

        qmp_execute(qmp, "query-status", NULL, QMP_TIMEOUT_DEFAULT, on_status, run_);
        qmp_execute(qmp, "query-chardev", NULL, QMP_TIMEOUT_DEFAULT, on_chardevs, run_);
        qmp_execute(qmp, "query-vnc", NULL, QMP_TIMEOUT_DEFAULT, on_vnc, run_);
        for (size_t i = 0; i < command->n_setup; i++)
                qmp_execute(qmp, command->setup[i].command, json_object_ref(command->setup[i].arguments),
                            QMP_TIMEOUT_DEFAULT, on_reply, run_);
        qmp_execute(qmp, "quit", NULL, QMP_TIMEOUT_DEFAULT, NULL, NULL);
}

static const QmpHandlers qmp_handlers = { .ready = on_ready };
static const ProcessHandlers process_handlers = { .started = on_started, .exited = on_exited };

/*
 * What QEMU printed: the reason of a failure, or warnings of options that are not as they should be. Where
 * it listens is no warning, and neither is a processor without what others have, a network without a card
 * (it forwards a port), or a server that is waited for.
 */
static void check_stderr(Fixture *f, const Run *run_)
{
        g_autofree char *path = g_build_filename(f->dir, "stderr", NULL), *text = NULL;
        static const char *const harmless[] = {
                "VNC server running on", "doesn't support requested feature", "has no peer",
                "Unable to connect character device",
        };
        g_auto(GStrv) lines = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                bool known = !**line;

                for (size_t i = 0; i < ELEMENTSOF(harmless); i++)
                        known |= strstr(*line, harmless[i]) != NULL;
                if (!known)
                        fail_msg("%s: QEMU says: %s", run_->name, text);
        }
}

static void run_machine(Fixture *f, Launcher *launcher, Run *run_, uid_t uid)
{
        g_autofree char *path = g_build_filename(f->dir, "stderr", NULL);
        _cleanup_close_ int err = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        const QemuCommand *command = run_->m->command;
        g_autofree ProcessFd *fds = g_new0(ProcessFd, command->n_fds + 1);
        ProcessSpec spec = {
                .path = command->argv[0],
                .argv = (const char *const *) command->argv,
                .env = (const char *const *) command->env,
                .uid = uid,
                .gid = uid,
                .fds = fds,
                .n_fds = command->n_fds + 1,
        };
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int client = -EBADF;
        gid_t kvm;

        memcpy(fds, command->fds, command->n_fds * sizeof(*fds));
        fds[command->n_fds] = (ProcessFd) { .fd = err, .target = 2 };
        if (run_->m->def->type == DOMAIN_VIRT_KVM) {
                spec.groups = &kvm;
                spec.n_groups = (size_t) qemu_kvm_group(NULL, uid, uid, &kvm, NULL);
        }
        if (process_spawn(launcher, &spec, &process_handlers, run_, &run_->process, &error) < 0)
                fail_error(run_->name, &error);
        while (!run_->started)
                assert_true(sd_event_run(run_->event, DEADLINE_USEC) > 0);
        assert_int_equal(qemu_open_connect(run_->m->monitor_path, "test", &client, NULL), 0);
        assert_int_equal(
                qmp_new(run_->event, TAKE_FD(client), NULL, &qmp_handlers, run_, &run_->qmp, NULL), 0);
        while (!run_->exited)
                if (sd_event_run(run_->event, DEADLINE_USEC) <= 0) {
                        (void) process_kill(run_->process, SIGKILL, NULL);
                        check_stderr(f, run_);
                        fail_msg("%s: no end", run_->name);
                }
        check_stderr(f, run_);
        assert_true(run_->prelaunch);
}

/* Facts that only the running QEMU knows arrive in the definition. */
static void check_live(const Run *run_)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (qemu_live_update(run_->m->def, run_->chardevs, run_->vnc, &live, &error) < 0)
                fail_error(run_->name, &error);
        DEF_FOREACH(serial, live->serials)
                if (serial->type == DOMAIN_CHARDEV_PTY)
                        assert_true(g_str_has_prefix(strempty(serial->path), "/dev/pts/"));
        DEF_FOREACH(graphics, live->graphics) {
                if (!graphics->socket && graphics->type != DOMAIN_GRAPHICS_DBUS)
                        assert_in_range(graphics->port, 5900, 65535);
                if (streq(run_->name, "pc-foundation"))
                        assert_int_equal(graphics->port, 5977);
        }
}

/* pc-foundation wants this very port. */
static bool port_is_free(void)
{
        const struct sockaddr_in6 address = {
                .sin6_family = AF_INET6,
                .sin6_port = htons(5977),
                .sin6_addr = IN6ADDR_LOOPBACK_INIT,
        };
        _cleanup_close_ int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

        return fd >= 0 && bind(fd, (const struct sockaddr *) &address, sizeof(address)) == 0;
}

static bool can_start(const char *name)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *reason = NULL;
        gid_t group;

        if (streq(name, "kvm") && qemu_kvm_group(NULL, FIRST_UID, FIRST_UID, &group, &error) < 0)
                reason = error_message(&error);
        else if (streq(name, "pc-foundation") && !port_is_free())
                reason = g_strdup("the port 5977 of ::1 cannot be had");
        else if (streq(name, "hostdevs"))
                reason = g_strdup("the devices are made up");
        else if (streq(name, "network-disks") || streq(name, "images-on-servers"))
                reason = g_strdup("there are no such servers");
        else if (g_str_has_prefix(name, "tpm-"))
                reason = g_strdup("what stands in for the TPM is none");
        else if (streq(name, "shares") || streq(name, "cards"))
                reason = g_strdup("what stands in for the server is none");
        if (reason)
                print_message("%s is not started: %s\n", name, reason);
        return !reason;
}

static void test_start(void **state)
{
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(launcher_freep) Launcher *launcher = NULL;
        Fixture *f = *state;

        if (geteuid() != 0) {
                print_message("only root can start QEMU as another user\n");
                skip();
        }
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(launcher_new(event, getenv("VIRTBUS_EXEC"), &launcher, NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *xml = read_xml(names[i]);
                uid_t uid = FIRST_UID + (uid_t) i;
                _cleanup_(machine_clear) Machine m = { .monitor = -EBADF };
                Run run_ = { .name = names[i], .m = &m, .event = event };

                if (!can_start(names[i]))
                        continue;
                build(f, xml, uid, &m);
                run_machine(f, launcher, &run_, uid);
                check_live(&run_);
                run_.qmp = qmp_unref(run_.qmp);
                run_.process = process_free(run_.process);
                json_node_unref(run_.chardevs);
                json_node_unref(run_.vnc);
                qemu_files_clear_away(m.def, true);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_shown),
                cmocka_unit_test(test_secrets),
                cmocka_unit_test(test_missing_secrets),
                cmocka_unit_test(test_nbdkit),
                cmocka_unit_test(test_served_store),
                cmocka_unit_test(test_interface_hostdev),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_start),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
