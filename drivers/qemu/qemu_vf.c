/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_vf.h"

#include "drivers/model/net_def.h"
#include "service/base/util.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#define PCI_DEVICES "/sys/bus/pci/devices/"
/* A card has at most as many functions as fit into 16 bits, and few have more than 256. */
#define FUNCTIONS_MAX 65536u
/* Many drivers take an address of zeros for none and refuse it; this one is nobody's (libvirt uses it, too). */
static const uint8_t no_mac[ETH_ALEN] = {}, free_mac[ETH_ALEN] = { 0x02 };

static void socket_free(struct nl_sock **sock)
{
        nl_socket_free(*sock);
}

/* -- which one ------------------------------------------------------------------------------------------------ */

static bool leads_to(const char *directory, uint32_t number, const char *pci_name)
{
        g_autofree char *path = g_strdup_printf("%s/virtfn%" PRIu32, directory, number);
        g_autofree char *target = g_file_read_link(path, NULL), *name = target ? g_path_get_basename(target) : NULL;

        return streq_ptr(name, pci_name);
}

static bool find_number(const char *directory, const char *pci_name, uint32_t *ret)
{
        g_autofree char *path = g_build_filename(directory, "sriov_numvfs", NULL), *text = NULL;
        uint32_t n = 0;

        if (read_file_at(AT_FDCWD, path, 32, &text, NULL) < 0 || parse_u32(g_strstrip(text), &n) < 0)
                return false;
        for (uint32_t i = 0; i < MIN(n, FUNCTIONS_MAX); i++)
                if (leads_to(directory, i, pci_name)) {
                        *ret = i;
                        return true;
                }
        return false;
}

/* A card with several ports has several interfaces: the function's own, as long as it has one, is of the same port. */
static char *port_of(const char *interfaces, const char *name)
{
        g_autofree char *path = g_build_filename(interfaces, name, "phys_port_id", NULL), *text = NULL;

        return read_file_at(AT_FDCWD, path, 256, &text, NULL) >= 0 ? g_strdup(g_strstrip(text)) : NULL;
}

static char *find_interface(const char *directory, const char *function)
{
        g_autofree char *interfaces = g_build_filename(directory, "net", NULL);
        g_autofree char *own = g_build_filename(function, "net", NULL), *port = NULL, *found = NULL;
        g_autoptr(GDir) dir = g_dir_open(interfaces, 0, NULL), own_dir = g_dir_open(own, 0, NULL);
        const char *name = own_dir ? g_dir_read_name(own_dir) : NULL;

        if (name)
                port = port_of(own, name);
        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *other = port_of(interfaces, name);

                if (found && !(port && streq_ptr(other, port)))
                        continue;
                g_free(found);
                found = g_strdup(name);
        }
        return g_steal_pointer(&found);
}

int vf_find(const char *root, const char *pci_name, const char *place, char **ret_interface, uint32_t *ret_number,
            Error *error)
{
        g_autofree char *function = g_strconcat(root, PCI_DEVICES, pci_name, NULL);
        g_autofree char *card = g_build_filename(function, "physfn", NULL), *interface = NULL;

        if (access(function, F_OK) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the host has no device '%s'", place, function);
        if (access(card, F_OK) < 0 || !find_number(card, pci_name, ret_number))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: '%s' is no virtual function of a network card (SR-IOV), so its address cannot be "
                                 "set: <hostdev type='pci'> gives the guest a card as it is",
                                 place, pci_name);
        interface = find_interface(card, function);
        if (!interface)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the card that '%s' is a function of is no network interface of the host", place,
                                 pci_name);
        *ret_interface = g_steal_pointer(&interface);
        return 0;
}

/* -- messages ------------------------------------------------------------------------------------------------- */

static VfMessage *link_message(int type, int index)
{
        struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = index };
        VfMessage *message = nlmsg_alloc_simple(type, 0);

        (void) nlmsg_append(message, &head, sizeof(head), NLMSG_ALIGNTO);
        return message;
}

