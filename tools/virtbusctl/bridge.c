/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/bridge.h"

#include "tools/virtbusctl/compose.h"
#include "tools/virtbusctl/nouns.h"

#include <libxml/parser.h>

/*
 * The two definitions are one within the other: what the interface is (its type, name, MAC, bond, VLAN) stands in the
 * <bridge> of the bridge, what it does (when it starts, its MTU and addresses) is the outer one's.
 */

enum { XML_INACTIVE = 1 << 0 };

static const char *const device_elements[] = { "mac", "bond", "vlan", NULL };

static bool is_element(const xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && streq((const char *) node->name, name);
}

static bool has_type(xmlNode *interface, const char *type)
{
        xmlChar *value = xmlGetProp(interface, BAD_CAST "type");
        bool same = streq_ptr((const char *) value, type);

        xmlFree(value);
        return same;
}

static void move_property(xmlNode *from, xmlNode *to, const char *name)
{
        xmlChar *value = xmlGetProp(from, BAD_CAST name);

        if (value)
                (void) xmlSetProp(to, BAD_CAST name, value);
        xmlFree(value);
        (void) xmlUnsetProp(from, BAD_CAST name);
}

/* Those that describe the device (or, with rest, all others), in their order and before what is there. */
static void move_elements(xmlNode *from, xmlNode *to, bool rest)
{
        xmlNode *before = to->children, *next;

        for (xmlNode *node = from->children; node; node = next) {
                next = node->next;
                if (node->type != XML_ELEMENT_NODE || is_element(node, "bridge") ||
                    g_strv_contains(device_elements, (const char *) node->name) == rest)
                        continue;
                xmlUnlinkNode(node);
                if (before)
                        (void) xmlAddPrevSibling(before, node);
                else
                        (void) xmlAddChild(to, node);
        }
}

/* The definition of the object, which is a document without blanks between elements. */
static int fetch(Ctl *ctl, const char *path, xmlDoc **ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *xml;
        int r = ctl_call(ctl, path, "Interface", "GetXMLDesc", 0, &reply, failure, "u", XML_INACTIVE);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret = xmlReadMemory(xml, (int) strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
        return *ret && xmlDocGetRootElement(*ret) ? 0 : ctl_bad_reply(ctl, failure, -EBADMSG);
}

static int define(Ctl *ctl, xmlDoc *doc, char **ret_path, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *xml = compose_text(xmlDocGetRootElement(doc));
        int r = ctl_call(ctl, ctl->root, "Connect", "InterfaceDefineXML", CALL_CHANGES, &reply, failure, "su", xml, 0);

        return r < 0 ? r : ctl_read_path(ctl, reply, ret_path, failure);
}

/* Unless it is not wanted, or runs already. */
static int start(Ctl *ctl, const Arguments *arguments, const char *path, Failure *failure)
{
        bool active = false;
        int r;

        if (arguments_has(arguments, "no-start"))
                return 0;
        r = ctl_get_bool(ctl, path, "Interface", "Active", &active, failure);
        if (r < 0 || active)
                return r;
        return ctl_call(ctl, path, "Interface", "Create", CALL_CHANGES, NULL, failure, "u", 0);
}

/* Makes the definition of the bridge of that of the interface. */
static int wrap(xmlDoc *doc, const Arguments *arguments, Failure *failure)
{
        xmlNode *outer = xmlDocGetRootElement(doc), *bridge, *inner;
        const char *delay = arguments_value(arguments, "delay");
        double seconds;
        char *end = NULL;

        if (has_type(outer, "bridge"))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is a bridge already",
                                   arguments_word(arguments, 0));
        seconds = delay ? g_ascii_strtod(delay, &end) : 0;
        if (delay && (end == delay || *end || seconds < 0))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of seconds", delay);
        bridge = xmlNewChild(outer, NULL, BAD_CAST "bridge", NULL);
        inner = xmlNewChild(bridge, NULL, BAD_CAST "interface", NULL);
        move_property(outer, inner, "type");
        move_property(outer, inner, "name");
        move_elements(outer, inner, false);
        compose_set(outer, "@type", "bridge");
        compose_set(outer, "@name", arguments_word(arguments, 1));
        compose_set(bridge, "@stp", arguments_has(arguments, "no-stp") ? "off" : "on");
        if (delay)
                compose_set(bridge, "@delay", delay);
        return 0;
}

