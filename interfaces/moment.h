/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the handlers of snapshots and of checkpoints share. */

#include "drivers/driver.h"
#include "service/call.h"

/*
 * "ao": those of the domain, parents before their children. within: those that descend from it (any: also through
 * others; else its children); NULL: all. matches may be NULL.
 */
int moments_reply(Call *call, const Domain *domain, MomentKind kind, const DomainMoment *within, bool any,
                  bool (*matches)(const DomainMoment *moment, uint32_t flags), uint32_t flags, Error *error);

/* The path of the one it descends from, or an error of the code. what: "snapshot". */
int moment_reply_parent(Call *call, const DomainMoment *moment, ErrorCode code, const char *what, Error *error);

/* The name of one that got none: when it was made, in seconds. In the arena. */
const char *moment_make_name(Arena *arena, const char *name);

/* Flags of the two lists of virDomainSnapshotListFlags that choose by the place in the tree; true when they fit. */
bool moment_fits_tree(const DomainMoment *moment, uint32_t flags, uint32_t roots, uint32_t leaves, uint32_t no_leaves);

/* Answers with the path of the object that the job has made. */
int moment_reply_made(Call *call, Job *job, Error *error);
