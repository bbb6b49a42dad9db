/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_perf.h"

#include "drivers/host/perf.h"
#include "drivers/qemu/qemu_threads.h"

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"

static void counter_destroy(gpointer counter)
{
        perf_counter_free(counter);
}

static bool is_wanted(const DomainDef *def, const char *name)
{
        DEF_FOREACH(event, def->perf_events)
                if (streq(event->name, name))
                        return event->enabled == TRISTATE_YES;
        return false;
}

static bool is_counted(const QemuGuest *guest, const char *name)
{
        for (guint i = 0; guest->perf && i < guest->perf->len; i++)
                if (streq(perf_counter_event(guest->perf->pdata[i]), name))
                        return true;
        return false;
}

/* Opens what is not counted yet. */
static int open_missing(QemuGuest *guest, const DomainDef *def, GPtrArray *fresh, Error *error)
{
        g_autoptr(GArray) tids = NULL;
        uint32_t i = 0;

        DEF_FOREACH(event, def->perf_events) {
                g_autofree char *place = g_strdup_printf("/domain/perf/event[%" PRIu32 "]", ++i);
                PerfCounter *counter;
                int r;

                if (event->enabled != TRISTATE_YES || is_counted(guest, event->name))
                        continue;
                tids = tids ?: qemu_threads_list(guest->status.pid);
                if (!tids)
                        return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
                r = perf_counter_open(event->name, tids, place, &counter, error);
                if (r < 0)
                        return r;
                g_ptr_array_add(fresh, counter);
        }
        return 0;
}

int qemu_perf_apply(QemuGuest *guest, const DomainDef *def, Error *error)
{
        g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(counter_destroy);
        int r = open_missing(guest, def, fresh, error);

        if (r < 0)
                return r;
        for (guint i = guest->perf ? guest->perf->len : 0; i-- > 0;)
                if (!is_wanted(def, perf_counter_event(guest->perf->pdata[i])))
                        g_ptr_array_remove_index(guest->perf, i);
        if (!guest->perf)
                guest->perf = g_steal_pointer(&fresh);
        else
                g_ptr_array_extend_and_steal(guest->perf, g_steal_pointer(&fresh));
        return 0;
}

void qemu_perf_adopt(QemuGuest *guest)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (guest->live && qemu_perf_apply(guest, guest->live, &error) < 0)
                log_domain(LOG_WARNING, guest->name, guest->uuid, "events of domain '%s' are not counted: %s",
                           guest->name, error.detail);
}

void qemu_perf_add_stats(const QemuGuest *guest, Params *ret)
{
        for (guint i = 0; guest->perf && i < guest->perf->len; i++) {
                const PerfCounter *counter = guest->perf->pdata[i];
                uint64_t value;

                if (perf_counter_read(counter, &value) >= 0)
                        params_add_u64(ret, params_name(ret, "perf.%s", perf_counter_event(counter)), value);
        }
}
