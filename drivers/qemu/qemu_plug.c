/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_nwfilter.h"
#include "drivers/qemu/qemu_plug_clear.h"
#include "drivers/qemu/qemu_plug_commands.h"
#include "drivers/qemu/qemu_plug_place.h"
#include "drivers/qemu/qemu_plug_update.h"
#include "drivers/qemu/qemu_secrets.h"
#include "drivers/qemu/qemu_unplug.h"
#include "drivers/qemu/qemu_volumes.h"

#include <sys/resource.h>

struct QemuPlug {
        Domain *domain;
        QemuDriver *driver;
        QemuPlugKind kind;
        DomainDef *live, *wanted;
        char *alias;
        char *generation; /* what the block nodes of a new medium begin with: those of the old one are still there */
        char *below; /* see qemu_plug_set_below() */
        bool force;
        QemuCapsRequest *request;
        QemuCaps *caps;
        WorkerTask *task;
        QemuFiles *files;
        Qmp *qmp;
        uint64_t number; /* of the command that has no reply yet, or 0 */
        PlugCommands todo, undo;
        GHashTable *numbers; /* of descriptors in the command line -> in QEMU */
        JsonNode *nodes, *sets; /* before the change */
        QemuLaunch *launch;
        QemuNwfilter *filters;
        bool filtered; /* as wanted, as far as it went */
        bool waiting;  /* for the end of the machine as well */
        QemuUnplug *unplug;
        QemuPlugDone done;
        void *userdata;
};

static bool is_handed_over(const QemuPlug *plug)
{
        for (const GList *l = plug->undo.head; l; l = l->next) {
                const PlugCommand *command = l->data;
                const char *id = NULL;

                if (streq(command->name, "device_del") && qmp_get_string(command->arguments, "id", &id) > 0 &&
                    streq_ptr(id, plug->alias))
                        return true;
        }
        return false;
}

/*
 * The guest may use it already: until it has let go of it, whenever that is, the machine has the device, and what
 * stands behind it stays. What clears the rest away is the event.
 */
static bool ask_back(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);

        if (plug->kind != QEMU_PLUG_ATTACH || !guest || qmp_is_closed(plug->qmp) || !is_handed_over(plug))
                return false;
        plug->files->kept = true;
        plug_commands_clear(&plug->undo);
        g_clear_pointer(&guest->ahead, domain_def_unref);
        guest_set_live(guest, plug->wanted);
        (void) qmp_execute(plug->qmp, "device_del", qmp_object("s:id", plug->alias, NULL), QMP_TIMEOUT_DEFAULT, NULL,
                           NULL);
        return true;
}

static void undo(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);
        PlugCommand *command;

        if (ask_back(plug))
                return;
        if (plug->filtered && guest)
                qemu_nwfilter_return(plug->driver, plug->wanted, plug->live, plug->alias);
        plug->filtered = false;
        if (plug->kind == QEMU_PLUG_ATTACH && plug->files && !plug->files->kept && guest)
                qemu_plug_clear_host(guest, plug->wanted, plug->alias);
        plug->files = qemu_files_free(plug->files);
        while ((command = g_queue_pop_tail(&plug->undo))) {
                if (!qmp_is_closed(plug->qmp))
                        (void) qmp_execute(plug->qmp, command->name, g_steal_pointer(&command->arguments),
                                           QMP_TIMEOUT_DEFAULT, NULL, NULL);
                plug_command_free(command);
        }
}

static void on_end(void *userdata, const char *uuid);

static void unwait(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);

        plug->launch = qemu_launch_cancel(plug->launch);
        plug->filters = qemu_nwfilter_cancel(plug->filters);
        if (plug->waiting && guest)
                guest_unwait_end(guest, on_end, plug);
        plug->waiting = false;
}

static void forget_ahead(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);

        if (guest && guest->ahead)
                (void) guest_write_ahead(guest, NULL, NULL);
}

QemuPlug *qemu_plug_free(QemuPlug *plug)
{
        if (!plug)
                return NULL;
        unwait(plug);
        qemu_unplug_free(plug->unplug);
        qemu_caps_cancel(plug->request);
        worker_cancel(plug->task);
        if (plug->number != 0)
                qmp_forget(plug->qmp, plug->number);
        undo(plug);
        if (plug->kind == QEMU_PLUG_ATTACH)
                forget_ahead(plug);
        plug_commands_clear(&plug->todo);
        qmp_unref(plug->qmp);
        g_hash_table_unref(plug->numbers);
        g_clear_pointer(&plug->nodes, json_node_unref);
        g_clear_pointer(&plug->sets, json_node_unref);
        qemu_files_free(plug->files);
        qemu_caps_unref(plug->caps);
        domain_def_unref(plug->live);
        domain_def_unref(plug->wanted);
        domain_unref(plug->domain);
        g_free(plug->generation);
        g_free(plug->below);
        g_free(plug->alias);
        g_free(plug);
        return NULL;
}

