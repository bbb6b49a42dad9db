/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools and volumes on both faces: their lives, their data, who may do what, and what is told of them. */
#include "tests/bus/harness.h"

#include <fcntl.h>
#include <string.h>

#define FAILED "org.libvirt.Error"
#define DEFAULT_UUID "dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566"
#define DEFAULT_POOL "/org/libvirt/Test/storagepool/_dfe224cb_28fb_8dd0_c4b2_64eb3f0f4566"
#define NATIVE_DEFAULT_POOL "/org/virtbus1/Test/storagepool/_dfe224cb_28fb_8dd0_c4b2_64eb3f0f4566"
#define UUID "4f9f5e2b-7c2c-4f57-8b5c-3a1b0f6d9a11"
#define POOL "/org/libvirt/Test/storagepool/_4f9f5e2b_7c2c_4f57_8b5c_3a1b0f6d9a11"
#define NATIVE_POOL "/org/virtbus1/Test/storagepool/_4f9f5e2b_7c2c_4f57_8b5c_3a1b0f6d9a11"
#define POOL_XML(path) \
        "<pool type='dir'><name>images</name><uuid>" UUID "</uuid><target><path>" path "</path></target></pool>"
#define VOLUME_XML(name, capacity) \
        "<volume><name>" name "</name><capacity unit='KiB'>" capacity "</capacity><allocation>0</allocation></volume>"

static Target connect_libvirt(void)
{
        return libvirt("Connect", NULL);
}

static Target pool_libvirt(void)
{
        return libvirt("StoragePool", POOL);
}

static Target pool_native(void)
{
        return native("StoragePool", NATIVE_POOL);
}

#define done(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

static void pool_define(sd_bus *bus)
{
        assert_text(call_string(bus, connect_libvirt(), "StoragePoolDefineXML", "su", POOL_XML("/srv/images"), 0),
                    POOL);
}

static void pool_forget(sd_bus *bus)
{
        if (property_bool(bus, pool_native(), "Active"))
                done(bus, pool_native(), "Destroy", NULL);
        done(bus, pool_native(), "Undefine", NULL);
}

static char *volume_create(sd_bus *bus, const char *xml)
{
        return call_string(bus, pool_native(), "StorageVolCreateXML", "su", xml, 0);
}

static void assert_info(sd_bus *bus, Target pool, int state, uint64_t capacity, uint64_t allocation)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, pool, "GetInfo", NULL);
        uint64_t has, used, available;
        int is;

        assert_true(sd_bus_message_read(reply, "(ittt)", &is, &has, &used, &available) > 0);
        assert_int_equal(is, state);
        assert_int_equal(has, capacity);
        assert_int_equal(used, allocation);
        assert_int_equal(available, capacity - allocation);
}

static unsigned n_paths(sd_bus *bus, Target target, const char *member, uint32_t flags)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, target, member, "u", flags);
        g_auto(GStrv) paths = NULL;

        assert_true(sd_bus_message_read_strv_extend(reply, &paths) >= 0);
        return paths ? g_strv_length(paths) : 0;
}

/* What test:///default of libvirt has. */
static void test_default_pool(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target pool = libvirt("StoragePool", DEFAULT_POOL);

        assert_text(call_string(bus, connect_libvirt(), "StoragePoolLookupByName", "s", "default-pool"), DEFAULT_POOL);
        assert_text(call_string(bus, connect_libvirt(), "StoragePoolLookupByUUID", "s", DEFAULT_UUID), DEFAULT_POOL);
        assert_text(call_string(bus, native("Connect", NULL), "StoragePoolLookupByTargetPath", "s", "/default-pool/"),
                    NATIVE_DEFAULT_POOL);
        assert_text(call_string(bus, pool, "GetXMLDesc", "u", 0),
                    "<pool type='dir'>\n  <name>default-pool</name>\n  <uuid>" DEFAULT_UUID "</uuid>\n"
                    "  <capacity unit='bytes'>107374182400</capacity>\n  <allocation unit='bytes'>0</allocation>\n"
                    "  <available unit='bytes'>107374182400</available>\n  <source>\n  </source>\n  <target>\n"
                    "    <path>/default-pool</path>\n  </target>\n</pool>\n");
        assert_info(bus, pool, 2, UINT64_C(107374182400), 0);
        assert_true(property_bool(bus, pool, "Active"));
        assert_true(property_bool(bus, pool, "Persistent"));
        assert_false(property_bool(bus, pool, "Autostart"));
        assert_text(call_error(bus, connect_libvirt(), FAILED, "StoragePoolLookupByName", "s", "x"),
                    "Storage pool not found: no storage pool with matching name 'x'");
        assert_part(call_error(bus, connect_libvirt(), FAILED, "StoragePoolLookupByUUID", "s", UUID),
                    "no storage pool with matching uuid");
}

