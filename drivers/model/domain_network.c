/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_network.h"

#include <string.h>

static void copy_rate(NetRate *to, const DomainRate *from)
{
        if (!from)
                return;
        def_put(to, average, from->average);
        if (from->peak > 0)
                def_put(to, peak, from->peak);
        if (from->burst > 0)
                def_put(to, burst, from->burst);
        if (from->floor > 0)
                def_put(to, floor, from->floor);
}

/* Strings are still the interface's. */
static void take_wishes(NetworkPortDef *port, const DomainInterface *nic)
{
        const DomainInterfaceRare *rare = nic->rare;

        port->isolated = nic->isolated;
        port->trust_guest_rx_filters = nic->trust_guest_rx_filters;
        if (rare && rare->vlan)
                port->vlan = *rare->vlan;
        if (rare && rare->virtual_port)
                port->virtual_port = *rare->virtual_port;
        if (nic->bandwidth) {
                copy_rate(&port->bandwidth.inbound, nic->bandwidth->inbound);
                copy_rate(&port->bandwidth.outbound, nic->bandwidth->outbound);
        }
}

int domain_network_port(const DomainDef *domain, const DomainInterface *nic, const char *uuid, NetworkPortDef **ret,
                        Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *plain = NULL, *port = NULL, *own = NULL;
        g_autofree char *group = nic->portgroup ? g_markup_printf_escaped("<group>%s</group>", nic->portgroup) : NULL;
        g_autofree char *start = g_markup_printf_escaped("<networkport><uuid>%s</uuid>"
                                                         "<owner><name>%s</name><uuid>%s</uuid></owner>",
                                                         uuid, domain->name, domain->uuid);
        g_autofree char *end = g_markup_printf_escaped("<mac address='%s'/></networkport>", nic->mac);
        g_autofree char *xml = g_strconcat(start, strempty(group), end, NULL);
        int r = network_port_def_parse(xml, strlen(xml), 0, NULL, &plain, error);

        if (r < 0)
                return r;
        port = network_port_def_copy(plain);
        take_wishes(port, nic);
        own = network_port_def_copy(port);
        r = network_port_def_seal(own, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&own);
        return r;
}

static DomainRate *rate_of(DomainDef *live, const NetRate *rate)
{
        DomainRate *copy;

        if (rate->average == 0)
                return NULL;
        copy = domain_def_new(live, DomainRate);
        def_put(copy, average, rate->average);
        if (rate->peak > 0)
                def_put(copy, peak, rate->peak);
        if (rate->burst > 0)
                def_put(copy, burst, rate->burst);
        return copy;
}

static void take_bandwidth(DomainDef *live, DomainInterface *nic, const NetBandwidth *bandwidth)
{
        DomainRate *inbound = rate_of(live, &bandwidth->inbound), *outbound = rate_of(live, &bandwidth->outbound);

        if (!inbound && !outbound)
                return;
        nic->bandwidth = domain_def_new(live, DomainBandwidth);
        nic->bandwidth->inbound = inbound;
        nic->bandwidth->outbound = outbound;
}

static void take_vlan(DomainDef *live, DomainInterface *nic, const NetVlan *vlan)
{
        NetVlan *copy;

        if (!vlan->given || (nic->rare && nic->rare->vlan))
                return;
        copy = domain_def_new(live, NetVlan);
        *copy = *vlan;
        copy->tags.items = NULL;
        copy->tags.n = 0;
        DEF_FOREACH(tag, vlan->tags) {
                NetVlanTag *own = domain_def_new(live, NetVlanTag);

                *own = *tag;
                def_append(live->arena, &copy->tags, own);
        }
        if (!nic->rare)
                nic->rare = domain_def_new(live, DomainInterfaceRare);
        nic->rare->vlan = copy;
}

void domain_network_take_port(DomainDef *live, DomainInterface *nic, const NetworkPortDef *port)
{
        const NetworkPlug *plug = &port->plug;

        nic->portid = domain_def_strdup(live, port->uuid);
        nic->bridge = plug->bridge ? domain_def_strdup(live, plug->bridge) : NULL;
        nic->dev = plug->type == NETWORK_PLUG_DIRECT ? domain_def_strdup(live, plug->dev) : NULL;
        nic->mode = nic->dev ? network_direct_to_string(plug->mode) : NULL;
        if (port->isolated != TRISTATE_ABSENT)
                nic->isolated = port->isolated;
        if (port->trust_guest_rx_filters != TRISTATE_ABSENT)
                nic->trust_guest_rx_filters = port->trust_guest_rx_filters;
        take_vlan(live, nic, &port->vlan);
        take_bandwidth(live, nic, &port->bandwidth);
}

int domain_network_binding(const char *name, const char *uuid, const DomainInterface *nic, NwfilterBindingDef **ret,
                           Error *error)
{
        const DomainFilterRef *ref = nic->rare->filter;
        g_autofree char *start = g_markup_printf_escaped("<filterbinding><owner><name>%s</name><uuid>%s</uuid></owner>"
                                                         "<portdev name='%s'/><mac address='%s'/>"
                                                         "<filterref filter='%s'>", name, uuid, nic->target, nic->mac,
                                                         ref->filter);
        g_autoptr(GString) xml = g_string_new(start);

        DEF_FOREACH(parameter, ref->parameters) {
                g_autofree char *text = g_markup_printf_escaped("<parameter name='%s' value='%s'/>", parameter->name,
                                                                parameter->value);

                g_string_append(xml, text);
        }
        g_string_append(xml, "</filterref></filterbinding>");
        return nwfilter_binding_def_parse(xml->str, xml->len, 0, NULL, ret, error);
}
