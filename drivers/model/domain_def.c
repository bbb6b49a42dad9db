/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include "drivers/model/definition.h"
#include "drivers/model/domain_def_table.h"

#include <stdarg.h>

#define ROOT "domain"

static const DefinitionFormat domain_format = {
        .type = &domain_def_type,
        .root = ROOT,
        .what = "domain_definition",
        .arena_offset = offsetof(DomainDef, arena),
};

int domain_def_parse(const char *xml, size_t size, DomainDefParseFlags flags, Diagnostics *diagnostics,
                     DomainDef **ret, Error *error)
{
        void *def;
        int r = definition_parse(&domain_format, xml, size, (DefinitionParseFlags) flags, diagnostics, &def, error);

        if (r >= 0)
                *ret = def;
        return r;
}

DomainDef *domain_def_ref(const DomainDef *def)
{
        return definition_ref(&domain_format, def);
}

DomainDef *domain_def_unref(DomainDef *def)
{
        return definition_unref(&domain_format, def);
}

char *domain_def_format(const DomainDef *def, DomainDefFormatFlags flags)
{
        GString *out = g_string_sized_new(8192);

        def_format(&domain_def_type, ROOT, def, (DefFormatFlags) flags, out);
        return g_string_free(out, FALSE);
}

char *domain_def_format_nested(const DomainDef *def, DomainDefFormatFlags flags, const char *root,
                               unsigned indent)
{
        GString *out = g_string_sized_new(8192);

        def_format_nested(&domain_def_type, root, def, (DefFormatFlags) flags, indent, out);
        g_string_truncate(out, out->len - 1);
        g_string_erase(out, 0, 2 * (gssize) indent);
        return g_string_free(out, FALSE);
}

DomainDef *domain_def_copy(const DomainDef *def)
{
        return definition_copy(&domain_format, def);
}

const char *domain_def_strdup(DomainDef *def, const char *s)
{
        return arena_strdup(def->arena, s);
}

const char *domain_def_printf(DomainDef *def, const char *format, ...)
{
        g_autofree char *s = NULL;
        va_list ap;

        va_start(ap, format);
        s = g_strdup_vprintf(format, ap);
        va_end(ap);
        return arena_strdup(def->arena, s);
}

int domain_def_seal(DomainDef *def, Diagnostics *diagnostics, Error *error)
{
        return definition_seal(&domain_format, def, diagnostics, error);
}

int domain_def_rename(const DomainDef *def, const char *name, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        int r;

        copy->name = domain_def_strdup(copy, name);
        r = domain_def_seal(copy, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&copy);
        return r;
}

bool domain_def_equal(const DomainDef *a, const DomainDef *b)
{
        return definition_equal(&domain_format, a, b);
}

int domain_def_check_abi(const DomainDef *a, const DomainDef *b, Error *error)
{
        g_autofree char *path = NULL;

        if (def_equal(&domain_def_type, ROOT, a, b, DEF_COMPARE_ABI, &path))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "Target %s does not match source", path);
}

bool domain_def_first_raw(const DomainDef *def, char **ret_path)
{
        return def_first_raw(&domain_def_type, ROOT, def, ret_path);
}

bool domain_def_first_of(const DomainDef *def, const char *const *patterns, char **ret_path)
{
        return def_first_of(&domain_def_type, ROOT, def, patterns, ret_path);
}

/* The mark of text that is not what domain_packed_format() returns. */
#define MARK_DECODE 1u

DomainPacked *domain_def_keep(const char *text, size_t size)
{
        return definition_keep(text, size, MARK_DECODE);
}

DomainPacked *domain_def_pack(const DomainDef *def)
{
        GString *text = g_string_sized_new(8192);
        bool secret = def_format(&domain_def_type, ROOT, def, DEF_FORMAT_INACTIVE | DEF_FORMAT_SECURE, text);
        DomainPacked *packed = definition_pack(text->str, text->len, secret ? MARK_DECODE : 0);

        g_string_free(text, TRUE);
        return packed;
}

DomainDef *domain_def_unpack(const DomainPacked *packed)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *xml = NULL;
        DomainDef *def = NULL;
        size_t size;

        xml = definition_unpack(packed, &size);
        if (domain_def_parse(xml, size, DOMAIN_DEF_PARSE_STORED, NULL, &def, &error) < 0)
                g_error("our own form of a definition cannot be read: %s", strempty(error.detail));
        return def;
}

char *domain_packed_format(const DomainPacked *packed)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        if (definition_packed_mark(packed) != MARK_DECODE)
                return definition_unpack(packed, NULL);
        def = domain_def_unpack(packed);
        return domain_def_format(def, DOMAIN_DEF_FORMAT_INACTIVE);
}

char *domain_def_document(void)
{
        GString *out = g_string_new(NULL);

        def_document(&domain_def_type, ROOT, out);
        return g_string_free(out, FALSE);
}
