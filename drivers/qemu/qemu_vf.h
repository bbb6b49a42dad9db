/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Virtual functions of network cards (SR-IOV): what the card's physical function, an interface of the host, is told of
 * one of them by netlink (IFLA_VFINFO_LIST of linux/if_link.h). Which function belongs to which stands in /sys
 * (Documentation/ABI/testing/sysfs-bus-pci of Linux); root is "" or where a test has such a tree. All of it blocks: for
 * workers. place, an XPath, begins errors.
 */

#include "drivers/model/domain_interface_def.h"
#include "service/base/error.h"

#include <net/ethernet.h>

typedef struct nl_msg VfMessage;

typedef struct VfSettings {
        uint8_t mac[ETH_ALEN];
        uint16_t vlan;     /* 0: none */
        uint16_t priority; /* of the VLAN */
        uint16_t protocol; /* of the VLAN, ETH_P_8021Q or ETH_P_8021AD, in host order */
        uint32_t link;     /* IFLA_VF_LINK_STATE_* */
        bool has_trust;    /* the card knows of it */
        bool trust;        /* the guest may receive what is not meant for it */
} VfSettings;

/* The interface of the function's card and the function's number there. The interface is to be freed with g_free(). */
int vf_find(const char *root, const char *pci_name, const char *place, char **ret_interface, uint32_t *ret_number,
            Error *error);

int vf_read(const char *interface, uint32_t number, const char *place, VfSettings *ret, Error *error);
/* Says what is different now, and the address in any case: cards refuse all of what they do not know. */
int vf_write(const char *interface, uint32_t number, const VfSettings *settings, const char *place, Error *error);

/* What a definition wants of one that is as now says. */
int vf_settings_wanted(const DomainInterface *interface, const VfSettings *now, const char *place, VfSettings *ret,
                       Error *error);

/* "52:54:00:12:34:56 42 0 33024 0 1", to be read back. Free with g_free(). */
char *vf_settings_to_text(const VfSettings *settings);
int vf_settings_from_text(const char *text, VfSettings *ret);

/* The messages themselves; free with nlmsg_free(). */
VfMessage *vf_message_new(int index, uint32_t number, const VfSettings *from, const VfSettings *to);
/* -ENOENT: the card says nothing of such a function. */
int vf_message_parse(VfMessage *message, uint32_t number, VfSettings *ret);
