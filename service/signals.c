/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "signals"

#include "service/signals.h"

#include <string.h>

#include "drivers/model/domain.h"
#include "service/base/log.h"
#include "service/call_private.h"
#include "service/delivery.h"
#include "service/manager.h"

static int append_pairs(sd_bus_message *m, const char *const *pairs)
{
        int r = sd_bus_message_open_container(m, 'a', "(ss)");

        for (; r >= 0 && pairs && pairs[0]; pairs += 2)
                r = sd_bus_message_append(m, "(ss)", pairs[0], pairs[1]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_address(sd_bus_message *m, const DomainGraphicsAddress *address)
{
        return sd_bus_message_append(m, "(iss)", address->family, address->node, address->service);
}

/* When the signature goes on with the type: moves it on. */
static bool take_type(const char **signature, const char *type)
{
        if (!g_str_has_prefix(*signature, type))
                return false;
        *signature += strlen(type);
        return true;
}

/*
 * One complete type of the signature, with its value from the list. Moves the signature on; *about becomes an object.
 */
static int append_arg(sd_bus_message *m, const Face *face, const char **signature, const Object **about, va_list *ap)
{
        char path[TREE_PATH_MAX];

        if (take_type(signature, "a{sv}"))
                return params_append(m, va_arg(*ap, const Params *), face->double_box);
        if (take_type(signature, "a(ss)"))
                return append_pairs(m, va_arg(*ap, const char *const *));
        if (take_type(signature, "(iss)"))
                return append_address(m, va_arg(*ap, const DomainGraphicsAddress *));
        switch (*(*signature)++) {
        case 'o':
                *about = va_arg(*ap, const Object *);
                tree_path(face, *about, path);
                return sd_bus_message_append_basic(m, 'o', path);
        case 's':
                return sd_bus_message_append_basic(m, 's', va_arg(*ap, const char *));
        case 'b':
                return sd_bus_message_append_basic(m, 'b', &(int) { va_arg(*ap, int) });
        case 'i':
                return sd_bus_message_append_basic(m, 'i', &(int32_t) { va_arg(*ap, int32_t) });
        case 'u':
                return sd_bus_message_append_basic(m, 'u', &(uint32_t) { va_arg(*ap, uint32_t) });
        case 'x':
                return sd_bus_message_append_basic(m, 'x', &(int64_t) { va_arg(*ap, int64_t) });
        case 't':
                return sd_bus_message_append_basic(m, 't', &(uint64_t) { va_arg(*ap, uint64_t) });
        default: /* the generator refuses every other type */
                g_assert_not_reached();
        }
}

static int emit_on(Bus *bus, const SignalInfo *info, const Object *source, va_list *ap)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        g_autofree char *interface = g_strconcat(bus->face->interface_prefix, info->interface, NULL);
        const char *signature = info->signature;
        /* a driver's signal tells of the object among its arguments */
        const Object *about = source;
        Permission wanted[DELIVERY_PERMISSIONS_MAX];
        char path[TREE_PATH_MAX];
        int r;

        tree_path(bus->face, source, path);
        r = sd_bus_message_new_signal(bus->bus, &m, path, interface, info->name);
        while (r >= 0 && *signature)
                r = append_arg(m, bus->face, &signature, &about, ap);
        if (r < 0)
                return r;
        /* who has asked for it was authorised then */
        if (bus->manager->only_to)
                return sd_bus_send_to(bus->bus, m, bus->manager->only_to, NULL);
        g_assert(info->n_permissions <= ELEMENTSOF(wanted));
        for (size_t i = 0; i < info->n_permissions; i++)
                wanted[i] = info->permissions[i].permission;
        return delivery_send(bus, about, wanted, info->n_permissions, m);
}

void signal_emit(Manager *manager, const SignalInfo *info, const Object *source, ...)
{
        Bus *buses[] = { &manager->native, &manager->libvirt };

        for (size_t i = 0; i < ELEMENTSOF(buses); i++) {
                va_list ap;
                int r;

                if (!(info->faces & buses[i]->face->mask) || !buses[i]->bus || !buses[i]->name_owned)
                        continue;
                va_start(ap, source);
                r = emit_on(buses[i], info, source, &ap);
                va_end(ap);
                if (r < 0)
                        log_debug("signal %s is lost: %s", info->name, g_strerror(-r));
        }
}
