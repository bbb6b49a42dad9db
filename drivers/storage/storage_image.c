/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_image.h"

#include "drivers/host/image.h"
#include "drivers/storage/storage_backend.h"
#include "drivers/storage/storage_dir.h"
#include "drivers/storage/storage_probe.h"

#include <linux/capability.h>
#include <string.h>

#define QEMU_IMG "/usr/bin/qemu-img"

/* Files belong to the users of machines. */
#define CAPABILITIES (UINT64_C(1) << CAP_DAC_OVERRIDE)

static const char *const formats[] = { "raw", "qcow2", "qcow", "qed", "vdi", "vmdk", "vpc", NULL };

bool storage_image_can_make(const char *format)
{
        return g_strv_contains(formats, format);
}

static bool is_luks(const StorageVolDef *vol)
{
        return vol->target.encryption && vol->target.encryption->format == STORAGE_ENCRYPTION_LUKS;
}

/* What qemu-img calls it: a raw volume that is encrypted is a format of its own. */
static const char *format_of(const StorageVolDef *vol)
{
        const char *format = vol->target.format ?: "raw";

        return streq(format, "raw") && is_luks(vol) ? "luks" : streq(format, "iso") ? "raw" : format;
}

/* -- images and what they build upon ------------------------------------------------------------------------- */

static int refuse(const char *path, Error *error, Error *why)
{
        g_autofree char *text = error_message(why);

        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' cannot be read: %s", path, text);
}

/* The next layer, beneath the directory of the one before: 1, or 0 when there is none. */
static int find_backing(const StorageWork *work, const StoragePoolDef *pool, const char *path, char **ret_path,
                        char **ret_format, Error *error)
{
        _cleanup_(image_info_clear) ImageInfo image = {};
        _cleanup_error_ Error why = ERROR_INIT;
        g_autofree char *recorded = NULL, *backing = NULL, *dir = NULL;

        if (image_read_qcow2(work->chain_fds[work->n_chain - 1], &image, &why) < 0)
                return refuse(path, error, &why);
        if (image.data_file)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "'%s' has its data in another file, which is not followed", path);
        if (!image.backing_file)
                return 0;
        if (image_backing_path(path, image.backing_file, &recorded, &why) < 0)
                return refuse(path, error, &why);
        backing = g_canonicalize_filename(recorded, "/");
        dir = g_path_get_dirname(backing);
        if (!streq(dir, pool->path))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "'%s' builds upon '%s', which is not in its pool and not followed", path, backing);
        if (!image.backing_format)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "'%s' builds upon '%s', but does not say which format that has", path, backing);
        *ret_path = g_steal_pointer(&backing);
        *ret_format = g_strdup(image.backing_format);
        return 1;
}

static int check_layer(int fd, const char *path, const char *format, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;

        if (!streq(format, "luks") && !image_format_is_usable(format))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' has the format '%s', which is not read", path,
                                 format);
        if (streq(format, "vmdk") && image_check_vmdk(fd, &why) < 0)
                return refuse(path, error, &why);
        return 0;
}

