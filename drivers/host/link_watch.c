/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/link_watch.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's own messages are smaller than a page each. */
#define BUFFER_BYTES 65536

struct LinkWatch {
        int fd;
        sd_event_source *source;
        LinkWatchFunc func;
        void *userdata;
};

static const char *link_name(const struct nlmsghdr *message)
{
        const struct ifinfomsg *link = NLMSG_DATA(message);
        int rest = (int) IFLA_PAYLOAD(message);

        for (const struct rtattr *attribute = IFLA_RTA(link); RTA_OK(attribute, rest);
             attribute = RTA_NEXT(attribute, rest))
                if (attribute->rta_type == IFLA_IFNAME && RTA_PAYLOAD(attribute) > 0 &&
                    memchr(RTA_DATA(attribute), '\0', RTA_PAYLOAD(attribute)))
                        return RTA_DATA(attribute);
        return NULL;
}

static void tell(LinkWatch *watch, const struct nlmsghdr *message)
{
        const struct ifaddrmsg *address;
        const struct rtmsg *route;
        char name[IF_NAMESIZE];

        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
                watch->func(watch->userdata, link_name(message));
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
                address = NLMSG_DATA(message);
                watch->func(watch->userdata, if_indextoname(address->ifa_index, name));
                break;
        case RTM_DELLINK:
                watch->func(watch->userdata, NULL);
                break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
                /* a router has others by the thousand, and they say nothing of an interface */
                route = NLMSG_DATA(message);
                if (route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN)
                        watch->func(watch->userdata, NULL);
                break;
        }
}

static int on_messages(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        LinkWatch *watch = userdata;
        g_autofree char *buffer = g_malloc(BUFFER_BYTES);
        struct sockaddr_nl from = {};
        socklen_t from_size = sizeof(from);
        ssize_t n = recvfrom(fd, buffer, BUFFER_BYTES, MSG_DONTWAIT, (struct sockaddr *) &from, &from_size);
        unsigned left;

        if (n < 0) {
                if (errno == ENOBUFS)
                        watch->func(watch->userdata, NULL);
                return 0;
        }
        if (from.nl_pid != 0)
                return 0;
        left = (unsigned) n;
        for (const struct nlmsghdr *message = (void *) buffer; NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left))
                tell(watch, message);
        return 0;
}

int link_watch_new(sd_event *event, LinkWatchFunc func, void *userdata, LinkWatch **ret, Error *error)
{
        const struct sockaddr_nl address = {
                .nl_family = AF_NETLINK,
                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                             RTMGRP_IPV6_ROUTE,
        };
        LinkWatch *watch = g_new0(LinkWatch, 1);
        int r = 0;

        watch->func = func;
        watch->userdata = userdata;
        watch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (watch->fd < 0 || bind(watch->fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                r = -errno;
        if (r >= 0)
                r = sd_event_add_io(event, &watch->source, watch->fd, EPOLLIN, on_messages, watch);
        if (r < 0) {
                link_watch_free(watch);
                return error_set_errno(error, r, "cannot hear of changes of network interfaces");
        }
        *ret = watch;
        return 0;
}

LinkWatch *link_watch_free(LinkWatch *watch)
{
        if (!watch)
                return NULL;
        sd_event_source_disable_unref(watch->source);
        safe_close(watch->fd);
        g_free(watch);
        return NULL;
}
