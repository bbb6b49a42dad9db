/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include "drivers/test/test_event.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

/* The ways to ask a guest; a machine that pretends follows any of them. */
#define SHUTDOWN_FLAGS                                                                              \
        (DOMAIN_SHUTDOWN_ACPI_POWER_BTN | DOMAIN_SHUTDOWN_GUEST_AGENT | DOMAIN_SHUTDOWN_INITCTL |   \
         DOMAIN_SHUTDOWN_SIGNAL | DOMAIN_SHUTDOWN_PARAVIRT)

static int check_active(TestOperation *op, Error *error)
{
        return domain_check_active(op->domain, error);
}

static int run(const TestOperationInfo *info, Domain *domain, uint32_t flags, Job *job, Error *error)
{
        TestOperation op = { .info = info, .domain = domain, .flags = flags };

        return test_operation_run(&op, job, error);
}

static int start_check(TestOperation *op, Error *error)
{
        const TestImage *saved = test_domain_saved(op->domain);
        int r = domain_check_inactive(op->domain, error);

        if (r < 0 || op->def)
                return r;
        if (saved && !(op->flags & DOMAIN_START_FORCE_BOOT)) {
                op->def = domain_def_ref(saved->def);
                op->restores = true;
        } else
                op->def = domain_get_config(op->domain);
        return 0;
}

void test_domain_started(Domain *domain, bool paused, int reason, int detail)
{
        if (paused)
                domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_NONE, 0);
        else
                domain_set_state(domain, DOMAIN_RUNNING, reason, DOMAIN_EVENT_NONE, 0);
        /* a new domain appears in the state that it is in */
        if (!domain->object.published)
                domain_publish(domain);
        domain_emit_event(domain, DOMAIN_EVENT_STARTED, detail);
        test_tell_agent(domain);
        if (paused)
                domain_emit_event(domain, DOMAIN_EVENT_SUSPENDED,
                                  detail == DOMAIN_EVENT_STARTED_RESTORED ? DOMAIN_EVENT_SUSPENDED_RESTORED :
                                                                            DOMAIN_EVENT_SUSPENDED_PAUSED);
}

static int start_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        bool restores = op->restores;
        bool paused = (op->flags & DOMAIN_START_PAUSED) || (restores && test_domain_saved(domain)->paused);
        int r = test_machine_start(domain, op->def, paused, error);

        if (r < 0)
                return r;
        if (op->flags & DOMAIN_START_AUTODESTROY)
                test_machine(domain)->owner = g_strdup(job_owner(op->job)->name);
        /* restored or not wanted: once it runs, there is nothing to restore */
        if (domain->managed_save)
                test_domain_set_saved(domain, NULL);
        test_domain_started(domain, paused, restores ? DOMAIN_RUNNING_RESTORED : DOMAIN_RUNNING_BOOTED,
                            restores ? DOMAIN_EVENT_STARTED_RESTORED : DOMAIN_EVENT_STARTED_BOOTED);
        return 0;
}

static const TestOperationInfo start_info = {
        .known_flags = DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY | DOMAIN_START_BYPASS_CACHE |
                       DOMAIN_START_FORCE_BOOT | DOMAIN_START_VALIDATE,
        .slow = true,
        .check = start_check,
        .apply = start_apply,
};

int test_domain_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        TestOperation op = { .info = &start_info, .domain = domain, .def = def, .flags = flags };

        return test_operation_run(&op, job, error);
}

/* Whether the job in the slot is a start that ends with its caller. */
static bool is_starting_for(const Domain *domain, const char *caller)
{
        const Job *job = domain->object.slot.job;
        const TestOperation *op = job ? job_context(job) : NULL;

        return op && op->info == &start_info && (op->flags & DOMAIN_START_AUTODESTROY) &&
               streq_ptr(job_owner(job)->name, caller);
}

void test_domain_stop(Domain *domain, int reason, int detail)
{
        test_block_end_all(domain);
        if (domain->background.job)
                (void) job_cancel(domain->background.job, NULL);
        test_machine_stop(domain);
        domain_set_state(domain, DOMAIN_SHUTOFF, reason, DOMAIN_EVENT_STOPPED, detail);
        if (!domain->persistent)
                domain_list_remove(domain);
}

