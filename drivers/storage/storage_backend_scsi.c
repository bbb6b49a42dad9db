/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disks of SCSI hosts: those of an adapter, and those of a target that is logged in to. */

#include "drivers/storage/storage_backend.h"

#include <stdio.h>
#include <string.h>

#include "drivers/storage/storage_lun.h"

#define ISCSIADM "/usr/sbin/iscsiadm"
#define ISCSI_USEC (45 * USEC_PER_SEC)

/* -- adapters ------------------------------------------------------------------------------------------------ */

/* Whether the host is the n-th (unique_id) of the controller at the PCI address. */
static bool is_at(const char *host, const StorageParentAddress *address)
{
        g_autofree char *dir = g_build_filename("/sys/class/scsi_host", host, NULL);
        g_autofree char *id_path = g_build_filename(dir, "unique_id", NULL), *id = NULL, *target = NULL;
        g_autofree char *pci = g_strdup_printf("/%04x:%02x:%02x.%x/", address->domain, address->bus, address->slot,
                                               address->function);
        uint32_t number;

        if (read_file_at(AT_FDCWD, id_path, 16, &id, NULL) < 0 || parse_u32(g_strchomp(id), &number) < 0)
                return false;
        target = g_file_read_link(dir, NULL);
        return number == address->unique_id && target && strstr(target, pci);
}

static int find_host_at(const StorageParentAddress *address, unsigned *ret, Error *error)
{
        g_autoptr(GDir) hosts = g_dir_open("/sys/class/scsi_host", 0, NULL);
        const char *name;

        while (hosts && (name = g_dir_read_name(hosts)))
                if (sscanf(name, "host%u", ret) == 1 && is_at(name, address))
                        return 0;
        return error_set(error, ERROR_OPERATION_FAILED,
                         "source/adapter/parentaddr: no SCSI host with the unique_id %u is at %04x:%02x:%02x.%x",
                         address->unique_id, address->domain, address->bus, address->slot, address->function);
}

/* "scsi_host5", or "host5" as it was written once. */
static int find_host(const StorageAdapter *adapter, unsigned *ret, Error *error)
{
        char rest;

        if (adapter->type != STORAGE_ADAPTER_SCSI_HOST)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "source/adapter/@type: adapters of Fibre Channel are not supported");
        if (adapter->parent_address)
                return find_host_at(adapter->parent_address, ret, error);
        if (sscanf(adapter->name, "scsi_host%u%c", ret, &rest) == 1 ||
            sscanf(adapter->name, "host%u%c", ret, &rest) == 1)
                return 0;
        return error_set(error, ERROR_XML_ERROR, "Invalid adapter name '%s' for SCSI pool", adapter->name);
}

static int scsi_start_work(StorageWork *work, Error *error)
{
        unsigned host;
        int r = find_host(work->pool->adapter, &host, error);

        return r < 0 ? r : storage_lun_rescan(host, error);
}

static int scsi_scan_work(StorageWork *work, Error *error)
{
        unsigned host;
        int r = find_host(work->pool->adapter, &host, error);

        return r < 0 ? r : storage_lun_scan(work, host, error);
}

static const StorageAction scsi_start[] = { { .work = scsi_start_work }, {} };
static const StorageAction scsi_scan[] = { { .work = scsi_scan_work }, {} };

const StorageBackend storage_backend_scsi = {
        .for_root = true,
        .start = scsi_start,
        .scan = scsi_scan,
};

/* -- targets of iSCSI ---------------------------------------------------------------------------------------- */

static const char *target_of(const StoragePoolDef *pool)
{
        return pool->devices.items[0]->path;
}

static char *portal_of(const StoragePoolDef *pool)
{
        const StoragePoolHost *host = pool->hosts.items[0];

        return g_strdup_printf(strchr(host->name, ':') ? "[%s]:%u" : "%s:%u", host->name, def_get(host, port, 3260));
}

static int check_target(const StoragePoolDef *pool, Error *error)
{
        if (pool->devices.n != 1)
                return error_set(error, ERROR_XML_ERROR,
                                 "source: a pool of the type 'iscsi' has one device, its target");
        if (pool->auth)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "source/auth: iscsiadm takes passwords as arguments, which everybody could read");
        if (pool->initiator)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "source/initiator: the name of this host in /etc/iscsi/initiatorname.iscsi is used");
        return 0;
}

