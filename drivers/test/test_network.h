/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Networks, filters and interfaces of the pretended host, all in memory. */

#include "drivers/driver.h"

/* The network "default", which runs, and the interface "eth1", which is up, as on libvirt's test:///default. */
int test_network_add_default(Driver *driver, Error *error);
int test_interface_add_default(Driver *driver, Error *error);

/* Of the XML; networks run, and interfaces are up, from the start. */
int test_network_add(Driver *driver, const char *xml, size_t size, Error *error);
int test_interface_add(Driver *driver, const char *xml, size_t size, Error *error);
int test_nwfilter_add(Driver *driver, const char *xml, size_t size, Error *error);

/*
 * Plugs the unpublished port into its network, which runs, and publishes it; its guest gets a lease. A failure leaves
 * it unpublished. And takes it out again.
 */
int test_network_plug(NetworkPort *port, Error *error);
void test_network_unplug(NetworkPort *port);
/* Publishes the binding. ERROR_NO_NWFILTER when one of its filters is missing. */
int test_nwfilter_apply(NWFilterBinding *binding, Error *error);

int test_network_define(Network *network, NetworkDef *def, Job *job, Error *error);
int test_network_undefine(Network *network, Job *job, Error *error);
int test_network_start(Network *network, NetworkDef *def, Job *job, Error *error);
int test_network_stop(Network *network, Job *job, Error *error);
int test_network_set_autostart(Network *network, bool autostart, Job *job, Error *error);
int test_network_change(Network *network, NetworkDef *live, NetworkDef *config, Job *job, Error *error);
/* A port that has a MAC address gets a lease, as a guest would. */
int test_network_create_port(NetworkPort *port, Job *job, Error *error);
int test_network_delete_port(NetworkPort *port, Job *job, Error *error);
int test_network_change_port(NetworkPort *port, NetworkPortDef *def, Job *job, Error *error);

int test_nwfilter_define(NWFilter *filter, NwfilterDef *def, Job *job, Error *error);
int test_nwfilter_undefine(NWFilter *filter, Job *job, Error *error);
int test_nwfilter_bind(NWFilterBinding *binding, Job *job, Error *error);
int test_nwfilter_unbind(NWFilterBinding *binding, Job *job, Error *error);

int test_interface_define(Interface *interface, InterfaceDef *def, Job *job, Error *error);
int test_interface_undefine(Interface *interface, Job *job, Error *error);
int test_interface_start(Interface *interface, Job *job, Error *error);
int test_interface_stop(Interface *interface, Job *job, Error *error);
int test_interface_begin(Driver *driver, Job *job, Error *error);
int test_interface_commit(Driver *driver, Job *job, Error *error);
int test_interface_rollback(Driver *driver, Job *job, Error *error);
