/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a driver can have a guest do by its agent, and what it can do to a machine that runs. The domain is active when
 * an operation begins. Jobs of operations that change nothing in the daemon have no slot. See drivers/driver.h.
 *
 * Results that are more than a text are Params, or a GPtrArray of them (records), as job_result_object().
 */

#include "drivers/model/domain.h"
#include "service/base/params.h"

/* virDomainGetHostnameFlags */
enum {
        DOMAIN_HOSTNAME_LEASE = 1 << 0,
        DOMAIN_HOSTNAME_AGENT = 1 << 1,
};

/* virDomainSetTimeFlags, virDomainSetUserPasswordFlags, virDomainAuthorizedSSHKeysSetFlags */
enum {
        DOMAIN_TIME_SYNC = 1 << 0,
        DOMAIN_PASSWORD_ENCRYPTED = 1 << 0,
        DOMAIN_SSH_KEYS_APPEND = 1 << 0,
        DOMAIN_SSH_KEYS_REMOVE = 1 << 1,
};

/* virDomainAgentResponseTimeoutValues, beside seconds */
enum {
        GUEST_TIMEOUT_BLOCK = -2,
        GUEST_TIMEOUT_DEFAULT = -1,
};

/* virDomainGuestInfoTypes */
enum {
        GUEST_INFO_USERS = 1 << 0,
        GUEST_INFO_OS = 1 << 1,
        GUEST_INFO_TIMEZONE = 1 << 2,
        GUEST_INFO_HOSTNAME = 1 << 3,
        GUEST_INFO_FILESYSTEM = 1 << 4,
        GUEST_INFO_DISKS = 1 << 5,
        GUEST_INFO_INTERFACES = 1 << 6,
        GUEST_INFO_LOAD = 1 << 7,
        GUEST_INFO_ALL = (1 << 8) - 1,
};

/* virDomainInterfaceAddressesSource */
typedef enum DomainAddressSource {
        DOMAIN_ADDRESSES_LEASE = 0,
        DOMAIN_ADDRESSES_AGENT = 1,
        DOMAIN_ADDRESSES_ARP = 2,
        _DOMAIN_ADDRESSES_MAX,
} DomainAddressSource;

typedef struct GuestOps {
        /* Result: text. */
        int (*get_hostname)(Domain *domain, uint32_t flags, Job *job, Error *error);
        /* Result: "seconds" u64 since 1970, "nseconds" u32. */
        int (*get_time)(Domain *domain, Job *job, Error *error);
        int (*set_time)(Domain *domain, uint64_t seconds, uint32_t nseconds, uint32_t flags, Job *job,
                        Error *error);
        /*
         * types: GUEST_INFO_*, not 0. With all of them those that the agent does not know are left out. Result: Params.
         */
        int (*get_info)(Domain *domain, uint32_t types, Job *job, Error *error);
        /* Result: records of "mountpoint", "name", "fstype", "disks" (targets), maybe "total-bytes", "used-bytes". */
        int (*get_filesystems)(Domain *domain, Job *job, Error *error);
        /* No mount points: all. Result: "count" u32. */
        int (*freeze)(Domain *domain, const char *const *mountpoints, Job *job, Error *error);
        int (*thaw)(Domain *domain, const char *const *mountpoints, Job *job, Error *error);
        /* mountpoint NULL: all. minimum in bytes. */
        int (*trim)(Domain *domain, const char *mountpoint, uint64_t minimum, Job *job, Error *error);
        int (*set_password)(Domain *domain, const char *user, const char *password, uint32_t flags, Job *job,
                            Error *error);
        /* Result: "keys" strv. */
        int (*get_ssh_keys)(Domain *domain, const char *user, Job *job, Error *error);
        int (*set_ssh_keys)(Domain *domain, const char *user, const char *const *keys, uint32_t flags,
                            Job *job, Error *error);
        /* Result: "vcpus", "online", "offlinable": sets as in cpuset.h. */
        int (*get_vcpus)(Domain *domain, Job *job, Error *error);
        int (*set_vcpus)(Domain *domain, const char *cpuset, bool online, Job *job, Error *error);
        int (*set_vcpu_count)(Domain *domain, uint32_t n, Job *job, Error *error);
        /*
         * Result: records of "name", "hwaddr", and for each address one of them with "type" i32 (0 IPv4, 1 IPv6),
         * "addr", "prefix" u32; those of one interface stand together.
         */
        int (*get_addresses)(Domain *domain, DomainAddressSource source, Job *job, Error *error);
        /* Seconds as in libvirt: -2 for ever, -1 the default, 0 not at all. Result: text. */
        int (*agent_command)(Domain *domain, const char *command, int32_t timeout, Job *job, Error *error);
        /* The same for all that its agent is asked from now on by others of these, until the machine stops. */
        int (*set_agent_timeout)(Domain *domain, int32_t timeout, Job *job, Error *error);
        /* target: virNodeSuspendTarget: 0 memory, 1 disk, 2 both. */
        int (*suspend)(Domain *domain, uint32_t target, Job *job, Error *error);
        int (*wakeup)(Domain *domain, Job *job, Error *error);
        int (*send_signal)(Domain *domain, int64_t pid, uint32_t signal, Job *job, Error *error);
} GuestOps;

