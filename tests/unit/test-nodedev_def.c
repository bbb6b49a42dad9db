/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nodedev_def.h"

#include "tests/unit/definition-tests.h"

static char *pass(const char *xml, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL, *copy = NULL;

        if (nodedev_def_parse(xml, strlen(xml), DEFINITION_PARSE_LIVE, NULL, &def, error) < 0)
                return NULL;
        copy = nodedev_def_copy(def);
        assert_true(nodedev_def_equal(def, copy));
        assert_int_equal(nodedev_def_seal(copy, NULL, NULL), 0);
        return nodedev_def_format(copy, 0);
}

#define DEVICE(type, inside) \
        "<device>\n  <name>d</name>\n  <capability type='" type "'>\n" inside "  </capability>\n</device>\n"
#define D(type, inside) "<device><name>d</name><capability type='" type "'>" inside "</capability></device>"
#define PCI_HEAD                                                                                            \
        "    <class>0x030200</class>\n    <domain>0</domain>\n    <bus>65</bus>\n    <slot>0</slot>\n"        \
        "    <function>1</function>\n    <product id='0x0a2b'>a chip</product>\n    <vendor id='0x10de'/>\n"
#define P "<domain>0</domain><bus>65</bus><slot>0</slot><function>1</function><product id='0xa2b'/><vendor id='4318'/>"
#define ADDRESS(slot) "<address domain='0x0000' bus='0x41' slot='" slot "' function='0x0'/>\n"
#define CCW "    <cssid>0xfe</cssid>\n    <ssid>0x1</ssid>\n    <devno>0x00f0</devno>\n"

