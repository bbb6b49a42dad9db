/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_commands.h"

#include "drivers/qemu/qemu_plug_chardev.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As build_file() names a file by its number. */
#define FD_PATH "/proc/self/fd/"
#define CHARDEV "-chardev\n"

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

        *command = (PlugCommand) { .name = name, .arguments = arguments, .fd = -EBADF, .target = -EBADF };
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

/* Files by their numbers in the command line are those of QEMU. Free with g_free(). */
static char *resolve(const char *text, GHashTable *numbers)
{
        g_auto(GStrv) parts = g_strsplit(text, FD_PATH, -1);
        GString *s = g_string_new(parts[0]);

        for (char **part = parts + 1; parts[0] && *part; part++) {
                size_t n = strspn(*part, "0123456789");
                g_autofree char *digits = g_strndup(*part, n);
                gpointer number;

                if (g_hash_table_lookup_extended(numbers, GINT_TO_POINTER(atoi(digits)), NULL, &number))
                        g_string_append_printf(s, FD_PATH "%d%s", GPOINTER_TO_INT(number), *part + n);
                else
                        g_string_append_printf(s, FD_PATH "%s", *part);
        }
        return g_string_free(s, FALSE);
}

void plug_command_resolve(PlugCommand *command, GHashTable *numbers)
{
        g_autoptr(JsonNode) node = NULL, resolved = NULL;
        g_autofree char *text = NULL, *changed = NULL;

        if (!command->arguments || g_hash_table_size(numbers) == 0)
                return;
        node = json_node_init_object(json_node_alloc(), command->arguments);
        text = json_to_string(node, FALSE);
        changed = resolve(text, numbers);
        resolved = json_from_string(changed, NULL);
        json_object_unref(command->arguments);
        command->arguments = json_object_ref(json_node_get_object(resolved));
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

/* What tells options of one kind apart: "-device\nnet0"; NULL: nothing but their text. Free with g_free(). */
static char *name_of(const char *option)
{
        const char *value = strchr(option, '\n') + 1;
        g_autofree char *id = NULL;

        for (size_t i = 0; i < ELEMENTSOF(commands_of_options); i++) {
                const char *name = commands_of_options[i].option, *text = NULL;
                g_autoptr(JsonNode) node = NULL;
                JsonObject *object;

                if (!g_str_has_prefix(option, name) || option[strlen(name)] != '\n')
                        continue;
                node = json_from_string(value, NULL);
                object = node ? qmp_node_object(node) : NULL;
                if (object && qmp_get_string(object, commands_of_options[i].id, &text) > 0)
                        return g_strconcat(name, "\n", text, NULL);
        }
        if (!g_str_has_prefix(option, CHARDEV))
                return NULL;
        id = plug_option_id(value);
        return id ? g_strconcat(CHARDEV, id, NULL) : NULL;
}

/*
 * The options of the one that the other does not have, in order. What has a name is known by it: what is said of its
 * files differs. Options whose names begin with keep are never known.
 */
static GPtrArray *subtract(const QemuCommand *one, const QemuCommand *other, const char *keep)
{
        g_autoptr(GPtrArray) options = options_of(one), known = options_of(other);
        g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *rest = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < known->len; i++) {
                char *name = name_of(known->pdata[i]);

                if (name)
                        g_hash_table_add(names, name);
        }
        for (guint i = 0; i < options->len; i++) {
                g_autofree char *name = name_of(options->pdata[i]);
                guint at;

                if (name && g_hash_table_contains(names, name) && !(keep && g_str_has_prefix(name, keep)))
                        continue;
                if (!name && g_ptr_array_find_with_equal_func(known, options->pdata[i], g_str_equal, &at))
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
        PlugCommands later; /* sets of files that are open by then */
        GHashTable *passed; /* numbers of those files */
        unsigned n_named;   /* descriptors that have got names */
        char *node;
} Addition;

static void addition_clear(Addition *addition)
{
        g_ptr_array_unref(addition->sets);
        g_hash_table_unref(addition->passed);
        plug_commands_clear(&addition->later);
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

/* A set of its own for the file: the number is one that the machine does not have. The command stays the queue's. */
static int add_set(Addition *addition, int target, const char *opaque, unsigned *ret, PlugCommand **ret_command,
                   Error *error)
{
        PlugCommand *command;
        int fd = copy_fd(addition->difference->to, target);

        if (fd < 0)
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        *ret = g_random_int_range(1000000, G_MAXINT32);
        command = plug_command_new("add-fd", qmp_object("u:fdset-id", *ret, "s:opaque", opaque, NULL));
        command->fd = fd;
        command->undo = "remove-fd";
        command->undo_arguments = qmp_object("u:fdset-id", *ret, NULL);
        g_queue_push_tail(addition->commands, command);
        *ret_command = command;
        return 0;
}

/* "fd=7,set=1,opaque=NAME" */
static int add_file(Addition *addition, const char *value, Error *error)
{
        const char *opaque = strstr(value, "opaque=");
        PlugCommand *command;
        unsigned set, fresh;
        int target, r;

        if (sscanf(value, "fd=%d,set=%u,", &target, &set) != 2 || !opaque)
                return error_set(error, ERROR_INTERNAL, "'%s' does not name a file", value);
        r = add_set(addition, target, opaque + strlen("opaque="), &fresh, &command, error);
        if (r < 0)
                return r;
        g_ptr_array_add(addition->sets, g_strdup_printf("/dev/fdset/%u", set));
        g_ptr_array_add(addition->sets, g_strdup_printf("/dev/fdset/%u", fresh));
        return 0;
}

/* What QEMU opens again by the number of its descriptor, and only once. */
static int pass_paths(Addition *addition, const char *text, Error *error)
{
        for (const char *at = text; (at = strstr(at, FD_PATH));) {
                int target = atoi(at += strlen(FD_PATH)), r;
                PlugCommand *command, *removal;
                unsigned set;

                if (!g_hash_table_add(addition->passed, GINT_TO_POINTER(target)))
                        continue;
                r = add_set(addition, target, "once", &set, &command, error);
                if (r < 0)
                        return r;
                command->target = target;
                removal = plug_command_new("remove-fd", qmp_object("u:fdset-id", set, NULL));
                removal->careless = true;
                g_queue_push_tail(&addition->later, removal);
        }
        return 0;
}

/* from ends where a digit does not follow, as "/dev/fdset/1" is no part of "/dev/fdset/12". Free with g_free(). */
static char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, -1);
        GString *s = g_string_new(parts[0]);

        for (char **part = parts + 1; parts[0] && *part; part++)
                g_string_append_printf(s, "%s%s", g_ascii_isdigit(**part) ? from : to, *part);
        return g_string_free(s, FALSE);
}

