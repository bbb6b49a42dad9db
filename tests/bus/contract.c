/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/contract.h"

#include <libxml/parser.h>
#include <string.h>

#include "tests/bus/harness.h"

static void member_free(void *data)
{
        Member *member = data;

        g_free(member->interface);
        g_free(member->name);
        g_free(member->in);
        g_free(member->out);
        g_free(member->access);
        g_free(member->permission);
        g_free(member);
}

static char *attribute(xmlNode *node, const char *name)
{
        xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *) name);
        char *copy = g_strdup((const char *) value);

        xmlFree(value);
        return copy;
}

static bool is_element(xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && streq((const char *) node->name, name);
}

static void read_annotation(xmlNode *node, Member *member)
{
        g_autofree char *name = attribute(node, "name"), *value = attribute(node, "value");

        if (streq(name, "org.virtbus1.Permission")) {
                g_free(member->permission);
                member->permission = g_steal_pointer(&value);
        } else if (streq(name, "org.virtbus1.Details"))
                member->body = streq(value, "body");
}

static Member *read_member(xmlNode *node, MemberKind kind, const char *interface)
{
        g_autoptr(GString) in = g_string_new(NULL), out = g_string_new(NULL);
        Member *member = g_new0(Member, 1);

        member->kind = kind;
        member->interface = g_strdup(interface);
        member->name = attribute(node, "name");
        member->access = attribute(node, "access");
        for (xmlNode *child = node->children; child; child = child->next)
                if (is_element(child, "arg")) {
                        g_autofree char *type = attribute(child, "type"), *direction = attribute(child, "direction");
                        bool is_out = direction && streq(direction, "out") && kind == MEMBER_METHOD;

                        g_string_append(is_out ? out : in, type);
                } else if (is_element(child, "annotation"))
                        read_annotation(child, member);
        member->in = kind == MEMBER_PROPERTY ? attribute(node, "type") : g_strdup(in->str);
        member->out = g_strdup(out->str);
        return member;
}

static void read_interface(xmlNode *node, GPtrArray *members)
{
        static const char *const kinds[] = { "method", "property", "signal" };
        g_autofree char *interface = attribute(node, "name");

        for (xmlNode *child = node->children; child; child = child->next)
                for (size_t kind = 0; kind < ELEMENTSOF(kinds); kind++)
                        if (is_element(child, kinds[kind]))
                                g_ptr_array_add(members, read_member(child, (MemberKind) kind, interface));
}

static xmlDoc *parse(const char *xml)
{
        xmlDoc *doc = xmlReadMemory(xml, (int) strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);

        if (!doc)
                fail_msg("this is no introspection data: %s", xml);
        return doc;
}

GPtrArray *contract_parse(const char *xml)
{
        GPtrArray *members = g_ptr_array_new_with_free_func(member_free);
        xmlDoc *doc = parse(xml);

        for (xmlNode *node = xmlDocGetRootElement(doc)->children; node; node = node->next)
                if (is_element(node, "interface"))
                        read_interface(node, members);
        xmlFreeDoc(doc);
        return members;
}

GPtrArray *contract_load(const char *path)
{
        g_autofree char *xml = NULL;

        if (!g_file_get_contents(path, &xml, NULL, NULL))
                fail_msg("cannot read %s", path);
        return contract_parse(xml);
}

GPtrArray *contract_native(const char *interface)
{
        g_autofree char *path = g_strdup_printf("%s/interfaces/org.virtbus1.%s.xml", g_getenv("VIRTBUS_SOURCE_DIR"),
                                                interface);

        return contract_load(path);
}

const Member *contract_find(const GPtrArray *members, const char *interface, MemberKind kind, const char *name)
{
        for (guint i = 0; i < members->len; i++) {
                const Member *member = members->pdata[i];

                if (member->kind == kind && streq(member->interface, interface) && streq(member->name, name))
                        return member;
        }
        return NULL;
}

char *member_describe(const Member *member)
{
        switch (member->kind) {
        case MEMBER_METHOD:
                return g_strdup_printf("method %s.%s(%s) -> %s", member->interface, member->name, member->in,
                                       member->out);
        case MEMBER_PROPERTY:
                return g_strdup_printf("property %s.%s %s, %s", member->interface, member->name, member->in,
                                       member->access);
        case MEMBER_SIGNAL:
                return g_strdup_printf("signal %s.%s(%s)", member->interface, member->name, member->in);
        }
        return NULL;
}

bool member_only_reads(const Member *member)
{
        g_auto(GStrv) permissions = g_strsplit(member->permission, " ", -1);

        for (char **p = permissions; *p; p++) {
                const char *name = strchr(*p, '.') + 1;

                /* one behind a flag is not asked for when the flags are 0 */
                if (!strchr(name, '@') && !streq(name, "getattr") && !streq(name, "read") &&
                    !g_str_has_prefix(name, "search-"))
                        return false;
        }
        return true;
}

char **contract_children(const char *xml)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        xmlDoc *doc = parse(xml);

        for (xmlNode *node = xmlDocGetRootElement(doc)->children; node; node = node->next)
                if (is_element(node, "node"))
                        g_ptr_array_add(names, attribute(node, "name"));
        xmlFreeDoc(doc);
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_steal(names, NULL);
}

void append_zeros(sd_bus_message *m, const char *signature)
{
        static const uint64_t zero;

        for (const char *s = signature; *s; s++)
                switch (*s) {
                case 's':
                        assert_true(sd_bus_message_append_basic(m, 's', "") >= 0);
                        break;
                case 'o':
                        assert_true(sd_bus_message_append_basic(m, 'o', "/") >= 0);
                        break;
                case 'a': {
                        const char *end = s + 1;
                        g_autofree char *element = NULL;

                        /* an element is one letter, or what is between brackets; none in our contract nests them */
                        if (*end == '{' || *end == '(')
                                end = strpbrk(end, "})");
                        element = g_strndup(s + 1, (gsize) (end - s));
                        assert_true(sd_bus_message_open_container(m, 'a', element) >= 0);
                        assert_true(sd_bus_message_close_container(m) >= 0);
                        s = end;
                        break;
                }
                default:
                        assert_true(sd_bus_message_append_basic(m, *s, &zero) >= 0);
                        break;
                }
}