static void finish(QemuPlug *plug, Error *error)
{
        _cleanup_error_ Error none = ERROR_INIT;

        plug->unplug = qemu_unplug_free(plug->unplug);
        unwait(plug);
        if (error && error_is_set(error)) {
                undo(plug);
                forget_ahead(plug);
        } else {
                plug_commands_clear(&plug->undo);
                plug->filtered = false;
                if (plug->files)
                        plug->files->kept = true;
        }
        plug->done(plug->userdata, plug->kind == QEMU_PLUG_DETACH ? NULL : plug->wanted, error ?: &none);
}

/* One after the other: each may be refused. */
static void next(QemuPlug *plug);

static void on_unplug(void *userdata, QemuUnplugEnd end)
{
        QemuPlug *plug = userdata;
        _cleanup_error_ Error error = ERROR_INIT;

        if (end == QEMU_UNPLUG_REFUSED)
                (void) error_set(&error, ERROR_OPERATION_FAILED, "the guest does not let go of the device '%s'",
                                 plug->alias);
        finish(plug, &error);
}

/* The guest lets go, or not. */
static void wait_for_guest(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);
        _cleanup_error_ Error error = ERROR_INIT;
        const DefRow *row;
        uint32_t index;

        /* the event may have come before the reply */
        if (!guest || !domain_device_find_alias(guest->live, plug->alias, &row, &index) ||
            qemu_unplug_wait(plug->domain, plug->alias, on_unplug, plug, &plug->unplug, &error) < 0)
                finish(plug, &error);
}

/* What QEMU has chosen: the terminal of a serial line. */
static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;
        DomainDef *live;

        plug->number = 0;
        if (!error_is_set(error) && qemu_live_update(plug->wanted, result, NULL, &live, error) >= 0) {
                domain_def_unref(plug->wanted);
                plug->wanted = live;
        }
        finish(plug, error);
}

/* All has been said. */
static void settle(QemuPlug *plug)
{
        if (plug->kind == QEMU_PLUG_DETACH)
                wait_for_guest(plug);
        else if (plug->kind == QEMU_PLUG_ATTACH)
                plug->number = qmp_execute(plug->qmp, "query-chardev", NULL, QMP_TIMEOUT_DEFAULT, on_chardevs, plug);
        else
                finish(plug, NULL);
}

/* The number that QEMU has given to a descriptor. */
static void take_number(QemuPlug *plug, const PlugCommand *command, JsonNode *result)
{
        JsonObject *object = qmp_node_object(result);
        uint64_t fd;

        if (object && qmp_get_u64(object, "fd", &fd) > 0 && fd <= INT_MAX)
                g_hash_table_insert(plug->numbers, GINT_TO_POINTER(command->target), GINT_TO_POINTER((int) fd));
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;
        PlugCommand *command = g_queue_pop_head(&plug->todo);

        plug->number = 0;
        if (error_is_set(error) && !command->careless) {
                plug_command_free(command);
                finish(plug, error);
                return;
        }
        if (command->target >= 0)
                take_number(plug, command, result);
        if (command->undo && !error_is_set(error))
                g_queue_push_tail(&plug->undo,
                                  plug_command_new(command->undo, g_steal_pointer(&command->undo_arguments)));
        plug_command_free(command);
        next(plug);
}

static void next(QemuPlug *plug)
{
        PlugCommand *command = g_queue_peek_head(&plug->todo);
        JsonObject *arguments;

        if (!command) {
                settle(plug);
                return;
        }
        plug_command_resolve(command, plug->numbers);
        arguments = g_steal_pointer(&command->arguments);
        plug->number = command->fd >= 0 ? qmp_execute_fd(plug->qmp, command->name, arguments, TAKE_FD(command->fd),
                                                         QMP_TIMEOUT_DEFAULT, on_reply, plug)
                                        : qmp_execute(plug->qmp, command->name, arguments, QMP_TIMEOUT_DEFAULT,
                                                      on_reply, plug);
}

static const DomainDisk *find_disk(const DomainDef *def, const char *alias)
{
        DEF_FOREACH(disk, def->disks)
                if (streq_ptr(disk->info.alias, alias))
                        return disk;
        return NULL;
}

