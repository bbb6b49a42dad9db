/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

/* From the agent's answer, or silence, to the power-off: the system stops its services first. */
#define AGENT_POWER_USEC (60 * USEC_PER_SEC)

/*
 * Asks the guest to end or to begin anew: through its agent, through its power button, or, without flags, through the
 * button when there is no agent that does it.
 */
typedef struct Power {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        bool reboot;
        bool use_agent, use_button;
        bool done; /* by the agent */
        uint64_t agent_number;
        Qmp *qmp; /* set while the reply is awaited */
        uint64_t number;
} Power;

static void agent_unwait(Power *power)
{
        QemuGuest *guest = domain_guest(power->domain);

        if (guest) {
                guest->powered = NULL;
                if (guest->agent && power->agent_number != 0)
                        agent_forget(guest->agent, power->agent_number);
        }
        power->agent_number = 0;
}

static void power_free(void *p)
{
        Power *power = p;

        agent_unwait(power);
        if (power->qmp)
                qmp_forget(power->qmp, power->number);
        qmp_unref(power->qmp);
        domain_unref(power->domain);
        g_free(power);
}

/* Step "agent": it does not answer when it succeeds, the machine does. */
static void agent_done(Power *power, Error *error)
{
        Job *job = power->job;
        bool failed = error && error_is_set(error);

        agent_unwait(power);
        power->done = !failed;
        if (failed && power->use_button) {
                log_debug("domain '%s': %s", power->domain->name, strempty(error->detail));
                job_step_done(job, 0, NULL);
                return;
        }
        job_step_done(job, failed ? -EIO : 0, error);
}

static void on_powered(QemuGuest *guest, void *userdata)
{
        agent_done(userdata, NULL);
}

static void on_agent(JsonNode *result, Error *error, void *userdata)
{
        Power *power = userdata;

        power->agent_number = 0;
        /* an answer is no more than a promise; a machine that is gone has kept it */
        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                agent_done(power, NULL);
        else if (error_is_set(error))
                agent_done(power, error);
}

static int step_agent(Job *job, void *context, Error *error)
{
        Power *power = context;
        QemuGuest *guest = domain_guest(power->domain);
        Agent *agent;
        int r;

        if (!power->use_agent)
                return 0;
        r = guest_agent_get(guest, &agent, error);
        if (r < 0) {
                if (!power->use_button)
                        return r;
                error_clear(error);
                return 0;
        }
        guest->powered = on_powered;
        guest->powered_userdata = power;
        power->agent_number = agent_execute(agent, "guest-shutdown",
                                            qmp_object("s:mode", power->reboot ? "reboot" : "powerdown", NULL),
                                            AGENT_POWER_USEC, on_agent, power);
        return JOB_STEP_WAIT;
}

static void cancel_agent(Job *job, void *context)
{
        agent_unwait(context);
}

/* Step "button": the next power-off is to be a reboot, or is not. */
static void set_reboot(QemuGuest *guest, bool reboot)
{
        if (guest->status.reboot == reboot)
                return;
        guest->status.reboot = reboot;
        guest_update_status(guest);
}

static void on_button(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Power *power = userdata;

        power->qmp = qmp_unref(power->qmp);
        job_step_done(power->job, error_is_set(error) ? -EIO : 0, error);
}

static int step_button(Job *job, void *context, Error *error)
{
        Power *power = context;
        QemuGuest *guest = domain_guest(power->domain);
        int r;

        if (power->done)
                return 0;
        r = domain_check_active(power->domain, error);
        if (r >= 0)
                r = monitor_check(guest, error);
        if (r < 0)
                return r;
        /* a guest whose reboots end the machine is not rebooted this way either */
        set_reboot(guest, power->reboot && guest->live->on_reboot != DOMAIN_LIFECYCLE_DESTROY);
        power->qmp = qmp_ref(guest->qmp);
        power->number = monitor_execute(guest, "system_powerdown", NULL, on_button, power);
        return JOB_STEP_WAIT;
}

static void cancel_button(Job *job, void *context)
{
        Power *power = context;

        qmp_forget(power->qmp, power->number);
        power->qmp = qmp_unref(power->qmp);
}

static const JobStep steps[] = {
        { .name = "agent", .start = step_agent, .cancel = cancel_agent },
        { .name = "button", .start = step_button, .cancel = cancel_button },
        {},
};

static int power_run(Domain *domain, uint32_t flags, bool reboot, Job *job, Error *error)
{
        QemuGuest *guest;
        Power *power;
        int r = qemu_check_flags(flags, DOMAIN_SHUTDOWN_ACPI_POWER_BTN | DOMAIN_SHUTDOWN_GUEST_AGENT, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r < 0)
                return r;
        guest = domain_guest(domain);
        r = monitor_check(guest, error);
        if (r < 0)
                return r;
        set_reboot(guest, false);
        power = g_new0(Power, 1);
        power->job = job;
        power->domain = domain_ref(domain);
        power->reboot = reboot;
        power->use_agent = flags == 0 || (flags & DOMAIN_SHUTDOWN_GUEST_AGENT);
        power->use_button = flags == 0 || (flags & DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
        return job_run(job, steps, power, power_free, error);
}

int qemu_shutdown(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return power_run(domain, flags, false, job, error);
}

int qemu_reboot(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return power_run(domain, flags, true, job, error);
}
