/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signals leave through the generated emitters, which call this: once per face that has the signal. */

#include "service/contract.h"

typedef struct Manager Manager;

/*
 * Sends the signal from the source's path on each face. The arguments follow the signature: "o" takes a const Object *,
 * "a{sv}" a const Params *, "(iss)" a const DomainGraphicsAddress *, "a(ss)" pairs of strings in one array that ends
 * with NULL (NULL: none), basic types their value. Sent to nobody while the bus is away.
 */
void signal_emit(Manager *manager, const SignalInfo *info, const Object *source, ...);
