/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel says of a process. */

#include "service/base/error.h"

#include <sys/types.h>

/*
 * Time on a processor in nanoseconds, of all its threads, those that ended included, from the scheduler's
 * own account: the ticks in /proc/PID/stat are too coarse. 0 when it is gone.
 */
uint64_t process_cpu_nsec(pid_t pid);

/* Its private memory (RssAnon), in KiB. 0 when it is gone. */
uint64_t process_private_kib(pid_t pid);

/*
 * The first process whose command line has the word, and whose program's name begins so; 0 when there is
 * none. The command line is returned when asked for.
 */
pid_t process_find(const char *program, const char *word, GStrv *ret_argv);

/* Its command line; NULL when it is gone. */
GStrv process_argv(pid_t pid);

/* Starts argv with its output appended to log (a path). Returns 0 or a negative errno with the error set. */
int process_start(const char *const *argv, const char *log, pid_t *ret, Error *error);

/* SIGTERM, and SIGKILL when that did not help within seconds; waits for the end. pid becomes 0. */
void process_stop(pid_t *pid);
