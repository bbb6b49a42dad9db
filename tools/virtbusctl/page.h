/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The service's paged lists, List…Detailed: all pages as one array of objects. */

#include "tools/virtbusctl/ctl.h"

/* Where the list is: a member of an interface of the object. */
typedef struct PageSource {
        const char *path;
        const char *interface;
        const char *member;
        const char *const *fields; /* properties wanted; ends with NULL */
        /* Appends more options, "{sv}" each; may be NULL. */
        int (*append)(sd_bus_message *m, const void *userdata);
        const void *userdata;
} PageSource;

/* Adds a JsonObject for each object: its properties under text_key()s, and "object_path". */
int page_fetch_all(Ctl *ctl, const PageSource *source, GPtrArray *objects, Failure *failure);
