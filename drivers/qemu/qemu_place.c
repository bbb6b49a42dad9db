/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_place.h"

static const struct {
        const char *name;
        size_t offset;
} lists[] = {
        { "disk", offsetof(DomainDef, disks) },
        { "controller", offsetof(DomainDef, controllers) },
        { "interface", offsetof(DomainDef, interfaces) },
        { "serial", offsetof(DomainDef, serials) },
        { "parallel", offsetof(DomainDef, parallels) },
        { "console", offsetof(DomainDef, consoles) },
        { "channel", offsetof(DomainDef, channels) },
        { "input", offsetof(DomainDef, inputs) },
        { "graphics", offsetof(DomainDef, graphics) },
        { "sound", offsetof(DomainDef, sounds) },
        { "audio", offsetof(DomainDef, audios) },
        { "video", offsetof(DomainDef, videos) },
        { "hub", offsetof(DomainDef, hubs) },
        { "watchdog", offsetof(DomainDef, watchdogs) },
        { "rng", offsetof(DomainDef, rngs) },
        { "panic", offsetof(DomainDef, panics) },
        { "lease", offsetof(DomainDef, leases) },
        { "filesystem", offsetof(DomainDef, filesystems) },
        { "smartcard", offsetof(DomainDef, smartcards) },
        { "tpm", offsetof(DomainDef, tpms) },
        { "hostdev", offsetof(DomainDef, hostdevs) },
        { "redirdev", offsetof(DomainDef, redirdevs) },
        { "shmem", offsetof(DomainDef, shmems) },
        { "memory", offsetof(DomainDef, memories) },
        { "crypto", offsetof(DomainDef, cryptos) },
        { "iommu", offsetof(DomainDef, iommus) },
};

/* The device whose host side the character device is; else the item itself. */
static const void *owner_of_chardev(const DomainDef *def, const void *item)
{
        DEF_FOREACH(smartcard, def->smartcards)
                if (item == &smartcard->chardev)
                        return smartcard;
        DEF_FOREACH(redirdev, def->redirdevs)
                if (item == &redirdev->chardev)
                        return redirdev;
        DEF_FOREACH(rng, def->rngs)
                if (item && item == rng->egd)
                        return rng;
        return item;
}

static char *place_of_item(const DomainDef *def, const void *item)
{
        const struct {
                const char *name;
                const void *item;
        } single[] = {
                { "memballoon", def->memballoon }, { "vsock", def->vsock }, { "pstore", def->pstore },
                { "nvram", def->nvram },
        };

        for (size_t i = 0; i < ELEMENTSOF(single); i++)
                if (item && item == single[i].item)
                        return g_strconcat("/domain/devices/", single[i].name, NULL);
        item = owner_of_chardev(def, item);
        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                const DefList *list = G_STRUCT_MEMBER_P(def, lists[i].offset);

                for (uint32_t k = 0; k < list->n; k++)
                        if (list->items[k] == item)
                                return g_strdup_printf("/domain/devices/%s[%u]", lists[i].name, k + 1);
        }
        return g_strdup("/domain");
}

char *qemu_place(const DomainDef *def, const void *item, const char *rest)
{
        g_autofree char *place = place_of_item(def, item);

        return rest ? g_strconcat(place, "/", rest, NULL) : g_steal_pointer(&place);
}

int qemu_refuse(const DomainDef *def, const void *item, const char *rest, Error *error, const char *format,
                ...)
{
        g_autofree char *place = qemu_place(def, item, rest);
        g_autofree char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = g_strdup_vprintf(format, ap);
        va_end(ap);
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: %s", place, text);
}
