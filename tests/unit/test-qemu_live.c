/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RUN_DIR "/run/virtbus/qemu/7-x"

static DomainDef *parse_with(const char *devices, DomainDefParseFlags flags)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>x</name><uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid>"
                "<memory>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>"
                "<devices>%s</devices></domain>",
                devices);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), flags, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

static DomainDef *parse(const char *devices)
{
        return parse_with(devices, DOMAIN_DEF_PARSE_LIVE);
}

static DomainDef *prepare(const char *devices)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(devices);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *live = NULL;

        if (qemu_live_prepare(def, 7, RUN_DIR, &live, &error) < 0)
                fail_msg("%s", error.detail);
        return live;
}

/* What an older version has accepted is kept, and told when it is started. */
static void test_rules(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                parse_with("<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
                           "<disk type='file'><source file='/b'/><target dev='vda'/></disk>",
                           DOMAIN_DEF_PARSE_STORED);
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(def->disks.n, 2);
        assert_true(qemu_live_prepare(def, 7, RUN_DIR, &live, &error) < 0);
        assert_non_null(strstr(error.detail, "vda"));
}

/* replies as JSON text, NULL for none. */
static int update(const DomainDef *def, const char *chardevs, const char *vnc, DomainDef **ret, Error *error)
{
        JsonNode *c = chardevs ? json_from_string(chardevs, NULL) : NULL;
        JsonNode *v = vnc ? json_from_string(vnc, NULL) : NULL;
        int r = qemu_live_update(def, c, v, ret, error);

        g_clear_pointer(&c, json_node_unref);
        g_clear_pointer(&v, json_node_unref);
        return r;
}

#define DEVICES                                                                                     \
        "<serial type='pty'><target port='0'/><alias name='ua-s'/></serial>"                         \
        "<console type='pty'><target type='serial' port='0'/></console>"                             \
        "<channel type='unix'><target type='virtio' name='agent'/><alias name='ua-c'/></channel>"    \
        "<channel type='unix'><source mode='bind' path='/given'/><target type='virtio' name='b'/>"   \
        "<alias name='ua-d'/></channel>"                                                             \
        "<graphics type='vnc' port='-1' autoport='yes'/>"

static void test_prepare(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = prepare(DEVICES);
        _cleanup_(domain_def_unrefp) DomainDef *display =
                prepare("<graphics type='vnc'><listen type='socket'/></graphics>");

        assert_int_equal(live->id, 7);
        assert_string_equal(live->channels.items[0]->path, RUN_DIR "/ua-c-agent");
        assert_int_equal(live->channels.items[0]->mode, DOMAIN_SOCKET_BIND);
        assert_string_equal(live->channels.items[1]->path, "/given");
        assert_null(live->serials.items[0]->path);
        assert_string_equal(display->graphics.items[0]->socket, RUN_DIR "/display/vnc0.sock");
        assert_string_equal(display->graphics.items[0]->listens.items[0]->socket,
                            RUN_DIR "/display/vnc0.sock");
}

static void test_update(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = prepare(DEVICES), *live = NULL, *later = NULL;

        assert_int_equal(update(def,
                                "[{\"label\":\"charua-s\",\"filename\":\"pty:/dev/pts/12\","
                                "\"frontend-open\":true},"
                                "{\"label\":\"charua-c\",\"filename\":\"x\",\"frontend-open\":true}]",
                                "{\"enabled\":true,\"host\":\"127.0.0.1\",\"service\":\"5907\","
                                "\"family\":\"ipv4\"}",
                                &live, NULL),
                         0);
        assert_string_equal(live->serials.items[0]->path, "/dev/pts/12");
        assert_string_equal(live->consoles.items[0]->path, "/dev/pts/12");
        assert_true(live->channels.items[0]->target_connected);
        assert_false(live->channels.items[1]->target_connected);
        assert_string_equal(live->channels.items[0]->path, RUN_DIR "/ua-c-agent");
        assert_int_equal(live->graphics.items[0]->port, 5907);

        /* What is not asked for stays. */
        assert_int_equal(update(live, NULL, NULL, &later, NULL), 0);
        assert_true(domain_def_equal(live, later));
}

