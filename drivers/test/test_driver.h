/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The test driver: a host in memory, whose machines do nothing but change their states. It never touches the
 * system, so that clients can be developed and tested with it. Its default host and its events are those of
 * libvirt's test:///default.
 *
 * Settings, section [test]:
 *   default-host = yes|no   whether there is a running domain "test" at the start; default yes
 *   delay = N               milliseconds that each change of a machine takes, as a job that can be watched
 *                           and cancelled; default 0: at once
 *   job-time = N            the same for what copies memory or disks: saving, dumping, migration, backup, jobs of
 *                           disks; default: that of delay
 */

#include "drivers/driver.h"

extern const DriverInfo test_driver_info;

/*
 * A second host, "TestPeer", the connection test:///peer, to and from which machines of the first can migrate. Its
 * settings are in a section of its own, [testpeer]; its default host has no domain.
 */
DriverInfo test_driver_peer_info(void);
