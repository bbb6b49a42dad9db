/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/transfer.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_EVERY_USEC (200 * USEC_PER_MSEC)

/* "vol.img: 12 MiB of 1 GiB", in the place of the line before. */
static void print_line(const char *what, uint64_t bytes, uint64_t total)
{
        g_autofree char *done = text_size_kib(bytes / 1024), *all = total > 0 ? text_size_kib(total / 1024) : NULL;

        fprintf(stderr, "\r\x1b[K%s: %s%s%s", what, done, all ? " of " : "", strempty(all));
        (void) fflush(stderr);
}

int transfer_run(int from, int to, uint64_t total, const char *what, bool progress, uint64_t *ret_bytes,
                 Failure *failure)
{
        enum { BUFFER = 256 * 1024 };
        g_autofree char *buffer = g_malloc(BUFFER);
        uint64_t bytes = 0, next = now_usec() + USEC_PER_SEC;
        bool shown = false;
        ssize_t n;
        int r = 0;

        while (r >= 0 && ((n = read(from, buffer, BUFFER)) > 0 || (n < 0 && errno == EINTR))) {
                if (n < 0)
                        continue;
                r = write_all(to, buffer, (size_t) n);
                bytes += (uint64_t) n;
                if (progress && now_usec() >= next) {
                        print_line(what, bytes, total);
                        shown = true;
                        next = now_usec() + PROGRESS_EVERY_USEC;
                }
        }
        if (r >= 0 && n < 0)
                r = -errno;
        if (shown)
                fputs("\r\x1b[K", stderr);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED,
                                   "%s: the transfer broke off after %" PRIu64 " bytes: %s",
                                   what, bytes, g_strerror(-r));
        *ret_bytes = bytes;
        return 0;
}
