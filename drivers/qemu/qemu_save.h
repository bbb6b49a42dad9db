/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Saved states: of their own files, or managed, <state>/qemu/save/NAME.save, which the next start restores. */

#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_save_image.h"

int qemu_save(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
int qemu_screenshot(Domain *domain, uint32_t screen, Job *job, Error *error);

/* qemu_save_ops.c */
int qemu_image_read(Driver *driver, const char *file, Job *job, Error *error);
int qemu_image_write(Driver *driver, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
int qemu_managed_read(Domain *domain, Job *job, Error *error);
int qemu_managed_write(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
int qemu_managed_remove(Domain *domain, Job *job, Error *error);

/* The file of the managed save of a domain of that name. Free with g_free(). */
char *qemu_managed_path(const QemuDriver *driver, const char *name);
/* Makes the directories, also that of dumps, and marks the domains that have one: at the start of the daemon. */
int qemu_managed_load(QemuDriver *driver, Error *error);
/* Removes it durably; the domain is not told. */
WorkerTask *qemu_managed_remove_later(const Domain *domain, WorkerDone done, void *userdata);
/* Removes it in the background: the machine runs, or has run since. */
void qemu_managed_forget(Domain *domain);

/* Whether a machine runs when it is restored: as the flags say, else as it did. */
static inline bool qemu_save_wants_pause(uint32_t flags, bool was_paused)
{
        return flags & DOMAIN_SAVE_RUNNING ? false : was_paused || (flags & DOMAIN_SAVE_PAUSED);
}

/*
 * qemu_restore.c: the state that a machine is given while it starts. Each of the calls with done ends with it, unless
 * the restore is freed before; error is unset when it succeeded, and the caller's for the time of the call.
 */
typedef struct QemuRestore QemuRestore;
typedef void (*QemuRestoreDone)(void *userdata, Error *error);

/* path is taken. managed: the file goes when the machine is about to run. */
QemuRestore *qemu_restore_new(QemuDriver *driver, char *path, bool managed, bool direct, QemuRestoreDone done,
                              void *userdata);
QemuRestore *qemu_restore_free(QemuRestore *restore);
/* Opens and reads the head. */
void qemu_restore_open(QemuRestore *restore);
/* Thereafter: the definition in it, and whether the machine stood. */
DomainDef *qemu_restore_def(const QemuRestore *restore);
bool qemu_restore_is_paused(const QemuRestore *restore);
/* Has the machine, which waits for it (-incoming defer), read the state. */
int qemu_restore_load(QemuRestore *restore, QemuGuest *guest, Job *job, Error *error);
/* Removes the file durably. Also without open: a state that is not wanted. */
void qemu_restore_discard(QemuRestore *restore);
bool qemu_restore_is_managed(const QemuRestore *restore);
