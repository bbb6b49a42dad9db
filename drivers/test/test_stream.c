/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"

/* alias NULL: there is no such device. */
static int open_stream(Domain *domain, const char *kind, const char *name, const char *alias, uint32_t flags,
                       Job *job, Error *error)
{
        uint32_t unknown = flags & ~(uint32_t) (DOMAIN_CONSOLE_FORCE | DOMAIN_CONSOLE_SAFE);
        int fd, r;

        if (unknown)
                return error_set(error, ERROR_INVALID_ARG, "unsupported flags (0x%x)", unknown);
        if (!alias && isempty(name))
                return error_set(error, ERROR_DEVICE_MISSING, "the domain has no %s", kind);
        if (!alias)
                return error_set(error, ERROR_DEVICE_MISSING, "the domain has no %s '%s'", kind, name);
        r = test_machine_open_stream(test_machine(domain), domain->object.driver->host->event, alias,
                                     flags & DOMAIN_CONSOLE_FORCE, &fd, error);
        if (r < 0)
                return r;
        job_set_result_fd(job, fd);
        return 0;
}

/* The first of the list that has the name as its alias; any when there is no name. */
static const char *find_alias(DomainChardev *const *items, uint32_t n, const char *name)
{
        for (uint32_t i = 0; i < n; i++)
                if (items[i]->info.alias && (isempty(name) || streq(items[i]->info.alias, name)))
                        return items[i]->info.alias;
        return NULL;
}

int test_domain_open_console(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error)
{
        const DomainDef *live = domain->live;
        const char *alias;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        alias = find_alias(live->consoles.items, live->consoles.n, device) ?:
                find_alias(live->serials.items, live->serials.n, device);
        return open_stream(domain, "console", device, alias, flags, job, error);
}

int test_domain_open_channel(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error)
{
        const char *alias = NULL;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        DEF_FOREACH(channel, domain->live->channels) {
                if (!alias && (isempty(name) || streq_ptr(channel->target_name, name)))
                        alias = channel->info.alias;
        }
        return open_stream(domain, "channel", name, alias, flags, job, error);
}
