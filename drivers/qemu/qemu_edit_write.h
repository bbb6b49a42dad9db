/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The last step of a change: the persistent definition is made durable, and becomes visible in the turn in which that
 * is done.
 */

#include "drivers/qemu/qemu_private.h"

typedef struct QemuEditWrite {
        Job *job;
        Domain *domain;
        DomainDef *config; /* NULL: it is not changed */
        WorkerTask *task;
        void (*visible)(void *userdata);
        void *userdata;
} QemuEditWrite;

/*
 * As the start of a step. Nothing in it is owned: config must live as long. visible is called once, after
 * domain_set_config(), also when there is nothing to write. Who frees it cancels the task.
 */
int qemu_edit_write(QemuEditWrite *write);
