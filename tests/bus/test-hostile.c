/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Callers that mean ill, on a daemon with both drivers: rules that tell drivers apart, calls of every member with every
 * wrong thing, clients that leave in the middle, a bus and a polkitd that go away under load. The daemon must be the
 * same process at the end, and answer.
 */

#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define QEMU "/org/virtbus1/QEMU"
#define PROPERTIES "org.freedesktop.DBus.Properties"

static pid_t daemon_pid;

static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        daemon_pid = service_pid("virtbusd");
        return 0;
}

static int tear_down(void **state)
{
        rules_set("10-test", NULL);
        return 0;
}

/* It answers, and is the process that it was. */
static void assert_daemon_is_well(void)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.virtbus1", true);
        g_free(property_string(root, native("Connect", NULL), "Hostname"));
        g_free(property_string(root, native("Connect", QEMU), "Hostname"));
        assert_int_equal(service_pid("virtbusd"), daemon_pid);
}

#define READS_OF(driver)                                                                                               \
        "polkit.addRule(function(action, subject) {\n"                                                               \
        "    if (subject.user == \"vtest1\" && action.lookup(\"connect_driver\") != \"" driver "\") {\n"             \
        "        return polkit.Result.NO;\n"                                                                         \
        "    }\n"                                                                                                    \
        "    return polkit.Result.NOT_HANDLED;\n"                                                                    \
        "});\n"

/* Who may look at the domains of one driver has learnt nothing about another. */
static void test_reads_are_granted_per_driver(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);

        rules_set("10-test", READS_OF("TEST"));
        sd_bus_message_unref(call(one, native("Connect", NULL), "ListDomains", "u", 0));
        call_denied(one, native("Connect", QEMU), "ListDomains", "u", 0);
        call_denied(one, on_interface(native("Connect", QEMU), PROPERTIES), "Get", "ss", "org.virtbus1.Connect",
                    "Version");
        sd_bus_message_unref(call(one, native("Connect", NULL), "ListDomains", "u", 0));
}

typedef struct Reader {
        sd_bus *bus;
        bool allowed;
} Reader;

static bool is_refused(void *userdata)
{
        const Reader *reader = userdata;

        return !call_allowed(reader->bus, native("Connect", NULL), "org.virtbus1.Error.AccessDenied", "ListDomains",
                             "u", 0);
}

/* A polkitd that was away, and has other rules when it is back, has withdrawn what it had allowed. */
static void test_rules_of_another_polkitd(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);
        g_autofree char *path = g_build_filename(g_getenv("VIRTBUS_RULES_DIR"), "10-test.rules", NULL);
        Reader reader = { .bus = one };

        rules_set("10-test", NULL);
        sd_bus_message_unref(call(one, native("Connect", NULL), "ListDomains", "u", 0));
        service_do("stop", "polkitd");
        assert_true(g_file_set_contents(path, READS_OF("QEMU"), -1, NULL));
        service_do("start", "polkitd");
        assert_true(wait_until(is_refused, &reader));
}

/* Calls without number, whose answers are counted. */
typedef struct Load {
        sd_bus *bus;
        GRand *random;
        unsigned n_sent, n_answered;
} Load;

static int count_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Load *load = userdata;

        load->n_answered++;
        return 0;
}

static void load_process(Load *load)
{
        int r;

        while ((r = sd_bus_process(load->bus, NULL)) > 0)
                ;
        assert_true(r >= 0);
}

/* Until n of the calls are answered. */
static void load_wait_answers(Load *load, unsigned n)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        for (load_process(load); load->n_answered < n; load_process(load)) {
                if (now_usec() > end)
                        fail_msg("%u of %u calls have no answer", load->n_sent - load->n_answered, load->n_sent);
                assert_true(sd_bus_wait(load->bus, 100 * USEC_PER_MSEC) >= 0);
        }
}

/* Each call has one answer: neither none nor two. */
static void load_wait(Load *load)
{
        load_wait_answers(load, load->n_sent);
        assert_int_equal(load->n_answered, load->n_sent);
}

static void load_send(Load *load, sd_bus_message *m)
{
        if (sd_bus_call_async(load->bus, NULL, m, count_answer, load, 0) < 0)
                return;
        load->n_sent++;
        if (load->n_sent - load->n_answered > 64)
                load_process(load);
}

