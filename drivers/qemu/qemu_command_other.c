/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* Devices of which a machine has few: hubs, watchdog, balloon, random numbers, panic. */

static const char *const watchdog_drivers[_DOMAIN_WATCHDOG_MAX] = {
        [DOMAIN_WATCHDOG_I6300ESB] = "i6300esb",
        [DOMAIN_WATCHDOG_IB700] = "ib700",
        [DOMAIN_WATCHDOG_DIAG288] = "diag288",
};

static const char *watchdog_action(DomainWatchdogAction action)
{
        switch (action) {
        case DOMAIN_WATCHDOG_ACTION_SHUTDOWN:
                return "shutdown";
        case DOMAIN_WATCHDOG_ACTION_POWEROFF:
                return "poweroff";
        case DOMAIN_WATCHDOG_ACTION_PAUSE:
        case DOMAIN_WATCHDOG_ACTION_DUMP: /* the driver dumps, then goes on */
                return "pause";
        case DOMAIN_WATCHDOG_ACTION_NONE:
                return "none";
        case DOMAIN_WATCHDOG_ACTION_INJECT_NMI:
                return "inject-nmi";
        case DOMAIN_WATCHDOG_ACTION_RESET:
        case _DOMAIN_WATCHDOG_ACTION_MAX:
                break;
        }
        return "reset";
}

static int build_watchdog(Build *b, const DomainWatchdog *watchdog, Error *error)
{
        const char *driver = watchdog_drivers[watchdog->model];

        /* It is in the chipset of q35, which only has to be told that it may reset. */
        if (watchdog->model == DOMAIN_WATCHDOG_ITCO && b->q35) {
                build_arg(b, "-global", g_strdup("ICH9-LPC.noreboot=off"));
                return 0;
        }
        if (!driver)
                return qemu_refuse(b->def, watchdog, "@model", error, "'%s' is not supported",
                                   strempty(domain_watchdog_to_string(watchdog->model)));
        return build_device(b, watchdog, &watchdog->info, qmp_object("s:driver", driver, NULL), error);
}

static int build_watchdogs(Build *b, Error *error)
{
        const DomainDef *def = b->def;

        DEF_FOREACH(watchdog, def->watchdogs) {
                int r = build_watchdog(b, watchdog, error);

                if (r < 0)
                        return r;
                if (watchdog->action != def->watchdogs.items[0]->action)
                        return qemu_refuse(def, watchdog, "@action", error,
                                           "all watchdogs have the same action");
        }
        if (def->watchdogs.n > 0)
                build_arg(b, "-watchdog-action", g_strdup(watchdog_action(def->watchdogs.items[0]->action)));
        return 0;
}

/* Statistics come every so many seconds once somebody has asked for them. */
static void setup_balloon_polling(Build *b, const DomainMemballoon *balloon)
{
        g_autofree char *path = g_strconcat("/machine/peripheral/", balloon->info.alias, NULL);

        if (def_get(balloon, stats_period, 0) > 0)
                build_setup(b, "qom-set",
                            qmp_object("s:path", path, "s:property", "guest-stats-polling-interval",
                                       "u:value", balloon->stats_period, NULL),
                            false);
}

static int build_memballoon(Build *b, Error *error)
{
        const DomainMemballoon *balloon = b->def->memballoon;
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        if (!balloon || balloon->model == DOMAIN_MEMBALLOON_NONE)
                return 0;
        r = build_virtio_driver(b, balloon, "virtio-balloon", domain_memballoon_to_string(balloon->model),
                                &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, NULL);
        build_put_tristate(props, "deflate-on-oom", balloon->autodeflate);
        build_put_tristate(props, "free-page-reporting", balloon->free_page_reporting);
        build_virtio_options(props, &balloon->virtio);
        r = build_device(b, balloon, &balloon->info, props, error);
        if (r < 0)
                return r;
        setup_balloon_polling(b, balloon);
        return 0;
}

