/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job of a disk has done, in the definitions and among QEMU's nodes. */

#include "drivers/qemu/qemu_block.h"

#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_live.h"
#include "service/base/log.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#define LOG_CATEGORY "qemu"
#define RETRY_USEC (100 * USEC_PER_MSEC)
#define ACCURACY_USEC (20 * USEC_PER_MSEC)

/* -- nodes --------------------------------------------------------------------------------------------------- */

/* Nobody waits for it. */
typedef struct Removal {
        Qmp *qmp;
        GPtrArray *names; /* of what sets of descriptors were for */
} Removal;

static void removal_free(Removal *removal)
{
        qmp_unref(removal->qmp);
        g_ptr_array_unref(removal->names);
        g_free(removal);
}

static void on_removal_sets(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Removal *removal = userdata;

        for (guint i = 0; !error_is_set(error) && i < removal->names->len; i++) {
                JsonObject *set = qemu_block_find_set(result, removal->names->pdata[i]);
                uint64_t number = 0;

                if (set && qmp_get_u64(set, "fdset-id", &number) > 0)
                        (void) qmp_execute(qmp, "remove-fd", qmp_object("U:fdset-id", number, NULL),
                                           QMP_TIMEOUT_DEFAULT, NULL, NULL);
        }
        removal_free(removal);
}

static void remove_all(QemuScript *script, const DomainDisk *disk, const GArray *layers, const char *suffix,
                       const char *command, const char *member)
{
        for (guint i = 0; i < layers->len; i++) {
                g_autofree char *name = qemu_layer_node(disk, g_array_index(layers, uint32_t, i), suffix);
                JsonObject *arguments = json_object_new();

                json_object_set_string_member(arguments, member, name);
                qemu_script_add_careless(script, command, arguments);
        }
}

void qemu_block_remove_layers(QemuGuest *guest, const DomainDisk *disk, const GArray *layers)
{
        static const char *const nodes[] = { "-format", "-slice", "-file", QEMU_LAYER_DATA };
        static const char *const objects[] = { QEMU_LAYER_AUTH, QEMU_LAYER_KEY, QEMU_LAYER_COOKIES };
        _cleanup_(qemu_script_freep) QemuScript *script = qemu_script_new(guest);
        Removal *removal;

        if (!guest->qmp)
                return;
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
                remove_all(script, disk, layers, nodes[i], "blockdev-del", "node-name");
        for (size_t i = 0; i < ELEMENTSOF(objects); i++)
                remove_all(script, disk, layers, objects[i], "object-del", "id");
        qemu_script_send(script);
        removal = g_new(Removal, 1);
        removal->qmp = qmp_ref(guest->qmp);
        removal->names = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < layers->len; i++) {
                uint32_t layer = g_array_index(layers, uint32_t, i);

                g_ptr_array_add(removal->names, qemu_layer_node(disk, layer, "-file"));
                g_ptr_array_add(removal->names, qemu_layer_node(disk, layer, QEMU_LAYER_DATA));
        }
        (void) qmp_execute(guest->qmp, "query-fdsets", NULL, QMP_TIMEOUT_DEFAULT, on_removal_sets, removal);
}

/* -- definitions --------------------------------------------------------------------------------------------- */

static void append_source(GString *out, const DomainStorage *source)
{
        const char *path = qemu_storage_path(source), *name = path ?: source->name;
        const char *kind = !path ? "name" : qemu_storage_type(source) == DOMAIN_DISK_BLOCK ? "dev" : "file";
        g_autofree char *escaped = g_markup_escape_text(strempty(name), -1);

        g_string_append_printf(out, "<source %s='%s'/>", kind, escaped);
}

