/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of domain_edit share: each has the edits of one part of the format. */

#include "drivers/model/domain_edit.h"

#include "drivers/model/def_table.h"

/* An edit at work on one definition. */
typedef struct DomainEditing {
        const DomainEdit *edit;
        const DomainDef *old;
        DomainDef *def; /* a copy of old that is not sealed */
        bool live;
        /* The device that is changed: its list in the tables, and its place in that. */
        const DefRow *row;
        uint32_t index;
} DomainEditing;

typedef struct DomainEditInfo {
        const char *name;
        const char *function;
        int (*apply)(DomainEditing *editing, Error *error);
        bool normalize; /* leaves things open that normalisation fills in */
        /* Looks at the result; may be NULL. */
        int (*check)(const DomainEditing *editing, const DomainDef *result, Error *error);
        /* Adds what the signal Tunable tells; may be NULL. */
        void (*tunables)(const DomainEdit *edit, Params *ret);
} DomainEditInfo;

const DomainEditInfo *domain_edit_info(DomainEditKind kind);

/* domain_edit_device.c */
int edit_attach_device(DomainEditing *editing, Error *error);
int edit_detach_device(DomainEditing *editing, Error *error);
int edit_detach_alias(DomainEditing *editing, Error *error);
int edit_update_device(DomainEditing *editing, Error *error);
int check_attached(const DomainEditing *editing, const DomainDef *result, Error *error);
int check_detached(const DomainEditing *editing, const DomainDef *result, Error *error);
int check_updated(const DomainEditing *editing, const DomainDef *result, Error *error);

/* domain_edit_cpu.c */
int edit_vcpus(DomainEditing *editing, Error *error);
int edit_vcpu(DomainEditing *editing, Error *error);
int edit_pin_vcpu(DomainEditing *editing, Error *error);
int edit_pin_emulator(DomainEditing *editing, Error *error);
int edit_scheduler(DomainEditing *editing, Error *error);
void tunables_pin_vcpu(const DomainEdit *edit, Params *ret);
void tunables_pin_emulator(const DomainEdit *edit, Params *ret);
void tunables_scheduler(const DomainEdit *edit, Params *ret);

/* domain_edit_iothread.c */
int edit_add_iothread(DomainEditing *editing, Error *error);
int edit_delete_iothread(DomainEditing *editing, Error *error);
int edit_pin_iothread(DomainEditing *editing, Error *error);
int edit_tune_iothread(DomainEditing *editing, Error *error);
void tunables_pin_iothread(const DomainEdit *edit, Params *ret);

/* domain_edit_memory.c */
int edit_memory(DomainEditing *editing, Error *error);
int edit_stats_period(DomainEditing *editing, Error *error);
int edit_memory_tune(DomainEditing *editing, Error *error);
int edit_numa(DomainEditing *editing, Error *error);

/* domain_edit_io.c */
int edit_blkio_tune(DomainEditing *editing, Error *error);
int edit_block_io_tune(DomainEditing *editing, Error *error);
int edit_interface(DomainEditing *editing, Error *error);
int edit_throttle_group(DomainEditing *editing, Error *error);
int edit_delete_throttle_group(DomainEditing *editing, Error *error);
void tunables_block_io(const DomainEdit *edit, Params *ret);

/* domain_edit_other.c */
int edit_perf(DomainEditing *editing, Error *error);
int edit_lifecycle(DomainEditing *editing, Error *error);
int edit_metadata(DomainEditing *editing, Error *error);
