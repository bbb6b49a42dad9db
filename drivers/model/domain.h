/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A domain as the daemon knows it: identity, state, its definitions and the facts that reads are answered from.
 * Values of the enums are libvirt's (virDomainState, virDomain*Reason, virDomainEventType, virDomainEvent*DetailType):
 * they travel on both faces.
 */

#include "drivers/model/domain_def.h"
#include "drivers/model/object.h"

typedef enum DomainState {
        DOMAIN_NOSTATE = 0,
        DOMAIN_RUNNING = 1,
        DOMAIN_BLOCKED = 2,
        DOMAIN_PAUSED = 3,
        DOMAIN_SHUTDOWN = 4, /* being shut down by the guest */
        DOMAIN_SHUTOFF = 5,
        DOMAIN_CRASHED = 6,
        DOMAIN_PMSUSPENDED = 7,
        _DOMAIN_STATE_MAX,
} DomainState;

DECLARE_STRING_TABLE(domain_state, DomainState);

enum {
        DOMAIN_RUNNING_UNKNOWN = 0,
        DOMAIN_RUNNING_BOOTED = 1,
        DOMAIN_RUNNING_MIGRATED = 2,
        DOMAIN_RUNNING_RESTORED = 3,
        DOMAIN_RUNNING_FROM_SNAPSHOT = 4,
        DOMAIN_RUNNING_UNPAUSED = 5,
        DOMAIN_RUNNING_MIGRATION_CANCELED = 6,
        DOMAIN_RUNNING_SAVE_CANCELED = 7,
        DOMAIN_RUNNING_WAKEUP = 8,
        DOMAIN_RUNNING_CRASHED = 9,
        DOMAIN_RUNNING_POSTCOPY = 10,
        DOMAIN_RUNNING_POSTCOPY_FAILED = 11,
};

enum {
        DOMAIN_PAUSED_UNKNOWN = 0,
        DOMAIN_PAUSED_USER = 1,
        DOMAIN_PAUSED_MIGRATION = 2,
        DOMAIN_PAUSED_SAVE = 3,
        DOMAIN_PAUSED_DUMP = 4,
        DOMAIN_PAUSED_IOERROR = 5,
        DOMAIN_PAUSED_WATCHDOG = 6,
        DOMAIN_PAUSED_FROM_SNAPSHOT = 7,
        DOMAIN_PAUSED_SHUTTING_DOWN = 8,
        DOMAIN_PAUSED_SNAPSHOT = 9,
        DOMAIN_PAUSED_CRASHED = 10,
        DOMAIN_PAUSED_STARTING_UP = 11,
        DOMAIN_PAUSED_POSTCOPY = 12,
        DOMAIN_PAUSED_POSTCOPY_FAILED = 13,
        DOMAIN_PAUSED_API_ERROR = 14,
};

enum {
        DOMAIN_SHUTDOWN_UNKNOWN = 0,
        DOMAIN_SHUTDOWN_USER = 1,
};

enum {
        DOMAIN_SHUTOFF_UNKNOWN = 0,
        DOMAIN_SHUTOFF_SHUTDOWN = 1,
        DOMAIN_SHUTOFF_DESTROYED = 2,
        DOMAIN_SHUTOFF_CRASHED = 3,
        DOMAIN_SHUTOFF_MIGRATED = 4,
        DOMAIN_SHUTOFF_SAVED = 5,
        DOMAIN_SHUTOFF_FAILED = 6,
        DOMAIN_SHUTOFF_FROM_SNAPSHOT = 7,
        DOMAIN_SHUTOFF_DAEMON = 8,
};

enum {
        DOMAIN_CRASHED_UNKNOWN = 0,
        DOMAIN_CRASHED_PANICKED = 1,
};

/* The word for a reason within its state ("booted", "user"); "unknown" for one without a word. Never NULL. */
const char *domain_reason_to_string(DomainState state, int reason);

typedef enum DomainEvent {
        DOMAIN_EVENT_DEFINED = 0,
        DOMAIN_EVENT_UNDEFINED = 1,
        DOMAIN_EVENT_STARTED = 2,
        DOMAIN_EVENT_SUSPENDED = 3,
        DOMAIN_EVENT_RESUMED = 4,
        DOMAIN_EVENT_STOPPED = 5,
        DOMAIN_EVENT_SHUTDOWN = 6,
        DOMAIN_EVENT_PMSUSPENDED = 7,
        DOMAIN_EVENT_CRASHED = 8,
        _DOMAIN_EVENT_MAX,
        DOMAIN_EVENT_NONE = -1, /* a change of state that is no event of its own */
} DomainEvent;

