/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/moment.h"

#include <string.h>

void moment_init(DomainMoment *moment, const ObjectClass *class, MomentKind kind, Domain *domain, const char *name)
{
        moment->object = (Object) { .class = class, .type = class->type, .n_ref = 1 };
        moment->kind = kind;
        moment->domain = domain;
        moment->key = g_strconcat(domain->uuid, "/", name, NULL);
        moment->name = moment->key + strlen(domain->uuid) + 1;
        moment->object.key = moment->key;
}

void moment_clear(DomainMoment *moment)
{
        g_free(moment->key);
}

void moment_describe(const Object *object, Details *details)
{
        const DomainMoment *moment = (const DomainMoment *) object;

        if (moment->domain)
                moment->domain->object.class->describe(&moment->domain->object, details);
}

static GPtrArray *moments_of(const Domain *domain, MomentKind kind)
{
        return domain->moments[kind];
}

unsigned moment_count(const Domain *domain, MomentKind kind)
{
        const GPtrArray *moments = moments_of(domain, kind);

        return moments ? moments->len : 0;
}

DomainMoment *moment_get(const Domain *domain, MomentKind kind, unsigned i)
{
        return moments_of(domain, kind)->pdata[i];
}

DomainMoment *moment_find(const Domain *domain, MomentKind kind, const char *name)
{
        for (unsigned i = 0; i < moment_count(domain, kind); i++) {
                DomainMoment *moment = moment_get(domain, kind, i);

                if (streq(moment->name, name))
                        return moment;
        }
        return NULL;
}

void moment_add(DomainMoment *moment, ObjectList *list, DomainMoment *parent)
{
        Domain *domain = moment->domain;
        GPtrArray **moments = domain->moments + moment->kind;

        if (!*moments)
                *moments = g_ptr_array_new();
        g_ptr_array_add(*moments, moment);
        moment->parent = parent;
        if (object_list_add(list, &moment->object) < 0)
                g_assert_not_reached();
        object_publish(&moment->object);
}

bool moment_descends_from(const DomainMoment *moment, const DomainMoment *ancestor)
{
        for (const DomainMoment *at = moment->parent; at; at = at->parent)
                if (at == ancestor)
                        return true;
        return false;
}

bool moment_has_children(const DomainMoment *moment)
{
        for (unsigned i = 0; i < moment_count(moment->domain, moment->kind); i++)
                if (moment_get(moment->domain, moment->kind, i)->parent == moment)
                        return true;
        return false;
}

DomainMoment *moment_current(const Domain *domain, MomentKind kind)
{
        return domain->current_moment[kind];
}

void moment_set_current(Domain *domain, MomentKind kind, DomainMoment *moment)
{
        DomainMoment *old = domain->current_moment[kind];

        if (old == moment)
                return;
        domain->current_moment[kind] = moment;
        if (old)
                object_changed(&old->object, MOMENT_CHANGED_CURRENT);
        if (moment)
                object_changed(&moment->object, MOMENT_CHANGED_CURRENT);
}

void moment_set_parent(DomainMoment *moment, DomainMoment *parent)
{
        if (moment->parent == parent)
                return;
        moment->parent = parent;
        object_changed(&moment->object, MOMENT_CHANGED_PARENT);
}

/* What is left of the tree does not know it any more. */
static void remove_one(DomainMoment *moment)
{
        Domain *domain = moment->domain;
        MomentKind kind = moment->kind;

        for (unsigned i = 0; i < moment_count(domain, kind); i++)
                if (moment_get(domain, kind, i)->parent == moment)
                        moment_set_parent(moment_get(domain, kind, i), moment->parent);
        if (moment_current(domain, kind) == moment)
                moment_set_current(domain, kind, moment->parent);
        g_ptr_array_remove(moments_of(domain, kind), moment);
        moment->parent = NULL;
        /* it is announced as removed while it can still be told whose it was */
        object_ref(moment);
        object_remove(&moment->object);
        moment->domain = NULL;
        object_unref(moment);
}

static DomainMoment *last_descendant(const DomainMoment *moment)
{
        for (unsigned i = moment_count(moment->domain, moment->kind); i-- > 0;) {
                DomainMoment *other = moment_get(moment->domain, moment->kind, i);

                if (moment_descends_from(other, moment) && !moment_has_children(other))
                        return other;
        }
        return NULL;
}

void moment_delete(DomainMoment *moment, uint32_t flags)
{
        DomainMoment *child;

        while ((flags & (MOMENT_DELETE_CHILDREN | MOMENT_DELETE_CHILDREN_ONLY)) && (child = last_descendant(moment)))
                remove_one(child);
        if (!(flags & MOMENT_DELETE_CHILDREN_ONLY))
                remove_one(moment);
}

void moment_forget_all(Domain *domain)
{
        for (MomentKind kind = 0; kind < _MOMENT_KIND_MAX; kind++)
                g_clear_pointer(domain->moments + kind, g_ptr_array_unref);
}

void moment_delete_all(Domain *domain)
{
        for (MomentKind kind = 0; kind < _MOMENT_KIND_MAX; kind++)
                while (moment_count(domain, kind) > 0)
                        remove_one(moment_get(domain, kind, moment_count(domain, kind) - 1));
        moment_forget_all(domain);
}