static void test_pool_life(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt(), pool = pool_libvirt();

        pool_define(bus);
        assert_info(bus, pool, 0, UINT64_C(107374182400), 0);
        assert_text(call_error(bus, pool, FAILED, "Destroy", NULL),
                    "Requested operation is not valid: storage pool 'images' is not active");
        assert_text(call_error(bus, pool, FAILED, "ListStorageVolumes", "u", 0),
                    "Requested operation is not valid: storage pool 'images' is not active");
        done(bus, pool, "Build", "u", 0);
        done(bus, pool, "Create", "u", 0);
        assert_part(call_error(bus, pool, FAILED, "Create", "u", 0), "already active");
        assert_text(call_error(bus, pool, FAILED, "Undefine", NULL),
                    "Requested operation is not valid: storage pool 'images' is active");
        assert_text(call_error(bus, pool, FAILED, "Build", "u", 4 | 8),
                    "invalid argument: the flags overwrite and no-overwrite exclude each other");
        done(bus, pool, "Refresh", "u", 0);
        /* another definition counts for the next start */
        assert_text(call_string(bus, connect, "StoragePoolDefineXML", "su", POOL_XML("/srv/other"), 0), POOL);
        assert_part(call_string(bus, pool, "GetXMLDesc", "u", 0), "<path>/srv/images</path>");
        assert_part(call_string(bus, pool, "GetXMLDesc", "u", 1), "<path>/srv/other</path>");
        done(bus, pool, "Destroy", NULL);
        assert_part(call_string(bus, pool, "GetXMLDesc", "u", 0), "<path>/srv/other</path>");
        done(bus, pool, "Delete", "u", 1);
        done(bus, pool, "Undefine", NULL);
        assert_text(call_error(bus, pool, FAILED, "GetInfo", NULL),
                    "Storage pool not found: no storage pool with matching uuid '" UUID "'");
}

static void test_conflicts(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt();

        pool_define(bus);
        assert_text(call_error(bus, connect, FAILED, "StoragePoolDefineXML", "su",
                               "<pool type='dir'><name>images</name><target><path>/t</path></target></pool>", 0),
                    "operation failed: pool 'images' already exists with uuid " UUID);
        assert_text(call_error(bus, connect, FAILED, "StoragePoolDefineXML", "su",
                               "<pool type='dir'><name>x</name><uuid>" UUID
                                       "</uuid><target><path>/t</path></target></pool>", 0),
                    "operation failed: pool 'images' is already defined with uuid " UUID);
        assert_text(call_error(bus, connect, FAILED, "StoragePoolDefineXML", "su",
                               "<pool type='dir'><name>x</name><target><path>/srv//images/</path></target></pool>", 0),
                    "operation failed: Storage source conflict with pool: 'images'");
        assert_part(call_error(bus, connect, FAILED, "StoragePoolDefineXML", "su", "<pool/>", 0), "XML error");
        assert_part(call_error(bus, connect, FAILED, "StoragePoolDefineXML", "su",
                               "<pool type='dir'><name>x</name><odd/><target><path>/t</path></target></pool>", 1),
                               "odd");
        pool_forget(bus);
}

static void test_transient(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_text(call_string(bus, connect_libvirt(), "StoragePoolCreateXML", "su", POOL_XML("/srv/images"), 0),
                    POOL);
        assert_false(property_bool(bus, pool_native(), "Persistent"));
        assert_part(call_error(bus, connect_libvirt(), FAILED, "StoragePoolCreateXML", "su",
                               POOL_XML("/srv/images"), 0),
                    "already active");
        done(bus, pool_libvirt(), "Destroy", NULL);
        assert_part(call_error(bus, pool_libvirt(), FAILED, "GetInfo", NULL), "Storage pool not found");
}