static const DefinitionCase forms[] = {
        STAYS("<device>\n  <name>d</name>\n  <path>/sys/x</path>\n  <devnode type='dev'>/dev/vda</devnode>\n"
              "  <devnode type='link'>/dev/a</devnode>\n  <devnode type='link'>/dev/b</devnode>\n"
              "  <parent>computer</parent>\n"
              "  <driver>\n    <name>virtio_blk</name>\n  </driver>\n  <capability type='storage'>\n"
              "    <block>/dev/vda</block>\n"
              "    <bus>virtio</bus>\n    <drive_type>disk</drive_type>\n    <model>m</model>\n    <vendor>v</vendor>\n"
              "    <serial>s</serial>\n    <size>1024</size>\n    <logical_block_size>512</logical_block_size>\n"
              "    <num_blocks>2</num_blocks>\n    <capability type='hotpluggable'/>\n  </capability>\n</device>\n"),
        STAYS(DEVICE("storage", "    <block>/dev/sr0</block>\n    <capability type='removable'>\n"
                     "      <media_available>1</media_available>\n      <media_size>7</media_size>\n"
                     "      <media_label>l</media_label>\n      <logical_block_size>2048</logical_block_size>\n"
                     "      <num_blocks>1</num_blocks>\n    </capability>\n    <capability type='hotpluggable'/>\n")),
        STAYS(DEVICE("system", "    <product>p</product>\n    <hardware>\n      <vendor>v</vendor>\n"
                               "      <version>1</version>\n"
                     "      <serial>s</serial>\n      <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n"
                     "    </hardware>\n"
                     "    <firmware>\n      <vendor>f</vendor>\n      <version>2</version>\n"
                     "      <release_date>01/02/2026</release_date>\n    </firmware>\n")),
        STAYS(DEVICE("pci", PCI_HEAD "    <capability type='phys_function'>\n"
                                     "      " ADDRESS("0x02") "    </capability>\n"
                     "    <capability type='virt_functions' maxCount='7'>\n      " ADDRESS("0x03")
                             "      " ADDRESS("0x04")
                     "    </capability>\n    <capability type='pci-bridge'/>\n    <capability type='mdev_types'>\n"
                     "      <type id='t-1'>\n        <name>one</name>\n        <deviceAPI>vfio-pci</deviceAPI>\n"
                     "        <availableInstances>3</availableInstances>\n      </type>\n    </capability>\n"
                     "    <capability type='vpd'>\n      <name>n</name>\n      <fields access='readonly'>\n"
                     "        <change_level>1</change_level>\n        <manufacture_id>m</manufacture_id>\n"
                     "        <part_number>p</part_number>\n        <serial_number>s</serial_number>\n"
                     "        <vendor_field index='A'>x</vendor_field>\n      </fields>\n"
                     "      <fields access='readwrite'>\n"
                     "        <asset_tag>a</asset_tag>\n        <vendor_field index='0'>y</vendor_field>\n"
                     "        <system_field index='B'>z</system_field>\n      </fields>\n    </capability>\n"
                     "    <iommuGroup number='9'>\n      " ADDRESS("0x00") "    </iommuGroup>\n    <numa node='1'/>\n"
                     "    <pci-express>\n      <link validity='cap' port='2' speed='16' width='8'/>\n"
                     "      <link validity='sta' speed='2.5' width='1'/>\n    </pci-express>\n")),
        STAYS(DEVICE("usb_device", "    <bus>1</bus>\n    <device>3</device>\n    <product id='0x0002'>hub</product>\n"
                     "    <vendor id='0x1d6b'>LF</vendor>\n")),
        STAYS(DEVICE("usb", "    <number>0</number>\n    <class>9</class>\n    <subclass>1</subclass>\n"
                     "    <protocol>2</protocol>\n    <description>d</description>\n")),
        STAYS(DEVICE("net", "    <interface>wlan0</interface>\n    <address>52:54:00:00:00:01</address>\n"
                     "    <link speed='1000' state='up'/>\n    <feature name='rx'/>\n    <feature name='sg'/>\n"
                     "    <capability type='80211'/>\n")),
        STAYS(DEVICE("scsi_host", "    <host>4</host>\n    <unique_id>2</unique_id>\n    <capability type='fc_host'>\n"
                     "      <wwnn>20000000c9831b4b</wwnn>\n      <wwpn>10000000c9831b4b</wwpn>\n"
                     "      <fabric_wwn>2001000dec9877c1</fabric_wwn>\n    </capability>\n"
                     "    <capability type='vport_ops'>\n"
                     "      <max_vports>164</max_vports>\n      <vports>5</vports>\n    </capability>\n")),
        STAYS(DEVICE("scsi_target", "    <target>target1:0:0</target>\n    <capability type='fc_remote_port'>\n"
                     "      <rport>rport-1:0-1</rport>\n      <wwpn>0x1</wwpn>\n    </capability>\n")),
        STAYS(DEVICE("scsi", "    <host>1</host>\n    <bus>0</bus>\n    <target>2</target>\n    <lun>3</lun>\n"
                     "    <type>disk</type>\n")),
        STAYS(DEVICE("scsi_generic", "    <char>/dev/sg0</char>\n")),
        STAYS(DEVICE("drm", "    <type>primary</type>\n")),
        STAYS(DEVICE("vdpa", "    <chardev>/dev/vhost-vdpa-0</chardev>\n")),
        STAYS(DEVICE("mdev", "    <type id='mtty-2'/>\n    <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n"
                     "    <parent_addr>0000:00:02.0</parent_addr>\n    <iommuGroup number='3'/>\n"
                     "    <attr name='b' value='1'/>\n    <attr name='a' value='2'/>\n")),
        STAYS(DEVICE("ccw", CCW "    <capability type='ccwgroup_member'>\n      <group_device>g</group_device>\n"
                     "    </capability>\n")),
        STAYS(DEVICE("css", CCW "    <channel_dev_addr>\n      <cssid>0x0</cssid>\n      <ssid>0x0</ssid>\n"
                     "      <devno>0x0815</devno>\n    </channel_dev_addr>\n")),
        STAYS(DEVICE("ccwgroup", "    <state>online</state>\n" CCW "    <members>\n"
                     "      <ccw_device ref='cdev0'>ccw_0_0_bd00</ccw_device>\n    </members>\n"
                     "    <capability type='qeth_generic'>\n      <card_type>OSD</card_type>\n      <chpid>bd</chpid>\n"
                     "    </capability>\n")),
        STAYS(DEVICE("ap_card", "    <ap-adapter>0x07</ap-adapter>\n")),
        STAYS(DEVICE("ap_queue", "    <ap-adapter>0x07</ap-adapter>\n    <ap-domain>0x00ab</ap-domain>\n")),
        STAYS(DEVICE("ap_matrix", "")),
        /* what libvirt puts in order, adds or leaves out */
        BECOMES(D("storage", "<capability type='hotpluggable'/><block>/d</block><num_blocks>0</num_blocks>"),
                DEVICE("storage", "    <block>/d</block>\n    <size>0</size>\n"
                                  "    <capability type='hotpluggable'/>\n")),
        BECOMES(D("mdev", "<type id='t'/>"), DEVICE("mdev", "    <type id='t'/>\n    <iommuGroup number='0'/>\n")),
        BECOMES(D("pci", "<capability type='virt_functions' maxCount='0'/><capability type='phys_function'><address/>"
                         "</capability>"
                  "<numa node='-1'/><iommuGroup number='3'/><pci-express/>" P),
                DEVICE("pci", "    <domain>0</domain>\n    <bus>65</bus>\n    <slot>0</slot>\n"
                              "    <function>1</function>\n"
                       "    <product id='0x0a2b'/>\n    <vendor id='0x10de'/>\n    <capability type='phys_function'>\n"
                       "      <address domain='0x0000' bus='0x00' slot='0x00' function='0x0'/>\n    </capability>\n"
                       "    <capability type='virt_functions'/>\n    <pci-express/>\n")),
        BECOMES("<device><name>d</name><devnode type='link'>/l</devnode><devnode type='dev'>/d</devnode>"
                "<capability type='ap_matrix'/></device>",
                "<device>\n  <name>d</name>\n  <devnode type='dev'>/d</devnode>\n  <devnode type='link'>/l</devnode>\n"
                "  <capability type='ap_matrix'>\n  </capability>\n</device>\n"),
};

