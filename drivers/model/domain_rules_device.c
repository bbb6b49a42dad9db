/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

/* What has to fit together in the small devices, and which of them no QEMU can have. */

static void check_watchdog(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainWatchdog *watchdog = p;

        if (!def)
                return;
        EXPECT_NONE(checker, { watchdog->model == DOMAIN_WATCHDOG_I6300ESB &&
                               has_other_address(&watchdog->info, IS(DOMAIN_ADDRESS_PCI)), "address/@type",
                               "i6300esb model of watchdog can go only on PCI bus" },
                    { watchdog->model == DOMAIN_WATCHDOG_IB700 && watchdog->info.address, "address",
                      "ib700 model of watchdog does not support configuring the address" },
                    { watchdog->model == DOMAIN_WATCHDOG_DIAG288 && watchdog->info.address, "address",
                      "diag288 model of watchdog is virtual and cannot go on any bus" },
                    { watchdog->model == DOMAIN_WATCHDOG_ITCO && watchdog->info.address, "address",
                      "itco model of watchdog is part of the machine and cannot have any address set" },
                    { watchdog->action != def->watchdogs.items[0]->action, "@action",
                      "all watchdogs of a domain have the same action" });
}

const DefRule domain_watchdog_rules[] = {
        { "QEMU can have the watchdog there", check_watchdog },
        {},
};

static void check_memballoon(const void *p, DefChecker *checker)
{
        const DomainMemballoon *balloon = p;

        if (checker_qemu_domain(checker) && balloon->model == DOMAIN_MEMBALLOON_XEN)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@model",
                             "QEMU has no memory balloon of the type 'xen'");
}

const DefRule domain_memballoon_rules[] = {
        { "QEMU can have the balloon", check_memballoon },
        {},
};

/* Where firmware tells of a panic is not a device; what is one has a place. */
static void check_panic(const void *p, DefChecker *checker)
{
        const MachineTraits *traits = NULL;
        const DomainDef *def = checker_qemu_machine(checker, &traits);
        const DomainPanic *panic = p;
        bool x86_only, isa = streq_ptr(panic->model, "isa");

        if (!def || !panic->model)
                return;
        x86_only = isa || streq(panic->model, "hyperv");
        EXPECT_NONE(checker, { x86_only && !machine_is_x86(traits), "@model",
                               "panic devices of the models 'isa' and 'hyperv' are for x86 only" },
                    { isa && has_other_address(&panic->info, IS(DOMAIN_ADDRESS_ISA)), "address/@type",
                      "panic is supported only with ISA address type" },
                    { streq(panic->model, "pvpanic") && has_other_address(&panic->info, IS(DOMAIN_ADDRESS_PCI)),
                      "address/@type", "pvpanic is supported only with PCI address type" });
}

const DefRule domain_panic_rules[] = {
        { "QEMU's machine can have the device there", check_panic },
        {},
};

static void check_nvram(const void *p, DefChecker *checker)
{
        const MachineTraits *traits = NULL;
        const DomainDef *def = checker_qemu_machine(checker, &traits);
        const DomainNvram *nvram = p;

        if (!def)
                return;
        EXPECT_NONE(checker, { !domain_is_pseries(def), NULL, "nvram device is only supported for PPC64" },
                    { has_other_address(&nvram->info, IS(DOMAIN_ADDRESS_SPAPR_VIO)), "address/@type",
                      "nvram address type must be spaprvio" });
}

const DefRule domain_nvram_rules[] = {
        { "QEMU's machine can have the device there", check_nvram },
        {},
};

static void check_pstore(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);

        if (def && !def->features.acpi)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@backend",
                             "the backend 'acpi-erst' needs <features><acpi/></features>");
}

const DefRule domain_pstore_rules[] = {
        { "the firmware has what the store is a part of", check_pstore },
        {},
};
