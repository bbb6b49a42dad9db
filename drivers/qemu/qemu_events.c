/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_events.h"

#include "drivers/qemu/qemu_dump.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_outgoing.h"
#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "qemu"

/* From a reset to the one that the firmware adds; no system boots and resets in that time. */
#define RESET_ECHO_USEC USEC_PER_SEC

static void set_state(QemuGuest *guest, DomainState state, int reason, DomainEvent event, int detail)
{
        domain_set_state(guest->domain, state, reason, event, detail);
        guest_update_status(guest);
}

static void on_rebooted(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return; /* the monitor is closed: when it is back, this is done again */
        guest->status.rebooting = guest->status.reboot = false;
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_ERR, guest->name, guest->uuid, "domain '%s' cannot be rebooted: %s",
                           guest->name, text);
                guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_FAILED, DOMAIN_EVENT_STOPPED_FAILED);
                return;
        }
        if (guest->domain->state != DOMAIN_RUNNING)
                set_state(guest, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, DOMAIN_EVENT_RESUMED,
                          DOMAIN_EVENT_RESUMED_UNPAUSED);
        else
                guest_update_status(guest);
}

/* QEMU cannot restart a guest that has powered off; reset and go on is the same to the guest. */
static void fake_reboot(QemuGuest *guest)
{
        if (!guest->qmp)
                return; /* what the status says is done when the monitor is back */
        guest->status.rebooting = true;
        guest_update_status(guest);
        monitor_execute(guest, "system_reset", NULL, NULL, NULL);
        monitor_execute(guest, "cont", NULL, on_rebooted, guest);
}

static void end_crashed(QemuGuest *guest)
{
        guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED_CRASHED);
}

/* action 0 is one that was not given: the machine ends. */
static void carry_out(QemuGuest *guest, DomainLifecycle action, int reason, int event)
{
        switch (action ?: DOMAIN_LIFECYCLE_DESTROY) {
        case DOMAIN_LIFECYCLE_RESTART:
        case DOMAIN_LIFECYCLE_RESTART_RENAME:
                fake_reboot(guest);
                break;
        case DOMAIN_LIFECYCLE_COREDUMP_RESTART:
                qemu_dump_crashed(guest, fake_reboot);
                break;
        case DOMAIN_LIFECYCLE_COREDUMP_DESTROY:
                qemu_dump_crashed(guest, end_crashed);
                break;
        case DOMAIN_LIFECYCLE_PRESERVE:
                break;
        case DOMAIN_LIFECYCLE_DESTROY:
        case _DOMAIN_LIFECYCLE_MAX:
                guest_stop(guest, QEMU_STOP_LADDER, reason, event);
                break;
        }
}

static void handle_power_off(QemuGuest *guest)
{
        if (guest->status.reboot || guest->status.rebooting)
                fake_reboot(guest);
        else
                carry_out(guest, guest->live->on_poweroff, DOMAIN_SHUTOFF_SHUTDOWN,
                          DOMAIN_EVENT_STOPPED_SHUTDOWN);
}

static void handle_panic(QemuGuest *guest)
{
        set_state(guest, DOMAIN_CRASHED, DOMAIN_CRASHED_PANICKED, DOMAIN_EVENT_CRASHED,
                  DOMAIN_EVENT_CRASHED_PANICKED);
        carry_out(guest, guest->live->on_crash, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED_CRASHED);
}

/* Who asked the guest for it waits for no more. */
static void tell_powered(QemuGuest *guest)
{
        void (*powered)(QemuGuest *guest, void *userdata) = guest->powered;

        guest->powered = NULL;
        if (powered)
                powered(guest, guest->powered_userdata);
}

