/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What domain.c and domain_list.c know of each other. */

#include "drivers/model/domain.h"

struct DomainList {
        ObjectList *objects; /* by UUID and name */
        GHashTable *by_id;   /* number -> Domain, active ones */
        uint32_t last_id;
};

/* The caller holds the only reference. */
Domain *domain_new(const char *name, const char *uuid);

/* Moves the domain in the index of numbers; 0: out of it. */
void domain_list_index_id(Domain *domain, uint32_t id);
