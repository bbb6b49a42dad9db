/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/image.h"

#include <string.h>

/* The header of an image, and the path that its backing file means. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(image_info_clear) ImageInfo info = {};
        g_autofree char *path = NULL;

        if (image_parse_qcow2(data, size, &info, NULL) < 0)
                return 0;
        g_assert(info.size <= INT64_MAX);
        g_assert(!info.backing_file || strlen(info.backing_file) <= IMAGE_NAME_MAX);
        g_assert(!info.backing_format || g_utf8_validate(info.backing_format, -1, NULL));
        if (info.backing_file && image_backing_path("/pool/image", info.backing_file, &path, NULL) >= 0)
                g_assert(path[0] == '/');
        return 0;
}
