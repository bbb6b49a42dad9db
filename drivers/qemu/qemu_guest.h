/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A guest: one QEMU process and all that exists because of it (directory in /run, user number, monitor,
 * consoles). It exists from the beginning of a start until the process has ended and everything is cleared
 * away; domain->private points to it meanwhile. Its end is found by the process's pidfd alone and happens
 * exactly once, in guest_end().
 */

#include "drivers/host/cgroup.h"
#include "drivers/qemu/agent.h"
#include "drivers/qemu/console.h"
#include "drivers/qemu/qemu_companion.h"
#include "drivers/qemu/qemu_files.h"
#include "drivers/qemu/qemu_private.h"
#include "drivers/qemu/qemu_status.h"
#include "drivers/qemu/qmp.h"

#include <sys/un.h>

#define QEMU_MONITOR_SOCKET "monitor"

typedef struct QemuUnplug QemuUnplug;
typedef struct QemuBackup QemuBackup;

typedef void (*QemuGuestEnded)(void *userdata, const char *uuid);

/* Statistics of one disk, as QEMU counts them. */
typedef struct QemuDiskFacts {
        char *alias;
        uint64_t rd_reqs, rd_bytes, rd_ns;
        uint64_t wr_reqs, wr_bytes, wr_ns;
        uint64_t fl_reqs, fl_ns;
        uint64_t allocation; /* the highest byte written */
        uint64_t capacity;   /* bytes that the guest sees; 0: not known */
        uint64_t physical;   /* bytes on the host's disk; 0: not known */
} QemuDiskFacts;

/* Of the balloon, as the guest's driver reports them. */
typedef enum QemuBalloonFact {
        QEMU_BALLOON_SWAP_IN,
        QEMU_BALLOON_SWAP_OUT,
        QEMU_BALLOON_MAJOR_FAULT,
        QEMU_BALLOON_MINOR_FAULT,
        QEMU_BALLOON_UNUSED,
        QEMU_BALLOON_AVAILABLE,
        QEMU_BALLOON_USABLE,
        QEMU_BALLOON_DISK_CACHES,
        QEMU_BALLOON_HUGETLB_PGALLOC,
        QEMU_BALLOON_HUGETLB_PGFAIL,
        _QEMU_BALLOON_MAX,
} QemuBalloonFact;

/* What statistics are answered from; refreshed in the background when somebody asks for them. */
typedef struct QemuFacts {
        uint64_t balloon[_QEMU_BALLOON_MAX];
        uint32_t balloon_known;   /* bits */
        uint64_t balloon_updated; /* seconds since 1970; 0: never */
        pid_t *vcpu_threads; /* by the number of the processor; 0: it is not there */
        size_t n_vcpus;
        QemuDiskFacts *disks;
        size_t n_disks;
        unsigned n_pending; /* questions that have not been answered */
} QemuFacts;

/* See qemu_cgroup.h; group is NULL when the machine has none. */
typedef struct QemuGuestCgroup {
        Cgroup *group;
        char *path;           /* of what there is, or may be, to remove */
        Process *holder;      /* keeps a scope while QEMU is not there yet */
        DriverScope *scope;   /* set while it is being made */
        WorkerTask *task;     /* set while the group is being made */
        struct Making *making; /* the task's */
        void (*done)(void *userdata, Error *error);
        void *userdata;
} QemuGuestCgroup;

