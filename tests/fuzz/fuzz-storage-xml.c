/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Definitions of pools, of volumes in pools of every type, and of devices, from anybody: read, printed, read again. */

#include "drivers/model/nodedev_def.h"
#include "drivers/model/storage_vol_def.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void broken(const char *what)
{
        fprintf(stderr, "%s\n", what);
        abort();
}

#define CHECK(name, Type, flags)                                                                    \
        static void check_##name(const char *data, size_t size)                                     \
        {                                                                                           \
                _cleanup_(name##_unrefp) Type *def = NULL, *again = NULL, *copy = NULL;             \
                g_autofree char *once = NULL, *twice = NULL;                                        \
                                                                                                    \
                if (name##_parse(data, size, flags, NULL, &def, NULL) < 0)                          \
                        return;                                                                     \
                once = name##_format(def, DEF_FORMAT_SECURE);                                       \
                if (name##_parse(once, strlen(once), (flags) | DEFINITION_PARSE_STORED, NULL, &again, NULL) < 0) \
                        broken("our own output cannot be read");                                    \
                twice = name##_format(again, DEF_FORMAT_SECURE);                                    \
                copy = name##_copy(def);                                                            \
                if (!streq(once, twice) || !name##_equal(def, copy))                                \
                        broken("reading back or copying makes a difference");                       \
                if (name##_seal(copy, NULL, NULL) < 0)                                              \
                        broken("a copy is refused");                                                \
        }

CHECK(storage_pool_def, StoragePoolDef, 0)
CHECK(storage_vol_def, StorageVolDef, DEFINITION_PARSE_LIVE)
CHECK(nodedev_def, NodeDevDef, DEFINITION_PARSE_LIVE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *) data;

        check_storage_pool_def(text, size);
        check_storage_vol_def(text, size);
        check_nodedev_def(text, size);
        for (StoragePoolType type = 1; type < _STORAGE_POOL_TYPE_MAX; type++) {
                _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
                _cleanup_(storage_pool_def_unrefp) StoragePoolDef *source = NULL;

                if (storage_vol_def_parse_in(type, text, size, 0, NULL, &def, NULL) >= 0)
                        g_free(storage_vol_def_format(def, 0));
                (void) storage_pool_source_parse(type, text, size, &source, NULL);
        }
        return 0;
}
