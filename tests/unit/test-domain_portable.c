/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_portable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define DOMAIN(machine, inside, devices)                                                            \
        "<domain type='kvm'><name>t</name><uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid>"         \
        "<memory>65536</memory><os><type arch='x86_64' machine='" machine "'>hvm</type></os>" inside  \
        "<devices>" devices "</devices></domain>"

static DomainDef *normal(const char *xml)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        const DomainDefHost host = { .keep_abi = true };
        DomainDef *result = NULL;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_int_equal(domain_def_normalize(def, &host, &result, NULL), 0);
        return result;
}

/* What is left out is what comes back when the other host completes the definition. */
static void test_migratable(void **state)
{
        static const struct {
                const char *xml;
                const char *gone;
                bool stays;
        } cases[] = {
                { DOMAIN("pc-i440fx-7.2", "", ""), "<controller type='usb'", false },
                { DOMAIN("pc-i440fx-7.2", "", ""), "<controller type='pci'", false },
                { DOMAIN("pc-i440fx-7.2", "", "<serial type='pty'/>"), "isa-serial", false },
                { DOMAIN("pc-q35-7.2", "", "<serial type='pty'/>"), "isa-serial", false },
                { DOMAIN("pc-i440fx-7.2", "", "<controller type='usb' model='qemu-xhci'/>"), "qemu-xhci", true },
                { DOMAIN("pc-i440fx-7.2", "", "<controller type='usb' index='0'/><controller type='usb' index='1'/>"),
                  "piix3-uhci", true },
                { DOMAIN("pc-i440fx-7.2", "", "<controller type='pci' index='0' model='pci-root'><pcihole64>1048576"
                         "</pcihole64></controller>"), "pcihole64", true },
                { DOMAIN("pc-q35-7.2", "", ""), "pcie-root", true },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = normal(cases[i].xml), *migratable = NULL, *again = NULL;
                g_autofree char *before = NULL, *text = NULL;

                assert_int_equal(domain_def_make_migratable(def, &migratable, NULL), 0);
                before = domain_def_format(def, 0);
                text = domain_def_format(migratable, 0);
                assert_non_null(strstr(before, cases[i].gone));
                assert_int_equal(strstr(text, cases[i].gone) != NULL, cases[i].stays);
                again = normal(text);
                assert_true(domain_def_equal(def, again));
        }
}

static const DomainCpuFeature *find_feature(const DomainCpu *cpu, const char *name)
{
        DEF_FOREACH(feature, cpu->features)
                if (streq(feature->name, name))
                        return feature;
        return NULL;
}

/* Of a known vendor a model counts that is nearly right, without what is missing. */
static void test_cpu_of_vendor(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = normal(
                DOMAIN("pc-q35-7.2", "<cpu mode='host-model'><feature policy='require' name='npt'/></cpu>", ""));
        _cleanup_(domain_def_unrefp) DomainDef *spelled = NULL, *foreign = NULL;
        const CpuOffer offers[] = { { .model = "EPYC-Rome" }, { .model = "EPYC" }, { .model = "Haswell" } };
        CpuHost host = { .arch = "x86_64", .offers = { offers, ELEMENTSOF(offers) } };
        CpuFeatures missing = {};
        const DomainCpu *cpu;

        host.features = cpu_model_features(cpu_model_find("EPYC-Rome"));
        cpu_features_put(&missing, X86_SVM);
        cpu_features_put(&missing, X86_NPT);
        cpu_features_subtract(&host.features, &missing);
        cpu_features_put(&host.features, X86_X2APIC);
        assert_int_equal(domain_def_spell_cpu(def, &host, &spelled, NULL), 0);
        cpu = spelled->cpu;
        assert_string_equal(cpu->model, "EPYC-Rome");
        assert_string_equal(cpu->vendor, "AMD");
        assert_int_equal(cpu->features.n, 3);
        assert_int_equal(find_feature(cpu, "npt")->policy, DOMAIN_CPU_POLICY_REQUIRE);
        assert_int_equal(find_feature(cpu, "x2apic")->policy, DOMAIN_CPU_POLICY_REQUIRE);
        assert_int_equal(find_feature(cpu, "svm")->policy, DOMAIN_CPU_POLICY_DISABLE);

        /* an emulator without a model of that vendor */
        host.offers.items += 2;
        host.offers.n = 1;
        assert_int_equal(domain_def_spell_cpu(def, &host, &foreign, NULL), 0);
        assert_int_equal(foreign->cpu->mode, DOMAIN_CPU_HOST_MODEL);
}

static void test_cpu(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = normal(
                DOMAIN("pc-q35-7.2", "<cpu mode='host-model'><topology sockets='1' cores='1' threads='1'/>"
                       "<feature policy='disable' name='pku'/></cpu>", ""));
        _cleanup_(domain_def_unrefp) DomainDef *named = normal(
                DOMAIN("pc-q35-7.2", "<cpu mode='host-passthrough'/>", ""));
        _cleanup_(domain_def_unrefp) DomainDef *spelled = NULL, *same = NULL, *unknown = NULL;
        const CpuOffer offer = { .model = "Westmere" };
        const CpuHost nothing = { .arch = "x86_64", .offers = { &offer, 1 } };
        CpuHost host = nothing;
        const DomainCpu *cpu;

        host.features = cpu_model_features(cpu_model_find("Westmere"));
        cpu_features_put(&host.features, X86_PKU);
        cpu_features_put(&host.features, X86_VMX);
        assert_int_equal(domain_def_spell_cpu(def, &host, &spelled, NULL), 0);
        cpu = spelled->cpu;
        assert_int_equal(cpu->mode, DOMAIN_CPU_CUSTOM);
        assert_int_equal(cpu->match, DOMAIN_CPU_MATCH_EXACT);
        assert_string_equal(cpu->model, "Westmere");
        assert_int_equal(cpu->fallback, DOMAIN_CPU_FALLBACK_FORBID);
        assert_int_equal(cpu->sockets, 1);
        /* what the definition says of a feature counts */
        assert_int_equal(cpu->features.n, 2);
        assert_string_equal(cpu->features.items[0]->name, "pku");
        assert_int_equal(cpu->features.items[0]->policy, DOMAIN_CPU_POLICY_DISABLE);
        assert_string_equal(cpu->features.items[1]->name, "vmx");
        assert_int_equal(cpu->features.items[1]->policy, DOMAIN_CPU_POLICY_REQUIRE);

        assert_int_equal(domain_def_spell_cpu(named, &host, &same, NULL), 0);
        assert_true(domain_def_equal(named, same));
        assert_int_equal(domain_def_spell_cpu(def, &nothing, &unknown, NULL), 0);
        assert_true(domain_def_equal(def, unknown));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_migratable),
                cmocka_unit_test(test_cpu),
                cmocka_unit_test(test_cpu_of_vendor),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
