/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/model/domain.h"

typedef struct Manager Manager;

/* QemuMonitorEvent, for each caller that has asked for it. */
void domain_watch_tell_monitor(Manager *manager, Object *object, const DomainMonitorArgs *monitor);
