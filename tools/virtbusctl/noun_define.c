/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/noun.h"

#include "tools/virtbusctl/compose.h"
#include "tools/virtbusctl/document.h"
#include "tools/virtbusctl/text.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* What a new object is called: the service may have chosen it. */
static char *name_of(Ctl *ctl, const Noun *noun, const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_failure_ Failure ignored = {};
        const char *s;

        if (ctl_get(ctl, path, noun->interface, noun->columns[0].property, &reply, &ignored) >= 0 &&
            sd_bus_message_read(reply, "v", "s", &s) >= 0)
                return text_printable(s);
        return g_path_get_basename(path);
}

/* file: what it was made from; NULL: the words of the command */
static void announce(Ctl *ctl, const Noun *noun, const char *path, const char *done, const char *file)
{
        g_autofree char *name = name_of(ctl, noun, path);
        JsonObject *object;

        ctl_say(ctl, "%s '%s' %s%s%s\n", noun->title, name, done, file ? " " : "",
                streq_ptr(file, "-") ? "standard input" : strempty(file));
        if (!ctl->json)
                return;
        object = json_object_new();
        json_object_set_string_member(object, noun->word, name);
        json_object_set_string_member(object, "object_path", path);
        ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        json_object_unref(object);
}

/* Calls the member that takes a definition; *ret_path is of the object that it answers with. */
static int define(Ctl *ctl, const char *container, const NounCall *call, const char *xml, uint32_t flags,
                  char **ret_path, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Noun *within = ctl->command->noun->within;
        int r;

        r = ctl_call(ctl, container ?: ctl->root, container ? within->interface : "Connect", call->member, CALL_CHANGES,
                     &reply, failure, call->flags ? "su" : "s", xml, flags);
        return r < 0 ? r : ctl_read_path(ctl, reply, ret_path, failure);
}

int noun_compose_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounCompose *compose = ctl->command->data;
        _cleanup_target_ Target target = {};
        _cleanup_xml_ xmlDoc *doc = compose_new(compose->root);
        g_autofree char *xml = NULL, *path = NULL;
        int r = target_resolve(ctl, arguments, &target, failure);

        if (r >= 0)
                r = compose_add(doc, compose->rows, arguments, target.first, failure);
        if (r >= 0 && compose->add)
                r = compose->add(ctl, arguments, &target, xmlDocGetRootElement(doc), failure);
        if (r < 0)
                return r;
        xml = compose_text(xmlDocGetRootElement(doc));
        if (arguments_has(arguments, "print-xml"))
                return ctl_print_document(ctl, "xml", xml);
        r = define(ctl, target.container, &compose->call, xml, arguments_bits(arguments, compose->call.flags), &path,
                   failure);
        if (r >= 0)
                announce(ctl, ctl->command->noun, path, compose->call.done, NULL);
        return r;
}

int noun_define_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounCall *call = ctl->command->data;
        _cleanup_target_ Target target = {};
        g_autofree char *xml = NULL, *path = NULL;
        const char *file;
        int r = target_resolve(ctl, arguments, &target, failure);

        if (r < 0)
                return r;
        file = arguments_word(arguments, target.first) ?: "-";
        r = document_read(file, &xml, failure);
        if (r >= 0)
                r = define(ctl, target.container, call, xml, call->flags ? arguments_bits(arguments, call->flags) : 0,
                           &path, failure);
        if (r >= 0)
                announce(ctl, ctl->command->noun, path, call->done, file);
        return r;
}

static int fetch_xml(Ctl *ctl, const char *path, const NounEdit *edit, char **ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *xml;
        int r = ctl_call(ctl, path, ctl->command->noun->interface, "GetXMLDesc", CALL_CHANGES, &reply, failure, "u",
                         edit->xml_flags);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret = g_strdup(xml);
        return 0;
}

typedef enum Answer {
        ANSWER_AGAIN,
        ANSWER_FORCE,
        ANSWER_GIVE_UP,
} Answer;

static Answer ask(const NounEdit *edit, bool forced)
{
        bool can_force = edit->validate && !forced;

        while (isatty(STDIN_FILENO)) {
                char line[16];

                fprintf(stderr, can_force ? "Edit again (y), define it without validation (i), or give up (n)? " :
                                            "Edit again (y), or give up (n)? ");
                if (!fgets(line, sizeof(line), stdin))
                        break;
                switch (line[0]) {
                case 'y':
                case '\n':
                        return ANSWER_AGAIN;
                case 'i':
                        if (can_force)
                                return ANSWER_FORCE;
                        break;
                case 'n':
                        return ANSWER_GIVE_UP;
                }
        }
        return ANSWER_GIVE_UP;
}

/* Returns 1 when it was defined, 0 when nothing was changed. The file is kept when it could not be defined. */
static int edit_file(Ctl *ctl, const char *container, const NounEdit *edit, uint32_t flags, const char *file,
                     const char *before, Failure *failure)
{
        g_autofree char *path = NULL;
        bool edited = false, force = false;

        for (;;) {
                g_autofree char *xml = NULL;
                int r = edited ? 0 : document_edit(file, failure);

                if (r >= 0)
                        r = document_read(file, &xml, failure);
                if (r < 0)
                        return r;
                if (streq(xml, before))
                        return 0;
                r = define(ctl, container, &edit->call, xml, flags | (force ? 0 : edit->validate), &path, failure);
                if (r >= 0)
                        return 1;
                if (isatty(STDIN_FILENO))
                        failure_print(failure);
                switch (ask(edit, force)) {
                case ANSWER_AGAIN:
                        edited = force = false;
                        break;
                case ANSWER_FORCE:
                        edited = force = true;
                        break;
                case ANSWER_GIVE_UP:
                        if (failure->message)
                                failure_hint(failure, "What you wrote is in %s", file);
                        else
                                fprintf(stderr, "What you wrote is in %s\n", file);
                        return r;
                }
                failure_clear(failure);
        }
}

/* Those that the definition is put back with. */
static int edit_flags(Ctl *ctl, const char *path, const NounEdit *edit, uint32_t *ret, Failure *failure)
{
        bool current = false;
        int r = 0;

        if (edit->current)
                r = ctl_get_bool(ctl, path, ctl->command->noun->interface, "Current", &current, failure);
        if (r >= 0)
                *ret = edit->flags | (current ? edit->current : 0);
        return r;
}

int noun_edit_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounEdit *edit = ctl->command->data;
        const Noun *noun = ctl->command->noun;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL, *xml = NULL, *file = NULL;
        g_autoptr(GError) error = NULL;
        uint32_t flags = 0;
        int fd, r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = edit_flags(ctl, path, edit, &flags, failure);
        if (r >= 0)
                r = fetch_xml(ctl, path, edit, &xml, failure);
        if (r < 0)
                return r;
        /* readable for its owner alone: there may be passwords in it */
        fd = g_file_open_tmp("virtbusctl-XXXXXX.xml", &file, &error);
        if (fd < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "%s", error->message);
        r = write_all(fd, xml, strlen(xml));
        (void) close(fd);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot write %s: %s", file, g_strerror(-r));
        r = edit_file(ctl, target.container, edit, flags, file, xml, failure);
        if (r < 0)
                return r;
        (void) g_unlink(file);
        ctl_say(ctl, r > 0 ? "%s '%s' edited\n" : "%s '%s' is as it was\n", noun->title,
                arguments_word(arguments, target.first));
        return 0;
}