/* libvirt's form, which says some of it twice. Free with g_free(). */
static char *mirror_text(const QemuBlock *block, const DomainStorage *source, const char *format)
{
        bool copy = block->block->type == DOMAIN_BLOCK_JOB_COPY;
        const char *path = qemu_storage_path(source);
        GString *out = g_string_new("<mirror");

        g_string_append_printf(out, " type='%s'", domain_disk_type_to_string(source->type));
        if (copy && path && source->type == DOMAIN_DISK_FILE) {
                g_autofree char *escaped = g_markup_escape_text(path, -1);

                g_string_append_printf(out, " file='%s' format='%s'", escaped, format);
        }
        g_string_append_printf(out, " job='%s'%s><format type='%s'/>", copy ? "copy" : "active-commit",
                               block->decision == QEMU_BLOCK_PIVOT   ? " ready='pivot'"
                               : block->decision == QEMU_BLOCK_ABORT ? " ready='abort'"
                               : block->block->ready                 ? " ready='yes'"
                                                                     : "",
                               format);
        append_source(out, source);
        g_string_append(out, "</mirror>");
        return g_string_free(out, FALSE);
}

void qemu_block_show_mirror(QemuBlock *block)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(block->guest->live);
        DomainDisk *disk = domain_find_disk(live, block->block->disk);
        g_autofree char *text = NULL;
        QemuLayerDef layer;

        if (!disk || !qemu_block_is_mirror(block))
                return;
        if (!block->over && block->dest)
                text = mirror_text(block, &block->dest->source, block->dest->format);
        else if (!block->over && qemu_layer_def(disk, qemu_layer_find(disk, block->base), &layer))
                text = mirror_text(block, layer.source, layer.format);
        domain_disk_set_mirror(live, disk, text);
        if (domain_def_seal(live, NULL, NULL) >= 0)
                guest_set_live(block->guest, live);
}

/* The images that the copy names. */
static DomainBacking *chain_below(const QemuBlock *block, DomainDef *def)
{
        DomainBacking *first = NULL, **at = &first;
        uint32_t index = block->fresh;

        for (char **word = block->below; word && word[0]; word += 2) {
                *at = domain_def_new(def, DomainBacking);
                def_put(*at, index, ++index);
                (*at)->detected = TRISTATE_YES;
                (*at)->format = domain_def_strdup(def, word[1]);
                (*at)->source.type = DOMAIN_DISK_FILE;
                (*at)->source.file = domain_def_strdup(def, word[0]);
                at = &(*at)->backing;
        }
        *at = domain_def_new(def, DomainBacking);
        (*at)->detected = TRISTATE_YES;
        return first;
}

static void change_chain(const QemuBlock *block, DomainDef *def, DomainDisk *disk)
{
        size_t depth = qemu_block_depth(disk), base = qemu_layer_find(disk, block->base), top;

        switch (block->block->type) {
        case DOMAIN_BLOCK_JOB_PULL:
                qemu_block_chain_pull(def, disk, block->base == QEMU_BLOCK_NO_LAYER || base >= depth ? SIZE_MAX : base);
                break;
        case DOMAIN_BLOCK_JOB_COMMIT:
                top = qemu_layer_find(disk, block->top);
                if (top < depth)
                        qemu_block_chain_commit(def, disk, top, base);
                break;
        case DOMAIN_BLOCK_JOB_ACTIVE_COMMIT:
                if (base > 0 && base < depth)
                        qemu_block_chain_commit(def, disk, 0, base);
                break;
        case DOMAIN_BLOCK_JOB_COPY:
                if (disk->source.index != block->fresh)
                        qemu_block_chain_replace(def, disk, block->dest, block->fresh,
                                                 block->shallow ? disk->backing : chain_below(block, def));
                break;
        case DOMAIN_BLOCK_JOB_BACKUP:
                break;
        }
        domain_disk_set_mirror(def, disk, NULL);
}

/* -- files that are not needed any more ---------------------------------------------------------------------- */

/* Not through links: only an image may have named it. */
static int unlink_work(void *data, Error *error)
{
        for (char **path = data; *path; path++) {
                g_autofree char *dir = g_path_get_dirname(*path), *name = g_path_get_basename(*path);
                struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
                _cleanup_close_ int fd = (int) syscall(SYS_openat2, AT_FDCWD, dir, &how, sizeof(how));

                if (fd < 0 || unlinkat(fd, name, 0) < 0)
                        log_warning("'%s', which has been committed, cannot be removed: %s", *path, g_strerror(errno));
        }
        return 0;
}