/* The value of an option as it is for this machine. Free with g_free(). */
static char *translate(const Addition *addition, const char *value)
{
        const PlugDifference *difference = addition->difference;
        char *text = g_strdup(value);

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

/* Takes the arguments. */
static void push_careless(PlugCommands *commands, const char *name, JsonObject *arguments)
{
        PlugCommand *command = plug_command_new(name, arguments);

        command->careless = true;
        g_queue_push_tail(commands, command);
}

static char *plug_fd_name(unsigned i)
{
        return g_strdup_printf("virtbus-%u", i);
}

void plug_commands_close_fds(PlugCommands *commands)
{
        for (unsigned i = 0; i < PLUG_FDS_MAX; i++) {
                g_autofree char *name = plug_fd_name(i);

                push_careless(commands, "closefd", qmp_object("s:fdname", name, NULL));
        }
}

/* The descriptor gets a name: *ret, free with g_free(). What nobody has taken is closed when all is undone. */
static int pass_fd(Addition *addition, const char *number, char **ret, Error *error)
{
        g_autofree char *name = plug_fd_name(addition->n_named++);
        PlugCommand *command;
        uint32_t target;
        int fd;

        if (parse_u32(number, &target) < 0)
                return error_set(error, ERROR_INTERNAL, "'%s' is no descriptor", number);
        fd = copy_fd(addition->difference->to, (int) target);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        command = plug_command_new("getfd", qmp_object("s:fdname", name, NULL));
        command->fd = fd;
        command->undo = "closefd";
        command->undo_arguments = qmp_object("s:fdname", name, NULL);
        g_queue_push_tail(addition->commands, command);
        *ret = g_steal_pointer(&name);
        return 0;
}

/* Numbers of descriptors, alone or with colons between them, become names. */
static int pass_member(Addition *addition, JsonObject *object, const char *member, Error *error)
{
        const char *value = NULL;
        g_auto(GStrv) numbers = NULL;
        g_autofree char *names = NULL;

        if (qmp_get_string(object, member, &value) <= 0)
                return 0;
        numbers = g_strsplit(value, ":", -1);
        for (char **number = numbers; *number; number++) {
                char *name = NULL;
                int r = pass_fd(addition, *number, &name, error);

                if (r < 0)
                        return r;
                g_free(*number);
                *number = name;
        }
        names = g_strjoinv(":", numbers);
        json_object_set_string_member(object, member, names);
        return 0;
}

/*
 * The socket of another program (passt): "stream" of QEMU 7.2 does not take it over from the monitor, and closes it
 * twice in the end. The older "socket" does, and speaks the same way on it.
 */
static void use_socket(JsonObject *netdev)
{
        JsonObject *address;
        const char *type = NULL, *fd = NULL;

        if (qmp_get_object(netdev, "addr", &address) <= 0 || qmp_get_string(address, "type", &type) <= 0 ||
            !streq(type, "fd") || qmp_get_string(address, "str", &fd) <= 0)
                return;
        json_object_set_string_member(netdev, "type", "socket");
        json_object_set_string_member(netdev, "fd", fd);
        json_object_remove_member(netdev, "server");
        json_object_remove_member(netdev, "addr");
}

/* Of network cards, and of the few devices that have one. */
static int pass_fds(Addition *addition, JsonObject *object, Error *error)
{
        static const char *const members[] = { "fd", "fds", "vhostfd", "vhostfds" };
        int r = 0;

        use_socket(object);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(members); i++)
                r = pass_member(addition, object, members[i], error);
        return r;
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

        if (!object)
                return refuse(commands_of_options[kind].option, error);
        r = pass_paths(addition, text, error);
        if (r >= 0 && !streq(commands_of_options[kind].add, "blockdev-add"))
                r = pass_fds(addition, object, error);
        if (r < 0)
                return r;
        command = plug_command_new(commands_of_options[kind].add, json_object_ref(object));
        if (qmp_get_string(object, commands_of_options[kind].id, &id) > 0) {
                command->undo = commands_of_options[kind].remove;
                command->undo_arguments = json_object_new();
                json_object_set_string_member(command->undo_arguments, commands_of_options[kind].id, id);
        }
        /* the machine's own, which another device may have brought along: it stays */
        command->careless = streq_ptr(id, "tls-client") && streq(command->name, "object-add");
        if (command->careless)
                command->undo = NULL;
        if (id && streq(command->name, "blockdev-add")) {
                g_free(addition->node);
                addition->node = g_strdup(id);
        }
        g_queue_push_tail(addition->commands, command);
        return 0;
}

