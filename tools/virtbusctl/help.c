/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/help.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/text.h"

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
                        printf("  %-22s %s\n", c->name, c->summary);
        }
        puts("\nOther kinds of objects (`virtbusctl KIND COMMAND`, and `virtbusctl help KIND`):");
        for (const Noun *const *n = nouns; *n; n++) {
                printf("  %-22s ", (*n)->word);
                for (const Command *c = (*n)->commands; c->name; c++)
                        printf("%s%s", c->name, c[1].name ? ", " : "\n");
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

void help_print_noun(const Noun *noun)
{
        printf("virtbusctl %s COMMAND\n\nCommands for %s:\n", noun->word, noun->plural);
        for (const Command *c = noun->commands; c->name; c++) {
                g_autofree char *words = g_strdup_printf("%s %s", c->name, strempty(c->words));

                printf("  %s%*s %s\n", words, MAX(28 - (int) text_width(words), 0), "", c->summary);
        }
        printf("\nThe options of each: virtbusctl help %s COMMAND\n", noun->word);
}

static int help_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        char *words[] = { (char *) arguments_word(arguments, 0), (char *) arguments_word(arguments, 1), NULL };
        const char *word = words[0];
        const Noun *noun = word ? noun_find(word) : NULL;
        const Command *command;
        size_t n;

        if (!word) {
                help_print();
                return 0;
        }
        if (noun && !words[1]) {
                help_print_noun(noun);
                return 0;
        }
        command = command_find(words, &n);
        if (!command)
                return failure_set(failure, EXIT_STATUS_USAGE, "there is no command '%s'", word);
        help_print_command(command);
        return 0;
}

static void print_names(const Command *commands)
{
        for (const Command *c = commands; c->name; c++)
                puts(c->name);
}

/* For completion and for tests: plain words, one on a line. */
static int commands_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        char *words[] = { (char *) arguments_word(arguments, 0), (char *) arguments_word(arguments, 1), NULL };
        const Noun *noun = words[0] ? noun_find(words[0]) : NULL;
        const Command *command;
        const Option *option = global_options;
        size_t n;

        if (!words[0]) {
                for (const CommandFamily *f = command_families; f->commands; f++)
                        if (f->title)
                                print_names(f->commands);
                for (const Noun *const *p = nouns; *p; p++)
                        puts((*p)->word);
                return 0;
        }
        if (noun && !words[1]) {
                print_names(noun->commands);
                return 0;
        }
        if (!streq(words[0], "--")) {
                command = command_find(words, &n);
                if (!command)
                        return failure_set(failure, EXIT_STATUS_USAGE, "there is no command '%s'", words[0]);
                option = command->options;
        }
        for (; option && option->name; option++)
                printf("--%s%s\n", option->name, option->value ? "=" : "");
        return 0;
}

const Command help_commands[] = {
        { "help", "[COMMAND]", "Explain a command", NULL, NULL, 0, 2, NULL, help_run },
        {},
};

const Command hidden_commands[] = {
        { "commands", "[COMMAND]", "Print the names of all commands, or the options of one", NULL, NULL, 0,
          2, NULL, commands_run },
        {},
};
