/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names and facts of a machine's parts on which opening, command line and monitor must agree. */

#include "drivers/model/domain_def.h"

/* Directories of displays' certificates among the files. */
#define QEMU_FILE_TLS_VNC "tls-vnc"
#define QEMU_FILE_TLS_SPICE "tls-spice"

/* What the owner of a sealed guest gives to the firmware of the host. */
#define QEMU_FILE_SEV_CERT "sev-cert"
#define QEMU_FILE_SEV_SESSION "sev-session"

/* CD-ROMs are read-only, whatever the definition says. */
bool qemu_disk_is_writable(const DomainDisk *disk);

/*
 * What names of block nodes begin with ("<this>-file"): the alias or, when that is too long for names of at
 * most 31 characters, "disk-<target>". Free with g_free().
 */
char *qemu_disk_node(const DomainDisk *disk);

/* "charserial0". Free with g_free(). */
char *qemu_chardev_id(const DomainChardev *chardev);

/* A console that only repeats the first serial line, as libvirt writes it. */
bool qemu_console_is_serial(const DomainDef *def, const DomainChardev *console);

/*
 * Calls visit for each character device that is one of QEMU's too, until one returns a negative number,
 * which is returned then.
 */
typedef int (*QemuChardevVisitor)(const DomainDef *def, const DomainChardev *chardev, void *userdata,
                                  Error *error);
int qemu_chardevs_foreach(const DomainDef *def, QemuChardevVisitor visit, void *userdata, Error *error);

/* Whether another program serves the disk: QEMU has its socket, "<alias>-socket" among the files, and no image. */
bool qemu_disk_is_served(const DomainDisk *disk);
/* Free with g_free(). */
/* Whether QEMU connects to it again by itself, by the name that the socket has in its directory. */
bool qemu_disk_reconnects(const DomainDisk *disk);
char *qemu_disk_socket_id(const DomainDisk *disk);

/* Whether QEMU speaks TLS for it, with certificates of the host. */
bool qemu_disk_is_tls(const DomainDisk *disk);
/* Whether QEMU connects to it again by itself. */
bool qemu_chardev_reconnects(const DomainChardev *chardev);
bool qemu_chardev_is_tls(const DomainChardev *chardev);
/* The machine's own maker of reservations: its object in QEMU and its directory. */
#define QEMU_PR_HELPER "pr-helper0"
/* The password of a device on an iSCSI server. Free with g_free(). */
char *qemu_hostdev_secret_id(const DomainHostdev *hostdev);
/* The secret that the host's private keys are locked with. */
#define QEMU_TLS_KEY "tls-key"

/* Whether the guest has a card of the host, as of a <hostdev>. */
bool qemu_interface_is_hostdev(const DomainInterface *interface);
bool qemu_interface_is_virtio(const DomainInterface *interface);
/* Whether that is a macvtap device, on a device of the host. */
bool qemu_interface_is_direct(const DomainInterface *interface);
/* Whether packets go through a tap or macvtap device that the daemon makes. */
bool qemu_interface_is_tap(const DomainInterface *interface);
/* Whether packets go to the program passt, a companion. */
bool qemu_interface_is_passt(const DomainInterface *interface);
/* Whether QEMU is a client of a socket that may come and go. */
bool qemu_interface_reconnects(const DomainInterface *interface);

/* Whether the daemon must open the source: everybody may read /dev/urandom and /dev/random. */
bool qemu_rng_needs_fd(const DomainRng *rng);

/* "audio-file1": the file that is recorded to, among the files. Free with g_free(). */
char *qemu_audio_id(const DomainAudio *audio);

/* "rom-net0": the option ROM of a device among the files. Free with g_free(). */
char *qemu_rom_id(const DomainDevice *info);

/* Where the sockets of displays are that we choose: "<run_dir>/display". Free with g_free(). */
char *qemu_display_dir(const char *run_dir);
/* "render0", the GPU that draws for a display, among the files. Free with g_free(). */
char *qemu_render_id(uint32_t index);
/* Whether the host's GPU draws for the display. */
bool qemu_graphics_renders(const DomainGraphics *graphics);
/* "bus0", the directory of the socket of a display's own bus, among the files. Free with g_free(). */
char *qemu_bus_id(uint32_t index);
/* Whether another program draws: QEMU has its socket, "<alias>-socket" among the files. */
bool qemu_video_is_served(const DomainVideo *video);
/* Where the display listens in the file system, or NULL. Borrowed. */
const char *qemu_display_socket(const DomainGraphics *graphics);
/* "display0", the directory of that socket among the files. Free with g_free(). */
char *qemu_display_id(uint32_t index);
