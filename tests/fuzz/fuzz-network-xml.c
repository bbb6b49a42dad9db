/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Definitions of networks, ports, filters, bindings and interfaces from anybody: read, printed, read again, copied; and
 * elements to change a network with.
 */

#include "drivers/model/interface_def.h"
#include "drivers/model/network_def.h"
#include "drivers/model/network_port_def.h"
#include "drivers/model/nwfilter_def.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what a fuzzer keeps the input for */
static void broken(const char *what)
{
        fprintf(stderr, "%s\n", what);
        abort();
}

#define FUZZ(name, Type)                                                                            \
        static void fuzz_##name(const char *text, size_t size, DefinitionParseFlags flags)          \
        {                                                                                           \
                _cleanup_(name##_unrefp) Type *def = NULL, *again = NULL, *copy = NULL;             \
                g_autofree char *once = NULL, *twice = NULL;                                        \
                                                                                                    \
                if (name##_parse(text, size, flags, NULL, &def, NULL) < 0)                          \
                        return;                                                                     \
                once = name##_format(def, DEF_FORMAT_SECURE);                                       \
                if (name##_parse(once, strlen(once), flags & DEFINITION_PARSE_LIVE, NULL, &again, NULL) < 0) \
                        broken("our own output cannot be read");                                    \
                twice = name##_format(again, DEF_FORMAT_SECURE);                                    \
                if (!streq(once, twice) || !name##_equal(def, again))                               \
                        broken("reading back makes a difference");                                  \
                copy = name##_copy(def);                                                            \
                if (!name##_equal(def, copy) || name##_seal(copy, NULL, NULL) < 0)                  \
                        broken("a copy differs");                                                   \
        }

FUZZ(network_def, NetworkDef)
FUZZ(network_port_def, NetworkPortDef)
FUZZ(nwfilter_def, NwfilterDef)
FUZZ(nwfilter_binding_def, NwfilterBindingDef)
FUZZ(interface_def, InterfaceDef)

static void fuzz_update(const char *text, size_t size)
{
        static const char base[] =
                        "<network><name>n</name><forward mode='private'><interface dev='e1'/></forward>"
                        "<ip address='10.2.3.1' prefix='24'><dhcp><host name='a' ip='10.2.3.3'/></dhcp></ip>"
                        "<dns><txt name='t' value='v'/><srv service='s' protocol='tcp'/></dns></network>";
        _cleanup_(network_def_unrefp) NetworkDef *def = NULL;

        if (network_def_parse(base, strlen(base), 0, NULL, &def, NULL) < 0)
                broken("the network cannot be read");
        for (uint32_t section = NETWORK_SECTION_BRIDGE; section <= NETWORK_SECTION_DNS_SRV; section++)
                for (uint32_t command = NETWORK_UPDATE_MODIFY; command <= NETWORK_UPDATE_ADD_FIRST; command++) {
                        _cleanup_(network_def_unrefp) NetworkDef *changed = NULL;
                        g_autofree char *xml = NULL;

                        if (network_def_update(def, command, section, -1, text, size, &changed, NULL) < 0)
                                continue;
                        xml = network_def_format(changed, 0);
                        fuzz_network_def(xml, strlen(xml), 0);
                }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const DefinitionParseFlags flags[] = { 0, DEFINITION_PARSE_LIVE, DEFINITION_PARSE_VALIDATE };

        for (unsigned i = 0; i < ELEMENTSOF(flags); i++) {
                fuzz_network_def((const char *) data, size, flags[i]);
                fuzz_network_port_def((const char *) data, size, flags[i]);
                fuzz_nwfilter_def((const char *) data, size, flags[i]);
                fuzz_nwfilter_binding_def((const char *) data, size, flags[i]);
                fuzz_interface_def((const char *) data, size, flags[i]);
        }
        fuzz_update((const char *) data, size);
        return 0;
}
