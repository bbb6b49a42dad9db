/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_show.h"

#include "tests/unit/machine-fixture.h"

/* -- golden files --------------------------------------------------------------------------------------------- */

static char *describe(Fixture *f, const Machine *m)
{
        GString *s = g_string_new(NULL);
        g_autofree char *text = NULL;

        for (char **arg = m->command->argv; *arg; arg++)
                g_string_append_printf(s, "%s\n", *arg);
        for (char **env = m->command->env; env && *env; env++)
                g_string_append_printf(s, "# environment %s\n", *env);
        if (m->command->capabilities)
                g_string_append_printf(s, "# capabilities 0x%" PRIx64 "\n", m->command->capabilities);
        for (size_t i = 0; i < m->command->n_setup; i++) {
                JsonNode *node = json_node_new(JSON_NODE_OBJECT);
                g_autofree char *arguments = NULL;

                json_node_set_object(node, m->command->setup[i].arguments);
                arguments = json_to_string(node, false);
                g_string_append_printf(s, "# monitor %s %s%s\n", m->command->setup[i].command, arguments,
                                       m->command->setup[i].secret ? " secret" : "");
                json_node_unref(node);
        }
        text = g_string_free(s, false);
        return replace(text, f->dir, "@DIR@");
}

/* For people nothing is opened: what a definition names has its own name. */
static void test_shown(void **state)
{
        static const char *const own[] = { "/cd.iso", "/code.fd", "name=opt/" };
        static const char *const shown[] = { "memory", "features", "uefi", "disks" };
        const QemuCommandOptions options = { .now = NOW, .monitor_fd = -EBADF };
        Fixture *f = *state;
        unsigned n_seen = 0;

        for (size_t i = 0; i < ELEMENTSOF(shown); i++) {
                _cleanup_(machine_clear) Machine m = {};
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *xml = read_xml(shown[i]), *line = NULL;

                prepare(f, xml, &m);
                m.files = qemu_show_files(m.def, f->dir);
                if (qemu_command_build(m.def, f->caps, m.files, &options, &m.command, &error) < 0)
                        fail_error(shown[i], &error);
                line = qemu_command_to_string(m.command);
                if (strstr(line, "fdset") || strstr(line, "=/dev/null") || strstr(line, "/proc/self"))
                        fail_msg("%s: %s", shown[i], line);
                for (size_t k = 0; k < ELEMENTSOF(own); k++)
                        n_seen += strstr(line, own[k]) != NULL;
        }
        assert_true(n_seen >= ELEMENTSOF(own));
}

static void test_golden(void **state)
{
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *xml = read_xml(names[i]), *text = NULL;
                g_autofree char *file = g_strdup_printf("qemu/%s.args", names[i]);
                _cleanup_(machine_clear) Machine m;

                build(f, xml, FIRST_UID, &m);
                text = describe(f, &m);
                golden_compare(file, text);
        }
}

