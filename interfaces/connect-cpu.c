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

/* The processors that a call is about, while the hypervisor is asked. */
typedef struct Question {
        GPtrArray *cpus;
        uint32_t flags;
} Question;

static void question_free(void *data)
{
        Question *question = data;

        g_clear_pointer(&question->cpus, g_ptr_array_unref);
        g_free(question);
}

static void cpus_free(void *data)
{
        cpu_free(data);
}

static int parse_all(const char *const *xml, CpuKind kind, bool strict, GPtrArray **ret, Error *error)
{
        g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func(cpus_free);

        for (; *xml; xml++) {
                Cpu *cpu = NULL;
                int r;

                if (cpus->len >= CPUS_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "more than %u processors at once", CPUS_MAX);
                r = cpu_parse(*xml, kind, strict, &cpu, error);
                if (r < 0)
                        return r;
                g_ptr_array_add(cpus, cpu);
        }
        if (cpus->len == 0)
                return error_set(error, ERROR_INVALID_ARG, "No CPUs given");
        *ret = g_steal_pointer(&cpus);
        return 0;
}

/* Asks what the hypervisor has for its guests, and answers then. */
static int ask_hypervisor(Call *call, Driver *driver, const CpuQuery *query, const char *const *xml, bool strict,
                          uint32_t flags, CallJobReply reply, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        g_autoptr(GPtrArray) cpus = NULL;
        Question *question;
        int r = parse_all(xml, CPU_EITHER, strict, &cpus, error);

        if (r >= 0)
                r = call_job_begin(call, "hypervisor-cpu", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        question = g_new0(Question, 1);
        question->cpus = g_steal_pointer(&cpus);
        question->flags = flags;
        call_set_data(call, question, question_free);
        r = driver->info->connect.get_hypervisor_cpu(driver, query, job, error);
        return call_job_end(call, job, r, reply, error);
}

/* Comparison */

static int compare(Call *call, const CpuHost *host, const Cpu *cpu, uint32_t flags, Error *error)
{
        g_autofree char *reason = NULL;
        int r = cpu_compare(host, cpu, &reason, error);

        if (r < 0)
                return r;
        if (r == CPU_INCOMPATIBLE && (flags & COMPARE_FAIL_INCOMPATIBLE))
                return error_set(error, ERROR_CPU_INCOMPATIBLE, "%s", reason);
        return call_reply(call, "i", (int32_t) r);
}

int connect_compare_cpu(Call *call, Driver *connect, const ConnectCompareCPUArgs *args, Error *error)
{
        _cleanup_(cpu_host_freep) CpuHost *host = NULL;
        _cleanup_(cpu_freep) Cpu *cpu = NULL;
        int r = flags_check(args->flags, COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_host_cpu))
                return error_unsupported(error, "virConnectCompareCPU");
        r = cpu_parse(args->xml_desc, CPU_EITHER, args->flags & COMPARE_VALIDATE_XML, &cpu, error);
        if (r >= 0)
                r = connect->info->connect.get_host_cpu(connect, NULL, &host, error);
        return r < 0 ? r : compare(call, host, cpu, args->flags, error);
}

static int reply_comparison(Call *call, Job *job, Error *error)
{
        const Question *question = call_data(call);
        const CpuHost *host = job_result_object(job);

        if (cpu_features_is_empty(&host->features))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "the emulator does not report what its guests can have");
        return compare(call, host, question->cpus->pdata[0], question->flags, error);
}

int connect_compare_hypervisor_cpu(Call *call, Driver *connect, const ConnectCompareHypervisorCPUArgs *args,
                                   Error *error)
{
        const CpuQuery query = { given(args->emulator), given(args->arch), given(args->machine),
                                 given(args->virttype) };
        const char *const xml[] = { args->xml_cpu, NULL };
        int r = flags_check(args->flags, COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_hypervisor_cpu))
                return error_unsupported(error, "virConnectCompareHypervisorCPU");
        return ask_hypervisor(call, connect, &query, xml, args->flags & COMPARE_VALIDATE_XML, args->flags,
                              reply_comparison, error);
}

/* What several have in common */

static int baseline(Call *call, const GPtrArray *cpus, const CpuHost *host, uint32_t flags, Error *error)
{
        CpuBaselineFlags how = (flags & BASELINE_EXPAND_FEATURES ? CPU_BASELINE_EXPAND : 0) |
                               (flags & BASELINE_MIGRATABLE ? CPU_BASELINE_MIGRATABLE : 0);
        g_autofree char *text = NULL;
        int r = cpu_baseline((Cpu *const *) cpus->pdata, cpus->len, host, how, &text, error);

        return r < 0 ? r : call_reply(call, "s", text);
}

int connect_baseline_cpu(Call *call, Driver *connect, const ConnectBaselineCPUArgs *args, Error *error)
{
        g_autoptr(GPtrArray) cpus = NULL;
        int r = flags_check(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_host_cpu))
                return error_unsupported(error, "virConnectBaselineCPU");
        r = parse_all(args->xml_cpus, CPU_HOST, false, &cpus, error);
        return r < 0 ? r : baseline(call, cpus, NULL, args->flags, error);
}

static int reply_baseline(Call *call, Job *job, Error *error)
{
        const Question *question = call_data(call);

        return baseline(call, question->cpus, job_result_object(job), question->flags, error);
}

int connect_baseline_hypervisor_cpu(Call *call, Driver *connect, const ConnectBaselineHypervisorCPUArgs *args,
                                    Error *error)
{
        const CpuQuery query = { given(args->emulator), given(args->arch), given(args->machine),
                                 given(args->virttype) };
        int r = flags_check(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE | BASELINE_IGNORE_HOST, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_hypervisor_cpu))
                return error_unsupported(error, "virConnectBaselineHypervisorCPU");
        return ask_hypervisor(call, connect, &query, args->xml_cpus, false, args->flags, reply_baseline, error);
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
