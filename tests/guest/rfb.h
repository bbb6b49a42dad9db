/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A client of VNC, as far as the door (RFC 6143, sections 7.1 and 7.2). Fails the test instead of returning errors. */

#include <stdbool.h>
#include <stdint.h>

/*
 * Connects to the loopback address and shows the password, encrypted by the authority whose certificate is in the
 * directory; NULL: not encrypted. Returns whether the server lets it in; then ret_width and
 * ret_height are those of the screen.
 */
bool rfb_open(uint16_t port, const char *certificates, const char *password, uint16_t *ret_width,
              uint16_t *ret_height);