/* A guest that has taken QEMU over must not lead us to other files. */
static void test_hostile(void **state)
{
        static const char *const chardevs[] = {
                "{}",
                "7",
                "[{\"label\":\"charua-s\",\"filename\":7}]",
                "[{\"label\":\"charua-s\",\"filename\":\"pty:/dev/sda\"}]",
                "[{\"label\":\"charua-s\",\"filename\":\"pty:/dev/pts/\"}]",
                "[{\"label\":\"charua-s\",\"filename\":\"pty:/dev/pts/../sda\"}]",
                "[{\"label\":\"charua-s\",\"filename\":\"pty:/dev/pts/1234567890\"}]",
                "[{\"label\":\"charua-s\",\"filename\":\"/etc/shadow\"}]",
                "[{\"label\":\"charua-c\",\"filename\":\"x\",\"frontend-open\":\"yes\"}]",
        };
        static const char *const vnc[] = {
                "[]",
                "{\"service\":5900}",
                "{\"service\":\"0\",\"family\":\"ipv4\"}",
                "{\"service\":\"65536\",\"family\":\"ipv6\"}",
                "{\"service\":\"x\",\"family\":\"ipv4\"}",
        };
        _cleanup_(domain_def_unrefp) DomainDef *def = prepare(DEVICES);

        for (size_t i = 0; i < ELEMENTSOF(chardevs) + ELEMENTSOF(vnc); i++) {
                bool c = i < ELEMENTSOF(chardevs);
                _cleanup_error_ Error error = ERROR_INIT;
                DomainDef *live = NULL;

                if (update(def, c ? chardevs[i] : NULL, c ? NULL : vnc[i - ELEMENTSOF(chardevs)], &live,
                           &error) >= 0)
                        fail_msg("reply %zu was accepted", i);
                assert_int_equal(error.code, ERROR_OPERATION_FAILED);
                assert_null(live);
        }
}

static void test_look_up(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = prepare(
                "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/>"
                "<alias name='ua-d1'/></disk>"
                "<disk type='file'><source file='/b'/><target dev='vdb' bus='virtio'/>"
                "<alias name='ua-d1-b'/></disk>"
                "<disk type='file'><source file='/c'/><target dev='vdc' bus='virtio'/>"
                "<alias name='ua-a-name-that-is-longer-than-a-node-may-be'/></disk>"
                "<channel type='unix'><target type='virtio' name='agent'/><alias name='ua-c'/></channel>");
        const DomainDisk *a = def->disks.items[0], *b = def->disks.items[1], *c = def->disks.items[2];

        assert_ptr_equal(qemu_live_disk_of_node(def, "ua-d1-format"), a);
        assert_ptr_equal(qemu_live_disk_of_node(def, "ua-d1-b-format"), b);
        assert_ptr_equal(qemu_live_disk_of_node(def, "disk-vdc-b3-file"), c);
        assert_null(qemu_live_disk_of_node(def, "ua-d12-format"));
        assert_null(qemu_live_disk_of_node(def, ""));
        assert_ptr_equal(qemu_live_disk_of_device(def, "/machine/peripheral/ua-d1/virtio-backend"), a);
        assert_ptr_equal(qemu_live_disk_of_device(def, "ua-d1-b"), b);
        assert_null(qemu_live_disk_of_device(def, "/machine/peripheral/ua-c"));
        assert_ptr_equal(qemu_live_channel(def, "/machine/peripheral/ua-c"), def->channels.items[0]);
        assert_null(qemu_live_channel(def, "ua-d1"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_prepare),
                cmocka_unit_test(test_update),
                cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_look_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
