/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The driver's own struct, and what its files share. */

#include "drivers/driver.h"
#include "drivers/host/cgroup.h"
#include "drivers/qemu/qemu_capabilities_xml.h"
#include "drivers/qemu/qemu_caps.h"
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_log.h"
#include "drivers/qemu/qemu_program.h"
#include "drivers/qemu/qemu_store.h"
#include "drivers/qemu/qemu_users.h"

typedef struct QemuDriver QemuDriver;
typedef struct QemuGuest QemuGuest;
typedef struct QemuAutostart QemuAutostart;

typedef struct QemuSettings {
        uint64_t monitor_timeout_usec; /* of a command */
        unsigned autostart_parallel;
        const char *vnc_listen;              /* borrowed; NULL: the default */
        uint16_t vnc_port_min, vnc_port_max; /* 0: the default */
        int save_format;                     /* QemuSaveFormat */
        QemuPrograms *programs;
        QemuTlsDirs tls;                     /* borrowed */
        bool vnc_tls_verify;                 /* clients of VNC need a certificate, too */
        char **session_env;                  /* see QemuCommandOptions; NULL outside a user's session */
        char **image_dirs;                   /* where backing files may be that only an image names */
        const char *tls_dir;    /* certificates and keys; borrowed */
        const char *tls_secret; /* UUID of the secret that the keys are locked with; NULL: they are not. Borrowed */
} QemuSettings;

struct QemuDriver {
        Driver driver;
        const DriverHost *host;
        QemuSettings settings;
        char *run_dir; /* <run>/qemu */
        char *log_dir; /* <log>/qemu */
        char *overlay_dir; /* <state>/qemu/overlays: files without a name */
        int run_fd;
        QemuStore *store;
        QemuUsers *users;
        Cgroups *cgroups; /* NULL: an ordinary user's daemon */
        Launcher *launcher;
        QemuCapsCache *caps;
        QemuLogWatch *log_watch;
        QemuHost *machine; /* facts of the host; NULL until they have been read */
        QemuCapsRequest *probe; /* of the default emulator, at start-up */
        uint64_t early_version; /* before it */
        GHashTable *guests;     /* UUID -> QemuGuest, owned: all that have, or will have, a process */
        GQueue starts;          /* those in progress that end with their caller; see qemu_start_caller_left() */
        GHashTable *fd_groups;  /* see qemu_fd_groups.h */
        GHashTable *reserved;   /* names of definitions on their way from or to another name */
        GPtrArray *farewells;   /* what is being run for machines that have ended; see qemu_launch.h */
        uint32_t last_id;
        QemuAutostart *autostart;
        struct QemuSettle *settle; /* what the start has left for later */
};

static inline QemuDriver *qemu_driver(Driver *driver)
{
        return (QemuDriver *) driver;
}

static inline QemuDriver *qemu_driver_of(const Domain *domain)
{
        return (QemuDriver *) domain->object.driver;
}

/* For job_set_object() and job_set_result_object(). */
void qemu_unref_domain(void *domain);
void qemu_unref_def(void *def);

/* Refuses flags outside the mask, in libvirt's words. */
int qemu_check_flags(uint32_t flags, uint32_t known, Error *error);

/* The architecture of this machine in libvirt's words: "x86_64". Static. */
const char *qemu_native_arch(void);

/* qemu_connect.c */
uint64_t qemu_get_version(Driver *driver);
int qemu_get_capabilities(Driver *driver, Job *job, Error *error);
int qemu_get_domain_capabilities(Driver *driver, const char *emulator, const char *arch, const char *machine,
                                 const char *virt_type, Job *job, Error *error);
int qemu_get_max_vcpus(Driver *driver, const char *virt_type, int32_t *ret, Error *error);
int qemu_get_cpu_models(Driver *driver, const char *arch, const char ***ret, Error *error);
int qemu_get_host_cpu(Driver *driver, const CpuQuery *query, CpuHost **ret, Error *error);
int qemu_get_hypervisor_cpu(Driver *driver, const CpuQuery *query, Job *job, Error *error);

