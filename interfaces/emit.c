/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/emit.h"

#include "interfaces/connect-contract.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-watch.h"
#include "interfaces/job-contract.h"
#include "interfaces/network-contract.h"
#include "interfaces/node_device-contract.h"
#include "interfaces/secret-contract.h"
#include "interfaces/storage_pool-contract.h"

static void emit_event(Manager *manager, const Domain *domain, const DomainEventArgs *args)
{
        const Object *connect = &domain->object.driver->object;

        connect_emit_domain_event(manager, connect, &domain->object, args->event, args->detail);
        connect_emit_domain_state_changed(manager, connect, &domain->object,
                                          domain_state_to_string(domain->state),
                                          domain_reason_to_string(domain->state, domain->reason),
                                          domain_event_to_string(args->event),
                                          domain_event_detail_to_string(args->event, args->detail));
}

static void emit_domain_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        const DomainIOErrorArgs *io = args;
        const DomainTrayArgs *tray = args;
        const DomainMetadataArgs *metadata = args;
        const DomainAgentArgs *agent = args;
        const DomainBlockJobArgs *block = args;
        const DomainBlockThresholdArgs *threshold = args;
        const DomainDiskChangeArgs *disk = args;
        const DomainGraphicsArgs *graphics = args;
        const DomainMemoryFailureArgs *failure = args;
        const DomainMemorySizeArgs *memory = args;
        const DomainNicMacArgs *nic = args;

        switch ((DomainSignal) which) {
        case DOMAIN_SIGNAL_EVENT:
                emit_event(manager, (const Domain *) object, args);
                break;
        case DOMAIN_SIGNAL_REBOOT:
                domain_emit_reboot(manager, object);
                break;
        case DOMAIN_SIGNAL_WATCHDOG:
                domain_emit_watchdog(manager, object, *(const int32_t *) args);
                break;
        case DOMAIN_SIGNAL_IO_ERROR:
                domain_emit_io_error(manager, object, io->source, io->device_alias, io->action, io->reason);
                break;
        case DOMAIN_SIGNAL_RTC:
                domain_emit_rtc_change(manager, object, *(const int64_t *) args);
                break;
        case DOMAIN_SIGNAL_BALLOON:
                domain_emit_balloon_change(manager, object, *(const uint64_t *) args);
                break;
        case DOMAIN_SIGNAL_CONTROL_ERROR:
                domain_emit_control_error(manager, object);
                break;
        case DOMAIN_SIGNAL_TRAY:
                domain_emit_tray_change(manager, object, tray->device_alias, tray->reason);
                break;
        case DOMAIN_SIGNAL_MIGRATION_ITERATION:
                domain_emit_migration_iteration(manager, object, *(const int32_t *) args);
                break;
        case DOMAIN_SIGNAL_BLOCK_JOB:
                domain_emit_block_job(manager, object, block->disk, block->type, block->status);
                break;
        case DOMAIN_SIGNAL_BLOCK_THRESHOLD:
                domain_emit_block_threshold(manager, object, threshold->device, threshold->path,
                                            threshold->threshold, threshold->excess);
                break;
        case DOMAIN_SIGNAL_JOB_COMPLETED:
                domain_emit_job_completed(manager, object, args);
                break;
        case DOMAIN_SIGNAL_DEVICE_ADDED:
                domain_emit_device_added(manager, object, args);
                break;
        case DOMAIN_SIGNAL_DEVICE_REMOVED:
                domain_emit_device_removed(manager, object, args);
                break;
        case DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED:
                domain_emit_device_removal_failed(manager, object, args);
                break;
        case DOMAIN_SIGNAL_METADATA:
                domain_emit_metadata_change(manager, object, metadata->type, metadata->uri);
                break;
        case DOMAIN_SIGNAL_TUNABLE:
                domain_emit_tunable(manager, object, args);
                break;
        case DOMAIN_SIGNAL_AGENT:
                domain_emit_agent_event(manager, object, agent->state, agent->reason);
                break;
        case DOMAIN_SIGNAL_PM_SUSPEND:
                domain_emit_pm_suspend(manager, object, 0);
                break;
        case DOMAIN_SIGNAL_PM_SUSPEND_DISK:
                domain_emit_pm_suspend_disk(manager, object, 0);
                break;
        case DOMAIN_SIGNAL_PM_WAKEUP:
                domain_emit_pm_wakeup(manager, object, 0);
                break;
        case DOMAIN_SIGNAL_DISK_CHANGE:
                domain_emit_disk_change(manager, object, disk->old_source, disk->new_source, disk->device_alias,
                                        disk->reason);
                break;
        case DOMAIN_SIGNAL_GRAPHICS:
                domain_emit_graphics(manager, object, graphics->phase, &graphics->local, &graphics->remote,
                                     graphics->auth_scheme, graphics->identities);
                break;
        case DOMAIN_SIGNAL_MEMORY_FAILURE:
                domain_emit_memory_failure(manager, object, failure->recipient, failure->action, failure->flags);
                break;
        case DOMAIN_SIGNAL_MEMORY_SIZE:
                domain_emit_memory_device_size_change(manager, object, memory->device_alias, memory->size);
                break;
        case DOMAIN_SIGNAL_NIC_MAC:
                domain_emit_nicmac_change(manager, object, nic->device_alias, nic->old_mac, nic->new_mac);
                break;
        case DOMAIN_SIGNAL_MONITOR:
                domain_watch_tell_monitor(manager, object, args);
                break;
        }
}