static void on_shutdown(QemuGuest *guest, JsonObject *data)
{
        const char *reason = "";
        bool by_guest = false;
        int detail = DOMAIN_EVENT_SHUTDOWN_FINISHED;

        if (data && qmp_get_bool(data, "guest", &by_guest) > 0)
                detail = by_guest ? DOMAIN_EVENT_SHUTDOWN_GUEST : DOMAIN_EVENT_SHUTDOWN_HOST;
        if (data)
                (void) qmp_get_string(data, "reason", &reason);
        tell_powered(guest);
        if (guest->status.end_reason == DOMAIN_SHUTOFF_DESTROYED || streq_ptr(reason, "guest-panic"))
                return; /* our own signal; an event of its own */
        if (by_guest && guest->status.reboot) {
                /* the machine goes on: its state does not change */
                fake_reboot(guest);
                return;
        }
        set_state(guest, DOMAIN_SHUTDOWN, DOMAIN_SHUTDOWN_UNKNOWN, DOMAIN_EVENT_SHUTDOWN, detail);
        if (streq_ptr(reason, "guest-reset") || !by_guest)
                /* reboots that are to end the machine; a signal of the administrator */
                guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_STOPPED_SHUTDOWN);
        else
                handle_power_off(guest);
}

/* SeaBIOS finds what a reset leaves of its former self in memory and resets the machine again, more than once. */
static void on_reset(QemuGuest *guest, JsonObject *data)
{
        uint64_t since = guest->event_usec - guest->reset_usec;
        bool by_guest = false;

        if (data)
                (void) qmp_get_bool(data, "guest", &by_guest);
        guest->reset_usec = guest->event_usec;
        tell_powered(guest);
        if (by_guest && guest->event_usec != 0 && since < RESET_ECHO_USEC)
                return;
        if (guest->status.reboot && !guest->status.rebooting) {
                /* what was asked for has been had in another way */
                guest->status.reboot = false;
                guest_update_status(guest);
        }
        domain_emit(guest->domain, DOMAIN_SIGNAL_REBOOT, NULL);
}

static void on_stop(QemuGuest *guest, JsonObject *data)
{
        int reason = DOMAIN_PAUSED_UNKNOWN, detail = DOMAIN_EVENT_SUSPENDED_PAUSED;

        if (guest->domain->state != DOMAIN_RUNNING || guest->status.rebooting)
                return; /* part of a power-off or a crash */
        if (guest->pause_reason != 0)
                reason = guest->pause_reason;
        else if (guest->io_error) {
                reason = DOMAIN_PAUSED_IOERROR;
                detail = DOMAIN_EVENT_SUSPENDED_IOERROR;
        } else if (guest->watchdog) {
                reason = DOMAIN_PAUSED_WATCHDOG;
                detail = DOMAIN_EVENT_SUSPENDED_WATCHDOG;
        }
        guest->pause_reason = 0;
        guest->io_error = guest->watchdog = false;
        set_state(guest, DOMAIN_PAUSED, reason, DOMAIN_EVENT_SUSPENDED, detail);
}

static void on_resume(QemuGuest *guest, JsonObject *data)
{
        if (guest->domain->state == DOMAIN_RUNNING || guest->status.rebooting || guest->status.launching)
                return;
        set_state(guest, DOMAIN_RUNNING,
                  guest->domain->state == DOMAIN_PAUSED && guest->domain->reason == DOMAIN_PAUSED_SAVE
                          ? DOMAIN_RUNNING_SAVE_CANCELED
                          : DOMAIN_RUNNING_UNPAUSED,
                  DOMAIN_EVENT_RESUMED, DOMAIN_EVENT_RESUMED_UNPAUSED);
}

static void on_suspend(QemuGuest *guest, JsonObject *data)
{
        domain_emit(guest->domain, DOMAIN_SIGNAL_PM_SUSPEND, NULL);
        set_state(guest, DOMAIN_PMSUSPENDED, 0, DOMAIN_EVENT_PMSUSPENDED, DOMAIN_EVENT_PMSUSPENDED_MEMORY);
}

