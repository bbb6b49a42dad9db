/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_chain.h"

#include "drivers/host/image.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_share.h"

#include <string.h>

/* What is to be opened next, and what the walk down has seen. */
typedef struct Walk {
        const QemuChainSource *source;
        QemuFiles *files;
        QemuChain *chain;
        struct {
                dev_t dev;
                ino_t ino;
        } seen[QEMU_CHAIN_MAX];
        char *root; /* directory of the layer that the definition named last */
        char *place; /* XPath of that layer */
        /* the next layer */
        char *path; /* NULL: the chain ends */
        char *format;
        bool block;
        bool network;
        bool named;       /* by the definition, not by an image */
        QemuLayerDef def; /* what the definition says of it, when it is named and not the firmware */
} Walk;

static void walk_clear(Walk *walk)
{
        g_free(walk->root);
        g_free(walk->place);
        g_free(walk->path);
        g_free(walk->format);
}

QemuChain *qemu_chain_free(QemuChain *chain)
{
        if (!chain)
                return NULL;
        for (size_t i = 0; i < chain->n_layers; i++) {
                QemuLayer *layer = chain->layers + i;

                g_free(layer->path);
                g_free(layer->format);
                g_free(layer->file_node);
                g_free(layer->format_node);
        }
        g_free(chain->alias);
        g_free(chain);
        return NULL;
}

static int check_format(const Walk *walk, Error *error)
{
        if (image_format_is_usable(walk->format))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "%s: '%s' is said to have the format '%s', which cannot be used", walk->place, walk->path,
                         walk->format);
}

/* The rest of the path beneath the directory, or NULL. Both are absolute and canonical. */
static const char *path_beneath(const char *path, const char *dir)
{
        size_t n = strlen(dir);

        while (n > 0 && dir[n - 1] == '/')
                n--;
        if (strncmp(path, dir, n) != 0 || path[n] != '/')
                return NULL;
        return path + n + 1;
}

/* A file that only an image names, and an image may come from anybody. */
static int open_recorded(Walk *walk, bool writable, int *ret_fd, struct stat *ret_st, Error *error)
{
        g_autofree char *path = g_canonicalize_filename(walk->path, "/");
        const char *dir = walk->root, *rest = path_beneath(path, dir);

        for (const char *const *d = walk->source->image_dirs; !rest && d && *d; d++) {
                dir = *d;
                rest = path_beneath(path, dir);
        }
        if (!rest)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the image itself names '%s' as its backing file, which is outside of "
                                 "'%s' "
                                 "and of the image directories; name it in <backingStore> to allow it",
                                 walk->place, path, walk->root);
        return qemu_open_beneath(dir, rest, OPEN_FILE, writable ? O_RDWR : O_RDONLY, walk->place, ret_fd, ret_st,
                                 error);
}

static int open_layer(Walk *walk, bool writable, int *ret_fd, struct stat *ret_st, Error *error)
{
        g_autofree char *path = NULL;

        if (!walk->named)
                return open_recorded(walk, writable, ret_fd, ret_st, error);
        path = g_canonicalize_filename(walk->path, "/");
        g_free(walk->root);
        walk->root = g_path_get_dirname(path);
        if (walk->def.source && walk->def.source->fdgroup)
                return qemu_fd_groups_open(walk->source->fd_groups, walk->def.source->fdgroup, writable, walk->place,
                                           ret_fd, ret_st, error);
        return qemu_open(walk->path, walk->block ? OPEN_BLOCK : OPEN_FILE, writable ? O_RDWR : O_RDONLY,
                         walk->place, ret_fd, ret_st, error);
}

static int check_loop(Walk *walk, const struct stat *st, Error *error)
{
        for (size_t i = 0; i < walk->chain->n_layers; i++)
                if (walk->seen[i].dev == st->st_dev && walk->seen[i].ino == st->st_ino)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "%s: '%s' is a backing file of itself", walk->place,
                                         walk->path);
        walk->seen[walk->chain->n_layers].dev = st->st_dev;
        walk->seen[walk->chain->n_layers].ino = st->st_ino;
        return 0;
}

