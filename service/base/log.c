/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The journal must not record this file as the origin of every message. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "service/base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

typedef struct Filter {
        char category[24];
        int level;
} Filter;

/*
 * The log is the one thing that every layer and thread shares without being handed it, as stderr is. A new
 * filter table replaces the old one under the lock; readers take the lock too, it is never held for I/O.
 */
static struct {
        GMutex lock;
        int journal; /* atomic: whoever writes looks at it once */
        int level;
        Filter filters[32];
        size_t n_filters;
} log_state = {
        .level = LOG_INFO,
};

static const char *const level_table[] = {
        [LOG_EMERG] = "emerg",     [LOG_ALERT] = "alert",   [LOG_CRIT] = "crit", [LOG_ERR] = "err",
        [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

int log_open(const char *target)
{
        if (streq(target, "auto"))
                g_atomic_int_set(&log_state.journal, access("/run/systemd/journal/socket", W_OK) == 0);
        else if (streq(target, "journal"))
                g_atomic_int_set(&log_state.journal, true);
        else if (streq(target, "stderr"))
                g_atomic_int_set(&log_state.journal, false);
        else
                return -EINVAL;
        return 0;
}

static int parse_filter(const char *word, int *default_level, Filter *filters, size_t *n)
{
        const char *colon = strchr(word, ':');
        int level = string_table_find(level_table, ELEMENTSOF(level_table), colon ? colon + 1 : word);
        size_t length;

        if (level < 0)
                return -EINVAL;
        if (!colon) {
                *default_level = level;
                return 0;
        }
        length = (size_t) (colon - word);
        if (length == 0 || length >= sizeof(filters->category) || *n >= ELEMENTSOF(log_state.filters))
                return -EINVAL;
        filters[*n] = (Filter) { .level = level };
        memcpy(filters[*n].category, word, length);
        (*n)++;
        return 0;
}

int log_set_filters(const char *text)
{
        g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
        Filter filters[ELEMENTSOF(log_state.filters)];
        size_t n = 0;
        int level = LOG_INFO;

        for (char **w = words; *w; w++)
                if (**w && parse_filter(*w, &level, filters, &n) < 0)
                        return -EINVAL;

        g_mutex_lock(&log_state.lock);
        log_state.level = level;
        memcpy(log_state.filters, filters, n * sizeof(Filter));
        log_state.n_filters = n;
        g_mutex_unlock(&log_state.lock);
        return 0;
}

char *log_get_filters(void)
{
        GString *s = g_string_new(NULL);

        g_mutex_lock(&log_state.lock);
        g_string_append(s, level_table[log_state.level]);
        for (size_t i = 0; i < log_state.n_filters; i++)
                g_string_append_printf(s, " %s:%s", log_state.filters[i].category,
                                       level_table[log_state.filters[i].level]);
        g_mutex_unlock(&log_state.lock);
        return g_string_free(s, FALSE);
}

int log_set_level(const char *text)
{
        int level = string_table_find(level_table, ELEMENTSOF(level_table), text);

        if (level < 0)
                return -EINVAL;
        g_mutex_lock(&log_state.lock);
        log_state.level = level;
        g_mutex_unlock(&log_state.lock);
        return 0;
}

const char *log_get_target(void)
{
        return g_atomic_int_get(&log_state.journal) ? "journal" : "stderr";
}

bool log_enabled(const char *category, int level)
{
        int threshold;

        g_mutex_lock(&log_state.lock);
        threshold = log_state.level;
        for (size_t i = 0; i < log_state.n_filters; i++)
                if (streq(log_state.filters[i].category, category))
                        threshold = log_state.filters[i].level;
        g_mutex_unlock(&log_state.lock);
        return level <= threshold;
}

static void log_to_journal(const char *category, int level, const char *const *fields, const char *file,
                           int line, const char *message)
{
        struct iovec iov[16];
        g_autofree char *text = g_strdup_printf("MESSAGE=%s", message);
        g_autofree char *priority = g_strdup_printf("PRIORITY=%d", level);
        g_autofree char *where = g_strdup_printf("CODE_FILE=%s", file);
        g_autofree char *number = g_strdup_printf("CODE_LINE=%d", line);
        g_autofree char *part = g_strdup_printf("VIRTBUS_CATEGORY=%s", category);
        const char *const own[] = { text, priority, where, number, part };
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                iov[n++] = (struct iovec) { .iov_base = (char *) own[i], .iov_len = strlen(own[i]) };
        for (; fields && *fields && n < ELEMENTSOF(iov); fields++)
                iov[n++] = (struct iovec) { .iov_base = (char *) *fields, .iov_len = strlen(*fields) };
        (void) sd_journal_sendv(iov, (int) n);
}

void log_full(const char *category, int level, const char *const *fields, const char *file, int line,
              const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list ap;

        va_start(ap, format);
        message = g_strdup_vprintf(format, ap);
        va_end(ap);

        if (g_atomic_int_get(&log_state.journal)) {
                log_to_journal(category, level, fields, file, line, message);
                return;
        }

        g_autoptr(GString) out = g_string_new(NULL);

        g_string_append_printf(out, "<%d>%s: %s", level, category, message);
        for (; fields && *fields; fields++)
                g_string_append_printf(out, " [%s]", *fields);
        /* a guest or a caller must not be able to forge a second line, or steer a terminal */
        for (char *p = out->str; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 127)
                        *p = ' ';
        g_string_append_c(out, '\n');
        (void) write_all(STDERR_FILENO, out->str, out->len);
}
