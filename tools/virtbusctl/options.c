/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/options.h"

#include <string.h>

void arguments_init(Arguments *arguments, const Option *globals)
{
        *arguments = (Arguments) {
                .tables = { globals },
                .words = g_ptr_array_new(),
                .options = g_hash_table_new(g_str_hash, g_str_equal),
                .given = g_ptr_array_new(),
                .named = g_ptr_array_new(),
        };
}

void arguments_clear(Arguments *arguments)
{
        g_clear_pointer(&arguments->words, g_ptr_array_unref);
        g_clear_pointer(&arguments->options, g_hash_table_unref);
        g_clear_pointer(&arguments->given, g_ptr_array_unref);
        g_clear_pointer(&arguments->named, g_ptr_array_unref);
}

static const Option *find_option(const Arguments *arguments, const char *name, size_t n, char letter)
{
        for (size_t t = 0; t < ELEMENTSOF(arguments->tables); t++)
                for (const Option *o = arguments->tables[t]; o && o->name; o++)
                        if (letter ? o->letter == letter :
                                     strlen(o->name) == n && strncmp(o->name, name, n) == 0)
                                return o;
        return NULL;
}

static void remember(Arguments *arguments, const Option *option, char *value)
{
        g_hash_table_replace(arguments->options, (char *) option->name, value);
        g_ptr_array_add(arguments->given, (char *) option->name);
        g_ptr_array_add(arguments->given, value);
}

/* Where the pattern has the word that is called so, which stands there in capitals; negative: nowhere. */
static int find_place(const char *pattern, const char *name, size_t n)
{
        /* what virsh calls some of them */
        static const struct {
                const char *virsh, *ours;
        } others[] = {
                { "VOL", "VOLUME" },
                { "NWFILTER", "FILTER" },
                { "SNAPSHOTNAME", "SNAPSHOT" },
                { "CHECKPOINTNAME", "CHECKPOINT" },
                { "NEWNAME", "NAME" },
                { "NEW-NAME", "NAME" },
        };
        g_autofree char *given = g_ascii_strup(name, (gssize) n);
        g_auto(GStrv) places = g_strsplit(strempty(pattern), " ", -1);
        const char *word = given;

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (streq(others[i].virsh, given))
                        word = others[i].ours;
        for (int i = 0; places[i]; i++) {
                char *place = places[i] + strspn(places[i], "[");

                place[strspn(place, G_CSET_A_2_Z)] = '\0';
                if (place[0] && streq(place, word))
                        return i;
        }
        return -ENOENT;
}

/* "--pool default", "--pool=default" */
static int parse_named(Arguments *arguments, char **argv, size_t *index, char *value, int place, Error *error)
{
        if (!value && !argv[*index + 1])
                return error_set(error, ERROR_INVALID_ARG, "'%s' needs a value", argv[*index]);
        if (!value)
                value = argv[++*index];
        if (arguments->named->len <= (guint) place)
                g_ptr_array_set_size(arguments->named, place + 1);
        arguments->named->pdata[place] = value;
        ++*index;
        return 0;
}

static int parse_long(Arguments *arguments, char **argv, size_t *index, Error *error)
{
        char *name = argv[*index] + 2, *equals = strchr(name, '=');
        size_t n = equals ? (size_t) (equals - name) : strlen(name);
        const Option *option = find_option(arguments, name, n, 0);
        int place = option ? -ENOENT : find_place(arguments->pattern, name, n);

        if (place >= 0)
                return parse_named(arguments, argv, index, equals ? equals + 1 : NULL, place, error);
        if (!option)
                return error_set(error, ERROR_INVALID_ARG, "unknown option '%s'", argv[*index]);
        if (!option->value && equals)
                return error_set(error, ERROR_INVALID_ARG, "option '--%s' takes no value", option->name);
        if (option->value && !equals && !argv[*index + 1])
                return error_set(error, ERROR_INVALID_ARG, "option '--%s' needs a value: --%s=%s",
                                 option->name, option->name, option->value);
        if (option->value && !equals)
                ++*index;
        remember(arguments, option, !option->value ? NULL : equals ? equals + 1 : argv[*index]);
        ++*index;
        return 0;
}

