/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/edit.h"

#include <string.h>

/* What world_do() is to do next. */
static DomainEdit *wish;

static int do_edit(Domain *domain, Job *job, Error *error)
{
        return qemu_edit(domain, wish, job, error);
}

int edit_run(World *world, Domain *domain, DomainEdit *edit)
{
        int r;

        wish = edit;
        r = world_do(world, domain, do_edit);
        wish = domain_edit_unref(edit);
        return r;
}

int edit_device(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags)
{
        DomainEdit *edit = domain_edit_new(kind, flags);

        if (kind == DOMAIN_EDIT_DETACH_ALIAS)
                edit->name = g_strdup(text);
        else
                edit->text = g_strdup(text);
        return edit_run(world, domain, edit);
}

void edit_expect(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags)
{
        if (edit_device(world, domain, kind, text, flags) < 0)
                fail_msg("%s: cannot change: %s", text, world->text);
}

void edit_refused(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags,
                  const char *words)
{
        if (edit_device(world, domain, kind, text, flags) >= 0)
                fail_msg("%s: it is not refused", text);
        if (!strstr(world->text, words))
                fail_msg("%s: another reason than '%s': %s", text, words, world->text);
}
