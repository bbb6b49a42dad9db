/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saved states: managed ones, files, dumps, pictures, and the jobs that make them. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bus/later.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define DOMAIN(path) native("Domain", path)

/* A directory of the test's own. */
static char *directory;

static char *file(const char *name)
{
        return g_build_filename(directory, name, NULL);
}

static char *running_domain(sd_bus *bus, const char *name)
{
        char *path = domain_define(bus, name);

        sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static void forget(sd_bus *bus, const char *path, uint32_t flags)
{
        if (property_bool(bus, DOMAIN(path), "Active"))
                sd_bus_message_unref(call(bus, DOMAIN(path), "Destroy", "u", 0));
        sd_bus_message_unref(call(bus, DOMAIN(path), "Undefine", "u", flags));
}

static bool has_image(sd_bus *bus, const char *path)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), "HasManagedSaveImage", "u", 0);
        int yes;

        assert_true(sd_bus_message_read(reply, "b", &yes) > 0);
        assert_int_equal(yes, property_bool(bus, DOMAIN(path), "HasManagedSave"));
        return yes;
}

static void test_managed_save(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = running_domain(root, "managed"), *xml = NULL, *refused = NULL;

        assert_false(has_image(root, path));
        sd_bus_message_unref(call(root, DOMAIN(path), "Suspend", NULL));
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSave", "u", 0));
        domain_assert_state(root, path, "shutoff", "saved");
        assert_true(has_image(root, path));
        xml = call_string(root, DOMAIN(path), "ManagedSaveGetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<name>managed</name>"));
        refused = call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "Undefine", "u", 0);
        assert_non_null(strstr(refused, "managed save image exists"));

        /* it goes on as it was, and there is nothing to restore any more */
        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 0));
        domain_assert_state(root, path, "paused", "user");
        assert_false(has_image(root, path));

        /* 2: as if it had run; and 8 of Create: the state is dropped */
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSave", "u", 2));
        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 0));
        domain_assert_state(root, path, "running", "restored");
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSave", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 8));
        domain_assert_state(root, path, "running", "booted");
        assert_false(has_image(root, path));

        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSave", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSaveDefineXML", "su", xml, 4));
        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 0));
        domain_assert_state(root, path, "paused", "user");
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSave", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "ManagedSaveRemove", "u", 0));
        assert_false(has_image(root, path));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "ManagedSaveRemove", "u", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "ManagedSave", "u", 0));
        forget(root, path, 0);
}

/* A definition that the guest would notice does not come in by the back door. */
static void test_other_definition(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = running_domain(root, "another"), *to = file("another"), *own = NULL,
                        *renamed = NULL, *larger = NULL;
        g_auto(GStrv) parts = NULL;

        own = call_string(root, DOMAIN(path), "GetXMLDesc", "u", 2);
        parts = g_strsplit(own, "<name>another</name>", 2);
        renamed = g_strjoin("<name>thief</name>", parts[0], parts[1], NULL);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "ConfigUnsupported", "Save", "ssu", to, renamed, 0));
        g_strfreev(parts);
        parts = g_strsplit(own, "</memory>", 2);
        larger = g_strjoin("0</memory>", parts[0], parts[1], NULL);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "ConfigUnsupported", "Save", "ssu", to, larger, 0));
        assert_int_not_equal(g_access(to, F_OK), 0);
        domain_assert_state(root, path, "running", "booted");
        forget(root, path, 0);
}

