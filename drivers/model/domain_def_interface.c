/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <interface> */

#define TYPE(t) IS(DOMAIN_INTERFACE_##t)
#define NETWORK WHEN(DomainInterface, type, TYPE(NETWORK))
#define BRIDGE_OR_NETWORK WHEN(DomainInterface, type, TYPE(NETWORK) | TYPE(BRIDGE))
#define DIRECT WHEN(DomainInterface, type, TYPE(DIRECT))
#define DECODED (TYPE(NETWORK) | TYPE(BRIDGE) | TYPE(DIRECT))

static const DefRow mac_rows[] = {
        ATTR(DomainInterface, "address", mac, SYNTAX(def_syntax_mac)),
        RAW_ATTR("type", FLAGS(DEF_INERT)),
        RAW_ATTR("check", FLAGS(DEF_INERT)),
};
static DEF_TYPE(mac_type, DomainInterface, mac_rows);

static const DefRow source_rows[] = {
        ATTR(DomainInterface, "network", network, NETWORK, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterface, "portgroup", portgroup, NETWORK),
        ATTR(DomainInterface, "portid", portid, NETWORK, FLAGS(DEF_LIVE)),
        ATTR(DomainInterface, "bridge", bridge, BRIDGE_OR_NETWORK),
        ATTR(DomainInterface, "dev", dev, DIRECT, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterface, "mode", mode, DIRECT),
};
static DEF_TYPE(source_type, DomainInterface, source_rows);

/* Names that the daemon gave to a tap device are not the user's. */
static bool is_generated_name(const char *name)
{
        static const char *const prefixes[] = { "vnet", "vif", "macvtap", "macvlan" };

        for (unsigned i = 0; name && i < ELEMENTSOF(prefixes); i++)
                if (g_str_has_prefix(name, prefixes[i]))
                        return true;
        return false;
}

static bool print_target(const void *p, const void *field, unsigned flags, GString *out)
{
        const char *name = *(const char *const *) field;

        if (!name || ((flags & DEF_FORMAT_INACTIVE) && is_generated_name(name)))
                return false;
        g_string_append(out, name);
        return true;
}

static const DefHatch target_hatch = { .print = print_target };

static const DefRow target_rows[] = {
        ATTR(DomainInterface, "dev", target, HATCH(target_hatch)),
        ATTR(DomainInterface, "managed", target_managed, YES_NO),
};
static DEF_TYPE(target_type, DomainInterface, target_rows);

static const DefRow model_rows[] = {
        ATTR(DomainInterface, "type", model, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(model_type, DomainInterface, model_rows);

static const DefRow driver_rows[] = {
        ATTR(DomainInterface, "name", driver_name, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "txmode", txmode, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "ioeventfd", ioeventfd, ON_OFF, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "event_idx", event_idx, ON_OFF),
        ATTR(DomainInterface, "queues", queues, RANGE(1, 256)),
        ATTR(DomainInterface, "rx_queue_size", rx_queue_size),
        ATTR(DomainInterface, "tx_queue_size", tx_queue_size),
        RAW_ATTR("rss"),
        RAW_ATTR("rss_hash_report"),
        EMBED(DomainInterface, virtio, domain_virtio_type),
        RAW("host"),
        RAW("guest"),
};
static DEF_TYPE(driver_type, DomainInterface, driver_rows);

static const DefRow script_rows[] = {
        ATTR(DomainInterface, "path", script, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(script_type, DomainInterface, script_rows);

static const DefRow tune_rows[] = {
        ELEMENT(DomainInterface, "sndbuf", sndbuf),
};
static DEF_TYPE(tune_type, DomainInterface, tune_rows);

static const DefRow link_rows[] = {
        ATTR(DomainInterface, "state", link, WORDS(domain_link)),
};
static DEF_TYPE(link_type, DomainInterface, link_rows);

static const DefRow mtu_rows[] = {
        ATTR(DomainInterface, "size", mtu),
};
static DEF_TYPE(mtu_type, DomainInterface, mtu_rows);

static const DefRow interface_rows[] = {
        ATTR(DomainInterface, "type", type, WORDS(domain_interface), FLAGS(DEF_REQUIRED | DEF_HOST)),
        RAW_ATTR("managed"),
        ATTR(DomainInterface, "trustGuestRxFilters", trust_guest_rx_filters, YES_NO, FLAGS(DEF_HOST)),
        GROUP("mac", mac_type),
        GROUP("source", source_type, WHEN(DomainInterface, type, DECODED), FLAGS(DEF_HOST)),
        RAW("source", WHEN(DomainInterface, type, ~DECODED), FLAGS(DEF_HOST)),
        RAW("actual", FLAGS(DEF_LIVE | DEF_INERT)),
        RAW("vlan", FLAGS(DEF_HOST)),
        RAW("virtualport", FLAGS(DEF_HOST)),
        RAW("ip", FLAGS(DEF_HOST)),
        RAW("route", FLAGS(DEF_HOST)),
        RAW("portForward", FLAGS(DEF_HOST)),
        GROUP("script", script_type, FLAGS(DEF_HOST)),
        RAW("downscript", FLAGS(DEF_HOST)),
        CHILD(DomainInterface, "bandwidth", bandwidth, domain_bandwidth_type, FLAGS(DEF_HOST)),
        RAW("port", FLAGS(DEF_HOST)),
        RAW("backenddomain", FLAGS(DEF_HOST)),
        GROUP("target", target_type, FLAGS(DEF_HOST)),
        RAW("guest", FLAGS(DEF_HOST)),
        GROUP("model", model_type),
        GROUP("driver", driver_type),
        RAW("backend", FLAGS(DEF_HOST)),
        RAW("filterref", FLAGS(DEF_HOST)),
        GROUP("tune", tune_type, FLAGS(DEF_HOST)),
        GROUP("link", link_type, FLAGS(DEF_HOST)),
        GROUP("mtu", mtu_type),
        RAW("coalesce", FLAGS(DEF_HOST)),
        RAW("teaming"),
        EMBED(DomainInterface, info, domain_device_type),
};

static void interface_finish(void *p, Arena *arena, bool live)
{
        DomainInterface *interface = p;

        if (live)
                return;
        if (is_generated_name(interface->target))
                interface->target = NULL;
        if (interface->type == DOMAIN_INTERFACE_NETWORK)
                interface->bridge = NULL;
}

DEF_TYPE(domain_interface_type, DomainInterface, interface_rows, .rules = domain_interface_rules,
         .finish = interface_finish);
