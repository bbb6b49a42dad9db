/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Channel subsystems and cryptographic cards: what only s390x has. */

#include "drivers/nodedev/nodedev_reading.h"

#include <stdio.h>
#include <string.h>

static bool parse_ccw(const char *text, NodeDevCcwAddress *ret)
{
        unsigned cssid, ssid, devno;
        int end = 0;

        if (!text || sscanf(text, "%x.%x.%x%n", &cssid, &ssid, &devno, &end) != 3 || text[end])
                return false;
        def_put(ret, cssid, cssid);
        def_put(ret, ssid, ssid);
        def_put(ret, devno, devno);
        return true;
}

bool nodedev_read_ccw(NodedevReading *reading)
{
        g_autofree char *group = sysfs_link(reading->fd, "group_device");

        if (!parse_ccw(reading->sysname, &reading->cap->ccw))
                return false;
        if (group) {
                g_autofree char *name = g_strconcat("ccwgroup_", group, NULL);
                NodeDevPart *part = nodedev_add_part(reading, NODEDEV_PART_CCWGROUP_MEMBER);

                part->group_device = arena_strdup(reading->arena,
                                                  g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_'));
        }
        return true;
}

bool nodedev_read_css(NodedevReading *reading)
{
        const char *driver = reading->def->driver, *channel = nodedev_text(reading, "dev_busid");
        NodeDevCcwAddress address = {};

        /* subchannels of other kinds are none of a device */
        if (!driver || (!streq(driver, "io_subchannel") && !streq(driver, "vfio_ccw")) ||
            !parse_ccw(reading->sysname, &reading->cap->ccw))
                return false;
        if (parse_ccw(channel, &address)) {
                reading->cap->channel = arena_new0(reading->arena, NodeDevCcwAddress);
                *reading->cap->channel = address;
        }
        nodedev_add_mdev_types(reading);
        return true;
}

/* libvirt names the devices of a group of three so, in the order of their links. */
static void read_members(const NodedevReading *reading)
{
        g_auto(GStrv) names = sysfs_list(reading->fd, ".", "cdev");

        for (char **name = names; name && *name; name++) {
                g_autofree char *device = sysfs_link(reading->fd, *name), *full = NULL;
                NodeDevCcwMember *member = arena_new0(reading->arena, NodeDevCcwMember);

                if (!device)
                        continue;
                full = g_strconcat("ccw_", device, NULL);
                member->ref = arena_strdup(reading->arena, *name);
                member->device = arena_strdup(reading->arena,
                                              g_strcanon(full, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_'));
                def_append(reading->arena, &reading->cap->members, member);
        }
}

bool nodedev_read_ccwgroup(NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        uint32_t online = 0;

        if (!parse_ccw(reading->sysname, &cap->ccw))
                return false;
        (void) nodedev_u32(reading, "online", 10, &online);
        cap->state = online ? "online" : "offline";
        read_members(reading);
        if (streq_ptr(reading->def->driver, "qeth")) {
                NodeDevPart *part = nodedev_add_part(reading, NODEDEV_PART_QETH_GENERIC);

                part->card_type = nodedev_text(reading, "card_type");
                part->chpid = nodedev_text(reading, "chpid");
        }
        return true;
}

bool nodedev_read_ap_card(NodedevReading *reading)
{
        unsigned adapter;

        if (sscanf(reading->sysname, "card%x", &adapter) != 1)
                return false;
        def_put(reading->cap, ap_adapter, adapter);
        return true;
}

bool nodedev_read_ap_queue(NodedevReading *reading)
{
        unsigned adapter, domain;

        if (sscanf(reading->sysname, "%x.%x", &adapter, &domain) != 2)
                return false;
        def_put(reading->cap, ap_adapter, adapter);
        def_put(reading->cap, ap_domain, domain);
        return true;
}

bool nodedev_read_ap_matrix(NodedevReading *reading)
{
        nodedev_add_mdev_types(reading);
        return true;
}