DECLARE_STRING_TABLE(domain_event, DomainEvent);

/* The word for the detail of an event ("booted", "destroyed"); "unknown" for one without a word. Never NULL. */
const char *domain_event_detail_to_string(DomainEvent event, int detail);

enum {
        DOMAIN_EVENT_DEFINED_ADDED = 0,
        DOMAIN_EVENT_DEFINED_UPDATED = 1,
        DOMAIN_EVENT_DEFINED_RENAMED = 2,
        DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT = 3,

        DOMAIN_EVENT_UNDEFINED_REMOVED = 0,
        DOMAIN_EVENT_UNDEFINED_RENAMED = 1,

        DOMAIN_EVENT_STARTED_BOOTED = 0,
        DOMAIN_EVENT_STARTED_MIGRATED = 1,
        DOMAIN_EVENT_STARTED_RESTORED = 2,
        DOMAIN_EVENT_STARTED_FROM_SNAPSHOT = 3,
        DOMAIN_EVENT_STARTED_WAKEUP = 4,

        DOMAIN_EVENT_SUSPENDED_PAUSED = 0,
        DOMAIN_EVENT_SUSPENDED_MIGRATED = 1,
        DOMAIN_EVENT_SUSPENDED_IOERROR = 2,
        DOMAIN_EVENT_SUSPENDED_WATCHDOG = 3,
        DOMAIN_EVENT_SUSPENDED_RESTORED = 4,
        DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT = 5,
        DOMAIN_EVENT_SUSPENDED_API_ERROR = 6,

        DOMAIN_EVENT_RESUMED_UNPAUSED = 0,
        DOMAIN_EVENT_RESUMED_MIGRATED = 1,
        DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT = 2,

        DOMAIN_EVENT_STOPPED_SHUTDOWN = 0,
        DOMAIN_EVENT_STOPPED_DESTROYED = 1,
        DOMAIN_EVENT_STOPPED_CRASHED = 2,
        DOMAIN_EVENT_STOPPED_MIGRATED = 3,
        DOMAIN_EVENT_STOPPED_SAVED = 4,
        DOMAIN_EVENT_STOPPED_FAILED = 5,
        DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT = 6,

        DOMAIN_EVENT_SHUTDOWN_FINISHED = 0,
        DOMAIN_EVENT_SHUTDOWN_GUEST = 1,
        DOMAIN_EVENT_SHUTDOWN_HOST = 2,

        DOMAIN_EVENT_PMSUSPENDED_MEMORY = 0,
        DOMAIN_EVENT_PMSUSPENDED_DISK = 1,

        DOMAIN_EVENT_CRASHED_PANICKED = 0,
        DOMAIN_EVENT_CRASHED_CRASHLOADED = 1,
};

/* What a listener hears of; each native property names the bit that announces it. */
enum {
        DOMAIN_CHANGED_STATE = 1 << 0, /* state, reason, active, id */
        DOMAIN_CHANGED_NAME = 1 << 1,
        DOMAIN_CHANGED_CONFIG = 1 << 2, /* title, description, machine, maximum values, updated */
        DOMAIN_CHANGED_MEMORY = 1 << 3, /* the balloon's size */
        DOMAIN_CHANGED_AUTOSTART = 1 << 4,
        DOMAIN_CHANGED_PERSISTENT = 1 << 5,
        DOMAIN_CHANGED_RESPONSIVE = 1 << 6,
        DOMAIN_CHANGED_JOB = 1 << 7,
        DOMAIN_CHANGED_LIVE = 1 << 8, /* facts of the running machine: graphics ports, console paths */
        DOMAIN_CHANGED_MANAGED_SAVE = 1 << 9,
        DOMAIN_CHANGED_UNSERVED = 1 << 10,
};

