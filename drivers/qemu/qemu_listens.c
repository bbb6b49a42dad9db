/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_listens.h"

#include "drivers/model/network.h"

/* The listen that has no address yet, or NULL. */
static DomainListen *unknown(const DomainGraphics *graphics)
{
        DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;
        bool listens = first && (first->type == DOMAIN_LISTEN_NETWORK || first->type == DOMAIN_LISTEN_ADDRESS);

        return listens && !first->address ? first : NULL;
}

static int find_address(const Driver *driver, const DomainListen *listen, const char **ret, Error *error)
{
        const ObjectList *networks = driver->lists[OBJECT_NETWORK];
        const Network *network = networks && listen->network ? object_list_find_name(networks, listen->network) : NULL;

        if (!network)
                return error_set(error, ERROR_NO_NETWORK, "no network with matching name '%s'",
                                 strempty(listen->network));
        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        if (network->live->ips.n == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "network '%s' has no address to listen at",
                                 network->name);
        *ret = network->live->ips.items[0]->address;
        return 0;
}

int qemu_listens_find(const Driver *driver, const char *otherwise, DomainDef **def, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *found = NULL;
        int r = 0;

        for (uint32_t i = 0; i < (*def)->graphics.n; i++) {
                const DomainListen *listen = unknown((*def)->graphics.items[i]);
                const char *address = otherwise;

                if (!listen)
                        continue;
                if (listen->type == DOMAIN_LISTEN_NETWORK)
                        r = find_address(driver, listen, &address, error);
                if (r < 0)
                        return r;
                if (!found)
                        found = domain_def_copy(*def);
                address = domain_def_strdup(found, address);
                unknown(found->graphics.items[i])->address = address;
                found->graphics.items[i]->listen = address;
        }
        if (!found)
                return 0;
        r = domain_def_seal(found, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&found);
        return 0;
}
