/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/secret/secret_store.h"

#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "secret"

#define DEFINITION_MAX ((size_t) 1024 * 1024)
/* Of the longest value, and a line feed that an editor may have left. */
#define BASE64_MAX (((size_t) SECRET_VALUE_MAX + 2) / 3 * 4 + 1)

int secret_store_open(const char *config_dir, StoreDir **ret, Error *error)
{
        g_autofree char *path = g_build_filename(config_dir, "secrets", NULL);

        return store_dir_open(path, ret, error);
}

static char *wiped_free(char *text)
{
        if (text)
                explicit_bzero(text, strlen(text));
        g_free(text);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(char *, wiped_free)

/* -- reading ------------------------------------------------------------------------------------------------- */

static void set_aside(const StoreDir *dir, const char *name, const Error *error)
{
        g_autofree char *moved = NULL, *text = error_message(error);

        if (store_quarantine(store_dir_fd(dir), name, &moved, NULL) < 0)
                log_error("secret '%s' cannot be used, and not be set aside: %s", name, text);
        else
                log_error("secret '%s' cannot be used and is now '%s': %s", name, moved, text);
}

/* GLib's decoder leaves out what is not of its alphabet. */
static int decode(char *text, GBytes **ret, Error *error)
{
        size_t n = strlen(g_strchomp(text)), plain;
        gsize size = 0;

        plain = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
        if (n % 4 != 0 || n - plain > 2 || strspn(text + plain, "=") != n - plain)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "it is not in base64");
        if (n > 0)
                (void) g_base64_decode_inplace(text, &size);
        *ret = secret_value_new(text, size);
        explicit_bzero(text, n);
        return 0;
}

/* A missing value is none; a broken one is no reason to lose the definition, too. */
static GBytes *read_value(const StoreDir *dir, const char *uuid)
{
        g_autofree char *name = g_strconcat(uuid, ".base64", NULL);
        _cleanup_(wiped_freep) char *text = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        GBytes *value = NULL;
        size_t size;
        int r = store_read(store_dir_fd(dir), name, BASE64_MAX, &text, &size, &error);

        if (r == -ENOENT)
                return NULL;
        if (r >= 0)
                r = decode(text, &value, &error);
        if (r < 0)
                set_aside(dir, name, &error);
        return value;
}

static int read_definition(const StoreDir *dir, const char *name, SecretDef **ret, Error *error)
{
        _cleanup_(secret_def_unrefp) SecretDef *def = NULL;
        g_autofree char *text = NULL, *own = NULL;
        size_t size;
        int r = store_read(store_dir_fd(dir), name, DEFINITION_MAX, &text, &size, error);

        if (r >= 0)
                r = secret_def_parse(text, size, DEFINITION_PARSE_STORED, NULL, &def, error);
        if (r < 0)
                return r;
        own = g_strconcat(strempty(def->uuid), ".xml", NULL);
        if (!streq(own, name))
                return error_set(error, ERROR_XML_ERROR, "the UUID in it is not that of the file's name");
        *ret = g_steal_pointer(&def);
        return 0;
}

static int load_one(StoreDir *dir, const char *name, SecretStoreVisitor visitor, void *userdata, Error *error)
{
        _cleanup_(secret_def_unrefp) SecretDef *def = NULL;
        g_autoptr(GBytes) value = NULL;
        int r = read_definition(dir, name, &def, error);

        if (r < 0)
                return r;
        value = read_value(dir, def->uuid);
        return visitor(def, value, userdata, error);
}

int secret_store_load(StoreDir *dir, SecretStoreVisitor visitor, void *userdata, Error *error)
{
        g_auto(GStrv) names = NULL;
        int r = store_list(store_dir_fd(dir), ".xml", &names, error);

        if (r < 0)
                return r;
        for (char **name = names; *name; name++) {
                _cleanup_error_ Error why = ERROR_INIT;

                if (load_one(dir, *name, visitor, userdata, &why) < 0)
                        set_aside(dir, *name, &why);
        }
        return 0;
}

/* -- writing ------------------------------------------------------------------------------------------------- */

typedef struct StoreTask {
        StoreDir *dir;
        char *definition_file;
        char *value_file;
        char *definition;
        char *value; /* in base64 */
} StoreTask;

static void task_free(void *data)
{
        StoreTask *task = data;

        store_dir_unref(task->dir);
        g_free(task->definition_file);
        g_free(task->value_file);
        g_free(task->definition);
        wiped_free(task->value);
        g_free(task);
}

static StoreTask *task_new(StoreDir *dir, const char *uuid)
{
        StoreTask *task = g_new0(StoreTask, 1);

        task->dir = store_dir_ref(dir);
        task->definition_file = g_strconcat(uuid, ".xml", NULL);
        task->value_file = g_strconcat(uuid, ".base64", NULL);
        return task;
}

/* The value first: a definition without the value that it was given would be an answer that did not hold. */
static int write_work(void *data, Error *error)
{
        StoreTask *task = data;
        int fd = store_dir_fd(task->dir), r;

        if (task->value)
                r = store_write(fd, task->value_file, task->value, strlen(task->value), STORE_DURABLE, error);
        else
                r = store_remove(fd, task->value_file, STORE_DURABLE, error);
        if (r < 0)
                return r;
        return store_write(fd, task->definition_file, task->definition, strlen(task->definition), STORE_DURABLE, error);
}

WorkerTask *secret_store_write(StoreDir *dir, WorkerPool *pool, const SecretDef *def, GBytes *value,
                               WorkerDone done, void *userdata)
{
        StoreTask *task = task_new(dir, def->uuid);

        task->definition = secret_def_format(def, 0);
        if (value) {
                gsize size;
                const void *bytes = g_bytes_get_data(value, &size);

                task->value = g_base64_encode(bytes, size);
        }
        return worker_run(pool, write_work, task, task_free, done, userdata);
}

static int remove_work(void *data, Error *error)
{
        StoreTask *task = data;
        int r = store_remove(store_dir_fd(task->dir), task->value_file, STORE_DURABLE, error);

        if (r >= 0)
                r = store_remove(store_dir_fd(task->dir), task->definition_file, STORE_DURABLE, error);
        return r < 0 ? r : 0;
}

WorkerTask *secret_store_remove(StoreDir *dir, WorkerPool *pool, const char *uuid, WorkerDone done, void *userdata)
{
        return worker_run(pool, remove_work, task_new(dir, uuid), task_free, done, userdata);
}
