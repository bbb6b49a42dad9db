/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

/*
 * About how many bytes the body of a received message takes; a number above limit says only that it takes more. The
 * message is read from its beginning to somewhere: sd_bus_message_rewind() it before it is read again.
 */
size_t message_size(sd_bus_message *m, size_t limit);
