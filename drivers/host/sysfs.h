/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A directory of /sys, read and written beneath its descriptor. Attributes may take their time: for workers. */

#include "service/base/error.h"

/* A line without the blanks around it; NULL when there is none, or it is empty. Free with g_free(). */
char *sysfs_text(int fd, const char *name);
/* base 16 takes "0x8086", too. */
bool sysfs_number(int fd, const char *name, unsigned base, uint64_t *ret);
/* The last word of where a link leads to; NULL: there is none. Free with g_free(). */
char *sysfs_link(int fd, const char *name);
/* The names in a directory below that begin with the prefix, sorted as versions; NULL: there are none. */
char **sysfs_list(int fd, const char *name, const char *prefix);

/* The text of one write, as the kernel wants it. path stands in errors. */
int sysfs_write(int fd, const char *name, const char *value, const char *path, Error *error);
