/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include <fcntl.h>
#include <sys/mman.h>

#define WIDTH 320u
#define HEIGHT 200u

/* A picture of nothing, another one for each domain: colours that run across it. */
static char *paint(const Domain *domain, size_t *ret_size)
{
        unsigned shade = g_str_hash(domain->uuid);
        GString *out = g_string_new(NULL);

        g_string_append_printf(out, "P6\n%u %u\n255\n", WIDTH, HEIGHT);
        for (unsigned y = 0; y < HEIGHT; y++)
                for (unsigned x = 0; x < WIDTH; x++) {
                        const char pixel[] = { (char) (x + shade), (char) (y + (shade >> 8)), (char) (x ^ y) };

                        g_string_append_len(out, pixel, sizeof(pixel));
                }
        *ret_size = out->len;
        return g_string_free(out, FALSE);
}

int test_domain_screenshot(Domain *domain, uint32_t screen, Job *job, Error *error)
{
        g_autofree char *picture = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        if (screen > 0)
                return error_set(error, ERROR_INVALID_ARG, "there is no screen %" PRIu32, screen);
        picture = paint(domain, &size);
        fd = memfd_create("screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        r = write_all(fd, picture, size);
        if (r < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
                return error_set_errno(error, r < 0 ? r : errno, "cannot write a file in memory");
        job_set_result_text(job, g_strdup("image/x-portable-pixmap"));
        job_set_result_fd(job, TAKE_FD(fd));
        return 0;
}