static void emit_network_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        const NetworkMetadataArgs *metadata = args;

        switch ((NetworkSignal) which) {
        case NETWORK_SIGNAL_EVENT:
                connect_emit_network_event(manager, &object->driver->object, object, *(const NetworkEvent *) args);
                break;
        case NETWORK_SIGNAL_METADATA:
                network_emit_metadata_change(manager, object, metadata->type, metadata->uri);
                break;
        }
}

static void emit_secret_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        switch ((SecretSignal) which) {
        case SECRET_SIGNAL_EVENT:
                connect_emit_secret_event(manager, &object->driver->object, object, *(const SecretEvent *) args, 0);
                break;
        case SECRET_SIGNAL_VALUE_CHANGED:
                secret_emit_value_changed(manager, object);
                break;
        }
}

static void emit_node_device_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        switch ((NodeDeviceSignal) which) {
        case NODE_DEVICE_SIGNAL_EVENT:
                connect_emit_node_device_event(manager, &object->driver->object, object,
                                               *(const NodeDeviceEvent *) args, 0);
                break;
        case NODE_DEVICE_SIGNAL_UPDATE:
                node_device_emit_update(manager, object);
                break;
        }
}

static void emit_storage_pool_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        switch ((StoragePoolSignal) which) {
        case STORAGE_POOL_SIGNAL_EVENT:
                connect_emit_storage_pool_event(manager, &object->driver->object, object,
                                                *(const StoragePoolEvent *) args, 0);
                break;
        case STORAGE_POOL_SIGNAL_REFRESH:
                storage_pool_emit_refresh(manager, object);
                break;
        }
}

static void emit_object_signal(Manager *manager, Object *object, unsigned which, const void *args)
{
        static void (*const emitters[_OBJECT_TYPE_MAX])(Manager *, Object *, unsigned, const void *) = {
                [OBJECT_DOMAIN] = emit_domain_signal,
                [OBJECT_NODE_DEVICE] = emit_node_device_signal,
                [OBJECT_NETWORK] = emit_network_signal,
                [OBJECT_SECRET] = emit_secret_signal,
                [OBJECT_STORAGE_POOL] = emit_storage_pool_signal,
        };

        emitters[object->type](manager, object, which, args);
}

static void emit_job_completed(Manager *manager, JobObject *object)
{
        const Error *error = job_error(object->job);
        g_autofree char *message = error ? error_message(error) : NULL;
        g_autofree char *name = error ? error_native_name(error) : NULL;

        job_object_emit_completed(manager, &object->object, !error, strempty(name), strempty(message));
}

static void emit_error_reported(Manager *manager, const Object *connect, const LastError *last)
{
        connect_emit_error_reported(manager, connect, last->code, last->domain, last->message, LAST_ERROR_LEVEL,
                                    last->sentence, last->detail, "", -1, -1);
}

const SignalEmitters signal_emitters = {
        .object_signal = emit_object_signal,
        .job_completed = emit_job_completed,
        .error_reported = emit_error_reported,
};
