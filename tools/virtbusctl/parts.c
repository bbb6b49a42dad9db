/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/answer.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/table.h"

#include <libxml/parser.h>
#include <string.h>

/* Lists of what a domain is made of, from its definition; of the addresses that its guest has. */

/* Where a column's text stands: elements that are tried in turn, and an attribute ("" for their text). */
typedef struct PartColumn {
        const char *title; /* NULL ends a table */
        const char *key;   /* in JSON */
        const char *element; /* NULL: the device itself */
        const char *attributes[6];
} PartColumn;

typedef struct Parts {
        const char *element; /* within <devices> */
        const PartColumn *columns;
} Parts;

static void xml_doc_freep(xmlDoc **doc)
{
        if (*doc)
                xmlFreeDoc(*doc);
}

static xmlNode *child(xmlNode *node, const char *name)
{
        for (xmlNode *n = node ? node->children : NULL; n; n = n->next)
                if (n->type == XML_ELEMENT_NODE && streq((const char *) n->name, name))
                        return n;
        return NULL;
}

static char *attribute(xmlNode *node, const char *const *names)
{
        for (size_t i = 0; node && names[i]; i++) {
                xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *) names[i]);

                if (value) {
                        char *copy = g_strdup((const char *) value);

                        xmlFree(value);
                        return copy;
                }
        }
        return NULL;
}

static char *cell(xmlNode *device, const PartColumn *column)
{
        return attribute(column->element ? child(device, column->element) : device, column->attributes);
}

static void add_device(xmlNode *device, const Parts *parts, Table *table, JsonArray *array)
{
        JsonObject *object = json_object_new();

        for (const PartColumn *column = parts->columns; column->title; column++) {
                g_autofree char *text = cell(device, column);

                table_cell(table, text);
                if (text)
                        json_object_set_string_member(object, column->key, text);
        }
        json_array_add_object_element(array, object);
}

static int print_parts(const Ctl *ctl, const char *xml, const Parts *parts, Failure *failure)
{
        _cleanup_(xml_doc_freep) xmlDoc *doc = xmlReadMemory(xml, (int) strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlNode *devices = doc ? child(xmlDocGetRootElement(doc), "devices") : NULL;
        g_autoptr(JsonArray) array = json_array_new();
        _cleanup_table_ Table *table = NULL;
        TableColumn columns[8] = {};

        if (!doc)
                return ctl_bad_reply(ctl, failure, -EBADMSG);
        for (size_t i = 0; parts->columns[i].title; i++)
                columns[i].title = parts->columns[i].title;
        table = table_new(columns);
        for (xmlNode *n = devices ? devices->children : NULL; n; n = n->next)
                if (n->type == XML_ELEMENT_NODE && streq((const char *) n->name, parts->element))
                        add_device(n, parts, table, array);
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), array));
        else
                answer_print_table(ctl, table);
        return 0;
}

/* virDomainXMLFlags */
static const OptionBit inactive_flag[] = { { "inactive", 1 << 1 }, {} };

static int parts_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *path = NULL;
        const char *xml;
        int r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);

        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "GetXMLDesc", 0, &reply, failure, "u",
                             arguments_bits(arguments, inactive_flag));
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : print_parts(ctl, xml, ctl->command->data, failure);
}

/* virDomainInterfaceAddressesSource */
static int address_source(const char *word, uint32_t *ret, Failure *failure)
{
        static const char *const sources[] = { "lease", "agent", "arp" };

        for (uint32_t i = 0; i < ELEMENTSOF(sources); i++)
                if (streq(word, sources[i])) {
                        *ret = i;
                        return 0;
                }
        return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no source: lease, agent or arp", word);
}

/* "a(ssa(isu))": name, MAC, and of each address kind, address, prefix. */
static int print_addresses(const Ctl *ctl, JsonNode *node, Failure *failure)
{
        static const TableColumn columns[] = { { "Name" }, { "MAC" }, { "Protocol" }, { "Address" }, {} };
        _cleanup_table_ Table *table = table_new(columns);
        JsonArray *rows = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

        for (guint i = 0; rows && i < json_array_get_length(rows); i++) {
                JsonArray *row = json_array_get_array_element(rows, i), *addresses;

                if (json_array_get_length(row) < 3)
                        return ctl_bad_reply(ctl, failure, -EBADMSG);
                addresses = json_array_get_array_element(row, 2);
                for (guint k = 0; k < json_array_get_length(addresses); k++) {
                        JsonArray *address = json_array_get_array_element(addresses, k);

                        if (json_array_get_length(address) < 3)
                                return ctl_bad_reply(ctl, failure, -EBADMSG);
                        table_cell(table, json_array_get_string_element(row, 0));
                        table_cell(table, json_array_get_string_element(row, 1));
                        table_cell(table, json_array_get_int_element(address, 0) == 0 ? "ipv4" : "ipv6");
                        table_cell_take(table, g_strdup_printf("%s/%" PRIi64, json_array_get_string_element(address, 1),
                                                               json_array_get_int_element(address, 2)));
                }
        }
        answer_print_table(ctl, table);
        return 0;
}

static int addresses_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *value = arguments_value(arguments, "source");
        g_autoptr(JsonNode) node = NULL;
        g_autofree char *path = NULL;
        uint32_t source = 0;
        int r = value ? address_source(value, &source, failure) : 0;

        if (r >= 0)
                r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "InterfaceAddresses", CALL_CHANGES, &reply, failure, "uu", source, 0);
        if (r < 0)
                return r;
        r = json_read_value(reply, &node);
        if (r <= 0)
                return ctl_bad_reply(ctl, failure, r ?: -EBADMSG);
        if (ctl->json)
                ctl_print_json(ctl, g_steal_pointer(&node));
        else
                r = print_addresses(ctl, node, failure);
        return r < 0 ? r : 0;
}

static const PartColumn disk_columns[] = {
        { "Target", "target", "target", { "dev" } },
        { "Type", "type", NULL, { "type" } },
        { "Device", "device", NULL, { "device" } },
        { "Bus", "bus", "target", { "bus" } },
        { "Format", "format", "driver", { "type" } },
        { "Source", "source", "source", { "file", "dev", "volume", "name", "dir" } },
        {},
};

static const PartColumn interface_columns[] = {
        { "Interface", "interface", "target", { "dev" } },
        { "Type", "type", NULL, { "type" } },
        { "Source", "source", "source", { "network", "bridge", "dev", "path" } },
        { "Model", "model", "model", { "type" } },
        { "MAC", "mac", "mac", { "address" } },
        {},
};

static const Option inactive_options[] = {
        { "inactive", 0, NULL, "The definition for the next start, not the running one" },
        {},
};

static const Option address_options[] = {
        { "source", 0, "SOURCE", "Who knows them: lease (the network, default), agent (the guest) or arp (the host)" },
        {},
};

const Command part_commands[] = {
        { .name = "domblklist", .words = "DOMAIN", .summary = "List the disks of a domain", .options = inactive_options,
          .min_words = 1, .max_words = 1, .run = parts_run, .data = &(const Parts) { "disk", disk_columns } },
        { .name = "domiflist", .words = "DOMAIN", .summary = "List the network interfaces of a domain",
          .options = inactive_options, .min_words = 1, .max_words = 1, .run = parts_run,
          .data = &(const Parts) { "interface", interface_columns } },
        { .name = "domifaddr", .words = "DOMAIN", .summary = "List the addresses of a guest", .options = address_options,
          .min_words = 1, .max_words = 1, .action = "domain.read", .run = addresses_run },
        {},
};
