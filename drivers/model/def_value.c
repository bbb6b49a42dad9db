/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

const uint64_t def_nothing[DEF_PART_MAX / 8];

static bool number_is_given(const DefRow *row, const void *p)
{
        return *(const DefSet *) p & (UINT64_C(1) << (row->offset / 4));
}

bool def_value_is_given(const DefRow *row, const void *p)
{
        const void *field = def_field(row, p);

        switch ((DefKind) row->kind) {
        case DEF_KIND_STRING:
                return *(const char *const *) field;
        case DEF_KIND_BOOL:
                return *(const bool *) field;
        case DEF_KIND_U32:
                return row->words ? *(const uint32_t *) field != 0 : number_is_given(row, p);
        case DEF_KIND_I32:
        case DEF_KIND_U64:
        case DEF_KIND_I64:
                return number_is_given(row, p);
        case DEF_KIND_NONE:
        case _DEF_KIND_MAX:
                break;
        }
        return false;
}

void def_value_print(const DefRow *row, const void *p, GString *out)
{
        const void *field = def_field(row, p);

        switch ((DefKind) row->kind) {
        case DEF_KIND_STRING:
                g_string_append(out, *(const char *const *) field);
                break;
        case DEF_KIND_U32:
                if (row->words)
                        g_string_append(out, row->words[*(const uint32_t *) field]);
                else if (row->hex > 0)
                        g_string_append_printf(out, "0x%0*" PRIx32, row->hex, *(const uint32_t *) field);
                else
                        g_string_append_printf(out, "%" PRIu32, *(const uint32_t *) field);
                break;
        case DEF_KIND_I32:
                g_string_append_printf(out, "%" PRId32, *(const int32_t *) field);
                break;
        case DEF_KIND_U64:
                if (row->hex > 0)
                        g_string_append_printf(out, "0x%0*" PRIx64, row->hex, *(const uint64_t *) field);
                else
                        g_string_append_printf(out, "%" PRIu64, *(const uint64_t *) field);
                break;
        case DEF_KIND_I64:
                g_string_append_printf(out, "%" PRId64, *(const int64_t *) field);
                break;
        case DEF_KIND_BOOL:
        case DEF_KIND_NONE:
        case _DEF_KIND_MAX:
                break;
        }
}

static int parse_any_base(const char *s, uint64_t *ret)
{
        char *end;
        unsigned long long v;

        if (!g_ascii_isdigit(*s))
                return -EINVAL;
        errno = 0;
        v = strtoull(s, &end, 0);
        if (*end)
                return -EINVAL;
        if (errno == ERANGE)
                return -ERANGE;
        *ret = v;
        return 0;
}

/* libvirt's units: "KiB", "K" and "k" are 1024, "KB" is 1000. */
static int parse_unit(const char *unit, uint64_t otherwise, uint64_t *ret)
{
        static const char letters[] = "kmgtpe";
        const char *letter;
        uint64_t base, v = 1;

        if (isempty(unit)) {
                *ret = otherwise;
                return 0;
        }
        if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
            g_ascii_strcasecmp(unit, "bytes") == 0) {
                *ret = 1;
                return 0;
        }
        letter = strchr(letters, g_ascii_tolower(*unit));
        if (!letter)
                return -EINVAL;
        if (!unit[1] || g_ascii_strcasecmp(unit + 1, "ib") == 0)
                base = 1024;
        else if (g_ascii_strcasecmp(unit + 1, "b") == 0)
                base = 1000;
        else
                return -EINVAL;
        for (const char *p = letters; p <= letter; p++)
                v *= base;
        *ret = v;
        return 0;
}

static int parse_size(const DefRow *row, const char *text, const char *unit, uint64_t *ret)
{
        uint64_t factor, v;
        int r;

        r = parse_u64(text, &v);
        if (r < 0)
                return r;
        r = parse_unit(unit, row->scale, &factor);
        if (r < 0)
                return r;
        if (__builtin_mul_overflow(v, factor, &v) || v > UINT64_MAX - row->scale)
                return -ERANGE;
        *ret = (v + row->scale - 1) / row->scale;
        return 0;
}

