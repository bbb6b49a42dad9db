/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain.h"

/* The words of the native face. The libvirt face has the numbers alone. */

static const char *const domain_state_table[_DOMAIN_STATE_MAX] = {
        [DOMAIN_NOSTATE] = "nostate",   [DOMAIN_RUNNING] = "running", [DOMAIN_BLOCKED] = "blocked",
        [DOMAIN_PAUSED] = "paused",     [DOMAIN_SHUTDOWN] = "shutdown", [DOMAIN_SHUTOFF] = "shutoff",
        [DOMAIN_CRASHED] = "crashed",   [DOMAIN_PMSUSPENDED] = "pmsuspended",
};

DEFINE_STRING_TABLE(domain_state, DomainState);

static const char *const domain_event_table[_DOMAIN_EVENT_MAX] = {
        [DOMAIN_EVENT_DEFINED] = "defined",         [DOMAIN_EVENT_UNDEFINED] = "undefined",
        [DOMAIN_EVENT_STARTED] = "started",         [DOMAIN_EVENT_SUSPENDED] = "suspended",
        [DOMAIN_EVENT_RESUMED] = "resumed",         [DOMAIN_EVENT_STOPPED] = "stopped",
        [DOMAIN_EVENT_SHUTDOWN] = "shutdown",       [DOMAIN_EVENT_PMSUSPENDED] = "pmsuspended",
        [DOMAIN_EVENT_CRASHED] = "crashed",
};

DEFINE_STRING_TABLE(domain_event, DomainEvent);

/* The words that depend on another number: those of one state, or of one event. */
typedef struct Words {
        const char *const *words;
        size_t n;
} Words;

#define WORDS(...)                                                                                  \
        {                                                                                           \
                (const char *const[]) { __VA_ARGS__ }, ELEMENTSOF(((const char *const[]) { __VA_ARGS__ })) \
        }

static const Words reason_words[_DOMAIN_STATE_MAX] = {
        [DOMAIN_RUNNING] = WORDS([DOMAIN_RUNNING_BOOTED] = "booted",
                                 [DOMAIN_RUNNING_MIGRATED] = "migrated",
                                 [DOMAIN_RUNNING_RESTORED] = "restored",
                                 [DOMAIN_RUNNING_FROM_SNAPSHOT] = "from-snapshot",
                                 [DOMAIN_RUNNING_UNPAUSED] = "unpaused",
                                 [DOMAIN_RUNNING_MIGRATION_CANCELED] = "migration-canceled",
                                 [DOMAIN_RUNNING_SAVE_CANCELED] = "save-canceled",
                                 [DOMAIN_RUNNING_WAKEUP] = "wakeup",
                                 [DOMAIN_RUNNING_CRASHED] = "crashed",
                                 [DOMAIN_RUNNING_POSTCOPY] = "postcopy",
                                 [DOMAIN_RUNNING_POSTCOPY_FAILED] = "postcopy-failed"),
        [DOMAIN_PAUSED] = WORDS([DOMAIN_PAUSED_USER] = "user",
                                [DOMAIN_PAUSED_MIGRATION] = "migration",
                                [DOMAIN_PAUSED_SAVE] = "save",
                                [DOMAIN_PAUSED_DUMP] = "dump",
                                [DOMAIN_PAUSED_IOERROR] = "ioerror",
                                [DOMAIN_PAUSED_WATCHDOG] = "watchdog",
                                [DOMAIN_PAUSED_FROM_SNAPSHOT] = "from-snapshot",
                                [DOMAIN_PAUSED_SHUTTING_DOWN] = "shutting-down",
                                [DOMAIN_PAUSED_SNAPSHOT] = "snapshot",
                                [DOMAIN_PAUSED_CRASHED] = "crashed",
                                [DOMAIN_PAUSED_STARTING_UP] = "starting-up",
                                [DOMAIN_PAUSED_POSTCOPY] = "postcopy",
                                [DOMAIN_PAUSED_POSTCOPY_FAILED] = "postcopy-failed",
                                [DOMAIN_PAUSED_API_ERROR] = "api-error"),
        [DOMAIN_SHUTDOWN] = WORDS([DOMAIN_SHUTDOWN_USER] = "user"),
        [DOMAIN_SHUTOFF] = WORDS([DOMAIN_SHUTOFF_SHUTDOWN] = "shutdown",
                                 [DOMAIN_SHUTOFF_DESTROYED] = "destroyed",
                                 [DOMAIN_SHUTOFF_CRASHED] = "crashed",
                                 [DOMAIN_SHUTOFF_MIGRATED] = "migrated",
                                 [DOMAIN_SHUTOFF_SAVED] = "saved",
                                 [DOMAIN_SHUTOFF_FAILED] = "failed",
                                 [DOMAIN_SHUTOFF_FROM_SNAPSHOT] = "from-snapshot",
                                 [DOMAIN_SHUTOFF_DAEMON] = "daemon"),
        [DOMAIN_CRASHED] = WORDS([DOMAIN_CRASHED_PANICKED] = "panicked"),
};

