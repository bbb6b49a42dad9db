/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/golden.h"

/* Devices that break a rule, one a line of the golden file, and what the user reads. */

enum { FIELD_MACHINE, FIELD_INSIDE, FIELD_DEVICES, FIELD_TEXT, _FIELD_MAX };

static const struct {
        const char *name, *arch, *machine;
} machines[] = {
        { "pc", "x86_64", "pc" },
        { "q35", "x86_64", "q35" },
        { "isapc", "x86_64", "isapc" },
        { "virt", "aarch64", "virt" },
        { "s390", "s390x", "s390-ccw-virtio" },
        { "pseries", "ppc64", "pseries" },
};

static char *xml_of(char **fields)
{
        for (size_t i = 0; i < ELEMENTSOF(machines); i++)
                if (streq(machines[i].name, fields[FIELD_MACHINE]))
                        return g_strdup_printf("<domain type='kvm'><name>t</name><memory>1572864</memory><os><type "
                                               "arch='%s' machine='%s'>hvm</type></os>%s<devices>%s</devices></domain>",
                                               machines[i].arch, machines[i].machine, fields[FIELD_INSIDE],
                                               fields[FIELD_DEVICES]);
        fail_msg("no machine is called %s", fields[FIELD_MACHINE]);
        return NULL;
}

static void test_refused(void **state)
{
        g_autofree char *text = golden_read("domain/refused.txt", NULL);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        unsigned n = 0;

        for (unsigned i = 0; lines[i]; i++) {
                g_auto(GStrv) fields = g_strsplit(lines[i], "\t", -1);
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *xml = NULL;
                DomainDef *def = NULL;

                if (g_strv_length(fields) != _FIELD_MAX)
                        continue;
                xml = xml_of(fields);
                if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) >= 0)
                        fail_msg("line %u: accepted: %s", i + 1, fields[FIELD_DEVICES]);
                if (!strstr(error.detail, fields[FIELD_TEXT]) || !strstr(error.detail, "(/domain"))
                        fail_msg("line %u: '%s' is not '%s'", i + 1, error.detail, fields[FIELD_TEXT]);
                n++;
        }
        assert_true(n > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
