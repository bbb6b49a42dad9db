/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* "Penryn/Intel +aes -vme ?avx !svm =x2apic": model, vendor, features with their policies. */
static char *element_of(const char *words, const char *attributes, bool host)
{
        static const struct {
                char sign;
                const char *policy;
        } policies[] = {
                { '+', "require" }, { '-', "disable" }, { '?', "optional" }, { '!', "forbid" }, { '=', "force" },
        };
        g_auto(GStrv) parts = g_strsplit(words, " ", -1);
        g_auto(GStrv) names = g_strsplit(parts[0], "/", 2);
        GString *xml = g_string_new(NULL);

        g_string_printf(xml, "<cpu %s>%s<model>%s</model>", attributes, host ? "<arch>x86_64</arch>" : "", names[0]);
        if (names[1])
                g_string_append_printf(xml, "<vendor>%s</vendor>", names[1]);
        for (char **part = parts + 1; *part; part++)
                for (size_t i = 0; i < ELEMENTSOF(policies); i++)
                        if (policies[i].sign == **part)
                                g_string_append_printf(xml, "<feature policy='%s' name='%s'/>", policies[i].policy,
                                                       *part + 1);
        g_string_append(xml, "</cpu>");
        return g_string_free(xml, FALSE);
}

static Cpu *parse(const char *words, const char *attributes, bool host)
{
        g_autofree char *xml = element_of(words, attributes, host);
        _cleanup_error_ Error error = ERROR_INIT;
        Cpu *cpu = NULL;

        if (cpu_parse(xml, host ? CPU_HOST : CPU_EITHER, false, &cpu, &error) < 0)
                fail_msg("%s: %s", xml, strempty(error.detail));
        return cpu;
}

static CpuFeatures features_of(const char *words)
{
        g_auto(GStrv) parts = g_strsplit(words, " ", -1);
        CpuFeatures features = {};

        for (char **part = parts; *part; part++)
                if (!isempty(*part) && !cpu_features_add(&features, *part))
                        fail_msg("%s", *part);
        return features;
}

static CpuHost host_of(const char *model, const char *vendor, const char *more)
{
        CpuHost host = { .arch = "x86_64", .features = cpu_model_features(cpu_model_find(model)) };
        const CpuFeatures beside = features_of(more);

        cpu_features_unite(&host.features, &beside);
        host.features.vendor = vendor;
        return host;
}

/* "allow Penryn/Intel +aes -vme", or code and text of the error. */
static char *baseline(const char *list, const CpuHost *host, CpuBaselineFlags flags)
{
        g_auto(GStrv) words = g_strsplit(list, ", ", -1);
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;
        Cpu *cpus[8] = {};
        size_t n = 0;
        int r;

        for (; words[n]; n++)
                cpus[n] = parse(words[n], "", !host);
        r = cpu_baseline(cpus, n, host, flags, &text, &error);
        while (n > 0)
                cpu_free(cpus[--n]);
        return r < 0 ? g_strdup_printf("%d %s", error.code, error.detail) : g_steal_pointer(&text);
}

static char *shortened(const char *answer)
{
        static const struct {
                const char *from, *to;
        } steps[] = {
                { "<cpu mode='custom' match='exact'>\n", "" }, { "</cpu>\n", "" },
                { "  <model fallback='forbid'>", "forbid " },  { "  <model fallback='allow'>", "allow " },
                { "</model>\n  <vendor>", "/" },               { "</vendor>\n", "" }, { "</model>\n", "" },
                { "  <feature policy='require' name='", " +" }, { "  <feature policy='disable' name='", " -" },
                { "'/>\n", "" },
        };
        GString *text = g_string_new(answer);

        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                g_string_replace(text, steps[i].from, steps[i].to, 0);
        return g_string_free(text, FALSE);
}

