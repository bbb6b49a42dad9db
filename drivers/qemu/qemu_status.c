/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_status.h"

#include <string.h>

#define MAGIC "virtbus-status"
#define FORMAT_VERSION 1

static const char *const qemu_phase_table[_QEMU_PHASE_MAX] = {
        [QEMU_STARTING] = "starting",
        [QEMU_UP] = "up",
        [QEMU_STOPPING] = "stopping",
};
DEFINE_STRING_TABLE(qemu_phase, QemuPhase);

typedef enum FieldType {
        FIELD_U32,
        FIELD_U64,
        FIELD_BOOL,
        FIELD_INT, /* a byte */
        FIELD_I32,
        FIELD_PHASE,
        FIELD_STATE,
} FieldType;

typedef struct Field {
        const char *key;
        FieldType type;
        size_t offset;
        bool needed;
} Field;

G_STATIC_ASSERT(sizeof(uid_t) == sizeof(uint32_t) && sizeof(pid_t) == sizeof(uint32_t));

#define FIELD(key, type, member, needed)                                                                    \
        {                                                                                                   \
                key, type, offsetof(QemuStatus, member), needed                                             \
        }

static const Field fields[] = {
        FIELD("phase", FIELD_PHASE, phase, true),
        FIELD("id", FIELD_U32, id, true),
        FIELD("uid", FIELD_U32, uid, true),
        FIELD("pid", FIELD_U32, pid, false),
        FIELD("start-time", FIELD_U64, start_time, false),
        FIELD("started", FIELD_U64, started_usec, false),
        FIELD("state", FIELD_STATE, state, true),
        FIELD("reason", FIELD_INT, reason, false),
        FIELD("reboot", FIELD_BOOL, reboot, false),
        FIELD("rebooting", FIELD_BOOL, rebooting, false),
        FIELD("launching", FIELD_BOOL, launching, false),
        FIELD("saving", FIELD_BOOL, saving, false),
        FIELD("autodestroy", FIELD_BOOL, autodestroy, false),
        FIELD("keep-tpm", FIELD_BOOL, keep_tpm, false),
        FIELD("end-reason", FIELD_INT, end_reason, false),
        FIELD("end-event", FIELD_INT, end_event, false),
        FIELD("has-agent-timeout", FIELD_BOOL, has_agent_timeout, false),
        FIELD("agent-timeout", FIELD_I32, agent_timeout, false),
        FIELD("log-offset", FIELD_U64, log_offset, false),
};

static const void *at(const QemuStatus *status, const Field *field)
{
        return (const char *) status + field->offset;
}

static void format_field(GString *text, const QemuStatus *status, const Field *field)
{
        const void *p = at(status, field);

        g_string_append_printf(text, "%s ", field->key);
        switch (field->type) {
        case FIELD_U32:
                g_string_append_printf(text, "%" PRIu32, *(const uint32_t *) p);
                break;
        case FIELD_U64:
                g_string_append_printf(text, "%" PRIu64, *(const uint64_t *) p);
                break;
        case FIELD_BOOL:
                g_string_append(text, *(const bool *) p ? "yes" : "no");
                break;
        case FIELD_INT:
                g_string_append_printf(text, "%d", *(const int *) p);
                break;
        case FIELD_I32:
                g_string_append_printf(text, "%" PRId32, *(const int32_t *) p);
                break;
        case FIELD_PHASE:
                g_string_append(text, qemu_phase_to_string(*(const QemuPhase *) p));
                break;
        case FIELD_STATE:
                g_string_append(text, domain_state_to_string(*(const DomainState *) p));
                break;
        }
        g_string_append_c(text, '\n');
}

char *qemu_status_format(const QemuStatus *status, size_t *ret_size)
{
        GString *text = g_string_sized_new(8 * 1024);

        g_string_append_printf(text, MAGIC " %d\nuuid %s\n", FORMAT_VERSION, status->uuid);
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                format_field(text, status, &fields[i]);
        g_string_append_printf(text, "\n%s", strempty(status->xml));
        *ret_size = text->len;
        return g_string_free(text, FALSE);
}

