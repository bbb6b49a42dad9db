/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/answer.h"
#include "tools/virtbusctl/noun.h"

#include <string.h>

/* Limits and shares: dictionaries that are read, and changed by words KEY=VALUE of the types that were read. */

typedef struct Tune {
        const char *getter, *setter;
        bool part; /* of a disk or an interface, which is the second word */
} Tune;

/* The reply of the getter: "a{sv}". */
static int read_parameters(Ctl *ctl, const char *path, const char *part, uint32_t flags, sd_bus_message **ret,
                           Failure *failure)
{
        const Tune *tune = ctl->command->data;
        const char *interface = path ? "Domain" : "Connect", *object = path ?: ctl->root;

        if (part)
                return ctl_call(ctl, object, interface, tune->getter, CALL_CHANGES, ret, failure, "su", part, flags);
        return ctl_call(ctl, object, interface, tune->getter, CALL_CHANGES, ret, failure, "u", flags);
}

/* Name -> its type, one letter. */
static int read_types(sd_bus_message *reply, GHashTable **ret)
{
        g_autoptr(GHashTable) types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        int r = sd_bus_message_enter_container(reply, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                const char *name, *contents;

                r = sd_bus_message_read_basic(reply, 's', &name);
                if (r >= 0)
                        r = sd_bus_message_peek_type(reply, NULL, &contents);
                if (r < 0)
                        break;
                g_hash_table_insert(types, g_strdup(name), GINT_TO_POINTER(contents[0]));
                r = sd_bus_message_skip(reply, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&types);
        return 0;
}

static int append_value(sd_bus_message *m, char type, const char *text, Failure *failure)
{
        const char signature[] = { type, '\0' };
        int64_t number = 0;
        int r;

        if (type == 'b')
                number = parse_boolean(text);
        if ((type == 'b' && number < 0) || (type != 'b' && type != 's' && type != 'd' && parse_i64(text, &number) < 0))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no value here", text);
        switch (type) {
        case 's':
                r = sd_bus_message_append(m, "v", signature, text);
                break;
        case 'd':
                r = sd_bus_message_append(m, "v", signature, g_ascii_strtod(text, NULL));
                break;
        case 'x':
        case 't':
                r = sd_bus_message_append(m, "v", signature, number);
                break;
        default:
                r = sd_bus_message_append(m, "v", signature, (int) number);
        }
        return r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) : 0;
}

static int append_word(sd_bus_message *m, GHashTable *types, const char *word, Failure *failure)
{
        const char *equals = strchr(word, '=');
        g_autofree char *name = equals ? g_strndup(word, (size_t) (equals - word)) : NULL;
        char type = name ? (char) GPOINTER_TO_INT(g_hash_table_lookup(types, name)) : '\0';
        int r;

        if (!name)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is not KEY=VALUE", word);
        if (!type)
                return failure_set(failure, EXIT_STATUS_USAGE,
                                   "there is no '%s': without words the command shows what there is",
                                   name);
        if (sd_bus_message_open_container(m, 'e', "sv") < 0 || sd_bus_message_append(m, "s", name) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is not UTF-8", word);
        r = append_value(m, type, equals + 1, failure);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int change(Ctl *ctl, const char *path, const char *part, const Arguments *arguments, size_t first,
                  GHashTable *types, uint32_t flags, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const Tune *tune = ctl->command->data;
        int r = ctl_new_call(ctl, path ?: ctl->root, path ? "Domain" : "Connect", tune->setter, &m, failure);

        if (r < 0)
                return r;
        r = part ? sd_bus_message_append(m, "s", part) : 0;
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = first; r >= 0 && i < arguments_count(arguments); i++) {
                r = append_word(m, types, arguments_word(arguments, i), failure);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "u", flags);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r));
        return ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
}

static int tune_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Tune *tune = ctl->command->data;
        bool of_domain = ctl->command->noun != NULL;
        size_t first = (size_t) of_domain + tune->part;
        const char *part = tune->part ? arguments_word(arguments, 1) : NULL;
        uint32_t flags = of_domain ? arguments_bits(arguments, impact_flags) : 0;
        g_autoptr(GHashTable) types = NULL;
        g_autofree char *path = NULL;
        int r = 0;

        if (of_domain)
                r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = read_parameters(ctl, path, part, flags, &reply, failure);
        if (r < 0)
                return r;
        if (arguments_count(arguments) == first)
                return answer_print(ctl, reply, "parameters", NULL, failure);
        r = read_types(reply, &types);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        r = change(ctl, path, part, arguments, first, types, flags, failure);
        if (r >= 0)
                ctl_say(ctl, "%s\n", "Changed");
        return r;
}

#define TUNE_DETAILS "Without KEY=VALUE it shows what there is.\n"
#define TUNE(name_, summary_, getter_, setter_)                                                                \
        { .name = (name_), .words = "DOMAIN [KEY=VALUE…]", .summary = (summary_), .details = TUNE_DETAILS,      \
          .options = impact_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "domain.write", \
          .run = tune_run, .noun = &noun_domain, .data = &(const Tune) { (getter_), (setter_), false } }
#define TUNE_PART(name_, part_, summary_, getter_, setter_)                                                    \
        { .name = (name_), .words = "DOMAIN " part_ " [KEY=VALUE…]", .summary = (summary_),                     \
          .details = TUNE_DETAILS, .options = impact_options, .min_words = 2, .max_words = ANY_NUMBER_OF_WORDS, \
          .action = "domain.write", .run = tune_run, .noun = &noun_domain,                                      \
          .data = &(const Tune) { (getter_), (setter_), true } }

const Command tune_commands[] = {
        TUNE("schedinfo", "Show or change how the host's processors are shared", "GetSchedulerParameters",
             "SetSchedulerParameters"),
        TUNE("memtune", "Show or change limits of memory on the host", "GetMemoryParameters", "SetMemoryParameters"),
        TUNE("numatune", "Show or change which NUMA nodes give memory", "GetNumaParameters", "SetNumaParameters"),
        TUNE("blkiotune", "Show or change how the host's disks are shared", "GetBlockIOParameters",
             "SetBlockIOParameters"),
        TUNE("perf", "Show or change which events of the processor are counted", "GetPerfEvents", "SetPerfEvents"),
        TUNE_PART("blkdeviotune", "DISK", "Show or change how fast a disk may be", "GetBlockIOTune", "SetBlockIOTune"),
        TUNE_PART("domiftune", "INTERFACE", "Show or change how fast an interface may be", "GetInterfaceParameters",
                  "SetInterfaceParameters"),
        { .name = "node-memory-tune", .words = "[KEY=VALUE…]", .summary = "Show or change how the host merges memory",
          .details = TUNE_DETAILS, .max_words = ANY_NUMBER_OF_WORDS, .action = "connect.write", .run = tune_run,
          .data = &(const Tune) { "NodeGetMemoryParameters", "NodeSetMemoryParameters", false } },
        {},
};
