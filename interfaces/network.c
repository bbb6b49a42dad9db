/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/network-contract.h"

#include <string.h>

#include "drivers/model/domain_metadata.h"
#include "interfaces/support.h"
#include "service/call.h"

/* virNetworkUpdateFlags */
enum {
        AFFECT_LIVE = 1 << 0,
        AFFECT_CONFIG = 1 << 1,
};

/* virNetworkXMLFlags */
enum {
        XML_INACTIVE = 1 << 0,
};

static const NetworkOps *ops(const Network *network)
{
        return &network->object.driver->info->network;
}

int network_property_active(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "b", network_is_active(network));
}

int network_property_autostart(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "b", network->autostart);
}

int network_property_autostart_set(Call *call, Network *network, const NetworkPropertyAutostartSetArgs *args,
                                   Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(network)->set_autostart)
                return error_unsupported(error, "virNetworkSetAutostart");
        if (!network->config)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot set autostart for transient network");
        r = call_job_begin(call, "set-autostart", &network->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->set_autostart(network, args->value, job, error), NULL, error);
}

int network_property_bridge_name(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(network_def_of(network, false)->bridge.name));
}

static int append_text(sd_bus_message *reply, const char *name, const char *value)
{
        return isempty(value) ? 0 : sd_bus_message_append(reply, "{sv}", name, "s", value);
}

static int append_lease(sd_bus_message *reply, const NetworkDhcpLease *lease)
{
        const char *type = lease->type == NETWORK_ADDRESS_IPV6 ? "ipv6" : "ipv4";
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (r < 0 || (r = append_text(reply, "interface", lease->interface)) < 0 ||
            (r = sd_bus_message_append(reply, "{sv}", "expiry", "x", lease->expiry)) < 0 ||
            (r = append_text(reply, "type", type)) < 0 || (r = append_text(reply, "mac", lease->mac)) < 0 ||
            (r = append_text(reply, "ip", lease->ip)) < 0 ||
            (r = sd_bus_message_append(reply, "{sv}", "prefix", "u", lease->prefix)) < 0 ||
            (r = append_text(reply, "iaid", lease->iaid)) < 0 ||
            (r = append_text(reply, "hostname", lease->hostname)) < 0 ||
            (r = append_text(reply, "client-id", lease->client_id)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

int network_property_leases(sd_bus_message *reply, Network *network, Error *error)
{
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

        for (unsigned i = 0; r >= 0 && i < network->leases->len; i++)
                r = append_lease(reply, network->leases->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int network_property_name(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "s", network->name);
}

int network_property_persistent(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "b", network->config != NULL);
}

int network_property_uuid(sd_bus_message *reply, Network *network, Error *error)
{
        return sd_bus_message_append(reply, "s", network->uuid);
}

int network_create(Call *call, Network *network, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(network)->start)
                return error_unsupported(error, "virNetworkCreate");
        r = call_job_begin(call, "start", &network->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->start(network, NULL, job, error), NULL, error);
}

int network_destroy(Call *call, Network *network, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(network)->stop)
                return error_unsupported(error, "virNetworkDestroy");
        r = call_job_begin(call, "destroy", &network->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->stop(network, job, error), NULL, error);
}

int network_undefine(Call *call, Network *network, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(network)->undefine)
                return error_unsupported(error, "virNetworkUndefine");
        r = call_job_begin(call, "undefine", &network->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->undefine(network, job, error), NULL, error);
}

int network_get_xml_desc(Call *call, Network *network, const NetworkGetXMLDescArgs *args, Error *error)
{
        bool inactive = args->flags & XML_INACTIVE;
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, XML_INACTIVE, error);

        if (r < 0)
                return r;
        xml = network_def_format(network_def_of(network, inactive), inactive ? DEF_FORMAT_INACTIVE : 0);
        return call_reply(call, "s", xml);
}