static void add(QemuPlug *plug, const char *name, JsonObject *arguments, const char *undo_name)
{
        PlugCommand *command = plug_command_new(name, arguments);

        if (undo_name) {
                command->undo = undo_name;
                command->undo_arguments = qmp_object("s:id", plug->alias, NULL);
        }
        g_queue_push_tail(&plug->todo, command);
}

/* The old medium stays in until the new one is known to be good; its nodes go at last. */
static void plan_medium(QemuPlug *plug, const char *node)
{
        g_autofree char *base = qemu_disk_node(find_disk(plug->live, plug->alias));

        add(plug, "blockdev-open-tray", qmp_object("s:id", plug->alias, "b:force", plug->force, NULL),
            "blockdev-close-tray");
        add(plug, "blockdev-remove-medium", qmp_object("s:id", plug->alias, NULL), NULL);
        if (node)
                add(plug, "blockdev-insert-medium", qmp_object("s:id", plug->alias, "s:node-name", node, NULL), NULL);
        add(plug, "blockdev-close-tray", qmp_object("s:id", plug->alias, NULL), NULL);
        plug_commands_remove_nodes(&plug->todo, plug->nodes, base, plug->generation);
        plug_commands_remove_sets(&plug->todo, plug->sets, plug->alias, base);
}

/* A device of the host reaches the guest's memory by itself: all of that is to stay where it is. */
static int lock_memory(const QemuPlug *plug, const QemuCommand *from, const QemuCommand *to, Error *error)
{
        const rlim_t bytes = to->locked_memory == UINT64_MAX ? RLIM_INFINITY : to->locked_memory;
        const struct rlimit limit = { bytes, bytes };

        if (to->locked_memory <= from->locked_memory)
                return 0;
        if (prlimit(domain_guest(plug->domain)->status.pid, RLIMIT_MEMLOCK, &limit, NULL) < 0)
                return error_set_errno(error, errno, "cannot let QEMU keep the guest's memory where it is");
        return 0;
}

void qemu_plug_set_below(QemuPlug *plug, const char *node)
{
        plug->below = g_strdup(node);
}

/* The lowest of the images builds upon what the machine has. */
static void set_below(QemuPlug *plug)
{
        for (GList *at = plug->todo.head; at; at = at->next) {
                PlugCommand *command = at->data;

                if (streq(command->name, "blockdev-add") && json_object_has_member(command->arguments, "backing") &&
                    json_object_get_null_member(command->arguments, "backing"))
                        json_object_set_string_member(command->arguments, "backing", plug->below);
        }
}

static int plan(QemuPlug *plug, Error *error)
{
        const QemuCommandOptions options = {};
        _cleanup_(qemu_command_freep) QemuCommand *from = NULL, *to = NULL;
        const DomainDisk *disk = plug->alias ? find_disk(plug->live, plug->alias) : NULL;
        g_autofree char *base = disk ? qemu_disk_node(disk) : NULL, *node = NULL;
        PlugDifference difference = {};
        int r;

        /* without files: the same for all that stays */
        r = qemu_command_build(plug->live, plug->caps, NULL, &options, &from, error);
        if (r >= 0)
                r = qemu_command_build(plug->wanted, plug->caps, plug->kind == QEMU_PLUG_UPDATE ? NULL : plug->files,
                                       &options, &to, error);
        if (r < 0)
                return r;
        if (plug->kind == QEMU_PLUG_UPDATE)
                return plug_commands_update(&plug->todo, from, to, error);
        difference.from = from;
        difference.to = to;
        r = lock_memory(plug, from, to, error);
        if (r < 0)
                return r;
        if (plug->kind == QEMU_PLUG_MEDIUM) {
                plug->generation = g_strdup_printf("%s-m%04x", base, g_random_int() & 0xffff);
                difference.rename_from = base;
                difference.rename_to = plug->generation;
        }
        if (plug->kind == QEMU_PLUG_NODES)
                difference.rename_from = difference.rename_to = base;
        r = plug_commands_add_difference(&plug->todo, &difference, &node, error);
        if (r >= 0 && plug->below)
                set_below(plug);
        if (r >= 0 && plug->kind == QEMU_PLUG_MEDIUM)
                plan_medium(plug, node);
        return r;
}

static void on_sets(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;

        plug->number = 0;
        if (error_is_set(error)) {
                finish(plug, error);
                return;
        }
        plug->sets = json_node_ref(result);
        if (plan(plug, error) < 0)
                finish(plug, error);
        else
                next(plug);
}

static void on_nodes(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;

        plug->number = 0;
        if (error_is_set(error)) {
                finish(plug, error);
                return;
        }
        plug->nodes = json_node_ref(result);
        plug->number = qmp_execute(plug->qmp, "query-fdsets", NULL, QMP_TIMEOUT_DEFAULT, on_sets, plug);
}

