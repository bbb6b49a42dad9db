/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_clear.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_loan.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_nwfilter.h"
#include "drivers/qemu/qemu_plug_commands.h"
#include "drivers/qemu/qemu_unplug.h"

typedef struct Clearing {
        QemuGuest *guest; /* not owned: it owns this */
        char *alias, *base; /* base: of the block nodes of a disk, or NULL */
        QemuCapsRequest *request;
        Qmp *qmp;
        uint64_t number; /* of the question that has no answer yet, or 0 */
        PlugCommands commands;
} Clearing;

void qemu_plug_clear_free(void *p)
{
        Clearing *clearing = p;

        qemu_caps_cancel(clearing->request);
        if (clearing->number != 0)
                qmp_forget(clearing->qmp, clearing->number);
        qmp_unref(clearing->qmp);
        plug_commands_clear(&clearing->commands);
        g_free(clearing->alias);
        g_free(clearing->base);
        g_free(clearing);
}

static const DomainDisk *find_disk(const DomainDef *def, const char *alias)
{
        DEF_FOREACH(disk, def->disks)
                if (streq_ptr(disk->info.alias, alias))
                        return disk;
        return NULL;
}

/* The machine without the device, which is the caller's; or NULL when it has none such. */
static DomainDef *without(const QemuGuest *guest, const char *alias)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);
        const DefRow *row;
        uint32_t index;

        if (!domain_device_find_alias(live, alias, &row, &index))
                return NULL;
        domain_device_remove(live, row, index);
        return domain_def_seal(live, NULL, NULL) >= 0 ? g_steal_pointer(&live) : NULL;
}

/* -- the host -------------------------------------------------------------------------------------------------- */

/* What a worker clears away. */
typedef struct HostTraces {
        DomainDef *alone; /* the device; NULL: it had nothing but what it was lent */
        char *run_dir, *alias;
} HostTraces;

static void traces_free(void *p)
{
        HostTraces *traces = p;

        domain_def_unref(traces->alone);
        g_free(traces->run_dir);
        g_free(traces->alias);
        g_free(traces);
}

static int clear_work(void *data, Error *error)
{
        const HostTraces *traces = data;

        if (traces->alone)
                qemu_files_clear_away(traces->alone, true);
        qemu_loans_give_back("", traces->run_dir, traces->alias);
        return 0;
}

static void clear_done(void *userdata, int r, Error *error)
{
}

/* Takes alone. */
static void clear_traces(const QemuGuest *guest, DomainDef *alone, const char *alias)
{
        HostTraces *traces = g_new(HostTraces, 1);

        *traces = (HostTraces) { .alone = alone, .run_dir = g_strdup(guest->path), .alias = g_strdup(alias) };
        (void) worker_run(guest->driver->host->path_workers, clear_work, traces, traces_free, clear_done, NULL);
}

void qemu_plug_give_back(const QemuGuest *guest, const char *alias)
{
        clear_traces(guest, NULL, alias);
}

void qemu_plug_clear_host(QemuGuest *guest, const DomainDef *def, const char *alias)
{
        DomainDef *alone = NULL;

        if (qemu_live_isolate(def, alias, &alone, NULL) < 0)
                return;
        qemu_companions_end(guest->companions, alias);
        qemu_farewell(guest, alone);
        clear_traces(guest, alone, alias);
}

/* -- QEMU ------------------------------------------------------------------------------------------------------ */

