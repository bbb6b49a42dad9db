/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools of the connection of real machines: real directories, images, devices, mounts. */
#include "tests/bus/harness.h"
#include "tests/bus/later.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define UUID "4f9f5e2b-7c2c-4f57-8b5c-3a1b0f6d9a11"
#define POOL "/org/virtbus1/QEMU/storagepool/_4f9f5e2b_7c2c_4f57_8b5c_3a1b0f6d9a11"
#define MIB (UINT64_C(1024) * 1024)
#define OPERATION_FAILED "org.virtbus1.Error.OperationFailed"
#define OPERATION_INVALID "org.virtbus1.Error.OperationInvalid"
#define CONFIG_UNSUPPORTED "org.virtbus1.Error.ConfigUnsupported"
#define SYSTEM_ERROR "org.virtbus1.Error.SystemError"

#define done(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

static Target connection(void)
{
        return native("Connect", "/org/virtbus1/QEMU");
}

static Target pool(void)
{
        return native("StoragePool", POOL);
}

static Target volume(const char *path)
{
        return native("StorageVol", path);
}

/* Beneath the scratch directory. */
static char *scratch(const char *rest)
{
        return g_build_filename(g_getenv("VIRTBUS_TEST_DIR"), rest, NULL);
}

static char *config_file(const char *rest)
{
        return g_build_filename(g_getenv("VIRTBUS_ROOT"), "etc", "storage", rest, NULL);
}

static bool file_exists(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0;
}

static void shell(const char *format, ...) _printf_(1, 2);
static void shell(const char *format, ...)
{
        g_autofree char *command = NULL;
        va_list ap;

        va_start(ap, format);
        command = g_strdup_vprintf(format, ap);
        va_end(ap);
        assert_int_equal(system(command), 0);
}

static void restart(void)
{
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
}

/* The pools that a new daemon finds look at their volumes first; who wants more waits for that. */
static void restart_and_settle(sd_bus *bus)
{
        restart();
        done(bus, pool(), "Refresh", "u", 0);
}

static char *pool_xml(const char *dir, const char *rest)
{
        return g_strdup_printf("<pool type='dir'><name>images</name><uuid>" UUID
                               "</uuid><target><path>%s</path>%s</target></pool>",
                               dir, rest);
}

static void set_autostart(sd_bus *bus, Target target, const char *interface)
{
        g_autofree char *name = g_strconcat("org.virtbus1.", interface, NULL);

        done(bus, on_interface(target, "org.freedesktop.DBus.Properties"), "Set", "ssv", name, "Autostart", "b", 1);
}

/* A new directory, as a pool that is active. */
static char *pool_start(sd_bus *bus, const char *name)
{
        g_autofree char *dir = scratch(name), *xml = pool_xml(dir, "");

        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        done(bus, pool(), "Build", "u", 0);
        done(bus, pool(), "Create", "u", 0);
        return g_steal_pointer(&dir);
}

/* A program that moved data for us may still be about to end. */
static bool is_stopped(void *userdata)
{
        return call_allowed(userdata, pool(), OPERATION_INVALID, "Destroy", NULL);
}

static void pool_forget(sd_bus *bus, const char *dir)
{
        assert_true(wait_until(is_stopped, bus));
        done(bus, pool(), "Undefine", NULL);
        shell("rm -rf '%s'", dir);
}

static char *volume_xml(const char *name, const char *format, uint64_t capacity, const char *rest)
{
        return g_strdup_printf("<volume><name>%s</name><capacity>%" PRIu64 "</capacity><allocation>0</allocation>"
                               "<target><format type='%s'/></target>%s</volume>", name, capacity, format, rest);
}

static char *create(sd_bus *bus, const char *name, const char *format, uint64_t capacity, const char *rest)
{
        g_autofree char *xml = volume_xml(name, format, capacity, rest);

        return call_string(bus, pool(), "StorageVolCreateXML", "su", xml, 0);
}

static void create_fails(sd_bus *bus, const char *xml, const char *error, const char *part)
{
        assert_part(call_error(bus, pool(), error, "StorageVolCreateXML", "su", xml, 0), part);
}

static void assert_info(sd_bus *bus, const char *path, uint64_t capacity)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, volume(path), "GetInfo", "u", 0);
        uint64_t has, used;
        int type;

        assert_true(sd_bus_message_read(reply, "(itt)", &type, &has, &used) > 0);
        assert_int_equal(has, capacity);
}

static char *lookup(sd_bus *bus, const char *name)
{
        return call_string(bus, pool(), "StorageVolLookupByName", "s", name);
}

static unsigned n_volumes(sd_bus *bus)
{
        return n_listed(bus, pool(), "ListStorageVolumes", 0);
}

static unsigned n_files(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        unsigned n = 0;

        assert_non_null(dir);
        while (g_dir_read_name(dir))
                n++;
        return n;
}

