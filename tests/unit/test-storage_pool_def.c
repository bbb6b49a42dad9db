/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_pool_def.h"

#include "tests/unit/definition-tests.h"

DEFINITION_PASS(storage_pool_def, StoragePoolDef)

#define UUID "  <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n"
#define SIZES "  <capacity unit='bytes'>0</capacity>\n  <allocation unit='bytes'>0</allocation>\n" \
              "  <available unit='bytes'>0</available>\n"
#define POOL(type, before, source, behind)                                                                  \
        "<pool type='" type "'>\n  <name>p</name>\n" UUID SIZES before "  <source>\n" source "  </source>\n" \
        behind "</pool>\n"
#define TARGET(path) "  <target>\n    <path>" path "</path>\n  </target>\n"
/* short forms that become something */
#define P(type, inside) \
        "<pool type='" type "'><name>p</name><uuid>0e3bd3ad54f14a4da4ba63fdd6c0c6b1</uuid>" inside "</pool>"
#define T "<target><path>/t</path></target>"
#define ADAPTER(x) P("scsi", "<source>" x "</source>" T)

static const DefinitionCase forms[] = {
        STAYS(POOL("dir", "  <features>\n    <cow state='no'/>\n  </features>\n", "",
                   "  <target>\n    <path>/srv/images</path>\n    <permissions>\n      <mode>0711</mode>\n"
                   "      <owner>107</owner>\n      <group>36</group>\n      <label>virt_image_t</label>\n"
                   "    </permissions>\n  </target>\n"
                   "  <refresh>\n    <volume allocation='capacity'/>\n  </refresh>\n")),
        STAYS("<pool type='netfs' xmlns:fs='http://libvirt.org/schemas/storagepool/fs/1.0'>\n"
              "  <name>p</name>\n" UUID SIZES
              "  <source>\n    <host name='nas.example' port='2050'/>\n    <dir path='/export/a'/>\n"
              "    <format type='nfs'/>\n    <protocol ver='4.2'/>\n    <vendor name='v'/>\n    <product name='w'/>\n"
              "  </source>\n" TARGET("/mnt/a")
              "  <fs:mount_opts>\n    <fs:option name='nodev'/>\n    <fs:option name='sync'/>\n  </fs:mount_opts>\n"
              "</pool>\n"),
        STAYS("<pool type='rbd' xmlns:rbd='http://libvirt.org/schemas/storagepool/rbd/1.0'>\n"
              "  <name>p</name>\n" UUID SIZES
              "  <source>\n    <host name='mon1'/>\n    <host name='fd01::2' port='3300'/>\n    <name>vms</name>\n"
              "    <auth type='ceph' username='hv'>\n      <secret usage='ceph vms'/>\n    </auth>\n  </source>\n"
              "  <rbd:config_opts>\n    <rbd:option name='rados_mon_op_timeout' value='30'/>\n  </rbd:config_opts>\n"
              "</pool>\n"),
        STAYS(POOL("iscsi", "",
                   "    <host name='san'/>\n    <device path='iqn.2026-01.example:t'/>\n    <initiator>\n"
                   "      <iqn name='iqn.2026-01.example:i'/>\n    </initiator>\n    <auth type='chap' username='u'>\n"
                   "      <secret uuid='0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b2'/>\n    </auth>\n",
                   TARGET("/dev/disk/by-path"))),
        STAYS(POOL("disk", "", "    <device path='/dev/vdb' part_separator='no'/>\n    <format type='gpt'/>\n",
                   TARGET("/dev"))),
        STAYS(POOL("scsi", "",
                   "    <adapter type='scsi_host'>\n      <parentaddr unique_id='3'>\n"
                   "        <address domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/>\n      </parentaddr>\n"
                   "    </adapter>\n", TARGET("/dev/disk/by-id"))),
        STAYS(POOL("scsi", "",
                   "    <adapter type='fc_host' parent_wwnn='20000000c9831b4a' parent_wwpn='10000000c9831b4a' "
                   "managed='no'"
                   " wwnn='20000000c9831b4b' wwpn='0x10000000c9831b4b'/>\n", TARGET("/dev/disk/by-id"))),
        STAYS(POOL("gluster", "", "    <host name='g'/>\n    <dir path='/sub'/>\n    <name>vol0</name>\n", "")),
        STAYS(POOL("vstorage", "", "    <name>cluster</name>\n", TARGET("/mnt/v"))),
        BECOMES(P("mpath", T), POOL("mpath", "", "", TARGET("/t"))),
        BECOMES(P("dir", "<source><dir path='/x'/></source><target><path>////a//b/</path></target>"),
                POOL("dir", "", "", TARGET("/a/b"))),
        BECOMES(P("dir", "<target><path>/</path><permissions><owner>-1</owner><group>4294967295</group></permissions>"
                         "</target>"),
                POOL("dir", "", "", TARGET("/"))),
        BECOMES(P("fs", "<source><device path='/dev/vdc1'/></source>" T),
                POOL("fs", "", "    <device path='/dev/vdc1'/>\n    <format type='auto'/>\n", TARGET("/t"))),
        BECOMES(P("logical", ""), POOL("logical", "", "    <name>p</name>\n    <format type='lvm2'/>\n",
                                       TARGET("/dev/p"))),
        BECOMES(P("zfs", "<source><name>tank</name></source>"),
                POOL("zfs", "", "    <name>tank</name>\n", TARGET("/dev/zvol/tank"))),
        BECOMES(P("gluster", "<source><host name='g' port='0'/></source>" T),
                POOL("gluster", "", "    <host name='g'/>\n    <dir path='/'/>\n    <name>p</name>\n", "")),
        BECOMES(ADAPTER("<adapter name='host7'/>"),
                POOL("scsi", "", "    <adapter type='scsi_host' name='host7'/>\n", TARGET("/t"))),
        BECOMES("<pool type='logical'><uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid><source><name>p</name></source>"
                "</pool>", POOL("logical", "", "    <name>p</name>\n    <format type='lvm2'/>\n", TARGET("/dev/p"))),
        /* what a pool holds is a fact, not for its owner to say */
        BECOMES(P("dir", "<capacity unit='G'>9</capacity><allocation>x</allocation><available/>" T),
                POOL("dir", "", "", TARGET("/t"))),
};