static void test_lists(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt();
        _cleanup_message_ sd_bus_message *page = NULL;

        pool_define(bus);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 0), 2);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 1), 1);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 2), 1);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 4), 2);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 16), 0);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 64 | 1), 1);
        assert_int_equal(n_paths(bus, connect, "ListStoragePools", 512), 0);
        assert_part(call_error(bus, connect, FAILED, "ListStoragePools", "u", UINT32_C(1) << 20),
                    "unsupported flags");
        page = call(bus, native("Connect", NULL), "ListStoragePoolsDetailed", "a{sv}", 1, "active", "b", true);
        assert_true(sd_bus_message_enter_container(page, 'a', "(oa{sv})") > 0);
        assert_true(sd_bus_message_skip(page, "(oa{sv})") > 0);
        assert_true(sd_bus_message_at_end(page, false) > 0);
        pool_forget(bus);
}

static void test_volume_life(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt();
        const Target vol = libvirt("StorageVol", "/org/libvirt/Test/storagevol/_2fsrv_2fimages_2fa_2eimg");
        const Target native_vol = native("StorageVol", "/org/virtbus1/Test/storagevol/_2fsrv_2fimages_2fa_2eimg");
        _cleanup_message_ sd_bus_message *reply = NULL;
        uint64_t capacity, allocation;
        int type;

        pool_define(bus);
        assert_part(call_error(bus, pool_native(), "org.virtbus1.Error.OperationInvalid", "StorageVolCreateXML",
                               "su", VOLUME_XML("a.img", "64"), 0), "not active");
        done(bus, pool_native(), "Create", "u", 0);
        assert_text(volume_create(bus, VOLUME_XML("a.img", "64")), native_vol.path);
        assert_text(call_string(bus, connect, "StorageVolLookupByPath", "s", "/srv/images/a.img"), vol.path);
        assert_text(call_string(bus, connect, "StorageVolLookupByKey", "s", "/srv/images/a.img"), vol.path);
        assert_text(call_string(bus, pool_libvirt(), "StorageVolLookupByName", "s", "a.img"), vol.path);
        assert_text(call_string(bus, native("Connect", NULL), "StoragePoolLookupByVolume", "o", native_vol.path),
                    NATIVE_POOL);
        assert_text(property_string(bus, vol, "Key"), "/srv/images/a.img");
        assert_text(property_string(bus, vol, "Name"), "a.img");
        assert_text(property_string(bus, vol, "Path"), "/srv/images/a.img");
        assert_text(property_string(bus, native_vol, "Format"), "raw");
        assert_text(call_string(bus, vol, "GetXMLDesc", "u", 0),
                    "<volume type='file'>\n  <name>a.img</name>\n  <key>/srv/images/a.img</key>\n"
                    "  <capacity unit='bytes'>65536</capacity>\n  <allocation unit='bytes'>0</allocation>\n"
                    "  <target>\n    <path>/srv/images/a.img</path>\n    <format type='raw'/>\n  </target>\n"
                    "</volume>\n");
        assert_int_equal(n_paths(bus, pool_libvirt(), "ListStorageVolumes", 0), 1);
        assert_int_equal(n_paths(bus, libvirt("StoragePool", DEFAULT_POOL), "ListStorageVolumes", 0), 0);
        assert_text(call_error(bus, pool_libvirt(), FAILED, "StorageVolCreateXML", "su", VOLUME_XML("a.img", "1"), 0),
                    "operation failed: storage vol already exists");
        assert_part(call_error(bus, pool_libvirt(), FAILED, "StorageVolCreateXML", "su", VOLUME_XML("../x", "1"),
                               0), "'/'");
        assert_text(call_error(bus, connect, FAILED, "StorageVolLookupByPath", "s", "/x"),
                    "Storage volume not found: no storage vol with matching path '/x'");

        assert_part(call_error(bus, vol, FAILED, "Resize", "tu", UINT64_C(1024), 0), "shrink");
        done(bus, vol, "Resize", "tu", UINT64_C(4096), 1 | 2);
        reply = call(bus, vol, "GetInfo", "u", 0);
        assert_true(sd_bus_message_read(reply, "(itt)", &type, &capacity, &allocation) > 0);
        assert_int_equal(type, 0);
        assert_int_equal(capacity, 65536 + 4096);
        assert_int_equal(allocation, 65536 + 4096);
        assert_info(bus, pool_libvirt(), 2, UINT64_C(107374182400), 65536 + 4096);
        assert_part(call_error(bus, vol, FAILED, "Wipe", "uu", 10, 0), "wiping algorithm 10 not supported");
        done(bus, vol, "Wipe", "uu", 0, 0);

        /* it is there again when the pool is */
        done(bus, pool_native(), "Destroy", NULL);
        assert_part(call_error(bus, vol, FAILED, "GetInfo", "u", 0), "Storage volume not found");
        done(bus, pool_native(), "Create", "u", 0);
        assert_int_equal(n_paths(bus, pool_libvirt(), "ListStorageVolumes", 0), 1);
        done(bus, vol, "Delete", "u", 0);
        assert_int_equal(n_paths(bus, pool_libvirt(), "ListStorageVolumes", 0), 0);
        assert_info(bus, pool_libvirt(), 2, UINT64_C(107374182400), 0);
        pool_forget(bus);
}