static void ask_nodes(QemuPlug *plug)
{
        plug->number = qmp_execute(plug->qmp, "query-named-block-nodes", qmp_object("b:flat", true, NULL),
                                   QMP_TIMEOUT_DEFAULT, on_nodes, plug);
}

/* What the worker has found out, such as the name of a network device of the host. */
static int take_files(QemuPlug *plug, Error *error)
{
        DomainDef *live;
        int r = qemu_live_take_files(plug->wanted, plug->files, plug->alias, &live, error);

        if (r < 0)
                return r;
        domain_def_unref(plug->wanted);
        plug->wanted = live;
        return 0;
}

static void on_filtered(void *userdata, Error *error)
{
        QemuPlug *plug = userdata;

        plug->filters = NULL;
        if (error_is_set(error))
                finish(plug, error);
        else
                ask_nodes(plug);
}

/* What the card may send and get, before the guest has it. */
static void filter(QemuPlug *plug)
{
        _cleanup_error_ Error failure = ERROR_INIT;
        int r = 0;

        plug->filtered = plug->kind == QEMU_PLUG_ATTACH || plug->kind == QEMU_PLUG_UPDATE;
        if (plug->filtered)
                r = qemu_nwfilter_follow(plug->driver, plug->wanted, plug->alias, on_filtered, plug, &plug->filters,
                                         &failure);
        if (r <= 0)
                on_filtered(plug, &failure);
}

static void on_launched(void *userdata, Error *error)
{
        QemuPlug *plug = userdata;

        plug->launch = NULL;
        if (error_is_set(error))
                finish(plug, error);
        else
                filter(plug);
}

/* The programs that the device needs beside QEMU. */
static void launch(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);
        _cleanup_error_ Error failure = ERROR_INIT;

        if (!guest || guest->phase != QEMU_UP) {
                (void) error_set(&failure, ERROR_OPERATION_INVALID, "domain is not running");
                finish(plug, &failure);
                return;
        }
        if (plug->kind == QEMU_PLUG_ATTACH && guest_write_ahead(guest, plug->wanted, &failure) < 0) {
                finish(plug, &failure);
                return;
        }
        if (qemu_launch_begin(guest, plug->files, on_launched, plug, &plug->launch) == 0)
                filter(plug);
}

static void on_files(void *userdata, QemuFiles *files, Error *error)
{
        QemuPlug *plug = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;

        plug->task = NULL;
        plug->files = files;
        if (!files && plug->kind == QEMU_PLUG_ATTACH && domain_guest(plug->domain))
                qemu_plug_give_back(domain_guest(plug->domain), plug->alias);
        if (!files)
                finish(plug, error);
        else if (take_files(plug, &failure) < 0)
                finish(plug, &failure);
        else
                launch(plug);
}

static int open_files(QemuPlug *plug, Error *error)
{
        const QemuGuest *guest = domain_guest(plug->domain);
        const QemuSettings *settings = &plug->driver->settings;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autoptr(GPtrArray) secrets = NULL, groups = qemu_fd_groups_copy(plug->driver, plug->live->uuid);
        QemuFilesConfig config = {
                .uid = guest->status.uid,
                .gid = guest->gid,
                .run_dir = guest->path,
                .programs = settings->programs,
                .image_dirs = (const char *const *) settings->image_dirs,
                .overlay_dir = plug->driver->overlay_dir,
                .tls_dir = settings->tls_dir,
                .tls = settings->tls,
                .fd_groups = groups,
        };
        int r = qemu_live_isolate(plug->wanted, plug->alias, &def, error);

        if (r >= 0)
                r = qemu_secrets_collect(def, plug->driver->driver.lists[OBJECT_SECRET], settings->tls_secret, &secrets,
                                         error);
        config.secrets = secrets;
        if (r >= 0)
                plug->task = qemu_files_open(plug->driver->host->path_workers, def, &config, on_files, plug);
        return r;
}

/* The host's side of an update, for a worker. */
typedef struct HostUpdate {
        QemuPlug *plug; /* for done alone */
        DomainDef *from, *to;
        QemuPrograms *programs;
        QemuFiles *files;
} HostUpdate;

static void host_update_free(void *p)
{
        HostUpdate *update = p;

        domain_def_unref(update->from);
        domain_def_unref(update->to);
        qemu_programs_unref(update->programs);
        qemu_files_free(update->files);
        g_free(update);
}

static int host_update_work(void *data, Error *error)
{
        HostUpdate *update = data;

        return plug_update_interfaces(update->files, update->from, update->to, update->programs, error);
}

