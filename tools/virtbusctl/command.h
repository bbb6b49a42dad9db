/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What virtbusctl can do: one row per command, a table per family, the families in commands.c. */

#include "tools/virtbusctl/ctl.h"

typedef struct Noun Noun;

struct Command {
        const char *name;  /* NULL ends a family */
        const char *words; /* what stands behind the name: "DOMAIN…" */
        const char *summary; /* one line of help */
        const char *details; /* what `help NAME` adds; NULL: nothing */
        const Option *options;
        unsigned min_words;
        unsigned max_words;
        const char *action; /* the permission it needs beyond reading, for the hint: "domain.start" */
        /* Returns 0, or a negative errno with the failure set; one without a message was printed already. */
        int (*run)(Ctl *ctl, const Arguments *arguments, Failure *failure);
        const Noun *noun; /* the kind of objects whose word stands before the command; NULL: none does */
        const void *data; /* what run wants to know of the command; NULL: nothing */
};

#define ANY_NUMBER_OF_WORDS UINT_MAX

typedef struct CommandFamily {
        const char *title; /* neighbours may share one; NULL: not shown by help */
        const Command *commands;
} CommandFamily;

extern const CommandFamily command_families[]; /* ends with a row without commands */
extern const Option global_options[];

/* Of commands that change a running machine, its definition, or both: virDomainModificationImpact. */
#define IMPACT_OPTIONS                                                       \
        { "live", 0, NULL, "Of the running machine" },                        \
        { "config", 0, NULL, "Of the definition, for the next start" }
extern const Option impact_options[];
extern const OptionBit impact_flags[];
extern const OptionBit no_flags[]; /* of members that take some, of commands that have none */

extern const Command list_commands[];
extern const Command info_commands[];
extern const Command definition_commands[];
extern const Command lifecycle_commands[];
extern const Command console_commands[];
extern const Command machine_commands[];
extern const Command attach_commands[];
extern const Command disk_commands[];
extern const Command guest_commands[];
extern const Command note_commands[];
extern const Command part_commands[];
extern const Command pin_commands[];
extern const Command save_commands[];
extern const Command tune_commands[];
extern const Command event_commands[];
extern const Command monitor_event_commands[];
extern const Command job_commands[];
extern const Command host_commands[];
extern const Command memory_page_commands[];
extern const Command help_commands[];
extern const Command hidden_commands[];

/* The command that the first words name, of which it has *n_words; NULL when there is none. */
const Command *command_find(char *const *words, size_t *n_words);

/* What virsh calls a command of ours: "net-list" is the list of networks. NULL when there is none. */
const Command *alias_find(const char *name);

/* "virtbusctl start [OPTION…] DOMAIN…" */
char *command_usage(const Command *command);
