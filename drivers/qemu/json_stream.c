/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/json_stream.h"

#include <math.h>
#include <string.h>

#define ROOM_MIN 4096            /* what one read should find at least */
#define ROOM_KEPT (256 * 1024)   /* more is given back when the stream is empty */
#define REAL_LENGTH_MAX 64
#define INTEGER_DIGITS_MAX 20    /* of UINT64_MAX */

typedef struct Scanner {
        const unsigned char *p, *end;
        const char *wrong;
} Scanner;

static bool scanner_wrong(Scanner *s, const char *what)
{
        s->wrong = what;
        return false;
}

static void skip_blanks(Scanner *s)
{
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
                s->p++;
}

static bool scan_hex4(Scanner *s, unsigned *ret)
{
        unsigned v = 0;

        if (s->end - s->p < 4)
                return scanner_wrong(s, "an incomplete escape");
        for (int i = 0; i < 4; i++, s->p++) {
                int digit = g_ascii_xdigit_value((char) *s->p);

                if (digit < 0)
                        return scanner_wrong(s, "a wrong escape");
                v = v << 4 | (unsigned) digit;
        }
        *ret = v;
        return true;
}

/* Behind "\u". Half a surrogate pair is no character, and NUL would cut the text for us. */
static bool scan_unicode_escape(Scanner *s)
{
        unsigned v, low;

        if (!scan_hex4(s, &v))
                return false;
        if (v == 0 || (v >= 0xdc00 && v <= 0xdfff))
                return scanner_wrong(s, "an escape that is no character");
        if (v < 0xd800 || v > 0xdbff)
                return true;
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
                return scanner_wrong(s, "an escape that is no character");
        s->p += 2;
        if (!scan_hex4(s, &low))
                return false;
        return (low >= 0xdc00 && low <= 0xdfff) || scanner_wrong(s, "an escape that is no character");
}

static bool scan_string(Scanner *s)
{
        if (s->p == s->end || *s->p != '"')
                return scanner_wrong(s, "no string where one must be");
        s->p++;
        while (s->p < s->end) {
                unsigned char c = *s->p++;

                if (c == '"')
                        return true;
                if (c < ' ') {
                        s->p--;
                        return scanner_wrong(s, "a control character in a string");
                }
                if (c != '\\')
                        continue;
                c = s->p < s->end ? *s->p++ : '\0';
                if (c == 'u') {
                        if (!scan_unicode_escape(s))
                                return false;
                } else if (c == '\0' || !strchr("\"\\/bfnrt", c))
                        return scanner_wrong(s, "a wrong escape");
        }
        return scanner_wrong(s, "a string without end");
}

static size_t scan_digits(Scanner *s)
{
        const unsigned char *begin = s->p;

        while (s->p < s->end && g_ascii_isdigit(*s->p))
                s->p++;
        return (size_t) (s->p - begin);
}

/* Written with a fraction or exponent: finite, as no text stands for infinity. */
static bool check_real(Scanner *s, const unsigned char *token)
{
        char copy[REAL_LENGTH_MAX + 1] = "";
        size_t n = (size_t) (s->p - token);

        if (n > REAL_LENGTH_MAX)
                return scanner_wrong(s, "a number that is too long");
        memcpy(copy, token, n);
        return isfinite(g_ascii_strtod(copy, NULL)) || scanner_wrong(s, "a number that is too large");
}

static bool scan_number(Scanner *s)
{
        const unsigned char *token = s->p, *begin;
        bool integer = true;
        size_t n;

        if (*s->p == '-')
                s->p++;
        begin = s->p;
        n = scan_digits(s);
        if (n == 0 || (n > 1 && *begin == '0'))
                return scanner_wrong(s, "a wrong number");
        if (s->p < s->end && *s->p == '.') {
                s->p++;
                integer = false;
                if (scan_digits(s) == 0)
                        return scanner_wrong(s, "a wrong number");
        }
        if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
                s->p++;
                integer = false;
                if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
                        s->p++;
                if (scan_digits(s) == 0)
                        return scanner_wrong(s, "a wrong number");
        }
        if (integer && n > INTEGER_DIGITS_MAX)
                return scanner_wrong(s, "a number that is too large");
        return integer || check_real(s, token);
}

static bool scan_scalar(Scanner *s)
{
        static const char *const words[] = { "true", "false", "null" };

        if (*s->p == '"')
                return scan_string(s);
        if (*s->p == '-' || g_ascii_isdigit(*s->p))
                return scan_number(s);
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                size_t n = strlen(words[i]);

                if ((size_t) (s->end - s->p) >= n && memcmp(s->p, words[i], n) == 0) {
                        s->p += n;
                        return true;
                }
        }
        return scanner_wrong(s, "no value where one must be");
}

static bool scan_key(Scanner *s)
{
        skip_blanks(s);
        if (!scan_string(s))
                return false;
        skip_blanks(s);
        if (s->p == s->end || *s->p != ':')
                return scanner_wrong(s, "a member without a value");
        s->p++;
        return true;
}

/*
 * One value. objects has a bit for each open level, set for an object; a level is opened by going round to
 * its first value, and closed where a value has ended.
 */