static int check_image(const Walk *walk, const ImageInfo *info, bool writable, Error *error)
{
        bool store = walk->def.source && walk->def.source->data_store;
        bool key = walk->def.encryption && walk->def.encryption->engine != STORAGE_ENCRYPTION_ENGINE_LIBRBD;
        const char *why = NULL;

        if (info->data_file && !store)
                why = "it keeps its data in another file; name that in <dataStore> to allow it";
        else if (!info->data_file && store)
                why = "it has all its data in itself, but <dataStore> names another file";
        else if (info->encryption == IMAGE_ENCRYPTION_AES)
                why = "it is encrypted in a way of old, which QEMU does not run any more";
        else if (info->encryption != IMAGE_ENCRYPTION_NONE && !key)
                why = "it is encrypted, but there is no <encryption>";
        else if (info->encryption == IMAGE_ENCRYPTION_NONE && key)
                why = "it is not encrypted, but <encryption> says so";
        else if (info->corrupt && writable)
                why = "it is marked as corrupt; check it with qemu-img";
        if (!why)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the image '%s' cannot be used: %s", walk->place,
                         walk->path, why);
}

static int read_qcow2(const Walk *walk, int fd, bool writable, ImageInfo *ret, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;
        int r;

        r = image_read_qcow2(fd, ret, &why);
        if (r < 0)
                return error_set(error, why.code, "%s: '%s' cannot be used as a qcow2 image: %s",
                                 walk->place, walk->path, strempty(why.detail));
        return check_image(walk, ret, writable, error);
}

static int check_vmdk(const Walk *walk, int fd, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;

        if (image_check_vmdk(fd, &why) >= 0)
                return 0;
        return error_set(error, why.code, "%s: '%s' cannot be used as a VMDK image: %s", walk->place, walk->path,
                         strempty(why.detail));
}

static void walk_go(Walk *walk, const char *path, const char *format)
{
        char *p = g_strdup(path), *f = g_strdup(format);

        g_free(walk->path);
        g_free(walk->format);
        walk->path = p;
        walk->format = f;
        walk->block = walk->network = walk->named = false;
        walk->def = (QemuLayerDef) {};
}

static void walk_end(Walk *walk)
{
        g_clear_pointer(&walk->path, g_free);
}

/* The i-th layer is the one that the definition names, which ends the chain when it names none. */
static int walk_go_named(Walk *walk, size_t i, Error *error)
{
        g_autofree char *rest = NULL;
        QemuLayerDef def;

        if (!qemu_layer_def(walk->source->disk, i, &def)) {
                walk_end(walk);
                return 0;
        }
        if (i > 0 && streq(walk->format, "raw"))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the raw image '%s' cannot have a backing file, which <backingStore> names",
                                 walk->place, walk->path);
        walk_go(walk, qemu_storage_path(def.source) ?: strempty(def.source->name), def.format);
        walk->block = qemu_storage_type(def.source) == DOMAIN_DISK_BLOCK;
        walk->network = qemu_storage_is_remote(def.source);
        walk->named = true;
        walk->def = def;
        rest = qemu_layer_place(walk->source->disk, i, walk->block ? "@dev" : walk->network ? "@name" : "@file");
        g_free(walk->place);
        walk->place = g_strconcat(walk->source->place, "/", rest, NULL);
        return 0;
}

static int next_from_image(Walk *walk, const ImageInfo *info, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;
        g_autofree char *path = NULL;

        if (!info->backing_file) {
                walk_end(walk);
                return 0;
        }
        if (!info->backing_format)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the image '%s' does not record the format of its backing file '%s'; "
                                 "name it in <backingStore>, or record it with qemu-img rebase -u",
                                 walk->place, walk->path, info->backing_file);
        if (image_backing_path(walk->path, info->backing_file, &path, &why) < 0)
                return error_set(error, why.code, "%s: the image '%s' cannot be used: %s",
                                 walk->place, walk->path, strempty(why.detail));
        walk_go(walk, path, info->backing_format);
        return 0;
}

static void add_layer(Walk *walk, int fd, bool writable, uint64_t size)
{
        QemuChain *chain = walk->chain;
        QemuLayer *layer = chain->layers + chain->n_layers;
        g_autofree char *base = walk->source->disk ? qemu_layer_name(walk->source->disk, chain->n_layers, "")
                                : chain->n_layers == 0
                                        ? g_strdup(chain->alias)
                                        : g_strdup_printf("%s-b%zu", chain->alias, chain->n_layers);

        layer->path = g_strdup(walk->path);
        layer->format = g_strdup(walk->format);
        layer->file_node = g_strconcat(base, "-file", NULL);
        layer->format_node = g_strconcat(base, "-format", NULL);
        layer->block = walk->block;
        layer->network = walk->network;
        layer->writable = writable;
        layer->named = walk->named;
        layer->size = size;
        chain->n_layers++;
        if (fd >= 0)
                qemu_files_add(walk->files, QEMU_FILE_SET, layer->file_node, walk->path, fd);
}

