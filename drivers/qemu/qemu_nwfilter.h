/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a machine has to do with network filters: a card with <filterref> has a binding of that filter to its tap as
 * long as there is the tap. The driver of filters is known by the driver's lists and its table of operations alone.
 */

#include "drivers/qemu/qemu_private.h"

typedef struct QemuNwfilter QemuNwfilter;

/* error, unset when it succeeded, is the callee's for the time of the call. */
typedef void (*QemuNwfilterDone)(void *userdata, Error *error);

/*
 * Makes the bindings of all cards of the definition, or of the one with the alias, what they say: bound, bound anew, or
 * not bound. Returns 0 when there is nothing to do, 1 when done, which may be NULL, will be called.
 */
int qemu_nwfilter_follow(QemuDriver *driver, const DomainDef *live, const char *alias, QemuNwfilterDone done,
                         void *userdata, QemuNwfilter **ret, Error *error);
/* done will not be called any more. What is bound stays. Accepts NULL, returns NULL. */
QemuNwfilter *qemu_nwfilter_cancel(QemuNwfilter *filters);

/* Takes back what made bindings follow "from": cards of "to" are filtered as that says, others not. Nobody waits. */
void qemu_nwfilter_return(QemuDriver *driver, const DomainDef *from, const DomainDef *to, const char *alias);
/* The bindings of all cards, or of the one with the alias, go. Nobody waits for it. */
void qemu_nwfilter_unbind(QemuDriver *driver, const DomainDef *live, const char *alias);
/* After machines of an earlier life have been found: they have the bindings that they should have, and no others. */
void qemu_nwfilter_sweep(QemuDriver *driver);