/* Somebody who speaks the protocol of the entropy gathering daemon. */
static int put_rng_daemon(Build *b, const DomainRng *rng, const char *id, Error *error)
{
        g_autofree char *chardev = g_strconcat("char", rng->info.alias, NULL);
        int r;

        if (!qemu_caps_has_object(b->caps, "rng-egd") || !rng->egd)
                return qemu_refuse(b->def, rng, "backend/@model", error, "%s has no object 'rng-egd'",
                                   qemu_caps_binary(b->caps));
        r = build_chardev_backend(b, rng->egd, chardev, NULL, error);
        if (r >= 0)
                build_json(b, "-object", qmp_object("s:qom-type", "rng-egd", "s:id", id, "s:chardev", chardev, NULL));
        return r;
}

static int put_rng_backend(Build *b, const DomainRng *rng, const char *id, Error *error)
{
        g_autofree char *name = NULL;

        switch (rng->backend) {
        case DOMAIN_RNG_BUILTIN:
                build_json(b, "-object", qmp_object("s:qom-type", "rng-builtin", "s:id", id, NULL));
                return 0;
        case DOMAIN_RNG_RANDOM:
                name = qemu_rng_needs_fd(rng) ? build_file(b, id) : g_strdup(rng->path ?: "/dev/urandom");
                build_json(b, "-object",
                           qmp_object("s:qom-type", "rng-random", "s:id", id, "s:filename", name, NULL));
                return 0;
        case DOMAIN_RNG_EGD:
                return put_rng_daemon(b, rng, id, error);
        case _DOMAIN_RNG_MAX:
                break;
        }
        return qemu_refuse(b->def, rng, "backend/@model", error, "'%s' is not supported",
                           strempty(domain_rng_to_string(rng->backend)));
}

static int build_rng(Build *b, const DomainRng *rng, Error *error)
{
        g_autofree char *id = g_strconcat("obj", rng->info.alias, NULL);
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        r = put_rng_backend(b, rng, id, error);
        if (r < 0)
                return r;
        r = build_virtio_driver(b, rng, "virtio-rng", rng->model, &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, "s:rng", id, NULL);
        if (def_is_set(rng, rate_bytes)) {
                json_object_set_int_member(props, "max-bytes", rng->rate_bytes);
                json_object_set_int_member(props, "period", def_get(rng, rate_period, 1000));
        }
        build_virtio_options(props, &rng->virtio);
        return build_device(b, rng, &rng->info, props, error);
}

/* The port is a property of its own, not an address of QEMU's. */
static int build_isa_panic(Build *b, const DomainPanic *panic, Error *error)
{
        const DomainAddress *address = panic->info.address;
        DomainDevice info = panic->info;
        JsonObject *props = qmp_object("s:driver", "pvpanic", NULL);

        if (address && address->type == DOMAIN_ADDRESS_ISA) {
                build_put_number(props, "ioport", address, isa.iobase);
                info.address = NULL;
        }
        return build_device(b, panic, &info, props, error);
}

static int build_panic(Build *b, const DomainPanic *panic, Error *error)
{
        if (!panic->model ? b->x86 : streq(panic->model, "isa"))
                return build_isa_panic(b, panic, error);
        if (streq_ptr(panic->model, "hyperv") && b->x86)
                return 0; /* a feature of the processor */
        if (streq_ptr(panic->model, "pvpanic"))
                return build_device(b, panic, &panic->info, qmp_object("s:driver", "pvpanic-pci", NULL),
                                    error);
        return qemu_refuse(b->def, panic, "@model", error, "'%s' is not supported",
                           panic->model ?: "(none)");
}

static int build_hub(Build *b, const DomainHub *hub, Error *error)
{
        if (!streq_ptr(hub->type, "usb"))
                return qemu_refuse(b->def, hub, "@type", error, "'%s' is not supported",
                                   strempty(hub->type));
        return build_device(b, hub, &hub->info, qmp_object("s:driver", "usb-hub", NULL), error);
}

int build_hubs(Build *b, Error *error)
{
        DEF_FOREACH(hub, b->def->hubs) {
                int r = build_hub(b, hub, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

int build_others(Build *b, Error *error)
{
        int r;

        r = build_watchdogs(b, error);
        if (r < 0)
                return r;
        r = build_memballoon(b, error);
        if (r < 0)
                return r;
        DEF_FOREACH(rng, b->def->rngs) {
                r = build_rng(b, rng, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(panic, b->def->panics) {
                r = build_panic(b, panic, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
