/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices of a running machine: plugged, let go of, changed; and then the same in the persistent definition. */

#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_edit_write.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_plug.h"

#include "drivers/model/domain_device.h"
#include "drivers/model/domain_edit.h"

#include <string.h>

/* virDomainDeviceModifyFlags */
#define MODIFY_FORCE (1u << 2)

typedef struct DeviceChange {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        DomainEdit *edit;
        DomainDef *config; /* NULL: not to be changed */
        DomainDef *live;
        char *alias; /* of the device, once it is known */
        bool done;   /* the machine has it */
        QemuPlug *plug;
        QemuNetworkPlug *network; /* set while the port of a card is being made */
        QemuEditWrite write;
} DeviceChange;

static void change_free(void *p)
{
        DeviceChange *change = p;

        qemu_plug_free(change->plug);
        qemu_network_plug_cancel(change->network);
        worker_cancel(change->write.task);
        domain_def_unref(change->config);
        domain_def_unref(change->live);
        domain_edit_unref(change->edit);
        domain_unref(change->domain);
        g_free(change->alias);
        g_free(change);
}

static int step_prepare(Job *job, void *context, Error *error)
{
        DeviceChange *change = context;

        return domain_edit_prepare(change->edit, change->domain, &change->config, &change->live, error);
}

/* The device that the one definition has and the other has not; of several the one that the others are there for. */
typedef struct Search {
        const DomainDef *other;
        const char *alias;
} Search;

static void search(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);
        Search *found = userdata;
        const DefRow *other_row;
        uint32_t index;

        if (!info || !info->alias || domain_device_find_alias(found->other, info->alias, &other_row, &index))
                return;
        if (!found->alias || !streq(row->name, "controller"))
                found->alias = info->alias;
}

static const char *find_extra(const DomainDef *def, const DomainDef *other)
{
        Search found = { .other = other };

        domain_device_foreach(def, search, &found);
        return found.alias;
}

static const char *image_of(const DomainDisk *disk)
{
        return strempty(disk->source.file ?: disk->source.dev);
}

static void announce_media(Domain *domain, const DomainDef *old, const DomainDef *live)
{
        for (uint32_t i = 0; i < old->disks.n && i < live->disks.n; i++) {
                const DomainDisk *was = old->disks.items[i], *is = live->disks.items[i];
                const DomainDiskChangeArgs args = {
                        .old_source = image_of(was),
                        .new_source = image_of(is),
                        .device_alias = strempty(is->info.alias),
                };

                if (streq_ptr(was->info.alias, is->info.alias) && !streq(image_of(was), image_of(is)))
                        domain_emit(domain, DOMAIN_SIGNAL_DISK_CHANGE, &args);
        }
}

static void make_visible(DeviceChange *change, DomainDef *live)
{
        QemuGuest *guest = domain_guest(change->domain);
        _cleanup_(domain_def_unrefp) DomainDef *old = NULL;

        if (!guest)
                return;
        old = domain_def_ref(guest->live);
        g_clear_pointer(&guest->ahead, domain_def_unref);
        guest_set_live(guest, live);
        domain_edit_announce(change->edit, change->domain, old, live);
        if (change->edit->kind == DOMAIN_EDIT_UPDATE_DEVICE)
                announce_media(change->domain, old, live);
}

static void on_plugged(void *userdata, DomainDef *live, Error *error)
{
        DeviceChange *change = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;

        change->done = !error_is_set(error);
        error_move(&failure, error);
        if (change->done && live)
                make_visible(change, live);
        change->plug = qemu_plug_free(change->plug);
        job_step_done(change->job, change->done ? 0 : -EIO, &failure);
}

