/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <source> and <backingStore>: where the bytes of a disk are, and what it takes to get at them. */

#define DISK_TYPE(t) WHEN(DomainStorage, type, IS(DOMAIN_DISK_##t))
#define NETWORK DISK_TYPE(NETWORK)
#define VOLUME DISK_TYPE(VOLUME)
#define NVME DISK_TYPE(NVME)
#define VHOST_USER DISK_TYPE(VHOST_USER)

static const DefRow host_rows[] = {
        ATTR(DomainStorageHost, "name", name),
        ATTR(DomainStorageHost, "port", port),
        ATTR(DomainStorageHost, "transport", transport, ONE_OF("tcp", "unix", "rdma")),
        ATTR(DomainStorageHost, "socket", socket),
};

/* TCP is what is not said. */
static void host_finish(void *p, Arena *arena, bool live)
{
        DomainStorageHost *host = p;

        if (streq_ptr(host->transport, "tcp"))
                host->transport = NULL;
}

DEF_TYPE_PLAIN(domain_storage_host_type, DomainStorageHost, host_rows, .finish = host_finish);

static const DefRow auth_rows[] = { EMBED_SELF(storage_auth_type) };
DEF_TYPE_PLAIN(domain_auth_type, StorageAuth, auth_rows, .rules = domain_auth_rules);

static const DefRow encryption_rows[] = { EMBED_SELF(storage_encryption_type) };
DEF_TYPE_PLAIN(domain_encryption_type, StorageEncryption, encryption_rows, .rules = domain_encryption_rules);

