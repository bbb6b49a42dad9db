/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <os>, <features>, <cpu>, <clock> */

static const DefRow os_type_rows[] = {
        ATTR(DomainOs, "arch", arch),
        ATTR(DomainOs, "machine", machine),
        TEXT(DomainOs, type, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(os_type_type, DomainOs, os_type_rows);

static const DefRow loader_rows[] = {
        ATTR(DomainOs, "readonly", loader_readonly, YES_NO),
        ATTR(DomainOs, "secure", loader_secure, YES_NO),
        ATTR(DomainOs, "type", loader_type, WORDS(domain_loader)),
        ATTR(DomainOs, "stateless", loader_stateless, YES_NO),
        ATTR(DomainOs, "format", loader_format),
        TEXT(DomainOs, loader),
};
static DEF_TYPE(loader_type, DomainOs, loader_rows);

static const DefRow nvram_rows[] = {
        ATTR(DomainOs, "template", nvram_template),
        ATTR(DomainOs, "templateFormat", nvram_template_format),
        RAW_ATTR("type"),
        ATTR(DomainOs, "format", nvram_format),
        TEXT(DomainOs, nvram),
        RAW("source"),
};
static DEF_TYPE(nvram_type, DomainOs, nvram_rows);

static const DefRow boot_rows[] = {
        ATTR(DomainBoot, "dev", device, WORDS(domain_boot), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(boot_type, DomainBoot, boot_rows);

static const DefRow bootmenu_rows[] = {
        ATTR(DomainOs, "enable", bootmenu, YES_NO),
        ATTR(DomainOs, "timeout", bootmenu_timeout, RANGE(0, 65535)),
};
static DEF_TYPE(bootmenu_type, DomainOs, bootmenu_rows);

static const DefRow bios_rows[] = {
        ATTR(DomainOs, "useserial", bios_useserial, YES_NO),
        ATTR(DomainOs, "rebootTimeout", reboot_timeout, RANGE(-1, 65535)),
};
static DEF_TYPE(bios_type, DomainOs, bios_rows);

static const DefRow smbios_rows[] = {
        ATTR(DomainOs, "mode", smbios, WORDS(domain_smbios), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(smbios_type, DomainOs, smbios_rows);

static const DefRow os_rows[] = {
        ATTR(DomainOs, "firmware", firmware, WORDS(domain_firmware)),
        GROUP("type", os_type_type, FLAGS(DEF_REQUIRED)),
        RAW("init"),
        RAW("initarg"),
        RAW("initenv"),
        RAW("initdir"),
        RAW("inituser"),
        RAW("initgroup"),
        RAW("firmware"),
        GROUP("loader", loader_type),
        GROUP("nvram", nvram_type),
        RAW("varstore"),
        ELEMENT(DomainOs, "kernel", kernel),
        ELEMENT(DomainOs, "initrd", initrd),
        ELEMENT(DomainOs, "cmdline", cmdline, FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainOs, "dtb", dtb),
        ELEMENT(DomainOs, "shim", shim),
        RAW("root"),
        RAW("acpi"),
        LIST(DomainOs, "boot", boot, boot_type),
        GROUP("bootmenu", bootmenu_type),
        GROUP("bios", bios_type),
        GROUP("smbios", smbios_type),
};
DEF_TYPE(domain_os_type, DomainOs, os_rows);

/* <features> */

static const DefRow apic_rows[] = {
        HERE(DomainFeatures, apic),
        ATTR(DomainFeatures, "eoi", apic_eoi, ON_OFF),
};
static DEF_TYPE(apic_type, DomainFeatures, apic_rows);

/* An element with nothing but a state; given without one it means "on". */
#define STATE_TYPE(name)                                                                            \
        static const DefRow name##_rows[] = {                                                       \
                ATTR(DomainFeatures, "state", name, ON_OFF),                                        \
        };                                                                                          \
        static void name##_begin(void *p)                                                           \
        {                                                                                           \
                DomainFeatures *features = p;                                                       \
                                                                                                    \
                if (features->name == TRISTATE_ABSENT)                                              \
                        features->name = TRISTATE_ON;                                               \
        }                                                                                           \
        static DEF_TYPE(name##_type, DomainFeatures, name##_rows, .begin = name##_begin)

STATE_TYPE(hap);
STATE_TYPE(pmu);
STATE_TYPE(vmport);
STATE_TYPE(pvspinlock);
STATE_TYPE(vmcoreinfo);

static const DefRow smm_rows[] = {
        ATTR(DomainFeatures, "state", smm, ON_OFF),
        RAW("tseg"),
};

static void smm_begin(void *p)
{
        DomainFeatures *features = p;

        if (features->smm == TRISTATE_ABSENT)
                features->smm = TRISTATE_ON;
}

static DEF_TYPE(smm_type, DomainFeatures, smm_rows, .begin = smm_begin);

static const DefRow features_rows[] = {
        PRESENCE(DomainFeatures, "acpi", acpi),
        GROUP("apic", apic_type),
        PRESENCE(DomainFeatures, "pae", pae),
        GROUP("hap", hap_type),
        RAW("viridian"),
        RAW("privnet"),
        RAW("hyperv"),
        RAW("kvm"),
        GROUP("pvspinlock", pvspinlock_type),
        RAW("capabilities"),
        GROUP("pmu", pmu_type),
        GROUP("vmport", vmport_type),
        RAW("gic"),
        GROUP("smm", smm_type),
        RAW("ioapic"),
        RAW("hpt"),
        GROUP("vmcoreinfo", vmcoreinfo_type),
        RAW("htm"),
        RAW("nested-hv"),
        RAW("msrs"),
        RAW("ccf-assist"),
        RAW("xen"),
        RAW("cfpc"),
        RAW("sbbc"),
        RAW("ibs"),
        RAW("tcg"),
        RAW("async-teardown"),
        RAW("ras"),
        RAW("ps2"),
        RAW("aia"),
};
DEF_TYPE(domain_features_type, DomainFeatures, features_rows);

/* <cpu> */

static const DefRow cpu_model_rows[] = {
        ATTR(DomainCpu, "fallback", fallback, WORDS(domain_cpu_fallback)),
        ATTR(DomainCpu, "vendor_id", vendor_id),
        TEXT(DomainCpu, model),
};
static DEF_TYPE(cpu_model_type, DomainCpu, cpu_model_rows);

static const DefRow topology_rows[] = {
        ATTR(DomainCpu, "sockets", sockets, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCpu, "dies", dies, RANGE(1, UINT32_MAX)),
        ATTR(DomainCpu, "clusters", clusters, RANGE(1, UINT32_MAX)),
        ATTR(DomainCpu, "cores", cores, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCpu, "threads", threads, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
};

static void topology_finish(void *p, Arena *arena, bool live)
{
        DomainCpu *cpu = p;

        if (!def_is_set(cpu, dies))
                def_put(cpu, dies, 1);
        if (!def_is_set(cpu, clusters))
                def_put(cpu, clusters, 1);
}

static DEF_TYPE(topology_type, DomainCpu, topology_rows, .finish = topology_finish);

static const DefRow cpu_feature_rows[] = {
        ATTR(DomainCpuFeature, "policy", policy, WORDS(domain_cpu_policy)),
        ATTR(DomainCpuFeature, "name", name, FLAGS(DEF_REQUIRED)),
};

static void cpu_feature_begin(void *p)
{
        DomainCpuFeature *feature = p;

        if (feature->policy == 0)
                feature->policy = DOMAIN_CPU_POLICY_REQUIRE;
}

static DEF_TYPE_PLAIN(cpu_feature_type, DomainCpuFeature, cpu_feature_rows, .begin = cpu_feature_begin);

static const DefRow cpu_rows[] = {
        ATTR(DomainCpu, "mode", mode, WORDS(domain_cpu_mode)),
        ATTR(DomainCpu, "match", match, WORDS(domain_cpu_match)),
        ATTR(DomainCpu, "check", check, WORDS(domain_cpu_check), FLAGS(DEF_HOST)),
        ATTR(DomainCpu, "migratable", migratable, ON_OFF),
        RAW_ATTR("deprecated_features"),
        RAW("arch"),
        GROUP("model", cpu_model_type),
        ELEMENT(DomainCpu, "vendor", vendor),
        RAW("microcode"),
        RAW("counter"),
        GROUP("topology", topology_type),
        RAW("cache"),
        RAW("maxphysaddr"),
        LIST(DomainCpu, "feature", features, cpu_feature_type),
        RAW("numa"),
};

/* libvirt's defaults: a model without a mode is custom and matches exactly. */
static void cpu_finish(void *p, Arena *arena, bool live)
{
        DomainCpu *cpu = p;

        if (cpu->mode == 0 && (cpu->model || cpu->match != 0))
                cpu->mode = DOMAIN_CPU_CUSTOM;
        if (cpu->mode == DOMAIN_CPU_CUSTOM && cpu->match == 0)
                cpu->match = DOMAIN_CPU_MATCH_EXACT;
        if (cpu->mode == DOMAIN_CPU_CUSTOM && cpu->model && cpu->fallback == 0)
                cpu->fallback = DOMAIN_CPU_FALLBACK_ALLOW;
        if (!cpu->model && cpu->fallback == DOMAIN_CPU_FALLBACK_ALLOW)
                cpu->fallback = 0;
}

DEF_TYPE(domain_cpu_type, DomainCpu, cpu_rows, .finish = cpu_finish);

/* <clock> */

static const DefRow timer_rows[] = {
        ATTR(DomainTimer, "name", name, WORDS(domain_timer), FLAGS(DEF_REQUIRED)),
        ATTR(DomainTimer, "present", present, YES_NO),
        ATTR(DomainTimer, "tickpolicy", tickpolicy, WORDS(domain_tick)),
        ATTR(DomainTimer, "track", track, WORDS(domain_timer_track)),
        ATTR(DomainTimer, "frequency", frequency),
        ATTR(DomainTimer, "mode", mode),
        RAW("catchup"),
};
static DEF_TYPE(timer_type, DomainTimer, timer_rows);

#define OFFSET(t) WHEN(DomainClock, offset, IS(DOMAIN_CLOCK_##t))
static const DefRow clock_rows[] = {
        ATTR(DomainClock, "offset", offset, WORDS(domain_clock), FLAGS(DEF_REQUIRED)),
        ATTR(DomainClock, "adjustment", adjustment,
             WHEN(DomainClock, offset,
                  IS(DOMAIN_CLOCK_VARIABLE) | IS(DOMAIN_CLOCK_UTC) | IS(DOMAIN_CLOCK_LOCALTIME))),
        ATTR(DomainClock, "basis", basis, OFFSET(VARIABLE)),
        ATTR(DomainClock, "timezone", timezone, OFFSET(TIMEZONE), FLAGS(DEF_REQUIRED)),
        ATTR(DomainClock, "start", start, OFFSET(ABSOLUTE), FLAGS(DEF_REQUIRED)),
        LIST(DomainClock, "timer", timers, timer_type),
};

static void clock_finish(void *p, Arena *arena, bool live)
{
        DomainClock *clock = p;

        if (clock->offset != DOMAIN_CLOCK_VARIABLE)
                return;
        if (!clock->adjustment)
                clock->adjustment = arena_strdup(arena, "0");
        if (!clock->basis)
                clock->basis = arena_strdup(arena, "utc");
}

DEF_TYPE(domain_clock_type, DomainClock, clock_rows, .finish = clock_finish);
