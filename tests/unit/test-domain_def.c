/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"
#include "drivers/model/domain_def_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/golden.h"

static DomainDef *parse_flags(const char *xml, DomainDefParseFlags flags)
{
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), flags, NULL, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

static DomainDef *parse(const char *xml)
{
        return parse_flags(xml, 0);
}

static char *refusal(const char *xml, DomainDefParseFlags flags, ErrorCode code)
{
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        assert_true(domain_def_parse(xml, strlen(xml), flags, NULL, &def, &error) < 0);
        assert_null(def);
        assert_int_equal(error.code, code);
        return error_message(&error);
}

static void assert_refused(const char *xml, ErrorCode code, const char *part)
{
        g_autofree char *message = refusal(xml, 0, code);

        if (!strstr(message, part))
                fail_msg("'%s' is not in '%s'", part, message);
}

#define DOMAIN(inside) "<domain type='test'><name>t</name><os><type>hvm</type></os>" inside "</domain>"
#define DEVICES(inside) DOMAIN("<devices>" inside "</devices>")

static const char *const golden_names[] = { "minimal", "desktop" };

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&domain_def_type, &text))
                fail_msg("%s", text);
}

static void test_golden(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(golden_names); i++) {
                g_autofree char *in = g_strdup_printf("domain/%s.xml", golden_names[i]);
                g_autofree char *out = g_strdup_printf("domain/%s.out.xml", golden_names[i]);
                g_autofree char *live = g_strdup_printf("domain/%s.live.xml", golden_names[i]);
                g_autofree char *xml = golden_read(in, NULL);
                _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml);
                _cleanup_(domain_def_unrefp) DomainDef *running = parse_flags(xml, DOMAIN_DEF_PARSE_LIVE);
                g_autofree char *text = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE);
                g_autofree char *live_text = domain_def_format(running, 0);

                golden_compare(out, text);
                golden_compare(live, live_text);
        }
}

static void test_round_trip(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(golden_names); i++) {
                g_autofree char *in = g_strdup_printf("domain/%s.xml", golden_names[i]);
                g_autofree char *xml = golden_read(in, NULL), *once = NULL, *twice = NULL, *of_copy = NULL;
                _cleanup_(domain_def_unrefp) DomainDef *def = parse_flags(xml, DOMAIN_DEF_PARSE_LIVE);
                _cleanup_(domain_def_unrefp) DomainDef *again = NULL, *copy = NULL, *copy_of_copy = NULL;

                once = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE);
                again = parse_flags(once, DOMAIN_DEF_PARSE_LIVE);
                twice = domain_def_format(again, DOMAIN_DEF_FORMAT_SECURE);
                assert_string_equal(once, twice);
                assert_true(domain_def_equal(def, again));

                copy = domain_def_copy(def);
                copy_of_copy = domain_def_copy(copy);
                copy = domain_def_unref(copy);
                of_copy = domain_def_format(copy_of_copy, DOMAIN_DEF_FORMAT_SECURE);
                assert_string_equal(once, of_copy);
                assert_true(domain_def_equal(def, copy_of_copy));
        }
}

