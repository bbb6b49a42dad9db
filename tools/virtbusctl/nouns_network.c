/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/nouns.h"

#include "tools/virtbusctl/bridge.h"
#include "tools/virtbusctl/document.h"
#include "tools/virtbusctl/table.h"

#include <stdio.h>

/*
 * virNetworkDHCPLease, as GetDHCPLeases has them: interface, expiry, type, MAC, IAID, address, prefix, host, client id.
 */
static int print_leases(const Ctl *ctl, sd_bus_message *reply, Failure *failure)
{
        static const TableColumn columns[] = { { "Expires" }, { "MAC" }, { "Address" }, { "Host" }, { "Client" }, {} };
        _cleanup_table_ Table *table = table_new(columns);
        g_autoptr(JsonNode) rows = NULL;
        g_autofree char *text = NULL;
        int r = json_read_value(reply, &rows);

        if (r <= 0 || !JSON_NODE_HOLDS_ARRAY(rows))
                return ctl_bad_reply(ctl, failure, r < 0 ? r : -EBADMSG);
        if (ctl->json) {
                ctl_print_json(ctl, g_steal_pointer(&rows));
                return 0;
        }
        for (guint i = 0; i < json_array_get_length(json_node_get_array(rows)); i++) {
                JsonArray *row = json_array_get_array_element(json_node_get_array(rows), i);

                if (json_array_get_length(row) < 9)
                        return ctl_bad_reply(ctl, failure, -EBADMSG);
                table_cell_take(table, noun_format_time(json_array_get_element(row, 1)));
                table_cell(table, json_array_get_string_element(row, 3));
                table_cell_take(table, g_strdup_printf("%s/%" PRIi64, json_array_get_string_element(row, 5),
                                                       json_array_get_int_element(row, 6)));
                table_cell(table, json_array_get_string_element(row, 7));
                table_cell(table, json_array_get_string_element(row, 8));
        }
        text = table_format(table, (ctl->quiet ? 0 : TABLE_HEADER) | (ctl->bold ? TABLE_BOLD : 0));
        (void) fputs(text, stdout);
        return 0;
}

static int leases_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        int r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = ctl_call(ctl, path, "Network", "GetDHCPLeases", 0, &reply, failure, "su",
                             strempty(arguments_word(arguments, 1)), 0);
        return r < 0 ? r : print_leases(ctl, reply, failure);
}

/* virNetworkUpdateCommand, virNetworkUpdateSection, virNetworkUpdateFlags: the number is the place. */
static const char *const update_commands[] = { "none", "modify", "delete", "add-last", "add-first", NULL };
static const char *const update_sections[] = {
        "none",    "bridge",            "domain",     "ip",        "ip-dhcp-host", "ip-dhcp-range", "forward",
        "forward-interface", "forward-pf", "portgroup", "dns-host",  "dns-txt",      "dns-srv",       NULL,
};
static const OptionBit update_flags[] = { { "live", 1 << 0 }, { "config", 1 << 1 }, {} };

static const Option update_options[] = {
        { "parent-index", 0, "N", "Which of several <ip> elements, from 0" },
        { "live", 0, NULL, "Of the running network" },
        { "config", 0, NULL, "Of the definition, for the next start" },
        {},
};

static int find_word(const char *const *words, const char *word, const char *what, uint32_t *ret, Failure *failure)
{
        g_autofree char *all = NULL;

        for (uint32_t i = 1; words[i]; i++)
                if (streq(words[i], word)) {
                        *ret = i;
                        return 0;
                }
        all = g_strjoinv(", ", (char **) words + 1);
        return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no %s: %s", word, what, all);
}

static int update_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *value = arguments_value(arguments, "parent-index");
        g_autofree char *path = NULL, *xml = NULL;
        _cleanup_target_ Target target = {};
        uint32_t command = 0, section = 0, index;
        int32_t parent = -1;
        int r = find_word(update_commands, arguments_word(arguments, 1), "command", &command, failure);

        if (r >= 0)
                r = find_word(update_sections, arguments_word(arguments, 2), "section", &section, failure);
        if (r < 0)
                return r;
        if (value && (parse_u32(value, &index) < 0 || index > INT32_MAX))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of an element", value);
        if (value)
                parent = (int32_t) index;
        r = document_read(arguments_word(arguments, 3), &xml, failure);
        if (r >= 0)
                r = target_resolve_one(ctl, arguments, &target, &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "Network", "Update", CALL_CHANGES, NULL, failure, "uuisu", command, section,
                             parent, xml, arguments_bits(arguments, update_flags));
        if (r >= 0)
                ctl_say(ctl, "Network '%s' updated\n", arguments_word(arguments, 0));
        return r;
}

