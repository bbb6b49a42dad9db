/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tables of the filter format, and what its values look like. */

#include "drivers/model/nwfilter_def.h"

extern const DefType nwfilter_def_type;
extern const DefType nwfilter_binding_def_type;
extern const DefType nwfilter_match_type; /* an element within a rule */

/* Values of rules: each puts its own form of the text, or of a variable, or refuses it. */
extern const DefHatch nwfilter_value_mac;
extern const DefHatch nwfilter_value_mac_mask;
extern const DefHatch nwfilter_value_ip;
extern const DefHatch nwfilter_value_ip_mask;
extern const DefHatch nwfilter_value_ipv6;
extern const DefHatch nwfilter_value_ipv6_mask;
extern const DefHatch nwfilter_value_u8;
extern const DefHatch nwfilter_value_u16;
extern const DefHatch nwfilter_value_u32;
extern const DefHatch nwfilter_value_dscp;
extern const DefHatch nwfilter_value_vlan;
extern const DefHatch nwfilter_value_mac_protocol;
extern const DefHatch nwfilter_value_opcode;
extern const DefHatch nwfilter_value_bool;
extern const DefHatch nwfilter_value_ip_protocol;
extern const DefHatch nwfilter_value_state;
extern const DefHatch nwfilter_value_tcp_flags;
extern const DefHatch nwfilter_value_ipset;
extern const DefHatch nwfilter_value_ipset_flags;
extern const DefHatch nwfilter_value_comment;
