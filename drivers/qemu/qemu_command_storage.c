/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/qemu/qemu_companion_dir.h"
#include "drivers/qemu/qemu_hostdev.h"

/* Layers of disks on servers: QEMU speaks with them itself. */

#include <string.h>

static const DomainStorageHost *first_host(const DomainStorage *source)
{
        return source->hosts.n > 0 ? source->hosts.items[0] : NULL;
}

static bool is_unix(const DomainStorageHost *host)
{
        return streq_ptr(host->transport, "unix");
}

/* QEMU's SocketAddress. */
static JsonObject *socket_address(const DomainStorageHost *host, const char *port)
{
        if (is_unix(host))
                return qmp_object("s:type", "unix", "s:path", host->socket, NULL);
        return qmp_object("s:type", "inet", "s:host", host->name, "s:port", host->port ?: port, NULL);
}

/* The same without a type, as older drivers want it. */
static JsonObject *inet_address(const DomainStorageHost *host, const char *port)
{
        return qmp_object("s:host", host->name, "s:port", host->port ?: port, NULL);
}

static JsonObject *nbd_node(const DomainStorage *source)
{
        JsonObject *node = qmp_object("s:driver", "nbd", "o:server", socket_address(first_host(source), "10809"),
                                      "s:export", source->name, NULL);

        if (source->network)
                build_put_number(node, "reconnect-delay", source->network, reconnect_delay);
        return node;
}

/* "pool/image" */
static JsonObject *rbd_node(const DomainStorage *source)
{
        const DomainStorageNetwork *network = source->network;
        g_auto(GStrv) parts = g_strsplit(strempty(source->name), "/", 2);
        JsonArray *servers = json_array_new();
        JsonObject *node;

        /* without a port the client tries those of both versions of the protocol */
        DEF_FOREACH(host, source->hosts)
                json_array_add_object_element(servers, inet_address(host, "0"));
        node = qmp_object("s:driver", "rbd", "s:pool", parts[0] ?: "", "s:image", parts[0] && parts[1] ? parts[1] : "",
                          "s:conf", network ? network->config : NULL, "s:snapshot", network ? network->snapshot : NULL,
                          NULL);
        if (source->hosts.n > 0)
                json_object_set_array_member(node, "server", servers);
        else
                json_array_unref(servers);
        return node;
}

static JsonObject *gluster_node(const DomainStorage *source)
{
        g_auto(GStrv) parts = g_strsplit(strempty(source->name), "/", 2);
        JsonArray *servers = json_array_new();

        DEF_FOREACH(host, source->hosts)
                json_array_add_object_element(servers, socket_address(host, "24007"));
        return qmp_object("s:driver", "gluster", "s:volume", parts[0] ?: "", "s:path",
                          parts[0] && parts[1] ? parts[1] : "", "a:server", servers, NULL);
}

JsonObject *build_iscsi_node(const DomainStorageHost *host, const char *name, const char *initiator)
{
        g_auto(GStrv) parts = g_strsplit(strempty(name), "/", 2);
        g_autofree char *portal = g_strdup_printf(strchr(host->name, ':') ? "[%s]:%s" : "%s:%s", host->name,
                                                  host->port ?: "3260");
        uint32_t lun = 0;

        if (parts[0] && parts[1])
                (void) parse_u32(parts[1], &lun);
        return qmp_object("s:driver", "iscsi", "s:portal", portal, "s:target", parts[0] ?: "", "u:lun", lun,
                          "s:transport", "tcp", "s:initiator-name", initiator, NULL);
}

static JsonObject *iscsi_node(const DomainStorage *source)
{
        return build_iscsi_node(first_host(source), source->name, source->network ? source->network->initiator : NULL);
}

static const char *default_port(DomainStorageProtocol protocol)
{
        switch ((int) protocol) {
        case DOMAIN_PROTOCOL_HTTP:
                return "80";
        case DOMAIN_PROTOCOL_HTTPS:
                return "443";
        case DOMAIN_PROTOCOL_FTP:
                return "21";
        case DOMAIN_PROTOCOL_FTPS:
                return "990";
        case DOMAIN_PROTOCOL_SSH:
                return "22";
        }
        return NULL;
}

