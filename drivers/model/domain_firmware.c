/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include "drivers/model/firmware.h"

/* Bit 2 of SEV's policy: the state of the processors is encrypted as well. */
#define SEV_POLICY_ES (1u << 2)

/* Where distributions had UEFI before they had descriptors: libvirt's list, and what Debian has added. */
static const struct {
        const char *code;
        const char *variables;
} known_pairs[] = {
        { "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
        { "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
        { "/usr/share/OVMF/OVMF_CODE.ms.fd", "/usr/share/OVMF/OVMF_VARS.ms.fd" },
        { "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
        { "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
        { "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd" },
        { "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd" },
        { "/usr/share/AAVMF/AAVMF32_CODE.fd", "/usr/share/AAVMF/AAVMF32_VARS.fd" },
};

static bool is_raw_or_qcow2(const char *format)
{
        return streq(format, "raw") || streq(format, "qcow2");
}

static bool is_unset_or(const char *wanted, const char *value)
{
        return !wanted || streq_ptr(wanted, value);
}

Tristate domain_wanted_feature(const DomainOs *os, const char *name)
{
        DEF_FOREACH(feature, os->firmware_features)
                if (streq(feature->name, name))
                        return feature->enabled;
        return TRISTATE_ABSENT;
}

/* Whether it is there or not as is wanted. */
static bool agrees(const Firmware *firmware, FirmwareFeature feature, Tristate wanted)
{
        return wanted == TRISTATE_ABSENT || wanted == tristate(firmware->features & feature);
}

static bool suits_features(const Firmware *firmware, const DomainDef *def)
{
        const DomainOs *os = &def->os;

        if ((def->suspend_to_mem == TRISTATE_YES && !(firmware->features & FIRMWARE_ACPI_S3)) ||
            (def->suspend_to_disk == TRISTATE_YES && !(firmware->features & FIRMWARE_ACPI_S4)))
                return false;
        if ((firmware->features & FIRMWARE_REQUIRES_SMM) && def->features.smm == TRISTATE_OFF)
                return false;
        return agrees(firmware, FIRMWARE_SECURE_BOOT, domain_wanted_feature(os, "secure-boot")) &&
               agrees(firmware, FIRMWARE_ENROLLED_KEYS, domain_wanted_feature(os, "enrolled-keys")) &&
               agrees(firmware, FIRMWARE_REQUIRES_SMM, os->loader_secure);
}

static bool suits_launch(const Firmware *firmware, const DomainLaunchSecurity *launch)
{
        uint32_t needed = 0;

        if (!launch)
                return true;
        switch (launch->type) {
        case DOMAIN_LAUNCH_SEV:
                needed = FIRMWARE_AMD_SEV | (launch->policy & SEV_POLICY_ES ? FIRMWARE_AMD_SEV_ES : 0);
                break;
        case DOMAIN_LAUNCH_SEV_SNP:
                needed = FIRMWARE_AMD_SEV_SNP;
                break;
        case DOMAIN_LAUNCH_TDX:
                needed = FIRMWARE_INTEL_TDX;
                break;
        case DOMAIN_LAUNCH_S390_PV:
        case _DOMAIN_LAUNCH_MAX:
                break;
        }
        return (firmware->features & needed) == needed;
}

static bool suits_flash(const Firmware *firmware, const DomainOs *os)
{
        FirmwareMode mode = os->loader_stateless == TRISTATE_YES ? FIRMWARE_STATELESS : FIRMWARE_SPLIT;

        if (os->loader_type == DOMAIN_LOADER_ROM || os->loader_readonly == TRISTATE_NO || firmware->mode != mode)
                return false;
        if (!is_raw_or_qcow2(firmware->format) || !is_unset_or(os->loader_format, firmware->format))
                return false;
        if (mode == FIRMWARE_STATELESS)
                return !os->nvram_template;
        return is_raw_or_qcow2(firmware->nvram_format) && is_unset_or(os->nvram_template, firmware->nvram) &&
               is_unset_or(os->nvram_template_format ?: os->nvram_format, firmware->nvram_format);
}

static bool suits_memory(const DomainOs *os)
{
        return os->loader_type != DOMAIN_LOADER_PFLASH && is_unset_or(os->loader_format, "raw");
}

static bool suits(const Firmware *firmware, const DomainDef *def)
{
        const DomainOs *os = &def->os;
        FirmwareFeature interface = os->firmware == DOMAIN_FIRMWARE_BIOS ? FIRMWARE_BIOS : FIRMWARE_UEFI;

        return (firmware->features & interface) && is_unset_or(os->loader, firmware->executable) &&
               firmware_suits_machine(firmware, strempty(os->arch), strempty(os->machine)) &&
               suits_features(firmware, def) && suits_launch(firmware, def->launch_security) &&
               (firmware->device == FIRMWARE_FLASH ? suits_flash(firmware, os) : suits_memory(os));
}

static const Firmware *find_firmware(const Firmwares *firmwares, const DomainDef *def)
{
        for (size_t i = 0; i < firmwares->n; i++)
                if (suits(firmwares->items + i, def))
                        return firmwares->items + i;
        return NULL;
}

/* Whether the variables are in a file or a device of this host, or will be in a file of ours. */
static bool has_local_nvram(const DomainOs *os)
{
        return !os->nvram_source || os->nvram_source->type != DOMAIN_DISK_NETWORK;
}

/* name is static, like the words of the table. */
static void add_feature(DomainDef *def, const char *name, bool enabled)
{
        DomainFirmwareFeature *feature = domain_def_new(def, DomainFirmwareFeature);

        feature->name = name;
        feature->enabled = tristate(enabled);
        domain_def_append(def, &def->os.firmware_features, feature);
}

static void take(DomainDef *def, const Firmware *firmware)
{
        DomainOs *os = &def->os;
        bool flash = firmware->device == FIRMWARE_FLASH;

        os->loader = domain_def_strdup(def, firmware->executable);
        os->loader_type = flash ? DOMAIN_LOADER_PFLASH : DOMAIN_LOADER_ROM;
        os->loader_format = domain_def_strdup(def, flash ? firmware->format : "raw");
        if (flash)
                os->loader_readonly = TRISTATE_YES;
        if (flash && firmware->mode == FIRMWARE_SPLIT && has_local_nvram(os)) {
                os->nvram_template = domain_def_strdup(def, firmware->nvram);
                os->nvram_template_format = domain_def_strdup(def, firmware->nvram_format);
        }
        if (firmware->features & FIRMWARE_REQUIRES_SMM) {
                def->features.smm = TRISTATE_ON;
                os->loader_secure = TRISTATE_YES;
        }
        if (os->firmware == 0)
                os->firmware = firmware->features & FIRMWARE_UEFI ? DOMAIN_FIRMWARE_EFI : DOMAIN_FIRMWARE_BIOS;
        os->firmware_features.n = 0;
        /* nobody knows which keys are in a store that is elsewhere */
        if (!flash || os->loader_stateless == TRISTATE_YES || os->nvram_template)
                add_feature(def, "enrolled-keys", firmware->features & FIRMWARE_ENROLLED_KEYS);
        add_feature(def, "secure-boot", firmware->features & FIRMWARE_SECURE_BOOT);
}

/* A loader that no descriptor has. */
static void take_known_pair(DomainDef *def)
{
        DomainOs *os = &def->os;

        if (os->loader_type != DOMAIN_LOADER_PFLASH || os->loader_readonly == TRISTATE_NO ||
            os->loader_stateless == TRISTATE_YES || !is_unset_or(os->loader_format, "raw"))
                return;
        for (size_t i = 0; i < ELEMENTSOF(known_pairs); i++) {
                if (!streq(known_pairs[i].code, os->loader))
                        continue;
                os->loader_readonly = TRISTATE_YES;
                if (!os->nvram_template)
                        os->nvram_template = domain_def_strdup(def, known_pairs[i].variables);
                if (!os->nvram_template_format)
                        os->nvram_template_format = domain_def_strdup(def, "raw");
                return;
        }
}

/* The end of the name goes with the format; a new machine also has that of its template. */
static const char *store_suffix(const Normalizer *normalizer, const char *format)
{
        const char *template = normalizer->def->os.nvram_template;

        if (streq(format, "qcow2"))
                return ".qcow2";
        return !normalizer->host->keep_abi && template && g_str_has_suffix(template, ".raw") ? ".raw" : ".fd";
}

static bool wants_store(const DomainOs *os)
{
        return os->loader_type == DOMAIN_LOADER_PFLASH && os->loader_readonly == TRISTATE_YES &&
               os->loader_stateless != TRISTATE_YES;
}

static void place_variables(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;
        DomainOs *os = &def->os;

        if (!wants_store(os))
                return;
        if (!os->nvram_format && (os->nvram || os->nvram_source))
                os->nvram_format = os->loader_format;
        if (os->nvram || os->nvram_source)
                return;
        if (!os->nvram_format)
                os->nvram_format = os->nvram_template_format ?: os->loader_format;
        os->nvram = domain_def_printf(def, "%s/%s_VARS%s", normalizer->host->nvram_dir, def->name,
                                      store_suffix(normalizer, os->nvram_format));
}

static void default_types(DomainDef *def)
{
        DomainOs *os = &def->os;

        if (os->loader && os->loader_type == 0)
                os->loader_type = DOMAIN_LOADER_ROM;
}

static void default_formats(DomainDef *def)
{
        DomainOs *os = &def->os;

        if (os->loader && !os->loader_format)
                os->loader_format = domain_def_strdup(def, "raw");
        if (os->loader && (os->nvram || os->nvram_source) && !os->nvram_format)
                os->nvram_format = os->loader_format;
}

bool domain_needs_firmwares(const DomainDef *def)
{
        return def->os.firmware != 0 || (def->os.loader && def->os.loader_type == DOMAIN_LOADER_PFLASH);
}

bool domain_lacks_firmware(const DomainDef *def)
{
        const DomainOs *os = &def->os;

        return (os->firmware != 0 && !os->loader) || (wants_store(os) && !os->nvram && !os->nvram_source);
}

int domain_choose_firmware(Normalizer *normalizer, Error *error)
{
        const DomainDefHost *host = normalizer->host;
        DomainDef *def = normalizer->def;
        DomainOs *os = &def->os;
        const Firmware *firmware;

        default_types(def);
        if (!host->firmwares || !domain_needs_firmwares(def)) {
                default_formats(def);
                return 0;
        }
        /* before there were others, what was chosen was raw */
        if (host->keep_abi && os->firmware != 0 && !os->loader_format)
                os->loader_format = domain_def_strdup(def, "raw");
        firmware = find_firmware(host->firmwares, def);
        if (firmware)
                take(def, firmware);
        else if (os->firmware == 0)
                take_known_pair(def);
        else if (host->keep_abi)
                /* the machine stays defined, and its start says the same */
                return 0;
        else
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "/domain/os/@firmware: Unable to find '%s' firmware that is compatible with the "
                                 "current configuration: machine '%s' and what <firmware>, <loader>, <nvram> and "
                                 "<smm> say",
                                 domain_firmware_to_string(os->firmware), strempty(os->machine));
        default_formats(def);
        place_variables(normalizer);
        return 0;
}
