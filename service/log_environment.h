/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What libvirt's daemons read from their environment about the log: LIBVIRT_DEBUG ("1" to "4", or "debug", "info",
 * "warning", "error"), LIBVIRT_LOG_FILTERS ("1:qemu 3:bus") and LIBVIRT_LOG_OUTPUTS ("1:stderr", "3:journald"; the
 * first counts). What cannot be read is left out, as libvirt does it.
 */

/* Thresholds in the form of log_set_filters(), or NULL when nothing is said. Free with g_free(). */
char *log_environment_filters(void);
/* A target for log_open(), or NULL. */
const char *log_environment_target(void);