static void test_lives(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(bus, "org.virtbus1", ",member='StoragePoolEvent'");
        g_autofree char *dir = scratch("lives/a/b"),
                        *xml = pool_xml(dir, "<permissions><mode>0750</mode><owner>0</owner>"
                                             "<group>3</group></permissions>");
        g_autofree char *file = config_file("images.xml"), *link = config_file("autostart/images.xml"),
                        *top = scratch("lives");
        struct stat st;

        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        assert_non_null(signals_wait(signals, "StoragePoolEvent"));
        assert_true(file_exists(file));
        assert_part(call_error(bus, pool(), SYSTEM_ERROR, "Create", "u", 0), "cannot open directory");
        done(bus, pool(), "Build", "u", 0);
        assert_int_equal(stat(dir, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0750);
        assert_int_equal(st.st_gid, 3);
        done(bus, pool(), "Create", "u", 0);
        assert_true(property_bool(bus, pool(), "Active"));
        assert_text(property_string(bus, pool(), "State"), "running");
        set_autostart(bus, pool(), "StoragePool");
        assert_true(file_exists(link));
        restart_and_settle(bus);
        assert_true(property_bool(bus, pool(), "Active"));
        assert_true(property_bool(bus, pool(), "Autostart"));
        assert_part(call_error(bus, pool(), OPERATION_INVALID, "Undefine", NULL), "is active");
        done(bus, pool(), "Destroy", NULL);
        restart();
        assert_false(property_bool(bus, pool(), "Active"));
        assert_part(call_error(bus, pool(), "org.virtbus1.Error.ArgumentUnsupported", "Delete", "u", 1), "zeroed");
        done(bus, pool(), "Delete", "u", 0);
        assert_false(file_exists(dir));
        done(bus, pool(), "Undefine", NULL);
        assert_false(file_exists(file));
        assert_false(file_exists(link));
        shell("rm -rf '%s'", top);
}

static void test_transient(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = scratch("transient"), *xml = pool_xml(dir, ""), *file = config_file("images.xml");

        assert_text(call_string(bus, connection(), "StoragePoolCreateXML", "su", xml, 1), POOL);
        assert_false(file_exists(file));
        g_free(create(bus, "a", "raw", MIB, ""));
        restart_and_settle(bus);
        assert_true(property_bool(bus, pool(), "Active"));
        assert_false(property_bool(bus, pool(), "Persistent"));
        assert_int_equal(n_volumes(bus), 1);
        done(bus, pool(), "Destroy", NULL);
        g_free(call_error(bus, connection(), "org.virtbus1.Error.NoStoragePool", "StoragePoolLookupByName", "s",
                          "images"));
        shell("rm -rf '%s'", dir);
}

static void test_volumes(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "volumes"), *raw = NULL, *qcow2 = NULL, *over = NULL, *folder = NULL;
        g_autofree char *base = g_build_filename(dir, "b.qcow2", NULL), *file = g_build_filename(dir, "a.img", NULL);
        g_autofree char *backing =
                        g_strdup_printf("<backingStore><path>%s</path><format type='qcow2'/></backingStore>", base);
        g_autofree char *xml = g_strdup_printf(
                        "<volume><name>o.qcow2</name><target><format type='qcow2'/></target>%s</volume>", backing);
        struct stat st;

        raw = create(bus, "a.img", "raw", 8 * MIB, "");
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_size, 8 * MIB);
        assert_true(st.st_blocks < 64);
        assert_int_equal(st.st_mode & 07777, 0600);
        qcow2 = create(bus, "b.qcow2", "qcow2", 16 * MIB, "");
        assert_info(bus, qcow2, 16 * MIB);
        assert_text(property_string(bus, volume(qcow2), "Format"), "qcow2");
        /* as large as what it builds upon */
        over = call_string(bus, pool(), "StorageVolCreateXML", "su", xml, 0);
        assert_info(bus, over, 16 * MIB);
        assert_part(call_string(bus, volume(over), "GetXMLDesc", "u", 0), "<backingStore>\n    <path>");
        folder = create(bus, "d", "dir", 0, "");
        assert_text(property_string(bus, volume(folder), "Type"), "dir");
        assert_int_equal(n_volumes(bus), 4);
        assert_text(call_string(bus, connection(), "StorageVolLookupByPath", "s", file), raw);
        assert_text(call_string(bus, connection(), "StorageVolLookupByKey", "s", file), raw);

        done(bus, volume(raw), "Resize", "tu", (uint64_t) (12 * MIB), 0);
        done(bus, volume(qcow2), "Resize", "tu", (uint64_t) MIB, 2);
        assert_info(bus, raw, 12 * MIB);
        assert_info(bus, qcow2, 17 * MIB);
        done(bus, volume(qcow2), "Resize", "tu", (uint64_t) (4 * MIB), 4);
        assert_info(bus, qcow2, 4 * MIB);
        done(bus, volume(over), "Resize", "tu", (uint64_t) (20 * MIB), 0);
        assert_info(bus, over, 20 * MIB);

        assert_part(call_error(bus, volume(raw), "org.virtbus1.Error.ArgumentUnsupported", "Delete", "u", 2),
                    "snapshots");
        done(bus, volume(raw), "Delete", "u", 1);
        assert_false(file_exists(file));
        assert_int_equal(n_volumes(bus), 3);
        done(bus, volume(folder), "Delete", "u", 0);
        pool_forget(bus, dir);
}

/* Each is shown as what it was made, with the size that a guest sees. */
static void test_formats(void **state)
{
        static const char *const formats[] = { "qcow2", "qcow", "qed", "vdi", "vmdk" };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "formats");

        for (size_t i = 0; i < ELEMENTSOF(formats); i++) {
                g_autofree char *path = create(bus, formats[i], formats[i], 16 * MIB, "");

                assert_text(property_string(bus, volume(path), "Format"), formats[i]);
                assert_info(bus, path, 16 * MIB);
        }
        pool_forget(bus, dir);
}