static const Finder network_finders[] = {
        { "NetworkLookupByUUID", FIND_BY_UUID },
        { "NetworkLookupByName", FIND_BY_TEXT },
        {},
};

static const NounColumn network_columns[] = {
        { "Name", "Name" },           { "Active", "Active" }, { "Autostart", "Autostart" },
        { "Persistent", "Persistent" }, { "Bridge", "BridgeName" }, { "UUID", "UUID" }, {},
};

static const Command network_commands[] = {
        NOUN_LIST(noun_network, NULL, noun_list_state_options),
        NOUN_INFO(noun_network, "NETWORK…", 1),
        NOUN_WATCH(noun_network, "[NETWORK…]", 0),
        NOUN_DUMPXML(noun_network, "NETWORK", 1, inactive_options, inactive_flag),
        { .name = "leases", .words = "NETWORK [MAC]", .summary = "List the addresses that are lent to guests",
          .min_words = 1, .max_words = 2, .run = leases_run, .noun = &noun_network },
        { .name = "update", .words = "NETWORK COMMAND SECTION FILE", .summary = "Change a part of a network from XML",
          .details = "COMMAND is add-first, add-last, modify or delete; SECTION is ip-dhcp-host, dns-host, portgroup, "
                     "…\n",
          .options = update_options, .min_words = 4, .max_words = 4, .action = "network.write", .run = update_run,
          .noun = &noun_network },
        { .name = "define", .words = "FILE", .summary = "Define a network, or change its definition, from XML",
          .details = FROM_FILE "The network is not started.\n", .options = validate_options, .min_words = 1,
          .max_words = 1,
          .action = "network.save", .run = noun_define_run, .noun = &noun_network,
          .data = &(const NounCall) { "NetworkDefineXMLFlags", "defined from", validate_flag } },
        { .name = "create", .words = "FILE", .summary = "Start a network from XML without keeping its definition",
          .details = FROM_FILE, .options = validate_options, .min_words = 1, .max_words = 1, .action = "network.start",
          .run = noun_define_run, .noun = &noun_network,
          .data = &(const NounCall) { "NetworkCreateXMLFlags", "created from", validate_flag } },
        { .name = "edit", .words = "NETWORK", .summary = "Change the definition in an editor", .min_words = 1,
          .max_words = 1, .action = "network.save", .run = noun_edit_run, .noun = &noun_network,
          .data = &(const NounEdit) { { "NetworkDefineXMLFlags", NULL, validate_flag }, 1 << 0, 1 << 0 } },
        { .name = "start", .words = "NETWORK…", .summary = "Start inactive networks", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "network.start", .run = noun_call_run, .noun = &noun_network,
          .data = &(const NounCall) { "Create", "started", NULL } },
        { .name = "stop", .words = "NETWORK…", .summary = "Stop networks", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "network.stop", .run = noun_call_run, .noun = &noun_network,
          .data = &(const NounCall) { "Destroy", "stopped", NULL } },
        { .name = "autostart", .words = "NETWORK… [on|off]", .summary = "Start networks with the host, or not",
          .options = on_off_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "network.write",
          .run = noun_on_off_run,
          .noun = &noun_network, .data = &(const NounCall) { "Autostart", NULL, NULL } },
        { .name = "undefine", .words = "NETWORK…", .summary = "Forget the definition of networks", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "network.delete", .run = noun_call_run, .noun = &noun_network,
          .data = &(const NounCall) { "Undefine", "undefined", NULL } },
        {},
};

const Noun noun_network = {
        .word = "network",
        .plural = "networks",
        .title = "Network",
        .interface = "Network",
        .lister = "ListNetworksDetailed",
        .has_state = true,
        .finders = network_finders,
        .columns = network_columns,
        .commands = network_commands,
};

static const Finder port_finders[] = { { "PortLookupByUUID", FIND_BY_UUID }, {} };
static const NounColumn port_columns[] = { { "UUID", "UUID" }, {} };