static const DefinitionCase refusals[] = {
        REFUSED("<domain/>", ERROR_XML_ERROR, "expecting <pool>"),
        REFUSED("<pool><name>p</name></pool>", ERROR_XML_ERROR, "'type'"),
        REFUSED("<pool type='floppy'><name>p</name></pool>", ERROR_XML_ERROR, "floppy"),
        REFUSED("<pool type='dir'>" T "</pool>", ERROR_XML_ERROR, "missing pool source name element"),
        REFUSED("<pool type='dir'><name>a/b</name>" T "</pool>", ERROR_XML_ERROR, "cannot contain '/'"),
        REFUSED("<pool type='dir'><name>a</name><uuid>7</uuid>" T "</pool>", ERROR_XML_ERROR, "uuid"),
        REFUSED(P("dir", ""), ERROR_XML_ERROR, "missing storage pool target path"),
        REFUSED(P("dir", "<target><path>/t</path><permissions><mode>0999</mode></permissions></target>"),
                ERROR_XML_ERROR, "0999"),
        REFUSED(P("dir", "<target><path>/t</path><permissions><mode>01777</mode></permissions></target>"),
                ERROR_XML_ERROR, "01777"),
        REFUSED(P("dir", "<target><path>/t</path><permissions><owner>-2</owner></permissions></target>"),
                ERROR_XML_ERROR, "-2"),
        REFUSED(P("logical", "<features><cow state='yes'/></features>"), ERROR_NO_SUPPORT, "cow feature"),
        REFUSED(P("fs", T), ERROR_XML_ERROR, "missing storage pool source device name"),
        REFUSED(P("fs", "<source><device/></source>" T), ERROR_XML_ERROR, "'path'"),
        REFUSED(P("fs", "<source><device path='/d'/><format type='nfs'/></source>" T), ERROR_CONFIG_UNSUPPORTED,
                "unknown pool format type nfs"),
        REFUSED(P("netfs", "<source><dir path='/d'/></source>" T), ERROR_XML_ERROR, "source host name"),
        REFUSED(P("netfs", "<source><host name='h'/></source>" T), ERROR_XML_ERROR, "source path"),
        REFUSED(P("netfs", "<source><host name='h' port='65536'/><dir path='/d'/></source>" T), ERROR_XML_ERROR,
                "65536"),
        REFUSED(P("netfs",
                  "<source><host name='h'/><dir path='/d'/><format type='cifs'/><protocol ver='3'/></source>" T),
                ERROR_CONFIG_UNSUPPORTED, "protocol ver unsupported for pool type 'cifs'"),
        REFUSED(P("netfs", "<source><host name='h'/><dir path='/d'/><protocol ver='4,hard'/></source>" T),
                ERROR_XML_ERROR, "'4,hard' is malformed"),
        REFUSED(P("rbd", "<source><host name='h'/></source>"), ERROR_XML_ERROR, "mandatory for RBD"),
        REFUSED(P("rbd",
                  "<source><host name='h'/><name>n</name><auth username='x'><secret usage='s'/></auth></source>"),
                ERROR_CONFIG_UNSUPPORTED, "missing auth type"),
        REFUSED(P("rbd", "<source><host name='h'/><name>n</name><auth type='ceph'><secret usage='s'/></auth></source>"),
                ERROR_XML_ERROR, "'username'"),
        REFUSED(P("rbd", "<source><host name='h'/><name>n</name><auth type='ceph' username='x'/></source>"),
                ERROR_XML_ERROR, "Missing required element 'secret'"),
        REFUSED(P("rbd",
                  "<source><host name='h'/><name>n</name><auth type='ceph' username='x'><secret/></auth></source>"),
                ERROR_XML_ERROR, "missing secret uuid or usage"),
        REFUSED(P("iscsi-direct", "<source><host name='h'/></source>"), ERROR_CONFIG_UNSUPPORTED,
                "missing initiator IQN"),
        REFUSED(P("scsi", T), ERROR_XML_ERROR, "missing storage pool source adapter"),
        REFUSED(ADAPTER("<adapter/>"), ERROR_XML_ERROR, "missing storage pool source adapter"),
        REFUSED(ADAPTER("<adapter parent='scsi_host3'/>"), ERROR_CONFIG_UNSUPPORTED,
                "requires use of the adapter 'type'"),
        REFUSED(ADAPTER("<adapter type='scsi_host'/>"), ERROR_XML_ERROR, "Either 'name' or 'parent'"),
        REFUSED(ADAPTER("<adapter type='scsi_host' name='host1'><parentaddr unique_id='1'><address slot='1'/>"
                        "</parentaddr>"
                        "</adapter>"), ERROR_XML_ERROR, "Both 'name' and 'parent'"),
        REFUSED(ADAPTER("<adapter type='scsi_host'><parentaddr><address slot='1'/></parentaddr></adapter>"),
                ERROR_XML_ERROR, "'unique_id'"),
        REFUSED(ADAPTER("<adapter type='fc_host' wwnn='20000000c9831b4b'/>"), ERROR_XML_ERROR, "'wwnn' and 'wwpn'"),
        REFUSED(ADAPTER("<adapter type='fc_host' wwnn='20' wwpn='10000000c9831b4b'/>"), ERROR_XML_ERROR,
                "world wide name"),
        REFUSED(ADAPTER("<adapter type='fc_host' parent_wwnn='20000000c9831b4a' wwnn='20000000c9831b4b'"
                        " wwpn='10000000c9831b4b'/>"), ERROR_XML_ERROR, "not just one or the other"),
};

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&storage_pool_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _STORAGE_POOL_TYPE_MAX; i++)
                assert_int_equal(storage_pool_type_from_string(storage_pool_type_to_string(i)), i);
        for (int i = 1; i < _STORAGE_REFRESH_MAX; i++)
                assert_int_equal(storage_refresh_from_string(storage_refresh_to_string(i)), i);
        for (int i = 1; i < _STORAGE_ADAPTER_MAX; i++)
                assert_int_equal(storage_adapter_from_string(storage_adapter_to_string(i)), i);
}

