/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a later life of the daemon must know of a running machine: a file "status" in the machine's
 * directory, replaced as a whole at every change. It lives in /run, which is memory, so it is written on the
 * loop and without fsync. First come lines "key value", then an empty line, then the definition of the
 * running machine with all its facts. Who reads it trusts nothing: the process is identified by the peer of
 * its monitor's socket; pid and start time are a second witness.
 */

#include "drivers/model/domain.h"

#define QEMU_STATUS_FILE "status"
#define QEMU_STATUS_SIZE_MAX (33u * 1024 * 1024)

typedef enum QemuPhase {
        QEMU_STARTING, /* not announced: whoever finds it undoes the start */
        QEMU_UP,
        QEMU_STOPPING, /* its end has been decided */
        _QEMU_PHASE_MAX,
} QemuPhase;
DECLARE_STRING_TABLE(qemu_phase, QemuPhase);

typedef struct QemuStatus {
        QemuPhase phase;
        char uuid[37];
        uint32_t id;
        uid_t uid;
        pid_t pid;           /* 0: not known yet */
        uint64_t start_time; /* of the process, in ticks since boot; 0: not known */
        uint64_t started_usec;
        DomainState state;
        int reason;
        bool reboot;         /* a power-off of the guest means a reboot */
        bool rebooting;      /* it has powered off: reset and "cont" are on their way */
        bool launching;      /* the first "cont" is on its way */
        bool saving;         /* the daemon has stopped it to write its state: it is to run again */
        bool autodestroy;    /* ends with the caller that started it */
        bool keep_tpm;       /* the definition is gone, the state of its TPM is to stay */
        int end_reason;      /* QEMU_STOPPING: DOMAIN_SHUTOFF_* */
        int end_event;       /* DOMAIN_EVENT_STOPPED_* */
        bool has_agent_timeout;
        int32_t agent_timeout; /* seconds, -2: for ever */
        uint64_t log_offset; /* where this run begins in the log */
        const char *xml;     /* borrowed; when parsed, part of the text */
} QemuStatus;

/* Free with g_free(). */
char *qemu_status_format(const QemuStatus *status, size_t *ret_size);
/*
 * text is NUL-terminated and must outlive ret. ERROR_CONFIG_UNSUPPORTED when a newer daemon wrote it,
 * ERROR_OPERATION_FAILED when it is damaged.
 */
int qemu_status_parse(const char *text, QemuStatus *ret, Error *error);