/* Makes the definition of its only port of that of the bridge: in place of the document's. */
static int unwrap(xmlDoc *doc, const char *name, Failure *failure)
{
        xmlNode *outer = xmlDocGetRootElement(doc), *inner = NULL;
        size_t n = 0;

        for (xmlNode *bridge = outer->children; bridge; bridge = bridge->next)
                for (xmlNode *node = is_element(bridge, "bridge") ? bridge->children : NULL; node; node = node->next)
                        if (is_element(node, "interface")) {
                                inner = node;
                                n++;
                        }
        if (!has_type(outer, "bridge"))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no bridge", name);
        if (n != 1)
                return failure_set(failure, EXIT_STATUS_FAILED,
                                   "the bridge '%s' has %zu interfaces in it: one alone can take its place", name, n);
        move_elements(outer, inner, true);
        xmlUnlinkNode(inner);
        xmlFreeNode(xmlDocSetRootElement(doc, inner));
        return 0;
}

/* Stops it when it runs, and forgets it. */
static int forget(Ctl *ctl, const char *path, Failure *failure)
{
        bool active = false;
        int r = ctl_get_bool(ctl, path, "Interface", "Active", &active, failure);

        if (r >= 0 && active)
                r = ctl_call(ctl, path, "Interface", "Destroy", CALL_CHANGES, NULL, failure, "u", 0);
        return r < 0 ? r : ctl_call(ctl, path, "Interface", "Undefine", CALL_CHANGES, NULL, failure, "");
}

int bridge_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autofree char *path = NULL, *bridge = NULL;
        const char *name = arguments_word(arguments, 1);
        _cleanup_failure_ Failure ignored = {};
        _cleanup_xml_ xmlDoc *doc = NULL;
        int r = noun_resolve(ctl, &noun_interface, NULL, arguments_word(arguments, 0), &path, failure);

        if (r >= 0 && noun_resolve(ctl, &noun_interface, NULL, name, &bridge, &ignored) >= 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "there is an interface '%s' already", name);
        if (r >= 0)
                r = fetch(ctl, path, &doc, failure);
        if (r >= 0)
                r = wrap(doc, arguments, failure);
        if (r >= 0)
                r = define(ctl, doc, &bridge, failure);
        if (r >= 0)
                r = start(ctl, arguments, bridge, failure);
        if (r >= 0)
                ctl_say(ctl, "Interface '%s' is in the bridge '%s'\n", arguments_word(arguments, 0), name);
        return r;
}

int unbridge_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *name = arguments_word(arguments, 0);
        g_autofree char *bridge = NULL, *path = NULL;
        _cleanup_xml_ xmlDoc *doc = NULL;
        int r = noun_resolve(ctl, &noun_interface, NULL, name, &bridge, failure);

        if (r >= 0)
                r = fetch(ctl, bridge, &doc, failure);
        if (r >= 0)
                r = unwrap(doc, name, failure);
        /* what can be refused comes before what cannot be taken back */
        if (r >= 0)
                r = define(ctl, doc, &path, failure);
        if (r >= 0)
                r = forget(ctl, bridge, failure);
        if (r >= 0)
                r = start(ctl, arguments, path, failure);
        if (r >= 0)
                ctl_say(ctl, "Bridge '%s' is gone, its interface is on its own\n", name);
        return r;
}

#define NO_START_OPTION { "no-start", 0, NULL, "Do not start what takes its place" }

const Option bridge_options[] = {
        { "no-stp", 0, NULL, "Without the spanning tree protocol" },
        { "delay", 0, "SECONDS", "For how long the bridge only listens before it forwards" },
        NO_START_OPTION,
        {},
};
const Option unbridge_options[] = { NO_START_OPTION, {} };
