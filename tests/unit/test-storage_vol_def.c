/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_vol_def.h"

#include "tests/unit/definition-tests.h"

#define PASS_IN(name, type, format_flags)                                                           \
        static char *pass_##name(const char *xml, Error *error)                                     \
        {                                                                                           \
                _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL, *copy = NULL;          \
                                                                                                    \
                if (storage_vol_def_parse_in(type, xml, strlen(xml), 0, NULL, &def, error) < 0)     \
                        return NULL;                                                                \
                copy = storage_vol_def_copy(def);                                                   \
                assert_true(storage_vol_def_equal(def, copy));                                      \
                assert_int_equal(storage_vol_def_seal(copy, NULL, NULL), 0);                        \
                return storage_vol_def_format(copy, format_flags);                                  \
        }

PASS_IN(file, STORAGE_POOL_DIR, 0)
PASS_IN(partition, STORAGE_POOL_DISK, 0)
PASS_IN(logical, STORAGE_POOL_LOGICAL, 0)
PASS_IN(full, STORAGE_POOL_DIR, DEF_FORMAT_SECURE)

#define HEAD(type) "<volume type='" type "'>\n  <name>v</name>\n"
#define SIZE(n) "  <capacity unit='bytes'>" n "</capacity>\n  <allocation unit='bytes'>" n "</allocation>\n"
#define RAW_FILE "  <target>\n    <format type='raw'/>\n  </target>\n"
#define V(inside) "<volume><name>v</name><capacity>1</capacity>" inside "</volume>"
#define ENCRYPTED(inside) V("<target><encryption " inside "</encryption></target>")

static const DefinitionCase files[] = {
        STAYS(HEAD("file") "  <key>/p/v</key>\n  <capacity unit='bytes'>1048576</capacity>\n"
              "  <allocation unit='bytes'>4096</allocation>\n  <target>\n    <path>/p/v</path>\n"
              "    <format type='qcow2'/>\n"
              "    <permissions>\n      <mode>0640</mode>\n      <owner>1</owner>\n      <group>2</group>\n"
              "      <label>l</label>\n    </permissions>\n    <encryption format='luks' engine='qemu'>\n"
              "      <secret type='passphrase' usage='u'/>\n"
              "      <cipher name='aes' size='256' mode='xts' hash='sha256'/>\n"
              "      <ivgen name='plain64' hash='sha1'/>\n    </encryption>\n    <compat>0.10</compat>\n"
              "    <clusterSize unit='B'>65536</clusterSize>\n    <features>\n      <lazy_refcounts/>\n"
              "      <extended_l2/>\n    </features>\n  </target>\n"
              "  <backingStore>\n    <path>/p/base</path>\n    <format type='vmdk'/>\n  </backingStore>\n</volume>\n"),
        BECOMES(V(""), HEAD("file") SIZE("1") RAW_FILE "</volume>\n"),
        BECOMES(ENCRYPTED("format='qcow'><cipher name='aes' size='1'/><ivgen name='plain'/>"),
                HEAD("file") SIZE("1") "  <target>\n    <format type='raw'/>\n    <encryption format='qcow'>\n"
                "    </encryption>\n  </target>\n</volume>\n"),
        BECOMES("<volume type='network'><name>v</name><capacity unit='KB'>2</capacity></volume>",
                HEAD("network") SIZE("2000") RAW_FILE "</volume>\n"),
        BECOMES(V("<physical>7</physical><source><device path='/x'><extent start='0' end='1'/></device></source>"
                  "<target><timestamps><atime>7.5</atime></timestamps><clusterSize>0</clusterSize><nocow/></target>"
                  "<backingStore/>"),
                HEAD("file") SIZE("1") RAW_FILE "</volume>\n"),
        BECOMES(V("<target><format type='qcow2'/><features><lazy_refcounts/></features></target>"
                  "<backingStore><path>/b</path><permissions><owner>07</owner></permissions></backingStore>"),
                HEAD("file") SIZE("1") "  <target>\n    <format type='qcow2'/>\n    <compat>1.1</compat>\n"
                                       "    <features>\n"
                "      <lazy_refcounts/>\n    </features>\n  </target>\n  <backingStore>\n    <path>/b</path>\n"
                "    <format type='raw'/>\n    <permissions>\n      <owner>7</owner>\n    </permissions>\n"
                "  </backingStore>\n</volume>\n"),
        REFUSED("<pool/>", ERROR_XML_ERROR, "expecting <volume>"),
        REFUSED("<volume><capacity>1</capacity></volume>", ERROR_XML_ERROR, "missing volume name element"),
        REFUSED("<volume><name>v</name></volume>", ERROR_XML_ERROR, "missing capacity element"),
        REFUSED("<volume type='tape'><name>v</name><capacity>1</capacity></volume>", ERROR_XML_ERROR, "tape"),
        REFUSED("<volume><name>v</name><capacity>-1</capacity></volume>", ERROR_XML_ERROR, "-1"),
        REFUSED("<volume><name>v</name><capacity>9223372036854775808</capacity></volume>", ERROR_XML_ERROR,
                "not between"),
        REFUSED("<volume><name>v</name><capacity unit='E'>99999</capacity></volume>", ERROR_OVERFLOW, "too large"),
        REFUSED("<volume><name>v</name><capacity unit='furlong'>1</capacity></volume>", ERROR_XML_ERROR, "capacity"),
        REFUSED(V("<target><format type='none'/></target>"), ERROR_CONFIG_UNSUPPORTED,
                "unknown volume format type none"),
        REFUSED(V("<target><format type='linux'/></target>"), ERROR_CONFIG_UNSUPPORTED, "linux"),
        REFUSED(V("<backingStore><path>/b</path><format type='x'/></backingStore>"), ERROR_CONFIG_UNSUPPORTED,
                "type x"),
        REFUSED(V("<target><compat>1.x</compat></target>"), ERROR_XML_ERROR, "forbidden characters"),
        REFUSED(V("<target><compat>1</compat></target>"), ERROR_XML_ERROR, "forbidden characters"),
        REFUSED(ENCRYPTED(">"), ERROR_XML_ERROR, "'format'"),
        REFUSED(ENCRYPTED("format='rot13'>"), ERROR_XML_ERROR, "rot13"),
        REFUSED(ENCRYPTED("format='luks'><secret type='hint' usage='x'/>"), ERROR_XML_ERROR, "secret type hint"),
        REFUSED(ENCRYPTED("format='luks'><ivgen name='plain'/>"), ERROR_XML_ERROR, "requires a cipher"),
        REFUSED(ENCRYPTED("format='luks'><cipher name='aes'/>"), ERROR_XML_ERROR, "'size'"),
        REFUSED(ENCRYPTED("format='luks'><secret type='passphrase' usage='x'"
                          " uuid='0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1'/>"), ERROR_XML_ERROR,
                          "either secret uuid or usage"),
};

