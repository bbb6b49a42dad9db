/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/word_call.h"

#include "tools/virtbusctl/answer.h"
#include "tools/virtbusctl/cpu_document.h"
#include "tools/virtbusctl/document.h"

#include <string.h>

/* What is left of the command line while the call is made. */
typedef struct WordReader {
        const Arguments *arguments;
        const WordCall *call;
        sd_bus_message *m;
        size_t next;              /* word */
        const char *const *value; /* option */
        const char *const *const *choices;
} WordReader;

int word_size(const char *word, unsigned shift, uint64_t *ret_bytes, Failure *failure)
{
        static const char units[] = "KMGTP";
        g_autofree char *digits = g_strdup(strempty(word));
        size_t n = strlen(digits);
        const char *unit = n > 1 ? strchr(units, g_ascii_toupper(digits[n - 1])) : NULL;
        uint64_t value;

        if (unit) {
                shift = (unsigned) (unit - units + 1) * 10;
                digits[n - 1] = '\0';
        }
        if (parse_u64(digits, &value) < 0 || value > UINT64_MAX >> shift)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no size: a number, or one with K, M, G or T",
                                   strempty(word));
        *ret_bytes = value << shift;
        return 0;
}

static int made(int r, Failure *failure)
{
        return r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) : 0;
}

static int append_number(sd_bus_message *m, char type, uint64_t number, Failure *failure)
{
        uint32_t u = (uint32_t) number;
        int32_t i = (int32_t) number;

        if (type == 'u')
                return made(sd_bus_message_append_basic(m, type, &u), failure);
        if (type == 'i')
                return made(sd_bus_message_append_basic(m, type, &i), failure);
        return made(sd_bus_message_append_basic(m, type, &number), failure);
}

static int append_word(sd_bus_message *m, char type, const char *word, Failure *failure)
{
        int64_t number;

        if (type == 's' && !g_utf8_validate(word, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "a word is not UTF-8");
        if (type == 's')
                return made(sd_bus_message_append_basic(m, type, word), failure);
        if (parse_i64(word, &number) < 0 || (strchr("ut", type) && number < 0) ||
            (type == 'u' && number > UINT32_MAX) || (type == 'i' && (number > INT32_MAX || number < INT32_MIN)))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number here", word);
        return append_number(m, type, (uint64_t) number, failure);
}

static int append_document(sd_bus_message *m, const char *file, Failure *failure)
{
        g_autofree char *text = NULL;
        int r = document_read(file, &text, failure);

        return r < 0 ? r : made(sd_bus_message_append_basic(m, 's', text), failure);
}

static int append_size(sd_bus_message *m, const char *word, unsigned shift, Failure *failure)
{
        uint64_t bytes;
        int r = word_size(word, shift, &bytes, failure);

        return r < 0 ? r : append_number(m, 't', bytes >> shift, failure);
}

static int append_path(sd_bus_message *m, const char *word, Failure *failure)
{
        g_autofree char *path = g_canonicalize_filename(word, NULL);

        return append_word(m, 's', path, failure);
}

/* One newline at the end is the person's, not the secret's. */
static int append_secret(sd_bus_message *m, const char *file, Failure *failure)
{
        char *text = NULL;
        size_t size;
        int r = document_read(file, &text, failure);

        if (r < 0)
                return r;
        size = strlen(text);
        if (size > 0 && text[size - 1] == '\n')
                text[size - 1] = '\0';
        r = sd_bus_message_sensitive(m);
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', text);
        explicit_bzero(text, size);
        g_free(text);
        return made(r, failure);
}

static int append_rest(WordReader *reader, Failure *failure)
{
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        for (; reader->next < arguments_count(reader->arguments); reader->next++)
                g_ptr_array_add(words, (void *) arguments_word(reader->arguments, reader->next));
        g_ptr_array_add(words, NULL);
        return made(sd_bus_message_append_strv(reader->m, (char **) words->pdata), failure);
}

static int append_processors(WordReader *reader, Failure *failure)
{
        g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
        int r = 0;

        for (; r >= 0 && reader->next < arguments_count(reader->arguments); reader->next++)
                r = cpu_document_read(arguments_word(reader->arguments, reader->next), elements, failure);
        g_ptr_array_add(elements, NULL);
        return r < 0 ? r : made(sd_bus_message_append_strv(reader->m, (char **) elements->pdata), failure);
}

/* Of several in the file the first one counts. */
static int append_processor(sd_bus_message *m, const char *file, Failure *failure)
{
        g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
        int r = cpu_document_read(file, elements, failure);

        return r < 0 ? r : append_word(m, 's', elements->pdata[0], failure);
}

static int append_lines(sd_bus_message *m, const char *file, Failure *failure)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        g_autofree char *text = NULL;
        g_auto(GStrv) all = NULL;
        int r = file ? document_read(file, &text, failure) : 0;

        if (r < 0)
                return r;
        all = g_strsplit(strempty(text), "\n", -1);
        for (char **line = all; *line; line++)
                if (*g_strstrip(*line))
                        g_ptr_array_add(lines, *line);
        g_ptr_array_add(lines, NULL);
        return made(sd_bus_message_append_strv(m, (char **) lines->pdata), failure);
}

static int append_choice(WordReader *reader, char type, const char *word, Failure *failure)
{
        const char *const *choices = *reader->choices++;
        g_autofree char *all = NULL;

        for (size_t i = 0; choices[i]; i++)
                if (streq(choices[i], word))
                        return append_number(reader->m, type, i, failure);
        all = g_strjoinv(", ", (char **) choices);
        return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is none of %s", word, all);
}