static JsonObject *curl_node(const DomainStorage *source)
{
        const char *protocol = domain_protocol_to_string(source->protocol);
        const DomainStorageHost *host = first_host(source);
        const DomainStorageNetwork *network = source->network;
        const char *name = strempty(source->name);
        bool bracket = strchr(host->name, ':');
        g_autofree char *url = g_strdup_printf("%s://%s%s%s:%s%s%s%s%s", protocol, bracket ? "[" : "", host->name,
                                               bracket ? "]" : "", host->port ?: default_port(source->protocol),
                                               name[0] == '/' ? "" : "/", name, source->query ? "?" : "",
                                               strempty(source->query));
        JsonObject *node = qmp_object("s:driver", protocol, "s:url", url, NULL);

        if (!network)
                return node;
        build_put_tristate(node, "sslverify", network->ssl_verify);
        build_put_number(node, "readahead", network, readahead);
        build_put_number(node, "timeout", network, timeout);
        return node;
}

/* "+1000" or "1000". */
static bool is_number(const char *text, uint32_t *ret)
{
        return parse_u32(text[0] == '+' ? text + 1 : text, ret) >= 0;
}

static JsonObject *nfs_node(const DomainStorage *source)
{
        g_autofree char *path = g_strconcat("/", strempty(source->name), NULL);

        JsonObject *node = qmp_object("s:driver", "nfs", "o:server",
                                      qmp_object("s:type", "inet", "s:host", first_host(source)->name, NULL), "s:path",
                                      source->name && source->name[0] == '/' ? source->name : path, NULL);
        uint32_t number;

        if (source->network && source->network->user && is_number(source->network->user, &number))
                json_object_set_int_member(node, "user", number);
        if (source->network && source->network->group && is_number(source->network->group, &number))
                json_object_set_int_member(node, "group", number);
        return node;
}

/* A path that does not begin with '/' is beneath the home of the server's user. */
static JsonObject *ssh_node(const DomainStorage *source)
{
        const DomainStorageNetwork *network = source->network;

        return qmp_object("s:driver", "ssh", "s:path", strempty(source->name), "o:server",
                          inet_address(first_host(source), "22"), "s:user", network ? network->username : NULL, NULL);
}

#define CURL                                                                                        \
        .make = curl_node, .feature = QEMU_FEATURE_CURL_BLOCKDEV, .one_host = true, .user = "username", \
        .secret = "password-secret"

static const struct {
        JsonObject *(*make)(const DomainStorage *source);
        QemuFeature feature; /* that QEMU must have, unless it always has */
        bool always;
        bool one_host; /* exactly one */
        /* The options for name and password, NULL: it has none. */
        const char *user;
        const char *secret;
        const char *gone; /* the release that dropped it */
} protocols[_DOMAIN_PROTOCOL_MAX] = {
        [DOMAIN_PROTOCOL_NBD] = { .make = nbd_node, .always = true, .one_host = true },
        [DOMAIN_PROTOCOL_RBD] = { .make = rbd_node, .feature = QEMU_FEATURE_RBD_BLOCKDEV, .user = "user",
                                  .secret = "key-secret" },
        [DOMAIN_PROTOCOL_GLUSTER] = { .make = gluster_node, .feature = QEMU_FEATURE_GLUSTER_BLOCKDEV },
        [DOMAIN_PROTOCOL_ISCSI] = { .make = iscsi_node, .feature = QEMU_FEATURE_ISCSI_BLOCKDEV, .one_host = true,
                                    .user = "user", .secret = "password-secret" },
        [DOMAIN_PROTOCOL_HTTP] = { CURL },
        [DOMAIN_PROTOCOL_HTTPS] = { CURL },
        [DOMAIN_PROTOCOL_FTP] = { CURL },
        [DOMAIN_PROTOCOL_FTPS] = { CURL },
        [DOMAIN_PROTOCOL_SSH] = { .make = ssh_node, .feature = QEMU_FEATURE_SSH_BLOCKDEV, .one_host = true },
        [DOMAIN_PROTOCOL_SHEEPDOG] = { .gone = "6.1" },
        [DOMAIN_PROTOCOL_VXHS] = { .gone = "5.1" },
        [DOMAIN_PROTOCOL_TFTP] = { .gone = "2.8" },
        [DOMAIN_PROTOCOL_NFS] = { .make = nfs_node, .feature = QEMU_FEATURE_NFS_BLOCKDEV, .one_host = true },
};