static void test_fields(void **state)
{
        g_autofree char *xml = golden_read("domain/desktop.xml", NULL);
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml);

        assert_int_equal(def->type, DOMAIN_VIRT_KVM);
        assert_string_equal(def->uuid, "4dea24b2-fc2c-4a1b-86fb-5a6f4d4f9c11");
        assert_int_equal(def->memory, 4 * 1024 * 1024);
        assert_int_equal(def->current_memory, 2000000);
        assert_int_equal(def->vcpus, 4);
        assert_int_equal(def->vcpus_current, 2);
        assert_false(def_is_set(def, id));
        assert_int_equal(def->disks.n, 3);
        assert_string_equal(def->disks.items[0]->source.file, "/var/lib/images/a & b.qcow2");
        assert_string_equal(def->disks.items[0]->info.alias, "ua-system");
        assert_false(def_is_set(&def->disks.items[0]->source, index));
        assert_int_equal(def->disks.items[0]->info.address->pci.bus, 4);
        assert_true(def_is_set(def->disks.items[0]->info.address, pci.function));
        assert_non_null(def->disks.items[0]->backing->backing);
        assert_int_equal(def->disks.items[1]->source.hosts.n, 2);
        assert_int_equal(def->disks.items[2]->source.type, DOMAIN_DISK_FILE);
        assert_string_equal(def->interfaces.items[0]->mac, "52:54:00:ab:cd:ef");
        assert_null(def->interfaces.items[0]->target);
        assert_null(def->serials.items[0]->info.alias);
        assert_null(def->serials.items[0]->path);
        assert_int_equal(def->serials.items[2]->endpoints.n, 2);
        assert_string_equal(def->graphics.items[1]->listen, "::1");
        assert_string_equal(def->graphics.items[0]->listens.items[0]->address, "127.0.0.1");
        assert_int_equal(def->graphics.items[1]->autoport, TRISTATE_NO);
        assert_int_equal(def->features.smm, TRISTATE_ON);
        assert_true(def->features.apic);
        assert_int_equal(def->cpu->mode, DOMAIN_CPU_CUSTOM);
        assert_int_equal(def->os.reboot_timeout, -1);
        assert_int_equal(def->qemu_args.n, 2);
        assert_string_equal(def->qemu_args.items[1]->value, "it's");
        assert_true(arena_is_sealed(def->arena));
}

/* Each in the form and place in which it is printed. */
static void test_tuning(void **state)
{
        static const char *const parts[] = {
                "<blkiotune>\n    <weight>500</weight>\n    <device>\n      <path>/dev/sda</path>\n"
                "      <read_bytes_sec>10000</read_bytes_sec>\n    </device>\n  </blkiotune>",
                "<memtune>\n    <hard_limit unit='KiB'>1048576</hard_limit>\n  </memtune>",
                "<vcpus>\n    <vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>\n  </vcpus>",
                "<iothreadids>\n    <iothread id='4' thread_pool_max='8'>\n"
                "      <poll max='123'/>\n    </iothread>\n  </iothreadids>",
                "<cputune>\n    <shares>2048</shares>\n    <period>100000</period>\n    <quota>-1</quota>\n"
                "    <vcpupin vcpu='0' cpuset='0-1'/>\n    <emulatorpin cpuset='1'/>\n"
                "    <vcpusched vcpus='0' scheduler='fifo' priority='1'/>\n  </cputune>",
                "<numatune>\n    <memory mode='strict' nodeset='0'/>\n  </numatune>",
                "<perf>\n    <event name='cmt' enabled='yes'/>\n  </perf>",
        };
        g_autoptr(GString) xml = g_string_new("<domain type='test'><name>t</name>");
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autofree char *text = NULL;

        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                g_string_append(xml, parts[i]);
        g_string_append(xml, "<os><type>hvm</type></os></domain>");
        def = parse(xml->str);
        text = domain_def_format(def, 0);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (!strstr(text, parts[i]))
                        fail_msg("'%s' is not in '%s'", parts[i], text);
        assert_false(domain_def_first_raw(def, NULL));
        assert_refused(DOMAIN("<cputune><period>10</period></cputune>"), ERROR_XML_ERROR, "period");
        assert_refused(DOMAIN("<perf><event name='tea' enabled='yes'/></perf>"), ERROR_XML_ERROR, "event");
}

static void test_metadata(void **state)
{
        g_autofree char *xml = golden_read("domain/desktop.xml", NULL);
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml);

        /* byte for byte but for the declaration that stands further out */
        assert_string_equal(def->metadata, "<metadata xmlns:shop='http://example.org/shop'>\n"
                                           "    <shop:order   number = \"7\"><!-- kept --><shop:item/>"
                                           "</shop:order>\n  </metadata>");
}

static void test_raw(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *plain = NULL, *foreign = NULL;
        g_autofree char *path = NULL;

        def = parse(DOMAIN("<features><capabilities policy='deny'/></features>"));
        assert_true(domain_def_first_raw(def, &path));
        assert_string_equal(path, "/domain/features/capabilities");
        plain = parse(DOMAIN(""));
        assert_false(domain_def_first_raw(plain, NULL));
        foreign = parse(DOMAIN("<x:y xmlns:x='urn:x'/><metadata><a/></metadata>"));
        assert_false(domain_def_first_raw(foreign, NULL));
}