static void on_unlinked(void *userdata, int r, Error *error)
{
}

static void free_words(void *words)
{
        g_strfreev(words);
}

/* Those of the first chain that are not in the second: their nodes go, and their files where that was wanted. */
static void clear_layers(QemuBlock *block, const DomainDisk *was, const DomainDisk *is)
{
        g_autoptr(GArray) layers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        GPtrArray *paths = g_ptr_array_new();
        QemuLayerDef layer;

        for (size_t i = 0; qemu_layer_def(was, i, &layer); i++) {
                uint32_t index = qemu_layer_index(was, i);

                if (qemu_layer_find(is, index) < qemu_block_depth(is))
                        continue;
                g_array_append_val(layers, index);
                if (block->delete_top && layer.source->type == DOMAIN_DISK_FILE && layer.source->file)
                        g_ptr_array_add(paths, g_strdup(layer.source->file));
        }
        g_ptr_array_add(paths, NULL);
        qemu_block_remove_layers(block->guest, was, layers);
        (void) worker_run(block->guest->driver->host->path_workers, unlink_work, g_ptr_array_free(paths, FALSE),
                          free_words, on_unlinked, NULL);
}

/* -- the end ------------------------------------------------------------------------------------------------- */

static void finish(QemuBlock *block, Error *error)
{
        const DomainDisk *was = block->former ? domain_find_disk(block->former, block->block->disk) : NULL;
        const DomainDisk *is = qemu_block_disk(block);

        block->over = true;
        block->done = true;
        (void) qemu_block_save(block->guest, NULL);
        if (block->guest->qmp)
                monitor_execute(block->guest, "job-dismiss", qmp_object("s:id", block->id, NULL), NULL, NULL);
        /* until then QEMU's job has them */
        if (was && is)
                clear_layers(block, was, is);
        block->hold = job_unref(block->hold);
        if (error && error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_ERR, block->domain->name, block->domain->uuid,
                           "the definition of domain '%s', whose disk '%s' has another image now, cannot be "
                           "written: %s",
                           block->domain->name, block->block->disk, text);
        }
        job_step_done(block->job, 0, NULL);
}

static void on_written(void *userdata, int r, Error *error)
{
        QemuBlock *block = userdata;

        block->task = NULL;
        if (r >= 0)
                domain_set_config(block->domain, block->config);
        finish(block, r < 0 ? error : NULL);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        qemu_block_conclude(userdata);
        return 0;
}

void qemu_block_conclude(QemuBlock *block)
{
        QemuGuest *guest = block->guest;
        _cleanup_(domain_def_unrefp) DomainDef *old = domain_def_ref(guest->live), *live = domain_def_copy(old);
        DomainDisk *disk = domain_find_disk(live, block->block->disk);
        _cleanup_error_ Error error = ERROR_INIT;

        block->timer = sd_event_source_disable_unref(block->timer);
        if (job_new(guest->driver->host->jobs, "block-end", &block->domain->object.slot, NULL, &block->hold, NULL) <
            0) {
                /* somebody else changes the definitions */
                (void) sd_event_add_time_relative(guest->driver->host->event, &block->timer, CLOCK_MONOTONIC,
                                                  RETRY_USEC, ACCURACY_USEC, on_retry, block);
                return;
        }
        if (disk) {
                change_chain(block, live, disk);
                if (domain_def_seal(live, NULL, &error) >= 0) {
                        guest_set_live(guest, live);
                        block->former = domain_def_ref(old);
                        block->config = qemu_block_chain_config(block->domain, old, live, block->block->disk);
                }
        }
        if (!block->config) {
                finish(block, &error);
                return;
        }
        block->task = qemu_store_write_def(guest->driver->store, guest->driver->host->workers, block->config,
                                           on_written, block);
}
