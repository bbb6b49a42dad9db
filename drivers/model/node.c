/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/node.h"

#include <string.h>

/* The kernel's limit is 8192 processors. */
#define NUMBER_MAX 65535u

void node_set_clear(NodeSet *set)
{
        g_clear_pointer(&set->has, g_free);
        set->n = 0;
}

static void node_set_add(NodeSet *set, uint32_t first, uint32_t last)
{
        if (last >= set->n) {
                set->has = g_renew(bool, set->has, last + 1);
                memset(set->has + set->n, 0, (last + 1 - set->n) * sizeof(bool));
                set->n = last + 1;
        }
        for (uint32_t i = first; i <= last; i++)
                set->has[i] = true;
}

int node_set_parse(const char *text, NodeSet *ret)
{
        _cleanup_(node_set_clear) NodeSet set = {};
        g_autofree char *copy = g_strchomp(g_strdup(text));
        g_auto(GStrv) ranges = g_strsplit(copy, ",", -1);

        for (char **range = ranges; *range; range++) {
                char *hyphen = strchr(*range, '-');
                uint32_t first, last;

                if (hyphen)
                        *hyphen = '\0';
                if (parse_u32(*range, &first) < 0 || parse_u32(hyphen ? hyphen + 1 : *range, &last) < 0 ||
                    first > last || last > NUMBER_MAX)
                        return -EINVAL;
                node_set_add(&set, first, last);
        }
        *ret = set;
        set = (NodeSet) {};
        return 0;
}
