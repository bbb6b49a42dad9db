/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/noun.h"

#include <string.h>

/* What people note of a domain. */

/* virDomainMetadataType */
enum { NOTE_DESCRIPTION, NOTE_TITLE, NOTE_ELEMENT };

static int print_note(Ctl *ctl, const char *path, int type, uint32_t flags, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *line = NULL;
        const char *text;
        int r = ctl_call(ctl, path, "Domain", "GetMetadata", 0, &reply, failure, "isu", type, "", flags);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &text);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        line = g_strconcat(text, "\n", NULL);
        return ctl_print_document(ctl, type == NOTE_TITLE ? "title" : "description", line);
}

static int desc_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        int type = arguments_has(arguments, "title") ? NOTE_TITLE : NOTE_DESCRIPTION;
        uint32_t flags = arguments_bits(arguments, impact_flags);
        const char *text = arguments_word(arguments, 1);
        g_autofree char *path = NULL;
        int r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);

        if (r < 0)
                return r;
        if (!text)
                return print_note(ctl, path, type, flags, failure);
        if (!g_utf8_validate(text, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "the text is not UTF-8");
        r = ctl_call(ctl, path, "Domain", "SetMetadata", CALL_CHANGES, NULL, failure, "isssu", type, text, "", "",
                     flags);
        if (r >= 0)
                ctl_say(ctl, "Domain '%s' is described\n", arguments_word(arguments, 0));
        return r;
}

static int print_element(Ctl *ctl, const char *path, const char *uri, uint32_t flags, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *text;
        int r = ctl_call(ctl, path, "Domain", "GetMetadata", 0, &reply, failure, "isu", NOTE_ELEMENT, uri, flags);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &text);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : ctl_print_document(ctl, "xml", text);
}

static int metadata_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *uri = arguments_word(arguments, 1), *key = strempty(arguments_value(arguments, "key"));
        const char *text = arguments_value(arguments, "set");
        uint32_t flags = arguments_bits(arguments, impact_flags);
        bool drop = arguments_has(arguments, "remove");
        g_autofree char *path = NULL;
        int r;

        if (drop && text)
                return failure_set(failure, EXIT_STATUS_USAGE, "only one of --set and --remove");
        if (text && !*key)
                return failure_set(failure, EXIT_STATUS_USAGE, "--set needs --key, the prefix of the namespace");
        if (!g_utf8_validate(uri, -1, NULL) || !g_utf8_validate(key, -1, NULL) ||
            !g_utf8_validate(strempty(text), -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "a word is not UTF-8");
        r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r < 0)
                return r;
        if (!text && !drop)
                return print_element(ctl, path, uri, flags, failure);
        r = ctl_call(ctl, path, "Domain", "SetMetadata", CALL_CHANGES, NULL, failure, "isssu", NOTE_ELEMENT,
                     strempty(text), key, uri, flags);
        if (r >= 0)
                ctl_say(ctl, "Domain '%s' has its metadata changed\n", arguments_word(arguments, 0));
        return r;
}

static const Option metadata_options[] = {
        { "set", 0, "XML", "The new element" },
        { "key", 0, "PREFIX", "The prefix of its namespace" },
        { "remove", 0, NULL, "Take the element away" },
        { "live", 0, NULL, "Of the running machine" },
        { "config", 0, NULL, "Of the definition, for the next start" },
        {},
};

static const Option desc_options[] = {
        { "title", 0, NULL, "The title, not the description" },
        { "live", 0, NULL, "Of the running machine" },
        { "config", 0, NULL, "Of the definition, for the next start" },
        {},
};

const Command note_commands[] = {
        { .name = "desc", .words = "DOMAIN [TEXT]", .summary = "Print or set the description of a domain",
          .details = "An empty TEXT removes it.\n", .options = desc_options, .min_words = 1, .max_words = 2,
          .action = "domain.write", .run = desc_run },
        { .name = "metadata", .words = "DOMAIN URI", .summary = "Print or set what a program has noted of a domain",
          .details = "URI is the namespace of the program's element.\n", .options = metadata_options, .min_words = 2,
          .max_words = 2, .action = "domain.write", .run = metadata_run },
        {},
};
