/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_metadata.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OTHER "<o:other xmlns:o=\"http://other\" keep='single'/>"

static char *set(const char *metadata, const char *key, const char *uri, const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        char *text = NULL;

        if (metadata_set(metadata, key, uri, xml, &text, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return text;
}

static void test_set_and_get(void **state)
{
        g_autofree char *first = set(NULL, "app", "http://tea", "<tea><leaf a='1'/>text</tea>");
        g_autofree char *second = set(first, "x", "http://tea", "<cup/>");
        g_autofree char *got = metadata_get(first, "http://tea"), *again = metadata_get(second, "http://tea");
        g_autofree char *gone = set(second, NULL, "http://tea", NULL);

        assert_string_equal(first, "<metadata><app:tea xmlns:app=\"http://tea\"><app:leaf a=\"1\"/>text</app:tea>"
                                   "</metadata>");
        assert_string_equal(got, "<tea><leaf a=\"1\"/>text</tea>");
        assert_string_equal(again, "<cup/>");
        assert_null(gone);
        assert_null(metadata_get(first, "http://coffee"));
        assert_null(metadata_get(NULL, "http://tea"));
}

/* Each namespace is its program's own. */
static void test_others_stay(void **state)
{
        g_autofree char *both = set("<metadata>" OTHER "</metadata>", "app", "http://tea", "<tea/>");
        g_autofree char *back = set(both, NULL, "http://tea", NULL);
        g_autofree char *other = metadata_get(both, "http://other");

        assert_non_null(strstr(both, "<o:other xmlns:o=\"http://other\" keep=\"single\"/>"));
        assert_string_equal(back, "<metadata><o:other xmlns:o=\"http://other\" keep=\"single\"/></metadata>");
        assert_string_equal(other, "<other keep=\"single\"/>");
}

/* A namespace within that of the program is kept with its declaration. */
static void test_nested_namespaces(void **state)
{
        g_autofree char *text = set(NULL, "app", "http://tea", "<tea xmlns:m='http://milk'><m:milk/></tea>");
        g_autofree char *got = metadata_get(text, "http://tea");

        assert_string_equal(got, "<tea xmlns:m=\"http://milk\"><m:milk/></tea>");
}

static void expect_refused(const char *key, const char *uri, const char *xml, ErrorCode code)
{
        _cleanup_error_ Error error = ERROR_INIT;
        char *text = NULL;

        assert_true(metadata_set(NULL, key, uri, xml, &text, &error) < 0);
        assert_int_equal(error.code, code);
        assert_null(text);
}

static void test_refused(void **state)
{
        expect_refused("app", "", "<tea/>", ERROR_INVALID_ARG);
        expect_refused("", "http://tea", "<tea/>", ERROR_INVALID_ARG);
        expect_refused("a:b", "http://tea", "<tea/>", ERROR_INVALID_ARG);
        expect_refused("1", "http://tea", "<tea/>", ERROR_INVALID_ARG);
        expect_refused("app", "http://tea", "<tea", ERROR_XML_DETAIL);
        expect_refused("app", "http://tea", "", ERROR_XML_DETAIL);
        expect_refused("app", "http://tea", "<a/><b/>", ERROR_XML_DETAIL);
        expect_refused("app", "http://tea", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", ERROR_XML_DETAIL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set_and_get),
                cmocka_unit_test(test_others_stay),
                cmocka_unit_test(test_nested_namespaces),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
