/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parameters of libvirt's virDomainGet/Set…Parameters() as rows over the structs of a definition: one
 * table reads them and changes them.
 */

#include "drivers/model/domain_def.h"
#include "service/base/params.h"

typedef struct TuneField {
        const char *name;  /* "vcpu_quota" */
        ParamType type;    /* of the parameter */
        uint8_t kind;      /* DefKind of the field */
        uint16_t offset;   /* of the field */
        int64_t otherwise; /* what a field that was not given is read as */
} TuneField;

typedef struct TuneTable {
        const TuneField *fields;
        size_t n;
        size_t size;      /* of the struct */
        const char *event; /* how names begin in the signal Tunable; NULL: it tells of none */
} TuneTable;

extern const TuneTable tune_scheduler; /* DomainCpuTune: VIR_DOMAIN_SCHEDULER_* */
extern const TuneTable tune_memory;    /* DomainMemTune: VIR_DOMAIN_MEMORY_*, KiB */
extern const TuneTable tune_block_io;  /* DomainIoTune: VIR_DOMAIN_BLOCK_IOTUNE_* */
extern const TuneTable tune_iothread;  /* DomainIoThread: VIR_DOMAIN_IOTHREAD_* */

/* VIR_DOMAIN_MEMORY_PARAM_UNLIMITED */
#define TUNE_MEMORY_UNLIMITED INT64_C(9007199254740991)

/* Adds all fields of p (NULL: none was given). Strings that were not given are left out. */
void tune_read(const TuneTable *table, const void *p, Params *ret);

/*
 * Sets the named fields of p, of an unsealed definition. ERROR_INVALID_ARG for a name that the table does
 * not have, a value of another type, or one that does not fit.
 */
int tune_write(const TuneTable *table, const Params *params, DomainDef *def, void *p, Error *error);

/* Numbers that are 0 count as not given any more. */
void tune_drop_zeros(const TuneTable *table, void *p);

/* Checks names and types alone. */
int tune_check(const TuneTable *table, const Params *params, Error *error);

/* <bandwidth>: VIR_DOMAIN_BANDWIDTH_*. bandwidth NULL: none. */
void tune_read_bandwidth(const DomainBandwidth *bandwidth, Params *ret);
int tune_write_bandwidth(const Params *params, DomainDef *def, DomainBandwidth **bandwidth, Error *error);

/* <blkiotune>: VIR_DOMAIN_BLKIO_*. */
void tune_read_blkio(const DomainBlkioTune *tune, Params *ret);
int tune_write_blkio(const Params *params, DomainDef *def, Error *error);
