/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a file "schemata" of resctrl says: for each resource ("L3", "L3CODE", "MB") and each domain of the host that has
 * one, a mask of a cache's parts, or a percentage. Reads no files.
 */

#include "drivers/host/resctrl.h"

typedef struct ResctrlDomain {
        uint32_t id;
        uint64_t value;
} ResctrlDomain;

typedef struct ResctrlLine {
        char *resource;
        bool percent; /* its values are decimal */
        GArray *domains; /* of ResctrlDomain */
} ResctrlLine;

/* A list of ResctrlLine. */
typedef GPtrArray ResctrlSchema;

ResctrlSchema *resctrl_schema_parse(const char *text);
/* As the kernel takes it. Free with g_free(). */
char *resctrl_schema_to_text(const ResctrlSchema *schema);
/* Borrowed, or NULL. */
ResctrlDomain *resctrl_schema_find(const ResctrlSchema *schema, const char *resource, uint32_t id);
/* Takes away what the other one has of caches. */
void resctrl_schema_subtract_caches(ResctrlSchema *schema, const ResctrlSchema *other);
/* Takes percentages away, down to nothing. */
void resctrl_schema_subtract_percents(ResctrlSchema *schema, const ResctrlSchema *other);

/* The lowest n neighbours among the bits of the mask; 0: there are none. */
uint64_t resctrl_find_bits(uint64_t mask, unsigned n);
