/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/kind.h"

#include "drivers/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID_A "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define UUID_B "dd8fe884-6c02-601e-7551-cca97df1c5df"
#define ELEMENT_A "_6695eb01_f6a4_8304_79aa_97f2502e193f"
#define ELEMENT_B "_dd8fe884_6c02_601e_7551_cca97df1c5df"

/* What libvirt-dbus makes of keys. */
static const struct {
        ObjectType type;
        const char *key, *element;
} forms[] = {
        { OBJECT_NETWORK, UUID_A, ELEMENT_A },
        { OBJECT_SECRET, UUID_B, ELEMENT_B },
        { OBJECT_STORAGE_VOL, "/default-pool/v_1.img", "_2fdefault_2dpool_2fv_5f1_2eimg" },
        { OBJECT_INTERFACE, "aa:bb:cc:dd:ee:ff", "aa_3abb_3acc_3add_3aee_3aff" },
        { OBJECT_NODE_DEVICE, "scsi_host1", "scsi_5fhost1" },
        { OBJECT_NWFILTER_BINDING, "vnet0", "vnet0" },
        { OBJECT_DOMAIN_SNAPSHOT, UUID_A "/s-1.", ELEMENT_A "_s_2d1_2e" },
        { OBJECT_DOMAIN_CHECKPOINT, UUID_A "/\xc3\xa4", ELEMENT_A "__c3_a4" },
        { OBJECT_NETWORK_PORT, UUID_A "/" UUID_B, ELEMENT_A ELEMENT_B },
};

static void test_forms(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                const KindForm *form = kinds[forms[i].type].form;
                char element[KIND_ELEMENT_MAX], key[KIND_KEY_MAX];

                assert_ptr_equal(form->write(forms[i].key, element), element + strlen(forms[i].element));
                assert_string_equal(element, forms[i].element);
                assert_int_equal(form->read(element, key), 0);
                assert_string_equal(key, forms[i].key);
        }
}

static void test_longest(void **state)
{
        g_autofree char *text = g_strnfill(KIND_KEY_MAX - 1, '/'), *over = g_strnfill(KIND_KEY_MAX, 'x');
        const KindForm *form = kinds[OBJECT_STORAGE_VOL].form;
        char element[KIND_ELEMENT_MAX], key[KIND_KEY_MAX];

        assert_int_equal(form->write(text, element) - element, 3 * (KIND_KEY_MAX - 1));
        assert_int_equal(form->read(element, key), 0);
        assert_string_equal(key, text);
        assert_int_equal(form->read(over, key), -EINVAL);
        over[KIND_KEY_MAX - 1] = '\0';
        assert_int_equal(form->read(over, key), 0);
}

static void test_malformed(void **state)
{
        static const struct {
                ObjectType type;
                const char *element;
        } bad[] = {
                { OBJECT_NETWORK, "" },
                { OBJECT_NETWORK, "x" },
                { OBJECT_NETWORK, "_6695eb01_f6a4_8304_79aa_97f2502e193" },
                { OBJECT_NETWORK, ELEMENT_A "0" },
                { OBJECT_NETWORK, "_6695eb01_f6a4_8304_79aa_97f2502e193g" },
                { OBJECT_NETWORK, "_6695eb010f6a4_8304_79aa_97f2502e193f" },
                { OBJECT_STORAGE_VOL, "_" },
                { OBJECT_STORAGE_VOL, "a_2" },
                { OBJECT_STORAGE_VOL, "_g0" },
                { OBJECT_STORAGE_VOL, "_00" },
                { OBJECT_STORAGE_VOL, "_ff" },
                { OBJECT_DOMAIN_SNAPSHOT, ELEMENT_A },
                { OBJECT_DOMAIN_SNAPSHOT, ELEMENT_A "x" },
                { OBJECT_NETWORK_PORT, ELEMENT_A },
                { OBJECT_NETWORK_PORT, ELEMENT_A ELEMENT_B "_" },
        };
        char key[KIND_KEY_MAX];

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(kinds[bad[i].type].form->read(bad[i].element, key), -EINVAL);
}

/* Every kind says how it is called, who may know of it and what is missing. */
static void test_rows(void **state)
{
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++) {
                const Kind *kind = kinds + type;

                assert_int_not_equal(kind->getattr, PERMISSION_NONE);
                assert_int_not_equal(kind->read, PERMISSION_NONE);
                assert_int_not_equal(kind->search, PERMISSION_NONE);
                assert_int_not_equal(kind->change, PERMISSION_NONE);
                assert_true(permission_is_read(kind->getattr));
                assert_true(permission_is_read(kind->search));
                assert_false(type != OBJECT_CONNECT && type != OBJECT_JOB && !kind->form);
                if (!kind->form)
                        continue;
                assert_non_null(kind->name);
                assert_non_null(kind->missing_text);
                assert_true(g_str_has_prefix(kind->lookup, "vir"));
                assert_string_not_equal(error_info(kind->missing)->native_name, "Internal");
                for (ObjectType other = 0; other < type; other++)
                        assert_false(streq_ptr(kinds[other].name, kind->name));
        }
}

static void assert_missing(ObjectType type, Driver *driver, const char *element, const char *message)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;

        assert_null(kind_find(type, driver, &face_native, element, &error));
        text = error_message(&error);
        assert_string_equal(text, message);
}

static void test_missing(void **state)
{
        static const DriverInfo info = { .kinds = DRIVER_KIND(OBJECT_NETWORK) | DRIVER_KIND(OBJECT_NETWORK_PORT) };
        static const DriverHost host = {};
        Driver driver;

        driver_init(&driver, &info, &host);
        assert_missing(OBJECT_NETWORK, &driver, ELEMENT_A,
                       "Network not found: no network with matching uuid '" UUID_A "'");
        assert_missing(OBJECT_NETWORK, &driver, "x", "Invalid UUID");
        assert_missing(OBJECT_NETWORK_PORT, &driver, ELEMENT_A ELEMENT_B,
                       "Network not found: no network with matching uuid '" UUID_A "'");
        assert_missing(OBJECT_SECRET, &driver, ELEMENT_A,
                       "this function is not supported by the connection driver: virSecretLookupByUUID");
        driver_clear(&driver);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),   cmocka_unit_test(test_longest), cmocka_unit_test(test_malformed),
                cmocka_unit_test(test_rows),    cmocka_unit_test(test_missing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
