/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_event.h"

#include "drivers/test/test_domain.h"
#include "drivers/test/test_machine.h"

#define BUSY_USEC (50 * USEC_PER_MSEC)

static const DomainGraphics *find_display(const DomainDef *live, const char *alias)
{
        for (uint32_t i = 0; i < live->graphics.n; i++) {
                g_autofree char *name = g_strdup_printf("graphics%" PRIu32, i);

                if (streq(name, alias))
                        return live->graphics.items[i];
        }
        return NULL;
}

/* Clients come with a descriptor, so both ends are sockets of this host without a name. */
void test_tell_graphics(Domain *domain, const char *alias, DomainGraphicsPhase phase)
{
        static const DomainGraphicsAddress local_socket = { 2, "", "" };
        const DomainGraphics *display = find_display(domain->live, alias);
        DomainGraphicsArgs args = { .phase = phase, .local = local_socket, .remote = local_socket };

        args.auth_scheme = display && display->type == DOMAIN_GRAPHICS_SPICE ? "spice" : "none";
        domain_emit(domain, DOMAIN_SIGNAL_GRAPHICS, &args);
}

void test_tell_monitor(Domain *domain, const char *event, const char *details)
{
        uint64_t now = (uint64_t) g_get_real_time();
        DomainMonitorArgs args = {
                .event = event,
                .seconds = (int64_t) (now / USEC_PER_SEC),
                .microseconds = (uint32_t) (now % USEC_PER_SEC),
                .details = details,
        };

        domain_emit(domain, DOMAIN_SIGNAL_MONITOR, &args);
}

void test_tell_agent(Domain *domain)
{
        static const DomainAgentArgs args = { .state = 1, .reason = 1 };

        DEF_FOREACH(channel, domain->live->channels)
                if (streq_ptr(channel->target_name, "org.qemu.guest_agent.0"))
                        domain_emit(domain, DOMAIN_SIGNAL_AGENT, &args);
}

void test_tell_memory_sizes(Domain *domain, const DomainDef *before, const DomainDef *after)
{
        for (uint32_t i = 0; i < MIN(before->memories.n, after->memories.n); i++) {
                const DomainMemoryDevice *memory = after->memories.items[i];
                DomainMemorySizeArgs args = { strempty(memory->info.alias), memory->requested };

                if (memory->requested != before->memories.items[i]->requested)
                        domain_emit(domain, DOMAIN_SIGNAL_MEMORY_SIZE, &args);
        }
}

/* Alias of the first disk or interface, "" without one. */
static const char *first_disk(const Domain *domain, const char **ret_path)
{
        const DomainDisk *disk = domain->live->disks.n > 0 ? domain->live->disks.items[0] : NULL;

        if (ret_path)
                *ret_path = strempty(disk ? disk->source.file : NULL);
        return strempty(disk ? disk->info.alias : NULL);
}

static void happen_watchdog(Domain *domain)
{
        domain_emit(domain, DOMAIN_SIGNAL_WATCHDOG, &(int32_t) { 0 });
}

static void happen_io_error(Domain *domain)
{
        DomainIOErrorArgs args = { .action = 1, .reason = "enospc" };

        args.device_alias = first_disk(domain, &args.source);
        domain_emit(domain, DOMAIN_SIGNAL_IO_ERROR, &args);
        if (domain->state != DOMAIN_RUNNING)
                return;
        test_machine_pause(test_machine(domain));
        domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_IOERROR, DOMAIN_EVENT_SUSPENDED,
                         DOMAIN_EVENT_SUSPENDED_IOERROR);
}

static void happen_control_error(Domain *domain)
{
        domain_emit(domain, DOMAIN_SIGNAL_CONTROL_ERROR, NULL);
}

static void happen_rtc_change(Domain *domain)
{
        domain_emit(domain, DOMAIN_SIGNAL_RTC, &(int64_t) { 3600 });
}

static void happen_tray_change(Domain *domain)
{
        DomainTrayArgs args = { first_disk(domain, NULL), 0 };

        domain_emit(domain, DOMAIN_SIGNAL_TRAY, &args);
        args.reason = 1;
        domain_emit(domain, DOMAIN_SIGNAL_TRAY, &args);
}

static void happen_memory_failure(Domain *domain)
{
        static const DomainMemoryFailureArgs args = { .recipient = 1, .action = 1, .flags = 1 };

        domain_emit(domain, DOMAIN_SIGNAL_MEMORY_FAILURE, &args);
}

static void happen_nic_mac_change(Domain *domain)
{
        const DomainInterface *nic = domain->live->interfaces.n > 0 ? domain->live->interfaces.items[0] : NULL;
        DomainNicMacArgs args = { "", "", "52:54:00:00:00:01" };

        if (nic) {
                args.device_alias = strempty(nic->info.alias);
                args.old_mac = strempty(nic->mac);
        }
        domain_emit(domain, DOMAIN_SIGNAL_NIC_MAC, &args);
}

