/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the definitions of all kinds have in common beside their tables: parsing, sharing, editing and printing of
 * one value in one arena. A kind declares its functions with DECLARE_DEFINITION() behind its struct, which has the
 * members DEFINITION_HEAD, and defines them with DEFINE_DEFINITION() behind its tables.
 */

#include "drivers/model/def_table.h"

typedef enum DefinitionParseFlags { /* the values of DefDecodeFlags */
        DEFINITION_PARSE_VALIDATE = 1 << 0, /* what the format does not know is an error */
        DEFINITION_PARSE_LIVE = 1 << 1,     /* facts of something that runs are not skipped */
        /*
         * Written by ourselves, perhaps by an earlier version: may be larger than what is accepted, and need not obey
         * rules that have come since. What was accepted once is not lost by them: its start is refused.
         */
        DEFINITION_PARSE_STORED = 1 << 2,
} DefinitionParseFlags;

#define DEFINITION_HEAD                                                                             \
        DefSet set;                                                                                 \
        DefRaw *raw;                                                                                \
        Arena *arena

/* What is constant of a kind. */
typedef struct DefinitionFormat {
        const DefType *type;
        const char *root;    /* name of the root element */
        const char *what;    /* stands for a file name in errors: "network_definition" */
        size_t arena_offset; /* of the struct's member "arena" */
} DefinitionFormat;

/*
 * Reads one definition and checks it. Errors: ERROR_XML_DETAIL (not well-formed), ERROR_LIMITS_EXCEEDED,
 * ERROR_XML_INVALID_SCHEMA with VALIDATE, ERROR_OVERFLOW, what the rules of the kind say, else ERROR_XML_ERROR; one of
 * them names the first place. diagnostics, which may be NULL, has all of them and what was left out. *ret is sealed.
 */
int definition_parse(const DefinitionFormat *format, const char *xml, size_t size, DefinitionParseFlags flags,
                     Diagnostics *diagnostics, void **ret, Error *error);

/* An empty one that may be changed by its only owner. */
void *definition_new(const DefinitionFormat *format);
void *definition_copy(const DefinitionFormat *format, const void *def);
/* Checks it like a parsed one and makes it immutable. */
int definition_seal(const DefinitionFormat *format, void *def, Diagnostics *diagnostics, Error *error);

void *definition_ref(const DefinitionFormat *format, const void *def);
void *definition_unref(const DefinitionFormat *format, void *def);

/* libvirt's form: two blanks per level, single quotes. Free with g_free(). */
char *definition_format(const DefinitionFormat *format, const void *def, DefFormatFlags flags);

/* The same in every field. NULL equals NULL only. */
bool definition_equal(const DefinitionFormat *format, const void *a, const void *b);

/* A random UUID (version 4), in the arena. */
const char *definition_new_uuid(Arena *arena);

/*
 * NAME_parse(), NAME_ref(), … as above, for one kind. copy() gives a definition that may be changed until seal();
 * unref() accepts NULL and returns it.
 */
#define DECLARE_DEFINITION(name, Type)                                                              \
        int name##_parse(const char *xml, size_t size, DefinitionParseFlags flags,                  \
                         Diagnostics *diagnostics, Type **ret, Error *error);                       \
        Type *name##_copy(const Type *def);                                                         \
        int name##_seal(Type *def, Diagnostics *diagnostics, Error *error);                         \
        Type *name##_ref(const Type *def);                                                          \
        Type *name##_unref(Type *def);                                                              \
        DEFINE_TRIVIAL_CLEANUP(Type *, name##_unref)                                                \
        char *name##_format(const Type *def, DefFormatFlags flags);                                 \
        bool name##_equal(const Type *a, const Type *b)

#define DEFINE_DEFINITION(name, Type, def_type, root_, what_)                                       \
        static const DefinitionFormat name##_format_info = {                                        \
                .type = &def_type,                                                                  \
                .root = root_,                                                                      \
                .what = what_ "_definition",                                                        \
                .arena_offset = offsetof(Type, arena),                                              \
        };                                                                                          \
        int name##_parse(const char *xml, size_t size, DefinitionParseFlags flags,                  \
                         Diagnostics *diagnostics, Type **ret, Error *error)                        \
        {                                                                                           \
                void *p;                                                                            \
                int r = definition_parse(&name##_format_info, xml, size, flags, diagnostics, &p,    \
                                         error);                                                    \
                                                                                                    \
                if (r >= 0)                                                                         \
                        *ret = p;                                                                   \
                return r;                                                                           \
        }                                                                                           \
        Type *name##_copy(const Type *def)                                                          \
        {                                                                                           \
                return definition_copy(&name##_format_info, def);                                   \
        }                                                                                           \
        int name##_seal(Type *def, Diagnostics *diagnostics, Error *error)                          \
        {                                                                                           \
                return definition_seal(&name##_format_info, def, diagnostics, error);               \
        }                                                                                           \
        Type *name##_ref(const Type *def)                                                           \
        {                                                                                           \
                return definition_ref(&name##_format_info, def);                                    \
        }                                                                                           \
        Type *name##_unref(Type *def)                                                               \
        {                                                                                           \
                return definition_unref(&name##_format_info, def);                                  \
        }                                                                                           \
        char *name##_format(const Type *def, DefFormatFlags flags)                                  \
        {                                                                                           \
                return definition_format(&name##_format_info, def, flags);                          \
        }                                                                                           \
        bool name##_equal(const Type *a, const Type *b)                                             \
        {                                                                                           \
                return definition_equal(&name##_format_info, a, b);                                 \
        }
