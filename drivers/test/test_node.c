/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The made-up facts of the pretended host: libvirt's of test:///default, and more that its driver has none of. */

#include "drivers/test/test_host.h"
#include "drivers/test/test_operation.h"

#include <string.h>

#define N_CELLS 2u

const NodeInfo test_host_info = {
        .model = TEST_HOST_ARCH,
        .memory = 3072 * 1024,
        .topology = { .cpus = 16, .mhz = 1400, .nodes = N_CELLS, .sockets = 2, .cores = 2, .threads = 2 },
};

static int get_info(Driver *driver, NodeInfo *ret, Error *error)
{
        *ret = ((const TestDriver *) driver)->node;
        return 0;
}

static int get_cpus(Driver *driver, NodeSet *ret_present, NodeSet *ret_online, Error *error)
{
        int r = node_set_parse("0-7", ret_present);

        g_assert(r >= 0);
        return node_set_parse("0,2,4", ret_online);
}

static int get_cpu_times(Driver *driver, int cpu, NodeCpuTimes *ret, Error *error)
{
        *ret = (NodeCpuTimes) {
                .kernel = UINT64_C(34678723400000),
                .user = UINT64_C(9797400000),
                .idle = UINT64_C(87264900000),
                .iowait = UINT64_C(763600000),
        };
        return 0;
}

static int get_free_memory(Driver *driver, uint64_t *ret, Error *error)
{
        *ret = 3 * 1024 * 1024;
        return 0;
}

static uint32_t get_n_cells(Driver *driver)
{
        return N_CELLS;
}

static int get_cell_free_memory(Driver *driver, uint32_t cell, uint64_t *ret, Error *error)
{
        *ret = (cell + 1) * 2048 * 1024;
        return 0;
}

static int get_free_pages(Driver *driver, uint32_t first, uint32_t n_cells, const uint32_t *sizes, size_t n_sizes,
                          uint64_t *ret, Error *error)
{
        uint64_t x = 6;

        for (size_t i = 0; i < n_cells * n_sizes; i++)
                ret[i] = x = x * 2 + 7;
        return 0;
}

static void get_security_model(Driver *driver, const char **ret_model, const char **ret_doi)
{
        *ret_model = "testSecurity";
        *ret_doi = "";
}

static int get_sysinfo(Driver *driver, Job *job, Error *error)
{
        static const char text[] = "<sysinfo type='smbios'>\n"
                                   "  <bios>\n"
                                   "    <entry name='vendor'>LENOVO</entry>\n"
                                   "    <entry name='version'>G4ETA1WW (2.61 )</entry>\n"
                                   "    <entry name='date'>05/07/2014</entry>\n"
                                   "    <entry name='release'>2.61</entry>\n"
                                   "  </bios>\n"
                                   "</sysinfo>\n";

        job_set_result_text(job, g_strdup(text));
        return test_host_answer(driver, job, error);
}

/* As of a host with an EPYC of the first generation; the certificates are of nobody. */
static int get_sev_info(Driver *driver, Params *ret, Error *error)
{
        g_autofree char *text = g_base64_encode((const guchar *) TEST_HOST_ARCH, strlen(TEST_HOST_ARCH));

        params_add_string(ret, "pdh", text);
        params_add_string(ret, "cert-chain", text);
        params_add_string(ret, "cpu0-id", text);
        params_add_u32(ret, "cbitpos", 47);
        params_add_u32(ret, "reduced-phys-bits", 1);
        params_add_u32(ret, "max-guests", 15);
        params_add_u32(ret, "max-es-guests", 15);
        return 0;
}

static const struct {
        const char *name;
        uint32_t value;
} memory_defaults[] = {
        { "shm_pages_to_scan", 100 },  { "shm_sleep_millisecs", 20 }, { "shm_pages_shared", 0 },
        { "shm_pages_sharing", 0 },    { "shm_pages_unshared", 0 },   { "shm_pages_volatile", 0 },
        { "shm_full_scans", 0 },       { "shm_merge_across_nodes", 1 },
};

/* Those of the kernel's that can be set. */
static const char *const memory_settings[] = {
        "shm_pages_to_scan", "shm_sleep_millisecs", "shm_merge_across_nodes", NULL,
};

static int get_memory_parameters(Driver *driver, Params *ret, Error *error)
{
        const Params *set = ((const TestDriver *) driver)->memory_parameters;

        for (size_t i = 0; i < ELEMENTSOF(memory_defaults); i++) {
                const Param *param = set ? params_find(set, memory_defaults[i].name) : NULL;

                params_add_u32(ret, memory_defaults[i].name, param ? param->u : memory_defaults[i].value);
        }
        return 0;
}

static int set_memory_parameters(Driver *driver, const Params *params, Job *job, Error *error)
{
        TestDriver *test = (TestDriver *) driver;
        Params *changed;
        int r = params_check_names(params, memory_settings, error);

        if (r < 0)
                return r;
        changed = params_new();
        for (const char *const *name = memory_settings; r >= 0 && *name; name++) {
                const Param *old = test->memory_parameters ? params_find(test->memory_parameters, *name) : NULL;
                uint32_t value = old ? old->u : 0;

                r = params_get_u32(params, *name, &value, error);
                if (r > 0 || old)
                        params_add_u32(changed, *name, value);
        }
        if (r < 0) {
                params_free(changed);
                return r;
        }
        params_free(test->memory_parameters);
        test->memory_parameters = changed;
        return test_host_answer(driver, job, error);
}

/* There is room for whatever is asked for. Every pool counts as changed. */
static int alloc_pages(Driver *driver, uint32_t first, uint32_t n_cells, const NodePages *pages, size_t n, bool add,
                       Job *job, Error *error)
{
        job_set_result_object(job, GUINT_TO_POINTER(n_cells * (guint) n), NULL);
        return test_host_answer(driver, job, error);
}

/* It is awake again when the call returns. */
static int suspend(Driver *driver, NodeSuspendTarget target, uint64_t seconds, Job *job, Error *error)
{
        return test_host_answer(driver, job, error);
}

const HostOps test_host_ops = {
        .get_info = get_info,
        .get_cpus = get_cpus,
        .get_cpu_times = get_cpu_times,
        .get_free_memory = get_free_memory,
        .get_n_cells = get_n_cells,
        .get_cell_free_memory = get_cell_free_memory,
        .get_free_pages = get_free_pages,
        .get_security_model = get_security_model,
        .get_sysinfo = get_sysinfo,
        .get_sev_info = get_sev_info,
        .get_memory_parameters = get_memory_parameters,
        .set_memory_parameters = set_memory_parameters,
        .alloc_pages = alloc_pages,
        .suspend = suspend,
};
