/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The gate: who may do what. While polkit thinks, or an object is busy, the message is parked; afterwards the same
 * message goes back into the queue of its connection and everything is looked up afresh. An answer is bound to the
 * permission and the details it was given for.
 */

#include "service/call.h"
#include "service/peer.h"

typedef struct Parked Parked;

/*
 * Do the rows allow the call? With args NULL the unconditional rows are asked (stage 1), else the conditional ones
 * (stage 2). Returns 1: yes, 0: parked, negative: no.
 */
int gate_check(Call *call, const PermissionRow *rows, size_t n, const void *args, Error *error);
/* May the caller read this? Asked once per caller, driver and permission, without an object's details. */
int gate_check_read(Call *call, Permission permission, Error *error);

/* The same of one object, where they are asked about one by one; else of all like it. */
int gate_check_object(Call *call, const Object *object, Permission permission, Error *error);
/* What an earlier question has come to; never asks. */
bool gate_may_read(const Call *call, const Object *object, Permission permission);

/* Parks the call until the slot is free. Returns 0, or negative when it has waited for too long. */
int gate_wait_for_slot(Call *call, JobSlot *slot, Error *error);
/* What call_job_cancelled() says, kept while the call was parked. Accepts NULL. */
const char *gate_job_cancelled(const Parked *parked);
/* The slot is free: its calls go back into the queue. */
void gate_slot_freed(Manager *manager, JobSlot *slot);

/* What the gate knows of a message that comes again; the caller owns it then. NULL for a new one. */
Parked *gate_take_parked(Manager *manager, sd_bus_message *m);
Parked *parked_free(Parked *parked);

/* polkit's rules have changed: what is parked asks anew. */
void gate_forget_answers(Manager *manager);

/* Drops what is parked for a peer that left. */
void gate_forget_peer(Manager *manager, Peer *peer);