/* No secret may be where everybody can read it. */
static void test_secrets(void **state)
{
        static const struct {
                const char *name;
                const char *secret; /* in the definition */
                const char *instead;
        } cases[] = {
                { "pc-foundation", "hunter2", "password=on" },
                { "images-on-servers", "hunter3", "virtio-disk2-cookies" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = read_xml(cases[i].name), *line = NULL;
                _cleanup_(machine_clear) Machine m;

                assert_non_null(strstr(xml, cases[i].secret));
                build(f, xml, FIRST_UID, &m);
                line = qemu_command_to_string(m.command);
                assert_null(strstr(line, "hunter"));
                assert_non_null(strstr(line, cases[i].instead));
        }
}

/* Whoever logs in for QEMU reads password and key from descriptors. */
static void test_nbdkit(void **state)
{
        static const char *const parts[] = {
                "--unix=/proc/self/cwd/socket ssh config= host=192.0.2.9 port=22 path=images/a.raw user=me password=-",
                " identity=/proc/self/fd/", " known-hosts=/proc/self/fd/",
        };
        Fixture *f = *state;
        g_autofree char *xml = read_xml("images-on-servers"), *line = NULL;
        const QemuCompanionPlan *plan;
        _cleanup_(machine_clear) Machine m;

        build(f, xml, FIRST_UID, &m);
        assert_int_equal(m.files->companions->len, 1);
        plan = m.files->companions->pdata[0];
        assert_int_equal(plan->kind, QEMU_COMPANION_NBDKIT);
        line = g_strjoinv(" ", (char **) plan->program->argv->pdata);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (!strstr(line, parts[i]))
                        fail_msg("'%s' is not in: %s", parts[i], line);
        assert_null(strstr(line, PASSPHRASE));
        assert_string_equal(plan->program->env->pdata[plan->program->env->len - 2], "HOME=/proc/self/cwd");
}

/* -- what is in no golden file -------------------------------------------------------------------------------- */

/* A secret that is not there, or not for the purpose. */
static void test_missing_secrets(void **state)
{
        static const struct {
                const char *disk, *text;
                ErrorCode code;
        } cases[] = {
                { "<disk type='network'><source protocol='iscsi' name='a/1'><host name='h'/><auth username='x'>"
                  "<secret type='iscsi' usage='name-b'/></auth></source><target dev='vda'/></disk>",
                  "/domain/devices/disk[1]/source/auth: no secret with matching usage 'name-b'", ERROR_NO_SECRET },
                { "<disk type='network'><auth username='x'><secret type='iscsi' "
                  "uuid='0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f'/></auth>"
                  "<source protocol='iscsi' name='a/1'><host name='h'/></source><target dev='vda'/></disk>",
                  "/domain/devices/disk[1]/auth: invalid secret usageType 'volume' expecting 'iscsi'",
                  ERROR_CONFIG_UNSUPPORTED },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = small_domain(OS, cases[i].disk);
                _cleanup_error_ Error error = ERROR_INIT;
                _cleanup_(machine_clear) Machine m;
                GPtrArray *secrets = NULL;

                prepare(f, xml, &m);
                assert_true(qemu_secrets_collect(m.def, f->secrets, NULL, &secrets, &error) < 0);
                assert_int_equal(error.code, cases[i].code);
                assert_string_equal(error.detail, cases[i].text);
        }
}

#define CARD(content)                                                                                       \
        "<interface type='hostdev' managed='yes'><mac address='52:54:00:01:02:03'/><source><address type='pci' " \
        "domain='0' bus='3' slot='0x10' function='1'/></source>" content "</interface>"

/* The variables of the firmware on a server. */
static void test_served_store(void **state)
{
        static const char *const parts[] = {
                ("{\"driver\":\"nbd\",\"server\":{\"type\":\"inet\",\"host\":\"192.0.2.1\",\"port\":\"10809\"},"
                 "\"export\":\"vars\",\"node-name\":\"pflash1-file\",\"read-only\":false"),
                "\"node-name\":\"pflash1-format\",\"read-only\":false,\"driver\":\"raw\",\"file\":\"pflash1-file\"",
                "pflash1=pflash1-format",
        };
        Fixture *f = *state;
        g_autofree char *xml = small_domain(
                "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader readonly='yes' type='pflash'>@DIR@/"
                "code.fd</loader><nvram type='network'><source protocol='nbd' name='vars'><host name='192.0.2.1'/>"
                "</source></nvram></os><features><acpi/></features>", "");
        _cleanup_(machine_clear) Machine m;
        g_autofree char *line = NULL;

        build(f, xml, FIRST_UID, &m);
        line = g_strjoinv(" ", m.command->argv);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (!strstr(line, parts[i]))
                        fail_msg("'%s' is not in: %s", parts[i], line);
}

/* The card is none here, so nothing is opened for it: the command line as it is checked. */
static void test_interface_hostdev(void **state)
{
        const QemuCommandOptions options = { .now = NOW };
        Fixture *f = *state;
        g_autofree char *xml = small_domain(
                OS, "<interface type='user'><model type='virtio'/><alias name='ua-stand-in'/>"
                    "<teaming type='persistent'/></interface>"
                    CARD("<vlan><tag id='42'/></vlan><teaming type='transient' persistent='ua-stand-in'/>"
                         "<boot order='1'/>"));
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(machine_clear) Machine m;
        g_autofree char *line = NULL;

        prepare(f, xml, &m);
        if (qemu_command_build(m.def, f->caps, NULL, &options, &m.command, &error) < 0)
                fail_error("command", &error);
        line = qemu_command_to_string(m.command);
        assert_non_null(strstr(line, "{\"driver\":\"vfio-pci\",\"host\":\"0000:03:10.1\","
                                     "\"failover_pair_id\":\"ua-stand-in\",\"id\":\"hostdev0\",\"bootindex\":1,"));
        assert_int_equal(m.command->locked_memory, (UINT64_C(65536) + 1024 * 1024) * 1024);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_shown),
                cmocka_unit_test(test_secrets),
                cmocka_unit_test(test_missing_secrets),
                cmocka_unit_test(test_nbdkit),
                cmocka_unit_test(test_served_store),
                cmocka_unit_test(test_interface_hostdev),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
