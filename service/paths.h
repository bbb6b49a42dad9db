/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The paths of all objects of a list, one behind the other. Who polls lists asks for the same ones again and again,
 * while the objects lie scattered over the memory: waiting for that is most of what a long list costs.
 */

#include "service/bus.h"
#include "drivers/driver.h"

/*
 * The paths on the bus's face of the published objects of the kind, in the order of their keys, each with its NUL and
 * all of one length.
 * The caller's reference; what comes and goes later does not change it. NULL for kinds whose objects' paths change
 * while they live. The driver's list must live as long as the bus.
 */
GBytes *paths_of_kind(Bus *bus, const Driver *driver, ObjectType type);