static int transfer(sd_bus *bus, const char *path, const char *member, uint64_t offset, uint64_t length)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, native("StorageVol", path), member, "ttu", offset,
                                                       length, 0);
        int fd;

        assert_true(sd_bus_message_read(reply, "h", &fd) > 0);
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        assert_true(fd >= 0);
        return fd;
}

static size_t read_some(int fd, char *buffer, size_t size)
{
        size_t n = 0;
        ssize_t k;

        while (n < size && (k = read(fd, buffer + n, size - n)) > 0)
                n += (size_t) k;
        close(fd);
        return n;
}

typedef struct Uploaded {
        sd_bus *bus;
        const char *path, *text;
} Uploaded;

static bool is_uploaded(void *userdata)
{
        const Uploaded *uploaded = userdata;
        char buffer[64] = "";
        int fd;

        if (!call_allowed(uploaded->bus, native("StorageVol", uploaded->path), "org.virtbus1.Error.OperationInvalid",
                          "Download", "ttu", UINT64_C(100), (uint64_t) strlen(uploaded->text), 0))
                return false;
        fd = transfer(uploaded->bus, uploaded->path, "Download", 100, strlen(uploaded->text));
        assert_int_equal(read_some(fd, buffer, sizeof(buffer)), strlen(uploaded->text));
        return streq(buffer, uploaded->text);
}

/* A page of the volumes of one pool; *next, the caller's, is where the next one begins. */
static char *page_names(sd_bus *bus, const char *pool, uint32_t limit, const char *after, char **next)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, native("StoragePool", pool), "ListStorageVolumesDetailed",
                                                       "a{sv}",
                                                       3, "limit", "u", limit, "after", "s", after, "fields", "as", 1,
                                                       "Name");
        GString *names = g_string_new(NULL);
        const char *text;

        assert_true(sd_bus_message_enter_container(reply, 'a', "(oa{sv})") > 0);
        while (sd_bus_message_enter_container(reply, 'r', "oa{sv}") > 0) {
                assert_true(sd_bus_message_skip(reply, "o") > 0);
                assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
                assert_true(sd_bus_message_enter_container(reply, 'e', "sv") > 0);
                assert_true(sd_bus_message_read(reply, "s", &text) > 0);
                assert_string_equal(text, "Name");
                assert_true(sd_bus_message_read(reply, "v", "s", &text) > 0);
                g_string_append_printf(names, "%s ", text);
                for (unsigned i = 0; i < 3; i++)
                        assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        assert_true(sd_bus_message_exit_container(reply) > 0);
        assert_true(sd_bus_message_read(reply, "s", &text) > 0);
        *next = g_strdup(text);
        return g_string_free(names, FALSE);
}

static void test_pages(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *elsewhere = NULL, *first_end = NULL, *last_end = NULL;

        pool_define(bus);
        done(bus, pool_native(), "Create", "u", 0);
        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *xml = g_strdup_printf("<volume><name>v%u</name><capacity>1</capacity></volume>", i);

                g_free(volume_create(bus, xml));
        }
        elsewhere = call_string(bus, native("StoragePool", NATIVE_DEFAULT_POOL), "StorageVolCreateXML", "su",
                                VOLUME_XML("other", "1"), 0);
        assert_text(page_names(bus, NATIVE_POOL, 2, "", &first_end), "v0 v1 ");
        assert_string_not_equal(first_end, "");
        assert_text(page_names(bus, NATIVE_POOL, 2, first_end, &last_end), "v2 ");
        assert_string_equal(last_end, "");
        done(bus, native("StorageVol", elsewhere), "Delete", "u", 0);
        pool_forget(bus);
}

