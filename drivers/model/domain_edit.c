/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"

static const DomainEditInfo infos[_DOMAIN_EDIT_MAX] = {
        [DOMAIN_EDIT_ATTACH_DEVICE] = { "attach-device", "virDomainAttachDeviceFlags", edit_attach_device,
                                        .normalize = true, .check = check_attached },
        [DOMAIN_EDIT_DETACH_DEVICE] = { "detach-device", "virDomainDetachDeviceFlags", edit_detach_device,
                                        .normalize = true, .check = check_detached },
        [DOMAIN_EDIT_DETACH_ALIAS] = { "detach-device", "virDomainDetachDeviceAlias", edit_detach_alias,
                                       .normalize = true, .check = check_detached },
        [DOMAIN_EDIT_UPDATE_DEVICE] = { "update-device", "virDomainUpdateDeviceFlags", edit_update_device,
                                        .normalize = true, .check = check_updated },
        [DOMAIN_EDIT_VCPUS] = { "set-vcpus", "virDomainSetVcpusFlags", edit_vcpus },
        [DOMAIN_EDIT_VCPU] = { "set-vcpu", "virDomainSetVcpu", edit_vcpu },
        [DOMAIN_EDIT_PIN_VCPU] = { "pin-vcpu", "virDomainPinVcpuFlags", edit_pin_vcpu,
                                   .tunables = tunables_pin_vcpu },
        [DOMAIN_EDIT_PIN_EMULATOR] = { "pin-emulator", "virDomainPinEmulator", edit_pin_emulator,
                                       .tunables = tunables_pin_emulator },
        [DOMAIN_EDIT_ADD_IOTHREAD] = { "add-iothread", "virDomainAddIOThread", edit_add_iothread },
        [DOMAIN_EDIT_DELETE_IOTHREAD] = { "delete-iothread", "virDomainDelIOThread", edit_delete_iothread },
        [DOMAIN_EDIT_PIN_IOTHREAD] = { "pin-iothread", "virDomainPinIOThread", edit_pin_iothread,
                                       .tunables = tunables_pin_iothread },
        [DOMAIN_EDIT_TUNE_IOTHREAD] = { "tune-iothread", "virDomainSetIOThreadParams", edit_tune_iothread },
        [DOMAIN_EDIT_MEMORY] = { "set-memory", "virDomainSetMemoryFlags", edit_memory },
        [DOMAIN_EDIT_STATS_PERIOD] = { "set-memory-stats-period", "virDomainSetMemoryStatsPeriod",
                                       edit_stats_period },
        [DOMAIN_EDIT_MEMORY_TUNE] = { "tune-memory", "virDomainSetMemoryParameters", edit_memory_tune },
        [DOMAIN_EDIT_BLKIO_TUNE] = { "tune-block-io", "virDomainSetBlkioParameters", edit_blkio_tune },
        [DOMAIN_EDIT_SCHEDULER] = { "tune-scheduler", "virDomainSetSchedulerParametersFlags", edit_scheduler,
                                    .tunables = tunables_scheduler },
        [DOMAIN_EDIT_NUMA] = { "tune-numa", "virDomainSetNumaParameters", edit_numa },
        [DOMAIN_EDIT_PERF] = { "set-perf-events", "virDomainSetPerfEvents", edit_perf },
        [DOMAIN_EDIT_BLOCK_IO_TUNE] = { "tune-disk", "virDomainSetBlockIoTune", edit_block_io_tune,
                                        .tunables = tunables_block_io },
        [DOMAIN_EDIT_INTERFACE] = { "tune-interface", "virDomainSetInterfaceParameters", edit_interface },
        [DOMAIN_EDIT_THROTTLE_GROUP] = { "set-throttle-group", "virDomainSetThrottleGroup",
                                         edit_throttle_group },
        [DOMAIN_EDIT_DELETE_THROTTLE_GROUP] = { "delete-throttle-group", "virDomainDelThrottleGroup",
                                                edit_delete_throttle_group },
        [DOMAIN_EDIT_LIFECYCLE] = { "set-lifecycle-action", "virDomainSetLifecycleAction", edit_lifecycle },
        [DOMAIN_EDIT_METADATA] = { "set-metadata", "virDomainSetMetadata", edit_metadata },
};

const DomainEditInfo *domain_edit_info(DomainEditKind kind)
{
        g_assert(kind < _DOMAIN_EDIT_MAX && infos[kind].apply);
        return infos + kind;
}

