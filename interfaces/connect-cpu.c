/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Models of processors, compared and brought to what they have in common; definitions in the hypervisor's own format.
 */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/support.h"
#include "service/call.h"

/* virConnectCompareCPUFlags */
enum {
        COMPARE_FAIL_INCOMPATIBLE = 1 << 0,
        COMPARE_VALIDATE_XML = 1 << 1,
};

/* virConnectBaselineCPUFlags */
enum {
        BASELINE_EXPAND_FEATURES = 1 << 0,
        BASELINE_MIGRATABLE = 1 << 1,
        BASELINE_IGNORE_HOST = 1 << 2,
};

/* More hosts than anybody asks about at once. */
#define CPUS_MAX 256u

static const char *given(const char *s)
{
        return *s ? s : NULL;
}

int connect_get_cpu_model_names(Call *call, Driver *connect, const ConnectGetCPUModelNamesArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree const char **names = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_cpu_models))
                return error_unsupported(error, "virConnectGetCPUModelNames");
        r = connect->info->connect.get_cpu_models(connect, args->arch, &names, error);
        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_append_strv(reply, (char **) names);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int compare(Call *call, Driver *driver, const CpuQuery *query, const char *xml, uint32_t flags, Error *error)
{
        _cleanup_(cpu_features_freep) CpuFeatures *host = NULL;
        _cleanup_(cpu_freep) Cpu *cpu = NULL;
        g_autofree char *missing = NULL;
        CpuCompare result;
        const char *arch;
        int r = cpu_parse(xml, &cpu, error);

        if (r >= 0)
                r = driver->info->connect.get_host_cpu(driver, query, &arch, &host, error);
        if (r < 0)
                return r;
        result = cpu_compare(arch, host, cpu, &missing);
        if (result == CPU_INCOMPATIBLE && (flags & COMPARE_FAIL_INCOMPATIBLE))
                return error_set(error, ERROR_CPU_INCOMPATIBLE, "Host CPU does not provide required features: %s",
                                 missing);
        return call_reply(call, "i", (int32_t) result);
}

int connect_compare_cpu(Call *call, Driver *connect, const ConnectCompareCPUArgs *args, Error *error)
{
        int r = flags_check(args->flags, COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_host_cpu))
                return error_unsupported(error, "virConnectCompareCPU");
        return compare(call, connect, NULL, args->xml_desc, args->flags, error);
}

int connect_compare_hypervisor_cpu(Call *call, Driver *connect, const ConnectCompareHypervisorCPUArgs *args,
                                   Error *error)
{
        const CpuQuery query = { given(args->emulator), given(args->arch), given(args->machine),
                                 given(args->virttype) };
        int r = flags_check(args->flags, COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_host_cpu))
                return error_unsupported(error, "virConnectCompareHypervisorCPU");
        return compare(call, connect, &query, args->xml_cpu, args->flags, error);
}

static void cpus_free(void *data)
{
        cpu_free(data);
}

static int parse_all(const char *const *xml, GPtrArray **ret, Error *error)
{
        g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func(cpus_free);

        for (; *xml; xml++) {
                Cpu *cpu = NULL;
                int r;

                if (cpus->len >= CPUS_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "more than %u processors at once", CPUS_MAX);
                r = cpu_parse(*xml, &cpu, error);
                if (r < 0)
                        return r;
                g_ptr_array_add(cpus, cpu);
        }
        if (cpus->len == 0)
                return error_set(error, ERROR_INVALID_ARG, "no CPUs given");
        *ret = g_steal_pointer(&cpus);
        return 0;
}

static int baseline(Call *call, Driver *driver, const char *const *xml, uint32_t flags, Error *error)
{
        g_autoptr(GPtrArray) cpus = NULL;
        g_autofree char *text = NULL;
        int r = parse_all(xml, &cpus, error);

        if (r < 0)
                return r;
        /* the one feature that keeps a guest where it is */
        if (flags & BASELINE_MIGRATABLE)
                for (guint i = 0; i < cpus->len; i++)
                        cpu_features_remove(((Cpu *) cpus->pdata[i])->features, "invtsc");
        r = driver->info->connect.baseline_cpu(driver, (Cpu *const *) cpus->pdata, cpus->len,
                                               flags & BASELINE_EXPAND_FEATURES, &text, error);
        return r < 0 ? r : call_reply(call, "s", text);
}

int connect_baseline_cpu(Call *call, Driver *connect, const ConnectBaselineCPUArgs *args, Error *error)
{
        int r = flags_check(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.baseline_cpu))
                return error_unsupported(error, "virConnectBaselineCPU");
        return baseline(call, connect, args->xml_cpus, args->flags, error);
}

int connect_baseline_hypervisor_cpu(Call *call, Driver *connect, const ConnectBaselineHypervisorCPUArgs *args,
                                    Error *error)
{
        const CpuQuery query = { given(args->emulator), given(args->arch), given(args->machine),
                                 given(args->virttype) };
        _cleanup_(cpu_features_freep) CpuFeatures *host = NULL;
        const char *arch;
        int r = flags_check(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE | BASELINE_IGNORE_HOST, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_host_cpu))
                return error_unsupported(error, "virConnectBaselineHypervisorCPU");
        /* whether there is such an emulator */
        r = connect->info->connect.get_host_cpu(connect, &query, &arch, &host, error);
        if (r < 0)
                return r;
        return baseline(call, connect, args->xml_cpus, args->flags, error);
}

static int convert(Call *call, Driver *driver, const ConnectDomainXMLToNativeArgs *args, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = domain_def_parse(args->domain_xml, strlen(args->domain_xml), 0, NULL, &def, error);

        if (r < 0)
                return r;
        r = call_job_begin(call, "domain-to-native", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->connect.domain_to_native(driver, args->native_format, def, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

int connect_domain_xml_to_native(Call *call, Driver *connect, const ConnectDomainXMLToNativeArgs *args, Error *error)
{
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.domain_to_native))
                return error_unsupported(error, "virConnectDomainXMLToNative");
        return convert(call, connect, args, error);
}

int connect_domain_xml_from_native(Call *call, Driver *connect, const ConnectDomainXMLFromNativeArgs *args,
                                   Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.domain_from_native))
                return error_unsupported(error, "virConnectDomainXMLFromNative");
        r = call_job_begin(call, "domain-from-native", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->connect.domain_from_native(connect, args->native_format, args->native_config, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}