static const char *strange_text(GRand *random, char type)
{
        static const char *const texts[] = {
                "", "../../etc/passwd", "/etc/passwd", "a\nb", "\x7f\x01", "%s%n%s", "<domain/>",
                "<domain type='test'><name/></domain>",
                "<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>", "test", "00000000-0000-0000-0000-000000000000",
                "org.virtbus1.Domain", "\xc3\xa9", ".", "..", "State", "-1",
        };
        static const char *const paths[] = {
                "/", "/org/virtbus1", "/org/virtbus1/Test/domain/_", "/org/libvirt/QEMU/domain/x", "/a/b",
        };
        static const char *const signatures[] = { "", "a{sv}", "aaaai" };

        if (type == 'o')
                return paths[g_rand_int_range(random, 0, ELEMENTSOF(paths))];
        if (type == 'g')
                return signatures[g_rand_int_range(random, 0, ELEMENTSOF(signatures))];
        return texts[g_rand_int_range(random, 0, ELEMENTSOF(texts))];
}

/* One value of a basic type, mostly at the edge of what there is. */
static int append_strange(sd_bus_message *m, GRand *random, char type)
{
        static const uint64_t numbers[] = {
                0, 1, 2, 3, 255, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63,
        };
        uint64_t number = numbers[g_rand_int_range(random, 0, ELEMENTSOF(numbers))];
        int truth = (int) (number & 1);

        switch (type) {
        case 's':
        case 'o':
        case 'g':
                return sd_bus_message_append_basic(m, type, strange_text(random, type));
        case 'b':
                return sd_bus_message_append_basic(m, type, &truth);
        default:
                /* integers of this byte order, of whatever width */
                return sd_bus_message_append_basic(m, type, &number);
        }
}

