/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One device in the definition of a domain, as a person names it. */

#include "tools/virtbusctl/compose.h"
#include "tools/virtbusctl/ctl.h"

/* The definition with the device; the element is the document's. */
typedef struct Device {
        char *path; /* of the domain */
        xmlDoc *doc;
        xmlNode *element;
} Device;

void device_clear(Device *device);
#define _cleanup_device_ _cleanup_(device_clear)

typedef struct DeviceWanted {
        const char *element;       /* "disk" */
        const char *title;         /* what sentences call it */
        const char *const *places; /* "target/@dev": the value at one of them is enough */
        const char *value;         /* NULL: any */
        const char *type;          /* of the element; NULL: any */
} DeviceWanted;

/* In the definition of the domain: the running one, or with inactive that for the next start. Just one has to fit. */
int device_find(Ctl *ctl, const char *domain, bool inactive, const DeviceWanted *wanted, Device *ret, Failure *failure);

/* The text at a place as compose_set() has it, or NULL; free with g_free(). */
char *device_get(const Device *device, const char *place);
