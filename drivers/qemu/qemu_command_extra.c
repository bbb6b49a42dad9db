/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* Devices that most machines have none of: vsock, IOMMU, shared memory, crypto, smart cards, USB redirection. */

#include <stdio.h>
#include <string.h>

/* libvirt's default of the certificates that make up a card. */
#define NSS_DATABASE "/etc/pki/nssdb"

/* The first release whose AMD IOMMU knows interrupts of more than 255 processors. */
#define AMD_XTSUP_VERSION 9002000

/* Calls build for each of a list until one fails. */
#define BUILD_EACH(b, list, build, error)                                                                   \
        ({                                                                                                  \
                int _r = 0;                                                                                 \
                DEF_FOREACH(_item, (b)->def->list) {                                                        \
                        _r = build(b, _item, error);                                                        \
                        if (_r < 0)                                                                         \
                                break;                                                                      \
                }                                                                                           \
                _r;                                                                                         \
        })

static int build_vsock(Build *b, Error *error)
{
        const DomainVsock *vsock = b->def->vsock;
        g_autofree char *driver = NULL, *fd = NULL, *id = NULL;
        uint32_t cid; /* what is not given is chosen when the files are opened */
        const QemuFile *file;
        JsonObject *props;
        int r;

        if (!vsock)
                return 0;
        r = build_virtio_driver(b, vsock, "vhost-vsock", vsock->model, &driver, error);
        if (r < 0)
                return r;
        id = g_strconcat(vsock->info.alias, "-vhost", NULL);
        fd = build_file(b, id);
        cid = def_get(vsock, cid, 3);
        file = b->files ? qemu_files_find(b->files, id) : NULL;
        if (file)
                (void) parse_u32(file->path, &cid);
        props = qmp_object("s:driver", driver, "u:guest-cid", cid, "s:vhostfd", fd, NULL);
        build_virtio_options(props, &vsock->virtio);
        return build_device(b, vsock, &vsock->info, props, error);
}

/* -- IOMMU --------------------------------------------------------------------------------------------------- */

static int build_intel_iommu(Build *b, const DomainIommu *iommu, Error *error)
{
        JsonObject *props = qmp_object("s:driver", "intel-iommu", NULL);
        DomainDevice info = iommu->info;

        if (iommu->intremap != TRISTATE_ABSENT)
                json_object_set_string_member(props, "intremap", iommu->intremap == TRISTATE_ON ? "on" : "off");
        build_put_tristate(props, "caching-mode", iommu->caching_mode);
        build_put_on_off(props, "eim", iommu->eim);
        build_put_tristate(props, "device-iotlb", iommu->iotlb);
        build_put_tristate(props, "dma-translation", iommu->dma_translation);
        build_put_number(props, "aw-bits", iommu, aw_bits);
        info.address = NULL; /* it is on no bus */
        return build_device(b, iommu, &info, props, error);
}

static int build_amd_iommu(Build *b, const DomainIommu *iommu, Error *error)
{
        DomainDevice info = iommu->info;
        JsonObject *props;
        int r = iommu->xtsup == TRISTATE_ABSENT
                        ? 0
                        : build_check_version(b, iommu, "driver/@xtsup", AMD_XTSUP_VERSION, error);

        if (r < 0)
                return r;
        props = qmp_object("s:driver", "amd-iommu", NULL);
        build_put_on_off(props, "intremap", iommu->intremap);
        build_put_tristate(props, "pt", iommu->passthrough);
        build_put_tristate(props, "xtsup", iommu->xtsup);
        build_put_tristate(props, "device-iotlb", iommu->iotlb);
        info.address = NULL;
        return build_device(b, iommu, &info, props, error);
}

static int build_iommu(Build *b, const DomainIommu *iommu, Error *error)
{
        switch (iommu->model) {
        case DOMAIN_IOMMU_AMD:
                return 0;
        case DOMAIN_IOMMU_INTEL:
                return build_intel_iommu(b, iommu, error);
        case DOMAIN_IOMMU_VIRTIO:
                return build_device(b, iommu, &iommu->info, qmp_object("s:driver", "virtio-iommu-pci", NULL), error);
        case DOMAIN_IOMMU_SMMUV3:
        case _DOMAIN_IOMMU_MAX:
                break;
        }
        return qemu_refuse(b->def, iommu, "@model", error, "'%s' is not supported",
                           strempty(domain_iommu_to_string(iommu->model)));
}

int build_iommus(Build *b, Error *error)
{
        return BUILD_EACH(b, iommus, build_iommu, error);
}

