/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a job of a disk begins: what the machine has, what is opened and made, the nodes, the command. */

#include "drivers/qemu/qemu_block.h"

#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_build.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_live.h"

#include <string.h>

/* -- QEMU's answers ------------------------------------------------------------------------------------------ */

/* The element whose member is the text, or NULL. */
static JsonObject *find_by(JsonNode *answer, const char *member, const char *text)
{
        JsonArray *array = qmp_node_array(answer);

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonObject *object = qmp_array_object(array, i);
                const char *value = NULL;

                if (object && qmp_get_string(object, member, &value) > 0 && streq(value, text))
                        return object;
        }
        return NULL;
}

JsonObject *qemu_block_find_node(JsonNode *nodes, const char *name)
{
        return find_by(nodes, "node-name", name);
}

JsonObject *qemu_block_find_job(JsonNode *jobs, const char *id)
{
        return find_by(jobs, "id", id);
}

static JsonObject *image_of(JsonNode *nodes, const char *name)
{
        JsonObject *node = qemu_block_find_node(nodes, name), *image = NULL;

        return node && qmp_get_object(node, "image", &image) > 0 ? image : NULL;
}

uint64_t qemu_block_node_size(JsonNode *nodes, const char *name)
{
        JsonObject *image = image_of(nodes, name);
        uint64_t size = 0;

        return image && qmp_get_u64(image, "virtual-size", &size) > 0 ? size : 0;
}

JsonObject *qemu_block_find_set(JsonNode *sets, const char *name)
{
        JsonArray *array = qmp_node_array(sets);

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonObject *set = qmp_array_object(array, i), *fd;
                const char *opaque = NULL;
                JsonArray *fds = NULL;

                if (!set || qmp_get_array(set, "fds", &fds) <= 0 || json_array_get_length(fds) == 0)
                        continue;
                fd = qmp_array_object(fds, 0);
                if (fd && qmp_get_string(fd, "opaque", &opaque) > 0 && streq(opaque, name))
                        return set;
        }
        return NULL;
}

uint64_t qemu_block_new_set(void)
{
        return (uint64_t) g_random_int_range(1000000, G_MAXINT32);
}

char *qemu_block_top_node(const DomainDisk *disk)
{
        if (disk->throttle_filters.n > 0) {
                g_autofree char *suffix = g_strdup_printf("-t%" PRIu32, disk->throttle_filters.n - 1);

                return qemu_layer_node(disk, 0, suffix);
        }
        return disk->copy_on_read == TRISTATE_ON ? qemu_layer_node(disk, 0, "-cor")
                                                 : qemu_layer_name(disk, 0, "-format");
}

/* -- step "look" --------------------------------------------------------------------------------------------- */

void qemu_block_cancel_begin(Job *job, void *context)
{
        QemuBlock *block = context;

        if (block->number != 0)
                qmp_forget(block->qmp, block->number);
        block->number = 0;
        block->task = worker_cancel(block->task);
        block->plug = qemu_plug_free(block->plug);
        block->script = qemu_script_free(block->script);
}

static void on_sets(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuBlock *block = userdata;

        block->number = 0;
        if (!error_is_set(error))
                block->sets = json_node_ref(result);
        job_step_done(block->job, error_is_set(error) ? -EIO : 0, error);
}

static void on_nodes(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuBlock *block = userdata;

        block->number = 0;
        if (error_is_set(error)) {
                job_step_done(block->job, -EIO, error);
                return;
        }
        block->nodes = json_node_ref(result);
        qemu_block_ask(block, "query-fdsets", NULL, on_sets);
}

int qemu_block_step_look(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;

        if (block->adopted)
                return 0;
        qemu_block_ask(block, "query-named-block-nodes", qmp_object("b:flat", true, NULL), on_nodes);
        return JOB_STEP_WAIT;
}

/* -- step "files" -------------------------------------------------------------------------------------------- */

static const char *path_of(const DomainDisk *disk, size_t i, const char **ret_format)
{
        QemuLayerDef layer;

        if (!qemu_layer_def(disk, i, &layer))
                return NULL;
        *ret_format = layer.format;
        return qemu_storage_path(layer.source);
}

static bool is_new_file(const QemuBlock *block)
{
        return block->dest && qemu_storage_path(&block->dest->source);
}