static void test_data(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL, *copy = NULL;
        Uploaded uploaded = { .bus = bus, .text = "what a guest has written" };
        char buffer[64];
        int fd;

        pool_define(bus);
        done(bus, pool_native(), "Create", "u", 0);
        path = volume_create(bus, VOLUME_XML("a", "1"));
        uploaded.path = path;
        assert_part(call_error(bus, native("StorageVol", path), "org.virtbus1.Error.InvalidArg", "Download", "ttu",
                               UINT64_C(1025), UINT64_C(0), 0), "beyond the end");
        assert_part(call_error(bus, native("StorageVol", path), "org.virtbus1.Error.InvalidArg", "Upload", "ttu",
                               UINT64_C(1000), UINT64_C(25), 0), "beyond the end");

        fd = transfer(bus, path, "Upload", 100, 0);
        assert_part(call_error(bus, native("StorageVol", path), "org.virtbus1.Error.OperationInvalid", "Upload",
                               "ttu", UINT64_C(0), UINT64_C(0), 0), "still in use");
        assert_part(call_error(bus, native("StorageVol", path), "org.virtbus1.Error.OperationInvalid", "Delete",
                               "u", 0),
                    "still in use");
        assert_int_equal(write(fd, uploaded.text, strlen(uploaded.text)), strlen(uploaded.text));
        close(fd);
        assert_true(wait_until(is_uploaded, &uploaded));

        /* a copy has the same data, and changes alone */
        copy = call_string(bus, pool_native(), "StorageVolCreateXMLFrom", "ssu", "<volume><name>b</name></volume>",
                           "/srv/images/a", 0);
        uploaded.path = copy;
        assert_true(is_uploaded(&uploaded));
        done(bus, native("StorageVol", path), "Wipe", "uu", 0, 0);
        assert_int_equal(read_some(transfer(bus, path, "Download", 100, 4), buffer, sizeof(buffer)), 4);
        assert_memory_equal(buffer, "\0\0\0\0", 4);
        assert_true(is_uploaded(&uploaded));
        assert_int_equal(read_some(transfer(bus, copy, "Download", 1000, 0), buffer, sizeof(buffer)), 24);
        assert_part(call_error(bus, pool_native(), "org.virtbus1.Error.NoStorageVol", "StorageVolCreateXMLFrom",
                               "ssu", "<volume><name>c</name></volume>", "/srv/images/x", 0), "matching key");
        pool_forget(bus);
}

static void test_discovery(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt();

        assert_text(call_string(bus, connect, "FindStoragePoolSources", "ssu", "logical", "", 0),
                    "<sources>\n  <source>\n    <device path='/dev/sda20'/>\n    <name>testvg1</name>\n"
                    "    <format type='lvm2'/>\n  </source>\n  <source>\n    <device path='/dev/sda21'/>\n"
                    "    <name>testvg2</name>\n    <format type='lvm2'/>\n  </source>\n</sources>\n");
        assert_part(call_string(bus, connect, "FindStoragePoolSources", "ssu", "netfs",
                                "<source><host name='nas&lt;'/></source>", 0), "<host name='nas&lt;'/>");
        assert_text(call_error(bus, connect, FAILED, "FindStoragePoolSources", "ssu", "netfs", "", 0),
                    "invalid argument: hostname must be specified for netfs sources");
        assert_part(call_error(bus, connect, FAILED, "FindStoragePoolSources", "ssu", "tape", "", 0), "tape");
        assert_part(call_error(bus, connect, FAILED, "FindStoragePoolSources", "ssu", "mpath", "", 0),
                    "does not support source discovery");
        assert_part(call_string(bus, native("Connect", NULL), "GetStoragePoolCapabilities", "u", 0),
                    "  <pool type='fs' supported='yes'>\n    <poolOptions>\n      <defaultFormat type='auto'/>\n");
}

