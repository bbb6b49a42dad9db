/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a network filter: libvirt's <filter> format (11.3), and of its binding to a port of a domain:
 * <filterbinding>. def.h has the conventions.
 */

#include "drivers/model/definition.h"

typedef enum NwfilterAction {
        NWFILTER_ACTION_DROP = 1,
        NWFILTER_ACTION_ACCEPT,
        NWFILTER_ACTION_REJECT,
        NWFILTER_ACTION_RETURN,
        NWFILTER_ACTION_CONTINUE,
        _NWFILTER_ACTION_MAX,
} NwfilterAction;
DECLARE_WORDS(nwfilter_action, NwfilterAction, _NWFILTER_ACTION_MAX);

typedef enum NwfilterDirection {
        NWFILTER_DIRECTION_IN = 1,
        NWFILTER_DIRECTION_OUT,
        NWFILTER_DIRECTION_INOUT,
        _NWFILTER_DIRECTION_MAX,
} NwfilterDirection;
DECLARE_WORDS(nwfilter_direction, NwfilterDirection, _NWFILTER_DIRECTION_MAX);

/* What a rule matches on. */
typedef enum NwfilterProtocol {
        NWFILTER_PROTOCOL_MAC = 1,
        NWFILTER_PROTOCOL_VLAN,
        NWFILTER_PROTOCOL_STP,
        NWFILTER_PROTOCOL_ARP,
        NWFILTER_PROTOCOL_RARP,
        NWFILTER_PROTOCOL_IP,
        NWFILTER_PROTOCOL_IPV6,
        NWFILTER_PROTOCOL_TCP,
        NWFILTER_PROTOCOL_UDP,
        NWFILTER_PROTOCOL_UDPLITE,
        NWFILTER_PROTOCOL_ESP,
        NWFILTER_PROTOCOL_AH,
        NWFILTER_PROTOCOL_SCTP,
        NWFILTER_PROTOCOL_ICMP,
        NWFILTER_PROTOCOL_ALL,
        NWFILTER_PROTOCOL_IGMP,
        NWFILTER_PROTOCOL_TCP_IPV6,
        NWFILTER_PROTOCOL_UDP_IPV6,
        NWFILTER_PROTOCOL_UDPLITE_IPV6,
        NWFILTER_PROTOCOL_ESP_IPV6,
        NWFILTER_PROTOCOL_AH_IPV6,
        NWFILTER_PROTOCOL_SCTP_IPV6,
        NWFILTER_PROTOCOL_ICMPV6,
        NWFILTER_PROTOCOL_ALL_IPV6,
        _NWFILTER_PROTOCOL_MAX,
} NwfilterProtocol;
DECLARE_WORDS(nwfilter_protocol, NwfilterProtocol, _NWFILTER_PROTOCOL_MAX);

/* The attributes of all protocols, in the order of output. */
typedef enum NwfilterField {
        NWFILTER_SRC_MAC,
        NWFILTER_SRC_MAC_MASK,
        NWFILTER_DST_MAC,
        NWFILTER_DST_MAC_MASK,
        NWFILTER_PROTOCOL_ID,
        NWFILTER_VLAN_ID,
        NWFILTER_ENCAP_PROTOCOL,
        NWFILTER_STP_TYPE,
        NWFILTER_STP_FLAGS,
        NWFILTER_ROOT_PRIORITY,
        NWFILTER_ROOT_PRIORITY_HI,
        NWFILTER_ROOT_ADDRESS,
        NWFILTER_ROOT_ADDRESS_MASK,
        NWFILTER_ROOT_COST,
        NWFILTER_ROOT_COST_HI,
        NWFILTER_SENDER_PRIORITY,
        NWFILTER_SENDER_PRIORITY_HI,
        NWFILTER_SENDER_ADDRESS,
        NWFILTER_SENDER_ADDRESS_MASK,
        NWFILTER_PORT,
        NWFILTER_PORT_HI,
        NWFILTER_AGE,
        NWFILTER_AGE_HI,
        NWFILTER_MAX_AGE,
        NWFILTER_MAX_AGE_HI,
        NWFILTER_HELLO_TIME,
        NWFILTER_HELLO_TIME_HI,
        NWFILTER_FORWARD_DELAY,
        NWFILTER_FORWARD_DELAY_HI,
        NWFILTER_HW_TYPE,
        NWFILTER_PROTOCOL_TYPE,
        NWFILTER_OPCODE,
        NWFILTER_ARP_SRC_MAC,
        NWFILTER_ARP_DST_MAC,
        NWFILTER_ARP_SRC_IP,
        NWFILTER_ARP_SRC_IP_MASK,
        NWFILTER_ARP_DST_IP,
        NWFILTER_ARP_DST_IP_MASK,
        NWFILTER_GRATUITOUS,
        NWFILTER_SRC_IP,
        NWFILTER_SRC_IP_MASK,
        NWFILTER_DST_IP,
        NWFILTER_DST_IP_MASK,
        NWFILTER_SRC_IP_FROM,
        NWFILTER_SRC_IP_TO,
        NWFILTER_DST_IP_FROM,
        NWFILTER_DST_IP_TO,
        NWFILTER_IP_PROTOCOL,
        NWFILTER_DSCP,
        NWFILTER_CONNLIMIT_ABOVE,
        NWFILTER_STATE,
        NWFILTER_SRC_PORT_START,
        NWFILTER_SRC_PORT_END,
        NWFILTER_DST_PORT_START,
        NWFILTER_DST_PORT_END,
        NWFILTER_IP_DSCP, /* of "ip": the same as above */
        NWFILTER_TCP_FLAGS,
        NWFILTER_ICMP_TYPE,
        NWFILTER_ICMP_TYPE_END,
        NWFILTER_ICMP_CODE,
        NWFILTER_ICMP_CODE_END,
        NWFILTER_IPSET,
        NWFILTER_IPSET_FLAGS,
        NWFILTER_COMMENT,
        _NWFILTER_FIELD_MAX,
} NwfilterField;