static int plan_target(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        const BlockDest *dest = block->dest;
        g_autofree char *node = qemu_layer_name(disk, 0, "-format");
        uint64_t size = qemu_block_node_size(block->nodes, node);
        const char *format = NULL, *backing = block->shallow ? path_of(disk, 1, &format) : NULL;

        if (size == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the size of disk '%s' is not known", disk->target);
        block->target = qemu_block_target_new(qemu_storage_path(&dest->source), dest->format,
                                              qemu_storage_type(&dest->source) == DOMAIN_DISK_BLOCK, block->reuse,
                                              size);
        block->target->backing = g_strdup(backing);
        block->target->backing_format = g_strdup(backing ? format : NULL);
        return 0;
}

static int add_loan(QemuBlock *block, const DomainDisk *disk, size_t layer, Error *error)
{
        QemuBlockLoan *loan = block->loans->items + block->loans->n;
        g_autofree char *name = qemu_layer_name(disk, layer, "-file");
        JsonObject *set = qemu_block_find_set(block->sets, name), *fd;
        JsonObject *node = qemu_block_find_node(block->nodes, name);
        bool read_only = true;
        JsonArray *fds = NULL;
        uint64_t number = 0;

        /* it has been written to before */
        if (node && qmp_get_bool(node, "ro", &read_only) > 0 && !read_only)
                return 0;
        fd = set && qmp_get_array(set, "fds", &fds) > 0 ? qmp_array_object(fds, 0) : NULL;
        if (!node || !fd || qmp_get_u64(fd, "fd", &number) <= 0 || number > INT_MAX)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "disk '%s': QEMU has not been given the layer %zu by us", disk->target, layer);
        *loan = (QemuBlockLoan) { .layer = layer, .qemu_fd = (int) number, .fd = -EBADF };
        block->loans->n++;
        return 0;
}

/* What is committed to, and the image above, which then builds upon it. */
static int plan_loans(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        const QemuDriver *driver = block->guest->driver;
        size_t base = qemu_layer_find(disk, block->base);
        size_t top = block->top == QEMU_BLOCK_NO_LAYER ? 0 : qemu_layer_find(disk, block->top);
        int r;

        block->loans = g_new0(QemuBlockLoans, 1);
        r = qemu_live_forget_chains(block->guest->live, &block->loans->def, error);
        if (r < 0)
                return r;
        block->loans->alias = g_strdup(disk->info.alias);
        block->loans->pid = block->guest->status.pid;
        block->loans->image_dirs = g_strdupv(driver->settings.image_dirs);
        block->loans->fd_groups = qemu_fd_groups_copy(qemu_driver_of(block->domain), block->guest->uuid);
        r = add_loan(block, disk, base, error);
        return r >= 0 && top > 1 ? add_loan(block, disk, top - 1, error) : r;
}

/* The worker has both, and the loop looks at them when it is done. */
typedef struct FilesWork {
        QemuBlockTarget *target;
        QemuBlockLoans *loans;
        char *disk;
        QemuBlock *block; /* for done alone */
} FilesWork;

static void files_work_free(void *p)
{
        FilesWork *work = p;

        qemu_block_target_free(work->target);
        qemu_block_loans_free(work->loans);
        g_free(work->disk);
        g_free(work);
}

static int files_work(void *data, Error *error)
{
        FilesWork *work = data;

        return work->target ? qemu_block_target_open(work->target, work->disk, error)
                            : qemu_block_loans_open(work->loans, error);
}

static void on_files(void *userdata, int r, Error *error)
{
        FilesWork *work = userdata;
        QemuBlock *block = work->block;

        block->task = NULL;
        block->target = g_steal_pointer(&work->target);
        block->loans = g_steal_pointer(&work->loans);
        job_step_done(block->job, r, error);
}

