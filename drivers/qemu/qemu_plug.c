/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_files_net.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_plug_commands.h"
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
        bool force;
        QemuCapsRequest *request;
        QemuCaps *caps;
        WorkerTask *task;
        QemuFiles *files;
        Qmp *qmp;
        uint64_t number; /* of the command that has no reply yet, or 0 */
        PlugCommands todo, undo;
        QemuUnplug *unplug;
        QemuPlugDone done;
        void *userdata;
};

static void undo(QemuPlug *plug)
{
        PlugCommand *command;

        while ((command = g_queue_pop_tail(&plug->undo))) {
                if (!qmp_is_closed(plug->qmp))
                        (void) qmp_execute(plug->qmp, command->name, g_steal_pointer(&command->arguments),
                                           QMP_TIMEOUT_DEFAULT, NULL, NULL);
                plug_command_free(command);
        }
}

QemuPlug *qemu_plug_free(QemuPlug *plug)
{
        if (!plug)
                return NULL;
        qemu_unplug_free(plug->unplug);
        qemu_caps_cancel(plug->request);
        worker_cancel(plug->task);
        if (plug->number != 0)
                qmp_forget(plug->qmp, plug->number);
        undo(plug);
        plug_commands_clear(&plug->todo);
        qmp_unref(plug->qmp);
        qemu_files_free(plug->files);
        qemu_caps_unref(plug->caps);
        domain_def_unref(plug->live);
        domain_def_unref(plug->wanted);
        domain_unref(plug->domain);
        g_free(plug->generation);
        g_free(plug->alias);
        g_free(plug);
        return NULL;
}

