/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_private.h"

#include <stdio.h>

static int copy_all(const char *from, const char *to, Error *error)
{
        _cleanup_close_ int from_fd = -EBADF, to_fd = -EBADF;
        g_auto(GStrv) names = NULL;
        int r;

        from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (from_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", from);
        r = store_open_dir(to, 0700, &to_fd, error);
        if (r >= 0)
                r = store_list(from_fd, ".xml", &names, error);
        for (unsigned i = 0; r >= 0 && names[i]; i++) {
                g_autofree char *text = NULL;
                size_t size = 0;

                r = store_read(from_fd, names[i], NAMED_DEFINITION_MAX, &text, &size, error);
                if (r >= 0)
                        r = store_write(to_fd, names[i], text, size, STORE_DURABLE, error);
        }
        return r;
}

int nwfilter_predefine(const char *config_dir, const char *from, Error *error)
{
        g_autofree char *dir = g_build_filename(config_dir, "nwfilter", NULL);
        g_autofree char *unfinished = g_build_filename(config_dir, "nwfilter.new", NULL);
        int r;

        if (access(dir, F_OK) == 0 || access(from, F_OK) < 0)
                return 0;
        /* whoever removes some of them afterwards does not get them back: they are the administrator's */
        r = copy_all(from, unfinished, error);
        if (r >= 0 && rename(unfinished, dir) < 0)
                r = error_set_errno(error, errno, "cannot rename directory '%s'", unfinished);
        return r < 0 ? r : 0;
}
