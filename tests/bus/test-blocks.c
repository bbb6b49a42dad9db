/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs of disks: what they do to the chain of images, how they are told, limited and ended. */
#include <string.h>

#include "tests/bus/harness.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define DOMAIN(path) native("Domain", path)

enum { PULL = 1, COPY = 2, COMMIT = 3, ACTIVE_COMMIT = 4 };
enum { COMPLETED = 0, FAILED = 1, CANCELED = 2, READY = 3 };

/* A running domain with a chain of three images: top, mid, low. */
static char *make_domain(sd_bus *bus, const char *name)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='test'><name>%s</name><memory>65536</memory><os><type>hvm</type></os><devices>"
                "<disk type='file'><driver type='qcow2'/><source file='/i/top'/>"
                "<backingStore type='file'><format type='qcow2'/><source file='/i/mid'/>"
                "<backingStore type='file'><format type='raw'/><source file='/i/low'/><backingStore/>"
                "</backingStore></backingStore><target dev='vda'/></disk>"
                "<disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>"
                "</devices></domain>", name);
        char *path = call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);

        sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static void forget(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, DOMAIN(path), "Destroy", "u", 0));
        sd_bus_message_unref(call(bus, DOMAIN(path), "Undefine", "u", 0));
}

static Signals *watch(sd_bus *bus, const char *path)
{
        g_autofree char *match = g_strdup_printf(",interface='org.virtbus1.Domain',path='%s'", path);

        return signals_new(bus, "org.virtbus1", match);
}

static void expect_block_job(Signals *signals, int32_t type, int32_t status)
{
        sd_bus_message *m = signals_wait(signals, "BlockJob");
        int32_t got_type, got_status;
        const char *disk;

        assert_true(sd_bus_message_read(m, "sii", &disk, &got_type, &got_status) > 0);
        assert_string_equal(disk, "vda");
        assert_int_equal(got_type, type);
        assert_int_equal(got_status, status);
}

typedef struct Info {
        int32_t type;
        uint64_t bandwidth, cur, end;
} Info;

static Info info_of(sd_bus *bus, const char *path, uint32_t flags)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), "GetBlockJobInfo", "su", "vda", flags);
        Info info;

        assert_true(sd_bus_message_read(reply, "(ittt)", &info.type, &info.bandwidth, &info.cur, &info.end) > 0);
        return info;
}

/* The images of the disk from the top, as in "top mid". flags: of GetXMLDesc. */
static char *chain_of(sd_bus *bus, const char *path, uint32_t flags)
{
        g_autofree char *xml = call_string(bus, DOMAIN(path), "GetXMLDesc", "u", flags);
        GString *chain = g_string_new(NULL);

        for (const char *p = xml; (p = strstr(p, "<source file='/i/"));) {
                p += strlen("<source file='/i/");
                g_string_append_printf(chain, "%s%.*s", chain->len ? " " : "", (int) strcspn(p, "'"), p);
        }
        return g_string_free(chain, FALSE);
}

static void assert_chain(sd_bus *bus, const char *path, const char *expected)
{
        g_autofree char *live = chain_of(bus, path, 0), *config = chain_of(bus, path, 2);

        assert_string_equal(live, expected);
        assert_string_equal(config, expected);
}

static void test_pull(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "pulled");
        _cleanup_signals_ Signals *signals = watch(root, path);
        Info info = info_of(root, path, 0);

        assert_int_equal(info.type, 0);
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockPull", "stu", "vda", UINT64_C(0), 0));
        info = info_of(root, path, 0);
        assert_int_equal(info.type, PULL);
        assert_true(info.end > 0 && info.cur < info.end);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationUnsupported", "BlockPull", "stu", "vda",
                          UINT64_C(0), 0));
        expect_block_job(signals, PULL, COMPLETED);
        assert_chain(root, path, "top");
        assert_int_equal(info_of(root, path, 0).type, 0);
        forget(root, path);
}

static void test_rebase(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "rebased");
        _cleanup_signals_ Signals *signals = watch(root, path);

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "BlockRebase", "sstu", "vda", "/i/none",
                          UINT64_C(0), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockRebase", "sstu", "/i/top", "vda[2]", UINT64_C(0), 0));
        expect_block_job(signals, PULL, COMPLETED);
        assert_chain(root, path, "top low");

        /* 8: a copy, which waits for a decision */
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockRebase", "sstu", "vda", "/i/copy", UINT64_C(0), 8 | 4));
        expect_block_job(signals, COPY, READY);
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockJobAbort", "su", "vda", 2));
        expect_block_job(signals, COPY, COMPLETED);
        assert_chain(root, path, "copy");
        forget(root, path);
}

