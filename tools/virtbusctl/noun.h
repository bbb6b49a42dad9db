/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The kinds of objects that virtbusctl knows: `virtbusctl network start default`. A kind is a row, and a table of
 * commands that mostly share their functions; what those need to know of a command stands in its data.
 */

#include "tools/virtbusctl/command.h"

typedef enum FinderType {
        FIND_BY_TEXT,       /* "s": the word as it is */
        FIND_BY_UUID,       /* "s": a word that is a UUID */
        FIND_BY_NUMBER,     /* "i": a word of digits */
        FIND_BY_TEXT_FLAGS, /* "su" */
} FinderType;

typedef struct Finder {
        const char *member; /* NULL ends a table */
        FinderType type;
        bool global; /* of Connect, though the kind is within another */
} Finder;

typedef struct NounColumn {
        const char *title;    /* NULL ends a table */
        const char *property;
        bool right;
        char *(*format)(JsonNode *value); /* NULL: as it is. NULL for a value that is not shown */
} NounColumn;

struct _xmlNode;
struct ComposeRow;

struct Noun {
        const char *word;      /* "network" */
        const char *plural;    /* "networks" */
        const char *title;     /* "Network": the first word of a sentence */
        const char *interface; /* "Network" */
        const Noun *within;    /* the kind that it is part of: the first word of its commands names one. NULL: none */
        const char *lister;    /* of Connect, or of what it is within: List…Detailed */
        bool has_state;        /* some are inactive: lists take --all and --inactive */
        const Finder *finders; /* tried one after the other */
        const NounColumn *columns; /* of lists; the first one names the object */
        const Command *commands;
};

extern const Noun noun_domain;
/* All but domains, whose commands need no word before them; ends with NULL. */
extern const Noun *const nouns[];

/* NULL when there is none. */
const Noun *noun_find(const char *word);
const Command *noun_command_find(const Noun *noun, const char *name);

/* The path of the object that a person names. container: the path of what it is within, or NULL. */
int noun_resolve(Ctl *ctl, const Noun *noun, const char *container, const char *word, char **ret_path,
                 Failure *failure);

/* The set of paths of those that the words from first on name; NULL when there is no word, which means all. */
int noun_resolve_all(Ctl *ctl, const Noun *noun, const char *container, const Arguments *arguments, size_t first,
                     GHashTable **ret, Failure *failure);

/* The words of a command of ctl->command->noun, resolved. */
typedef struct Target {
        char *container; /* path; NULL: the kind is in no other */
        size_t first;    /* the first word that names an object */
} Target;
void target_clear(Target *target);
#define _cleanup_target_ _cleanup_(target_clear)
int target_resolve(Ctl *ctl, const Arguments *arguments, Target *ret, Failure *failure);
/* Target and the object that its first word names. */
int target_resolve_one(Ctl *ctl, const Arguments *arguments, Target *target, char **ret_path, Failure *failure);

/*
 * Does the same with every object that the words from first on name: prints "Network 'default' started" or the failure
 * for each (or one JSON array for all), and fails at the end with the status of the first failure.
 */
typedef int (*NounAction)(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure);
int noun_for_each(Ctl *ctl, const Noun *noun, const char *container, const Arguments *arguments, size_t first,
                  const char *done, NounAction action, void *userdata, Failure *failure);

/* Command.data of noun_call_run(), noun_on_off_run(), noun_define_run(): the member (or property) that does it. */
typedef struct NounCall {
        const char *member;
        const char *done;       /* "started", "defined from" */
        const OptionBit *flags; /* NULL: the member takes none */
} NounCall;

/*
 * Command.data of noun_compose_run(): what is made of words and options. The command has the option --print-xml, which
 * makes nothing.
 */
typedef struct NounCompose {
        NounCall call;    /* with flags; done stands alone: "created" */
        const char *root; /* the name of the definition's element */
        const struct ComposeRow *rows;
        /* Adds what rows cannot say; NULL: nothing. */
        int (*add)(Ctl *ctl, const Arguments *arguments, const Target *target, struct _xmlNode *root, Failure *failure);
} NounCompose;

#define PRINT_XML_OPTION { "print-xml", 0, NULL, "Print the definition, and do nothing" }

/* Command.data of noun_edit_run(). */
typedef struct NounEdit {
        NounCall call;      /* the member that takes the definition; flags not NULL: it takes flags */
        uint32_t xml_flags; /* of GetXMLDesc: what is kept on disk, with its secrets */
        uint32_t validate;  /* the flag that refuses what the format does not know; 0: there is none */
        uint32_t flags;     /* those that it always takes */
        uint32_t current;   /* and what it takes for the one that is the current one */
} NounEdit;

int noun_list_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int noun_info_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int noun_dumpxml_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int noun_call_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
/* "on" unless the last word, or the option, says otherwise. */
int noun_on_off_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
extern const Option on_off_options[];
/* A definition in a file, or "-", that the member takes; announces the object that comes back. */
int noun_define_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int noun_compose_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
/* The definition in the person's editor, until the service takes it or the person gives up. */
int noun_edit_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int noun_watch_run(Ctl *ctl, const Arguments *arguments, Failure *failure);

/* What most kinds have: rows of their tables of commands. */
extern const Option noun_list_options[], noun_list_state_options[], noun_watch_options[];
#define NOUN_LIST(noun_, words_, options_)                                                                     \
        { .name = "list", .words = (words_), .summary = "List them", .options = (options_),                     \
          .min_words = (words_) ? 1 : 0, .max_words = (words_) ? 1 : 0, .run = noun_list_run, .noun = &(noun_) }
#define NOUN_INFO(noun_, words_, n_)                                                                           \
        { .name = "info", .words = (words_), .summary = "Show what is known of them", .min_words = (n_),        \
          .max_words = ANY_NUMBER_OF_WORDS, .run = noun_info_run, .noun = &(noun_) }
#define NOUN_DUMPXML(noun_, words_, n_, options_, data_)                                                       \
        { .name = "dumpxml", .words = (words_), .summary = "Print the definition", .options = (options_),       \
          .min_words = (n_), .max_words = (n_), .run = noun_dumpxml_run, .noun = &(noun_), .data = (data_) }
#define NOUN_WATCH(noun_, words_, n_)                                                                          \
        { .name = "watch", .words = (words_), .summary = "Show what happens to them while it happens",          \
          .options = noun_watch_options, .min_words = (n_), .max_words = ANY_NUMBER_OF_WORDS,                   \
          .run = noun_watch_run, .noun = &(noun_) }
