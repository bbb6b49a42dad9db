/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The generated rows and introspection data beside the interface files, whose folder is the argument. */

#include "service/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>

#define EMITS_CHANGED "org.freedesktop.DBus.Property.EmitsChangedSignal"

static const char *source_dir;

static void doc_free(xmlDoc **doc)
{
        xmlFreeDoc(*doc);
}
#define _cleanup_doc_ _cleanup_(doc_free)

/* Valid as long as the document: attribute values of these files are single text nodes. */
static const char *attribute(const xmlNode *node, const char *name)
{
        for (const xmlAttr *a = node->properties; a; a = a->next)
                if (streq((const char *) a->name, name))
                        return a->children ? (const char *) a->children->content : "";
        return NULL;
}

static bool is_element(const xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && (!name || streq((const char *) node->name, name));
}

static const xmlNode *find_child(const xmlNode *parent, const char *element, const char *name)
{
        for (const xmlNode *n = parent->children; n; n = n->next)
                if (is_element(n, element) && (!name || streq_ptr(attribute(n, "name"), name)))
                        return n;
        return NULL;
}

static size_t count_children(const xmlNode *parent, const char *element)
{
        size_t n = 0;

        for (const xmlNode *child = parent->children; child; child = child->next)
                n += is_element(child, element);
        return n;
}

static const char *annotation(const xmlNode *member, const char *name)
{
        const xmlNode *found = find_child(member, "annotation", name);

        return found ? attribute(found, "value") : NULL;
}

/* The types of the arguments of one direction; NULL: of a signal. */
static char *signature(const xmlNode *member, const char *direction)
{
        GString *s = g_string_new(NULL);

        for (const xmlNode *n = member->children; n; n = n->next)
                if (is_element(n, "arg") && streq_ptr(attribute(n, "direction"), direction))
                        g_string_append(s, attribute(n, "type"));
        return g_string_free(s, FALSE);
}

static xmlDoc *read_string(const char *xml)
{
        xmlDoc *doc = xmlReadMemory(xml, (int) strlen(xml), NULL, NULL, XML_PARSE_NONET);

        assert_non_null(doc);
        return doc;
}

static xmlDoc *read_source(const InterfaceInfo *info)
{
        g_autofree char *path = g_strdup_printf("%s/org.virtbus1.%s.xml", source_dir, info->name);
        xmlDoc *doc = xmlReadFile(path, NULL, XML_PARSE_NONET);

        assert_non_null(doc);
        return doc;
}

static bool is_internal(const char *name)
{
        return streq(name, "org.virtbus1.Changed") || streq(name, "org.virtbus1.Libvirt") ||
               streq(name, "org.virtbus1.Details");
}

static void assert_same_attributes(const xmlNode *a, const xmlNode *b)
{
        for (const xmlAttr *x = a->properties; x; x = x->next)
                assert_string_equal(attribute(a, (const char *) x->name), attribute(b, (const char *) x->name));
}

/* Arguments and public annotations of b are those of a, in this order. */
static void assert_same_member(const xmlNode *a, const xmlNode *b)
{
        const xmlNode *y = b->children;

        assert_same_attributes(a, b);
        for (const xmlNode *x = a->children; x; x = x->next) {
                if (!is_element(x, NULL) || (is_element(x, "annotation") && is_internal(attribute(x, "name"))))
                        continue;
                while (y && !is_element(y, NULL))
                        y = y->next;
                assert_non_null(y);
                assert_string_equal(x->name, y->name);
                assert_same_attributes(x, y);
                y = y->next;
        }
        for (; y; y = y->next)
                assert_false(is_element(y, NULL));
}

static unsigned count_interface_files(void)
{
        g_autoptr(GDir) dir = g_dir_open(source_dir, 0, NULL);
        unsigned n = 0;
        const char *name;

        assert_non_null(dir);
        while ((name = g_dir_read_name(dir)))
                n += g_str_has_prefix(name, "org.virtbus1.") && g_str_has_suffix(name, ".xml");
        return n;
}

static void test_native_xml_is_the_source(void **state)
{
        assert_int_equal(contract_n_interfaces, count_interface_files());
        for (size_t i = 0; i < contract_n_interfaces; i++) {
                const InterfaceInfo *info = contract_interfaces[i];
                _cleanup_doc_ xmlDoc *source = read_source(info);
                _cleanup_doc_ xmlDoc *native = read_string(info->native_xml);
                const xmlNode *a = find_child(xmlDocGetRootElement(source), "interface", NULL);
                const xmlNode *b = xmlDocGetRootElement(native);

                assert_same_attributes(a, b);
                assert_int_equal(count_children(a, NULL), count_children(b, NULL));
                for (const xmlNode *member = a->children; member; member = member->next) {
                        const xmlNode *other;

                        if (!is_element(member, NULL))
                                continue;
                        other = find_child(b, (const char *) member->name, attribute(member, "name"));
                        assert_non_null(other);
                        assert_same_member(member, other);
                }
        }
}

static void check_permissions(const PermissionRow *rows, size_t n, size_t args_size)
{
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
                assert_in_range(rows[i].permission, PERMISSION_NONE + 1, _PERMISSION_MAX - 1);
                if (rows[i].condition == PERMISSION_ALWAYS)
                        continue;
                assert_true(rows[i].mask != 0);
                assert_true(rows[i].offset + sizeof(uint32_t) <= args_size);
        }
}

