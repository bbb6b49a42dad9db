/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Arguments of calls as words, so that calls can stand in tables. */

#include <systemd/sd-bus.h>

/*
 * Appends one value for each complete type in types: b, integers, d, s, o, g; lists of them; a{sv}; v. Lists of numbers
 * have blanks between, lists of strings ends of lines, an entry of a dictionary is "name type value" and ends with its
 * line, a variant is "type value". "@/" in a word stands for the directory and a slash.
 */
void append_written(sd_bus_message *m, const char *types, const char *const *args, const char *directory);
