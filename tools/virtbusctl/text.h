/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Words and numbers as a person at a terminal reads them. All results are freed with g_free(). */

#include "service/base/util.h"

/* Replaces what a terminal would obey or that is no UTF-8: what a guest's owner wrote must not move the
 * cursor. */
char *text_printable(const char *s);

/* Columns that the text takes: wide characters are two, combining ones none. */
size_t text_width(const char *s);

/* "2 GiB", "1.5 MiB", "300 KiB": exact when it is a whole number, else with one decimal. */
char *text_size_kib(uint64_t kib);

/* "3s", "2min 5s", "1h 4min", "3d 2h". */
char *text_duration(uint64_t usec);

/* "MaxMemory" is "max_memory", "UUID" is "uuid", "OSType" is "os_type": keys of the JSON output. */
char *text_key(const char *property);

/* "max_memory" is "Max memory": labels of what has no better one. */
char *text_label(const char *key);

/* UUID with or without hyphens, in any case, to lower case with hyphens. NULL when it is none. */
char *text_uuid(const char *s);

/* The UUID and the name-independent last part of a domain's path: "_6695eb01_f6a4_…". NULL when it is none.
 */
char *text_uuid_from_path(const char *path);
