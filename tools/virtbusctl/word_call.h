/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Commands that are one call of a member, whose arguments are the words and options of the command. */

#include "tools/virtbusctl/noun.h"

/* An option that is an entry of a dictionary. */
typedef struct WordEntry {
        const char *option; /* NULL ends a table */
        const char *key;
        char type;   /* of the value, a basic one */
        bool secret; /* the text is in the file that the option names */
} WordEntry;

/*
 * Command.data of word_call_run(). Of a command of a noun the first word names the object (after that which it is
 * within); without a noun the member is Connect's. Where each argument comes from is a letter:
 *
 *   w  the next word, as text or number         f  the flags of the options, and base
 *   d  the definition in the file that the      k  a size with or without unit, in KiB ("2G")
 *      next word names                          b  a size in bytes
 *   p  the next word, a path made absolute      e  an empty text
 *   ?  the next word, or an empty text          0  zero
 *   r  all other words, a list of texts         {  no options, a{sv}
 *   x  the next of the options in `values`, a text or a number; empty or 0 when it is not given
 *   X  the next of them, the definition in the file that it names
 *   !  -1: all of them                          y  as x, but -1 when it is not given
 *   c  the number of the next word in the next of `choices`
 *   C  the first processor in the file that     L  the lines of the file that the next word names, a list of
 *      the next word names                         texts; none when there is no word
 *   P  all other words, a list of the processors in the files that they name
 *   S  a secret, from standard input            o  the options in `entries` that are given, a{sv}: one at least
 */
typedef struct WordCall {
        const char *member;
        const char *types; /* of all arguments, basic ones but "as" and "a{sv}" */
        const char *from;
        const OptionBit *flags;    /* NULL: none but base */
        uint32_t base;             /* flags that are set, unless an option of the same bit takes them away */
        const char *const *values; /* names of options; NULL: none */
        const WordEntry *entries;  /* NULL: none */
        const char *const *const *choices; /* lists that end with NULL; NULL: none */
        const char *done;          /* behind "Domain 'web'" when the answer is empty; a sentence without a noun */
        const char *key;           /* of a text in JSON: "xml" */
        const char *const *titles; /* as answer_print() takes them */
} WordCall;

int word_call_run(Ctl *ctl, const Arguments *arguments, Failure *failure);

/* "1024", "2G": of a unit of 1 << shift bytes, when none is given. */
int word_size(const char *word, unsigned shift, uint64_t *ret_bytes, Failure *failure);