static void finish(QemuPlug *plug, Error *error)
{
        _cleanup_error_ Error none = ERROR_INIT;

        plug->unplug = qemu_unplug_free(plug->unplug);
        if (error && error_is_set(error)) {
                undo(plug);
        } else {
                plug_commands_clear(&plug->undo);
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

/* All has been said. */
static void settle(QemuPlug *plug)
{
        QemuGuest *guest = domain_guest(plug->domain);
        _cleanup_error_ Error error = ERROR_INIT;
        const DefRow *row;
        uint32_t index;
        int r;

        if (plug->kind != QEMU_PLUG_DETACH || !guest) {
                finish(plug, NULL);
                return;
        }
        /* the event may have come before the reply */
        if (!domain_device_find_alias(guest->live, plug->alias, &row, &index)) {
                finish(plug, NULL);
                return;
        }
        r = qemu_unplug_wait(plug->domain, plug->alias, on_unplug, plug, &plug->unplug, &error);
        if (r < 0)
                finish(plug, &error);
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
static void plan_medium(QemuPlug *plug, const char *node, JsonNode *nodes)
{
        g_autofree char *base = qemu_disk_node(find_disk(plug->live, plug->alias));

        add(plug, "blockdev-open-tray", qmp_object("s:id", plug->alias, "b:force", plug->force, NULL),
            "blockdev-close-tray");
        add(plug, "blockdev-remove-medium", qmp_object("s:id", plug->alias, NULL), NULL);
        if (node)
                add(plug, "blockdev-insert-medium", qmp_object("s:id", plug->alias, "s:node-name", node, NULL), NULL);
        add(plug, "blockdev-close-tray", qmp_object("s:id", plug->alias, NULL), NULL);
        plug_commands_remove_nodes(&plug->todo, nodes, base, plug->generation);
}

static void free_commands(gpointer commands)
{
        plug_commands_clear(commands);
        g_free(commands);
}

/* What stands behind a device goes when the guest has let go of it. */
static void plan_detach(QemuPlug *plug, const QemuCommand *from, const QemuCommand *to)
{
        QemuGuest *guest = domain_guest(plug->domain);
        PlugCommands *behind = g_new0(PlugCommands, 1);

        plug_commands_remove_difference(behind, from, to);
        if (!guest->behind)
                guest->behind = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_commands);
        g_hash_table_replace(guest->behind, g_strdup(plug->alias), behind);
        add(plug, "device_del", qmp_object("s:id", plug->alias, NULL), NULL);
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

static int plan(QemuPlug *plug, JsonNode *nodes, Error *error)
{
        const QemuCommandOptions options = {};
        _cleanup_(qemu_command_freep) QemuCommand *from = NULL, *to = NULL;
        const DomainDisk *disk = find_disk(plug->live, plug->alias);
        g_autofree char *base = disk ? qemu_disk_node(disk) : NULL, *node = NULL;
        PlugDifference difference = { .devices = plug->kind == QEMU_PLUG_ATTACH };
        int r;

        /* without files: the same for all that stays */
        r = qemu_command_build(plug->live, plug->caps, NULL, &options, &from, error);
        if (r >= 0)
                r = qemu_command_build(plug->wanted, plug->caps, plug->files, &options, &to, error);
        if (r < 0)
                return r;
        difference.from = from;
        difference.to = to;
        if (plug->kind == QEMU_PLUG_DETACH) {
                plan_detach(plug, from, to);
                return 0;
        }
        r = lock_memory(plug, from, to, error);
        if (r < 0)
                return r;
        if (plug->kind == QEMU_PLUG_MEDIUM) {
                plug->generation = g_strdup_printf("%s-m%04x", base, g_random_int() & 0xffff);
                difference.rename_from = base;
                difference.rename_to = plug->generation;
        }
        r = plug_commands_add_difference(&plug->todo, &difference, &node, error);
        if (r >= 0 && plug->kind == QEMU_PLUG_MEDIUM)
                plan_medium(plug, node, nodes);
        return r;
}

static void on_nodes(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlug *plug = userdata;

        plug->number = 0;
        if (error_is_set(error) || plan(plug, result, error) < 0) {
                finish(plug, error);
                return;
        }
        next(plug);
}

static void ask_nodes(QemuPlug *plug)
{
        plug->number = qmp_execute(plug->qmp, "query-named-block-nodes", qmp_object("b:flat", true, NULL),
                                   QMP_TIMEOUT_DEFAULT, on_nodes, plug);
}

/* The name of a network device of the host is known now. */
static int take_interface(QemuPlug *plug, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(plug->wanted);
        int r;

        DEF_FOREACH(interface, copy->interfaces) {
                const char *name = qemu_files_interface(plug->files, interface);

                if (name && streq_ptr(interface->info.alias, plug->alias))
                        interface->target = domain_def_strdup(copy, name);
        }
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(plug->wanted);
        plug->wanted = g_steal_pointer(&copy);
        return 0;
}

/* Companions and errands belong to a start. */
static int check_alone(const QemuFiles *files, Error *error)
{
        if (files->companions->len == 0 && files->errands->len == 0)
                return 0;
        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                         "the device needs a program beside QEMU, which is run only when the machine starts");
}

static void on_files(void *userdata, QemuFiles *files, Error *error)
{
        QemuPlug *plug = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;

        plug->task = NULL;
        plug->files = files;
        if (!files)
                finish(plug, error);
        else if (check_alone(files, &failure) < 0)
                finish(plug, &failure);
        else if (take_interface(plug, &failure) < 0)
                finish(plug, &failure);
        else
                ask_nodes(plug);
}

/* Of the definition, as far as files are concerned, only the device. */
static int isolate(const QemuPlug *plug, DomainDef **ret, Error *error)
{
        static const char *const lists[] = { "disk", "interface", "filesystem", "hostdev", "serial", "parallel",
                                             "console",
                                             "channel", "rng", "tpm", "smartcard", "redirdev", "shmem", "memory",
                                             "graphics", "input", "vsock", NULL };
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_def_copy(plug->wanted);
        int r;

        domain_device_keep(def, lists, plug->alias);
        def->os.kernel = def->os.initrd = def->os.dtb = def->os.shim = def->os.cmdline = NULL;
        def->os.loader = def->os.nvram = NULL;
        r = domain_def_seal(def, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&def);
        return r;
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
        int r = isolate(plug, &def, error);

        if (r >= 0)
                r = qemu_secrets_collect(def, plug->driver->driver.lists[OBJECT_SECRET], settings->tls_secret, &secrets,
                                         error);
        config.secrets = secrets;
        if (r >= 0)
                plug->task = qemu_files_open(plug->driver->host->path_workers, def, &config, on_files, plug);
        return r;
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
        if (!domain_guest(plug->domain) || qmp_is_closed(plug->qmp)) {
                (void) error_set(&failure, ERROR_OPERATION_INVALID, "domain is not running");
                finish(plug, &failure);
        } else if (plug->kind == QEMU_PLUG_DETACH)
                ask_nodes(plug);
        else if (open_files(plug, &failure) < 0)
                finish(plug, &failure);
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
        r = qemu_volumes_find(&guest->driver->driver, &plug->live, error);
        if (r >= 0)
                r = qemu_volumes_find(&guest->driver->driver, &plug->wanted, error);
        if (r < 0) {
                qemu_plug_free(plug);
                return r;
        }
        plug->domain = domain_ref(domain);
        plug->driver = guest->driver;
        plug->kind = kind;
        plug->alias = g_strdup(alias);
        plug->force = force;
        plug->qmp = qmp_ref(guest->qmp);
        plug->done = done;
        plug->userdata = userdata;
        plug->request = qemu_caps_get(plug->driver->caps, guest->live->emulator, on_caps, plug);
        *ret = plug;
        return 0;
}

/* Nobody waits for these: they fail only when there is nothing to be done. */
static void say_all(QemuGuest *guest, PlugCommands *commands)
{
        for (PlugCommand *command; (command = g_queue_pop_head(commands));) {
                if (guest->qmp)
                        (void) monitor_execute(guest, command->name, g_steal_pointer(&command->arguments), NULL, NULL);
                plug_command_free(command);
        }
}

static void on_old_nodes(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        g_autofree char *base = userdata;
        PlugCommands commands = G_QUEUE_INIT;
        PlugCommand *command;

        if (!error_is_set(error))
                plug_commands_remove_nodes(&commands, result, base, NULL);
        while ((command = g_queue_pop_head(&commands))) {
                (void) qmp_execute(qmp, command->name, g_steal_pointer(&command->arguments), QMP_TIMEOUT_DEFAULT, NULL,
                                   NULL);
                plug_command_free(command);
        }
}

static void forget_device(QemuGuest *guest, const char *alias)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);
        const DefRow *row;
        uint32_t index;

        if (!domain_device_find_alias(live, alias, &row, &index))
                return;
        qemu_network_unplug(guest->driver, live, alias);
        domain_device_remove(live, row, index);
        if (domain_def_seal(live, NULL, NULL) >= 0)
                guest_set_live(guest, live);
        domain_emit(guest->domain, DOMAIN_SIGNAL_DEVICE_REMOVED, alias);
}

void qemu_plug_removed(QemuGuest *guest, const char *alias)
{
        const DomainDisk *disk = find_disk(guest->live, alias);
        PlugCommands *behind = guest->behind ? g_hash_table_lookup(guest->behind, alias) : NULL;

        if (disk && guest->qmp)
                (void) monitor_execute(guest, "query-named-block-nodes", qmp_object("b:flat", true, NULL), on_old_nodes,
                                       qemu_disk_node(disk));
        if (behind) {
                say_all(guest, behind);
                g_hash_table_remove(guest->behind, alias);
        }
        forget_device(guest, alias);
        qemu_unplug_tell(guest, alias, QEMU_UNPLUG_GONE);
}

void qemu_plug_refused(QemuGuest *guest, const char *alias)
{
        domain_emit(guest->domain, DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED, alias);
        qemu_unplug_tell(guest, alias, QEMU_UNPLUG_REFUSED);
}