static const Words detail_words[_DOMAIN_EVENT_MAX] = {
        [DOMAIN_EVENT_DEFINED] = WORDS([DOMAIN_EVENT_DEFINED_ADDED] = "added",
                                       [DOMAIN_EVENT_DEFINED_UPDATED] = "updated",
                                       [DOMAIN_EVENT_DEFINED_RENAMED] = "renamed",
                                       [DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT] = "from-snapshot"),
        [DOMAIN_EVENT_UNDEFINED] = WORDS([DOMAIN_EVENT_UNDEFINED_REMOVED] = "removed",
                                         [DOMAIN_EVENT_UNDEFINED_RENAMED] = "renamed"),
        [DOMAIN_EVENT_STARTED] = WORDS([DOMAIN_EVENT_STARTED_BOOTED] = "booted",
                                       [DOMAIN_EVENT_STARTED_MIGRATED] = "migrated",
                                       [DOMAIN_EVENT_STARTED_RESTORED] = "restored",
                                       [DOMAIN_EVENT_STARTED_FROM_SNAPSHOT] = "from-snapshot",
                                       [DOMAIN_EVENT_STARTED_WAKEUP] = "wakeup"),
        [DOMAIN_EVENT_SUSPENDED] = WORDS([DOMAIN_EVENT_SUSPENDED_PAUSED] = "paused",
                                         [DOMAIN_EVENT_SUSPENDED_MIGRATED] = "migrated",
                                         [DOMAIN_EVENT_SUSPENDED_IOERROR] = "ioerror",
                                         [DOMAIN_EVENT_SUSPENDED_WATCHDOG] = "watchdog",
                                         [DOMAIN_EVENT_SUSPENDED_RESTORED] = "restored",
                                         [DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT] = "from-snapshot",
                                         [DOMAIN_EVENT_SUSPENDED_API_ERROR] = "api-error"),
        [DOMAIN_EVENT_RESUMED] = WORDS([DOMAIN_EVENT_RESUMED_UNPAUSED] = "unpaused",
                                       [DOMAIN_EVENT_RESUMED_MIGRATED] = "migrated",
                                       [DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT] = "from-snapshot"),
        [DOMAIN_EVENT_STOPPED] = WORDS([DOMAIN_EVENT_STOPPED_SHUTDOWN] = "shutdown",
                                       [DOMAIN_EVENT_STOPPED_DESTROYED] = "destroyed",
                                       [DOMAIN_EVENT_STOPPED_CRASHED] = "crashed",
                                       [DOMAIN_EVENT_STOPPED_MIGRATED] = "migrated",
                                       [DOMAIN_EVENT_STOPPED_SAVED] = "saved",
                                       [DOMAIN_EVENT_STOPPED_FAILED] = "failed",
                                       [DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = "from-snapshot"),
        [DOMAIN_EVENT_SHUTDOWN] = WORDS([DOMAIN_EVENT_SHUTDOWN_FINISHED] = "finished",
                                        [DOMAIN_EVENT_SHUTDOWN_GUEST] = "guest",
                                        [DOMAIN_EVENT_SHUTDOWN_HOST] = "host"),
        [DOMAIN_EVENT_PMSUSPENDED] = WORDS([DOMAIN_EVENT_PMSUSPENDED_MEMORY] = "memory",
                                           [DOMAIN_EVENT_PMSUSPENDED_DISK] = "disk"),
        [DOMAIN_EVENT_CRASHED] = WORDS([DOMAIN_EVENT_CRASHED_PANICKED] = "panicked",
                                       [DOMAIN_EVENT_CRASHED_CRASHLOADED] = "crashloaded"),
};

static const char *find_word(const Words *table, size_t n, int row, int i)
{
        const char *word = NULL;

        if (row >= 0 && (size_t) row < n && table[row].n > 0)
                word = string_table_get(table[row].words, table[row].n, i);
        return word ?: "unknown";
}

const char *domain_reason_to_string(DomainState state, int reason)
{
        return find_word(reason_words, ELEMENTSOF(reason_words), (int) state, reason);
}

const char *domain_event_detail_to_string(DomainEvent event, int detail)
{
        return find_word(detail_words, ELEMENTSOF(detail_words), (int) event, detail);
}