VfMessage *vf_message_new(int index, uint32_t number, const VfSettings *from, const VfSettings *to)
{
        VfMessage *message = link_message(RTM_SETLINK, index);
        struct ifla_vf_mac mac = { .vf = number };
        const struct ifla_vf_vlan_info vlan = {
                .vf = number,
                .vlan = to->vlan,
                .qos = to->priority,
                .vlan_proto = htons(to->protocol ?: ETH_P_8021Q),
        };
        const struct ifla_vf_link_state state = { .vf = number, .link_state = to->link };
        const struct ifla_vf_trust trust = { .vf = number, .setting = to->trust };
        struct nlattr *list = nla_nest_start(message, IFLA_VFINFO_LIST);
        struct nlattr *info = nla_nest_start(message, IFLA_VF_INFO), *vlans;

        memcpy(mac.mac, to->mac, ETH_ALEN);
        (void) nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
        if (from->vlan != to->vlan || from->priority != to->priority || from->protocol != to->protocol) {
                vlans = nla_nest_start(message, IFLA_VF_VLAN_LIST);
                (void) nla_put(message, IFLA_VF_VLAN_INFO, sizeof(vlan), &vlan);
                nla_nest_end(message, vlans);
        }
        if (from->link != to->link)
                (void) nla_put(message, IFLA_VF_LINK_STATE, sizeof(state), &state);
        if (to->has_trust && from->trust != to->trust)
                (void) nla_put(message, IFLA_VF_TRUST, sizeof(trust), &trust);
        nla_nest_end(message, info);
        nla_nest_end(message, list);
        return message;
}

static const void *attribute(struct nlattr *const *attributes, int type, size_t size)
{
        return attributes[type] && nla_len(attributes[type]) >= (int) size ? nla_data(attributes[type]) : NULL;
}

static bool parse_info(struct nlattr *info, uint32_t number, VfSettings *ret)
{
        struct nlattr *attributes[IFLA_VF_MAX + 1] = {}, *vlans[IFLA_VF_VLAN_INFO_MAX + 1] = {};
        const struct ifla_vf_mac *mac;
        const struct ifla_vf_vlan *vlan;
        const struct ifla_vf_vlan_info *more;
        const struct ifla_vf_link_state *state;
        const struct ifla_vf_trust *trust;

        if (nla_parse_nested(attributes, IFLA_VF_MAX, info, NULL) < 0)
                return false;
        mac = attribute(attributes, IFLA_VF_MAC, sizeof(*mac));
        if (!mac || mac->vf != number)
                return false;
        *ret = (VfSettings) { .protocol = ETH_P_8021Q };
        memcpy(ret->mac, mac->mac, ETH_ALEN);
        if ((vlan = attribute(attributes, IFLA_VF_VLAN, sizeof(*vlan)))) {
                ret->vlan = (uint16_t) vlan->vlan;
                ret->priority = (uint16_t) vlan->qos;
        }
        if (attributes[IFLA_VF_VLAN_LIST] &&
            nla_parse_nested(vlans, IFLA_VF_VLAN_INFO_MAX, attributes[IFLA_VF_VLAN_LIST], NULL) >= 0 &&
            (more = attribute(vlans, IFLA_VF_VLAN_INFO, sizeof(*more))))
                ret->protocol = ntohs(more->vlan_proto);
        if ((state = attribute(attributes, IFLA_VF_LINK_STATE, sizeof(*state))))
                ret->link = state->link_state;
        /* a card that does not know it says so by all bits */
        if ((trust = attribute(attributes, IFLA_VF_TRUST, sizeof(*trust))) && trust->setting != UINT32_MAX) {
                ret->has_trust = true;
                ret->trust = trust->setting != 0;
        }
        return true;
}

int vf_message_parse(VfMessage *message, uint32_t number, VfSettings *ret)
{
        struct nlattr *attributes[IFLA_MAX + 1] = {}, *info;
        int left;

        if (nlmsg_parse(nlmsg_hdr(message), sizeof(struct ifinfomsg), attributes, IFLA_MAX, NULL) < 0 ||
            !attributes[IFLA_VFINFO_LIST])
                return -ENOENT;
        nla_for_each_nested(info, attributes[IFLA_VFINFO_LIST], left)
                if (nla_type(info) == IFLA_VF_INFO && parse_info(info, number, ret))
                        return 0;
        return -ENOENT;
}

/* -- the kernel ----------------------------------------------------------------------------------------------- */

typedef struct Reading {
        uint32_t number;
        VfSettings *settings;
        bool found;
} Reading;

static int on_message(struct nl_msg *message, void *userdata)
{
        Reading *reading = userdata;

        reading->found |= vf_message_parse(message, reading->number, reading->settings) >= 0;
        return NL_OK;
}