/* virKeycodeSet */
typedef enum DomainKeycodeSet {
        DOMAIN_KEYCODES_LINUX = 0,
        DOMAIN_KEYCODES_XT = 1,
        DOMAIN_KEYCODES_ATSET1 = 2,
        DOMAIN_KEYCODES_ATSET2 = 3,
        DOMAIN_KEYCODES_ATSET3 = 4,
        DOMAIN_KEYCODES_OSX = 5,
        DOMAIN_KEYCODES_XT_KBD = 6,
        DOMAIN_KEYCODES_USB = 7,
        DOMAIN_KEYCODES_WIN32 = 8,
        DOMAIN_KEYCODES_QNUM = 9,
        _DOMAIN_KEYCODES_MAX,
} DomainKeycodeSet;

#define DOMAIN_KEYS_MAX 16u

/* virDomainMemoryFlags, virDomainOpenGraphicsFlags */
enum {
        DOMAIN_MEMORY_VIRTUAL = 1 << 0,
        DOMAIN_MEMORY_PHYSICAL = 1 << 1,
        DOMAIN_GRAPHICS_SKIPAUTH = 1 << 0,
};

#define DOMAIN_PEEK_MAX (4u * 1024 * 1024)

typedef struct MachineOps {
        /* holdtime in milliseconds, 0: the default. */
        int (*send_key)(Domain *domain, DomainKeycodeSet set, uint32_t holdtime, const uint32_t *keycodes, size_t n,
                        Job *job, Error *error);
        int (*inject_nmi)(Domain *domain, Job *job, Error *error);
        /* The display takes over a copy of fd. */
        int (*open_graphics)(Domain *domain, uint32_t index, int fd, uint32_t flags, Job *job, Error *error);
        /* Result: GBytes of that size, at most DOMAIN_PEEK_MAX. */
        int (*peek_memory)(Domain *domain, uint64_t offset, size_t size, uint32_t flags, Job *job, Error *error);
        int (*peek_block)(Domain *domain, const char *disk, uint64_t offset, size_t size, Job *job, Error *error);
        /* Also of an inactive domain. Result: "capacity", "allocation", "physical": u64, bytes. */
        int (*get_block_info)(Domain *domain, const char *disk, Job *job, Error *error);
        /* size in bytes; 0: that of the device beneath the disk. */
        int (*resize_block)(Domain *domain, const char *disk, uint64_t size, Job *job, Error *error);
        /* Result: records of "disk", "error" i32 (virDomainDiskErrorCode: 1 unknown, 2 no space). */
        int (*get_disk_errors)(Domain *domain, Job *job, Error *error);
        /* Adds "label", "enforcing" for each security model that the machine is under. Must not wait. */
        void (*get_security_labels)(Domain *domain, GPtrArray *records);
        /* Result: Params. */
        int (*get_launch_security)(Domain *domain, Job *job, Error *error);
        int (*set_launch_security)(Domain *domain, const Params *params, Job *job, Error *error);
        /* flags: virDomainDirtyRateCalcFlags. */
        int (*measure_dirty_rate)(Domain *domain, uint32_t seconds, uint32_t flags, Job *job, Error *error);
        /* type: virDomainGraphicsReloadType. */
        int (*reload_graphics)(Domain *domain, uint32_t type, Job *job, Error *error);
        /* human: not JSON. The n files go with it and stay the caller's. Result: text. */
        int (*monitor_command)(Domain *domain, const char *command, bool human, const int *fds, size_t n, Job *job,
                               Error *error);
        /* The files stay the caller's; flags: virDomainFDAssociateFlags. */
        int (*associate_fds)(Domain *domain, const char *name, const int *fds, size_t n, uint32_t flags, Job *job,
                             Error *error);
        /* Starts an inactive domain whose first process gets the files. */
        int (*start_with_files)(Domain *domain, const int *fds, size_t n, uint32_t flags, Job *job, Error *error);
} MachineOps;