/* What libvirt 9.0.0 answers: asked with virConnectBaselineCPU, with the flags that have the same numbers. */
static void test_baseline(void **state)
{
        static const struct {
                const char *why;
                CpuBaselineFlags flags;
                const char *cpus, *answer;
        } rows[] = {
                { "a model by itself", 0,
                  "Nehalem",
                  "forbid Nehalem" },
                { "a model that nobody is said by: the nearest one", 0,
                  "cpu64-rhel6",
                  "allow kvm64 +lahf_lm" },
                { "one that no guest is said by", 0,
                  "Skylake-Server-noTSX-IBRS",
                  "allow Skylake-Server-IBRS -hle -rtm" },
                { "what the model had once is ruled out", 0,
                  "Opteron_G3",
                  "forbid Opteron_G3 -monitor" },
                { "unless the processor has it", 0,
                  "EPYC +monitor",
                  "forbid EPYC +monitor" },
                { "the only model that is named is kept, whatever it takes", 0,
                  "Penryn +avx +aes +popcnt +sse4.2 +x2apic",
                  "forbid Penryn +sse4.2 +x2apic +popcnt +aes +avx" },
                { "the same model twice is one", 0,
                  "Haswell +avx512f, Haswell +gfni",
                  "forbid Haswell" },
                { "an older model within a newer one", 0,
                  "Nehalem, Penryn",
                  "allow Penryn" },
                { "of several the nearest", 0,
                  "Haswell, Broadwell, Skylake-Client-IBRS",
                  "allow Haswell" },
                { "what is left over of a vendor's is said by nobody's, without what that has beside", 0,
                  "Opteron_G2/Intel, 486 +ssse3 +cx16 +lahf_lm +svm +lm +syscall",
                  "allow 486 +cx16 +syscall +lm +lahf_lm +svm -vme" },
                { "features of one alone do not count", 0,
                  "SandyBridge +smep +erms +f16c, IvyBridge +aes",
                  "allow SandyBridge +f16c +smep +erms" },
                { "the model that has no more than both", 0,
                  "Skylake-Server, Icelake-Server",
                  "allow Skylake-Server" },
                { "rather an older model than one without something", 0,
                  "Broadwell, Haswell-IBRS +adx",
                  "allow Haswell +adx" },
                { "anybody's model, without what it has beside", 0,
                  "Opteron_G1, Conroe",
                  "allow kvm64 -cx16" },
                { "of two vendors, when the first one's is not told", 0,
                  "Opteron_G4, SandyBridge",
                  "allow SandyBridge -x2apic -tsc-deadline" },
                { "a vendor that is told is told on", 0,
                  "Haswell/Intel",
                  "forbid Haswell/Intel" },
                { "and by all of them", 0,
                  "Haswell/Intel, Broadwell/Intel +mpx",
                  "allow Haswell/Intel" },
                { "not when one does not tell", 0,
                  "Haswell/Intel, Broadwell",
                  "allow Haswell" },
                { "but it counts: no model of another", 0,
                  "Opteron_G2/Intel",
                  "allow qemu64/Intel +rdtscp +lahf_lm" },
                { "the vendor of the first one's model does not count", 0,
                  "Opteron_G2/Intel, 486/Intel",
                  "allow 486/Intel -vme" },
                { "that of the others does", 0,
                  "486/Intel, Opteron_G2/Intel",
                  "9 CPU vendor AMD of model Opteron_G2 differs from vendor Intel" },
                { "two vendors", 0,
                  "486/Intel, 486/AMD",
                  "9 CPU vendors do not match" },
                { "two vendors, one by its model", 0,
                  "486/Intel, Opteron_G1",
                  "9 CPU vendors do not match" },
                { "a vendor that nobody knows", 0,
                  "486/Moon",
                  "9 Unknown CPU vendor Moon" },
                { "nor of a later one", 0,
                  "486, 486/Moon",
                  "9 Unknown CPU vendor Moon" },
                { "models of other vendors, too", 0,
                  "Dhyana, EPYC",
                  "allow EPYC -pclmuldq -aes -sha-ni -monitor" },
                { "a feature that is one of a model of the other alone", 0,
                  "486, n270 -fpu",
                  "allow 486" },
                { "policies are not those of a host", 0,
                  "486 -vme",
                  "forbid 486" },
                { "what is not known", 0,
                  "486 +flying",
                  "1 Unknown CPU feature flying" },
                { "a model that is not known", 0,
                  "Moon",
                  "1 Unknown CPU model Moon" },
                { "the second one's model", 0,
                  "486, Moon",
                  "1 Unknown CPU model Moon" },
                { "what is never said of a guest", 0,
                  "486 +osxsave +ospke +cmt +mbm_total +mbm_local",
                  "forbid 486" },
                { "what keeps a guest where it is", 0,
                  "EPYC-Rome +invtsc",
                  "forbid EPYC-Rome +invtsc" },
                { "is left out of one that moves", CPU_BASELINE_MIGRATABLE,
                  "EPYC-Rome +invtsc",
                  "forbid EPYC-Rome" },
                { "but not out of the model", CPU_BASELINE_MIGRATABLE,
                  "EPYC-Milan +invtsc",
                  "forbid EPYC-Milan" },
                { "features in libvirt's order", 0,
                  "486 +lahf_lm +mmx +avx2 +aes +sha-ni",
                  "forbid 486 +mmx +aes +avx2 +sha-ni +lahf_lm" },
                { "all features, in the order of the alphabet", CPU_BASELINE_EXPAND,
                  "pentium3 +aes",
                  "forbid pentium3 +aes +cmov +cx8 +de +fpu +fxsr +mca +mce +mmx +msr +mtrr +pae +pat +pge +pse "
                  "+pse36 +sep +sse +tsc +vme" },
                { "with those that the model has and the processors have not", CPU_BASELINE_EXPAND,
                  "486 +mmx, pentium3 +avx, Opteron_G3",
                  "allow 486 +fpu +mmx +pse -vme" },
                { "and those that the model had once", CPU_BASELINE_EXPAND,
                  "phenom, Opteron_G3",
                  "allow Opteron_G1 +apic +clflush +cmov +cx8 +de +fpu +fxsr +lm +mca +mce +mmx +msr +mtrr +nx "
                  "+pae +pat +pge +pni +pse +pse36 +sep +sse +sse2 +svm +syscall +tsc" },
                { "both flags", CPU_BASELINE_EXPAND | CPU_BASELINE_MIGRATABLE,
                  "pentium +invtsc +apic",
                  "forbid pentium +apic +cx8 +de +fpu +mce +mmx +msr +pse +tsc +vme" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *text = baseline(rows[i].cpus, NULL, rows[i].flags), *answer = shortened(text);

                if (!streq(answer, rows[i].answer))
                        fail_msg("%s: %s: %s, not %s", rows[i].why, rows[i].cpus, answer, rows[i].answer);
        }
}

/* As QEMU 7.2 without KVM has it; libvirt's answers to virConnectBaselineHypervisorCPU of the same one. */
static void test_hypervisor(void **state)
{
        const CpuOffer offers[] = {
                { .model = "486" },
                { .model = "Nehalem" },
                { .model = "Opteron_G3", .blockers = features_of("misalignsse") },
                { .model = "EPYC",
                  .blockers = features_of("rdseed sha-ni xsavec fxsr_opt misalignsse 3dnowprefetch osvw topoext "
                                          "nrip-save") },
        };
        static const struct {
                const char *cpus, *answer;
        } rows[] = {
                { "486 +vmx +invtsc +xsaves +osxsave +pconfig", "forbid 486 +vmx +xsaves +invtsc" },
                { "Nehalem", "forbid Nehalem" },
                { "Opteron_G3 -sse4a", "forbid Opteron_G3 -sse4a -misalignsse -monitor" },
                { "EPYC/AMD", "forbid EPYC/AMD -rdseed -sha-ni -xsavec -fxsr_opt -misalignsse -3dnowprefetch -osvw "
                              "-topoext -nrip-save -monitor" },
        };
        CpuHost host = { .arch = "x86_64", .offers = { offers, ELEMENTSOF(offers) } };

        /* it has a switch for all but one */
        for (CpuFeature i = 0; i < _CPU_FEATURE_MAX; i++)
                if (i != X86_PCONFIG)
                        cpu_features_put(&host.switches, i);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *text = baseline(rows[i].cpus, &host, 0), *answer = shortened(text);

                assert_string_equal(answer, rows[i].answer);
        }
        host.arch = "aarch64";
        g_autofree char *foreign = baseline("486", &host, 0);

        assert_true(g_str_has_prefix(foreign, "84 "));
}

