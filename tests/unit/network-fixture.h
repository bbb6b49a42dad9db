/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Definitions of networks for tests of what becomes of them. */

#include "drivers/model/network_def.h"
#include "tests/unit/golden.h"

#include <string.h>

static inline NetworkDef *network_parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NetworkDef *def = NULL;

        if (network_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return def;
}

/* That of tests/golden/network/NAME.xml. */
static inline NetworkDef *network_read(const char *name)
{
        g_autofree char *file = g_strdup_printf("network/%s.xml", name), *xml = golden_read(file, NULL);

        return network_parse(xml);
}
