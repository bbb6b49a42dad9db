/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What everything that takes the definition of a domain from a caller has in common: connect-define.c */

#include "service/call.h"

/* A definition without UUID means the domain of its name; without such a one it stays as it is. */
int definition_resolve_uuid(const Driver *driver, DomainDef **def, Error *error);

/* As call_require(), for both. */
int definition_require(Call *call, Permission first, Permission second, const DomainDef *def, Error *error);

/* Goes on with then(), whose job has the normalised definition as its result. Takes def over. */
int definition_normalize(Call *call, Driver *driver, DomainDef *def, CallJobReply then, Error *error);

/*
 * Occupies name and UUID of a new domain, with a job that makes it. Returns what call_job_begin() returns;
 * ERROR_DOM_EXIST when one is taken.
 */
int definition_begin_new(Call *call, const char *kind, const DomainDef *def, Domain **ret, Job **ret_job,
                         Error *error);

/* A definition that a caller wants in place of another one: the guest must not notice. The name stays. */
int definition_check_same(const DomainDef *own, const DomainDef *given, Error *error);