static void check_method(const MethodInfo *method)
{
        size_t end = 0;

        for (size_t i = 0; i < method->n_args; i++) {
                assert_true(method->args[i].offset >= end);
                end = method->args[i].offset + 1u;
        }
        assert_true(end <= method->args_size);
        assert_non_null(method->handler);
        check_permissions(method->permissions, method->n_permissions, method->args_size);
}

static void check_methods(const InterfaceInfo *info, const xmlNode *xml, FaceMask face)
{
        size_t n = 0;

        for (size_t i = 0; i < info->n_methods; i++) {
                const MethodInfo *method = info->methods + i;
                const xmlNode *node = find_child(xml, "method", method->name);
                g_autofree char *in = NULL, *out = NULL;

                assert_true(i == 0 || strcmp(info->methods[i - 1].name, method->name) < 0);
                check_method(method);
                assert_int_equal(node != NULL, (method->faces & face) != 0);
                if (!node)
                        continue;
                n++;
                in = signature(node, "in");
                out = signature(node, "out");
                assert_string_equal(in, method->in);
                assert_string_equal(out, method->out);
        }
        assert_int_equal(n, count_children(xml, "method"));
}

static void check_properties(const InterfaceInfo *info, const xmlNode *xml, FaceMask face)
{
        size_t n = 0;

        for (size_t i = 0; i < info->n_properties; i++) {
                const PropertyInfo *property = info->properties + i;
                const xmlNode *node = find_child(xml, "property", property->name);

                assert_true(i == 0 || strcmp(info->properties[i - 1].name, property->name) < 0);
                check_permissions(property->read, property->n_read, 0);
                assert_non_null(property->get);
                if (property->set) {
                        check_method(property->set);
                        assert_int_equal(property->set->n_args, 1);
                        assert_string_equal(property->set->in, property->type);
                }
                assert_int_equal(node != NULL, (property->faces & face) != 0);
                if (!node)
                        continue;
                n++;
                assert_string_equal(attribute(node, "type"), property->type);
                assert_string_equal(attribute(node, "access"), property->set ? "readwrite" : "read");
                if (face == FACE_NATIVE) {
                        /* D-Bus: without the annotation, changes are announced */
                        assert_int_equal(annotation(node, EMITS_CHANGED) == NULL, property->changed != 0);
                        assert_int_equal(streq_ptr(annotation(node, EMITS_CHANGED), "const"),
                                         (property->flags & MEMBER_CONST) != 0);
                }
        }
        assert_int_equal(n, count_children(xml, "property"));
}

static void check_signals(const InterfaceInfo *info, const xmlNode *xml, FaceMask face)
{
        size_t n = 0;

        for (size_t i = 0; i < info->n_signals; i++) {
                const SignalInfo *signal = info->signals + i;
                const xmlNode *node = find_child(xml, "signal", signal->name);
                g_autofree char *types = NULL;

                assert_true(i == 0 || strcmp(info->signals[i - 1].name, signal->name) < 0);
                assert_string_equal(signal->interface, info->name);
                check_permissions(signal->permissions, signal->n_permissions, 0);
                assert_int_equal(node != NULL, (signal->faces & face) != 0);
                if (!node)
                        continue;
                n++;
                types = signature(node, NULL);
                assert_string_equal(types, signal->signature);
        }
        assert_int_equal(n, count_children(xml, "signal"));
}

static void test_rows_are_the_xml(void **state)
{
        for (size_t i = 0; i < contract_n_interfaces; i++) {
                const InterfaceInfo *info = contract_interfaces[i];
                const char *const xml[] = { info->native_xml, info->libvirt_xml };
                const FaceMask faces[] = { FACE_NATIVE, FACE_LIBVIRT };

                for (size_t f = 0; f < ELEMENTSOF(faces); f++) {
                        _cleanup_doc_ xmlDoc *doc = NULL;

                        assert_int_equal(xml[f] != NULL, (info->faces & faces[f]) != 0);
                        if (!xml[f])
                                continue;
                        doc = read_string(xml[f]);
                        check_methods(info, xmlDocGetRootElement(doc), faces[f]);
                        check_properties(info, xmlDocGetRootElement(doc), faces[f]);
                        check_signals(info, xmlDocGetRootElement(doc), faces[f]);
                }
        }
}

static void test_permissions(void **state)
{
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        size_t n_read = 0;

        for (int i = PERMISSION_NONE + 1; i < _PERMISSION_MAX; i++) {
                const char *id = permission_action_id(i);

                assert_true(g_str_has_prefix(id, "org.libvirt.api."));
                assert_string_equal(permission_name(i), id + strlen("org.libvirt.api."));
                assert_true(g_hash_table_add(ids, (char *) id));
                n_read += permission_is_read(i);
        }
        assert_null(permission_action_id(PERMISSION_NONE));
        assert_null(permission_name(PERMISSION_NONE));
        /* as many as libvirt 11.3 has, and as many of them with the default yes or of the kind search-* */
        assert_int_equal(g_hash_table_size(ids), 106);
        assert_int_equal(n_read, 32);
        assert_true(permission_is_read(PERMISSION_CONNECT_SEARCH_DOMAINS));
        assert_false(permission_is_read(PERMISSION_DOMAIN_READ_SECURE));
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_native_xml_is_the_source),
                cmocka_unit_test(test_rows_are_the_xml),
                cmocka_unit_test(test_permissions),
        };

        if (argc != 2)
                return 2;
        source_dir = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
