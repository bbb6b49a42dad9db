/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/text.h"

const Noun *noun_find(const char *word)
{
        for (const Noun *const *n = nouns; *n; n++)
                if (streq((*n)->word, word))
                        return *n;
        return NULL;
}

const Command *noun_command_find(const Noun *noun, const char *name)
{
        for (const Command *c = noun->commands; c->name; c++)
                if (streq(c->name, name))
                        return c;
        return NULL;
}

static int append_word(sd_bus_message *m, const Finder *finder, const char *word)
{
        g_autofree char *uuid = NULL;
        uint32_t number;

        switch (finder->type) {
        case FIND_BY_UUID:
                uuid = text_uuid(word);
                return uuid ? sd_bus_message_append(m, "s", uuid) : -ENOENT;
        case FIND_BY_NUMBER:
                if (parse_u32(word, &number) < 0 || number == 0 || number > INT32_MAX)
                        return -ENOENT;
                return sd_bus_message_append(m, "i", (int32_t) number);
        case FIND_BY_TEXT:
                return sd_bus_message_append(m, "s", word);
        case FIND_BY_TEXT_FLAGS:
                return sd_bus_message_append(m, "su", word, 0);
        }
        return -EINVAL;
}

/* -ENOENT with an unset failure: the word is none for this finder. */
static int look_up(Ctl *ctl, const Noun *noun, const char *container, const Finder *finder, const char *word,
                   char **ret_path, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        bool of_container = container && !finder->global;
        int r;

        r = ctl_new_call(ctl, of_container ? container : ctl->root, of_container ? noun->within->interface : "Connect",
                         finder->member, &m, failure);
        if (r < 0)
                return r;
        r = append_word(m, finder, word);
        if (r == -ENOENT)
                return r;
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "a name must be UTF-8");
        r = ctl_send(ctl, m, 0, &reply, failure);
        return r < 0 ? r : ctl_read_path(ctl, reply, ret_path, failure);
}

static int not_found(Ctl *ctl, const Noun *noun, Failure *failure)
{
        if (noun == &noun_domain)
                failure_hint(failure, "The domains of the driver %s: virtbusctl -d %s list --all", ctl->driver,
                             ctl->driver);
        else
                failure_hint(failure, "The %s of the driver %s: virtbusctl -d %s %s list%s%s", noun->plural,
                             ctl->driver, ctl->driver, noun->word, noun->within ? " " : "",
                             noun->within ? noun->within->title : noun->has_state ? " --all" : "");
        return -ENOENT;
}

int noun_resolve(Ctl *ctl, const Noun *noun, const char *container, const char *word, char **ret_path, Failure *failure)
{
        int r = -ENOENT;

        for (const Finder *finder = noun->finders; finder->member; finder++) {
                failure_clear(failure);
                r = look_up(ctl, noun, container, finder, word, ret_path, failure);
                if (r >= 0 || (failure->status != EXIT_STATUS_OK && failure->status != EXIT_STATUS_NOT_FOUND))
                        return r;
        }
        if (failure->status == EXIT_STATUS_OK)
                r = failure_set(failure, EXIT_STATUS_NOT_FOUND, "'%s' names no %s", word, noun->word);
        return not_found(ctl, noun, failure);
}

int noun_resolve_all(Ctl *ctl, const Noun *noun, const char *container, const Arguments *arguments, size_t first,
                     GHashTable **ret, Failure *failure)
{
        g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = first; i < arguments_count(arguments); i++) {
                char *path = NULL;
                int r = noun_resolve(ctl, noun, container, arguments_word(arguments, i), &path, failure);

                if (r < 0)
                        return r;
                g_hash_table_add(paths, path);
        }
        *ret = first < arguments_count(arguments) ? g_steal_pointer(&paths) : NULL;
        return 0;
}

void target_clear(Target *target)
{
        g_clear_pointer(&target->container, g_free);
}

int target_resolve(Ctl *ctl, const Arguments *arguments, Target *ret, Failure *failure)
{
        const Noun *within = ctl->command->noun->within;

        *ret = (Target) {};
        if (!within)
                return 0;
        ret->first = 1;
        return noun_resolve(ctl, within, NULL, arguments_word(arguments, 0), &ret->container, failure);
}

int target_resolve_one(Ctl *ctl, const Arguments *arguments, Target *target, char **ret_path, Failure *failure)
{
        int r = target_resolve(ctl, arguments, target, failure);

        return r < 0 ? r : noun_resolve(ctl, ctl->command->noun, target->container,
                                        arguments_word(arguments, target->first), ret_path, failure);
}

static void add_outcome(JsonArray *outcomes, const Noun *noun, const char *word, const char *path,
                        const Failure *failure)
{
        JsonObject *outcome = json_object_new();

        json_object_set_string_member(outcome, noun->word, word);
        if (path)
                json_object_set_string_member(outcome, noun == &noun_domain ? "path" : "object_path", path);
        json_object_set_boolean_member(outcome, "success", failure->status == EXIT_STATUS_OK);
        if (failure->status != EXIT_STATUS_OK)
                json_object_set_string_member(outcome, "error", failure->message);
        json_array_add_object_element(outcomes, outcome);
}

int noun_for_each(Ctl *ctl, const Noun *noun, const char *container, const Arguments *arguments, size_t first,
                  const char *done, NounAction action, void *userdata, Failure *failure)
{
        g_autoptr(JsonArray) outcomes = json_array_new();
        ExitStatus status = EXIT_STATUS_OK;

        for (size_t i = first; i < arguments_count(arguments); i++) {
                const char *word = arguments_word(arguments, i);
                _cleanup_failure_ Failure one = {};
                g_autofree char *path = NULL;
                int r;

                r = noun_resolve(ctl, noun, container, word, &path, &one);
                if (r >= 0)
                        r = action(ctl, word, path, userdata, &one);
                add_outcome(outcomes, noun, word, path, &one);
                if (r >= 0)
                        ctl_say(ctl, "%s '%s' %s\n", noun->title, word, done);
                else {
                        status = status ?: one.status;
                        failure_print(&one);
                }
                /* The rest would fail alike. */
                if (status == EXIT_STATUS_UNREACHABLE)
                        break;
        }
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), outcomes));
        failure->status = status;
        return status == EXIT_STATUS_OK ? 0 : -ECANCELED;
}
