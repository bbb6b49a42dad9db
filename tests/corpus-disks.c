/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/corpus-disks.h"

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_secrets.h"
#include "tests/certificates.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define PASSPHRASE "passphrase"

struct CorpusDisks {
        char *dir;
        char *tls_dir;
        char *tls_port; /* of this process, as others may run */
        unsigned n_files;
        bool plain_server, tls_server;
};

static void run(const CorpusDisks *disks, const char *format, ...) _printf_(2, 3);

static void run(const CorpusDisks *disks, const char *format, ...)
{
        g_autofree char *line = NULL;
        g_auto(GStrv) argv = NULL;
        va_list ap;

        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        if (g_shell_parse_argv(line, NULL, &argv, NULL))
                (void) g_spawn_sync(disks->dir, argv, NULL,
                                    G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                                    NULL, NULL, NULL, NULL, NULL);
}

CorpusDisks *corpus_disks_new(const char *dir)
{
        CorpusDisks *disks = g_new0(CorpusDisks, 1);

        disks->dir = g_build_filename(dir, "disks", NULL);
        disks->tls_dir = g_build_filename(disks->dir, "pki", NULL);
        disks->tls_port = g_strdup_printf("%d", 20000 + (int) getpid() % 10000);
        (void) g_mkdir_with_parents(disks->tls_dir, 0700);
        (void) certificates_make(disks->tls_dir);
        return disks;
}

CorpusDisks *corpus_disks_free(CorpusDisks *disks)
{
        if (!disks)
                return NULL;
        if (disks->plain_server)
                run(disks, "sh -c 'kill $(cat plain.pid)'");
        if (disks->tls_server)
                run(disks, "sh -c 'kill $(cat tls.pid)'");
        g_free(disks->tls_dir);
        g_free(disks->tls_port);
        g_free(disks->dir);
        g_free(disks);
        return NULL;
}

const char *corpus_disks_tls_dir(const CorpusDisks *disks)
{
        return disks->tls_dir;
}

/* -- images -------------------------------------------------------------------------------------------------- */

#define SECRET "--object secret,id=s,data=" PASSPHRASE

static const char *new_image(CorpusDisks *disks, DomainDef *def, const char *format, bool encrypted)
{
        const char *path = domain_def_printf(def, "%s/f%u", disks->dir, disks->n_files++);

        if (!encrypted)
                run(disks, "qemu-img create -q -f %s %s 1440k", format, path);
        else if (streq(format, "qcow2"))
                run(disks, "qemu-img create -q -f qcow2 " SECRET " -o encrypt.format=luks,encrypt.key-secret=s,"
                           "encrypt.iter-time=10 %s 1440k",
                    path);
        else
                run(disks, "qemu-img create -q -f luks " SECRET " -o key-secret=s,iter-time=10 %s 1440k", path);
        return path;
}

/* A slice is all of the file. */
static void fit_slice(DomainStorage *source)
{
        struct stat st;

        if (source->slices.n == 0 || stat(source->file, &st) < 0)
                return;
        source->slices.items[0]->offset = 0;
        source->slices.items[0]->size = (uint64_t) st.st_size / 512 * 512;
}

static void put_on_file(CorpusDisks *disks, DomainDef *def, DomainStorage *source, const char *format, bool encrypted)
{
        source->type = DOMAIN_DISK_FILE;
        source->file = new_image(disks, def, format, encrypted);
        source->dev = NULL;
        fit_slice(source);
}

/* A server for all: writes are dropped, so that many machines can have it. */
static void put_on_server(CorpusDisks *disks, DomainDef *def, DomainStorage *source)
{
        bool tls = source->protocol == DOMAIN_PROTOCOL_NBD && source->tls == TRISTATE_YES;
        DomainStorageHost *host = source->hosts.n > 0 ? source->hosts.items[0] : NULL;

        if (!host)
                return;
        source->protocol = DOMAIN_PROTOCOL_NBD;
        source->name = "x";
        source->hosts.n = 1;
        source->network = NULL;
        if (!tls && !disks->plain_server) {
                run(disks, "qemu-img create -q -f raw exported 1440k");
                run(disks, "qemu-nbd --fork --pid-file=plain.pid -t -e 64 -x x -f raw -s -k %s/plain exported",
                    disks->dir);
                disks->plain_server = true;
        }
        if (tls && !disks->tls_server) {
                run(disks, "qemu-img create -q -f raw exported-tls 1440k");
                run(disks,
                    "qemu-nbd --fork --pid-file=tls.pid -t -e 64 -x x -f raw -s -b 127.0.0.1 -p %s"
                    " --object tls-creds-x509,id=t,endpoint=server,dir=%s,verify-peer=on --tls-creds t exported-tls",
                    disks->tls_port, disks->tls_dir);
                disks->tls_server = true;
        }
        host->transport = tls ? NULL : "unix";
        host->name = tls ? "127.0.0.1" : NULL;
        host->port = tls ? domain_def_strdup(def, disks->tls_port) : NULL;
        host->socket = tls ? NULL : domain_def_printf(def, "%s/plain", disks->dir);
        source->tls_hostname = tls ? CERTIFICATES_SERVER : NULL;
}