/* That of AMD takes a slot by itself, the first that it finds free. */
int build_late_iommus(Build *b, Error *error)
{
        DEF_FOREACH(iommu, b->def->iommus) {
                int r = iommu->model == DOMAIN_IOMMU_AMD ? build_amd_iommu(b, iommu, error) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

/* -- shared memory ------------------------------------------------------------------------------------------- */

static int build_shmem_plain(Build *b, const DomainShmem *shmem, Error *error)
{
        g_autofree char *id = g_strconcat("shmmem-", shmem->info.alias, NULL);
        g_autofree char *path = build_file(b, id);
        uint64_t bytes = MAX(shmem->size, 4u) * 1024 * 1024; /* libvirt's default: 4 MiB */
        JsonObject *props;

        build_json(b, "-object",
                   qmp_object("s:qom-type", "memory-backend-file", "s:id", id, "s:mem-path", path, "U:size", bytes,
                              "b:share", true, NULL));
        props = qmp_object("s:driver", "ivshmem-plain", "s:memdev", id, NULL);
        if (shmem->role != 0)
                json_object_set_string_member(props, "master", shmem->role == DOMAIN_SHMEM_MASTER ? "on" : "off");
        return build_device(b, shmem, &shmem->info, props, error);
}

static int build_shmem_doorbell(Build *b, const DomainShmem *shmem, Error *error)
{
        g_autofree char *id = g_strconcat("char", shmem->info.alias, NULL);
        g_autofree char *fd = build_file(b, id);
        JsonObject *props;

        build_argf(b, "-chardev", "socket,id=%s,fd=%s", id, fd);
        props = qmp_object("s:driver", "ivshmem-doorbell", "s:chardev", id, NULL);
        build_put_number(props, "vectors", shmem, vectors);
        build_put_tristate(props, "ioeventfd", shmem->ioeventfd);
        if (shmem->role != 0)
                json_object_set_string_member(props, "master", shmem->role == DOMAIN_SHMEM_MASTER ? "on" : "off");
        return build_device(b, shmem, &shmem->info, props, error);
}

static int build_shmem(Build *b, const DomainShmem *shmem, Error *error)
{
        if (shmem->has_server && !shmem->server)
                return qemu_refuse(b->def, shmem, "server/@path", error, "it is needed");
        if (shmem->has_server || shmem->model == DOMAIN_SHMEM_IVSHMEM_DOORBELL)
                return build_shmem_doorbell(b, shmem, error);
        if (strchr(shmem->name, '/'))
                return qemu_refuse(b->def, shmem, "@name", error, "it must have no '/'");
        return build_shmem_plain(b, shmem, error);
}

/* -- what the firmware keeps for the kernel ------------------------------------------------------------------- */

static int build_pstore(Build *b, const DomainPstore *pstore, Error *error)
{
        g_autofree char *id = g_strconcat("mem", pstore->info.alias, NULL), *path = NULL;

        if (!streq_ptr(pstore->backend, "acpi-erst"))
                return qemu_refuse(b->def, pstore, "@backend", error, "'%s' is not supported",
                                   strempty(pstore->backend));
        path = build_file(b, id);
        build_json(b, "-object",
                   qmp_object("s:qom-type", "memory-backend-file", "s:id", id, "s:mem-path", path, "U:size",
                              pstore->size * 1024, "b:share", true, NULL));
        return build_device(b, pstore, &pstore->info, qmp_object("s:driver", "acpi-erst", "s:memdev", id, NULL), error);
}

static int build_kept(Build *b, Error *error)
{
        if (b->def->nvram)
                return qemu_refuse(b->def, b->def->nvram, NULL, error, "only machines of the 'pseries' family have it");
        return b->def->pstore ? build_pstore(b, b->def->pstore, error) : 0;
}

/* -- crypto -------------------------------------------------------------------------------------------------- */

static int build_crypto(Build *b, const DomainCrypto *crypto, Error *error)
{
        g_autofree char *id = g_strconcat("obj", crypto->info.alias, NULL);
        g_autofree char *driver = NULL;
        g_autofree char *backend = g_strconcat("cryptodev-backend-", strempty(crypto->backend), NULL);
        JsonObject *object, *props;
        int r;

        if (!qemu_caps_has_object(b->caps, backend))
                return qemu_refuse(b->def, crypto, "backend/@model", error, "%s has no object '%s'",
                                   qemu_caps_binary(b->caps), backend);
        r = build_virtio_driver(b, crypto, "virtio-crypto", crypto->model, &driver, error);
        if (r < 0)
                return r;
        object = qmp_object("s:qom-type", backend, "s:id", id, NULL);
        build_put_number(object, "queues", crypto, queues);
        build_json(b, "-object", object);
        props = qmp_object("s:driver", driver, "s:cryptodev", id, NULL);
        build_virtio_options(props, &crypto->virtio);
        return build_device(b, crypto, &crypto->info, props, error);
}

/* -- smart cards and USB redirection ------------------------------------------------------------------------- */

/* The card is in the host's reader, or certificates of the host make one up. */
static int build_emulated_card(Build *b, const DomainSmartcard *smartcard, const char *bus, Error *error)
{
        bool made_up = smartcard->mode == DOMAIN_SMARTCARD_HOST_CERTIFICATES;
        JsonObject *props = qmp_object("s:driver", "ccid-card-emulated", "s:backend",
                                       made_up ? "certificates" : "nss-emulated", "s:id", smartcard->info.alias,
                                       "s:bus", bus, NULL);

        for (uint32_t i = 0; made_up && i < smartcard->certificates.n; i++) {
                g_autofree char *name = g_strdup_printf("cert%u", i + 1);

                json_object_set_string_member(props, name, smartcard->certificates.items[i]->name);
        }
        if (made_up)
                json_object_set_string_member(props, "db", smartcard->database ?: NSS_DATABASE);
        return build_bare_device(b, smartcard, props, error);
}

static int build_smartcard(Build *b, const DomainSmartcard *smartcard, Error *error)
{
        const DomainAddress *address = smartcard->info.address;
        uint32_t index = address && address->type == DOMAIN_ADDRESS_CCID ? address->ccid.controller : 0;
        const DomainController *controller = build_controller(b, DOMAIN_CONTROLLER_CCID, index);
        g_autofree char *id = g_strconcat("char", smartcard->info.alias, NULL);
        g_autofree char *bus = NULL;
        JsonObject *props;
        int r;

        if (!controller || !controller->info.alias)
                return qemu_refuse(b->def, smartcard, "address/@controller", error,
                                   "there is no controller of type 'ccid' with index %u", index);
        bus = g_strconcat(controller->info.alias, ".0", NULL);
        if (smartcard->mode != DOMAIN_SMARTCARD_PASSTHROUGH)
                return build_emulated_card(b, smartcard, bus, error);
        r = build_chardev_backend(b, &smartcard->chardev, id, "smartcard", error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", "ccid-card-passthru", "s:chardev", id, "s:id", smartcard->info.alias, "s:bus",
                           bus, NULL);
        return build_bare_device(b, smartcard, props, error);
}

/* The rules as usb-redir has them: class:vendor:product:version:allow, -1 for any, with '|' between. */
static char *redir_filter(const DomainDef *def)
{
        GString *s = g_string_new(NULL);

        if (!def->redirfilter)
                return g_string_free(s, false);
        DEF_FOREACH(rule, def->redirfilter->rules) {
                unsigned major = 0, minor = 0;

                g_string_append_printf(s, "%s%s:%s:%s:", s->len > 0 ? "|" : "", rule->class ?: "-1",
                                       rule->vendor ?: "-1", rule->product ?: "-1");
                if (rule->version && sscanf(rule->version, "%2x.%2x", &major, &minor) == 2)
                        g_string_append_printf(s, "0x%02x%02x", major, minor);
                else
                        g_string_append(s, "-1");
                g_string_append_printf(s, ":%d", rule->allow == TRISTATE_YES);
        }
        return g_string_free(s, false);
}

static int build_redirdev(Build *b, const DomainRedirdev *redirdev, Error *error)
{
        g_autofree char *id = g_strconcat("char", redirdev->info.alias, NULL), *filter = redir_filter(b->def);
        JsonObject *props;
        int r;

        if (!streq_ptr(redirdev->bus, "usb"))
                return qemu_refuse(b->def, redirdev, "@bus", error, "'%s' is not supported", strempty(redirdev->bus));
        r = build_chardev_backend(b, &redirdev->chardev, id, "usbredir", error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", "usb-redir", "s:chardev", id, NULL);
        if (*filter)
                json_object_set_string_member(props, "filter", filter);
        return build_device(b, redirdev, &redirdev->info, props, error);
}

/* -- what else there is -------------------------------------------------------------------------------------- */

int build_extras(Build *b, Error *error)
{
        int r = BUILD_EACH(b, smartcards, build_smartcard, error);

        if (r >= 0)
                r = BUILD_EACH(b, redirdevs, build_redirdev, error);
        if (r >= 0)
                r = BUILD_EACH(b, shmems, build_shmem, error);
        if (r >= 0)
                r = BUILD_EACH(b, cryptos, build_crypto, error);
        if (r >= 0)
                r = build_kept(b, error);
        return r < 0 ? r : build_vsock(b, error);
}
