/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/table.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

static char *format_state(JsonObject *domain, const char *key)
{
        const char *reason = json_string(domain, "state_reason");

        return g_strdup_printf(isempty(reason) || streq(reason, "unknown") ? "%s" : "%s (%s)", json_string(domain, key),
                               reason);
}

static char *format_number(JsonObject *domain, const char *key)
{
        int64_t v = json_int(domain, key);

        return v ? g_strdup_printf("%" PRIi64, v) : NULL;
}

static char *format_kib(JsonObject *domain, const char *key)
{
        return text_size_kib((uint64_t) json_int(domain, key));
}

static char *format_time(JsonObject *domain, const char *key)
{
        uint64_t usec = (uint64_t) json_int(domain, key), now = (uint64_t) g_get_real_time();
        g_autoptr(GDateTime) utc = NULL, local = NULL;
        g_autofree char *ago = NULL, *stamp = NULL;

        if (usec == 0)
                return NULL;
        utc = g_date_time_new_from_unix_utc((gint64) (usec / USEC_PER_SEC));
        local = utc ? g_date_time_to_local(utc) : NULL;
        if (!local)
                return NULL;
        stamp = g_date_time_format(local, "%F %T");
        ago = text_duration(now > usec ? now - usec : 0);
        return g_strdup_printf("%s (%s ago)", stamp, ago);
}

static char *format_cpu_time(JsonObject *domain, const char *key)
{
        return g_strdup_printf("%.1fs", (double) json_int(domain, key) / (double) NSEC_PER_SEC);
}

/* "/org/virtbus1/QEMU/job/7" is 7 for virtbusctl job-cancel. */
static char *format_job(JsonObject *domain, const char *key)
{
        const char *last = strrchr(json_string(domain, key), '/');

        return last && last[1] ? g_strdup(last + 1) : NULL;
}

static char *format_graphics_row(JsonArray *row)
{
        JsonNode *port = json_array_get_length(row) > 2 ? json_array_get_element(row, 2) : NULL;
        const char *type, *listen;

        if (!port)
                return g_strdup("");
        type = json_array_get_string_element(row, 0);
        listen = json_array_get_string_element(row, 1);
        if (json_node_get_int(port) == 0)
                return g_strdup_printf("%s %s", type, listen);
        return g_strdup_printf(strchr(listen, ':') ? "%s://[%s]:%" PRIi64 : "%s://%s:%" PRIi64, type, listen,
                               (int64_t) json_node_get_int(port));
}

/* Rows of strings, "serial0 /dev/pts/3", or of graphics, "vnc://127.0.0.1:5900". */
static char *format_rows(JsonObject *domain, const char *key)
{
        JsonNode *node = json_object_get_member(domain, key);
        GString *out;

        if (!node || !JSON_NODE_HOLDS_ARRAY(node) || json_array_get_length(json_node_get_array(node)) == 0)
                return NULL;
        out = g_string_new(NULL);
        for (guint i = 0; i < json_array_get_length(json_node_get_array(node)); i++) {
                JsonNode *row = json_array_get_element(json_node_get_array(node), i);
                g_autofree char *text = streq(key, "graphics") && JSON_NODE_HOLDS_ARRAY(row) ?
                        format_graphics_row(json_node_get_array(row)) : json_plain(row);

                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", text);
        }
        return g_string_free(out, FALSE);
}

/* Without a function the value is printed as it is; lines without a value are left out. */
static const struct {
        const char *key;
        const char *label;
        char *(*format)(JsonObject *domain, const char *key);
} info_rows[] = {
        { "name", "Name", NULL },
        { "uuid", "UUID", NULL },
        { "id", "Id", format_number },
        { "state", "State", format_state },
        { "title", "Title", NULL },
        { "description", "Description", NULL },
        { "virt_type", "Type", NULL },
        { "os_type", "OS type", NULL },
        { "arch", "Architecture", NULL },
        { "machine", "Machine", NULL },
        { "vcpus", "CPUs", format_number },
        { "vcpus_max", "CPUs at most", format_number },
        { "max_vcpus", "CPUs at most", format_number },
        { "cpu_time", "CPU time", format_cpu_time },
        { "memory", "Memory", format_kib },
        { "max_memory", "Memory at most", format_kib },
        { "persistent", "Persistent", NULL },
        { "autostart", "Autostart", NULL },
        { "updated", "Updated", NULL },
        { "started", "Started", format_time },
        { "responsive", "Responsive", NULL },
        { "unserved_devices", "Unserved", format_rows },
        { "graphics", "Graphics", format_rows },
        { "consoles", "Consoles", format_rows },
        { "job", "Job", format_job },
};

static char *info_text(JsonObject *domain)
{
        static const TableColumn columns[] = { { "" }, { "" }, {} };
        _cleanup_table_ Table *table = table_new(columns);

        for (size_t i = 0; i < ELEMENTSOF(info_rows); i++) {
                JsonNode *node = json_object_get_member(domain, info_rows[i].key);
                g_autofree char *label = g_strdup_printf("%s:", info_rows[i].label), *value = NULL;

                if (!node)
                        continue;
                value = info_rows[i].format ? info_rows[i].format(domain, info_rows[i].key) :
                                              json_plain(node);
                if (isempty(value))
                        continue;
                table_cell(table, label);
                table_cell(table, value);
        }
        return table_format(table, 0);
}

