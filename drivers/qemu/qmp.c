/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp.h"

#include "drivers/qemu/json_stream.h"

#include <string.h>
#include <sys/socket.h>

#define PEER "QEMU's monitor"
#define REFUSAL_MAX 4096 /* bytes of QEMU's text in an error */

typedef enum QmpState {
        QMP_GREETING,    /* QEMU speaks first */
        QMP_NEGOTIATING, /* qmp_capabilities is under way; nothing else is sent */
        QMP_READY,
        QMP_CLOSED,
} QmpState;

typedef struct QmpCommand {
        GList link; /* in Qmp.commands or Qmp.failed */
        uint64_t number;
        char *name;
        QmpReply reply; /* NULL once it was called or forgotten */
        void *userdata;
        uint64_t deadline; /* microseconds of CLOCK_MONOTONIC, 0 for none */
        char *text;        /* with its newline; NULL once it is written */
        size_t size, written;
        int fd;
        bool has_fd; /* stays true when fd has been sent */
        Error error; /* of those in failed */
} QmpCommand;

struct Qmp {
        unsigned n_ref;  /* of its owners; with the last one it is closed */
        unsigned n_busy; /* calls of ours that still look at it */
        QmpState state;
        int fd;
        QmpLimits limits;
        const QmpHandlers *handlers;
        void *userdata;
        sd_event_source *io;
        sd_event_source *again; /* messages are left in the buffer, or commands in failed */
        sd_event_source *timer;
        JsonStream stream;
        bool end_of_file;
        bool responsive;
        bool fd_under_way; /* QEMU keeps one received fd at a time until a command takes it */
        bool draining;
        int write_error;
        uint64_t last_number;
        uint64_t timer_at; /* 0 when it is off */
        size_t output_size;
        GQueue commands; /* in order; those with a text are not written yet */
        GQueue failed;   /* to be told from the loop */
};

static const QmpHandlers no_handlers = {};

