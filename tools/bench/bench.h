/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One run of the benchmark: a private bus, the services on it, and what comes out. */

#include "tools/bench/load.h"
#include "tools/bench/peer.h"
#include "tools/bench/report.h"

typedef struct Bench {
        bool quick;        /* only enough to see that everything works */
        const char *build; /* the build directory with the daemon */
        const char *dir;   /* scratch */
        sd_bus *root_bus;
        sd_bus *user_bus;  /* of an ordinary user; NULL where there is none */
        uid_t user;
        Report *report;
        const char *authorize_reads; /* of the next virtbusd; NULL: as by default */
        unsigned n_roots;  /* how many directories for a daemon's files were made */
} Bench;

/* A number for a full run or a quick one. */
static inline size_t bench_n(const Bench *bench, size_t full, size_t quick)
{
        return bench->quick ? quick : full;
}

/* Prints the rows that are new. */
void bench_print(Bench *bench);

/*
 * Starts a daemon of its own with the driver ("Test", "QEMU"; NULL: both) on the files beneath root (NULL:
 * new and empty), and with the driver's first domain, if it has one, as the one that reads are about.
 */
int bench_start_virtbusd(Bench *bench, const char *driver, const char *root, Peer *ret, Error *error);
/* A new directory beneath the scratch directory: free with g_free(). */
char *bench_new_root(Bench *bench);
int bench_start_floor(Bench *bench, Peer *ret, Error *error);
/* Gives the floor the names, paths and values of the other's domains: its answers are then as long. */
int bench_setup_floor(Bench *bench, const Peer *floor, const Peer *like, Error *error);
/* libvirt-dbus with libvirt's own test driver. Returns 0 when it is not installed, else 1. */
int bench_start_libvirt_dbus(Bench *bench, Peer *ret, Error *error);

/* A definition as a tool for making virtual machines writes it; type is "test" or "qemu". Free with
 * g_free(). */
char *bench_definition(const char *type, unsigned i);
/* A machine without disks or network, for QEMU. */
char *bench_bare_definition(const char *name, const char *uuid);

/* Defines and returns the path (free with g_free()). */
int bench_define(sd_bus *bus, const Peer *peer, const char *xml, char **ret_path, Error *error);
/* Defines n of them with many calls in flight. */
int bench_define_many(Bench *bench, const Peer *peer, const char *type, unsigned first, size_t n,
                      LoadResult *ret, Error *error);

/* The parts of a run, each a file. */
int bench_reads(Bench *bench, Error *error);
int bench_lists(Bench *bench, Error *error);
int bench_sight(Bench *bench, Error *error);
int bench_changes(Bench *bench, Error *error);
int bench_start_up(Bench *bench, Error *error);
int bench_guests(Bench *bench, Error *error);
int bench_stuck(Bench *bench, Error *error);
