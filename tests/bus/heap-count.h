/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* What stands in the file that heap-count writes. */
typedef struct HeapCount {
        _Atomic int64_t bytes;  /* usable, of all blocks */
        _Atomic int64_t blocks; /* allocated and not freed */
} HeapCount;