/* What the value of a field stands for, a word or a number of at most max. -EINVAL: it is neither, as is a variable. */
int nwfilter_value_number(NwfilterField field, const char *text, uint32_t max, uint32_t *ret);

/*
 * One element of a rule. A value is canonical text: a number, an address, a word, or a variable: "$NAME", "$NAME[3]",
 * "$NAME[@1]".
 */
typedef struct NwfilterMatch {
        DefSet set;
        NwfilterProtocol protocol;
        Tristate match; /* NO: packets that are not so */
        const char *values[_NWFILTER_FIELD_MAX];
} NwfilterMatch;

typedef struct NwfilterParameter {
        DefSet set;
        const char *name, *value;
} NwfilterParameter;

/* Another filter whose rules apply here, with values for its variables. */
typedef struct NwfilterRef {
        DefSet set;
        const char *filter;
        DEF_LIST(NwfilterParameter) parameters; /* by name; several values of one in their order */
} NwfilterRef;

typedef struct NwfilterRule {
        DefSet set;
        int32_t priority;
        NwfilterAction action;
        NwfilterDirection direction;
        Tristate state_match;
        DEF_LIST(NwfilterMatch) matches; /* of one protocol: those that are so and those that are not, in turns */
} NwfilterRule;

typedef enum NwfilterEntryType {
        NWFILTER_ENTRY_RULE = 1,
        NWFILTER_ENTRY_REF,
        _NWFILTER_ENTRY_MAX,
} NwfilterEntryType;
DECLARE_WORDS(nwfilter_entry, NwfilterEntryType, _NWFILTER_ENTRY_MAX);

typedef struct NwfilterEntry {
        DefSet set;
        NwfilterEntryType type;
        NwfilterRule rule;
        NwfilterRef ref;
} NwfilterEntry;

typedef struct NwfilterDef {
        DEFINITION_HEAD;
        int32_t priority;
        const char *name, *chain;
        const char *uuid; /* NULL until nwfilter_def_normalize() */
        DEF_LIST(NwfilterEntry) entries; /* in the order of the document */
} NwfilterDef;

DECLARE_DEFINITION(nwfilter_def, NwfilterDef);

/* Gives it a UUID when it has none. The result is sealed. */
int nwfilter_def_normalize(const NwfilterDef *def, NwfilterDef **ret, Error *error);

typedef struct NwfilterBindingDef {
        DEFINITION_HEAD;
        const char *owner_name, *owner_uuid; /* the domain */
        const char *port_dev;                /* the tap device that is filtered */
        const char *link_dev;                /* what it is on top of, or NULL */
        const char *mac;
        NwfilterRef ref;
} NwfilterBindingDef;

DECLARE_DEFINITION(nwfilter_binding_def, NwfilterBindingDef);

/* The element <filterref>, which interfaces of domains have, too. */
extern const DefType nwfilter_ref_type;