static const DefRow slice_rows[] = {
        ATTR(DomainSlice, "type", type, ONE_OF("storage"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainSlice, "offset", offset, FLAGS(DEF_REQUIRED)),
        ATTR(DomainSlice, "size", size, RANGE(1, INT64_MAX), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(slice_type, DomainSlice, slice_rows);

static const DefRow slices_rows[] = {
        LIST(DomainStorage, "slice", slices, slice_type),
};
static DEF_TYPE(slices_type, DomainStorage, slices_rows);

static const DefRow reservations_source_rows[] = {
        ATTR(DomainReservations, "type", type, ONE_OF("unix")),
        ATTR(DomainReservations, "path", path, SYNTAX(def_syntax_absolute_path)),
        ATTR(DomainReservations, "mode", mode, ONE_OF("client")),
};
static DEF_TYPE_PLAIN(reservations_source_type, DomainReservations, reservations_source_rows);

static const DefRow reservations_rows[] = {
        ATTR(DomainReservations, "managed", managed, YES_NO, FLAGS(DEF_REQUIRED)),
        GROUP("source", reservations_source_type),
};
static DEF_TYPE_PLAIN(reservations_type, DomainReservations, reservations_rows,
                      .rules = domain_reservations_rules);

static const DefRow label_rows[] = {
        ATTR(DomainSourceLabel, "model", model),
        ATTR(DomainSourceLabel, "labelskip", labelskip, YES_NO),
        ATTR(DomainSourceLabel, "relabel", relabel, YES_NO),
        ELEMENT(DomainSourceLabel, "label", label),
};

/* What is labelled is relabelled unless it says otherwise. */
static void label_finish(void *p, Arena *arena, bool live)
{
        DomainSourceLabel *label = p;

        if (label->relabel == TRISTATE_ABSENT && label->labelskip != TRISTATE_YES)
                label->relabel = TRISTATE_YES;
}

static void check_label(const void *p, DefChecker *checker)
{
        const DomainSourceLabel *label = p;

        if (label->label && label->relabel == TRISTATE_NO)
                checker_fail(checker, ERROR_XML_ERROR, "label",
                             "Cannot specify a label if relabelling is turned off. model=%s", strempty(label->model));
}

static const DefRule label_rules[] = { { "what is not labelled has no label", check_label }, {} };

DEF_TYPE_PLAIN(domain_source_label_type, DomainSourceLabel, label_rows, .finish = label_finish,
               .rules = label_rules);

static const DefRow reconnect_rows[] = {
        ATTR(DomainReconnect, "enabled", enabled, YES_NO, FLAGS(DEF_REQUIRED)),
        ATTR(DomainReconnect, "timeout", timeout, WHEN(DomainReconnect, enabled, IS(TRISTATE_YES)),
             FLAGS(DEF_REQUIRED)),
};
DEF_TYPE_PLAIN(domain_reconnect_type, DomainReconnect, reconnect_rows);

static const DefRow cookie_rows[] = {
        ATTR(DomainCookie, "name", name, FLAGS(DEF_REQUIRED)),
        TEXT(DomainCookie, value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(cookie_type, DomainCookie, cookie_rows, .rules = domain_cookie_rules);

/* What few network sources say. */

#define SMALL_TYPE(name_, field, attribute, ...)                                                    \
        static const DefRow name_##_rows[] = {                                                      \
                ATTR(DomainStorageNetwork, attribute, field, FLAGS(DEF_REQUIRED), ##__VA_ARGS__),   \
        };                                                                                          \
        static DEF_TYPE_PLAIN(name_##_type, DomainStorageNetwork, name_##_rows)

SMALL_TYPE(snapshot, snapshot, "name");
SMALL_TYPE(config, config, "file");
SMALL_TYPE(iqn, initiator, "name");
SMALL_TYPE(ssl, ssl_verify, "verify", YES_NO);
SMALL_TYPE(readahead, readahead, "size");
SMALL_TYPE(timeout, timeout, "seconds");
SMALL_TYPE(delay, reconnect_delay, "delay");
SMALL_TYPE(known_hosts, known_hosts, "path");

static const DefRow initiator_rows[] = {
        GROUP("iqn", iqn_type),
};
static DEF_TYPE_PLAIN(initiator_type, DomainStorageNetwork, initiator_rows);

static const DefRow identity_rows[] = {
        ATTR(DomainStorageNetwork, "user", user),
        ATTR(DomainStorageNetwork, "group", group),
        ATTR(DomainStorageNetwork, "username", username),
        ATTR(DomainStorageNetwork, "keyfile", keyfile),
        ATTR(DomainStorageNetwork, "agentsock", agentsock),
};
static DEF_TYPE_PLAIN(identity_type, DomainStorageNetwork, identity_rows);

static const DefRow cookies_rows[] = {
        LIST(DomainStorageNetwork, "cookie", cookies, cookie_type, FLAGS(DEF_SECRET)),
};
static DEF_TYPE_PLAIN(cookies_type, DomainStorageNetwork, cookies_rows);

static const DefRow network_rows[] = {
        GROUP("snapshot", snapshot_type),
        GROUP("config", config_type),
        GROUP("initiator", initiator_type),
        GROUP("ssl", ssl_type),
        GROUP("readahead", readahead_type),
        GROUP("cookies", cookies_type, FLAGS(DEF_SECRET)),
        GROUP("timeout", timeout_type),
        GROUP("reconnect", delay_type),
        GROUP("knownHosts", known_hosts_type),
        GROUP("identity", identity_type),
};
static DEF_TYPE_PLAIN(network_type, DomainStorageNetwork, network_rows);

extern const DefType data_store_type;

static const DefRow storage_rows[] = {
        ATTR(DomainStorage, "file", file, DISK_TYPE(FILE)),
        ATTR(DomainStorage, "fdgroup", fdgroup, DISK_TYPE(FILE)),
        ATTR(DomainStorage, "dev", dev,
             WHEN(DomainStorage, type, IS(DOMAIN_DISK_BLOCK) | IS(DOMAIN_DISK_VHOST_VDPA))),
        ATTR(DomainStorage, "dir", dir, DISK_TYPE(DIR)),
        ATTR(DomainStorage, "protocol", protocol, WORDS(domain_protocol), NETWORK, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "name", name, NETWORK),
        ATTR(DomainStorage, "query", query, NETWORK),
        ATTR(DomainStorage, "tls", tls, YES_NO, NETWORK),
        ATTR(DomainStorage, "tlsHostname", tls_hostname, NETWORK),
        ATTR(DomainStorage, "pool", pool, VOLUME, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "volume", volume, VOLUME, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "mode", mode, VOLUME, ONE_OF("host", "direct")),
        ATTR(DomainStorage, "type", transport, NVME, ONE_OF("pci")),
        ATTR(DomainStorage, "type", transport, VHOST_USER, ONE_OF("unix"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "managed", managed, NVME, YES_NO),
        ATTR(DomainStorage, "namespace", namespace, NVME, RANGE(1, INT64_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "path", path, VHOST_USER),
        LIST(DomainStorage, "host", hosts, domain_storage_host_type, NETWORK),
        PART_OF(DomainStorage, network, network_type, NETWORK),
        CHILD(DomainStorage, "address", nvme, host_pci_address_type, NVME),
        CHILD(DomainStorage, "reconnect", reconnect, domain_reconnect_type, VHOST_USER),
        GROUP("slices", slices_type),
        LIST(DomainStorage, "seclabel", labels, domain_source_label_type),
        CHILD(DomainStorage, "auth", auth, domain_auth_type,
              WHEN(DomainStorage, type, IS(DOMAIN_DISK_NETWORK) | IS(DOMAIN_DISK_VOLUME))),
        CHILD(DomainStorage, "encryption", encryption, domain_encryption_type),
        CHILD(DomainStorage, "reservations", reservations, reservations_type),
        CHILD(DomainStorage, "dataStore", data_store, data_store_type),
        RAW("privateData", FLAGS(DEF_LIVE | DEF_INERT)),
};
static void drop_empty(const char **text)
{
        if (isempty(*text))
                *text = NULL;
}

/*
 * No path at all is meant by an empty one; that a file needs no label is a fact of a running machine, and so is which
 * one it gets when none is said.
 */
static void storage_finish(void *p, Arena *arena, bool live)
{
        DomainStorage *storage = p;

        drop_empty(&storage->file);
        drop_empty(&storage->dev);
        drop_empty(&storage->dir);
        for (uint32_t i = storage->labels.n; !live && i > 0; i--) {
                const DomainSourceLabel *label = storage->labels.items[i - 1];

                if (label->labelskip == TRISTATE_YES || (label->relabel == TRISTATE_YES && !label->label))
                        def_remove(&storage->labels, i - 1);
        }
}

DEF_TYPE(domain_storage_type, DomainStorage, storage_rows, .rules = domain_storage_rules,
         .finish = storage_finish);

static const DefRow source_rows[] = {
        EMBED_SELF(domain_storage_type),
        ATTR(DomainStorage, "startupPolicy", startup_policy, WORDS(domain_startup_policy)),
        ATTR(DomainStorage, "index", index, FLAGS(DEF_LIVE)),
};
DEF_TYPE(domain_source_type, DomainStorage, source_rows);

static const DefRow data_store_format_rows[] = {
        ATTR(DomainDataStore, "type", format, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(data_store_format_type, DomainDataStore, data_store_format_rows);

static const DefRow data_store_rows[] = {
        ATTR(DomainDataStore, "type", source.type, WORDS(domain_disk_type), FLAGS(DEF_REQUIRED)),
        GROUP("format", data_store_format_type),
        GROUP_IN(DomainDataStore, "source", source, domain_storage_type),
};
DEF_TYPE_PLAIN(data_store_type, DomainDataStore, data_store_rows);

METADATA_CACHE_TYPE(DomainBacking);

static const DefRow backing_format_rows[] = {
        ATTR(DomainBacking, "type", format),
        GROUP("metadata_cache", metadata_cache_type),
};
static DEF_TYPE(backing_format_type, DomainBacking, backing_format_rows);

/* Of no interest to anybody but our next life. */
static bool print_detected(const void *p, const void *field, unsigned flags, GString *out)
{
        const DomainBacking *backing = p;

        if (!(flags & DEF_FORMAT_STATUS) || backing->detected != TRISTATE_YES)
                return false;
        g_string_append(out, "yes");
        return true;
}

static const DefHatch detected_hatch = { .print = print_detected };

static const DefRow backing_rows[] = {
        ATTR(DomainBacking, "type", source.type, WORDS(domain_disk_type)),
        ATTR(DomainBacking, "detected", detected, YES_NO, FLAGS(DEF_LIVE), HATCH(detected_hatch)),
        ATTR(DomainBacking, "index", index, FLAGS(DEF_LIVE)),
        GROUP("format", backing_format_type),
        GROUP_IN(DomainBacking, "source", source, domain_source_type),
        CHILD(DomainBacking, "backingStore", backing, domain_backing_type),
};
DEF_TYPE(domain_backing_type, DomainBacking, backing_rows);