static void test_commit(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "committed");
        _cleanup_signals_ Signals *signals = watch(root, path);

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "BlockCommit", "ssstu", "vda", "", "",
                          UINT64_C(0), 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "BlockCommit", "ssstu", "vda", "", "/i/low",
                          UINT64_C(0), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockCommit", "ssstu", "vda", "/i/low", "/i/mid", UINT64_C(0),
                                  0));
        expect_block_job(signals, COMMIT, COMPLETED);
        assert_chain(root, path, "top low");

        sd_bus_message_unref(call(root, DOMAIN(path), "BlockCommit", "ssstu", "vda", "", "", UINT64_C(0), 1 | 4));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "BlockCopyActive", "BlockJobAbort", "su", "vda", 2));
        expect_block_job(signals, ACTIVE_COMMIT, READY);
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockJobAbort", "su", "vda", 2));
        expect_block_job(signals, ACTIVE_COMMIT, COMPLETED);
        assert_chain(root, path, "low");
        forget(root, path);
}

static void test_copy(void **state)
{
        static const char dest[] = "<disk type='file'><driver type='raw'/><source file='/i/new'/></disk>";
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "copied");
        _cleanup_signals_ Signals *signals = watch(root, path);
        Info info;

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "XMLError", "BlockCopy", "ssa{sv}u", "vda",
                          "<disk type='file'><source file='relative'/></disk>", 0, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "BlockCopy", "ssa{sv}u", "vda", dest, 1,
                          "granularity", "u", 3, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "BlockCopy", "ssa{sv}u", "hda", dest, 0, 0));
        /* so slow that it would not end */
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockCopy", "ssa{sv}u", "vda", dest, 1, "bandwidth", "t",
                                  UINT64_C(4096), 0));
        info = info_of(root, path, 1);
        assert_int_equal(info.type, COPY);
        assert_int_equal(info.bandwidth, 4096);
        assert_int_equal(info_of(root, path, 0).bandwidth, 1);
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockJobSetSpeed", "stu", "vda", UINT64_C(0), 0));
        expect_block_job(signals, COPY, READY);
        info = info_of(root, path, 0);
        assert_true(info.cur == info.end);
        /* without a pivot the disk stays what it is */
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockJobAbort", "su", "vda", 0));
        expect_block_job(signals, COPY, CANCELED);
        assert_chain(root, path, "top mid low");

        sd_bus_message_unref(call(root, DOMAIN(path), "BlockCopy", "ssa{sv}u", "vda", dest, 0, 1));
        expect_block_job(signals, COPY, READY);
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockJobAbort", "su", "vda", 2));
        expect_block_job(signals, COPY, COMPLETED);
        assert_chain(root, path, "new mid low");
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "BlockJobAbort", "su", "vda", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "BlockJobSetSpeed", "stu", "vda",
                          UINT64_C(1), 0));
        forget(root, path);
}

/* A job of a disk is a job like others; and none outlives the machine. */
static void test_ends(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "ended"), *job = NULL, *kind = NULL;
        _cleanup_signals_ Signals *signals = watch(root, path);
        _cleanup_signals_ Signals *jobs = signals_new(root, "org.virtbus1", ",member='InterfacesAdded'");
        const char *name;

        sd_bus_message_unref(call(root, DOMAIN(path), "BlockPull", "stu", "vda", UINT64_C(1), 0));
        assert_true(sd_bus_message_read(signals_wait(jobs, "InterfacesAdded"), "o", &name) > 0);
        job = g_strdup(name);
        kind = property_string(root, native("Job", job), "Kind");
        assert_string_equal(kind, "block-pull");
        sd_bus_message_unref(call(root, native("Job", job), "Cancel", NULL));
        expect_block_job(signals, PULL, CANCELED);

        /* the domain is not busy meanwhile */
        sd_bus_message_unref(call(root, DOMAIN(path), "BlockPull", "stu", "vda", UINT64_C(1), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "Suspend", NULL));
        sd_bus_message_unref(call(root, DOMAIN(path), "Destroy", "u", 0));
        expect_block_job(signals, PULL, CANCELED);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "GetBlockJobInfo", "su", "vda", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "Undefine", "u", 0));
}

static void test_threshold(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "written");
        _cleanup_signals_ Signals *signals = watch(root, path);
        const char *device, *image;
        uint64_t threshold, excess;

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "SetBlockThreshold", "stu", "vda[3]",
                          UINT64_C(1), 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "SetBlockThreshold", "stu", "vdz", UINT64_C(1),
                          0));
        sd_bus_message_unref(call(root, DOMAIN(path), "SetBlockThreshold", "stu", "vda[1]", UINT64_C(4096), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "SetBlockThreshold", "stu", "vda[1]", UINT64_C(0), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "SetBlockThreshold", "stu", "vda", UINT64_C(8192), 0));
        assert_true(sd_bus_message_read(signals_wait(signals, "BlockThreshold"), "sstt", &device, &image, &threshold,
                                        &excess) > 0);
        assert_string_equal(device, "vda");
        assert_string_equal(image, "/i/top");
        assert_int_equal(threshold, 8192);
        forget(root, path);
        signals_expect_none(signals, "BlockThreshold");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pull), cmocka_unit_test(test_rebase), cmocka_unit_test(test_commit),
                cmocka_unit_test(test_copy), cmocka_unit_test(test_ends),   cmocka_unit_test(test_threshold),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