static void on_suspend_disk(QemuGuest *guest, JsonObject *data)
{
        domain_emit(guest->domain, DOMAIN_SIGNAL_PM_SUSPEND_DISK, NULL);
        set_state(guest, DOMAIN_PMSUSPENDED, 0, DOMAIN_EVENT_PMSUSPENDED, DOMAIN_EVENT_PMSUSPENDED_DISK);
}

static void on_wakeup(QemuGuest *guest, JsonObject *data)
{
        domain_emit(guest->domain, DOMAIN_SIGNAL_PM_WAKEUP, NULL);
        set_state(guest, DOMAIN_RUNNING, DOMAIN_RUNNING_WAKEUP, DOMAIN_EVENT_STARTED,
                  DOMAIN_EVENT_STARTED_WAKEUP);
}

/* QEMU's WatchdogAction in the order of virDomainEventWatchdogAction. */
static const char *const watchdog_actions[] = { "none",     "pause", "reset",     "poweroff",
                                                "shutdown", "debug", "inject-nmi" };

static void on_watchdog(QemuGuest *guest, JsonObject *data)
{
        const char *action = NULL;
        int32_t number = 0;

        if (data)
                (void) qmp_get_string(data, "action", &action);
        for (size_t i = 0; i < ELEMENTSOF(watchdog_actions); i++)
                if (streq_ptr(action, watchdog_actions[i]))
                        number = (int32_t) i;
        guest->watchdog = streq_ptr(action, "pause");
        domain_emit(guest->domain, DOMAIN_SIGNAL_WATCHDOG, &number);
}

/* QEMU tells how far it is from what the clock began with. */
static void on_rtc_change(QemuGuest *guest, JsonObject *data)
{
        const DomainClock *clock = guest->live->clock;
        int64_t offset = 0, begin = 0;

        if (!data || qmp_get_i64(data, "offset", &offset) <= 0)
                return;
        if (clock && clock->offset == DOMAIN_CLOCK_VARIABLE && clock->adjustment &&
            parse_i64(clock->adjustment, &begin) >= 0)
                offset += begin;
        domain_emit(guest->domain, DOMAIN_SIGNAL_RTC, &offset);
}

static void on_guest_panicked(QemuGuest *guest, JsonObject *data)
{
        handle_panic(guest);
}

/* It has another system at hand that writes down what has happened: the machine goes on. */
static void on_guest_crashloaded(QemuGuest *guest, JsonObject *data)
{
        domain_emit_event(guest->domain, DOMAIN_EVENT_CRASHED, DOMAIN_EVENT_CRASHED_CRASHLOADED);
}

static const struct {
        const char *name;
        void (*handle)(QemuGuest *guest, JsonObject *data);
        bool of_life; /* changes the state: of no interest once the end has been decided */
} events[] = {
        { "GUEST_CRASHLOADED", on_guest_crashloaded, true },
        { "GUEST_PANICKED", on_guest_panicked, true },
        { "RESET", on_reset, false },
        { "RESUME", on_resume, true },
        { "RTC_CHANGE", on_rtc_change, false },
        { "SHUTDOWN", on_shutdown, true },
        { "STOP", on_stop, true },
        { "SUSPEND", on_suspend, true },
        { "SUSPEND_DISK", on_suspend_disk, true },
        { "WAKEUP", on_wakeup, true },
        { "WATCHDOG", on_watchdog, false },
};

/* For who watches the monitor. */
static void pass_on(QemuGuest *guest, const char *name, JsonObject *data, uint64_t time)
{
        g_autoptr(JsonNode) node = data ? json_node_init_object(json_node_alloc(), data) : NULL;
        g_autofree char *details = node ? json_to_string(node, false) : NULL;
        const DomainMonitorArgs args = {
                .event = name,
                .seconds = (int64_t) (time / USEC_PER_SEC),
                .microseconds = (uint32_t) (time % USEC_PER_SEC),
                .details = strempty(details),
        };

        domain_emit(guest->domain, DOMAIN_SIGNAL_MONITOR, &args);
}