/* "-qH host", "-Hhost", "-H host" */
static int parse_letters(Arguments *arguments, char **argv, size_t *index, Error *error)
{
        for (char *p = argv[*index] + 1; *p; p++) {
                const Option *option = find_option(arguments, NULL, 0, *p);

                if (!option)
                        return error_set(error, ERROR_INVALID_ARG, "unknown option '-%c'", *p);
                if (!option->value) {
                        remember(arguments, option, NULL);
                        continue;
                }
                if (p[1]) {
                        remember(arguments, option, p + 1);
                        break;
                }
                if (!argv[*index + 1])
                        return error_set(error, ERROR_INVALID_ARG, "option '-%c' needs a value: -%c %s", *p,
                                         *p, option->value);
                remember(arguments, option, argv[++*index]);
                break;
        }
        ++*index;
        return 0;
}

/* From the first place on, so that each finds those before it. */
static void put_named(Arguments *arguments)
{
        for (guint i = 0; i < arguments->named->len; i++)
                if (arguments->named->pdata[i])
                        g_ptr_array_insert(arguments->words, (gint) MIN(i, arguments->words->len),
                                           arguments->named->pdata[i]);
        g_ptr_array_set_size(arguments->named, 0);
}

int arguments_parse(Arguments *arguments, char **argv, size_t *index, bool until_word, Error *error)
{
        bool only_words = false;

        while (argv[*index]) {
                char *s = argv[*index];
                int r;

                if (only_words || s[0] != '-' || !s[1]) {
                        if (until_word)
                                return 0;
                        g_ptr_array_add(arguments->words, s);
                        ++*index;
                } else if (streq(s, "--")) {
                        ++*index;
                        if (until_word)
                                return 0;
                        only_words = true;
                } else {
                        r = s[1] == '-' ? parse_long(arguments, argv, index, error) :
                                parse_letters(arguments, argv, index, error);
                        if (r < 0)
                                return r;
                }
        }
        put_named(arguments);
        return 0;
}

size_t arguments_count(const Arguments *arguments)
{
        return arguments->words->len;
}

const char *arguments_word(const Arguments *arguments, size_t i)
{
        return i < arguments->words->len ? arguments->words->pdata[i] : NULL;
}

bool arguments_has(const Arguments *arguments, const char *name)
{
        g_assert(find_option(arguments, name, strlen(name), 0));
        return g_hash_table_contains(arguments->options, name);
}

const char *arguments_value(const Arguments *arguments, const char *name)
{
        g_assert(find_option(arguments, name, strlen(name), 0));
        return g_hash_table_lookup(arguments->options, name);
}

const char *arguments_nth_value(const Arguments *arguments, const char *name, size_t n)
{
        g_assert(find_option(arguments, name, strlen(name), 0));
        for (guint i = 0; i < arguments->given->len; i += 2)
                if (streq(arguments->given->pdata[i], name) && n-- == 0)
                        return arguments->given->pdata[i + 1];
        return NULL;
}

uint32_t arguments_bits(const Arguments *arguments, const OptionBit *rows)
{
        uint32_t bits = 0;

        for (; rows->name; rows++)
                if (arguments_has(arguments, rows->name))
                        bits |= rows->bit;
        return bits;
}

char *options_help(const Option *options)
{
        enum { HELP_COLUMN = 26 };
        GString *out = g_string_new(NULL);

        for (const Option *o = options; o && o->name; o++) {
                g_autofree char *letter = o->letter ? g_strdup_printf("-%c", o->letter) : g_strdup("  ");
                g_autofree char *left = g_strdup_printf("  %s --%s%s%s", letter, o->name,
                                                        o->value ? "=" : "", strempty(o->value));

                if (strlen(left) >= HELP_COLUMN)
                        g_string_append_printf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", o->help);
                else
                        g_string_append_printf(out, "%-*s%s\n", HELP_COLUMN, left, o->help);
        }
        return g_string_free(out, FALSE);
}
