/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_private.h"

#include "drivers/qemu/qmp.h"

/* Where the words differ: SysEmuTarget of QEMU's qapi/machine.json, and virArch of libvirt. */
static const struct {
        const char *target, *arch;
} arch_table[] = {
        { "i386", "i686" },
        { "arm", "armv7l" },
        { "or1k", "or32" },
};

const char *qemu_arch_from_target(const char *target)
{
        for (size_t i = 0; i < ELEMENTSOF(arch_table); i++)
                if (streq(arch_table[i].target, target))
                        return arch_table[i].arch;
        return target;
}

const char *qemu_arch_to_target(const char *arch)
{
        for (size_t i = 0; i < ELEMENTSOF(arch_table); i++)
                if (streq(arch_table[i].arch, arch))
                        return arch_table[i].target;
        return arch;
}

/* Newest first, for each vendor: the named models of QEMU's target/i386/cpu.c. */
static const struct {
        const char *vendor, *model;
} model_table[] = {
        { "GenuineIntel", "GraniteRapids" },
        { "GenuineIntel", "SapphireRapids" },
        { "GenuineIntel", "Cooperlake" },
        { "GenuineIntel", "Icelake-Server" },
        { "GenuineIntel", "Cascadelake-Server" },
        { "GenuineIntel", "Skylake-Server" },
        { "GenuineIntel", "Skylake-Client" },
        { "GenuineIntel", "Broadwell" },
        { "GenuineIntel", "Haswell" },
        { "GenuineIntel", "IvyBridge" },
        { "GenuineIntel", "SandyBridge" },
        { "GenuineIntel", "Westmere" },
        { "GenuineIntel", "Nehalem" },
        { "GenuineIntel", "Penryn" },
        { "GenuineIntel", "Conroe" },
        { "AuthenticAMD", "EPYC-Turin" },
        { "AuthenticAMD", "EPYC-Genoa" },
        { "AuthenticAMD", "EPYC-Milan" },
        { "AuthenticAMD", "EPYC-Rome" },
        { "AuthenticAMD", "EPYC" },
        { "AuthenticAMD", "Opteron_G5" },
        { "AuthenticAMD", "Opteron_G4" },
        { "AuthenticAMD", "Opteron_G3" },
        { "AuthenticAMD", "Opteron_G2" },
        { "AuthenticAMD", "Opteron_G1" },
        { "HygonGenuine", "Dhyana" },
        { NULL, "qemu64" },
};

static bool is_usable(JsonArray *definitions, const char *model)
{
        for (unsigned i = 0; i < json_array_get_length(definitions); i++) {
                JsonObject *row = qmp_array_object(definitions, i);
                const char *name = NULL;
                JsonArray *missing = NULL;

                (void) qmp_get_string(row, "name", &name);
                if (!streq_ptr(name, model))
                        continue;
                return qmp_get_array(row, "unavailable-features", &missing) > 0 &&
                       json_array_get_length(missing) == 0;
        }
        return false;
}

const char *qemu_host_model_choose(JsonArray *definitions, const char *vendor)
{
        for (size_t i = 0; i < ELEMENTSOF(model_table); i++)
                if ((!vendor || !model_table[i].vendor || streq(vendor, model_table[i].vendor)) &&
                    is_usable(definitions, model_table[i].model))
                        return model_table[i].model;
        return NULL;
}

const char *qemu_vendor_word(const char *vendor)
{
        static const struct {
                const char *vendor, *word;
        } table[] = {
                { "GenuineIntel", "Intel" },
                { "AuthenticAMD", "AMD" },
                { "HygonGenuine", "Hygon" },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (streq(table[i].vendor, vendor))
                        return table[i].word;
        return NULL;
}

const char *qemu_model_vendor(const char *model)
{
        /* by how the names begin; what is not here imitates Intel's */
        static const struct {
                const char *prefix, *word;
        } table[] = {
                { "EPYC", "AMD" },    { "Opteron", "AMD" }, { "phenom", "AMD" },   { "athlon", "AMD" },
                { "Dhyana", "Hygon" }, { "qemu", "unknown" }, { "kvm", "unknown" }, { "486", "unknown" },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (g_str_has_prefix(model, table[i].prefix))
                        return table[i].word;
        return "Intel";
}