static void test_allocation(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "allocation"), *file = g_build_filename(dir, "full", NULL), *path = NULL;
        struct stat st;

        path = call_string(bus, pool(), "StorageVolCreateXML", "su",
                           "<volume><name>full</name><capacity "
                           "unit='MiB'>4</capacity><target><permissions><mode>0640</mode>"
                           "<owner>1</owner><group>2</group></permissions></target></volume>",
                           0);
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_blocks * 512, 4 * MIB);
        assert_int_equal(st.st_mode & 07777, 0640);
        assert_int_equal(st.st_uid, 1);
        assert_int_equal(st.st_gid, 2);
        done(bus, volume(path), "Resize", "tu", (uint64_t) (6 * MIB), 1);
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_blocks * 512, 6 * MIB);
        g_free(call_string(bus, pool(), "StorageVolCreateXML", "su",
                           "<volume><name>q</name><capacity unit='MiB'>4</capacity><target><format type='qcow2'/>"
                           "<compat>1.1</compat><clusterSize unit='KiB'>128</clusterSize><features><lazy_refcounts/>"
                           "<extended_l2/></features></target></volume>", 1));
        assert_part(call_string(bus, volume(path), "GetXMLDesc", "u", 0), "<physical unit='bytes'>6291456</physical>");
        pool_forget(bus, dir);
}

static char *copy_volume(sd_bus *bus, const char *name, const char *format, const char *key, uint32_t flags)
{
        g_autofree char *xml = volume_xml(name, format, 0, "");

        return call_string(bus, pool(), "StorageVolCreateXMLFrom", "ssu", xml, key, flags);
}

static void test_clone(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "clone"), *path = NULL, *copy = NULL, *back = NULL;
        g_autofree char *key = g_build_filename(dir, "a", NULL), *copied = g_build_filename(dir, "b", NULL);

        path = create(bus, "a", "raw", 4 * MIB, "");
        shell("printf 'some data' | dd of='%s' conv=notrunc bs=1 seek=1048577 status=none", key);
        copy = copy_volume(bus, "b", "qcow2", key, 0);
        assert_info(bus, copy, 4 * MIB);
        back = copy_volume(bus, "c", "raw", copied, 0);
        shell("cmp '%s' '%s/c'", key, dir);
        assert_true(n_files(dir) == 3);
        pool_forget(bus, dir);
}

/* What a guest writes into its raw disk does not make an image of it that names other files. */
static void test_confusion(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "confusion"), *raw = NULL, *copy = NULL;
        g_autofree char *file = g_build_filename(dir, "a", NULL), *evil = g_build_filename(dir, "evil", NULL);

        raw = create(bus, "a", "raw", 4 * MIB, "");
        shell("qemu-img create -q -f qcow2 -u -b /etc/shadow -F raw '%s' 1M", evil);
        shell("dd if='%s' of='%s' conv=notrunc status=none", evil, file);
        done(bus, pool(), "Refresh", "u", 0);
        assert_text(property_string(bus, volume(raw), "Format"), "raw");
        assert_info(bus, raw, 4 * MIB);
        copy = copy_volume(bus, "b", "raw", file, 0);
        shell("cmp '%s' '%s/b'", file, dir);
        /* an image that was found names a file elsewhere: it is shown, and not followed */
        g_free(lookup(bus, "evil"));
        assert_part(call_error(bus, pool(), CONFIG_UNSUPPORTED, "StorageVolCreateXMLFrom", "ssu",
                               "<volume><name>c</name><capacity>0</capacity></volume>", evil, 0),
                    "builds upon '/etc/shadow', which is not in its pool");
        assert_int_equal(n_files(dir), 3);
        pool_forget(bus, dir);
}

static void test_hostile(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "hostile"), *outside = scratch("outside"), *path = NULL;

        create_fails(bus, "<volume><name>../x</name><capacity>1</capacity></volume>", OPERATION_FAILED,
                     "cannot contain '/'");
        create_fails(bus, "<volume><name>..</name><capacity>1</capacity></volume>", OPERATION_FAILED, "'..'");
        create_fails(bus, "<volume><name>v</name><capacity>1</capacity><target><format type='cow'/></target></volume>",
                     CONFIG_UNSUPPORTED, "'cow' are not made");
        create_fails(bus,
                     "<volume><name>v</name><capacity>1</capacity><target><format type='qcow2'/></target><backingStore>"
                     "<path>/nowhere</path><format type='raw'/></backingStore></volume>",
                     SYSTEM_ERROR, "inaccessible");
        /* links are neither listed nor followed, nor is anything that is no file */
        shell("echo secret >'%s'; ln -s '%s' '%s/link'; mkfifo '%s/fifo'; : >'%s/ok'", outside, outside, dir, dir, dir);
        done(bus, pool(), "Refresh", "u", 0);
        assert_int_equal(n_volumes(bus), 1);
        create_fails(bus, "<volume><name>link</name><capacity>1</capacity></volume>", OPERATION_FAILED,
                     "already exists");
        /* one that takes the place of a volume */
        path = create(bus, "v", "raw", MIB, "");
        shell("rm '%s/v'; ln -s '%s' '%s/v'", dir, outside, dir);
        assert_part(call_error(bus, volume(path), OPERATION_FAILED, "Wipe", "uu", 0, 0), "not followed");
        assert_part(call_error(bus, volume(path), OPERATION_FAILED, "Upload", "ttu", UINT64_C(0), UINT64_C(0), 0),
                    "not followed");
        assert_part(call_error(bus, volume(path), OPERATION_FAILED, "Resize", "tu", (uint64_t) (2 * MIB), 0),
                    "not followed");
        done(bus, volume(path), "Delete", "u", 0);
        shell("grep -q secret '%s' && rm '%s'", outside, outside);
        pool_forget(bus, dir);
}