static int add_chardev(Addition *addition, const char *value, Error *error)
{
        g_autofree char *text = translate(addition, value), *id = plug_option_id(text), *name = NULL;
        JsonObject *arguments;
        PlugCommand *command;
        int r = plug_chardev_arguments(text, &arguments, error);

        if (r < 0)
                return r;
        command = plug_command_new("chardev-add", arguments);
        command->undo = "chardev-remove";
        command->undo_arguments = qmp_object("s:id", id, NULL);
        if (plug_chardev_fd(arguments)) {
                r = pass_fd(addition, plug_chardev_fd(arguments), &name, error);
                if (r < 0) {
                        plug_command_free(command);
                        return r;
                }
                plug_chardev_set_fd(arguments, name);
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
        if (addition->difference->rename_from && !streq(name, "-blockdev") && !streq(name, "-object"))
                return 0;
        if (streq(name, "-chardev"))
                return add_chardev(addition, value, error);
        if (streq(name, "-watchdog-action")) {
                g_queue_push_tail(addition->commands,
                                  plug_command_new("set-action", qmp_object("s:watchdog", value, NULL)));
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(commands_of_options); i++)
                if (streq(name, commands_of_options[i].option))
                        return add_json(addition, i, value, error);
        return refuse(name, error);
}

static char *setup_text(const QemuSetup *setup)
{
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), setup->arguments);
        g_autofree char *text = json_to_string(node, FALSE);

        return g_strconcat(setup->command, "\n", text, NULL);
}

/* What is said to a machine before it runs. */
static void add_setup(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to)
{
        g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = 0; i < from->n_setup; i++)
                g_hash_table_add(known, setup_text(from->setup + i));
        for (size_t i = 0; i < to->n_setup; i++) {
                g_autofree char *text = setup_text(to->setup + i);

                if (!g_hash_table_contains(known, text))
                        g_queue_push_tail(commands, plug_command_new(to->setup[i].command,
                                                                     json_object_ref(to->setup[i].arguments)));
        }
}

int plug_commands_add_difference(PlugCommands *commands, const PlugDifference *difference, char **ret_node,
                                 Error *error)
{
        const char *rename = difference->rename_from;
        g_autofree char *keep = rename ? g_strdup_printf("-blockdev\n%s-", rename) : NULL;
        g_autoptr(GPtrArray) options = subtract(difference->to, difference->from, keep);
        _cleanup_(addition_clear) Addition addition = {
                .commands = commands,
                .difference = difference,
                .sets = g_ptr_array_new_with_free_func(g_free),
                .later = G_QUEUE_INIT,
                .passed = g_hash_table_new(NULL, NULL),
        };

        for (guint i = 0; i < options->len; i++) {
                int r = add_option(&addition, options->pdata[i], error);

                if (r < 0)
                        return r;
        }
        if (!rename)
                add_setup(commands, difference->from, difference->to);
        for (PlugCommand *command; (command = g_queue_pop_head(&addition.later));)
                g_queue_push_tail(commands, command);
        *ret_node = g_steal_pointer(&addition.node);
        return 0;
}

