/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/console.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/document.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

/* virDomainDefineFlags, virDomainCreateFlags */
static const OptionBit define_flags[] = { { "validate", 1 << 0 }, {} };
static const OptionBit create_flags[] = {
        { "paused", 1 << 0 },
        { "autodestroy", 1 << 1 },
        { "validate", 1 << 4 },
        {},
};
#define CREATE_PAUSED (1u << 0)

/* What a new domain is called: the service may have chosen the UUID. */
static int announce(Ctl *ctl, const char *path, const char *done, const char *file, Failure *failure)
{
        g_autofree char *name = NULL, *uuid = text_uuid_from_path(path);
        g_autoptr(JsonObject) object = json_object_new();
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_failure_ Failure ignored = {};
        const char *s;

        if (ctl_get(ctl, path, "Domain", "Name", &reply, &ignored) >= 0 &&
            sd_bus_message_read(reply, "v", "s", &s) >= 0)
                name = text_printable(s);
        ctl_say(ctl, "Domain '%s' %s %s\n", name ?: strempty(uuid), done,
                streq(file, "-") ? "standard input" : file);
        json_object_set_string_member(object, "domain", strempty(name));
        json_object_set_string_member(object, "uuid", strempty(uuid));
        json_object_set_string_member(object, "path", path);
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        return 0;
}

static int new_domain(Ctl *ctl, const char *file, const char *member, uint32_t flags, char **ret_path,
                      Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *xml = NULL;
        int r;

        r = document_read(file, &xml, failure);
        if (r >= 0)
                r = ctl_call(ctl, ctl->root, "Connect", member, CALL_CHANGES, &reply, failure, "su", xml,
                             flags);
        return r < 0 ? r : ctl_read_path(ctl, reply, ret_path, failure);
}

static int define_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *file = arguments_word(arguments, 0);
        g_autofree char *path = NULL;
        int r;

        r = new_domain(ctl, file, "DomainDefineXMLFlags", arguments_bits(arguments, define_flags), &path,
                       failure);
        return r < 0 ? r : announce(ctl, path, "defined from", file, failure);
}

static int create_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        uint32_t flags = arguments_bits(arguments, create_flags);
        bool console = arguments_has(arguments, "console");
        const char *file = arguments_word(arguments, 0);
        g_autofree char *path = NULL;
        int r = 0;

        if (console)
                r = console_check(ctl, failure);
        if (r >= 0)
                r = new_domain(ctl, file, "DomainCreateXML", flags | (console ? CREATE_PAUSED : 0), &path,
                               failure);
        if (r >= 0)
                r = announce(ctl, path, "created from", file, failure);
        if (r >= 0 && console)
                r = console_of_started(ctl, path, !(flags & CREATE_PAUSED), failure);
        return r;
}

/* virDomainUndefineFlagsValues */
static const OptionBit undefine_flags[] = {
        { "managed-save", 1 << 0 },
        { "snapshots-metadata", 1 << 1 },
        { "nvram", 1 << 2 },
        { "keep-nvram", 1 << 3 },
        { "checkpoints-metadata", 1 << 4 },
        { "tpm", 1 << 5 },
        { "keep-tpm", 1 << 6 },
        {},
};

static int undefine_one(Ctl *ctl, const char *word, const char *path, void *flags, Failure *failure)
{
        return ctl_call(ctl, path, "Domain", "Undefine", CALL_CHANGES, NULL, failure, "u",
                        *(uint32_t *) flags);
}

static int undefine_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        uint32_t flags = arguments_bits(arguments, undefine_flags);

        return ctl_for_domains(ctl, arguments, "undefined", undefine_one, &flags, failure);
}

