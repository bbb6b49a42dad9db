/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"
#include "drivers/model/domain_tune.h"
#include "drivers/model/domain_vcpu.h"

/* Processors: how many, where they run, what share they get. */

static const char *which(const DomainEditing *editing)
{
        return editing->live ? "live" : "persistent";
}

static DomainCpuTune *cpu_tune(DomainDef *def)
{
        if (!def->cpu_tune)
                def->cpu_tune = domain_def_new(def, DomainCpuTune);
        return def->cpu_tune;
}

static int set_maximum(DomainEditing *editing, uint32_t n, Error *error)
{
        DomainDef *def = editing->def;

        if (editing->live)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "maximum vcpu count of a live domain can't be modified");
        def_put(def, vcpus, n);
        if (def_is_set(def, vcpus_current) && def->vcpus_current >= n)
                def_drop(def, vcpus_current);
        while (def->vcpu_items.n > n)
                def_remove(&def->vcpu_items, def->vcpu_items.n - 1);
        return 0;
}

int edit_vcpus(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        uint32_t maximum = domain_vcpus_max(def), n = (uint32_t) editing->edit->number;

        if (editing->edit->flags & DOMAIN_VCPU_MAXIMUM)
                return set_maximum(editing, n, error);
        if (n > maximum)
                return error_set(error, ERROR_INVALID_ARG,
                                 "requested vcpus is greater than max allowable vcpus for the %s domain: "
                                 "%" PRIu32 " > %" PRIu32, which(editing), n, maximum);
        domain_vcpus_set_count(def, n, editing->edit->flags & DOMAIN_VCPU_HOTPLUGGABLE);
        return 0;
}

int edit_vcpu(DomainEditing *editing, Error *error)
{
        const DomainEdit *edit = editing->edit;
        DomainDef *def = editing->def;
        uint32_t maximum = domain_vcpus_max(def);
        g_autofree uint8_t *map = g_new0(uint8_t, UINT16_MAX);

        if (cpuset_to_map(edit->cpuset, map, UINT16_MAX) < 0)
                return error_set(error, ERROR_INVALID_ARG, "no vcpus selected for modification");
        for (uint32_t i = maximum; i < UINT16_MAX; i++)
                if (map[i])
                        return error_set(error, ERROR_INVALID_ARG, "vcpu %" PRIu32 " is not present in domain",
                                         i);
        if (map[0] && edit->number == 0)
                return error_set(error, ERROR_INVALID_ARG, "vCPU '0' can't be unplugged");
        domain_vcpus_set(def, map, edit->number != 0);
        return 0;
}

int edit_pin_vcpu(DomainEditing *editing, Error *error)
{
        const DomainEdit *edit = editing->edit;
        uint32_t maximum = domain_vcpus_max(editing->def);

        if (edit->number >= maximum)
                return error_set(error, ERROR_INVALID_ARG,
                                 "vcpu %" PRIu64 " is out of range of %s cpu count %" PRIu32, edit->number,
                                 which(editing), maximum);
        domain_pin_set(editing->def, &cpu_tune(editing->def)->vcpu_pins, (uint32_t) edit->number, edit->cpuset);
        return 0;
}

int edit_pin_emulator(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;

        cpu_tune(def)->emulator_cpuset = domain_def_strdup(def, editing->edit->cpuset);
        return 0;
}

int edit_scheduler(DomainEditing *editing, Error *error)
{
        return tune_write(&tune_scheduler, &editing->edit->params, editing->def, cpu_tune(editing->def), error);
}

void tunables_pin_vcpu(const DomainEdit *edit, Params *ret)
{
        params_add_string(ret, params_name(ret, "cputune.vcpupin%" PRIu64, edit->number), edit->cpuset);
}

void tunables_pin_emulator(const DomainEdit *edit, Params *ret)
{
        params_add_string(ret, "cputune.emulatorpin", edit->cpuset);
}

void tunables_scheduler(const DomainEdit *edit, Params *ret)
{
        params_add_all(ret, "cputune.", &edit->params);
}
