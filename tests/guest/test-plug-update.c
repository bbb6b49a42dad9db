/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of devices changes while the machine runs, and what would be another device. */

#include "tests/guest/edit.h"
#include "tests/guest/traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC "<mac address='52:54:00:00:00:07'/>"
#define DISK "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>%s"                 \
             "<target dev='vda' bus='virtio'/>%s</disk>"

/* Fails the test when the monitor's answer does not have the words. */
static void expect_answer(World *world, const Domain *domain, const char *command, const char *words)
{
        g_autofree char *answer = traces_ask(world, domain, command, NULL);

        if (!strstr(answer, words))
                fail_msg("%s says nothing of %s: %s", command, words, answer);
}

static void expect_update(World *world, Domain *domain, const char *xml)
{
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, xml, DOMAIN_AFFECT_LIVE);
}

static void test_limits(void **state)
{
        World *world = *state;
        g_autofree char *image = world_file(world, "image", 1024 * 1024);
        g_autofree char *plain = g_strdup_printf(DISK, image, "", "");
        g_autofree char *slow = g_strdup_printf(DISK, image, "<iotune><total_iops_sec>123</total_iops_sec></iotune>",
                                                "");
        g_autofree char *other = g_strdup_printf(DISK, image, "", "<serial>new</serial>");
        g_autofree char *xml = world_machine("web", plain, NULL);
        Domain *domain = linux_start(world, xml);
        DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_BLOCK_IO_TUNE, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG);
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL;

        expect_update(world, domain, slow);
        expect_answer(world, domain, "query-block", "\"iops\":123,");
        expect_update(world, domain, plain);
        expect_answer(world, domain, "query-block", "\"iops\":0,");
        edit->name = g_strdup("vda");
        params_add_u64(&edit->params, "total_bytes_sec", 4096);
        if (edit_run(world, domain, edit) < 0)
                fail_msg("%s", world->text);
        expect_answer(world, domain, "query-block", "\"bps\":4096,");
        assert_int_equal(domain->live->disks.items[0]->iotune->total_bytes, 4096);
        config = domain_get_config(domain);
        assert_int_equal(config->disks.items[0]->iotune->total_bytes, 4096);
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE, "cannot modify");
}

/* What several disks share changes for all of them. */
static void test_group(void **state)
{
        World *world = *state;
        g_autofree char *image = world_file(world, "image", 1024 * 1024);
        g_autofree char *disk = g_strdup_printf(DISK, image, "",
                                                "<throttlefilters><throttlefilter group='slow'/></throttlefilters>");
        g_autofree char *xml = world_machine("web", disk, "<throttlegroups><throttlegroup>"
                                             "<total_iops_sec>100</total_iops_sec><group_name>slow</group_name>"
                                             "</throttlegroup></throttlegroups>");
        Domain *domain = linux_start(world, xml);
        DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_THROTTLE_GROUP, DOMAIN_AFFECT_LIVE);
        g_autofree char *limits = NULL, *names = NULL;

        edit->name = g_strdup("slow");
        params_add_u64(&edit->params, "total_iops_sec", 321);
        if (edit_run(world, domain, edit) < 0)
                fail_msg("%s", world->text);
        assert_int_equal(domain->live->throttle_groups.items[0]->total_iops, 321);
        names = traces_ask(world, domain, "qom-list", qmp_object("s:path", "/objects", NULL));
        if (!strstr(names, "slow"))
                fail_msg("there is no group: %s", names);
        limits = traces_ask(world, domain, "qom-get", qmp_object("s:path", "/objects/throttle-slow", "s:property",
                                                                 "limits", NULL));
        if (!strstr(limits, "\"iops-total\":321,"))
                fail_msg("other limits: %s", limits);
}

static char *output_of(const char *command)
{
        GString *s = g_string_new(NULL);
        char buffer[1024];
        FILE *f = popen(command, "r");
        size_t n;

        assert_non_null(f);
        while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
                g_string_append_len(s, buffer, (gssize) n);
        (void) pclose(f);
        return g_string_free(s, FALSE);
}

static void expect_output(const char *name, const char *command, const char *words, bool there)
{
        g_autofree char *line = g_strdup_printf(command, name), *text = output_of(line);

        if ((strstr(text, words) != NULL) != there)
                fail_msg("%s: '%s' is%s there: %s", line, words, there ? " not" : "", text);
}

