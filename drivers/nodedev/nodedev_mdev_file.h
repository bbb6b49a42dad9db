/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Definitions of mediated devices, as mdevctl(8) keeps them: DIR/PARENT/UUID, in JSON, PARENT being what the parent is
 * called in /sys. mdevctl's own rule of udev starts those that say "auto" when their parent appears. All of it blocks:
 * for workers.
 */

#include "drivers/model/nodedev_def.h"
#include "service/base/error.h"

#define NODEDEV_MDEV_DIR "/etc/mdevctl.d"

typedef struct NodedevMdevFile {
        NodeDevDef *def; /* named, and not sealed; its parent is to be found by its address */
        bool autostart;
} NodedevMdevFile;

void nodedev_mdev_file_free(void *file);

/* What a file says. */
int nodedev_mdev_file_parse(const char *text, const char *uuid, const char *parent, NodedevMdevFile **ret,
                            Error *error);
/* Free with g_free(). */
char *nodedev_mdev_file_format(const NodeDevDef *def, bool autostart);

/* NodedevMdevFile of all there are; what cannot be read is logged. Free with g_ptr_array_unref(). */
GPtrArray *nodedev_mdev_file_load(const char *dir);
/* Durable. */
int nodedev_mdev_file_write(const char *dir, const char *parent, const char *uuid, const char *text, Error *error);
int nodedev_mdev_file_remove(const char *dir, const char *parent, const char *uuid, Error *error);