/* Signals beside the state; the comment is the type that args points to. */
typedef enum DomainSignal {
        DOMAIN_SIGNAL_EVENT,    /* DomainEventArgs */
        DOMAIN_SIGNAL_REBOOT,   /* none */
        DOMAIN_SIGNAL_WATCHDOG, /* int32_t: virDomainEventWatchdogAction */
        DOMAIN_SIGNAL_IO_ERROR, /* DomainIOErrorArgs */
        DOMAIN_SIGNAL_RTC,      /* int64_t: offset in seconds */
        DOMAIN_SIGNAL_BALLOON,  /* uint64_t: KiB */
        DOMAIN_SIGNAL_CONTROL_ERROR, /* none: the monitor is lost */
        DOMAIN_SIGNAL_TRAY,          /* DomainTrayArgs */
        DOMAIN_SIGNAL_JOB_COMPLETED, /* Params */
        DOMAIN_SIGNAL_DEVICE_ADDED,  /* const char: the alias */
        DOMAIN_SIGNAL_DEVICE_REMOVED,        /* const char: the alias */
        DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED, /* const char: the alias */
        DOMAIN_SIGNAL_METADATA,      /* DomainMetadataArgs */
        DOMAIN_SIGNAL_TUNABLE,       /* Params */
        DOMAIN_SIGNAL_AGENT,         /* DomainAgentArgs */
        DOMAIN_SIGNAL_PM_SUSPEND,    /* none */
        DOMAIN_SIGNAL_PM_SUSPEND_DISK, /* none */
        DOMAIN_SIGNAL_PM_WAKEUP,     /* none */
        DOMAIN_SIGNAL_BLOCK_JOB,     /* DomainBlockJobArgs */
        DOMAIN_SIGNAL_MIGRATION_ITERATION, /* int32_t */
        DOMAIN_SIGNAL_BLOCK_THRESHOLD, /* DomainBlockThresholdArgs */
        DOMAIN_SIGNAL_DISK_CHANGE,     /* DomainDiskChangeArgs */
        DOMAIN_SIGNAL_GRAPHICS,        /* DomainGraphicsArgs */
        DOMAIN_SIGNAL_MEMORY_FAILURE,  /* DomainMemoryFailureArgs */
        DOMAIN_SIGNAL_MEMORY_SIZE,     /* DomainMemorySizeArgs: of a memory device */
        DOMAIN_SIGNAL_NIC_MAC,         /* DomainNicMacArgs */
        DOMAIN_SIGNAL_MONITOR,         /* DomainMonitorArgs: for who watches, in the form that QEMU sends it */
} DomainSignal;

typedef struct DomainDiskChangeArgs {
        const char *old_source; /* path of the image, or "" */
        const char *new_source; /* the same; "" when it was taken out */
        const char *device_alias;
        int32_t reason; /* virConnectDomainEventDiskChangeReason: 0 taken out of the drive, 1 the disk was left out */
} DomainDiskChangeArgs;

typedef struct DomainGraphicsAddress {
        int32_t family;      /* virDomainEventGraphicsAddressType: 0 IPv4, 1 IPv6, 2 a socket of this host */
        const char *node;    /* address, or path of the socket; "": none */
        const char *service; /* port, or "" */
} DomainGraphicsAddress;

/* virDomainEventGraphicsPhase */
typedef enum DomainGraphicsPhase {
        DOMAIN_GRAPHICS_CONNECT = 0,
        DOMAIN_GRAPHICS_INITIALIZE = 1, /* authenticated */
        DOMAIN_GRAPHICS_DISCONNECT = 2,
} DomainGraphicsPhase;

typedef struct DomainGraphicsArgs {
        DomainGraphicsPhase phase;
        DomainGraphicsAddress local;
        DomainGraphicsAddress remote;
        const char *auth_scheme;       /* "none", "vnc", "sasl", "spice" … */
        const char *const *identities; /* pairs: "saslUsername", "fred", …, NULL; NULL: none */
} DomainGraphicsArgs;

typedef struct DomainMemoryFailureArgs {
        int32_t recipient; /* virDomainMemoryFailureRecipientType: 0 the hypervisor, 1 the guest */
        int32_t action;    /* virDomainMemoryFailureActionType: 0 ignored, 1 told, 2 the guest died of it, 3 reset */
        uint32_t flags;    /* virDomainMemoryFailureFlags: 1 the guest has to act, 2 it came while one was handled */
} DomainMemoryFailureArgs;

typedef struct DomainMemorySizeArgs {
        const char *device_alias;
        uint64_t size; /* KiB */
} DomainMemorySizeArgs;

typedef struct DomainNicMacArgs {
        const char *device_alias;
        const char *old_mac;
        const char *new_mac;
} DomainNicMacArgs;

typedef struct DomainMonitorArgs {
        const char *event; /* "RTC_CHANGE" */
        int64_t seconds;   /* since the epoch, and the microseconds; 0: QEMU did not say */
        uint32_t microseconds;
        const char *details; /* the event's data as JSON, or "" */
} DomainMonitorArgs;

