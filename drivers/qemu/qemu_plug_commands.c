/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Options with JSON, whose members are the arguments of the command. */
static const struct {
        const char *option, *add, *remove, *id;
} commands_of_options[] = {
        { "-blockdev", "blockdev-add", "blockdev-del", "node-name" },
        { "-object", "object-add", "object-del", "id" },
        { "-netdev", "netdev_add", "netdev_del", "id" },
        { "-device", "device_add", "device_del", "id" },
};

PlugCommand *plug_command_new(const char *name, JsonObject *arguments)
{
        PlugCommand *command = g_new(PlugCommand, 1);

        *command = (PlugCommand) { .name = name, .arguments = arguments, .fd = -EBADF };
        return command;
}

PlugCommand *plug_command_free(PlugCommand *command)
{
        if (!command)
                return NULL;
        if (command->arguments)
                json_object_unref(command->arguments);
        if (command->undo_arguments)
                json_object_unref(command->undo_arguments);
        safe_close(command->fd);
        g_free(command);
        return NULL;
}

void plug_commands_clear(PlugCommands *commands)
{
        for (PlugCommand *command; (command = g_queue_pop_head(commands));)
                plug_command_free(command);
}

/* An option with its value, as one text: "-device\n{…}". */
static GPtrArray *options_of(const QemuCommand *command)
{
        GPtrArray *options = g_ptr_array_new_with_free_func(g_free);

        for (char **arg = command->argv + 1; *arg; arg++) {
                bool has_value = arg[1] && arg[1][0] != '-';

                g_ptr_array_add(options, g_strconcat(arg[0], "\n", has_value ? arg[1] : "", NULL));
                arg += has_value;
        }
        return options;
}

/* The options of the one that the other does not have, in order. */
static GPtrArray *subtract(const QemuCommand *one, const QemuCommand *other)
{
        g_autoptr(GPtrArray) options = options_of(one), known = options_of(other);
        GPtrArray *rest = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < options->len; i++) {
                guint at;

                if (g_ptr_array_find_with_equal_func(known, options->pdata[i], g_str_equal, &at))
                        g_ptr_array_remove_index(known, at);
                else
                        g_ptr_array_add(rest, g_strdup(options->pdata[i]));
        }
        return rest;
}

typedef struct Addition {
        PlugCommands *commands;
        const PlugDifference *difference;
        GPtrArray *sets; /* pairs of texts: what stands for a file in the command line, and in the machine */
        char *node;
} Addition;

static void addition_clear(Addition *addition)
{
        g_ptr_array_unref(addition->sets);
        g_free(addition->node);
}

static int copy_fd(const QemuCommand *command, int target)
{
        for (size_t i = 0; i < command->n_fds; i++)
                if (command->fds[i].target == target)
                        return fcntl(command->fds[i].fd, F_DUPFD_CLOEXEC, 3);
        errno = EBADF;
        return -1;
}

/* "fd=7,set=1,opaque=NAME": the set gets a number that the machine does not have. */
static int add_file(Addition *addition, const char *value, Error *error)
{
        unsigned set, fresh = g_random_int_range(1000000, G_MAXINT32);
        const char *opaque = strstr(value, "opaque=");
        PlugCommand *command;
        int target, fd;

        if (sscanf(value, "fd=%d,set=%u,", &target, &set) != 2 || !opaque)
                return error_set(error, ERROR_INTERNAL, "'%s' does not name a file", value);
        fd = copy_fd(addition->difference->to, target);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        command = plug_command_new("add-fd", qmp_object("u:fdset-id", fresh, "s:opaque", opaque + strlen("opaque="),
                                                        NULL));
        command->fd = fd;
        command->undo = "remove-fd";
        command->undo_arguments = qmp_object("u:fdset-id", fresh, NULL);
        g_queue_push_tail(addition->commands, command);
        g_ptr_array_add(addition->sets, g_strdup_printf("\"/dev/fdset/%u\"", set));
        g_ptr_array_add(addition->sets, g_strdup_printf("\"/dev/fdset/%u\"", fresh));
        return 0;
}

static char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, -1);

        return g_strjoinv(to, parts);
}

/* The JSON of an option as it is for this machine. Free with g_free(). */
static char *translate(const Addition *addition, const char *json)
{
        const PlugDifference *difference = addition->difference;
        char *text = g_strdup(json);

        for (guint i = 0; i + 1 < addition->sets->len; i += 2) {
                g_autofree char *former = text;

                text = replace(former, addition->sets->pdata[i], addition->sets->pdata[i + 1]);
        }
        if (difference->rename_from) {
                g_autofree char *former = text, *from = g_strdup_printf("\"%s-", difference->rename_from);
                g_autofree char *to = g_strdup_printf("\"%s-", difference->rename_to);

                text = replace(former, from, to);
        }
        return text;
}

/* Network cards: numbers of descriptors, alone or with colons between them, become names. */
static int pass_fds(Addition *addition, JsonObject *netdev, Error *error)
{
        static const char *const members[] = { "fd", "fds", "vhostfd", "vhostfds" };

        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                const char *value = NULL;
                g_auto(GStrv) numbers = NULL;
                g_autofree char *names = NULL;

                if (qmp_get_string(netdev, members[i], &value) <= 0)
                        continue;
                numbers = g_strsplit(value, ":", -1);
                for (char **number = numbers; *number; number++) {
                        g_autofree char *name = g_strdup_printf("virtbus-%s-%08x", *number, g_random_int());
                        PlugCommand *command;
                        uint32_t target;
                        int fd;

                        if (parse_u32(*number, &target) < 0)
                                return error_set(error, ERROR_INTERNAL, "'%s' is no descriptor", *number);
                        fd = copy_fd(addition->difference->to, (int) target);
                        if (fd < 0)
                                return error_set_errno(error, errno, "cannot copy a file descriptor");
                        command = plug_command_new("getfd", qmp_object("s:fdname", name, NULL));
                        command->fd = fd;
                        g_queue_push_tail(addition->commands, command);
                        g_free(*number);
                        *number = g_steal_pointer(&name);
                }
                names = g_strjoinv(":", numbers);
                json_object_set_string_member(netdev, members[i], names);
        }
        return 0;
}

