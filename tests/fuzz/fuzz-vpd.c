/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_vpd.h"

/* What a card says of itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = nodedev_def_new();
        NodeDevCap *cap = arena_new0(def->arena, NodeDevCap);
        NodeDevPart *part = arena_new0(def->arena, NodeDevPart);
        g_autofree char *xml = NULL;

        def_put(&cap->vendor, id, 1);
        def_put(&cap->product, id, 1);
        def_put(cap, domain, 0);
        def_put(cap, bus, 0);
        def_put(cap, slot, 0);
        def_put(cap, function, 0);
        cap->type = NODEDEV_CAP_PCI;
        def_append(def->arena, &def->caps, cap);
        if (nodedev_vpd_parse(data, size, def->arena, part)) {
                g_assert(part->fields.n > 0);
                def_append(def->arena, &cap->parts, part);
        }
        g_assert(nodedev_def_seal(def, NULL, NULL) >= 0);
        xml = nodedev_def_format(def, 0);
        return 0;
}
