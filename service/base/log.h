/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Structured logging: to the journal where it listens, else to stderr. Library code logs at debug only; who
 * is outermost logs once. A category is the name of a part ("bus", "job", "qemu", …); each has its own
 * threshold, which may be changed while the daemon runs.
 */

#include "service/base/util.h"

#include <stdarg.h>
#include <syslog.h>

/*
 * Opens the log. target is "auto", "journal" or "stderr". Call it before threads are started; it and the thresholds may
 * be changed later and from any thread. Returns 0 or -EINVAL.
 */
int log_open(const char *target);

/*
 * Thresholds, as text: "info", or "info qemu:debug bus:notice": one default word, then category:level. Levels are
 * emerg alert crit err warning notice info debug. All of it is applied or nothing. Returns 0 or -EINVAL.
 */
int log_set_filters(const char *filters);

/* The thresholds in force, in the same form. Free with g_free(). */
char *log_get_filters(void);

/* The default threshold alone, as one word. Returns 0 or -EINVAL. */
int log_set_level(const char *level);
/* "journal" or "stderr": where it goes. */
const char *log_get_target(void);

bool log_enabled(const char *category, int level);

/*
 * fields is NULL-terminated "NAME=value" text in the journal's form (DOMAIN_UUID=…), or NULL. Never put a
 * secret or a definition into a message or a field.
 */
void log_full(const char *category, int level, const char *const *fields, const char *file, int line,
              const char *format, ...) _printf_(6, 7);

/* Each source file that logs defines LOG_CATEGORY before it uses these. */
#define log_at(level, fields, ...)                                                                  \
        do {                                                                                        \
                if (log_enabled(LOG_CATEGORY, level))                                               \
                        log_full(LOG_CATEGORY, level, fields, __FILE__, __LINE__, __VA_ARGS__);     \
        } while (0)

#define log_debug(...) log_at(LOG_DEBUG, NULL, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, NULL, __VA_ARGS__)
#define log_notice(...) log_at(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, NULL, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERR, NULL, __VA_ARGS__)

/* For one domain: adds DOMAIN_NAME= and DOMAIN_UUID=. */
#define log_domain(level, name, uuid, ...)                                                          \
        do {                                                                                        \
                if (log_enabled(LOG_CATEGORY, level)) {                                             \
                        g_autofree char *_n = g_strdup_printf("DOMAIN_NAME=%s", name);              \
                        g_autofree char *_u = g_strdup_printf("DOMAIN_UUID=%s", uuid);              \
                        log_full(LOG_CATEGORY, level, (const char *const[]) { _n, _u, NULL },       \
                                 __FILE__, __LINE__, __VA_ARGS__);                                  \
                }                                                                                   \
        } while (0)