const char *domain_edit_name(DomainEditKind kind)
{
        return domain_edit_info(kind)->name;
}

const char *domain_edit_function(DomainEditKind kind)
{
        return domain_edit_info(kind)->function;
}

DomainEdit *domain_edit_new(DomainEditKind kind, uint32_t flags)
{
        DomainEdit *edit = g_new(DomainEdit, 1);

        *edit = (DomainEdit) { .n_ref = 1, .kind = kind, .flags = flags };
        return edit;
}

DomainEdit *domain_edit_ref(DomainEdit *edit)
{
        edit->n_ref++;
        return edit;
}

DomainEdit *domain_edit_unref(DomainEdit *edit)
{
        if (!edit || --edit->n_ref > 0)
                return NULL;
        g_free(edit->name);
        g_free(edit->key);
        g_free(edit->text);
        g_free(edit->cpuset);
        params_clear(&edit->params);
        g_free(edit);
        return NULL;
}

/*
 * Addresses and controllers for what is new. Machine and emulator stand in the definition since it was
 * normalised first, so that no driver has to be asked.
 */
static int fill_in(DomainDef **def, bool live, Error *error)
{
        const DomainDefHost host = { .arch = (*def)->os.arch };
        _cleanup_(domain_def_unrefp) DomainDef *normalized = NULL, *named = NULL;
        int r = domain_def_normalize(*def, &host, &normalized, error);

        if (r < 0)
                return r;
        if (live) {
                named = domain_def_copy(normalized);
                domain_def_assign_aliases(named);
                r = domain_def_seal(named, NULL, error);
                if (r < 0)
                        return r;
        }
        domain_def_unref(*def);
        *def = named ? g_steal_pointer(&named) : g_steal_pointer(&normalized);
        return 0;
}

/* What is kept is text: a value that its reader would refuse, as a size that overflows, must not get there. */
static int check_readable(const DomainDef *def, Error *error)
{
        g_autofree char *xml = domain_def_format(def, DOMAIN_DEF_FORMAT_INACTIVE | DOMAIN_DEF_FORMAT_SECURE);
        _cleanup_(domain_def_unrefp) DomainDef *again = NULL;

        return domain_def_parse(xml, strlen(xml), DOMAIN_DEF_PARSE_STORED, NULL, &again, error);
}

int domain_edit_apply(const DomainEdit *edit, const DomainDef *def, bool live, DomainDef **ret, Error *error)
{
        const DomainEditInfo *info = domain_edit_info(edit->kind);
        _cleanup_(domain_def_unrefp) DomainDef *changed = domain_def_copy(def);
        DomainEditing editing = { .edit = edit, .old = def, .def = changed, .live = live };
        int r = info->apply(&editing, error);

        if (r >= 0)
                r = domain_def_seal(changed, NULL, error);
        if (r >= 0 && info->normalize)
                r = fill_in(&changed, live, error);
        if (r >= 0 && info->check)
                r = info->check(&editing, changed, error);
        if (r >= 0)
                r = check_readable(changed, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&changed);
        return 0;
}

int domain_edit_prepare(const DomainEdit *edit, const Domain *domain, DomainDef **ret_config,
                        DomainDef **ret_live, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *stored = NULL, *config = NULL, *live = NULL;
        uint32_t impact = 0;
        int r = domain_resolve_impact(domain, edit->flags, &impact, error);

        if (r >= 0 && (impact & DOMAIN_AFFECT_CONFIG)) {
                stored = domain_get_config(domain);
                r = domain_edit_apply(edit, stored, false, &config, error);
        }
        if (r >= 0 && (impact & DOMAIN_AFFECT_LIVE))
                r = domain_edit_apply(edit, domain->live, true, &live, error);
        if (r < 0)
                return r;
        *ret_config = g_steal_pointer(&config);
        *ret_live = g_steal_pointer(&live);
        return 0;
}

int domain_resolve_impact(const Domain *domain, uint32_t flags, uint32_t *ret, Error *error)
{
        uint32_t impact = flags & (DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
        int r;

        if (impact == 0)
                impact = domain_is_active(domain) ? DOMAIN_AFFECT_LIVE : DOMAIN_AFFECT_CONFIG;
        if (impact & DOMAIN_AFFECT_LIVE) {
                r = domain_check_active(domain, error);
                if (r < 0)
                        return r;
        }
        if ((impact & DOMAIN_AFFECT_CONFIG) && !domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "transient domains do not have any persistent configuration");
        *ret = impact;
        return 0;
}