static void on_host_updated(void *userdata, int r, Error *error)
{
        HostUpdate *update = userdata;
        QemuPlug *plug = update->plug;

        plug->task = NULL;
        plug->files = g_steal_pointer(&update->files);
        if (r < 0)
                finish(plug, error);
        else
                launch(plug);
}

static void update_host(QemuPlug *plug)
{
        HostUpdate *update = g_new(HostUpdate, 1);

        *update = (HostUpdate) {
                .plug = plug,
                .from = domain_def_ref(plug->live),
                .to = domain_def_ref(plug->wanted),
                .programs = qemu_programs_ref(plug->driver->settings.programs),
                .files = qemu_files_new(),
        };
        plug->task = worker_run(plug->driver->host->path_workers, host_update_work, update, host_update_free,
                                on_host_updated, update);
}

static int check(QemuPlug *plug, Error *error)
{
        QemuCommandOptions options = qemu_command_options(plug->driver);

        if (!domain_guest(plug->domain) || qmp_is_closed(plug->qmp))
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        return qemu_command_check(plug->wanted, plug->caps, &options, error);
}

static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        QemuPlug *plug = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;

        plug->request = NULL;
        if (!caps) {
                finish(plug, error);
                return;
        }
        plug->caps = qemu_caps_ref(caps);
        if (check(plug, &failure) < 0)
                finish(plug, &failure);
        else if (plug->kind == QEMU_PLUG_UPDATE)
                update_host(plug);
        else if (open_files(plug, &failure) < 0)
                finish(plug, &failure);
}

/* The machine ends while a program beside it begins. */
static void on_end(void *userdata, const char *uuid)
{
        QemuPlug *plug = userdata;
        _cleanup_error_ Error error = ERROR_INIT;

        plug->waiting = false;
        if (!plug->launch)
                return;
        (void) error_set(&error, ERROR_OPERATION_INVALID, "the machine has ended meanwhile");
        finish(plug, &error);
}

static void on_detached(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;

        plug->number = 0;
        if (error_is_set(error))
                finish(plug, error);
        else
                settle(plug);
}

/* Sockets that the definition leaves to us get their paths. */
static int complete(QemuPlug *plug, const QemuGuest *guest, Error *error)
{
        DomainDef *prepared;
        int r;

        if (plug->kind != QEMU_PLUG_ATTACH)
                return 0;
        r = qemu_plug_check_places(plug->live, plug->wanted, plug->alias, error);
        if (r >= 0)
                r = qemu_live_prepare(plug->wanted, guest->status.id, guest->path, &prepared, error);
        if (r < 0)
                return r;
        domain_def_unref(plug->wanted);
        plug->wanted = prepared;
        return 0;
}

int qemu_plug_begin(Domain *domain, QemuPlugKind kind, DomainDef *wanted, const char *alias, bool force,
                    QemuPlugDone done, void *userdata, QemuPlug **ret, Error *error)
{
        QemuGuest *guest = domain_guest(domain);
        QemuPlug *plug;
        int r = monitor_check(guest, error);

        if (r < 0)
                return r;
        plug = g_new0(QemuPlug, 1);
        plug->live = domain_def_ref(guest->live);
        plug->wanted = domain_def_ref(wanted);
        plug->domain = domain_ref(domain);
        plug->driver = guest->driver;
        plug->kind = kind;
        plug->alias = g_strdup(alias);
        plug->force = force;
        plug->qmp = qmp_ref(guest->qmp);
        plug->numbers = g_hash_table_new(NULL, NULL);
        plug->done = done;
        plug->userdata = userdata;
        r = qemu_volumes_find(&guest->driver->driver, &plug->live, error);
        if (r >= 0)
                r = qemu_volumes_find(&guest->driver->driver, &plug->wanted, error);
        if (r >= 0)
                r = complete(plug, guest, error);
        if (r < 0) {
                qemu_plug_free(plug);
                return r;
        }
        plug->waiting = true;
        guest_wait_end(guest, on_end, plug);
        if (kind == QEMU_PLUG_DETACH)
                plug->number = qmp_execute(plug->qmp, "device_del", qmp_object("s:id", alias, NULL),
                                           QMP_TIMEOUT_DEFAULT, on_detached, plug);
        else
                plug->request = qemu_caps_get(plug->driver->caps, guest->live->emulator, on_caps, plug);
        *ret = plug;
        return 0;
}

void qemu_plug_refused(QemuGuest *guest, const char *alias)
{
        domain_emit(guest->domain, DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED, alias);
        qemu_unplug_tell(guest, alias, QEMU_UNPLUG_REFUSED);
}
