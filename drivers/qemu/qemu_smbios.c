/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_smbios.h"

#include "drivers/host/node.h"

typedef struct Filler {
        DomainDef *def;
        DomainSysinfo *sysinfo;
} Filler;

static DomainSysinfoBlock *find_block(const Filler *filler, const char *element)
{
        DomainSysinfo *sysinfo = filler->sysinfo;
        DomainSysinfoBlock **place = streq(element, "bios") ? &sysinfo->bios :
                                     streq(element, "system") ? &sysinfo->system : &sysinfo->chassis;

        if (streq(element, "baseBoard")) {
                if (sysinfo->boards.n == 0)
                        domain_def_append(filler->def, &sysinfo->boards,
                                          domain_def_new(filler->def, DomainSysinfoBlock));
                return sysinfo->boards.items[0];
        }
        if (!*place)
                *place = domain_def_new(filler->def, DomainSysinfoBlock);
        return *place;
}

static void add_entry(void *userdata, const char *element, const char *name, const char *value)
{
        const Filler *filler = userdata;
        DomainSysinfoEntry *entry;

        if (streq(element, "system") && streq(name, "uuid"))
                return;
        entry = domain_def_new(filler->def, DomainSysinfoEntry);
        entry->name = domain_def_strdup(filler->def, name);
        entry->value = domain_def_strdup(filler->def, value);
        domain_def_append(filler->def, &find_block(filler, element)->entries, entry);
}

/* The host's counts, whatever else the definition has. */
static void drop_smbios(DomainDef *def)
{
        for (uint32_t i = def->sysinfo.n; i > 0; i--)
                if (def->sysinfo.items[i - 1]->type == DOMAIN_SYSINFO_SMBIOS)
                        def_remove(&def->sysinfo, i - 1);
}

int qemu_smbios_choose(const char *root, DomainDef **def, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        Filler filler = {};
        int r;

        if ((*def)->os.smbios != DOMAIN_SMBIOS_HOST)
                return 0;
        filler.def = copy = domain_def_copy(*def);
        filler.sysinfo = domain_def_new(copy, DomainSysinfo);
        filler.sysinfo->type = DOMAIN_SYSINFO_SMBIOS;
        if (node_sysinfo_foreach(root, add_entry, &filler) == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "/domain/os/smbios/@mode: the host's firmware says nothing of the host");
        drop_smbios(copy);
        domain_def_append(copy, &copy->sysinfo, filler.sysinfo);
        copy->os.smbios = DOMAIN_SMBIOS_SYSINFO;
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&copy);
        return 0;
}
