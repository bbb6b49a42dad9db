/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <string.h>

/* <sysinfo>, <seclabel>, <keywrap>, <launchSecurity>, the QEMU namespace */

/* <sysinfo>: libvirt prints the entries of a block in an order of its own and drops what it does not know. */

static const DefRow entry_rows[] = {
        ATTR(DomainSysinfoEntry, "name", name),
        ATTR(DomainSysinfoEntry, "file", file),
        TEXT(DomainSysinfoEntry, value),
};
static DEF_TYPE_PLAIN(entry_type, DomainSysinfoEntry, entry_rows);

static const DefRow block_rows[] = {
        LIST(DomainSysinfoBlock, "entry", entries, entry_type),
};

static void order_entries(DomainSysinfoBlock *block, Arena *arena, const char *const *names)
{
        __typeof__(block->entries) old = block->entries;

        memset(&block->entries, 0, sizeof(block->entries));
        for (; *names; names++)
                DEF_FOREACH(entry, old)
                        if (streq_ptr(entry->name, *names) && entry->value) {
                                def_append(arena, &block->entries, entry);
                                break;
                        }
}

/* A block and the order of its entries. */
#define BLOCK_TYPE(name_, ...)                                                                      \
        static void name_##_finish(void *p, Arena *arena, bool live)                                \
        {                                                                                           \
                static const char *const names[] = { __VA_ARGS__, NULL };                           \
                                                                                                    \
                order_entries(p, arena, names);                                                     \
        }                                                                                           \
        static DEF_TYPE_PLAIN(name_##_type, DomainSysinfoBlock, block_rows, .finish = name_##_finish)

BLOCK_TYPE(bios, "vendor", "version", "date", "release");
BLOCK_TYPE(system, "manufacturer", "product", "version", "serial", "uuid", "sku", "family");
BLOCK_TYPE(board, "manufacturer", "product", "version", "serial", "asset", "location");
BLOCK_TYPE(chassis, "manufacturer", "version", "serial", "asset", "sku");
static DEF_TYPE_PLAIN(oem_type, DomainSysinfoBlock, block_rows);

#define SMBIOS WHEN(DomainSysinfo, type, IS(DOMAIN_SYSINFO_SMBIOS))
static const DefRow sysinfo_rows[] = {
        ATTR(DomainSysinfo, "type", type, WORDS(domain_sysinfo), FLAGS(DEF_REQUIRED)),
        CHILD(DomainSysinfo, "bios", bios, bios_type, SMBIOS, FLAGS(DEF_BRIEF)),
        CHILD(DomainSysinfo, "system", system, system_type, SMBIOS, FLAGS(DEF_BRIEF)),
        LIST(DomainSysinfo, "baseBoard", boards, board_type, SMBIOS),
        CHILD(DomainSysinfo, "chassis", chassis, chassis_type, SMBIOS, FLAGS(DEF_BRIEF)),
        CHILD(DomainSysinfo, "oemStrings", oem_strings, oem_type, SMBIOS, FLAGS(DEF_BRIEF)),
        LIST(DomainSysinfo, "entry", entries, entry_type,
             WHEN(DomainSysinfo, type, IS(DOMAIN_SYSINFO_FWCFG))),
};

static void sysinfo_finish(void *p, Arena *arena, bool live)
{
        DomainSysinfo *sysinfo = p;

        for (uint32_t i = sysinfo->boards.n; i-- > 0;)
                if (sysinfo->boards.items[i]->entries.n == 0)
                        def_remove(&sysinfo->boards, i);
}

DEF_TYPE_PLAIN(domain_sysinfo_type, DomainSysinfo, sysinfo_rows, .finish = sysinfo_finish,
               .rules = domain_sysinfo_rules);

/* <seclabel> */

static const DefRow seclabel_rows[] = {
        ATTR(DomainSeclabel, "type", type, WORDS(domain_seclabel)),
        ATTR(DomainSeclabel, "model", model),
        ATTR(DomainSeclabel, "relabel", relabel, YES_NO),
        ELEMENT(DomainSeclabel, "label", label),
        ELEMENT(DomainSeclabel, "imagelabel", imagelabel, FLAGS(DEF_LIVE)),
        ELEMENT(DomainSeclabel, "baselabel", baselabel),
};

/* What is said without a type is dynamic; whether files are labelled follows from the type. */
static void seclabel_finish(void *p, Arena *arena, bool live)
{
        DomainSeclabel *label = p;

        if (label->type == 0)
                label->type = DOMAIN_SECLABEL_DYNAMIC;
        if (label->type == DOMAIN_SECLABEL_NONE) {
                /* goes without saying */
                if (label->relabel == TRISTATE_NO)
                        label->relabel = TRISTATE_ABSENT;
                label->label = NULL;
        } else if (label->relabel == TRISTATE_ABSENT)
                label->relabel = tristate(label->type == DOMAIN_SECLABEL_DYNAMIC);
        if (!live && label->type == DOMAIN_SECLABEL_DYNAMIC)
                label->label = NULL;
        if (label->type != DOMAIN_SECLABEL_DYNAMIC)
                label->baselabel = NULL;
}

DEF_TYPE_PLAIN(domain_seclabel_type, DomainSeclabel, seclabel_rows, .finish = seclabel_finish,
               .rules = domain_seclabel_rules);

/* <keywrap> */

static const DefRow cipher_rows[] = {
        ATTR(DomainKeywrapCipher, "name", name, ONE_OF("aes", "dea"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainKeywrapCipher, "state", state, ON_OFF, FLAGS(DEF_REQUIRED)),
};
DEF_TYPE_PLAIN(domain_keywrap_type, DomainKeywrapCipher, cipher_rows);

/* <launchSecurity> */

#define SEV IS(DOMAIN_LAUNCH_SEV)
#define SNP IS(DOMAIN_LAUNCH_SEV_SNP)
#define TDX IS(DOMAIN_LAUNCH_TDX)
#define LAUNCH(types) WHEN(DomainLaunchSecurity, type, types)

static const DefRow quote_rows[] = {
        ATTR(DomainLaunchSecurity, "path", quote_generation),
};
static DEF_TYPE_PLAIN(quote_type, DomainLaunchSecurity, quote_rows);

/* SEV policies have four digits, those of SEV-SNP and TDX eight. */
static bool print_policy(const void *p, const void *field, unsigned flags, GString *out)
{
        const DomainLaunchSecurity *launch = p;

        if (!def_is_set(launch, policy))
                return false;
        g_string_append_printf(out, launch->type == DOMAIN_LAUNCH_SEV ? "0x%04" PRIx64 : "0x%08" PRIx64,
                               launch->policy);
        return true;
}

static const DefHatch policy_hatch = { .print = print_policy };

static const DefRow launch_rows[] = {
        ATTR(DomainLaunchSecurity, "type", type, WORDS(domain_launch), FLAGS(DEF_REQUIRED)),
        ATTR(DomainLaunchSecurity, "kernelHashes", kernel_hashes, YES_NO, LAUNCH(SEV | SNP)),
        ATTR(DomainLaunchSecurity, "authorKey", author_key, YES_NO, LAUNCH(SNP)),
        ATTR(DomainLaunchSecurity, "vcek", vcek, YES_NO, LAUNCH(SNP)),
        ELEMENT(DomainLaunchSecurity, "cbitpos", cbitpos, LAUNCH(SEV | SNP)),
        ELEMENT(DomainLaunchSecurity, "reducedPhysBits", reduced_phys_bits, LAUNCH(SEV | SNP)),
        ELEMENT(DomainLaunchSecurity, "policy", policy, HATCH(policy_hatch), FLAGS(DEF_ANY_BASE),
                LAUNCH(SEV | SNP | TDX)),
        ELEMENT(DomainLaunchSecurity, "dhCert", dh_cert, LAUNCH(SEV), FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainLaunchSecurity, "session", session, LAUNCH(SEV), FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainLaunchSecurity, "guestVisibleWorkarounds", visible_workarounds, LAUNCH(SNP)),
        ELEMENT(DomainLaunchSecurity, "idBlock", id_block, LAUNCH(SNP), FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainLaunchSecurity, "idAuth", id_auth, LAUNCH(SNP), FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainLaunchSecurity, "hostData", host_data, LAUNCH(SNP)),
        ELEMENT(DomainLaunchSecurity, "mrConfigId", mr_config_id, LAUNCH(TDX)),
        ELEMENT(DomainLaunchSecurity, "mrOwner", mr_owner, LAUNCH(TDX)),
        ELEMENT(DomainLaunchSecurity, "mrOwnerConfig", mr_owner_config, LAUNCH(TDX)),
        GROUP("quoteGenerationService", quote_type, LAUNCH(TDX)),
};
DEF_TYPE_PLAIN(domain_launch_type, DomainLaunchSecurity, launch_rows, .rules = domain_launch_rules);

/* What is for QEMU alone. */

static const DefNamespace qemu_ns = { "qemu", DOMAIN_QEMU_NAMESPACE };

static const DefRow arg_rows[] = {
        ATTR(DomainQemuArg, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(arg_type, DomainQemuArg, arg_rows);

static const DefRow env_rows[] = {
        ATTR(DomainQemuEnv, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(DomainQemuEnv, "value", value),
};
static DEF_TYPE_PLAIN(env_type, DomainQemuEnv, env_rows);

static const DefRow commandline_rows[] = {
        LIST(DomainDef, "arg", qemu_args, arg_type, NS(qemu_ns)),
        LIST(DomainDef, "env", qemu_env, env_type, NS(qemu_ns)),
};
static DEF_TYPE(commandline_type, DomainDef, commandline_rows);

static const DefRow capability_rows[] = {
        ATTR(DomainQemuCapability, "capability", name, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(capability_type, DomainQemuCapability, capability_rows);

static const DefRow capabilities_rows[] = {
        LIST(DomainQemuCapabilities, "add", add, capability_type, NS(qemu_ns)),
        LIST(DomainQemuCapabilities, "del", del, capability_type, NS(qemu_ns)),
};
static DEF_TYPE_PLAIN(capabilities_type, DomainQemuCapabilities, capabilities_rows);

static const DefRow deprecation_rows[] = {
        ATTR(DomainDef, "behavior", qemu_deprecation, ONE_OF("none", "omit", "reject", "crash"),
             FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(deprecation_type, DomainDef, deprecation_rows);

static const DefRow property_rows[] = {
        ATTR(DomainQemuProperty, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(DomainQemuProperty, "type", type, FLAGS(DEF_REQUIRED),
             ONE_OF("string", "unsigned", "signed", "bool", "remove")),
        ATTR(DomainQemuProperty, "value", value),
};
static DEF_TYPE_PLAIN(property_type, DomainQemuProperty, property_rows, .rules = domain_qemu_property_rules);

static const DefRow frontend_rows[] = {
        LIST(DomainQemuOverride, "property", properties, property_type, NS(qemu_ns)),
};
static DEF_TYPE_PLAIN(frontend_type, DomainQemuOverride, frontend_rows);

static const DefRow device_rows[] = {
        ATTR(DomainQemuOverride, "alias", alias, FLAGS(DEF_REQUIRED)),
        GROUP("frontend", frontend_type, NS(qemu_ns)),
};
static DEF_TYPE_PLAIN(device_type, DomainQemuOverride, device_rows);

static const DefRow override_rows[] = {
        LIST(DomainDef, "device", qemu_overrides, device_type, NS(qemu_ns)),
};
static DEF_TYPE(override_type, DomainDef, override_rows);

static const DefRow qemu_rows[] = {
        GROUP("commandline", commandline_type, NS(qemu_ns)),
        CHILD(DomainDef, "capabilities", qemu_capabilities, capabilities_type, NS(qemu_ns), FLAGS(DEF_BRIEF)),
        GROUP("deprecation", deprecation_type, NS(qemu_ns)),
        GROUP("override", override_type, NS(qemu_ns)),
};
DEF_TYPE(domain_qemu_type, DomainDef, qemu_rows);
