/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Block devices of the host. All of it blocks. */

#include "service/base/error.h"

/* What stands on it, by libblkid's words ("ext4", "gpt"); NULL: nothing that is known. Free with g_free(). */
int storage_device_probe(const char *path, char **ret, Error *error);

/*
 * The name in the directory ("/dev/disk/by-path") that means the device which the kernel calls so ("sda"), or that of
 * the kernel. Free with g_free().
 */
char *storage_device_path(const char *dir, const char *name);