static void test_signals(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ""),
                                  *libvirt_told = signals_new(bus, "org.libvirt", "");
        static const int life[] = { 0, 4, 2, 3, 1 }; /* defined, created, started, stopped, undefined */
        g_autofree char *vol = NULL;
        sd_bus_message *m;
        const char *path;
        int event, detail;

        pool_define(bus);
        done(bus, pool_native(), "Build", "u", 0);
        done(bus, pool_native(), "Create", "u", 0);
        done(bus, pool_native(), "Refresh", "u", 0);
        vol = volume_create(bus, VOLUME_XML("v", "4"));
        done(bus, native("StorageVol", vol), "Resize", "tu", UINT64_C(8192), 0);
        /* volumes are told of as objects; what goes away at once is not told to have changed */
        do {
                m = signals_wait(told, "InterfacesAdded");
                assert_true(sd_bus_message_read(m, "o", &path) > 0);
        } while (!streq(path, vol));
        do
                m = signals_wait(told, "PropertiesChanged");
        while (!streq(sd_bus_message_get_path(m), vol));
        pool_forget(bus);

        for (size_t i = 0; i < ELEMENTSOF(life); i++) {
                m = signals_wait(libvirt_told, "StoragePoolEvent");
                assert_true(sd_bus_message_read(m, "oii", &path, &event, &detail) > 0);
                assert_string_equal(path, POOL);
                assert_int_equal(event, life[i]);
                if (life[i] == 2)
                        assert_string_equal(sd_bus_message_get_path(signals_wait(libvirt_told, "Refresh")), POOL);
        }
        do {
                m = signals_wait(told, "InterfacesRemoved");
                assert_true(sd_bus_message_read(m, "o", &path) > 0);
        } while (!streq(path, vol));
}

/* Who is nobody may look at pools, and neither list volumes nor read their data nor change anything. */
static void test_authorization(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *vol = NULL;

        pool_define(root);
        done(root, pool_native(), "Create", "u", 0);
        vol = volume_create(root, VOLUME_XML("v", "4"));
        assert_part(call_string(one, pool_native(), "GetXMLDesc", "u", 0), "images");
        call_denied(one, pool_native(), "ListStorageVolumes", "u", 0);
        call_denied(one, pool_native(), "Destroy", NULL);
        call_denied(one, pool_native(), "StorageVolCreateXML", "su", VOLUME_XML("w", "4"), 0);
        call_denied(one, native("StorageVol", vol), "Download", "ttu", UINT64_C(0), UINT64_C(0), 0);
        call_denied(one, native("StorageVol", vol), "Upload", "ttu", UINT64_C(0), UINT64_C(0), 0);
        call_denied(one, native("StorageVol", vol), "Delete", "u", 0);
        call_denied(one, native("Connect", NULL), "FindStoragePoolSources", "ssu", "logical", "", 0);
        call_denied(one, native("Connect", NULL), "StoragePoolDefineXML", "su", POOL_XML("/x"), 0);

        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.lookup('connect_driver') == 'TEST' && action.lookup('pool_name') == 'images' "
                             "&&"
                             "    action.lookup('pool_uuid') == '" UUID "' &&"
                             "    (action.id == 'org.libvirt.api.storage-vol.create' && action.lookup('vol_name') == "
                             "'w' ||"
                             "     action.id == 'org.libvirt.api.storage-vol.resize' &&"
                             "         action.lookup('vol_key') == '/srv/images/v')) return polkit.Result.YES; });");
        done(one, pool_native(), "StorageVolCreateXML", "su", VOLUME_XML("w", "4"), 0);
        call_denied(one, pool_native(), "StorageVolCreateXML", "su", VOLUME_XML("x", "4"), 0);
        done(one, native("StorageVol", vol), "Resize", "tu", UINT64_C(8192), 0);
        rules_set("10-test", NULL);
        pool_forget(root);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default_pool), cmocka_unit_test(test_pool_life), cmocka_unit_test(test_conflicts),
                cmocka_unit_test(test_transient),    cmocka_unit_test(test_lists),
                cmocka_unit_test(test_volume_life),
                cmocka_unit_test(test_data),         cmocka_unit_test(test_discovery), cmocka_unit_test(test_signals),
                cmocka_unit_test(test_authorization), cmocka_unit_test(test_pages),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