static void iscsiadm(StorageCommand *command, const char *mode)
{
        storage_command_set(command, ISCSIADM);
        storage_command_add(command, "--mode", mode, NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = ISCSI_USEC;
}

static void node(StorageWork *work, StorageCommand *command, const char *action)
{
        g_autofree char *portal = portal_of(work->pool);

        iscsiadm(command, "node");
        storage_command_add(command, "--portal", portal, "--targetname", target_of(work->pool), action, NULL);
}

/* The number in "/sys/class/iscsi_session/session<n>", or 0. */
static unsigned find_session(const StoragePoolDef *pool)
{
        g_autoptr(GDir) sessions = g_dir_open("/sys/class/iscsi_session", 0, NULL);
        const char *name;

        while (sessions && (name = g_dir_read_name(sessions))) {
                g_autofree char *path = g_build_filename("/sys/class/iscsi_session", name, "targetname", NULL);
                g_autofree char *target = NULL;
                unsigned number;

                if (read_file_at(AT_FDCWD, path, 512, &target, NULL) >= 0 &&
                    streq(g_strchomp(target), target_of(pool)) && sscanf(name, "session%u", &number) == 1)
                        return number;
        }
        return 0;
}

/* 1: there is a session. */
static int has_session(StorageWork *work, Error *error)
{
        int r = check_target(work->pool, error);

        return r < 0 ? r : find_session(work->pool) > 0;
}

static int has_no_session(StorageWork *work, Error *error)
{
        return find_session(work->pool) == 0;
}

static int discover_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *portal = portal_of(work->pool);

        iscsiadm(command, "discovery");
        storage_command_add(command, "--type", "sendtargets", "--portal", portal, NULL);
        return 0;
}

static int login_command(StorageWork *work, StorageCommand *command, Error *error)
{
        node(work, command, "--login");
        return 0;
}

static int logout_command(StorageWork *work, StorageCommand *command, Error *error)
{
        node(work, command, "--logout");
        return 0;
}

/* "…/host3/session1/…" */
static int find_session_host(const StoragePoolDef *pool, unsigned *ret, Error *error)
{
        unsigned session = find_session(pool);
        g_autofree char *link = g_strdup_printf("/sys/class/iscsi_session/session%u", session);
        g_autofree char *target = g_file_read_link(link, NULL);
        const char *host = target ? strstr(target, "/host") : NULL;

        if (session == 0 || !host || sscanf(host, "/host%u/", ret) != 1)
                return error_set(error, ERROR_OPERATION_FAILED, "there is no session with '%s'", target_of(pool));
        return 0;
}

static int iscsi_rescan_work(StorageWork *work, Error *error)
{
        unsigned host;
        int r = find_session_host(work->pool, &host, error);

        return r < 0 ? r : storage_lun_rescan(host, error);
}

static int settle_command(StorageWork *work, StorageCommand *command, Error *error)
{
        storage_command_set(command, "/usr/bin/udevadm");
        storage_command_add(command, "settle", "--timeout=10", NULL);
        command->keeps_mounts = true;
        command->timeout_usec = ISCSI_USEC;
        return 0;
}

static int iscsi_scan_work(StorageWork *work, Error *error)
{
        unsigned host;
        int r = find_session_host(work->pool, &host, error);

        return r < 0 ? r : storage_lun_scan(work, host, error);
}

static const StorageAction iscsi_start[] = {
        { .work = has_session, .command = discover_command },
        { .work = has_session, .command = login_command },
        { .work = iscsi_rescan_work },
        { .command = settle_command },
        {},
};
static const StorageAction iscsi_stop[] = { { .work = has_no_session, .command = logout_command }, {} };
static const StorageAction iscsi_scan[] = { { .work = iscsi_scan_work }, {} };

const StorageBackend storage_backend_iscsi = {
        .for_root = true,
        .program = ISCSIADM,
        .start = iscsi_start,
        .stop = iscsi_stop,
        .scan = iscsi_scan,
};
