/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/help.h"

#include <stdio.h>

void help_print(void)
{
        g_autofree char *globals = options_help(global_options);
        const char *title = NULL;

        puts("virtbusctl [OPTION…] COMMAND [OPTION…] [WORD…]\n");
        puts("Manage virtual machines through the service virtbusd.");
        for (const CommandFamily *f = command_families; f->commands; f++) {
                if (!f->title)
                        continue;
                if (!streq_ptr(f->title, title))
                        printf("\n%s:\n", f->title);
                title = f->title;
                for (const Command *c = f->commands; c->name; c++)
                        printf("  %-16s %s\n", c->name, c->summary);
        }
        printf("\nOptions:\n%s\n`virtbusctl help COMMAND` tells more, and virtbusctl(1) everything.\n",
               globals);
}

void help_print_command(const Command *command)
{
        g_autofree char *options = options_help(command->options), *usage = command_usage(command);

        printf("%s\n\n%s.\n", usage, command->summary);
        if (command->details)
                printf("\n%s", command->details);
        if (*options)
                printf("\nOptions:\n%s", options);
        puts("\nThe options that every command takes: virtbusctl help");
}

static int help_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *word = arguments_word(arguments, 0);
        const Command *command;

        if (!word) {
                help_print();
                return 0;
        }
        command = command_find(word);
        if (!command)
                return failure_set(failure, EXIT_STATUS_USAGE, "there is no command '%s'", word);
        help_print_command(command);
        return 0;
}

/* For completion and for tests: plain words, one on a line. */
static int commands_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *word = arguments_word(arguments, 0);
        const Command *command = word ? command_find(word) : NULL;
        const Option *option = word && streq(word, "--") ? global_options :
                               command                   ? command->options :
                                                           NULL;

        if (!word) {
                for (const CommandFamily *f = command_families; f->commands; f++)
                        for (const Command *c = f->commands; f->title && c->name; c++)
                                puts(c->name);
                return 0;
        }
        if (!command && !option)
                return failure_set(failure, EXIT_STATUS_USAGE, "there is no command '%s'", word);
        for (; option && option->name; option++)
                printf("--%s%s\n", option->name, option->value ? "=" : "");
        return 0;
}

const Command help_commands[] = {
        { "help", "[COMMAND]", "Explain a command", NULL, NULL, 0, 1, NULL, help_run },
        {},
};

const Command hidden_commands[] = {
        { "commands", "[COMMAND]", "Print the names of all commands, or the options of one", NULL, NULL, 0,
          1, NULL, commands_run },
        {},
};
