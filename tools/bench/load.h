/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many calls of one kind to one service, and what they cost it. */

#include "tools/bench/peer.h"
#include "tools/bench/samples.h"

/* Makes the i-th call. */
typedef sd_bus_message *(*LoadMessage)(const Peer *peer, sd_bus *bus, size_t i, void *userdata);

typedef struct Load {
        const Peer *peer;
        sd_bus *bus;
        size_t n;         /* how many calls */
        size_t in_flight; /* how many at a time */
        LoadMessage message;
        void *userdata;
        Samples *latencies; /* gets the time of each call in µs; NULL: not wanted */
} Load;

typedef struct LoadResult {
        double cpu_usec;  /* of the service, per call */
        double wall_usec; /* per call */
        size_t reply_bytes; /* of the last one */
} LoadResult;

/* Fails with the first call that is answered with an error. */
int load_run(const Load *load, LoadResult *ret, Error *error);