/* CPU time is no property: it never stands still. */
static void add_cpu_time(Ctl *ctl, const char *path, JsonObject *domain)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_failure_ Failure ignored = {};
        uint64_t max, memory, cpu;
        uint32_t vcpus;
        int32_t state;

        if (json_int(domain, "id") != 0 &&
            ctl_call(ctl, path, "Domain", "GetInfo", 0, &reply, &ignored, NULL) >= 0 &&
            sd_bus_message_read(reply, "(ittut)", &state, &max, &memory, &vcpus, &cpu) >= 0)
                json_object_set_int_member(domain, "cpu_time", (gint64) cpu);
}

static int info_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autoptr(JsonArray) domains = json_array_new();

        for (size_t i = 0; i < arguments_count(arguments); i++) {
                g_autofree char *path = NULL, *text = NULL;
                g_autoptr(JsonObject) domain = NULL;
                int r;

                r = ctl_find_domain(ctl, arguments_word(arguments, i), &path, failure);
                if (r >= 0)
                        r = ctl_get_all(ctl, path, "Domain", &domain, failure);
                if (r < 0)
                        return r;
                add_cpu_time(ctl, path, domain);
                json_object_set_string_member(domain, "path", path);
                text = info_text(domain);
                json_array_add_object_element(domains, g_steal_pointer(&domain));
                if (!ctl->json)
                        printf("%s%s", i > 0 ? "\n" : "", text);
        }
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), domains));
        return 0;
}

/* virDomainStatsTypes */
static const OptionBit stats_groups[] = {
        { "state", 1 << 0 },     { "cpu", 1 << 1 },   { "balloon", 1 << 2 }, { "vcpu", 1 << 3 },
        { "interface", 1 << 4 }, { "block", 1 << 5 }, {},
};

static int read_groups(const char *words, uint32_t *ret, Failure *failure)
{
        g_auto(GStrv) names = words ? g_strsplit(words, ",", -1) : NULL;
        uint32_t mask = 0;

        for (size_t i = 0; names && names[i]; i++) {
                const OptionBit *group = stats_groups;

                while (group->name && !streq(group->name, names[i]))
                        group++;
                if (!group->name)
                        return failure_set(failure, EXIT_STATUS_USAGE, 
                                           "'%s' is no group: state, cpu, balloon, vcpu, interface, block",
                                           names[i]);
                mask |= group->bit;
        }
        *ret = mask;
        return 0;
}

static void print_stat(JsonObject *stats, const char *name, JsonNode *value, void *userdata)
{
        g_autofree char *plain = json_plain(value), *text = text_printable(plain);

        printf("  %s=%s\n", name, text);
}

static void show_stats(const Ctl *ctl, JsonArray *records, const char *name, JsonNode *stats)
{
        JsonObject *record = json_object_new();

        if (!ctl->json) {
                printf("%sDomain: '%s'\n", json_array_get_length(records) > 0 ? "\n" : "", name);
                json_object_foreach_member(json_node_get_object(stats), print_stat, NULL);
        }
        json_object_set_string_member(record, "domain", name);
        json_object_set_member(record, "stats", stats);
        json_array_add_object_element(records, record);
}

static int stats_of_all(Ctl *ctl, JsonArray *records, uint32_t groups, uint32_t flags, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = ctl_call(ctl, ctl->root, "Connect", "GetAllDomainStats", 0, &reply, failure, "uu", groups,
                     flags);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, 'a', "(sa{sv})");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "sa{sv}")) > 0) {
                JsonNode *stats = NULL;
                const char *name;

                r = sd_bus_message_read(reply, "s", &name);
                if (r >= 0)
                        r = json_read_value(reply, &stats);
                if (r < 0)
                        break;
                show_stats(ctl, records, name, stats);
                r = sd_bus_message_exit_container(reply);
        }
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : 0;
}

static int stats_of_one(Ctl *ctl, JsonArray *records, const char *word, uint32_t groups, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *path = NULL;
        JsonNode *stats = NULL;
        int r;

        r = ctl_find_domain(ctl, word, &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "GetStats", 0, &reply, failure, "uu", groups, 0);
        if (r < 0)
                return r;
        r = json_read_value(reply, &stats);
        if (r <= 0)
                return ctl_bad_reply(ctl, failure, r ?: -EBADMSG);
        show_stats(ctl, records, word, stats);
        return 0;
}

static int stats_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        /* virConnectGetAllDomainStatsFlags */
        static const OptionBit flags[] = { { "active", 1 << 0 }, { "inactive", 1 << 1 }, {} };
        g_autoptr(JsonArray) records = json_array_new();
        uint32_t groups = 0;
        int r;

        r = read_groups(arguments_value(arguments, "group"), &groups, failure);
        if (r >= 0 && arguments_count(arguments) == 0)
                r = stats_of_all(ctl, records, groups, arguments_bits(arguments, flags), failure);
        for (size_t i = 0; r >= 0 && i < arguments_count(arguments); i++)
                r = stats_of_one(ctl, records, arguments_word(arguments, i), groups, failure);
        if (r >= 0 && ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), records));
        return r;
}

static const Option stats_options[] = {
        { "group", 0, "GROUP,…", "Only these: state, cpu, balloon, vcpu, interface, block" },
        { "active", 0, NULL, "Only active domains (when no domain is named)" },
        { "inactive", 0, NULL, "Only inactive domains (when no domain is named)" },
        {},
};

const Command info_commands[] = {
        { "info", "DOMAIN…", "Show what is known about domains", NULL, NULL, 1, ANY_NUMBER_OF_WORDS, NULL,
          info_run },
        { "stats", "[DOMAIN…]", "Show statistics of domains, or of all",
          "Memory is in KiB, times in nanoseconds.\n", stats_options, 0, ANY_NUMBER_OF_WORDS, NULL,
          stats_run },
        {},
};
