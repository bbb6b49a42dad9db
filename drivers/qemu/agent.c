/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/agent.h"

#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qmp.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define LINE_MAX_BYTES (16u * 1024 * 1024)
#define DEPTH_MAX 32
#define READ_BYTES 16384
/* A byte that is no UTF-8: it ends whatever the other side was reading. */
#define DELIMITER '\xff'

typedef struct Command {
        GList link;
        Agent *agent;
        uint64_t number;
        char *name;
        char *line;
        sd_event_source *deadline;
        AgentReply reply;
        void *userdata;
} Command;

/* What happens to the first command of the queue. */
typedef enum AgentState {
        AGENT_IDLE,    /* nothing */
        AGENT_SYNCING, /* everything up to the delimiter is dropped */
        AGENT_SYNCED,  /* the number is being read */
        AGENT_ASKED,   /* the answer is awaited */
} AgentState;

struct Agent {
        sd_event *event;
        AgentOpen open;
        void *userdata;
        GQueue queue; /* of Command */
        uint64_t last_number;
        AgentState state;
        int fd;
        sd_event_source *io;
        sd_event_source *next; /* takes up the queue */
        GString *output;
        JsonStream input;
};

static void command_free(Command *command)
{
        g_queue_unlink(&command->agent->queue, &command->link);
        sd_event_source_disable_unref(command->deadline);
        g_free(command->name);
        g_free(command->line);
        g_free(command);
}

static void agent_go_on(Agent *agent)
{
        agent->state = AGENT_IDLE;
        if (!g_queue_is_empty(&agent->queue))
                (void) sd_event_source_set_enabled(agent->next, SD_EVENT_ONESHOT);
}

static void agent_disconnect(Agent *agent)
{
        agent->io = sd_event_source_disable_unref(agent->io);
        agent->fd = safe_close(agent->fd);
        g_string_truncate(agent->output, 0);
}

/* The command may begin others, or forget them. */
static void command_end(Command *command, JsonNode *result, Error *error)
{
        AgentReply reply = command->reply;
        void *userdata = command->userdata;

        command_free(command);
        reply(result, error, userdata);
}

/* The connection is of no use any more; the commands behind may try another one. */
static void agent_fail(Agent *agent, Error *error)
{
        Command *command = g_queue_peek_head(&agent->queue);

        agent_disconnect(agent);
        if (!command || agent->state == AGENT_IDLE)
                return;
        agent->state = AGENT_IDLE;
        if (agent->queue.length > 1)
                agent_go_on(agent);
        command_end(command, NULL, error);
}

static void agent_lost(Agent *agent, const char *why)
{
        _cleanup_error_ Error error = ERROR_INIT;

        (void) error_set(&error, ERROR_AGENT_UNRESPONSIVE, "%s", why);
        agent_fail(agent, &error);
}

static void update_mask(Agent *agent)
{
        (void) sd_event_source_set_io_events(agent->io, EPOLLIN | (agent->output->len > 0 ? EPOLLOUT : 0));
}

/* Returns false when the connection has ended. */
static bool agent_flush(Agent *agent)
{
        ssize_t n = 0;

        if (agent->output->len > 0)
                n = send(agent->fd, agent->output->str, agent->output->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                agent_lost(agent, "the channel is closed");
                return false;
        }
        if (n > 0)
                g_string_erase(agent->output, 0, n);
        update_mask(agent);
        return true;
}

static void reset_input(Agent *agent)
{
        json_stream_clear(&agent->input);
        json_stream_init(&agent->input, "the guest agent", LINE_MAX_BYTES, DEPTH_MAX);
}

static void send_sync(Agent *agent, const Command *command)
{
        g_string_append_printf(
                agent->output, "%c{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%" PRIu64 "}}\n",
                DELIMITER, command->number);
        agent->state = AGENT_SYNCING;
        (void) agent_flush(agent);
}

static void take_sync(Agent *agent, JsonObject *answer)
{
        const Command *command = g_queue_peek_head(&agent->queue);
        uint64_t number = 0;

        if (qmp_get_u64(answer, "return", &number) <= 0 || number != command->number) {
                agent->state = AGENT_SYNCING; /* of one that was given up */
                return;
        }
        g_string_append(agent->output, command->line);
        agent->state = AGENT_ASKED;
        (void) agent_flush(agent);
}

static void set_refusal(Error *error, const Command *command, JsonObject *refusal)
{
        const char *class = NULL, *text = NULL;

        (void) qmp_get_string(refusal, "class", &class);
        (void) qmp_get_string(refusal, "desc", &text);
        (void) error_set(error,
                         streq_ptr(class, "CommandNotFound") ? ERROR_OPERATION_UNSUPPORTED
                                                             : ERROR_OPERATION_FAILED,
                         "the guest agent refuses '%s': %s", command->name, text ?: "without a reason");
}

static void take_answer(Agent *agent, JsonObject *answer)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Command *command = g_queue_peek_head(&agent->queue);
        JsonObject *refusal = NULL;
        JsonNode *result = json_object_get_member(answer, "return");

        if (qmp_get_object(answer, "error", &refusal) > 0)
                set_refusal(&error, command, refusal);
        else if (!result) {
                agent_lost(agent, "its answer cannot be understood");
                return;
        }
        agent->state = AGENT_IDLE;
        if (agent->queue.length > 1)
                agent_go_on(agent);
        command_end(command, refusal ? NULL : result, &error);
}