static void tune_interface(World *world, Domain *domain, const char *name, uint32_t average)
{
        DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_INTERFACE, DOMAIN_AFFECT_LIVE);

        edit->name = g_strdup(name);
        params_add_u32(&edit->params, "inbound.average", average);
        if (edit_run(world, domain, edit) < 0)
                fail_msg("%s", world->text);
}

/* A kernel of a small host may lack bridges, or what holds packets back. */
static void test_interface_there(World *world)
{
        static const char card[] = "<interface type='bridge'>" MAC "<source bridge='%s'/><model type='virtio'/>%s"
                                   "</interface>";
        g_autofree char *plain = g_strdup_printf(card, "br-a", ""), *moved = g_strdup_printf(card, "br-b", "");
        g_autofree char *slow = g_strdup_printf(card, "br-b", "<bandwidth><inbound average='128'/></bandwidth>");
        g_autofree char *lost = g_strdup_printf(card, "br-c", "");
        g_autofree char *other = g_strdup_printf(card, "br-b", "<filterref filter='clean-traffic'/>");
        g_autofree char *xml = world_machine("web", plain, NULL), *name = NULL;
        Domain *domain;

        domain = linux_start(world, xml);
        name = g_strdup(domain->live->interfaces.items[0]->target);
        expect_output(name, "ip link show %s", "master br-a", true);
        expect_update(world, domain, moved);
        expect_output(name, "ip link show %s", "master br-b", true);
        assert_string_equal(domain->live->interfaces.items[0]->bridge, "br-b");
        assert_string_equal(domain->live->interfaces.items[0]->target, name);
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, lost, DOMAIN_AFFECT_LIVE, "there is no bridge 'br-c'");
        expect_output(name, "ip link show %s", "master br-b", true);
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, other, DOMAIN_AFFECT_LIVE, "filterref");
        expect_update(world, domain, slow);
        expect_output(name, "tc class show dev %s", "rate 1024Kbit", true);
        expect_update(world, domain, moved);
        expect_output(name, "tc qdisc show dev %s", "htb", false);
        tune_interface(world, domain, name, 256);
        expect_output(name, "tc class show dev %s", "rate 2048Kbit", true);
        tune_interface(world, domain, name, 0);
        expect_output(name, "tc qdisc show dev %s", "htb", false);
}

static void test_interface(void **state)
{
        if (system("ip link add br-a type bridge && ip link add br-b type bridge && "
                   "tc qdisc replace dev br-b root handle 1: htb && tc qdisc del dev br-b root") == 0) {
                test_interface_there(*state);
                return;
        }
        print_message("skipped: this host has no bridges, or no tc(8) with htb\n");
        skip();
}

static void test_link(void **state)
{
        World *world = *state;
        static const char card[] = "<interface type='user'>" MAC "<model type='virtio'/>%s</interface>";
        g_autofree char *up = g_strdup_printf(card, ""), *down = g_strdup_printf(card, "<link state='down'/>");
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = linux_start(world, xml);

        /* what completes a device is said when it comes as well */
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, down, DOMAIN_AFFECT_LIVE);
        assert_int_equal(domain->live->interfaces.items[0]->link, DOMAIN_LINK_DOWN);
        expect_update(world, domain, up);
        expect_update(world, domain, down);
        assert_int_equal(domain->live->interfaces.items[0]->link, DOMAIN_LINK_DOWN);
}

static void test_password(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", "<graphics type='vnc' autoport='yes' passwd='first'/>", NULL);
        Domain *domain = linux_start(world, xml);
        g_autofree char *same = g_strdup_printf("<graphics type='vnc' port='%d' autoport='yes' passwd='second' "
                                                "passwdValidTo='2040-01-01T00:00:00'/>",
                                                domain->live->graphics.items[0]->port);

        expect_update(world, domain, same);
        assert_string_equal(domain->live->graphics.items[0]->passwd, "second");
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, "<graphics type='vnc' port='5999' passwd='second'/>",
                     DOMAIN_AFFECT_LIVE, "cannot change");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_limits, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_group, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_interface, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_link, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_password, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
