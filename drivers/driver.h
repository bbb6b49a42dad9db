/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a driver is: tables of operations on the nouns of the model, one per kind, each in a header of its own. Reads
 * are answered from the model and need no driver. Operations get a Job that already occupies the object's slot: they
 * either finish at once (return 0), run their steps with job_run() (return what it returns), or fail (negative, error
 * set). Results leave through the job.
 *
 * An operation that a driver cannot do is NULL in its table: the caller gets ERROR_NO_SUPPORT.
 */

#include "drivers/ops_block.h"
#include "drivers/ops_connect.h"
#include "drivers/ops_domain.h"
#include "drivers/ops_host.h"
#include "drivers/ops_guest.h"
#include "drivers/ops_interface.h"
#include "drivers/ops_network.h"
#include "drivers/ops_migration.h"
#include "drivers/ops_moment.h"
#include "drivers/ops_save.h"
#include "drivers/ops_node_device.h"
#include "drivers/ops_secret.h"
#include "drivers/ops_storage.h"
#include "service/base/worker.h"

/* drivers/part.h */
typedef struct Part Part;
typedef struct PartInfo PartInfo;

/* Where a driver keeps its files: absolute, without a trailing slash, not yet created. */
typedef struct DriverPaths {
        char *config; /* durable definitions: /etc/virtbus */
        char *state;  /* durable data: /var/lib/virtbus */
        char *run;    /* until the next boot: /run/virtbus */
        char *cache;  /* can be made anew: /var/cache/virtbus */
        char *log;    /* /var/log/virtbus */
        char *libexec; /* where virtbus-exec is */
} DriverPaths;

/*
 * A scope that the host's service manager is asked for: a group of processes that it did not start. Texts are borrowed.
 */
typedef struct DriverScopeSpec {
        const char *unit; /* "machine-qemu\\x2d1\\x2dweb.scope" */
        const char *slice;
        const char *description;
        pid_t pid; /* its first process */
} DriverScopeSpec;

typedef struct DriverScope DriverScope; /* a request on its way; the service's */
typedef void (*DriverScopeDone)(void *userdata, Error *error);

/* What the service lends to a driver for its life. */
typedef struct DriverHost {
        sd_event *event;
        WorkerPool *workers;      /* for files of our own */
        WorkerPool *path_workers; /* for what definitions name, which may hang for ever on a dead file system */
        WorkerPool *net_workers;  /* of one thread: what the kernel is told of networks, one after the other */
        JobManager *jobs;
        const DriverPaths *paths;
        bool session; /* a user's own daemon: no privileges, no change of user */
        /* A setting of the driver's section of the configuration file, or NULL: ("qemu", "user"). Borrowed. */
        const char *(*setting)(void *userdata, const char *section, const char *key);
        const ObjectListener *listener;
        /* The open driver whose connection has this address, for a machine that moves there; NULL: none of ours. */
        Driver *(*driver_for_uri)(void *userdata, const char *uri);
        /*
         * Has a scope made, whose cgroup is ours to divide. done is called once, and never from within: error is unset
         * when the process is in it. NULL: the host's services are nobody's to manage.
         */
        int (*scope_start)(void *userdata, const DriverScopeSpec *spec, DriverScopeDone done, void *done_userdata,
                           DriverScope **ret, Error *error);
        /* done will not be called any more. Until it has been called. Accepts NULL, returns NULL. */
        DriverScope *(*scope_cancel)(DriverScope *scope);
        void *userdata;
} DriverHost;

/* What a driver tells its listener of itself; each native property of Connect names the bit that announces it. */
enum {
        DRIVER_CHANGED_VERSION = 1 << 0,
};

#define DRIVER_KIND(type) (UINT32_C(1) << (type))

#define DRIVER_PARTS_MAX 8

typedef struct DriverInfo DriverInfo;

struct DriverInfo {
        const char *name;      /* last part of the object path: "QEMU" */
        const char *type;      /* virConnectGetType(): "QEMU", "TEST" */
        const char *acl_name;  /* connect_driver in polkit's details: "QEMU" */
        int32_t error_domain;  /* virErrorDomain of what fails in it */
        const char *uri_system; /* virConnectGetURI() */
        const char *uri_session;
        uint32_t kinds; /* of which there can be objects beside domains: a mask of DRIVER_KIND() */
        const PartInfo *parts[DRIVER_PARTS_MAX + 1]; /* what driver_info_add_part() has added, then NULL */
        ConnectOps connect;
        const HostOps *host;
        DomainOps domain;
        const GuestOps *guest;     /* NULL: none */
        const MachineOps *machine; /* NULL: none */
        DomainSaveOps save;
        NodeDeviceOps node_device;
        InterfaceOps interface;
        NetworkOps network;
        NWFilterOps nwfilter;
        SecretOps secret;
        StoragePoolOps storage_pool;
        StorageVolOps storage_vol;
        DomainBlockOps block;
        DomainMomentOps moment;
        DomainMigrationOps migration;

        /*
         * Reads what is on disk, re-adopts what runs: must not wait. Autostart and recovery go on as jobs. info is this
         * table, or a copy with parts, which outlives the driver.
         */
        int (*open)(const DriverInfo *info, const DriverHost *host, Driver **ret, Error *error);
        /* The caller has left the bus: what was started with AUTODESTROY for it ends. May be NULL. */
        void (*caller_left)(Driver *driver, const char *name);
        /* Lets go of everything, running machines stay. Accepts NULL, returns NULL. */
        Driver *(*close)(Driver *driver);
};

/* The common part, first member of each driver's own struct. */
struct Driver {
        Object object; /* of type OBJECT_CONNECT */
        const DriverInfo *info;
        const DriverHost *host;
        DomainList *domains;
        /* of the driver's kinds, domains included; NULL: it has none of the kind */
        ObjectList *lists[_OBJECT_TYPE_MAX];
        Part *parts[DRIVER_PARTS_MAX];       /* those that are open */
};

/*
 * Makes the lists of all kinds; for the constructor of a driver, and the end of its close(). clear() closes the parts
 * first, and accepts a zeroed driver.
 */
void driver_init(Driver *driver, const DriverInfo *info, const DriverHost *host);
void driver_clear(Driver *driver);

/*
 * For the constructor, before machines are looked at, which may need what a part has. After an error clear() is enough.
 */
int driver_open_parts(Driver *driver, Error *error);
void driver_close_parts(Driver *driver);

/* The address of its connection, virConnectGetURI(). */
static inline const char *driver_uri(const Driver *driver)
{
        return driver->host->session ? driver->info->uri_session : driver->info->uri_system;
}

#define driver_supports(driver, member) ((driver)->info->member != NULL)
