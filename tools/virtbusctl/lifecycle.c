/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/console.h"

#include <string.h>

/* Commands that are one call on each domain. */
typedef struct Lifecycle {
        const char *command;
        const char *member;
        const char *done;
        const OptionBit *flags; /* NULL: the member takes no flags */
} Lifecycle;

/* virDomainCreateFlags, virDomainDestroyFlags */
static const OptionBit start_flags[] = {
        { "paused", 1 << 0 },
        { "autodestroy", 1 << 1 },
        { "validate", 1 << 4 },
        {},
};
#define START_PAUSED (1u << 0)
static const OptionBit destroy_flags[] = { { "graceful", 1 << 0 }, { "remove-logs", 1 << 1 }, {} };

/* virDomainShutdownFlagValues, virDomainRebootFlagValues */
static const OptionBit modes[] = {
        { "acpi", 1 << 0 },
        { "agent", 1 << 1 },
        { "initctl", 1 << 2 },
        { "signal", 1 << 3 },
        { "paravirt", 1 << 4 },
        {},
};

static const Lifecycle rows[] = {
        { "start", "Create", "started", start_flags },
        { "shutdown", "Shutdown", "is asked to shut down", no_flags },
        { "destroy", "Destroy", "destroyed", destroy_flags },
        { "reboot", "Reboot", "is asked to reboot", no_flags },
        { "reset", "Reset", "reset", no_flags },
        { "suspend", "Suspend", "suspended", NULL },
        { "resume", "Resume", "resumed", NULL },
};

typedef struct LifecycleCall {
        const Lifecycle *row;
        uint32_t flags;
} LifecycleCall;

static int call_one(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure)
{
        LifecycleCall *call = userdata;

        return ctl_call(ctl, path, "Domain", call->row->member, CALL_CHANGES, NULL, failure,
                        call->row->flags ? "u" : NULL, call->flags);
}

static int lifecycle(Ctl *ctl, const Arguments *arguments, uint32_t more_flags, Failure *failure)
{
        LifecycleCall call = { .flags = more_flags };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (streq(rows[i].command, ctl->command->name))
                        call.row = rows + i;
        g_assert(call.row);
        if (call.row->flags)
                call.flags |= arguments_bits(arguments, call.row->flags);
        return ctl_for_domains(ctl, arguments, call.row->done, call_one, &call, failure);
}

static int lifecycle_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        return lifecycle(ctl, arguments, 0, failure);
}

/* shutdown and reboot: by which way the guest is told */
static int mode_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_auto(GStrv) names = g_strsplit(strempty(arguments_value(arguments, "mode")), ",", -1);
        uint32_t flags = 0;

        for (size_t i = 0; names[i]; i++) {
                const OptionBit *mode = modes;

                while (mode->name && !streq(mode->name, names[i]))
                        mode++;
                if (!mode->name)
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "'%s' is no mode: acpi, agent, initctl, signal or paravirt",
                                           names[i]);
                flags |= mode->bit;
        }
        return lifecycle(ctl, arguments, flags, failure);
}

static int start_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autofree char *path = NULL;
        int r;

        if (!arguments_has(arguments, "console"))
                return lifecycle(ctl, arguments, 0, failure);
        if (arguments_count(arguments) > 1)
                return failure_set(failure, EXIT_STATUS_USAGE, "--console takes one domain");
        r = console_check(ctl, failure);
        if (r >= 0)
                r = lifecycle(ctl, arguments, START_PAUSED, failure);
        if (r >= 0)
                r = ctl_find_domain(ctl, arguments_word(arguments, 0), &path, failure);
        return r < 0 ? r : console_of_started(ctl, path, !arguments_has(arguments, "paused"), failure);
}

static const Option start_options[] = {
        { "paused", 0, NULL, "Leave the guest paused before its first instruction" },
        { "console", 0, NULL, "Attach to its console from the first line on" },
        { "autodestroy", 0, NULL, "Destroy it when virtbusctl ends: for use with --console" },
        { "validate", 0, NULL, "Refuse what the format does not know" },
        {},
};

static const Option destroy_options[] = {
        { "graceful", 0, NULL, "Give up rather than kill a process that does not end" },
        { "remove-logs", 0, NULL, "Remove its logs too" },
        {},
};

static const Option mode_options[] = {
        { "mode", 0, "MODE,…", "How the guest is told: acpi, agent, initctl, signal, paravirt" },
        {},
};

const Command lifecycle_commands[] = {
        { "start", "DOMAIN…", "Start inactive domains", NULL, start_options, 1, ANY_NUMBER_OF_WORDS,
          "domain.start", start_run },
        { "shutdown", "DOMAIN…", "Ask guests to shut down",
          "Returns when the guest was asked: it decides when it ends, if at all.\n", mode_options, 1,
          ANY_NUMBER_OF_WORDS, "domain.init-control", mode_run },
        { "destroy", "DOMAIN…", "End domains at once, as by pulling the plug", NULL, destroy_options, 1,
          ANY_NUMBER_OF_WORDS, "domain.stop", lifecycle_run },
        { "reboot", "DOMAIN…", "Ask guests to reboot", NULL, mode_options, 1, ANY_NUMBER_OF_WORDS,
          "domain.init-control", mode_run },
        { "reset", "DOMAIN…", "Reset domains at once, as by the button", NULL, NULL, 1, ANY_NUMBER_OF_WORDS,
          "domain.reset", lifecycle_run },
        { "suspend", "DOMAIN…", "Pause domains", NULL, NULL, 1, ANY_NUMBER_OF_WORDS, "domain.suspend",
          lifecycle_run },
        { "resume", "DOMAIN…", "Let paused domains go on", NULL, NULL, 1, ANY_NUMBER_OF_WORDS,
          "domain.suspend", lifecycle_run },
        {},
};