static void test_file(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(root, "org.virtbus1", ",member='JobCompleted'");
        g_autofree char *path = running_domain(root, "filed"), *to = file("filed"), *xml = NULL, *own = NULL;
        Target connect = native("Connect", NULL);
        struct stat st;

        sd_bus_message_unref(call(root, DOMAIN(path), "Save", "ssu", to, "", 0));
        domain_assert_state(root, path, "shutoff", "saved");
        assert_false(has_image(root, path));
        assert_int_equal(g_stat(to, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_string_equal(sd_bus_message_get_path(signals_wait(signals, "JobCompleted")), path);

        xml = call_string(root, connect, "DomainSaveImageGetXMLDesc", "su", to, 0);
        own = call_string(root, DOMAIN(path), "GetXMLDesc", "u", 2);
        assert_non_null(strstr(xml, "<name>filed</name>"));
        sd_bus_message_unref(call(root, connect, "DomainSaveImageDefineXML", "ssu", to, own, 4));
        sd_bus_message_unref(call(root, connect, "DomainRestore", "ssu", to, "", 0));
        domain_assert_state(root, path, "paused", "user");
        g_free(call_error(root, connect, NATIVE_ERROR "OperationInvalid", "DomainRestore", "ssu", to, "", 0));

        /* a domain that is not there any more comes back for as long as it runs */
        forget(root, path, 0);
        sd_bus_message_unref(call(root, connect, "DomainRestoreParams", "a{sv}u", 1, "file", "s", to, 2));
        domain_assert_state(root, path, "running", "restored");
        assert_false(property_bool(root, DOMAIN(path), "Persistent"));
        /* it may be saved onto the file that it came from */
        sd_bus_message_unref(call(root, DOMAIN(path), "SaveParams", "a{sv}u", 1, "file", "s", to, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "NoDomain", "GetState", "u", 0));
}

/* Who may save a domain gets no other file of the host thereby. */
static void test_foreign_files(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = running_domain(root, "careful"), *mine = file("mine"), *link = file("link"),
                        *content = NULL, *secret = NULL;
        Target connect = native("Connect", NULL);

        assert_true(g_file_set_contents(mine, "precious", -1, NULL));
        assert_int_equal(symlink("mine", link), 0);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationFailed", "Save", "ssu", mine, "", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "SystemError", "Save", "ssu", link, "", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationFailed", "CoreDump", "suu", mine, 0, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationFailed", "Save", "ssu", "relative", "", 0));
        assert_true(g_file_get_contents(mine, &content, NULL, NULL));
        assert_string_equal(content, "precious");
        domain_assert_state(root, path, "running", "booted");

        /* and who may not restore does not even learn what is there */
        g_free(call_error(root, connect, NATIVE_ERROR "OperationFailed", "DomainRestore", "ssu", mine, "", 0));
        g_free(call_error(root, connect, NATIVE_ERROR "SystemError", "DomainRestore", "ssu", "/no/such", "", 0));
        call_denied(one, connect, "DomainRestore", "ssu", mine, "", 0);
        call_denied(one, connect, "DomainRestore", "ssu", "/no/such", "", 0);
        call_denied(one, connect, "DomainSaveImageGetXMLDesc", "su", mine, 0);
        secret = file("careful");
        sd_bus_message_unref(call(root, DOMAIN(path), "Save", "ssu", secret, "", 0));
        call_denied(one, connect, "DomainSaveImageGetXMLDesc", "su", secret, 0);
        call_denied(one, connect, "DomainRestore", "ssu", secret, "", 0);
        forget(root, path, 0);
}

static void test_dump(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = running_domain(root, "dumped"), *to = file("core"), *content = NULL;

        sd_bus_message_unref(call(root, DOMAIN(path), "CoreDump", "suu", to, 0, 16));
        domain_assert_state(root, path, "running", "booted");
        assert_true(g_file_get_contents(to, &content, NULL, NULL));
        assert_non_null(strstr(content, "<name>dumped</name>"));
        g_free(call_error(root, native("Connect", NULL), NATIVE_ERROR "OperationFailed", "DomainRestore", "ssu", to,
                          "", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "CoreDump", "suu", to, 9, 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "CoreDump", "suu", to, 0, 3));
        sd_bus_message_unref(call(root, DOMAIN(path), "CoreDump", "suu", to, 0, 1));
        domain_assert_state(root, path, "shutoff", "crashed");
        forget(root, path, 0);
}

static void test_screenshot(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = running_domain(root, "seen");
        _cleanup_message_ sd_bus_message *reply = call(root, DOMAIN(path), "Screenshot", "uu", 0, 0);
        const char *mime;
        char head[3] = {};
        int fd;

        assert_true(sd_bus_message_read(reply, "sh", &mime, &fd) > 0);
        assert_string_equal(mime, "image/x-portable-pixmap");
        assert_int_equal(read(fd, head, 2), 2);
        assert_string_equal(head, "P6");
        assert_true(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "Screenshot", "uu", 7, 0));
        forget(root, path, 0);
}

static int32_t job_type(sd_bus *bus, const char *path, uint32_t flags, uint64_t *ret_total, uint64_t *ret_done)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), "GetJobStats", "u", flags);
        const char *name;
        int32_t type;

        assert_true(sd_bus_message_enter_container(reply, 'r', "ia{sv}") > 0);
        assert_true(sd_bus_message_read(reply, "i", &type) > 0);
        assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(reply, "s", &name) > 0);
                if (streq(name, "data_total"))
                        assert_true(sd_bus_message_read(reply, "v", "t", ret_total) > 0);
                else if (streq(name, "data_processed"))
                        assert_true(sd_bus_message_read(reply, "v", "t", ret_done) > 0);
                else
                        assert_true(sd_bus_message_skip(reply, "v") >= 0);
                assert_true(sd_bus_message_exit_container(reply) >= 0);
        }
        return type;
}