static int plug(DeviceChange *change, QemuPlugKind kind, const char *alias, Error *error)
{
        int r;

        if (!alias)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "this device has no name in a running machine");
        change->alias = g_strdup(alias);
        r = qemu_plug_begin(change->domain, kind, change->live, alias, change->edit->flags & MODIFY_FORCE, on_plugged,
                            change, &change->plug, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

static int unplug(DeviceChange *change, const char *alias, Error *error)
{
        const DomainDisk *disk = alias ? qemu_live_disk_of_device(domain_guest(change->domain)->live, alias) : NULL;
        int r = disk ? qemu_block_check_idle(change->domain, disk, error) : 0;

        return r < 0 ? r : plug(change, QEMU_PLUG_DETACH, alias, error);
}

/* The medium in a drive, else what need not be another device. */
static int update(DeviceChange *change, Error *error)
{
        const DomainDef *old = domain_guest(change->domain)->live, *new = change->live;
        int r = monitor_check(domain_guest(change->domain), error);

        if (r < 0)
                return r;
        if (change->edit->kind == DOMAIN_EDIT_UPDATE_DEVICE)
                for (uint32_t i = 0; i < old->disks.n && i < new->disks.n; i++)
                        if (!domain_storage_equal(&old->disks.items[i]->source, &new->disks.items[i]->source))
                                return plug(change, QEMU_PLUG_MEDIUM, new->disks.items[i]->info.alias, error);
        r = qemu_plug_begin(change->domain, QEMU_PLUG_UPDATE, change->live, NULL, false, on_plugged, change,
                            &change->plug, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

/* Step "network": a card that comes is plugged in. */
static void on_port(void *userdata, DomainDef *def, Error *error)
{
        DeviceChange *change = userdata;

        change->network = NULL;
        if (def) {
                domain_def_unref(change->live);
                change->live = def;
        }
        job_step_done(change->job, def ? 0 : -EIO, error);
}

static int step_network(Job *job, void *context, Error *error)
{
        DeviceChange *change = context;
        const QemuGuest *guest = domain_guest(change->domain);
        const char *alias;
        int r;

        if (!guest || change->edit->kind != DOMAIN_EDIT_ATTACH_DEVICE)
                return 0;
        alias = find_extra(change->live, guest->live);
        r = alias ? qemu_network_plug(guest->driver, change->live, alias, on_port, change, &change->network, error) : 0;
        return r > 0 ? JOB_STEP_WAIT : r;
}

static void cancel_network(Job *job, void *context)
{
        DeviceChange *change = context;

        change->network = qemu_network_plug_cancel(change->network);
}

static void undo_network(Job *job, void *context)
{
        const DeviceChange *change = context;
        const QemuGuest *guest = domain_guest(change->domain);
        const char *alias = guest ? find_extra(change->live, guest->live) : NULL;

        /* a card that the guest has got it gives back first */
        if (change->edit->kind == DOMAIN_EDIT_ATTACH_DEVICE && (alias || !guest))
                qemu_network_unplug(qemu_driver_of(change->domain), change->live, alias);
}

static int step_machine(Job *job, void *context, Error *error)
{
        DeviceChange *change = context;
        const QemuGuest *guest = domain_guest(change->domain);

        if (!guest)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        if (change->edit->kind == DOMAIN_EDIT_ATTACH_DEVICE)
                return plug(change, QEMU_PLUG_ATTACH, find_extra(change->live, guest->live), error);
        if (change->edit->kind != DOMAIN_EDIT_DETACH_DEVICE && change->edit->kind != DOMAIN_EDIT_DETACH_ALIAS)
                return update(change, error);
        return unplug(change, find_extra(guest->live, change->live), error);
}

static void cancel_machine(Job *job, void *context)
{
        DeviceChange *change = context;

        change->plug = qemu_plug_free(change->plug);
}

/* A device that cannot be written down goes again; a guest that has let one go cannot be given it back. */
static void undo_machine(Job *job, void *context)
{
        const DeviceChange *change = context;
        QemuGuest *guest = domain_guest(change->domain);

        if (change->edit->kind == DOMAIN_EDIT_ATTACH_DEVICE && change->alias && guest && guest->qmp)
                (void) monitor_execute(guest, "device_del", qmp_object("s:id", change->alias, NULL), NULL, NULL);
}

/* What the machine has was announced when it had it. */
static void announce(void *userdata)
{
        DeviceChange *change = userdata;

        if (change->config)
                domain_edit_announce(change->edit, change->domain, NULL, NULL);
}

static int step_write(Job *job, void *context, Error *error)
{
        DeviceChange *change = context;

        change->write = (QemuEditWrite) {
                .job = job,
                .domain = change->domain,
                .config = change->config,
                .visible = announce,
                .userdata = change,
        };
        return qemu_edit_write(&change->write);
}

static const JobStep steps[] = {
        { .name = "prepare", .start = step_prepare },
        { .name = "network", .start = step_network, .undo = undo_network, .cancel = cancel_network },
        { .name = "machine", .start = step_machine, .undo = undo_machine, .cancel = cancel_machine },
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

static const bool is_of_device[_DOMAIN_EDIT_MAX] = {
        [DOMAIN_EDIT_ATTACH_DEVICE] = true,    [DOMAIN_EDIT_DETACH_DEVICE] = true, [DOMAIN_EDIT_DETACH_ALIAS] = true,
        [DOMAIN_EDIT_UPDATE_DEVICE] = true,    [DOMAIN_EDIT_BLOCK_IO_TUNE] = true, [DOMAIN_EDIT_INTERFACE] = true,
        [DOMAIN_EDIT_THROTTLE_GROUP] = true,
};

bool qemu_edit_is_of_device(const Domain *domain, const DomainEdit *edit)
{
        uint32_t impact;

        return is_of_device[edit->kind] && domain_resolve_impact(domain, edit->flags, &impact, NULL) >= 0 &&
               (impact & DOMAIN_AFFECT_LIVE);
}

int qemu_edit_device(Domain *domain, DomainEdit *edit, Job *job, Error *error)
{
        DeviceChange *change = g_new0(DeviceChange, 1);

        change->job = job;
        change->domain = domain_ref(domain);
        change->edit = domain_edit_ref(edit);
        return job_run(job, steps, change, change_free, error);
}
