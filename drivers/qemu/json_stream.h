/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lines of JSON from a peer that is not trusted (RFC 8259, one text per line), as QEMU's monitor and guest
 * agent send them. json-glib recurses without limit and takes more than JSON, so each line is checked here
 * first: length, UTF-8, nesting and the whole grammar, without recursion. Memory and time are linear,
 * however the bytes arrive.
 */

#include "service/base/error.h"

#include <json-glib/json-glib.h>

#define JSON_DEPTH_MAX 64

typedef struct JsonStream {
        const char *peer;   /* who sends, for errors: "QEMU's monitor" */
        size_t line_max;
        unsigned depth_max; /* at most JSON_DEPTH_MAX */
        char *data;
        size_t begin, scanned, end, room; /* data[begin..scanned) is known to hold no newline */
} JsonStream;

/* Both texts of the struct are borrowed. */
void json_stream_init(JsonStream *stream, const char *peer, size_t line_max, unsigned depth_max);
void json_stream_clear(JsonStream *stream);

/* Room for at least one byte, *ret_room of them; fill it and tell how many bytes came. */
char *json_stream_reserve(JsonStream *stream, size_t *ret_room);
void json_stream_advance(JsonStream *stream, size_t n);

/*
 * The next complete line as a tree, the caller's. Returns 1; 0 when more bytes are needed;
 * ERROR_OPERATION_FAILED when the peer broke a rule: the stream cannot be used any more then. Empty lines
 * are skipped.
 */
int json_stream_next(JsonStream *stream, JsonNode **ret, Error *error);

/* Parses one text of known size under the same rules. */
int json_parse(const char *peer, const char *text, size_t size, unsigned depth_max, JsonNode **ret,
               Error *error);

/*
 * Whether the text is one JSON value nested at most depth_max deep, strictly and in UTF-8. *ret_where, which
 * may be NULL, is the offset of the first wrong byte. Returns NULL or what is wrong: a static text.
 */
const char *json_check(const char *text, size_t size, unsigned depth_max, size_t *ret_where);