static int add_layer(StorageWork *work, int dir_fd, const char *path, const char *format, int flags, Error *error)
{
        g_autofree char *name = g_path_get_basename(path);
        int r;

        if (work->n_chain == STORAGE_CHAIN_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' is beneath too many layers", path);
        r = storage_dir_open_file(dir_fd, name, flags, &work->chain_fds[work->n_chain], error);
        if (r < 0)
                return r;
        work->chain_formats[work->n_chain++] = g_strdup(format);
        return check_layer(work->chain_fds[work->n_chain - 1], path, format, error);
}

static int open_device(StorageWork *work, const StorageVolDef *vol, int flags, Error *error)
{
        work->chain_fds[0] = open(vol->target.path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (work->chain_fds[0] < 0)
                return error_set_errno(error, errno, "cannot open '%s'", vol->target.path);
        work->chain_formats[work->n_chain++] = g_strdup(format_of(vol));
        return 0;
}

/* flags are of the first layer; all others are for reading. */
static int open_chain(StorageWork *work, const StoragePoolDef *pool, const StorageVolDef *vol, int flags, Error *error)
{
        g_autofree char *path = g_strdup(vol->target.path), *format = g_strdup(format_of(vol));
        _cleanup_close_ int dir_fd = -EBADF;
        int r;

        if (!storage_has_files(pool))
                return open_device(work, vol, flags, error);
        dir_fd = open(pool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", pool->path);
        do {
                r = add_layer(work, dir_fd, path, format, work->n_chain == 0 ? flags : O_RDONLY, error);
                if (r >= 0 && streq(format, "qcow2")) {
                        g_autofree char *upper = g_steal_pointer(&path);

                        g_clear_pointer(&format, g_free);
                        r = find_backing(work, pool, upper, &path, &format, error);
                } else if (r >= 0)
                        return 0;
        } while (r > 0);
        return r;
}

static void append_key(GString *json, const char *format, bool has_secret)
{
        if (!has_secret)
                return;
        g_string_append(json, streq(format, "luks") ? ",\"key-secret\":\"key\""
                                                     : ",\"encrypt\":{\"format\":\"luks\",\"key-secret\":\"key\"}");
}

static bool is_device(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}

static void append_layer(const StorageWork *work, unsigned i, StorageCommand *command, bool has_secret, GString *json)
{
        const char *format = work->chain_formats[i];
        g_autofree char *path = storage_command_add_fd(command, work->chain_fds[i]);

        g_string_append_printf(json, "{\"driver\":\"%s\"", format);
        append_key(json, format, has_secret);
        g_string_append_printf(json, ",\"file\":{\"driver\":\"%s\",\"filename\":\"%s\"}",
                               is_device(work->chain_fds[i]) ? "host_device" : "file", path);
        if (streq(format, "qcow2")) {
                g_string_append(json, ",\"backing\":");
                if (i + 1 < work->n_chain)
                        append_layer(work, i + 1, command, false, json);
                else
                        g_string_append(json, "null");
        }
        g_string_append_c(json, '}');
}

/* The whole chain as QEMU's tools take it in place of a file's name. */
static char *describe_chain(const StorageWork *work, StorageCommand *command, bool has_secret)
{
        GString *json = g_string_new("json:");

        append_layer(work, 0, command, has_secret, json);
        return g_string_free(json, FALSE);
}

/* -- making -------------------------------------------------------------------------------------------------- */

static void append_option(GString *options, const char *key, const char *format, ...) _printf_(3, 4);
static void append_option(GString *options, const char *key, const char *format, ...)
{
        g_autofree char *value = NULL;
        va_list ap;

        va_start(ap, format);
        value = g_strdup_vprintf(format, ap);
        va_end(ap);
        g_string_append_printf(options, "%s%s=", options->len > 0 ? "," : "", key);
        /* a comma would begin the next option */
        for (const char *p = value; *p; p++)
                g_string_append(options, *p == ',' ? ",," : ((char[]) { *p, 0 }));
}

static void append_luks(const StorageVolDef *vol, GString *options)
{
        const StorageEncryption *encryption = vol->target.encryption;
        const char *prefix = streq(format_of(vol), "luks") ? "" : "encrypt.";
        const struct {
                const char *key;
                const char *value;
        } words[] = {
                { "cipher-mode", encryption->cipher_mode }, { "hash-alg", encryption->cipher_hash },
                { "ivgen-alg", encryption->ivgen_name },    { "ivgen-hash-alg", encryption->ivgen_hash },
        };
        g_autofree char *key = g_strconcat(prefix, "key-secret", NULL);

        if (*prefix)
                append_option(options, "encrypt.format", "luks");
        append_option(options, key, "new");
        if (encryption->cipher_name) {
                g_autofree char *cipher = g_strconcat(prefix, "cipher-alg", NULL);

                append_option(options, cipher, "%s-%u", encryption->cipher_name, encryption->cipher_size);
        }
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                g_autofree char *word = g_strconcat(prefix, words[i].key, NULL);

                if (words[i].value)
                        append_option(options, word, "%s", words[i].value);
        }
}

static char *options_of(const StorageWork *work)
{
        const StorageVolTarget *target = &work->vol->target;
        GString *options = g_string_new(NULL);

        if (streq_ptr(target->format, "qcow2")) {
                append_option(options, "compat", "%s", target->compat ?: "1.1");
                if (target->lazy_refcounts)
                        append_option(options, "lazy_refcounts", "on");
                if (target->extended_l2)
                        append_option(options, "extended_l2", "on");
                if (def_is_set(target, cluster_size))
                        append_option(options, "cluster_size", "%" PRIu64, target->cluster_size);
                if (work->flags & STORAGE_IMAGE_PREALLOCATE)
                        append_option(options, "preallocation", "%s",
                                      work->vol->said_allocation && work->vol->allocation >= work->vol->capacity
                                                      ? "falloc"
                                                      : "metadata");
        }
        if (is_luks(work->vol))
                append_luks(work->vol, options);
        return g_string_free(options, FALSE);
}

static int add_secret(StorageCommand *command, const char *id, GBytes *secret, Error *error)
{
        g_autofree char *path = NULL, *object = NULL;
        int r = secret ? storage_command_add_secret(command, secret, &path, error) : 0;

        if (!secret || r < 0)
                return r;
        object = g_strdup_printf("secret,id=%s,file=%s", id, path);
        storage_command_add(command, "--object", object, NULL);
        return 0;
}

static void begin(StorageCommand *command, const char *verb)
{
        storage_command_set(command, QEMU_IMG);
        storage_command_add(command, verb, NULL);
        command->capabilities = CAPABILITIES;
}

/* How large a volume is whose definition leaves that to the one below it. */
static int read_backing(StorageWork *work, Error *error)
{
        const StorageVolTarget *backing = work->vol->backing;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        if (*backing->path != '/')
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "backingStore/path: '%s' is no absolute path",
                                 backing->path);
        if (stat(backing->path, &st) < 0)
                return error_set_errno(error, errno, "inaccessible backing store volume %s", backing->path);
        if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "backingStore/path: '%s' is no file or block device",
                                 backing->path);
        fd = open(backing->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "inaccessible backing store volume %s", backing->path);
        if (work->capacity > 0)
                return 0;
        r = storage_probe_capacity(fd, backing->format ?: "raw", &work->capacity, error);
        return r;
}

