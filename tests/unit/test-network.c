/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/interface.h"
#include "drivers/model/network_port.h"
#include "drivers/model/nwfilter.h"
#include "drivers/model/nwfilter_binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* What a listener has heard since it was asked last. */
typedef struct Heard {
        unsigned n_added, n_removed;
        uint64_t changed;
        GString *signals;
} Heard;

static void heard_added(Object *object, void *userdata)
{
        ((Heard *) userdata)->n_added++;
}

static void heard_removed(Object *object, void *userdata)
{
        ((Heard *) userdata)->n_removed++;
}

static void heard_changed(Object *object, uint64_t mask, void *userdata)
{
        ((Heard *) userdata)->changed |= mask;
}

static void heard_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        const NetworkMetadataArgs *metadata = args;
        GString *out = ((Heard *) userdata)->signals;

        if (which == NETWORK_SIGNAL_EVENT)
                g_string_append_printf(out, "event%d ", (int) *(const NetworkEvent *) args);
        else
                g_string_append_printf(out, "metadata%d:%s ", metadata->type, metadata->uri);
}

static const ObjectListener listener = {
        .added = heard_added, .removed = heard_removed, .changed = heard_changed, .signal = heard_signal,
};

typedef struct World {
        Heard heard;
        ObjectList *list;
} World;

static int setup(void **state)
{
        World *world = g_new0(World, 1);

        world->heard.signals = g_string_new(NULL);
        world->list = object_list_new(NULL, &listener, &world->heard);
        *state = world;
        return 0;
}

static int teardown(void **state)
{
        World *world = *state;

        object_list_free(world->list);
        g_string_free(world->heard.signals, TRUE);
        g_free(world);
        return 0;
}

static void assert_changed(World *world, uint64_t mask)
{
        assert_int_equal(world->heard.changed, mask);
        world->heard.changed = 0;
}

static void assert_refused(Error *error, ErrorCode code, const char *part)
{
        g_autofree char *message = error_message(error);

        assert_int_equal(error->code, code);
        if (!strstr(message, part))
                fail_msg("'%s' is not in '%s'", part, message);
        error_clear(error);
}

#define UUID_A "aaaaaaaa-1111-2222-3333-444444444444"
#define UUID_B "bbbbbbbb-1111-2222-3333-444444444444"

