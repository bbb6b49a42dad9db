/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The store of the firmware's variables: a file of the machine's own, made from a template before its first start. */

#include "drivers/model/domain_def.h"
#include "service/base/process.h"
#include "service/base/worker.h"

typedef struct QemuNvram QemuNvram;

/* Whether the store is on this host; *ret_path is the definition's then, *ret_block says what kind of file it is. */
/*
 * One that is on a server, as if it were a disk: that of the firmware's second flash. The disk borrows from os. false:
 * it is none.
 */
bool qemu_nvram_as_disk(const DomainOs *os, DomainDisk *ret);
bool qemu_nvram_is_local(const DomainOs *os, const char **ret_path, bool *ret_block);
/* Whether the machine has one at all. */
bool qemu_nvram_is_given(const DomainOs *os);

/* error is unset when the store is there; it is the caller's for the time of the call. */
typedef void (*QemuNvramDone)(void *userdata, Error *error);

/*
 * Makes the store when it is missing, or anew with reset. A template of another format is converted by qemu-img as user
 * uid (0: ourselves). done is called once, never from within this call.
 */
QemuNvram *qemu_nvram_make(Launcher *launcher, WorkerPool *workers, const DomainDef *def, uid_t uid, gid_t gid,
                           bool reset, QemuNvramDone done, void *userdata);
/* done will not be called. Accepts NULL, returns NULL. */
QemuNvram *qemu_nvram_cancel(QemuNvram *nvram);
