/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/help.h"
#include "tools/virtbusctl/noun.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

static int usage(const char *sentence, const Command *command)
{
        g_autofree char *line = command ? command_usage(command) : g_strdup("virtbusctl help");

        fprintf(stderr, "virtbusctl: %s\n%s: %s\n", sentence, command ? "Usage" : "See", line);
        return EXIT_STATUS_USAGE;
}

static int run_command(const Command *command, const Arguments *arguments)
{
        _cleanup_(ctl_clear) Ctl ctl = {};
        _cleanup_failure_ Failure failure = {};
        _cleanup_error_ Error error = ERROR_INIT;
        ExitStatus status;
        int r;

        r = ctl_init(&ctl, arguments, &error);
        if (r < 0)
                return usage(error.detail, NULL);
        ctl.command = command;
        r = command->run(&ctl, arguments, &failure);
        status = failure.status;
        if (r < 0 && failure.message) {
                if (status == EXIT_STATUS_USAGE && !failure.hint) {
                        g_autofree char *line = command_usage(command);

                        failure_hint(&failure, "Usage: %s", line);
                }
                failure_print(&failure);
        }
        if (fflush(stdout) != 0 && status == EXIT_STATUS_OK) {
                perror("virtbusctl: cannot write to standard output");
                status = EXIT_STATUS_FAILED;
        }
        return status;
}

static int usage_of_unknown(char *const *words)
{
        const Noun *noun = words[0] ? noun_find(words[0]) : NULL;
        g_autofree char *sentence = NULL;

        if (noun && (!words[1] || streq(words[1], "--help") || streq(words[1], "-h"))) {
                help_print_noun(noun);
                return words[1] ? EXIT_STATUS_OK : EXIT_STATUS_USAGE;
        }
        if (!words[0])
                return usage("which command?", NULL);
        sentence = noun ? g_strdup_printf("there is no command '%s' for %s", words[1], noun->plural) :
                          g_strdup_printf("there is no command '%s'", words[0]);
        return usage(sentence, NULL);
}

static int check_words(const Command *command, const Arguments *arguments)
{
        size_t n = arguments_count(arguments);

        if (n < command->min_words)
                return usage("a word is missing", command);
        if (n > command->max_words)
                return usage("that is a word too many", command);
        return 0;
}

static int run(char **argv)
{
        _cleanup_(arguments_clear) Arguments arguments = {};
        _cleanup_error_ Error error = ERROR_INIT;
        const Command *command;
        size_t index = 1, n_words;
        int r;

        arguments_init(&arguments, global_options);
        r = arguments_parse(&arguments, argv, &index, true, &error);
        if (r < 0)
                return usage(error.detail, NULL);
        if (arguments_has(&arguments, "version")) {
                puts("virtbusctl " VIRTBUS_VERSION);
                return EXIT_STATUS_OK;
        }
        if (!argv[index] && arguments_has(&arguments, "help")) {
                help_print();
                return EXIT_STATUS_OK;
        }
        command = command_find(argv + index, &n_words);
        if (!command)
                return usage_of_unknown(argv + index);
        index += n_words;
        arguments.tables[1] = command->options;
        arguments.pattern = command->words;
        r = arguments_parse(&arguments, argv, &index, false, &error);
        if (r < 0)
                return usage(error.detail, command);
        if (arguments_has(&arguments, "help")) {
                help_print_command(command);
                return EXIT_STATUS_OK;
        }
        return check_words(command, &arguments) ?: run_command(command, &arguments);
}

int main(int argc, char **argv)
{
        (void) setlocale(LC_ALL, "");
        /* A reader that has seen enough ends us as it would any filter; sd-bus sends without signals. */
        (void) signal(SIGPIPE, SIG_DFL);
        return argc < 1 ? EXIT_STATUS_USAGE : run(argv);
}
