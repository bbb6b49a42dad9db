/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one object that knows all others; passed by pointer, private to service/. */

#include "drivers/driver.h"
#include "polkit/authority.h"
#include "service/bus.h"
#include "service/config.h"
#include "service/job_object.h"
#include "service/last_error.h"
#include "service/loop.h"

#define MANAGER_DRIVERS_MAX 8

/* Signals that are written in terms of the contract, which this room does not include: main hands them in. */
typedef struct SignalEmitters {
        void (*object_signal)(Manager *manager, Object *object, unsigned which, const void *args);
        void (*job_completed)(Manager *manager, JobObject *job);
        void (*error_reported)(Manager *manager, const Object *connect, const LastError *last);
} SignalEmitters;

struct Manager {
        const SignalEmitters *emitters;
        Loop *loop;
        sd_event *event;
        Config *config;
        WorkerPool *workers;
        WorkerPool *path_workers;
        WorkerPool *net_workers;
        JobManager *jobs;
        Authority *authority;
        DriverHost host;
        Driver *drivers[MANAGER_DRIVERS_MAX];
        size_t n_drivers;
        Bus native;
        Bus libvirt;
        GHashTable *peers;       /* unique name -> Peer, owned */
        GHashTable *users;       /* uid -> User, held by their peers and jobs */
        GHashTable *parked;      /* message -> Parked, owned */
        GHashTable *waiting;     /* JobSlot -> GQueue of Parked, owned */
        GHashTable *job_objects; /* Job -> JobObject, owned */
        GPtrArray *changed;      /* objects with changes to announce; referenced */
        sd_event_source *flush;
        sd_event_source *signal_sources[4];
        bool ready_told;
        const char *only_to; /* signals go to this unique name of the native bus alone; NULL: to all */
};

typedef struct DriverTable {
        const DriverInfo *const *drivers;
        size_t n;
} DriverTable;

/* Takes the configuration over. */
int manager_new(Config *config, const SignalEmitters *emitters, Manager **ret);
Manager *manager_free(Manager *manager);
DEFINE_TRIVIAL_CLEANUP(Manager *, manager_free)

/* Opens the configured drivers, then the bus. */
int manager_start(Manager *manager, const DriverTable *table);

Driver *manager_find_driver(const Manager *manager, const char *name);

/* Told by a bus: its name is ours now; the name is taken; a connection is lost. */
void manager_bus_ready(Manager *manager, Bus *bus);
void manager_bus_refused(Manager *manager, Bus *bus);
void manager_bus_lost(Manager *manager);