/* What libvirt's test driver makes of <on_poweroff> and <on_reboot>: a restart is no event of the state. */
void test_domain_follow(Domain *domain, DomainLifecycle action)
{
        switch (action) {
        case DOMAIN_LIFECYCLE_DESTROY:
        case DOMAIN_LIFECYCLE_PRESERVE:
        case DOMAIN_LIFECYCLE_COREDUMP_DESTROY:
                test_domain_stop(domain, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_STOPPED_SHUTDOWN);
                return;
        case DOMAIN_LIFECYCLE_RESTART:
        case DOMAIN_LIFECYCLE_RESTART_RENAME:
        case DOMAIN_LIFECYCLE_COREDUMP_RESTART:
                test_machine_run(test_machine(domain));
                test_tell_monitor(domain, "RESET", "{\"guest\":true,\"reason\":\"guest-reset\"}");
                domain_emit(domain, DOMAIN_SIGNAL_REBOOT, NULL);
                domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, DOMAIN_EVENT_NONE, 0);
                return;
        case _DOMAIN_LIFECYCLE_MAX:
                break;
        }
        g_assert_not_reached();
}

static int shutdown_apply(TestOperation *op, Error *error)
{
        test_domain_follow(op->domain, op->domain->live->on_poweroff ?: DOMAIN_LIFECYCLE_DESTROY);
        return 0;
}

int test_domain_shutdown(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { SHUTDOWN_FLAGS, true, check_active, shutdown_apply };

        return run(&info, domain, flags, job, error);
}

static int reboot_apply(TestOperation *op, Error *error)
{
        test_domain_follow(op->domain, op->domain->live->on_reboot ?: DOMAIN_LIFECYCLE_RESTART);
        return 0;
}

int test_domain_reboot(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { SHUTDOWN_FLAGS, true, check_active, reboot_apply };

        return run(&info, domain, flags, job, error);
}

/* Neither the state nor an event tells of a reset. */
static int reset_apply(TestOperation *op, Error *error)
{
        return 0;
}

int test_domain_reset(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = { 0, true, check_active, reset_apply };

        return run(&info, domain, flags, job, error);
}

static int suspend_check(TestOperation *op, Error *error)
{
        if (op->domain->state != DOMAIN_RUNNING)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        return 0;
}

static int suspend_apply(TestOperation *op, Error *error)
{
        test_machine_pause(test_machine(op->domain));
        test_tell_monitor(op->domain, "STOP", "");
        domain_set_state(op->domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_SUSPENDED,
                         DOMAIN_EVENT_SUSPENDED_PAUSED);
        return 0;
}

int test_domain_suspend(Domain *domain, Job *job, Error *error)
{
        static const TestOperationInfo info = { 0, true, suspend_check, suspend_apply };

        return run(&info, domain, 0, job, error);
}

static int resume_check(TestOperation *op, Error *error)
{
        if (op->domain->state != DOMAIN_PAUSED)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not paused");
        return 0;
}

static int resume_apply(TestOperation *op, Error *error)
{
        test_machine_run(test_machine(op->domain));
        test_tell_monitor(op->domain, "RESUME", "");
        domain_set_state(op->domain, DOMAIN_RUNNING, DOMAIN_RUNNING_UNPAUSED, DOMAIN_EVENT_RESUMED,
                         DOMAIN_EVENT_RESUMED_UNPAUSED);
        return 0;
}

int test_domain_resume(Domain *domain, Job *job, Error *error)
{
        static const TestOperationInfo info = { 0, true, resume_check, resume_apply };

        return run(&info, domain, 0, job, error);
}

void test_domain_caller_left(Domain *domain, const char *caller)
{
        const TestMachine *machine = test_machine(domain);
        bool ends = machine && streq_ptr(machine->owner, caller);

        if (domain->object.slot.job && (ends || is_starting_for(domain, caller)))
                (void) job_cancel(domain->object.slot.job, NULL);
        if (ends)
                test_domain_stop(domain, DOMAIN_SHUTOFF_DESTROYED, DOMAIN_EVENT_STOPPED_DESTROYED);
}

static int destroy_apply(TestOperation *op, Error *error)
{
        test_domain_stop(op->domain, DOMAIN_SHUTOFF_DESTROYED, DOMAIN_EVENT_STOPPED_DESTROYED);
        return 0;
}

int test_domain_destroy(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                DOMAIN_DESTROY_GRACEFUL | DOMAIN_DESTROY_REMOVE_LOGS, true, check_active, destroy_apply,
        };

        return run(&info, domain, flags, job, error);
}
