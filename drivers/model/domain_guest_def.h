/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a guest is told of its machine, how it is labelled and sealed, and what is for QEMU alone. def.h has the
 * conventions.
 */

#include "drivers/model/domain_device_def.h"

/* <sysinfo> */
typedef struct DomainSysinfoEntry {
        DefSet set;
        const char *name; /* "manufacturer"; of fwcfg "opt/…"; of OEM strings none */
        const char *file; /* fwcfg: where the value is */
        const char *value;
} DomainSysinfoEntry;

/* <bios>, <system>, a <baseBoard>, <chassis>, <oemStrings> */
typedef struct DomainSysinfoBlock {
        DefSet set;
        DEF_LIST(DomainSysinfoEntry) entries;
} DomainSysinfoBlock;

typedef enum DomainSysinfoType {
        DOMAIN_SYSINFO_SMBIOS = 1,
        DOMAIN_SYSINFO_FWCFG,
        _DOMAIN_SYSINFO_MAX,
} DomainSysinfoType;
DECLARE_WORDS(domain_sysinfo, DomainSysinfoType, _DOMAIN_SYSINFO_MAX);

typedef struct DomainSysinfo {
        DefSet set;
        DomainSysinfoType type;
        DomainSysinfoBlock *bios;
        DomainSysinfoBlock *system;
        DEF_LIST(DomainSysinfoBlock) boards;
        DomainSysinfoBlock *chassis;
        DomainSysinfoBlock *oem_strings;
        DEF_LIST(DomainSysinfoEntry) entries; /* fwcfg */
} DomainSysinfo;

/* <seclabel> of the domain */
typedef enum DomainSeclabelType {
        DOMAIN_SECLABEL_NONE = 1,
        DOMAIN_SECLABEL_DYNAMIC,
        DOMAIN_SECLABEL_STATIC,
        _DOMAIN_SECLABEL_MAX,
} DomainSeclabelType;
DECLARE_WORDS(domain_seclabel, DomainSeclabelType, _DOMAIN_SECLABEL_MAX);

typedef struct DomainSeclabel {
        DefSet set;
        DomainSeclabelType type;
        Tristate relabel;
        const char *model; /* "selinux", "apparmor", "dac" */
        const char *label;
        const char *imagelabel; /* live */
        const char *baselabel;
} DomainSeclabel;

/* <keywrap>: s390 */
typedef struct DomainKeywrapCipher {
        DefSet set;
        Tristate state;
        const char *name; /* "aes", "dea" */
} DomainKeywrapCipher;

/* <launchSecurity> */
typedef enum DomainLaunchSecurityType {
        DOMAIN_LAUNCH_SEV = 1,
        DOMAIN_LAUNCH_SEV_SNP,
        DOMAIN_LAUNCH_S390_PV,
        DOMAIN_LAUNCH_TDX,
        _DOMAIN_LAUNCH_MAX,
} DomainLaunchSecurityType;
DECLARE_WORDS(domain_launch, DomainLaunchSecurityType, _DOMAIN_LAUNCH_MAX);

typedef struct DomainLaunchSecurity {
        DefSet set;
        uint32_t cbitpos;
        uint32_t reduced_phys_bits;
        uint64_t policy;
        DomainLaunchSecurityType type;
        Tristate kernel_hashes;
        Tristate author_key;
        Tristate vcek;
        const char *dh_cert; /* sev */
        const char *session;
        const char *visible_workarounds; /* sev-snp from here: base64 */
        const char *id_block;
        const char *id_auth;
        const char *host_data;
        const char *mr_config_id; /* tdx from here */
        const char *mr_owner;
        const char *mr_owner_config;
        const char *quote_generation; /* a socket */
} DomainLaunchSecurity;

/* <qemu:capabilities>, <qemu:deprecation>, <qemu:override> */
typedef struct DomainQemuCapability {
        DefSet set;
        const char *name;
} DomainQemuCapability;

typedef struct DomainQemuCapabilities {
        DefSet set;
        DEF_LIST(DomainQemuCapability) add;
        DEF_LIST(DomainQemuCapability) del;
} DomainQemuCapabilities;

typedef struct DomainQemuProperty {
        DefSet set;
        const char *name;
        const char *type;  /* "string", "signed", "unsigned", "bool", "remove" */
        const char *value;
} DomainQemuProperty;

typedef struct DomainQemuOverride {
        DefSet set;
        const char *alias;
        DEF_LIST(DomainQemuProperty) properties;
} DomainQemuOverride;
