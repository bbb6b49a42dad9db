/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which function of which card, in a stand-in for /sys; and the messages, byte by byte, since no kernel that this
 * project runs on has a card with functions that is not hardware. What the kernel says to a card without functions is
 * real.
 */

#include "drivers/qemu/qemu_vf.h"

#include "drivers/model/domain_def.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PLACE "/domain/devices/interface[1]"

static void run(const char *dir, const char *line)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        int status = -1;

        assert_true(g_spawn_sync(dir, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
        assert_int_equal(status, 0);
}

static int setup(void **state)
{
        static const char *const steps[] = {
                "mkdir -p sys/bus/pci/devices/0000:03:00.0/net/port0 sys/bus/pci/devices/0000:03:00.0/net/port1",
                "mkdir -p sys/bus/pci/devices/0000:03:10.0 sys/bus/pci/devices/0000:03:10.1/net/own",
                "mkdir -p sys/bus/pci/devices/0000:04:00.0 sys/bus/pci/devices/0000:05:00.0",
                "mkdir -p sys/bus/pci/devices/0000:05:10.0",
                "ln -s ../0000:03:00.0 sys/bus/pci/devices/0000:03:10.0/physfn",
                "ln -s ../0000:03:00.0 sys/bus/pci/devices/0000:03:10.1/physfn",
                "ln -s ../0000:05:00.0 sys/bus/pci/devices/0000:05:10.0/physfn",
                "ln -s ../0000:03:10.0 sys/bus/pci/devices/0000:03:00.0/virtfn0",
                "ln -s ../0000:03:10.1 sys/bus/pci/devices/0000:03:00.0/virtfn1",
                "ln -s ../0000:05:10.0 sys/bus/pci/devices/0000:05:00.0/virtfn0",
        };
        static const char *const files[][2] = {
                { "0000:03:00.0/sriov_numvfs", "2\n" },
                { "0000:05:00.0/sriov_numvfs", "1\n" },
                { "0000:03:00.0/net/port0/phys_port_id", "aa\n" },
                { "0000:03:00.0/net/port1/phys_port_id", "bb\n" },
                { "0000:03:10.1/net/own/phys_port_id", "bb\n" },
        };
        char *dir = g_dir_make_tmp("test-vf-XXXXXX", NULL);

        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                run(dir, steps[i]);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                g_autofree char *path = g_build_filename(dir, "sys/bus/pci/devices", files[i][0], NULL);

                assert_true(g_file_set_contents(path, files[i][1], -1, NULL));
        }
        *state = dir;
        return 0;
}

static int teardown(void **state)
{
        g_autofree char *line = g_strdup_printf("rm -rf %s", (char *) *state);

        run("/", line);
        g_free(*state);
        return 0;
}