struct QemuGuest {
        QemuDriver *driver;
        Domain *domain; /* a reference; NULL in a guest whose start is undone */
        char uuid[37];
        char *name; /* at the start: that of the log */
        QemuPhase phase;
        QemuStatus status; /* what the file says, without the definition */
        DomainDef *live;   /* with the facts of this run; NULL until they are known */
        char *path;        /* of the directory, for others */
        int dir_fd;
        bool has_uid;
        gid_t gid;
        QemuGuestCgroup cgroup;
        Process *process;
        ProcessExit exit; /* valid once has_exited */
        bool has_exited;
        Qmp *qmp;
        sd_event_source *retry; /* connects to the monitor again */
        unsigned n_retries;
        sd_event_source *settle; /* see qemu_outgoing_resume() */
        sd_event_source *ladder; /* the next, stronger signal */
        int rung;
        bool graceful; /* nothing stronger than SIGTERM */
        sd_event_source *last_words;       /* ends the wait for what the monitor still has to say */
        bool io_error, watchdog, panicked; /* what the next STOP is about */
        uint64_t event_usec;               /* QEMU's time of the event being handled; 0: not known */
        uint64_t reset_usec;               /* of its last RESET */
        int pause_reason;                  /* of the next STOP, which the daemon asks for: DOMAIN_PAUSED_*; 0: none */
        bool stray;                        /* of an earlier life, nobody knows what it is: it ends by itself */
        bool abandoned;                    /* a start that was given up: nobody hears of its end */
        /*
         * Set while a start is in progress: the program runs or not; takes the end in place of the general
         * way.
         */
        void (*started)(QemuGuest *guest, Error *error, void *userdata);
        void (*monitor_lost)(QemuGuest *guest, Error *error, void *userdata);
        void (*start_failed)(QemuGuest *guest, void *userdata);
        void *start_userdata;
        char *owner;     /* unique name of the caller whose departure ends the guest; NULL: nobody's does */
        GArray *waiters; /* of GuestWaiter */
        Agent *agent;         /* NULL until it is needed */
        void (*powered)(QemuGuest *guest, void *userdata); /* once, at the next power-off or reset */
        void *powered_userdata;
        QemuCompanions *companions;
        QemuUnplug *unplug;      /* waits for the guest to let go of a device; not owned */
        GPtrArray *clearings;    /* see qemu_plug_clear.h */
        GPtrArray *blocks;       /* jobs of disks, see qemu_block.h; not owned */
        QemuBackup *backup;      /* see qemu_backup.h; not owned; NULL: none */
        struct QemuReconcile *reconcile; /* see qemu_plug_reconcile.h */
        DomainDef *ahead;        /* with what QEMU is about to be given: the status file has it then; NULL: nothing */
        GHashTable *macs;     /* alias -> address that the guest has given its card since the start */
        GHashTable *consoles; /* alias -> Console, owned */
        GPtrArray *perf;      /* of PerfCounter; NULL: nothing is counted */
        QemuFacts facts;
};

static inline QemuGuest *domain_guest(const Domain *domain)
{
        return domain->private;
}

/* Makes the guest: user number, number, directory. There must be none of that UUID. */
int guest_new(QemuDriver *driver, Domain *domain, QemuGuest **ret, Error *error);
/* A guest of an earlier life. domain NULL: one that is to end without a word. Takes dir_fd. */
QemuGuest *guest_new_adopted(QemuDriver *driver, Domain *domain, const char *uuid, const QemuStatus *status,
                             DomainDef *live, int dir_fd);
/* For one whose process is known to be gone: reports its end and clears away. */
void guest_end_gone(QemuGuest *guest);
/* Forgets the guest without touching its process or files: the daemon ends. Accepts NULL, returns NULL. */
QemuGuest *guest_forget(QemuGuest *guest);

QemuGuest *guest_find(QemuDriver *driver, const char *uuid);

/* Writes the status file from the domain and the guest. An error is logged: the guest is more important. */
int guest_save_status(QemuGuest *guest, Error *error);
void guest_update_status(QemuGuest *guest);

/* Writes down what QEMU is about to be given, before it is; def NULL: it has it, or has it not. */
int guest_write_ahead(QemuGuest *guest, DomainDef *def, Error *error);

/* Facts of the running machine have changed: for the domain, and for the next life of the daemon. */
void guest_set_live(QemuGuest *guest, DomainDef *live);

/* qemu_guest_dir.c */

