/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a machine that pretends tells beside its state, and what can befall it by the configuration. */

#include "drivers/model/domain.h"

/* A client of the display with this alias has come or gone. */
void test_tell_graphics(Domain *domain, const char *alias, DomainGraphicsPhase phase);

/* As the monitor of a machine of QEMU's would say it. details: JSON, or "". */
void test_tell_monitor(Domain *domain, const char *event, const char *details);

/* The agent of a guest that has a channel for it is there, since the machine has started. */
void test_tell_agent(Domain *domain);

/* Memory devices whose size was changed have that size now. */
void test_tell_memory_sizes(Domain *domain, const DomainDef *before, const DomainDef *after);

/* Whether there is an event of this name: "watchdog", "crash", …. */
bool test_event_is_known(const char *name);
/* Lets it happen to the machine, if it runs then, so many microseconds from now; while a job is at it, after that. */
void test_event_plan(Domain *domain, const char *name, uint64_t usec);
/* For TestMachine.planned: what frees each. */
void test_event_free(gpointer planned);