static int rename_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *from = arguments_word(arguments, 0), *to = arguments_word(arguments, 1);
        g_autofree char *path = NULL;
        int r;

        r = ctl_find_domain(ctl, from, &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "Rename", CALL_CHANGES, NULL, failure, "su", to, 0);
        if (r < 0)
                return r;
        ctl_say(ctl, "Domain '%s' renamed to '%s'\n", from, to);
        if (ctl->json) {
                g_autoptr(JsonObject) object = json_object_new();

                json_object_set_string_member(object, "domain", to);
                json_object_set_string_member(object, "path", path);
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        }
        return 0;
}

static int dumpxml_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        /* virDomainXMLFlags */
        static const OptionBit flags[] = {
                { "security-info", 1 << 0 },
                { "inactive", 1 << 1 },
                { "migratable", 1 << 3 },
                {},
        };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        bool secrets = arguments_has(arguments, "security-info");
        g_autofree char *path = NULL;
        const char *xml;
        int r;

        r = ctl_find_domain(ctl, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "GetXMLDesc", secrets ? CALL_CHANGES : 0, &reply, failure,
                             "u", arguments_bits(arguments, flags));
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : ctl_print_document(ctl, "xml", xml);
}

static const Option define_options[] = {
        { "validate", 0, NULL, "Refuse what the format does not know" },
        {},
};

static const Option create_options[] = {
        { "paused", 0, NULL, "Leave the guest paused before its first instruction" },
        { "console", 0, NULL, "Attach to its console from the first line on" },
        { "autodestroy", 0, NULL, "Destroy it when virtbusctl ends: for use with --console" },
        { "validate", 0, NULL, "Refuse what the format does not know" },
        {},
};

static const Option undefine_options[] = {
        { "managed-save", 0, NULL, "Remove its saved state too" },
        { "snapshots-metadata", 0, NULL, "Forget its snapshots too" },
        { "checkpoints-metadata", 0, NULL, "Forget its checkpoints too" },
        { "nvram", 0, NULL, "Remove its firmware variables too" },
        { "keep-nvram", 0, NULL, "Keep its firmware variables" },
        { "tpm", 0, NULL, "Remove its TPM state too" },
        { "keep-tpm", 0, NULL, "Keep its TPM state" },
        {},
};

static const Option dumpxml_options[] = {
        { "inactive", 0, NULL, "The definition for the next start, not the running one" },
        { "security-info", 0, NULL, "With passwords" },
        { "migratable", 0, NULL, "As another host would get it" },
        {},
};

const Command definition_commands[] = {
        { "define", "FILE", "Define a domain, or change its definition, from XML",
          "FILE may be - for standard input. The domain is not started.\n", define_options, 1, 1,
          "domain.save", define_run },
        { "create", "FILE", "Start a domain from XML without keeping its definition",
          "FILE may be - for standard input.\n", create_options, 1, 1, "domain.start", create_run },
        { "undefine", "DOMAIN…", "Forget the definition of domains",
          "A running domain goes on and is forgotten when it stops.\n", undefine_options, 1,
          ANY_NUMBER_OF_WORDS, "domain.delete", undefine_run },
        { .name = "autostart", .words = "DOMAIN… [on|off]", .summary = "Start domains with the host, or not",
          .options = on_off_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "domain.write",
          .run = noun_on_off_run,
          .noun = &noun_domain, .data = &(const NounCall) { "Autostart", NULL, NULL } },
        { "rename", "DOMAIN NAME", "Give an inactive domain another name", NULL, NULL, 2, 2, "domain.write",
          rename_run },
        { .name = "edit", .words = "DOMAIN", .summary = "Change the definition of a domain in an editor",
          .details = "The editor is $VISUAL, else $EDITOR, else vi. What the service refuses can be edited again.\n",
          .min_words = 1, .max_words = 1, .action = "domain.save", .run = noun_edit_run, .noun = &noun_domain,
          .data = &(const NounEdit) { { "DomainDefineXMLFlags", NULL, define_flags }, 1 << 0 | 1 << 1, 1 << 0 } },
        { "dumpxml", "DOMAIN", "Print the definition of a domain", NULL, dumpxml_options, 1, 1,
          "domain.read-secure", dumpxml_run },
        {},
};
