/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/definition.h"

#include <uuid/uuid.h>

static Arena **arena_of(const DefinitionFormat *format, const void *def)
{
        return (Arena **) (void *) ((char *) (uintptr_t) def + format->arena_offset);
}

void *definition_new(const DefinitionFormat *format)
{
        Arena *arena = arena_new();
        void *def = arena_alloc(arena, format->type->size);

        *arena_of(format, def) = arena;
        return def;
}

void *definition_unref(const DefinitionFormat *format, void *def)
{
        if (def)
                arena_unref(*arena_of(format, def));
        return NULL;
}

void *definition_ref(const DefinitionFormat *format, const void *def)
{
        g_assert(arena_is_sealed(*arena_of(format, def)));
        arena_ref(*arena_of(format, def));
        return (void *) (uintptr_t) def;
}

int definition_parse(const DefinitionFormat *format, const char *xml, size_t size, DefinitionParseFlags flags,
                     Diagnostics *diagnostics, void **ret, Error *error)
{
        void *def = definition_new(format);
        Arena *arena = *arena_of(format, def);
        int r;

        r = def_parse(format->type, format->root, format->what, xml, size, (DefDecodeFlags) flags, arena, def,
                      diagnostics, error);
        if (r < 0) {
                arena_unref(arena);
                return r;
        }
        arena_seal(arena);
        *ret = def;
        return 0;
}

void *definition_copy(const DefinitionFormat *format, const void *def)
{
        void *copy = definition_new(format);
        Arena *arena = *arena_of(format, copy);

        def_copy(format->type, def, copy, arena);
        *arena_of(format, copy) = arena;
        return copy;
}

int definition_seal(const DefinitionFormat *format, void *def, Diagnostics *diagnostics, Error *error)
{
        _cleanup_diagnostics_ Diagnostics own = DIAGNOSTICS_INIT;
        Diagnostics *found = diagnostics ?: &own;
        int r;

        def_check(format->type, format->root, def, NULL, found);
        r = diagnostics_to_error(found, error);
        if (r < 0)
                return r;
        arena_seal(*arena_of(format, def));
        return 0;
}

char *definition_format(const DefinitionFormat *format, const void *def, DefFormatFlags flags)
{
        GString *out = g_string_new(NULL);

        def_format(format->type, format->root, def, flags, out);
        return g_string_free(out, FALSE);
}

bool definition_equal(const DefinitionFormat *format, const void *a, const void *b)
{
        if (!a || !b)
                return a == b;
        return def_equal(format->type, format->root, a, b, 0, NULL);
}

const char *definition_new_uuid(Arena *arena)
{
        char text[UUID_STR_LEN];
        uuid_t uuid;

        uuid_generate_random(uuid);
        uuid_unparse_lower(uuid, text);
        return arena_strdup(arena, text);
}
