/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with network interfaces of the host. See drivers/driver.h. */

#include "drivers/model/interface.h"

typedef struct InterfaceOps {
        /* interface is unpublished when it is new: it is published at the end, or removed when that fails. */
        int (*define)(Interface *interface, InterfaceDef *def, Job *job, Error *error);
        int (*undefine)(Interface *interface, Job *job, Error *error);
        /* ERROR_OPERATION_INVALID when it is active (inactive) already. */
        int (*start)(Interface *interface, Job *job, Error *error);
        int (*stop)(Interface *interface, Job *job, Error *error);
        /*
         * A transaction over all interfaces of the host: what is changed until the rollback is undone by it.
         * ERROR_OPERATION_INVALID when there is one (none) already. The jobs have no slot.
         */
        int (*begin)(Driver *driver, Job *job, Error *error);
        int (*commit)(Driver *driver, Job *job, Error *error);
        int (*rollback)(Driver *driver, Job *job, Error *error);
} InterfaceOps;