static void test_full(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = scratch("full"), *again = NULL;

        shell("mkdir '%s' && mount -t tmpfs -o size=4m none '%s'", dir, dir);
        /* the daemon has a mount namespace of its own kind: that of the private host */
        again = pool_start(bus, "full");
        create_fails(bus, "<volume><name>v</name><capacity unit='MiB'>8</capacity></volume>", SYSTEM_ERROR,
                     "No space left");
        assert_int_equal(n_files(dir), 0);
        assert_int_equal(n_volumes(bus), 0);
        g_free(create(bus, "small", "raw", MIB, ""));
        done(bus, pool(), "Destroy", NULL);
        done(bus, pool(), "Undefine", NULL);
        shell("umount '%s'; rmdir '%s'", dir, dir);
}

static void assert_read(int fd, const char *expected, size_t n)
{
        g_autofree char *data = NULL;
        size_t size;

        assert_int_equal(read_fd(fd, 1024 * 1024, &data, &size), 0);
        assert_int_equal(size, n);
        assert_memory_equal(data, expected, n);
        close(fd);
}

static int transfer(sd_bus *bus, const char *path, const char *member, uint64_t offset, uint64_t length)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, volume(path), member, "ttu", offset, length, 0);
        int fd;

        assert_true(sd_bus_message_read(reply, "h", &fd) > 0);
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static bool is_unused(void *userdata)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        return call_allowed(bus, volume(userdata), OPERATION_INVALID, "Wipe", "uu", 9, 0);
}

static void test_transfer(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "transfer"), *path = create(bus, "v", "raw", MIB, "");
        int fd = transfer(bus, path, "Upload", 4096, 0);

        assert_int_equal(write_all(fd, "hello world", 11), 0);
        assert_part(call_error(bus, volume(path), OPERATION_INVALID, "Delete", "u", 0), "still in use");
        assert_part(call_error(bus, pool(), OPERATION_INVALID, "Destroy", NULL), "asynchronous jobs");
        close(fd);
        shell("while ! grep -q 'hello world' '%s/v'; do sleep 0.05; done", dir);
        fd = transfer(bus, path, "Download", 4102, 5);
        assert_read(fd, "world", 5);
        assert_true(wait_until(is_unused, path));
        fd = transfer(bus, path, "Download", 4096, 11);
        assert_read(fd, "\0\0\0\0\0\0\0\0\0\0", 11);
        pool_forget(bus, dir);
}

/* -- what takes time ----------------------------------------------------------------------------------------- */

static char *output_of(const char *command)
{
        char *out = NULL;

        assert_true(g_spawn_command_line_sync(command, &out, NULL, NULL, NULL));
        return g_strchomp(out);
}

static bool is_copying(void *userdata)
{
        char **pid = userdata;

        *pid = output_of("pgrep -x qemu-img");
        if (**pid)
                return true;
        g_clear_pointer(pid, g_free);
        return false;
}

/* A volume of some hundred MiB. */
static void make_source(sd_bus *bus, const char *dir)
{
        shell("head -c 400M /dev/urandom >'%s/source'", dir);
        done(bus, pool(), "Refresh", "u", 0);
}

/* Begins a copy of it, and stops the program in its middle: its pid. */
static char *copy_halfway(sd_bus *bus, const char *dir, Later *later)
{
        g_autofree char *key = g_build_filename(dir, "source", NULL);
        char *pid = NULL;

        call_later(bus, pool(), "StorageVolCreateXMLFrom", later, "ssu",
                   "<volume><name>copy</name><capacity>0</capacity><target><format type='qcow2'/></target></volume>",
                   key, 0);
        assert_true(wait_until(is_copying, &pid));
        shell("kill -STOP %s", pid);
        return pid;
}

/* Of the signals of new objects, that of a job. */
static char *wait_for_new_job(Signals *signals)
{
        for (;;) {
                sd_bus_message *m = signals_wait(signals, "InterfacesAdded");
                const char *path;

                assert_true(sd_bus_message_read(m, "o", &path) > 0);
                if (strstr(path, "/job/"))
                        return g_strdup(path);
        }
}

static void test_cancelled(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "cancelled"), *pid = NULL, *job = NULL, *error = NULL, *key = NULL;
        _cleanup_signals_ Signals *signals = NULL;
        Later later;

        make_source(bus, dir);
        signals = signals_new(other, "org.virtbus1", ",member='InterfacesAdded'");
        pid = copy_halfway(bus, dir, &later);
        job = wait_for_new_job(signals);
        assert_text(property_string(other, native("Job", job), "Kind"), "create-volume");
        key = lookup(other, "source");
        assert_part(call_error(other, volume(key), OPERATION_INVALID, "Delete", "u", 0), "still in use");
        done(other, native("Job", job), "Cancel", NULL);
        error = wait_later(&later);
        assert_string_equal(error, "org.virtbus1.Error.OperationAborted");
        assert_int_equal(n_files(dir), 1);
        assert_int_equal(n_volumes(bus), 1);
        pool_forget(bus, dir);
}

