/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include "drivers/test/test_host.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"
#include "service/base/store.h"

static void release_def(gpointer def)
{
        domain_def_unref(def);
}

int test_domain_normalize(Driver *driver, DomainDef *def, Job *job, Error *error)
{
        DomainDef *normalized;
        int r = test_host_normalize(def, &normalized, error);

        if (r < 0)
                return r;
        job_set_result_object(job, normalized, release_def);
        return 0;
}

static int define_check(TestOperation *op, Error *error)
{
        const Domain *domain = op->domain;

        if (!streq(domain->name, op->def->name))
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' is already defined with uuid %s",
                                 domain->name, domain->uuid);
        return 0;
}

static int define_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        bool was_persistent = domain->persistent;

        domain_set_config(domain, op->def);
        if (!domain->object.published)
                domain_publish(domain);
        domain_emit_event(domain, DOMAIN_EVENT_DEFINED,
                          was_persistent ? DOMAIN_EVENT_DEFINED_UPDATED : DOMAIN_EVENT_DEFINED_ADDED);
        return 0;
}

int test_domain_define(Domain *domain, DomainDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .check = define_check, .apply = define_apply };
        TestOperation op = { .info = &info, .domain = domain, .def = def };

        return test_operation_run(&op, job, error);
}

/* What goes away with an inactive domain must be said to. */
static int check_moments(const Domain *domain, uint32_t flags, Error *error)
{
        unsigned n_snapshots = moment_count(domain, MOMENT_SNAPSHOT);
        unsigned n_checkpoints = moment_count(domain, MOMENT_CHECKPOINT);

        if (domain_is_active(domain))
                return 0;
        if (n_snapshots > 0 && !(flags & DOMAIN_UNDEFINE_SNAPSHOTS_METADATA))
                return error_set(error, ERROR_OPERATION_INVALID, "cannot delete inactive domain with %u snapshots",
                                 n_snapshots);
        if (n_checkpoints > 0 && !(flags & DOMAIN_UNDEFINE_CHECKPOINTS_METADATA))
                return error_set(error, ERROR_OPERATION_INVALID, "cannot delete inactive domain with %u checkpoints",
                                 n_checkpoints);
        return 0;
}

static int undefine_check(TestOperation *op, Error *error)
{
        if (!op->domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot undefine transient domain");
        if (op->domain->managed_save && !(op->flags & DOMAIN_UNDEFINE_MANAGED_SAVE))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "Refusing to undefine while domain managed save image exists");
        return check_moments(op->domain, op->flags, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;

        test_domain_set_saved(domain, NULL);
        if (domain_is_active(domain))
                domain_set_config(domain, NULL);
        domain_emit_event(domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_REMOVED);
        if (!domain_is_active(domain))
                domain_list_remove(domain);
        return 0;
}

int test_domain_undefine(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = DOMAIN_UNDEFINE_MANAGED_SAVE | DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                               DOMAIN_UNDEFINE_NVRAM | DOMAIN_UNDEFINE_KEEP_NVRAM |
                               DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | DOMAIN_UNDEFINE_TPM |
                               DOMAIN_UNDEFINE_KEEP_TPM,
                .check = undefine_check,
                .apply = undefine_apply,
        };
        TestOperation op = { .info = &info, .domain = domain, .flags = flags };

        return test_operation_run(&op, job, error);
}

static int set_autostart_check(TestOperation *op, Error *error)
{
        if (!op->domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot set autostart for transient domain");
        return 0;
}

static int set_autostart_apply(TestOperation *op, Error *error)
{
        domain_set_autostart(op->domain, op->autostart);
        return 0;
}

int test_domain_set_autostart(Domain *domain, bool autostart, Job *job, Error *error)
{
        static const TestOperationInfo info = { .check = set_autostart_check, .apply = set_autostart_apply };
        TestOperation op = { .info = &info, .domain = domain, .autostart = autostart };

        return test_operation_run(&op, job, error);
}

static int rename_check(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;

        if (!store_name_is_valid(op->name))
                return error_set(error, ERROR_INVALID_ARG, "'%s' cannot be the name of a domain", op->name);
        if (domain_is_active(domain))
                return error_set(error, ERROR_OPERATION_INVALID, "cannot rename active domain");
        if (domain->managed_save)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "domain with a managed saved state can't be renamed");
        if (streq(domain->name, op->name))
                return error_set(error, ERROR_OPERATION_INVALID, "Can't rename domain to itself");
        if (domain_list_find_any_name(domain->list, op->name))
                return error_set(error, ERROR_OPERATION_INVALID, "domain with name '%s' already exists",
                                 op->name);
        return 0;
}

static int rename_apply(TestOperation *op, Error *error)
{
        Domain *domain = op->domain;
        _cleanup_(domain_def_unrefp) DomainDef *config = domain_get_config(domain);
        _cleanup_(domain_def_unrefp) DomainDef *renamed = NULL;
        int r = domain_def_rename(config, op->name, &renamed, error);

        if (r < 0)
                return r;
        domain_emit_event(domain, DOMAIN_EVENT_UNDEFINED, DOMAIN_EVENT_UNDEFINED_RENAMED);
        r = domain_set_name(domain, op->name, error);
        if (r < 0)
                return r;
        domain_set_config(domain, renamed);
        domain_emit_event(domain, DOMAIN_EVENT_DEFINED, DOMAIN_EVENT_DEFINED_RENAMED);
        return 0;
}

static int set_autostart_once_apply(TestOperation *op, Error *error)
{
        domain_set_autostart_once(op->domain, op->autostart);
        return 0;
}

int test_domain_set_autostart_once(Domain *domain, bool autostart, Job *job, Error *error)
{
        static const TestOperationInfo info = { .check = set_autostart_check, .apply = set_autostart_once_apply };
        TestOperation op = { .info = &info, .domain = domain, .autostart = autostart };

        return test_operation_run(&op, job, error);
}

int test_domain_rename(Domain *domain, const char *name, Job *job, Error *error)
{
        static const TestOperationInfo info = { .check = rename_check, .apply = rename_apply };
        TestOperation op = { .info = &info, .domain = domain, .name = (char *) name };

        return test_operation_run(&op, job, error);
}
