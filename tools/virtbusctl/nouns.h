/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tools/virtbusctl/noun.h"

extern const Noun noun_network, noun_port, noun_interface, noun_filter, noun_binding;
extern const Noun noun_pool, noun_volume, noun_secret, noun_device;
extern const Noun noun_snapshot, noun_checkpoint;

/* What the commands of several kinds have. */
#define FROM_FILE "FILE may be - for standard input.\n"
extern const Option validate_options[], inactive_options[];
extern const OptionBit validate_flag[], inactive_flag[];

/* For columns: bytes, and seconds since 1970. Free with g_free(); NULL for 0. */
char *noun_format_bytes(JsonNode *value);
char *noun_format_time(JsonNode *value);