static int create_work(StorageWork *work, Error *error)
{
        int r = 0;

        work->capacity = work->vol->capacity;
        if (work->vol->backing)
                r = read_backing(work, error);
        if (r >= 0)
                r = storage_dir_make_file(work, error);
        return r;
}

/* The backing file was looked at before: qemu-img, which may open nothing, is not to do so. */
static int create_command(StorageWork *work, StorageCommand *command, Error *error)
{
        const StorageVolTarget *backing = work->vol->backing;
        g_autofree char *options = options_of(work), *size = g_strdup_printf("%" PRIu64, work->capacity), *file = NULL;
        int r;

        begin(command, "create");
        r = add_secret(command, "new", work->secret, error);
        if (r < 0)
                return r;
        storage_command_add(command, "-q", "-f", format_of(work->vol), NULL);
        if (backing)
                storage_command_add(command, "-u", "-b", backing->path, "-F", backing->format ?: "raw", NULL);
        if (*options)
                storage_command_add(command, "-o", options, NULL);
        file = storage_command_add_fd(command, work->fd);
        storage_command_add(command, file, size, NULL);
        return 0;
}

static int record_work(StorageWork *work, Error *error)
{
        storage_probe_record(work->fd, format_of(work->vol));
        return 0;
}

const StorageAction storage_image_create[] = {
        { .work = create_work, .command = create_command },
        { .work = record_work },
        { .work = storage_dir_keep },
        {},
};