static void test_killed(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "killed"), *pid = NULL, *left = NULL, *other = NULL;
        Later later;

        make_source(bus, dir);
        pid = copy_halfway(bus, dir, &later);
        restart_and_settle(bus);
        assert_int_equal(n_files(dir), 1);
        assert_int_equal(n_volumes(bus), 1);
        /* where files cannot be without a name, what is left over is swept: of this host and a daemon that is gone */
        left = output_of("sh -c 'printf .virtbus-volume-%.8s-4000000-0 \"$(cat /etc/machine-id 2>/dev/null || echo "
                         "0)\"'");
        other = g_strdup(".virtbus-volume-another0-4000000-0");
        shell(": >'%s/%s'; : >'%s/%s'", dir, left, dir, other);
        done(bus, pool(), "Refresh", "u", 0);
        assert_int_equal(n_volumes(bus), 1);
        assert_int_equal(n_files(dir), 2);
        pool_forget(bus, dir);
}

/* -- file systems -------------------------------------------------------------------------------------------- */

static void require(const char *path, const char *what)
{
        if (file_exists(path))
                return;
        print_message("skipped: %s\n", what);
        skip();
}

#define FS_XML(more) \
        "<pool type='fs'><name>images</name><uuid>" UUID "</uuid><source><device path='%s'/>" more                 \
        "</source><target><path>%s</path></target></pool>"

static char *loop_device(const char *file)
{
        g_autofree char *command = g_strdup_printf("losetup --find --show '%s'", file);

        shell("truncate -s 64M '%s'", file);
        return output_of(command);
}

static void check_file_system(void)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *file = scratch("fs.img"), *dir = scratch("fs"), *device = loop_device(file), *xml = NULL;

        xml = g_strdup_printf(FS_XML("<format type='ext4'/>"), device, dir);
        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        done(bus, pool(), "Build", "u", 4);
        assert_part(call_error(bus, pool(), OPERATION_INVALID, "Build", "u", 4), "already has 'ext4' on it");
        done(bus, pool(), "Build", "u", 8);
        done(bus, pool(), "Create", "u", 0);
        shell("mountpoint -q '%s'", dir);
        g_free(create(bus, "v", "raw", MIB, ""));
        assert_int_equal(n_volumes(bus), 1);
        restart_and_settle(bus);
        assert_int_equal(n_volumes(bus), 1);
        done(bus, pool(), "Destroy", NULL);
        shell("! mountpoint -q '%s'", dir);
        /* what the device has is looked at when it is not said */
        g_free(xml);
        xml = g_strdup_printf(FS_XML(""), device, dir);
        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        done(bus, pool(), "Create", "u", 0);
        g_free(lookup(bus, "v"));
        done(bus, pool(), "Destroy", NULL);
        done(bus, pool(), "Delete", "u", 0);
        done(bus, pool(), "Undefine", NULL);
        shell("losetup -d %s; rm '%s'", device, file);
}

static void test_file_system(void **state)
{
        require("/dev/loop-control", "this machine has no loop devices");
        check_file_system();
}

static void pool_define_and_build(sd_bus *bus, const char *xml)
{
        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        done(bus, pool(), "Build", "u", 0);
        done(bus, pool(), "Create", "u", 0);
}

/* Partitions: their names are given by the disk. */
static void check_disk(void)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *file = scratch("disk.img"), *device = NULL, *name = NULL, *xml = NULL, *wanted = NULL;
        g_autofree char *part = NULL, *command = g_strdup_printf("losetup --find --show --partscan '%s'", file);

        shell("truncate -s 64M '%s'", file);
        device = output_of(command);
        name = g_path_get_basename(device);
        xml = g_strdup_printf("<pool type='disk'><name>images</name><uuid>" UUID "</uuid><source><device path='%s'/>"
                              "<format type='gpt'/></source><target><path>/dev</path></target></pool>", device);
        pool_define_and_build(bus, xml);
        create_fails(bus, "<volume><name>x</name><capacity unit='MiB'>8</capacity></volume>",
                     "org.virtbus1.Error.InvalidArg", "invalid partition name 'x', expected");
        wanted = g_strdup_printf("<volume><name>%sp1</name><capacity unit='MiB'>8</capacity></volume>", name);
        part = call_string(bus, pool(), "StorageVolCreateXML", "su", wanted, 0);
        assert_info(bus, part, 8 * MIB);
        shell("test -b %sp1", device);
        assert_part(call_string(bus, pool(), "GetXMLDesc", "u", 0), "<freeExtent start=");
        restart_and_settle(bus);
        assert_int_equal(n_volumes(bus), 1);
        done(bus, volume(part), "Wipe", "uu", 0, 0);
        done(bus, volume(part), "Delete", "u", 0);
        shell("! test -b %sp1", device);
        done(bus, pool(), "Destroy", NULL);
        assert_part(call_error(bus, pool(), OPERATION_INVALID, "Build", "u", 0), "already has 'gpt' on it");
        done(bus, pool(), "Build", "u", 8);
        done(bus, pool(), "Undefine", NULL);
        shell("losetup -d %s; rm '%s'", device, file);
}

