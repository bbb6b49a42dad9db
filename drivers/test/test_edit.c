/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include "drivers/test/test_event.h"
#include "drivers/test/test_host.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_medium.h"
#include "drivers/test/test_operation.h"
#include "drivers/test/test_plug.h"

/* A machine that pretends follows every change at once. */

uint32_t test_host_cpus(Driver *driver)
{
        return TEST_HOST_CPUS;
}

/* A guest whose balloon does as it is told. */
static void follow_memory(Domain *domain, const DomainEdit *edit)
{
        uint64_t kib = edit->number;

        if (edit->kind != DOMAIN_EDIT_MEMORY || (edit->flags & DOMAIN_MEM_MAXIMUM))
                return;
        domain_set_balloon(domain, kib);
        domain_emit(domain, DOMAIN_SIGNAL_BALLOON, &kib);
}

/* *live is replaced by what the host makes of it. */
static int follow_interfaces(Domain *domain, DomainDef **live, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(*live);
        int r = test_plugs_follow(test_machine(domain)->plugs, domain, copy, error);

        if (r >= 0)
                r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*live);
        *live = g_steal_pointer(&copy);
        return 0;
}

static int edit_apply(TestOperation *op, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL, *live = NULL, *old = NULL;
        Domain *domain = op->domain;
        int r = domain_edit_prepare(op->edit, domain, &config, &live, error);

        if (r < 0)
                return r;
        if (live)
                r = follow_interfaces(domain, &live, error);
        if (r < 0)
                return r;
        if (config)
                domain_set_config(domain, config);
        if (live) {
                old = domain_def_ref(domain->live);
                domain_set_live(domain, live);
                follow_memory(domain, op->edit);
                test_tell_memory_sizes(domain, old, live);
                test_media_tell_trays(domain, old, live);
        }
        domain_edit_announce(op->edit, domain, old, live);
        return 0;
}

int test_domain_edit(Domain *domain, DomainEdit *edit, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = edit_apply };
        TestOperation op = { .info = &info, .domain = domain, .edit = edit };

        return test_operation_run(&op, job, error);
}