static int take_lines(Agent *agent, Error *error)
{
        int r = 1;

        while (r > 0 && agent->state >= AGENT_SYNCED) {
                g_autoptr(JsonNode) line = NULL;
                JsonObject *answer;

                r = json_stream_next(&agent->input, &line, error);
                if (r <= 0)
                        return r;
                answer = qmp_node_object(line);
                if (!answer)
                        return error_set(error, ERROR_AGENT_UNRESPONSIVE, "its answer cannot be understood");
                if (agent->state == AGENT_SYNCED)
                        take_sync(agent, answer);
                else
                        take_answer(agent, answer);
        }
        return r;
}

/* Returns how many bytes precede the answer to the last sync. */
static size_t skip_stale(Agent *agent, const char *data, size_t n)
{
        const char *end = agent->state == AGENT_IDLE ? NULL : memrchr(data, DELIMITER, n);

        if (agent->state == AGENT_ASKED)
                return 0;
        if (!end)
                return agent->state == AGENT_SYNCED ? 0 : n;
        reset_input(agent);
        agent->state = AGENT_SYNCED;
        return (size_t) (end - data) + 1;
}

static void take_bytes(Agent *agent, const char *data, size_t n)
{
        _cleanup_error_ Error error = ERROR_INIT;
        size_t begin = skip_stale(agent, data, n);

        while (begin < n) {
                size_t room;
                char *to = json_stream_reserve(&agent->input, &room);

                room = MIN(room, n - begin);
                memcpy(to, data + begin, room);
                json_stream_advance(&agent->input, room);
                begin += room;
        }
        if (take_lines(agent, &error) < 0)
                agent_fail(agent, &error);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Agent *agent = userdata;
        char data[READ_BYTES];
        ssize_t n;

        if (!agent_flush(agent) || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                return 0;
        n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
        if (n > 0)
                take_bytes(agent, data, (size_t) n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                agent_lost(agent, "the channel is closed");
        return 0;
}

static int agent_connect(Agent *agent, Error *error)
{
        int fd, r;

        if (agent->fd >= 0)
                return 0;
        fd = agent->open(agent->userdata, error);
        if (fd < 0)
                return fd;
        agent->fd = fd;
        r = sd_event_add_io(agent->event, &agent->io, fd, EPOLLIN, on_io, agent);
        return r < 0 ? error_set_errno(error, r, "cannot watch the guest agent") : 0;
}

/* Defer source: takes up the first command. */
static int on_next(sd_event_source *source, void *userdata)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Agent *agent = userdata;
        Command *command = g_queue_peek_head(&agent->queue);

        if (!command || agent->state != AGENT_IDLE)
                return 0;
        agent->state = AGENT_SYNCING;
        if (agent_connect(agent, &error) < 0)
                agent_fail(agent, &error);
        else
                send_sync(agent, command);
        return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Command *command = userdata;
        Agent *agent = command->agent;

        (void) error_set(&error, ERROR_AGENT_UNRESPONSIVE, "no answer to '%s' in time", command->name);
        if (command == g_queue_peek_head(&agent->queue) && agent->state != AGENT_IDLE)
                agent_fail(agent, &error);
        else
                command_end(command, NULL, &error);
        return 0;
}

uint64_t agent_execute(Agent *agent, const char *name, JsonObject *arguments, uint64_t timeout_usec,
                       AgentReply reply, void *userdata)
{
        g_autoptr(JsonObject) object = qmp_object("s:execute", name, "o:arguments", arguments, NULL);
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
        g_autofree char *text = json_to_string(node, FALSE);
        Command *command = g_new0(Command, 1);

        command->link.data = command;
        command->agent = agent;
        command->number = ++agent->last_number;
        command->name = g_strdup(name);
        command->line = g_strconcat(text, "\n", NULL);
        command->reply = reply;
        command->userdata = userdata;
        (void) sd_event_add_time_relative(agent->event, &command->deadline, CLOCK_MONOTONIC, timeout_usec, 0,
                                          on_deadline, command);
        g_queue_push_tail_link(&agent->queue, &command->link);
        if (agent->state == AGENT_IDLE)
                agent_go_on(agent);
        return command->number;
}

void agent_forget(Agent *agent, uint64_t number)
{
        for (GList *l = agent->queue.head; l; l = l->next) {
                Command *command = l->data;
                bool first = l == agent->queue.head;

                if (command->number != number)
                        continue;
                command_free(command);
                if (first)
                        agent_go_on(agent);
                return;
        }
}

bool agent_is_connected(const Agent *agent)
{
        return agent && agent->fd >= 0;
}

Agent *agent_new(sd_event *event, AgentOpen open, void *userdata)
{
        Agent *agent = g_new0(Agent, 1);
        int r;

        agent->event = event;
        agent->open = open;
        agent->userdata = userdata;
        agent->fd = -EBADF;
        agent->last_number = g_random_int(); /* others have asked before us */
        agent->output = g_string_new(NULL);
        g_queue_init(&agent->queue);
        json_stream_init(&agent->input, "the guest agent", LINE_MAX_BYTES, DEPTH_MAX);
        r = sd_event_add_defer(event, &agent->next, on_next, agent);
        g_assert(r >= 0);
        (void) sd_event_source_set_enabled(agent->next, SD_EVENT_OFF);
        return agent;
}

Agent *agent_free(Agent *agent)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Command *command;

        if (!agent)
                return NULL;
        (void) error_set(&error, ERROR_OPERATION_ABORTED, "the guest agent is not asked any more");
        agent_disconnect(agent);
        while ((command = g_queue_peek_head(&agent->queue)))
                command_end(command, NULL, &error);
        sd_event_source_disable_unref(agent->next);
        json_stream_clear(&agent->input);
        g_string_free(agent->output, TRUE);
        g_free(agent);
        return NULL;
}
