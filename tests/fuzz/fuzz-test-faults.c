/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_fault.h"

/* Rules for the pretended host's faults, from a configuration file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GPtrArray) faults = test_faults_new();
        g_autofree char *text = g_strndup((const char *) data, size);

        if (test_faults_parse(text, faults, NULL) < 0)
                return 0;
        for (guint i = 0; i < faults->len; i++) {
                const TestFault *fault = faults->pdata[i];

                g_assert(fault->operation && fault->name);
                g_assert(fault->action < _TEST_FAULT_MAX);
                g_assert(fault->action != TEST_FAULT_FAIL || error_info(fault->code)->code == fault->code);
        }
        return 0;
}