static void test_find(void **state)
{
        static const struct {
                const char *name;
                const char *refusal; /* NULL: it is found */
                uint32_t number;
        } cases[] = {
                { "0000:03:10.0", NULL, 0 },
                { "0000:03:10.1", NULL, 1 },
                { "0000:04:00.0", "no virtual function", 0 },
                { "0000:05:10.0", "no network interface", 0 },
                { "0000:06:00.0", "no device", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *interface = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                uint32_t number = UINT32_MAX;
                int r = vf_find(*state, cases[i].name, PLACE, &interface, &number, &error);

                if (cases[i].refusal) {
                        assert_true(r < 0);
                        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
                        assert_non_null(strstr(error.detail, PLACE));
                        assert_non_null(strstr(error.detail, cases[i].refusal));
                        continue;
                }
                assert_int_equal(r, 0);
                assert_int_equal(number, cases[i].number);
                /* of the function that has an interface the port is known */
                if (number == 1)
                        assert_string_equal(interface, "port1");
        }
}

/* What the kernel answers, of two functions, as linux/if_link.h lays it out. */
static VfMessage *answer_new(void)
{
        struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = 7 };
        VfMessage *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
        struct nlattr *list;

        (void) nlmsg_append(message, &head, sizeof(head), NLMSG_ALIGNTO);
        (void) nla_put_string(message, IFLA_IFNAME, "port0");
        list = nla_nest_start(message, IFLA_VFINFO_LIST);
        for (uint32_t i = 0; i < 2; i++) {
                const struct ifla_vf_mac mac = { .vf = i, .mac = { 2, 0, 0, 0, 0, (uint8_t) (i + 1) } };
                const struct ifla_vf_vlan vlan = { .vf = i, .vlan = 40 + i, .qos = 3 };
                const struct ifla_vf_vlan_info more = {
                        .vf = i, .vlan = 40 + i, .qos = 3, .vlan_proto = htons(ETH_P_8021AD),
                };
                const struct ifla_vf_link_state state = { .vf = i, .link_state = IFLA_VF_LINK_STATE_ENABLE };
                const struct ifla_vf_trust trust = { .vf = i, .setting = i == 0 ? UINT32_MAX : 1 };
                struct nlattr *info = nla_nest_start(message, IFLA_VF_INFO), *vlans;

                (void) nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
                (void) nla_put(message, IFLA_VF_VLAN, sizeof(vlan), &vlan);
                (void) nla_put(message, IFLA_VF_LINK_STATE, sizeof(state), &state);
                (void) nla_put(message, IFLA_VF_TRUST, sizeof(trust), &trust);
                vlans = nla_nest_start(message, IFLA_VF_VLAN_LIST);
                (void) nla_put(message, IFLA_VF_VLAN_INFO, sizeof(more), &more);
                nla_nest_end(message, vlans);
                nla_nest_end(message, info);
        }
        nla_nest_end(message, list);
        return message;
}

static void test_answer(void **state)
{
        static const char *const texts[] = {
                "02:00:00:00:00:01 40 3 34984 1 -1", "02:00:00:00:00:02 41 3 34984 1 1",
        };
        VfMessage *message = answer_new();
        VfSettings settings = {}, back;

        for (uint32_t i = 0; i < 2; i++) {
                g_autofree char *text = NULL;

                assert_int_equal(vf_message_parse(message, i, &settings), 0);
                text = vf_settings_to_text(&settings);
                assert_string_equal(text, texts[i]);
                assert_int_equal(vf_settings_from_text(text, &back), 0);
                assert_memory_equal(back.mac, settings.mac, ETH_ALEN);
                assert_int_equal(back.vlan, 40 + i);
                assert_int_equal(back.priority, 3);
                assert_int_equal(back.protocol, ETH_P_8021AD);
                assert_int_equal(back.link, IFLA_VF_LINK_STATE_ENABLE);
                assert_int_equal(back.has_trust, i == 1);
                assert_int_equal(back.trust, i == 1);
        }
        assert_int_equal(vf_message_parse(message, 2, &settings), -ENOENT);
        nlmsg_free(message);
        assert_int_equal(vf_settings_from_text("02:00:00:00:00 1 2", &back), -EINVAL);
        assert_int_equal(vf_settings_from_text("", &back), -EINVAL);
}