int network_get_dhcp_leases(Call *call, Network *network, const NetworkGetDHCPLeasesArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char mac[32] = "";
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (*args->mac && !def_syntax_mac.canonicalize(args->mac, mac, sizeof(mac)))
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no MAC address", args->mac);
        if ((r = call_reply_new(call, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(sxisssuss)")) < 0)
                return r;
        for (unsigned i = 0; i < network->leases->len; i++) {
                const NetworkDhcpLease *lease = network->leases->pdata[i];

                if (*mac && !streq(lease->mac, mac))
                        continue;
                r = sd_bus_message_append(reply, "(sxisssuss)", lease->interface, lease->expiry,
                                          (int32_t) lease->type, lease->mac, lease->iaid, lease->ip, lease->prefix,
                                          lease->hostname, lease->client_id);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

/* The definitions that the flags mean, borrowed; those that they do not are NULL. */
static int choose_definitions(const Network *network, uint32_t flags, const NetworkDef **ret_live,
                              const NetworkDef **ret_config, Error *error)
{
        int r = flags_check(flags, AFFECT_LIVE | AFFECT_CONFIG, error);

        if (r < 0)
                return r;
        if (flags == 0)
                flags = network_is_active(network) ? AFFECT_LIVE : AFFECT_CONFIG;
        if ((flags & AFFECT_LIVE) && !network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network is not running");
        if ((flags & AFFECT_CONFIG) && !network->config)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot change persistent config of a transient network");
        *ret_live = flags & AFFECT_LIVE ? network->live : NULL;
        *ret_config = flags & AFFECT_CONFIG ? network->config : NULL;
        return 0;
}

/* One change of a definition, of both where that is wanted. */
typedef int (*Change)(const NetworkDef *def, const void *args, NetworkDef **ret, Error *error);

static int change_definitions(Call *call, Network *network, uint32_t flags, const char *kind, Change change,
                              const void *args, CallJobReply reply, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *new_live = NULL, *new_config = NULL;
        const NetworkDef *live = NULL, *config = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = choose_definitions(network, flags, &live, &config, error);

        if (r >= 0 && live)
                r = change(live, args, &new_live, error);
        if (r >= 0 && config)
                r = change(config, args, &new_config, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, kind, &network->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->change(network, new_live, new_config, job, error), reply, error);
}

static int update(const NetworkDef *def, const void *p, NetworkDef **ret, Error *error)
{
        const NetworkUpdateArgs *args = p;

        return network_def_update(def, args->command, args->section, args->parent_index, args->xml,
                                  strlen(args->xml), ret, error);
}

int network_update(Call *call, Network *network, const NetworkUpdateArgs *args, Error *error)
{
        if (!ops(network)->change)
                return error_unsupported(error, "virNetworkUpdate");
        return change_definitions(call, network, args->flags, "update", update, args, NULL, error);
}

/* Metadata */

static int check_metadata(int32_t type, const char *uri, const char *function, Error *error)
{
        if (type < NETWORK_METADATA_DESCRIPTION || type > NETWORK_METADATA_ELEMENT)
                return error_set(error, ERROR_INVALID_ARG, "unknown metadata type '%" PRId32 "'", type);
        if (type == NETWORK_METADATA_ELEMENT && isempty(uri))
                return error_set(error, ERROR_INVALID_ARG, "uri in %s must not be NULL", function);
        return 0;
}

int network_get_metadata(Call *call, Network *network, const NetworkGetMetadataArgs *args, Error *error)
{
        const NetworkDef *live = NULL, *config = NULL, *def;
        g_autofree char *element = NULL;
        const char *text = NULL;
        int r = check_metadata(args->type, args->uri, "virNetworkGetMetadata", error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, AFFECT_LIVE | AFFECT_CONFIG, "1 and 2", error);
        if (r >= 0)
                r = choose_definitions(network, args->flags, &live, &config, error);
        if (r < 0)
                return r;
        def = live ?: config;
        switch ((NetworkMetadata) args->type) {
        case NETWORK_METADATA_DESCRIPTION:
                text = def->description;
                break;
        case NETWORK_METADATA_TITLE:
                text = def->title;
                break;
        case NETWORK_METADATA_ELEMENT:
                text = element = metadata_get(def->metadata, args->uri);
                break;
        }
        if (!text)
                return error_set(error, ERROR_NO_NETWORK_METADATA, "Requested metadata element is not present");
        return call_reply(call, "s", text);
}

static int put_metadata(const NetworkDef *def, const void *p, NetworkDef **ret, Error *error)
{
        const NetworkSetMetadataArgs *args = p;
        _cleanup_(network_def_unrefp) NetworkDef *copy = network_def_copy(def);
        const char *text = isempty(args->metadata) ? NULL : arena_strdup(copy->arena, args->metadata);
        g_autofree char *metadata = NULL;
        int r = 0;

        switch ((NetworkMetadata) args->type) {
        case NETWORK_METADATA_DESCRIPTION:
                copy->description = text;
                break;
        case NETWORK_METADATA_TITLE:
                copy->title = text;
                break;
        case NETWORK_METADATA_ELEMENT:
                r = metadata_set(copy->metadata, args->key, args->uri, text, &metadata, error);
                copy->metadata = arena_strdup(copy->arena, metadata);
                break;
        }
        if (r >= 0)
                r = network_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

/* What the signal needs when the job is done. */
typedef struct Note {
        NetworkMetadata type;
        char *uri;
} Note;

static void note_free(void *data)
{
        Note *note = data;

        g_free(note->uri);
        g_free(note);
}

static int metadata_changed(Call *call, Job *job, Error *error)
{
        const Note *note = call_data(call);

        network_announce_metadata((Network *) job_object(job), note->type, note->uri);
        return call_reply(call, NULL);
}

int network_set_metadata(Call *call, Network *network, const NetworkSetMetadataArgs *args, Error *error)
{
        int r = check_metadata(args->type, args->uri, "virNetworkSetMetadata", error);
        Note *note;

        if (r < 0)
                return r;
        if (!ops(network)->change)
                return error_unsupported(error, "virNetworkSetMetadata");
        note = g_new(Note, 1);
        note->type = (NetworkMetadata) args->type;
        note->uri = g_strdup(args->type == NETWORK_METADATA_ELEMENT ? args->uri : "");
        call_set_data(call, note, note_free);
        return change_definitions(call, network, args->flags, "set-metadata", put_metadata, args, metadata_changed,
                                  error);
}