static void test_disk(void **state)
{
        require("/dev/loop-control", "this machine has no loop devices");
        check_disk();
}

/* A device mapper is what most test machines lack: run in a guest that has one. */
static void check_logical(void)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *file = scratch("vg.img"), *device = NULL, *xml = NULL, *path = NULL, *copy = NULL,
                        *snap = NULL;

        device = loop_device(file);
        xml = g_strdup_printf("<pool type='logical'><name>images</name><uuid>" UUID "</uuid><source><name>vbtest</name>"
                              "<device path='%s'/></source></pool>", device);
        pool_define_and_build(bus, xml);
        path = call_string(bus, pool(), "StorageVolCreateXML", "su",
                           "<volume><name>a</name><capacity unit='MiB'>8</capacity></volume>", 0);
        assert_info(bus, path, 8 * MIB);
        shell("printf marker >/dev/vbtest/a; sync");
        copy = call_string(bus, pool(), "StorageVolCreateXMLFrom", "ssu",
                           "<volume><name>b</name><capacity>0</capacity></volume>", "/dev/vbtest/a", 0);
        assert_info(bus, copy, 8 * MIB);
        shell("cmp /dev/vbtest/a /dev/vbtest/b");
        snap = call_string(
                        bus, pool(), "StorageVolCreateXML", "su",
                        "<volume><name>s</name><capacity unit='MiB'>8</capacity><allocation unit='MiB'>4</allocation>"
                        "<backingStore><path>/dev/vbtest/a</path></backingStore></volume>",
                        0);
        assert_part(call_string(bus, volume(snap), "GetXMLDesc", "u", 0), "<path>/dev/vbtest/a</path>");
        assert_part(call_string(bus, connection(), "FindStoragePoolSources", "ssu", "logical", "", 0),
                    "<name>vbtest</name>");
        restart_and_settle(bus);
        assert_int_equal(n_volumes(bus), 3);
        create_fails(bus, "<volume><name>c</name><capacity unit='GiB'>8</capacity></volume>", OPERATION_FAILED, "");
        done(bus, volume(snap), "Delete", "u", 0);
        done(bus, volume(path), "Delete", "u", 0);
        done(bus, volume(copy), "Delete", "u", 0);
        done(bus, pool(), "Destroy", NULL);
        done(bus, pool(), "Delete", "u", 0);
        done(bus, pool(), "Undefine", NULL);
        shell("losetup -d %s; rm '%s'", device, file);
}

static void test_logical(void **state)
{
        require("/dev/mapper/control", "this machine has no device mapper");
        require("/usr/sbin/lvm", "lvm2 is not installed");
        require("/dev/loop-control", "this machine has no loop devices");
        check_logical();
}

/* Devices that somebody has set up, as in a guest with SCSI disks, a target or paths to one disk. */
static void check_devices(const char *file)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *xml = NULL;

        assert_true(g_file_get_contents(file, &xml, NULL, NULL));
        g_free(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0));
        done(bus, pool(), "Create", "u", 0);
        print_message("%s: %u volumes\n", file, n_volumes(bus));
        assert_true(n_volumes(bus) > 0);
        restart_and_settle(bus);
        assert_true(n_volumes(bus) > 0);
        done(bus, pool(), "Destroy", NULL);
        done(bus, pool(), "Undefine", NULL);
}

static void test_devices(void **state)
{
        const char *file = g_getenv("VIRTBUS_TEST_POOL");

        if (!file) {
                print_message("skipped: VIRTBUS_TEST_POOL does not name the definition of a pool of devices here\n");
                skip();
        }
        check_devices(file);
}

/* A server that nobody can reach: its pool does not start, and no other pool waits for it. */
static void test_dead_server(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "alive"), *share = scratch("share"), *xml = NULL, *error = NULL;
        Target dead = native("StoragePool", "/org/virtbus1/QEMU/storagepool/_4f9f5e2b_7c2c_4f57_8b5c_3a1b0f6d9a12");
        _cleanup_client_ sd_bus *other = client_open(USER_ROOT);
        Later later;

        xml = g_strdup_printf(
                        "<pool type='netfs'><name>share</name><uuid>4f9f5e2b-7c2c-4f57-8b5c-3a1b0f6d9a12</uuid><source>"
                        "<host name='127.0.0.1'/><dir path='/srv'/><format type='nfs'/></source><target><path>%s"
                        "</path></target></pool>",
                        share);
        g_free(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0));
        done(bus, dead, "Build", "u", 0);
        call_later(other, dead, "Create", &later, "u", 0);
        g_free(create(bus, "v", "raw", MIB, ""));
        done(bus, pool(), "Refresh", "u", 0);
        error = wait_later(&later);
        assert_non_null(error);
        assert_false(property_bool(bus, dead, "Active"));
        done(bus, dead, "Delete", "u", 0);
        done(bus, dead, "Undefine", NULL);
        pool_forget(bus, dir);
}

/* -- who may, and what is broken ----------------------------------------------------------------------------- */