static int parse_number(const DefRow *row, const char *text, const char *unit, uint64_t *ret)
{
        if (row->scale > 0)
                return parse_size(row, text, unit, ret);
        if (row->hex > 0 || (row->flags & DEF_ANY_BASE))
                return parse_any_base(text, ret);
        return parse_u64(text, ret);
}

static int store_u32(const DefRow *row, void *field, const char *text, const char *unit)
{
        uint64_t v;
        int r;

        if (row->words) {
                r = string_table_find(row->words, row->n_words, text);
                if (r < 0)
                        return r;
                *(uint32_t *) field = (uint32_t) r;
                return 0;
        }
        r = parse_number(row, text, unit, &v);
        if (r < 0)
                return r;
        if (v > UINT32_MAX)
                return -ERANGE;
        *(uint32_t *) field = (uint32_t) v;
        return 0;
}

static int store_i32(void *field, const char *text)
{
        int64_t v;
        int r = parse_i64(text, &v);

        if (r < 0)
                return r;
        if (v < INT32_MIN || v > INT32_MAX)
                return -ERANGE;
        *(int32_t *) field = (int32_t) v;
        return 0;
}

static int store_string(const DefRow *row, void *field, Arena *arena, const char *text)
{
        char buffer[4096];
        int r;

        if (row->words) {
                r = string_table_find(row->words, row->n_words, text);
                if (r < 0)
                        return r;
                *(const char **) field = row->words[r];
                return 0;
        }
        if (row->syntax && row->syntax->canonicalize) {
                if (!row->syntax->canonicalize(text, buffer, sizeof(buffer)))
                        return -EINVAL;
                text = buffer;
        }
        *(const char **) field = arena_strdup(arena, text);
        return 0;
}

static int store_value(const DefRow *row, void *field, Arena *arena, const char *text, const char *unit)
{
        switch ((DefKind) row->kind) {
        case DEF_KIND_STRING:
                return store_string(row, field, arena, text);
        case DEF_KIND_U32:
                return store_u32(row, field, text, unit);
        case DEF_KIND_I32:
                return store_i32(field, text);
        case DEF_KIND_U64:
                return parse_number(row, text, unit, field);
        case DEF_KIND_I64:
                return parse_i64(text, field);
        case DEF_KIND_BOOL:
        case DEF_KIND_NONE:
        case _DEF_KIND_MAX:
                break;
        }
        return -EINVAL;
}

/*
 * Numbers and words may have blanks around them, as the text of an element that was broken into lines has.
 */
static const char *trim(const char *text, char *buffer, size_t size)
{
        size_t n;

        while (g_ascii_isspace(*text))
                text++;
        n = strlen(text);
        while (n > 0 && g_ascii_isspace(text[n - 1]))
                n--;
        if (!text[n])
                return text;
        if (n >= size)
                return text;
        memcpy(buffer, text, n);
        buffer[n] = '\0';
        return buffer;
}

int def_value_parse(const DefRow *row, void *p, Arena *arena, const char *text, const char *unit)
{
        void *field = def_field(row, p);
        char buffer[80];
        int r;

        if (row->kind != DEF_KIND_STRING || row->words || (row->syntax && row->syntax->canonicalize))
                text = trim(text, buffer, sizeof(buffer));
        if (row->hatch && row->hatch->parse)
                r = row->hatch->parse(arena, text, field) ? 0 : -EINVAL;
        else
                r = store_value(row, field, arena, text, unit);
        if (r < 0)
                return r;
        if (row->kind != DEF_KIND_STRING && row->kind != DEF_KIND_BOOL && !row->words)
                *(DefSet *) p |= UINT64_C(1) << (row->offset / 4);
        return 0;
}