static QmpCommand *command_free(QmpCommand *command)
{
        if (!command)
                return NULL;
        /* it may hold a secret */
        if (command->text)
                explicit_bzero(command->text, command->size);
        g_free(command->text);
        g_free(command->name);
        safe_close(command->fd);
        error_clear(&command->error);
        g_free(command);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(QmpCommand *, command_free)

static void command_reply(Qmp *qmp, QmpCommand *command, JsonNode *result, Error *error)
{
        QmpReply reply = command->reply;

        command->reply = NULL;
        if (reply)
                reply(qmp, result, error, command->userdata);
}

/* Takes the command off the list of those without a reply. */
static void qmp_unlink(Qmp *qmp, QmpCommand *command)
{
        g_queue_unlink(&qmp->commands, &command->link);
        if (command->text)
                qmp->output_size -= command->size - command->written;
        if (command->has_fd && !command->text)
                qmp->fd_under_way = false;
}

Qmp *qmp_ref(Qmp *qmp)
{
        qmp->n_ref++;
        return qmp;
}

static void qmp_fail_queued(Qmp *qmp)
{
        /* a reply may add another one: its turn comes next time */
        for (guint n = qmp->failed.length; n > 0; n--) {
                GList *link = g_queue_pop_head_link(&qmp->failed);
                _cleanup_(command_freep) QmpCommand *command = link->data;

                command_reply(qmp, command, NULL, &command->error);
        }
}

static Qmp *qmp_leave(Qmp *qmp)
{
        if (--qmp->n_busy > 0 || qmp->n_ref > 0)
                return NULL;
        sd_event_source_disable_unref(qmp->io);
        sd_event_source_disable_unref(qmp->again);
        sd_event_source_disable_unref(qmp->timer);
        json_stream_clear(&qmp->stream);
        g_free(qmp);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(Qmp *, qmp_leave)

/* Until qmp_leave() it stays in memory, though its owner may let it go in a callback. */
static Qmp *qmp_enter(Qmp *qmp)
{
        qmp->n_busy++;
        return qmp;
}

Qmp *qmp_unref(Qmp *qmp)
{
        if (!qmp)
                return NULL;
        g_assert(qmp->n_ref > 0);
        if (--qmp->n_ref > 0)
                return NULL;
        qmp_enter(qmp);
        qmp_close(qmp);
        while (!g_queue_is_empty(&qmp->failed))
                qmp_fail_queued(qmp);
        return qmp_leave(qmp);
}

bool qmp_is_ready(const Qmp *qmp)
{
        return qmp->state == QMP_READY;
}

bool qmp_is_closed(const Qmp *qmp)
{
        return qmp->state == QMP_CLOSED;
}

bool qmp_is_responsive(const Qmp *qmp)
{
        return qmp->responsive;
}

size_t qmp_n_pending(const Qmp *qmp)
{
        return qmp->commands.length;
}

static void qmp_set_responsive(Qmp *qmp, bool responsive)
{
        if (qmp->responsive == responsive || qmp->state == QMP_CLOSED)
                return;
        qmp->responsive = responsive;
        if (qmp->handlers->responsive)
                qmp->handlers->responsive(qmp, responsive, qmp->userdata);
}

/* Nothing is read or written any more; every command without a reply fails with the text. */
static void qmp_shut(Qmp *qmp, const char *why)
{
        GList *link;

        qmp->state = QMP_CLOSED;
        qmp->io = sd_event_source_disable_unref(qmp->io);
        qmp->timer = sd_event_source_disable_unref(qmp->timer);
        qmp->fd = safe_close(qmp->fd);
        json_stream_clear(&qmp->stream);
        while ((link = g_queue_peek_head_link(&qmp->commands))) {
                _cleanup_(command_freep) QmpCommand *command = link->data;
                _cleanup_error_ Error error = ERROR_INIT;

                qmp_unlink(qmp, command);
                (void) error_set(&error, ERROR_OPERATION_ABORTED, "command '%s': %s", command->name, why);
                command_reply(qmp, command, NULL, &error);
        }
}

void qmp_close(Qmp *qmp)
{
        if (qmp->state == QMP_CLOSED) {
                qmp->handlers = &no_handlers;
                return;
        }
        qmp_enter(qmp);
        qmp->handlers = &no_handlers;
        qmp_shut(qmp, "the connection to the monitor was closed");
        qmp_leave(qmp);
}

/* The other side ended it, or cannot be talked to any more. */
static void qmp_end(Qmp *qmp, const Error *error)
{
        const QmpHandlers *handlers;
        _cleanup_error_ Error copy = ERROR_INIT;

        if (qmp->state == QMP_CLOSED)
                return;
        qmp_enter(qmp);
        error_copy(&copy, error);
        qmp_shut(qmp, strempty(copy.detail));
        /* a reply may have closed it meanwhile */
        handlers = qmp->handlers;
        qmp->handlers = &no_handlers;
        if (handlers->closed)
                handlers->closed(qmp, &copy, qmp->userdata);
        qmp_leave(qmp);
}

static void qmp_end_with(Qmp *qmp, ErrorCode code, const char *format, ...) _printf_(3, 4);

static void qmp_end_with(Qmp *qmp, ErrorCode code, const char *format, ...)
{
        _cleanup_error_ Error error = ERROR_INIT;
        va_list ap;

        va_start(ap, format);
        (void) error_setv(&error, code, format, ap);
        va_end(ap);
        qmp_end(qmp, &error);
}

/* Returns 1 when the command is written, 0 when the socket is full, or -errno. */
static int command_write(Qmp *qmp, QmpCommand *command)
{
        union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
        } control = {};

        while (command->written < command->size) {
                struct iovec iov = {
                        .iov_base = command->text + command->written,
                        .iov_len = command->size - command->written,
                };
                struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
                ssize_t k;

                if (command->fd >= 0) {
                        message.msg_control = &control;
                        message.msg_controllen = sizeof(control);
                        control.head.cmsg_level = SOL_SOCKET;
                        control.head.cmsg_type = SCM_RIGHTS;
                        control.head.cmsg_len = CMSG_LEN(sizeof(int));
                        memcpy(CMSG_DATA(&control.head), &command->fd, sizeof(int));
                }
                k = sendmsg(qmp->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (k < 0) {
                        if (errno == EINTR)
                                continue;
                        return errno == EAGAIN ? 0 : -errno;
                }
                command->fd = safe_close(command->fd);
                command->written += (size_t) k;
                qmp->output_size -= (size_t) k;
        }
        explicit_bzero(command->text, command->size);
        g_free(g_steal_pointer(&command->text));
        return 1;
}

/* From the loop, so that no reply is called where a command is started. */
static void qmp_come_again(Qmp *qmp)
{
        int r = sd_event_source_set_enabled(qmp->again, SD_EVENT_ONESHOT);

        g_assert(r >= 0);
}

/* Writes what may be written now: of the negotiation, its own command alone. */
static void qmp_flush(Qmp *qmp)
{
        bool full = false;
        int r = 0;

        if (qmp->state != QMP_NEGOTIATING && qmp->state != QMP_READY)
                return;
        for (GList *l = qmp->commands.head; l && r >= 0 && !full; l = l->next) {
                QmpCommand *command = l->data;

                if (qmp->state == QMP_NEGOTIATING && l != qmp->commands.head)
                        break;
                if (!command->text)
                        continue;
                if (command->has_fd && qmp->fd_under_way)
                        break;
                r = command_write(qmp, command);
                full = r == 0;
                if (r > 0 && command->has_fd)
                        qmp->fd_under_way = true;
        }
        if (r >= 0)
                r = sd_event_source_set_io_events(qmp->io, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
        /* a closed connection is reported by the reading side, behind what QEMU had still to say */
        if (r < 0 && r != -EPIPE && r != -ECONNRESET) {
                qmp->write_error = r;
                qmp_come_again(qmp);
        }
}

static void qmp_schedule(Qmp *qmp, uint64_t deadline)
{
        if (deadline == 0 || (qmp->timer_at != 0 && qmp->timer_at <= deadline))
                return;
        if (sd_event_source_set_time(qmp->timer, deadline) >= 0 &&
            sd_event_source_set_enabled(qmp->timer, SD_EVENT_ONESHOT) >= 0)
                qmp->timer_at = deadline;
}

static QmpCommand *qmp_find_expired(Qmp *qmp, uint64_t now)
{
        for (GList *l = qmp->commands.head; l; l = l->next) {
                QmpCommand *command = l->data;

                if (command->deadline != 0 && command->deadline <= now)
                        return command;
        }
        return NULL;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        _cleanup_(qmp_leavep) Qmp *qmp = qmp_enter(userdata);
        uint64_t now = now_usec();
        QmpCommand *command;

        qmp->timer_at = 0;
        while (qmp->state != QMP_CLOSED && (command = qmp_find_expired(qmp, now))) {
                _cleanup_(command_freep) QmpCommand *unsent = NULL;
                _cleanup_error_ Error error = ERROR_INIT;

                command->deadline = 0;
                (void) error_set(&error, ERROR_OPERATION_TIMEOUT, PEER " did not answer '%s' in time",
                                 command->name);
                if (command->text && command->written == 0) {
                        unsent = command;
                        qmp_unlink(qmp, command);
                }
                command_reply(qmp, command, NULL, &error);
                qmp_set_responsive(qmp, false);
        }
        if (qmp->state == QMP_CLOSED)
                return 0;
        for (GList *l = qmp->commands.head; l; l = l->next)
                qmp_schedule(qmp, ((QmpCommand *) l->data)->deadline);
        return 0;
}

static char *command_format(const QmpCommand *command, JsonObject *arguments)
{
        g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
        g_autofree char *text = NULL;
        char *line;

        json_node_take_object(root, qmp_object("s:execute", command->name, "o:arguments", arguments, "U:id",
                                               command->number, NULL));
        text = json_to_string(root, FALSE);
        line = g_strconcat(text, "\n", NULL);
        explicit_bzero(text, strlen(text));
        return line;
}

static QmpCommand *command_new(Qmp *qmp, const char *name, JsonObject *arguments, int fd,
                               uint64_t timeout_usec, QmpReply reply, void *userdata)
{
        QmpCommand *command = g_new0(QmpCommand, 1);

        command->link.data = command;
        command->number = ++qmp->last_number;
        command->name = g_strdup(name);
        command->reply = reply;
        command->userdata = userdata;
        command->fd = fd;
        command->has_fd = fd >= 0;
        command->deadline = timeout_usec ? now_usec() + timeout_usec : 0;
        command->text = command_format(command, arguments);
        command->size = strlen(command->text);
        return command;
}

static void qmp_refuse(Qmp *qmp, QmpCommand *command)
{
        if (qmp->state == QMP_CLOSED)
                (void) error_set(&command->error, ERROR_OPERATION_ABORTED,
                                 "command '%s': the connection to the monitor is closed", command->name);
        else
                (void) error_set(&command->error, ERROR_LIMITS_EXCEEDED,
                                 "command '%s': too much is waiting for " PEER, command->name);
        g_queue_push_tail_link(&qmp->failed, &command->link);
        qmp_come_again(qmp);
}

uint64_t qmp_execute_fd(Qmp *qmp, const char *name, JsonObject *arguments, int fd, uint64_t timeout_usec,
                        QmpReply reply, void *userdata)
{
        QmpCommand *command = command_new(qmp, name, arguments, fd, timeout_usec, reply, userdata);
        uint64_t number = command->number;

        if (qmp->state == QMP_CLOSED || qmp->commands.length >= qmp->limits.pending_max ||
            command->size > qmp->limits.output_max - qmp->output_size) {
                qmp_refuse(qmp, command);
                return number;
        }
        qmp->output_size += command->size;
        g_queue_push_tail_link(&qmp->commands, &command->link);
        qmp_schedule(qmp, command->deadline);
        qmp_flush(qmp);
        return number;
}

uint64_t qmp_execute(Qmp *qmp, const char *name, JsonObject *arguments, uint64_t timeout_usec,
                     QmpReply reply, void *userdata)
{
        return qmp_execute_fd(qmp, name, arguments, -EBADF, timeout_usec, reply, userdata);
}

static QmpCommand *queue_find(GQueue *queue, uint64_t number)
{
        for (GList *l = queue->head; l; l = l->next)
                if (((QmpCommand *) l->data)->number == number)
                        return l->data;
        return NULL;
}

void qmp_forget(Qmp *qmp, uint64_t number)
{
        QmpCommand *command = queue_find(&qmp->commands, number) ?: queue_find(&qmp->failed, number);

        if (command)
                command->reply = NULL;
}

static void qmp_violation(Qmp *qmp, const char *what)
{
        qmp_end_with(qmp, ERROR_OPERATION_FAILED, PEER " sent %s", what);
}

/* QapiErrorClass of QEMU's qapi/error.json. */
static ErrorCode error_code_of_class(const char *class)
{
        static const struct {
                const char *class;
                ErrorCode code;
        } table[] = {
                { "CommandNotFound", ERROR_OPERATION_UNSUPPORTED },
                { "DeviceNotActive", ERROR_OPERATION_INVALID },
                { "DeviceNotFound", ERROR_DEVICE_MISSING },
                { "KVMMissingCap", ERROR_CONFIG_UNSUPPORTED },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (streq(table[i].class, class))
                        return table[i].code;
        return ERROR_OPERATION_FAILED;
}

static void set_refusal(Error *error, const QmpCommand *command, JsonObject *refusal)
{
        const char *class = NULL, *text = NULL;

        (void) qmp_get_string(refusal, "class", &class);
        (void) qmp_get_string(refusal, "desc", &text);

        g_autofree char *cut = g_strndup(strempty(text), REFUSAL_MAX);
        g_autofree char *valid = g_utf8_make_valid(cut, -1);

        (void) error_set(error, error_code_of_class(strempty(class)), "QEMU refused '%s': %s", command->name,
                         valid);
}

static void qmp_take_reply(Qmp *qmp, JsonObject *message)
{
        _cleanup_(command_freep) QmpCommand *command = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        JsonNode *result = json_object_get_member(message, "return");
        JsonObject *refusal = NULL;
        QmpCommand *found = NULL;
        uint64_t number = 0;

        if (qmp_get_object(message, "error", &refusal) < 0 || (!result && !refusal)) {
                qmp_violation(qmp, "a message that is neither event nor reply");
                return;
        }
        if (qmp_get_u64(message, "id", &number) > 0)
                found = queue_find(&qmp->commands, number);
        if (!found || found->text) {
                qmp_violation(qmp, "a reply to a command that it was never given");
                return;
        }
        command = found;
        qmp_unlink(qmp, command);
        qmp_set_responsive(qmp, true);
        if (refusal)
                set_refusal(&error, command, refusal);
        command_reply(qmp, command, refusal ? NULL : result, &error);
        /* a command with a descriptor may have waited for this one */
        qmp_flush(qmp);
}

static void qmp_take_event(Qmp *qmp, const char *name, JsonObject *message)
{
        JsonObject *data = NULL, *stamp = NULL;
        int64_t sec = -1, usec = -1;

        if (qmp_get_object(message, "data", &data) < 0 || qmp_get_object(message, "timestamp", &stamp) < 0 ||
            qmp_get_i64(stamp, "seconds", &sec) < 0 || qmp_get_i64(stamp, "microseconds", &usec) < 0) {
                qmp_violation(qmp, "a malformed event");
                return;
        }
        if (sec < 0 || usec < 0 || sec > INT64_MAX / (int64_t) USEC_PER_SEC - 1 ||
            usec >= (int64_t) USEC_PER_SEC)
                sec = usec = 0;
        if (qmp->handlers->event)
                qmp->handlers->event(qmp, name, data, (uint64_t) sec * USEC_PER_SEC + (uint64_t) usec,
                                     qmp->userdata);
}

static void on_capabilities(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        if (error_is_set(error)) {
                qmp_end(qmp, error);
                return;
        }
        qmp->state = QMP_READY;
        if (qmp->handlers->ready)
                qmp->handlers->ready(qmp, qmp->userdata);
        qmp_flush(qmp);
}

static void qmp_take_message(Qmp *qmp, JsonNode *root)
{
        JsonObject *message = qmp_node_object(root), *greeting = NULL;
        const char *event = NULL;

        if (!message) {
                qmp_violation(qmp, "a message that is no object");
                return;
        }
        if (qmp->state == QMP_GREETING) {
                if (qmp_get_object(message, "QMP", &greeting) <= 0) {
                        qmp_violation(qmp, "something else than its greeting");
                        return;
                }
                qmp->state = QMP_NEGOTIATING;
                qmp_flush(qmp);
        } else if (qmp_get_string(message, "event", &event) > 0)
                qmp_take_event(qmp, event, message);
        else
                qmp_take_reply(qmp, message);
}

/* Reading pauses while messages wait in the buffer. */
static void qmp_set_draining(Qmp *qmp, bool draining)
{
        if (draining)
                qmp_come_again(qmp);
        if (qmp->draining == draining)
                return;
        qmp->draining = draining;
        (void) sd_event_source_set_enabled(qmp->io, draining ? SD_EVENT_OFF : SD_EVENT_ON);
}

static void qmp_drain(Qmp *qmp)
{
        for (unsigned i = 0; i < qmp->limits.burst; i++) {
                g_autoptr(JsonNode) root = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                int r = json_stream_next(&qmp->stream, &root, &error);

                if (r < 0)
                        qmp_end(qmp, &error);
                else if (r > 0)
                        qmp_take_message(qmp, root);
                else if (qmp->end_of_file)
                        qmp_end_with(qmp, ERROR_OPERATION_FAILED, PEER " closed the connection");
                else
                        qmp_set_draining(qmp, false);
                if (r <= 0 || qmp->state == QMP_CLOSED)
                        return;
        }
        qmp_set_draining(qmp, true);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        _cleanup_(qmp_leavep) Qmp *qmp = qmp_enter(userdata);
        size_t room;
        char *p;
        ssize_t k;

        if (revents & EPOLLOUT)
                qmp_flush(qmp);
        if (!(revents & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                return 0;
        p = json_stream_reserve(&qmp->stream, &room);
        k = recv(qmp->fd, p, room, MSG_DONTWAIT);
        if (k < 0) {
                if (errno == EAGAIN || errno == EINTR)
                        return 0;
                if (errno != ECONNRESET) {
                        qmp_end_with(qmp, ERROR_SYSTEM_ERROR, "cannot read from " PEER ": %s",
                                     g_strerror(errno));
                        return 0;
                }
        }
        if (k <= 0)
                qmp->end_of_file = true;
        else
                json_stream_advance(&qmp->stream, (size_t) k);
        qmp_drain(qmp);
        return 0;
}

static int on_again(sd_event_source *source, void *userdata)
{
        _cleanup_(qmp_leavep) Qmp *qmp = qmp_enter(userdata);

        qmp_fail_queued(qmp);
        if (qmp->write_error)
                qmp_end_with(qmp, ERROR_SYSTEM_ERROR, "cannot write to " PEER ": %s",
                             g_strerror(-qmp->write_error));
        if (qmp->draining && qmp->state != QMP_CLOSED)
                qmp_drain(qmp);
        return 0;
}

static QmpLimits limits_or_defaults(const QmpLimits *given)
{
        QmpLimits l = given ? *given : (QmpLimits) {};

        l.line_max = l.line_max ?: 10 * 1024 * 1024;
        l.depth_max = l.depth_max ?: JSON_DEPTH_MAX;
        l.pending_max = l.pending_max ?: 512;
        l.output_max = l.output_max ?: 4 * 1024 * 1024;
        l.burst = l.burst ?: 64;
        l.greeting_usec = l.greeting_usec ?: 30 * USEC_PER_SEC;
        return l;
}

static int qmp_add_sources(Qmp *qmp, sd_event *event)
{
        int r = sd_event_add_io(event, &qmp->io, qmp->fd, EPOLLIN, on_io, qmp);

        if (r >= 0)
                r = sd_event_add_defer(event, &qmp->again, on_again, qmp);
        if (r >= 0)
                r = sd_event_source_set_enabled(qmp->again, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(event, &qmp->timer, CLOCK_MONOTONIC, 0, 1, on_timer, qmp);
        if (r >= 0)
                r = sd_event_source_set_enabled(qmp->timer, SD_EVENT_OFF);
        return r;
}

int qmp_new(sd_event *event, int fd, const QmpLimits *limits, const QmpHandlers *handlers, void *userdata,
            Qmp **ret, Error *error)
{
        _cleanup_(qmp_unrefp) Qmp *qmp = g_new0(Qmp, 1);
        int r;

        qmp->n_ref = 1;
        qmp->fd = fd;
        qmp->limits = limits_or_defaults(limits);
        qmp->handlers = &no_handlers;
        qmp->responsive = true;
        g_queue_init(&qmp->commands);
        g_queue_init(&qmp->failed);
        json_stream_init(&qmp->stream, PEER, qmp->limits.line_max, qmp->limits.depth_max);
        r = qmp_add_sources(qmp, event);
        if (r < 0)
                return error_set_errno(error, r, "cannot watch " PEER);
        qmp->handlers = handlers;
        qmp->userdata = userdata;
        /* waits for the greeting, and everything else waits for it */
        (void) qmp_execute(qmp, "qmp_capabilities", NULL, qmp->limits.greeting_usec, on_capabilities, NULL);
        *ret = g_steal_pointer(&qmp);
        return 0;
}