static void test_first_of(void **state)
{
        static const char *const geometry[] = { "/domain/devices/disk/geometry", NULL };
        static const char *const any_rom[] = { "/domain/name/x", "/domain/devices/*/rom/@file", NULL };
        static const char *const cookies[] = { "/domain/devices/disk/source/cookies", NULL };
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autofree char *first = NULL, *second = NULL;

        def = parse(DEVICES("<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/>"
                            "<target dev='vdb'/><geometry cyls='1' heads='1' secs='1'/></disk>"
                            "<interface type='user'><rom bar='off' file='/r'/></interface>"));
        assert_true(domain_def_first_of(def, geometry, &first));
        assert_string_equal(first, "/domain/devices/disk[2]/geometry");
        assert_true(domain_def_first_of(def, any_rom, &second));
        assert_string_equal(second, "/domain/devices/interface[1]/rom/@file");
        assert_false(domain_def_first_of(def, cookies, NULL));
}

static void test_unknown(void **state)
{
        static const char xml[] = DOMAIN("<on_crash>destroy</on_crash>\n<sparkle/>\n<os bright='1'/>");
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autofree char *message = NULL;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, &diagnostics, &def, NULL), 0);
        assert_int_equal(diagnostics.n, 2);
        assert_int_equal(diagnostics.items[0].level, DIAGNOSTIC_NOTE);
        assert_string_equal(diagnostics.items[0].path, "/domain/sparkle");
        assert_int_equal(diagnostics.items[0].line, 2);
        assert_string_equal(diagnostics.items[1].text, "repeated element, left out");
        message = refusal(xml, DOMAIN_DEF_PARSE_VALIDATE, ERROR_XML_INVALID_SCHEMA);
        assert_non_null(strstr(message, "(/domain/sparkle, line 2) and 1 more"));
}

static void test_errors(void **state)
{
        assert_refused("<domain type='test'>\n<os><type>hvm</type></os></domain>", ERROR_XML_ERROR,
                       "Missing required element 'name'");
        assert_refused("<domain>\n<name>a</name><os><type>hvm</type></os></domain>", ERROR_XML_ERROR,
                       "Missing required attribute 'type' in element 'domain' (/domain/@type, line 1)");
        assert_refused("<network/>", ERROR_XML_ERROR,
                       "unexpected root element <network>, expecting <domain>");
        assert_refused("<domain type='test'>\n<name>a</nam>", ERROR_XML_DETAIL, "(domain_definition):2:");
        assert_refused("", ERROR_XML_DETAIL, "(domain_definition):");
        assert_refused(DOMAIN("\n<vcpu>many</vcpu>"), ERROR_XML_ERROR,
                       "Invalid value for element 'vcpu': 'many'. (/domain/vcpu, line 2)");
        assert_refused(DEVICES("<disk><source file='/a'/><target dev='a'/></disk>\n"
                               "<disk><source file='/a'/><target dev='b' bus='warp'/></disk>"),
                       ERROR_XML_ERROR, "Invalid value for attribute 'bus' in element 'target': 'warp'. "
                                        "(/domain/devices/disk[2]/target/@bus, line 2)");
        assert_refused(DOMAIN("<memory unit='EiB'>99999</memory>"), ERROR_OVERFLOW,
                       "value too large: 99999EiB");
        assert_refused(DOMAIN("<memory unit='stones'>1</memory>"), ERROR_XML_ERROR, "memory");
        assert_refused(DOMAIN("<memory>18446744073709551616</memory>"), ERROR_OVERFLOW, "value too large");
        assert_refused(DOMAIN("<vcpu>4294967297</vcpu>"), ERROR_XML_ERROR, "4294967297");
        assert_refused(DOMAIN("<vcpu>0</vcpu>"), ERROR_XML_ERROR, "value 0 is not between 1 and 65535");
        assert_refused(DOMAIN("<uuid>1234</uuid>"), ERROR_XML_ERROR, "uuid");
        assert_refused(DOMAIN("<title>a&#10;b</title>"), ERROR_XML_ERROR, "control character");
        assert_refused(DEVICES("<watchdog/>"), ERROR_XML_ERROR,
                       "Missing required attribute 'model' in element 'watchdog'");
        assert_refused(DEVICES("<disk><source file='/a'/></disk>"), ERROR_XML_ERROR,
                       "Missing required attribute 'dev' in element 'target'");
}