static void test_baseline_xml(void **state)
{
        g_autofree char *text = baseline("Haswell/Intel +mpx, Broadwell/Intel +mpx -aes", NULL, 0);

        assert_string_equal(text, "<cpu mode='custom' match='exact'>\n"
                                  "  <model fallback='allow'>Haswell</model>\n"
                                  "  <vendor>Intel</vendor>\n"
                                  "  <feature policy='require' name='mpx'/>\n"
                                  "</cpu>\n");
}

/* What libvirt 9.0.0 answers to virConnectCompareCPU on such a host; the reason is that of the flag. */
static void test_compare(void **state)
{
        static const struct {
                const char *why;
                bool host;
                const char *attributes, *cpu;
                int result; /* or a negative code */
                const char *reason;
        } rows[] = {
                { "what the host has", false, "", "kvm64", CPU_SUPERSET, NULL },
                { "and its vendor", false, "", "kvm64/AMD", CPU_SUPERSET, NULL },
                { "another vendor", false, "", "kvm64/Intel", CPU_INCOMPATIBLE,
                  "host CPU vendor does not match required CPU vendor Intel" },
                { "of a host, too", true, "", "kvm64/Intel", CPU_INCOMPATIBLE,
                  "host CPU vendor does not match required CPU vendor Intel" },
                { "a vendor that nobody knows", false, "", "kvm64/Moon", CPU_INCOMPATIBLE,
                  "host CPU vendor does not match required CPU vendor Moon" },
                { "what it has not", false, "", "qemu64", CPU_INCOMPATIBLE,
                  "Host CPU does not provide required features: svm" },
                { "but is not to be had", false, "", "qemu64 -svm", CPU_SUPERSET, NULL },
                { "or need not be", false, "", "qemu64 ?svm", CPU_SUPERSET, NULL },
                { "or is given in any case", false, "", "qemu64 =svm", CPU_SUPERSET, NULL },
                { "what it must not have", false, "", "kvm64 !avx", CPU_INCOMPATIBLE,
                  "Host CPU provides forbidden features: avx" },
                { "what is forbidden is still one of the model's", false, "", "qemu64 !svm", CPU_INCOMPATIBLE,
                  "Host CPU does not provide required features: svm" },
                { "several, in libvirt's order", false, "", "kvm64 +rdtscp +pcid +hle", CPU_INCOMPATIBLE,
                  "Host CPU does not provide required features: pcid, hle, rdtscp" },
                { "policies are not those of a host", true, "", "qemu64 -svm", CPU_INCOMPATIBLE,
                  "Host CPU does not provide required features: svm" },
                { "nothing beside it", false, "match='strict'", "kvm64 ?x2apic", CPU_INCOMPATIBLE,
                  "Host CPU does not strictly match guest CPU: Extra features: aes, avx" },
                { "at least that", false, "match='minimum'", "kvm64", CPU_SUPERSET, NULL },
                { "not known", false, "", "Moon", -ERROR_INTERNAL, "Unknown CPU model Moon" },
                { "nor what it is to have", false, "", "kvm64 +flying", -ERROR_INTERNAL, "Unknown CPU feature flying" },
                { "not even perhaps", false, "", "kvm64 ?flying", -ERROR_INTERNAL, "Unknown CPU feature flying" },
        };
        const CpuHost host = host_of("kvm64", "AMD", "avx aes x2apic");

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(cpu_freep) Cpu *cpu = parse(rows[i].cpu, rows[i].attributes, rows[i].host);
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *reason = NULL;
                int r = cpu_compare(&host, cpu, &reason, &error);

                if (r < 0)
                        r = -(int) error.code;
                if (r != rows[i].result || !streq_ptr(reason ?: error.detail, rows[i].reason))
                        fail_msg("%s: %d %s", rows[i].why, r, reason ?: error.detail);
        }
}

