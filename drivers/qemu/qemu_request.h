/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One command to QEMU's monitor or to the guest's agent as a job, and what is made of the answer. */

#include "drivers/qemu/qemu_guest.h"

/* Gives the job its result. The shape of the answer is never trusted: ERROR_OPERATION_FAILED. */
typedef int (*QemuResult)(Domain *domain, JsonNode *result, Job *job, Error *error);

/* arguments, which may be NULL, is taken; result may be NULL. */
int qemu_monitor_request(Domain *domain, const char *command, JsonObject *arguments, QemuResult result, Job *job,
                         Error *error);
/* A descriptor goes ahead under the name; it stays the caller's. */
int qemu_monitor_request_fd(Domain *domain, const char *name, int fd, const char *command,
                            JsonObject *arguments, Job *job, Error *error);
/* A descriptor goes with the command; it stays the caller's. */
int qemu_monitor_request_with_fd(Domain *domain, const char *command, JsonObject *arguments, int fd, QemuResult result,
                                 Job *job, Error *error);
/* usual_usec is the time it has unless AgentSetResponseTimeout has said another for the machine. */
int qemu_agent_request(Domain *domain, const char *command, JsonObject *arguments, uint64_t usual_usec,
                       QemuResult result, Job *job, Error *error);
/* The same, in this time whatever was said. */
int qemu_agent_request_within(Domain *domain, const char *command, JsonObject *arguments, uint64_t timeout_usec,
                              QemuResult result, Job *job, Error *error);

/* "the guest's agent" or QEMU has answered with something else than it should. */
int qemu_bad_answer(Error *error, const char *command);

/* Results for jobs. */
Params *qemu_result_params(Job *job);
GPtrArray *qemu_result_records(Job *job);

extern const GuestOps qemu_guest_ops;
/* qemu_monitor_command.c */
int qemu_monitor_command(Domain *domain, const char *command, bool human, const int *fds, size_t n, Job *job,
                         Error *error);
int qemu_agent_command(Domain *domain, const char *command, int32_t timeout, Job *job, Error *error);

extern const MachineOps qemu_machine_ops;
int qemu_set_threshold(Domain *domain, const char *device, uint64_t threshold, Job *job, Error *error);
