/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Domain definitions from anybody: read, printed, read again, copied, packed, normalised. */

#include "drivers/model/domain_def.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what a fuzzer keeps the input for */
static void broken(const char *what)
{
        fprintf(stderr, "%s\n", what);
        abort();
}

static void fixed_random(void *userdata, uint8_t *bytes, size_t n)
{
        memset(bytes, 0x42, n);
}

static const char *fixed_machine(void *userdata, const char *emulator, const char *arch)
{
        return "q35";
}

static DomainDef *read_again(const DomainDef *def, DomainDefParseFlags flags)
{
        g_autofree char *once = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE), *twice = NULL;
        DomainDef *again = NULL;

        if (domain_def_parse(once, strlen(once), flags, NULL, &again, NULL) < 0)
                broken("our own output cannot be read");
        twice = domain_def_format(again, DOMAIN_DEF_FORMAT_SECURE);
        if (!streq(once, twice) || !domain_def_equal(def, again))
                broken("reading back makes a difference");
        return again;
}

static void check_copy(const DomainDef *def)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);

        if (!domain_def_equal(def, copy) || domain_def_seal(copy, NULL, NULL) < 0)
                broken("a copy differs");
        if (domain_def_check_abi(def, copy, NULL) < 0)
                broken("a copy has another ABI");
}

static void check_normal(const DomainDef *def)
{
        DomainDefHost host = { .arch = "x86_64", .default_machine = fixed_machine, .random = fixed_random };
        _cleanup_(domain_def_unrefp) DomainDef *once = NULL, *twice = NULL, *again = NULL, *live = NULL;
        g_autofree DomainPacked *packed = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (domain_def_normalize(def, &host, &once, &error) < 0)
                return;
        again = read_again(once, 0);
        if (domain_def_normalize(once, &host, &twice, NULL) < 0 || !domain_def_equal(once, twice))
                broken("normalising again makes a difference");
        packed = domain_def_pack(once);
        again = domain_def_unref(again);
        again = domain_def_unpack(packed);
        if (!domain_def_equal(once, again))
                broken("packing makes a difference");
        live = domain_def_copy(once);
        domain_def_assign_aliases(live);
        if (domain_def_seal(live, NULL, NULL) < 0)
                broken("aliases make it invalid");
}

static void check(const uint8_t *data, size_t size, DomainDefParseFlags flags)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *again = NULL;
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *path = NULL;

        if (domain_def_parse((const char *) data, size, flags, &diagnostics, &def, &error) < 0)
                return;
        again = read_again(def, flags & DOMAIN_DEF_PARSE_LIVE);
        domain_def_first_raw(def, &path);
        check_copy(def);
        if (!(flags & DOMAIN_DEF_PARSE_LIVE))
                check_normal(def);
}

/* Rules do not count for what is stored: nothing may take them for granted before a start asks for them. */
static void check_stored(const uint8_t *data, size_t size)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *again = NULL, *copy = NULL;

        if (domain_def_parse((const char *) data, size, DOMAIN_DEF_PARSE_STORED, NULL, &def, NULL) < 0)
                return;
        again = read_again(def, DOMAIN_DEF_PARSE_STORED);
        copy = domain_def_copy(def);
        (void) domain_def_seal(copy, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        check(data, size, 0);
        check(data, size, DOMAIN_DEF_PARSE_LIVE);
        check(data, size, DOMAIN_DEF_PARSE_VALIDATE);
        check_stored(data, size);
        return 0;
}