/* What the server has is neither a qcow2 image nor encrypted. */
static bool needs_file(const DomainStorage *source, const char *format, const StorageEncryption *encryption)
{
        return encryption || !streq(format, "raw") || source->slices.n > 0;
}

static void stand_in_layer(CorpusDisks *disks, DomainDef *def, DomainDisk *disk, size_t i, bool servers)
{
        QemuLayerDef layer;
        DomainStorage *source;

        if (!qemu_layer_def(disk, i, &layer))
                return;
        source = (DomainStorage *) layer.source;
        if (source->type == DOMAIN_DISK_VHOST_USER)
                source->path = domain_def_printf(def, "%s/../listener", disks->dir);
        if (qemu_storage_path(source))
                put_on_file(disks, def, source, layer.format, layer.encryption);
        if (source->type != DOMAIN_DISK_NETWORK || !servers)
                return;
        source->auth = NULL;
        if (i == 0)
                disk->auth = NULL;
        if (needs_file(source, layer.format, layer.encryption)) {
                *source = (DomainStorage) { .encryption = source->encryption };
                put_on_file(disks, def, source, layer.format, layer.encryption);
                if (layer.encryption && layer.encryption->engine)
                        ((StorageEncryption *) layer.encryption)->engine = STORAGE_ENCRYPTION_ENGINE_QEMU;
                if (layer.encryption)
                        ((StorageEncryption *) layer.encryption)->format = STORAGE_ENCRYPTION_LUKS;
        } else
                put_on_server(disks, def, source);
}

void corpus_disks_stand_in(CorpusDisks *disks, DomainDef *def, bool servers)
{
        DEF_FOREACH(disk, def->disks) {
                size_t n = 1;

                for (const DomainBacking *b = disk->backing; b; b = b->backing)
                        n++;
                for (size_t i = 0; i < n; i++)
                        stand_in_layer(disks, def, disk, i, servers);
        }
}

/* -- secrets ------------------------------------------------------------------------------------------------- */

static void add_secret(ObjectList *list, const StorageSecretRef *ref, const char *usage)
{
        static const char *const elements[][2] = { { "volume", "volume" }, { "ceph", "name" }, { "iscsi", "target" } };
        _cleanup_(secret_def_unrefp) SecretDef *def = NULL;
        g_autofree char *xml = NULL;
        char uuid[37];
        Secret *secret;

        uuid_new(uuid);
        for (size_t i = 0; i < ELEMENTSOF(elements); i++)
                if (streq(elements[i][0], usage))
                        xml = g_markup_printf_escaped(
                                        "<secret><uuid>%s</uuid><usage type='%s'><%s>%s</%s></usage></secret>",
                                        ref->uuid ?: uuid, usage, elements[i][1], ref->usage ?: uuid, elements[i][1]);
        if (!xml || secret_def_parse(xml, strlen(xml), 0, NULL, &def, NULL) < 0 ||
            secret_list_add(list, def, &secret, NULL) < 0)
                return; /* there is one already */
        secret->value = secret_value_new(PASSPHRASE, strlen(PASSPHRASE));
        object_publish(&secret->object);
}

GPtrArray *corpus_disks_secrets(const DomainDef *def)
{
        static const ObjectListener deaf = {};
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, &deaf, NULL);
        GPtrArray *secrets = NULL;

        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->auth)
                        add_secret(list, hostdev->auth->secret, hostdev->auth->secret->type);
        DEF_FOREACH(disk, def->disks) {
                QemuLayerDef layer;

                for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                        if (layer.auth)
                                add_secret(list, layer.auth->secret, layer.auth->secret->type);
                        for (uint32_t k = 0; layer.encryption && k < layer.encryption->secrets.n; k++)
                                add_secret(list, layer.encryption->secrets.items[k], "volume");
                }
        }
        (void) qemu_secrets_collect(def, list, NULL, &secrets, NULL);
        return secrets;
}