static void test_compare_elsewhere(void **state)
{
        static const char arm[] = "<cpu><arch>aarch64</arch><model>cortex-a53</model></cpu>", none[] = "<cpu/>";
        const CpuHost host = host_of("486", NULL, ""), other = { .arch = "aarch64" };
        _cleanup_(cpu_freep) Cpu *same = parse("486", "", true), *foreign = NULL, *anything = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *reason = NULL;

        assert_int_equal(cpu_compare(&host, same, &reason, NULL), CPU_IDENTICAL);
        assert_int_equal(cpu_parse(none, CPU_EITHER, false, &anything, NULL), 0);
        assert_int_equal(cpu_compare(&host, anything, &reason, NULL), CPU_SUPERSET);
        assert_true(cpu_compare(&other, same, &reason, &error) < 0);
        assert_int_equal(error.code, ERROR_NO_SUPPORT);
        assert_int_equal(cpu_parse(arm, CPU_EITHER, false, &foreign, NULL), 0);
        assert_int_equal(cpu_compare(&host, foreign, &reason, NULL), CPU_INCOMPATIBLE);
        assert_string_equal(reason, "CPU arch aarch64 does not match host arch");
}

/* Code and, where it is ours, text are libvirt's. */
static void test_refused(void **state)
{
        static const struct {
                const char *xml;
                CpuKind kind;
                bool strict;
                ErrorCode code;
                const char *text;
        } rows[] = {
                { "<cpu mode='custom'><arch>x86_64</arch><model>486</model></cpu>", CPU_HOST, false,
                  ERROR_CONFIG_UNSUPPORTED, "Attribute mode is only allowed for guest CPU" },
                { "<cpu><model>486</model></cpu>", CPU_HOST, false, ERROR_XML_ERROR, "Missing CPU architecture" },
                { "<cpu><arch>moon</arch><model>486</model></cpu>", CPU_HOST, false, ERROR_CONFIG_UNSUPPORTED,
                  "Unknown architecture moon" },
                { "<cpu><arch>x86_64</arch><vendor>Intel</vendor></cpu>", CPU_HOST, false, ERROR_XML_ERROR,
                  "Missing CPU model name" },
                { "<cpu><arch>x86_64</arch><model>486</model><feature policy='disable'/></cpu>", CPU_HOST, false,
                  ERROR_XML_ERROR, "Invalid CPU feature name" },
                { "<cpu><arch>x86_64</arch><model>486</model><topology sockets='1'/></cpu>", CPU_HOST, false,
                  ERROR_XML_ERROR, NULL },
                { "<cpu match='exact'><arch>x86_64</arch><model>486</model></cpu>", CPU_EITHER, false, ERROR_XML_ERROR,
                  "'arch' element cannot be used inside 'cpu' element with 'match' attribute'" },
                { "<cpu match='moon'><model>486</model></cpu>", CPU_EITHER, false, ERROR_XML_ERROR, NULL },
                { "<cpu mode='moon'/>", CPU_EITHER, false, ERROR_CONFIG_UNSUPPORTED, "Invalid mode attribute 'moon'" },
                { "<cpu><vendor>Intel</vendor></cpu>", CPU_EITHER, false, ERROR_XML_ERROR,
                  "CPU vendor specified without CPU model" },
                { "<cpu><feature name='svm'/></cpu>", CPU_EITHER, false, ERROR_XML_ERROR,
                  "Non-empty feature list specified without CPU model" },
                { "<cpu><model>486</model><feature name='svm' policy='moon'/></cpu>", CPU_EITHER, false,
                  ERROR_CONFIG_UNSUPPORTED, "Invalid CPU feature policy" },
                { "<cpu><model>486</model><feature name='svm'/><feature name='svm'/></cpu>", CPU_EITHER, false,
                  ERROR_XML_ERROR, "CPU feature 'svm' specified more than once" },
                { "<cpu><model fallback='moon'>486</model></cpu>", CPU_EITHER, false, ERROR_CONFIG_UNSUPPORTED,
                  "Invalid fallback attribute" },
                { "<cpu><model vendor_id='short'>486</model></cpu>", CPU_EITHER, false, ERROR_XML_ERROR,
                  "vendor_id must be exactly 12 characters long" },
                { "<cpu><model vendor_id='twelve,chars'>486</model></cpu>", CPU_EITHER, false, ERROR_XML_ERROR,
                  "vendor id is invalid" },
                { "<cpu migratable='on'><model>486</model></cpu>", CPU_EITHER, false, ERROR_CONFIG_UNSUPPORTED,
                  "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode" },
                { "<cpu><model>486</model><cache mode='moon'/></cpu>", CPU_EITHER, false, ERROR_XML_ERROR, NULL },
                { "<domain/>", CPU_EITHER, false, ERROR_XML_ERROR, NULL },
                { "<cpu", CPU_EITHER, false, ERROR_XML_DETAIL, NULL },
                { "", CPU_EITHER, false, ERROR_XML_DETAIL, NULL },
                { "<cpu><model>486</model><moon/></cpu>", CPU_EITHER, true, ERROR_XML_INVALID_SCHEMA, NULL },
                { "<cpu moon='1'><model>486</model></cpu>", CPU_EITHER, true, ERROR_XML_INVALID_SCHEMA, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                Cpu *cpu = NULL;

                assert_true(cpu_parse(rows[i].xml, rows[i].kind, rows[i].strict, &cpu, &error) < 0);
                assert_null(cpu);
                if (error.code != rows[i].code || (rows[i].text && !streq(error.detail, rows[i].text)))
                        fail_msg("%s: %d %s", rows[i].xml, error.code, error.detail);
        }
}

/* As other parts of documents have them, and as whole elements are that are right. */
static void test_accepted(void **state)
{
        static const struct {
                const char *xml;
                CpuKind kind;
                bool lax; /* libvirt's schema refuses it */
        } rows[] = {
                { "<cpu match='exact'><arch>x86_64</arch><model fallback='moon'>486</model>"
                  "<feature name='svm' policy='moon'/></cpu>", CPU_HOST, true },
                { "<cpu><arch>x86_64</arch><model>kvm64</model><vendor>AMD</vendor><microcode version='1'/>"
                  "<signature family='26' model='2' stepping='1'/><counter name='tsc' frequency='1' scaling='no'/>"
                  "<topology sockets='1' dies='1' cores='2' threads='1'/><maxphysaddr mode='emulate' bits='48'/>"
                  "<feature name='vme'/><pages unit='KiB' size='4'/></cpu>", CPU_HOST },
                { "<cpu mode='host-model'/>", CPU_EITHER },
                { "<cpu mode='host-passthrough' check='none' migratable='on'><feature name='avx' policy='require'/>"
                  "</cpu>", CPU_EITHER },
                { "<cpu><numa><cell cpus='0' memory='1'/></numa></cpu>", CPU_EITHER },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                for (int strict = 0; strict < (rows[i].lax ? 1 : 2); strict++) {
                        _cleanup_(cpu_freep) Cpu *cpu = NULL;

                        assert_int_equal(cpu_parse(rows[i].xml, rows[i].kind, strict, &cpu, NULL), 0);
                }
}

static void test_names(void **state)
{
        g_autofree const char **names = NULL, **power = NULL, **none = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(cpu_models("i686", &names, NULL), 0);
        assert_string_equal(names[0], "486");
        assert_int_equal(g_strv_length((char **) names), 58);
        assert_string_equal(names[57], "Dhyana");
        assert_int_equal(cpu_models("ppc64le", &power, NULL), 0);
        assert_string_equal(power[0], "POWER6");
        assert_int_equal(g_strv_length((char **) power), 7);
        assert_int_equal(cpu_models("aarch64", &none, NULL), 0);
        assert_null(none[0]);
        assert_true(cpu_models("riscv64", &none, &error) < 0);
        assert_string_equal(error.detail, "'riscv64' architecture is not supported by CPU driver");
        assert_int_equal(error.code, ERROR_NO_SUPPORT);
        error_clear(&error);
        assert_true(cpu_models("nonsense", &none, &error) < 0);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_baseline),          cmocka_unit_test(test_hypervisor),
                cmocka_unit_test(test_baseline_xml),      cmocka_unit_test(test_compare),
                cmocka_unit_test(test_compare_elsewhere), cmocka_unit_test(test_refused),
                cmocka_unit_test(test_accepted),          cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
