/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line: tables of options give parsing and help. Knows no command. */

#include "service/base/error.h"

typedef struct Option {
        const char *name;  /* without the dashes; NULL ends a table */
        char letter;       /* 0: only the long form */
        const char *value; /* what help calls the value, e.g. "SECONDS"; NULL: a switch */
        const char *help;
} Option;

typedef struct Arguments {
        const Option *tables[2]; /* borrowed; either may be NULL */
        GPtrArray *words;        /* char *, borrowed from argv: what is no option */
        GHashTable *options;     /* name, value: borrowed */
        GPtrArray *given;        /* the same, each time that one was given: a name, then its value */
        const char *pattern;     /* borrowed: the words of the command, "POOL VOLUME…"; NULL: there are none */
        GPtrArray *named;        /* values of words that were given by name, each at its place; NULL where none was */
} Arguments;

void arguments_init(Arguments *arguments, const Option *globals);
void arguments_clear(Arguments *arguments);
#define _cleanup_arguments_ _cleanup_(arguments_clear)

/*
 * Reads argv[*index…]: options may stand among the words, "--" ends them, the last of several values counts. A word of
 * the pattern may be given by its name, too, as virsh has it: "--pool default" is the word at the place of POOL.
 * until_word stops before the first word; *index is then its place. ERROR_INVALID_ARG with a sentence.
 */
int arguments_parse(Arguments *arguments, char **argv, size_t *index, bool until_word, Error *error);

size_t arguments_count(const Arguments *arguments);
/* NULL behind the last word. */
const char *arguments_word(const Arguments *arguments, size_t i);
/* The name must be in one of the tables. */
bool arguments_has(const Arguments *arguments, const char *name);
const char *arguments_value(const Arguments *arguments, const char *name);
/* The value that it was given for the (n+1)th time, for those that may be repeated; NULL behind the last one. */
const char *arguments_nth_value(const Arguments *arguments, const char *name, size_t n);
/* The bits of all given switches; rows end with a NULL name. */
typedef struct OptionBit {
        const char *name;
        uint32_t bit;
} OptionBit;
uint32_t arguments_bits(const Arguments *arguments, const OptionBit *rows);

/* Lines "  -q --quiet           help", wrapped; free with g_free(). */
char *options_help(const Option *options);