int qemu_block_step_files(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;
        const DomainDisk *disk = qemu_block_disk(block);
        FilesWork *work;
        int r = 0;

        if (block->adopted)
                return 0;
        if (!disk)
                return error_set(error, ERROR_OPERATION_INVALID, "there is no disk '%s' any more", block->block->disk);
        if (is_new_file(block))
                r = plan_target(block, disk, error);
        else if (block->block->type == DOMAIN_BLOCK_JOB_COMMIT || block->block->type == DOMAIN_BLOCK_JOB_ACTIVE_COMMIT)
                r = plan_loans(block, disk, error);
        if (r < 0 || (!block->target && !block->loans))
                return r;
        work = g_new0(FilesWork, 1);
        work->target = g_steal_pointer(&block->target);
        work->loans = g_steal_pointer(&block->loans);
        work->disk = g_strdup(disk->target);
        work->block = block;
        block->task = worker_run(block->guest->driver->host->path_workers, files_work, work, files_work_free, on_files,
                                 work);
        return JOB_STEP_WAIT;
}

static void no_free(void *p)
{
        qemu_block_target_free(p);
}

static int undo_work(void *data, Error *error)
{
        qemu_block_target_undo(data);
        return 0;
}

static void on_undone(void *userdata, int r, Error *error)
{
}

void qemu_block_undo_files(Job *job, void *context)
{
        QemuBlock *block = context;

        if (block->begun || !block->target)
                return;
        (void) worker_run(qemu_driver_of(block->domain)->host->path_workers, undo_work, g_steal_pointer(&block->target),
                          no_free, on_undone, NULL);
}

/* -- step "nodes" -------------------------------------------------------------------------------------------- */

/* A number that none of the layers has, nor those that may be below the new one. */
static uint32_t fresh_number(const DomainDisk *disk)
{
        size_t depth = qemu_block_depth(disk);
        uint32_t highest = 0, lowest = UINT32_MAX;

        for (size_t i = 0; i < depth; i++) {
                highest = MAX(highest, qemu_layer_index(disk, i));
                lowest = MIN(lowest, qemu_layer_index(disk, i));
        }
        return lowest > QEMU_CHAIN_MAX ? 1 : highest + 1;
}

/* As the plug has found out. Free with g_strfreev(). */
static char **images_below(const DomainDisk *disk)
{
        GPtrArray *words = g_ptr_array_new();
        const char *path, *format = NULL;

        for (size_t i = 1; (path = path_of(disk, i, &format)); i++) {
                g_ptr_array_add(words, g_strdup(path));
                g_ptr_array_add(words, g_strdup(format));
        }
        g_ptr_array_add(words, NULL);
        return (char **) g_ptr_array_free(words, FALSE);
}

static void on_plugged(void *userdata, DomainDef *live, Error *error)
{
        QemuBlock *block = userdata;
        bool failed = error_is_set(error);
        _cleanup_error_ Error failure = ERROR_INIT;

        error_move(&failure, error);
        if (!failed && live && !block->shallow)
                block->below = images_below(domain_find_disk(live, block->block->disk));
        block->plug = qemu_plug_free(block->plug);
        if (!failed && block->below)
                (void) qemu_block_save(block->guest, NULL);
        job_step_done(block->job, failed ? -EIO : 0, &failure);
}

static int plug_copy(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *wanted = domain_def_copy(block->guest->live);
        DomainDisk *fresh = domain_find_disk(wanted, disk->target);
        g_autofree char *below = block->shallow ? qemu_layer_name(disk, 1, "-format") : NULL;
        bool builds = block->shallow && qemu_block_depth(disk) > 1;
        int r;

        qemu_block_chain_replace(wanted, fresh, block->dest, block->fresh,
                                 builds ? domain_def_new(wanted, DomainBacking) : NULL);
        fresh->auth = NULL;
        fresh->encryption = NULL;
        r = domain_def_seal(wanted, NULL, error);
        if (r >= 0)
                r = qemu_plug_begin(block->domain, QEMU_PLUG_NODES, wanted, disk->info.alias, false, on_plugged, block,
                                    &block->plug, error);
        if (r >= 0 && builds)
                qemu_plug_set_below(block->plug, below);
        return r;
}

static void on_script(void *userdata, Error *error)
{
        QemuBlock *block = userdata;
        bool failed = error_is_set(error);
        _cleanup_error_ Error failure = ERROR_INIT;

        error_move(&failure, error);
        block->script = qemu_script_free(block->script);
        job_step_done(block->job, failed ? -EIO : 0, &failure);
}

/*
 * QEMU opens the file anew. Locks go with descriptors: the former ones, which it closes for a machine that runs, must
 * be gone for the new ones to be had. The file stays open for writing: QEMU 7.2 gives up when it has to go back while
 * the set still holds the locks.
 */
