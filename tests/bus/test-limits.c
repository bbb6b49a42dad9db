/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one caller can make the daemon hold, and what callers do wrong: nobody else notices. */
#include <signal.h>
#include <string.h>

#include "tests/bus/harness.h"

#define LIMITS "org.virtbus1.Error.LimitsExceeded"
#define PARKED_MAX 16 /* [limits] parked */

typedef struct Replies {
        unsigned denied, limited, other;
} Replies;

static int count_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Replies *replies = userdata;

        if (sd_bus_message_is_method_error(m, "org.virtbus1.Error.AccessDenied"))
                replies->denied++;
        else if (sd_bus_message_is_method_error(m, LIMITS))
                replies->limited++;
        else {
                print_message("neither denied nor limited: %.100s\n", strempty(sd_bus_message_get_error(m)->message));
                replies->other++;
        }
        return 0;
}

static void send_calls(sd_bus *bus, const char *path, unsigned n, Replies *replies)
{
        for (unsigned i = 0; i < n; i++)
                assert_true(sd_bus_call_method_async(bus, NULL, "org.virtbus1", path, "org.virtbus1.Domain", "Suspend",
                                                     count_reply, replies, NULL) >= 0);
        assert_true(sd_bus_flush(bus) >= 0);
}

static void wait_replies(sd_bus *bus, const Replies *replies, unsigned n)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        while (replies->denied + replies->limited + replies->other < n) {
                int r = sd_bus_process(bus, NULL);

                assert_true(r >= 0 && now_usec() < end);
                if (r == 0)
                        assert_true(sd_bus_wait(bus, 100 * USEC_PER_MSEC) >= 0);
        }
}

/* polkit hangs: a user's calls that wait for it are bounded, over all his connections; other users have their own. */
static void test_parked_calls(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *again = client_open(USER_ONE), *two = client_open(USER_TWO);
        g_autofree char *path = domain_path(root, "test"), *running = NULL;
        Replies of_one = {}, of_again = {}, of_two = {}, later = {};

        g_free(domain_path(one, "test"));
        g_free(domain_path(again, "test"));
        g_free(domain_path(two, "test"));
        service_signal("polkitd", SIGSTOP);

        send_calls(one, path, PARKED_MAX + 10, &of_one);
        wait_replies(one, &of_one, 10);
        assert_int_equal(of_one.limited, 10);
        send_calls(again, path, 1, &of_again);
        wait_replies(again, &of_again, 1);
        assert_int_equal(of_again.limited, 1);
        send_calls(two, path, PARKED_MAX, &of_two);
        sd_bus_message_unref(call(root, native("Domain", path), "Suspend", NULL));
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        assert_int_equal(of_two.limited, 0);

        service_signal("polkitd", SIGCONT);
        wait_replies(one, &of_one, PARKED_MAX + 10);
        wait_replies(two, &of_two, PARKED_MAX);
        assert_int_equal(of_one.denied, PARKED_MAX);
        assert_int_equal(of_two.denied, PARKED_MAX);

        /* all is given back */
        send_calls(one, path, PARKED_MAX, &later);
        wait_replies(one, &later, PARKED_MAX);
        assert_int_equal(later.denied, PARKED_MAX);
        running = property_string(root, native("Domain", path), "State");
        assert_string_equal(running, "running");
}

/* A caller's large calls that wait are bounded by their bytes: [limits] parked-bytes is 8 MiB. */
static void test_parked_bytes(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);
        g_autofree char *filling = g_strnfill(1000 * 1024, 'x');
        g_autofree char *xml = g_strdup_printf("<domain type='test'><name>large</name><description>%s</description>"
                                               "<memory>8192</memory><os><type>hvm</type></os></domain>", filling);
        sd_bus *clients[] = { one, two };
        Replies replies[] = { {}, {} }, small = {}, later = {};
        g_autofree char *path = domain_path(root, "test");

        g_free(domain_path(one, "test"));
        g_free(domain_path(two, "test"));
        service_signal("polkitd", SIGSTOP);
        for (size_t k = 0; k < ELEMENTSOF(clients); k++) {
                for (unsigned i = 0; i < 10; i++)
                        assert_true(sd_bus_call_method_async(clients[k], NULL, "org.virtbus1", "/org/virtbus1/Test",
                                                             "org.virtbus1.Connect", "DomainDefineXML", count_reply,
                                                             replies + k, "s", xml) >= 0);
                wait_replies(clients[k], replies + k, 2);
                assert_int_equal(replies[k].limited, 2);
        }
        /* there is still place for what is small */
        send_calls(one, path, 1, &small);
        sd_bus_message_unref(call(root, native("Domain", path), "GetState", "u", 0));
        while (sd_bus_process(one, NULL) > 0)
                ;
        assert_int_equal(small.limited, 0);

        service_signal("polkitd", SIGCONT);
        wait_replies(one, replies, 10);
        wait_replies(two, replies + 1, 10);
        wait_replies(one, &small, 1);
        assert_int_equal(replies[0].denied, 8);
        assert_int_equal(replies[1].denied, 8);
        assert_int_equal(small.denied, 1);
        for (unsigned i = 0; i < 8; i++)
                assert_true(sd_bus_call_method_async(one, NULL, "org.virtbus1", "/org/virtbus1/Test",
                                                     "org.virtbus1.Connect", "DomainDefineXML", count_reply, &later,
                                                     "s", xml) >= 0);
        wait_replies(one, &later, 8);
        assert_int_equal(later.denied, 8);
}

