/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where pools could be: file systems that a server exports, volume groups of this host. */

#include "drivers/storage/storage_private.h"

#include <string.h>

#define SHOWMOUNT "/usr/sbin/showmount"
#define LVM "/usr/sbin/lvm"
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

/* "/srv/a 192.0.2.0/24": a path, and who may mount it. */
static int exports_read(StorageWork *work, const char *output, Error *error)
{
        g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

        for (char **line = lines; *line; line++) {
                StoragePoolDef *def;
                StoragePoolHost *host;
                char *end = strpbrk(*line, " \t");

                if (**line != '/')
                        continue;
                def = storage_pool_def_new(STORAGE_POOL_NETFS);
                host = arena_new0(def->arena, StoragePoolHost);
                host->name = arena_strdup(def->arena, work->pool->hosts.items[0]->name);
                def_append(def->arena, &def->hosts, host);
                if (end)
                        *end = '\0';
                def->dir = arena_strdup(def->arena, *line);
                def->format = "nfs";
                append_source(work->text, def);
        }
        return 0;
}

static const StorageAction find_exports[] = { { .command = exports_command, .read = exports_read }, {} };

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
                StoragePoolDevice *device;

                if (g_strv_length(fields) != 2 || *fields[1] != '/')
                        continue;
                if (def && !streq(def->source_name, fields[0]))
                        append_source(work->text, g_steal_pointer(&def));
                if (!def) {
                        def = storage_pool_def_new(STORAGE_POOL_LOGICAL);
                        def->source_name = arena_strdup(def->arena, fields[0]);
                        def->format = "lvm2";
                }
                device = arena_new0(def->arena, StoragePoolDevice);
                device->path = arena_strdup(def->arena, fields[1]);
                def_append(def->arena, &def->devices, device);
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
        StoragePart *part = storage_part(driver);
        SourceSearch *search;

        if (!(part->types & (UINT32_C(1) << type)) || (type != STORAGE_POOL_NETFS && type != STORAGE_POOL_LOGICAL))
                return error_set(error, ERROR_NO_SUPPORT, "pool type '%s' does not support source discovery",
                                 storage_pool_type_to_string(type));
        if (type == STORAGE_POOL_NETFS && (!source || source->hosts.n == 0 || isempty(source->hosts.items[0]->name)))
                return error_set(error, ERROR_INVALID_ARG, "hostname must be specified for netfs sources");
        search = g_new0(SourceSearch, 1);
        search->job = job;
        search->part = part;
        search->work = storage_work_new(source, NULL);
        search->chain = type == STORAGE_POOL_NETFS ? find_exports : find_groups;
        return job_run(job, steps, search, search_free, error);
}
