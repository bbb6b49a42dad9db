/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A device comes to a running machine, leaves it, or gets another medium. What has to be said to QEMU is the difference
 * of two command lines, that of the machine as it is and that of the machine as it is wanted: so whatever can be built
 * can be plugged, as far as QEMU does it.
 */

#include "drivers/qemu/qemu_guest.h"

typedef enum QemuPlugKind {
        QEMU_PLUG_ATTACH,
        QEMU_PLUG_DETACH,
        QEMU_PLUG_MEDIUM, /* of a drive whose medium can be taken out */
        QEMU_PLUG_UPDATE, /* see qemu_plug_update.h */
        QEMU_PLUG_NODES,  /* the images of a disk, which nobody uses yet */
} QemuPlugKind;

typedef struct QemuPlug QemuPlug;

/*
 * Once, with the error unset when it succeeded; never from within begin. What failed is undone. live is what the
 * definition of the machine is now, borrowed; NULL after a detach: that is told by the event of the guest's letting go,
 * which may come later (qemu_plug_clear.h).
 */
typedef void (*QemuPlugDone)(void *userdata, DomainDef *live, Error *error);

/*
 * wanted is the live definition, changed; alias that of the device (NULL: an update, of any). force: a medium that the
 * guest holds is taken away. ERROR_OPERATION_UNSUPPORTED for what QEMU cannot be given while it runs.
 */
int qemu_plug_begin(Domain *domain, QemuPlugKind kind, DomainDef *wanted, const char *alias, bool force,
                    QemuPlugDone done, void *userdata, QemuPlug **ret, Error *error);
/* Before begin returns to the loop, of QEMU_PLUG_NODES: the node that is below what the definition names. */
void qemu_plug_set_below(QemuPlug *plug, const char *node);
/* Gives it up and undoes it; in done it lets go. Accepts NULL, returns NULL. */
QemuPlug *qemu_plug_free(QemuPlug *plug);

/* The guest refuses to let it go. */
void qemu_plug_refused(QemuGuest *guest, const char *alias);