static bool has_tls(DomainStorageProtocol protocol)
{
        return protocol == DOMAIN_PROTOCOL_NBD || protocol == DOMAIN_PROTOCOL_HTTPS ||
               protocol == DOMAIN_PROTOCOL_FTPS;
}

/* What QEMU's client of the protocol cannot be told. */
static int check_network_options(Build *b, const DomainDisk *disk, size_t i, const DomainStorage *source, Error *error)
{
        static const DomainStorageNetwork nothing = {};
        const DomainStorageNetwork *network = source->network ?: &nothing;
        bool nfs = source->protocol == DOMAIN_PROTOCOL_NFS, ssh = source->protocol == DOMAIN_PROTOCOL_SSH;
        uint32_t number;
        const struct {
                bool wrong;
                const char *where;
                const char *why;
        } all[] = {
                { source->tls == TRISTATE_YES && !has_tls(source->protocol), "@tls",
                  "QEMU's client of the protocol has no TLS" },
                { network->keyfile && !ssh, "identity/@keyfile", "only 'ssh' has one" },
                { network->agentsock, "identity/@agentsock",
                  "an SSH agent speaks with programs of its own user alone: <identity keyfile='…'/> has a key read" },
                { network->known_hosts && !ssh, "knownHosts", "only 'ssh' has it" },
                { network->user && (!nfs || !is_number(network->user, &number)), "identity/@user",
                  "it is the number of a user ('+1000'), for the protocol 'nfs'" },
                { network->group && (!nfs || !is_number(network->group, &number)), "identity/@group",
                  "it is the number of a group ('+1000'), for the protocol 'nfs'" },
        };

        for (size_t k = 0; k < ELEMENTSOF(all); k++)
                if (all[k].wrong) {
                        g_autofree char *place = qemu_layer_place(disk, i, all[k].where);

                        return qemu_refuse(b->def, disk, place, error, "%s", all[k].why);
                }
        return 0;
}

int build_check_network(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        const DomainStorage *source = layer->source;
        DomainStorageProtocol protocol = source->protocol;
        g_autofree char *place = qemu_layer_place(disk, i, "@protocol"),
                        *host_place = qemu_layer_place(disk, i, "host");
        g_autofree char *auth_place = qemu_layer_place(disk, i, "auth");

        if (protocols[protocol].gone)
                return qemu_refuse(b->def, disk, place, error, "QEMU has had no client of '%s' since %s",
                                   domain_protocol_to_string(protocol), protocols[protocol].gone);
        if (!protocols[protocol].make ||
            (!protocols[protocol].always && !qemu_layer_is_nbdkit(layer) &&
             !qemu_caps_has(b->caps, protocols[protocol].feature)))
                return qemu_refuse(b->def, disk, place, error, "%s cannot do '%s'", qemu_caps_binary(b->caps),
                                   strempty(domain_protocol_to_string(protocol)));
        if (protocols[protocol].one_host && source->hosts.n != 1)
                return qemu_refuse(b->def, disk, host_place, error, "'%s' has exactly one server",
                                   domain_protocol_to_string(protocol));
        DEF_FOREACH(host, source->hosts)
                if (streq_ptr(host->transport, "rdma")) {
                        g_autofree char *transport = qemu_layer_place(disk, i, "host/@transport");

                        return qemu_refuse(b->def, disk, transport, error,
                                           "QEMU speaks with servers over TCP and local sockets");
                }
        DEF_FOREACH(host, source->hosts)
                if (is_unix(host) ? !host->socket : !host->name)
                        return qemu_refuse(b->def, disk, host_place, error, "it says not where");
        if (layer->auth && !protocols[protocol].secret && !qemu_layer_is_nbdkit(layer))
                return qemu_refuse(b->def, disk, auth_place, error, "QEMU's client of '%s' is given no password",
                                   domain_protocol_to_string(protocol));
        return check_network_options(b, disk, i, source, error);
}