/* "a{sv}" with names that are known and ones that are not. */
static int append_options(sd_bus_message *m, GRand *random)
{
        static const char *const names[] = { "limit", "after", "fields", "state", "", "no-such" };
        static const char types[] = "suibx";
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        for (int n = g_rand_int_range(random, 0, 4); r >= 0 && n > 0; n--) {
                const char type[] = { types[g_rand_int_range(random, 0, sizeof(types) - 1)], 0 };

                r = sd_bus_message_open_container(m, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append_basic(m, 's', names[g_rand_int_range(random, 0, ELEMENTSOF(names))]);
                if (r >= 0)
                        r = sd_bus_message_open_container(m, 'v', type);
                if (r >= 0)
                        r = append_strange(m, random, type[0]);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static void append_body(sd_bus_message *m, GRand *random, const char *signature)
{
        /* some with types that nobody asked for */
        if (g_rand_int_range(random, 0, 8) == 0)
                signature = "sas";
        for (const char *p = signature; *p; p++) {
                if (g_str_has_prefix(p, "a{sv}")) {
                        assert_true(append_options(m, random) >= 0);
                        p += strlen("a{sv}") - 1;
                } else if (strchr("sogbyinquxtd", *p))
                        assert_true(append_strange(m, random, *p) >= 0);
                else {
                        append_zeros(m, p);
                        return;
                }
        }
}

static sd_bus_message *strange_call(Load *load, Target target, const Member *member)
{
        Target properties = on_interface(target, PROPERTIES);
        const Target *to = member->kind == MEMBER_PROPERTY ? &properties : &target;
        sd_bus_message *m;

        assert_true(sd_bus_message_new_method_call(load->bus, &m, to->destination, to->path, to->interface,
                                                   member->kind == MEMBER_PROPERTY ? "Set" : member->name) >= 0);
        if (member->kind == MEMBER_PROPERTY) {
                assert_true(sd_bus_message_append(m, "ss", target.interface, member->name) >= 0);
                assert_true(sd_bus_message_open_container(m, 'v', member->in) >= 0);
                append_zeros(m, member->in);
                assert_true(sd_bus_message_close_container(m) >= 0);
        } else
                append_body(m, load->random, member->in);
        (void) sd_bus_message_set_allow_interactive_authorization(m, g_rand_boolean(load->random));
        if (g_rand_int_range(load->random, 0, 16) == 0)
                (void) sd_bus_message_set_auto_start(m, false);
        return m;
}

/* Every member of the interface, rounds times. */
static void call_everything(Load *load, const char *interface, Target target, unsigned rounds)
{
        g_autoptr(GPtrArray) members = contract_native(interface);

        for (unsigned i = 0; i < rounds; i++)
                for (guint k = 0; k < members->len; k++) {
                        const Member *member = members->pdata[k];
                        _cleanup_message_ sd_bus_message *m = NULL;

                        if (member->kind == MEMBER_SIGNAL ||
                            (member->kind == MEMBER_PROPERTY && member->in[0] == '('))
                                continue;
                        m = strange_call(load, target, member);
                        load_send(load, m);
                }
}

static char *victim_new(sd_bus *root, const char *name)
{
        g_autofree char *xml = domain_xml(name);

        return call_string(root, native("Connect", NULL), "DomainCreateXML", "su", xml, 0);
}

static void call_all(Load *load, const char *victim, unsigned rounds)
{
        g_autofree char *there = libvirt_path(victim);

        call_everything(load, "Connect", native("Connect", NULL), rounds);
        call_everything(load, "Connect", native("Connect", QEMU), rounds);
        call_everything(load, "Connect", libvirt("Connect", "/org/libvirt/QEMU"), rounds);
        call_everything(load, "Domain", native("Domain", victim), rounds);
        call_everything(load, "Domain", libvirt("Domain", there), rounds);
        call_everything(load, "Job", native("Job", "/org/virtbus1/Test/job/1"), rounds);
        call_everything(load, "Connect", native("Connect", "/org/virtbus1/Test/domain"), 1);
}

static void test_strange_arguments(void **state)
{
        static const char *const users[] = { USER_ONE, USER_GROUP, USER_ROOT };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                _cleanup_client_ sd_bus *bus = client_open(users[i]);
                g_autoptr(GRand) random = g_rand_new_with_seed(4711 + (guint32) i);
                g_autofree char *name = g_strdup_printf("victim%zu", i), *victim = victim_new(root, name);
                Load load = { .bus = bus, .random = random };

                call_all(&load, victim, 4);
                load_wait(&load);
                assert_daemon_is_well();
        }
}

/* Texts of 3 MiB in all places where there is one. */
static void test_huge_texts(void **state)
{
        static const char *const users[] = { USER_ONE, USER_ROOT };
        static const struct {
                const char *path, *interface, *member;
        } calls[] = {
                { NULL, "org.virtbus1.Connect", "DomainDefineXML" },
                { QEMU, "org.virtbus1.Connect", "DomainDefineXML" },
                { NULL, "org.virtbus1.Connect", "DomainLookupByName" },
                { QEMU, "org.virtbus1.Connect", "DomainLookupByUUID" },
                { NULL, PROPERTIES, "GetAll" },
        };
        g_autofree char *text = g_strnfill(3 * 1024 * 1024, '<');

        for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                _cleanup_client_ sd_bus *bus = client_open(users[i]);
                Load load = { .bus = bus };

                for (size_t k = 0; k < ELEMENTSOF(calls); k++) {
                        _cleanup_message_ sd_bus_message *m = NULL;

                        assert_true(sd_bus_message_new_method_call(bus, &m, "org.virtbus1",
                                                                   calls[k].path ?: "/org/virtbus1/Test",
                                                                   calls[k].interface, calls[k].member) >= 0);
                        assert_true(sd_bus_message_append_basic(m, 's', text) >= 0);
                        load_send(&load, m);
                        load_wait(&load);
                }
        }
        assert_daemon_is_well();
}

/* What is as large as may be on its way in is larger when it is stored, and must be readable there. */
static void test_definition_that_grows(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *quotes = g_strnfill(900 * 1024, '"'), *path = NULL, *back = NULL;
        static const char *const drivers[][2] = { { NULL, "test" }, { QEMU, "qemu" } };

        for (size_t i = 0; i < ELEMENTSOF(drivers); i++) {
                g_autofree char *xml_in = g_strdup_printf(
                        "<domain type='%s'><name>grows</name><description>%s</description><memory>8192</memory>"
                        "<os><type>hvm</type></os></domain>", drivers[i][1], quotes);
                _cleanup_message_ sd_bus_message *vcpus = NULL;

                g_free(path);
                path = call_string(root, native("Connect", drivers[i][0]), "DomainDefineXML", "s", xml_in);
                vcpus = call(root, native("Domain", path), "GetVcpus", "u", 2);
                g_free(back);
                back = property_string(root, native("Domain", path), "Description");
                assert_string_equal(back, quotes);
        }
        /* and over a restart */
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
        name_wait(root, "org.libvirt", true);
        daemon_pid = service_pid("virtbusd");
        g_free(back);
        back = property_string(root, native("Domain", path), "Description");
        assert_string_equal(back, quotes);
        sd_bus_message_unref(call(root, native("Domain", path), "Undefine", "u", 0));
}

/* Clients that close in the middle of their calls: at once, and after some of the answers. */
static void test_leaving(void **state)
{
        static const char *const users[] = { USER_ONE, USER_GROUP };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *victim = victim_new(root, "left");
        g_autoptr(GRand) random = g_rand_new_with_seed(815);

        for (unsigned i = 0; i < 24; i++) {
                _cleanup_client_ sd_bus *bus = client_open(users[i % ELEMENTSOF(users)]);
                Load load = { .bus = bus, .random = random };

                for (unsigned k = 0; k < 20; k++) {
                        static const char *const members[] = { "Suspend", "Resume", "Destroy", "GetXMLDesc" };
                        const char *member = members[k % ELEMENTSOF(members)];
                        _cleanup_message_ sd_bus_message *m = NULL;

                        assert_true(sd_bus_message_new_method_call(bus, &m, "org.virtbus1", victim,
                                                                   "org.virtbus1.Domain", member) >= 0);
                        if (k % ELEMENTSOF(members) > 1)
                                assert_true(sd_bus_message_append(m, "u", 0) >= 0);
                        load_send(&load, m);
                }
                call_everything(&load, "Connect", native("Connect", i & 1 ? QEMU : NULL), 1);
                load_wait_answers(&load, (unsigned) g_rand_int_range(random, 0, (int) load.n_sent));
        }
        assert_daemon_is_well();
}

static void send_reads(Load *load, const char *path, unsigned n)
{
        static const char *const members[] = { "GetState", "GetXMLDesc", "Destroy", "Create" };

        for (unsigned i = 0; i < n; i++) {
                _cleanup_message_ sd_bus_message *m = NULL;

                assert_true(sd_bus_message_new_method_call(load->bus, &m, "org.virtbus1", path, "org.virtbus1.Domain",
                                                           members[i % ELEMENTSOF(members)]) >= 0);
                assert_true(sd_bus_message_append(m, "u", 0) >= 0);
                load_send(load, m);
        }
        assert_true(sd_bus_flush(load->bus) >= 0);
}

/* Every one of 500 calls at once is answered, polkitd being there or not. */
static void test_polkitd_dies(void **state)
{
        static const char *const users[] = { USER_ROOT, USER_ONE, USER_GROUP };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *victim = domain_define(root, "pipelined");

        for (unsigned i = 0; i < 2 * ELEMENTSOF(users); i++) {
                _cleanup_client_ sd_bus *bus = client_open(users[i % ELEMENTSOF(users)]);
                Load load = { .bus = bus };

                send_reads(&load, victim, 500);
                if (i >= ELEMENTSOF(users))
                        service_do("kill", "polkitd");
                load_wait(&load);
                if (i >= ELEMENTSOF(users))
                        service_do("start", "polkitd");
        }
        assert_daemon_is_well();
}

/* The bus goes away under calls of all kinds; on the next one all is as before, polkit too. */
static void test_bus_restarts(void **state)
{
        for (unsigned i = 0; i < 3; i++) {
                sd_bus *bus[] = { client_open(USER_ROOT), client_open(USER_ONE), client_open(USER_GROUP) };

                for (size_t k = 0; k < ELEMENTSOF(bus); k++) {
                        g_autofree char *path = domain_path(bus[k], "pipelined");
                        Load load = { .bus = bus[k] };

                        send_reads(&load, path, 200);
                        /* nobody waits for them */
                        bus[k] = k == 0 ? client_close(bus[k]) : bus[k];
                }
                service_do("restart", "dbus");
                for (size_t k = 0; k < ELEMENTSOF(bus); k++)
                        client_close(bus[k]);
                service_do("stop", "polkitd");
                service_do("start", "polkitd");
                assert_daemon_is_well();
        }
        {
                _cleanup_client_ sd_bus *one = client_open(USER_ONE), *group = client_open(USER_GROUP);
                g_autofree char *path = domain_path(one, "pipelined");

                name_wait(one, "org.libvirt", true);
                call_denied(one, native("Domain", path), "Suspend", NULL);
                sd_bus_message_unref(call(group, native("Connect", NULL), "ListDomains", "u", 0));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_reads_are_granted_per_driver, tear_down),
                cmocka_unit_test_teardown(test_rules_of_another_polkitd, tear_down),
                cmocka_unit_test(test_strange_arguments),
                cmocka_unit_test(test_huge_texts),
                cmocka_unit_test(test_definition_that_grows),
                cmocka_unit_test(test_leaving),
                cmocka_unit_test(test_polkitd_dies),
                cmocka_unit_test(test_bus_restarts),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
