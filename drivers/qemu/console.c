/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/console.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Bytes on their way from one end to the other. */
typedef struct Pipe {
        size_t begin, end;
        char data[CONSOLE_BUFFER];
} Pipe;

typedef struct End {
        Console *console;
        int fd;
        sd_event_source *source;
        uint32_t mask;
        bool socket;
        bool eof;    /* nothing more comes from it */
        bool broken; /* nothing can be written to it any more */
        Pipe input;  /* read from it, to be written to the other */
} End;

struct Console {
        ConsoleClosed closed;
        void *userdata;
        sd_event_source *finish; /* calls closed from the loop */
        End device;
        End client;
};

static End *other(End *end)
{
        return end == &end->console->device ? &end->console->client : &end->console->device;
}

static bool pipe_is_empty(const Pipe *pipe)
{
        return pipe->begin == pipe->end;
}

/* Whether all that came from the end has been delivered, or never can be. */
static bool end_is_done(End *end)
{
        return end->eof && (pipe_is_empty(&end->input) || other(end)->broken);
}

/* Wakes for what can be done only: reading into a pipe with room, writing from one with bytes. */
static void update_mask(End *end)
{
        uint32_t mask = 0;

        if (!end->eof && end->input.end < sizeof(end->input.data))
                mask |= EPOLLIN;
        if (!pipe_is_empty(&other(end)->input))
                mask |= EPOLLOUT;
        if (mask == 0) {
                /* a hang-up cannot be masked out, and would wake us again and again */
                (void) sd_event_source_set_enabled(end->source, SD_EVENT_OFF);
        } else {
                if (mask != end->mask)
                        (void) sd_event_source_set_io_events(end->source, mask);
                (void) sd_event_source_set_enabled(end->source, SD_EVENT_ON);
        }
        end->mask = mask;
}

static void finish(Console *console)
{
        (void) sd_event_source_set_enabled(console->finish, SD_EVENT_ONESHOT);
        (void) sd_event_source_set_enabled(console->device.source, SD_EVENT_OFF);
        (void) sd_event_source_set_enabled(console->client.source, SD_EVENT_OFF);
}

static void read_end(End *end)
{
        Pipe *pipe = &end->input;
        ssize_t n;

        if (end->eof || pipe->end == sizeof(pipe->data))
                return;
        n = read(end->fd, pipe->data + pipe->end, sizeof(pipe->data) - pipe->end);
        if (n > 0)
                pipe->end += (size_t) n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                end->eof = true; /* a pty says EIO when its other side is closed */
}

static void write_end(End *end)
{
        Pipe *pipe = &other(end)->input;
        size_t size = pipe->end - pipe->begin;
        ssize_t n;

        if (size == 0 || end->broken)
                return;
        n = end->socket ? send(end->fd, pipe->data + pipe->begin, size, MSG_NOSIGNAL)
                        : write(end->fd, pipe->data + pipe->begin, size);
        if (n > 0)
                pipe->begin += (size_t) n;
        else if (errno != EAGAIN && errno != EINTR)
                end->broken = true;
        if (pipe_is_empty(pipe) || end->broken)
                pipe->begin = pipe->end = 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        End *end = userdata;
        Console *console = end->console;

        if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
                read_end(end);
        write_end(&console->device);
        write_end(&console->client);
        if (end_is_done(&console->device) || end_is_done(&console->client)) {
                finish(console);
                return 0;
        }
        update_mask(&console->device);
        update_mask(&console->client);
        return 0;
}

static int on_finish(sd_event_source *source, void *userdata)
{
        Console *console = userdata;

        console->closed(console, console->userdata);
        return 0;
}

static int end_init(End *end, Console *console, sd_event *event, int fd)
{
        struct stat st;

        end->console = console;
        end->fd = fd;
        end->mask = EPOLLIN;
        end->socket = fstat(fd, &st) >= 0 && S_ISSOCK(st.st_mode);
        return sd_event_add_io(event, &end->source, fd, EPOLLIN, on_io, end);
}

int console_new(sd_event *event, int device_fd, ConsoleClosed closed, void *userdata, int *ret_client_fd,
                Console **ret, Error *error)
{
        _cleanup_(console_freep) Console *console = g_new0(Console, 1);
        _cleanup_close_ int client_fd = -EBADF;
        int pair[2], r;

        console->device.fd = device_fd;
        console->client.fd = -EBADF;
        console->closed = closed;
        console->userdata = userdata;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "cannot make a socket for the console");
        client_fd = pair[1];
        console->client.fd = pair[0];
        /* our end only: the client decides for its own */
        r = fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK) < 0 ? -errno : 0;
        if (r >= 0)
                r = end_init(&console->device, console, event, device_fd);
        if (r >= 0)
                r = end_init(&console->client, console, event, pair[0]);
        if (r >= 0)
                r = sd_event_add_defer(event, &console->finish, on_finish, console);
        if (r >= 0)
                r = sd_event_source_set_enabled(console->finish, SD_EVENT_OFF);
        if (r < 0)
                return error_set_errno(error, r, "cannot watch the console");
        *ret_client_fd = TAKE_FD(client_fd);
        *ret = g_steal_pointer(&console);
        return 0;
}

static void end_clear(End *end)
{
        end->source = sd_event_source_disable_unref(end->source);
        end->fd = safe_close(end->fd);
}

Console *console_free(Console *console)
{
        if (!console)
                return NULL;
        console->finish = sd_event_source_disable_unref(console->finish);
        /* the last words of a machine */
        if (console->client.source) {
                read_end(&console->device);
                write_end(&console->client);
        }
        end_clear(&console->device);
        end_clear(&console->client);
        g_free(console);
        return NULL;
}

bool console_has_client(const Console *console)
{
        struct pollfd client = { .fd = console->client.fd };

        /* the loop does not hear of a departure while there is nothing to be done about it */
        return !console->client.eof && poll(&client, 1, 0) == 0;
}
