/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools of the connection of real machines: real directories, images, devices, mounts. */
#include "tests/bus/harness.h"

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

/* A new directory, as a pool that is active. */
static char *pool_start(sd_bus *bus, const char *name)
{
        g_autofree char *dir = scratch(name), *xml = pool_xml(dir, "");

        assert_text(call_string(bus, connection(), "StoragePoolDefineXML", "su", xml, 0), POOL);
        done(bus, pool(), "Build", "u", 0);
        done(bus, pool(), "Create", "u", 0);
        return g_steal_pointer(&dir);
}

static void pool_forget(sd_bus *bus, const char *dir)
{
        done(bus, pool(), "Destroy", NULL);
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
        done(bus, on_interface(pool(), "org.freedesktop.DBus.Properties"), "Set", "ssv", "org.virtbus1.StoragePool",
             "Autostart", "b", 1);
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lives),      cmocka_unit_test(test_transient), cmocka_unit_test(test_volumes),
                cmocka_unit_test(test_allocation), cmocka_unit_test(test_clone),     cmocka_unit_test(test_confusion),
                cmocka_unit_test(test_hostile),    cmocka_unit_test(test_full),      cmocka_unit_test(test_transfer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
