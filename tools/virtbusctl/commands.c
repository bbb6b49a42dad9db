/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/noun.h"

const Option global_options[] = {
        { "driver", 'd', "DRIVER", "QEMU, Test or TestPeer (default: $VIRTBUS_DRIVER, else QEMU)" },
        { "system", 0, NULL, "The service of the system (default)" },
        { "user", 0, NULL, "The service of the calling user" },
        { "host", 'H', "[USER@]HOST", "The system's service on another host, by ssh" },
        { "address", 0, "ADDRESS", "The bus at this address" },
        { "json", 'j', NULL, "Print JSON" },
        { "quiet", 'q', NULL, "Print nothing but what was asked for" },
        { "no-ask-password", 0, NULL, "Do not ask for a password, be refused instead" },
        { "timeout", 0, "SECONDS", "Wait so long for an answer (default: changes without limit)" },
        { "help", 'h', NULL, "Show help" },
        { "version", 0, NULL, "Show the version" },
        {},
};

const Option impact_options[] = { IMPACT_OPTIONS, {} };
const OptionBit no_flags[] = { {} };
const OptionBit impact_flags[] = { { "live", 1 << 0 }, { "config", 1 << 1 }, {} };

const CommandFamily command_families[] = {
        { "See", list_commands },
        { "See", info_commands },
        { "See", event_commands },
        { "See", monitor_event_commands },
        { "See", job_commands },
        { "Define", definition_commands },
        { "Define", note_commands },
        { "Run", lifecycle_commands },
        { "Run", console_commands },
        { "Save and move", save_commands },
        { "Devices", part_commands },
        { "Devices", attach_commands },
        { "Devices", machine_commands },
        { "Disks", disk_commands },
        { "Limits", tune_commands },
        { "Limits", pin_commands },
        { "Guest", guest_commands },
        { "Host", host_commands },
        { "Host", memory_page_commands },
        { "Host", help_commands },
        { NULL, hidden_commands },
        {},
};

const Command *command_find(char *const *words, size_t *n_words)
{
        const Noun *noun = words[0] ? noun_find(words[0]) : NULL;
        const char *name = noun ? words[1] : words[0];

        *n_words = noun ? 2 : 1;
        if (!name)
                return NULL;
        if (noun)
                return noun_command_find(noun, name);
        for (const CommandFamily *f = command_families; f->commands; f++)
                for (const Command *c = f->commands; c->name; c++)
                        if (streq(c->name, name))
                                return c;
        return alias_find(name);
}

char *command_usage(const Command *command)
{
        const Noun *noun = command->noun == &noun_domain ? NULL : command->noun;

        return g_strdup_printf("virtbusctl %s%s%s%s%s%s", noun ? noun->word : "", noun ? " " : "", command->name,
                               command->options ? " [OPTION…]" : "",
                               command->words ? " " : "", strempty(command->words));
}
