/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_secrets.h"

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_nvram.h"
#include "drivers/qemu/qemu_place.h"

#include <string.h>

typedef struct Collect {
        const DomainDef *def;
        const ObjectList *list;
        GPtrArray *found;
} Collect;

static void secret_destroy(gpointer p)
{
        QemuSecret *secret = p;

        g_free(secret->id);
        g_bytes_unref(secret->value);
        g_free(secret);
}

static void add(Collect *c, char *id, GBytes *value)
{
        QemuSecret *secret = g_new(QemuSecret, 1);

        *secret = (QemuSecret) { id, value };
        g_ptr_array_add(c->found, secret);
}

/* In the terms of virSecretGetSecretString(): one that is named by its UUID must be meant for the purpose, too. */
static int find(const Collect *c, const StorageSecretRef *ref, SecretUsage usage, const char *place, GBytes **ret,
                Error *error)
{
        const Secret *secret = NULL;

        if (c->list)
                secret = ref->uuid ? object_list_find(c->list, ref->uuid)
                                   : secret_list_find_usage(c->list, usage, ref->usage);
        if (!secret)
                return error_set(error, ERROR_NO_SECRET, "%s: no secret with matching %s '%s'", place,
                                 ref->uuid ? "uuid" : "usage", ref->uuid ?: ref->usage);
        if (secret->def->usage != SECRET_USAGE_NONE && secret->def->usage != usage)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: invalid secret usageType '%s' expecting '%s'",
                                 place, secret_usage_to_string(secret->def->usage), secret_usage_to_string(usage));
        if (!secret->value)
                return error_set(error, ERROR_NO_SECRET, "%s: secret '%s' does not have a value", place, secret->uuid);
        *ret = g_bytes_ref(secret->value);
        return 0;
}

static int add_found(Collect *c, const DomainDisk *disk, size_t layer, const StorageSecretRef *ref, SecretUsage usage,
                     const char *element, const char *suffix, Error *error)
{
        g_autofree char *rest = qemu_layer_place(disk, layer, element), *place = qemu_place(c->def, disk, rest);
        GBytes *value;
        int r = find(c, ref, usage, place, &value, error);

        if (r >= 0)
                add(c, qemu_layer_name(disk, layer, suffix), value);
        return r;
}

static SecretUsage auth_usage(const StorageAuth *auth)
{
        int r = secret_usage_from_string(strempty(auth->secret->type));

        return r < 0 ? SECRET_USAGE_NONE : (SecretUsage) r;
}

/* "a=1; b=2", as HTTP has them. */
static GBytes *join_cookies(const DomainStorageNetwork *network)
{
        g_autoptr(GString) s = g_string_new(NULL);
        GBytes *value;

        DEF_FOREACH(cookie, network->cookies)
                g_string_append_printf(s, "%s%s=%s", s->len > 0 ? "; " : "", cookie->name, cookie->value);
        value = secret_value_new(s->str, s->len);
        explicit_bzero(s->str, s->len);
        return value;
}

static int collect_layer(Collect *c, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        const DomainStorageNetwork *network = layer->source->network;
        int r = 0;

        if (layer->auth)
                r = add_found(c, disk, i, layer->auth->secret, auth_usage(layer->auth), "auth", QEMU_LAYER_AUTH, error);
        if (r >= 0 && layer->encryption && layer->encryption->secrets.n > 0)
                r = add_found(c, disk, i, layer->encryption->secrets.items[0], SECRET_USAGE_VOLUME, "encryption",
                              QEMU_LAYER_KEY, error);
        if (r >= 0 && network && network->cookies.n > 0)
                add(c, qemu_layer_name(disk, i, QEMU_LAYER_COOKIES), join_cookies(network));
        return r;
}

static int collect_hostdev(Collect *c, const DomainHostdev *hostdev, Error *error)
{
        g_autofree char *place = qemu_place(c->def, hostdev, "source/auth");
        GBytes *value;
        int r;

        if (!hostdev->auth)
                return 0;
        r = find(c, hostdev->auth->secret, auth_usage(hostdev->auth), place, &value, error);
        if (r >= 0)
                add(c, qemu_hostdev_secret_id(hostdev), value);
        return r;
}

static int collect_disk(Collect *c, const DomainDisk *disk, Error *error)
{
        QemuLayerDef layer;

        for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                int r = collect_layer(c, disk, i, &layer, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int look_at_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        *(bool *) userdata |= qemu_chardev_is_tls(chardev);
        return 0;
}

static bool is_tls(const DomainDef *def)
{
        bool tls = false;

        (void) qemu_chardevs_foreach(def, look_at_chardev, &tls, NULL);
        DEF_FOREACH(disk, def->disks)
                tls |= qemu_disk_is_tls(disk);
        return tls;
}

static int collect_tls(Collect *c, const char *uuid, Error *error)
{
        const StorageSecretRef ref = { .uuid = uuid };
        GBytes *value;
        int r = find(c, &ref, SECRET_USAGE_TLS, "setting 'tls-secret' of section 'qemu'", &value, error);

        if (r >= 0)
                add(c, g_strdup(QEMU_TLS_KEY), value);
        return r;
}

int qemu_secrets_collect(const DomainDef *def, const ObjectList *secrets, const char *tls_secret, GPtrArray **ret,
                         Error *error)
{
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(secret_destroy);
        Collect c = { .def = def, .list = secrets, .found = found };
        DomainDisk store;

        if (tls_secret && is_tls(def)) {
                int r = collect_tls(&c, tls_secret, error);

                if (r < 0)
                        return r;
        }

        if (qemu_nvram_as_disk(&def->os, &store)) {
                int r = collect_disk(&c, &store, error);

                if (r < 0)
                        return r;
        }
        DEF_FOREACH(disk, def->disks) {
                int r = collect_disk(&c, disk, error);

                if (r < 0)
                        return r;
        }
        DEF_FOREACH(hostdev, def->hostdevs) {
                int r = collect_hostdev(&c, hostdev, error);

                if (r < 0)
                        return r;
        }
        *ret = g_steal_pointer(&found);
        return 0;
}
