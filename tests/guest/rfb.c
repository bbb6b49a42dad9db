/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/rfb.h"

#include "service/base/util.h"
#include "tests/guest/wire.h"

#include <gnutls/crypto.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define VERSION "RFB 003.008\n"
#define SECURITY_PASSWORD 2
/* VeNCrypt: encrypted first, and then a security of its own (the RFB protocol of the community, section 7.2.6) */
#define SECURITY_ENCRYPTED 19
#define ENCRYPTED_X509_PASSWORD 261
#define BLOCK 8

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

static void choose(const Wire *wire, uint8_t security)
{
        uint8_t n, types[255];

        wire_read(wire, &n, 1);
        assert_in_range(n, 1, 255);
        wire_read(wire, types, n);
        if (!memchr(types, security, n))
                fail_msg("the server does not offer security %u", security);
        wire_send(wire, &security, 1);
}

static void encrypt(Wire *wire, const char *certificates)
{
        const uint32_t wanted = htonl(ENCRYPTED_X509_PASSWORD);
        const uint8_t ours[2] = { 0, 2 };
        uint8_t theirs[2], n, answer;
        uint32_t kind = 0;
        bool offered = false;

        choose(wire, SECURITY_ENCRYPTED);
        wire_read(wire, theirs, sizeof(theirs));
        wire_send(wire, ours, sizeof(ours));
        wire_read(wire, &answer, 1);
        assert_int_equal(answer, 0);
        for (wire_read(wire, &n, 1); n > 0; n--) {
                wire_read(wire, &kind, sizeof(kind));
                offered |= kind == wanted;
        }
        assert_true(offered);
        wire_send(wire, &wanted, sizeof(wanted));
        wire_read(wire, &answer, 1);
        assert_int_equal(answer, 1);
        wire_encrypt(wire, certificates);
}

static bool let_in(const Wire *wire, const char *password)
{
        uint8_t challenge[2 * BLOCK];
        uint32_t result;

        wire_read(wire, challenge, sizeof(challenge));
        answer_challenge(challenge, sizeof(challenge), password);
        wire_send(wire, challenge, sizeof(challenge));
        wire_read(wire, &result, sizeof(result));
        return result == 0;
}

bool rfb_open(uint16_t port, const char *certificates, const char *password, uint16_t *ret_width,
              uint16_t *ret_height)
{
        const uint8_t shared = 1;
        uint8_t screen[24];
        char version[sizeof(VERSION)] = "";
        Wire wire;
        bool in;

        wire_open(&wire, port);
        wire_read(&wire, version, sizeof(version) - 1);
        assert_string_equal(version, VERSION);
        wire_send(&wire, VERSION, sizeof(VERSION) - 1);
        if (certificates)
                encrypt(&wire, certificates);
        else
                choose(&wire, SECURITY_PASSWORD);
        in = let_in(&wire, password);
        if (in) {
                wire_send(&wire, &shared, 1);
                wire_read(&wire, screen, sizeof(screen));
                *ret_width = (uint16_t) (screen[0] << 8 | screen[1]);
                *ret_height = (uint16_t) (screen[2] << 8 | screen[3]);
        }
        wire_close(&wire);
        return in;
}
