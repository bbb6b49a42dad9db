/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_host.h"

#include <string.h>

#define N_CELLS 2u
#define N_CELL_CPUS 8u

static const char default_domain[] =
        "<domain type='test'>"
        "<name>test</name>"
        "<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
        "<memory unit='KiB'>8388608</memory>"
        "<currentMemory unit='KiB'>2097152</currentMemory>"
        "<vcpu placement='static'>2</vcpu>"
        "<os><type arch='" TEST_HOST_ARCH "'>hvm</type><boot dev='hd'/></os>"
        "<clock offset='utc'/>"
        "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>"
        "<devices>"
        "<disk type='file' device='disk'><source file='/guest/diskimage1'/>"
        "<target dev='vda' bus='virtio'/></disk>"
        "<interface type='network'><mac address='aa:bb:cc:dd:ee:ff'/><source network='default'/>"
        "<target dev='testnet0'/></interface>"
        "<console type='pty'/>"
        "<memballoon model='virtio'/>"
        "</devices>"
        "</domain>";

static const char *const page_sizes[] = { "4", "8", "2048", "1048576" };
static const uint64_t cell_memory[N_CELLS] = { 2097152, 4194304 }; /* KiB */

static void append_host(GString *s)
{
        g_string_append(s, "  <host>\n"
                           "    <cpu>\n"
                           "      <arch>" TEST_HOST_ARCH "</arch>\n"
                           "      <features>\n"
                           "        <pae/>\n"
                           "        <nonpae/>\n"
                           "      </features>\n");
        for (size_t i = 0; i < ELEMENTSOF(page_sizes); i++)
                g_string_append_printf(s, "      <pages unit='KiB' size='%s'/>\n", page_sizes[i]);
        g_string_append_printf(s, "    </cpu>\n"
                                  "    <power_management/>\n"
                                  "    <iommu support='no'/>\n"
                                  "    <topology>\n"
                                  "      <cells num='%u'>\n", N_CELLS);
        for (unsigned cell = 0; cell < N_CELLS; cell++) {
                g_string_append_printf(s, "        <cell id='%u'>\n"
                                          "          <memory unit='KiB'>%" PRIu64 "</memory>\n"
                                          "          <pages unit='KiB' size='%s'>524288</pages>\n"
                                          "          <pages unit='KiB' size='2048'>0</pages>\n"
                                          "          <pages unit='KiB' size='1048576'>0</pages>\n"
                                          "          <cpus num='%u'>\n",
                                       cell, cell_memory[cell], page_sizes[cell], N_CELL_CPUS);
                for (unsigned core = 0; core < N_CELL_CPUS; core++) {
                        unsigned id = cell * N_CELL_CPUS + core;

                        g_string_append_printf(s, "            <cpu id='%u' socket_id='%u' die_id='0' "
                                                  "core_id='%u' siblings='%u'/>\n", id, cell, core, id);
                }
                g_string_append(s, "          </cpus>\n"
                                   "        </cell>\n");
        }
        g_string_append(s, "      </cells>\n"
                           "    </topology>\n"
                           "    <secmodel>\n"
                           "      <model>testSecurity</model>\n"
                           "      <doi></doi>\n"
                           "    </secmodel>\n"
                           "  </host>\n");
}

char *test_host_capabilities(void)
{
        static const char *const os_types[] = { "hvm", "xen" };
        GString *s = g_string_new("<capabilities>\n\n");

        append_host(s);
        for (size_t i = 0; i < ELEMENTSOF(os_types); i++)
                g_string_append_printf(s, "\n  <guest>\n"
                                          "    <os_type>%s</os_type>\n"
                                          "    <arch name='" TEST_HOST_ARCH "'>\n"
                                          "      <wordsize>32</wordsize>\n"
                                          "      <emulator>/usr/bin/test-hv</emulator>\n"
                                          "      <domain type='test'/>\n"
                                          "    </arch>\n"
                                          "    <features>\n"
                                          "      <pae/>\n"
                                          "      <nonpae/>\n"
                                          "    </features>\n"
                                          "  </guest>\n", os_types[i]);
        g_string_append(s, "\n</capabilities>\n");
        return g_string_free(s, FALSE);
}

int test_host_normalize(const DomainDef *def, DomainDef **ret, Error *error)
{
        static const DomainDefHost host = { .arch = TEST_HOST_ARCH };

        return domain_def_normalize(def, &host, ret, error);
}

int test_host_default_domain(DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r = domain_def_parse(default_domain, sizeof(default_domain) - 1, 0, NULL, &def, error);

        return r < 0 ? r : test_host_normalize(def, ret, error);
}