static void test_all_errors_are_collected(void **state)
{
        static const char xml[] = DOMAIN("<vcpu>x</vcpu><memory>y</memory><on_crash>z</on_crash>");
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        DomainDef *def = NULL;

        assert_true(domain_def_parse(xml, strlen(xml), 0, &diagnostics, &def, NULL) < 0);
        assert_int_equal(diagnostics.n_errors, 3);
}

static void test_secrets(void **state)
{
        static const char xml[] = DEVICES("<graphics type='vnc' port='5900' passwd='hush'/>");
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml), *back = NULL;
        g_autofree char *plain = domain_def_format(def, 0);
        g_autofree char *secure = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE);
        g_autofree DomainPacked *packed = domain_def_pack(def);
        g_autofree char *shown = domain_packed_format(packed), *message = NULL;

        assert_null(strstr(plain, "hush"));
        assert_non_null(strstr(secure, "passwd='hush'"));
        assert_string_equal(shown, plain);
        back = domain_def_unpack(packed);
        assert_true(domain_def_equal(def, back));
        message = refusal(DEVICES("<graphics type='vnc' passwd='hu&#9;sh'/>"), 0, ERROR_XML_ERROR);
        assert_null(strstr(message, "sh'"));
}

/* Escapes and blanks make our form larger than what was accepted; it must be readable all the same. */
static void test_stored_form_of_the_largest(void **state)
{
        g_autofree char *quotes = g_strnfill(700 * 1024, '"'), *name = g_strnfill(4000, '"');
        g_autoptr(GString) xml = g_string_new("<domain type='kvm'><name>v</name><memory>1</memory>"
                                              "<os><type>hvm</type></os><description>");
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *back = NULL;
        g_autofree DomainPacked *packed = NULL;

        g_string_append_printf(xml, "%s</description><devices>", quotes);
        g_string_append_printf(xml, "<graphics type='vnc' passwd='hush' keymap='%s'/>", name);
        for (unsigned i = 0; i < 6000; i++)
                g_string_append(xml, "<input type='tablet' bus='usb'/>");
        g_string_append(xml, "</devices></domain>");
        def = parse(xml->str);
        packed = domain_def_pack(def);
        back = domain_def_unpack(packed);
        assert_true(domain_def_equal(def, back));
}

static void test_edit(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(DOMAIN("<vcpu>2</vcpu>")), *copy = NULL,
                                               *bad = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;
        DomainDisk *disk;

        copy = domain_def_copy(def);
        assert_true(domain_def_equal(def, copy));
        copy->title = domain_def_strdup(copy, "new <title>");
        def_put(copy, vcpus, 4);
        for (unsigned i = 0; i < 5; i++) {
                disk = domain_def_new(copy, DomainDisk);
                disk->device = DOMAIN_DISK_DEVICE_CDROM;
                disk->source.type = DOMAIN_DISK_FILE;
                disk->target = domain_def_printf(copy, "sd%c", 'a' + i);
                domain_def_append(copy, &copy->disks, disk);
        }
        def_remove(&copy->disks, 1);
        assert_int_equal(domain_def_seal(copy, NULL, NULL), 0);
        assert_false(domain_def_equal(def, copy));
        text = domain_def_format(copy, 0);
        assert_non_null(strstr(text, "<title>new &lt;title&gt;</title>"));
        assert_non_null(strstr(text, "<vcpu>4</vcpu>"));
        assert_int_equal(copy->disks.n, 4);
        assert_string_equal(copy->disks.items[1]->target, "sdc");

        bad = domain_def_copy(copy);
        bad->disks.items[3]->target = domain_def_strdup(bad, "sda");
        assert_true(domain_def_seal(bad, NULL, &error) < 0);
        assert_int_equal(error.code, ERROR_XML_ERROR);
        assert_string_equal(error.detail, "target 'sda' duplicated (/domain/devices/disk[4]/target/@dev)");
}

