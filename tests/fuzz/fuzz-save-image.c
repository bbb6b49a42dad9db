/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save_image.h"

#include <string.h>

/* A file that is said to be a saved machine: whoever may restore names any file of the host. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(qemu_save_image_freep) QemuSaveImage *image = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        if (qemu_save_image_decode(data, size, "/f", &image, NULL) < 0)
                return 0;
        g_assert(image->size <= size);
        g_assert(strlen(image->xml) < size);
        g_assert(image->format < _QEMU_SAVE_FORMAT_MAX);
        if (qemu_save_image_parse(image, "/f", &def, NULL) < 0)
                return 0;
        g_assert(def->name && def->uuid);
        /* it may not fit, but must stay whole */
        (void) qemu_save_image_change(image, def, "/f", NULL);
        g_assert(image->size <= size);
        return 0;
}
