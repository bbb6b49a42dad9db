/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where pools could be: file systems and targets that a server exports, volume groups of this host. */

#include "drivers/storage/storage_private.h"

#include <string.h>

#define SHOWMOUNT "/usr/sbin/showmount"
#define LVM "/usr/sbin/lvm"
#define ISCSIADM "/usr/sbin/iscsiadm"
#define SEARCH_USEC (30 * USEC_PER_SEC)

typedef struct SourceSearch {
        Job *job; /* not owned: it owns this */
        StoragePart *part;
        StorageWork *work;
        const StorageAction *chain;
        StorageTask *task;
} SourceSearch;

static void append_source(GString *out, StoragePoolDef *def)
{
        storage_pool_source_format(def, 1, out);
        storage_pool_def_unref(def);
}

/* -- servers of files ---------------------------------------------------------------------------------------- */

static int exports_command(StorageWork *work, StorageCommand *command, Error *error)
{
        storage_command_set(command, SHOWMOUNT);
        storage_command_add(command, "--no-headers", "--exports", "--", work->pool->hosts.items[0]->name, NULL);
        command->keeps_mounts = true;
        command->timeout_usec = SEARCH_USEC;
        return 0;
}

/* A source on the server that was asked. */
static StoragePoolDef *source_at(const StorageWork *work, StoragePoolType type)
{
        StoragePoolDef *def = storage_pool_def_new(type);
        StoragePoolHost *host = arena_new0(def->arena, StoragePoolHost);

        host->name = arena_strdup(def->arena, work->pool->hosts.items[0]->name);
        if (def_is_set(work->pool->hosts.items[0], port))
                def_put(host, port, work->pool->hosts.items[0]->port);
        def_append(def->arena, &def->hosts, host);
        return def;
}

static void add_device(StoragePoolDef *def, const char *path)
{
        StoragePoolDevice *device = arena_new0(def->arena, StoragePoolDevice);

        device->path = arena_strdup(def->arena, path);
        def_append(def->arena, &def->devices, device);
}

/* "/srv/a 192.0.2.0/24": a path, and who may mount it. */
static int exports_read(StorageWork *work, const char *output, Error *error)
{
        g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

        for (char **line = lines; *line; line++) {
                StoragePoolDef *def;

                if (**line != '/')
                        continue;
                def = source_at(work, STORAGE_POOL_NETFS);
                (*line)[strcspn(*line, " \t")] = '\0';
                def->dir = arena_strdup(def->arena, *line);
                def->format = "nfs";
                append_source(work->text, def);
        }
        return 0;
}

static const StorageAction find_exports[] = { { .command = exports_command, .read = exports_read }, {} };

/* -- targets of iSCSI ---------------------------------------------------------------------------------------- */

static int targets_command(StorageWork *work, StorageCommand *command, Error *error)
{
        const StoragePoolHost *host = work->pool->hosts.items[0];
        g_autofree char *portal = g_strdup_printf(strchr(host->name, ':') ? "[%s]:%u" : "%s:%u", host->name,
                                                  def_get(host, port, 3260));

        storage_command_set(command, ISCSIADM);
        storage_command_add(command, "--mode", "discovery", "--type", "sendtargets", "--op", "nonpersistent",
                            "--portal", portal, NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = SEARCH_USEC;
        return 0;
}

/* "192.0.2.1:3260,1 iqn.2026-01.example:disks" */
static int targets_read(StorageWork *work, const char *output, Error *error)
{
        g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

        for (char **line = lines; *line; line++) {
                const char *blank = strchr(*line, ' ');
                StoragePoolDef *def;

                if (!blank)
                        continue;
                def = source_at(work, STORAGE_POOL_ISCSI);
                add_device(def, blank + 1);
                append_source(work->text, def);
        }
        return 0;
}

static const StorageAction find_targets[] = { { .command = targets_command, .read = targets_read }, {} };

/* -- volume groups ------------------------------------------------------------------------------------------- */

static int groups_command(StorageWork *work, StorageCommand *command, Error *error)
{
        storage_command_set(command, LVM);
        storage_command_add(command, "pvs", "--noheadings", "--separator", "\t", "--sort", "vg_name,pv_name", "-o",
                            "vg_name,pv_name", NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = SEARCH_USEC;
        return 0;
}

/* Lines "group<tab>device", those of a group one behind the other; a device of no group is left out. */
static int groups_read(StorageWork *work, const char *output, Error *error)
{
        g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
        StoragePoolDef *def = NULL;

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(g_strstrip(*line), "\t", 2);

                if (g_strv_length(fields) != 2 || *fields[1] != '/')
                        continue;
                if (def && !streq(def->source_name, fields[0]))
                        append_source(work->text, g_steal_pointer(&def));
                if (!def) {
                        def = storage_pool_def_new(STORAGE_POOL_LOGICAL);
                        def->source_name = arena_strdup(def->arena, fields[0]);
                        def->format = "lvm2";
                }
                add_device(def, fields[1]);
        }
        if (def)
                append_source(work->text, def);
        return 0;
}

static const StorageAction find_groups[] = { { .command = groups_command, .read = groups_read }, {} };

/* -- the search ---------------------------------------------------------------------------------------------- */

static void search_free(void *context)
{
        SourceSearch *search = context;

        storage_task_cancel(search->task);
        storage_work_unref(search->work);
        g_free(search);
}

static void on_found(void *userdata, int r, Error *error)
{
        SourceSearch *search = userdata;

        search->task = NULL;
        if (r >= 0)
                job_set_result_text(search->job, g_strdup_printf("<sources>\n%s</sources>\n", search->work->text->str));
        job_step_done(search->job, r, error);
}

static int step_search(Job *job, void *context, Error *error)
{
        SourceSearch *search = context;
        const StorageTaskSpec spec = {
                .event = search->part->driver->host->event,
                .workers = search->part->driver->host->path_workers,
                .launcher = search->part->launcher,
                .work = search->work,
                .chains = { search->chain },
                .done = on_found,
                .userdata = search,
        };
        int r = storage_task_run(&spec, &search->task, error);

        return r > 0 ? JOB_STEP_WAIT : r;
}

static void cancel_search(Job *job, void *context)
{
        SourceSearch *search = context;

        search->task = storage_task_cancel(search->task);
}

int storage_sources_find(Driver *driver, StoragePoolType type, const StoragePoolDef *source, Job *job, Error *error)
{
        static const JobStep steps[] = { { .name = "search", .start = step_search, .cancel = cancel_search }, {} };
        static const struct {
                const StorageAction *chain;
                bool on_server;
        } searches[_STORAGE_POOL_TYPE_MAX] = {
                [STORAGE_POOL_NETFS] = { find_exports, true },
                [STORAGE_POOL_ISCSI] = { find_targets, true },
                [STORAGE_POOL_LOGICAL] = { find_groups, false },
        };
        StoragePart *part = storage_part(driver);
        SourceSearch *search;

        if (!(part->types & (UINT32_C(1) << type)) || !searches[type].chain)
                return error_set(error, ERROR_NO_SUPPORT, "pool type '%s' does not support source discovery",
                                 storage_pool_type_to_string(type));
        if (searches[type].on_server && (!source || source->hosts.n == 0 || isempty(source->hosts.items[0]->name)))
                return error_set(error, ERROR_INVALID_ARG, "hostname must be specified for %s sources",
                                 storage_pool_type_to_string(type));
        search = g_new0(SourceSearch, 1);
        search->job = job;
        search->part = part;
        search->work = storage_work_new(source, NULL);
        search->chain = searches[type].chain;
        return job_run(job, steps, search, search_free, error);
}