static void test_references(void **state)
{
        DomainDef *def = parse(DOMAIN("")), *other = domain_def_ref(def);

        assert_null(domain_def_unref(def));
        assert_string_equal(other->name, "t");
        domain_def_unref(other);
        assert_null(domain_def_unref(NULL));
}

static void test_equal_and_abi(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *a = parse(DOMAIN("<vcpu>2</vcpu><title>a</title>"));
        _cleanup_(domain_def_unrefp) DomainDef *b = parse(DOMAIN("<vcpu>2</vcpu><title>b</title>"));
        _cleanup_(domain_def_unrefp) DomainDef *c = parse(DOMAIN("<vcpu>3</vcpu>"));
        _cleanup_(domain_def_unrefp) DomainDef *d =
                parse(DEVICES("<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='2'/>"
                              "</source></hostdev>"));
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(domain_def_equal(a, a));
        assert_false(domain_def_equal(a, b));
        assert_false(domain_def_equal(a, NULL));
        assert_int_equal(domain_def_check_abi(a, b, NULL), 0);
        assert_true(domain_def_check_abi(a, c, &error) < 0);
        assert_string_equal(error.detail, "Target /domain/vcpu does not match source");
        assert_true(domain_def_check_abi(a, d, NULL) < 0);
}

static void test_live(void **state)
{
        static const char xml[] =
                        "<domain type='test' id='7'><name>t</name><os><type>hvm</type></os><devices>"
                        "<interface type='network'><source network='n' bridge='virbr0'/><target "
                        "dev='vnet0'/>"
                        "<alias name='net0'/></interface>"
                        "<graphics type='vnc' port='5907' autoport='yes'/></devices></domain>";
        _cleanup_(domain_def_unrefp) DomainDef *live = parse_flags(xml, DOMAIN_DEF_PARSE_LIVE);
        _cleanup_(domain_def_unrefp) DomainDef *idle = parse(xml), *again = NULL;
        g_autofree char *shown = domain_def_format(live, 0);
        g_autofree char *inactive = domain_def_format(live, DOMAIN_DEF_FORMAT_INACTIVE);

        assert_int_equal(live->id, 7);
        assert_non_null(strstr(shown, "id='7'"));
        assert_non_null(strstr(shown, "vnet0"));
        assert_non_null(strstr(shown, "port='5907' autoport='yes'"));
        assert_non_null(strstr(shown, "bridge='virbr0'"));
        assert_null(strstr(inactive, "id='7'"));
        assert_null(strstr(inactive, "vnet0"));
        assert_null(strstr(inactive, "net0"));
        assert_non_null(strstr(inactive, "port='-1' autoport='yes'"));
        assert_false(def_is_set(idle, id));
        again = parse(inactive);
        assert_int_equal(domain_def_check_abi(idle, again, NULL), 0);
}

static void test_document(void **state)
{
        g_autofree char *text = domain_def_document();

        assert_non_null(strstr(text, "| `/domain/devices/disk/target/@bus` | `ide` `fdc`"));
        assert_non_null(strstr(text, "| `/domain/devices/graphics/@passwd` | text | secret |"));
        assert_non_null(strstr(text, "| `/domain/qemu:commandline/qemu:arg/@value` | text | required |"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_fields),
                cmocka_unit_test(test_tuning),
                cmocka_unit_test(test_metadata),
                cmocka_unit_test(test_raw),
                cmocka_unit_test(test_first_of),
                cmocka_unit_test(test_unknown),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_all_errors_are_collected),
                cmocka_unit_test(test_secrets),
                cmocka_unit_test(test_stored_form_of_the_largest),
                cmocka_unit_test(test_edit),
                cmocka_unit_test(test_references),
                cmocka_unit_test(test_equal_and_abi),
                cmocka_unit_test(test_live),
                cmocka_unit_test(test_document),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
