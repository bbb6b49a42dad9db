/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Jobs of disks. QEMU does the work, and goes on with it whatever becomes of the daemon: a job is named after its disk
 * there, stays until it is dismissed, and stands in the file "blocks" of the machine's directory from before it begins
 * until what it has done stands in the definitions. So a later life finds it, at whatever point it is.
 */

#include "drivers/model/block_job.h"
#include "drivers/ops_block.h"
#include "drivers/qemu/qemu_block_chain.h"
#include "drivers/qemu/qemu_block_files.h"
#include "drivers/qemu/qemu_plug.h"
#include "drivers/qemu/qemu_script.h"

/* See drivers/ops_block.h. */
int qemu_block_start(Domain *domain, const DomainBlockRequest *request, Job *job, Error *error);
int qemu_block_pivot(Domain *domain, DomainBlockJob *job, Job *waiter, Error *error);
int qemu_block_abort(Domain *domain, DomainBlockJob *job, Job *waiter, Error *error);
int qemu_block_set_speed(Domain *domain, DomainBlockJob *job, uint64_t bandwidth, Job *asked, Error *error);

/* What QEMU says of a job, by its event JOB_STATUS_CHANGE. */
void qemu_block_event(QemuGuest *guest, JsonObject *data);
/* The jobs of a former life. */
void qemu_block_adopt(QemuGuest *guest);
/* There is a monitor again: asks how the jobs are. */
void qemu_block_resume(QemuGuest *guest);
/* ERROR_OPERATION_INVALID when there is a job of the disk (NULL: of any). */
int qemu_block_check_idle(const Domain *domain, const DomainDisk *disk, Error *error);
/* A disk of a running machine that jobs can be done with. */
int qemu_block_check_disk(const DomainDisk *disk, Error *error);

/* Answers of QEMU. The node, or NULL. */
JsonObject *qemu_block_find_node(JsonNode *nodes, const char *name);
/* Bytes that a guest sees of the format node; 0: not known. */
uint64_t qemu_block_node_size(JsonNode *nodes, const char *name);
/* The set of descriptors that is for the file node, or NULL. */
JsonObject *qemu_block_find_set(JsonNode *sets, const char *name);
/* A number for a set that nobody has. */
uint64_t qemu_block_new_set(void);
/* The entry of query-jobs, or NULL. */
JsonObject *qemu_block_find_job(JsonNode *jobs, const char *id);
/* Removes the nodes and what is behind them, of the layers with these numbers (uint32_t), from the top. */
void qemu_block_remove_layers(QemuGuest *guest, const DomainDisk *disk, const GArray *layers);
/* The node that the guest's device has. Free with g_free(). */
char *qemu_block_top_node(const DomainDisk *disk);

/* -- between the files of qemu_block -- */

typedef enum QemuBlockDecision {
        QEMU_BLOCK_UNDECIDED,
        QEMU_BLOCK_PIVOT,
        QEMU_BLOCK_ABORT,
        _QEMU_BLOCK_DECISION_MAX,
} QemuBlockDecision;

#define QEMU_BLOCK_NO_LAYER UINT32_MAX

typedef struct QemuBlock {
        QemuGuest *guest; /* not owned; NULL: the machine has ended */
        Domain *domain;
        DomainBlockJob *block; /* the domain's */
        Job *job;              /* not owned: it owns this */
        char *id;              /* in QEMU */
        uint32_t base, top;    /* numbers of layers, or QEMU_BLOCK_NO_LAYER */
        uint32_t fresh;        /* of a copy: the number of the new one */
        BlockDest *dest;
        char **below; /* of a copy: path and format of the images that the new one names, in turn */
        bool shallow, reuse, delete_top, relative, synchronous;
        uint64_t granularity, buffer_size;
        QemuBlockDecision decision;
        bool adopted;
        bool begun;   /* QEMU has it */
        bool over;    /* it has ended, and stands in no file any more */
        bool done;    /* it did what it was begun for */
        bool querying;
        JsonNode *nodes, *sets; /* before it began */
        Qmp *qmp;
        uint64_t number; /* of the command that has no reply yet, or 0 */
        WorkerTask *task;
        QemuBlockTarget *target;
        QemuBlockLoans *loans;
        QemuPlug *plug;
        QemuScript *script;
        sd_event_source *timer;
        Job *waiter; /* that has decided, and waits for the end */
        Job *hold;   /* the domain's slot, while its definitions change */
        DomainDef *config; /* that is being written */
        DomainDef *former; /* the live one before the end */
} QemuBlock;

/* Steps, see qemu_block.c. */
int qemu_block_step_look(Job *job, void *context, Error *error);
int qemu_block_step_files(Job *job, void *context, Error *error);
int qemu_block_step_nodes(Job *job, void *context, Error *error);
int qemu_block_step_begin(Job *job, void *context, Error *error);
void qemu_block_cancel_begin(Job *job, void *context);
void qemu_block_undo_files(Job *job, void *context);
void qemu_block_undo_nodes(Job *job, void *context);

QemuBlock *qemu_block_new(Domain *domain, const char *disk, DomainBlockJobType type, Job *job);
int qemu_block_run(QemuBlock *block, Error *error);
bool qemu_block_is_mirror(const QemuBlock *block);
/* The disk in the live definition; NULL: it is gone. */
DomainDisk *qemu_block_disk(const QemuBlock *block);
/* Sends a command and takes its number. */
void qemu_block_ask(QemuBlock *block, const char *command, JsonObject *arguments, QmpReply reply);
/* Writes the file of the machine's jobs. */
int qemu_block_save(QemuGuest *guest, Error *error);
/* <mirror> of the live definition as it should be now. */
void qemu_block_show_mirror(QemuBlock *block);
/* QEMU has done its part: definitions and nodes follow. Ends with the step, or calls it off. */
void qemu_block_conclude(QemuBlock *block);
/* What was decided is said to QEMU. */
void qemu_block_act(QemuBlock *block);
