/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A domain whose disks are of every sort that a snapshot, a checkpoint or a backup treats differently. */

#include "drivers/model/moment_def.h"

#include <string.h>

static inline DomainDef *moment_fixture(void)
{
        static const char xml[] =
                "<domain type='test'><name>d</name><uuid>0f6a1f0e-6a4b-4bd0-a3a9-7a4f7f6f1f10</uuid>"
                "<memory>1024</memory><os><type>hvm</type></os><devices>"
                "<disk type='file'><driver type='qcow2'/><source file='/images/root.qcow2'/><target dev='vda'/></disk>"
                "<disk type='block'><source dev='/dev/lot/two'/><target dev='vdb'/></disk>"
                "<disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>"
                "<disk type='file'><source file='/images/tools.iso'/><target dev='vdc'/><readonly/></disk>"
                "<disk type='file' snapshot='no'><source file='/images/swap'/><target dev='vdd'/></disk>"
                "</devices></domain>";
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

/* Asserts that r is a failure whose sentence has the part in it. */
static inline void assert_failed(int r, Error *error, ErrorCode code, const char *part)
{
        g_autofree char *message = error_message(error);

        assert_true(r < 0);
        if (error->code != code || !strstr(message, part))
                fail_msg("'%s' (%d) is not '%s' (%d)", message, error->code, part, code);
        error_clear(error);
}
