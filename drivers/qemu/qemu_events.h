/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What QEMU says about its guest, turned into the domain's state, events and signals. */

#include "drivers/qemu/qemu_guest.h"

/*
 * One event of the monitor (qapi/ *.json of QEMU has them); data may be NULL and is not trusted. time is
 * microseconds since 1970, 0 when it is not known.
 */
void qemu_event_handle(QemuGuest *guest, const char *name, JsonObject *data, uint64_t time);

/*
 * Brings the domain's state in line with QEMU's run state ("running", "paused", …), for which no event was
 * seen, and does what an end of the guest asks for. A state that fits is left alone with its reason.
 */
void qemu_event_apply_run_state(QemuGuest *guest, const char *run_state);

/* qemu_events_device.c: one that is about a device. */
void qemu_event_of_device(QemuGuest *guest, const char *name, JsonObject *data);