static const Command port_commands[] = {
        NOUN_LIST(noun_port, "NETWORK", noun_list_options),
        NOUN_INFO(noun_port, "NETWORK PORT…", 2),
        NOUN_DUMPXML(noun_port, "NETWORK PORT", 2, NULL, NULL),
        { .name = "create", .words = "NETWORK FILE", .summary = "Make a port from XML", .details = FROM_FILE,
          .min_words = 2, .max_words = 2, .action = "network-port.create", .run = noun_define_run, .noun = &noun_port,
          .data = &(const NounCall) { "PortCreateXML", "created from", no_flags } },
        { .name = "delete", .words = "NETWORK PORT…", .summary = "Delete ports", .min_words = 2,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "network-port.delete", .run = noun_call_run, .noun = &noun_port,
          .data = &(const NounCall) { "Delete", "deleted", no_flags } },
        {},
};

const Noun noun_port = {
        .word = "port",
        .plural = "ports",
        .title = "Port",
        .interface = "NetworkPort",
        .within = &noun_network,
        .lister = "ListPortsDetailed",
        .finders = port_finders,
        .columns = port_columns,
        .commands = port_commands,
};

static const Finder interface_finders[] = {
        { "InterfaceLookupByName", FIND_BY_TEXT },
        { "InterfaceLookupByMAC", FIND_BY_TEXT },
        {},
};

static const NounColumn interface_columns[] = { { "Name", "Name" }, { "Active", "Active" }, { "MAC", "MAC" }, {} };

/* begin, commit, rollback: of all interfaces of the host */
static int change_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounCall *call = ctl->command->data;
        int r = ctl_call(ctl, ctl->root, "Connect", call->member, CALL_CHANGES, NULL, failure, "u", 0);

        if (r >= 0)
                ctl_say(ctl, "%s\n", call->done);
        return r;
}

static const Command interface_commands[] = {
        NOUN_LIST(noun_interface, NULL, noun_list_state_options),
        NOUN_INFO(noun_interface, "INTERFACE…", 1),
        NOUN_WATCH(noun_interface, "[INTERFACE…]", 0),
        NOUN_DUMPXML(noun_interface, "INTERFACE", 1, inactive_options, inactive_flag),
        { .name = "define", .words = "FILE", .summary = "Define an interface of the host, or change it, from XML",
          .details = FROM_FILE, .options = validate_options, .min_words = 1, .max_words = 1, .action = "interface.save",
          .run = noun_define_run, .noun = &noun_interface,
          .data = &(const NounCall) { "InterfaceDefineXML", "defined from", validate_flag } },
        { .name = "edit", .words = "INTERFACE", .summary = "Change the definition in an editor", .min_words = 1,
          .max_words = 1, .action = "interface.save", .run = noun_edit_run, .noun = &noun_interface,
          .data = &(const NounEdit) { { "InterfaceDefineXML", NULL, validate_flag }, 1 << 0, 1 << 0 } },
        { .name = "start", .words = "INTERFACE…", .summary = "Bring interfaces up", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "interface.start", .run = noun_call_run, .noun = &noun_interface,
          .data = &(const NounCall) { "Create", "started", no_flags } },
        { .name = "stop", .words = "INTERFACE…", .summary = "Take interfaces down", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "interface.stop", .run = noun_call_run, .noun = &noun_interface,
          .data = &(const NounCall) { "Destroy", "stopped", no_flags } },
        { .name = "undefine", .words = "INTERFACE…", .summary = "Forget the definition of interfaces", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "interface.delete", .run = noun_call_run, .noun = &noun_interface,
          .data = &(const NounCall) { "Undefine", "undefined", NULL } },
        { .name = "bridge", .words = "INTERFACE BRIDGE", .summary = "Make a bridge, and the interface a port of it",
          .details = "What stood in the definition of the interface, as its addresses, is the bridge's then.\n",
          .options = bridge_options, .min_words = 2, .max_words = 2, .action = "interface.save", .run = bridge_run,
          .noun = &noun_interface },
        { .name = "unbridge", .words = "BRIDGE", .summary = "Put the only port of a bridge in its place",
          .options = unbridge_options, .min_words = 1, .max_words = 1, .action = "interface.save", .run = unbridge_run,
          .noun = &noun_interface },
        { .name = "begin", .summary = "Begin changes that can be taken back", .action = "interface.write",
          .run = change_run, .noun = &noun_interface,
          .data = &(const NounCall) { "InterfaceChangeBegin", "What is changed from now on can be taken back", NULL } },
        { .name = "commit", .summary = "Keep the changes since begin", .action = "interface.write", .run = change_run,
          .noun = &noun_interface, .data = &(const NounCall) { "InterfaceChangeCommit", "The changes are kept",
                                                               NULL } },
        { .name = "rollback", .summary = "Take back the changes since begin", .action = "interface.write",
          .run = change_run, .noun = &noun_interface,
          .data = &(const NounCall) { "InterfaceChangeRollback", "The changes are taken back", NULL } },
        {},
};

