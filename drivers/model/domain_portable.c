/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_portable.h"

#include "drivers/model/domain_machine.h"

static int finish(DomainDef *copy, DomainDef **ret, Error *error)
{
        int r = domain_def_seal(copy, NULL, error);

        if (r >= 0)
                *ret = domain_def_ref(copy);
        return r;
}

static bool has_feature(const DomainCpu *cpu, const char *name)
{
        DEF_FOREACH(feature, cpu->features)
                if (streq(feature->name, name))
                        return true;
        return false;
}

/* What the definition says of a feature counts. */
static void add_features(DomainDef *def, const CpuFeatures *features, DomainCpuPolicy policy)
{
        CPU_FEATURES_FOREACH(i, features) {
                DomainCpuFeature *feature;

                if (has_feature(def->cpu, cpu_feature_name(i)))
                        continue;
                feature = domain_def_new(def, DomainCpuFeature);
                feature->policy = policy;
                feature->name = domain_def_strdup(def, cpu_feature_name(i));
                domain_def_append(def, &def->cpu->features, feature);
        }
}

int domain_def_spell_cpu(const DomainDef *def, const CpuHost *host, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        CpuDescription description;
        DomainCpu *cpu = copy->cpu;

        if (!cpu || cpu->mode != DOMAIN_CPU_HOST_MODEL || cpu_features_is_empty(&host->features) ||
            cpu_describe_guest(&host->features, &host->offers, NULL, &description, NULL) < 0)
                return finish(copy, ret, error);
        cpu->mode = DOMAIN_CPU_CUSTOM;
        cpu->match = DOMAIN_CPU_MATCH_EXACT;
        cpu->model = domain_def_strdup(copy, cpu_model_name(description.model));
        cpu->vendor = domain_def_strdup(copy, host->features.vendor);
        cpu->fallback = DOMAIN_CPU_FALLBACK_FORBID;
        add_features(copy, &description.more, DOMAIN_CPU_POLICY_REQUIRE);
        add_features(copy, &description.less, DOMAIN_CPU_POLICY_DISABLE);
        add_features(copy, &description.gone, DOMAIN_CPU_POLICY_DISABLE);
        return finish(copy, ret, error);
}

/* The place of the only controller of its type; the number of controllers when there is none, or are several. */
static uint32_t only_controller(const DomainDef *def, DomainControllerType type)
{
        uint32_t n = 0, at = def->controllers.n;

        for (uint32_t i = 0; i < def->controllers.n; i++) {
                const DomainController *controller = def->controllers.items[i];

                if (controller->type != type)
                        continue;
                at = i;
                n++;
        }
        return n == 1 ? at : def->controllers.n;
}

static void drop_controller(DomainDef *def, DomainControllerType type, DomainControllerModel model)
{
        uint32_t at = only_controller(def, type);
        const DomainController *controller;

        if (at == def->controllers.n)
                return;
        controller = def->controllers.items[at];
        if (controller->index == 0 && controller->model == model && !def_is_set(controller, ports) &&
            !def_is_set(controller, pcihole64))
                def_remove(&def->controllers, at);
}

int domain_def_make_migratable(const DomainDef *def, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        const MachineTraits *traits = machine_traits(copy->os.arch, copy->os.machine);

        if (machine_is_i440fx(traits)) {
                drop_controller(copy, DOMAIN_CONTROLLER_USB, DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI);
                drop_controller(copy, DOMAIN_CONTROLLER_PCI, DOMAIN_CONTROLLER_MODEL_PCI_ROOT);
        }
        DEF_FOREACH(serial, copy->serials)
                if (machine_is_x86(traits) && serial->target_type == DOMAIN_CHARDEV_TARGET_ISA_SERIAL) {
                        serial->target_type = 0;
                        serial->target_model = NULL;
                }
        if (traits->panic_added && copy->panics.n == 1)
                def_remove(&copy->panics, 0);
        return finish(copy, ret, error);
}
