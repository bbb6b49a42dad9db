/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_reading.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TUNNEL_FEATURE "tx-udp_tnl-segmentation"

static int ask(int fd, const char *name, void *command)
{
        struct ifreq request = { .ifr_data = command };

        g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
        return ioctl(fd, SIOCETHTOOL, &request);
}

static void add_feature(const NodedevReading *reading, const char *name)
{
        NodeDevFeature *feature = arena_new0(reading->arena, NodeDevFeature);

        feature->name = name;
        def_append(reading->arena, &reading->cap->features, feature);
}

/* The number that the kernel has for a feature now; -ENOENT: it knows none of the name. */
static int feature_index(int fd, const char *name, const char *wanted, uint32_t *ret_n)
{
        g_autofree struct ethtool_sset_info *set = g_malloc0(sizeof(*set) + sizeof(set->data[0]));
        g_autofree struct ethtool_gstrings *strings = NULL;

        set->cmd = ETHTOOL_GSSET_INFO;
        set->sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
        if (ask(fd, name, set) < 0 || set->sset_mask == 0 || set->data[0] > 1024)
                return -ENOENT;
        strings = g_malloc0(sizeof(*strings) + (size_t) set->data[0] * ETH_GSTRING_LEN);
        strings->cmd = ETHTOOL_GSTRINGS;
        strings->string_set = ETH_SS_FEATURES;
        strings->len = set->data[0];
        if (ask(fd, name, strings) < 0)
                return -ENOENT;
        *ret_n = set->data[0];
        for (uint32_t i = 0; i < *ret_n; i++)
                if (strncmp((const char *) strings->data + (size_t) i * ETH_GSTRING_LEN, wanted, ETH_GSTRING_LEN) == 0)
                        return (int) i;
        return -ENOENT;
}

static bool has_tunnels(int fd, const char *name)
{
        g_autofree struct ethtool_gfeatures *features = NULL;
        uint32_t n, blocks;
        int index = feature_index(fd, name, TUNNEL_FEATURE, &n);

        if (index < 0)
                return false;
        blocks = (n + 31) / 32;
        features = g_malloc0(sizeof(*features) + blocks * sizeof(features->features[0]));
        features->cmd = ETHTOOL_GFEATURES;
        features->size = blocks;
        return ask(fd, name, features) >= 0 &&
               (features->features[index / 32].active & UINT32_C(1) << (index % 32)) != 0;
}

static bool has_rdma(const NodedevReading *reading)
{
        g_auto(GStrv) names = sysfs_list(reading->fd, "device/infiniband", "");

        return names != NULL;
}

/* The order is libvirt's. */
static void read_features(const NodedevReading *reading)
{
        static const struct {
                const char *name;
                uint32_t command;
                uint32_t mask;
        } known[] = {
                { "rx", ETHTOOL_GRXCSUM, UINT32_MAX },
                { "tx", ETHTOOL_GTXCSUM, UINT32_MAX },
                { "sg", ETHTOOL_GSG, UINT32_MAX },
                { "tso", ETHTOOL_GTSO, UINT32_MAX },
                { "gso", ETHTOOL_GGSO, UINT32_MAX },
                { "gro", ETHTOOL_GGRO, UINT32_MAX },
                { "lro", ETHTOOL_GFLAGS, ETH_FLAG_LRO },
                { "rxvlan", ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN },
                { "txvlan", ETHTOOL_GFLAGS, ETH_FLAG_TXVLAN },
                { "ntuple", ETHTOOL_GFLAGS, ETH_FLAG_NTUPLE },
                { "rxhash", ETHTOOL_GFLAGS, ETH_FLAG_RXHASH },
        };
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return;
        for (size_t i = 0; i < ELEMENTSOF(known); i++) {
                struct ethtool_value value = { .cmd = known[i].command };

                if (ask(fd, reading->sysname, &value) >= 0 && (value.data & known[i].mask))
                        add_feature(reading, known[i].name);
        }
        if (has_rdma(reading))
                add_feature(reading, "rdma");
        if (has_tunnels(fd, reading->sysname))
                add_feature(reading, "txudptnl");
}

bool nodedev_read_net(NodedevReading *reading)
{
        const char *devtype = udev_device_get_devtype(reading->device);
        NodeDevCap *cap = reading->cap;
        uint32_t speed;

        cap->interface = arena_strdup(reading->arena, reading->sysname);
        cap->address = nodedev_text(reading, "address");
        cap->link_state = nodedev_text(reading, "operstate");
        /* of a link that is not up the kernel knows no speed, or an old one */
        if (streq_ptr(cap->link_state, "up") && nodedev_u32(reading, "speed", 10, &speed) && speed > 0 &&
            speed <= INT32_MAX)
                def_put(cap, link_speed, speed);
        read_features(reading);
        (void) nodedev_add_part(reading, streq_ptr(devtype, "wlan") ? NODEDEV_PART_80211 : NODEDEV_PART_80203);
        reading->suffix = cap->address;
        return true;
}