/* Makes and opens the directory of a new guest; its UUID is its name in the run directory. */
int guest_dir_make(QemuGuest *guest, Error *error);
/* Its name is free at once; the directory and what is in it are removed in the background. */
void guest_dir_remove(QemuDriver *driver, const char *uuid);
/* Whether the entry of the run directory is one whose removal a former life did not finish: it goes on. */
bool guest_dir_sweep(QemuDriver *driver, const char *name);

/* Calls ended(userdata) once, when the guest is gone and its domain shut off. */
void guest_wait_end(QemuGuest *guest, QemuGuestEnded ended, void *userdata);
void guest_unwait_end(QemuGuest *guest, QemuGuestEnded ended, void *userdata);

/*
 * Has the process ended: by SIGTERM, and some seconds later SIGKILL (at once: SIGKILL immediately). What the
 * domain's state says at the end are reason (DOMAIN_SHUTOFF_*) and event (DOMAIN_EVENT_STOPPED_*); the first
 * one who decides wins.
 */
typedef enum QemuStopHow {
        QEMU_STOP_GRACEFUL, /* SIGTERM only */
        QEMU_STOP_LADDER,
        QEMU_STOP_AT_ONCE,
} QemuStopHow;
void guest_stop(QemuGuest *guest, QemuStopHow how, int reason, int event);

/*
 * A start that is given up: no word to anybody. Ends the process if there is one, else clears away at once.
 */
void guest_abandon(QemuGuest *guest);

/* The monitor said its last word (see guest_end). */
void guest_monitor_closed(QemuGuest *guest);

/* For process_spawn() and process_adopt(); userdata is the guest. */
extern const ProcessHandlers guest_process_handlers;

/* qemu_monitor.c */

/* An unconnected socket and the address of the monitor in a machine's directory. Returns the fd. */
int monitor_socket(int dir_fd, struct sockaddr_un *ret_address, Error *error);
/* Connects to the monitor's socket; *ret_fd is the caller's. -ECONNREFUSED or -ENOENT: nobody listens. */
int monitor_open(int dir_fd, int *ret_fd, Error *error);
/* Speaks on it; takes fd. The guest then hears of events. */
int monitor_start(QemuGuest *guest, int fd, Error *error);
/* Connects again in a while: for a process that lives with a monitor that is lost. */
void monitor_retry(QemuGuest *guest);
/* Asks for the run state and for facts, and brings the domain in line with them. */
void monitor_query_state(QemuGuest *guest);

/* Error when no command can be sent. */
int monitor_check(const QemuGuest *guest, Error *error);
/* Needs a monitor. Takes arguments; reply may be NULL. Returns the number for qmp_forget(). */
uint64_t monitor_execute(QemuGuest *guest, const char *command, JsonObject *arguments, QmpReply reply,
                         void *userdata);

/* qemu_console.c */

/* Connects to a listening socket by its path; *ret is the caller's. */
int guest_open_socket(const char *path, int *ret, Error *error);

/* qemu_agent.c */

/* Alias of the channel that the guest agent listens on, or NULL when the machine has none. */
const char *guest_agent_alias(const QemuGuest *guest);
/*
 * Whom to ask; stays the guest's. ERROR_ARGUMENT_UNSUPPORTED without a channel, ERROR_OPERATION_INVALID when the
 * processors stand, ERROR_AGENT_UNRESPONSIVE when nobody in the guest has opened the channel.
 */
int guest_agent_get(QemuGuest *guest, Agent **ret, Error *error);
/* The guest opens or closes one of its channels, as VSERPORT_CHANGE of the monitor says. */
void guest_channel_changed(QemuGuest *guest, const char *id, bool open);
/* Learns what was missed of that while there was no monitor. */
void guest_query_channels(QemuGuest *guest);

/* qemu_stats.c */
void guest_facts_clear(QemuFacts *facts);
/* Asks the monitor for fresh facts, unless it has not answered the last questions yet. */
void guest_refresh_facts(QemuGuest *guest);
