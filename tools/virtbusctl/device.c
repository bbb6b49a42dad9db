/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/device.h"

#include "tools/virtbusctl/noun.h"

#include <libxml/parser.h>
#include <string.h>

/* virDomainXMLFlags */
#define XML_INACTIVE (1u << 1)

void device_clear(Device *device)
{
        g_clear_pointer(&device->path, g_free);
        g_clear_pointer(&device->doc, xmlFreeDoc);
        device->element = NULL;
}

static xmlNode *child(xmlNode *parent, const char *name)
{
        xmlNode *node = parent ? xmlFirstElementChild(parent) : NULL;

        while (node && !streq((const char *) node->name, name))
                node = xmlNextElementSibling(node);
        return node;
}

static char *get(xmlNode *element, const char *place)
{
        g_auto(GStrv) parts = g_strsplit(place, "/", -1);
        xmlChar *text = NULL;
        char *copy;

        for (char **part = parts; *part && element; part++) {
                if (**part == '@') {
                        text = xmlGetProp(element, BAD_CAST(*part + 1));
                        break;
                }
                element = child(element, *part);
        }
        copy = g_strdup((const char *) text);
        xmlFree(text);
        return copy;
}

char *device_get(const Device *device, const char *place)
{
        return get(device->element, place);
}

static bool fits(xmlNode *element, const DeviceWanted *wanted)
{
        g_autofree char *type = get(element, "@type");

        if (!streq((const char *) element->name, wanted->element) || (wanted->type && !streq_ptr(type, wanted->type)))
                return false;
        if (!wanted->value)
                return true;
        for (const char *const *place = wanted->places; *place; place++) {
                g_autofree char *text = get(element, *place);

                if (text && g_ascii_strcasecmp(text, wanted->value) == 0)
                        return true;
        }
        return false;
}

static int find(xmlNode *devices, const char *domain, const DeviceWanted *wanted, xmlNode **ret, Failure *failure)
{
        xmlNode *found = NULL;
        const char *type = wanted->type ?: "";

        for (xmlNode *node = devices ? xmlFirstElementChild(devices) : NULL; node; node = xmlNextElementSibling(node)) {
                if (!fits(node, wanted))
                        continue;
                if (found)
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "domain '%s' has several such devices (%s): say which one", domain,
                                           wanted->title);
                found = node;
        }
        if (!found && wanted->value)
                return failure_set(failure, EXIT_STATUS_FAILED, "domain '%s' has no %s%s%s '%s'", domain,
                                   wanted->title, *type ? " of type " : "", type, wanted->value);
        if (!found)
                return failure_set(failure, EXIT_STATUS_FAILED, "domain '%s' has no %s of type %s", domain,
                                   wanted->title, type);
        *ret = found;
        return 0;
}

int device_find(Ctl *ctl, const char *domain, bool inactive, const DeviceWanted *wanted, Device *ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_device_ Device device = {};
        const char *xml;
        int r = ctl_find_domain(ctl, domain, &device.path, failure);

        if (r >= 0)
                r = ctl_call(ctl, device.path, "Domain", "GetXMLDesc", 0, &reply, failure, "u",
                             inactive ? XML_INACTIVE : 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        if (r >= 0) {
                device.doc = xmlReadMemory(xml, (int) strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
                r = device.doc ? 0 : -EBADMSG;
        }
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        r = find(child(xmlDocGetRootElement(device.doc), "devices"), domain, wanted, &device.element, failure);
        if (r < 0)
                return r;
        *ret = device;
        device = (Device) {};
        return 0;
}