/* qemu_normalize.c */
int qemu_domain_to_native(Driver *driver, const char *format, DomainDef *def, Job *job, Error *error);
int qemu_normalize(Driver *driver, DomainDef *def, Job *job, Error *error);
/*
 * The same in one go, with what the emulator can do. firmwares and keep_abi are those of DomainDefHost; *ret is the
 * caller's.
 */
int qemu_normalize_now(QemuDriver *driver, const QemuCaps *caps, const char *emulator, const DomainDef *def,
                       const Firmwares *firmwares, bool keep_abi, DomainDef **ret, Error *error);

/* qemu_define.c */
int qemu_define(Domain *domain, DomainDef *def, Job *job, Error *error);
int qemu_undefine(Domain *domain, uint32_t flags, Job *job, Error *error);
int qemu_set_autostart(Domain *domain, bool autostart, Job *job, Error *error);
int qemu_set_autostart_once(Domain *domain, bool autostart, Job *job, Error *error);
int qemu_rename(Domain *domain, const char *name, Job *job, Error *error);
/* Refuses a new domain whose name a rename is about to use or has not yet left. */
int qemu_check_name(QemuDriver *driver, const char *name, Error *error);

/* qemu_edit.c */
int qemu_edit(Domain *domain, DomainEdit *edit, Job *job, Error *error);
/* qemu_edit_device.c: whether the edit is one of a device of a running machine; and that. */
bool qemu_edit_is_of_device(const Domain *domain, const DomainEdit *edit);
int qemu_edit_device(Domain *domain, DomainEdit *edit, Job *job, Error *error);
/* qemu_edit_vcpus.c: the same of the processors of a running machine. */
bool qemu_edit_is_of_vcpus(const Domain *domain, const DomainEdit *edit);
int qemu_edit_vcpus(Domain *domain, DomainEdit *edit, Job *job, Error *error);
uint32_t qemu_host_cpus(Driver *driver);

/* What a command line is made with; monitor_fd is the caller's to set. */
QemuCommandOptions qemu_command_options(const QemuDriver *driver);

/* qemu_start.c */
int qemu_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
/* The same from a saved state; def is the one in it, or fits it. */
int qemu_restore(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
/* Gives up the caller's starts of machines that are to end with him. */
void qemu_start_caller_left(QemuDriver *driver, const char *name);

/* qemu_native.c: the command line as people read it, of a definition that is normalised. */
int qemu_native_text(QemuDriver *driver, const QemuCaps *caps, const DomainDef *def, char **ret, Error *error);

/* qemu_ports.c: chooses the ports that displays of SPICE leave open; *def is replaced. */
int qemu_ports_choose(QemuDriver *driver, DomainDef **def, Error *error);

/* qemu_power.c */
int qemu_shutdown(Domain *domain, uint32_t flags, Job *job, Error *error);
int qemu_reboot(Domain *domain, uint32_t flags, Job *job, Error *error);

/* qemu_lifecycle.c */
int qemu_reset(Domain *domain, uint32_t flags, Job *job, Error *error);
int qemu_suspend(Domain *domain, Job *job, Error *error);
int qemu_resume(Domain *domain, Job *job, Error *error);
int qemu_destroy(Domain *domain, uint32_t flags, Job *job, Error *error);

/* qemu_console.c */
int qemu_open_console(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error);
int qemu_open_channel(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error);

/* qemu_stats.c */
void qemu_get_stats(Domain *domain, uint32_t groups, Params *ret);
int qemu_get_cpu_stats(Domain *domain, uint32_t cpu, Params *ret);

/* qemu_adopt.c: what a former life of the daemon left behind. Never fails as a whole. */
void qemu_adopt_all(QemuDriver *driver);

/* qemu_autostart.c: starts what is to start with the host, once per boot, in the background. */
QemuAutostart *qemu_autostart_begin(QemuDriver *driver);
QemuAutostart *qemu_autostart_free(QemuAutostart *autostart);
