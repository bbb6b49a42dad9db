/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/xml_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/resource.h>

static XmlTree *parse(const char *text, Error *error)
{
        XmlTree *tree = NULL;

        if (xml_tree_parse(text, strlen(text), &xml_limits_default, "test", &tree, error) < 0)
                assert_null(tree);
        return tree;
}

static void assert_refused(const char *text, size_t size, ErrorCode code, const char *part)
{
        _cleanup_error_ Error error = ERROR_INIT;
        XmlTree *tree = NULL;

        assert_true(xml_tree_parse(text, size, &xml_limits_default, "test", &tree, &error) < 0);
        assert_null(tree);
        assert_int_equal(error.code, code);
        if (!strstr(error.detail, part))
                fail_msg("'%s' is not in '%s'", part, error.detail);
}

#define ASSERT_REFUSED(text, code, part) assert_refused(text, sizeof(text) - 1, code, part)

static void test_tree(void **state)
{
        _cleanup_(xml_tree_freep) XmlTree *tree =
                parse("<?xml version='1.0'?>\n<a x='1'>\n <b><c/></b>\n <b y='2'>t</b>\n</a>", NULL);
        const xmlNode *root, *b;
        const char *slice;
        size_t size;

        assert_non_null(tree);
        root = xml_tree_root(tree);
        assert_string_equal((const char *) root->name, "a");
        assert_int_equal(xml_tree_line(tree, root), 2);
        b = root->children;
        assert_int_equal(b->type, XML_ELEMENT_NODE);
        slice = xml_tree_slice(tree, b, &size);
        assert_int_equal(size, strlen("<b><c/></b>"));
        assert_memory_equal(slice, "<b><c/></b>", size);
        assert_int_equal(xml_tree_line(tree, b), 3);
        assert_int_equal(xml_tree_line_of_path(tree, "/a/b[2]/@y"), 4);
        assert_int_equal(xml_tree_line_of_path(tree, "/a/b[1]/c"), 3);
        assert_int_equal(xml_tree_line_of_path(tree, "/a/nothing/@y"), 2);
        assert_int_equal(xml_tree_line_of_path(tree, "/z"), 0);
}

static void test_values(void **state)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = parse(
                        "<a x='&lt;&#65;&apos;' y='' z='plain'>one<!-- no -->&amp;<![CDATA[<two>]]></a>",
                        NULL);
        const xmlAttr *x = xml_tree_root(tree)->properties;
        g_autofree char *b1 = NULL, *b2 = NULL, *b3 = NULL, *b4 = NULL;

        assert_string_equal(xml_attribute_value(x, &b1), "<A'");
        assert_string_equal(xml_attribute_value(x->next, &b2), "");
        assert_string_equal(xml_attribute_value(x->next->next, &b3), "plain");
        assert_null(b3);
        assert_string_equal(xml_element_text(xml_tree_root(tree), &b4), "one&<two>");
}

static void test_slice_namespaces(void **state)
{
        _cleanup_(xml_tree_freep) XmlTree *tree =
                parse("<a xmlns:p='urn:p&amp;' xmlns:q='urn:q' xmlns:r='urn:r'>"
                      "<p:b  q:c='1'><d xmlns:r='urn:inner'><r:e/></d></p:b></a>", NULL);
        GString *out = g_string_new(NULL);

        xml_tree_append_slice(tree, xml_tree_root(tree)->children, out);
        assert_string_equal(out->str, "<p:b xmlns:p='urn:p&amp;' xmlns:q='urn:q'  q:c='1'>"
                                      "<d xmlns:r='urn:inner'><r:e/></d></p:b>");
        g_string_free(out, TRUE);
}

static void test_escape(void **state)
{
        GString *out = g_string_new(NULL);

        xml_escape(out, "a<b>&'\"\n\t\r\xc3\xa4", true);
        assert_string_equal(out->str, "a&lt;b&gt;&amp;&apos;&quot;&#10;&#9;&#13;\xc3\xa4");
        g_string_truncate(out, 0);
        xml_escape(out, "\n\t\r", false);
        assert_string_equal(out->str, "\n\t&#13;");
        g_string_free(out, TRUE);
}

