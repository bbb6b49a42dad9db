/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices of the host, as the kernel's /sys and udev's database have them. All of it blocks: for workers. */

#include "drivers/model/nodedev_def.h"
#include "service/base/error.h"

/* Name and place of the host as a whole, which all others are in. */
#define NODEDEV_COMPUTER "computer"

/* What there is at a place of /sys. */
typedef struct NodedevFound {
        char *path;      /* without links */
        NodeDevDef *def; /* has a name, but no parent yet, and is not sealed; NULL: nothing that is listed */
} NodedevFound;

NodedevFound *nodedev_found_new(const char *path, NodeDevDef *def);
void nodedev_found_free(void *found);

/* NodedevFound in the order of their paths, so a parent is before its children. Free with g_ptr_array_unref(). */
int nodedev_scan_all(GPtrArray **ret, Error *error);
/* The same of these places, which may be links; each that is given has one that is found, in their order. */
int nodedev_scan_paths(char *const *paths, GPtrArray **ret, Error *error);

/* "mdev_UUID_parent", what is neither letter nor digit written "_". Free with g_free(). */
char *nodedev_mdev_name(const char *uuid, const char *parent_address);
