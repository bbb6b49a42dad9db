/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/answer.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/table.h"

enum { COLUMNS_MAX = 8 };

/* Lists of what a domain is made of, from its definition; of the addresses that its guest has. */

/* Where a column's text stands: in the first of these attributes that the element has. */
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

/* What the parser has seen of the definition. */
typedef struct Reading {
        const Parts *parts;
        unsigned depth;   /* of elements that are open: 1 in <domain>, 2 in <devices>, 3 in a device */
        bool in_devices, in_part;
        char *cells[COLUMNS_MAX];
        Table *table;
        JsonArray *array;
} Reading;

static char *find_attribute(const char **names, const char **values, const char *const *wanted)
{
        for (; *wanted; wanted++)
                for (size_t i = 0; names[i]; i++)
                        if (streq(names[i], *wanted))
                                return g_strdup(values[i]);
        return NULL;
}

/* Fills the columns of this element: NULL for the device itself. */
static void read_cells(Reading *reading, const char *element, const char **names, const char **values)
{
        const PartColumn *columns = reading->parts->columns;

        for (size_t i = 0; columns[i].title; i++)
                if (!reading->cells[i] && streq_ptr(columns[i].element, element))
                        reading->cells[i] = find_attribute(names, values, columns[i].attributes);
}

static void on_start(GMarkupParseContext *context, const char *element, const char **names, const char **values,
                     void *userdata, GError **error)
{
        Reading *reading = userdata;

        if (reading->depth == 1)
                reading->in_devices = streq(element, "devices");
        else if (reading->depth == 2 && reading->in_devices && streq(element, reading->parts->element)) {
                reading->in_part = true;
                read_cells(reading, NULL, names, values);
        } else if (reading->depth == 3 && reading->in_part)
                read_cells(reading, element, names, values);
        reading->depth++;
}

static void add_row(Reading *reading)
{
        JsonObject *object = json_object_new();

        for (size_t i = 0; reading->parts->columns[i].title; i++) {
                if (reading->cells[i])
                        json_object_set_string_member(object, reading->parts->columns[i].key, reading->cells[i]);
                table_cell_take(reading->table, g_steal_pointer(&reading->cells[i]));
        }
        json_array_add_object_element(reading->array, object);
}

static void on_end(GMarkupParseContext *context, const char *element, void *userdata, GError **error)
{
        Reading *reading = userdata;

        reading->depth--;
        if (reading->depth == 2 && reading->in_part) {
                add_row(reading);
                reading->in_part = false;
        }
}

static int print_parts(const Ctl *ctl, const char *xml, const Parts *parts, Failure *failure)
{
        static const GMarkupParser parser = { .start_element = on_start, .end_element = on_end };
        g_autoptr(GMarkupParseContext) context = NULL;
        g_autoptr(JsonArray) array = json_array_new();
        _cleanup_table_ Table *table = NULL;
        TableColumn columns[COLUMNS_MAX] = {};
        Reading reading = { .parts = parts, .array = array };
        bool ok;

        for (size_t i = 0; parts->columns[i].title; i++)
                columns[i].title = parts->columns[i].title;
        reading.table = table = table_new(columns);
        context = g_markup_parse_context_new(&parser, 0, &reading, NULL);
        ok = g_markup_parse_context_parse(context, xml, -1, NULL) && g_markup_parse_context_end_parse(context, NULL);
        for (size_t i = 0; i < COLUMNS_MAX; i++)
                g_free(reading.cells[i]);
        if (!ok)
                return ctl_bad_reply(ctl, failure, -EBADMSG);
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
        { .name = "domifaddr", .words = "DOMAIN", .summary = "List the addresses of a guest",
          .options = address_options,
          .min_words = 1, .max_words = 1, .action = "domain.read", .run = addresses_run },
        {},
};
