/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What happens to objects, told to the bus: InterfacesAdded, InterfacesRemoved, one PropertiesChanged per object and
 * turn, and the objects' own signals.
 */

#include "service/manager.h"

/* For DriverHost and the job manager; userdata is the Manager. */
extern const ObjectListener object_listener;
extern const JobListener job_listener;

void objects_init(Manager *manager);
void objects_clear(Manager *manager);
