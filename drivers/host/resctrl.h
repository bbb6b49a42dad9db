/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Parts of the processors' caches and of the memory's bandwidth that are kept for groups of threads, and what groups
 * use of them (Documentation/x86/resctrl.rst of Linux). A group is a directory of the file system "resctrl"; a monitor
 * is one below "mon_groups", of a group or of those that are in none. All of it blocks: for workers.
 */

#include "service/base/error.h"

#include <sys/types.h>

typedef enum ResctrlScope {
        RESCTRL_BOTH,
        RESCTRL_CODE,
        RESCTRL_DATA,
        _RESCTRL_SCOPE_MAX,
} ResctrlScope;

typedef struct ResctrlCache {
        uint32_t level;
        uint32_t id;
        ResctrlScope scope;
        uint64_t kib;
        const char *place; /* XPath of what asks for it, for errors; borrowed */
} ResctrlCache;

typedef struct ResctrlBandwidth {
        uint32_t node;
        uint32_t percent;
        const char *place;
} ResctrlBandwidth;

typedef struct ResctrlWish {
        const ResctrlCache *caches;
        size_t n_caches;
        const ResctrlBandwidth *bandwidths;
        size_t n_bandwidths;
} ResctrlWish;

typedef struct Resctrl Resctrl;

/* root: "" or where a test has /proc and /sys. ERROR_CONFIG_UNSUPPORTED: it is not mounted on this host. */
int resctrl_open(const char *root, Resctrl **ret, Error *error);
Resctrl *resctrl_free(Resctrl *resctrl);
DEFINE_TRIVIAL_CLEANUP(Resctrl *, resctrl_free)

/*
 * Makes a group with what is wished, of what no other group has; the rest is as those have it that are in no group.
 * ERROR_CONFIG_UNSUPPORTED for what the host has not or has no more of.
 */
int resctrl_create(const Resctrl *resctrl, const char *name, const ResctrlWish *wish, Error *error);
/* group: "" for that of all others. */
int resctrl_create_monitor(const Resctrl *resctrl, const char *group, const char *name, Error *error);
/* "NAME", "NAME/mon_groups/NAME", "mon_groups/NAME". Free with g_free(). */
char *resctrl_monitor_path(const char *group, const char *name);
/* 1 when the thread has ended meanwhile. path is that of a group or of a monitor. */
int resctrl_add_thread(const Resctrl *resctrl, const char *path, pid_t tid, Error *error);
/* With the monitors in it; its threads are in no group then. What is not there is no error. */
int resctrl_remove(const Resctrl *resctrl, const char *path, Error *error);

/* What a group uses of one cache, or of the memory behind it. */
typedef struct ResctrlUse {
        uint32_t id;
        bool has_cache, has_memory;
        uint64_t cache;        /* bytes */
        uint64_t memory_total; /* bytes since the group was made */
        uint64_t memory_local;
} ResctrlUse;

/* Of caches of level 3, in their order. An array of ResctrlUse, the caller's; NULL: the host does not tell. */
GArray *resctrl_read(const Resctrl *resctrl, const char *path);