static void happen_device_removal_failed(Domain *domain)
{
        domain_emit(domain, DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED, first_disk(domain, NULL));
}

static void happen_agent_gone(Domain *domain)
{
        static const DomainAgentArgs args = { .state = 2, .reason = 2 };

        domain_emit(domain, DOMAIN_SIGNAL_AGENT, &args);
}

static void happen_unresponsive(Domain *domain)
{
        domain_set_responsive(domain, false);
}

static void happen_responsive(Domain *domain)
{
        domain_set_responsive(domain, true);
}

/* As the guest would do it from within. */
static void happen_shutdown(Domain *domain)
{
        domain_emit_event(domain, DOMAIN_EVENT_SHUTDOWN, DOMAIN_EVENT_SHUTDOWN_GUEST);
        test_domain_follow(domain, domain->live->on_poweroff ?: DOMAIN_LIFECYCLE_DESTROY);
}

static void happen_reboot(Domain *domain)
{
        test_domain_follow(domain, domain->live->on_reboot ?: DOMAIN_LIFECYCLE_RESTART);
}

static void happen_crash(Domain *domain)
{
        test_machine_pause(test_machine(domain));
        domain_set_state(domain, DOMAIN_CRASHED, DOMAIN_CRASHED_PANICKED, DOMAIN_EVENT_CRASHED,
                         DOMAIN_EVENT_CRASHED_PANICKED);
        switch (domain->live->on_crash ?: DOMAIN_LIFECYCLE_DESTROY) {
        case DOMAIN_LIFECYCLE_DESTROY:
        case DOMAIN_LIFECYCLE_COREDUMP_DESTROY:
                test_domain_stop(domain, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED_CRASHED);
                return;
        case DOMAIN_LIFECYCLE_PRESERVE:
                return;
        case DOMAIN_LIFECYCLE_RESTART:
        case DOMAIN_LIFECYCLE_RESTART_RENAME:
        case DOMAIN_LIFECYCLE_COREDUMP_RESTART:
                test_domain_follow(domain, DOMAIN_LIFECYCLE_RESTART);
                return;
        case _DOMAIN_LIFECYCLE_MAX:
                break;
        }
        g_assert_not_reached();
}

typedef void (*Happening)(Domain *domain);

static const struct {
        const char *name;
        Happening happen;
} happenings[] = {
        { "agent-gone", happen_agent_gone },
        { "control-error", happen_control_error },
        { "crash", happen_crash },
        { "device-removal-failed", happen_device_removal_failed },
        { "io-error", happen_io_error },
        { "memory-failure", happen_memory_failure },
        { "nic-mac-change", happen_nic_mac_change },
        { "reboot", happen_reboot },
        { "responsive", happen_responsive },
        { "rtc-change", happen_rtc_change },
        { "shutdown", happen_shutdown },
        { "tray-change", happen_tray_change },
        { "unresponsive", happen_unresponsive },
        { "watchdog", happen_watchdog },
};

static Happening find_happening(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(happenings); i++)
                if (streq(happenings[i].name, name))
                        return happenings[i].happen;
        return NULL;
}

bool test_event_is_known(const char *name)
{
        return find_happening(name);
}

/* In the list of the machine, which ends before its domain. */
typedef struct Planned {
        Domain *domain;
        Happening happen;
        sd_event_source *timer;
} Planned;

void test_event_free(gpointer p)
{
        Planned *planned = p;

        sd_event_source_disable_unref(planned->timer);
        g_free(planned);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        Planned *planned = userdata;
        _cleanup_(domain_unrefp) Domain *domain = NULL;
        Happening happen = planned->happen;

        if (planned->domain->object.slot.job) {
                int r = sd_event_source_set_time_relative(source, BUSY_USEC);

                return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        domain = domain_ref(planned->domain);
        g_ptr_array_remove_fast(test_machine(domain)->planned, planned);
        happen(domain);
        return 0;
}

void test_event_plan(Domain *domain, const char *name, uint64_t usec)
{
        TestMachine *machine = test_machine(domain);
        Planned *planned;

        if (!machine)
                return;
        planned = g_new0(Planned, 1);
        planned->domain = domain;
        planned->happen = find_happening(name);
        if (sd_event_add_time_relative(domain->object.driver->host->event, &planned->timer, CLOCK_MONOTONIC, usec,
                                       USEC_PER_MSEC, on_time, planned) < 0)
                test_event_free(planned);
        else
                g_ptr_array_add(machine->planned, planned);
}
