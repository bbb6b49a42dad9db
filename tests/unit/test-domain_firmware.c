/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/firmware.h"
#include "tests/firmwares.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define LINE "\n    "

/* What a definition says of its firmware, and what it says afterwards: <os> between <type> and <boot>. */
typedef struct Case {
        const char *machine;
        const char *firmware; /* attribute of <os> */
        const char *os;
        const char *inside;   /* the rest of <domain> */
        bool keep_abi;
        const char *got_firmware;
        const char *got;
        bool smm;
        const char *features; /* beside ACPI, without which there is no UEFI */
} Case;

static int normalize(const Case *c, const Firmwares *firmwares, DomainDef **ret, Error *error)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>vm</name><memory>65536</memory>"
                "<os%s><type arch='%s' machine='%s'>hvm</type>%s</os><features><acpi/>%s</features>%s</domain>",
                c->firmware, g_str_has_prefix(c->machine, "virt") ? "aarch64" : "x86_64", c->machine, c->os,
                strempty(c->features), strempty(c->inside));
        const DomainDefHost host = { .keep_abi = c->keep_abi, .firmwares = firmwares, .nvram_dir = "/nv" };
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r = domain_def_parse(xml, strlen(xml), 0, NULL, &def, error);

        return r < 0 ? r : domain_def_normalize(def, &host, ret, error);
}

/* What stands between two texts. */
static char *between(const char *text, const char *from, const char *to)
{
        const char *start = strstr(text, from), *end;

        assert_non_null(start);
        start += strlen(from);
        end = strstr(start, to);
        assert_non_null(end);
        return g_strstrip(g_strndup(start, (gsize) (end - start)));
}

static void check(const Case *c, const Firmwares *firmwares)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *again = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        const DomainDefHost host = { .keep_abi = c->keep_abi, .firmwares = firmwares, .nvram_dir = "/nv" };
        g_autofree char *text = NULL, *os = NULL, *firmware = NULL;

        if (normalize(c, firmwares, &def, &error) < 0)
                fail_msg("%s: %s", c->os, error.detail);
        text = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE);
        os = between(text, "</type>", "<boot");
        firmware = between(text, "<os", ">");
        assert_string_equal(os, c->got);
        assert_string_equal(firmware, c->got_firmware);
        assert_int_equal(def->features.smm == TRISTATE_ON, c->smm);
        assert_int_equal(domain_def_normalize(def, &host, &again, NULL), 0);
        assert_true(domain_def_equal(def, again));
}

#define FEATURES(keys, secure)                                                                      \
        "<firmware>" LINE "  <feature enabled='" keys "' name='enrolled-keys'/>" LINE               \
        "  <feature enabled='" secure "' name='secure-boot'/>" LINE "</firmware>" LINE
#define LOADER(secure, format, path) \
        "<loader readonly='yes'" secure " type='pflash' format='" format "'>" path "</loader>"
#define NVRAM(template, format, name)                                                               \
        LINE "<nvram template='" template "' templateFormat='" format "' format='" format "'>" name "</nvram>"

#define SECURE_RAW                                                                                  \
        FEATURES("yes", "yes") LOADER(" secure='yes'", "raw", OVMF("OVMF_CODE.secboot.fd"))         \
        NVRAM(OVMF("OVMF_VARS.secboot.fd"), "raw", "/nv/vm_VARS.fd")
#define SECURE_QCOW2                                                                                \
        FEATURES("yes", "yes") LOADER(" secure='yes'", "qcow2", OVMF("OVMF_CODE_4M.secboot.qcow2")) \
        NVRAM(OVMF("OVMF_VARS_4M.secboot.qcow2"), "qcow2", "/nv/vm_VARS.qcow2")
#define PLAIN_RAW                                                                                   \
        FEATURES("no", "no") LOADER("", "raw", OVMF("OVMF_CODE.fd"))                                \
        NVRAM(OVMF("OVMF_VARS.fd"), "raw", "/nv/vm_VARS.fd")
#define EFI " firmware='efi'"

/* The first that suits; a machine that was there before got raw when it said nothing. */
static void test_chosen(void **state)
{
        static const Case cases[] = {
                { "pc-q35-7.2", EFI, "", NULL, true, "firmware='efi'", SECURE_RAW, true },
                { "pc-q35-7.2", EFI, "", NULL, false, "firmware='efi'", SECURE_QCOW2, true },
                { "pc-q35-7.2", EFI, "<loader secure='yes'/>", NULL, true, "firmware='efi'", SECURE_RAW, true },
                { "pc-q35-7.2", EFI, "<loader secure='no'/>", NULL, true, "firmware='efi'",
                  FEATURES("no", "no") LOADER(" secure='no'", "raw", OVMF("OVMF_CODE.fd"))
                  NVRAM(OVMF("OVMF_VARS.fd"), "raw", "/nv/vm_VARS.fd"), false },
                { "pc-q35-7.2", EFI, "", NULL, true, "firmware='efi'", PLAIN_RAW, false, "<smm state='off'/>" },
                { "pc-q35-7.2", EFI, "<firmware><feature enabled='no' name='secure-boot'/></firmware>", NULL, true,
                  "firmware='efi'", PLAIN_RAW, false },
                { "pc-q35-7.2", EFI, "<firmware><feature enabled='no' name='enrolled-keys'/>"
                  "<feature enabled='yes' name='secure-boot'/></firmware>", NULL, true, "firmware='efi'",
                  FEATURES("no", "yes") LOADER(" secure='yes'", "raw", OVMF("OVMF_CODE.secboot.fd"))
                  NVRAM(OVMF("OVMF_VARS.fd"), "raw", "/nv/vm_VARS.fd"), true },
                { "pc-q35-7.2", EFI, "<loader stateless='yes'/>", NULL, false, "firmware='efi'",
                  FEATURES("no", "no") "<loader readonly='yes' type='pflash' stateless='yes' format='raw'>"
                  OVMF("OVMF.amdsev.fd") "</loader>", false },
                { "pc-i440fx-7.2", EFI, "<nvram format='raw'/>", NULL, false, "firmware='efi'", PLAIN_RAW, false },
                { "pc-q35-7.2", " firmware='bios'", "", NULL, false, "firmware='bios'",
                  FEATURES("no", "no") "<loader type='rom' format='raw'>/usr/share/seabios/bios-256k.bin</loader>",
                  false },
                /* the store's name ends as its template's, unless it was made before that was so */
                { "virt-7.2", EFI, "<loader format='raw'/>", NULL, false, "firmware='efi'",
                  FEATURES("no", "no") LOADER("", "raw", AAVMF("QEMU_EFI-silent-pflash.raw"))
                  NVRAM(AAVMF("vars-template-pflash.raw"), "raw", "/nv/vm_VARS.raw"), false },
                { "virt-7.2", EFI, "", NULL, true, "firmware='efi'",
                  FEATURES("no", "no") LOADER("", "raw", AAVMF("QEMU_EFI-silent-pflash.raw"))
                  NVRAM(AAVMF("vars-template-pflash.raw"), "raw", "/nv/vm_VARS.fd"), false },
        };
        _cleanup_(firmwares_clear) Firmwares firmwares = firmwares_of_test();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(cases + i, &firmwares);
}