static void remove_option(PlugCommands *commands, const char *option)
{
        g_autofree char *name = name_of(option);
        const char *id = name ? strchr(name, '\n') + 1 : NULL;

        if (!id)
                return;
        if (g_str_has_prefix(option, CHARDEV))
                push_careless(commands, "chardev-remove", qmp_object("s:id", id, NULL));
        for (size_t i = 0; i < ELEMENTSOF(commands_of_options); i++) {
                const char *kind = commands_of_options[i].option;

                if (g_str_has_prefix(name, kind) && name[strlen(kind)] == '\n' && !streq(kind, "-device") &&
                    !streq(kind, "-blockdev"))
                        push_careless(commands, commands_of_options[i].remove, qmp_object("s:id", id, NULL));
        }
}

void plug_commands_remove_difference(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to)
{
        g_autoptr(GPtrArray) options = subtract(from, to, NULL);

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

static bool has_number(const char *name)
{
        return strstr(name, "-b") != NULL;
}

static void push_removal(PlugCommands *commands, const char *node)
{
        push_careless(commands, "blockdev-del", qmp_object("s:node-name", node, NULL));
}

void plug_commands_remove_nodes(PlugCommands *commands, JsonNode *answer, const char *base, const char *except)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autofree char *prefix = g_strconcat(base, "-", NULL), *other = except ? g_strconcat(except, "-", NULL) : NULL;
        JsonArray *nodes = qmp_node_array(answer);
        unsigned n = 0;

        for (guint i = 0; nodes && i < json_array_get_length(nodes); i++) {
                JsonObject *node = qmp_array_object(nodes, i);
                const char *name = NULL;

                if (node && qmp_get_string(node, "node-name", &name) > 0 && g_str_has_prefix(name, prefix) &&
                    !(other && g_str_has_prefix(name, other)))
                        g_ptr_array_add(names, (char *) name);
        }
        g_ptr_array_sort(names, compare_depth);
        for (guint i = 0; i < names->len; i++)
                n += has_number(names->pdata[i]) && g_str_has_suffix(names->pdata[i], "-format");
        /* after jobs the numbers do not tell any more which one is above: what is used is not removed, so try again */
        for (; n > 0; n--)
                for (guint i = 0; i < names->len; i++)
                        if (g_str_has_suffix(names->pdata[i], "-format"))
                                push_removal(commands, names->pdata[i]);
        for (guint i = 0; i < names->len; i++)
                push_removal(commands, names->pdata[i]);
}

void plug_commands_remove_objects(PlugCommands *commands, JsonNode *answer, const char *base)
{
        g_autofree char *prefix = g_strconcat(base, "-", NULL);
        JsonArray *objects = qmp_node_array(answer);

        for (guint i = 0; objects && i < json_array_get_length(objects); i++) {
                JsonObject *object = qmp_array_object(objects, i);
                const char *name = NULL;

                if (object && qmp_get_string(object, "name", &name) > 0 && g_str_has_prefix(name, prefix))
                        push_careless(commands, "object-del", qmp_object("s:id", name, NULL));
        }
}

/* Whether the text is the name, or begins with it and "-". */
static bool is_part_of(const char *text, const char *name)
{
        return name && g_str_has_prefix(text, name) && (text[strlen(name)] == '\0' || text[strlen(name)] == '-');
}

/* What a file is for is called "virtio-disk0-format", "charserial0-log", "objrng0", "memdimm0". */
static bool is_for(const char *opaque, const char *alias, const char *base)
{
        static const char *const prefixes[] = { "", "char", "obj", "mem", "shmmem-" };

        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                if (g_str_has_prefix(opaque, prefixes[i]) && is_part_of(opaque + strlen(prefixes[i]), alias))
                        return true;
        return is_part_of(opaque, base);
}

void plug_commands_remove_sets(PlugCommands *commands, JsonNode *answer, const char *alias, const char *base)
{
        JsonArray *sets = qmp_node_array(answer);

        for (guint i = 0; sets && i < json_array_get_length(sets); i++) {
                JsonObject *set = qmp_array_object(sets, i);
                const char *opaque = NULL;
                JsonArray *fds = NULL;
                JsonObject *fd;
                uint64_t id;

                if (!set || qmp_get_array(set, "fds", &fds) <= 0 || json_array_get_length(fds) == 0)
                        continue;
                fd = qmp_array_object(fds, 0);
                if (fd && qmp_get_string(fd, "opaque", &opaque) > 0 && qmp_get_u64(set, "fdset-id", &id) > 0 &&
                    is_for(opaque, alias, base))
                        push_careless(commands, "remove-fd", qmp_object("U:fdset-id", id, NULL));
        }
}
