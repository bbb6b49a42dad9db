/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a running machine: the persistent one plus facts of this run. Each call makes a new, sealed value.
 */

#include "drivers/model/domain_def.h"

#include <json-glib/json-glib.h>

/*
 * Before the start: id, aliases (libvirt's: "virtio-disk0", "net0", "serial0"), and the paths of unix sockets that the
 * definition leaves to us, in run_dir, which is the machine's own directory.
 */
int qemu_live_prepare(const DomainDef *def, uint32_t id, const char *run_dir, DomainDef **ret, Error *error);

/*
 * After the handshake: replies of query-chardev (paths of ptys) and query-vnc (port). Either may be NULL. Replies are not
 * trusted: what has the wrong shape is ERROR_OPERATION_FAILED, what is missing is left as it was.
 */
int qemu_live_update(const DomainDef *def, JsonNode *chardevs, JsonNode *vnc, DomainDef **ret, Error *error);

/* What the monitor calls things. All borrowed from def, NULL when there is no such thing. */
const DomainDisk *qemu_live_disk_of_node(const DomainDef *def, const char *node_name);
const DomainDisk *qemu_live_disk_of_device(const DomainDef *def, const char *id_or_qom_path);
