/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/rfb.h"

#include "service/base/util.h"

#include <gnutls/crypto.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define VERSION "RFB 003.008\n"
#define SECURITY_PASSWORD 2
#define BLOCK 8

static void read_all(int fd, void *data, size_t size)
{
        for (size_t at = 0; at < size;) {
                ssize_t n = read(fd, (char *) data + at, size - at);

                assert_true(n > 0);
                at += (size_t) n;
        }
}

static void send_all(int fd, const void *data, size_t size)
{
        assert_int_equal(write_all(fd, data, size), 0);
}

static int connect_to(uint16_t port)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

/* DES by the password, whose bytes have their bits the other way round. */
static void answer_challenge(uint8_t *challenge, size_t size, const char *password)
{
        uint8_t key[BLOCK] = {}, zeros[BLOCK] = {};
        const gnutls_datum_t key_datum = { key, sizeof(key) }, iv = { zeros, sizeof(zeros) };

        for (size_t i = 0; i < BLOCK && password[i]; i++)
                for (unsigned bit = 0; bit < 8; bit++)
                        if (password[i] & 1 << bit)
                                key[i] |= (uint8_t) (0x80 >> bit);
        for (size_t at = 0; at < size; at += BLOCK) {
                gnutls_cipher_hd_t cipher;

                assert_int_equal(gnutls_cipher_init(&cipher, GNUTLS_CIPHER_DES_CBC, &key_datum, &iv), 0);
                assert_int_equal(gnutls_cipher_encrypt(cipher, challenge + at, BLOCK), 0);
                gnutls_cipher_deinit(cipher);
        }
}

static void choose_password(int fd)
{
        uint8_t n, types[255];
        const uint8_t wanted = SECURITY_PASSWORD;

        read_all(fd, &n, 1);
        assert_in_range(n, 1, 255);
        read_all(fd, types, n);
        assert_non_null(memchr(types, SECURITY_PASSWORD, n));
        send_all(fd, &wanted, 1);
}

bool rfb_open(uint16_t port, const char *password, uint16_t *ret_width, uint16_t *ret_height)
{
        _cleanup_close_ int fd = connect_to(port);
        const uint8_t shared = 1;
        uint8_t challenge[2 * BLOCK], screen[24];
        char version[sizeof(VERSION)] = "";
        uint32_t result;

        read_all(fd, version, sizeof(version) - 1);
        assert_string_equal(version, VERSION);
        send_all(fd, VERSION, sizeof(VERSION) - 1);
        choose_password(fd);
        read_all(fd, challenge, sizeof(challenge));
        answer_challenge(challenge, sizeof(challenge), password);
        send_all(fd, challenge, sizeof(challenge));
        read_all(fd, &result, sizeof(result));
        if (result != 0)
                return false;
        send_all(fd, &shared, 1);
        read_all(fd, screen, sizeof(screen));
        *ret_width = (uint16_t) (screen[0] << 8 | screen[1]);
        *ret_height = (uint16_t) (screen[2] << 8 | screen[3]);
        return true;
}