/* The kernel (do_setvfinfo()) reads the same layout that it writes, but for the VLAN, which is in the list alone. */
static void test_request(void **state)
{
        static const uint8_t expected[] = {
                /* IFLA_VFINFO_LIST, IFLA_VF_INFO */
                84, 0, 22, 0x80, 80, 0, 1, 0x80,
                /* IFLA_VF_MAC: function 3, 32 bytes of address */
                40, 0, 1, 0, 3, 0, 0, 0, 0x52, 0x54, 0, 1, 2, 3,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                /* IFLA_VF_VLAN_LIST, IFLA_VF_VLAN_INFO: function 3, VLAN 42, priority 0, 802.1Q */
                24, 0, 12, 0x80, 20, 0, 1, 0, 3, 0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 0,
                /* IFLA_VF_LINK_STATE: function 3, by itself */
                12, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0,
                /* IFLA_VF_TRUST follows when it is another; what stays is not said, since the card may not know it */
        };
        const VfSettings settings = { .mac = { 0x52, 0x54, 0, 1, 2, 3 }, .vlan = 42, .protocol = ETH_P_8021Q };
        const VfSettings before = { .link = IFLA_VF_LINK_STATE_ENABLE, .has_trust = true };
        VfSettings trusted = settings;
        VfMessage *message = vf_message_new(7, 3, &before, &settings), *more, *less;
        const struct nlmsghdr *header = nlmsg_hdr(message);
        const uint8_t *body = nlmsg_data(header);

        if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
                skip();
        assert_int_equal(header->nlmsg_type, RTM_SETLINK);
        assert_int_equal(nlmsg_datalen(header), sizeof(struct ifinfomsg) + sizeof(expected));
        assert_memory_equal(body + sizeof(struct ifinfomsg), expected, sizeof(expected));
        assert_int_equal(((const struct ifinfomsg *) (const void *) body)->ifi_index, 7);
        trusted.has_trust = trusted.trust = true;
        more = vf_message_new(7, 3, &before, &trusted);
        assert_int_equal(nlmsg_datalen(nlmsg_hdr(more)), nlmsg_datalen(header) + 12);
        less = vf_message_new(7, 3, &settings, &settings);
        assert_int_equal(nlmsg_datalen(nlmsg_hdr(less)), nlmsg_datalen(header) - 24 - 12);
        nlmsg_free(message);
        nlmsg_free(more);
        nlmsg_free(less);
}

static DomainDef *parse(const char *attributes, const char *content)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>x</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
                "<devices><interface type='hostdev'%s><mac address='52:54:00:01:02:03'/><source>"
                "<address type='pci' domain='0' bus='3' slot='0x10' function='1'/></source>%s</interface></devices>"
                "</domain>", attributes, content);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

static void test_wanted(void **state)
{
        static const struct {
                const char *attributes, *content;
                bool has_trust;
                const char *text; /* NULL: refused */
        } cases[] = {
                { "", "", true, "52:54:00:01:02:03 0 0 33024 0 0" },
                { "", "<vlan><tag id='42'/></vlan>", false, "52:54:00:01:02:03 42 0 33024 0 -1" },
                { " trustGuestRxFilters='yes'", "<link state='down'/>", true, "52:54:00:01:02:03 0 0 33024 2 1" },
                { " trustGuestRxFilters='yes'", "", false, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = parse(cases[i].attributes, cases[i].content);
                const VfSettings now = { .mac = { 2 }, .vlan = 7, .priority = 1, .protocol = ETH_P_8021AD,
                                         .has_trust = cases[i].has_trust };
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *text = NULL;
                VfSettings wanted;
                int r = vf_settings_wanted(def->interfaces.items[0], &now, PLACE, &wanted, &error);

                if (!cases[i].text) {
                        assert_true(r < 0);
                        assert_non_null(strstr(error.detail, "trustGuestRxFilters"));
                        continue;
                }
                assert_int_equal(r, 0);
                text = vf_settings_to_text(&wanted);
                assert_string_equal(text, cases[i].text);
        }
}

/* The loopback interface is no card with functions. */
static void test_kernel(void **state)
{
        const VfSettings wanted = { .mac = { 0x52, 0x54, 0, 1, 2, 3 } };
        _cleanup_error_ Error error = ERROR_INIT;
        VfSettings now;

        assert_true(vf_read("lo", 0, PLACE, &now, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "'lo' says nothing of its virtual function 0"));
        error_clear(&error);
        assert_true(vf_write("lo", 0, &wanted, PLACE, &error) < 0);
        assert_non_null(strstr(error.detail, "'lo' says nothing"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_find),   cmocka_unit_test(test_answer), cmocka_unit_test(test_request),
                cmocka_unit_test(test_wanted), cmocka_unit_test(test_kernel),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
