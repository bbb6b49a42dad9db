/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the pretended hypervisor can do with a domain: everything that makes sense in memory. */

#include "drivers/test/test_host.h"

#include <string.h>

#define EMULATOR "/usr/bin/test-hv"

/* An enumeration and its values, with blanks between. */
typedef struct Words {
        const char *name;
        const char *values;
} Words;

static const struct {
        const char *element;
        Words words[5];
} devices[] = {
        { "disk", { { "diskDevice", "disk cdrom floppy lun" },
                    { "bus", "ide fdc scsi virtio usb sata" },
                    { "model", "virtio virtio-transitional virtio-non-transitional" } } },
        { "graphics", { { "type", "sdl vnc spice" } } },
        { "video", { { "modelType", "vga cirrus qxl virtio none" } } },
        { "hostdev", { { "mode", "subsystem" }, { "startupPolicy", "default mandatory requisite optional" },
                       { "subsysType", "usb pci scsi" } } },
        { "rng", { { "model", "virtio" }, { "backendModel", "random builtin" } } },
        { "filesystem", { { "driverType", "path handle virtiofs" } } },
        { "tpm", { { "model", "tpm-tis tpm-crb" }, { "backendModel", "passthrough emulator" } } },
};

static void append_words(GString *s, const Words *words)
{
        g_auto(GStrv) values = g_strsplit(words->values, " ", -1);

        g_string_append_printf(s, "      <enum name='%s'>\n", words->name);
        for (char **value = values; *value; value++)
                g_string_append_printf(s, "        <value>%s</value>\n", *value);
        g_string_append(s, "      </enum>\n");
}

char *test_host_domain_capabilities(void)
{
        GString *s = g_string_new("<domainCapabilities>\n"
                                  "  <path>" EMULATOR "</path>\n"
                                  "  <domain>test</domain>\n"
                                  "  <arch>" TEST_HOST_ARCH "</arch>\n");

        g_string_append_printf(s, "  <vcpu max='%u'/>\n", TEST_HOST_MAX_VCPUS);
        g_string_append(s, "  <iothreads supported='yes'/>\n"
                           "  <os supported='yes'>\n"
                           "    <loader supported='no'/>\n"
                           "  </os>\n"
                           "  <cpu>\n"
                           "    <mode name='host-passthrough' supported='no'/>\n"
                           "    <mode name='host-model' supported='no'/>\n"
                           "    <mode name='custom' supported='yes'>\n"
                           "      <model usable='yes'>" TEST_HOST_CPU "</model>\n"
                           "    </mode>\n"
                           "  </cpu>\n"
                           "  <devices>\n");
        for (size_t i = 0; i < ELEMENTSOF(devices); i++) {
                g_string_append_printf(s, "    <%s supported='yes'>\n", devices[i].element);
                for (const Words *words = devices[i].words; words->name; words++)
                        append_words(s, words);
                g_string_append_printf(s, "    </%s>\n", devices[i].element);
        }
        g_string_append(s, "  </devices>\n"
                           "  <features>\n"
                           "    <gic supported='no'/>\n"
                           "    <vmcoreinfo supported='no'/>\n"
                           "    <genid supported='yes'/>\n"
                           "    <backup supported='yes'/>\n"
                           "  </features>\n"
                           "</domainCapabilities>\n");
        return g_string_free(s, FALSE);
}

/* Of a word that is given another may not be meant. */
static int check_word(const char *what, const char *given, const char *own, Error *error)
{
        if (!given || streq(given, own))
                return 0;
        return error_set(error, ERROR_INVALID_ARG, "the test driver has no %s '%s'", what, given);
}

int test_host_check_query(const CpuQuery *query, Error *error)
{
        int r = check_word("emulator", query->emulator, EMULATOR, error);

        if (r >= 0)
                r = check_word("architecture", query->arch, TEST_HOST_ARCH, error);
        if (r >= 0)
                r = check_word("virtualization type", query->virt_type, "test", error);
        return r;
}
