/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_update.h"

#include "drivers/model/def_table.h"
#include "drivers/model/domain_def_table.h"
#include "drivers/qemu/qemu_files_net.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_tap.h"

#include <string.h>

/* Members of -device and -object that QEMU lets one set later, and what has them. */
static const struct {
        const char *option, *kind, *member, *path;
} settable[] = {
        { "-device", "virtio-mem-pci", "requested-size", "/machine/peripheral/" },
        { "-object", "throttle-group", "limits", "/objects/" },
};

static JsonObject *parse(const char *value, JsonNode **ret_node)
{
        *ret_node = value ? json_from_string(value, NULL) : NULL;
        return *ret_node ? qmp_node_object(*ret_node) : NULL;
}

static bool has_text(JsonObject *object, const char *member, const char *text)
{
        const char *value = NULL;

        return qmp_get_string(object, member, &value) > 0 && streq(value, text);
}

/* Whether they differ in nothing but this member. */
static bool differs_in(JsonObject *a, JsonObject *b, const char *member)
{
        g_autoptr(JsonNode) one = NULL, other = NULL;
        g_autoptr(JsonObject) x = json_object_new(), y = json_object_new();
        JsonObject *const from[] = { a, b }, *const to[] = { x, y };

        for (size_t i = 0; i < ELEMENTSOF(from); i++) {
                g_autoptr(GList) names = json_object_get_members(from[i]);

                for (GList *name = names; name; name = name->next)
                        if (!streq(name->data, member))
                                json_object_set_member(to[i], name->data,
                                                       json_object_dup_member(from[i], name->data));
        }
        one = json_node_init_object(json_node_alloc(), x);
        other = json_node_init_object(json_node_alloc(), y);
        return json_node_equal(one, other);
}

/* Adds the command for two values of an option that differ; false: there is none. */
static bool add_setting(PlugCommands *commands, const char *option, const char *was, const char *is)
{
        g_autoptr(JsonNode) was_node = NULL, is_node = NULL;
        JsonObject *a = parse(was, &was_node), *b = parse(is, &is_node);

        for (size_t i = 0; a && b && i < ELEMENTSOF(settable); i++) {
                const char *id = NULL, *member = settable[i].member;
                const char *kind = streq(option, "-device") ? "driver" : "qom-type";
                g_autofree char *path = NULL;
                JsonObject *arguments;

                if (!streq(option, settable[i].option) || !has_text(b, kind, settable[i].kind) ||
                    qmp_get_string(b, "id", &id) <= 0 || !differs_in(a, b, member) ||
                    !json_object_has_member(b, member))
                        continue;
                path = g_strconcat(settable[i].path, id, NULL);
                arguments = qmp_object("s:path", path, "s:property", member, NULL);
                json_object_set_member(arguments, "value", json_object_dup_member(b, member));
                g_queue_push_tail(commands, plug_command_new("qom-set", arguments));
                return true;
        }
        return false;
}

static int add_options(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to, Error *error)
{
        char **a = from->argv, **b = to->argv;

        for (; *a && *b; a++, b++) {
                if (streq(*a, *b))
                        continue;
                if (a == from->argv || !streq(a[-1], b[-1]) || !add_setting(commands, a[-1], *a, *b))
                        break;
        }
        if (!*a && !*b)
                return 0;
        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                         "of a running machine's devices, media, links, limits, passwords of displays and the size of "
                         "memory that is lent can be changed; the rest would be another device to QEMU");
}

static bool is_same(const QemuSetup *a, const QemuSetup *b)
{
        g_autoptr(JsonNode) x = json_node_init_object(json_node_alloc(), a->arguments);
        g_autoptr(JsonNode) y = json_node_init_object(json_node_alloc(), b->arguments);

        return streq(a->command, b->command) && json_node_equal(x, y);
}

static bool has_setup(const QemuCommand *command, const QemuSetup *setup)
{
        for (size_t i = 0; i < command->n_setup; i++)
                if (is_same(command->setup + i, setup))
                        return true;
        return false;
}