void qemu_event_handle(QemuGuest *guest, const char *name, JsonObject *data, uint64_t time)
{
        guest->event_usec = time;
        pass_on(guest, name, data, time);
        for (size_t i = 0; i < ELEMENTSOF(events); i++)
                if (streq(name, events[i].name)) {
                        if (!events[i].of_life || guest->phase == QEMU_UP)
                                events[i].handle(guest, data);
                        return;
                }
        qemu_event_of_device(guest, name, data);
}

static void on_launched(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;

        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_ERR, guest->name, guest->uuid, "domain '%s' cannot be launched: %s",
                           guest->name, text);
                guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_FAILED, DOMAIN_EVENT_STOPPED_FAILED);
                return;
        }
        guest->status.launching = false;
        set_state(guest, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, DOMAIN_EVENT_STARTED,
                  DOMAIN_EVENT_STARTED_BOOTED);
}

/* RunState of qapi/run-state.json; those that are missing here amount to "paused". */
static const struct {
        const char *name;
        DomainState state;
        int reason;
        DomainEvent event;
        int detail;
} run_states[] = {
        { "running", DOMAIN_RUNNING, DOMAIN_RUNNING_UNPAUSED, DOMAIN_EVENT_RESUMED,
          DOMAIN_EVENT_RESUMED_UNPAUSED },
        { "io-error", DOMAIN_PAUSED, DOMAIN_PAUSED_IOERROR, DOMAIN_EVENT_SUSPENDED,
          DOMAIN_EVENT_SUSPENDED_IOERROR },
        { "watchdog", DOMAIN_PAUSED, DOMAIN_PAUSED_WATCHDOG, DOMAIN_EVENT_SUSPENDED,
          DOMAIN_EVENT_SUSPENDED_WATCHDOG },
        { "suspended", DOMAIN_PMSUSPENDED, 0, DOMAIN_EVENT_PMSUSPENDED, DOMAIN_EVENT_PMSUSPENDED_MEMORY },
        { "shutdown", DOMAIN_SHUTDOWN, DOMAIN_SHUTDOWN_UNKNOWN, DOMAIN_EVENT_SHUTDOWN,
          DOMAIN_EVENT_SHUTDOWN_FINISHED },
        { "guest-panicked", DOMAIN_CRASHED, DOMAIN_CRASHED_PANICKED, DOMAIN_EVENT_CRASHED,
          DOMAIN_EVENT_CRASHED_PANICKED },
        { "paused", DOMAIN_PAUSED, DOMAIN_PAUSED_UNKNOWN, DOMAIN_EVENT_SUSPENDED,
          DOMAIN_EVENT_SUSPENDED_PAUSED },
};

void qemu_event_apply_run_state(QemuGuest *guest, const char *run_state)
{
        size_t i = 0;

        if (guest->phase != QEMU_UP)
                return;
        /* what our former life did not get to; "cont" of a running machine does nothing */
        if (guest->status.launching) {
                monitor_execute(guest, "cont", NULL, on_launched, guest);
                return;
        }
        /* its writer has died */
        if (guest->status.saving) {
                qemu_outgoing_resume(guest);
                return;
        }
        if (guest->status.rebooting && !streq(run_state, "shutdown")) {
                monitor_execute(guest, "cont", NULL, on_rebooted, guest);
                return;
        }
        while (i + 1 < ELEMENTSOF(run_states) && !streq(run_state, run_states[i].name))
                i++;
        if (guest->domain->state != run_states[i].state)
                set_state(guest, run_states[i].state, run_states[i].reason, run_states[i].event,
                          run_states[i].detail);
        if (run_states[i].state == DOMAIN_SHUTDOWN)
                handle_power_off(guest);
        else if (run_states[i].state == DOMAIN_CRASHED)
                carry_out(guest, guest->live->on_crash, DOMAIN_SHUTOFF_CRASHED,
                          DOMAIN_EVENT_STOPPED_CRASHED);
}
