/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/noun.h"

#include <string.h>

/* virsh's names of commands, for the fingers: they do what the command of ours does, and take its words. */

static const struct {
        const char *virsh, *ours;
} prefixes[] = {
        { "net-port-", "port" },
        { "net-", "network" },
        { "iface-", "interface" },
        { "nwfilter-binding-", "nwfilter-binding" },
        { "nwfilter-", "nwfilter" },
        { "pool-", "pool" },
        { "vol-", "volume" },
        { "secret-", "secret" },
        { "nodedev-", "device" },
        { "snapshot-", "snapshot" },
        { "checkpoint-", "checkpoint" },
};

/* What follows a prefix, where ours is another word. */
static const struct {
        const char *virsh, *ours;
} verbs[] = {
        { "destroy", "stop" },
        { "dhcp-leases", "leases" },
        { "event", "watch" },
        { "dettach", "detach" },
};

static const struct {
        const char *virsh, *ours;
} names[] = {
        { "dominfo", "info" },
        { "domstats", "stats" },
        { "domrename", "rename" },
        { "event", "events" },
};

static const Command *find_plain(const char *name)
{
        char *words[] = { (char *) name, NULL };
        size_t n;

        return command_find(words, &n);
}

const Command *alias_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(names[i].virsh, name))
                        return find_plain(names[i].ours);
        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++) {
                const char *verb = name + strlen(prefixes[i].virsh);

                if (!g_str_has_prefix(name, prefixes[i].virsh))
                        continue;
                for (size_t k = 0; k < ELEMENTSOF(verbs); k++)
                        if (streq(verbs[k].virsh, verb))
                                verb = verbs[k].ours;
                return noun_command_find(noun_find(prefixes[i].ours), verb);
        }
        return NULL;
}