static void lend(QemuBlock *block, const DomainDisk *disk, QemuBlockLoan *loan)
{
        g_autofree char *name = qemu_layer_name(disk, loan->layer, "-file");
        JsonObject *set = qemu_block_find_set(block->sets, name), *node = qemu_block_find_node(block->nodes, name);
        g_autoptr(JsonArray) options = json_array_new();
        const char *path = NULL;
        JsonArray *fds = NULL;
        uint64_t number = 0;
        QemuLayerDef layer;

        (void) qemu_layer_def(disk, loan->layer, &layer);
        (void) qmp_get_string(node, "file", &path);
        (void) qmp_get_u64(set, "fdset-id", &number);
        (void) qmp_get_array(set, "fds", &fds);
        qemu_script_add_fd(block->script, number, name, TAKE_FD(loan->fd), false);
        for (guint i = 0; i < json_array_get_length(fds); i++) {
                JsonObject *fd = qmp_array_object(fds, i);
                uint64_t old = 0;

                if (fd && qmp_get_u64(fd, "fd", &old) > 0)
                        qemu_script_add_careless(block->script, "remove-fd",
                                                 qmp_object("U:fdset-id", number, "U:fd", old, NULL));
        }
        json_array_add_object_element(options,
                                      qemu_image_file_node(disk, name, path,
                                                           qemu_storage_type(layer.source) == DOMAIN_DISK_BLOCK, true,
                                                           NULL));
        qemu_script_add(block->script, "blockdev-reopen", qmp_object("a:options", json_array_ref(options), NULL));
}

int qemu_block_step_nodes(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;
        const DomainDisk *disk = qemu_block_disk(block);
        int r;

        if (block->adopted)
                return 0;
        if (!disk)
                return error_set(error, ERROR_OPERATION_INVALID, "there is no disk '%s' any more", block->block->disk);
        if (block->dest)
                block->fresh = fresh_number(disk);
        r = qemu_block_save(block->guest, error);
        if (r < 0)
                return r;
        if (block->dest)
                r = plug_copy(block, disk, error);
        else {
                block->script = qemu_script_new(block->guest);
                for (size_t i = 0; block->loans && i < block->loans->n; i++)
                        lend(block, disk, block->loans->items + i);
                r = qemu_script_run(block->script, on_script, block, error);
        }
        return r < 0 ? r : JOB_STEP_WAIT;
}

void qemu_block_undo_nodes(Job *job, void *context)
{
        QemuBlock *block = context;
        const DomainDisk *disk = qemu_block_disk(block);

        block->over = true;
        if (!block->guest)
                return;
        (void) qemu_block_save(block->guest, NULL);
        if (!disk)
                return;
        if (block->dest && block->fresh != QEMU_BLOCK_NO_LAYER) {
                g_autoptr(GArray) layers = g_array_new(FALSE, FALSE, sizeof(uint32_t));

                for (uint32_t i = 0; i < (block->shallow ? 1 : QEMU_CHAIN_MAX); i++) {
                        uint32_t layer = block->fresh + i;

                        g_array_append_val(layers, layer);
                }
                qemu_block_remove_layers(block->guest, disk, layers);
        }
        if (qemu_block_is_mirror(block))
                qemu_block_show_mirror(block);
}

/* -- step "begin" -------------------------------------------------------------------------------------------- */

/*
 * What the image above is to record of the layer: its path or, where the images on the way say so themselves, the way
 * to it. NULL: QEMU knows it. Free with g_free().
 */
static int backing_name(QemuBlock *block, const DomainDisk *disk, size_t above, size_t layer, char **ret, Error *error)
{
        g_autofree char *way = NULL;
        const char *format = NULL;

        if (!block->relative) {
                *ret = g_strdup(path_of(disk, layer, &format));
                return 0;
        }
        for (size_t i = above; i < layer; i++) {
                g_autofree char *node = qemu_layer_name(disk, i, "-format"),
                                *dir = way ? g_path_get_dirname(way) : NULL;
                JsonObject *image = image_of(block->nodes, node);
                const char *name = NULL;

                if (!image || qmp_get_string(image, "backing-filename", &name) <= 0 || name[0] == '/' ||
                    strchr(name, ':'))
                        return error_set(error, ERROR_OPERATION_INVALID,
                                         "disk '%s': the layer %zu does not name the one below by a relative path",
                                         disk->target, i);
                g_free(way);
                way = dir && !streq(dir, ".") ? g_build_filename(dir, name, NULL) : g_strdup(name);
        }
        *ret = g_steal_pointer(&way);
        return 0;
}

