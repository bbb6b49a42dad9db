/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A network interface of the host as the daemon knows it. */

#include "drivers/model/interface_def.h"
#include "drivers/model/object.h"

enum {
        INTERFACE_CHANGED_ACTIVE = 1 << 0,
        INTERFACE_CHANGED_CONFIG = 1 << 1,
};

typedef struct Interface {
        Object object; /* its key is the name */
        char *name;
        InterfaceDef *def;
        bool active;
} Interface;

/* "" when the definition says none. */
const char *interface_mac(const Interface *interface);

/* Adds what polkit is told of one. */
void interface_describe_def(const InterfaceDef *def, Details *details);

/* *ret is borrowed, inactive and has the definition. ERROR_RESOURCE_BUSY when it is being made. */
int interface_list_add(ObjectList *list, const InterfaceDef *def, Interface **ret, Error *error);

/* The published ones with the address: how many there are, and the first, borrowed. */
unsigned interface_list_find_mac(const ObjectList *list, const char *mac, Interface **ret);

/* They announce. */
void interface_put_def(Interface *interface, const InterfaceDef *def);
void interface_put_active(Interface *interface, bool active);
