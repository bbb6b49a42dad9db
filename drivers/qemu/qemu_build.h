/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the parts of the command line share: qemu_command.c calls one function per kind of thing, each in the
 * file of its noun. A build without files only checks: it does everything but what depends on opened files.
 */

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qmp.h"

typedef struct Build {
        const DomainDef *def;
        const QemuCaps *caps;
        QemuCaps *adjusted;     /* the same with what the definition adds and takes away; NULL: as they are */
        const QemuFiles *files; /* NULL: check only */
        const QemuCommandOptions *options;
        bool x86;
        bool q35;
        const char *pci_root; /* "pci.0", "pcie.0" */
        GPtrArray *argv;
        GPtrArray *env;
        GArray *fds;   /* of ProcessFd */
        GArray *setup; /* of QemuSetup */
        unsigned n_sets;
        bool tls_client, tls_server, pr_helper; /* the objects have been made */
        uint64_t capabilities;       /* that QEMU keeps: 1 << CAP_* */
        uint64_t locked_memory; /* see QemuCommand */
        bool *overridden; /* which of the overrides have found their device */
} Build;

/* Takes value, which may be NULL for an option without one. */
void build_arg(Build *b, const char *option, char *value);
void build_argf(Build *b, const char *option, const char *format, ...) _printf_(3, 4);
/* A variable of QEMU's environment, unless it is there. */
void build_env(Build *b, const char *name, const char *value);
/* Takes the object. */
void build_json(Build *b, const char *option, JsonObject *object);
/* Takes the arguments. */
void build_setup(Build *b, const char *command, JsonObject *arguments, bool secret);

/* The text as the value of "key=value,…" has it: commas doubled. Free with g_free(). */
char *build_escape(const char *text);

/*
 * -device. props has "driver" first; this adds id, boot index and address, checks that QEMU has the driver,
 * and takes props in any case. item is the device in the definition, for errors.
 */
int build_device(Build *b, const void *item, const DomainDevice *info, JsonObject *props, Error *error);
/* The same for a device that is in the machine already, or that is none of the definition: no info. */
int build_bare_device(Build *b, const void *item, JsonObject *props, Error *error);
/* Just what build_device() adds. */
int build_device_info(Build *b, const void *item, const DomainDevice *info, JsonObject *props, Error *error);
/* The device reaches the guest's memory by itself, so all of it stays where it is. */
void build_lock_memory(Build *b);
/* qemu_command_hostdev.c: a card of the host in place of one of ours. */
int build_interface_hostdev(Build *b, const DomainInterface *interface, Error *error);
int build_check_driver(Build *b, const void *item, const char *driver, Error *error);
/* Refuses what QEMU can do from this version on (9000000: 9.0), when its version is lower. */
int build_check_version(Build *b, const void *item, const char *rest, uint32_t version, Error *error);

/* qemu_command_override.c: what the definition has QEMU told against our own choice. */
int build_adjust_caps(Build *b, Error *error);
int build_override(Build *b, JsonObject *props, Error *error);
int build_check_overrides(Build *b, Error *error);

/* "virtio-blk-pci" and its like for the model: NULL, "virtio", "virtio-transitional", …. */
int build_virtio_driver(Build *b, const void *item, const char *base, const char *model, char **ret,
                        Error *error);
void build_virtio_options(JsonObject *props, const DomainVirtio *virtio);

/* Members that are left out when they were not given. */
void build_put_tristate(JsonObject *props, const char *name, Tristate value);
void build_put_on_off(JsonObject *props, const char *name, Tristate value);
void build_put_iothread(JsonObject *props, uint32_t number);
/* Which thread of QEMU serves which queue of a disk or controller. */
void build_put_iothread_mapping(JsonObject *props, DomainIothreadMapping *const *threads, uint32_t n);
int build_check_iothread_mapping(Build *b, const void *item, DomainIothreadMapping *const *threads, uint32_t n,
                                 Error *error);
#define build_put_number(props, name, p, field)                                                     \
        do {                                                                                        \
                if (def_is_set(p, field))                                                           \
                        json_object_set_int_member(props, name, (gint64) (p)->field);               \
        } while (0)

/* The boot index that counts for a device: its own, or that of its place in <os><boot>. 0: none. */
uint32_t build_boot_index(const Build *b, const DomainDevice *info);

/* The alias of a controller, as the name of buses begins; NULL when there is none such. */
const DomainController *build_controller(const Build *b, DomainControllerType type, uint32_t index);

/* Whether it numbers the units of its bus by target alone, as old ones do. */
bool build_controller_is_narrow(const DomainController *controller);

/* Passes a descriptor on; the number that it has in QEMU. */
int build_fd(Build *b, int fd, bool listen);

/*
 * How QEMU names an opened file, once it is passed on: "/dev/fdset/1", "/proc/self/fd/4" or "5". The file
 * must have been opened; in a check the answer is "/dev/null". Free with g_free().
 */
char *build_file(Build *b, const char *id);