const Noun noun_interface = {
        .word = "interface",
        .plural = "interfaces",
        .title = "Interface",
        .interface = "Interface",
        .lister = "ListInterfacesDetailed",
        .has_state = true,
        .finders = interface_finders,
        .columns = interface_columns,
        .commands = interface_commands,
};

static const Finder filter_finders[] = {
        { "NWFilterLookupByUUID", FIND_BY_UUID },
        { "NWFilterLookupByName", FIND_BY_TEXT },
        {},
};

static const NounColumn filter_columns[] = { { "Name", "Name" }, { "UUID", "UUID" }, {} };

static const Command filter_commands[] = {
        NOUN_LIST(noun_filter, NULL, noun_list_options),
        NOUN_INFO(noun_filter, "FILTER…", 1),
        NOUN_WATCH(noun_filter, "[FILTER…]", 0),
        NOUN_DUMPXML(noun_filter, "FILTER", 1, NULL, NULL),
        { .name = "define", .words = "FILE", .summary = "Define a filter, or change it, from XML", .details = FROM_FILE,
          .options = validate_options, .min_words = 1, .max_words = 1, .action = "nwfilter.save",
          .run = noun_define_run, .noun = &noun_filter,
          .data = &(const NounCall) { "NWFilterDefineXMLFlags", "defined from", validate_flag } },
        { .name = "edit", .words = "FILTER", .summary = "Change the definition in an editor", .min_words = 1,
          .max_words = 1, .action = "nwfilter.save", .run = noun_edit_run, .noun = &noun_filter,
          .data = &(const NounEdit) { { "NWFilterDefineXMLFlags", NULL, validate_flag }, 0, 1 << 0 } },
        { .name = "undefine", .words = "FILTER…", .summary = "Forget filters", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "nwfilter.delete", .run = noun_call_run, .noun = &noun_filter,
          .data = &(const NounCall) { "Undefine", "undefined", NULL } },
        {},
};

const Noun noun_filter = {
        .word = "nwfilter",
        .plural = "filters",
        .title = "Filter",
        .interface = "NWFilter",
        .lister = "ListNWFiltersDetailed",
        .finders = filter_finders,
        .columns = filter_columns,
        .commands = filter_commands,
};

static const Finder binding_finders[] = { { "NWFilterBindingLookupByPortDev", FIND_BY_TEXT }, {} };
static const NounColumn binding_columns[] = { { "Port", "PortDev" }, { "Filter", "FilterName" }, {} };

static const Command binding_commands[] = {
        NOUN_LIST(noun_binding, NULL, noun_list_options),
        NOUN_INFO(noun_binding, "PORT…", 1),
        NOUN_WATCH(noun_binding, "[PORT…]", 0),
        NOUN_DUMPXML(noun_binding, "PORT", 1, NULL, NULL),
        { .name = "create", .words = "FILE", .summary = "Bind a filter to a port from XML", .details = FROM_FILE,
          .options = validate_options, .min_words = 1, .max_words = 1, .action = "nwfilter-binding.create",
          .run = noun_define_run, .noun = &noun_binding,
          .data = &(const NounCall) { "NWFilterBindingCreateXML", "created from", validate_flag } },
        { .name = "delete", .words = "PORT…", .summary = "Take filters off their ports", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "nwfilter-binding.delete", .run = noun_call_run,
          .noun = &noun_binding, .data = &(const NounCall) { "Delete", "deleted", NULL } },
        {},
};

const Noun noun_binding = {
        .word = "nwfilter-binding",
        .plural = "bindings of filters",
        .title = "Binding",
        .interface = "NWFilterBinding",
        .lister = "ListNWFilterBindingsDetailed",
        .finders = binding_finders,
        .columns = binding_columns,
        .commands = binding_commands,
};
