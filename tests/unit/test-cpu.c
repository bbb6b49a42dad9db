/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static Cpu *parse(const char *inside)
{
        g_autofree char *xml = g_strconcat("<cpu><arch>x86_64</arch>", inside, "</cpu>", NULL);
        _cleanup_error_ Error error = ERROR_INIT;
        Cpu *cpu = NULL;

        if (cpu_parse(xml, &cpu, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return cpu;
}

/* Every model can be read, has features, and is its own baseline. */
static void test_models(void **state)
{
        g_autofree const char **names = NULL, **none = NULL;
        size_t n = 0;

        assert_int_equal(cpu_models("x86_64", &names, NULL), 0);
        for (; names[n]; n++) {
                g_autofree char *model = g_strconcat("<model>", names[n], "</model>", NULL), *text = NULL,
                        *wanted = NULL;
                _cleanup_(cpu_freep) Cpu *cpu = parse(model);

                assert_true(cpu_features_size(cpu->features) >= 3);
                assert_true(cpu_features_has(cpu->features, "fpu"));
                assert_int_equal(cpu_baseline(&cpu, 1, false, &text, NULL), 0);
                wanted = g_strdup_printf("<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>%s</model>\n"
                                         "</cpu>\n", names[n]);
                assert_string_equal(text, wanted);
        }
        assert_true(n > 50);
        assert_int_equal(cpu_models("aarch64", &none, NULL), 0);
        assert_null(none[0]);
        assert_int_equal(cpu_models("nonsense", &none, NULL), -EINVAL);
}

static void test_features(void **state)
{
        _cleanup_(cpu_freep) Cpu *cpu = parse("<model>Nehalem</model><vendor>Intel</vendor><topology sockets='1'/>"
                                              "<feature name='aes'/><feature policy='disable' name='popcnt'/>"
                                              "<feature policy='optional' name='avx'/>");

        assert_string_equal(cpu->vendor, "Intel");
        assert_true(cpu_features_has(cpu->features, "sse4.2"));
        assert_true(cpu_features_has(cpu->features, "aes"));
        assert_false(cpu_features_has(cpu->features, "popcnt"));
        assert_false(cpu_features_has(cpu->features, "avx"));
}

static void assert_refused(const char *xml, const char *part)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Cpu *cpu = NULL;

        assert_true(cpu_parse(xml, &cpu, &error) < 0);
        assert_null(cpu);
        assert_non_null(strstr(error.detail, part));
}

static void test_refused(void **state)
{
        assert_refused("<cpu/>", "model");
        assert_refused("<cpu><model>Moon</model></cpu>", "Unknown CPU model Moon");
        assert_refused("<cpu><model>486</model><feature/></cpu>", "name");
        assert_refused("<cpu><model>486</model><feature name='x' policy='maybe'/></cpu>", "maybe");
        assert_refused("<domain/>", "cpu");
        assert_refused("<cpu", "CPU_definition");
}

static void assert_baseline(const char *a, const char *b, bool expand, const char *expected)
{
        Cpu *cpus[] = { parse(a), parse(b) };
        g_autofree char *text = NULL;

        assert_int_equal(cpu_baseline(cpus, 2, expand, &text, NULL), 0);
        assert_string_equal(text, expected);
        cpu_free(cpus[0]);
        cpu_free(cpus[1]);
}

static void test_baseline(void **state)
{
        assert_baseline("<model>Nehalem</model>", "<model>Penryn</model>", false,
                        "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Penryn</model>\n</cpu>\n");
        assert_baseline("<model>Nehalem</model><feature name='a&amp;b'/>",
                        "<model>Haswell</model><feature name='a&amp;b'/>", false,
                        "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Nehalem</model>\n"
                        "  <feature policy='require' name='a&amp;b'/>\n</cpu>\n");
        assert_baseline("<model>486</model>", "<model>pentium</model>", true,
                        "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>486</model>\n"
                        "  <feature policy='require' name='fpu'/>\n  <feature policy='require' name='pse'/>\n"
                        "  <feature policy='require' name='vme'/>\n</cpu>\n");
}

/* A model is of the vendor that is named. */
static void test_vendor(void **state)
{
        _cleanup_(cpu_freep) Cpu *cpu = parse("<model>Opteron_G2</model><feature name='ssse3'/>");
        g_autofree const char **rest = NULL, **same = NULL;

        assert_string_equal(cpu_describe(cpu->features, "Intel", &rest), "Conroe");
        assert_true(g_strv_contains(rest, "svm"));
        assert_string_equal(cpu_describe(cpu->features, NULL, &same), "Opteron_G2");
        assert_baseline("<model>Opteron_G2</model><vendor>Intel</vendor><feature name='ssse3'/>",
                        "<model>Opteron_G2</model><feature name='ssse3'/>", false,
                        "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Conroe</model>\n"
                        "  <feature policy='require' name='cx16'/>\n"
                        "  <feature policy='require' name='rdtscp'/>\n"
                        "  <feature policy='require' name='svm'/>\n</cpu>\n");
}

static void test_known(void **state)
{
        assert_true(cpu_feature_is_known("avx2") && cpu_feature_is_known("vmx") && cpu_feature_is_known("3dnow"));
        assert_false(cpu_feature_is_known("avx") == false || cpu_feature_is_known("av") || cpu_feature_is_known(""));
}

static void test_nothing_in_common(void **state)
{
        Cpu *cpus[] = {
                parse("<model>486</model>"), parse("<model>486</model><feature name='fpu' policy='disable'/>"),
        };
        Cpu *vendors[] = {
                parse("<model>486</model><vendor>A</vendor>"), parse("<model>486</model><vendor>B</vendor>"),
        };
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;
        Cpu *anywhere = NULL;

        assert_int_equal(cpu_parse("<cpu><model>486</model></cpu>", &anywhere, NULL), 0);
        assert_true(cpu_baseline(&anywhere, 1, false, &text, NULL) < 0);
        cpu_free(anywhere);
        assert_true(cpu_baseline(cpus, 2, false, &text, &error) < 0);
        assert_string_equal(error.detail, "CPUs are incompatible");
        assert_true(cpu_baseline(vendors, 2, false, &text, NULL) < 0);
        for (size_t i = 0; i < 2; i++) {
                cpu_free(cpus[i]);
                cpu_free(vendors[i]);
        }
}

static void test_compare(void **state)
{
        _cleanup_(cpu_freep) Cpu *cpu = parse("<model>Nehalem</model>"), *host = parse("<model>Westmere</model>"),
                                 *more = parse("<model>Nehalem</model><feature name='x'/><feature name='avx'/>");
        g_autofree char *missing = NULL, *arch = NULL;

        assert_int_equal(cpu_compare("x86_64", host->features, cpu, NULL), CPU_SUPERSET);
        assert_int_equal(cpu_compare("x86_64", cpu->features, cpu, NULL), CPU_IDENTICAL);
        assert_int_equal(cpu_compare("x86_64", host->features, more, &missing), CPU_INCOMPATIBLE);
        assert_string_equal(missing, "avx,x");
        assert_int_equal(cpu_compare("aarch64", host->features, cpu, &arch), CPU_INCOMPATIBLE);
        assert_string_equal(arch, "x86_64");
}

static void test_add_model(void **state)
{
        _cleanup_(cpu_features_freep) CpuFeatures *features = cpu_features_new();

        cpu_features_add_model(features, "no such model");
        assert_int_equal(cpu_features_size(features), 0);
        cpu_features_add_model(features, "486");
        assert_int_equal(cpu_features_size(features), 3);
        cpu_features_add_model(features, "pentium");
        assert_true(cpu_features_has(features, "mmx"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_models),   cmocka_unit_test(test_features),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_baseline), cmocka_unit_test(test_vendor), cmocka_unit_test(test_known),
                cmocka_unit_test(test_nothing_in_common),
                cmocka_unit_test(test_compare),
                cmocka_unit_test(test_add_model),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
