/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <features> */

/* An element with nothing but a state; given without one it means "on". */
#define STATE_TYPE(struct_, field, ...)                                                             \
        static const DefRow field##_rows[] = {                                                      \
                ATTR(struct_, "state", field, ON_OFF),                                              \
                __VA_ARGS__                                                                         \
        };                                                                                          \
        static void field##_begin(void *p)                                                          \
        {                                                                                           \
                struct_ *features = p;                                                              \
                                                                                                    \
                if (features->field == TRISTATE_ABSENT)                                             \
                        features->field = TRISTATE_ON;                                              \
        }                                                                                           \
        static DEF_TYPE_PLAIN(field##_type, struct_, field##_rows, .begin = field##_begin)

STATE_TYPE(DomainFeatures, hap);
STATE_TYPE(DomainFeatures, pmu);
STATE_TYPE(DomainFeatures, vmport);
STATE_TYPE(DomainFeatures, pvspinlock);
STATE_TYPE(DomainFeatures, vmcoreinfo);
STATE_TYPE(DomainFeatures, htm);
STATE_TYPE(DomainFeatures, nested_hv);
STATE_TYPE(DomainFeatures, ccf_assist);
STATE_TYPE(DomainFeatures, ras);
STATE_TYPE(DomainFeatures, ps2);
STATE_TYPE(DomainFeatures, smm, ELEMENT(DomainFeatures, "tseg", tseg, .scale = 1048576),);

static const DefRow async_teardown_rows[] = {
        ATTR(DomainFeatures, "enabled", async_teardown, YES_NO),
};

static void async_teardown_begin(void *p)
{
        DomainFeatures *features = p;

        if (features->async_teardown == TRISTATE_ABSENT)
                features->async_teardown = TRISTATE_YES;
}

static DEF_TYPE(async_teardown_type, DomainFeatures, async_teardown_rows, .begin = async_teardown_begin);

static const DefRow apic_rows[] = {
        HERE(DomainFeatures, apic),
        ATTR(DomainFeatures, "eoi", apic_eoi, ON_OFF),
};
static DEF_TYPE(apic_type, DomainFeatures, apic_rows);

/* <hyperv> */

STATE_TYPE(DomainHyperv, relaxed);
STATE_TYPE(DomainHyperv, vapic);
STATE_TYPE(DomainHyperv, spinlocks, ATTR(DomainHyperv, "retries", spinlock_retries, RANGE(4095, UINT32_MAX)),);
STATE_TYPE(DomainHyperv, vpindex);
STATE_TYPE(DomainHyperv, runtime);
STATE_TYPE(DomainHyperv, synic);
STATE_TYPE(DomainHyperv, stimer_direct);
STATE_TYPE(DomainHyperv, stimer, GROUP("direct", stimer_direct_type),);
STATE_TYPE(DomainHyperv, reset);
STATE_TYPE(DomainHyperv, vendor_id_state, ATTR(DomainHyperv, "value", vendor_id),);
STATE_TYPE(DomainHyperv, frequencies);
STATE_TYPE(DomainHyperv, reenlightenment);
STATE_TYPE(DomainHyperv, tlbflush_direct);
STATE_TYPE(DomainHyperv, tlbflush_extended);
STATE_TYPE(DomainHyperv, tlbflush, GROUP("direct", tlbflush_direct_type),
           GROUP("extended", tlbflush_extended_type),);
STATE_TYPE(DomainHyperv, ipi);
STATE_TYPE(DomainHyperv, evmcs);
STATE_TYPE(DomainHyperv, avic);
STATE_TYPE(DomainHyperv, emsr_bitmap);
STATE_TYPE(DomainHyperv, xmm_input);

static const DefRow hyperv_rows[] = {
        ATTR(DomainHyperv, "mode", mode, ONE_OF("custom", "passthrough", "none")),
        GROUP("relaxed", relaxed_type),
        GROUP("vapic", vapic_type),
        GROUP("spinlocks", spinlocks_type),
        GROUP("vpindex", vpindex_type),
        GROUP("runtime", runtime_type),
        GROUP("synic", synic_type),
        GROUP("stimer", stimer_type),
        GROUP("reset", reset_type),
        GROUP("vendor_id", vendor_id_state_type),
        GROUP("frequencies", frequencies_type),
        GROUP("reenlightenment", reenlightenment_type),
        GROUP("tlbflush", tlbflush_type),
        GROUP("ipi", ipi_type),
        GROUP("evmcs", evmcs_type),
        GROUP("avic", avic_type),
        GROUP("emsr_bitmap", emsr_bitmap_type),
        GROUP("xmm_input", xmm_input_type),
};

/* What is chosen one by one is "custom"; the host's choice leaves none. */
static void hyperv_finish(void *p, Arena *arena, bool live)
{
        DomainHyperv *hyperv = p;

        if (!hyperv->mode)
                hyperv->mode = "custom";
        /* what is off has no details */
        if (hyperv->stimer == TRISTATE_OFF)
                hyperv->stimer_direct = TRISTATE_ABSENT;
        if (hyperv->tlbflush == TRISTATE_OFF)
                hyperv->tlbflush_direct = hyperv->tlbflush_extended = TRISTATE_ABSENT;
        if (hyperv->vendor_id_state == TRISTATE_OFF)
                hyperv->vendor_id = NULL;
}

static DEF_TYPE_PLAIN(hyperv_type, DomainHyperv, hyperv_rows, .finish = hyperv_finish,
                      .rules = domain_hyperv_rules);

/* <kvm>, <xen> */

STATE_TYPE(DomainKvm, hidden);
STATE_TYPE(DomainKvm, hint_dedicated);
STATE_TYPE(DomainKvm, poll_control);
STATE_TYPE(DomainKvm, pv_ipi);
STATE_TYPE(DomainKvm, dirty_ring, ATTR(DomainKvm, "size", dirty_ring_size),);

static const DefRow kvm_rows[] = {
        GROUP("hidden", hidden_type),
        GROUP("hint-dedicated", hint_dedicated_type),
        GROUP("poll-control", poll_control_type),
        GROUP("pv-ipi", pv_ipi_type),
        GROUP("dirty-ring", dirty_ring_type),
};

static void kvm_finish(void *p, Arena *arena, bool live)
{
        DomainKvm *kvm = p;

        if (kvm->dirty_ring == TRISTATE_OFF)
                def_drop(kvm, dirty_ring_size);
}

static DEF_TYPE_PLAIN(kvm_type, DomainKvm, kvm_rows, .finish = kvm_finish, .rules = domain_kvm_rules);

STATE_TYPE(DomainXen, e820_host);
STATE_TYPE(DomainXen, passthrough, ATTR(DomainXen, "mode", passthrough_mode, ONE_OF("sync_pt", "share_pt")),);

static const DefRow xen_rows[] = {
        GROUP("e820_host", e820_host_type),
        GROUP("passthrough", passthrough_type),
};
static DEF_TYPE_PLAIN(xen_type, DomainXen, xen_rows);

/* One word in one attribute. */
#define WORD_TYPE(field, attribute, ...)                                                            \
        static const DefRow field##_rows[] = {                                                      \
                ATTR(DomainFeatures, attribute, field, ONE_OF(__VA_ARGS__), FLAGS(DEF_REQUIRED)),   \
        };                                                                                          \
        static DEF_TYPE(field##_type, DomainFeatures, field##_rows)

WORD_TYPE(ioapic, "driver", "kvm", "qemu");
WORD_TYPE(msrs_unknown, "unknown", "ignore", "fault");
WORD_TYPE(cfpc, "value", "broken", "workaround", "fixed");
WORD_TYPE(sbbc, "value", "broken", "workaround", "fixed");
WORD_TYPE(ibs, "value", "broken", "workaround", "fixed-ibs", "fixed-ccd", "fixed-na");
WORD_TYPE(aia, "value", "none", "aplic", "aplic-imsic");

static const DefRow gic_rows[] = {
        HERE(DomainFeatures, gic),
        ATTR(DomainFeatures, "version", gic_version, ONE_OF("2", "3", "host")),
};
static DEF_TYPE(gic_type, DomainFeatures, gic_rows);

static const DefRow hpt_rows[] = {
        ATTR(DomainFeatures, "resizing", hpt, ONE_OF("enabled", "disabled", "required")),
        ELEMENT(DomainFeatures, "maxpagesize", hpt_maxpagesize, KIB),
};
static DEF_TYPE(hpt_type, DomainFeatures, hpt_rows);

static const DefRow tcg_rows[] = {
        ELEMENT(DomainFeatures, "tb-cache", tb_cache, KIB),
};
static DEF_TYPE(tcg_type, DomainFeatures, tcg_rows);

static const DefRow features_rows[] = {
        PRESENCE(DomainFeatures, "acpi", acpi),
        GROUP("apic", apic_type),
        PRESENCE(DomainFeatures, "pae", pae),
        GROUP("hap", hap_type),
        PRESENCE(DomainFeatures, "viridian", viridian),
        PRESENCE(DomainFeatures, "privnet", privnet),
        CHILD(DomainFeatures, "hyperv", hyperv, hyperv_type, FLAGS(DEF_END_TAG)),
        CHILD(DomainFeatures, "kvm", kvm, kvm_type, FLAGS(DEF_END_TAG)),
        GROUP("pvspinlock", pvspinlock_type),
        RAW("capabilities"), /* of containers */
        GROUP("pmu", pmu_type),
        GROUP("vmport", vmport_type),
        GROUP("gic", gic_type),
        GROUP("smm", smm_type),
        GROUP("ioapic", ioapic_type),
        GROUP("hpt", hpt_type),
        GROUP("vmcoreinfo", vmcoreinfo_type),
        GROUP("htm", htm_type),
        GROUP("nested-hv", nested_hv_type),
        GROUP("msrs", msrs_unknown_type),
        GROUP("ccf-assist", ccf_assist_type),
        CHILD(DomainFeatures, "xen", xen, xen_type, FLAGS(DEF_END_TAG)),
        GROUP("cfpc", cfpc_type),
        GROUP("sbbc", sbbc_type),
        GROUP("ibs", ibs_type),
        GROUP("tcg", tcg_type),
        GROUP("async-teardown", async_teardown_type),
        GROUP("ras", ras_type),
        GROUP("ps2", ps2_type),
        GROUP("aia", aia_type),
};
DEF_TYPE(domain_features_type, DomainFeatures, features_rows);