static bool uuid_canonicalize(const char *s, char *buffer, size_t size)
{
        char digits[33];
        size_t n = 0;

        /* libvirt takes it with or without hyphens, wherever they are */
        for (; *s; s++) {
                if (*s == '-')
                        continue;
                if (!g_ascii_isxdigit(*s) || n >= 32)
                        return false;
                digits[n++] = g_ascii_tolower(*s);
        }
        if (n != 32)
                return false;
        digits[32] = '\0';
        g_snprintf(buffer, size, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16,
                   digits + 20);
        return true;
}

static bool uuid_check(const char *s)
{
        uuid_t uuid;

        return uuid_parse(s, uuid) == 0;
}

const DefSyntax def_syntax_uuid = { "UUID", uuid_check, uuid_canonicalize };

static bool mac_canonicalize(const char *s, char *buffer, size_t size)
{
        unsigned bytes[6];

        for (unsigned i = 0; i < 6; i++) {
                char *end;

                if (!g_ascii_isxdigit(*s))
                        return false;
                bytes[i] = (unsigned) strtoul(s, &end, 16);
                if (end - s > 2 || *end != (i < 5 ? ':' : '\0'))
                        return false;
                s = end + 1;
        }
        g_snprintf(buffer, size, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                   bytes[4], bytes[5]);
        return true;
}

static bool mac_check(const char *s)
{
        char buffer[32];

        return mac_canonicalize(s, buffer, sizeof(buffer)) && streq(s, buffer);
}

const DefSyntax def_syntax_mac = { "MAC address", mac_check, mac_canonicalize };

static bool absolute_path_check(const char *s)
{
        return *s == '/';
}

const DefSyntax def_syntax_absolute_path = { "absolute path", absolute_path_check, NULL };

static bool line_check(const char *s)
{
        return *s && !strpbrk(s, "\r\n");
}

const DefSyntax def_syntax_line = { "one line", line_check, NULL };

#define CPUS_MAX 16384u

/* One part of a set: "3", "0-7" or, taking away, "^2". bits may be NULL. */
static bool cpuset_read_range(const char **s, uint64_t *bits)
{
        const char *p = *s;
        uint64_t first, last;
        bool without = *p == '^';
        char *end;

        if (without)
                p++;
        if (!g_ascii_isdigit(*p))
                return false;
        first = last = g_ascii_strtoull(p, &end, 10);
        if (*end == '-') {
                if (without || !g_ascii_isdigit(end[1]))
                        return false;
                last = g_ascii_strtoull(end + 1, &end, 10);
        }
        *s = end;
        if (first > last || last >= CPUS_MAX)
                return false;
        for (uint64_t i = first; bits && i <= last; i++)
                if (without)
                        bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
                else
                        bits[i / 64] |= UINT64_C(1) << (i % 64);
        return true;
}

static bool cpuset_read(const char *s, uint64_t *bits)
{
        for (;;) {
                while (g_ascii_isspace(*s))
                        s++;
                if (!cpuset_read_range(&s, bits))
                        return false;
                while (g_ascii_isspace(*s))
                        s++;
                if (!*s)
                        return true;
                if (*s++ != ',')
                        return false;
        }
}

static bool cpuset_check(const char *s)
{
        return cpuset_read(s, NULL);
}

static bool cpuset_canonicalize(const char *s, char *buffer, size_t size)
{
        uint64_t bits[CPUS_MAX / 64] = {};
        size_t n = 0;

        if (!cpuset_read(s, bits))
                return false;
        for (unsigned i = 0; i < CPUS_MAX; i++) {
                unsigned first = i;

                if (!(bits[i / 64] & (UINT64_C(1) << (i % 64))))
                        continue;
                while (i + 1 < CPUS_MAX && (bits[(i + 1) / 64] & (UINT64_C(1) << ((i + 1) % 64))))
                        i++;
                n += (size_t) g_snprintf(buffer + n, (gulong) (size - n), i > first ? "%s%u-%u" : "%s%u",
                                         n > 0 ? "," : "", first, i);
                if (n >= size)
                        return false;
        }
        /* an empty set is none */
        return n > 0;
}

const DefSyntax def_syntax_cpuset = { "CPU set", cpuset_check, cpuset_canonicalize };