static int copy_work(StorageWork *work, Error *error)
{
        int r = open_chain(work, work->source_pool, work->source, O_RDONLY, error);

        work->total = work->source->capacity;
        return r < 0 ? r : storage_dir_make_file(work, error);
}

static int copy_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *options = options_of(work), *from = NULL, *to = NULL;
        int r;

        begin(command, "convert");
        r = add_secret(command, "new", work->secret, error);
        if (r >= 0)
                r = add_secret(command, "key", work->source_secret, error);
        if (r < 0)
                return r;
        from = describe_chain(work, command, work->source_secret);
        storage_command_add(command, "-p", "-O", format_of(work->vol), NULL);
        if (*options)
                storage_command_add(command, "-o", options, NULL);
        to = storage_command_add_fd(command, work->fd);
        storage_command_add(command, from, to, NULL);
        command->shows_progress = true;
        return 0;
}

/* A copy that is larger than its original grows when it is there. */
static int grow_work(StorageWork *work, Error *error)
{
        if (work->vol->capacity <= work->source->capacity)
                return 1;
        if (!streq(format_of(work->vol), "raw"))
                return 0;
        if (ftruncate(work->fd, (off_t) work->vol->capacity) < 0)
                return error_set_errno(error, errno, "cannot extend file '%s'", work->vol->target.path);
        return 1;
}

static int grow_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *size = g_strdup_printf("%" PRIu64, work->vol->capacity), *file = NULL;
        GString *json = g_string_new("json:");
        int r;

        begin(command, "resize");
        r = add_secret(command, "key", work->secret, error);
        file = storage_command_add_fd(command, work->fd);
        g_string_append_printf(json, "{\"driver\":\"%s\"", format_of(work->vol));
        append_key(json, format_of(work->vol), work->secret);
        g_string_append_printf(json, ",\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}", file);
        storage_command_add(command, "-q", json->str, size, NULL);
        g_string_free(json, TRUE);
        return r;
}

const StorageAction storage_image_copy[] = {
        { .work = copy_work, .command = copy_command },
        { .work = grow_work, .command = grow_command },
        { .work = record_work },
        { .work = storage_dir_keep },
        {},
};

static int fill_work(StorageWork *work, Error *error)
{
        int r = open_chain(work, work->source_pool, work->source, O_RDONLY, error);

        if (r < 0)
                return r;
        work->total = work->source->capacity;
        work->fd = open(work->vol->target.path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (work->fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", work->vol->target.path);
        return 0;
}

static int fill_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *from = NULL, *to = NULL;
        int r;

        begin(command, "convert");
        r = add_secret(command, "key", work->source_secret, error);
        if (r < 0)
                return r;
        from = describe_chain(work, command, work->source_secret);
        to = storage_command_add_fd(command, work->fd);
        storage_command_add(command, "-p", "-n", "-O", "raw", from, to, NULL);
        command->shows_progress = true;
        return 0;
}

const StorageAction storage_image_fill[] = { { .work = fill_work, .command = fill_command }, {} };

static int resize_work(StorageWork *work, Error *error)
{
        return open_chain(work, work->pool, work->vol, O_RDWR, error);
}

static int resize_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *size = g_strdup_printf("%" PRIu64, work->vol->capacity), *image = NULL;
        int r;

        begin(command, "resize");
        r = add_secret(command, "key", work->secret, error);
        if (r < 0)
                return r;
        storage_command_add(command, "-q", NULL);
        if (work->flags & STORAGE_IMAGE_SHRINK)
                storage_command_add(command, "--shrink", NULL);
        if (work->flags & STORAGE_IMAGE_PREALLOCATE)
                storage_command_add(command, "--preallocation=falloc", NULL);
        image = describe_chain(work, command, work->secret);
        storage_command_add(command, image, size, NULL);
        return 0;
}

const StorageAction storage_image_resize[] = {
        { .work = resize_work, .command = resize_command },
        { .work = storage_dir_scan_one },
        {},
};