static const DefinitionCase refusals[] = {
        REFUSED("<pool/>", ERROR_XML_ERROR, "expecting <device>"),
        REFUSED("<device><name>d</name></device>", ERROR_XML_ERROR, "no device capabilities for 'd'"),
        REFUSED("<device><capability/></device>", ERROR_XML_ERROR, "'type'"),
        REFUSED(D("teapot", ""), ERROR_XML_ERROR, "teapot"),
        REFUSED(D("fc_host", ""), ERROR_XML_ERROR, "unknown capability type 'fc_host'"),
        REFUSED(D("pci", "<domain>0</domain>"), ERROR_XML_ERROR, "'bus'"),
        REFUSED(D("pci", "<class>0x1000000</class>" P), ERROR_XML_ERROR, "not between"),
        REFUSED(D("pci", P "<capability type='phys_function'><address slot='32'/></capability>"), ERROR_XML_ERROR,
                "not between"),
        REFUSED(D("mdev", "<uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>"), ERROR_XML_ERROR, "missing type id"),
        REFUSED(D("mdev", "<type id='t'/><attr name='x'/>"), ERROR_XML_ERROR, "'value'"),
        REFUSED(D("drm", "<type>x</type>"), ERROR_XML_ERROR, "unknown drm type 'x'"),
        REFUSED(D("css", "<cssid>0xff</cssid><ssid>0</ssid><devno>0</devno>"), ERROR_XML_ERROR, "not between"),
        REFUSED(D("ap_queue", "<ap-adapter>0x100</ap-adapter><ap-domain>0</ap-domain>"), ERROR_XML_ERROR,
                "not between"),
        REFUSED(D("scsi_host", "<capability type='fc_host'><wwnn>1</wwnn></capability>"), ERROR_XML_ERROR,
                "no WWNN or WWPN"),
        REFUSED("<device><parent wwnn='1'/><capability type='ap_matrix'/></device>", ERROR_XML_ERROR, "missing wwpn"),
};

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&nodedev_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _NODEDEV_CAP_MAX; i++)
                assert_int_equal(nodedev_cap_from_string(nodedev_cap_to_string(i)), i);
        for (int i = 1; i < _NODEDEV_PART_MAX; i++)
                assert_int_equal(nodedev_part_from_string(nodedev_part_to_string(i)), i);
}

static void test_forms(void **state)
{
        definition_run_cases(pass, forms, ELEMENTSOF(forms));
}

static void test_refusals(void **state)
{
        definition_run_cases(pass, refusals, ELEMENTSOF(refusals));
}

static uint32_t bit(NodeDevCapType type)
{
        return UINT32_C(1) << (type - 1);
}

static void test_caps(void **state)
{
        static const char xml[] = D("scsi_host", "<host>1</host><capability type='vport_ops'/>"
                                    "<capability type='fc_host'><wwnn>1</wwnn><wwpn>2</wwpn></capability>");
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;

        assert_int_equal(nodedev_def_parse(xml, strlen(xml), DEFINITION_PARSE_LIVE, NULL, &def, NULL), 0);
        assert_int_equal(nodedev_def_caps(def), bit(NODEDEV_CAP_SCSI_HOST) | bit(NODEDEV_CAP_FC_HOST) |
                         bit(NODEDEV_CAP_VPORTS));
        assert_string_equal(nodedev_cap_part(nodedev_def_cap(def, NODEDEV_CAP_SCSI_HOST),
                                             NODEDEV_PART_FC_HOST)->wwpn, "2");
        assert_null(nodedev_def_cap(def, NODEDEV_CAP_PCI));
}

/* A definition of what is not there has no group. */
static void test_inactive(void **state)
{
        static const char xml[] = D("mdev", "<type id='t'/><iommuGroup number='5'/>");
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        g_autofree char *text = NULL;

        assert_int_equal(nodedev_def_parse(xml, strlen(xml), DEFINITION_PARSE_LIVE, NULL, &def, NULL), 0);
        text = nodedev_def_format(def, DEF_FORMAT_INACTIVE);
        assert_string_equal(text, DEVICE("mdev", "    <type id='t'/>\n"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table), cmocka_unit_test(test_forms),    cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_caps),  cmocka_unit_test(test_inactive),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