static void finish(Clearing *clearing)
{
        QemuGuest *guest = clearing->guest;
        _cleanup_(domain_def_unrefp) DomainDef *live = without(guest, clearing->alias);
        g_autofree char *alias = g_steal_pointer(&clearing->alias);

        /* nobody waits for these: they fail only when there is nothing to be done */
        for (PlugCommand *command; (command = g_queue_pop_head(&clearing->commands));) {
                if (!qmp_is_closed(clearing->qmp))
                        (void) qmp_execute(clearing->qmp, command->name, g_steal_pointer(&command->arguments),
                                           QMP_TIMEOUT_DEFAULT, NULL, NULL);
                plug_command_free(command);
        }
        qemu_nwfilter_unbind(guest->driver, guest->live, alias);
        qemu_network_unplug(guest->driver, guest->live, alias);
        qemu_plug_clear_host(guest, guest->live, alias);
        g_ptr_array_remove_fast(guest->clearings, clearing);
        if (live) {
                guest_set_live(guest, live);
                domain_emit(guest->domain, DOMAIN_SIGNAL_DEVICE_REMOVED, alias);
        }
        qemu_unplug_tell(guest, alias, QEMU_UNPLUG_GONE);
}

static void on_sets(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Clearing *clearing = userdata;

        clearing->number = 0;
        if (!error_is_set(error))
                plug_commands_remove_sets(&clearing->commands, result, clearing->alias, clearing->base);
        finish(clearing);
}

/* Keys of images, and the like: which there are depends on what the images have been found to be. */
static void on_objects(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Clearing *clearing = userdata;

        clearing->number = 0;
        if (!error_is_set(error) && clearing->base)
                plug_commands_remove_objects(&clearing->commands, result, clearing->base);
        clearing->number = qmp_execute(clearing->qmp, "query-fdsets", NULL, QMP_TIMEOUT_DEFAULT, on_sets, clearing);
}

static void on_nodes(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Clearing *clearing = userdata;

        clearing->number = 0;
        if (!error_is_set(error) && clearing->base)
                plug_commands_remove_nodes(&clearing->commands, result, clearing->base, NULL);
        clearing->number = qmp_execute(clearing->qmp, "qom-list", qmp_object("s:path", "/objects", NULL),
                                       QMP_TIMEOUT_DEFAULT, on_objects, clearing);
}

/* Objects, network cards and character devices that only this device has used. */
static void plan(Clearing *clearing, QemuCaps *caps)
{
        const QemuCommandOptions options = {};
        _cleanup_(domain_def_unrefp) DomainDef *to = without(clearing->guest, clearing->alias);
        _cleanup_(qemu_command_freep) QemuCommand *before = NULL, *after = NULL;

        if (to && qemu_command_build(clearing->guest->live, caps, NULL, &options, &before, NULL) >= 0 &&
            qemu_command_build(to, caps, NULL, &options, &after, NULL) >= 0)
                plug_commands_remove_difference(&clearing->commands, before, after);
}

static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Clearing *clearing = userdata;

        clearing->request = NULL;
        if (caps)
                plan(clearing, caps);
        clearing->number = qmp_execute(clearing->qmp, "query-named-block-nodes", qmp_object("b:flat", true, NULL),
                                       QMP_TIMEOUT_DEFAULT, on_nodes, clearing);
}

static bool is_at_work(const QemuGuest *guest, const char *alias)
{
        for (guint i = 0; i < guest->clearings->len; i++) {
                const Clearing *clearing = guest->clearings->pdata[i];

                if (streq(clearing->alias, alias))
                        return true;
        }
        return false;
}

void qemu_plug_clear(QemuGuest *guest, const char *alias)
{
        const DomainDisk *disk = find_disk(guest->live, alias);
        const DefRow *row;
        uint32_t index;
        Clearing *clearing;

        if (!guest->qmp || is_at_work(guest, alias) || !domain_device_find_alias(guest->live, alias, &row, &index))
                return;
        clearing = g_new0(Clearing, 1);
        clearing->guest = guest;
        clearing->alias = g_strdup(alias);
        clearing->base = disk ? qemu_disk_node(disk) : NULL;
        clearing->qmp = qmp_ref(guest->qmp);
        g_ptr_array_add(guest->clearings, clearing);
        clearing->request = qemu_caps_get(guest->driver->caps, guest->live->emulator, on_caps, clearing);
}
