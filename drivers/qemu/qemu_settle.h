/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a start leaves for later when it finds no good index of the definitions (qemu_index.h): thousands of them are
 * read and checked before the daemon has its name, but kept as they stand in their files. Afterwards they are packed, a
 * batch at a time on a worker, and the index is written.
 */

#include "drivers/model/domain.h"
#include "service/base/worker.h"

#include <sys/stat.h>

typedef struct QemuSettle QemuSettle;

QemuSettle *qemu_settle_new(const char *cache_dir);
/* Gives up what is not done yet. */
QemuSettle *qemu_settle_free(QemuSettle *settle);
DEFINE_TRIVIAL_CLEANUP(QemuSettle *, qemu_settle_free)

/* One that is packed already; def may be an outline. All are borrowed. */
void qemu_settle_add(QemuSettle *settle, const char *file, const struct stat *st, const DomainDef *def,
                     const DomainPacked *packed);
/* One whose domain keeps it as it stood in the file. */
void qemu_settle_add_kept(QemuSettle *settle, const char *file, const struct stat *st, const char *uuid);

/* Begins; done is called once, after the index was written or could not be. domains live as long as settle. */
void qemu_settle_start(QemuSettle *settle, WorkerPool *workers, DomainList *domains,
                       void (*done)(void *userdata), void *userdata);
