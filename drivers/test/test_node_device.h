/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Devices of the pretended host: those of libvirt's test:///default, and a graphics card that can be divided into
 * mediated devices. Host adapters of fibre channel can have virtual ports.
 */

#include "drivers/ops_node_device.h"

int test_node_device_create_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error);
int test_node_device_define_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error);
int test_node_device_start(NodeDevice *device, Job *job, Error *error);
int test_node_device_destroy(NodeDevice *device, Job *job, Error *error);
int test_node_device_undefine(NodeDevice *device, Job *job, Error *error);
int test_node_device_update(NodeDevice *device, NodeDevDef *def, NodeDeviceUpdateFlags flags, Job *job, Error *error);
int test_node_device_set_autostart(NodeDevice *device, bool autostart, Job *job, Error *error);
int test_node_device_detach(NodeDevice *device, const char *driver_name, Job *job, Error *error);
int test_node_device_reattach(NodeDevice *device, Job *job, Error *error);
int test_node_device_reset(NodeDevice *device, Job *job, Error *error);

/* Adds those that the host has from the beginning. */
int test_node_device_add(Driver *driver, const char *xml, size_t size, Error *error);
int test_node_device_add_default(Driver *driver, Error *error);
