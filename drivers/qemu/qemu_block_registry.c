/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The file "blocks" of a machine's directory: the jobs of its disks, for our next life. */

#include "drivers/qemu/qemu_block.h"

#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_find.h"
#include "service/base/log.h"
#include "service/base/store.h"

#define LOG_CATEGORY "qemu"
#define FILE_NAME "blocks"
#define FILE_MAX ((size_t) 4 * 1024 * 1024)

static const char *const kinds[] = {
        [DOMAIN_BLOCK_JOB_PULL] = "block-pull",
        [DOMAIN_BLOCK_JOB_COPY] = "block-copy",
        [DOMAIN_BLOCK_JOB_COMMIT] = "block-commit",
        [DOMAIN_BLOCK_JOB_ACTIVE_COMMIT] = "block-commit",
};

static void put(GKeyFile *file, const QemuBlock *block)
{
        const char *group = block->block->disk;

        g_key_file_set_integer(file, group, "type", (int) block->block->type);
        g_key_file_set_uint64(file, group, "base", block->base);
        g_key_file_set_uint64(file, group, "top", block->top);
        g_key_file_set_uint64(file, group, "fresh", block->fresh);
        g_key_file_set_uint64(file, group, "bandwidth", block->block->bandwidth);
        g_key_file_set_boolean(file, group, "shallow", block->shallow);
        g_key_file_set_boolean(file, group, "delete", block->delete_top);
        g_key_file_set_integer(file, group, "decision", (int) block->decision);
        if (block->dest) {
                GString *xml = g_string_new(NULL);
                g_autofree char *text = NULL;

                (void) def_format(&block_dest_type, "disk", block->dest, DEF_FORMAT_SECURE, xml);
                text = g_string_free(xml, FALSE);
                g_key_file_set_string(file, group, "dest", text);
        }
        if (block->below)
                g_key_file_set_string_list(file, group, "below", (const char *const *) block->below,
                                           g_strv_length(block->below));
}

int qemu_block_save(QemuGuest *guest, Error *error)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autofree char *text = NULL;
        gsize size = 0;
        bool any = false;

        for (guint i = 0; i < guest->blocks->len; i++) {
                const QemuBlock *block = guest->blocks->pdata[i];

                if (block->over)
                        continue;
                put(file, block);
                any = true;
        }
        if (!any)
                return store_remove(guest->dir_fd, FILE_NAME, 0, error);
        text = g_key_file_to_data(file, &size, NULL);
        return store_write(guest->dir_fd, FILE_NAME, text, size, 0, error);
}

static uint32_t get_layer(GKeyFile *file, const char *group, const char *key)
{
        guint64 layer = g_key_file_get_uint64(file, group, key, NULL);

        return layer > UINT32_MAX ? QEMU_BLOCK_NO_LAYER : (uint32_t) layer;
}

static int adopt(QemuGuest *guest, GKeyFile *file, const char *group, Error *error)
{
        g_autofree char *dest = g_key_file_get_string(file, group, "dest", NULL);
        int type = g_key_file_get_integer(file, group, "type", NULL);
        int decision = g_key_file_get_integer(file, group, "decision", NULL);
        _cleanup_(job_unrefp) Job *job = NULL;
        QemuBlock *block;
        int r;

        if (type < DOMAIN_BLOCK_JOB_PULL || type > DOMAIN_BLOCK_JOB_ACTIVE_COMMIT || decision < 0 ||
            decision >= _QEMU_BLOCK_DECISION_MAX || domain_find_block_job(guest->domain, group))
                return error_set(error, ERROR_OPERATION_FAILED, "it is damaged");
        r = job_new(guest->driver->host->jobs, kinds[type], NULL, NULL, &job, error);
        if (r < 0)
                return r;
        job_set_object(job, domain_ref(guest->domain), qemu_unref_domain);
        block = qemu_block_new(guest->domain, group, (DomainBlockJobType) type, job);
        block->adopted = true;
        block->base = get_layer(file, group, "base");
        block->top = get_layer(file, group, "top");
        block->fresh = get_layer(file, group, "fresh");
        block->block->bandwidth = g_key_file_get_uint64(file, group, "bandwidth", NULL);
        block->shallow = g_key_file_get_boolean(file, group, "shallow", NULL);
        block->delete_top = g_key_file_get_boolean(file, group, "delete", NULL);
        block->decision = (QemuBlockDecision) decision;
        block->below = g_key_file_get_string_list(file, group, "below", NULL, NULL);
        if (dest)
                (void) block_dest_parse(dest, strlen(dest), &block->dest, NULL);
        return qemu_block_run(block, error);
}

void qemu_block_adopt(QemuGuest *guest)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autofree char *text = NULL;
        g_auto(GStrv) groups = NULL;

        if (store_read(guest->dir_fd, FILE_NAME, FILE_MAX, &text, NULL, NULL) < 0 ||
            !g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL))
                return;
        groups = g_key_file_get_groups(file, NULL);
        for (char **group = groups; *group; group++) {
                _cleanup_error_ Error error = ERROR_INIT;

                if (adopt(guest, file, *group, &error) < 0) {
                        g_autofree char *why = error_message(&error);

                        log_domain(LOG_ERR, guest->name, guest->uuid, "the job of disk '%s' cannot be taken over: %s",
                                   *group, why);
                }
        }
}