static int ask_for_fields(sd_bus *bus, char **fields, Replies *replies)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, "org.virtbus1", "/org/virtbus1/Test", "org.virtbus1.Connect",
                                               "ListDomainsDetailed");

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', "fields");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(m, fields);
        for (unsigned i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_call_async(bus, NULL, m, count_reply, replies, 0);
}

/* The bytes of a call are counted wherever in it they are. */
static void test_parked_bytes_within(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);
        g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
        Replies replies = {};

        for (unsigned i = 0; i < 1000; i++)
                g_ptr_array_add(fields, g_strnfill(5 * 1024, 'x'));
        g_ptr_array_add(fields, NULL);
        service_signal("polkitd", SIGSTOP);
        for (unsigned i = 0; i < 2; i++)
                assert_true(ask_for_fields(one, (char **) fields->pdata, &replies) >= 0);
        wait_replies(one, &replies, 1);
        assert_int_equal(replies.limited, 1);
        service_signal("polkitd", SIGCONT);
        /* there is no such field */
        wait_replies(one, &replies, 2);
        assert_int_equal(replies.other, 1);
}

/* What a caller held is given back when it leaves in the middle. */
static void test_parked_calls_of_who_left(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(root, "test");
        Replies replies = {};

        g_free(domain_path(one, "test"));
        service_signal("polkitd", SIGSTOP);
        for (int i = 0; i < 5; i++) {
                _cleanup_client_ sd_bus *leaves = client_open(USER_ONE);
                g_autofree char *left = NULL;
                Replies ignored = {};
                const char *unique;

                assert_true(sd_bus_get_unique_name(leaves, &unique) >= 0);
                left = g_strdup(unique);
                send_calls(leaves, path, PARKED_MAX, &ignored);
                /* these must not have been refused for what those before hold */
                sd_bus_message_unref(call(root, native("Domain", path), "GetState", "u", 0));
                while (sd_bus_process(leaves, NULL) > 0)
                        ;
                assert_int_equal(ignored.limited, 0);
                client_close(g_steal_pointer(&leaves));
                name_wait(root, left, false);
        }
        service_signal("polkitd", SIGCONT);
        send_calls(one, path, PARKED_MAX, &replies);
        wait_replies(one, &replies, PARKED_MAX);
        assert_int_equal(replies.denied, PARKED_MAX);
}

/* Definitions without end are refused before anything is asked or kept. */
static void test_large_definition(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE), *root = client_open(USER_ROOT);
        g_autofree char *filling = g_strnfill(3 * 1024 * 1024, 'x');
        g_autofree char *xml = g_strdup_printf("<domain type='test'><name>%s</name></domain>", filling);
        sd_bus *clients[] = { one, root };

        for (size_t i = 0; i < ELEMENTSOF(clients); i++) {
                assert_false(call_allowed(clients[i], native("Connect", NULL), LIMITS, "DomainDefineXML", "s",
                                          xml));
                sd_bus_message_unref(call(clients[i], native("Connect", NULL), "ListDomains", "u", 0));
        }
}

/* Calls that are wrong get the error that says how. */
static void test_wrong_calls(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");
        const char *absent = "/org/virtbus1/Test/domain/_00000000_0000_0000_0000_000000000000";
        const Target domain = native("Domain", path);
        const struct {
                Target target;
                const char *member, *types, *error;
        } rows[] = {
                { domain, "NoSuchMember", NULL, "org.freedesktop.DBus.Error.UnknownMethod" },
                { on_interface(domain, "org.virtbus1.NoSuch"), "Suspend", NULL,
                  "org.freedesktop.DBus.Error.UnknownMethod" },
                { domain, "Create", "s", "org.freedesktop.DBus.Error.InvalidArgs" },
                { domain, "Create", NULL, "org.freedesktop.DBus.Error.InvalidArgs" },
                { native("Connect", "/org/virtbus1/NoSuch"), "ListDomains", "u",
                  "org.freedesktop.DBus.Error.UnknownObject" },
                { native("Domain", absent), "Suspend", NULL, "org.virtbus1.Error.NoDomain" },
                { on_interface(domain, "org.freedesktop.DBus.Properties"), "GetAll", NULL,
                  "org.freedesktop.DBus.Error.InvalidArgs" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *text = call_error(root, rows[i].target, rows[i].error, rows[i].member, rows[i].types,
                                                   rows[i].types && *rows[i].types == 's' ? "" : NULL);

                assert_true(strlen(text) > 0);
        }
        g_free(call_error(root, on_interface(domain, "org.freedesktop.DBus.Properties"),
                          "org.freedesktop.DBus.Error.UnknownProperty", "Get", "ss", "org.virtbus1.Domain", "NoSuch"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parked_calls),
                cmocka_unit_test(test_parked_bytes),
                cmocka_unit_test(test_parked_bytes_within),
                cmocka_unit_test(test_parked_calls_of_who_left),
                cmocka_unit_test(test_large_definition),
                cmocka_unit_test(test_wrong_calls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