/* -chardev; channel is the name of what SPICE carries ("vdagent", "smartcard", "usbredir"). */
int build_chardev_backend(Build *b, const DomainChardev *chardev, const char *id, const char *channel, Error *error);

/* ",reconnect=…" of a socket that QEMU connects to again. */
void build_put_reconnect(Build *b, GString *s, const DomainReconnect *reconnect);

/* Whether other programs can be given all of the machine's memory. */
bool build_memory_is_shared(const DomainDef *def);
/* Whether the machine's memory is an object of its own, named as the machine type wants it: *ret_id is static. */
bool build_ram_backend(const Build *b, const char **ret_id);
/* Whether the guest is told how far its processors are from its memory. */
bool build_has_hmat(const DomainDef *def);
/* The name of the processor's model as -cpu has it. Borrowed. */
const char *build_cpu_name(const Build *b);
/* Options of -cpu and -machine that come from <features>. */
int build_cpu_features(Build *b, GString *s, Error *error);
int build_machine_features(Build *b, GString *s, Error *error);

/* The password of the display goes by the monitor; protocol is "vnc" or "spice". */
int build_graphics_password(Build *b, const DomainGraphics *graphics, const char *protocol, Error *error);
/* ",rendernode=…" of the GPU that was opened for the display. */
void build_render_node(Build *b, GString *s, uint32_t index);
int build_spice(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error);

typedef struct BuildCache {
        bool direct;      /* past the host's page cache */
        bool no_flush;    /* flushes of the guest are dropped */
        bool write_cache; /* the guest sees a write-back cache */
} BuildCache;

/* What the disk's cache mode means; NULL: it has none. */
const BuildCache *build_cache_mode(const DomainDisk *disk);
int build_check_image(Build *b, const DomainDisk *disk, Error *error);
/* A disk that another program serves. */
int build_served_disk(Build *b, const DomainDisk *disk, Error *error);
/* The node of a file of the disk, as -blockdev has it. manager: who makes reservations on it, or NULL. The caller's. */
JsonObject *qemu_image_file_node(const DomainDisk *disk, const char *name, const char *path, bool block, bool writable,
                                 const char *manager);
/* All nodes of the disk: the name of that which the device uses, NULL for an empty drive. Free with g_free(). */
char *build_image(Build *b, const DomainDisk *disk);
/* The object of a secret that is among the files. */
void build_secret_object(Build *b, const char *id);
/* That of a secret of the i-th layer: its name. Free with g_free(). */
char *build_secret(Build *b, const DomainDisk *disk, size_t layer, const char *suffix);

/* The certificates of the machine as a client or a server: the id of QEMU's object, which is made once. Static. */
const char *build_tls(Build *b, bool server);

/* A layer on a server: what QEMU can do, and the node of the protocol without name and settings of its disk. */
int build_check_network(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error);
JsonObject *build_network_node(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer);
/* name: "iqn.2026-01.com.example:target/lun"; initiator may be NULL. */
JsonObject *build_iscsi_node(const DomainStorageHost *host, const char *name, const char *initiator);
/* A layer on a controller of the host, likewise. */
int build_check_nvme(Build *b, const DomainDisk *disk, size_t i, const QemuLayerDef *layer, Error *error);
JsonObject *build_nvme_node(Build *b, const QemuLayerDef *layer);

int build_throttle_groups(Build *b, Error *error);
bool build_throttle_group_exists(const Build *b, const char *name);
/* The id of QEMU's object. Free with g_free(). */
char *build_throttle_group_id(const char *name);

/* What cannot be done of an interface, with the reason. */
int build_check_interface(Build *b, const DomainInterface *interface, Error *error);

/* Before everything else: places that nothing of the command line comes from. */
int build_check_places(const DomainDef *def, Error *error);
int build_check_supported(Build *b, Error *error);
int build_machine(Build *b, Error *error);
int build_accelerator(Build *b, Error *error);
int build_memory(Build *b, Error *error);
int build_memory_devices(Build *b, Error *error);
int build_smp(Build *b, Error *error);
int build_cpu(Build *b, Error *error);
int build_clock(Build *b, Error *error);
int build_firmware(Build *b, Error *error);
int build_sysinfo(Build *b, Error *error);
int build_iommus(Build *b, Error *error);
int build_late_iommus(Build *b, Error *error);
int build_extras(Build *b, Error *error);
int build_controllers(Build *b, Error *error);
int build_hubs(Build *b, Error *error);
int build_disks(Build *b, Error *error);
int build_filesystems(Build *b, Error *error);
int build_interfaces(Build *b, Error *error);
int build_chardevs(Build *b, Error *error);
int build_inputs(Build *b, Error *error);
int build_graphics(Build *b, Error *error);
int build_videos(Build *b, Error *error);
int build_sounds(Build *b, Error *error);
int build_hostdevs(Build *b, Error *error);
int build_others(Build *b, Error *error);
int build_tpms(Build *b, Error *error);
int build_launch_security(Build *b, Error *error);
int build_plugged_vcpus(Build *b, Error *error);
