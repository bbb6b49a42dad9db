/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_network.h"

#include "drivers/test/test_lease.h"
#include "drivers/test/test_operation.h"

#include <string.h>

#define DEFAULT_NETWORK                                                                             \
        "<network><name>default</name><uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid><forward mode='nat'/>" \
        "<bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp>"         \
        "<range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>"

int test_network_add(Driver *driver, const char *xml, size_t size, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *parsed = NULL, *def = NULL;
        Network *network = NULL;
        int r = network_def_parse(xml, size, 0, NULL, &parsed, error);

        if (r >= 0)
                r = network_def_normalize(parsed, false, &def, error);
        if (r >= 0)
                r = network_list_add(driver->lists[OBJECT_NETWORK], def, &network, error);
        if (r < 0)
                return r;
        network_put_config(network, def);
        network_put_live(network, def);
        object_publish(&network->object);
        return 0;
}

int test_network_add_default(Driver *driver, Error *error)
{
        return test_network_add(driver, DEFAULT_NETWORK, strlen(DEFAULT_NETWORK), error);
}

static void release_def(gpointer def)
{
        network_def_unref(def);
}

static void release_port_def(gpointer def)
{
        network_port_def_unref(def);
}

static void publish(Network *network)
{
        if (!network->object.published)
                object_publish(&network->object);
}

static int define_apply(TestOperation *op, Error *error)
{
        Network *network = (Network *) op->object;

        network_put_config(network, op->data);
        publish(network);
        network_announce(network, NETWORK_EVENT_DEFINED);
        return 0;
}

int test_network_define(Network *network, NetworkDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_apply };

        return test_operation_run_with(&info, &network->object, network_def_ref(def), release_def, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        Network *network = (Network *) op->object;

        if (network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "Network '%s' is still running", network->name);
        network_announce(network, NETWORK_EVENT_UNDEFINED);
        object_remove(&network->object);
        return 0;
}

int test_network_undefine(Network *network, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return test_operation_run_with(&info, &network->object, NULL, NULL, job, error);
}

static int start_apply(TestOperation *op, Error *error)
{
        Network *network = (Network *) op->object;

        if (network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "Network '%s' is already running", network->name);
        network_put_live(network, op->data ? op->data : network->config);
        publish(network);
        network_announce(network, NETWORK_EVENT_STARTED);
        return 0;
}

int test_network_start(Network *network, NetworkDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = start_apply };

        return test_operation_run_with(&info, &network->object, def ? network_def_ref(def) : NULL, release_def,
                                       job, error);
}

static ObjectList *ports_of(const Network *network)
{
        return network->object.driver->lists[OBJECT_NETWORK_PORT];
}

static int stop_apply(TestOperation *op, Error *error)
{
        Network *network = (Network *) op->object;
        NetworkPort *port;

        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        /* an operation on one of them finds out */
        while ((port = network_port_list_at(ports_of(network), network, 0)))
                object_remove(&port->object);
        network_drop_leases(network, NULL);
        if (!network->config) {
                network_announce(network, NETWORK_EVENT_STOPPED);
                object_remove(&network->object);
                return 0;
        }
        network_put_live(network, NULL);
        network_announce(network, NETWORK_EVENT_STOPPED);
        return 0;
}

int test_network_stop(Network *network, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = stop_apply };

        return test_operation_run_with(&info, &network->object, NULL, NULL, job, error);
}

static int set_autostart_apply(TestOperation *op, Error *error)
{
        network_put_autostart((Network *) op->object, op->autostart);
        return 0;
}

int test_network_set_autostart(Network *network, bool autostart, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = set_autostart_apply };

        TestOperation op = { .info = &info, .object = &network->object, .autostart = autostart };

        return test_operation_run(&op, job, error);
}

typedef struct Change {
        NetworkDef *live;
        NetworkDef *config;
} Change;

static void change_free(gpointer p)
{
        Change *change = p;

        network_def_unref(change->live);
        network_def_unref(change->config);
        g_free(change);
}

static int change_apply(TestOperation *op, Error *error)
{
        Network *network = (Network *) op->object;
        const Change *change = op->data;

        if (change->live && !network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        if (change->live)
                network_put_live(network, change->live);
        if (change->config)
                network_put_config(network, change->config);
        return 0;
}

int test_network_change(Network *network, NetworkDef *live, NetworkDef *config, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = change_apply };

        Change *change = g_new0(Change, 1);

        change->live = live ? network_def_ref(live) : NULL;
        change->config = config ? network_def_ref(config) : NULL;
        return test_operation_run_with(&info, &network->object, change, change_free, job, error);
}

/* Ports */

int test_network_plug(NetworkPort *port, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        Network *network = port->network;
        int r;

        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        r = network_port_def_plug(port->def, network->live, network_port_list_choose(ports_of(network), network), &def,
                                  error);
        if (r < 0)
                return r;
        network_port_put_def(port, def);
        object_publish(&port->object);
        network_port_list_count(ports_of(network), network);
        test_lease_give(network, def);
        return 0;
}

void test_network_unplug(NetworkPort *port)
{
        Network *network = object_ref(port->network);
        g_autofree char *mac = g_strdup(port->def->mac);

        object_remove(&port->object);
        network_drop_leases(network, mac);
        if (network_is_active(network))
                network_port_list_count(ports_of(network), network);
        object_unref(network);
}

static int create_port_apply(TestOperation *op, Error *error)
{
        return test_network_plug((NetworkPort *) op->object, error);
}

int test_network_create_port(NetworkPort *port, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = create_port_apply };

        return test_operation_run_with(&info, &port->object, NULL, NULL, job, error);
}

static int delete_port_apply(TestOperation *op, Error *error)
{
        test_network_unplug((NetworkPort *) op->object);
        return 0;
}

int test_network_delete_port(NetworkPort *port, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = delete_port_apply };

        return test_operation_run_with(&info, &port->object, NULL, NULL, job, error);
}

static int change_port_apply(TestOperation *op, Error *error)
{
        network_port_put_def((NetworkPort *) op->object, op->data);
        return 0;
}

int test_network_change_port(NetworkPort *port, NetworkPortDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = change_port_apply };

        return test_operation_run_with(&info, &port->object, network_port_def_ref(def), release_port_def, job, error);
}
