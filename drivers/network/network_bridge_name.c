/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_bridge_name.h"

#include <net/if.h>
#include <string.h>

#define PATTERN "virbr%u"
#define NUMBERS 65536u

static bool has_bridge(const NetworkDef *def, const char *name)
{
        return def && network_forward_has_own_bridge(def->forward.mode) && streq_ptr(def->bridge.name, name);
}

/* Whether a network other than this one has the bridge, or will have it. */
static bool is_taken(const Network *network, const char *name)
{
        const ObjectList *list = network->object.list;

        for (size_t i = 0; i < object_list_size(list); i++) {
                const Network *other = object_list_get(list, i);

                if (other != network && (has_bridge(other->config, name) || has_bridge(other->live, name)))
                        return true;
        }
        return false;
}

/* Patterns with a number, as libvirt has them, are chosen anew as well. */
static bool is_open(const char *name)
{
        return !name || strchr(name, '%');
}

int network_bridge_name_choose(const Network *network, const NetworkDef *def, NetworkDef **ret, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *copy = NULL;
        char name[IF_NAMESIZE] = "";
        int r;

        if (!network_forward_has_own_bridge(def->forward.mode) || !is_open(def->bridge.name)) {
                if (def->bridge.name && network_forward_has_own_bridge(def->forward.mode) &&
                    is_taken(network, def->bridge.name))
                        return error_set(error, ERROR_INTERNAL, "bridge name '%s' already in use.", def->bridge.name);
                *ret = network_def_ref(def);
                return 0;
        }
        for (unsigned i = 0; i < NUMBERS && !*name; i++) {
                g_snprintf(name, sizeof(name), PATTERN, i);
                if (is_taken(network, name) || if_nametoindex(name) != 0)
                        *name = '\0';
        }
        if (!*name)
                return error_set(error, ERROR_INTERNAL, "Bridge generation exceeded max id %u", NUMBERS - 1);
        copy = network_def_copy(def);
        copy->bridge.name = arena_strdup(copy->arena, name);
        r = network_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}
