/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lists of the objects of a kind, built a slice per turn of the loop: who comes or goes meanwhile does not disturb the
 * rest. A kind says in one ListInfo what libvirt's flags for its list mean.
 */

#include "service/call.h"

typedef struct ListInfo {
        ObjectType type;
        const char *function; /* what libvirt calls the list, for drivers without the kind */
        /*
         * Flags of one group add up, groups narrow each other down; a group without any flag does not count. Flags in
         * no group are not known.
         */
        const uint32_t *groups;
        size_t n_groups;
        /* The flags that are true of the object; NULL: there are no groups. */
        uint32_t (*facts)(const Object *object);
        /* The flags that the option "active" of a detailed list stands for; 0: it has no such option. */
        uint32_t active, inactive;
        /*
         * For its option "state": the value of a word (negative: there is none), and of an object. NULL: no such
         * option.
         */
        int (*state_from_string)(const char *word);
        int (*state)(const Object *object);
        /* What an object is part of, for kinds of whose keys that is no beginning; NULL: nothing. */
        const Object *(*whole)(const Object *object);
} ListInfo;

/*
 * within: only objects whose key begins so ("UUID/": those in another), NULL: all. ERROR_INVALID_ARG for unknown flags,
 * ERROR_NO_SUPPORT when the driver has none of the kind.
 */
int list_reply_paths(Call *call, const ListInfo *info, uint32_t flags, const char *within, Error *error);

/*
 * "a(oa{sv})s": a page of paths and properties, and where the next one begins. Options of all kinds: limit u, after s,
 * fields as, flags u, name-prefix s.
 */
int list_reply_details(Call *call, const ListInfo *info, const Params *options, const char *within, Error *error);

/* The same of the parts of a whole, for a kind that says what that is. */
int list_reply_paths_of(Call *call, const ListInfo *info, uint32_t flags, Object *whole, Error *error);
int list_reply_details_of(Call *call, const ListInfo *info, const Params *options, Object *whole, Error *error);

/* The same with something else of each object. visit() counts what it appends (call_reply_grow()). */
typedef int (*ListVisit)(Call *call, sd_bus_message *reply, Object *object, void *data, Error *error);
/* An array of contents. data is taken over, and destroyed also on failure. */
int list_reply_visit(Call *call, const ListInfo *info, uint32_t flags, const char *contents, ListVisit visit,
                     void *data, GDestroyNotify destroy, Error *error);
