/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with networks, their ports, and network filters. See drivers/driver.h. */

#include "drivers/model/network_port.h"
#include "drivers/model/nwfilter.h"
#include "drivers/model/nwfilter_binding.h"

typedef struct NetworkOps {
        bool own_mac; /* bridges get a MAC address when they are defined */
        /*
         * Makes the definition durable, then sets it. network is unpublished when it is new: the operation publishes it
         * at the end, or removes it from the list when it fails. Emits DEFINED.
         */
        int (*define)(Network *network, NetworkDef *def, Job *job, Error *error);
        /* A running network becomes transient where the driver can do that. Emits UNDEFINED. */
        int (*undefine)(Network *network, Job *job, Error *error);
        /*
         * Starts an inactive network. def NULL: with its persistent definition; else the definition of a transient one,
         * published or removed as above. Emits STARTED.
         */
        int (*start)(Network *network, NetworkDef *def, Job *job, Error *error);
        /* Its ports and leases go, and a transient network itself. Emits STOPPED. */
        int (*stop)(Network *network, Job *job, Error *error);
        int (*set_autostart)(Network *network, bool autostart, Job *job, Error *error);
        /* Sets the definitions that are not NULL: what it runs with, and durably what it starts with. */
        int (*change)(Network *network, NetworkDef *live, NetworkDef *config, Job *job, Error *error);
        /* Plugs the port in; it is unpublished, and is published or removed as above. */
        int (*create_port)(NetworkPort *port, Job *job, Error *error);
        int (*delete_port)(NetworkPort *port, Job *job, Error *error);
        int (*change_port)(NetworkPort *port, NetworkPortDef *def, Job *job, Error *error);
} NetworkOps;

typedef struct NWFilterOps {
        /* As NetworkOps.define. */
        int (*define)(NWFilter *filter, NwfilterDef *def, Job *job, Error *error);
        /* ERROR_OPERATION_INVALID while a binding has its rules. */
        int (*undefine)(NWFilter *filter, Job *job, Error *error);
        /* Applies the rules; the binding is unpublished. ERROR_NO_NWFILTER when one of its filters is missing. */
        int (*bind)(NWFilterBinding *binding, Job *job, Error *error);
        /* The port is filtered by what def says, or as before when that fails. NULL: unbind, and bind. */
        int (*rebind)(NWFilterBinding *binding, NwfilterBindingDef *def, Job *job, Error *error);
        int (*unbind)(NWFilterBinding *binding, Job *job, Error *error);
} NWFilterOps;