static int open_socket(struct nl_sock **ret)
{
        *ret = nl_socket_alloc();
        return *ret ? nl_connect(*ret, NETLINK_ROUTE) : -NLE_NOMEM;
}

int vf_read(const char *interface, uint32_t number, const char *place, VfSettings *ret, Error *error)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        Reading reading = { .number = number, .settings = ret };
        VfMessage *message;
        int r = open_socket(&sock);

        if (r >= 0) {
                /* what a card says of all its functions may be long */
                nl_socket_enable_msg_peek(sock);
                r = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, &reading);
        }
        if (r >= 0) {
                message = link_message(RTM_GETLINK, (int) if_nametoindex(interface));
                (void) nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_VF);
                r = nl_send_auto(sock, message);
                nlmsg_free(message);
        }
        if (r >= 0)
                r = nl_recvmsgs_default(sock);
        if (r < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: cannot read what '%s' says of its functions: %s",
                                 place, interface, nl_geterror(r));
        if (!reading.found)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the interface '%s' says nothing of its virtual function %" PRIu32, place,
                                 interface, number);
        return 0;
}

static int send_settings(const char *interface, uint32_t number, const VfSettings *from, const VfSettings *to)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        int r = open_socket(&sock);

        return r < 0 ? r
                     : nl_send_sync(sock, vf_message_new((int) if_nametoindex(interface), number, from, to));
}

int vf_write(const char *interface, uint32_t number, const VfSettings *settings, const char *place, Error *error)
{
        VfSettings now;
        int r = vf_read(interface, number, place, &now, error);

        if (r < 0)
                return r;
        r = send_settings(interface, number, &now, settings);
        if (r < 0 && memcmp(settings->mac, no_mac, ETH_ALEN) == 0) {
                VfSettings other = *settings;

                memcpy(other.mac, free_mac, ETH_ALEN);
                r = send_settings(interface, number, &now, &other);
        }
        return r < 0 ? error_set(error, ERROR_OPERATION_FAILED,
                                 "%s: '%s' does not take what its virtual function %" PRIu32 " is to have: %s", place,
                                 interface, number, nl_geterror(r))
                     : 0;
}

/* -- what is wanted ------------------------------------------------------------------------------------------- */

int vf_settings_wanted(const DomainInterface *interface, const VfSettings *now, const char *place, VfSettings *ret,
                       Error *error)
{
        const NetVlan *vlan = interface->rare ? interface->rare->vlan : NULL;
        VfSettings wanted = *now;
        struct ether_addr mac;

        if (!interface->mac || !ether_aton_r(interface->mac, &mac))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s/mac: it is missing", place);
        memcpy(wanted.mac, mac.ether_addr_octet, ETH_ALEN);
        wanted.vlan = vlan && vlan->tags.n > 0 ? (uint16_t) vlan->tags.items[0]->id : 0;
        wanted.priority = 0;
        wanted.protocol = ETH_P_8021Q;
        if (interface->link == DOMAIN_LINK_DOWN)
                wanted.link = IFLA_VF_LINK_STATE_DISABLE;
        if (interface->trust_guest_rx_filters == TRISTATE_YES && !now->has_trust)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s/@trustGuestRxFilters: the driver of the card trusts no virtual function", place);
        wanted.trust = interface->trust_guest_rx_filters == TRISTATE_YES;
        *ret = wanted;
        return 0;
}

char *vf_settings_to_text(const VfSettings *settings)
{
        const uint8_t *mac = settings->mac;

        return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x %u %u %u %" PRIu32 " %d", mac[0], mac[1], mac[2], mac[3],
                               mac[4], mac[5], settings->vlan, settings->priority, settings->protocol, settings->link,
                               settings->has_trust ? settings->trust : -1);
}

int vf_settings_from_text(const char *text, VfSettings *ret)
{
        VfSettings settings = {};
        uint8_t *mac = settings.mac;
        int n, trust;

        n = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx %hu %hu %hu %" SCNu32 " %d", mac, mac + 1, mac + 2,
                   mac + 3, mac + 4, mac + 5, &settings.vlan, &settings.priority, &settings.protocol, &settings.link,
                   &trust);
        if (n != 11)
                return -EINVAL;
        settings.has_trust = trust >= 0;
        settings.trust = trust > 0;
        *ret = settings;
        return 0;
}
