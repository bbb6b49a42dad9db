/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"

#include "drivers/model/domain_device.h"

/* What an edit that took effect is told as. */

static void collect(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);

        if (info && info->alias)
                g_ptr_array_add(userdata, (void *) info->alias);
}

static GPtrArray *aliases_of(const DomainDef *def)
{
        GPtrArray *names = g_ptr_array_new();

        domain_device_foreach(def, collect, names);
        return names;
}

static void announce_difference(Domain *domain, const GPtrArray *from, const GPtrArray *to, DomainSignal signal)
{
        g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < from->len; i++)
                g_hash_table_add(known, from->pdata[i]);
        for (guint i = 0; i < to->len; i++)
                if (!g_hash_table_contains(known, to->pdata[i]))
                        domain_emit(domain, signal, to->pdata[i]);
}

static void announce_devices(Domain *domain, const DomainDef *old, const DomainDef *live)
{
        g_autoptr(GPtrArray) before = aliases_of(old), after = aliases_of(live);

        announce_difference(domain, after, before, DOMAIN_SIGNAL_DEVICE_REMOVED);
        announce_difference(domain, before, after, DOMAIN_SIGNAL_DEVICE_ADDED);
}

static void announce_tunables(const DomainEdit *edit, Domain *domain)
{
        _cleanup_params_ Params params = PARAMS_INIT;

        domain_edit_info(edit->kind)->tunables(edit, &params);
        domain_emit(domain, DOMAIN_SIGNAL_TUNABLE, &params);
}

void domain_edit_announce(const DomainEdit *edit, Domain *domain, const DomainDef *old, const DomainDef *live)
{
        DomainMetadataArgs metadata = { (int32_t) edit->number, strempty(edit->name) };

        if (edit->kind == DOMAIN_EDIT_METADATA)
                domain_emit(domain, DOMAIN_SIGNAL_METADATA, &metadata);
        if (!live)
                return;
        announce_devices(domain, old, live);
        if (domain_edit_info(edit->kind)->tunables)
                announce_tunables(edit, domain);
}
