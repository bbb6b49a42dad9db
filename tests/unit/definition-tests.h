/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For tests of definitions: what a definition becomes, and why one is refused. */

#include "drivers/model/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* A case of a table: xml becomes "becomes" (itself when NULL), or is refused with the code and a text with the part. */
typedef struct DefinitionCase {
        const char *xml;
        const char *becomes;
        ErrorCode code;
        const char *part;
} DefinitionCase;

#define BECOMES(xml_, becomes_) { .xml = xml_, .becomes = becomes_ }
#define STAYS(xml_) { .xml = xml_ }
#define REFUSED(xml_, code_, part_) { .xml = xml_, .code = code_, .part = part_ }

/* The text of a parsed definition; NULL and the error when it is refused. */
typedef char *(*DefinitionPass)(const char *xml, Error *error);

#define DEFINITION_PASS(name, Type)                                                                 \
        static char *pass_##name(const char *xml, Error *error)                                     \
        {                                                                                           \
                _cleanup_(name##_unrefp) Type *def = NULL, *copy = NULL;                            \
                                                                                                    \
                if (name##_parse(xml, strlen(xml), 0, NULL, &def, error) < 0)                       \
                        return NULL;                                                                \
                copy = name##_copy(def);                                                            \
                assert_true(name##_equal(def, copy));                                               \
                assert_int_equal(name##_seal(copy, NULL, NULL), 0);                                 \
                return name##_format(copy, DEF_FORMAT_SECURE);                                      \
        }

static inline void definition_run_case(DefinitionPass pass, const DefinitionCase *c)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = pass(c->xml, &error), *again = NULL, *message = error_message(&error);

        if (c->code != ERROR_OK) {
                if (text)
                        fail_msg("accepted: %s", c->xml);
                if (error.code != c->code || !strstr(message, c->part))
                        fail_msg("%s: '%s' instead of '%s'", c->xml, message, c->part);
                return;
        }
        if (!text)
                fail_msg("%s: %s", c->xml, message);
        assert_string_equal(text, c->becomes ?: c->xml);
        again = pass(text, NULL);
        assert_string_equal(again, text);
}

static inline void definition_run_cases(DefinitionPass pass, const DefinitionCase *cases, size_t n)
{
        for (size_t i = 0; i < n; i++)
                definition_run_case(pass, cases + i);
}
