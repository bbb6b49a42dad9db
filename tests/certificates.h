/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificates for tests, under the names that QEMU wants (docs/system/tls.rst). */

#include <stdbool.h>

/* What the server's certificate says that it is called. */
#define CERTIFICATES_SERVER "disks.example"

/*
 * Makes an authority and what it has signed for a server and a client: ca-cert.pem, server-cert.pem, server-key.pem,
 * client-cert.pem and client-key.pem in the directory, which exists. Returns false when certtool(1) is missing or
 * fails.
 */
bool certificates_make(const char *dir);
