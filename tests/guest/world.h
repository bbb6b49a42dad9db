/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A QEMU driver of its own for a test: real loop, workers and jobs, private directories, a private range of
 * user numbers, and a record of what the driver announces. Everything fails the test instead of returning
 * errors, but for the calls that return what an operation said.
 */

#include "drivers/part.h"
#include "drivers/qemu/qemu_driver.h"
#include "drivers/qemu/qemu_guest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WORLD_PATIENCE_USEC (90 * USEC_PER_SEC)

typedef struct World {
        sd_event *event;
        WorkerPool *workers;
        JobManager *jobs;
        DriverPaths paths;
        DriverHost host;
        DriverInfo info; /* QEMU's, with the parts that its machines use */
        GHashTable *settings; /* key -> value of section "qemu" */
        char *dir;
        uid_t uid_first, uid_last;
        bool session; /* opened as a user's own daemon */
        Driver *driver;
        /* Called when a job enters the stage, before its step begins. */
        const char *stage;
        void (*at_stage)(Job *job);
        GString *record; /* "web:started booted;web:state running booted;…" */
        unsigned n_versions; /* how often the driver told of another version */
        ErrorCode code;  /* of the last operation */
        char *text;      /* its error */
        char *result;    /* its text result */
        int result_fd;
        Job *job;        /* the last one that took a while and succeeded */
} World;

/* Group setup: skips with the reason (exit status 77) when QEMU or root is not there. */
void world_require_qemu(void);

World *world_new(void);
/* The same world in another process. */
World *world_new_at(const char *dir, uid_t uid_first);
/* Ends all machines of the world, however it stands, and removes its files. */
void world_free(World *world);
int world_setup(void **state);
int world_teardown(void **state);
void world_set(World *world, const char *key, const char *value);
void world_open(World *world);
/* As the daemon ends: machines stay. */
void world_close(World *world);

/*
 * Definitions: a small machine, with what stands in parameters added inside <devices> and <domain>. Free
 * with g_free().
 */
char *world_machine(const char *name, const char *devices, const char *more);

/* Normalises and defines; the domain is borrowed. */
Domain *world_define(World *world, const char *xml);
int world_try_define(World *world, const char *xml, Domain **ret);
/* A transient domain. */
int world_create(World *world, const char *xml, uint32_t flags, Domain **ret);

/*
 * Operations: run to their end. Return 0 or the negative errno; the error is in world->code and world->text.
 */
int world_start(World *world, Domain *domain, uint32_t flags);
int world_do(World *world, Domain *domain, int (*operation)(Domain *, Job *, Error *));
int world_do_flags(World *world, Domain *domain, int (*operation)(Domain *, uint32_t, Job *, Error *),
                   uint32_t flags);
int world_rename(World *world, Domain *domain, const char *name);
int world_autostart(World *world, Domain *domain, bool autostart);
int world_autostart_once(World *world, Domain *domain);
int world_open_device(World *world, Domain *domain, bool channel, const char *name, uint32_t flags);
/* Begins a start and returns its job, a reference; it has not ended. */
Job *world_begin_start(World *world, Domain *domain);

Domain *world_find(World *world, const char *name);
const QemuGuest *world_guest(const Domain *domain);
pid_t world_pid(const Domain *domain);

/* Runs the loop until the condition holds; fails the test after a long while. */
bool world_run(World *world, uint64_t usec);
#define world_wait(world, condition)                                                                        \
        do {                                                                                                \
                uint64_t _until = now_usec() + WORLD_PATIENCE_USEC;                                         \
                while (!(condition)) {                                                                      \
                        if (now_usec() > _until)                                                            \
                                fail_msg("waited in vain for: %s; record: %s", #condition,                  \
                                         (world)->record->str);                                             \
                        world_run(world, 50 * USEC_PER_MSEC);                                               \
                }                                                                                           \
        } while (0)

/* How often the text stands in the record. */
unsigned world_count(const World *world, const char *text);
#define world_expect(world, text) world_wait(world, world_count(world, text) > 0)
void world_forget(World *world);

/* How many processes there are of the world's user numbers, zombies aside. */
unsigned world_processes(const World *world);
/* How many entries the world's directory of running machines has. */
unsigned world_run_entries(const World *world);

/* A file in the world's directory, of so many zero bytes (sparse). Free with g_free(). */
char *world_file(const World *world, const char *name, off_t size);