/* A job counts the bytes of the memory, can be ended, and is remembered. */
static void test_job(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = running_domain(root, "watched"), *error = NULL;
        uint64_t total = 0, done = 0, end = now_usec() + DEADLINE_USEC;
        _cleanup_message_ sd_bus_message *info = NULL;
        Later later;
        int32_t type;

        assert_int_equal(job_type(root, path, 0, &total, &done), 0);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "AbortJob", NULL));
        call_later(root, DOMAIN(path), "ManagedSave", &later, "u", 0);
        while (job_type(other, path, 0, &total, &done) != 1 || done == 0)
                assert_true(now_usec() < end);
        assert_true(total > 0 && done < total);
        info = call(other, DOMAIN(path), "GetJobInfo", NULL);
        assert_true(sd_bus_message_enter_container(info, 'r', "ittttttttttt") > 0);
        assert_true(sd_bus_message_read(info, "i", &type) > 0);
        assert_int_equal(type, 1);
        sd_bus_message_unref(call(other, DOMAIN(path), "AbortJob", NULL));
        error = wait_later(&later);
        assert_string_equal(error, NATIVE_ERROR "OperationAborted");
        domain_assert_state(root, path, "running", "booted");
        assert_false(has_image(root, path));
        assert_int_equal(job_type(root, path, 3, &total, &done), 5);
        assert_int_equal(job_type(root, path, 1, &total, &done), 5);
        assert_int_equal(job_type(root, path, 1, &total, &done), 0);

        /* destruction does not wait for it */
        call_later(root, DOMAIN(path), "ManagedSave", &later, "u", 0);
        while (job_type(other, path, 0, &total, &done) != 1)
                assert_true(now_usec() < end);
        sd_bus_message_unref(call(other, DOMAIN(path), "Destroy", "u", 0));
        g_free(wait_later(&later));
        domain_assert_state(root, path, "shutoff", "destroyed");
        forget(root, path, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_managed_save),  cmocka_unit_test(test_other_definition),
                cmocka_unit_test(test_file),          cmocka_unit_test(test_foreign_files),
                cmocka_unit_test(test_dump),          cmocka_unit_test(test_screenshot),
                cmocka_unit_test(test_job),
        };
        g_autofree char *command = NULL;
        int r;

        directory = g_dir_make_tmp("virtbus-saves-XXXXXX", NULL);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        command = g_strdup_printf("rm -r '%s'", directory);
        if (system(command) != 0)
                return 1;
        g_free(directory);
        return r;
}