static const DefinitionCase partitions[] = {
        BECOMES(V(""), HEAD("file") SIZE("1") "  <target>\n    <format type='none'/>\n  </target>\n</volume>\n"),
        STAYS(HEAD("block") SIZE("1") "  <target>\n    <format type='linux-swap'/>\n  </target>\n</volume>\n"),
        REFUSED(V("<target><format type='qcow2'/></target>"), ERROR_CONFIG_UNSUPPORTED, "qcow2"),
};

/* Volumes there have no format. */
static const DefinitionCase logicals[] = {
        BECOMES(V("<target><format type='qcow2'/></target>"),
                HEAD("file") SIZE("1") "  <target>\n  </target>\n</volume>\n"),
};

static const DefinitionCase full[] = {
        STAYS(HEAD("file") SIZE("1") "  <target>\n    <format type='raw'/>\n    <nocow/>\n  </target>\n</volume>\n"),
};

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&storage_vol_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _STORAGE_VOL_TYPE_MAX; i++)
                assert_int_equal(storage_vol_type_from_string(storage_vol_type_to_string(i)), i);
}

static void test_forms(void **state)
{
        definition_run_cases(pass_file, files, ELEMENTSOF(files));
        definition_run_cases(pass_partition, partitions, ELEMENTSOF(partitions));
        definition_run_cases(pass_logical, logicals, ELEMENTSOF(logicals));
        definition_run_cases(pass_full, full, ELEMENTSOF(full));
}

static void test_capacity_may_be_known(void **state)
{
        static const char plain[] = "<volume><name>v</name></volume>";
        static const char backed[] = "<volume><name>v</name><backingStore><path>/b</path></backingStore></volume>";
        const StorageVolParseFlags flag = STORAGE_VOL_PARSE_CAPACITY_OF_BACKING;
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *a = NULL, *b = NULL, *c = NULL;

        assert_true(storage_vol_def_parse_in(STORAGE_POOL_DIR, plain, strlen(plain), flag, NULL, &a, NULL) < 0);
        assert_int_equal(storage_vol_def_parse_in(STORAGE_POOL_DIR, backed, strlen(backed), flag, NULL, &b, NULL), 0);
        assert_int_equal(b->capacity, 0);
        assert_int_equal(storage_vol_def_parse_in(STORAGE_POOL_DIR, plain, strlen(plain), STORAGE_VOL_PARSE_NO_CAPACITY,
                                                  NULL, &c, NULL), 0);
}

/* Facts come back in what the daemon has written itself. */
static void test_facts(void **state)
{
        static const char xml[] = HEAD("block") "  <source>\n    <device path='/dev/vdb'>\n"
                                                "      <extent start='1' end='9'/>\n"
                                  "    </device>\n  </source>\n" SIZE("8") "  <physical unit='bytes'>8</physical>\n"
                                  "  <target>\n    <timestamps>\n      <atime>7.000000005</atime>\n"
                                  "      <mtime>8</mtime>\n"
                                  "    </timestamps>\n  </target>\n</volume>\n";
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        g_autofree char *text = NULL;

        assert_int_equal(storage_vol_def_parse_in(STORAGE_POOL_LOGICAL, xml, strlen(xml), STORAGE_VOL_PARSE_LIVE, NULL,
                                                  &def, NULL), 0);
        text = storage_vol_def_format(def, 0);
        assert_string_equal(text, xml);
        assert_true(def->said_allocation);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_capacity_may_be_known),
                cmocka_unit_test(test_facts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