static void on_begun(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuBlock *block = userdata;

        block->number = 0;
        job_step_done(block->job, error_is_set(error) ? -EIO : 0, error);
}

static void put_common(const QemuBlock *block, const char *device, JsonObject *arguments)
{
        json_object_set_string_member(arguments, "job-id", block->id);
        json_object_set_string_member(arguments, "device", device);
        json_object_set_boolean_member(arguments, "auto-dismiss", FALSE);
        if (block->block->bandwidth > 0)
                json_object_set_int_member(arguments, "speed", (gint64) MIN(block->block->bandwidth, INT64_MAX));
}

static int begin_pull(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        g_autofree char *device = qemu_block_top_node(disk), *node = NULL, *name = NULL;
        JsonObject *arguments;
        int r = 0;

        if (block->base != QEMU_BLOCK_NO_LAYER) {
                node = qemu_layer_node(disk, block->base, "-format");
                r = backing_name(block, disk, 0, qemu_layer_find(disk, block->base), &name, error);
        }
        if (r < 0)
                return r;
        arguments = qmp_object("s:base-node", node, "s:backing-file", name, NULL);
        put_common(block, device, arguments);
        qemu_block_ask(block, "block-stream", arguments, on_begun);
        return 0;
}

static int begin_commit(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        bool active = block->block->type == DOMAIN_BLOCK_JOB_ACTIVE_COMMIT;
        size_t top = active ? 0 : qemu_layer_find(disk, block->top), base = qemu_layer_find(disk, block->base);
        g_autofree char *device = qemu_block_top_node(disk), *name = NULL;
        g_autofree char *top_node = qemu_layer_name(disk, top, "-format");
        g_autofree char *base_node = qemu_layer_node(disk, block->base, "-format");
        JsonObject *arguments;
        int r = active ? 0 : backing_name(block, disk, top - 1, base, &name, error);

        if (r < 0)
                return r;
        arguments = qmp_object("s:top-node", top_node, "s:base-node", base_node, "s:backing-file", name, NULL);
        put_common(block, device, arguments);
        qemu_block_ask(block, "block-commit", arguments, on_begun);
        return 0;
}

static int begin_copy(QemuBlock *block, const DomainDisk *disk, Error *error)
{
        g_autofree char *device = qemu_block_top_node(disk);
        g_autofree char *target = qemu_layer_node(disk, block->fresh, "-format");
        JsonObject *arguments = qmp_object("s:target", target, "s:sync", block->shallow ? "top" : "full", NULL);

        if (block->granularity > 0)
                json_object_set_int_member(arguments, "granularity", (gint64) block->granularity);
        if (block->buffer_size > 0)
                json_object_set_int_member(arguments, "buf-size", (gint64) MIN(block->buffer_size, INT64_MAX));
        if (block->synchronous)
                json_object_set_string_member(arguments, "copy-mode", "write-blocking");
        put_common(block, device, arguments);
        qemu_block_ask(block, "blockdev-mirror", arguments, on_begun);
        return 0;
}

int qemu_block_step_begin(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;
        const DomainDisk *disk = qemu_block_disk(block);
        int r = -EINVAL;

        if (block->adopted)
                return 0;
        if (!disk || monitor_check(block->guest, error) < 0)
                return error_set(error, ERROR_OPERATION_INVALID, "there is no disk '%s' any more", block->block->disk);
        switch (block->block->type) {
        case DOMAIN_BLOCK_JOB_PULL:
                r = begin_pull(block, disk, error);
                break;
        case DOMAIN_BLOCK_JOB_COMMIT:
        case DOMAIN_BLOCK_JOB_ACTIVE_COMMIT:
                r = begin_commit(block, disk, error);
                break;
        case DOMAIN_BLOCK_JOB_COPY:
                r = begin_copy(block, disk, error);
                break;
        case DOMAIN_BLOCK_JOB_BACKUP:
                break;
        }
        return r < 0 ? r : JOB_STEP_WAIT;
}
