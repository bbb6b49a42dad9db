/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host with what definitions of tests/golden/qemu name, and what is made of one. For tests of the command line. */

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_secrets.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/golden.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00 */
#define FIRST_UID 2113930000u
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
                "images-on-servers", "machine",       "hostdevs",      "odd-devices",
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

static inline void machine_clear(Machine *m)
{
        qemu_command_free(m->command);
        qemu_files_free(m->files);
        domain_def_unref(m->def);
        safe_close(m->monitor);
        g_free(m->monitor_path);
}

static inline void fail_error(const char *what, const Error *error)
{
        g_autofree char *text = error_message(error);

        fail_msg("%s: %s", what, text);
}

/* -- files ------------------------------------------------------------------------------------------------
 */

/* qemu-img gives up on LUKS when the clock of its processor time has not moved yet, as on a busy machine. */
#define CLOCK_STOOD "Unable to get accurate CPU usage"
#define TRIES_MAX 50

static inline void run(const char *dir, const char *line)
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

static inline void make_file(const char *dir, const char *name, size_t size, const char *at, size_t offset)
{
        g_autofree char *path = g_build_filename(dir, name, NULL), *data = g_malloc0(size);

        if (at)
                memcpy(data + offset, at, strlen(at));
        assert_true(g_file_set_contents(path, data, (gssize) size, NULL));
        assert_int_equal(chmod(path, 0600), 0);
}

/* The least that QEMU takes for a Linux kernel that can have an initial RAM disk (Linux' boot
 * protocol 2.12). */
static inline void make_kernel(const char *dir)
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
static inline void make_host(const char *dir)
{
        static const char *const steps[] = {
                "mkdir -p fat",
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

static inline void make_files(const char *dir)
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
static inline QemuCaps *load_caps(void)
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

static inline void add_secret(ObjectList *list, const char *xml)
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

static inline ObjectList *make_secrets(void)
{
        static const ObjectListener deaf = {};
        ObjectList *list = object_list_new(NULL, &deaf, NULL);

        add_secret(list, "<secret><uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>"
                         "<usage type='volume'><volume>key-a</volume></usage></secret>");
        add_secret(list, "<secret><usage type='iscsi'><target>name-a</target></usage></secret>");
        add_secret(list, "<secret><usage type='ceph'><name>name-a</name></usage></secret>");
        return list;
}

static inline int make_listener(const char *dir)
{
        g_autofree char *path = g_build_filename(dir, "listener", NULL);
        int fd = -EBADF;

        assert_int_equal(qemu_open_listen(path, "test", &fd, NULL), 0);
        assert_int_equal(listen(fd, 16), 0);
        return fd;
}

/* Programs are planned, not run. */
static inline const char *say_program(const void *userdata, const char *key)
{
        return "/bin/true";
}

/* No files: enough for what is refused before any is opened. */
static inline int setup_caps(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-command-XXXXXX", NULL);
        assert_non_null(f->dir);
        f->run_dir = g_build_filename(f->dir, "run", NULL);
        assert_int_equal(g_mkdir(f->run_dir, 0700), 0);
        f->listener = -EBADF;
        f->caps = load_caps();
        *state = f;
        return 0;
}

static inline int setup(void **state)
{
        g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
        Fixture *f;

        if (!qemu_img || access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
                print_message("QEMU is not installed\n");
                exit(77);
        }
        /* clocks that are set by the host's time of day */
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        (void) setup_caps(state);
        f = *state;
        make_files(f->dir);
        f->listener = make_listener(f->dir);
        f->secrets = make_secrets();
        f->programs = qemu_programs_new(f->dir, f->dir, say_program, NULL);
        return 0;
}

static inline int teardown(void **state)
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

static inline char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, -1);

        return g_strjoinv(to, parts);
}

static inline void fixed_random(void *userdata, uint8_t *bytes, size_t n)
{
        memset(bytes, 0x42, n);
}

/* The definition as it would be stored, and then as it would be started. */
static inline int try_to_prepare(Fixture *f, const char *xml, Machine *m, Error *error)
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

static inline void prepare(Fixture *f, const char *xml, Machine *m)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (try_to_prepare(f, xml, m, &error) < 0)
                fail_error("definition", &error);
}

static inline void build(Fixture *f, const char *xml, uid_t uid, Machine *m)
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

static inline char *read_xml(const char *name)
{
        g_autofree char *file = g_strdup_printf("qemu/%s.xml", name);

        return golden_read(file, NULL);
}

static inline char *small_domain(const char *head, const char *devices)
{
        return g_strdup_printf("<domain type='qemu'><name>x</name>"
                               "<uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid><memory>65536</memory>"
                               "%s<devices>"
                               "<emulator>/usr/bin/qemu-system-x86_64</emulator>%s</devices></domain>",
                               head, devices);
}

#define OS "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
