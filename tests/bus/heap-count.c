/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Counts what a program has allocated and not freed, for whoever looks from outside: to be preloaded. The resident
 * memory tells how torn the heap is as well; this tells whether anything is kept.
 *
 * The counts are in the file $HEAP_COUNT (see heap-count.h), of the program that is called $HEAP_COUNT_PROGRAM: its
 * children inherit the environment. glibc only; not with sanitizers, which have an allocator of their own.
 */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bus/heap-count.h"

/* What glibc's own functions are called beneath the names that are taken here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

#define EXPORT __attribute__((visibility("default")))

/* Until the file is there, and in programs that are not counted. */
static HeapCount unseen;
static HeapCount *count = &unseen;

static void *note_new(void *block)
{
        if (block) {
                atomic_fetch_add(&count->bytes, (int64_t) malloc_usable_size(block));
                atomic_fetch_add(&count->blocks, 1);
        }
        return block;
}

static void note_gone(int64_t bytes)
{
        atomic_fetch_sub(&count->bytes, bytes);
        atomic_fetch_sub(&count->blocks, 1);
}

EXPORT void *malloc(size_t size)
{
        return note_new(__libc_malloc(size));
}

EXPORT void *calloc(size_t n, size_t size)
{
        return note_new(__libc_calloc(n, size));
}

EXPORT void *realloc(void *block, size_t size)
{
        int64_t bytes = block ? (int64_t) malloc_usable_size(block) : 0;
        void *moved = __libc_realloc(block, size);

        if (block && (moved || size == 0))
                note_gone(bytes);
        return note_new(moved);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
        return note_new(__libc_memalign(alignment, size));
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
        return note_new(__libc_memalign(alignment, size));
}

EXPORT int posix_memalign(void **ret, size_t alignment, size_t size)
{
        void *block = note_new(__libc_memalign(alignment, size));

        if (!block)
                return ENOMEM;
        *ret = block;
        return 0;
}

EXPORT void free(void *block)
{
        if (block)
                note_gone((int64_t) malloc_usable_size(block));
        __libc_free(block);
}

static void __attribute__((constructor)) begin(void)
{
        const char *path = getenv("HEAP_COUNT"), *program = getenv("HEAP_COUNT_PROGRAM");
        HeapCount *seen = MAP_FAILED;
        int fd;

        if (!path || !program || strcmp(program, program_invocation_short_name) != 0)
                return;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
                return;
        if (ftruncate(fd, sizeof(HeapCount)) == 0)
                seen = mmap(NULL, sizeof(HeapCount), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void) close(fd);
        if (seen == MAP_FAILED)
                return;
        atomic_store(&seen->bytes, atomic_load(&unseen.bytes));
        atomic_store(&seen->blocks, atomic_load(&unseen.blocks));
        count = seen;
}
