/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A ProcessSpec as virtbus-exec reads it; for process.c alone. */

#include "service/base/process.h"

/*
 * Checks the spec: ERROR_INVALID_ARG names what is wrong. *ret_floor is the first number above all targets
 * and standard fds.
 */
int process_spec_check(const ProcessSpec *spec, int *ret_floor, Error *error);

/* first_cgroup is the number the first of the cgroup fds has in the child; the others follow it. */
int process_plan_new(const ProcessSpec *spec, int first_cgroup, int *ret_fd, Error *error);
