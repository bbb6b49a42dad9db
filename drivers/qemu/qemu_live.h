/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a running machine: the persistent one and facts of this run. Calls make new values. */

#include "drivers/qemu/qemu_files.h"

#include <json-glib/json-glib.h>

/*
 * Before the start: id, aliases (libvirt's: "virtio-disk0", "net0", "serial0"), and paths of the unix
 * sockets that the definition leaves to us, in run_dir, the machine's directory, or "display" beneath it.
 */
int qemu_live_prepare(const DomainDef *def, uint32_t id, const char *run_dir, DomainDef **ret, Error *error);

/*
 * Before the command line: the names of network interfaces of the host that have been made, the number of a vsock,
 * which device of the host was meant, whole chains of images. alias: files has those of this device alone; NULL: of
 * all.
 */
int qemu_live_take_files(const DomainDef *def, const QemuFiles *files, const char *alias, DomainDef **ret,
                         Error *error);

/* Without the images that only other images name: what they are is found out again. */
int qemu_live_forget_chains(const DomainDef *def, DomainDef **ret, Error *error);

/* As far as files are concerned, the device alone. */
int qemu_live_isolate(const DomainDef *def, const char *alias, DomainDef **ret, Error *error);

/*
 * After the start: replies of query-chardev (paths of ptys, and whether the guest has opened a channel) and
 * query-vnc (port). Either may be NULL. Replies are not trusted: a wrong shape is ERROR_OPERATION_FAILED,
 * what is missing stays as it was. A pty is "/dev/pts/N" and nothing else, but perhaps not QEMU's: whoever
 * opens it must see that it belongs to QEMU's user.
 */
int qemu_live_update(const DomainDef *def, JsonNode *chardevs, JsonNode *vnc, DomainDef **ret, Error *error);

/*
 * What events mean, by node name ("virtio-disk0-format") or by device: its id or QOM path
 * ("/machine/peripheral/virtio-disk0/virtio-backend"). Borrowed from def; NULL when there is none.
 */
const DomainDisk *qemu_live_disk_of_node(const DomainDef *def, const char *node_name);
const DomainDisk *qemu_live_disk_of_device(const DomainDef *def, const char *device);
const DomainChardev *qemu_live_channel(const DomainDef *def, const char *device);
