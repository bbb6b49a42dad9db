/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the handlers share that change the definition of a domain, or read it. */

#include "drivers/model/domain_edit.h"
#include "service/call.h"

#define AFFECT_FLAGS (DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG)
/* What may beside those stand in the flags of reads: VIR_TYPED_PARAM_STRING_OKAY, which is always so. */
#define READ_FLAGS (AFFECT_FLAGS | UINT32_C(4))

/*
 * Has the driver carry the edit out as a job and ends the call. ERROR_INVALID_ARG for flags outside known,
 * ERROR_OPERATION_INVALID when what is to change is not there.
 */
int run_edit(Call *call, Domain *domain, DomainEdit *edit, uint32_t known, Error *error);
/* The same for edits that are one number, text or set of parameters. */
int run_number_edit(Call *call, Domain *domain, DomainEditKind kind, uint64_t number, uint32_t flags,
                    uint32_t known, Error *error);
int run_text_edit(Call *call, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags,
                  uint32_t known, Error *error);
int run_params_edit(Call *call, Domain *domain, DomainEditKind kind, const char *name, const Params *params,
                    uint32_t flags, Error *error);

/*
 * The definition that the flags of a read mean: a new reference to that of the machine if it runs, else the
 * persistent one. ERROR_OPERATION_INVALID, ERROR_INVALID_ARG.
 */
int get_definition(const Domain *domain, uint32_t flags, uint32_t known, DomainDef **ret, Error *error);

/* Ends the call with a dictionary. */
int reply_params(Call *call, const Params *params);