/* Whether it says something of the same thing. */
static bool has_other(const QemuCommand *command, const QemuSetup *setup)
{
        static const char *const keys[] = { "id", "name", "protocol" };

        for (size_t i = 0; i < command->n_setup; i++) {
                const QemuSetup *other = command->setup + i;
                bool same = streq(other->command, setup->command);

                for (size_t k = 0; same && k < ELEMENTSOF(keys); k++) {
                        const char *value = NULL;

                        if (qmp_get_string(setup->arguments, keys[k], &value) > 0)
                                same = has_text(other->arguments, keys[k], value);
                }
                if (same)
                        return true;
        }
        return false;
}

/* What was said once is not to count any more. */
static JsonObject *opposite(const QemuSetup *setup)
{
        static const char *const limits[] = { "bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr" };
        const char *text = NULL;
        JsonObject *arguments;

        if (streq(setup->command, "set_link") && qmp_get_string(setup->arguments, "name", &text) > 0)
                return qmp_object("s:name", text, "b:up", true, NULL);
        if (streq(setup->command, "expire_password") && qmp_get_string(setup->arguments, "protocol", &text) > 0)
                return qmp_object("s:protocol", text, "s:time", "never", NULL);
        if (!streq(setup->command, "block_set_io_throttle") || qmp_get_string(setup->arguments, "id", &text) <= 0)
                return NULL;
        arguments = qmp_object("s:id", text, NULL);
        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                json_object_set_int_member(arguments, limits[i], 0);
        return arguments;
}

static void add_setup(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to)
{
        for (size_t i = 0; i < from->n_setup; i++) {
                const QemuSetup *setup = from->setup + i;
                JsonObject *arguments = has_setup(to, setup) || has_other(to, setup) ? NULL : opposite(setup);

                if (arguments)
                        g_queue_push_tail(commands, plug_command_new(setup->command, arguments));
        }
        for (size_t i = 0; i < to->n_setup; i++)
                if (!has_setup(from, to->setup + i))
                        g_queue_push_tail(commands, plug_command_new(to->setup[i].command,
                                                                     json_object_ref(to->setup[i].arguments)));
}

int plug_commands_update(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to, Error *error)
{
        int r = add_options(commands, from, to, error);

        if (r >= 0)
                add_setup(commands, from, to);
        return r;
}

static bool is_same_rate(const DomainRate *a, const DomainRate *b)
{
        static const DomainRate none;

        a = a ?: &none;
        b = b ?: &none;
        return a->average == b->average && a->peak == b->peak && a->burst == b->burst;
}

static bool is_same_bandwidth(const DomainBandwidth *a, const DomainBandwidth *b)
{
        static const DomainBandwidth none;

        a = a ?: &none;
        b = b ?: &none;
        return is_same_rate(a->inbound, b->inbound) && is_same_rate(a->outbound, b->outbound);
}

static int update_interface(QemuFiles *files, const DomainDef *def, const DomainInterface *was,
                            const DomainInterface *is, const QemuPrograms *programs, Error *error)
{
        g_autofree char *place = qemu_place(def, is, NULL), *path = NULL;
        static const DomainInterfaceRare none = {};
        DomainInterfaceRare was_rare = was->rare ? *was->rare : none, is_rare = is->rare ? *is->rare : none;
        DomainInterface before = *was, same = *is;

        same.bridge = was->bridge;
        same.bandwidth = was->bandwidth;
        same.link = was->link;
        is_rare.filter = was_rare.filter;
        before.rare = &was_rare;
        same.rare = &is_rare;
        if (!def_equal(&domain_interface_type, place, &before, &same, 0, &path))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "cannot change %s of a running machine: of an interface its link, its bridge, its "
                                 "filter and its bandwidth can be changed", path);
        if (!streq_ptr(was->bridge, is->bridge)) {
                int r = tap_change_bridge(is->target, was->bridge, is->bridge, place, error);

                if (r < 0)
                        return r;
        }
        return is_same_bandwidth(was->bandwidth, is->bandwidth)
                       ? 0
                       : qemu_files_change_bandwidth(files, def, is, programs, error);
}

int plug_update_interfaces(QemuFiles *files, const DomainDef *from, const DomainDef *to, const QemuPrograms *programs,
                           Error *error)
{
        for (uint32_t i = 0; i < from->interfaces.n && i < to->interfaces.n; i++) {
                int r = update_interface(files, to, from->interfaces.items[i], to->interfaces.items[i], programs,
                                         error);

                if (r < 0)
                        return r;
        }
        return 0;
}