static NetworkDef *network_of(const char *name, const char *uuid)
{
        g_autofree char *xml = g_strdup_printf("<network><name>%s</name>%s%s%s</network>", name, uuid ? "<uuid>" : "",
                                               strempty(uuid), uuid ? "</uuid>" : "");
        NetworkDef *def = NULL;

        assert_int_equal(network_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        return def;
}

static void test_network(void **state)
{
        World *world = *state;
        _cleanup_(network_def_unrefp) NetworkDef *def = network_of("a", UUID_A);
        Network *network = NULL;

        assert_int_equal(network_list_add(world->list, def, &network, NULL), 0);
        assert_null(object_list_find(world->list, UUID_A));
        network_put_config(network, def);
        assert_changed(world, 0); /* nobody hears of what is not published */
        object_publish(&network->object);
        assert_int_equal(world->heard.n_added, 1);
        assert_ptr_equal(object_list_find_name(world->list, "a"), network);
        assert_ptr_equal(network_def_of(network, false), def);
        network_put_live(network, def);
        assert_changed(world, NETWORK_CHANGED_ACTIVE | NETWORK_CHANGED_CONFIG);
        network_put_live(network, def);
        assert_changed(world, NETWORK_CHANGED_CONFIG);
        network_put_autostart(network, true);
        assert_changed(world, NETWORK_CHANGED_AUTOSTART);
        network_put_autostart(network, true);
        assert_changed(world, 0);
        network_put_config(network, NULL);
        assert_changed(world, NETWORK_CHANGED_PERSISTENT | NETWORK_CHANGED_CONFIG);
        assert_ptr_equal(network_def_of(network, true), def);
        network_announce(network, NETWORK_EVENT_STARTED);
        network_announce_metadata(network, NETWORK_METADATA_TITLE, NULL);
        assert_string_equal(world->heard.signals->str, "event2 metadata1: ");
        object_remove(&network->object);
        assert_int_equal(world->heard.n_removed, 1);
}

static void test_network_names(void **state)
{
        World *world = *state;
        _cleanup_(network_def_unrefp) NetworkDef *a = network_of("a", UUID_A), *again = network_of("a", NULL),
                                      *renamed = network_of("b", UUID_A), *other = network_of("a", UUID_B),
                                      *fresh = network_of("c", NULL);
        _cleanup_error_ Error error = ERROR_INIT;
        Network *network = NULL, *found = NULL;

        assert_int_equal(network_list_add(world->list, a, &network, NULL), 0);
        assert_int_equal(network_list_resolve(world->list, a, &found, NULL), 0);
        assert_ptr_equal(found, network);
        assert_int_equal(network_list_resolve(world->list, again, &found, NULL), 0);
        assert_ptr_equal(found, network);
        assert_int_equal(network_list_resolve(world->list, fresh, &found, NULL), 0);
        assert_null(found);
        assert_true(network_list_resolve(world->list, renamed, &found, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "network 'a' is already defined with uuid " UUID_A);
        assert_true(network_list_resolve(world->list, other, &found, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "network 'a' already exists with uuid " UUID_A);
        assert_true(network_list_add(world->list, a, &network, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "already exists");
}

static void lend(Network *network, const char *mac, const char *ip)
{
        NetworkDhcpLease *lease = g_new0(NetworkDhcpLease, 1);

        lease->mac = g_strdup(mac);
        lease->ip = g_strdup(ip);
        network_put_lease(network, lease);
}

static void test_leases(void **state)
{
        World *world = *state;
        _cleanup_(network_def_unrefp) NetworkDef *def = network_of("a", UUID_A);
        Network *network = NULL;

        assert_int_equal(network_list_add(world->list, def, &network, NULL), 0);
        object_publish(&network->object);
        lend(network, "m1", "1");
        assert_changed(world, NETWORK_CHANGED_LEASES);
        lend(network, "m1", "2");
        lend(network, "m2", "2"); /* the address is somebody else's now */
        assert_int_equal(network->leases->len, 2);
        assert_string_equal(network_find_lease(network, "2")->mac, "m2");
        assert_null(network_find_lease(network, "3"));
        world->heard.changed = 0;
        network_drop_leases(network, "m3");
        assert_changed(world, 0);
        network_drop_leases(network, "m1");
        assert_changed(world, NETWORK_CHANGED_LEASES);
        network_drop_leases(network, NULL);
        assert_int_equal(network->leases->len, 0);
}

static void test_details(void **state)
{
        World *world = *state;
        static const char port_xml[] =
                        "<networkport><uuid>" UUID_B "</uuid><owner><name>v</name><uuid>" UUID_A "</uuid></owner>"
                        "<mac address='52:54:00:00:00:01'/></networkport>";
        _cleanup_(network_def_unrefp) NetworkDef *def = network_of("a", UUID_A);
        _cleanup_(network_port_def_unrefp) NetworkPortDef *port_def = NULL;
        ObjectList *ports = object_list_new(NULL, NULL, NULL);
        _cleanup_error_ Error error = ERROR_INIT;
        NetworkPort *port = NULL, *second = NULL;
        Network *network = NULL;
        Details details = {};

        assert_int_equal(network_list_add(world->list, def, &network, NULL), 0);
        assert_int_equal(network_port_def_parse(port_xml, strlen(port_xml), 0, NULL, &port_def, NULL), 0);
        assert_int_equal(network_port_list_add(ports, network, port_def, &port, NULL), 0);
        assert_string_equal(port->object.key, UUID_A "/" UUID_B);
        assert_string_equal(port->uuid, UUID_B);
        port->object.class->describe(&port->object, &details);
        assert_int_equal(details.n, 3);
        assert_string_equal(details.pairs[0].key, "network_name");
        assert_string_equal(details.pairs[0].value, "a");
        assert_string_equal(details.pairs[2].key, "port_uuid");
        assert_string_equal(details.pairs[2].value, UUID_B);
        assert_true(network_port_list_add(ports, network, port_def, &second, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "already exists");
        object_list_free(ports);
}

static NWFilter *add_filter(World *world, const char *name, const char *ref)
{
        g_autofree char *xml = g_strdup_printf("<filter name='%s'>%s%s%s</filter>", name,
                                               ref ? "<filterref filter='" : "", strempty(ref), ref ? "'/>" : "");
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *parsed = NULL, *def = NULL;
        NWFilter *filter = NULL;

        assert_int_equal(nwfilter_def_parse(xml, strlen(xml), 0, NULL, &parsed, NULL), 0);
        assert_int_equal(nwfilter_def_normalize(parsed, &def, NULL), 0);
        assert_int_equal(nwfilter_list_add(world->list, def, &filter, NULL), 0);
        return filter;
}

static void test_filters(void **state)
{
        World *world = *state;
        static const char loop[] = "<filter name='c'><filterref filter='a'/></filter>";
        static const char itself[] = "<filter name='new'><filterref filter='new'/></filter>";
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *def = NULL, *own = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        NWFilter *found = NULL;

        add_filter(world, "a", "b");
        add_filter(world, "b", "c");
        assert_string_equal(nwfilter_list_missing(world->list, "a"), "c");
        assert_string_equal(nwfilter_list_missing(world->list, "z"), "z");
        add_filter(world, "c", NULL);
        assert_null(nwfilter_list_missing(world->list, "a"));
        assert_true(nwfilter_list_includes(world->list, "a", "c"));
        assert_true(nwfilter_list_includes(world->list, "a", "a"));
        assert_false(nwfilter_list_includes(world->list, "c", "a"));
        assert_int_equal(nwfilter_def_parse(loop, strlen(loop), 0, NULL, &def, NULL), 0);
        assert_true(nwfilter_list_resolve(world->list, def, &found, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "filter would introduce a loop");
        assert_int_equal(nwfilter_def_parse(itself, strlen(itself), 0, NULL, &own, NULL), 0);
        assert_true(nwfilter_list_resolve(world->list, own, &found, &error) < 0);
        assert_refused(&error, ERROR_OPERATION_FAILED, "filter would introduce a loop");
}

static Interface *add_interface(World *world, const char *name, const char *mac)
{
        g_autofree char *xml = g_strdup_printf("<interface type='ethernet' name='%s'>%s%s%s</interface>", name,
                                               mac ? "<mac address='" : "", strempty(mac), mac ? "'/>" : "");
        _cleanup_(interface_def_unrefp) InterfaceDef *def = NULL;
        Interface *interface = NULL;

        assert_int_equal(interface_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_int_equal(interface_list_add(world->list, def, &interface, NULL), 0);
        object_publish(&interface->object);
        return interface;
}

static void test_interfaces(void **state)
{
        World *world = *state;
        Interface *e1 = add_interface(world, "e1", "AA:00:00:00:00:01"), *e2 = add_interface(world, "e2", NULL),
                  *found = NULL;

        assert_string_equal(interface_mac(e1), "AA:00:00:00:00:01");
        assert_string_equal(interface_mac(e2), "");
        assert_ptr_equal(object_list_find_libvirt_key(world->list, "AA:00:00:00:00:01"), e1);
        assert_int_equal(interface_list_find_mac(world->list, "aa:00:00:00:00:01", &found), 1);
        assert_ptr_equal(found, e1);
        add_interface(world, "e3", "aa:00:00:00:00:01");
        assert_int_equal(interface_list_find_mac(world->list, "aa:00:00:00:00:01", &found), 2);
        assert_ptr_equal(found, e1);
        assert_int_equal(interface_list_find_mac(world->list, "", &found), 0);
        interface_put_active(e2, true);
        assert_changed(world, INTERFACE_CHANGED_ACTIVE);
        interface_put_active(e2, true);
        assert_changed(world, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_network, setup, teardown),
                cmocka_unit_test_setup_teardown(test_network_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_leases, setup, teardown),
                cmocka_unit_test_setup_teardown(test_details, setup, teardown),
                cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
                cmocka_unit_test_setup_teardown(test_interfaces, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
