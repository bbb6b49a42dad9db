/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A connection to a server on this host, which may be encrypted later. Fails the test instead of returning errors. */

#include <gnutls/gnutls.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Wire {
        int fd;
        gnutls_session_t tls; /* NULL: not encrypted */
        gnutls_certificate_credentials_t credentials;
} Wire;

/* Connects to the port of the loopback address. */
void wire_open(Wire *wire, uint16_t port);
/* From here on it speaks TLS; the server must be who tests/certificates.h says, by ca-cert.pem in the directory. */
void wire_encrypt(Wire *wire, const char *dir);
void wire_send(const Wire *wire, const void *data, size_t size);
void wire_read(const Wire *wire, void *data, size_t size);
void wire_close(Wire *wire);