#define PFLASH "<loader readonly='yes' type='pflash'>"

/* A loader that is named is completed from its descriptor, from the list of old pairs, or not at all. */
static void test_named(void **state)
{
        static const Case cases[] = {
                { "pc-i440fx-7.2", "", PFLASH OVMF("OVMF_CODE.fd") "</loader>", NULL, false, "firmware='efi'",
                  PLAIN_RAW, false },
                { "pc-q35-7.2", "", PFLASH OVMF("OVMF_CODE.secboot.fd") "</loader><nvram template='"
                  OVMF("OVMF_VARS.fd") "'>/my/vars</nvram>", NULL, false, "firmware='efi'",
                  FEATURES("no", "yes") LOADER(" secure='yes'", "raw", OVMF("OVMF_CODE.secboot.fd"))
                  NVRAM(OVMF("OVMF_VARS.fd"), "raw", "/my/vars"), true },
                { "pc-q35-7.2", "", PFLASH "/usr/share/OVMF/OVMF_CODE.fd</loader>", NULL, false, "",
                  LOADER("", "raw", "/usr/share/OVMF/OVMF_CODE.fd")
                  NVRAM("/usr/share/OVMF/OVMF_VARS.fd", "raw", "/nv/vm_VARS.fd"), false },
                { "pc-q35-7.2", "", PFLASH "/my/code</loader>", NULL, false, "",
                  LOADER("", "raw", "/my/code") LINE "<nvram format='raw'>/nv/vm_VARS.fd</nvram>", false },
                { "pc-q35-7.2", "", "<loader type='pflash'>/my/both</loader>", NULL, false, "",
                  "<loader type='pflash' format='raw'>/my/both</loader>", false },
                { "pc-q35-7.2", "", "<loader>/my/bios</loader>", NULL, false, "",
                  "<loader type='rom' format='raw'>/my/bios</loader>", false },
                /* a store elsewhere is made by nobody here, and who knows what keys are in it */
                { "pc-i440fx-7.2", "", PFLASH OVMF("OVMF_CODE.fd") "</loader><nvram type='network'><source "
                  "protocol='nbd' name='x'><host name='h'/></source></nvram>", NULL, false, "firmware='efi'",
                  "<firmware>" LINE "  <feature enabled='no' name='secure-boot'/>" LINE "</firmware>" LINE
                  LOADER("", "raw", OVMF("OVMF_CODE.fd")) LINE "<nvram type='network' format='raw'>" LINE
                  "  <source protocol='nbd' name='x'>" LINE "    <host name='h'/>" LINE "  </source>" LINE
                  "</nvram>", false },
        };
        _cleanup_(firmwares_clear) Firmwares firmwares = firmwares_of_test();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                check(cases + i, &firmwares);
}

/* What no firmware is for is refused; a machine that was there stays as it was. */
static void test_none(void **state)
{
        static const Case cases[] = {
                { "pc-i440fx-7.2", EFI, "<loader secure='yes'/>" },
                { "pc-q35-7.2", EFI, PFLASH "/my/code</loader>" },
                { "pc-q35-7.2", EFI, "<nvram template='/my/vars'/>" },
                { "pc-q35-7.2", EFI, "<loader format='qcow2'/><nvram format='raw'/>" },
                { "pc-q35-7.2", EFI, "", "<pm><suspend-to-disk enabled='yes'/></pm>" },
        };
        _cleanup_(firmwares_clear) Firmwares firmwares = firmwares_of_test();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *kept = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                Case keep = cases[i];
                DomainDef *def = NULL;

                assert_true(normalize(cases + i, &firmwares, &def, &error) < 0);
                assert_int_equal(error.code, ERROR_OPERATION_FAILED);
                assert_non_null(strstr(error.detail, "Unable to find 'efi' firmware"));
                keep.keep_abi = true;
                assert_int_equal(normalize(&keep, &firmwares, &kept, NULL), 0);
                assert_null(kept->os.nvram);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_chosen),
                cmocka_unit_test(test_named),
                cmocka_unit_test(test_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
