/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets of the connection of real machines: what a killed daemon finds again, and what it does not. */
#include "tests/bus/harness.h"

#include <string.h>
#include <sys/stat.h>

#define UUID_A "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define UUID_B "0a81f5b2-8403-7b23-c8d6-21ccc2f80d70"
#define PATH_A "/org/virtbus1/QEMU/secret/_0a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define PATH_B "/org/virtbus1/QEMU/secret/_0a81f5b2_8403_7b23_c8d6_21ccc2f80d70"
#define KEPT(private)                                                                               \
        "<secret ephemeral='no' private='" private "'>\n  <uuid>" UUID_A "</uuid>\n"                \
        "  <usage type='volume'>\n    <volume>/srv/a</volume>\n  </usage>\n</secret>\n"
#define EPHEMERAL "<secret ephemeral='yes'><uuid>" UUID_B "</uuid></secret>"
#define DURABLE "<secret ephemeral='no'><uuid>" UUID_B "</uuid></secret>"
#define NO_SECRET "org.virtbus1.Error.NoSecret"

static Target connection(void)
{
        return native("Connect", "/org/virtbus1/QEMU");
}

static void define(sd_bus *bus, const char *xml, const char *path)
{
        g_autofree char *own = call_string(bus, connection(), "SecretDefineXML", "su", xml, 0);

        assert_string_equal(own, path);
}

static void undefine(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, native("Secret", path), "Undefine", NULL));
}

static void assert_gone(sd_bus *bus, const char *uuid)
{
        g_free(call_error(bus, connection(), NO_SECRET, "SecretLookupByUUID", "s", uuid));
}

static char *file_path(const char *name)
{
        return g_build_filename(g_getenv("VIRTBUS_ROOT"), "etc", "secrets", name, NULL);
}

static bool file_exists(const char *name)
{
        g_autofree char *path = file_path(name);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void write_file(const char *name, const char *text)
{
        g_autofree char *path = file_path(name);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void restart(void)
{
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
}

static void assert_private_file(const char *name, const char *text)
{
        g_autofree char *path = file_path(name), *content = NULL;
        struct stat st;

        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_true(g_file_get_contents(path, &content, NULL, NULL));
        assert_string_equal(content, text);
}

static void test_killed(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *xml = NULL;

        define(bus, KEPT("no"), PATH_A);
        secret_set_value(bus, PATH_A, "open sesame");
        define(bus, EPHEMERAL, PATH_B);
        secret_set_value(bus, PATH_B, "for today");
        secret_assert_value(bus, PATH_B, "for today");
        assert_private_file(UUID_A ".xml", KEPT("no"));
        assert_private_file(UUID_A ".base64", "b3BlbiBzZXNhbWU=");
        assert_false(file_exists(UUID_B ".xml"));
        assert_false(file_exists(UUID_B ".base64"));

        restart();
        secret_assert_value(bus, PATH_A, "open sesame");
        xml = call_string(bus, native("Secret", PATH_A), "GetXMLDesc", "u", 0);
        assert_string_equal(xml, KEPT("no"));
        assert_gone(bus, UUID_B);

        undefine(bus, PATH_A);
        assert_false(file_exists(UUID_A ".xml"));
        assert_false(file_exists(UUID_A ".base64"));
        restart();
        assert_gone(bus, UUID_A);
}

/* A secret that becomes ephemeral leaves the disk, one that ceases to be comes to it with its value. */
static void test_changed(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        define(bus, EPHEMERAL, PATH_B);
        secret_set_value(bus, PATH_B, "x");
        define(bus, DURABLE, PATH_B);
        restart();
        secret_assert_value(bus, PATH_B, "x");
        define(bus, EPHEMERAL, PATH_B);
        assert_false(file_exists(UUID_B ".xml"));
        assert_false(file_exists(UUID_B ".base64"));
        secret_assert_value(bus, PATH_B, "x");
        restart();
        assert_gone(bus, UUID_B);
}

static void test_refused(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *told = NULL;

        define(bus, KEPT("yes"), PATH_A);
        secret_set_value(bus, PATH_A, "open sesame");
        call_denied(one, connection(), "SecretDefineXML", "su", DURABLE, 0);
        call_denied(one, native("Secret", PATH_A), "GetValue", "u", 0);
        call_denied(one, native("Secret", PATH_A), "SetValue", "ayu", 0, 0);
        call_denied(one, native("Secret", PATH_A), "Undefine", NULL);
        restart();
        told = call_error(bus, native("Secret", PATH_A), "org.virtbus1.Error.InvalidSecret", "GetValue", "u", 0);
        assert_string_equal(told, "Invalid secret: secret is private");
        undefine(bus, PATH_A);
}

/* What is broken is kept, but out of the way; a value that nobody defined is nobody's. */
static void test_broken(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        define(bus, KEPT("no"), PATH_A);
        secret_set_value(bus, PATH_A, "open sesame");
        write_file(UUID_A ".base64", "open sesame");
        write_file(UUID_B ".xml", "<secret");
        write_file(UUID_B ".base64", "eA==");
        restart();
        assert_true(file_exists(UUID_B ".xml.broken"));
        assert_true(file_exists(UUID_A ".base64.broken"));
        assert_gone(bus, UUID_B);
        assert_false(property_bool(bus, native("Secret", PATH_A), "HasValue"));

        define(bus, DURABLE, PATH_B);
        restart();
        assert_false(property_bool(bus, native("Secret", PATH_B), "HasValue"));
        undefine(bus, PATH_B);
        undefine(bus, PATH_A);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_killed),
                cmocka_unit_test(test_changed),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_broken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
