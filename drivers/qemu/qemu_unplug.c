/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_unplug.h"

/* A guest that has not let go by then does so later, or never. */
#define UNPLUG_USEC (5 * USEC_PER_SEC)

struct QemuUnplug {
        Domain *domain;
        char *alias;
        sd_event_source *timer;
        QemuUnplugDone done;
        void *userdata;
};

static void forget(QemuUnplug *unplug)
{
        QemuGuest *guest = domain_guest(unplug->domain);

        unplug->timer = sd_event_source_disable_unref(unplug->timer);
        if (guest && guest->unplug == unplug)
                guest->unplug = NULL;
}

QemuUnplug *qemu_unplug_free(QemuUnplug *unplug)
{
        if (!unplug)
                return NULL;
        forget(unplug);
        domain_unref(unplug->domain);
        g_free(unplug->alias);
        g_free(unplug);
        return NULL;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuUnplug *unplug = userdata;

        forget(unplug);
        unplug->done(unplug->userdata, QEMU_UNPLUG_LATE);
        return 0;
}

int qemu_unplug_wait(Domain *domain, const char *alias, QemuUnplugDone done, void *userdata, QemuUnplug **ret,
                     Error *error)
{
        QemuGuest *guest = domain_guest(domain);
        QemuUnplug *unplug = g_new0(QemuUnplug, 1);
        int r = sd_event_add_time_relative(guest->driver->host->event, &unplug->timer, CLOCK_MONOTONIC, UNPLUG_USEC, 0,
                                           on_time, unplug);

        if (r < 0) {
                g_free(unplug);
                return error_set_errno(error, r, "cannot set a timer");
        }
        unplug->domain = domain_ref(domain);
        unplug->alias = g_strdup(alias);
        unplug->done = done;
        unplug->userdata = userdata;
        guest->unplug = unplug;
        *ret = unplug;
        return 0;
}

void qemu_unplug_tell(QemuGuest *guest, const char *alias, QemuUnplugEnd end)
{
        QemuUnplug *unplug = guest->unplug;

        if (!unplug || !streq(unplug->alias, alias))
                return;
        forget(unplug);
        unplug->done(unplug->userdata, end);
}