static void test_refused(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);
        g_autofree char *dir = pool_start(bus, "refused"), *path = create(bus, "v", "raw", MIB, ""), *other = NULL;

        rules_set("10-test",
                  "polkit.addRule(function(action, subject) {\n"
                  "  if (subject.user == 'vtest2' && action.id.startsWith('org.libvirt.api.storage-vol.') &&\n"
                  "      action.lookup('pool_name') == 'images' && action.lookup('vol_name') != 'v')\n"
                  "    return polkit.Result.YES;\n});\n");
        call_denied(one, connection(), "StoragePoolDefineXML", "su",
                    "<pool type='dir'><name>x</name><target><path>/x</path>"
                    "</target></pool>",
                    0);
        call_denied(one, pool(), "StorageVolCreateXML", "su", "<volume><name>w</name><capacity>1</capacity></volume>",
                    0);
        call_denied(one, volume(path), "Download", "ttu", UINT64_C(0), UINT64_C(0), 0);
        call_denied(two, volume(path), "Delete", "u", 0);
        other = call_string(two, pool(), "StorageVolCreateXML", "su",
                            "<volume><name>w</name><capacity>1</capacity></volume>", 0);
        call_denied(one, volume(other), "Delete", "u", 0);
        done(two, volume(other), "Delete", "u", 0);
        rules_set("10-test", NULL);
        pool_forget(bus, dir);
}

static void test_broken(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "broken"), *file = config_file("images.xml"),
                        *aside = config_file("images.xml.broken");

        done(bus, pool(), "Destroy", NULL);
        shell("echo '<pool' >'%s'", file);
        restart();
        assert_true(file_exists(aside));
        g_free(call_error(bus, connection(), "org.virtbus1.Error.NoStoragePool", "StoragePoolLookupByName", "s",
                          "images"));
        shell("rm -rf '%s' '%s'", dir, aside);
}

static void test_unsupported(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *xml = call_string(bus, connection(), "GetStoragePoolCapabilities", "u", 0);

        assert_non_null(strstr(xml, "<pool type='dir' supported='yes'>"));
        assert_non_null(strstr(xml, "<pool type='sheepdog' supported='no'>"));
        assert_part(call_error(bus, connection(), CONFIG_UNSUPPORTED, "StoragePoolDefineXML", "su",
                               "<pool type='vstorage'><name>m</name><target><path>/vz</path></target></pool>", 0),
                    "missing backend for pool type 'vstorage'");
}

/* -- secrets and machines ------------------------------------------------------------------------------------ */

#define SECRET_UUID "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define SECRET "/org/virtbus1/QEMU/secret/_0a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"

/* QEMU sometimes cannot measure how long LUKS takes ("accurate CPU usage"): then it is asked again. */
#define LUKS_ATTEMPTS 20

static char *create_encrypted(sd_bus *bus, const char *name, const char *xml)
{
        for (unsigned i = 0; i < LUKS_ATTEMPTS; i++)
                if (call_allowed(bus, pool(), OPERATION_FAILED, "StorageVolCreateXML", "su", xml, 0))
                        break;
        return lookup(bus, name);
}

static void test_encrypted(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "encrypted"), *luks = NULL, *qcow2 = NULL;
        const char *const encryption =
                        "<encryption format='luks'><secret type='passphrase' uuid='" SECRET_UUID "'/></encryption>";
        g_autofree char *xml = g_strdup_printf("<volume><name>l</name><capacity>%" PRIu64
                                               "</capacity><target><format type='raw'/>"
                                               "%s</target></volume>",
                                               2 * MIB, encryption);
        g_autofree char *xml2 = g_strdup_printf("<volume><name>q</name><capacity>%" PRIu64 "</capacity><target>"
                                                "<format type='qcow2'/>%s</target></volume>", 2 * MIB, encryption);

        create_fails(bus, xml, "org.virtbus1.Error.NoSecret", "no secret with matching uuid");
        g_free(call_string(bus, connection(), "SecretDefineXML", "su",
                           "<secret ephemeral='yes'><uuid>" SECRET_UUID "</uuid></secret>", 0));
        create_fails(bus, xml, "org.virtbus1.Error.NoSecret", "does not have a value");
        secret_set_value(bus, SECRET, "open sesame");
        luks = create_encrypted(bus, "l", xml);
        assert_info(bus, luks, 2 * MIB);
        assert_part(call_string(bus, volume(luks), "GetXMLDesc", "u", 0), "<encryption format='luks'");
        qcow2 = create_encrypted(bus, "q", xml2);
        assert_part(call_string(bus, volume(qcow2), "GetXMLDesc", "u", 0), "<encryption format='luks'");
        shell("qemu-img info --image-opts driver=luks,file.filename='%s/l' | grep -q 'file format: luks'", dir);
        pool_forget(bus, dir);
        done(bus, native("Secret", SECRET), "Undefine", NULL);
}

/* Says what follows it on the serial line and stops: x86 in real mode. */
static const uint8_t boot_code[] = {
        0xe8, 0x00, 0x00, 0x5e, 0x83, 0xc6, 0x14, 0x0e, 0x1f, 0xba, 0xf8, 0x03, 0xac,
        0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xf4, 0xeb, 0xfd,
};

static void upload_boot_code(sd_bus *bus, const char *path, const char *text)
{
        uint8_t sector[512] = { [510] = 0x55, [511] = 0xaa };
        int fd = transfer(bus, path, "Upload", 0, 0);

        memcpy(sector, boot_code, sizeof(boot_code));
        memcpy(sector + sizeof(boot_code), text, strlen(text) + 1);
        assert_int_equal(write_all(fd, sector, sizeof(sector)), 0);
        close(fd);
}

