/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/wire.h"

#include "service/base/util.h"
#include "tests/certificates.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

void wire_open(Wire *wire, uint16_t port)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };

        *wire = (Wire) { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
        assert_true(wire->fd >= 0);
        assert_int_equal(connect(wire->fd, (const struct sockaddr *) &address, sizeof(address)), 0);
}

void wire_encrypt(Wire *wire, const char *dir)
{
        g_autofree char *authority = g_build_filename(dir, "ca-cert.pem", NULL);
        int r;

        assert_int_equal(gnutls_certificate_allocate_credentials(&wire->credentials), 0);
        assert_int_equal(
                gnutls_certificate_set_x509_trust_file(wire->credentials, authority, GNUTLS_X509_FMT_PEM), 1);
        assert_int_equal(gnutls_init(&wire->tls, GNUTLS_CLIENT), 0);
        assert_int_equal(gnutls_set_default_priority(wire->tls), 0);
        assert_int_equal(gnutls_credentials_set(wire->tls, GNUTLS_CRD_CERTIFICATE, wire->credentials), 0);
        gnutls_session_set_verify_cert(wire->tls, CERTIFICATES_SERVER, 0);
        gnutls_transport_set_int(wire->tls, wire->fd);
        do
                r = gnutls_handshake(wire->tls);
        while (r < 0 && !gnutls_error_is_fatal(r));
        if (r < 0)
                fail_msg("no TLS: %s", gnutls_strerror(r));
}

void wire_send(const Wire *wire, const void *data, size_t size)
{
        if (wire->tls)
                assert_int_equal(gnutls_record_send(wire->tls, data, size), size);
        else
                assert_int_equal(write_all(wire->fd, data, size), 0);
}

void wire_read(const Wire *wire, void *data, size_t size)
{
        for (size_t at = 0; at < size;) {
                ssize_t n = wire->tls ? gnutls_record_recv(wire->tls, (char *) data + at, size - at)
                                      : read(wire->fd, (char *) data + at, size - at);

                if (wire->tls && n < 0 && !gnutls_error_is_fatal((int) n))
                        continue; /* tickets and the like */
                assert_true(n > 0);
                at += (size_t) n;
        }
}

void wire_close(Wire *wire)
{
        if (wire->tls)
                gnutls_deinit(wire->tls);
        if (wire->credentials)
                gnutls_certificate_free_credentials(wire->credentials);
        *wire = (Wire) { .fd = safe_close(wire->fd) };
}