static void test_forms(void **state)
{
        definition_run_cases(pass_storage_pool_def, forms, ELEMENTSOF(forms));
}

static void test_refusals(void **state)
{
        definition_run_cases(pass_storage_pool_def, refusals, ELEMENTSOF(refusals));
}

/* Every default is one of the words. */
static void test_formats(void **state)
{
        for (StoragePoolType type = 1; type < _STORAGE_POOL_TYPE_MAX; type++) {
                if (storage_pool_formats(type))
                        assert_true(g_strv_contains(storage_pool_formats(type), storage_pool_default_format(type)));
                else
                        assert_null(storage_pool_default_format(type));
                if (storage_vol_formats(type))
                        assert_true(g_strv_contains(storage_vol_formats(type), storage_vol_default_format(type)));
                else
                        assert_null(storage_vol_default_format(type));
        }
}

/* Who gives no UUID gets a new one each time that one is needed. */
static void test_uuid_is_made(void **state)
{
        static const char xml[] = "<pool type='dir'><name>p</name>" T "</pool>";
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL, *a = NULL, *b = NULL, *same = NULL;

        assert_int_equal(storage_pool_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_null(def->uuid);
        a = storage_pool_def_with_uuid(def);
        b = storage_pool_def_with_uuid(def);
        assert_true(def_syntax_uuid.check(a->uuid));
        assert_string_not_equal(a->uuid, b->uuid);
        same = storage_pool_def_with_uuid(a);
        assert_ptr_equal(same, a);
}

static void test_source_alone(void **state)
{
        static const char xml[] = "<source><host name='nas'/><dir path='/ignored//'/></source>";
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL, *none = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        GString *out = g_string_new(NULL);

        assert_int_equal(storage_pool_source_parse(STORAGE_POOL_NETFS, xml, strlen(xml), &def, NULL), 0);
        storage_pool_source_format(def, 1, out);
        assert_string_equal(out->str, "  <source>\n    <host name='nas'/>\n    <dir path='/ignored'/>\n"
                                      "    <format type='auto'/>\n  </source>\n");
        g_string_free(out, TRUE);
        assert_true(storage_pool_source_parse(STORAGE_POOL_FS, "<source><format type='x'/></source>", 35, &none,
                                              &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),        cmocka_unit_test(test_forms),
                cmocka_unit_test(test_refusals),     cmocka_unit_test(test_formats),
                cmocka_unit_test(test_uuid_is_made), cmocka_unit_test(test_source_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