typedef struct DomainBlockJobArgs {
        const char *disk; /* the target */
        int32_t type;     /* virDomainBlockJobType */
        int32_t status;   /* virConnectDomainEventBlockJobStatus */
} DomainBlockJobArgs;

typedef struct DomainBlockThresholdArgs {
        const char *device; /* "vda", "vda[1]" */
        const char *path;
        uint64_t threshold; /* bytes */
        uint64_t excess;    /* bytes written behind it */
} DomainBlockThresholdArgs;

typedef struct DomainEventArgs {
        DomainEvent event;
        int32_t detail;
} DomainEventArgs;

typedef struct DomainIOErrorArgs {
        const char *source;       /* path of the image */
        const char *device_alias; /* "virtio-disk0" */
        int32_t action;           /* virDomainEventIOErrorAction: 0 none, 1 pause, 2 report */
        const char *reason;       /* "enospc" or "" */
} DomainIOErrorArgs;

typedef struct DomainTrayArgs {
        const char *device_alias;
        int32_t reason; /* virDomainEventTrayChangeReason: 0 open, 1 close */
} DomainTrayArgs;

typedef struct DomainMetadataArgs {
        int32_t type;    /* virDomainMetadataType: 0 description, 1 title, 2 element */
        const char *uri; /* of an element's namespace, or "" */
} DomainMetadataArgs;

typedef struct DomainAgentArgs {
        int32_t state;  /* virConnectDomainEventAgentLifecycleState: 1 connected, 2 disconnected */
        int32_t reason; /* virConnectDomainEventAgentLifecycleReason: 0 unknown, 1 domain started, 2 channel event */
} DomainAgentArgs;

/* The facts that reads are answered from without decoding a definition. Memory in KiB. */
typedef struct DomainSummary {
        char *title;       /* NULL: none */
        char *description; /* NULL: none */
        /* shared words, NULL: none */
        const char *virt_type; /* "kvm", "qemu", "test" */
        const char *os_type;   /* "hvm" */
        const char *arch;
        const char *machine;
        uint64_t memory_max;
        uint64_t memory;
        uint32_t vcpus_max;
        uint32_t vcpus;
} DomainSummary;

typedef struct Domain Domain;
typedef struct DomainList DomainList;

struct Domain {
        Object object;
        DomainList *list;
        char *name;
        char uuid[37]; /* lower case with hyphens */
        uint32_t id;   /* 0: inactive */
        DomainState state;
        int reason;
        bool persistent : 1;
        bool autostart : 1;
        bool autostart_once : 1; /* with the next start of the host alone */
        bool updated : 1;    /* virDomainIsUpdated */
        bool responsive : 1; /* the monitor answers */
        bool managed_save : 1; /* the next start restores a saved state */
        DomainSummary summary;
        DomainPacked *config; /* the persistent definition, packed; NULL for a transient domain */
        DomainDef *live;      /* of the running machine, with live facts; NULL when inactive */
        char **unserved;      /* aliases of devices whose program beside the hypervisor has ended; NULL: none */
        uint64_t started_usec; /* CLOCK_REALTIME of the start; 0 when inactive */
        JobSlot background; /* of a job that goes on while others make the domain busy: a backup */
        /* snapshots and checkpoints, see moment.h: not owned; NULL: none */
        GPtrArray *moments[2];
        struct DomainMoment *current_moment[2];
        struct BackupDef *backup; /* while one goes on; owned */
        struct DomainBlockJob *block_jobs; /* see block_job.h; NULL: none */
        struct DomainJobStats *last_job; /* see domain_job.h; NULL: none yet */
        void *private;        /* the driver's */
        GDestroyNotify private_free; /* when the domain is freed, which may be after the driver is closed */
};

/*
 * The domains of a driver. A domain that is being defined or created occupies its name and UUID before it is
 * published; look-ups with published_only skip it.
 */
DomainList *domain_list_new(Driver *driver, const ObjectListener *listener, void *userdata);
/* Announces nothing. Domains that somebody still refers to stay valid, but belong to no driver any more. */
DomainList *domain_list_free(DomainList *list);
DEFINE_TRIVIAL_CLEANUP(DomainList *, domain_list_free)

/* What details_of_object() says of a domain, for a definition that is none yet. */
void domain_describe_def(const DomainDef *def, Details *details);

/* Its domains as objects, borrowed. */
ObjectList *domain_list_objects(const DomainList *list);