static int append_value(WordReader *reader, char type, bool document, Failure *failure)
{
        const char *value = arguments_value(reader->arguments, *reader->value++);

        if (value && document)
                return append_document(reader->m, value, failure);
        if (!value && type != 's')
                return append_number(reader->m, type, 0, failure);
        return append_word(reader->m, type, strempty(value), failure);
}

static int append_entry(sd_bus_message *m, const WordEntry *entry, const char *value, Failure *failure)
{
        const char signature[] = { entry->type, '\0' };
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", entry->key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', signature);
        if (r < 0)
                return made(r, failure);
        r = entry->secret ? append_secret(m, value, failure) : append_word(m, entry->type, value, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(m);
        return made(r < 0 ? r : sd_bus_message_close_container(m), failure);
}

static int append_entries(WordReader *reader, Failure *failure)
{
        bool given = false;
        int r = made(sd_bus_message_open_container(reader->m, 'a', "{sv}"), failure);

        for (const WordEntry *entry = reader->call->entries; r >= 0 && entry->option; entry++) {
                const char *value = arguments_value(reader->arguments, entry->option);

                if (value)
                        r = append_entry(reader->m, entry, value, failure);
                given |= value != NULL;
        }
        if (r >= 0 && !given)
                return failure_set(failure, EXIT_STATUS_USAGE, "no option says what to set, as --%s does",
                                   reader->call->entries->option);
        return r < 0 ? r : made(sd_bus_message_close_container(reader->m), failure);
}

static const char *next_word(WordReader *reader)
{
        return arguments_word(reader->arguments, reader->next++);
}

static int append_from(WordReader *reader, char from, char type, Failure *failure)
{
        const WordCall *call = reader->call;

        switch (from) {
        case 'w':
                return append_word(reader->m, type, next_word(reader), failure);
        case '?':
                return append_word(reader->m, type, strempty(next_word(reader)), failure);
        case 'd':
                return append_document(reader->m, next_word(reader), failure);
        case 'p':
                return append_path(reader->m, next_word(reader), failure);
        case 'k':
                return append_size(reader->m, next_word(reader), 10, failure);
        case 'b':
                return append_size(reader->m, next_word(reader), 0, failure);
        case 'e':
                return append_word(reader->m, 's', "", failure);
        case '0':
                return append_number(reader->m, type, 0, failure);
        case '!':
                return append_number(reader->m, type, UINT64_MAX, failure);
        case 'f':
                return append_number(reader->m, 'u',
                                     call->base ^ (call->flags ? arguments_bits(reader->arguments, call->flags) : 0),
                                     failure);
        case 'r':
                return append_rest(reader, failure);
        case '{':
                return made(sd_bus_message_append(reader->m, "a{sv}", 0), failure);
        case 'x':
        case 'X':
                return append_value(reader, type, from == 'X', failure);
        case 'y':
                if (!arguments_value(reader->arguments, *reader->value)) {
                        reader->value++;
                        return append_number(reader->m, type, UINT64_MAX, failure);
                }
                return append_value(reader, type, false, failure);
        case 'c':
                return append_choice(reader, type, next_word(reader), failure);
        case 'P':
                return append_processors(reader, failure);
        case 'C':
                return append_processor(reader->m, next_word(reader), failure);
        case 'L':
                return append_lines(reader->m, next_word(reader), failure);
        case 'o':
                return append_entries(reader, failure);
        case 'S':
                return append_secret(reader->m, "-", failure);
        }
        g_assert_not_reached();
}

static int append_all(WordReader *reader, Failure *failure)
{
        const char *type = reader->call->types;
        int r = 0;

        for (const char *from = reader->call->from; r >= 0 && *from; from++) {
                r = append_from(reader, *from, *type, failure);
                type += g_str_has_prefix(type, "a{sv}") ? strlen("a{sv}") : *type == 'a' ? 2 : 1;
        }
        return r;
}

static int say_done(Ctl *ctl, const Arguments *arguments, size_t first)
{
        const WordCall *call = ctl->command->data;
        const Noun *noun = ctl->command->noun;

        if (noun)
                ctl_say(ctl, "%s '%s' %s\n", noun->title, arguments_word(arguments, first), call->done);
        else
                ctl_say(ctl, "%s\n", call->done);
        if (ctl->json) {
                JsonObject *object = json_object_new();

                json_object_set_boolean_member(object, "success", true);
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
                json_object_unref(object);
        }
        return 0;
}

int word_call_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const WordCall *call = ctl->command->data;
        const Noun *noun = ctl->command->noun;
        WordReader reader = { .arguments = arguments, .call = call, .value = call->values,
                              .choices = call->choices };
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        int r = 0;

        if (noun) {
                r = target_resolve_one(ctl, arguments, &target, &path, failure);
                reader.next = target.first + 1;
        }
        if (r >= 0)
                r = ctl_new_call(ctl, path ?: ctl->root, noun ? noun->interface : "Connect", call->member, &m, failure);
        if (r < 0)
                return r;
        reader.m = m;
        r = append_all(&reader, failure);
        if (r >= 0)
                r = ctl_send(ctl, m, CALL_CHANGES, &reply, failure);
        if (r < 0)
                return r;
        if (isempty(sd_bus_message_get_signature(reply, true)))
                return say_done(ctl, arguments, target.first);
        return answer_print(ctl, reply, call->key ?: "value", call->titles, failure);
}