static bool has_booted(void *userdata)
{
        g_autofree char *text = NULL;

        return g_file_get_contents(userdata, &text, NULL, NULL) && strstr(text, "the volume boots");
}

static bool has_started(void *userdata)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        return call_allowed(bus, connection(), "org.virtbus1.Error.NoDomain", "DomainLookupByName", "s", "booted") &&
                property_bool(bus, native("Domain", userdata), "Active");
}

/* As after a boot of the host: what was in /run is gone. */
static void boot_again(void)
{
        service_do("stop", "virtbusd");
        shell("rm -rf '%s/run/storage' '%s/run/qemu'", g_getenv("VIRTBUS_ROOT"), g_getenv("VIRTBUS_ROOT"));
        service_do("start", "virtbusd");
}

static char *machine_xml(const char *serial)
{
        return g_strdup_printf(
                        "<domain type='qemu'><name>booted</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>"
                        "<memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64' "
                        "machine='pc'>hvm</type></os>"
                        "<devices><disk type='volume' device='disk'><driver name='qemu' type='qcow2'/>"
                        "<source pool='images' volume='over'/><target dev='vda' bus='virtio'/></disk>"
                        "<serial type='file'><source path='%s'/></serial></devices></domain>",
                        serial);
}

/* A disk that is a volume which builds upon another one. */
static void check_machine(void)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *dir = pool_start(bus, "machine"), *base = create(bus, "boot", "raw", MIB, ""), *domain = NULL;
        g_autofree char *backing =
                        g_strdup_printf("<backingStore><path>%s/boot</path><format type='raw'/></backingStore>", dir);
        g_autofree char *over = create(bus, "over", "qcow2", MIB, backing), *serial = scratch("serial.log");
        g_autofree char *xml = machine_xml(serial);

        upload_boot_code(bus, base, "the volume boots");
        assert_true(wait_until(is_stopped, bus));
        assert_part(call_error(bus, connection(), CONFIG_UNSUPPORTED, "DomainCreateXML", "su", xml, 0),
                    "storage pool 'images' containing volume 'over' is not active");
        done(bus, pool(), "Create", "u", 0);
        domain = call_string(bus, connection(), "DomainDefineXML", "s", xml);
        done(bus, native("Domain", domain), "Create", "u", 0);
        assert_true(wait_until(has_booted, serial));
        assert_part(call_string(bus, native("Domain", domain), "GetXMLDesc", "u", 0),
                    "<source pool='images' volume='over'");
        assert_part(call_error(bus, volume(over), OPERATION_INVALID, "Delete", "u", 0),
                    "domain 'booted' is running with it");
        assert_part(call_error(bus, volume(over), OPERATION_INVALID, "Wipe", "uu", 0, 0), "still in use");
        /* what is beneath it stands in the image alone, and in what the machine runs with */
        assert_part(call_error(bus, volume(base), OPERATION_INVALID, "Wipe", "uu", 0, 0),
                    "domain 'booted' is running with it");
        assert_part(call_error(bus, volume(base), OPERATION_INVALID, "Delete", "u", 0),
                    "domain 'booted' is running with it");
        done(bus, native("Domain", domain), "Destroy", "u", 0);

        /* both start with the host, and the machine waits for the pool */
        set_autostart(bus, pool(), "StoragePool");
        set_autostart(bus, native("Domain", domain), "Domain");
        boot_again();
        assert_true(wait_until(has_started, domain));
        done(bus, native("Domain", domain), "Destroy", "u", 0);
        done(bus, volume(over), "Delete", "u", 0);
        assert_part(call_error(bus, native("Domain", domain), "org.virtbus1.Error.NoStorageVol", "Create", "u", 0),
                    "'over'");
        pool_forget(bus, dir);
        assert_part(call_error(bus, native("Domain", domain), "org.virtbus1.Error.NoStoragePool", "Create", "u", 0),
                    "'images'");
        done(bus, native("Domain", domain), "Undefine", "u", 0);
}

static void test_machine(void **state)
{
        require("/usr/bin/qemu-system-x86_64", "qemu-system-x86 is not installed");
        check_machine();
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                        cmocka_unit_test(test_lives),       cmocka_unit_test(test_transient),
                        cmocka_unit_test(test_volumes),     cmocka_unit_test(test_formats),
                        cmocka_unit_test(test_allocation),  cmocka_unit_test(test_clone),
                        cmocka_unit_test(test_confusion),   cmocka_unit_test(test_hostile),
                        cmocka_unit_test(test_full),        cmocka_unit_test(test_transfer),
                        cmocka_unit_test(test_cancelled),   cmocka_unit_test(test_killed),
                        cmocka_unit_test(test_file_system), cmocka_unit_test(test_dead_server),
                        cmocka_unit_test(test_refused),     cmocka_unit_test(test_broken),
                        cmocka_unit_test(test_disk),        cmocka_unit_test(test_logical),
                        cmocka_unit_test(test_devices),     cmocka_unit_test(test_unsupported),
                        cmocka_unit_test(test_encrypted),   cmocka_unit_test(test_machine),
        };

        if (argc > 1)
                cmocka_set_test_filter(argv[1]);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