static bool scan_value(Scanner *s, unsigned depth_max)
{
        uint64_t objects = 0;
        unsigned depth = 0;

        for (;;) {
                skip_blanks(s);
                if (s->p == s->end)
                        return scanner_wrong(s, "an incomplete text");
                if (*s->p == '{' || *s->p == '[') {
                        bool object = *s->p == '{';

                        if (depth == depth_max)
                                return scanner_wrong(s, "values that are nested too deeply");
                        s->p++;
                        skip_blanks(s);
                        if (s->p < s->end && *s->p == (object ? '}' : ']'))
                                s->p++;
                        else {
                                objects = objects << 1 | object;
                                depth++;
                                if (object && !scan_key(s))
                                        return false;
                                continue;
                        }
                } else if (!scan_scalar(s))
                        return false;

                for (;;) {
                        if (depth == 0)
                                return true;
                        skip_blanks(s);
                        if (s->p == s->end)
                                return scanner_wrong(s, "an incomplete text");
                        if (*s->p == ',')
                                break;
                        if (*s->p != (objects & 1 ? '}' : ']'))
                                return scanner_wrong(s, "no comma where one must be");
                        s->p++;
                        objects >>= 1;
                        depth--;
                }
                s->p++;
                if ((objects & 1) && !scan_key(s))
                        return false;
        }
}

const char *json_check(const char *text, size_t size, unsigned depth_max, size_t *ret_where)
{
        Scanner s = { .p = (const unsigned char *) text, .end = (const unsigned char *) text + size };
        const char *valid;

        if (size > 0 && !g_utf8_validate_len(text, size, &valid)) {
                if (ret_where)
                        *ret_where = (size_t) (valid - text);
                return "text that is not UTF-8";
        }
        if (scan_value(&s, MIN(depth_max, JSON_DEPTH_MAX))) {
                skip_blanks(&s);
                if (s.p < s.end)
                        s.wrong = "more than one value";
        }
        if (s.wrong && ret_where)
                *ret_where = (size_t) ((const char *) s.p - text);
        return s.wrong;
}

int json_parse(const char *peer, const char *text, size_t size, unsigned depth_max, JsonNode **ret,
               Error *error)
{
        g_autoptr(JsonParser) parser = NULL;
        g_autoptr(GError) gerror = NULL;
        size_t where = 0;
        const char *wrong = json_check(text, size, depth_max, &where);

        if (wrong)
                return error_set(error, ERROR_OPERATION_FAILED, "%s sent %s (byte %zu of a message)", peer,
                                 wrong, where);
        parser = json_parser_new();
        if (!json_parser_load_from_data(parser, text, (gssize) size, &gerror))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "%s sent a message that cannot be parsed: %s", peer, gerror->message);
        *ret = json_parser_steal_root(parser);
        return 0;
}

void json_stream_init(JsonStream *stream, const char *peer, size_t line_max, unsigned depth_max)
{
        *stream = (JsonStream) {
                .peer = peer,
                .line_max = line_max,
                .depth_max = depth_max,
        };
}

void json_stream_clear(JsonStream *stream)
{
        g_free(stream->data);
        stream->data = NULL;
        stream->begin = stream->scanned = stream->end = stream->room = 0;
}

char *json_stream_reserve(JsonStream *stream, size_t *ret_room)
{
        size_t used = stream->end - stream->begin;

        if (used == 0) {
                stream->begin = stream->scanned = stream->end = 0;
                if (stream->room > ROOM_KEPT)
                        json_stream_clear(stream);
        }
        if (stream->room - stream->end < ROOM_MIN) {
                /*
                 * moved only when that wins as much as it costs, so each byte is moved a bounded number of
                 * times
                 */
                if (stream->begin >= MAX(used, ROOM_MIN)) {
                        memmove(stream->data, stream->data + stream->begin, used);
                        stream->scanned -= stream->begin;
                        stream->begin = 0;
                        stream->end = used;
                } else {
                        stream->room = MAX(stream->room * 2, ROOM_MIN * 2);
                        stream->data = g_realloc(stream->data, stream->room);
                }
        }
        *ret_room = stream->room - stream->end;
        return stream->data + stream->end;
}

void json_stream_advance(JsonStream *stream, size_t n)
{
        g_assert(n <= stream->room - stream->end);
        stream->end += n;
}

static bool is_blank(const char *line, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
                        return false;
        return true;
}

int json_stream_next(JsonStream *stream, JsonNode **ret, Error *error)
{
        while (stream->data) {
                const char *line = stream->data + stream->begin;
                const char *nl = stream->end > stream->scanned ? memchr(stream->data + stream->scanned, '\n',
                                                                        stream->end - stream->scanned)
                                                               : NULL;
                size_t n = nl ? (size_t) (nl - line) : stream->end - stream->begin;

                if (n > stream->line_max)
                        return error_set(error, ERROR_OPERATION_FAILED,
                                         "%s sent a message of more than %zu bytes", stream->peer,
                                         stream->line_max);
                stream->scanned = stream->begin + n;
                if (!nl)
                        return 0;
                stream->begin = stream->scanned = stream->begin + n + 1;
                if (is_blank(line, n))
                        continue;
                return json_parse(stream->peer, line, n, stream->depth_max, ret, error) < 0
                               ? -error_info(ERROR_OPERATION_FAILED)->error
                               : 1;
        }
        return 0;
}
