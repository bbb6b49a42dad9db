/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Huge pages, and the merging of equal ones (KSM): Documentation/admin-guide/mm of the kernel. */

#include "drivers/host/node.h"

#include <string.h>

#define NODE_DIR "sys/devices/system/node"
#define KSM_DIR "sys/kernel/mm/ksm"

static int read_number(const char *root, const char *name, uint64_t *ret, Error *error)
{
        g_autofree char *text = NULL;
        int r = node_read_text(root, name, &text, error);

        if (r < 0)
                return r;
        r = parse_u64(g_strchomp(text), ret);
        return r < 0 ? error_set_errno(error, r, "/%s is not a number", name) : 0;
}

/* Such files take one write(2). */
static int write_number(const char *root, const char *name, uint64_t value, Error *error)
{
        g_autofree char *path = g_build_filename(root, name, NULL);
        g_autofree char *text = g_strdup_printf("%" PRIu64, value);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);

        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                return error_set_errno(error, errno, "cannot write '%s' to %s", text, path);
        return 0;
}

static uint32_t base_page_kib(void)
{
        return (uint32_t) (sysconf(_SC_PAGESIZE) / 1024);
}

static int check_cells(const char *root, uint32_t first, uint32_t n_cells, Error *error)
{
        uint32_t n = node_count_cells(root);

        if (first >= n)
                return error_set(error, ERROR_INTERNAL, "start cell %u out of range (0-%u)", first, n - 1);
        if (n_cells > n - first)
                return error_set(error, ERROR_INVALID_ARG, "there are %u NUMA nodes, not %u from number %u on", n,
                                 n_cells, first);
        return 0;
}

static char *pool_file(uint32_t cell, uint32_t size, const char *leaf)
{
        return g_strdup_printf(NODE_DIR "/node%u/hugepages/hugepages-%ukB/%s", cell, size, leaf);
}

static int read_pool(const char *root, uint32_t cell, uint32_t size, const char *leaf, uint64_t *ret, Error *error)
{
        g_autofree char *name = pool_file(cell, size, leaf);
        _cleanup_error_ Error unreadable = ERROR_INIT;
        int r = read_number(root, name, ret, &unreadable);

        if (r != -ENOENT) {
                error_move(error, &unreadable);
                return r;
        }
        return error_set(error, ERROR_OPERATION_FAILED, "page size %u is not available on node %u", size, cell);
}

int node_read_free_pages(const char *root, uint32_t first, uint32_t n_cells, const uint32_t *sizes, size_t n_sizes,
                         uint64_t *ret, Error *error)
{
        int r = check_cells(root, first, n_cells, error);

        for (uint32_t cell = first; r >= 0 && cell < first + n_cells; cell++)
                for (size_t i = 0; r >= 0 && i < n_sizes; i++, ret++) {
                        NodeMemory memory;

                        if (sizes[i] != base_page_kib()) {
                                r = read_pool(root, cell, sizes[i], "free_hugepages", ret, error);
                                continue;
                        }
                        r = node_read_memory(root, (int) cell, &memory, error);
                        if (r >= 0)
                                *ret = memory.free / sizes[i];
                }
        return r;
}

static int alloc_one(const char *root, uint32_t cell, const NodePages *pages, bool add, Error *error)
{
        g_autofree char *name = pool_file(cell, pages->size, "nr_hugepages");
        uint64_t before, after, wanted = pages->count;
        int r;

        if (pages->size == base_page_kib())
                return error_set(error, ERROR_OPERATION_INVALID, "system pages pool can't be modified");
        r = read_pool(root, cell, pages->size, "nr_hugepages", &before, error);
        if (r < 0)
                return r;
        if (add)
                wanted += before;
        r = write_number(root, name, wanted, error);
        if (r >= 0)
                r = read_number(root, name, &after, error);
        if (r < 0)
                return r;
        /* the kernel gives as many as it can */
        if (after != wanted)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "Unable to allocate %" PRIu64 " pages. Allocated only %" PRIu64, pages->count,
                                 after - MIN(before, after));
        return 0;
}

int node_alloc_pages(const char *root, uint32_t first, uint32_t n_cells, const NodePages *pages, size_t n, bool add,
                     uint32_t *ret, Error *error)
{
        uint32_t n_changed = 0;
        int r = check_cells(root, first, n_cells, error);

        for (uint32_t cell = first; r >= 0 && cell < first + n_cells; cell++)
                for (size_t i = 0; r >= 0 && i < n; i++) {
                        r = alloc_one(root, cell, pages + i, add, error);
                        n_changed += r >= 0;
                }
        if (r < 0)
                return r;
        *ret = n_changed;
        return 0;
}

/* libvirt's names (VIR_NODE_MEMORY_SHARED_*) and the kernel's. */
static const struct {
        const char *name, *file;
        ParamType type;
        bool writable;
} memory_parameters[] = {
        { "shm_pages_to_scan", "pages_to_scan", PARAM_UINT32, true },
        { "shm_sleep_millisecs", "sleep_millisecs", PARAM_UINT32, true },
        { "shm_pages_shared", "pages_shared", PARAM_UINT64, false },
        { "shm_pages_sharing", "pages_sharing", PARAM_UINT64, false },
        { "shm_pages_unshared", "pages_unshared", PARAM_UINT64, false },
        { "shm_pages_volatile", "pages_volatile", PARAM_UINT64, false },
        { "shm_full_scans", "full_scans", PARAM_UINT64, false },
        { "shm_merge_across_nodes", "merge_across_nodes", PARAM_UINT32, true },
};

int node_read_memory_parameters(const char *root, Params *ret, Error *error)
{
        for (size_t i = 0; i < ELEMENTSOF(memory_parameters); i++) {
                g_autofree char *name = g_strconcat(KSM_DIR "/", memory_parameters[i].file, NULL);
                uint64_t value;

                /* a kernel without KSM has none of them, an old one not all */
                if (read_number(root, name, &value, NULL) < 0)
                        continue;
                if (memory_parameters[i].type == PARAM_UINT32)
                        params_add_u32(ret, memory_parameters[i].name, (uint32_t) value);
                else
                        params_add_u64(ret, memory_parameters[i].name, value);
        }
        if (ret->n == 0)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "the kernel of the host does not merge pages");
        return 0;
}

static const char *writable_file(const Param *param)
{
        for (size_t i = 0; i < ELEMENTSOF(memory_parameters); i++)
                if (memory_parameters[i].writable && streq(memory_parameters[i].name, param->name))
                        return memory_parameters[i].file;
        return NULL;
}

int node_write_memory_parameters(const char *root, const Params *params, Error *error)
{
        for (size_t i = 0; i < params->n; i++) {
                const Param *param = params->items + i;

                if (!writable_file(param))
                        return error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported", param->name);
                if (param->type != PARAM_UINT32)
                        return error_set(error, ERROR_INVALID_ARG, "invalid type for parameter '%s', expected 'uint'",
                                         param->name);
        }
        for (size_t i = 0; i < params->n; i++) {
                const Param *param = params->items + i;
                g_autofree char *name = g_strconcat(KSM_DIR "/", writable_file(param), NULL);
                int r = write_number(root, name, param->u, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