static void put_secrets(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, JsonObject *node)
{
        const DomainStorageProtocol protocol = layer->source->protocol;
        const DomainStorageNetwork *network = layer->source->network;

        if (layer->auth && !qemu_layer_is_nbdkit(layer)) {
                g_autofree char *id = build_secret(b, disk, i, QEMU_LAYER_AUTH);

                json_object_set_string_member(node, protocols[protocol].user, layer->auth->username);
                json_object_set_string_member(node, protocols[protocol].secret, id);
        }
        if (network && network->cookies.n > 0) {
                g_autofree char *id = build_secret(b, disk, i, QEMU_LAYER_COOKIES);

                json_object_set_string_member(node, "cookie-secret", id);
        }
        if (layer->encryption && layer->encryption->engine == STORAGE_ENCRYPTION_ENGINE_LIBRBD) {
                g_autofree char *id = build_secret(b, disk, i, QEMU_LAYER_KEY);
                const char *format = storage_encryption_to_string(layer->encryption->format);

                json_object_set_object_member(node, "encrypt",
                                              qmp_object("s:format", format, "s:key-secret", id, NULL));
        }
}

int build_check_nvme(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error)
{
        g_autofree char *place = qemu_layer_place(disk, i, "../@type");
        g_autofree char *address = qemu_layer_place(disk, i, "address");

        if (!qemu_caps_has(b->caps, QEMU_FEATURE_NVME_BLOCKDEV))
                return qemu_refuse(b->def, disk, place, error, "%s has no driver of NVMe controllers",
                                   qemu_caps_binary(b->caps));
        if (!layer->source->nvme)
                return qemu_refuse(b->def, disk, address, error, "it is missing");
        build_lock_memory(b);
        return 0;
}

JsonObject *build_nvme_node(Build *b, const QemuLayerDef *layer)
{
        g_autofree char *name = hostdev_nvme_name(layer->source->nvme);

        return qmp_object("s:driver", "nvme", "s:device", name, "U:namespace", layer->source->namespace, NULL);
}

static JsonObject *nbdkit_node(Build *b, const DomainDisk *disk, size_t i)
{
        g_autofree char *id = qemu_layer_name(disk, i, QEMU_LAYER_NBDKIT), *dir = build_file(b, id);
        g_autofree char *path = g_build_filename(dir, QEMU_COMPANION_SOCKET, NULL);

        return qmp_object("s:driver", "nbd", "o:server", qmp_object("s:type", "unix", "s:path", path, NULL), NULL);
}

JsonObject *build_network_node(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer)
{
        JsonObject *node = qemu_layer_is_nbdkit(layer) ? nbdkit_node(b, disk, i)
                                                       : protocols[layer->source->protocol].make(layer->source);

        put_secrets(b, disk, i, layer, node);
        if (layer->source->protocol == DOMAIN_PROTOCOL_NBD && layer->source->tls == TRISTATE_YES) {
                json_object_set_string_member(node, "tls-creds", build_tls(b, false));
                if (layer->source->tls_hostname)
                        json_object_set_string_member(node, "tls-hostname", layer->source->tls_hostname);
        }
        if (layer->auth && layer->source->protocol == DOMAIN_PROTOCOL_RBD) {
                JsonArray *ways = json_array_new();

                json_array_add_string_element(ways, "cephx");
                json_array_add_string_element(ways, "none");
                json_object_set_array_member(node, "auth-client-required", ways);
        }
        return node;
}
