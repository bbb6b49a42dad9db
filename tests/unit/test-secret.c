/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/secret.h"

#include "drivers/model/def_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID_A "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define UUID_B "0a81f5b2-8403-7b23-c8d6-21ccc2f80d70"

static SecretDef *parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        SecretDef *def = NULL;

        if (secret_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return def;
}

static void assert_refused(const char *xml, DefinitionParseFlags flags, const char *part)
{
        _cleanup_error_ Error error = ERROR_INIT;
        SecretDef *def = NULL;

        assert_true(secret_def_parse(xml, strlen(xml), flags, NULL, &def, &error) < 0);
        assert_null(def);
        assert_non_null(strstr(error.detail, part));
}

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&secret_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _SECRET_USAGE_MAX; i++)
                assert_int_equal(secret_usage_from_string(secret_usage_to_string(i)), i);
}

static void test_round_trip(void **state)
{
        static const struct {
                const char *usage, *element, *id;
                SecretUsage type;
        } usages[] = {
                { "volume", "volume", "/srv/a.qcow2", SECRET_USAGE_VOLUME },
                { "ceph", "name", "client.a secret", SECRET_USAGE_CEPH },
                { "iscsi", "target", "box", SECRET_USAGE_ISCSI },
                { "tls", "name", "key", SECRET_USAGE_TLS },
                { "vtpm", "name", "machine", SECRET_USAGE_VTPM },
        };

        for (size_t i = 0; i < ELEMENTSOF(usages); i++) {
                g_autofree char *xml = g_strdup_printf("<secret ephemeral='no' private='yes'>\n"
                                                       "  <uuid>" UUID_A "</uuid>\n"
                                                       "  <description>of a test</description>\n"
                                                       "  <usage type='%s'>\n    <%s>%s</%s>\n  </usage>\n</secret>\n",
                                                       usages[i].usage, usages[i].element, usages[i].id,
                                                       usages[i].element);
                _cleanup_(secret_def_unrefp) SecretDef *def = parse(xml);
                g_autofree char *text = secret_def_format(def, 0);

                assert_string_equal(text, xml);
                assert_int_equal(def->usage, usages[i].type);
                assert_string_equal(def->usage_id, usages[i].id);
        }
}

static void test_defaults(void **state)
{
        _cleanup_(secret_def_unrefp) SecretDef *def = parse("<secret/>"), *with_uuid = NULL;
        g_autofree char *text = NULL;

        assert_null(def->uuid);
        with_uuid = secret_def_with_uuid(def, UUID_A);
        text = secret_def_format(with_uuid, 0);
        assert_string_equal(text, "<secret ephemeral='no' private='no'>\n  <uuid>" UUID_A "</uuid>\n</secret>\n");
}

static void test_refused(void **state)
{
        assert_refused("<domain/>", 0, "secret");
        assert_refused("<secret><uuid>none</uuid></secret>", 0, "/secret/uuid");
        assert_refused("<secret><usage type='ceph'/></secret>", 0, "Ceph usage specified, but name is missing");
        assert_refused("<secret><usage type='volume'><name>x</name></usage></secret>", 0, "volume path is missing");
        assert_refused("<secret><usage type='moon'><name>x</name></usage></secret>", 0, "/secret/usage/@type");
        assert_refused("<secret private='perhaps'/>", 0, "/secret/@private");
        assert_refused("<secret><value>x</value></secret>", DEFINITION_PARSE_VALIDATE, "value");
}

/* What was accepted once is not lost by a rule that has come since; what no row can hold is. */
static void test_stored(void **state)
{
        static const char xml[] = "<secret><uuid>" UUID_A "</uuid><usage type='ceph'/></secret>";
        _cleanup_(secret_def_unrefp) SecretDef *def = NULL;
        Details details = {};

        assert_int_equal(secret_def_parse(xml, strlen(xml), DEFINITION_PARSE_STORED, NULL, &def, NULL), 0);
        assert_int_equal(def->usage, SECRET_USAGE_CEPH);
        secret_def_describe(def, &details);
        assert_string_equal(details.pairs[1].value, "");
        assert_refused("<secret><uuid>none</uuid></secret>", DEFINITION_PARSE_STORED, "/secret/uuid");
}

static void test_describe(void **state)
{
        static const struct {
                const char *usage, *key, *value;
        } cases[] = {
                { "<usage type='volume'><volume>/v</volume></usage>", "secret_usage_volume", "/v" },
                { "<usage type='ceph'><name>c</name></usage>", "secret_usage_ceph", "c" },
                { "<usage type='iscsi'><target>t</target></usage>", "secret_usage_target", "t" },
                { "<usage type='tls'><name>n</name></usage>", "secret_usage_name", "n" },
                { "<usage type='vtpm'><name>m</name></usage>", "secret_usage_name", "m" },
        };
        _cleanup_(secret_def_unrefp) SecretDef *plain = parse("<secret><uuid>" UUID_A "</uuid></secret>");
        Details details = {};

        secret_def_describe(plain, &details);
        assert_int_equal(details.n, 1);
        assert_string_equal(details.pairs[0].key, "secret_uuid");
        assert_string_equal(details.pairs[0].value, UUID_A);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = g_strconcat("<secret>", cases[i].usage, "</secret>", NULL);
                _cleanup_(secret_def_unrefp) SecretDef *def = parse(xml);

                details = (Details) {};
                secret_def_describe(def, &details);
                assert_int_equal(details.n, 2);
                assert_string_equal(details.pairs[1].key, cases[i].key);
                assert_string_equal(details.pairs[1].value, cases[i].value);
        }
}

static Secret *add(ObjectList *list, const char *xml)
{
        _cleanup_(secret_def_unrefp) SecretDef *def = parse(xml);
        Secret *secret = NULL;

        assert_int_equal(secret_list_add(list, def, &secret, NULL), 0);
        object_publish(&secret->object);
        return secret;
}

static void assert_taken(const ObjectList *list, const Secret *secret, const char *xml, const char *part)
{
        _cleanup_(secret_def_unrefp) SecretDef *def = parse(xml);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(secret_list_check(list, def, secret, &error) < 0);
        assert_non_null(strstr(error.detail, part));
}

static void test_list(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        Secret *secret = add(list, "<secret private='yes'><uuid>" UUID_A
                                   "</uuid><usage type='tls'><name>n</name></usage>"
                                   "</secret>");

        (void) add(list, "<secret><uuid>" UUID_B "</uuid></secret>");
        assert_ptr_equal(secret_list_find_usage(list, SECRET_USAGE_TLS, "n"), secret);
        assert_null(secret_list_find_usage(list, SECRET_USAGE_VTPM, "n"));
        assert_null(secret_list_find_usage(list, SECRET_USAGE_NONE, NULL));
        assert_taken(list, NULL, "<secret><usage type='tls'><name>n</name></usage></secret>",
                     "already defined for use with n");
        assert_taken(list, secret, "<secret private='yes'><usage type='tls'><name>m</name></usage></secret>",
                     "is already defined for use with n");
        assert_taken(list, secret, "<secret><usage type='tls'><name>n</name></usage></secret>", "private flag");
}

static void test_value(void **state)
{
        g_autoptr(GBytes) value = secret_value_new("a\0b", 3), empty = secret_value_new(NULL, 0);
        size_t size;

        assert_memory_equal(g_bytes_get_data(value, &size), "a\0b", 3);
        assert_int_equal(size, 3);
        assert_int_equal(g_bytes_get_size(empty), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_refused),  cmocka_unit_test(test_stored),     cmocka_unit_test(test_describe),
                cmocka_unit_test(test_list),     cmocka_unit_test(test_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