static void test_malformed(void **state)
{
        ASSERT_REFUSED("", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("text", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a>\n<b></a>", ERROR_XML_DETAIL, "(test):2:");
        ASSERT_REFUSED("<a/><b/>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("</a>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a x='1' x='2'/>", ERROR_XML_DETAIL, "redefined");
        ASSERT_REFUSED("<a x='<'/>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a>&nbsp;</a>", ERROR_XML_DETAIL, "nbsp");
        ASSERT_REFUSED("<a", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a b='", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a><!-- </a>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a><![CDATA[ </a>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a>\x01</a>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a>&#1;</a>", ERROR_XML_DETAIL, "(test):1:");
        ASSERT_REFUSED("<a>b\0c</a>", ERROR_XML_DETAIL, "UTF-8");
        ASSERT_REFUSED("<a>\xff</a>", ERROR_XML_DETAIL, "UTF-8");
        ASSERT_REFUSED("<a>\xed\xa0\x80</a>", ERROR_XML_DETAIL, "UTF-8");
        ASSERT_REFUSED("\xff\xfe<\0a\0/\0>\0", ERROR_XML_DETAIL, "");
}

/* What the document says about its encoding is not believed. */
static void test_encoding(void **state)
{
        _cleanup_(xml_tree_freep) XmlTree *tree =
                parse("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xa4</a>", NULL);
        g_autofree char *buffer = NULL;

        assert_non_null(tree);
        assert_string_equal(xml_element_text(xml_tree_root(tree), &buffer), "\xc3\xa4");
}

static void test_document_types(void **state)
{
        ASSERT_REFUSED("<!DOCTYPE a><a/>", ERROR_XML_DETAIL, "document type");
        ASSERT_REFUSED("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", ERROR_XML_DETAIL,
                       "document type");
        ASSERT_REFUSED("<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
                       ERROR_XML_DETAIL, "document type");
        ASSERT_REFUSED("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x.dtd'><a/>", ERROR_XML_DETAIL,
                       "document type");
        ASSERT_REFUSED("<a><!ELEMENT b ANY></a>", ERROR_XML_DETAIL, "document type");
}

/*
 * What is sent to us must cost little whatever it is: bounds far above what is needed, far below what hurts.
 */
static void assert_cheap(GString *text, ErrorCode code, const char *part)
{
        struct rusage before, after;
        uint64_t start = now_usec();

        assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
        assert_refused(text->str, text->len, code, part);
        assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
        assert_true(now_usec() - start < USEC_PER_SEC);
        assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
        g_string_free(text, TRUE);
}

static GString *repeat(const char *head, const char *part, unsigned n, const char *tail)
{
        GString *text = g_string_new(head);

        while (n-- > 0)
                g_string_append(text, part);
        g_string_append(text, tail);
        return text;
}

static void test_limits(void **state)
{
        GString *text = g_string_new("<a ");

        for (unsigned i = 0; i < 100000; i++)
                g_string_append_printf(text, "a%u='' ", i);
        g_string_append(text, "/>");
        assert_cheap(text, ERROR_LIMITS_EXCEEDED, "more than 64 attributes");
        assert_cheap(repeat("", "<a>", 100000, ""), ERROR_LIMITS_EXCEEDED, "more than 64 levels");
        assert_cheap(repeat("<r>", "<a/>", 100000, "</r>"), ERROR_LIMITS_EXCEEDED, "more than 20000 nodes");
        assert_cheap(repeat("<r>", "<!---->", 100000, "</r>"), ERROR_LIMITS_EXCEEDED,
                     "more than 20000 nodes");
        assert_cheap(repeat("<r>", "<?p?>", 100000, "</r>"), ERROR_LIMITS_EXCEEDED, "more than 20000 nodes");
        assert_cheap(repeat("<r><a b='", "x", 4097, "'/></r>"), ERROR_LIMITS_EXCEEDED, "4096 bytes");
        assert_cheap(repeat("<r>", "x", 2000000, "</r>"), ERROR_LIMITS_EXCEEDED, "1048576");
        assert_cheap(repeat("<a></b>", "<a>", 60, ""), ERROR_XML_DETAIL, "(test):1:");
        /* behind an error nothing is looked at any more */
        assert_cheap(repeat("<r></x>", "<a b='1' c='2'/>", 9000, "</r>"), ERROR_LIMITS_EXCEEDED, "nodes");
}

static void test_at_the_limits(void **state)
{
        g_autofree char *value = g_strnfill(4096, 'x');
        g_autofree char *attribute = g_strdup_printf("<a b='%s'/>", value);
        _cleanup_(xml_tree_freep) XmlTree *tree = parse(attribute, NULL), *deep = NULL;
        GString *text = repeat("", "<a>", 64, "");

        assert_non_null(tree);
        for (unsigned i = 0; i < 64; i++)
                g_string_append(text, "</a>");
        deep = parse(text->str, NULL);
        assert_non_null(deep);
        g_string_free(text, TRUE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tree),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_slice_namespaces),
                cmocka_unit_test(test_escape),
                cmocka_unit_test(test_malformed),
                cmocka_unit_test(test_encoding),
                cmocka_unit_test(test_document_types),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_at_the_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