/* The file that has the data of the layer which was opened last. */
static int open_data_store(Walk *walk, bool writable, Error *error)
{
        const DomainStorage *source = &walk->def.source->data_store->source;
        const char *path = qemu_storage_path(source);
        g_autofree char *place = g_strconcat(walk->place, "/../dataStore/source", NULL);
        g_autofree char *id = qemu_layer_name(walk->source->disk, walk->chain->n_layers, QEMU_LAYER_DATA);
        int fd, r;

        r = qemu_open(path, source->type == DOMAIN_DISK_BLOCK ? OPEN_BLOCK : OPEN_FILE, writable ? O_RDWR : O_RDONLY,
                      place, &fd, NULL, error);
        if (r >= 0)
                qemu_files_add(walk->files, QEMU_FILE_SET, id, path, fd);
        return r;
}

static int open_image(Walk *walk, bool writable, int *ret_fd, ImageInfo *info, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        r = open_layer(walk, writable, &fd, &st, error);
        if (r < 0)
                return r;
        r = check_loop(walk, &st, error);
        if (r < 0)
                return r;
        info->size = (uint64_t) st.st_size;
        if (streq(walk->format, "qcow2"))
                r = read_qcow2(walk, fd, writable, info, error);
        else if (streq(walk->format, "vmdk"))
                r = check_vmdk(walk, fd, error);
        if (r >= 0 && info->data_file)
                r = open_data_store(walk, writable, error);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* Opens the next layer and finds the one below it. What is on a server QEMU opens: nobody reads its header. */
static int walk_step(Walk *walk, Error *error)
{
        size_t i = walk->chain->n_layers;
        bool writable = (walk->source->writable && i == 0) || (walk->source->writable_layers & (1u << i));
        _cleanup_(image_info_clear) ImageInfo info = {};
        int fd = -EBADF, r;

        if (walk->chain->n_layers == QEMU_CHAIN_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the disk has more than %d layers",
                                 walk->place, QEMU_CHAIN_MAX);
        r = check_format(walk, error);
        if (r >= 0 && !walk->network)
                r = open_image(walk, writable, &fd, &info, error);
        if (r < 0)
                return r;

        add_layer(walk, fd, writable, info.size);
        if (walk->def.backing)
                return walk_go_named(walk, walk->chain->n_layers, error);
        return next_from_image(walk, &info, error);
}

/* The one layer of a disk that is a directory: QEMU opens what is in it by its names. */
static int open_directory(Walk *walk, Error *error)
{
        const QemuChainSource *source = walk->source;
        QemuLayer *layer = walk->chain->layers;
        int fd, r = qemu_open(walk->path, OPEN_DIRECTORY, O_RDONLY, walk->place, &fd, NULL, error);

        if (r >= 0)
                r = qemu_share_map(&fd, source->uid, source->gid, true, walk->place, error);
        if (r < 0)
                return r;
        add_layer(walk, -EBADF, false, 0);
        layer->directory = true;
        qemu_files_add(walk->files, QEMU_FILE_PATH, layer->file_node, layer->path, fd);
        return 0;
}

int qemu_chain_open(QemuFiles *files, const QemuChainSource *source, Error *error)
{
        _cleanup_(walk_clear) Walk walk = { .source = source, .files = files, .place = g_strdup(source->place) };
        int r = 0;

        walk.chain = g_new0(QemuChain, 1);
        walk.chain->alias = g_strdup(source->alias);
        g_ptr_array_add(files->chains, walk.chain);

        if (source->disk)
                r = walk_go_named(&walk, 0, error);
        else {
                walk_go(&walk, source->path, source->format ?: "raw");
                walk.block = source->block;
                walk.named = true;
        }
        if (r >= 0 && source->disk && source->disk->source.type == DOMAIN_DISK_DIR)
                return open_directory(&walk, error);
        while (r >= 0 && walk.path)
                r = walk_step(&walk, error);
        return r;
}