static int parse_value(QemuStatus *status, const Field *field, const char *value)
{
        void *p = (char *) status + field->offset;
        int64_t number;
        int r = 0;

        switch (field->type) {
        case FIELD_U32:
                return parse_u32(value, p);
        case FIELD_U64:
                return parse_u64(value, p);
        case FIELD_BOOL:
                r = parse_boolean(value);
                if (r >= 0)
                        *(bool *) p = r;
                return r;
        case FIELD_INT:
                r = parse_i64(value, &number);
                if (r >= 0 && (number < 0 || number > 255))
                        return -ERANGE;
                if (r >= 0)
                        *(int *) p = (int) number;
                return r;
        case FIELD_I32:
                r = parse_i64(value, &number);
                if (r >= 0 && (number < INT32_MIN || number > INT32_MAX))
                        return -ERANGE;
                if (r >= 0)
                        *(int32_t *) p = (int32_t) number;
                return r;
        case FIELD_PHASE:
                r = qemu_phase_from_string(value);
                if (r >= 0)
                        *(QemuPhase *) p = (QemuPhase) r;
                return r;
        case FIELD_STATE:
                r = domain_state_from_string(value);
                if (r >= 0)
                        *(DomainState *) p = (DomainState) r;
                return r;
        }
        return -EINVAL;
}

static int damaged(Error *error, const char *what)
{
        return error_set(error, ERROR_OPERATION_FAILED, "the status of a running machine is damaged: %s",
                         what);
}

static int parse_line(QemuStatus *status, const char *line, uint64_t *seen, Error *error)
{
        const char *value = strchr(line, ' ');
        size_t length = value ? (size_t) (value - line) : strlen(line);

        if (!value)
                return damaged(error, line);
        value++;
        if (length == 4 && strncmp(line, "uuid", 4) == 0) {
                if (!g_uuid_string_is_valid(value))
                        return damaged(error, line);
                g_strlcpy(status->uuid, value, sizeof(status->uuid));
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                if (strlen(fields[i].key) != length || strncmp(line, fields[i].key, length) != 0)
                        continue;
                *seen |= UINT64_C(1) << i;
                return parse_value(status, &fields[i], value) < 0 ? damaged(error, line) : 0;
        }
        /* a key of a later daemon that left the version alone: of no importance */
        return 0;
}

static int check_version(const char *line, Error *error)
{
        uint32_t version;

        if (!g_str_has_prefix(line, MAGIC " ") || parse_u32(line + strlen(MAGIC " "), &version) < 0)
                return damaged(error, "it does not begin as it should");
        if (version != FORMAT_VERSION)
                return error_set(
                        error, ERROR_CONFIG_UNSUPPORTED,
                        "the status of a running machine has format %u, this daemon knows format %d",
                        version, FORMAT_VERSION);
        return 0;
}

int qemu_status_parse(const char *text, QemuStatus *ret, Error *error)
{
        const char *xml = strstr(text, "\n\n");
        g_autofree char *head = xml ? g_strndup(text, (size_t) (xml - text)) : NULL;
        g_auto(GStrv) lines = head ? g_strsplit(head, "\n", 64) : NULL;
        QemuStatus status = {};
        uint64_t seen = 0;
        int r;

        if (!lines || !lines[0])
                return damaged(error, "it is too short");
        r = check_version(lines[0], error);
        if (r < 0)
                return r;
        for (char **line = lines + 1; *line; line++) {
                r = parse_line(&status, *line, &seen, error);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (fields[i].needed && !(seen & UINT64_C(1) << i))
                        return damaged(error, fields[i].key);
        if (!status.uuid[0])
                return damaged(error, "uuid");
        status.xml = xml + 2;
        *ret = status;
        return 0;
}