/*
 * Occupies name and UUID for the definition. ERROR_DOM_EXIST when either is taken. The reference is the list's, *ret is
 * borrowed.
 */
int domain_list_add(DomainList *list, const DomainDef *def, Domain **ret, Error *error);
/* Makes it visible: announced as added. Of an unpublished domain nothing is announced. */
void domain_publish(Domain *domain);
/*
 * Announced as removed, and forgotten: name, UUID and number are free again. Drops the list's reference, which
 * may be the last. Nothing when it was removed before.
 */
void domain_list_remove(Domain *domain);

/*
 * Borrowed, NULL when there is none; unpublished ones are found only by domain_list_find_any_*. UUIDs in lower case.
 */
Domain *domain_list_find_uuid(DomainList *list, const char *uuid);
Domain *domain_list_find_name(DomainList *list, const char *name);
Domain *domain_list_find_id(DomainList *list, uint32_t id);
Domain *domain_list_find_any_uuid(DomainList *list, const char *uuid);
Domain *domain_list_find_any_name(DomainList *list, const char *name);

size_t domain_list_size(const DomainList *list);
/*
 * The i-th in the order of UUIDs, unpublished ones included (check object.published). For slices: the index of the
 * first one behind a UUID is domain_list_position().
 */
Domain *domain_list_get(const DomainList *list, size_t i);
size_t domain_list_position(const DomainList *list, const char *after_uuid);

Domain *domain_ref(Domain *domain);
Domain *domain_unref(Domain *domain);
DEFINE_TRIVIAL_CLEANUP(Domain *, domain_unref)

static inline bool domain_is_active(const Domain *domain)
{
        return domain->id != 0;
}

/*
 * The one writer of the state: logs old and new, announces the change and then the event, which may be
 * DOMAIN_EVENT_NONE. SHUTOFF is the inactive state: with it id and started_usec become 0, updated false,
 * responsive true, nothing is unserved, and the live definition of a persistent domain is dropped. Any other wants an
 * id.
 */
void domain_set_state(Domain *domain, DomainState state, int reason, DomainEvent event, int detail);

/* Gives the domain its number: call before the state becomes an active one. Numbers are not used twice. */
void domain_assign_id(Domain *domain);
/* For a re-adopted domain, whose number is known. */
void domain_set_id(Domain *domain, uint32_t id);

/*
 * The persistent definition; NULL def makes the domain transient, without autostart. Announces. The name and UUID
 * that stand in it are not looked at: domain_set_name() moves a domain.
 */
void domain_set_config(Domain *domain, const DomainDef *def);
/* The same of a definition that has been packed already, as on another thread. Takes packed. */
void domain_take_config(Domain *domain, const DomainDef *def, DomainPacked *packed);
/* Another form of the definition that the domain has. Announces nothing. Takes packed. */
void domain_repack_config(Domain *domain, DomainPacked *packed);
/* A new reference to the persistent definition, unpacked, or NULL for a transient domain. */
DomainDef *domain_get_config(const Domain *domain);
/* Its XML without secrets as kept, without decoding; NULL for a transient domain. Free with g_free(). */
char *domain_get_config_xml(const Domain *domain);

/* The definition of the running machine; NULL when it stopped. Announces. */
void domain_set_live(Domain *domain, const DomainDef *def);
/* The live definition, else the persistent one: a new reference, never NULL for a published domain. */
DomainDef *domain_get_current(const Domain *domain);

void domain_set_autostart(Domain *domain, bool autostart);
void domain_set_autostart_once(Domain *domain, bool autostart);
void domain_set_responsive(Domain *domain, bool responsive);
/* Aliases, NULL at their end; they are copied. */
void domain_set_unserved(Domain *domain, const char *const *aliases);
void domain_set_managed_save(Domain *domain, bool managed_save);
void domain_set_balloon(Domain *domain, uint64_t kib);
/* Moves the name in the list too. ERROR_DOM_EXIST when it is taken. */
int domain_set_name(Domain *domain, const char *name, Error *error);

void domain_changed(Domain *domain, uint64_t mask);
void domain_emit(Domain *domain, DomainSignal signal, const void *args);
void domain_emit_event(Domain *domain, DomainEvent event, int detail);

/* ERROR_OPERATION_INVALID "domain is not running" / "domain is already running". */
int domain_check_active(const Domain *domain, Error *error);
int domain_check_inactive(const Domain *domain, Error *error);