static int refuse(const char *option, Error *error)
{
        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                         "the device needs QEMU's option %s, which can only be given to a machine that starts",
                         option);
}

static int add_json(Addition *addition, size_t kind, const char *value, Error *error)
{
        g_autofree char *text = translate(addition, value);
        g_autoptr(JsonNode) node = json_from_string(text, NULL);
        JsonObject *object = node ? qmp_node_object(node) : NULL;
        const char *id = NULL;
        PlugCommand *command;
        int r;

        if (!object || strstr(text, "\"/proc/self/fd/"))
                return refuse(commands_of_options[kind].option, error);
        r = streq(commands_of_options[kind].add, "netdev_add") ? pass_fds(addition, object, error) : 0;
        if (r < 0)
                return r;
        command = plug_command_new(commands_of_options[kind].add, json_object_ref(object));
        if (qmp_get_string(object, commands_of_options[kind].id, &id) > 0) {
                command->undo = commands_of_options[kind].remove;
                command->undo_arguments = json_object_new();
                json_object_set_string_member(command->undo_arguments, commands_of_options[kind].id, id);
        }
        if (id && streq(command->name, "blockdev-add")) {
                g_free(addition->node);
                addition->node = g_strdup(id);
        }
        g_queue_push_tail(addition->commands, command);
        return 0;
}

static int add_option(Addition *addition, const char *option, Error *error)
{
        const char *value = strchr(option, '\n') + 1;
        g_autofree char *name = g_strndup(option, (size_t) (value - option - 1));

        if (streq(name, "-add-fd"))
                return add_file(addition, value, error);
        if (streq(name, "-device") && !addition->difference->devices)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(commands_of_options); i++)
                if (streq(name, commands_of_options[i].option))
                        return add_json(addition, i, value, error);
        return refuse(name, error);
}

int plug_commands_add_difference(PlugCommands *commands, const PlugDifference *difference, char **ret_node,
                                 Error *error)
{
        g_autoptr(GPtrArray) options = subtract(difference->to, difference->from);
        _cleanup_(addition_clear) Addition addition = {
                .commands = commands,
                .difference = difference,
                .sets = g_ptr_array_new_with_free_func(g_free),
        };

        for (guint i = 0; i < options->len; i++) {
                int r = add_option(&addition, options->pdata[i], error);

                if (r < 0)
                        return r;
        }
        *ret_node = g_steal_pointer(&addition.node);
        return 0;
}

static void remove_option(PlugCommands *commands, const char *option)
{
        const char *value = strchr(option, '\n') + 1;
        g_autoptr(JsonNode) node = json_from_string(value, NULL);
        JsonObject *object = node ? qmp_node_object(node) : NULL;

        for (size_t i = 0; object && i < ELEMENTSOF(commands_of_options); i++) {
                const char *name = commands_of_options[i].option, *id = NULL;
                PlugCommand *command;

                if (!g_str_has_prefix(option, name) || option[strlen(name)] != '\n' || streq(name, "-device") ||
                    streq(name, "-blockdev") || qmp_get_string(object, commands_of_options[i].id, &id) <= 0)
                        continue;
                command = plug_command_new(commands_of_options[i].remove, qmp_object("s:id", id, NULL));
                command->careless = true;
                g_queue_push_tail(commands, command);
        }
}

void plug_commands_remove_difference(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to)
{
        g_autoptr(GPtrArray) options = subtract(from, to);

        for (guint i = options->len; i-- > 0;)
                remove_option(commands, options->pdata[i]);
}

/* The smaller, the higher: filters, then formats layer by layer, then files. */
static unsigned depth_of(const char *name)
{
        const char *layer = strstr(name, "-b");
        unsigned n = 0;

        if (layer)
                (void) sscanf(layer, "-b%u-", &n);
        if (g_str_has_suffix(name, "-file"))
                return 2000 + n;
        return g_str_has_suffix(name, "-format") ? 1000 + n : 0;
}

static gint compare_depth(gconstpointer a, gconstpointer b)
{
        unsigned x = depth_of(*(const char *const *) a), y = depth_of(*(const char *const *) b);

        return x < y ? -1 : x > y;
}

void plug_commands_remove_nodes(PlugCommands *commands, JsonNode *answer, const char *base, const char *except)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autofree char *prefix = g_strconcat(base, "-", NULL), *other = except ? g_strconcat(except, "-", NULL) : NULL;
        JsonArray *nodes = qmp_node_array(answer);

        for (guint i = 0; nodes && i < json_array_get_length(nodes); i++) {
                JsonObject *node = qmp_array_object(nodes, i);
                const char *name = NULL;

                if (node && qmp_get_string(node, "node-name", &name) > 0 && g_str_has_prefix(name, prefix) &&
                    !(other && g_str_has_prefix(name, other)))
                        g_ptr_array_add(names, (char *) name);
        }
        g_ptr_array_sort(names, compare_depth);
        for (guint i = 0; i < names->len; i++) {
                PlugCommand *command = plug_command_new("blockdev-del",
                                                        qmp_object("s:node-name", names->pdata[i], NULL));

                command->careless = true;
                g_queue_push_tail(commands, command);
        }
}
